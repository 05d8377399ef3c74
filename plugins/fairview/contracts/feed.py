"""What a feed contract says: the file's form, its columns, and what each column may be used for.

A contract is an Open Data Contract Standard 3.1 document (`dags/feeds/<source>/<feed>.odcs.yaml`). Where the
standard has no word (encoding, trailer, sentinels, purposes) the fact sits in `customProperties`.
This module knows shapes, not files of data: it never opens a delivery or a database.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

# Sensitivity classes of the feed specification, section 4.
SENSITIVITIES = {
    "REF": "reference number of a record; only in the vault, replaced by a pseudonym",
    "DIR": "direct identifier; only in the vault",
    "QUA": "quasi-identifier; only in the vault, coarser forms may leave",
    "SPC": "special category; never leaves staging as a value",
    "ATT": "attribute; may leave under its purposes",
    "MEA": "measure; may leave under its purposes",
    "OPS": "operational control; only to suppress, freeze, restrict or soften",
    "DRP": "dropped at the door; never written anywhere",
}
# Purposes of the feed specification, section 5.
PURPOSES = {
    "HSG": "homelessness prevention (Housing)",
    "CSF": "support for victims of anti-social behaviour (Community Safety)",
    "REV": "informed debt collection (Revenues and Benefits)",
    "LNK": "linking people inside the vault",
    "GEO": "linking addresses inside the vault",
    "OPS": "control only: may only slow, stop or soften",
    "MON": "equality monitoring store, totals only",
    "NONE": "no use",
}
# What the door may do with a delivery, file, row or value: feed specification, section 7, mildest first.
OUTCOMES = ("accept", "accept_with_warning", "blank_value", "quarantine_rows", "reject_file", "reject_delivery")
_SQL_TYPES = {"C": "VARCHAR", "I": "BIGINT", "M": "BIGINT", "D": "DATE", "T": "TIMESTAMP", "F": "BOOLEAN"}
# Where a staged row came from; every staged table ends with these.
PROVENANCE = (("record_key", "VARCHAR"), ("delivery_id", "VARCHAR"), ("extract_date", "DATE"), ("row_number", "BIGINT"))


@dataclass(frozen=True)
class Column:
    """One column of a feed. `physical_type` is the specification's word: C8, I2, M, D, T, F1."""

    name: str
    header: str
    physical_type: str
    required: bool
    key_position: int | None
    sensitivity: str
    description: str
    facts: dict[str, Any] = field(default_factory=dict, hash=False)
    min_length: int | None = None

    @property
    def kind(self) -> str:
        """C text, I whole number, M money, D date, T date and time, F yes or no."""
        return self.physical_type[0]

    @property
    def length(self) -> int | None:
        """Longest allowed text in characters, or digits of a whole number; None where the kind sets it."""
        digits = self.physical_type[1:]
        return int(digits) if digits else None

    @property
    def purposes(self) -> frozenset[str]:
        return frozenset(self.facts.get("purposes", ()))

    @property
    def codes(self) -> dict[str, str | None] | None:
        """Code → label where the column is coded, else None."""
        found = self.facts.get("codes")
        return {str(code): label for code, label in found.items()} if found else None

    @property
    def is_loaded(self) -> bool:
        """False for what is dropped at the door: class DRP, and columns no purpose may use."""
        return self.sensitivity != "DRP" and self.purposes != {"NONE"}

    @property
    def is_birth_date(self) -> bool:
        return bool(self.facts.get("birthDate"))

    @property
    def may_be_open(self) -> bool:
        """The source's open-ended date may stand here, and means null."""
        return bool(self.facts.get("openEnded"))

    @property
    def on_invalid(self) -> dict[str, Any] | None:
        """What becomes of a value that cannot be one (`outcome`, `rule`); None: the row is quarantined."""
        return self.facts.get("onInvalid")

    @property
    def on_blank(self) -> dict[str, Any] | None:
        """What becomes of a blank where none may be; None: the row is quarantined."""
        return self.facts.get("onBlank")

    @property
    def unknown_code(self) -> dict[str, Any] | None:
        """What becomes of a code outside the list; None: the row is quarantined."""
        return self.facts.get("unknownCode")

    @property
    def dated_codes(self) -> tuple[dict[str, Any], ...]:
        """Code lists by date: the first names the list in force until a day, the next the shape of its successor's."""
        return tuple(self.facts.get("datedCodes", ()))

    @property
    def staged_name(self) -> str:
        """Money is stored as whole pence and says so in its name."""
        return f"{self.name}_pence" if self.kind == "M" else self.name

    @property
    def staged_type(self) -> str:
        return "DATE" if self.is_birth_date else _SQL_TYPES[self.kind]


