"""A day that carries a time other than midnight is answered alike in every form: 23:00 is most likely the next day in UTC."""

from __future__ import annotations

from datetime import date, datetime

import pytest
from tests.intake.conftest import Door, line_of
from tests.intake.deliveries import HOUSE, Draft

# A column of days of a feed of each form that has room for a time.
DAYS = {
    "pipe": ("sundry_debts", "raised"),
    "csv": ("data_objections", "received"),
    "charcsv": ("tenancies", "cot"),
    "zipcsv": ("rent_transactions", "post_date"),
    "xlsx": ("benefit_overpayments", "created"),
}
BIRTHS = {"csv": ("benefit_members", "birth_date"), "xlsx": ("vulnerability_register", "dob")}


def delivered(door: Door, feed: str, column: str, moments: list[datetime]):
    """The answer to a file whose first rows carry these moments in a column of days, as the form of the feed writes them."""
    contract = HOUSE.feed(feed)
    written = contract.column(column).facts.get("dateTimeFormat") or f"{contract.facts['dateFormat']} %H:%M:%S"
    draft = Draft(contract.source, 3)
    for row, moment in zip(draft[feed].rows, moments, strict=False):
        row[column] = moment if contract.format == "xlsx" else moment.strftime(written)
    return line_of(door.deliver(draft), feed)


@pytest.mark.parametrize(("feed", "column"), DAYS.values(), ids=DAYS)
def test_a_day_with_a_time_is_set_aside_in_every_form(door: Door, feed, column):
    line = delivered(door, feed, column, [datetime(2026, 9, 30, 23, 0), datetime(2026, 10, 1, 0, 0, 1)])
    assert (line.outcome, line.rules["D34"], line.quarantined) == ("quarantine_rows", 2, 2)
    assert "midnight" in " ".join(line.messages)


@pytest.mark.parametrize(("feed", "column"), BIRTHS.values(), ids=BIRTHS)
def test_a_birth_date_with_a_time_is_never_cut_to_the_day_before(door: Door, feed, column):
    line = delivered(door, feed, column, [datetime(1990, 5, 31, 23, 0)])
    assert (line.outcome, line.rules["D35"], line.quarantined) == ("blank_value", 1, 0)
    assert door.query(f"SELECT count(*) FROM staged.{feed} WHERE {column} = DATE '1990-05-31'") == [(0,)]


def test_birth_dates_of_a_whole_file_moved_by_a_time_zone_are_told_as_such_and_not_as_blanks(door: Door):
    line = delivered(door, "benefit_members", "birth_date", [datetime(1990, 5, 31, 23, 0)] * 100)
    assert line.outcome == "blank_value"
    assert line.rules == {"D35": line.received}


@pytest.mark.parametrize(("feed", "column"), [("benefit_overpayments", "created"), ("rent_transactions", "post_date")])
def test_midnight_is_the_day_itself(door: Door, feed, column):
    line = delivered(door, feed, column, [datetime(2026, 9, 30)])
    assert line.outcome == "accept"
    assert door.query(f"SELECT count(*) FROM staged.{feed} WHERE {column}::DATE = ?", [date(2026, 9, 30)]) == [(1,)]
