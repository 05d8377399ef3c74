"""Identifiers that stay, decisions that outlive runs, and runs that repeat."""

from __future__ import annotations

import hmac
from datetime import UTC, date, datetime
from hashlib import sha256

import duckdb
import pytest

from fairview.contracts.catalogue import catalogue
from fairview.identity import guards, link, links_export, naming, review, why
from fairview.store import generations, ledger
from fairview.store.keys import Keyring
from fairview.store.places import places

BORN = date(1971, 3, 14)
NEXT = {"as_at": date(2026, 11, 30), "at": datetime(2026, 12, 2, 6, tzinfo=UTC)}


def populate(town):
    """Three people over six records."""
    home, other = town.home(1), town.home(2)
    account = town.account("10000001", home, "ZZYZX, QUILLON", "ZZYZX, OTTOLINE")
    claim = town.claim("00000001", home, "Quillon", "Zzyzx", BORN, "QQ123456A", ctax_ref="10000001A")
    alone = town.registered("VR1", "Petronel", "Bracket", date(1950, 9, 9), other)
    return account, claim, alone


def links(town):
    return sorted(town.ask("SELECT feed, record_key, person_key FROM identity.record_person"))


def events(town):
    return sorted(town.ask("SELECT kind, reason, records FROM identity.events WHERE kind IN ('split', 'merge')"))


def test_two_runs_give_the_same_links_and_nothing_happens_in_the_second(town):
    populate(town)
    first = town.link()
    before = links(town)
    second = town.link(full=True)
    assert links(town) == before
    assert (first.first, first.new, second.first, second.new, second.merged, second.split) == (True, 3, False, 0, 0, 0)
    assert events(town) == []


def test_a_new_identifier_is_the_keyed_hash_of_the_smallest_record_and_the_date(town):
    _, _, alone = populate(town)
    town.link()
    told = hmac.new(town.keyring.registry_key(), b"vulnerability_register|VR1|2026-10-31", sha256).hexdigest()[:32]
    assert str(town.person(alone)).replace("-", "") == told


def test_the_same_deliveries_under_the_same_key_give_the_same_people_anywhere(town, tmp_path):
    populate(town)
    town.link()
    elsewhere = type(town)(places(tmp_path / "elsewhere"), town.keyring)
    populate(elsewhere)
    elsewhere.link()
    assert links(elsewhere) == links(town)
    stranger = places(tmp_path / "stranger")
    foreign = type(town)(stranger, Keyring.load(stranger))
    populate(foreign)
    foreign.link()
    assert not {row[2] for row in links(foreign)} & {row[2] for row in links(town)}


def test_an_identifier_stays_when_records_come_and_go(town):
    account, claim, _ = populate(town)
    town.link()
    before = town.person(account[0])
    town.take(claim[0])
    town.take(claim[1])
    new = town.registered("VR9", "Quillon", "Zzyzx", BORN, "999700000001")
    receipt = town.link(**NEXT)
    assert town.person(account[0]) == town.person(new) == before
    assert (receipt.new, receipt.split, receipt.merged) == (0, 0, 0)


def test_somebody_who_left_and_came_back_has_the_identifier_of_before(town):
    _, _, alone = populate(town)
    town.link()
    before = town.person(alone)
    town.take(alone)
    assert town.link(**NEXT).retired == 1
    assert town.ask("SELECT retired_on FROM identity.registry WHERE person_key = ?", before) == [(NEXT["as_at"],)]
    town.registered("VR1", "Petronel", "Bracket", date(1950, 9, 9), "999700000002")
    town.link(as_at=date(2026, 12, 31))
    assert town.person(alone) == before
    assert town.ask("SELECT retired_on FROM identity.registry WHERE person_key = ?", before) == [(None,)]


def test_a_merge_keeps_the_larger_identifier_and_is_logged(town):
    first = town.claim("00000001", town.home(1), "Quillon", "Zzyzx", BORN, "QQ123456A")
    second = town.registered("VR1", "Quillon", "Zzyzx", None, town.home(2))
    town.link()
    old = town.person(second)
    assert not town.same(first[0], second)
    town.take(second)
    town.registered("VR1", "Quillon", "Zzyzx", BORN, "999700000001")
    receipt = town.link(**NEXT)
    assert town.same(first[0], second)
    assert receipt.merged == 1
    assert events(town) == [("merge", "rule: same name, birth date and home", 1)]
    assert town.ask("SELECT merged_into FROM identity.registry WHERE person_key = ?", old) == [(town.person(first[0]),)]