@dataclass(frozen=True)
class DerivedColumn:
    """A coarser fact computed in staging from columns which must not leave it."""

    name: str
    type: str
    sensitivity: str
    purposes: frozenset[str]
    sql: str
    description: str


@dataclass(frozen=True)
class RecordRule:
    """One promise about the rows of a feed (an entry of the standard's `quality`), with what becomes of rows that break it.

    `rows` is an SQL condition over the staged columns that is true for a bad row; `:extract_date` stands for the day
    of the extract. `tie` names a sum in another feed that a column must equal; `needs` names an earlier row.
    """

    rule: str
    description: str
    outcome: str
    columns: tuple[str, ...]
    rows: str | None
    tie: dict[str, Any] | None = field(hash=False)
    needs: dict[str, Any] | None = field(hash=False)
    whole_file: str | None
    reason: str
    since: str


@dataclass(frozen=True)
class Relationship:
    """Where a row's parent is to be found; `orphans` says what becomes of a row without one."""

    columns: tuple[str, ...]
    parent: str
    parent_columns: tuple[str, ...]
    orphans: str
    rule: str


@dataclass(frozen=True)
class Limits:
    """How far a file may stray: shares as fractions of one; None where the limit does not apply to the feed.

    `blank_rows`: a column's blanks must also have risen by so many rows, since one row of a short file is no share.
    """

    quarantine_rows: int
    quarantine_share: float
    volume_low: float | None
    volume_high: float | None
    blank_share: float | None
    blank_rows: int
    never_empty: bool


