"""Disclosure control: whatever the counts, nothing small is told and nothing hidden can be had by subtraction."""

from __future__ import annotations

from collections import defaultdict
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as some

from fairview.domain.disclosure import ROUNDING, THRESHOLD, breakdown, rounded, told

COUNTS = some.integers(min_value=0, max_value=10**7)
CELLS = some.dictionaries(some.text(min_size=1, max_size=3), some.integers(0, 60), min_size=1, max_size=6)


@given(COUNTS)
def test_a_told_count_is_blank_below_ten_and_else_a_multiple_of_five_within_two(count):
    cell = told(count)
    if count < THRESHOLD:
        assert cell.value is None
        assert str(cell) == "fewer than 10"
    else:
        assert cell.value % ROUNDING == 0
        assert cell.value >= THRESHOLD
        assert abs(cell.value - count) <= ROUNDING // 2


@given(COUNTS, COUNTS)
def test_a_greater_count_is_never_told_as_a_smaller(one, other):
    low, high = sorted((one, other))
    assert (told(low).value or 0) <= (told(high).value or 0)


def test_the_boundaries_are_where_they_are_declared():
    assert [told(n).value for n in (0, 1, 9, 10, 12, 13, 17, 18)] == [None, None, None, 10, 10, 15, 15, 20]
    assert [rounded(n) for n in (0, 2, 3, 7, 8)] == [0, 0, 5, 5, 10]
    assert str(told(1234)) == "1,235"
    with pytest.raises(ValueError, match="negative"):
        told(-1)


@given(CELLS)
def test_every_shown_cell_of_a_breakdown_is_as_it_would_be_told_alone(counts):
    cells, _ = breakdown(counts)
    assert cells.keys() == counts.keys()
    for name, cell in cells.items():
        assert cell.value is None or cell == told(counts[name])
        assert counts[name] >= THRESHOLD or cell.value is None


@given(CELLS)
def test_a_breakdown_with_nothing_hidden_adds_up(counts):
    cells, total = breakdown(counts)
    if not any(cell.is_suppressed for cell in cells.values()):
        assert total.value == sum(cell.value for cell in cells.values())


@given(CELLS)
def test_one_hidden_cell_alone_is_never_beside_a_total(counts):
    cells, total = breakdown(counts)
    hidden = [name for name, cell in cells.items() if cell.is_suppressed]
    assert total.is_suppressed or len(hidden) != 1


@pytest.mark.parametrize(("size", "most"), [(1, 60), (2, 40), (3, 30)])
def test_who_knows_the_rule_and_everything_shown_can_narrow_no_hidden_cell_below_ten_values(size, most):
    """Every table up to a size is told; those told alike are what an attacker who knows this rule has to hold possible."""
    alike: dict[tuple, list[tuple[int, ...]]] = defaultdict(list)
    for counts in product(range(most + 1), repeat=size):
        cells, total = breakdown({str(place): count for place, count in enumerate(counts)})
        alike[tuple(cells[str(place)].value for place in range(size)), total.value].append(counts)
    for (shown, _), tables in alike.items():
        for place, value in enumerate(shown):
            if value is None:
                assert {table[place] for table in tables} >= set(range(THRESHOLD)), shown


def test_the_smallest_other_cell_is_hidden_for_a_small_one():
    cells, total = breakdown({"a": 3, "b": 40, "c": 12, "d": 90})
    assert {name: cell.value for name, cell in cells.items()} == {"a": None, "b": 40, "c": None, "d": 90}
    assert total.is_suppressed


def test_two_small_cells_that_their_sum_would_give_away_take_a_third_with_them():
    cells, total = breakdown({"a": 9, "b": 9, "c": 50})
    assert all(cell.is_suppressed for cell in cells.values())
    assert total.is_suppressed


def test_a_total_is_told_where_nothing_is_hidden():
    assert breakdown({"a": 12, "b": 40})[1].value == 50
    assert breakdown({"a": 9, "b": 40})[1].is_suppressed


def test_where_nothing_else_can_be_hidden_the_total_is():
    cells, total = breakdown({"a": 9, "b": 9})
    assert total.is_suppressed and all(cell.is_suppressed for cell in cells.values())
    assert breakdown({"a": 4})[1].is_suppressed
