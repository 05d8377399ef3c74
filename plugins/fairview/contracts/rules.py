"""What makes declarations agree with each other: cards with contracts, published tables with suites."""

from __future__ import annotations

import json
from collections.abc import Iterator

from fairview.contracts.catalogue import Catalogue
from fairview.contracts.feed import FeedContract
from fairview.contracts.service import ServiceCard

# Which sources may ever reach a service, whatever a column's own purposes say. Feed specification, section 5.
SOURCE_REACH = {
    "revenues": {"HSG", "REV"},
    "benefits": {"HSG", "REV"},
    "housing": {"HSG", "REV"},
    "community_safety": {"CSF"},
    "corporate": {"HSG", "CSF", "REV"},
    "gazetteer": {"HSG", "CSF", "REV"},
    "open_data": {"HSG", "CSF"},
}


def declared_faults(catalogue: Catalogue) -> list[str]:
    """Every disagreement between declarations, one sentence each."""
    faults: list[str] = []
    for card in catalogue.services:
        faults += _card_faults(catalogue, card)
        faults += _suite_faults(catalogue, card)
    return faults


def may_reach(contract: FeedContract, purpose_code: str) -> bool:
    """True when something of the feed may be used for the purpose, or only to soften (OPS), and its source may reach it."""
    if purpose_code not in SOURCE_REACH.get(contract.source, {"HSG", "CSF", "REV"}):
        return False
    purposes = set().union(*(column.purposes for column in contract.loaded))
    return bool(purposes & {purpose_code, "OPS", "GEO"})


def _card_faults(catalogue: Catalogue, card: ServiceCard) -> Iterator[str]:
    known = {f"{contract.source}.{contract.feed}": contract for contract in catalogue.feeds}
    for feed in card.feeds:
        if feed not in known:
            yield f"{card.path.name}: reads {feed}, which has no contract"
        elif not may_reach(known[feed], card.purpose_code):
            yield f"{card.path.name}: reads {feed}, which no column permits for {card.purpose_code}"
    names = [table.name for table in card.tables]
    yield from (
        f"{card.path.name}: publishes {name} twice" for name in sorted({n for n in names if names.count(n) > 1})
    )


def _suite_faults(catalogue: Catalogue, card: ServiceCard) -> Iterator[str]:
    folder = catalogue.house / "expectations" / card.service
    declared = {table.name for table in card.tables}
    found = {path.stem for path in folder.glob("*.json")}
    yield from (
        f"{card.path.name}: {name} has no suite; it could never be published" for name in sorted(declared - found)
    )
    yield from (
        f"expectations/{card.service}/{name}.json: judges a table the card does not publish"
        for name in sorted(found - declared)
    )
    for path in sorted(folder.glob("*.json")):
        try:
            suite = json.loads(path.read_text(encoding="utf-8"))
        except ValueError:
            yield f"expectations/{card.service}/{path.name}: is not JSON"
            continue
        if not suite.get("expectations"):
            yield f"expectations/{card.service}/{path.name}: is empty; an empty suite blocks"
        for expectation in suite.get("expectations", ()):
            missing = {"id", "why", "owner", "since"} - set(expectation.get("meta") or {})
            if missing:
                yield f"expectations/{card.service}/{path.name}: {expectation.get('type')} lacks {', '.join(sorted(missing))}"
