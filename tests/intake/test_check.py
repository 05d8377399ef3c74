"""A supplier can ask beforehand what would happen, and is sent a report that holds no value."""

from __future__ import annotations

import csv
import io
from datetime import date
from pathlib import Path

from tests.intake.conftest import Door, line_of
from tests.intake.deliveries import HOUSE, MARK, Draft

from fairview.contracts.catalogue import catalogue
from fairview.intake import check, deliveries, receipts, supplier_report
from fairview.intake.receipts import Fault, FileReceipt, Receipt
from fairview.store import ledger


def test_good_deliveries_are_told_to_be_good_without_any_state(tmp_path: Path) -> None:
    for source in HOUSE.sources:
        Draft(source, 2).write(tmp_path)
    checked = check.check(tmp_path, catalogue())
    assert {receipt.source for receipt in checked} == set(HOUSE.sources)
    assert {file.outcome for receipt in checked for file in receipt.files} == {"accept"}
    assert [path.name for path in tmp_path.iterdir()] == ["2026-09-30"]


def test_a_fault_is_told_as_the_door_would_tell_it(tmp_path: Path) -> None:
    draft = Draft("housing", 3)
    draft["homelessness_cases"].rows[2]["reason_loss"] = "EVICT"
    draft["tenancies"].header.append("hobby")
    draft.write(tmp_path)
    (receipt,) = check.check(tmp_path, catalogue())
    assert line_of(receipt, "homelessness_cases").rules == {"D33": 1}
    assert line_of(receipt, "homelessness_cases").quarantined == 1
    assert line_of(receipt, "tenancies").outcome == "reject_file"


def test_a_single_file_is_checked_by_its_name_alone(tmp_path: Path) -> None:
    draft = Draft("benefits", 3)
    draft["benefit_awards"].rows[1]["from_date"] = "2024-02-30"
    folder = draft.write(tmp_path)
    (receipt,) = check.check(folder / "BENEFIT_AWARDS_20261031.csv", catalogue())
    (line,) = receipt.files
    assert (line.feed, line.outcome, line.rules) == ("benefit_awards", "quarantine_rows", {"D34": 1})
    assert line.messages[0].startswith("BENEFIT_AWARDS_20261031.csv, row 3, column from_date (D34):")


def test_a_file_of_no_agreed_name_is_told_so_without_repeating_the_name(tmp_path: Path) -> None:
    path = tmp_path / f"{MARK}.csv"
    path.write_text("a\n")
    (receipt,) = check.check(path, catalogue())
    assert receipt.outcome == "reject_file"
    assert MARK not in str(receipt)


def test_the_police_file_is_known_by_its_month(tmp_path: Path) -> None:
    folder = Draft("open_data", 3).write(tmp_path)
    (receipt,) = check.check(folder / "2026-10-essex-street.csv", catalogue())
    assert (receipt.outcome, receipt.extract_date) == ("accept", date(2026, 10, 31))


def test_the_report_of_a_delivery_can_be_sent_as_it_is(door: Door, tmp_path: Path) -> None:
    draft = Draft("corporate", 3)
    draft["data_objections"].rows[0]["dob"] = "01/01/2031"
    draft["sundry_debts"].header[0] = "account"
    receipt = door.deliver(draft)
    page, table = (door.places.reports("corporate") / f"{receipt.delivery_id}{end}" for end in (".html", ".csv"))
    text = page.read_text()
    assert MARK.lower() not in (text + table.read_text()).lower()
    assert "Part of the delivery was refused." in text
    assert "<td>column dob; row 2</td><td>A birth date cannot be one; the row is kept without it.</td>" in text
    waiting = ", ".join(card.title for card in catalogue().services)
    assert f"do not publish anything new: {waiting}." in text
    assert "<td>With the next delivery, due 3 December 2026</td>" in text
    assert "http" not in text.replace("http-equiv", "")
    rows = list(csv.DictReader(io.StringIO(table.read_text())))
    assert {row["feed"]: row["outcome"] for row in rows}["sundry_debts"] == "refused"
    (birth,) = [row for row in rows if row["rule"] == "D35"]
    assert (birth["column"], birth["row"], birth["by_when"]) == (
        "dob",
        "2",
        "with the next delivery, due 3 December 2026",
    )


