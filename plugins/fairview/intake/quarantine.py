"""What stands in quarantine, told without a value, and forgotten when its contract says so."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from fairview.contracts.catalogue import Catalogue
from fairview.domain import periods
from fairview.store import ledger, opening
from fairview.store.keys import Keyring
from fairview.store.places import Places


def listing(
    places: Places,
    keyring: Keyring,
    source: str | None = None,
    feed: str | None = None,
    rule: str | None = None,
    extract_date: date | None = None,
    delivery: int | None = None,
) -> list[dict[str, Any]]:
    """One object per quarantined row and rule of the files that were loaded, in order of delivery, file and row.

    Rows count from 1 for the header, as lines of a text file or rows of a sheet. `column` is null where a rule speaks of
    the whole row. Rows of refused files are not listed: the whole file is out. Each argument given narrows the list.
    """
    if not places.vault.exists():
        return []
    wanted = {
        "d.source": source,
        "f.feed": feed,
        "f.rule": rule,
        "d.extract_date": extract_date,
        "d.number": delivery,
    }
    chosen = {column: value for column, value in wanted.items() if value is not None}
    with opening.vault(places, keyring, read_only=True) as con:
        if not con.execute("SELECT count(*) FROM duckdb_tables() WHERE schema_name = 'intake'").fetchone()[0]:
            return []
        rows = con.execute(
            "SELECT DISTINCT d.source, d.extract_date, d.number, f.feed, f.file, f.row_number, f.column_name, f.rule, d.arrival "
            "FROM intake.findings AS f JOIN intake.deliveries AS d USING (delivery_id) "
            "JOIN intake.files AS l ON l.delivery_id = f.delivery_id AND l.feed = f.feed "
            "WHERE f.treatment = 'quarantine_rows' AND l.outcome NOT LIKE 'reject%' "
            + "".join(f"AND {column} = ? " for column in chosen)
            + "ORDER BY d.arrival, f.file, f.row_number, f.rule, f.column_name",
            list(chosen.values()),
        ).fetchall()
    names = ("source", "extract_date", "delivery", "feed", "file", "row", "column", "rule")
    return [dict(zip(names, row[:-1], strict=True)) | {"extract_date": row[1].isoformat()} for row in rows]


def counted(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """A listing summed up: rows per delivery, file, column and rule, a row once."""
    by = ("source", "extract_date", "delivery", "file", "column", "rule")
    groups: dict[tuple, set[int]] = {}
    for row in rows:
        groups.setdefault(tuple(row[name] for name in by), set()).add(row["row"])
    return [dict(zip(by, key, strict=True)) | {"rows": len(found)} for key, found in groups.items()]


def forget(places: Places, keyring: Keyring, catalogue: Catalogue, at: datetime) -> int:
    """Destroy quarantined rows kept for longer than their contract says, counted from their extract date. Returns how many.

    What is left says that a row was there, not what it held; the ledger counts what went, per feed. Rows of feeds no
    contract knows any more go by the shortest time. Raises StoreError or KeyMissing when the vault cannot be opened.
    """
    if not places.vault.exists():
        return 0
    months = {contract.feed: contract.quarantine_months for contract in catalogue.feeds}
    shortest = min(months.values(), default=0)
    gone: dict[str, int] = {}
    with opening.vault(places, keyring) as con:
        if not con.execute("SELECT count(*) FROM duckdb_tables() WHERE schema_name = 'intake'").fetchone()[0]:
            return 0
        held = con.execute(
            "SELECT DISTINCT feed, delivery_id, d.extract_date FROM intake.findings AS f "
            "JOIN intake.deliveries AS d USING (delivery_id) WHERE f.treatment = 'quarantine_rows'"
        ).fetchall()
        for feed, delivery_id, day in held:
            if day is None or day > periods.months_before(at.date(), months.get(feed, shortest)):
                continue
            about = [delivery_id, feed]
            rows = con.execute(
                "SELECT count(DISTINCT row_number) FROM intake.findings WHERE delivery_id = ? AND feed = ? "
                "AND treatment = 'quarantine_rows'",
                about,
            ).fetchone()[0]
            con.execute("BEGIN")
            con.execute("DELETE FROM intake.quarantine WHERE delivery_id = ? AND feed = ?", about)
            con.execute(
                "UPDATE intake.findings SET treatment = 'destroyed' WHERE delivery_id = ? AND feed = ? "
                "AND treatment = 'quarantine_rows'",
                about,
            )
            con.execute("COMMIT")
            gone[feed] = gone.get(feed, 0) + rows
    if gone:
        ledger.append(places, "quarantine destroyed", at, rows=sum(gone.values()), feeds=gone)
    return sum(gone.values())
