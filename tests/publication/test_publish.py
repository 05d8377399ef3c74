"""Publication: only what was judged good replaces what is published; what is replaced is gone."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime

import pytest
from tests.tiny_house import build, tiny_house

from fairview.contracts.catalogue import Catalogue
from fairview.contracts.service import read_service
from fairview.domain import verdicts
from fairview.errors import Blocked, KeyMissing, StoreError
from fairview.gate.judge import judge
from fairview.publication.publish import keep_back, publish, withdraw
from fairview.publication.tables import tables
from fairview.store import generations, ledger
from fairview.store.keys import Keyring
from fairview.store.places import places

AT = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)
LATER = datetime(2026, 12, 23, 6, 0, tzinfo=UTC)


@pytest.fixture(scope="session")
def two_generations(tmp_path_factory):
    """A folder with a house whose service has published once and holds a second candidate, judged with a remark."""
    folder = tmp_path_factory.mktemp("two")
    house, where = tiny_house(folder / "house", ("tiny", "other")), places(folder / "state")
    keyring = Keyring.load(where)
    first = build(where, keyring)
    judge(where, keyring, house, {"tiny": first}, AT)
    publish(where, keyring, house, "tiny", first, AT)
    second = build(where, keyring, then=["UPDATE facts SET rule_id = 'old' WHERE amount_pence = 3"])
    judge(where, keyring, house, {"tiny": second}, LATER)
    (folder / "second").write_text(second.name, encoding="ascii")
    return folder


@pytest.fixture
def where(two_generations, tmp_path):
    shutil.copytree(two_generations, tmp_path / "copy", symlinks=True)
    return places(tmp_path / "copy" / "state")


@pytest.fixture
def house(where):
    folder = where.root.with_name("house")
    cards = [read_service(folder / "dags" / "services" / f"{name}.yml") for name in ("other", "tiny")]
    return Catalogue(folder, (), tuple(cards))


@pytest.fixture
def candidate(where):
    name = where.root.with_name("second").read_text(encoding="ascii")
    return generations.Generation("tiny", where.zone("tiny") / name)


def _published(where) -> dict[str, bytes]:
    current = generations.current(where, "tiny")
    return {path.name: path.read_bytes() for path in sorted(current.path.iterdir())} | {
        "current": current.name.encode()
    }


def _last(where) -> dict:
    return list(ledger.read(where))[-1]


def test_a_judged_candidate_replaces_what_is_published_and_the_old_key_and_folder_are_gone(
    where, keyring, house, candidate
):
    old = generations.current(where, "tiny")
    old_key = (old.path / "dek.wrapped").read_bytes()
    done = publish(where, keyring, house, "tiny", candidate, LATER)
    assert (done.generation, done.replaced, done.status) == (candidate.name, old.name, "remark")
    assert done.rows == {"facts": 120, "people_list": 60, "totals": 3}
    assert done.reasons == ("facts: “Only rules in force” is not so (a remark) (facts.rules)",)
    assert not old.path.exists()
    assert sorted(path.name for path in where.zone("tiny").iterdir()) == ["current", candidate.name]
    assert not [path for path in where.root.rglob("*") if path.is_file() and old_key in path.read_bytes()]
    with pytest.raises(StoreError):
        old.data_key(keyring.zone_key("tiny"))


def test_the_ledger_tells_of_a_publication_with_no_exact_small_count(where, keyring, house, candidate):
    old = generations.current(where, "tiny").name
    publish(where, keyring, house, "tiny", candidate, LATER)
    entry = _last(where)
    assert entry["kind"] == "publication"
    assert entry["rows"] == {"facts": 120, "people_list": 60, "totals": None}
    assert entry["residents"] == {"assessed": {"people": 120}, "in_data": 120, "listed": {"people": 60}}
    assert (entry["replaced"], entry["destroyed_at"]) == (old, "2026-12-23T06:00:00+00:00")
    assert entry["warnings"] == ["facts: “Only rules in force” is not so (a remark) (facts.rules)"]
    ledger.verify(where)


def _changed(candidate, **words):
    document = candidate.verdict | words
    (candidate.path / "verdict.json").write_text(json.dumps(document), encoding="utf-8")


def _resigned(candidate, keyring, **words):
    document = candidate.verdict | words
    document["signature"] = verdicts.signature(document, keyring.verdict_key())
    (candidate.path / "verdict.json").write_text(json.dumps(document), encoding="utf-8")


def _tamper_with_database(candidate):
    candidate.database.chmod(0o600)
    with candidate.database.open("r+b") as file:
        file.seek(-10, 2)
        file.write(b"0123456789")


def _tamper_with_manifest(candidate):
    document = candidate.manifest | {"as_at": "2026-12-31"}
    (candidate.path / "manifest.json").write_text(json.dumps(document), encoding="utf-8")


# What is done after the candidate was judged → words of the reason.
TOO_LATE = {
    "never judged": (lambda c, k, h: (c.path / "verdict.json").unlink(), "has not been judged"),
    "the verdict is no document": (lambda c, k, h: (c.path / "verdict.json").write_text("{"), "has not been judged"),
    "the verdict says pass by hand": (lambda c, k, h: _changed(c, status="pass"), "not signed by the gate"),
    "the signature is gone": (lambda c, k, h: _changed(c, signature=""), "not signed by the gate"),
    "the verdict is signed with another key": (
        lambda c, k, h: _resigned(c, Keyring(b"x" * 32), status="pass"), "not signed by the gate"),
    "the verdict is another candidate's": (lambda c, k, h: _resigned(c, k, generation="gen-other"), "another candidate"),
    "the verdict is another service's": (lambda c, k, h: _resigned(c, k, service="other"), "another candidate"),
    "the verdict has another hash": (lambda c, k, h: _resigned(c, k, sha256="0" * 64), "changed after it was judged"),
    "the database was changed": (lambda c, k, h: _tamper_with_database(c), "the candidate was changed"),
    "the database is gone": (lambda c, k, h: c.database.unlink(), "not there any more"),
    "the manifest was changed": (lambda c, k, h: _tamper_with_manifest(c), "description was changed"),
    "a suite was changed": (
        lambda c, k, h: (h.house / "expectations" / "tiny" / "facts.json").write_text("{}"), "expectations were changed"),
    "a suite of the house was changed": (
        lambda c, k, h: (h.house / "expectations" / "_house" / "frame.json").write_text("{}"), "expectations were changed"),
    "a suite was added": (
        lambda c, k, h: (h.house / "expectations" / "tiny" / "more.json").write_text("{}"), "expectations were changed"),
    "the rule pack was changed": (
        lambda c, k, h: (h.house / "dbt_project" / "seeds" / "tiny" / "rules.csv").write_text("rule_id\n"), "rule pack"),
    "the verdict is a block": (lambda c, k, h: _resigned(c, k, status="block"), "did not let it pass"),
    "the verdict is not run": (lambda c, k, h: _resigned(c, k, status="not_run"), "did not let it pass"),
    "the verdict is a word nobody knows": (lambda c, k, h: _resigned(c, k, status="PASS"), "did not let it pass"),
}  # fmt: skip


@pytest.mark.parametrize("case", TOO_LATE)
def test_what_changed_since_the_verdict_is_not_published(case, where, keyring, house, candidate):
    change, words = TOO_LATE[case]
    change(candidate, keyring, house)
    before = _published(where)
    with pytest.raises(Blocked, match=words):
        publish(where, keyring, house, "tiny", candidate, LATER)
    assert _published(where) == before
    assert _last(where)["kind"] == "kept_back"
    assert words in " ".join(_last(where)["reasons"])


def test_a_verdict_laid_beside_another_candidate_does_not_publish_it(where, keyring, house, candidate):
    borrowed = candidate.verdict
    other = build(where, keyring)  # sweeps the judged one
    generations.attest(other, borrowed)
    before = _published(where)
    with pytest.raises(Blocked, match="another candidate"):
        publish(where, keyring, house, "tiny", other, LATER)
    assert _published(where) == before


def test_an_older_candidate_never_replaces_a_newer_publication(where, keyring, house, candidate):
    publish(where, keyring, house, "tiny", candidate, LATER)
    older = build(where, keyring, as_at="2026-09-30", then=[
        f"UPDATE {table} SET as_at_on = DATE '2026-09-30'" for table in ("people_list", "facts", "totals")
    ])  # fmt: skip
    assert judge(where, keyring, house, {"tiny": older}, LATER)["tiny"].status == "pass"
    with pytest.raises(Blocked, match="older than what is published"):
        publish(where, keyring, house, "tiny", older, LATER)
    assert generations.current(where, "tiny").name == candidate.name


def test_the_same_candidate_twice_is_published_once(where, keyring, house, candidate):
    publish(where, keyring, house, "tiny", candidate, LATER)
    entries = list(ledger.read(where))
    again = publish(where, keyring, house, "tiny", candidate, LATER)
    assert (again.generation, again.replaced) == (candidate.name, None)
    assert list(ledger.read(where)) == entries


def test_a_publication_cut_off_before_the_ledger_is_noted_by_the_next_run(where, keyring, house, candidate):
    old = generations.current(where, "tiny").name
    generations.switch(where, candidate)  # as if the process died here
    publish(where, keyring, house, "tiny", candidate, LATER)
    entry = _last(where)
    assert (entry["kind"], entry["generation"], entry["replaced"], entry["noted_late"]) == (
        "publication", candidate.name, old, True,
    )  # fmt: skip
    assert entry["residents"]["listed"] == {"people": 60}


def test_a_switch_cut_off_before_the_shredding_is_finished_by_the_next_run(where, keyring, house, candidate):
    old = generations.current(where, "tiny")
    link = where.zone("tiny") / "current"
    link.unlink()
    link.symlink_to(candidate.name)  # the rename happened, nothing after it did
    assert old.path.exists()
    publish(where, keyring, house, "tiny", candidate, LATER)
    assert not old.path.exists()
    assert _last(where)["replaced"] == old.name


def test_what_was_put_in_place_by_hand_is_told_and_then_replaced(where, keyring, house):
    by_hand = build(where, keyring)
    generations.switch(where, by_hand)
    candidate = build(where, keyring)
    judge(where, keyring, house, {"tiny": candidate}, LATER)
    publish(where, keyring, house, "tiny", candidate, LATER)
    told, done = list(ledger.read(where, "publication"))[-2:]
    assert (told["generation"], told["status"]) == (by_hand.name, "not_run")
    assert told["warnings"] == ["it was put in place without a verdict"]
    assert (done["generation"], done["replaced"]) == (candidate.name, by_hand.name)


def test_keeping_back_changes_nothing_but_the_ledger(where, keyring):
    before = _published(where)
    keep_back(where, "tiny", ["the feed data_objections is missing"], LATER)
    assert _published(where) == before
    assert _last(where)["reasons"] == ["the feed data_objections is missing"]


def test_a_withdrawal_cut_off_before_the_ledger_is_told_by_the_next(where, keyring, house):
    old = generations.current(where, "tiny")
    generations.withdraw(where, "tiny")  # as if the process died here
    assert withdraw(where, "tiny", "no delivery from housing within the declared time", LATER) == old.name
    assert (_last(where)["kind"], _last(where)["generation"]) == ("withdrawal", old.name)
    entries = list(ledger.read(where))
    assert withdraw(where, "tiny", "again", LATER) is None
    assert list(ledger.read(where)) == entries


def test_withdrawing_leaves_nothing_to_read_and_says_why(where, keyring, house):
    old = generations.current(where, "tiny")
    assert withdraw(where, "tiny", "no delivery from housing within the declared time", LATER) == old.name
    assert not old.path.exists()
    assert tables(where, house, "tiny", keyring.zone_key("tiny")) == []
    entry = _last(where)
    assert (entry["kind"], entry["generation"]) == ("withdrawal", old.name)
    assert withdraw(where, "tiny", "again", LATER) is None
    assert _last(where) == entry


def test_tables_tell_the_holder_of_the_key_what_is_published(where, keyring, house):
    found = tables(where, house, "tiny", keyring.zone_key("tiny"))
    assert [(row["table"], row["role"], row["rows"], row["as_at"]) for row in found] == [
        ("people_list", "list", 60, "2026-10-31"),
        ("facts", "facts", 120, "2026-10-31"),
        ("totals", "totals", 3, "2026-10-31"),
    ]
    with pytest.raises(KeyMissing):
        tables(where, house, "tiny", keyring.zone_key("other"))
