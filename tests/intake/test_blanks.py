"""A value surrounded by blanks of any kind is the value without them: what is judged is what is staged."""

from __future__ import annotations

import pytest
from tests.intake.conftest import Door
from tests.intake.deliveries import HOUSE, Draft

from fairview.contracts.feed import never_null
from fairview.intake.casting import name

# Every space of Unicode but the plain one, what is drawn as nothing, and marks without width.
BLANKS = [
    "\u0020", "\u00a0", "\u1680", "\u2000", "\u2003", "\u2009", "\u200a", "\u2028", "\u2029", "\u202f", "\u205f",
    "\u3000", "\u2800", "\u3164", "\u200b", "\u200c", "\u200d", "\u2060", "\ufeff", "\u00ad", "\u180e", "\u034f",
]  # fmt: skip
SEPARATED = ("pipe", "csv", "charcsv", "zipcsv")


def surrounded(blank: str):
    """Lines of a file with the blank on both sides of every value, the header left alone."""

    def change(lines: list[list[str]]) -> list[list[str]]:
        return [lines[0], *([f"{blank}{value}{blank}" for value in line] for line in lines[1:])]

    return change


def staged(door: Door, feed: str) -> list[tuple]:
    columns = ", ".join(name(column.staged_name) for column in HOUSE.feed(feed).loaded)
    return door.query(f"SELECT record_key, {columns} FROM staged.{name(feed)} ORDER BY ALL")


@pytest.mark.parametrize("blank", BLANKS, ids=lambda blank: f"U+{ord(blank):04X}")
def test_blanks_of_any_kind_around_every_value_change_nothing_that_is_staged(two_months: Door, door: Door, blank):
    draft = Draft("corporate", 2, number=3)
    for file in draft.files.values():
        if file.contract.format in SEPARATED and file.contract.facts["encoding"].startswith("utf-8"):
            file.lines = surrounded(blank)
    receipt = door.deliver(draft)
    assert receipt.outcome.startswith("accept"), [
        (file.feed, file.outcome, file.messages, file.faults) for file in receipt.files if file.outcome != "accept"
    ]
    changed = [feed for feed, file in draft.files.items() if file.lines]
    assert "data_objections" in changed
    for feed in changed:
        assert staged(door, feed) == staged(two_months, feed), feed


@pytest.mark.parametrize("blank", ["\u00a0", "\u200b"], ids=["no-break space", "zero width space"])
def test_a_required_value_of_blanks_alone_is_a_blank_and_never_staged(door: Door, blank):
    draft = Draft("corporate", 2, number=3)
    draft["data_objections"].rows[0]["service_scope"] = blank
    receipt = door.deliver(draft)
    (line,) = [file for file in receipt.files if file.feed == "data_objections"]
    assert line.quarantined == 1
    assert ("row 2" in " ".join(line.messages)) and "service_scope" in " ".join(line.messages)


@pytest.mark.parametrize("feed", [contract.feed for contract in HOUSE.feeds])
def test_the_vault_itself_refuses_a_row_without_what_its_contract_requires(two_months: Door, feed):
    kept = {
        column
        for (column,) in two_months.query(
            "SELECT column_name FROM duckdb_columns() WHERE schema_name = 'staged' AND table_name = ? AND NOT is_nullable",
            [feed],
        )
    }
    required = never_null(HOUSE.feed(feed))
    assert required, "every feed requires something"
    assert kept.issuperset(required)
