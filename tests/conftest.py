"""Fixtures every folder of tests may ask for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from fairview import walk
from fairview.contracts.catalogue import HOUSE, catalogue
from fairview.store import generations
from fairview.store.keys import ROOT, Keyring
from fairview.store.places import Places, places

SHARED = HOUSE.parent / "shared"


@pytest.fixture(scope="session")
def pilot() -> Path:
    """The pilot deliveries with their truth, where the shared folder is there."""
    folder = SHARED / "feeds" / "pilot"
    if not folder.is_dir():
        pytest.skip("the shared folder is not beside the repository")
    return folder


@pytest.fixture(scope="session")
def broken() -> Path:
    """The deliveries that must be refused, where the shared folder is there."""
    folder = SHARED / "feeds" / "broken"
    if not folder.is_dir():
        pytest.skip("the shared folder is not beside the repository")
    return folder


@pytest.fixture(scope="session")
def declared():
    """Every declaration of the house."""
    return catalogue()


@pytest.fixture
def where(tmp_path: Path) -> Places:
    """An empty state folder."""
    return places(tmp_path / "state")


@pytest.fixture
def keyring(where: Places) -> Keyring:
    """The keys of the empty state."""
    return Keyring.load(where)


@dataclass(frozen=True)
class Month:
    """What stood published after one month of the walk."""

    walked: walk.Walked
    generations: dict[str, str]
    hashes: dict[str, str]


@dataclass(frozen=True)
class Council:
    """A small invented council walked through two months, from files to published marts."""

    here: walk.House
    deliveries: Path
    truth: Path
    months: tuple[Month, ...]


def published(here: walk.House) -> tuple[dict[str, str], dict[str, str]]:
    """Name and hash of every service's published generation."""
    found = {card.service: generations.current(here.places, card.service) for card in here.catalogue.services}
    standing = {service: generation for service, generation in found.items() if generation}
    return (
        {service: generation.name for service, generation in standing.items()},
        {service: generations.file_hash(generation.database) for service, generation in standing.items()},
    )


@pytest.fixture(scope="session")
def walked(declared, tmp_path_factory) -> Council:
    """Two months of a council of 400, walked once for every test that looks at the result. Treat it as read-only."""
    from fairview.demo.council import write_deliveries

    folder = tmp_path_factory.mktemp("council")
    deliveries, truth = folder / "deliveries", folder / "truth"
    write_deliveries(400, 11, 2, deliveries, truth)
    where = places(folder / "state")
    # The same key in every run, so the same pseudonyms and the same order of rows: what tests change by row is then the same, too.
    where.keys.mkdir(mode=0o700, exist_ok=True)
    root = where.keys / ROOT
    root.write_text(bytes(range(32)).hex(), encoding="utf-8")
    root.chmod(0o600)
    here = walk.house(declared, where)
    months = []
    for day in sorted(path for path in deliveries.iterdir() if path.is_dir()):
        done = walk.deliver(here, day, lambda: datetime.now(UTC))
        months.append(Month(done, *published(here)))
    return Council(here, deliveries, truth, tuple(months))
