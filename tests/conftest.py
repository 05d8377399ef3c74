"""Fixtures every folder of tests may ask for."""

from __future__ import annotations

from pathlib import Path

import pytest

from fairview.contracts.catalogue import HOUSE, catalogue
from fairview.store.keys import Keyring
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
