"""Every broken delivery of the specification gets exactly the answer the specification gives."""

from __future__ import annotations

import json

import pytest
from tests.intake.cases import CASES, Case
from tests.intake.conftest import Door, line_of
from tests.intake.deliveries import MARK, Draft

from fairview.contracts.catalogue import HOUSE
from fairview.intake import receipts
from fairview.intake.receipts import REFUSALS
from fairview.store import ledger


def answer_to(door: Door, case: Case):
    """Deliver what comes before a case, then the case itself."""
    if case.before:
        first = Draft(case.source, 3)
        case.before(first)
        door.deliver(first)
    draft = Draft(case.source, case.month, case.number)
    case.spoil(draft)
    return door.deliver(draft)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_a_broken_delivery_gets_the_specified_answer(door: Door, case: Case) -> None:
    receipt = answer_to(door, case)
    line = line_of(receipt, case.feed)
    assert line.outcome == case.outcome, line
    if case.rule:
        assert case.rule in line.rules, line
    if case.rows is not None:
        assert line.rules[case.named] == case.rows
    if case.outcome == "quarantine_rows":
        assert line.quarantined == case.rows
    for file in receipt.files:
        if file.outcome in REFUSALS:
            assert (file.staged, file.quarantined, file.dropped) == (0, 0, 0)
            assert file.rejected == file.received
        else:
            assert file.received == file.staged + file.quarantined + file.dropped, file
    told = json.dumps([*receipts.lines(receipt), *ledger.read(door.places)], default=str)
    assert MARK.lower() not in told.lower()
    assert (case.outcome == "accept") == (not (line.messages or receipt.messages))


def test_all_68_cases_of_the_specification_are_here() -> None:
    assert {case.id[:3] for case in CASES} == {f"D{number:02d}" for number in range(1, 69)}


def test_the_reference_page_lists_every_case() -> None:
    page = (HOUSE / "docs" / "reference" / "door-cases.md").read_text(encoding="utf-8")
    for case in CASES:
        rows = "" if case.rows is None else str(case.rows)
        line = f"| {case.id} | {case.title} | {case.feed} | {case.outcome} | {rows} | {case.rule or ''} |"
        assert line in page
