"""Whether a service may publish, by what its sources last sent."""

from __future__ import annotations

from datetime import date

from tests.intake.conftest import Door
from tests.intake.deliveries import HOUSE, Draft

CARDS = {card.purpose_code: card for card in HOUSE.services}


def kept_back(door: Door) -> set[str]:
    state = door.in_force()
    return {purpose for purpose, card in CARDS.items() if state.blocks(card)}


def test_nothing_is_in_force_before_the_first_delivery(empty_door: Door) -> None:
    state = empty_door.in_force()
    assert state.as_at is None
    assert kept_back(empty_door) == set(CARDS)
    assert state.silent_sources(CARDS["HSG"], date(2026, 11, 1)) == []


def test_good_deliveries_of_every_source_let_every_service_publish(two_months: Door) -> None:
    assert kept_back(two_months) == set()


def test_a_refused_file_keeps_the_services_of_its_source_back_until_a_good_one_comes(door: Door) -> None:
    draft = Draft("community_safety", 3)
    draft["asb_parties"].header.append("religion")
    door.deliver(draft)
    assert kept_back(door) == {"CSF"}
    (reason,) = door.in_force().blocks(CARDS["CSF"])
    assert reason == "of the delivery of community_safety for 2026-10-31 these files were refused: asb_parties"
    door.deliver(Draft("community_safety", 3, number=4))
    assert kept_back(door) == set()


def test_a_refused_delivery_keeps_its_services_back(door: Door) -> None:
    draft = Draft("revenues", 3)
    draft.has_manifest = False
    door.deliver(draft)
    assert kept_back(door) == {"HSG", "REV"}


def test_missing_objections_keep_everybody_back(door: Door) -> None:
    draft = Draft("corporate", 3)
    draft["data_objections"].is_sent = False
    door.deliver(draft)
    assert kept_back(door) == {"HSG", "CSF", "REV"}
    assert any("data_objections" in reason for reason in door.in_force().blocks(CARDS["CSF"]))
    door.deliver(Draft("corporate", 3, number=4))
    assert kept_back(door) == set()


def test_an_old_delivery_refused_for_its_age_keeps_nobody_back(door: Door) -> None:
    assert door.deliver(Draft("revenues", 1, number=9)).rules == {"D13": 1}
    assert kept_back(door) == set()


def test_a_date_nobody_can_believe_does_not_move_what_is_in_force(door: Door) -> None:
    draft = Draft("revenues", 3)
    draft.claimed_day = date(2099, 1, 31)
    assert door.deliver(draft).rules == {"D11": 1}
    assert door.in_force().sources["revenues"].newest_tried == date(2026, 10, 31)
    door.deliver(Draft("revenues", 3))
    assert kept_back(door) == set()


def test_a_source_silent_for_longer_than_its_contracts_allow_is_named(two_months: Door) -> None:
    state = two_months.in_force()
    assert state.silent_sources(CARDS["REV"], date(2026, 11, 14)) == []
    assert set(state.silent_sources(CARDS["REV"], date(2026, 11, 15))) == set(CARDS["REV"].sources)
