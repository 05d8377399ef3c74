"""The ledger: deliveries, verdicts, publications. Counts and hashes, never a person.

One JSON line an entry, each carrying the SHA-256 of the line before: an edit, a removal or a re-ordering breaks the
chain. What was cut off the end an anchor beside the keys shows (`rolled_back`), or a copy of the head kept elsewhere.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from fairview.errors import StoreError
from fairview.store import turns
from fairview.store.places import Places

_GENESIS = "0" * 64


def _path(places: Places):
    return places.ledger / "ledger.jsonl"


def _digest(line: str) -> str:
    return hashlib.sha256(line.encode()).hexdigest()


def append(places: Places, kind: str, at: datetime, **body: Any) -> dict[str, Any]:
    """Add one entry and make it durable before returning it. `body` must be counts, hashes and names of declarations.

    Where it cannot be made durable (a full disk) nothing is added. Half a line that a killed process left was never
    acknowledged to anyone and gives way to this entry. Raises StoreError when another process was stopped in the middle of its own.
    """
    path = _path(places)
    with path.open("a+b", buffering=0) as file:
        turns.take(file, "its entry in the ledger")
        file.seek(0)
        whole, _ = _parted(file.read())
        lines = whole.decode().split("\n")[:-1]  # not splitlines: a name may hold any other mark
        previous = _digest(lines[-1]) if lines else _GENESIS
        entry = {
            "number": len(lines) + 1,
            "at": at.isoformat(timespec="seconds"),
            "kind": kind,
            "previous": previous,
            **body,
        }
        line = (json.dumps(entry, ensure_ascii=False, sort_keys=True, default=str) + "\n").encode()
        file.truncate(len(whole))
        try:
            if file.write(line) != len(line):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            os.fsync(file.fileno())
        except BaseException:
            file.truncate(len(whole))
            raise
        _anchor(places, lines[0] if lines else "", entry["number"], line.decode()[:-1])
    return entry


def _parted(content: bytes) -> tuple[bytes, bytes]:
    """The whole lines, and what a killed process left of one after them."""
    end = content.rfind(b"\n") + 1
    return content[:end], content[end:]


def _lines(places: Places) -> list[str]:
    path = _path(places)
    return _parted(path.read_bytes())[0].decode().split("\n")[:-1] if path.exists() else []


def _anchor(places: Places, first: str, entries: int, line: str) -> None:
    """Note beside the keys, which are kept apart from the state, how far the ledger has come.

    A state put back from last week's copy is whole in itself; only this shows that it was further once.
    """
    if not os.access(places.keys, os.W_OK):
        return
    path = places.keys / _anchor_name(first or line)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.write_text(json.dumps({"entries": entries, "head": _digest(line)}), encoding="ascii")
    draft.replace(path)


def _anchor_name(first: str) -> str:
    """One anchor a ledger, known by its first line: two states may share a folder of keys."""
    return f"ledger-{_digest(first)[:16]}.anchor"


def rolled_back(places: Places) -> str | None:
    """A sentence when the ledger is shorter than it was, or another than it was, by the anchor beside the keys."""
    lines = _lines(places)
    if not lines:
        return None
    try:
        told = json.loads((places.keys / _anchor_name(lines[0])).read_text(encoding="ascii"))
    except (OSError, ValueError):
        return None
    if len(lines) < told["entries"]:
        return (
            f"the ledger has {len(lines)} entries but had {told['entries']}: the state is older than the keys remember"
        )
    if _digest(lines[told["entries"] - 1]) != told["head"]:
        return f"ledger line {told['entries']} is not the one the keys remember: another history was put in its place"
    return None


def read(places: Places, *kinds: str) -> Iterator[dict[str, Any]]:
    """Entries in order, all or of the given kinds."""
    for line in _lines(places):
        entry = json.loads(line)
        if not kinds or entry["kind"] in kinds:
            yield entry


def verify(places: Places) -> str:
    """The head of an unbroken chain (hex). Raises StoreError naming the first line that does not follow from the one before."""
    previous = _GENESIS
    for number, line in enumerate(_lines(places), start=1):
        try:
            entry = json.loads(line)
        except ValueError as error:
            raise StoreError(f"ledger line {number} is not an entry") from error
        if entry.get("previous") != previous or entry.get("number") != number:
            raise StoreError(f"ledger line {number} does not follow from the line before it")
        previous = _digest(line)
    return previous
