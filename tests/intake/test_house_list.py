"""Every case of the house's own list of bad feeds gets the right answer, and the reference page tells them all."""

from __future__ import annotations

import json
import re

import pytest
from tests.intake import cases_page
from tests.intake.answers import Showing, is_right, showing
from tests.intake.deliveries import HOUSE, MARK
from tests.intake.house_list import CASES, ELSEWHERE, HouseCase
from tests.intake.spoiling import DEFECTS

from fairview.intake.receipts import REFUSALS


@pytest.fixture(scope="module")
def shown(two_months, tmp_path_factory):
    with showing(two_months, tmp_path_factory.mktemp("shown") / "delivery") as door:
        yield door


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_a_bad_feed_of_the_house_list_gets_its_answer(shown: Showing, case: HouseCase) -> None:
    line = shown.line(case)
    assert is_right(case, line), line
    assert MARK.lower() not in json.dumps([line.rules, line.messages]).lower()
    assert (case.outcome == "accept") == (not line.messages)
    if case.value and line.outcome not in REFUSALS:
        column, value = case.value
        if value is None:
            assert column not in {one.name for one in HOUSE.feed(case.feed).loaded}
        elif value is True:
            assert all(text.startswith("0") for text in shown.staged(case.feed, column))
        else:
            staged = f"{column}_pence" if HOUSE.feed(case.feed).column(column).kind == "M" else column
            assert value in shown.staged(case.feed, staged)


def test_all_108_are_answered_or_said_to_be_answered_elsewhere() -> None:
    numbers = {int(re.match(r"\d+", case.id)[0]) for case in (*CASES, *ELSEWHERE)}
    assert numbers == set(range(1, 109))
    assert len({case.id for case in CASES}) == len(CASES)


def test_the_reference_page_tells_every_case_and_names_tests_that_exist() -> None:
    page = (HOUSE.house / "docs" / "reference" / "door-cases.md").read_text(encoding="utf-8")
    assert page == cases_page.page(), "python -m tests.intake.cases_page writes it"
    for path in re.findall(r"`(tests/[\w/]+\.py)", page):
        assert (HOUSE.house / path).exists(), path
    for path, name in re.findall(r"`(tests/[\w/]+\.py)::(test_\w+)", page):
        assert f"def {name}(" in (HOUSE.house / path).read_text(encoding="utf-8"), name


def trials():
    """Every defect of the specification on every feed it makes sense for, a few of each: the rule, not the sample."""
    for at, defect in enumerate(DEFECTS):
        found = [(contract.feed, column) for contract in HOUSE.feeds for column in defect.trials(contract)]
        # Spread over feeds and columns; the whole table is `python -m tests.intake.run_spoiling`.
        for feed, column in found[at % 3 :: max(1, len(found) // 2)]:
            yield pytest.param(defect, feed, column, id=f"{defect.id}-{feed}" + (f"-{column.name}" if column else ""))


@pytest.mark.parametrize(("defect", "feed", "column"), trials())
def test_a_defect_is_answered_alike_in_feeds_the_specification_does_not_name(
    shown: Showing, defect, feed, column
) -> None:
    from tests.intake.run_spoiling import fault_of

    assert fault_of(shown, defect, feed, column) is None