def test_a_split_leaves_the_identifier_with_the_bigger_part_and_is_logged(town):
    account, claim, _ = populate(town)
    town.link()
    before = town.person(claim[0])
    number = review.decide(
        town.places, town.keyring, "must_not_link", claim[0], account[0], "seen the file", "linking officer", NEXT["at"]
    )
    receipt = town.link(**NEXT)
    assert not town.same(claim[0], account[0])
    assert receipt.split == 1
    assert before in {town.person(claim[0]), town.person(account[0])}
    assert events(town)[0][:2] == ("split", f"decision {number}: must not link")


def test_must_not_link_outlives_runs_until_withdrawn_and_is_audited(town):
    account, claim, _ = populate(town)
    town.link()
    number = review.decide(
        town.places, town.keyring, "must_not_link", claim[0], account[0], "two cousins", "linking officer", NEXT["at"]
    )
    town.link(**NEXT)
    town.link(as_at=date(2026, 12, 31), full=True)
    assert not town.same(claim[0], account[0])
    review.withdraw(town.places, town.keyring, number, "case_files", "senior linking officer", NEXT["at"])
    town.link(as_at=date(2027, 1, 31))
    assert town.same(claim[0], account[0])
    kinds = [entry["kind"] for entry in ledger.read(town.places)]
    assert kinds == ["link_decision", "link_decision_withdrawn"]
    told = review.decided(town.places, town.keyring)
    assert [(row["verdict"], row["decided_by"], row["withdrawn_by"]) for row in told] == [
        ("must_not_link", "linking officer", "senior linking officer")
    ]


def test_must_link_joins_what_the_evidence_does_not(town):
    first = town.registered("VR1", "Quillon", "Zzyzx", BORN, town.home(1))
    second = town.registered("VR2", "Quillon", "Bracket", None, town.home(2))
    town.link()
    assert not town.same(first, second)
    review.decide(town.places, town.keyring, "must_link", first, second, "married name", "linking officer", NEXT["at"])
    town.link(**NEXT)
    assert town.same(first, second)


def test_must_link_joins_two_people_with_all_their_records(town):
    one = town.account("10000001", town.home(1), "ZZYZX, QUILLON")
    other = town.account("10000002", town.home(2), "BRACKET, PETRONEL")
    town.link()
    review.decide(town.places, town.keyring, "must_link", one[0], other[0], "case_files", "linking officer", NEXT["at"])
    town.link(**NEXT)
    assert town.same(*one, *other)


def test_a_decision_cannot_contradict_one_in_force_or_name_nobody(town):
    account, claim, _ = populate(town)
    town.link()
    say = (town.places, town.keyring)
    number = review.decide(*say, "must_link", claim[0], account[0], "same", "linking officer", NEXT["at"])
    assert review.decide(*say, "must_link", account[0], claim[0], "again", "linking officer", NEXT["at"]) == number
    for verdict, second in (
        ("must_not_link", account[0]),
        ("must_link", ("vulnerability_register", "NONE")),
        ("perhaps", account[0]),
    ):
        with pytest.raises(review.DecisionRefused):
            review.decide(*say, verdict, claim[0], second, "why", "linking officer", NEXT["at"])


def test_the_queue_shows_agreement_and_no_value(town):
    home = town.home(1)
    town.claim("00000001", home, "Ottoline", "Zzyzx", date(1980, 2, 2))
    town.member("00000001", 2, "Quillon", "Zzyzx", date(2015, 6, 6))
    town.member("00000001", 3, "Quinella", "Zzyzx", date(2015, 6, 6))
    town.registered("VR2", "Q", "Zzyzx", date(2015, 6, 6), home)
    town.link()
    waiting = review.listing(town.places, town.keyring)
    assert waiting
    assert not any(value in str(waiting).upper() for value in ("ZZYZX", "QUILLON", "2015", "VR2", "00000001", "9997"))
    review.settle(
        town.places, town.keyring, waiting[0]["item"], "must_not_link", "twins", "linking officer", NEXT["at"]
    )
    town.link(**NEXT)
    assert waiting[0]["item"] not in {item["item"] for item in review.listing(town.places, town.keyring)}


def test_why_names_the_rule_or_the_weights_and_no_value(town):
    account, claim, alone = populate(town)
    entry = town.registered("VR2", "Ottoline", "Zzyzx", date(1975, 5, 5), "999700000001")
    town.link()
    by_rule = why.why(town.places, town.keyring, *claim[0], *account[0])
    assert by_rule.same_person
    assert next(step.rule for step in by_rule.steps) == "claim's council tax reference"
    by_weight = why.why(town.places, town.keyring, *entry, *account[2])
    assert by_weight.same_person
    assert by_weight.steps[0].levels["forename"] == "same forename"
    assert abs(sum(by_weight.steps[0].weights.values()) - by_weight.steps[0].weight) < 0.1
    apart = why.why(town.places, town.keyring, *alone, *account[0])
    assert not apart.same_person
    assert apart.against
    assert not any(value in str((by_rule, by_weight, apart)) for value in ("ZZYZX", "Zzyzx", "1975", "10000001"))
    with pytest.raises(naming.NoSuchRecord):
        why.why(town.places, town.keyring, "deaths", "NONE", *account[0])


