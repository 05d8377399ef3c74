"""Training and linking give the same whoever runs them, and the committed model names nobody."""

from __future__ import annotations

import json
import re
import shutil
from datetime import UTC, date, datetime

import pytest

from fairview import walk
from fairview.contracts.catalogue import catalogue
from fairview.demo import council
from fairview.identity import link, model, train
from fairview.intake import deliveries
from fairview.store import opening
from fairview.store.places import places

AS_AT = date(2026, 10, 31)
AT = datetime(2026, 11, 3, 6, tzinfo=UTC)


@pytest.fixture(scope="module")
def received(tmp_path_factory):
    """A council of 200 with one delivery received and nothing linked yet."""
    folder = tmp_path_factory.mktemp("trained")
    council.write_deliveries(200, 7, 1, folder / "in", last_extract=AS_AT)
    here = walk.house(catalogue(), places(folder / "state"))
    for delivery in deliveries.find(folder / "in" / AS_AT.isoformat()):
        walk.receive(here, delivery, AT)
    return here


def test_training_twice_with_one_seed_gives_the_same_file_and_no_name_in_it(received, tmp_path, monkeypatch):
    monkeypatch.setattr(train, "_RANDOM_PAIRS", 100_000)
    files = [tmp_path / "one.json", tmp_path / "two.json"]
    for file in files:
        train.train(received.places, received.keyring, AS_AT, seed=5, to=file)
    assert files[0].read_bytes() == files[1].read_bytes()
    words = set(re.findall(r"[A-Z0-9@.]{4,}", files[0].read_text(encoding="utf-8").upper()))
    with opening.vault(received.places, received.keyring, read_only=True) as con:
        held = con.execute(
            """SELECT DISTINCT upper(unnest([forename, surname, nino, CAST(birth_date AS VARCHAR)])) FROM staged.benefit_members"""
        ).fetchall()
    # Surnames that are also words of the settings themselves (a comparison's label) say nothing of anybody.
    plain = set(re.findall(r"[A-Z0-9@.]{4,}", json.dumps(model.settings()).upper()))
    assert held
    assert not {value for (value,) in held if value} & (words - plain)


def _linked(here, tmp_path, name: str, *, threads: int, shuffled: bool) -> list[tuple]:
    """Link a copy of the vault, its staged rows perhaps in another order; returns who is who."""
    copy = places(tmp_path / name)
    shutil.copytree(here.places.root, copy.root, dirs_exist_ok=True)
    if shuffled:
        with opening.vault(copy, here.keyring) as con:
            for (feed,) in con.execute(
                "SELECT table_name FROM duckdb_tables() WHERE schema_name = 'staged' ORDER BY 1"
            ).fetchall():
                con.execute(
                    f"CREATE TEMP TABLE turned AS FROM staged.{feed} ORDER BY hash(CAST({feed} AS VARCHAR) || 'turned')"
                )
                con.execute(f"DELETE FROM staged.{feed}")
                con.execute(f"INSERT INTO staged.{feed} FROM turned")
                con.execute("DROP TABLE turned")
    link.link_people(copy, here.keyring, AS_AT, AT, threads=threads)
    with opening.vault(copy, here.keyring, read_only=True) as con:
        people = con.execute("FROM identity.record_person ORDER BY ALL").fetchall()
        weights = con.execute("SELECT a, b, weight FROM identity.scored ORDER BY ALL").fetchall()
    return people + weights


def test_links_are_the_same_bit_for_bit_with_other_threads_and_rows_in_another_order(received, tmp_path):
    once = _linked(received, tmp_path, "once", threads=1, shuffled=False)
    assert once
    assert once == _linked(received, tmp_path, "again", threads=4, shuffled=True)
