"""Rates and their uncertainty, against figures worked out elsewhere and by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairview.evaluation import statistics


def test_a_wilson_interval_is_the_published_one():
    # Wilson score interval of 10 in 100 and of 0 in 20: Agresti and Coull (1998), table and formula (2).
    rate = statistics.wilson(10, 100)
    assert (round(rate.low, 4), round(rate.high, 4)) == (0.0552, 0.1744)
    none = statistics.wilson(0, 20)
    assert (none.low, round(none.high, 4)) == (0.0, 0.1611)


@given(st.integers(0, 300), st.integers(0, 300))
def test_a_wilson_interval_holds_its_own_rate_and_stays_within_0_and_1(hits, more):
    rate = statistics.wilson(hits, hits + more)
    assert 0 <= rate.low <= rate.value <= rate.high <= 1


def test_more_hits_than_there_are_is_refused():
    with pytest.raises(ValueError, match="hits"):
        statistics.wilson(3, 2)


def test_outcomes_found_follow_the_order():
    order, outcome = np.array([2, 0, 1, 3]), np.array([True, False, True, False])
    assert statistics.found_by_size(order, outcome).tolist() == [0, 0, 1, 2, 2]


def test_concordance_and_average_precision_by_hand():
    score, outcome = np.array([3.0, 2.0, 2.0, 1.0]), np.array([1, 0, 1, 0])
    # pairs (with, without): 3>2, 3>1, 2=2 (half), 2>1 → 3.5 of 4
    assert statistics.concordance(score, outcome) == 3.5 / 4
    # first outcome at size 1 (1/1); the tie of two brings the second at size 3 (2/3)
    assert statistics.average_precision(score, outcome) == pytest.approx((1 + 2 / 3) / 2)


def test_resampling_keeps_the_months_of_one_household_together():
    """Twenty households seen three times each say no more than seen once: the interval must not shrink."""
    rng = np.random.default_rng(3)
    outcome = (rng.random(20) < 0.4).astype(float)
    once = statistics.Resampled(np.arange(20), {"hit": outcome, "all": np.ones(20)})
    thrice = statistics.Resampled(np.tile(np.arange(20), 3), {"hit": np.tile(outcome, 3), "all": np.ones(60)})
    one, three = (drawn.estimate(statistics.share, "hit", "all") for drawn in (once, thrice))
    assert (one.value, one.low, one.high) == pytest.approx((three.value, three.low, three.high))
    assert one.low < one.value < one.high


def test_what_cannot_be_divided_has_no_figure():
    drawn = statistics.Resampled(np.arange(4), {"hit": np.zeros(4), "none": np.zeros(4)})
    assert np.isnan(drawn.estimate(statistics.share, "hit", "none").value)
