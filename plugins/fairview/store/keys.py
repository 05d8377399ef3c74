"""Keys: one root, everything else derived from it by HKDF-SHA256 (RFC 5869), each with its own words.

A rotated key stands in the key book instead. Files are mode 0600 in a folder of mode 0700 outside the state folder. A service's officer holds only
`<service>.key`, which opens that service's published marts and nothing else: it cannot make a pseudonym.
Keys leave this module as bytes or bound parameters, never as text in SQL, logs or messages.
"""

from __future__ import annotations

import json
import os
import resource
import secrets
from dataclasses import asdict, dataclass, field
from pathlib import Path

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from fairview.errors import KeyMissing
from fairview.store import durable
from fairview.store.places import Places

ROOT, BOOK = "root.key", "book.wrapped"
_KEY_BYTES = 32  # AES-256 and HMAC-SHA256 both take 256 bits
_WRAPPED_KEY = 12 + _KEY_BYTES + 16  # nonce, key, tag


def _derive(root: bytes, words: str) -> bytes:
    return HKDF(algorithm=hashes.SHA256(), length=_KEY_BYTES, salt=None, info=f"fairview/v1/{words}".encode()).derive(
        root
    )


def _read(path: Path) -> bytes:
    try:
        mode = path.stat().st_mode & 0o077
        key = bytes.fromhex(path.read_text(encoding="ascii").strip())
    except (OSError, ValueError) as error:
        raise KeyMissing(f"key file {path.name} is absent or unreadable") from error
    if mode:
        raise KeyMissing(f"key file {path.name} is open to others; it must have mode 0600")
    if len(key) != _KEY_BYTES:
        raise KeyMissing(f"key file {path.name} does not hold {_KEY_BYTES} bytes")
    return key


def _write(path: Path, key: bytes) -> None:
    _write_text(path, key.hex())


