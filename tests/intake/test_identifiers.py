"""Identifiers and periods are written one way, in Python and in SQL alike."""

from __future__ import annotations

from datetime import date

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairview.domain import identifiers, periods

CON = duckdb.connect()


def in_sql(expression: str, text: str) -> str | None:
    return CON.execute(f"SELECT {expression} FROM (SELECT nullif(trim(?), '') AS x)", [text]).fetchone()[0]


@pytest.mark.parametrize(
    ("text", "written"),
    [("rm159co", "RM15 9CO"), (" RM15  9CO ", "RM15 9CO"), ("ss17 2ck", "SS17 2CK"), ("m11ae", "M1 1AE"), ("", None)],
)
def test_postcodes_are_upper_case_with_one_blank(text: str, written: str | None) -> None:
    assert identifiers.postcode(text) == written
    assert in_sql(identifiers.postcode_sql("x"), text) == written


@pytest.mark.parametrize(
    ("text", "written"),
    [("000999700001", "999700001"), ("999700000000", "999700000000"), ("9.997E+11", None), ("0", None), ("-5", None),
     ("1234567890123", None), ("", None)],
)  # fmt: skip
def test_uprns_are_digits_without_leading_zeros(text: str, written: str | None) -> None:
    assert identifiers.uprn(text) == written
    assert in_sql(identifiers.uprn_sql("x"), text) == written


LETTERS = st.text(alphabet="ABCdef0123456789 -.E+", max_size=14)


@given(LETTERS)
@settings(max_examples=60, deadline=None)
def test_python_and_sql_write_identifiers_alike(text: str) -> None:
    for in_python, expression in (
        (identifiers.postcode, identifiers.postcode_sql("x")),
        (identifiers.uprn, identifiers.uprn_sql("x")),
        (identifiers.nino, identifiers.nino_sql("x")),
    ):
        assert in_python(text) == in_sql(expression, text)


@pytest.mark.parametrize(
    ("text", "possible"),
    [("AB123456C", True), ("ab 12 34 56", True), ("QQ123456A", True), ("ZY123456D", True), ("TN120361M", False), ("TN120361", False),
     ("BG123456A", False), ("DA123456A", False), ("AO123456A", False), ("OA123456A", True), ("QA123456A", False), ("AQ123456A", False),
     ("AB123456E", False), ("AB12345C", False), ("NONE", False), ("", False)],
)  # fmt: skip
def test_a_national_insurance_number_that_is_never_issued_is_none(text: str, possible: bool) -> None:
    assert identifiers.is_nino(text) is possible
    assert bool(in_sql(identifiers.is_nino_sql("x"), text)) is possible


def test_what_is_a_postcode_is_told_from_what_is_not() -> None:
    assert identifiers.is_postcode("rm15 9co")
    assert identifiers.is_postcode(identifiers.NO_FIXED_ABODE)
    assert not identifiers.is_postcode("GRAYS")
    assert not identifiers.is_postcode(None)


def test_periods_follow_the_councils_calendar() -> None:
    assert [periods.financial_year(date(2026, month, 1)) for month in (3, 4)] == [2025, 2026]
    assert periods.month_end(date(2028, 2, 3)) == date(2028, 2, 29)
    assert periods.months_before(date(2026, 3, 31), 1) == date(2026, 2, 28)
    assert periods.months_before(date(2026, 1, 15), 13) == date(2024, 12, 15)
    assert periods.is_stale(date(2026, 9, 30), date(2026, 11, 15), 45)
    assert not periods.is_stale(date(2026, 9, 30), date(2026, 11, 14), 45)
    assert periods.is_stale(None, date(2026, 11, 14), 45)
    assert periods.follows(date(2026, 9, 30), date(2026, 10, 1))
    assert not periods.follows(date(2026, 9, 30), date(2026, 10, 2))
