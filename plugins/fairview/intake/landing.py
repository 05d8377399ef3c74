"""Keeps what was delivered, as it was delivered: hash-addressed, encrypted while it is copied, forgotten in time.

A supplier's file is opened once, without following links, hashed and encrypted in the same pass; no plain copy is made.
Chunks are AES-256-GCM under a key of the file's own (HKDF of the landing key and a random salt), each bound to its place
and to whether it is the last, so that none can be swapped, dropped or cut off unseen.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from fairview.contracts.catalogue import Catalogue
from fairview.domain import periods
from fairview.errors import StoreError
from fairview.store import opening
from fairview.store.keys import Keyring
from fairview.store.places import Places

_MAGIC = b"FVL1"
_SALT = 32
_CHUNK = 1 << 20
_TAG = 16


class Unusable(Exception):
    """What lies there is no file to be taken in: carries the rule."""

    def __init__(self, rule: str) -> None:
        super().__init__(rule)
        self.rule = rule


@dataclass
class Landed:
    """A file taken in: its hash and size, and the descriptor through which the same bytes are read again."""

    sha256: str
    size: int
    descriptor: int

    def close(self) -> None:
        os.close(self.descriptor)


def open_plain(path: Path, most_bytes: int) -> int:
    """A descriptor on a plain file of its own: no link, pipe, device or second name. Raises Unusable."""
    try:
        state = path.lstat()
        if not stat.S_ISREG(state.st_mode) or state.st_nlink != 1:
            raise Unusable("not-a-file")
        if state.st_size > most_bytes:
            raise Unusable("too-large")
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        raise Unusable("unreadable-file") from None
    opened = os.fstat(descriptor)
    if (opened.st_dev, opened.st_ino) != (state.st_dev, state.st_ino) or not stat.S_ISREG(opened.st_mode):
        os.close(descriptor)
        raise Unusable("not-a-file")
    return descriptor


def take_in(path: Path, most_bytes: int, folder: Path | None, key: bytes | None) -> Landed:
    """Hash a delivered file and, when a landing folder is given, keep its encrypted copy. Raises Unusable."""
    descriptor = open_plain(path, most_bytes)
    try:
        before = os.fstat(descriptor)
        digest, size = _copy(_chunks(descriptor), folder, key)
        after = os.fstat(descriptor)
        if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns) or size != after.st_size:
            raise Unusable("still-growing")
        os.lseek(descriptor, 0, os.SEEK_SET)
    except BaseException:
        os.close(descriptor)
        raise
    return Landed(digest, size, descriptor)


def _chunks(descriptor: int) -> Iterator[bytes]:
    """What the supplier's file holds. Raises Unusable when it cannot be read; trouble with our own disk is not that."""
    while True:
        try:
            chunk = os.read(descriptor, _CHUNK)
        except OSError:
            raise Unusable("unreadable-file") from None
        if not chunk:
            return
        yield chunk


def _copy(chunks: Iterator[bytes], folder: Path | None, key: bytes | None) -> tuple[str, int]:
    digest, size = hashlib.sha256(), 0
    if folder is None or key is None:
        for chunk in chunks:
            digest.update(chunk)
            size += len(chunk)
        return digest.hexdigest(), size
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = folder / f".{secrets.token_hex(8)}.draft"
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as copy:
            seal = _Sealer(copy, key)
            for chunk in chunks:
                digest.update(chunk)
                size += len(chunk)
                seal.add(chunk)
            seal.close()
            copy.flush()
            os.fsync(copy.fileno())
        draft.replace(folder / f"{digest.hexdigest()}.enc")
    finally:
        draft.unlink(missing_ok=True)
    return digest.hexdigest(), size


def clear(folder: Path) -> None:
    """Remove what a killed process left of copies it was making. Call while nobody else receives."""
    for draft in folder.glob(".*.draft"):
        draft.unlink(missing_ok=True)


def _file_key(key: bytes, salt: bytes) -> AESGCM:
    return AESGCM(HKDF(algorithm=hashes.SHA256(), length=32, salt=salt, info=b"fairview/v1/landing/file").derive(key))


