"""Writes one published table to a file, for whoever holds the service's key.

Knows: that a spreadsheet takes text beginning with = + - @ for a formula, so such text is led by an apostrophe in CSV
(OWASP, CSV injection). The file appears whole or not at all, readable by its owner alone, and is noted (`store.exports`).
Refuses to know: who asks; the key is the permission.
"""

from __future__ import annotations

import os
from pathlib import Path

from fairview.contracts.catalogue import Catalogue
from fairview.errors import DeclarationError, FairviewError, StoreError
from fairview.store import exports, generations, opening
from fairview.store.places import Places

_FORMATS = {".parquet": "FORMAT parquet", ".csv": "FORMAT csv, HEADER"}
_FORMULA = r"^[=+\-@\t\r\n＝＋－＠]"


def export(places: Places, catalogue: Catalogue, service: str, table: str, to: Path, key: bytes) -> int:
    """Write a table as Parquet or CSV, by the file's ending, the list by its places, reasons by theirs, all else in the order of its
    key. Returns the rows written.

    Raises DeclarationError for a table the service does not publish, StoreError when nothing is published, KeyMissing for
    another's key, FairviewError for another ending.
    """
    known = {one.name: one for one in catalogue.service(service).tables}
    if table not in known:
        raise DeclarationError(f"{service} does not publish a table of that name; it has {', '.join(known)}")
    if to.suffix not in _FORMATS:
        raise FairviewError("the file must end in .parquet or .csv")
    generation = generations.current(places, service)
    if generation is None:
        raise StoreError(f"{service} has published nothing")
    con = opening.connect(places)
    draft = to.with_name(f".{to.name}.{os.getpid()}.draft")
    try:
        opening.attach(con, generation.database, "mart", generation.data_key(key), read_only=True)
        columns = con.execute(
            "SELECT column_name, data_type FROM duckdb_columns() WHERE database_name = 'mart' AND schema_name = 'main' "
            "AND table_name = ? ORDER BY column_index",
            [table],
        ).fetchall()
        chosen = ", ".join(_column(name, kind, to.suffix) for name, kind in columns)
        order = _order([name for name, _ in columns], known[table].key)
        os.close(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        (count,) = con.execute(
            f'COPY (SELECT {chosen} FROM mart.main."{table}" AS held ORDER BY {order}) '
            f"TO {opening.quoted(draft)} ({_FORMATS[to.suffix]})"
        ).fetchone()
        draft.chmod(0o600)
        draft.replace(to)
        exports.note(places, service, generation.name, to)
    except opening.duckdb.Error as error:
        raise StoreError(f"{service}.{table} could not be written: {type(error).__name__}") from None
    finally:
        con.close()
        draft.unlink(missing_ok=True)
    return int(count)


# Places of a list come first, those of a person's reasons after the person.
_PLACES, _PLACES_WITHIN = ("list_rank", "list_position"), ("reason_rank",)


def _order(columns: list[str], key: list[str]) -> str:
    """What rows are ordered by: an officer reads a list from its first place, and who holds none comes last."""
    places = [name for name in _PLACES if name in columns]
    within = [name for name in _PLACES_WITHIN if name in columns]
    return ", ".join(f'"{name}" NULLS LAST' for name in [*places, *key[:1], *within, *key[1:]])


def _column(name: str, kind: str, ending: str) -> str:
    """A column as it is written: in CSV, text no spreadsheet takes for a formula; pseudonyms as text in both."""
    held = f'held."{name}"'
    if ending == ".csv" and kind.startswith(("VARCHAR", "JSON", "ENUM")):
        return f"CASE WHEN regexp_matches({held}, '{_FORMULA}') THEN '''' || {held} ELSE {held} END AS \"{name}\""
    return f'{held} AS "{name}"'