def test_every_delivery_leaves_a_report_also_a_refused_one_and_a_second_attempt(door: Door) -> None:
    without = Draft("housing", 3)
    without.has_manifest = False
    refused = door.deliver(without)
    page = door.places.reports("housing") / f"{refused.delivery_id}.html"
    assert "The whole delivery was refused." in page.read_text()
    assert "If nothing good has come from you by 14 November 2026" in page.read_text()
    again = door.deliver(Draft("housing", 3))
    assert again.delivery_id != refused.delivery_id
    assert "Everything was accepted. Nothing needs doing." in page.with_name(f"{again.delivery_id}.html").read_text()
    told = {entry["delivery_id"] for entry in ledger.read(door.places, "delivery")}
    written = {path.stem for path in (door.places.root / "reports").glob("*/*.html")}
    assert told == written == {path.stem for path in (door.places.root / "reports").glob("*/*.csv")}
    assert all(path.stat().st_size for path in (door.places.root / "reports").glob("*/*"))


def test_the_report_escapes_what_a_page_or_spreadsheet_would_run() -> None:
    fault = Fault("D33", "accept_with_warning", columns=("<script>alert(1)</script>",))
    evil = FileReceipt("x", "=cmd|' /C calc'!A0", "accept_with_warning", faults=(fault,))
    receipt = Receipt("<b>", date(2026, 10, 31), 3, "x", "accept_with_warning", (evil,))
    page, table = supplier_report.as_page(receipt), supplier_report.as_table(receipt)
    assert "<script>" not in page
    assert "&lt;b&gt;" in page
    assert "'=cmd" in table
    assert list(csv.reader(io.StringIO(table)))[1][4].startswith("'=")


def test_deliveries_are_found_in_every_layout(tmp_path: Path) -> None:
    for month, source in ((2, "housing"), (1, "revenues"), (1, "benefits")):
        Draft(source, month).write(tmp_path / "root")
    (tmp_path / "root" / "truth" / "2026-08-31").mkdir(parents=True)
    (tmp_path / "root" / "truth" / "persons.csv").write_text("x")
    (tmp_path / "root" / "RUN.json").write_text("{}")
    (tmp_path / "root" / "README.txt").write_text("what lies here")
    names = [delivery.name for delivery in deliveries.find(tmp_path / "root")]
    assert names == ["benefits 2026-08-31", "revenues 2026-08-31", "housing 2026-09-30"]
    day = tmp_path / "root" / "2026-08-31"
    assert [one.source for one in deliveries.find(day)] == ["benefits", "revenues"]
    assert [one.name for one in deliveries.find(day / "benefits")] == ["benefits 2026-08-31"]
    loose = tmp_path / "loose"
    loose.mkdir()
    (day / "benefits").rename(loose / "benefits")
    (loose / "expected.json").write_text("{}")
    assert [(one.name, one.number) for one in deliveries.find(loose)] == [("benefits 2026-08-31", 1)]
    (loose / "benefits" / "MANIFEST_BENEFITS_20260831.json").unlink()
    assert [(one.name, one.number) for one in deliveries.find(loose)] == [("benefits 2026-08-31", None)]


def test_of_two_deliveries_of_one_date_the_lower_number_comes_first(tmp_path: Path) -> None:
    Draft("benefits", 3, number=4).write(tmp_path / "2026-10-31-b")
    Draft("benefits", 3, number=3).write(tmp_path / "2026-10-31-c")
    found = [one for name in ("2026-10-31-b", "2026-10-31-c") for one in deliveries.find(tmp_path / name)]
    assert [one.number for one in found] == [4, 3]


def test_receipts_read_back_are_the_receipts_given(door: Door) -> None:
    draft = Draft("housing", 3)
    draft["tenancies"].header.append("hobby")
    given = receipts.lines(door.deliver(draft))
    assert receipts.read(door.places, door.keyring)[-len(given) :] == given
