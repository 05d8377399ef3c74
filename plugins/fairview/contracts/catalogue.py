"""Every declaration in the house, found by where it lies. Reading is cached per process."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from fairview.contracts.feed import FeedContract
from fairview.contracts.reading import read_feed
from fairview.contracts.service import ServiceCard, read_service
from fairview.errors import DeclarationError

# The house stands two floors above the package: plugins/fairview/contracts → repository root.
HOUSE = Path(__file__).resolve().parents[3]


@dataclass(frozen=True)
class Catalogue:
    """All sound declarations of one house; `feeds` and `services` sorted by name."""

    house: Path
    feeds: tuple[FeedContract, ...]
    services: tuple[ServiceCard, ...]

    @property
    def sources(self) -> tuple[str, ...]:
        return tuple(sorted({contract.source for contract in self.feeds}))

    def of_source(self, source: str) -> tuple[FeedContract, ...]:
        return tuple(contract for contract in self.feeds if contract.source == source)

    def feed(self, name: str) -> FeedContract:
        """Raises DeclarationError when no contract has the name."""
        for contract in self.feeds:
            if contract.feed == name:
                return contract
        raise DeclarationError(f"no contract for the feed {name}")

    def service(self, name: str) -> ServiceCard:
        """Raises DeclarationError when no card has the name."""
        for card in self.services:
            if card.service == name:
                return card
        raise DeclarationError(f"no card for the service {name}")


@lru_cache(maxsize=4)
def catalogue(house: Path = HOUSE) -> Catalogue:
    """All contracts and cards under `house`. Raises DeclarationError for the first that makes no sense."""
    feeds = tuple(read_feed(path) for path in sorted((house / "dags" / "feeds").glob("*/*.odcs.yaml")))
    services = tuple(read_service(path) for path in sorted((house / "dags" / "services").glob("*.yml")))
    names = [contract.feed for contract in feeds]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise DeclarationError(f"feeds declared twice: {', '.join(twice)}")
    return Catalogue(house, feeds, services)
