"""Reads every value of a SQLite file, as Airflow's metadata database is one in the embedded run. Never writes to it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from fairview.errors import StoreError


def values(path: Path) -> Iterator[tuple[str, str | bytes]]:
    """Place (`table.column`) and value of every text and binary cell of every table.

    A running Airflow is not disturbed. Raises StoreError when the file is no SQLite database.
    """
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, timeout=30)) as con:
            con.text_factory = lambda raw: raw.decode(errors="replace")
            for (table,) in con.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name").fetchall():
                cursor = con.execute(f'SELECT * FROM "{table}"')
                columns = [f"{table}.{description[0]}" for description in cursor.description]
                for row in cursor:
                    yield from (
                        (place, value)
                        for place, value in zip(columns, row, strict=True)
                        if isinstance(value, str | bytes)
                    )
    except sqlite3.Error as error:
        raise StoreError(f"{path.name} cannot be read as SQLite: {type(error).__name__}") from None