def test_the_waterfall_chart_of_a_scored_pair_is_written_without_values(town, tmp_path):
    account, _, alone = populate(town)
    entry = town.registered("VR2", "Ottoline", "Zzyzx", date(1975, 5, 5), "999700000001")
    town.link()
    page = tmp_path / "chart.html"
    assert why.waterfall(town.places, town.keyring, *entry, *account[2], page)
    assert "ZZYZX" not in page.read_text(encoding="utf-8").upper()
    assert not why.waterfall(town.places, town.keyring, *alone, *account[0], page)
    assert page.stat().st_mode & 0o077 == 0
    told = page.read_text(encoding="utf-8")
    assert "https://cdn" not in told
    assert "<script src" not in told
    kept = why.waterfall(town.places, town.keyring, *entry, *account[2])
    assert kept.parent == town.places.root / "charts"
    assert (kept.parent.stat().st_mode | kept.stat().st_mode) & 0o077 == 0


def test_changed_records_alone_are_scored_anew_and_the_result_is_that_of_a_full_run(town):
    populate(town)
    homes = [town.home(number) for number in range(10, 22)]
    for number, home in enumerate(homes):
        name = f"{'ABCDEFGHIJKL'[number] * 4}X"
        town.account(f"3000{number:04}", home, f"{name}, QUILLON", f"{name}, OTTOLINE")
        town.registered(f"VS{number}", "Ottoline", name, date(1960 + number, 4, 4), home)
    first = town.link()
    town.registered("VT1", "Quillon", "CCCCX", date(1966, 6, 6), homes[2])
    changed = town.link(**NEXT)
    assert 0 < changed.scored_anew < first.scored_anew
    after = links(town)
    queue = town.ask("SELECT item, kind, weight FROM identity.review_queue ORDER BY item")
    whole = town.link(full=True, **NEXT)
    assert links(town) == after
    assert town.ask("SELECT item, kind, weight FROM identity.review_queue ORDER BY item") == queue
    assert whole.scored_anew >= first.scored_anew


def test_too_many_new_people_stop_the_run_before_anything_is_written(town):
    populate(town)
    town.link()
    before = links(town)
    with town.vault() as con:
        con.execute(
            """INSERT INTO staged.vulnerability_register BY NAME SELECT 'X' || i AS reg_id, 'X' || i AS record_key,
            'Zz' || chr(65 + i::INT % 26) || chr(65 + i::INT // 26) || 'yx' AS surname, 'Quillon' AS forename FROM range(400) AS t(i)"""
        )
    with pytest.raises(guards.TooManyChanged) as stopped:
        town.link(**NEXT)
    assert "400 people new" in str(stopped.value)
    assert links(town) == before
    assert town.link(allowed={"new": 400}, **NEXT).new == 400


def test_the_export_carries_each_services_pseudonym(town, tmp_path):
    populate(town)
    town.link()
    to = tmp_path / "links.parquet"
    count = links_export.export(town.places, town.keyring, catalogue(), to)
    rows = duckdb.sql(f"FROM '{to}'").fetchall()
    names = duckdb.sql(f"FROM '{to}'").columns
    assert count == len(rows) == len(links(town))
    assert to.stat().st_mode & 0o077 == 0
    for card in catalogue().services:
        place = names.index(f"person_id_{card.service}")
        for row in rows:
            told = hmac.new(town.keyring.pseudonym_key(card.service), str(row[3]).encode(), sha256).hexdigest()[:32]
            assert str(row[place]).replace("-", "") == told


def test_a_run_that_fails_leaves_the_links_of_the_run_before(town, monkeypatch):
    populate(town)
    town.link()
    before = links(town)
    town.registered("VR7", "Ivo", "Nobodyx", BORN, town.home(7))
    monkeypatch.setitem(link._RESULTS, "households", "SELECT no_such_column FROM household_kinds")
    with pytest.raises(duckdb.Error):
        town.link(**NEXT)
    monkeypatch.undo()
    assert links(town) == before
    assert town.ask("SELECT count(*) FROM identity.runs") == [(1,)]


def test_the_vault_holds_no_plain_copy_beside_it(town):
    populate(town)
    town.link()
    assert not list(town.places.root.glob("*.wal"))
    assert generations.file_hash(town.places.vault)
    assert b"ZZYZX" not in town.places.vault.read_bytes()
