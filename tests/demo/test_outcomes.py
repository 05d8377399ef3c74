"""What the demo council's truth says of the half year ahead: complete, in agreement with later deliveries, no household twice."""

from __future__ import annotations

import csv
from datetime import date, timedelta

import numpy as np
import pyarrow.parquet as pq

from fairview.demo.outcomes import _months_on as case_months


def outcomes(council, day: str) -> list[dict]:
    return pq.read_table(council.truth / day / "outcomes_next_6_months.parquet").to_pylist()


def test_every_household_has_one_row_and_a_first_application_exactly_when_it_applies(council):
    for day in council.dates:
        rows = outcomes(council, day)
        households = [row["household_id"] for row in rows]
        assert len(set(households)) == len(households) > 50
        for row in rows:
            assert (row["first_application"] is not None) == row["presents_homeless_6m"]
            assert not (row["owed_duty_6m"] and not row["presents_homeless_6m"])
            if row["first_application"]:
                assert (
                    date.fromisoformat(day) < row["first_application"] <= date.fromisoformat(day) + timedelta(days=183)
                )
            assert 0 <= row["ct_stage_max_6m"] <= 12


def test_what_the_next_deliveries_show_was_among_the_outcomes_of_the_first(council):
    """An application taken between two extracts is an outcome of the earlier one, where the household lived in the area."""
    first, last = council.dates[0], council.dates[-1]
    people = {
        row["person_id"]: row["household_id"] for row in pq.read_table(council.truth / "persons.parquet").to_pylist()
    }
    links = {
        row["record_key"]: row["person_id"]
        for row in pq.read_table(council.truth / last / "record_person.parquet").to_pylist()
        if row["feed"] == "homelessness_cases"
    }
    applied = {
        people[links[row["case_ref"]]]
        for row in council.files[last, "homelessness_cases"].rows
        if row["application_date"] > first and links.get(row["case_ref"])
    }
    ahead = {row["household_id"]: row["presents_homeless_6m"] for row in outcomes(council, first)}
    assert applied
    assert all(ahead[household] for household in applied if household in ahead)


def test_who_is_frozen_or_restricted_is_told_by_the_registers_of_that_date(council):
    for day in council.dates:
        with (council.truth / day / "frozen_or_restricted.csv").open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        standing = [
            row for row in council.files[day, "data_objections"].rows if row["decision"] in ("UPHELD", "PENDING")
        ]
        reasons = [row["reason"] for row in rows]
        assert {"DECEASED"} <= set(reasons)
        assert any(reason in ("STD", "MHC") for reason in reasons)
        assert 0 < sum(reason.startswith(("OBJ21", "RES18")) for reason in reasons) <= len(standing)


def test_every_council_of_two_months_has_a_victim_who_may_ask_for_a_case_review_and_many_who_may_not(council):
    """Who has three events in time is eligible; no event counts that is not there."""
    last = council.dates[-1]
    with (council.truth / last / "case_review.csv").open(encoding="utf-8", newline="") as file:
        rows = {row["person_id"]: row for row in csv.DictReader(file)}
    eligible = {person for person, row in rows.items() if row["eligible"] == "true"}
    assert eligible
    assert len(rows) > 3 * len(eligible)
    for row in rows.values():
        assert int(row["qualifying_events"]) <= int(row["events_6m"])
        assert (row["eligible"] == "true") >= (int(row["qualifying_events"]) >= 3)


def test_a_calendar_month_on_ends_with_the_month():
    days = np.array(["2026-01-31", "2024-01-31", "2026-03-15", "2026-12-31"], dtype="datetime64[D]")
    assert case_months(days, 1).astype(str).tolist() == ["2026-02-28", "2024-02-29", "2026-04-15", "2027-01-31"]
    assert case_months(days, -6).astype(str).tolist() == ["2025-07-31", "2023-07-31", "2025-09-15", "2026-06-30"]
