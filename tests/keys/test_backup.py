"""What cannot be made again is backed up, put back, and built from; a state older than it was is seen to be."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime

import pytest

from fairview import walk
from fairview.errors import KeyMissing, StoreError
from fairview.governance import backups
from fairview.store import generations, keys, ledger, opening
from fairview.store.keys import Keyring
from fairview.store.places import places

AT = datetime(2026, 11, 1, tzinfo=UTC)


def published(here: walk.House) -> dict[str, tuple]:
    """Rows and content of every published table, pseudonyms included."""
    found = {}
    for card in here.catalogue.services:
        generation = generations.current(here.places, card.service)
        con = opening.connect(here.places)
        opening.attach(con, generation.database, "mart", generation.data_key(here.keyring.zone_key(card.service)), True)
        for table in card.tables:
            found[f"{card.service}.{table.name}"] = con.execute(
                f'SELECT count(*), sum(hash(held)::HUGEINT) FROM mart."{table.name}" AS held'
            ).fetchone()
        con.close()
    return found


@pytest.fixture
def small(where, keyring):
    """A vault that knows two deliveries, and a ledger that tells of them."""
    with opening.vault(where, keyring) as con:
        con.execute("CREATE SCHEMA intake; CREATE TABLE intake.deliveries (delivery_id VARCHAR)")
    for number in (1, 2):
        deliver(where, keyring, f"housing-2026-10-31-000{number}")
    return where


def deliver(where, keyring, name: str) -> None:
    with opening.vault(where, keyring) as con:
        con.execute("INSERT INTO intake.deliveries VALUES (?)", [name])
    ledger.append(
        where, "delivery", AT, delivery_id=name, source="housing", extract_date="2026-10-31", delivery=int(name[-1])
    )


def test_a_restored_state_builds_the_same_marts_and_the_same_person_ids(walked, tmp_path):
    made = backups.back_up(walked.here.places, walked.here.keyring, tmp_path / "backups", AT)
    kept = {path.relative_to(made).parts[0] for path in made.rglob("*") if path.is_file()}
    assert kept == {"vault.duckdb", "landing", "ledger", "backup.json"}, "derived data or keys were backed up"
    where = places(tmp_path / "elsewhere")
    shutil.copytree(walked.here.places.keys, where.keys)
    backups.restore(where, Keyring.load, made, AT)
    here = walk.house(walked.here.catalogue, where)
    assert backups.rolled_back(where, here.keyring) == []
    assert all(outcome.published for outcome in walk.rebuild(here, lambda: AT))
    assert published(here) == published(walked.here)


def test_a_restore_tells_what_must_be_delivered_again_and_keeps_the_longer_ledger(small, keyring, tmp_path):
    made = backups.back_up(small, keyring, tmp_path / "backups", AT)
    deliver(small, keyring, "housing-2026-10-31-0003")
    small.vault.unlink()
    entries = len(list(ledger.read(small)))
    assert backups.rolled_back(small, keyring) == ["the ledger tells of deliveries but there is no vault"]
    told = backups.restore(small, Keyring.load, made, AT)
    assert "deliver again: housing 2026-10-31 (delivery 3)" in told
    assert "the vault does not hold 1 deliveries" in backups.rolled_back(small, keyring)[0]
    ledger.verify(small)
    assert [entry["kind"] for entry in ledger.read(small)][entries:] == ["restore"]


def test_a_state_folder_put_back_whole_from_last_week_is_seen_by_the_anchor_beside_the_keys(small, keyring, tmp_path):
    shutil.copytree(small.root, tmp_path / "last-week")
    deliver(small, keyring, "housing-2026-10-31-0003")
    assert backups.rolled_back(small, keyring) == []
    shutil.rmtree(small.root)
    shutil.copytree(tmp_path / "last-week", small.root)
    assert ledger.verify(small), "the chain itself is whole"
    (sentence,) = backups.rolled_back(small, keyring)
    assert "the ledger has 2 entries but had 3" in sentence
    ledger.append(small, "delivery", AT, delivery_id="housing-2026-10-31-0002", source="housing")
    assert ledger.rolled_back(small) is None, "the new history is the one remembered from here on"


def test_another_history_of_the_same_length_is_seen(small, keyring):
    path = small.ledger / "ledger.jsonl"
    first, _ = path.read_text(encoding="utf-8").splitlines()
    forged = {"at": AT.isoformat(), "kind": "delivery", "number": 2, "previous": ledger._digest(first)}
    path.write_text(first + "\n" + json.dumps(forged) + "\n", encoding="utf-8")
    assert ledger.verify(small)
    assert "not the one the keys remember" in ledger.rolled_back(small)


@pytest.mark.parametrize(
    ("spoil", "error", "says"),
    [
        (lambda made, where: (made / "vault.duckdb").write_bytes(b"x"), StoreError, "not what was backed up"),
        (lambda made, where: (made / "ledger" / "ledger.jsonl").unlink(), StoreError, "not what was backed up"),
        (lambda made, where: (made / "more").write_text("x"), StoreError, "not what was backed up"),
        (lambda made, where: (made / "backup.json").unlink(), StoreError, "no backup"),
        (lambda made, where: (where.keys / keys.ROOT).unlink(), KeyMissing, "put the backup of state.keys/ back first"),
        (lambda made, where: (where.keys / keys.ROOT).write_text("ab" * 32), StoreError, "wrong key"),
    ],
)
def test_a_backup_that_is_not_whole_or_not_of_these_keys_changes_nothing(small, keyring, tmp_path, spoil, error, says):
    made = backups.back_up(small, keyring, tmp_path / "backups", AT)
    small.vault.unlink()
    before = (small.ledger / "ledger.jsonl").read_bytes()
    spoil(made, small)
    with pytest.raises(error, match=says):
        backups.restore(small, Keyring.load, made, AT)
    assert not small.vault.exists() and (small.ledger / "ledger.jsonl").read_bytes() == before


def test_a_backup_is_never_put_over_a_vault(small, keyring, tmp_path):
    made = backups.back_up(small, keyring, tmp_path / "backups", AT)
    with pytest.raises(StoreError, match="has a vault"):
        backups.restore(small, Keyring.load, made, AT)
