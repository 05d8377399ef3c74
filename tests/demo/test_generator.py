"""The generator's promises: the same arguments the same bytes, any month end, small runs in seconds."""

from __future__ import annotations

import time
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from tests.demo.supplier_files import FEEDS, files_under

from fairview.demo import periods, writing
from fairview.demo.council import write_deliveries

# Snapshots of registers in which something happens every month, however small the council.
MOVING = (
    "council_tax_accounts", "council_tax_parties", "council_tax_occupations", "council_tax_balances",
    "council_tax_discounts", "benefit_claims", "benefit_members", "benefit_awards", "benefit_overpayments", "tenancies",
    "tenancy_people", "vulnerability_register", "sundry_debts",
)  # fmt: skip


def _bytes(root: Path) -> dict[str, bytes]:
    return {str(path.relative_to(root)): path.read_bytes() for path in sorted(root.rglob("*")) if path.is_file()}


def test_the_same_arguments_give_the_same_bytes_and_another_seed_others(tmp_path):
    for name, seed in (("one", 3), ("again", 3), ("other", 4)):
        write_deliveries(150, seed, 1, tmp_path / name, tmp_path / f"{name} truth")
    assert _bytes(tmp_path / "one") == _bytes(tmp_path / "again")
    assert _bytes(tmp_path / "one truth") == _bytes(tmp_path / "again truth")
    assert _bytes(tmp_path / "one") != _bytes(tmp_path / "other")


@pytest.mark.parametrize(("last", "months"), [(date(2025, 2, 28), 1), (date(2027, 4, 30), 2), (date(2026, 12, 31), 4)])
def test_any_month_end_can_be_the_last_extract(tmp_path, last, months):
    folders = write_deliveries(200, 2, months, tmp_path, None, last)
    found = files_under(tmp_path)
    assert len(folders) == months * 7
    assert len(found) == months * len(FEEDS)
    assert max(when for when, _ in found) == last.isoformat()
    assert all(file.rows for file in found.values())


def test_three_hundred_residents_take_seconds(tmp_path):
    started = time.process_time()
    write_deliveries(300, 1, 2, tmp_path)
    assert time.process_time() - started < 15


@pytest.mark.parametrize(
    ("residents", "months", "last"),
    [(99, 1, date(2026, 10, 31)), (300, 0, date(2026, 10, 31)), (300, 1, date(2026, 10, 30))],
)
def test_arguments_which_make_no_sense_are_refused(tmp_path, residents, months, last):
    with pytest.raises(ValueError):
        write_deliveries(residents, 1, months, tmp_path, None, last)
    assert not list(tmp_path.iterdir())


def test_extracts_are_month_ends_and_histories_reach_back_as_agreed():
    calendar = periods.Calendar.of(date(2026, 10, 31), 3)
    assert calendar.extracts == (date(2026, 8, 31), date(2026, 9, 30), date(2026, 10, 31))
    assert (calendar.history_from, calendar.ledger_from) == (date(2024, 4, 1), date(2025, 9, 1))
    assert calendar.reports_from == date(2024, 7, 1)
    assert {one.weekday() for one in calendar.charge_mondays()} == {0}


def test_charge_weeks_count_from_the_first_monday_of_april():
    days = np.array(["2026-04-06", "2026-04-12", "2026-04-13", "2026-04-05", "2027-04-04"], dtype="datetime64[D]")
    years, weeks = periods.rent_week(days)
    assert list(zip(years.tolist(), weeks.tolist(), strict=True)) == [
        (2026, 1),
        (2026, 1),
        (2026, 2),
        (2025, 52),
        (2026, 52),
    ]


def test_letters_the_old_code_page_lacks_lose_their_marks_and_others_stay():
    assert writing.encodable(["Łukasz", "Eidvilė", "José", "Ștefan"]) == ["Lukasz", "Eidvile", "José", "Stefan"]


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_no_snapshot_of_a_living_register_stands_still_for_a_month(tmp_path, seed):
    write_deliveries(150, seed, 3, tmp_path)
    found = files_under(tmp_path)
    dates = sorted({when for when, _ in found})
    for feed in MOVING:
        rows = [sorted(tuple(row.values()) for row in found[when, feed].rows) for when in dates]
        assert rows[0] != rows[1] and rows[1] != rows[2], feed
