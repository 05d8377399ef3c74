"""NaN and its like are no amounts, and never excuse a control total from being proved. A manifest says each thing once."""

from __future__ import annotations

import pytest
from tests.intake.conftest import Door, line_of
from tests.intake.deliveries import Draft

from fairview.intake import deliveries

MARKS = [
    "NaN",
    "nan",
    "-Inf",
    "Infinity",
    "#N/A",
    "#REF!",
    "sNaN",
    "nan-",
    "(nan)",
    "£NaN",
    "1.#QNAN",
    "1.#INF",
    "1e999",
    "∞",
    "none",
    "twelve",
    "-",
    "1e9999999",
]
FEED, COLUMN = "benefit_awards", "weekly_amount"


def _with(mark: str):
    """Lines of the file with the first amount replaced after the control total was taken."""

    def change(lines: list[list[str]]) -> list[list[str]]:
        place = lines[0].index(COLUMN)
        return [lines[0], [*lines[1][:place], mark, *lines[1][place + 1 :]], *lines[2:]]

    return change


@pytest.mark.parametrize("mark", MARKS)
def test_an_amount_that_is_no_number_leaves_the_control_total_to_be_proved(door: Door, mark):
    draft = Draft("benefits", 3)
    draft[FEED].lines = _with(mark)
    line = line_of(door.deliver(draft), FEED)
    assert line.outcome == "reject_file"
    assert "D09" in line.rules


@pytest.mark.parametrize("mark", MARKS)
def test_an_amount_that_is_no_number_is_quarantined_where_the_total_agrees_without_it(door: Door, mark):
    draft = Draft("benefits", 3)
    draft[FEED].rows[0][COLUMN] = 0
    draft[FEED].lines = _with(mark)
    line = line_of(door.deliver(draft), FEED)
    assert line.outcome == "quarantine_rows"
    assert line.quarantined == 1
    assert line.rules["D37"] == 1


def test_only_a_torn_row_leaves_the_control_total_unproved_and_says_so(door: Door):
    draft = Draft("corporate", 3)
    draft["sundry_debts"].rows[0]["debtor_name"] += "| MISS"
    line = line_of(door.deliver(draft), "sundry_debts")
    assert line.outcome == "quarantine_rows"
    assert {"D26": 1, "control-unproved": 1}.items() <= line.rules.items()


@pytest.mark.parametrize("key", ['"source": "benefits"', '"delivery": 3', '"rows": 1'])
def test_a_manifest_that_says_one_thing_twice_is_refused(door: Door, key):
    draft = Draft("benefits", 3)
    name = key.split(":")[0].encode()
    draft.manifest_bytes = lambda content: content.replace(name + b":", key.encode() + b", " + name + b":", 1)
    receipt = door.deliver(draft)
    assert receipt.outcome == "reject_delivery"
    assert receipt.rules == {"D64": 1}
    assert receipt.messages[0].startswith(f"MANIFEST_BENEFITS_20261031.json, key {name.decode()[1:-1]} (D64): ")


@pytest.mark.parametrize(
    ("key", "edit"),
    [
        ("delivery", lambda manifest: manifest.update(delivery="3")),
        ("extract_date", lambda manifest: manifest.update(extract_date="31/10/2026")),
        ("files", lambda manifest: manifest.pop("files")),
        ("rows", lambda manifest: manifest["files"][0].update(rows=-1)),
        ("value", lambda manifest: manifest["files"][0]["control"].pop("value")),
        ("feed", lambda manifest: manifest["files"].append(manifest["files"][0])),
    ],
)
def test_the_key_at_fault_in_a_manifest_is_named(door: Door, key, edit):
    draft = Draft("benefits", 3)
    draft.edits.append(edit)
    assert door.deliver(draft).messages[0].startswith(f"MANIFEST_BENEFITS_20261031.json, key {key} (D64): ")


def test_a_key_nobody_agreed_is_not_repeated(door: Door):
    draft = Draft("benefits", 3)
    draft.manifest_bytes = lambda content: content.replace(b"{", b'{"Qzxname": 1, "Qzxname": 2, ', 1)
    (message,) = door.deliver(draft).messages
    assert message.startswith("MANIFEST_BENEFITS_20261031.json (D64): ")


def test_a_manifest_is_read_one_way_where_it_is_found_and_where_it_is_judged(tmp_path):
    draft = Draft("benefits", 3)
    draft.manifest_bytes = lambda content: content.replace(b'"delivery": 3', b'"delivery": 3, "delivery": 4')
    draft.write(tmp_path)
    assert [one.number for one in deliveries.find(tmp_path)] == [None]
