"""A vault that has taken two good months of every source, built once and copied for each test."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.intake.deliveries import Draft

from fairview.contracts.catalogue import catalogue
from fairview.intake import deliveries, receive, state
from fairview.intake.receipts import FileReceipt, Receipt
from fairview.store import opening
from fairview.store.keys import Keyring
from fairview.store.places import Places, places

AT = datetime(2026, 11, 3, 9, 0, tzinfo=UTC)


@dataclass
class Door:
    """A vault to deliver to. `folder` takes the supplier's folders."""

    places: Places
    keyring: Keyring
    folder: Path
    sent: int = 0

    def deliver(self, draft: Draft) -> Receipt:
        """Write a draft into a folder of its own and receive it."""
        self.sent += 1
        root = self.folder / f"sent-{self.sent}"
        draft.write(root)
        return self.take(root)

    def take(self, root: Path) -> Receipt:
        (delivery,) = deliveries.find(root)
        return receive.receive(delivery, catalogue(), self.places, self.keyring, AT)

    def in_force(self) -> state.InForce:
        return state.in_force(self.places, self.keyring, catalogue())

    def query(self, sql: str, values: list | None = None) -> list[tuple]:
        """Rows from the vault."""
        with opening.vault(self.places, self.keyring, read_only=True) as con:
            return con.execute(sql, values or []).fetchall()


def line_of(receipt: Receipt, feed: str) -> FileReceipt:
    """The receipt's line of a feed."""
    (line,) = [file for file in receipt.files if file.feed == feed]
    return line


def with_two_months(root: Path) -> Door:
    """A door through which two good months of every source have come."""
    where = places(root / "state")
    door = Door(where, Keyring.load(where), root / "delivered")
    for month in (1, 2):
        for source in catalogue().sources:
            door.deliver(Draft(source, month))
    return door


def copied(door: Door, root: Path) -> Door:
    """A copy of a door's state, under the same keys."""
    shutil.copytree(door.places.root, root / "state", symlinks=True)
    return Door(places(root / "state", door.places.keys), door.keyring, root / "delivered")


@pytest.fixture(scope="session")
def two_months(tmp_path_factory) -> Door:
    """Two good months received. Treat as read-only; ask for `door` to deliver."""
    return with_two_months(tmp_path_factory.mktemp("two-months"))


@pytest.fixture
def door(two_months: Door, tmp_path: Path) -> Door:
    """A vault of its own that holds two good months."""
    return copied(two_months, tmp_path)


@pytest.fixture
def empty_door(tmp_path: Path) -> Door:
    """A vault nothing has come to yet."""
    where = places(tmp_path / "state")
    return Door(where, Keyring.load(where), tmp_path / "delivered")
