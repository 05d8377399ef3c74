"""What a reader is told of a contract, what it counts in a file, and how it says that a file cannot be used."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any


class FileFault(Exception):
    """The whole file cannot be used: a rule, and facts fit to be told (contract columns, counts, row numbers)."""

    def __init__(self, rule: str, **facts: Any) -> None:
        super().__init__(rule)
        self.rule = rule
        self.facts = facts


@dataclass(frozen=True)
class Layout:
    """What the reader must know of a contract: plain values only, so that it can travel to the child process."""

    feed: str
    format: str
    encoding: str
    line_ending: str
    delimiter: str
    date_format: str
    trailer: str
    names: tuple[str, ...]
    headers: tuple[str, ...]
    kinds: tuple[str, ...]
    loaded: tuple[bool, ...]
    widths: tuple[int, ...]
    row_rules: tuple[dict[str, Any], ...]
    rule_codes: dict[str, list[str]]
    refuse_unknown: dict[str, str]
    control_type: str
    control_column: str | None
    sheet: dict[str, Any] | None
    record: dict[str, Any] | None
    stem: str
    extract_day: str
    most_bytes: int

    @classmethod
    def from_plain(cls, plain: dict[str, Any]) -> Layout:
        return cls(**{name: tuple(value) if isinstance(value, list) else value for name, value in plain.items()})

    @property
    def is_quoted(self) -> bool:
        return self.format in ("csv", "zipcsv")


@dataclass
class Facts:
    """What was counted in a file. `broken` and `withheld` rows are never part of the table."""

    rows: int = 0
    warnings: dict[str, int] = field(default_factory=dict)
    warned_rows: dict[str, list[int]] = field(default_factory=dict)
    broken: list[tuple[int, str]] = field(default_factory=list)
    withheld: list[tuple[int, str, str]] = field(default_factory=list)
    marked: list[tuple[int, str, str]] = field(default_factory=list)
    dropped: dict[str, int] = field(default_factory=dict)
    control: list[str] = field(default_factory=list)
    control_received: str = "0"
    control_dropped: str = "0"
    control_aside: str = "0"
    trailer_rows: int | None = None
    trailer_control: str | None = None

    def warn(self, rule: str, rows: Sequence[int] = (), count: int | None = None) -> None:
        self.warnings[rule] = self.warnings.get(rule, 0) + (count if count is not None else max(1, len(rows)))
        if rows:
            self.warned_rows.setdefault(rule, []).extend(rows)
