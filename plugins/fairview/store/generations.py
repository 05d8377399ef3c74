"""Generations: build beside, seal, switch in one rename, destroy the old one's key.

A zone (`warehouse`, or a service) is a folder of generations and one symbolic link, `current`. Data, key and evidence
switch together in one `os.replace` of the link. Proved over 320 kills in the design's trials.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import shutil
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ulid import ULID

from fairview.errors import KeyMissing, StoreError
from fairview.store import durable, keys, ledger, locks
from fairview.store.keys import Keyring
from fairview.store.places import WAREHOUSE, Places


@dataclass(frozen=True)
class Generation:
    """One generation of a zone on disk."""

    zone: str
    path: Path

    @property
    def name(self) -> str:
        return self.path.name

    @property
    def database(self) -> Path:
        return self.path / ("warehouse.duckdb" if self.zone == WAREHOUSE else "mart.duckdb")

    @property
    def manifest(self) -> dict[str, Any]:
        """Raises StoreError when there is none yet: an unsealed candidate has not been described."""
        return self._read("manifest.json")

    @property
    def verdict(self) -> dict[str, Any]:
        return self._read("verdict.json")

    def _read(self, name: str) -> dict[str, Any]:
        try:
            return json.loads((self.path / name).read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise StoreError(f"{self.zone} {self.name}: {name} is missing or unreadable") from error

    def data_key(self, zone_key: bytes) -> str:
        """The data key, for a bound parameter. Raises KeyMissing when the zone key is another's, StoreError when shredded."""
        try:
            wrapped = (self.path / "dek.wrapped").read_bytes()
        except OSError as error:
            raise StoreError(f"{self.zone} {self.name} has been shredded") from error
        return keys.unwrap_either(wrapped, zone_key, f"{self.zone}/{self.name}").hex()


def begin(places: Places, keyring: Keyring, zone: str) -> Generation:
    """A new, empty candidate with a data key of its own. Candidates a crash left behind are swept first.

    Raises Overtaken when this writer was silent for so long that another took the zone over.
    """
    folder = places.zone(zone)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with locks.fenced(places, zone, "building"):
        _clear(_shut(places, zone, _kept(places, zone)))
        path = folder / f"gen-{str(ULID()).lower()}"
        path.mkdir(mode=0o700)
        wrapped = keys.wrap(secrets.token_bytes(32), keyring.zone_key(zone), f"{zone}/{path.name}")
        durable.write(path / "dek.wrapped", wrapped)
    return Generation(zone, path)


def rewrap(places: Places, zone: str, before: bytes, *zone_keys: bytes) -> int:
    """Wrap the data key of every generation of a zone under each of `zone_keys`, opening it with any of them or `before`.

    Each file is replaced whole. Returns how many generations. Raises KeyMissing when none of the keys fits.
    """
    rewrapped = 0
    for path in sorted(places.zone(zone).glob("gen-*")):
        generation, about = Generation(zone, path), f"{zone}/{path.name}"
        if not (path / "dek.wrapped").exists():  # a kill left it half shredded
            continue
        try:
            data_key = bytes.fromhex(generation.data_key(before))
        except KeyMissing:
            data_key = bytes.fromhex(generation.data_key(zone_keys[-1]))
        durable.write(path / "dek.wrapped", b"".join(keys.wrap(data_key, key, about) for key in zone_keys))
        durable.sync(path)
        rewrapped += 1
    return rewrapped


def seal(candidate: Generation, manifest: dict[str, Any]) -> str:
    """Close a built candidate: no WAL beside it, hashed, described, read-only. Returns the database's SHA-256.

    The builder must have checkpointed and closed it. Raises StoreError when a WAL is still there: data only in a WAL
    would be missing from what is judged.
    """
    if list(candidate.path.glob("*.wal")):
        raise StoreError(f"{candidate.zone} {candidate.name}: a write-ahead log is still beside the candidate")
    digest = file_hash(candidate.database)
    candidate.database.chmod(0o400)
    document = {"zone": candidate.zone, "generation": candidate.name, "sha256": digest, **manifest}
    durable.write(
        candidate.path / "manifest.json", json.dumps(document, indent=1, sort_keys=True, default=str).encode()
    )
    return digest


def attest(candidate: Generation, verdict: dict[str, Any]) -> None:
    """Lay a verdict beside the candidate it judges."""
    durable.write(candidate.path / "verdict.json", json.dumps(verdict, indent=1, sort_keys=True, default=str).encode())


def settle(candidate: Generation, decision: dict[str, Any]) -> None:
    """Lay a person's decision beside the candidate it is about."""
    durable.write(
        candidate.path / "decision.json", json.dumps(decision, indent=1, sort_keys=True, default=str).encode()
    )


