"""The intake's own tables in the vault, and every feed's staged table, made where missing.

`intake.deliveries` one row per delivery received; `intake.files` one per file of it; `intake.blank_shares` blank share
per column of a loaded file; `intake.findings` one per row, column and rule (never a value); `intake.quarantine` the rows
kept out, as text of the loaded columns; `intake.landed` what lies in landing. `history.<feed>` keeps rows of events
feeds that a newer row of the same key took the place of, so that taking a delivery back brings them forward again.
"""

from __future__ import annotations

from fairview.contracts.catalogue import Catalogue
from fairview.contracts.feed import never_null, staged_columns
from fairview.intake.casting import name

_INTAKE = """
CREATE SCHEMA IF NOT EXISTS staged;
CREATE SCHEMA IF NOT EXISTS intake;
CREATE SCHEMA IF NOT EXISTS history;
CREATE TABLE IF NOT EXISTS intake.deliveries (
    delivery_id VARCHAR PRIMARY KEY, source VARCHAR, extract_date DATE, number BIGINT, attempt BIGINT, outcome VARCHAR,
    content VARCHAR, manifest_sha256 VARCHAR, received_at VARCHAR, rules MAP(VARCHAR, BIGINT),
    messages VARCHAR[], arrival BIGINT);
CREATE TABLE IF NOT EXISTS intake.files (
    delivery_id VARCHAR, source VARCHAR, feed VARCHAR, file VARCHAR, kind VARCHAR, extract_date DATE, number BIGINT,
    outcome VARCHAR, received BIGINT, staged BIGINT, quarantined BIGINT, dropped BIGINT, superseded BIGINT,
    rules MAP(VARCHAR, BIGINT), messages VARCHAR[], sha256 VARCHAR, bytes BIGINT, row_hash VARCHAR,
    covers_from DATE, covers_to DATE, position BIGINT, told VARCHAR);
ALTER TABLE intake.files ADD COLUMN IF NOT EXISTS told VARCHAR;
CREATE TABLE IF NOT EXISTS intake.blank_shares (delivery_id VARCHAR, feed VARCHAR, column_name VARCHAR, share DOUBLE);
CREATE TABLE IF NOT EXISTS intake.findings (
    delivery_id VARCHAR, source VARCHAR, feed VARCHAR, file VARCHAR, row_number BIGINT, column_name VARCHAR,
    rule VARCHAR, treatment VARCHAR);
CREATE TABLE IF NOT EXISTS intake.quarantine (
    delivery_id VARCHAR, source VARCHAR, feed VARCHAR, row_number BIGINT, content MAP(VARCHAR, VARCHAR));
CREATE TABLE IF NOT EXISTS intake.landed (source VARCHAR, sha256 VARCHAR, feed VARCHAR, extract_date DATE, bytes BIGINT);
"""


def ensure(con, catalogue: Catalogue) -> None:
    """Make what is missing, on a connection whose current database is the vault (or stands in for it)."""
    con.execute(_INTAKE)
    for contract in catalogue.feeds:
        columns = ", ".join(f"{name(column)} {kind}" for column, kind in staged_columns(contract))
        con.execute(f"CREATE TABLE IF NOT EXISTS staged.{name(contract.feed)} ({columns})")
        if contract.kind == "events":
            con.execute(f"CREATE TABLE IF NOT EXISTS history.{name(contract.feed)} ({columns})")
    _follow_contracts(con, catalogue)
    _never_null(con, catalogue)


def _follow_contracts(con, catalogue: Catalogue) -> None:
    """Give a table the columns its contract has now: new ones empty, those no longer agreed gone with what they held."""
    found: dict[tuple[str, str], dict[str, str]] = {}
    for schema, table, column, kind in con.execute(
        "SELECT schema_name, table_name, column_name, data_type FROM duckdb_columns() "
        "WHERE database_name = current_database() AND schema_name IN ('staged', 'history')"
    ).fetchall():
        found.setdefault((schema, table), {})[column] = kind
    for contract in catalogue.feeds:
        agreed = dict(staged_columns(contract))
        for schema in ("staged", "history"):
            held = found.get((schema, contract.feed))
            if held is None or held == agreed:
                continue
            table = f"{schema}.{name(contract.feed)}"
            for column in (column for column, kind in held.items() if agreed.get(column) != kind):
                con.execute(f"ALTER TABLE {table} DROP COLUMN {name(column)}")
            for column in (column for column, kind in agreed.items() if held.get(column) != kind):
                con.execute(f"ALTER TABLE {table} ADD COLUMN {name(column)} {agreed[column]}")


def _never_null(con, catalogue: Catalogue) -> None:
    """Let the database itself refuse a row without what its contract requires, wherever the table holds no such row yet."""
    nullable = {
        (schema, table, column)
        for schema, table, column in con.execute(
            "SELECT schema_name, table_name, column_name FROM duckdb_columns() "
            "WHERE database_name = current_database() AND schema_name IN ('staged', 'history') AND is_nullable"
        ).fetchall()
    }
    for contract in catalogue.feeds:
        for column in never_null(contract):
            # Rows go back and forth between the two tables, so both hold to it or neither.
            tables = [
                f"{schema}.{name(contract.feed)}"
                for schema in ("staged", "history")
                if (schema, contract.feed, column) in nullable
            ]
            blank = f"WHERE {name(column)} IS NULL LIMIT 1"
            if any(con.execute(f"SELECT 1 FROM {table} {blank}").fetchone() for table in tables):
                continue
            for table in tables:
                con.execute(f"ALTER TABLE {table} ALTER COLUMN {name(column)} SET NOT NULL")
