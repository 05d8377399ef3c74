"""Loads what the door lets in: staged tables, history, quarantine and receipts, in one transaction or not at all."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import pyarrow as pa

from fairview.contracts.feed import FeedContract, staged_columns
from fairview.errors import StoreError
from fairview.intake import receipts
from fairview.intake.casting import literal, name
from fairview.intake.doorway import Examined
from fairview.intake.judging import Judged
from fairview.intake.receipts import FileReceipt, Receipt

# Of warnings, and of files refused, so many rows per rule and column are kept by number; all are counted.
_TOLD_ROWS = 100


def stage(con, file: Judged, delivery_id: str, replaces: Sequence[str]) -> tuple[int, int]:
    """Bring a judged file's sound rows into force. Returns rows staged and rows of others they took the place of."""
    columns = ", ".join(name(column.staged_name) for column in file.contract.loaded)
    arriving = (
        f"SELECT {columns}, record_key, {literal(delivery_id)} AS delivery_id, DATE '{file.extract_date}' AS extract_date, "
        f"row_number FROM ({file.good()})"
    )
    target = f"staged.{name(file.feed)}"
    if file.contract.kind == "snapshot":
        con.execute(f"DELETE FROM {target}")
        return con.execute(f"INSERT INTO {target} BY NAME {arriving}").fetchone()[0], 0
    return _merge(con, file.contract, arriving, replaces)


def _merge(con, contract: FeedContract, arriving: str, replaces: Sequence[str]) -> tuple[int, int]:
    """Newest row of a key stands; the others wait in history, from where taking a delivery back brings them forward."""
    target, kept = f"staged.{name(contract.feed)}", f"history.{name(contract.feed)}"
    columns = ", ".join(name(column) for column, _ in staged_columns(contract))
    if not replaces and not contract.facts.get("takenBackBy") and not _holds_any(con, target):
        return con.execute(f"INSERT INTO {target} BY NAME {arriving}").fetchone()[0], 0
    con.execute(f"CREATE OR REPLACE TEMP TABLE arrived AS {arriving}")
    count = con.execute("SELECT count(*) FROM arrived").fetchone()[0]
    gone = f"delivery_id IN ({', '.join(map(literal, replaces))})" if replaces else "false"
    if not contract.key:
        con.execute(f"DELETE FROM {target} WHERE {gone}")
        con.execute(f"INSERT INTO {target} BY NAME SELECT {columns} FROM arrived")
        return count, 0
    con.execute(
        f"CREATE OR REPLACE TEMP TABLE touched AS SELECT record_key FROM arrived UNION "
        f"SELECT record_key FROM {target} WHERE {gone} UNION SELECT record_key FROM {kept} WHERE {gone}"
    )
    touched = "record_key IN (SELECT record_key FROM touched)"
    con.execute(
        f"CREATE OR REPLACE TEMP TABLE versions AS SELECT *, row_number() OVER (PARTITION BY record_key "
        f"ORDER BY extract_date DESC, delivery_id DESC, row_number DESC) AS age FROM ("
        f"SELECT {columns} FROM arrived "
        f"UNION ALL SELECT {columns} FROM {target} WHERE {touched} AND NOT {gone} "
        f"UNION ALL SELECT {columns} FROM {kept} WHERE {touched} AND NOT {gone})"
    )
    con.execute(f"DELETE FROM {target} WHERE {touched}")
    con.execute(f"DELETE FROM {kept} WHERE {touched}")
    con.execute(f"INSERT INTO {target} BY NAME SELECT {columns} FROM versions WHERE age = 1")
    con.execute(f"INSERT INTO {kept} BY NAME SELECT {columns} FROM versions WHERE age > 1")
    superseded = con.execute(
        "SELECT count(*) FROM versions WHERE age = 2 AND record_key IN (SELECT record_key FROM arrived)"
    ).fetchone()[0]
    return count, superseded


def _holds_any(con, table: str) -> bool:
    return bool(con.execute(f"SELECT count(*) FROM (SELECT 1 FROM {table} LIMIT 1)").fetchone()[0])


