"""A value that many different people share names nobody; one that a person or a family shares does."""

from __future__ import annotations

from datetime import date

import pytest

BORN = date(1971, 3, 14)
OTHERS = ("Ottoline Bracket", "Petronel Amble", "Ivo Chilworth", "Maud Denholme", "Saul Elstow", "Zara Farnworth")


def _cases(town, names, nino: str) -> list:
    """Homelessness cases, which tell a number and no home."""
    return [
        town.put("homelessness_cases", case_ref=f"H{place}", application_date=date(2026, 1, 5), forename=name.split()[0],
                 surname=name.split()[1], nino=nino)
        for place, name in enumerate(names)
    ]  # fmt: skip


@pytest.mark.parametrize(("others", "is_one"), [(1, True), (2, False)])
def test_a_number_of_three_different_people_is_nobodys(town, others, is_one):
    first, second, *_ = _cases(town, ("Quillon Zzyzx", "Quillon Zzyzx", *OTHERS[:others]), "QQ123456C")
    town.link()
    assert town.same(first, second) is is_one


def test_a_number_of_one_person_written_in_many_ways_stays_theirs(town):
    names = (
        "Quillona Zzyzx",
        "Quilolna Zzyzx",
        "Q Zzyzx",
        "Quillona Zzyzxx",
        "Zzyzx Quillona",
        "Quillona Zzyzx-Otherly",
    )
    cases = _cases(town, names, "QQ123456C")
    town.link()
    assert town.same(*cases)


def test_a_number_given_with_three_birth_dates_is_nobodys(town):
    for place, born in enumerate((date(1950, 1, 2), date(1962, 8, 19), date(1987, 11, 30), None, None)):
        town.put("homelessness_cases", case_ref=f"H{place}", application_date=date(2026, 1, 5), forename="Quillon", surname="Zzyzx",
                 nino="QQ123456C", dob=born)  # fmt: skip
    town.link()
    assert not town.same(("homelessness_cases", "H3"), ("homelessness_cases", "H4"))


@pytest.mark.parametrize(("nino", "is_one"), [("AB140371", True), ("TN140371", False), ("ZZ140371C", False)])
def test_a_temporary_number_is_none(town, nino, is_one):
    first, second = _cases(town, ("Quillon Zzyzx", "Quillon Zzyzx"), nino)
    town.link()
    assert town.same(first, second) is is_one


def _accounts(town, names, **contact) -> list:
    """Accounts one after another, each at a home of its own, so that nothing but the contact ties them."""
    return [
        town.account(f"1000000{place}", town.home(place, f"{place}th Street", f"RM1{place} 1CI"), name,
                     since=date(2010 + 2 * place, 1, 5), until=date(2011 + 2 * place, 6, 7), **contact)[0]
        for place, name in enumerate(names)
    ]  # fmt: skip


@pytest.mark.parametrize("contact", [{"email": "lettings@example.org"}, {"phone": "07700 900123"}])
@pytest.mark.parametrize(("others", "is_one"), [(3, True), (4, False)])
def test_a_contact_of_five_different_people_is_an_offices(town, contact, others, is_one):
    names = [f"{name.split()[1].upper()}, {name.split()[0].upper()}" for name in OTHERS[:others]]
    first, second, *_ = _accounts(town, ("ZZYZX, QUILLON", "ZZYZX, QUILLON", *names), **contact)
    town.link()
    assert town.same(first, second) is is_one


@pytest.mark.parametrize(("others", "is_one"), [(3, True), (4, False)])
def test_a_forwarding_address_of_five_different_people_is_an_offices(town, others, is_one):
    names = [f"{name.split()[1].upper()}, {name.split()[0].upper()}" for name in OTHERS[:others]]
    town.home(50, "Agents Row", "RM20 2CI")
    first, second, *_ = _accounts(
        town, ("ZZYZX, QUILLON", "ZZYZX, QUILLON", *names), fwd_addr1="50 Agents Row", fwd_postcode="RM20 2CI"
    )
    town.link()
    assert town.same(first, second) is is_one
