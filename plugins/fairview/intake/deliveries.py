"""Finds deliveries under a folder, and tells what came before. Knows the layouts suppliers and testers use; of a data file
it takes the hash, and nothing else.

Accepted: `<root>/<date>/<source>/…`, `<date>/` itself, `<root>/<source>/…` and a source's folder itself.
"""

from __future__ import annotations

import hashlib
import re
import stat
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from fairview.domain import periods
from fairview.intake import landing, manifest, reading
from fairview.intake.receipts import REFUSALS
from fairview.store import ledger
from fairview.store.places import Places

# Lie beside deliveries in test data and are none.
_NOT_DELIVERED = {"expected.json", "RUN.json"}
_NOT_SOURCES = {"truth", "columns"}
_DAY = re.compile(r"(20\d\d)-?(\d\d)-?(\d\d)")
_MONTH = re.compile(r"(20\d\d)-(\d\d)-\D")
# A manifest lists a few files; anything larger is not one.
MOST_MANIFEST_BYTES = 1 << 20
# What a source's folder may hold. The largest source sends eight files and a manifest; ten times that leaves room for what
# file systems and transfer programs drop beside them. More is no delivery, and looking through it would keep the others
# waiting (the house's own, since 2026-12-01).
MOST_ENTRIES = 100


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
    return sorted(path for path in folder.iterdir() if is_manifest(path.name))


def is_manifest(name: str) -> bool:
    """Whether a file is named like a manifest."""
    return bool(re.fullmatch(r"MANIFEST_\w+\.json", name))


def entries(folder: Path) -> list[Path]:
    """Everything delivered in a source's folder, hidden entries too, except what test data lays beside it."""
    return sorted(path for path in folder.iterdir() if path.name not in _NOT_DELIVERED)


def waiting(found: Iterable[Delivery], places: Places) -> list[Delivery]:
    """Those deliveries whose content the ledger does not tell of yet."""
    told = list(ledger.read(places, "delivery", "delivery_again"))
    known = {entry["content"] for entry in told}
    # Entries from before December 2026 tell names and sizes. What of those was refused is looked at once more: a corrected
    # file may have come of the same size.
    by_size = {entry["content"] for entry in told if entry.get("outcome") not in REFUSALS}
    return [one for one in found if _names_and_sizes(one) not in by_size and content(one) not in known]


def content(delivery: Delivery, names: Iterable[str] | None = None, taken: Mapping[str, str] | None = None) -> str:
    """A hash that stays the same while a delivery holds the same names, manifest and named files, byte for byte.

    `names` and `taken` are what a reader saw of it, with the SHA-256 of what it took in (empty where it could not): a file
    that is put right while it is read is then another content.
    """
    folder, taken = delivery.folder, taken or {}
    names = sorted(path.name for path in entries(folder)) if names is None else sorted(names)
    limits: dict[str, int] = {}
    if len(names) <= MOST_ENTRIES:  # more are refused, whatever they hold
        limits = dict.fromkeys(_named(folder), reading.MOST_FILE_BYTES)
        limits |= dict.fromkeys((path.name for path in manifests(folder)), MOST_MANIFEST_BYTES)
    digest = hashlib.sha256(f"{delivery.source}\n{delivery.extract_date}\n".encode())
    for name in names:
        held = taken[name] if name in taken else _sha256(folder / name, limits[name]) if name in limits else ""
        digest.update(f"{name}\0{held}\0".encode(errors="surrogateescape"))
    return digest.hexdigest()


def _named(folder: Path) -> list[str]:
    files = _claims(folder).get("files")
    named = [entry.get("file") for entry in files if isinstance(entry, dict)] if isinstance(files, list) else []
    return [name for name in named if isinstance(name, str)]


def _sha256(path: Path, most_bytes: int) -> str:
    try:
        taken = landing.take_in(path, most_bytes, None, None)
    except landing.Unusable:
        return ""
    taken.close()
    return taken.sha256


def _names_and_sizes(delivery: Delivery) -> str:
    """How the ledger told a content before December 2026."""
    digest = hashlib.sha256(f"{delivery.source}\n{delivery.extract_date}\n".encode())
    for path in entries(delivery.folder):
        state = path.lstat()
        digest.update(f"{path.name}\0{state.st_size}\0".encode(errors="surrogateescape"))
        if stat.S_ISREG(state.st_mode) and state.st_size <= MOST_MANIFEST_BYTES and is_manifest(path.name):
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
                return manifest.parsed(path.read_bytes())
            except (OSError, manifest.ManifestFault):
                continue
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
