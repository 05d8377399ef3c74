"""Held for a person: nothing out of the ordinary is published unless somebody decides so, by name, with a reason, in time."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime, timedelta

import pytest
from tests.tiny_house import build, tiny_house

from fairview import walk
from fairview.contracts.catalogue import HOUSE, Catalogue
from fairview.contracts.service import read_service
from fairview.domain import verdicts
from fairview.domain.verdicts import Status
from fairview.errors import Blocked, Waiting
from fairview.gate.judge import judge
from fairview.publication import holding
from fairview.publication.publish import publish
from fairview.store import generations, ledger
from fairview.store.keys import Keyring
from fairview.store.places import places

AT = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)
LATER = AT + timedelta(hours=20)
TOO_LATE = AT + timedelta(hours=73)
ODD = "UPDATE facts SET amount_pence = 151 WHERE amount_pence = 3"
WHY = "The new rate came into force, as announced"


@pytest.fixture(scope="session")
def held_once(tmp_path_factory):
    """A house whose service has published once and holds a second candidate for a person."""
    folder = tmp_path_factory.mktemp("held")
    house, where = tiny_house(folder / "house"), places(folder / "state")
    keyring = Keyring.load(where)
    first = build(where, keyring)
    judge(where, keyring, house, {"tiny": first}, AT)
    publish(where, keyring, house, "tiny", first, AT)
    second = build(where, keyring, then=[ODD])
    judge(where, keyring, house, {"tiny": second}, AT)
    with pytest.raises(Waiting):
        publish(where, keyring, house, "tiny", second, AT)
    (folder / "second").write_text(second.name, encoding="ascii")
    return folder


@pytest.fixture
def here(held_once, tmp_path) -> walk.House:
    shutil.copytree(held_once, tmp_path / "copy", symlinks=True)
    where = places(tmp_path / "copy" / "state")
    folder = tmp_path / "copy" / "house"
    return walk.House(
        Catalogue(folder, (), (read_service(folder / "dags" / "services" / "tiny.yml"),)), where, Keyring.load(where)
    )


@pytest.fixture
def candidate(here):
    name = here.places.root.with_name("second").read_text(encoding="ascii")
    return walk.candidate(here, "tiny", name)


def decide(here, candidate, decision=holding.APPROVED, by="a.lead", reason=WHY, at=LATER):
    holding.decide(here.places, here.keyring, here.catalogue, candidate, decision, by, reason, at)


def tried(here, candidate, at=LATER):
    return publish(here.places, here.keyring, here.catalogue, "tiny", candidate, at)


def current(here) -> str:
    return generations.current(here.places, "tiny").name


def test_what_is_out_of_the_ordinary_is_not_published_and_the_message_says_how_to_decide(here, candidate):
    before = current(here)
    with pytest.raises(Waiting, match="fairview approve tiny --by NAME --reason WHY"):
        tried(here, candidate)
    assert current(here) == before
    served = walk.publish(here, "tiny", candidate, LATER)
    assert (served.published, served.status) == (False, "held")
    assert walk.Walked(served=[served]).exit_code == 3


def test_asking_again_notes_it_once_and_does_not_move_the_deadline(here, candidate):
    for hours in (1, 2, 3):
        with pytest.raises(Waiting):
            tried(here, candidate, AT + timedelta(hours=hours))
    (entry,) = ledger.read(here.places, "held")
    assert entry["until"] == (AT + timedelta(hours=72)).isoformat()


def test_the_person_sees_figures_and_no_small_count_or_value(here):
    (held,) = holding.holds(here.places, here.catalogue)
    ((table, why, figures),) = held.question()
    assert (table, why) == ("facts", "No amount is out of the ordinary")
    assert dict(figures) == {"rows now": "120", "rows as published": "120"}


def test_an_approval_publishes_and_the_ledger_says_who_and_why(here, candidate):
    decide(here, candidate)
    done = tried(here, candidate)
    assert (done.generation, done.status) == (candidate.name, Status.WARN)
    decision, publication = list(ledger.read(here.places, "decision", "publication"))[-2:]
    assert (decision["decision"], decision["by"], decision["reason"]) == ("approved", "a.lead", WHY)
    assert (publication["generation"], publication["status"]) == (candidate.name, "warn")
    assert "for a person to decide" in publication["warnings"][0]


def test_a_refusal_keeps_what_is_published_for_good(here, candidate):
    before = current(here)
    decide(here, candidate, holding.REFUSED)
    for _ in range(2):
        with pytest.raises(Blocked, match=r"refused by a\.lead"):
            tried(here, candidate)
        judge(here.places, here.keyring, here.catalogue, {"tiny": candidate}, LATER)  # judging again does not help
        with pytest.raises(Blocked, match="was refused already"):
            decide(here, candidate, by="b.other")
    assert current(here) == before


def test_no_answer_in_time_means_not_published(here, candidate):
    before = current(here)
    with pytest.raises(Blocked, match="nobody decided in time"):
        tried(here, candidate, TOO_LATE)
    entries = list(ledger.read(here.places))
    assert [entry["kind"] for entry in entries[-2:]] == ["decision", "kept_back"]
    assert (entries[-2]["decision"], entries[-2]["by"]) == ("lapsed", None)
    with pytest.raises(Blocked, match="was lapsed already"):
        decide(here, candidate, at=TOO_LATE)
    assert current(here) == before


def test_an_approval_after_the_deadline_is_none(here, candidate):
    with pytest.raises(Blocked, match="the time to decide ended"):
        decide(here, candidate, at=TOO_LATE)
    with pytest.raises(Blocked):
        tried(here, candidate, TOO_LATE)


def test_judging_again_after_an_approval_asks_again(here, candidate):
    decide(here, candidate)
    judge(here.places, here.keyring, here.catalogue, {"tiny": candidate}, LATER + timedelta(minutes=1))
    with pytest.raises(Blocked, match="another candidate or verdict"):
        tried(here, candidate)
    decide(here, candidate)  # of what is judged now
    assert tried(here, candidate).generation == candidate.name


def test_an_approval_does_not_carry_over_to_the_next_candidate(here, candidate):
    decide(here, candidate)
    decision = (candidate.path / "decision.json").read_bytes()
    other = build(here.places, here.keyring, then=[ODD])
    judge(here.places, here.keyring, here.catalogue, {"tiny": other}, LATER)
    (other.path / "decision.json").write_bytes(decision)
    with pytest.raises(Blocked):
        tried(here, other)
    assert current(here) != other.name


def _forged(here, candidate, key: Keyring | None = None, **words):
    document = {
        "service": "tiny", "generation": candidate.name, "sha256": candidate.verdict["sha256"], "decision": "approved",
        "verdict": candidate.verdict["signature"], "by": "nobody", "reason": WHY,
    } | words  # fmt: skip
    document["signature"] = verdicts.signature(document, (key or here.keyring).decision_key())
    (candidate.path / "decision.json").write_text(json.dumps(document), encoding="utf-8")


FORGED = {
    "with another key": (lambda h, c: _forged(h, c, Keyring(b"x" * 32)), "not made through the house"),
    "with the house's key, past its ledger": (lambda h, c: _forged(h, c), "not in the ledger"),
    "about another verdict": (lambda h, c: _forged(h, c, verdict="0" * 64), "another candidate or verdict"),
    "no document": (lambda h, c: (c.path / "decision.json").write_text("{"), "waits for a person"),
}


@pytest.mark.parametrize("case", FORGED)
def test_a_forged_decision_does_not_publish(case, here, candidate):
    before, (forge, words) = current(here), FORGED[case]
    forge(here, candidate)
    with pytest.raises(Blocked, match=words):
        tried(here, candidate)
    assert current(here) == before


def test_an_edited_decision_does_not_publish(here, candidate):
    decide(here, candidate)
    path = candidate.path / "decision.json"
    path.write_text(path.read_text(encoding="utf-8").replace("a.lead", "b.boss"), encoding="utf-8")
    with pytest.raises(Blocked, match="changed afterwards"):
        tried(here, candidate)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ({"by": " "}, "must be named"),
        ({"reason": "ok"}, "say why"),
        ({"reason": "x" * 500}, "longer than"),
        ({"reason": "Mrs QQ 12 34 56 C asked for it"}, "shaped like an identifier"),
        ({"reason": "ring 01632 960 123 first"}, "shaped like an identifier"),
    ],
)
def test_a_decision_has_a_name_and_a_reason_that_names_nobody(here, candidate, words, said):
    with pytest.raises(Blocked, match=said):
        decide(here, candidate, **words)
    assert not list(ledger.read(here.places, "decision"))


def test_only_declared_approvers_may_decide_where_any_are_declared(here, candidate):
    path = here.catalogue.house / "dags" / "gate" / "holding.yml"
    path.write_text(path.read_text(encoding="utf-8").replace("approvers: []", "approvers: [b.boss]"), encoding="utf-8")
    with pytest.raises(Blocked, match="not among those who may decide"):
        decide(here, candidate)
    assert holding.objection(here.catalogue, "a.lead", WHY) == "a.lead is not among those who may decide"
    decide(here, candidate, by="b.boss")
    assert tried(here, candidate).generation == candidate.name


def test_what_is_not_held_cannot_be_approved_into_publication(here):
    worse = build(here.places, here.keyring, then=["UPDATE facts SET amount_pence = -1 WHERE amount_pence = 3"])
    judge(here.places, here.keyring, here.catalogue, {"tiny": worse}, AT)
    with pytest.raises(Blocked, match="not held for a person"):
        decide(here, worse)
    _forged(here, worse)
    with pytest.raises(Blocked):
        tried(here, worse)


def test_a_wave_of_merges_holds_what_follows_from_it_however_often_people_are_linked(here):
    guards = here.catalogue.house / "dags" / "identity" / "guards.yml"
    guards.parent.mkdir()
    shutil.copy(HOUSE / "dags" / "identity" / "guards.yml", guards)
    for merged in (40, 0):
        ledger.append(here.places, "links", AT, people=2000, merged=merged)
    candidate = build(here.places, here.keyring)
    verdict = judge(here.places, here.keyring, here.catalogue, {"tiny": candidate}, AT)["tiny"]
    ((table, one),) = verdict.held()
    assert (verdict.status, table, one.expectation) == (Status.WARN, "linked_people", "house.merge_rate")
    assert dict(one.figures)["people joined into another"] == "40"
    with pytest.raises(Waiting):
        tried(here, candidate)