def _place(number: int, last: bool) -> bytes:
    return number.to_bytes(11, "big") + (b"\1" if last else b"\0")


class _Sealer:
    """Writes chunks one behind, so that the last can be marked as the last."""

    def __init__(self, file: BinaryIO, key: bytes) -> None:
        salt = secrets.token_bytes(_SALT)
        file.write(_MAGIC + salt)
        self._file, self._cipher, self._number = file, _file_key(key, salt), 0
        self._waiting = b""

    def add(self, chunk: bytes) -> None:
        self._waiting += chunk
        while len(self._waiting) > _CHUNK:
            self._write(self._waiting[:_CHUNK], last=False)
            self._waiting = self._waiting[_CHUNK:]

    def close(self) -> None:
        self._write(self._waiting, last=True)

    def _write(self, chunk: bytes, last: bool) -> None:
        # The key is the file's own, so a counter never repeats as a nonce under it.
        self._file.write(self._cipher.encrypt(_place(self._number, last), chunk, _MAGIC))
        self._number += 1


def opened(path: Path, key: bytes) -> Iterator[bytes]:
    """The chunks of a landed file, in order. Raises StoreError when it was changed, cut off or is another's."""
    with path.open("rb") as file:
        if file.read(len(_MAGIC)) != _MAGIC:
            raise StoreError(f"landing copy {path.name} is not one")
        cipher, number = _file_key(key, file.read(_SALT)), 0
        chunk = file.read(_CHUNK + _TAG)
        while True:
            following = file.read(_CHUNK + _TAG)
            try:
                yield cipher.decrypt(_place(number, not following), chunk, _MAGIC)
            except InvalidTag as error:
                raise StoreError(f"landing copy {path.name} was changed or cut off, or this is not its key") from error
            if not following:
                return
            chunk, number = following, number + 1


def reseal(places: Places, before: bytes, after: bytes) -> int:
    """Encrypt every landed copy that still opens with `before` under `after`, each replaced whole. Returns how many.

    The caller holds the vault's lock. Raises StoreError for a copy neither key opens.
    """
    resealed = 0
    for left in (places.root / "landing").glob("*/.*.draft"):  # a kill's; nobody else lands while the vault is held
        left.unlink()
    for path in sorted((places.root / "landing").glob("*/*.enc")):
        if _opens(path, after):
            continue
        draft = path.with_name(f".{secrets.token_hex(8)}.draft")
        try:
            with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as copy:
                seal = _Sealer(copy, after)
                for chunk in opened(path, before):
                    seal.add(chunk)
                seal.close()
                copy.flush()
                os.fsync(copy.fileno())
            draft.replace(path)
        finally:
            draft.unlink(missing_ok=True)
        resealed += 1
    return resealed


def _opens(path: Path, key: bytes) -> bool:
    try:
        next(opened(path, key), None)
    except StoreError:
        return False
    return True


def forget(places: Places, keyring: Keyring, catalogue: Catalogue, at: datetime) -> int:
    """Delete landing copies whose contract's retention has passed since their extract date. Returns how many.

    Copies no delivery in the vault tells of (left by a crash) go by the longest retention and their file's own age.
    """
    months = {contract.feed: contract.retention_months for contract in catalogue.feeds}
    longest = max(months.values(), default=0)
    newest: dict[tuple[str, str], date] = {}
    with opening.vault(places, keyring) as con:
        rows = con.execute("SELECT source, sha256, feed, extract_date FROM intake.landed").fetchall()
        for source, sha256, feed, extract_date in rows:
            if extract_date > periods.months_before(at.date(), months.get(feed, longest)):
                newest[source, sha256] = extract_date
        forgotten = 0
        for path in sorted((places.root / "landing").glob("*/*.enc")):
            told = any(row[0] == path.parent.name and row[1] == path.stem for row in rows)
            born = datetime.fromtimestamp(path.stat().st_mtime, at.tzinfo).date()
            young = not told and born > periods.months_before(at.date(), longest)
            if (path.parent.name, path.stem) not in newest and not young:
                path.unlink()
                con.execute("DELETE FROM intake.landed WHERE source = ? AND sha256 = ?", [path.parent.name, path.stem])
                forgotten += 1
    return forgotten
