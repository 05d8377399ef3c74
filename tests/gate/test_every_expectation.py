"""Every critical expectation bites: for each there is a change to a good table that breaks it and no other.

Enumerated over all suites: an expectation without such a change fails here. `fixtures.json` holds the changes found before, which
are tried first; what is not there, or where the data has moved on, is looked for (`tripping`), and what no search finds is
written in `by_hand`. Recounts apart, which only hold one table against another and so fall with any figure of it. Great
Expectations itself is asked about one change in three: the gate and the SQL are held against each other on mutants, too.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.gate.by_hand import BY_HAND, NOT_ALONE, NOT_IN_A_SMALL_COUNCIL
from tests.gate.marts import answered_by_gx
from tests.gate.plain import Mart, Rule
from tests.gate.tripping import trip

FIXTURES = Path(__file__).with_name("fixtures.json")
# The house's expectations are the same for every table: each is tripped on one that has what it speaks of.
ON = {
    "house.totals_are_controlled": "support_totals",
    "house.no_property_number_as_number": "victim_chronology",
    "house.person_is_present": "prevention_reasons",
    "house.rows_against_published": "debts",
    "house.shares_against_published": "debts",
    "house.blanks_against_published": "debts",
    "house.levels_against_published": "debts",
}


def asked_of(mart: Mart) -> list[Rule]:
    """The critical rules a service's mart has to answer for."""
    return [
        rule
        for rule in mart.rules
        if rule.severity == "critical"
        and (not rule.id.startswith("house.") or rule.table == ON.get(rule.id, "victim_reports"))
        and rule.id not in NOT_IN_A_SMALL_COUNCIL
    ]


@pytest.fixture(scope="module")
def marts(walked) -> dict[str, Mart]:
    return {card.service: Mart(walked.here, card) for card in walked.here.catalogue.services}


@pytest.fixture(scope="module")
def found(marts) -> dict[str, tuple[list[str], list[str]]]:
    """Rule → the change that breaks it, and what else that breaks."""
    known = json.loads(FIXTURES.read_text(encoding="utf-8"))
    return {
        f"{service}/{rule.name}": trip(mart, rule, known.get(f"{service}/{rule.name}"))
        for service, mart in marts.items()
        for rule in asked_of(mart)
    }


def test_nothing_is_broken_in_what_is_published(marts):
    assert [
        rule.name for mart in marts.values() for rule in mart.rules if mart.breaks(rule, rule.table, rule.table)
    ] == []


def test_every_critical_expectation_is_broken_by_some_change(found):
    assert len(found) > 400
    assert [name for name, (statements, _) in found.items() if not statements] == []


def test_and_that_change_breaks_no_other_but_recounts_and_what_follows_by_declared_reason(found):
    apart = [f"{name}: {statements} breaks {others}" for name, (statements, others) in found.items() if others]
    assert not apart, "\n".join(apart)


def test_great_expectations_itself_says_so(found, marts, walked):
    for service, mart in marts.items():
        changed = {}
        for n, rule in enumerate(asked_of(mart)):
            statements, _ = found[f"{service}/{rule.name}"]
            if n % 3 == 0 and statements and not any("{p}" in one for one in statements):
                changed[f"{rule.table}__{n}"] = (rule.table, statements, [rule])
        answers = answered_by_gx(walked.here, mart, changed)
        assert [name for name, broken in answers.items() if broken != {changed[name][2][0].id}] == []


def test_every_exception_speaks_of_the_suites_as_they_are_and_says_why(marts):
    known = {rule.id for mart in marts.values() for rule in mart.rules}
    spoken = {*NOT_IN_A_SMALL_COUNCIL, *NOT_ALONE, *BY_HAND, *(other for more in NOT_ALONE.values() for other in more)}
    assert spoken <= known
    reasons = [*NOT_IN_A_SMALL_COUNCIL.values(), *(why for more in NOT_ALONE.values() for why in more.values())]
    assert all(len(why) > 20 for why in reasons)
