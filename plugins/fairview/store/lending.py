"""What the house lends to a dbt run in this process: encrypted databases and pseudonym functions.

dbt's own configuration ends up in its artefacts, so neither key nor path of a key may pass through it. `lend` puts
them in this module for the length of a run; the dbt-duckdb plugin (`dbt_plugin`) picks them up when it connects.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_OUTER, _INNER = 0x5C, 0x36  # RFC 2104
_BLOCK = 64


@dataclass(frozen=True)
class Loan:
    """Databases as alias → (path, key, read only); functions as SQL name → key; where spill may go."""

    databases: dict[str, tuple[Path, str, bool]]
    functions: dict[str, bytes]
    spill: Path


_loan: Loan | None = None


@contextmanager
def lend(loan: Loan) -> Iterator[None]:
    """Lend for the length of the block; one loan at a time in a process."""
    global _loan
    before, _loan = _loan, loan
    try:
        yield
    finally:
        _loan = before


def lent() -> Loan | None:
    """What is lent just now, or None."""
    return _loan


def pseudonymise(key: bytes) -> Callable[[Any], Any]:
    """An Arrow function text → UUID text: the first 128 bits of HMAC-SHA256 under `key`; null stays null.

    The key lives in this closure alone. Copies of the two mid-states spare hashing the key for each row.
    """
    import pyarrow

    padded = key.ljust(_BLOCK, b"\0")
    inner = hashlib.sha256(bytes(byte ^ _INNER for byte in padded))
    outer = hashlib.sha256(bytes(byte ^ _OUTER for byte in padded))

    def token(text: str | None) -> str | None:
        if text is None:
            return None
        first, second = inner.copy(), outer.copy()
        first.update(text.encode())
        second.update(first.digest())
        return second.hexdigest()[:32]

    def apply(column):
        return pyarrow.array([token(text) for text in column.to_pylist()], type=pyarrow.string())

    return apply


def register(con, name: str, key: bytes) -> None:
    """Register a pseudonym function on a connection: `name(VARCHAR) → VARCHAR` (32 hex digits; cast to UUID)."""
    con.create_function(name, pseudonymise(key), ["VARCHAR"], "VARCHAR", type="arrow")
