"""Whatever bytes arrive: never a crash, never a row unaccounted for, never a silent acceptance of something else."""

from __future__ import annotations

import os
import unicodedata
from functools import cache

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.intake.deliveries import HOUSE, MONTHS, Draft

from fairview.intake import forms, reading

# A few dozen examples a form in the normal run; `FAIRVIEW_FUZZ=5000` for a long one.
EXAMPLES = int(os.environ.get("FAIRVIEW_FUZZ", "25"))
FEEDS = {
    "pipe": "sundry_debts",
    "csv": "homelessness_cases",
    "quoted csv": "benefit_claims",
    "padded csv": "tenancies",
    "zip": "rent_transactions",
    "fixed width": "arrears_actions",
    "sheet": "benefit_overpayments",
}
forms_of = pytest.mark.parametrize("feed", FEEDS.values(), ids=FEEDS)
fuzz = settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)


@cache
def good(feed: str) -> bytes:
    contract = HOUSE.feed(feed)
    draft = Draft(contract.source, 3)
    return draft._rendered(feed, draft[feed])


def outcome(feed: str, data: bytes) -> forms.Facts | str:
    """The rule that refuses a file, or its facts once every row read is accounted for."""
    contract = HOUSE.feed(feed)
    name = Draft(contract.source, 3).name(feed)
    facts = forms.Facts()
    try:
        table = forms.read(data, forms.Layout.from_plain(reading.layout(contract, name, MONTHS[3])), facts)
    except forms.FileFault as fault:
        return fault.rule
    assert facts.rows == table.num_rows + len(facts.broken) + len(facts.withheld) + sum(facts.dropped.values())
    assert set(table.column_names) == {column.name for column in contract.loaded} | {"row_number"}
    numbers = table.column("row_number").to_pylist()
    assert len(set(numbers)) == len(numbers)
    return facts


@forms_of
@given(data=st.binary(max_size=400))
@fuzz
def test_random_bytes_are_refused(feed: str, data: bytes) -> None:
    assert isinstance(outcome(feed, data), str)


@forms_of
@given(data=st.data())
@fuzz
def test_a_good_file_with_bytes_changed_is_refused_or_fully_accounted_for(feed: str, data) -> None:
    content = bytearray(good(feed))
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(content) - 1))
        content[at : at + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=4))
    outcome(feed, bytes(content))


@forms_of
@given(cut=st.integers(1, 10_000))
@fuzz
def test_a_file_cut_off_anywhere_is_never_taken_for_whole(feed: str, cut: int) -> None:
    content = good(feed)
    kept = content[: max(0, len(content) - cut)]
    whole = outcome(feed, content)
    assert isinstance(whole, forms.Facts)
    found = outcome(feed, kept)
    if isinstance(found, forms.Facts) and kept.rstrip(b"\r\n ") != content.rstrip(b"\r\n "):
        told = [(one.rows, one.broken, one.trailer_rows, one.trailer_control) for one in (found, whole)]
        assert told[0] != told[1] or HOUSE.feed(feed).facts["trailer"] == "none"


@given(text=st.text(max_size=30))
@fuzz
def test_any_text_in_a_quoted_field_comes_back_or_is_set_aside(text: str) -> None:
    draft = Draft("benefits", 3)
    draft["benefit_claims"].rows[0]["addr1"] = text
    facts = forms.Facts()
    contract = HOUSE.feed("benefit_claims")
    layout = forms.Layout.from_plain(reading.layout(contract, draft.name("benefit_claims"), MONTHS[3]))
    try:
        content = draft._rendered("benefit_claims", draft["benefit_claims"])
    except UnicodeEncodeError:
        return
    table = forms.read(content, layout, facts)
    came = table.column("addr1")[0].as_py() or ""  # an empty field is null
    marked = {row for row, _, _ in facts.marked}
    changed = set(facts.warnings) & {"widthless-marks"}
    assert _seen(came) == _seen(text) or 2 in marked or changed


def _seen(text: str) -> str:
    """A text as any reader of it sees it: line ends and blanks of one kind, none around it, letters in one piece."""
    plain = text.replace("\r\n", "\n").replace("\r", "\n").replace("\u2800", " ")
    plain = "".join(" " if unicodedata.category(letter).startswith("Z") else letter for letter in plain)
    return unicodedata.normalize("NFC", plain).strip()