def clear_replaced(con, file: Judged, delivery_id: str, replaces: Sequence[str]) -> None:
    """Take away what stood in quarantine for a file this one takes the place of; a snapshot's also from months before."""
    for earlier in replaces:
        for table in ("findings", "quarantine"):
            con.execute(f"DELETE FROM intake.{table} WHERE delivery_id = ? AND feed = ?", [earlier, file.feed])
    if file.contract.kind == "snapshot":
        con.execute("DELETE FROM intake.quarantine WHERE feed = ? AND delivery_id <> ?", [file.feed, delivery_id])


def write_findings(con, found: Examined, delivery_id: str) -> None:
    """Keep what was found, and the quarantined rows of files that are loaded."""
    source = found.delivery.source
    for file in found.files:
        if not file.is_typed:
            continue
        every = "false" if file.is_refused else "treatment = 'quarantine_rows'"
        first = f"row_number() OVER (PARTITION BY rule, column_name ORDER BY row_number) <= {_TOLD_ROWS}"
        con.execute(
            f"INSERT INTO intake.findings SELECT ?, ?, feed, ?, row_number, column_name, rule, treatment FROM finding "
            f"WHERE feed = ? QUALIFY {every} OR {first}",
            [delivery_id, source, file.name, file.feed],
        )
    con.execute("INSERT INTO intake.quarantine SELECT ?, ?, feed, row_number, content FROM kept", [delivery_id, source])


def write_receipt(con, found: Examined, receipt: Receipt, content: str, attempt: int, at: datetime) -> None:
    """Keep the receipt, and what later deliveries are compared with."""
    arrival = con.execute("SELECT coalesce(max(arrival), 0) + 1 FROM intake.deliveries").fetchone()[0]
    con.execute(
        "INSERT INTO intake.deliveries VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            receipt.delivery_id, receipt.source, receipt.extract_date, receipt.delivery, attempt, receipt.outcome, content,
            found.manifest_sha256, at.isoformat(), dict(receipt.rules), list(receipt.messages), arrival,
        ],
    )  # fmt: skip
    judged = {file.feed: file for file in found.files}
    for position, line in enumerate(receipt.files):
        _write_line(con, found, receipt, line, judged.get(line.feed or ""), position)
    shares = [(file.feed, column, share) for file in found.files for column, share in file.blank_shares.items()]
    if shares:
        feeds, columns, values = zip(*shares, strict=True)
        con.register("shares", pa.table({"feed": feeds, "column_name": columns, "share": values}))
        con.execute(
            "INSERT INTO intake.blank_shares SELECT ?, feed, column_name, share FROM shares", [receipt.delivery_id]
        )
        con.unregister("shares")
    for file_name, (sha256, size) in found.landed.items():
        feed = next((file.feed for file in found.files if file.name == file_name), None)
        con.execute(
            "INSERT INTO intake.landed VALUES (?, ?, ?, ?, ?)",
            [receipt.source, sha256, feed, receipt.extract_date, size],
        )


def _write_line(con, found: Examined, receipt: Receipt, line: FileReceipt, file: Judged | None, position: int) -> None:
    sha256, size = found.landed.get(line.file or "", (None, None))
    con.execute(
        f"INSERT INTO intake.files VALUES ({', '.join('?' * 22)})",
        [
            receipt.delivery_id, receipt.source, line.feed, line.file, file.contract.kind if file else None,
            receipt.extract_date, receipt.delivery, line.outcome, line.received, line.staged, line.quarantined,
            line.dropped, line.superseded, dict(line.rules), list(line.messages), sha256, size,
            file.row_hash if file else None, file.entry.covers_from if file else None,
            file.entry.covers_to if file else None, position, receipts.told(line),
        ],
    )  # fmt: skip


def commit(con) -> None:
    """Bring all of a delivery into force at once."""
    con.execute("COMMIT")


def prove(file: Judged, staged: int, quarantined: int) -> None:
    """Every row received is accounted for. Raises StoreError (and so undoes the load) when one is not."""
    if file.received != staged + quarantined + sum(file.dropped.values()):
        raise StoreError(f"{file.name}: rows received do not equal rows staged, quarantined and dropped")
