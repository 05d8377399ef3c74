"""Who holds two homes at once for long is two people until somebody has looked, whatever else agrees."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from tests.identity.conftest import AS_AT

BORN = date(1971, 3, 14)


def _waits(town) -> list[tuple]:
    return town.ask("SELECT kind, reason FROM identity.review_queue WHERE reason = 'two homes at once'")


def _tenancy(town, number: str, home: str, since: date, until: date | None = None, **person):
    town.put(
        "tenancies", tag_ref=f"{number}/01", house_ref=number, payref=f"PAY{number}", uprn=home, cot=since, eot=until
    )
    facts = {"forename": "Quillon", "surname": "Zzyzx", "responsible": True} | person
    return town.put("tenancy_people", house_ref=number, person_no=1, from_date=since, to_date=until, **facts)


def _elsewhere(town) -> tuple[str, str]:
    return town.home(1), town.home(2, "Elsewhere Road", "RM17 3CI")


@pytest.mark.parametrize("facts", [{"ni_no": "QQ123456A"}, {"ni_no": "QQ123456A", "dob": BORN}, {"dob": BORN},
                                   {"email": "bluebird@example.org"}])  # fmt: skip
@pytest.mark.parametrize(("days", "is_one"), [(59, True), (60, False)])
def test_two_tenancies_at_once_are_two_peoples_and_are_asked_about(town, facts, days, is_one):
    old, new = _elsewhere(town)
    began = date(2024, 3, 4)
    one = _tenancy(town, "000000001", old, date(2016, 5, 1), began + timedelta(days), **facts)
    other = _tenancy(town, "000000002", new, began, **facts)
    town.link()
    assert town.same(one, other) is is_one
    assert _waits(town) == ([] if is_one else [("conflict", "two homes at once")])


@pytest.mark.parametrize(("days", "is_one"), [(179, True), (180, False)])
def test_one_number_and_birth_date_in_two_homes_for_half_a_year_are_asked_about(town, days, is_one):
    old, new = _elsewhere(town)
    began = AS_AT - timedelta(days)
    tenant = _tenancy(town, "000000001", old, date(2016, 5, 1), ni_no="QQ123456A", dob=BORN)
    lodger = _tenancy(town, "000000002", new, began, ni_no="QQ123456A", dob=BORN, responsible=False)
    town.link()
    assert town.same(tenant, lodger) is is_one
    assert bool(_waits(town)) is not is_one


def test_a_record_without_a_home_does_not_join_those_who_live_apart(town):
    one, other = (
        _tenancy(town, f"00000000{number}", home, date(2016, 5, 1), ni_no="QQ123456A")
        for number, home in enumerate(_elsewhere(town))
    )
    case = town.put("homelessness_cases", case_ref="H1", application_date=date(2026, 1, 5), forename="Quillon", surname="Zzyzx",
                    nino="QQ123456A")  # fmt: skip
    town.link()
    assert not town.same(one, other)
    assert _waits(town)
    assert town.person(case)


def test_a_claims_address_of_today_does_not_speak_against_the_home_before(town):
    old, new = _elsewhere(town)
    account = town.account("10000001", old, "ZZYZX, QUILLON", since=date(2015, 4, 1), until=date(2026, 3, 1))
    claim = town.claim("00000001", new, "Quillon", "Zzyzx", BORN, "QQ123456A", ctax_ref="10000001A")
    town.link()
    assert town.same(*account, *claim)


def test_a_claim_and_an_account_open_in_two_homes_for_long_are_asked_about(town):
    old, new = _elsewhere(town)
    account = town.account("10000001", old, "ZZYZX, QUILLON", since=date(2015, 4, 1))
    claim = town.claim("00000001", new, "Quillon", "Zzyzx", BORN, "QQ123456A", ctax_ref="10000001A")
    town.link()
    assert not town.same(account[0], claim[0])
    assert _waits(town)


@pytest.mark.parametrize("mailbox", ["q.zzyzx@example.org", "bluebird@example.org"])
@pytest.mark.parametrize(("days", "is_one"), [(179, True), (180, False)])
def test_a_mailbox_joins_who_moved_and_nobody_who_kept_the_other_home(town, mailbox, days, is_one):
    old, new = _elsewhere(town)
    began = date(2024, 3, 4)
    one = town.account("10000001", old, "ZZYZX, QUILLON", until=began + timedelta(days), email=mailbox)
    other = town.account("10000002", new, "ZZYZX, QUILLON", since=began, email=mailbox)
    town.link()
    assert town.same(one[0], other[0]) is is_one
    assert bool(_waits(town)) is not is_one


def test_who_is_decided_to_hold_two_homes_is_found_in_both(town, keyring):
    from tests.identity.conftest import AT

    from fairview.identity import review

    one, other = (
        _tenancy(town, f"00000000{number}", home, date(2016, 5, 1), ni_no="QQ123456A", dob=BORN)
        for number, home in enumerate(_elsewhere(town))
    )
    town.link()
    review.decide(town.places, keyring, "must_link", one, other, "case_files", "linking officer", AT)
    account = town.account("10000001", str(999700000001), "ZZYZX, QUILLON", since=date(2016, 5, 1))
    town.link()
    assert town.same(one, other, *account)
