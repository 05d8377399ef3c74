"""What stands in quarantine, told without a value: delivery, file, row, column, rule."""

from __future__ import annotations

from typing import Any

from fairview.store import opening
from fairview.store.keys import Keyring
from fairview.store.places import Places


def listing(places: Places, keyring: Keyring) -> list[dict[str, Any]]:
    """One object per quarantined row and rule of the files that were loaded, in order of delivery, file and row.

    Rows count from 1 for the header, as lines of a text file or rows of a sheet. `column` is null where a rule speaks of
    the whole row. Rows of refused files are not listed: the whole file is out.
    """
    if not places.vault.exists():
        return []
    with opening.vault(places, keyring, read_only=True) as con:
        if not con.execute("SELECT count(*) FROM duckdb_tables() WHERE schema_name = 'intake'").fetchone()[0]:
            return []
        rows = con.execute(
            "SELECT DISTINCT d.source, d.extract_date, d.number, f.feed, f.file, f.row_number, f.column_name, f.rule, d.arrival "
            "FROM intake.findings AS f JOIN intake.deliveries AS d USING (delivery_id) "
            "JOIN intake.files AS l ON l.delivery_id = f.delivery_id AND l.feed = f.feed "
            "WHERE f.treatment = 'quarantine_rows' AND l.outcome NOT LIKE 'reject%' "
            "ORDER BY d.arrival, f.file, f.row_number, f.rule, f.column_name"
        ).fetchall()
    names = ("source", "extract_date", "delivery", "feed", "file", "row", "column", "rule")
    return [dict(zip(names, row[:-1], strict=True)) | {"extract_date": row[1].isoformat()} for row in rows]
