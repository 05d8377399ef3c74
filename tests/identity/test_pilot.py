"""The links of the shared pilot against its truth; the full report is `make score-links`."""

from __future__ import annotations

from datetime import UTC, datetime

from fairview import walk
from fairview.contracts.catalogue import catalogue
from fairview.identity import score
from fairview.identity.card import TARGETS
from fairview.intake import deliveries


def test_the_pilots_first_month_is_linked_to_target(pilot, where):
    here = walk.house(catalogue(), where)
    at = datetime(2026, 11, 23, tzinfo=UTC)
    for delivery in deliveries.find(pilot / "2026-08-31"):
        walk.receive(here, delivery, at)
    receipt = walk.link(here, at)
    found = score.month(here.places, here.keyring, pilot / "truth", receipt.as_at)
    assert found.pairs.precision >= TARGETS["precision"]
    assert found.pairs.recall >= TARGETS["recall"]
    assert found.must_not_merge == 0
    assert found.records_not_people == 0
    assert score.gaps(found)[0] <= TARGETS["precision_gap"]
