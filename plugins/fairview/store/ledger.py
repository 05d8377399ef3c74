"""The ledger: deliveries, verdicts, publications. Counts and hashes, never a person.

One JSON line an entry, each carrying the SHA-256 of the line before: an edit, a removal or a re-ordering breaks the
chain. What was cut off the end only an outside copy of the head can show (`head`).
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from fairview.errors import StoreError
from fairview.store.places import Places

_GENESIS = "0" * 64


def _path(places: Places):
    return places.ledger / "ledger.jsonl"


def _digest(line: str) -> str:
    return hashlib.sha256(line.encode()).hexdigest()


def append(places: Places, kind: str, at: datetime, **body: Any) -> dict[str, Any]:
    """Add one entry and make it durable before returning it. `body` must be counts, hashes and names of declarations."""
    path = _path(places)
    with path.open("a+", encoding="utf-8") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.seek(0)
        lines = file.read().splitlines()
        previous = _digest(lines[-1]) if lines else _GENESIS
        entry = {
            "number": len(lines) + 1,
            "at": at.isoformat(timespec="seconds"),
            "kind": kind,
            "previous": previous,
            **body,
        }
        file.write(json.dumps(entry, ensure_ascii=False, sort_keys=True, default=str) + "\n")
        file.flush()
        os.fsync(file.fileno())
    return entry


def read(places: Places, *kinds: str) -> Iterator[dict[str, Any]]:
    """Entries in order, all or of the given kinds."""
    path = _path(places)
    if not path.exists():
        return
    for line in path.read_text(encoding="utf-8").splitlines():
        entry = json.loads(line)
        if not kinds or entry["kind"] in kinds:
            yield entry


def verify(places: Places) -> str:
    """The head of an unbroken chain (hex). Raises StoreError naming the first line that does not follow from the one before."""
    previous = _GENESIS
    path = _path(places)
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines() if path.exists() else (), start=1):
        try:
            entry = json.loads(line)
        except ValueError as error:
            raise StoreError(f"ledger line {number} is not an entry") from error
        if entry.get("previous") != previous or entry.get("number") != number:
            raise StoreError(f"ledger line {number} does not follow from the line before it")
        previous = _digest(line)
    return previous
