"""Export: a whole file, private, safe in a spreadsheet, for whoever holds the service's key and nobody else."""

from __future__ import annotations

import csv
import stat
from datetime import UTC, datetime

import duckdb
import pyarrow.parquet
import pytest
from tests.tiny_house import build, tiny_house

from fairview.errors import DeclarationError, FairviewError, KeyMissing, StoreError
from fairview.gate.judge import judge
from fairview.proof import overwrite
from fairview.publication.export import export
from fairview.publication.publish import publish
from fairview.store import generations
from fairview.store.keys import Keyring
from fairview.store.places import places

AT = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)
FORMULAS = ("=1+1", "+44", "-2", "@SUM(A1)", "\tx", "\rx", "\nx", "＝1", '=HYPERLINK("x")')


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    folder = tmp_path_factory.mktemp("export")
    house, where = tiny_house(folder / "house"), places(folder / "state")
    keyring = Keyring.load(where)
    quoted = [text.replace("'", "''") for text in FORMULAS]
    then = [f"UPDATE people_list SET reasons = '{text}' WHERE list_rank = {n}" for n, text in enumerate(quoted, 1)]
    then.append("UPDATE people_list SET reasons = 'plain, \"quoted\" and Zoë' WHERE list_rank = 10")
    then.append("UPDATE facts SET amount_pence = -250 WHERE amount_pence = 3")
    generations.switch(where, build(where, keyring, then=then))
    return where, house, keyring.zone_key("tiny"), keyring


def test_csv_text_that_a_spreadsheet_would_run_is_disarmed_and_nothing_else_is_changed(published, tmp_path):
    where, house, key, _ = published
    assert export(where, house, "tiny", "people_list", tmp_path / "list.csv", key) == 60
    with (tmp_path / "list.csv").open(encoding="utf-8", newline="") as file:
        rows = {int(row["list_rank"]): row["reasons"] for row in csv.DictReader(file)}
    assert [rows[n] for n in range(1, len(FORMULAS) + 1)] == ["'" + text for text in FORMULAS]
    assert rows[10] == 'plain, "quoted" and Zoë'
    assert rows[11] == "Owes £11.00 since 2026-01-01"


def test_numbers_below_nought_stay_numbers(published, tmp_path):
    where, house, key, _ = published
    export(where, house, "tiny", "facts", tmp_path / "facts.csv", key)
    found = duckdb.sql(f"SELECT min(amount_pence) FROM read_csv('{tmp_path / 'facts.csv'}')").fetchone()
    assert found == (-250,)


def test_parquet_holds_every_row_as_it_is_published_and_a_list_by_its_places(published, tmp_path):
    where, house, key, _ = published
    assert export(where, house, "tiny", "people_list", tmp_path / "list.parquet", key) == 60
    found = pyarrow.parquet.read_table(tmp_path / "list.parquet")
    assert found.column_names == ["person_id", "list_rank", "reasons", "as_at_on"]
    assert set(FORMULAS) <= set(found["reasons"].to_pylist())
    assert found["list_rank"].to_pylist() == list(range(1, 61))
    assert len(set(found["person_id"].to_pylist())) == 60


def test_a_table_without_places_is_in_the_order_of_its_key(published, tmp_path):
    where, house, key, _ = published
    export(where, house, "tiny", "facts", tmp_path / "facts.parquet", key)
    found = pyarrow.parquet.read_table(tmp_path / "facts.parquet")
    key_columns = next(one.key for one in house.service("tiny").tables if one.name == "facts")
    keys = list(zip(*(found[name].to_pylist() for name in key_columns), strict=True))
    assert keys == sorted(keys) and len(keys) > 1


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_the_file_is_whole_and_its_owners_alone(published, tmp_path, ending):
    where, house, key, _ = published
    to = tmp_path / f"facts.{ending}"
    to.write_text("older", encoding="utf-8")
    to.chmod(0o644)
    export(where, house, "tiny", "facts", to, key)
    assert stat.S_IMODE(to.stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == [to.name]


@pytest.mark.parametrize(
    ("table", "name", "expected"),
    [("nobody", "x.csv", DeclarationError), ("facts", "x.xlsx", FairviewError), ("facts", "absent/x.csv", OSError)],
)
def test_what_cannot_be_exported_leaves_no_file(published, tmp_path, table, name, expected):
    where, house, key, _ = published
    with pytest.raises(expected):
        export(where, house, "tiny", table, tmp_path / name, key)
    assert list(tmp_path.iterdir()) == []


def test_another_services_key_opens_nothing(published, tmp_path):
    where, house, _, keyring = published
    with pytest.raises(KeyMissing):
        export(where, house, "tiny", "facts", tmp_path / "x.csv", keyring.zone_key("other"))
    assert list(tmp_path.iterdir()) == []


def test_there_is_nothing_to_export_before_the_first_publication(tmp_path):
    house, where = tiny_house(tmp_path / "house"), places(tmp_path / "state")
    with pytest.raises(StoreError, match="nothing"):
        export(where, house, "tiny", "facts", tmp_path / "x.csv", b"k" * 32)


def test_an_export_in_the_state_folder_is_destroyed_with_what_it_was_made_from_and_one_elsewhere_is_named(tmp_path):
    house, where = tiny_house(tmp_path / "house"), places(tmp_path / "state")
    keyring = Keyring.load(where)
    key = keyring.zone_key("tiny")
    for _ in range(2):
        candidate = build(where, keyring)
        judge(where, keyring, house, {"tiny": candidate}, AT)
        publish(where, keyring, house, "tiny", candidate, AT)
        if not (tmp_path / "mine.csv").exists():
            (where.root / "exports").mkdir()
            for to in (where.root / "exports" / "list.csv", tmp_path / "mine.csv"):
                export(where, house, "tiny", "people_list", to, key)
            assert overwrite.prove(where, keyring, house, at=AT).is_clean
    assert not (where.root / "exports" / "list.csv").exists()
    (fault,) = overwrite.prove(where, keyring, house, at=AT).faults
    assert "an export of tiny gen-" in fault and "mine.csv" in fault
    (tmp_path / "mine.csv").unlink()
    assert overwrite.prove(where, keyring, house, at=AT).is_clean
