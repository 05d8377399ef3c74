"""One judgement of the walked council, for every test that looks at it."""

from __future__ import annotations

import pytest
from bench import score_services

from fairview.store import generations


@pytest.fixture(scope="session")
def scored(walked) -> score_services.Scored:
    """The walked council's last month judged by its truth; nothing is written into its state."""
    found = score_services.Scored()
    services = [card.service for card in walked.here.catalogue.services]
    assert all(generations.current(walked.here.places, service) for service in services)
    score_services.look(walked.here, services, walked.truth, found)
    return found
