"""What the door answers: one receipt per delivery, one line per file, in counts, rules and sentences. Never a value."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from fairview.contracts.feed import OUTCOMES
from fairview.store import opening
from fairview.store.keys import Keyring
from fairview.store.places import Places

CONTROL_PARTS = ("declared", "received", "staged", "quarantined", "dropped")
REFUSALS = ("reject_file", "reject_delivery")


@dataclass(frozen=True)
class Fault:
    """What one rule found in a file: where, how often, and what became of it. Never a value.

    `rows` are the first five thousand; `count` is all. `positions` number columns that may not be named, since nobody agreed them.
    """

    rule: str
    outcome: str
    count: int = 1
    rows: tuple[int, ...] = ()
    columns: tuple[str, ...] = ()
    positions: tuple[int, ...] = ()


@dataclass(frozen=True)
class FileReceipt:
    """How one file fared. For a loaded file received = staged + quarantined + dropped; `feed` None for a stranger.

    `superseded` counts rows of earlier deliveries that rows of this one took the place of (events feeds).
    `rules` counts, per rule, the rows it found, or 1 where it speaks of the whole file. `control` holds the file's control
    total as text: `type` (sum in pounds, or hash), `column`, and how much was `declared`, `received`, `staged`, `quarantined`
    and `dropped`; empty where the total is the count of rows.
    """

    feed: str | None
    file: str | None
    outcome: str
    received: int = 0
    staged: int = 0
    quarantined: int = 0
    dropped: int = 0
    superseded: int = 0
    rules: dict[str, int] = field(default_factory=dict, hash=False)
    messages: tuple[str, ...] = ()
    faults: tuple[Fault, ...] = field(default=(), hash=False)
    control: dict[str, str] = field(default_factory=dict, hash=False)

    @property
    def rejected(self) -> int:
        """Rows of a refused file; 0 for a loaded one."""
        return self.received if self.outcome in REFUSALS else 0


@dataclass(frozen=True)
class Receipt:
    """How one delivery fared; `outcome` is the gravest of its own and its files'."""

    source: str
    extract_date: date | None
    delivery: int | None
    delivery_id: str
    outcome: str
    files: tuple[FileReceipt, ...]
    rules: dict[str, int] = field(default_factory=dict, hash=False)
    messages: tuple[str, ...] = ()


def gravest(outcomes: Iterable[str]) -> str:
    """The most severe of several outcomes; accept when there is none."""
    return max(outcomes, key=OUTCOMES.index, default="accept")


def lines(receipt: Receipt) -> list[dict[str, Any]]:
    """A receipt as one plain object per file; one with feed and file null when no file is known."""
    whole = {
        "source": receipt.source,
        "extract_date": receipt.extract_date.isoformat() if receipt.extract_date else None,
        "delivery": receipt.delivery,
        "delivery_id": receipt.delivery_id,
        "delivery_outcome": receipt.outcome,
    }
    files = receipt.files or (FileReceipt(None, None, receipt.outcome, rules=receipt.rules, messages=receipt.messages),)
    return [
        whole
        | {
            "feed": file.feed,
            "file": file.file,
            "outcome": file.outcome,
            "received": file.received,
            "staged": file.staged,
            "quarantined": file.quarantined,
            "dropped": file.dropped,
            "rejected": file.rejected,
            "superseded": file.superseded,
            "rules": dict(file.rules),
            "control": dict(file.control),
            "messages": list(file.messages),
        }
        for file in files
    ]


def in_balance(control: dict[str, str]) -> str:
    """What a file's control total shows, without a figure: a total over one row would be that row's."""
    if not control:
        return "counted by rows"
    if "staged" not in control:
        return "not taken"
    parts = sum(Decimal(control[part]) for part in ("staged", "quarantined", "dropped"))
    return "adds up to the penny" if parts == Decimal(control["received"]) else "does not add up"


def account(line: dict[str, Any]) -> str:
    """A file's account in one sentence: what came, and what became of every row of it."""
    about = line["file"] or f"delivery of {line['source']}"
    if line["outcome"] in REFUSALS:
        return f"{about}: refused; {line['received']:,} rows received, none staged, what was in force stays"
    rows = f"{line['received']:,} rows received = {line['staged']:,} staged + {line['quarantined']:,} quarantined"
    late = f"; {line['superseded']:,} earlier rows superseded" if line["superseded"] else ""
    return f"{about}: {rows} + {line['dropped']:,} dropped by rule{late}; control total: {line['control']}"


def read(places: Places, keyring: Keyring) -> list[dict[str, Any]]:
    """All receipts in order of arrival, one object per delivery and file. Empty before the first delivery."""
    if not places.vault.exists():
        return []
    with opening.vault(places, keyring, read_only=True) as con:
        return [line for receipt in all_in(con) for line in lines(receipt)]


def told(file: FileReceipt) -> str:
    """Faults and control total as one text, to be kept beside the counts."""
    return json.dumps({"faults": [asdict(fault) for fault in file.faults], "control": file.control})


def _untold(text: str | None) -> tuple[tuple[Fault, ...], dict[str, str]]:
    kept = json.loads(text) if text else {"faults": [], "control": {}}
    lists = ("rows", "columns", "positions")
    faults = (Fault(**(each | {part: tuple(each[part]) for part in lists})) for each in kept["faults"])
    return tuple(faults), kept["control"]


def all_in(con, delivery_id: str | None = None) -> list[Receipt]:
    """Receipts kept in the vault, all or one, in order of arrival."""
    if not con.execute("SELECT count(*) FROM duckdb_tables() WHERE schema_name = 'intake'").fetchone()[0]:
        return []
    chosen = "" if delivery_id is None else " WHERE delivery_id = ?"
    values = [] if delivery_id is None else [delivery_id]
    files: dict[str, list[FileReceipt]] = {}
    for found in con.execute(
        "SELECT delivery_id, feed, file, outcome, received, staged, quarantined, dropped, superseded, rules, messages, told "
        f"FROM intake.files{chosen} ORDER BY delivery_id, position",
        values,
    ).fetchall():
        files.setdefault(found[0], []).append(
            FileReceipt(*found[1:9], dict(found[9] or {}), tuple(found[10] or ()), *_untold(found[11]))
        )
    return [
        Receipt(
            source, day, number, name, outcome, tuple(files.get(name, ())), dict(rules or {}), tuple(messages or ())
        )
        for source, day, number, name, outcome, rules, messages in con.execute(
            f"SELECT source, extract_date, number, delivery_id, outcome, rules, messages FROM intake.deliveries{chosen} "
            "ORDER BY arrival",
            values,
        ).fetchall()
    ]
