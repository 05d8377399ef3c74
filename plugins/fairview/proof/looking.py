"""Reads one artefact the way its class is read and gives what it says to whoever looks for something in it.

Knows files, generations and their keys. Refuses to know what is looked for.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from fairview.proof import artefacts, reading
from fairview.proof.artefacts import Artefact
from fairview.store import metadata, opening
from fairview.store.generations import Generation
from fairview.store.keys import Keyring

# Shorter whole numbers are met by chance anywhere: `sought` gives the reason.
LEAST_DIGITS = 8
_WHOLE_NUMBERS = ("BIGINT", "INTEGER", "UBIGINT", "UINTEGER", "HUGEINT", "UHUGEINT")
_NO_TEXT = ("DATE", "TIME", "BOOLEAN", "DOUBLE", "FLOAT", "DECIMAL", "TINYINT", "SMALLINT", "INTERVAL")


@dataclass(frozen=True)
class Source:
    """Where passages come from: `number` stands for the artefact; `is_noise` for ciphertext, `is_ours` for the house's own words."""

    number: int
    is_noise: bool = False
    is_ours: bool = False


class Taker(Protocol):
    """Whoever looks for something: takes passages of text, texts straight from SQL, and what may be a hash or token."""

    def add(self, source: Source, passages: Iterable[reading.Passage]) -> None: ...

    def add_query(self, source: Source, place: str, is_value: bool, query: str) -> None: ...

    def add_tokens(self, source: Source, place: str, query: str) -> None: ...

    def compare(self, artefact: int, zone: str, tables: list[tuple[str, str]], keyring: Keyring) -> None: ...

    def search(self) -> None: ...


def look(con, taker: Taker, number: int, artefact: Artefact, keyring: Keyring) -> None:
    """Give the taker everything in one artefact: its name, its content the way its class is read."""
    rule, path = artefact.rule, artefact.path
    source = Source(number, is_ours=rule.is_ours)
    taker.add(source, [("name", False, artefact.name)])
    if path.is_symlink():
        taker.add(source, [("link", False, str(path.readlink()))])
        return
    if not path.is_file() or rule.reading == artefacts.NAME_ONLY:
        return
    if rule.reading == artefacts.SEALED:
        taker.add(Source(number, is_noise=True), reading.sealed(path))
    elif rule.reading == artefacts.MART:
        look_at_values(con, taker, source, Generation(path.parent.parent.name, path.parent), keyring)
        taker.add(Source(number, is_noise=True), reading.sealed(path))
    elif rule.reading == artefacts.SQLITE:
        if path.suffix == ".db":
            taker.add(source, _cells(path))
        taker.add(source, reading.text(path))
    elif rule.reading == artefacts.TABLE and path.suffix == ".parquet":
        _read_columns(con, taker, source, f"read_parquet({opening.quoted(path)})", path.stem)
    else:
        taker.add(source, reading.text(path) if rule.reading == artefacts.TEXT else reading.document(path))


def _cells(path: Path) -> Iterator[reading.Passage]:
    for place, value in metadata.values(path):
        if isinstance(value, bytes):
            yield from reading.blob(value, place)
        elif len(value) > 1:
            yield from ((place, True, piece) for piece in reading.pieces(value))


def look_at_values(con, taker: Taker, source: Source, generation: Generation, keyring: Keyring) -> None:
    """Every value of a generation's database, opened with its key."""
    key = generation.data_key(keyring.zone_key(generation.zone))
    opening.attach(con, generation.database, "looked_at", key, read_only=True)
    try:
        tables = con.execute(
            "SELECT schema_name, table_name FROM duckdb_tables() WHERE database_name = 'looked_at' ORDER BY ALL"
        ).fetchall()
        for schema, table in tables:
            _read_columns(con, taker, source, f'looked_at."{schema}"."{table}"', table)
        taker.compare(source.number, generation.zone, tables, keyring)
        taker.search()
    finally:
        con.execute("DETACH looked_at")


def _read_columns(con, taker: Taker, source: Source, relation: str, table: str) -> None:
    """Distinct values of every column that could tell, and the texts of each row together."""
    texts = []
    for name, kind, *_ in con.execute(f"DESCRIBE SELECT * FROM {relation}").fetchall():
        place, column = f"{table}.{name}", f'"{name}"'
        distinct = f"SELECT DISTINCT {column} FROM {relation} WHERE {column} IS NOT NULL"
        if kind == "UUID":
            taker.add_tokens(source, place, distinct)
        elif kind in _WHOLE_NUMBERS:
            least = 10 ** (LEAST_DIGITS - 1)
            taker.add_query(source, place, True, f"SELECT t::VARCHAR FROM ({distinct} AND {column} >= {least}) AS d(t)")
        elif kind == "BLOB":
            taker.add_query(source, place, True, f"SELECT TRY(decode(t)) FROM ({distinct}) AS d(t)")
        elif not kind.startswith(_NO_TEXT):
            taker.add_query(source, place, True, f"SELECT t::VARCHAR FROM ({distinct}) AS d(t)")
            texts.append(f"{column}::VARCHAR")
    if len(texts) > 1:
        taker.add_query(
            source, f"{table} (a row)", False, f"SELECT DISTINCT concat_ws(' ', {', '.join(texts)}) FROM {relation}"
        )