@dataclass(frozen=True)
class FeedContract:
    """One feed as its contract declares it."""

    source: str
    feed: str
    title: str
    path: Path
    use: str
    notes: str
    relations: str
    columns: tuple[Column, ...]
    facts: dict[str, Any] = field(hash=False)
    sla: dict[str, Any] = field(hash=False)
    document: dict[str, Any] = field(hash=False, repr=False)

    @property
    def kind(self) -> str:
        """`snapshot` (the whole state) or `events` (what was recorded since the delivery before)."""
        return self.facts["kind"]

    @property
    def format(self) -> str:
        return self.facts["format"]

    @property
    def is_person_bearing(self) -> bool:
        return bool(self.facts.get("personRecord"))

    @cached_property
    def key(self) -> tuple[Column, ...]:
        """Key columns in key order; empty for the police file, whose identical rows are separate incidents."""
        keyed = [column for column in self.columns if column.key_position]
        return tuple(sorted(keyed, key=lambda column: column.key_position or 0))

    @property
    def link_key_length(self) -> int:
        """How many leading key columns name a record in a file of links: all, or those of the contract's `linkKey`."""
        return len(self.facts.get("linkKey") or self.key)

    @cached_property
    def loaded(self) -> tuple[Column, ...]:
        return tuple(column for column in self.columns if column.is_loaded)

    @cached_property
    def derived(self) -> tuple[DerivedColumn, ...]:
        return tuple(
            DerivedColumn(
                item["name"],
                item["type"],
                item["classification"],
                frozenset(item["purposes"]),
                item["sql"],
                item["description"],
            )
            for item in self.facts.get("derivedColumns", ())
        )

    @cached_property
    def record_rules(self) -> tuple[RecordRule, ...]:
        """The rules the door applies to rows, in the order of the contract."""
        found = []
        for item in self.document["schema"][0].get("quality") or ():
            if item.get("engine") != "fairview":
                continue
            body = item["implementation"]
            about = {fact["property"]: fact["value"] for fact in item.get("customProperties") or ()}
            found.append(
                RecordRule(
                    rule=body["rule"],
                    description=item["description"],
                    outcome=body["outcome"],
                    columns=tuple(body["columns"]),
                    rows=body.get("rows"),
                    tie=body.get("tie"),
                    needs=body.get("needs"),
                    whole_file=body.get("wholeFile"),
                    reason=about.get("reason", ""),
                    since=str(about.get("since", "")),
                )
            )
        return tuple(found)

    @cached_property
    def relationships(self) -> tuple[Relationship, ...]:
        """All declared parents, those the door enforces and those it only knows of."""
        found = []
        for item in self.document["schema"][0].get("relationships") or ():
            here = [item["from"]] if isinstance(item["from"], str) else item["from"]
            there = [item["to"]] if isinstance(item["to"], str) else item["to"]
            about = {fact["property"]: fact["value"] for fact in item.get("customProperties") or ()}
            found.append(
                Relationship(
                    columns=tuple(name.split(".")[1] for name in here),
                    parent=there[0].split(".")[0],
                    parent_columns=tuple(name.split(".")[1] for name in there),
                    orphans=about.get("orphans", "accept"),
                    rule=about.get("rule", ""),
                )
            )
        return tuple(found)

    @cached_property
    def limits(self) -> Limits:
        declared = self.facts["limits"]
        volume = declared.get("volume") or {}
        return Limits(
            quarantine_rows=int(declared["quarantine"]["rows"]),
            quarantine_share=float(declared["quarantine"]["share"]),
            volume_low=volume.get("low"),
            volume_high=volume.get("high"),
            blank_share=declared.get("blankShare"),
            blank_rows=int(declared.get("blankRows", 1)),
            never_empty=bool(declared.get("neverEmpty")),
        )

    @property
    def blocking(self) -> dict[str, Any] | None:
        """For a feed nobody may publish without: the rule and the purposes it blocks while missing."""
        return self.facts.get("blocking")

    @property
    def objections(self) -> dict[str, Any] | None:
        """For a feed of objections: its columns of scope, decision and end, and the days a task about one may stay open."""
        return self.facts.get("objections")

    def may_repeat(self, rows: int) -> bool:
        """Whether a month without any change is believable for so many rows, so that the same again is no replay."""
        declared = self.facts.get("mayRepeat")
        return bool(declared) and rows < declared.get("belowRows", rows + 1)

    @property
    def row_rules(self) -> tuple[dict[str, Any], ...]:
        """Rows discarded unread at the door: `id`, `column`, codes to `drop`."""
        return tuple(self.facts.get("rowRules", ()))

    @property
    def stale_after_days(self) -> int:
        return int(self.sla["staleAfter"])

    @property
    def retention_months(self) -> int:
        return int(self.sla["retention"])

    @property
    def quarantine_months(self) -> int:
        """How long a row kept out may wait to be corrected before it is destroyed."""
        return int(self.sla["quarantineRetention"])

    def column(self, name: str) -> Column:
        """Raises KeyError when the contract has no such column."""
        return {column.name: column for column in self.columns}[name]


def staged_columns(contract: FeedContract) -> list[tuple[str, str]]:
    """Name and SQL type of each column of `staged.<feed>`, in order: the loaded columns, then where the row came from."""
    return [(column.staged_name, column.staged_type) for column in contract.loaded] + list(PROVENANCE)


def never_null(contract: FeedContract) -> list[str]:
    """Staged columns that hold a value in every row: required ones whose blank or unreadable value puts the row in quarantine."""
    return [
        column.staged_name
        for column in contract.loaded
        if column.required
        and not column.may_be_open
        and not column.is_birth_date
        and (column.on_blank or {}).get("outcome", "quarantine_rows") == "quarantine_rows"
        and (column.on_invalid or {}).get("outcome", "quarantine_rows") == "quarantine_rows"
    ]
