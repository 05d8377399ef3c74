"""What the door holds in force: per feed, per source, and whether a service may publish from it just now.

Specification, sections 1, 7 and 8: a refused file keeps the publications of its source on their last good state until a
good delivery for that date arrives; a source silent for its declared time is withdrawn; nobody publishes while a
blocking feed is missing.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date

from fairview.contracts.catalogue import Catalogue
from fairview.contracts.service import ServiceCard
from fairview.domain import periods
from fairview.store import opening
from fairview.store.keys import Keyring
from fairview.store.places import Places


@dataclass(frozen=True)
class FeedState:
    """The file of a feed in force; None and 0 before the first. `rows` are those staged, `quarantined` those it set aside."""

    feed: str
    source: str
    extract_date: date | None = None
    delivery: int | None = None
    rows: int = 0
    quarantined: int = 0


@dataclass(frozen=True)
class SourceState:
    """A source: the newest extract date accepted, and what is refused of the newest date it sent anything for."""

    source: str
    last_accepted: date | None = None
    newest_tried: date | None = None
    delivery_refused: bool = False
    refused_feeds: tuple[str, ...] = ()
    stale_after_days: int = 45

    def is_stale(self, on: date) -> bool:
        """Whether the source has been silent for longer than its contracts allow."""
        return periods.is_stale(self.last_accepted, on, self.stale_after_days)


@dataclass(frozen=True)
class InForce:
    """All feeds and sources of the house. `blocked_purposes` maps a missing blocking feed to the purposes it blocks."""

    feeds: dict[str, FeedState] = field(hash=False)
    sources: dict[str, SourceState] = field(hash=False)
    blocked_purposes: dict[str, tuple[str, ...]] = field(hash=False)

    @property
    def as_at(self) -> date | None:
        """The newest extract date anything was accepted for."""
        return max((one.last_accepted for one in self.sources.values() if one.last_accepted), default=None)

    def blocks(self, card: ServiceCard) -> list[str]:
        """Why a service may not publish just now, in plain English; empty when it may."""
        reasons = [
            f"the feed {feed} is missing, and nobody may publish without it"
            for feed, purposes in self.blocked_purposes.items()
            if card.purpose_code in purposes
        ]
        return reasons + [reason for source in card.sources for reason in self._troubles(source)]

    def _troubles(self, source: str) -> list[str]:
        state = self.sources.get(source) or SourceState(source)
        if state.newest_tried is None:
            return [f"{source} has not delivered yet"]
        day = state.newest_tried.isoformat()
        if state.delivery_refused:
            return [f"the delivery of {source} for {day} was refused"]
        if state.refused_feeds:
            return [f"of the delivery of {source} for {day} these files were refused: {', '.join(state.refused_feeds)}"]
        if state.last_accepted is None:
            return [f"{source} has not delivered yet"]
        return []

    def silent_sources(self, card: ServiceCard, on: date) -> list[str]:
        """Sources of a service that once delivered and have been silent for longer than declared."""
        states = [self.sources[source] for source in card.sources if source in self.sources]
        return [one.source for one in states if one.last_accepted and one.is_stale(on)]


def in_force(places: Places, keyring: Keyring, catalogue: Catalogue) -> InForce:
    """What the vault holds in force; everything empty before the first delivery."""
    if not places.vault.exists():
        return _of([], [], catalogue)
    with opening.vault(places, keyring, read_only=True) as con:
        if not con.execute("SELECT count(*) FROM duckdb_tables() WHERE schema_name = 'intake'").fetchone()[0]:
            return _of([], [], catalogue)
        # A delivery refused for being older than the last accepted, or received before, says nothing of the newest state.
        deliveries = con.execute(
            "SELECT delivery_id, source, extract_date, number, outcome FROM intake.deliveries "
            "WHERE NOT map_contains(rules, 'D13') ORDER BY arrival"
        ).fetchall()
        files = con.execute(
            "SELECT f.delivery_id, f.feed, f.outcome, f.quarantined FROM intake.files AS f "
            "JOIN intake.deliveries AS d USING (delivery_id) WHERE f.feed IS NOT NULL ORDER BY d.arrival"
        ).fetchall()
        states = _of(deliveries, files, catalogue)
        rows = {
            contract.feed: con.execute(f'SELECT count(*) FROM staged."{contract.feed}"').fetchone()[0]
            for contract in catalogue.feeds
        }
    feeds = {name: replace(one, rows=rows[name]) for name, one in states.feeds.items()}
    return InForce(feeds, states.sources, states.blocked_purposes)


def _of(deliveries, files, catalogue: Catalogue) -> InForce:
    by_delivery: dict[str, dict[str, str]] = {}
    aside: dict[tuple[str, str], int] = {}
    for delivery_id, feed, outcome, quarantined in files:
        by_delivery.setdefault(delivery_id, {})[feed] = outcome
        aside[delivery_id, feed] = quarantined
    feeds = {contract.feed: FeedState(contract.feed, contract.source) for contract in catalogue.feeds}
    for delivery_id, source, day, number, _ in deliveries:
        for feed, outcome in by_delivery.get(delivery_id, {}).items():
            known = feeds.get(feed)
            if (
                known
                and not outcome.startswith("reject")
                and (known.extract_date or date.min, known.delivery or 0) <= (day, number)
            ):
                feeds[feed] = FeedState(feed, source, day, number, quarantined=aside[delivery_id, feed])
    sources = {source: _source(source, deliveries, by_delivery, catalogue) for source in catalogue.sources}
    blocked = {
        contract.feed: tuple(contract.blocking["purposes"])
        for contract in catalogue.feeds
        if contract.blocking and _is_missing(contract.feed, sources[contract.source], feeds)
    }
    return InForce(feeds, sources, blocked)


def _source(source: str, deliveries, by_delivery, catalogue: Catalogue) -> SourceState:
    contracts = catalogue.of_source(source)
    stale = min((contract.stale_after_days for contract in contracts), default=45)
    tried = [(day, number, key, outcome) for key, one, day, number, outcome in deliveries if one == source and day]
    if not tried:
        return SourceState(source, stale_after_days=stale)
    loaded = [
        day
        for day, _, key, outcome in tried
        if outcome != "reject_delivery"
        and any(not one.startswith("reject") for one in by_delivery.get(key, {}).values())
    ]
    newest = max(day for day, *_ in tried)
    latest = [one for one in tried if one[0] == newest][-1]
    refused = sorted(feed for feed, outcome in by_delivery.get(latest[2], {}).items() if outcome.startswith("reject"))
    return SourceState(source, max(loaded, default=None), newest, latest[3] == "reject_delivery", tuple(refused), stale)


def _is_missing(feed: str, source: SourceState, feeds: dict[str, FeedState]) -> bool:
    """A blocking feed is missing when none ever came, or the newest delivery of its source was refused."""
    return feeds[feed].extract_date is None or source.delivery_refused or feed in source.refused_feeds
