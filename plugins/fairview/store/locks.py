"""One writer per zone, by a lock the operating system lets go of when its holder dies.

Airflow's pool of one slot says the same, but a manual, a scheduled and a zombie run can meet outside it.
"""

from __future__ import annotations

import fcntl
import time
from collections.abc import Iterator
from contextlib import contextmanager

from fairview.errors import StoreError
from fairview.store.places import Places


@contextmanager
def hold(places: Places, zone: str, wait_seconds: float = 600.0) -> Iterator[int]:
    """Hold a zone's lock; yields a fencing token that only ever grows.

    Raises StoreError when another holder has not let go within `wait_seconds`.
    """
    folder = places.work / "locks"
    folder.mkdir(exist_ok=True, mode=0o700)
    with (folder / f"{zone}.lock").open("a+", encoding="ascii") as file:
        deadline = time.monotonic() + wait_seconds
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() >= deadline:
                    raise StoreError(f"{zone} is being written by another run; waited {wait_seconds:.0f} s") from None
                time.sleep(0.1)
        file.seek(0)
        token = int(file.read() or 0) + 1
        file.truncate(0)
        file.write(str(token))
        file.flush()
        yield token


def token_in_force(places: Places, zone: str) -> int:
    """The newest fencing token handed out for a zone; a holder with an older one has been overtaken."""
    path = places.work / "locks" / f"{zone}.lock"
    return int(path.read_text(encoding="ascii") or 0) if path.exists() else 0
