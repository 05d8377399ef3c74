"""What the door answers: one receipt per delivery, one line per file, in counts, rules and sentences. Never a value."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from fairview.contracts.feed import OUTCOMES
from fairview.store import opening
from fairview.store.keys import Keyring
from fairview.store.places import Places

REFUSALS = ("reject_file", "reject_delivery")


@dataclass(frozen=True)
class FileReceipt:
    """How one file fared. For a loaded file received = staged + quarantined + dropped; `feed` None for a stranger.

    `superseded` counts rows of earlier deliveries that rows of this one took the place of (events feeds).
    `rules` counts, per rule, the rows it found, or 1 where it speaks of the whole file.
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
            "messages": list(file.messages),
        }
        for file in files
    ]


def read(places: Places, keyring: Keyring) -> list[dict[str, Any]]:
    """All receipts in order of arrival, one object per delivery and file. Empty before the first delivery."""
    if not places.vault.exists():
        return []
    with opening.vault(places, keyring, read_only=True) as con:
        return [line for receipt in all_in(con) for line in lines(receipt)]


def all_in(con, delivery_id: str | None = None) -> list[Receipt]:
    """Receipts kept in the vault, all or one, in order of arrival."""
    if not con.execute("SELECT count(*) FROM duckdb_tables() WHERE schema_name = 'intake'").fetchone()[0]:
        return []
    chosen = "" if delivery_id is None else " WHERE delivery_id = ?"
    values = [] if delivery_id is None else [delivery_id]
    files: dict[str, list[FileReceipt]] = {}
    for found in con.execute(
        "SELECT delivery_id, feed, file, outcome, received, staged, quarantined, dropped, superseded, rules, messages "
        f"FROM intake.files{chosen} ORDER BY delivery_id, position",
        values,
    ).fetchall():
        files.setdefault(found[0], []).append(FileReceipt(*found[1:9], dict(found[9] or {}), tuple(found[10] or ())))
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
