"""What the demo council's truth says of the half year ahead: complete, in agreement with later deliveries, no household twice."""

from __future__ import annotations

import csv
from datetime import date, timedelta

import pyarrow.parquet as pq


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