def file_hash(path: Path) -> str:
    """SHA-256 of a file, hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def current(places: Places, zone: str) -> Generation | None:
    """The published generation, or None when there is none."""
    link = places.zone(zone) / "current"
    try:
        return Generation(zone, link.parent / link.readlink())
    except FileNotFoundError:
        return None


def switch(places: Places, candidate: Generation) -> str | None:
    """Make a sealed candidate current in one rename, then shred what it replaces. Returns the old generation's name.

    The fence is held for the rename and the destruction of the old key, however large the mart; the old folder, unreadable
    by then, is removed afterwards while nobody waits.
    For a service only `publication` may call this, with a verdict in its hand. Raises Overtaken, having changed
    nothing, when this writer was silent for so long that another took the zone over.
    """
    if list(candidate.path.glob("*.wal")):
        raise StoreError(f"{candidate.zone} {candidate.name}: a write-ahead log is still beside the candidate")
    folder = places.zone(candidate.zone)
    with locks.fenced(places, candidate.zone, "switching"):
        before = current(places, candidate.zone)
        if not candidate.path.is_dir():
            raise StoreError(f"{candidate.zone} {candidate.name}: another run has swept this candidate away")
        if is_open_to_group(folder):
            _open(candidate.path, folder.stat().st_gid)
        durable.sync(candidate.path)
        link = folder / f".current-{candidate.name}"
        link.unlink(missing_ok=True)
        link.symlink_to(candidate.name)
        link.replace(folder / "current")
        durable.sync(folder)
        gone = _shut(places, candidate.zone, candidate.name)
    _clear(gone)
    return before.name if before else None


def withdraw(places: Places, zone: str) -> str | None:
    """Take a zone's published generation away and shred it. Returns its name. Raises Overtaken."""
    with locks.fenced(places, zone, "withdrawing"):
        before = current(places, zone)
        if before:
            (places.zone(zone) / "current").unlink()
            durable.sync(places.zone(zone))
        gone = _shut(places, zone, None) if before else []
    _clear(gone)
    return before.name if before else None


def sweep(places: Places, zone: str) -> list[str]:
    """Shred every generation but the current (or, without a link, the last published) one: its key first, then its folder. Returns their names. Raises Overtaken."""
    with locks.fenced(places, zone, "sweeping"):
        gone = _shut(places, zone, _kept(places, zone))
    _clear(gone)
    return [path.name for path in gone]


def finish(places: Places, zone: str, name: str) -> None:
    """Shred a generation whose replacement stands and whose destruction was cut off; nothing when it is gone."""
    with locks.fenced(places, zone, "sweeping"):
        path, standing = places.zone(zone) / name, current(places, zone)
        if path.is_dir() and (standing is None or standing.name != name):
            shred(path)


def _kept(places: Places, zone: str) -> str | None:
    """The generation a sweep must leave: the current one, or, where the link is gone or leads nowhere, the one last published.

    A link removed by hand must not cost the last good generation. It is not served again: the next switch sweeps it.
    """
    keep = current(places, zone)
    if keep is not None and keep.path.is_dir():
        return keep.name
    if zone == WAREHOUSE:  # published by no verdict, so no ledger tells of it
        sealed = sorted(path.name for path in places.zone(zone).glob("gen-*") if (path / "manifest.json").exists())
        return sealed[-1] if sealed else None
    told = [entry for entry in ledger.read(places, "publication", "withdrawal") if entry["service"] == zone]
    return told[-1]["generation"] if told and told[-1]["kind"] == "publication" else None


def _shut(places: Places, zone: str, keep: str | None) -> list[Path]:
    """Destroy the key of every generation but one; their folders are for `_clear`. Call inside the fence."""
    folder = places.zone(zone)
    gone = [path for path in sorted(folder.glob("gen-*")) if path.name != keep]
    for path in gone:
        _destroy_key(path)
    for link in folder.glob(".current-*"):
        link.unlink(missing_ok=True)
    return gone


def _clear(gone: list[Path]) -> None:
    """Remove folders without a key. Needs no fence: a name is never used twice, and without its key nothing is published."""
    for path in gone:
        shutil.rmtree(path)


def shred(path: Path) -> None:
    """Destroy a generation: once its data key is gone, what a disk still holds of it cannot be read."""
    _destroy_key(path)
    shutil.rmtree(path)


def _destroy_key(path: Path) -> None:
    key = path / "dek.wrapped"
    if key.exists():
        key.chmod(0o600)
        with key.open("r+b") as file:
            file.write(secrets.token_bytes(key.stat().st_size))
            file.flush()
            os.fsync(file.fileno())
        key.unlink()
        durable.sync(path)


def is_open_to_group(folder: Path) -> bool:
    """Whether a zone's folder was opened to the group of its officers."""
    return folder.exists() and bool(folder.stat().st_mode & stat.S_IRGRP)


def open_to_group(places: Places, zone: str, group: int) -> None:
    """Let a group read what a zone publishes, now and after every switch; candidates stay closed."""
    folder = places.zone(zone)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    os.chown(folder, -1, group)
    folder.chmod(0o2750)  # set-group: what is made inside belongs to the group
    published = current(places, zone)
    if published:
        _open(published.path, group)


def _open(generation: Path, group: int) -> None:
    for path in (generation, *generation.iterdir()):
        os.chown(path, -1, group)
        path.chmod(0o2750 if path.is_dir() else 0o440)
