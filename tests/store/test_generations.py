"""Generations: built beside, sealed, switched in one rename; the old one's key destroyed."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from fairview.errors import KeyMissing, StoreError
from fairview.store import generations, ledger, opening
from fairview.store.keys import Keyring
from fairview.store.places import WAREHOUSE

SERVICE = "informed_debt"
AT = datetime(2026, 10, 31, tzinfo=UTC)


def built(where, keyring, rows: int):
    candidate = generations.begin(where, keyring, SERVICE)
    con = opening.connect(where)
    opening.attach(con, candidate.database, "mart", candidate.data_key(keyring.zone_key(SERVICE)))
    con.execute(f"CREATE TABLE mart.debts AS SELECT range AS debt FROM range({rows})")
    con.execute("CHECKPOINT mart")
    con.close()
    return candidate


def published_rows(where, keyring) -> int:
    current = generations.current(where, SERVICE)
    con = opening.connect(where)
    try:
        opening.attach(con, current.database, "mart", current.data_key(keyring.zone_key(SERVICE)), read_only=True)
        return con.execute("SELECT count(*) FROM mart.debts").fetchone()[0]
    finally:
        con.close()


def test_a_switch_shows_the_new_generation_and_shreds_the_old(where, keyring):
    first = built(where, keyring, 3)
    generations.seal(first, {})
    assert generations.switch(where, first) is None
    second = built(where, keyring, 5)
    generations.seal(second, {})
    assert generations.switch(where, second) == first.name
    assert published_rows(where, keyring) == 5
    assert not first.path.exists()
    with pytest.raises(StoreError, match="shredded"):
        first.data_key(keyring.zone_key(SERVICE))


def test_a_reader_that_was_in_keeps_reading_while_a_new_one_sees_the_new_generation(where, keyring):
    first = built(where, keyring, 3)
    generations.seal(first, {})
    generations.switch(where, first)
    reader = opening.connect(where)
    opening.attach(reader, first.database, "mart", first.data_key(keyring.zone_key(SERVICE)), read_only=True)
    second = built(where, keyring, 5)
    generations.seal(second, {})
    generations.switch(where, second)
    assert reader.execute("SELECT count(*) FROM mart.debts").fetchone()[0] == 3
    reader.close()
    assert published_rows(where, keyring) == 5


def test_a_candidate_with_a_write_ahead_log_beside_it_is_neither_sealed_nor_switched(where, keyring):
    candidate = built(where, keyring, 3)
    (candidate.path / "mart.duckdb.wal").write_bytes(b"left behind")
    with pytest.raises(StoreError, match="write-ahead log"):
        generations.seal(candidate, {})
    with pytest.raises(StoreError, match="write-ahead log"):
        generations.switch(where, candidate)
    assert generations.current(where, SERVICE) is None


def test_a_crashed_candidate_is_swept_when_the_next_begins_and_the_published_one_is_not(where, keyring):
    published = built(where, keyring, 3)
    generations.seal(published, {})
    generations.switch(where, published)
    crashed = built(where, keyring, 9)
    generations.begin(where, keyring, SERVICE)
    assert not crashed.path.exists()
    assert published_rows(where, keyring) == 3


def test_a_generation_opens_with_its_own_zones_key_only(where, keyring):
    candidate = built(where, keyring, 1)
    with pytest.raises(KeyMissing):
        candidate.data_key(keyring.zone_key("asb_victim_support"))


def test_a_mart_is_never_written_plain(where, keyring):
    candidate = built(where, keyring, 1)
    assert b"debts" not in candidate.database.read_bytes()


def test_a_lost_root_key_is_not_replaced_while_the_vault_stands(where, keyring):
    with opening.vault(where, keyring) as con:
        con.execute("CREATE TABLE anything (n INTEGER)")
    (where.keys / "root.key").unlink()
    with pytest.raises(KeyMissing, match="root key is not"):
        Keyring.load(where)


def test_a_key_file_others_can_read_is_refused(where, keyring):
    (where.keys / "root.key").chmod(0o644)
    with pytest.raises(KeyMissing, match="open to others"):
        Keyring.load(where)


def test_an_unencrypted_file_is_refused(where, keyring):
    con = opening.connect(where)
    con.execute(f"ATTACH '{where.work / 'plain.duckdb'}' AS plain")
    con.execute("CREATE TABLE plain.t AS SELECT 1 AS n")
    con.execute("DETACH plain")
    with pytest.raises(StoreError):
        opening.attach(con, where.work / "plain.duckdb", "mart", "00" * 32)
    con.close()


@pytest.mark.parametrize("damage", ["removed", "a loop"])
def test_a_lost_link_does_not_cost_the_generation_last_published(where, keyring, damage):
    first = built(where, keyring, 3)
    generations.seal(first, {})
    generations.switch(where, first)
    ledger.append(where, "publication", AT, service=SERVICE, generation=first.name)
    link = where.zone(SERVICE) / "current"
    link.unlink()
    if damage == "a loop":
        link.symlink_to("current")
    left_by_a_crash = generations.begin(where, keyring, SERVICE)
    second = built(where, keyring, 5)
    assert first.data_key(keyring.zone_key(SERVICE))
    assert not left_by_a_crash.path.exists()
    generations.seal(second, {})
    generations.switch(where, second)
    assert published_rows(where, keyring) == 5
    assert not first.path.exists()


def test_what_was_withdrawn_is_swept_although_it_was_published_once(where, keyring):
    first = built(where, keyring, 3)
    generations.seal(first, {})
    generations.switch(where, first)
    ledger.append(where, "publication", AT, service=SERVICE, generation=first.name)
    ledger.append(where, "withdrawal", AT, service=SERVICE, generation=first.name)
    (where.zone(SERVICE) / "current").unlink()
    assert generations.sweep(where, SERVICE) == [first.name]
    assert not first.path.exists()


def test_a_lost_link_does_not_cost_the_newest_sealed_warehouse(where, keyring):
    sealed = generations.begin(where, keyring, WAREHOUSE)
    sealed.database.write_bytes(b"sealed")
    generations.seal(sealed, {})
    generations.switch(where, sealed)
    (where.zone(WAREHOUSE) / "current").unlink()
    generations.begin(where, keyring, WAREHOUSE)
    assert sealed.data_key(keyring.zone_key(WAREHOUSE))
