"""Turns of an instant: a file locked while one line is written or one link changed.

Who is killed in one lets go at once, as the operating system does it. Who is stopped in one keeps everybody waiting: that is waited for
a while and then said, since nobody can know whether the line is half written.
"""

from __future__ import annotations

import fcntl
import os
import time
from pathlib import Path
from typing import IO

from fairview.errors import StoreError

# A turn takes milliseconds; a disk that syncs slowly, seconds. Past this its holder is stopped. Set by data engineering, 2026-11-26;
# parent: `locks.SILENT_SECONDS`, after which a zone's writer is taken to be stopped.
MOST_SECONDS = 60.0
_TRY_AGAIN_SECONDS = 0.01


def try_to_take(file: IO, how: int = fcntl.LOCK_EX) -> bool:
    """Lock a file if nobody else has it."""
    try:
        fcntl.flock(file, how | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def take(file: IO, where: str, most_seconds: float | None = None) -> None:
    """Lock a file as soon as it is free. Raises StoreError, saying `where` its holder was stopped, when that takes too long."""
    deadline = time.monotonic() + (MOST_SECONDS if most_seconds is None else most_seconds)
    while not try_to_take(file):
        if time.monotonic() >= deadline:
            raise StoreError(f"a run was stopped in the instant of {where}; end that process and run again")
        time.sleep(_TRY_AGAIN_SECONDS)


def is_at(file: IO, path: Path) -> bool:
    """Whether an open file is still the one at `path`: not removed, nor replaced, before it was locked."""
    try:
        return os.path.samestat(os.fstat(file.fileno()), path.stat())
    except FileNotFoundError:
        return False