def _write_text(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    for left in path.parent.glob(f".{path.name}.*"):  # a killed process's: it never became a key
        left.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(text + "\n")
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
    durable.sync(path.parent)


class Keyring:
    """What the holder of the root key can open. Never printed, never pickled.

    A key is derived from the root until it is rotated; from then on it stands in the key book, a file beside the root key
    and wrapped under it. `rotation` moves data from one key to the next; here is only which key is in force.
    """

    def __init__(self, root: bytes, places: Places | None = None) -> None:
        self._root = root
        self._places = places
        self.book = _Book({}) if places is None else _Book.read(places, root)

    def __repr__(self) -> str:
        return "Keyring(…)"

    def __reduce__(self):
        raise KeyMissing("a keyring does not leave its process")

    @classmethod
    def load(cls, places: Places) -> Keyring:
        """The keyring of a state. Makes a root key when neither key nor vault exists yet.

        From here on the process leaves no core dump: one would hold the keys. Raises KeyMissing when the key is gone but
        a vault is there (a new key would orphan everyone in it), or when the key book is another root's.
        """
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        path = places.keys / ROOT
        if not path.exists():
            if places.vault.exists():
                raise KeyMissing("the vault is there but its root key is not; nothing is opened or made anew")
            _write(path, secrets.token_bytes(_KEY_BYTES))
        return cls(_read(path), places)

    def key(self, purpose: str) -> bytes:
        """The key in force for a purpose: the book's where it was rotated, else the root's."""
        rotated = self.book.keys.get(purpose)
        return bytes.fromhex(rotated) if rotated else _derive(self._root, purpose)

    def vault_key(self) -> str:
        """Encryption key of the vault, for a bound parameter; the next one from the moment the vault was re-written."""
        following = self.book.pending.get("vault")
        if following and self.book.is_vault_ready and self._places and not self._places.next_vault.exists():
            return following
        return self.key("vault").hex()

    def landing_key(self) -> bytes:
        return self.key("landing")

    def registry_key(self) -> bytes:
        """Key under which the person registry mints identifiers, so that a re-run mints the same."""
        return self.key("registry")

    def reference_key(self) -> bytes:
        """Key under which reference numbers become warehouse keys."""
        return self.key("reference")

    def pseudonym_key(self, service: str) -> bytes:
        """Key of one service's pseudonyms; two services share no token."""
        return self.key(f"pseudonym/{service}")

    def verdict_key(self) -> bytes:
        """Key with which the gate signs a verdict and the publisher checks it."""
        return self.key("verdict")

    def decision_key(self) -> bytes:
        """Key with which a person's decision about a held candidate is signed and the publisher checks it."""
        return _derive(self._root, "decision")

    def zone_key(self, zone: str) -> bytes:
        """Key that wraps the data keys of a zone's generations (`warehouse` or a service)."""
        return self.key(f"zone/{zone}")

    def hand_out(self, places: Places, service: str) -> Path:
        """Write the key file of a service's officer, if it is not there yet or holds a key rotated since."""
        path, key = places.keys / f"{service}.key", self.zone_key(service)
        if not path.exists() or _read(path) != key:
            _write(path, key)
        return path

    def announce(self, *purposes: str) -> None:
        """Choose the next key of each purpose that has none waiting, and keep it before anything is written under it."""
        for purpose in purposes:
            self.book.pending.setdefault(purpose, secrets.token_hex(_KEY_BYTES))
        self.save()

    def following(self, purpose: str) -> bytes:
        """The next key of a purpose that was announced."""
        return bytes.fromhex(self.book.pending[purpose])

    def promote(self, *purposes: str) -> None:
        """The next key becomes the one in force; the one before is in no file any more."""
        for purpose in purposes:
            self.book.keys[purpose] = self.book.pending.pop(purpose)
            self.book.numbers[purpose] = self.book.numbers.get(purpose, 1) + 1
        self.save()

    def announce_root(self, todo: list[str]) -> None:
        """Choose the next root and write down what must change keys before it takes over."""
        if not self.book.next_root:
            self.book.next_root, self.book.todo = secrets.token_hex(_KEY_BYTES), list(todo)
            self.save()

    def promote_root(self) -> None:
        """The next root takes over: first the book opens with both, then the root key file is the next, then with it alone."""
        following = bytes.fromhex(self.book.next_root)
        if self._root != following:
            self.save(self._root, following)
            _write(self._places.keys / ROOT, following)
            self._root = following
        self.book.next_root = ""
        self.book.numbers["root"] = self.book.numbers.get("root", 1) + 1
        self.save()

    def save(self, *roots: bytes) -> None:
        """Write the book, whole and durable, under the root (or under each of several)."""
        content = json.dumps(asdict(self.book), sort_keys=True).encode()
        wraps = [wrap(content, _derive(root, "book"), "book").hex() for root in roots or (self._root,)]
        _write_text(self._places.keys / BOOK, json.dumps({"wraps": wraps}))


@dataclass
class _Book:
    """Keys that are no longer the root's: by purpose, in hex. Wrapped under the root on disk."""

    keys: dict[str, str] = field(default_factory=dict)
    pending: dict[str, str] = field(default_factory=dict)
    numbers: dict[str, int] = field(default_factory=dict)
    finishing: dict[str, str] = field(default_factory=dict)
    is_vault_ready: bool = False
    next_root: str = ""
    todo: list[str] = field(default_factory=list)

    def __repr__(self) -> str:
        return "_Book(…)"

    @classmethod
    def read(cls, places: Places, root: bytes) -> _Book:
        path = places.keys / BOOK
        if not path.exists():
            return cls()
        try:
            wraps = [bytes.fromhex(text) for text in json.loads(path.read_text(encoding="ascii"))["wraps"]]
        except (OSError, ValueError, KeyError) as error:
            raise KeyMissing(f"key file {BOOK} is unreadable or damaged") from error
        for wrapped in wraps:
            try:
                return cls(**json.loads(unwrap(wrapped, _derive(root, "book"), "book")))
            except KeyMissing:
                continue
        raise KeyMissing(f"{ROOT} does not open {BOOK}: it is an older root key, or another state's")


def write_for(path: Path, key: bytes, owner: int, group: int) -> None:
    """Write a key file into a folder that is there, owned by an account, mode 0600. Raises PermissionError without the right."""
    _write(path, key)
    os.chown(path, owner, group)


def zone_key_from(path: Path) -> bytes:
    """The zone key in an officer's key file. Raises KeyMissing."""
    return _read(path)


def wrap(data_key: bytes, zone_key: bytes, about: str) -> bytes:
    """A generation's data key under its zone's key (AES-256-GCM), bound to the generation's name."""
    nonce = secrets.token_bytes(12)
    return nonce + AESGCM(zone_key).encrypt(nonce, data_key, about.encode())


def unwrap_either(wrapped: bytes, zone_key: bytes, about: str) -> bytes:
    """Undo `wrap` where a data key stands wrapped twice, under the key before and the next (while a key is rotated)."""
    parts = [wrapped[at : at + _WRAPPED_KEY] for at in range(0, len(wrapped), _WRAPPED_KEY)]
    for part in parts[:-1]:
        try:
            return unwrap(part, zone_key, about)
        except KeyMissing:
            continue
    return unwrap(parts[-1], zone_key, about)


def unwrap(wrapped: bytes, zone_key: bytes, about: str) -> bytes:
    """Undo `wrap`. Raises KeyMissing when the key is another's or the bytes were changed."""
    from cryptography.exceptions import InvalidTag

    try:
        return AESGCM(zone_key).decrypt(wrapped[:12], wrapped[12:], about.encode())
    except InvalidTag as error:
        raise KeyMissing(f"this key does not open {about}") from error
