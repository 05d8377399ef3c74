"""A small share of `make fuzz`: deliveries spoilt at random are refused, told of, or explained; never a crash, never silence."""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.intake.deliveries import HOUSE
from tests.intake.mutants import Range, seeds

EXAMPLES = int(os.environ.get("FAIRVIEW_FUZZ", "25"))


@pytest.fixture(scope="module")
def shooting(two_months, tmp_path_factory):
    with Range(two_months, tmp_path_factory.mktemp("shot") / "delivery").open() as opened:
        yield opened


@given(seed=st.integers(0, 2**32))
@settings(max_examples=EXAMPLES, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
def test_a_delivery_spoilt_at_random_is_never_taken_in_silence(shooting: Range, seed: int) -> None:
    (_, chance), source = next(seeds(1, seed)), HOUSE.sources[seed % len(HOUSE.sources)]
    for answer in shooting.shoot(source, chance):
        assert answer.fault is None, answer
