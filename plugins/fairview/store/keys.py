"""Keys: one root, everything else derived from it by HKDF-SHA256 (RFC 5869), each with its own words.

Files are mode 0600 in a folder of mode 0700 outside the state folder. A service's officer holds only
`<service>.key`, which opens that service's published marts and nothing else: it cannot make a pseudonym.
Keys leave this module as bytes or bound parameters, never as text in SQL, logs or messages.
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from fairview.errors import KeyMissing
from fairview.store.places import Places

_KEY_BYTES = 32  # AES-256 and HMAC-SHA256 both take 256 bits


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
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    for left in path.parent.glob(f".{path.name}.*"):  # a killed process's: it never became a key
        left.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(key.hex() + "\n")
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


class Keyring:
    """What the holder of the root key can open. Never printed, never pickled."""

    def __init__(self, root: bytes) -> None:
        self._root = root

    def __repr__(self) -> str:
        return "Keyring(…)"

    def __reduce__(self):
        raise KeyMissing("a keyring does not leave its process")

    @classmethod
    def load(cls, places: Places) -> Keyring:
        """The keyring of a state. Makes a root key when neither key nor vault exists yet.

        Raises KeyMissing when the key is gone but a vault is there: a new key would orphan everyone in it.
        """
        path = places.keys / "root.key"
        if not path.exists():
            if places.vault.exists():
                raise KeyMissing("the vault is there but its root key is not; nothing is opened or made anew")
            _write(path, secrets.token_bytes(_KEY_BYTES))
        return cls(_read(path))

    def vault_key(self) -> str:
        """Encryption key of the vault, for a bound parameter."""
        return _derive(self._root, "vault").hex()

    def landing_key(self) -> bytes:
        return _derive(self._root, "landing")

    def registry_key(self) -> bytes:
        """Key under which the person registry mints identifiers, so that a re-run mints the same."""
        return _derive(self._root, "registry")

    def reference_key(self) -> bytes:
        """Key under which reference numbers become warehouse keys."""
        return _derive(self._root, "reference")

    def pseudonym_key(self, service: str) -> bytes:
        """Key of one service's pseudonyms; two services share no token."""
        return _derive(self._root, f"pseudonym/{service}")

    def verdict_key(self) -> bytes:
        """Key with which the gate signs a verdict and the publisher checks it."""
        return _derive(self._root, "verdict")

    def decision_key(self) -> bytes:
        """Key with which a person's decision about a held candidate is signed and the publisher checks it."""
        return _derive(self._root, "decision")

    def zone_key(self, zone: str) -> bytes:
        """Key that wraps the data keys of a zone's generations (`warehouse` or a service)."""
        return _derive(self._root, f"zone/{zone}")

    def hand_out(self, places: Places, service: str) -> Path:
        """Write the key file of a service's officer, if it is not there yet."""
        path = places.keys / f"{service}.key"
        if not path.exists():
            _write(path, self.zone_key(service))
        return path


def zone_key_from(path: Path) -> bytes:
    """The zone key in an officer's key file. Raises KeyMissing."""
    return _read(path)


def wrap(data_key: bytes, zone_key: bytes, about: str) -> bytes:
    """A generation's data key under its zone's key (AES-256-GCM), bound to the generation's name."""
    nonce = secrets.token_bytes(12)
    return nonce + AESGCM(zone_key).encrypt(nonce, data_key, about.encode())


def unwrap(wrapped: bytes, zone_key: bytes, about: str) -> bytes:
    """Undo `wrap`. Raises KeyMissing when the key is another's or the bytes were changed."""
    from cryptography.exceptions import InvalidTag

    try:
        return AESGCM(zone_key).decrypt(wrapped[:12], wrapped[12:], about.encode())
    except InvalidTag as error:
        raise KeyMissing(f"this key does not open {about}") from error
