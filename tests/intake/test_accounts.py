"""Nothing is lost: rows and money add up or the file is refused; what is kept out can be worked, and is destroyed in time."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from click.testing import CliRunner
from tests.intake.conftest import Door, line_of
from tests.intake.deliveries import HOUSE, MARK, Draft

from fairview.console.commands import cli
from fairview.intake import judging, quarantine, receipts
from fairview.store import ledger


def run(door: Door, *words: str):
    """A command on a door's state."""
    return CliRunner().invoke(
        cli,
        [*words, "--state", str(door.places.root)],
        env={"FAIRVIEW_KEYS": str(door.places.keys)},
        catch_exceptions=False,
    )


def test_control_totals_of_every_good_file_add_up_to_the_penny(two_months: Door) -> None:
    lines = receipts.read(two_months.places, two_months.keyring)
    counted = {contract.feed for contract in HOUSE.feeds if contract.facts["controlTotal"].get("column")}
    assert {line["feed"] for line in lines if line["control"]} == counted
    for line in lines:
        assert line["received"] == line["staged"] + line["quarantined"] + line["dropped"]
        if line["control"]:
            assert receipts.in_balance(line["control"]) == "adds up to the penny"
            assert float(line["control"]["declared"]) == float(line["control"]["received"])


def test_what_is_quarantined_and_dropped_is_in_the_account_with_its_money(door: Door) -> None:
    draft = Draft("corporate", 3)
    rows = draft["sundry_debts"].rows
    rows[0]["stage"] = "NOSUCH"
    rows[1]["balance"] = "1,234.50"
    rows[2]["debtor_name"] += "|torn"
    control = line_of(door.deliver(draft), "sundry_debts").control
    parking = next(row["balance"] for row in rows if row["debt_type"] == "PCN")
    assert control["dropped"] == f"{parking / 100:.2f}"
    # Of a torn row the figure in the agreed place is read: one field too far, that is the column before.
    aside = (rows[0]["balance"] + 123_450 + rows[2]["original"]) / 100
    assert control["quarantined"] == f"{aside:.2f}"
    assert receipts.in_balance(control) == "adds up to the penny"


@pytest.mark.parametrize("loss", ["a row", "a penny", "a dropped figure"])
def test_a_file_whose_account_does_not_add_up_is_refused(door: Door, monkeypatch, loss: str) -> None:
    before = door.query("SELECT count(*), max(extract_date) FROM staged.sundry_debts")
    if loss == "a row":  # as if a row were lost between reading and staging
        good = judging.Judged.good
        monkeypatch.setattr(
            judging.Judged, "good", lambda file, columns="*": good(file, columns) + " AND row_number <> 3"
        )
    elif loss == "a penny":
        total = judging._staged_total
        monkeypatch.setattr(judging, "_staged_total", lambda *about: total(*about) + Decimal("0.01"))
    else:
        taken = judging._take_totals
        monkeypatch.setattr(judging, "_take_totals", lambda file, facts: taken(file, facts | {"control_dropped": "0"}))
    receipt = door.deliver(Draft("corporate", 3))
    line = line_of(receipt, "sundry_debts")
    assert (line.outcome, line.rules.get("does-not-add-up"), line.staged) == ("reject_file", 1, 0)
    assert door.query("SELECT count(*), max(extract_date) FROM staged.sundry_debts") == before


def spoilt(door: Door) -> Draft:
    draft = Draft("housing", 3)
    draft["homelessness_cases"].rows[2]["reason_loss"] = "EVICT"
    draft["tenancy_people"].rows[5] |= {"responsible": "?", "relationship": "??"}
    door.deliver(draft)
    return draft


def test_the_quarantine_can_be_narrowed_and_counted_and_a_correction_clears_it(door: Door) -> None:
    spoilt(door)
    every = quarantine.listing(door.places, door.keyring)
    assert [(one["feed"], one["row"], one["column"], one["rule"]) for one in every] == [
        ("homelessness_cases", 4, "reason_loss", "D33"),
        ("tenancy_people", 7, "relationship", "D33"),
        ("tenancy_people", 7, "responsible", "D33"),
    ]
    assert quarantine.listing(door.places, door.keyring, feed="tenancy_people") == every[1:]
    assert quarantine.listing(door.places, door.keyring, source="revenues") == []
    assert (
        quarantine.listing(door.places, door.keyring, rule="D33", extract_date=date(2026, 10, 31), delivery=3) == every
    )
    summed = json.loads(run(door, "quarantine", "--count", "--json", "--source", "housing").output)
    assert [(one["column"], one["rows"]) for one in summed] == [
        ("reason_loss", 1),
        ("relationship", 1),
        ("responsible", 1),
    ]
    told = run(door, "quarantine", "--feed", "homelessness_cases", "--date", "2026-10-31").output
    assert "HOMELESSNESS_CASES_20261031.csv" in told
    assert "EVICT" not in told
    door.deliver(Draft("housing", 3, number=4))
    assert quarantine.listing(door.places, door.keyring) == []


