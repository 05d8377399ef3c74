"""Names as council systems write them."""

from __future__ import annotations

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairview.domain import names
from fairview.identity import agreement, declarations


@pytest.fixture(scope="module")
def con():
    con = duckdb.connect()
    names.teach(con)
    declarations.teach(con, declarations.declarations())
    agreement.teach(con, declarations.declarations())
    return con


def said(con, expression: str, *values):
    return con.execute(f"SELECT {expression}", list(values)).fetchone()[0]


@pytest.mark.parametrize(
    ("written", "surname", "forename"),
    [
        ("ZZYZX, QUILLON", "ZZYZX", "QUILLON"),
        ("ZZYZX, MR QUILLON", "ZZYZX", "QUILLON"),
        ("ZZYZX, MRS. QUILLON (DECEASED)", "ZZYZX", "QUILLON"),
        ("ZZYZX, QUILLON (DECEAS", "ZZYZX", "QUILLON"),
        ("VAN DER ZZYZX, Q", "VAN DER ZZYZX", "Q"),
        ("ZZYZX, MISS", "ZZYZX", None),
        ("ZZYZX QUILLON", "ZZYZX", "QUILLON"),
    ],
)
def test_a_combined_name_is_taken_apart(con, written, surname, forename):
    assert said(con, "combined_surname(?)", written) == surname
    assert said(con, "combined_forename(?)", written) == forename


@pytest.mark.parametrize(
    ("written", "forename", "surname"),
    [("MR Q ZZYZX", "Q", "ZZYZX"), ("MS QUILLA VAN ZZYZX", "QUILLA", "VAN ZZYZX"), ("ZZYZX", None, "ZZYZX")],
)
def test_a_debtor_name_is_taken_apart(con, written, forename, surname):
    assert said(con, "debtor_forename(?)", written) == forename
    assert said(con, "debtor_surname(?)", written) == surname


@pytest.mark.parametrize(
    ("one", "other"),
    [("Łukaszyx", "Lukaszyx"), ("Eidvilėx", "EIDVILEX"), ("O'Zzyzx", "OZZYZX"), ("ZZYZX-QUILL", "Zzyzx Quill"), ("SI1COX", "Silcox"), ("W0ODSX", "woodsx"), ("Fıratx", "FIRATX")],
)  # fmt: skip
def test_the_same_name_in_two_code_pages_is_one_name(con, one, other):
    assert said(con, "name_plain(?) = name_plain(?)", one, other)


@settings(max_examples=80, deadline=None)
@given(st.text(max_size=40))
def test_a_plain_name_stays_as_it_is_when_made_plain_again(text):
    con = duckdb.connect()
    names.teach(con)
    once = said(con, "name_plain(?)", text)
    assert once is None or once == said(con, "name_plain(?)", once)
    assert once is None or set(once) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZ ")


@settings(max_examples=60, deadline=None)
@given(st.from_regex(r"[A-Z]{2,12}", fullmatch=True), st.from_regex(r"[A-Z]{2,12}", fullmatch=True))
def test_agreement_of_names_does_not_depend_on_the_order_of_the_two(one, other):
    con = duckdb.connect()
    names.teach(con)
    agreement.teach(con, declarations.declarations())
    grade = "forename_grade(?, []::VARCHAR[], ?, []::VARCHAR[])"
    assert said(con, grade, one, other) == said(con, grade, other, one)
    assert said(con, grade, one, one) == 4


@pytest.mark.parametrize(
    ("one", "other", "grade"),
    [
        ("QUILLON", "QUILLON", 4),
        ("QUILLON", "QUILLNO", 3),
        ("QUIL", "QUILLON", 3),
        ("Q", "QUILLON", 2),
        ("QUILLON", "ZEBEDIAH", 0),
    ],
)
def test_forenames_are_graded(con, one, other, grade):
    assert said(con, "forename_grade(?, []::VARCHAR[], ?, []::VARCHAR[])", one, other) == grade


@pytest.mark.parametrize(
    ("one", "other", "grade"),
    [
        ("1980-05-17", "1980-05-17", 4),
        ("1980-05-04", "1980-04-05", 3),
        ("1980-01-01", "1980-07-09", 2),
        ("1980-05-17", "1980-05-18", 2),
        ("1980-05-17", "1951-11-02", 0),
    ],
)
def test_birth_dates_are_graded(con, one, other, grade):
    assert said(con, "birth_grade(CAST(? AS DATE), CAST(? AS DATE))", one, other) == grade


@pytest.mark.parametrize(
    ("name", "rule"),
    [
        ("QUILLON LETTINGS LTD", "NP1"),
        ("QUILLON HOUSING ASSOC", "NP2"),
        ("THE OCCUPIER", "NP3"),
        ("VOID PROPERTY", "NP3"),
        ("UNKNOWN MALE", "NP4"),
        ("NEIGHBOUR AT 12", "NP5"),
        ("CHURCH, QUILLON", None),
        ("MR Q BANK", None),
        ("ZZYZX, QUILLON", None),
        ("TENANT, QUILLON", None),
    ],
)
def test_names_that_stand_for_nobody_are_caught_by_a_declared_rule_and_people_are_not(con, name, rule):
    assert said(con, "not_a_person(?)", name) == rule
