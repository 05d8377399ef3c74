"""Finds deliveries under a folder. Knows the layouts suppliers and testers use; refuses to read any data file.

Accepted: `<root>/<date>/<source>/…`, `<date>/` itself, `<root>/<source>/…` and a source's folder itself.
"""

from __future__ import annotations

import hashlib
import json
import re
import stat
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from fairview.domain import periods
from fairview.store import ledger
from fairview.store.places import Places

# Lie beside deliveries in test data and are none.
_NOT_DELIVERED = {"expected.json", "RUN.json"}
_NOT_SOURCES = {"truth", "columns"}
_DAY = re.compile(r"(20\d\d)-?(\d\d)-?(\d\d)")
_MONTH = re.compile(r"(20\d\d)-(\d\d)-\D")
# A manifest lists a few files; anything larger is not one.
MOST_MANIFEST_BYTES = 1 << 20


@dataclass(frozen=True)
class Delivery:
    """One delivery of one source as it lies in its folder; date and number as claimed, None where nothing claims one."""

    source: str
    folder: Path
    extract_date: date | None
    number: int | None
    folder_date: date | None = None

    @property
    def name(self) -> str:
        day = self.extract_date.isoformat() if self.extract_date else "undated"
        return f"{self.source} {day}"


def find(folder: Path) -> list[Delivery]:
    """All deliveries under a folder, in order of date, delivery number and source."""
    folder = Path(folder)
    found = [_delivery(path, day) for path, day in _source_folders(folder)]
    return sorted(found, key=lambda one: (one.extract_date or date.max, one.number or 0, one.source))


def manifests(folder: Path) -> list[Path]:
    """Files in a source's folder that are named like a manifest."""
    return sorted(path for path in folder.iterdir() if re.fullmatch(r"MANIFEST_\w+\.json", path.name))


def entries(folder: Path) -> list[Path]:
    """Everything delivered in a source's folder, hidden entries too, except what test data lays beside it."""
    return sorted(path for path in folder.iterdir() if path.name not in _NOT_DELIVERED)


def waiting(found: Iterable[Delivery], places: Places) -> list[Delivery]:
    """Those deliveries whose content the ledger does not tell of yet."""
    known = {entry.get("content") for entry in ledger.read(places, "delivery")}
    return [delivery for delivery in found if content(delivery) not in known]


def content(delivery: Delivery) -> str:
    """A hash that stays the same while a delivery's folder holds the same manifest and files of the same size."""
    digest = hashlib.sha256(f"{delivery.source}\n{delivery.extract_date}\n".encode())
    for path in entries(delivery.folder):
        state = path.lstat()
        digest.update(f"{path.name}\0{state.st_size}\0".encode(errors="surrogateescape"))
        if stat.S_ISREG(state.st_mode) and state.st_size <= MOST_MANIFEST_BYTES and path in manifests(delivery.folder):
            digest.update(path.read_bytes())
    return digest.hexdigest()


def _source_folders(folder: Path) -> list[tuple[Path, date | None]]:
    if _is_source(folder):
        return [(folder, _day(folder.parent.name))]
    if _day(folder.name):
        return [(path, _day(folder.name)) for path in _folders(folder)]
    found = []
    for path in _folders(folder):
        if _day(path.name):
            found += [(below, _day(path.name)) for below in _folders(path)]
        elif _is_source(path):
            found.append((path, None))
    return found


def _folders(folder: Path) -> list[Path]:
    return sorted(
        path
        for path in folder.iterdir()
        if path.is_dir() and not path.name.startswith(".") and path.name not in _NOT_SOURCES
    )


def _is_source(folder: Path) -> bool:
    """Whether files of a delivery lie in it: a manifest, or a name that carries a day or month."""
    files = [path for path in entries(folder) if not path.is_dir() or path.is_symlink()]
    return bool(manifests(folder)) or any(day_in(path.name) for path in files)


def _day(text: str) -> date | None:
    found = re.fullmatch(r"(\d{4})-(\d\d)-(\d\d)", text)
    return _made(*found.groups()) if found else None


def _made(year: str, month: str, day: str) -> date | None:
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        return None


def _delivery(folder: Path, day: date | None) -> Delivery:
    claims = _claims(folder)
    claimed = claims.get("extract_date")
    extract_date = day or (_day(claimed) if isinstance(claimed, str) else None) or day_in_names(folder)
    number = claims.get("delivery")
    return Delivery(folder.name, folder, extract_date, number if type(number) is int else None, day)


def _claims(folder: Path) -> dict[str, Any]:
    """What a readable manifest says of itself; judged only later."""
    for path in manifests(folder):
        state = path.lstat()
        if stat.S_ISREG(state.st_mode) and state.st_size <= MOST_MANIFEST_BYTES:
            try:
                claims = json.loads(path.read_text(encoding="utf-8"))
            except (OSError, ValueError, RecursionError):
                continue
            if isinstance(claims, dict):
                return claims
    return {}


def day_in_names(folder: Path) -> date | None:
    """The one day that file names carry; the commonest where they differ."""
    days = [day for path in entries(folder) if (day := day_in(path.name))]
    return max(sorted(set(days)), key=days.count) if days else None


def day_in(name: str) -> date | None:
    """The day a file name carries; for a name with only a month, its last day."""
    if found := _DAY.search(name):
        return _made(*found.groups())
    if found := _MONTH.match(name):
        first = _made(*found.groups(), "01")
        return periods.month_end(first) if first else None
    return None
