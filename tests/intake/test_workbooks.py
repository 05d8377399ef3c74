"""What a workbook hides behind its values is read right or told: day counts, errors, formulas, escapes, what is hidden."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable

import pytest
from tests.intake.conftest import Door, line_of
from tests.intake.deliveries import MONTHS, Draft, zipped

from fairview.contracts.catalogue import catalogue
from fairview.intake import forms, reading

FEED = "benefit_overpayments"
SHEET, BOOK, TEXTS = "xl/worksheets/sheet1.xml", "xl/workbook.xml", "xl/sharedStrings.xml"


def good(feed: str = FEED) -> bytes:
    draft = Draft(catalogue().feed(feed).source, 3)
    return draft._rendered(feed, draft[feed])


def changed(part: str, old: bytes, new: bytes) -> Callable[[bytes], bytes]:
    """A change to the first place of a part that looks like a pattern."""

    def change(data: bytes) -> bytes:
        book = zipfile.ZipFile(io.BytesIO(data))
        members = {name: book.read(name) for name in book.namelist()}
        members[part], times = re.subn(old, new, members[part], count=1)
        assert times == 1
        return zipped(members)

    return change


def cell(place: str, inner: bytes, kind: bytes = b"") -> Callable[[bytes], bytes]:
    """Another value in one cell of the sheet."""
    return changed(
        SHEET, rb'<c r="%b"[^>]*>.*?</c>' % place.encode(), b'<c r="%b"%b>%b</c>' % (place.encode(), kind, inner)
    )


def read(data: bytes, feed: str = FEED) -> tuple:
    """Table and facts of a workbook, or the rule that refuses it."""
    facts = forms.Facts()
    contract = catalogue().feed(feed)
    layout = forms.Layout.from_plain(reading.layout(contract, Draft(contract.source, 3).name(feed), MONTHS[3]))
    return forms.read(data, layout, facts), facts


@pytest.mark.parametrize("says_so", [b"1", b"true"])
def test_days_counted_from_1904_are_the_days_they_mean(says_so) -> None:
    def earlier(data: bytes) -> bytes:
        book = zipfile.ZipFile(io.BytesIO(data))
        members = {name: book.read(name) for name in book.namelist()}
        days = rb'(<c r="[A-Z]+\d+" s="1"><v>)(\d+)'
        members[SHEET] = re.sub(days, lambda found: found[1] + b"%d" % (int(found[2]) - 1462), members[SHEET])
        members[BOOK] = members[BOOK].replace(b"<workbookPr", b'<workbookPr date1904="%b"' % says_so)
        return zipped(members)

    table, facts = read(earlier(good()))
    assert table.equals(read(good())[0])
    assert not facts.warnings


@pytest.mark.parametrize(
    ("place", "column", "change", "rule"),
    [
        ("K5", "last_paid", cell("K5", b"<v>#N/A</v>", b' t="e"'), "error-cell"),
        ("I5", "recovery_route", cell("I5", b"<f>A1</f><v>#REF!</v>", b' t="e"'), "error-cell"),
        ("K5", "last_paid", cell("K5", b"<f>TODAY()</f>"), "formula-without-value"),
        ("K5", "last_paid", cell("K5", b"<f>TODAY()</f><v/>"), "formula-without-value"),
        ("I5", "recovery_route", cell("I5", b"<f>A1</f>", b' t="str"'), "formula-without-value"),
    ],
)
def test_a_cell_whose_value_is_none_keeps_its_row_out_and_is_told(place, column, change, rule) -> None:
    table, facts = read(change(good()))
    assert facts.marked == [(5, rule, column)]
    assert facts.rows == table.num_rows + sum(facts.dropped.values())


@pytest.mark.parametrize(
    "change",
    [
        cell("K5", b"<f>DATE(2026,10,31)</f><v>46326</v>", b' s="1"'),
        cell("I5", b'<f>""</f><v></v>', b' t="str"'),
        cell("I5", b"<f>A1</f><v>INV</v>", b' t="str"'),
    ],
    ids=["a day", "an empty text", "a text"],
)
def test_a_formula_with_its_value_is_that_value(change) -> None:
    _, facts = read(change(good()))
    assert not facts.marked
    assert not facts.warnings


def test_an_error_in_a_column_never_loaded_is_no_fault() -> None:
    never = [column.header for column in catalogue().feed("vulnerability_register").columns if not column.is_loaded]
    assert "notes" in never
    draft = Draft("corporate", 3)
    place = chr(ord("A") + draft["vulnerability_register"].header.index("notes"))
    name = "xl/worksheets/sheet2.xml"
    data = changed(
        name, rb'<c r="%b3"[^>]*>.*?</c>' % place.encode(), b'<c r="%b3" t="e"><v>#N/A</v></c>' % place.encode()
    )(good("vulnerability_register"))
    _, facts = read(data, "vulnerability_register")
    assert not facts.marked


def test_a_total_that_was_never_worked_out_is_told() -> None:
    data = cell("H16", b"<f>SUM(H5:H15)</f>")(good())
    _, facts = read(data)
    assert (facts.warnings, facts.warned_rows) == ({"formula-without-value": 1}, {"formula-without-value": [16]})


@pytest.mark.parametrize(
    ("text", "came", "marked"),
    [
        (b"MR A_x000D_ ", "MR A\r ", True),
        (b"MR A_x000D_\n", "MR A\n", False),
        (b"MR A_x0007_", "MR A\x07", True),
        (b"MR A_x005F_x000D_", "MR A_x000D_", False),
    ],
    ids=["return", "line end", "bell", "escaped underscore"],
)
def test_characters_a_workbook_writes_as_codes_are_judged_as_what_they_are(text, came, marked) -> None:
    table, facts = read(changed(TEXTS, b"MR A ", text)(good()))
    assert table["debtor_name"][0].as_py().startswith(came)
    assert bool(facts.marked) is marked
    assert all(found == (5, "D59", "debtor_name") for found in facts.marked)


def test_a_mark_without_width_in_a_column_name_is_taken_out_and_told() -> None:
    table, facts = read(changed(TEXTS, b"debtor_name", "debtor\u200b_name".encode())(good()))
    assert facts.warned_rows == {"widthless-marks": [4]}
    assert table.equals(read(good())[0])


def test_hidden_rows_are_read_and_told() -> None:
    table, facts = read(changed(SHEET, rb'<row r="6"', rb'<row r="6" hidden="1"')(good()))
    assert (facts.warnings, facts.warned_rows) == ({"hidden-rows": 1}, {"hidden-rows": [6]})
    assert table.equals(read(good())[0])


@pytest.mark.parametrize("state", [b"hidden", b"veryHidden"])
def test_a_hidden_sheet_is_left_unread_and_told(state) -> None:
    more = b'<sheet name="People" sheetId="9" state="%b" r:id="rId1"/></sheets>' % state
    table, facts = read(changed(BOOK, b"</sheets>", more)(good()))
    assert facts.warnings == {"hidden-sheet": 1}
    assert table.equals(read(good())[0])


@pytest.mark.parametrize("name", [b"Sheet1", b"SHEET1"])
def test_two_sheets_of_one_name_refuse_the_file(name) -> None:
    more = b'<sheet name="%b" sheetId="9" r:id="rId1"/></sheets>' % name
    with pytest.raises(forms.FileFault) as fault:
        read(changed(BOOK, b"</sheets>", more)(good()))
    assert fault.value.rule == "sheet-twice"


def test_a_workbook_that_declares_entities_is_refused() -> None:
    with pytest.raises(forms.FileFault) as fault:
        read(changed(SHEET, rb"<worksheet", b'<!DOCTYPE worksheet [<!ENTITY a "b">]><worksheet')(good()))
    assert fault.value.rule == "D41"


def test_the_supplier_is_told_the_row_and_column_of_an_error_in_a_cell(door: Door) -> None:
    draft = Draft("benefits", 3)
    draft[FEED].spoil.append(cell("K6", b"<v>#N/A</v>", b' t="e"'))
    line = line_of(door.deliver(draft), FEED)
    assert (line.outcome, line.rules["error-cell"], line.quarantined) == ("quarantine_rows", 1, 1)
    assert any("row 6, column last_paid" in told and "#N/A" in told for told in line.messages)


def test_marks_in_a_row_that_is_discarded_unread_are_no_fault(door: Door) -> None:
    draft = Draft("community_safety", 3)
    witness = next(row for row in draft["asb_parties"].rows if row["party_role"] == "WITNESS")
    witness["surname"] = "Qzx\x07"
    line = line_of(door.deliver(draft), "asb_parties")
    assert line.outcome == "accept"
