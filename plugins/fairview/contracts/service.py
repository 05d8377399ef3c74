"""What a service card says: for whom a mart is made, on what basis, from what, and how much officers can take."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fairview.contracts.reading import read_yaml
from fairview.errors import DeclarationError

_WORDS = {
    "service", "title", "department", "purpose", "purpose_code", "lawful_basis", "owner", "feeds", "tables", "schedule",
    "capacity", "retention", "offer", "never", "withdraw_after_days", "explanation",
}  # fmt: skip


@dataclass(frozen=True)
class Table:
    """A published table: `role` is list, facts, reasons, workings, chronology, step_down or totals; `may_be_empty` needs a `why`."""

    name: str
    role: str
    description: str
    key: tuple[str, ...]
    may_be_empty: bool = False
    why: str = ""


@dataclass(frozen=True)
class Explanation:
    """What a row is explained from: the table with a row per rule met, the figures behind them, the rule pack, and facts.

    `decided_by` says how the rules met become the row: points, first_rule or strongest_rule. `facts` are columns by table.
    """

    pack: str
    decided_by: str
    rules: str
    workings: str
    facts: dict[str, list[str]] = field(hash=False)


DECISIONS = ("points", "first_rule", "strongest_rule")


@dataclass(frozen=True)
class ServiceCard:
    """One service as its card (`dags/services/<service>.yml`) declares it."""

    service: str
    title: str
    department: str
    purpose: str
    purpose_code: str
    lawful_basis: str
    owner: str
    feeds: tuple[str, ...]
    tables: tuple[Table, ...]
    schedule: str
    capacity: dict[str, Any] = field(hash=False)
    retention: str = ""
    offer: str = ""
    never: tuple[str, ...] = ()
    withdraw_after_days: int = 45
    explanation: Explanation | None = None
    path: Path = Path()

    @property
    def sources(self) -> tuple[str, ...]:
        """Sources the service reads, in the order the card first names them; feeds are written `source.feed`."""
        return tuple(dict.fromkeys(feed.split(".")[0] for feed in self.feeds))


def read_service(path: Path) -> ServiceCard:
    """One service card. Raises DeclarationError when a word is unknown or a needed one is missing."""
    document = read_yaml(path)
    unknown = sorted(set(document) - _WORDS)
    if unknown:
        raise DeclarationError(f"{path.name}: unknown words {', '.join(unknown)}")
    try:
        tables = tuple(Table(**{**item, "key": tuple(item["key"])}) for item in document.pop("tables"))
        feeds, never = tuple(document.pop("feeds")), tuple(document.pop("never", ()))
        explanation = document.pop("explanation", None)
        explained = Explanation(**explanation) if explanation else None
        card = ServiceCard(feeds=feeds, tables=tables, never=never, explanation=explained, path=path, **document)
    except (KeyError, TypeError) as error:
        raise DeclarationError(f"{path.name}: {error}") from error
    if card.service != path.stem:
        raise DeclarationError(f"{path.name}: file name and service name differ")
    for table in card.tables:
        if table.may_be_empty and not table.why:
            raise DeclarationError(f"{path.name}: table {table.name} may be empty but says no why")
    if card.explanation:
        named = {card.explanation.rules, card.explanation.workings, *card.explanation.facts}
        unknown = sorted(named - {table.name for table in card.tables})
        if unknown or card.explanation.decided_by not in DECISIONS:
            raise DeclarationError(f"{path.name}: explains from {', '.join(unknown) or card.explanation.decided_by}")
    return card
