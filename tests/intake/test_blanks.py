"""A value surrounded by blanks of any kind is the value without them: what is judged is what is staged."""

from __future__ import annotations

import io
import re
import unicodedata
import zipfile
from pathlib import Path

import pytest
from tests.intake.conftest import Door
from tests.intake.deliveries import HOUSE, MONTHS, Draft, zipped

from fairview.contracts.feed import never_null
from fairview.intake import forms, reading
from fairview.intake.casting import name
from fairview.intake.forms import marks

# Every space of Unicode but the plain one, what is drawn as nothing, and marks without width.
BLANKS = [
    "\u0020", "\u00a0", "\u1680", "\u2000", "\u2003", "\u2009", "\u200a", "\u2028", "\u2029", "\u202f", "\u205f",
    "\u3000", "\u2800", "\u3164", "\u200b", "\u200c", "\u200d", "\u2060", "\ufeff", "\u00ad", "\u180e", "\u034f",
    "\u2063", "\ufe0f", "\u206a", "\U000e0020",
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


@pytest.mark.parametrize("column", ["service_scope", "surname"])
@pytest.mark.parametrize("blank", ["\u00a0", "\u200b", "\u2063", "\U000e0020"], ids=lambda blank: f"U+{ord(blank):04X}")
def test_a_required_value_of_blanks_alone_is_a_blank_and_never_staged(door: Door, blank, column):
    draft = Draft("corporate", 2, number=3)
    draft["data_objections"].rows[0][column] = blank
    receipt = door.deliver(draft)
    (line,) = [file for file in receipt.files if file.feed == "data_objections"]
    assert line.quarantined == 1
    assert ("row 2" in " ".join(line.messages)) and column in " ".join(line.messages)


def test_line_ends_around_a_value_are_blanks_and_within_it_text(door: Door):
    draft = Draft("corporate", 2, number=3)
    rows = draft["data_objections"].rows
    rows.append(rows[0] | {"objection_id": f"{rows[0]['objection_id']}\r\n", "decision": "REFUSED"})
    rows[1] |= {"surname": "\nQzx\nOne\n"}
    receipt = door.deliver(draft)
    (line,) = [file for file in receipt.files if file.feed == "data_objections"]
    assert line.rules == {"D32": 2}
    assert ("Qzx\nOne",) in door.query("SELECT surname FROM staged.data_objections")


@pytest.mark.parametrize("mark", ["\u200d", "\u00ad", "\ufe0f", "\U000e0020"], ids=lambda mark: f"U+{ord(mark):04X}")
def test_keys_that_differ_by_an_invisible_mark_only_are_one_key(door: Door, mark):
    draft = Draft("corporate", 2, number=3)
    rows = draft["data_objections"].rows
    reference = rows[0]["objection_id"]
    rows.append(rows[0] | {"objection_id": f"{reference[:3]}{mark}{reference[3:]}", "decision": "REFUSED"})
    receipt = door.deliver(draft)
    (line,) = [file for file in receipt.files if file.feed == "data_objections"]
    assert line.rules["D32"] == 2


def test_what_unicode_draws_as_nothing_holds_every_format_character_and_selector_it_names():
    ignorable = {chr(code) for first, last in marks.IGNORABLE for code in range(first, last + 1)}
    assert len(ignorable) == 4174
    named = {mark: unicodedata.name(mark, "") for mark in map(chr, range(0x110000))}
    assert ignorable >= {
        mark for mark, words in named.items() if "VARIATION SELECTOR" in words or words.startswith("TAG ")
    }
    # The format characters that are drawn: signs over numbers, abbreviations, annotations, and how hieroglyphs stand.
    drawn = {
        mark
        for mark, words in named.items()
        if words.startswith(("ARABIC ", "SYRIAC ", "KAITHI ", "EGYPTIAN ", "INTERLINEAR "))
    }
    formats = {mark for mark in named if unicodedata.category(mark) == "Cf"}
    assert formats - ignorable <= drawn


# A feed of each form, and a column of text of it that is loaded.
TEXTS = {
    "pipe": ("sundry_debts", "debtor_name"),
    "csv": ("homelessness_cases", "forename"),
    "charcsv": ("tenancies", "addr1"),
    "zipcsv": ("rent_transactions", "tag_ref"),
    "fixed": ("arrears_actions", "tag_ref"),
    "xlsx": ("benefit_overpayments", "debtor_name"),
}


@pytest.mark.parametrize(("feed", "column"), TEXTS.values(), ids=TEXTS)
def test_no_mark_unicode_draws_as_nothing_is_read_in_any_form(feed, column):
    ignorable = [chr(code) for first, last in marks.IGNORABLE for code in range(first, last + 1)]
    contract = HOUSE.feed(feed)
    draft = Draft(contract.source, 2)
    file = draft[feed]
    in_place = contract.format == "xlsx"
    file.rows = [file.rows[0] | {column: f"QZ{mark if in_place else '~'}X"} for mark in ignorable]
    content = draft._rendered(feed, file)
    if not in_place:
        left = iter(ignorable)
        member = f"{Path(draft.name(feed)).stem}.csv"
        text = zipfile.ZipFile(io.BytesIO(content)).read(member) if contract.format == "zipcsv" else content
        text = re.sub("~", lambda _: next(left), text.decode()).encode()
        content = zipped({member: text}) if contract.format == "zipcsv" else text
    plain = reading.layout(contract, draft.name(feed), MONTHS[2]) | {"encoding": "utf-8"}
    facts = forms.Facts()
    table = forms.read(content, forms.Layout.from_plain(plain), facts)
    turning = {row for row, rule, _ in facts.marked if rule == "turning-marks"}
    rows = table.select([column, "row_number"]).to_pylist()
    assert len(rows) == len(ignorable)
    assert {row[column].strip() for row in rows if row["row_number"] not in turning} == {"QZX"}
    assert len(turning) == 12


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
