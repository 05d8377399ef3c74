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

    def column(self, name: str) -> Column:
        """Raises KeyError when the contract has no such column."""
        return {column.name: column for column in self.columns}[name]


def staged_columns(contract: FeedContract) -> list[tuple[str, str]]:
    """Name and SQL type of each column of `staged.<feed>`, in order: the loaded columns, then where the row came from."""
    return [(column.staged_name, column.staged_type) for column in contract.loaded] + list(PROVENANCE)
