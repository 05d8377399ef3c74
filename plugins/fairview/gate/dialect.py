"""A SQLAlchemy dialect on which Great Expectations can judge an encrypted mart inside DuckDB.

Knows: that GX reads a result after it has closed its connection, which duckdb-engine's rollback would discard (GX
issues 10738, 11579), so that begin, rollback and commit do nothing; a read-only judge needs none.
Refuses to know: where a mart lies or what opens it other than through `lend`: the URL carries a random token, never a
path or a key. Once attached, the connection can reach nothing else and its settings are locked.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb_engine
from sqlalchemy.dialects import registry

from fairview.gate.beside import Beside
from fairview.store import opening, scratch
from fairview.store.places import Places

NAME = "fairviewmart"


@dataclass(frozen=True)
class _Lent:
    places: Places
    database: Path
    data_key: str
    beside: Beside | None

    def __repr__(self) -> str:
        return "_Lent(…)"


_lent: dict[str, _Lent] = {}


@contextmanager
def lend(places: Places, database: Path, data_key: str, beside: Beside | None = None) -> Iterator[str]:
    """Lend a mart, and what it is set beside, for the length of the block. Yields the URL under which SQLAlchemy opens it."""
    token = secrets.token_hex(8)
    _lent[token] = _Lent(places, database, data_key, beside)
    try:
        yield f"{NAME}:///{token}"
    finally:
        del _lent[token]


class Dialect(duckdb_engine.Dialect):
    """duckdb-engine without transactions, on a mart attached read-only with its key as a bound parameter."""

    name = "duckdb"
    supports_statement_cache = False

    def do_begin(self, dbapi_connection) -> None:
        """Nothing: see the module."""

    def do_rollback(self, dbapi_connection) -> None:
        """Nothing: see the module."""

    def do_commit(self, dbapi_connection) -> None:
        """Nothing: see the module."""

    def connect(self, *args, **kwargs):
        """An in-memory connection with the lent mart in use and every other door shut."""
        lent = _lent[kwargs["database"]]
        wrapper = super().connect(database=":memory:")
        con = wrapper._ConnectionWrapper__c
        opening.settle(con, scratch.spill(lent.places))
        opening.attach(con, lent.database, "mart", lent.data_key, read_only=True)
        if lent.beside is not None:
            lent.beside.prepare(con)
        con.execute("USE mart")
        con.execute("SET enable_external_access = false")
        con.execute("SET lock_configuration = true")
        return wrapper


registry.register(NAME, __name__, "Dialect")
