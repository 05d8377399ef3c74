"""Dates of a homelessness case that contradict each other are taken with a warning that names rule, row and column."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from tests.intake.conftest import Door, line_of
from tests.intake.deliveries import MONTHS, Draft

from fairview.intake.rules import RULES

DAY, AFTER = timedelta(days=1), MONTHS[3] + timedelta(days=1)
APPLIED, ENDED = date(2026, 3, 2), date(2026, 5, 1)
PREVENTED = {"prevention_start": APPLIED, "prevention_end": ENDED, "prevention_outcome": "HOMELESS"}
RELIEVED = {"prevention_start": None, "relief_start": APPLIED, "relief_end": ENDED, "relief_outcome": "56DAY"}
DECIDED = {"main_duty_decision": "ACC"}
PLACED = {"ta_type": "BB"}

# What a case says, the rule it breaks, the column named first; and the same to the day within the rule.
CONTRADICTIONS = [
    (PREVENTED | {"relief_start": ENDED - DAY}, "relief-before-prevention-end", "relief_start", {"relief_start": ENDED}),
    ({"prevention_end": None, "relief_start": ENDED}, "relief-before-prevention-end", "relief_start",
     PREVENTED | {"relief_start": ENDED}),
    (RELIEVED | DECIDED | {"main_duty_date": ENDED - DAY}, "main-duty-before-relief-end", "main_duty_date",
     {"main_duty_date": ENDED}),
    (RELIEVED | DECIDED | {"relief_end": None, "relief_outcome": None, "main_duty_date": ENDED},
     "main-duty-before-relief-end", "main_duty_date", {"relief_end": ENDED, "relief_outcome": "56DAY"}),
    (PLACED | {"ta_start": APPLIED - DAY}, "before-application", "ta_start", {"ta_start": APPLIED}),
    ({"php_issued": APPLIED - DAY}, "before-application", "php_issued", {"php_issued": APPLIED}),
    (PREVENTED | {"prevention_end": None}, "outcome-without-end", "prevention_outcome", {"prevention_end": ENDED}),
    (RELIEVED | {"relief_end": None}, "outcome-without-end", "relief_outcome", {"relief_end": ENDED}),
    ({"application_date": AFTER, "prevention_start": None, "php_issued": None}, "D49", "application_date",
     {"application_date": MONTHS[3]}),
    ({"prevention_start": AFTER}, "D49", "prevention_start", {"prevention_start": MONTHS[3]}),
    (PREVENTED | {"prevention_end": AFTER}, "D49", "prevention_end", {"prevention_end": MONTHS[3]}),
    ({"prevention_start": None, "relief_start": AFTER}, "D49", "relief_start", {"relief_start": MONTHS[3]}),
    (RELIEVED | {"relief_end": AFTER}, "D49", "relief_end", {"relief_end": MONTHS[3]}),
    (RELIEVED | DECIDED | {"main_duty_date": AFTER}, "D49", "main_duty_date", {"main_duty_date": MONTHS[3]}),
    (PLACED | {"ta_start": AFTER}, "D49", "ta_start", {"ta_start": MONTHS[3]}),
    ({"php_issued": AFTER}, "D49", "php_issued", {"php_issued": MONTHS[3]}),
]  # fmt: skip


@pytest.mark.parametrize(
    ("told", "rule", "column", "right"),
    CONTRADICTIONS,
    ids=[f"{rule}-{column}" for _, rule, column, _ in CONTRADICTIONS],
)
def test_a_contradiction_is_told_with_its_row_and_the_day_beside_it_is_none(door: Door, told, rule, column, right):
    draft = Draft("housing", 3)
    cases = draft["homelessness_cases"].rows
    cases[0] |= told
    cases[1] |= told | right
    line = line_of(door.deliver(draft), "homelessness_cases")
    assert (line.outcome, line.rules, line.staged) == ("accept_with_warning", {rule: 1}, len(cases))
    assert any(f"row 2, column {column} ({rule}): {RULES[rule].finds}" in message for message in line.messages)
