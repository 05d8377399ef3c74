"""The demo's files have the agreed shape, byte for byte where the specification speaks of bytes."""

from __future__ import annotations

import hashlib
from decimal import Decimal

import pytest
from python_calamine import CalamineWorkbook
from tests.demo.supplier_files import ARREARS_WIDTHS, FEEDS


def test_every_delivery_holds_all_seven_sources_and_all_twenty_nine_feeds(council):
    assert len(FEEDS) == 29
    assert len(council.folders) == 3 * 7
    assert {(date, feed) for date, feed in council.files} == {(date, feed) for date in council.dates for feed in FEEDS}


@pytest.mark.parametrize("feed", FEEDS)
def test_headers_are_those_agreed_and_each_feed_has_rows_every_month(council, feed):
    source, _, _, _, columns, first, last, _ = FEEDS[feed]
    for date in council.dates:
        file = council.files[date, feed]
        assert file.path.parent.name == source
        assert (len(file.headers), file.headers[0], file.headers[-1]) == (columns, first, last)
        assert file.rows


def test_file_names_follow_the_extract_date_and_the_police_file_keeps_its_own(council):
    for (date, feed), file in council.files.items():
        stamp = date.replace("-", "")
        expected = (
            f"{date[:7]}-essex-street.csv" if feed == "street_crime" else f"{feed.upper()}_{stamp}{file.path.suffix}"
        )
        assert file.path.name == expected
        assert list(file.path.parent.glob(f"MANIFEST_{FEEDS[feed][0].upper()}_{stamp}.json"))


@pytest.mark.parametrize("feed", FEEDS)
def test_the_manifest_tells_kind_rows_bytes_and_hash_of_the_file_as_sent(council, feed):
    for number, date in enumerate(council.dates, start=1):
        file = council.files[date, feed]
        assert file.manifest["source"] == FEEDS[feed][0]
        assert (file.manifest["extract_date"], file.manifest["delivery"]) == (date, number)
        assert file.entry["kind"] == FEEDS[feed][1]
        assert file.entry["rows"] == len(file.rows)
        assert file.entry["bytes"] == len(file.content)
        assert file.entry["sha256"] == hashlib.sha256(file.content).hexdigest()
        assert file.entry["covers_to"] == date
        if FEEDS[feed][1] == "snapshot":
            assert file.entry["covers_from"] == date


def test_events_cover_their_history_first_and_one_month_after(council):
    first, second, _ = council.dates
    opening = {feed: council.files[first, feed].entry["covers_from"] for feed in FEEDS if FEEDS[feed][1] == "events"}
    assert opening == {
        "council_tax_recovery": "2024-04-01",
        "council_tax_transactions": "2025-09-01",
        "rent_transactions": "2025-09-01",
        "arrears_actions": "2025-09-01",
        "asb_incidents": "2024-07-01",
        "asb_parties": "2024-07-01",
        "deaths": "2024-07-01",
        "street_crime": "2026-08-01",
    }
    assert {council.files[second, feed].entry["covers_from"] for feed in opening} == {"2026-09-01"}


@pytest.mark.parametrize("feed", FEEDS)
def test_control_totals_are_those_of_the_rows_an_independent_reader_finds(council, feed):
    kind, _, column = FEEDS[feed][7].partition(":")
    for date in council.dates:
        file = council.files[date, feed]
        control = file.entry["control"]
        assert (control["type"], control["column"]) == (kind, column or None)
        if kind == "rows":
            assert control["value"] == str(len(file.rows))
        else:
            total = sum(Decimal(row[column]) for row in file.rows)
            assert control["value"] == (f"{total:.2f}" if kind == "sum" else str(int(total)))


def test_byte_order_marks_and_line_ends_are_where_agreed(council):
    for (_, feed), file in council.files.items():
        form, encoding = FEEDS[feed][2:4]
        if form == "xlsx":
            continue
        assert file.content.startswith(b"\xef\xbb\xbf") == (encoding == "utf-8-sig")
        if form in ("pipe", "char", "fixed"):
            assert file.content.count(b"\n") == file.content.count(b"\r\n")
        elif form != "zip":
            assert b"\r" not in file.content


def test_pipe_files_carry_a_trailer_with_rows_and_control_total(council):
    for (_, feed), file in council.files.items():
        if FEEDS[feed][2] == "pipe":
            last = file.text.split("\r\n")[-2].split("|")
            assert last == ["TRL", str(len(file.rows)), file.entry["control"]["value"]]
            assert '"' not in file.text


def test_benefit_files_quote_every_value_and_end_with_a_total(council):
    for (_, feed), file in council.files.items():
        if FEEDS[feed][2] == "quoted":
            lines = file.text.rstrip("\n").split("\n")
            assert lines[-1] == f'"TOTAL","{len(file.rows)}","{file.entry["control"]["value"]}"'
            assert lines[0] == ",".join(f'"{header}"' for header in file.headers)
            assert lines[1].startswith('"') and ",," not in lines[1]


def test_housing_files_are_padded_and_end_with_the_rows_affected(council):
    for date in council.dates:
        file = council.files[date, "tenancies"]
        lines = file.text.split("\r\n")
        assert lines[-2] == f"({len(file.rows)} rows affected)"
        assert lines[1].index(",") == 11
        assert len({len(line.split(",")[21]) for line in lines[1:-3] if line != lines[0]}) == 1
        people = council.files[date, "tenancy_people"]
        assert all(
            len(line.split(",")[4]) == 20
            for line in people.text.split("\r\n")[1:-3]
            if line != ",".join(people.headers)
        )
        assert people.text.split("\r\n").count(",".join(people.headers)) == 2, "a page break repeats the header"


def test_arrears_records_are_eighty_four_characters_with_a_header_and_a_trailer(council):
    assert 1 + sum(ARREARS_WIDTHS) == 84
    for date in council.dates:
        file = council.files[date, "arrears_actions"]
        lines = file.text.split("\r\n")[:-1]
        assert {len(line) for line in lines} == {84}
        assert lines[0].startswith(f"HARREARSACT{date.replace('-', '')}")
        assert int(lines[-1][1:10]) == len(file.rows)
        amount = lines[-1][10:22]
        signed = Decimal(amount[:-1].strip()) * (-1 if amount.endswith("-") else 1)
        assert signed == sum(Decimal(row["balance"]) for row in file.rows)


def test_the_overpayments_workbook_has_a_title_a_run_date_and_totals(council):
    for date in council.dates:
        file = council.files[date, "benefit_overpayments"]
        rows = CalamineWorkbook.from_path(file.path).get_sheet_by_index(0).to_python(skip_empty_area=False)
        year, month, day = date.split("-")
        assert rows[0][0] and rows[1][0] == f"Run date {day}/{month}/{year}"
        assert not any(rows[2])
        assert rows[3] == file.headers
        assert rows[-1][0] == "TOTAL"
        assert round(rows[-1][7] * 100) == sum(round(float(row["balance"]) * 100) for row in file.rows)


def test_the_vulnerability_workbook_has_three_sheets(council):
    path = council.files[council.dates[0], "vulnerability_register"].path
    assert CalamineWorkbook.from_path(path).sheet_names == ["Notes", "Register", "Codes"]