def test_rows_nobody_corrects_are_destroyed_in_time_and_the_ledger_counts_them(door: Door) -> None:
    spoilt(door)
    assert {contract.quarantine_months for contract in HOUSE.feeds} == {3}
    held = door.query("SELECT count(*) FROM intake.quarantine")
    assert held == [(2,)]
    assert quarantine.forget(door.places, door.keyring, HOUSE, datetime(2027, 1, 30, tzinfo=UTC)) == 0
    assert quarantine.forget(door.places, door.keyring, HOUSE, datetime(2027, 1, 31, tzinfo=UTC)) == 2
    assert door.query("SELECT count(*) FROM intake.quarantine") == [(0,)]
    assert quarantine.listing(door.places, door.keyring) == []
    assert quarantine.forget(door.places, door.keyring, HOUSE, datetime(2027, 2, 28, tzinfo=UTC)) == 0
    (entry,) = ledger.read(door.places, "quarantine destroyed")
    assert (entry["rows"], entry["feeds"]) == (2, {"homelessness_cases": 1, "tenancy_people": 1})
    assert ledger.verify(door.places)


def test_receipts_tell_the_account_and_its_totals(door: Door) -> None:
    spoilt(door)
    told = run(door, "receipts").output
    assert "adds up to the penny" in told
    assert "superseded" in told.splitlines()[0]
    totals = run(door, "receipts", "--totals").output
    assert all(f"control {part}" in totals.splitlines()[0] for part in receipts.CONTROL_PARTS)
    lines = json.loads(run(door, "receipts", "--json").output)
    assert {"received", "staged", "quarantined", "dropped", "rejected", "superseded", "control"} <= set(lines[0])
    assert MARK.lower() not in (told + totals + json.dumps(lines)).lower()


def test_a_task_page_tells_the_account_in_words_and_no_figure_of_a_person(two_months: Door) -> None:
    line = next(one for one in receipts.read(two_months.places, two_months.keyring) if one["feed"] == "sundry_debts")
    line["control"] = receipts.in_balance(line["control"])
    assert receipts.account(line) == (
        "SUNDRY_DEBTS_20260831.txt: 12 rows received = 11 staged + 0 quarantined + 1 dropped by rule; "
        "control total: adds up to the penny"
    )


def test_the_self_check_writes_the_report_and_answers_by_its_exit_code(tmp_path) -> None:
    for month, source in ((3, "benefits"), (3, "housing")):
        Draft(source, month).write(tmp_path / "good")
    bad = Draft("housing", 3)
    bad["tenancies"].header.append("hobby")
    folder = bad.write(tmp_path / "bad")
    runner = CliRunner()

    def check(*words: str):
        return runner.invoke(cli, ["check", *words], standalone_mode=False, catch_exceptions=True)

    good = check(str(tmp_path / "good"), "--report", str(tmp_path / "reports"))
    assert (good.return_value, good.exception) == (0, None)
    assert sorted(path.name for path in (tmp_path / "reports").iterdir()) == [
        f"check-{source}-2026-10-31.{end}" for source in ("benefits", "housing") for end in ("csv", "html")
    ]
    refused = check(str(folder), "--json")
    assert refused.return_value == 4
    lines = {line["feed"]: line for line in json.loads(refused.output)["files"]}
    assert lines["tenancies"]["rules"] == {"D14": 1}
    assert "column number 28" in lines["tenancies"]["messages"][0]
    for path in sorted((tmp_path / "good").glob("*/*/*")):
        if not path.name.startswith("MANIFEST"):
            assert check(str(path)).return_value == 0, path.name
    (tmp_path / "nothing").mkdir()
    assert "no delivery was found" in str(check(str(tmp_path / "nothing")).exception)
