"""The overwrite, proved: values only the replaced generation held are in no file, and the proof would see them if they were."""

from __future__ import annotations

import json
import shutil
import sqlite3
from contextlib import closing
from datetime import UTC, datetime

import pytest
from tests.privacy import plants

from fairview.proof import overwrite
from fairview.store import generations, ledger
from fairview.store.keys import Keyring
from fairview.store.places import places

AT = datetime(2026, 11, 23, 12, tzinfo=UTC)
OLD = {
    "reason": "Rent arrears of £1,234.56 stood on the account on 31 August, says the housing system",
    "short": "Zebedee lane",
    "person_id": "b5a1c7de-0d0f-4f4c-9c55-6f6f0e1f2a3b",
    "amount": "918273645",
}
NEW = {
    "reason": "Nothing is owed on any account",
    "short": "Standard",
    "person_id": "0b0b0b0b-0d0f-4f4c-9c55-6f6f0e1f2a3b",
}


class Published:
    """A service that published OLD, was looked at, and then published NEW."""

    def __init__(self, folder, declared) -> None:
        self.places = places(folder / "state")
        self.keyring = Keyring.load(self.places)
        self.catalogue = plants.house(folder / "house", declared)
        self.old = plants.generation(self.places, self.keyring, "informed_debt", OLD)
        self._note(self.old.name, None)
        self.copy = folder / "copy"
        shutil.copytree(self.old.path, self.copy)
        self.remembered = overwrite.remember(self.places, self.keyring, self.catalogue)
        self.new = plants.generation(self.places, self.keyring, "informed_debt", NEW)
        self._note(self.new.name, self.old.name)

    def _note(self, name: str, replaced: str | None) -> None:
        ledger.append(
            self.places,
            "publication",
            AT,
            service="informed_debt",
            generation=name,
            replaced=replaced,
            destroyed_at=AT.isoformat() if replaced else None,
        )

    def faults(self) -> str:
        report = overwrite.prove(self.places, self.keyring, self.catalogue, at=AT, remembered=self.remembered)
        return "\n".join(report.faults)


@pytest.fixture
def state(declared, tmp_path) -> Published:
    return Published(tmp_path, declared)


def test_after_a_publication_nothing_of_the_old_generation_is_left(state):
    report = overwrite.prove(state.places, state.keyring, state.catalogue, at=AT, remembered=state.remembered)
    assert report.is_clean, report.faults
    assert any("values and phrases only it held" in line for line in report.lines())


TEXTS = (
    "airflow/logs/dag_id=a/task.log",
    "work/scratch/dbt-7/target/run.sql",
    "gate/index.html",
    "public/record.md",
    "reports/housing/housing-2026-10-31-0001.html",
    "reports/housing/housing-2026-10-31-0001.csv",
    "review/index.html",
    "work/locks/vault.json",
)


@pytest.mark.parametrize(
    ("place", "column"),
    [(place, column) for place in TEXTS for column in ("reason", "person_id")]
    + [("docs/manifest.json", column) for column in OLD],  # a word or two are told from chance only as a whole value
)
def test_an_old_value_left_in_a_file_is_found(state, place, column):
    path = state.places.root / place
    path.parent.mkdir(parents=True, exist_ok=True)
    content = json.dumps({"note": OLD[column]}) if place.endswith(".json") else f"said: {OLD[column]}\n"
    path.write_text(content, encoding="utf-8")
    assert "values only informed_debt" in state.faults()


def test_an_old_value_in_airflows_database_is_found_even_after_its_row_was_deleted(state):
    path = state.places.root / "airflow" / "airflow.db"
    path.parent.mkdir()
    with closing(sqlite3.connect(path)) as con:
        con.execute("PRAGMA secure_delete = OFF")
        con.execute("CREATE TABLE note (body TEXT)")
        con.executemany("INSERT INTO note VALUES (?)", [[OLD["reason"]]] * 3)
        con.commit()
        con.execute("DELETE FROM note")
        con.commit()
    assert "airflow metadata" in state.faults()


@pytest.mark.parametrize(
    ("table", "column"),
    [
        ("xcom", "value"),
        ("rendered_task_instance_fields", "rendered_fields"),
        ("task_instance_note", "content"),
        ("dag_run_note", "content"),
        ("hitl_detail", "body"),
    ],
)
def test_an_old_value_in_what_airflow_keeps_of_a_run_is_found(state, table, column):
    path = state.places.root / "airflow" / "airflow.db"
    path.parent.mkdir()
    with closing(sqlite3.connect(path)) as con:
        con.execute(f"CREATE TABLE {table} (id INTEGER, {column} TEXT)")
        con.execute(f"INSERT INTO {table} VALUES (1, ?)", [json.dumps({"said": OLD["reason"]})])
        con.commit()
    assert "airflow metadata" in state.faults()


@pytest.mark.parametrize("place", ["exports/list.csv", "dbt_project/target/run_results.json"])
def test_an_old_value_in_an_export_a_report_or_what_dbt_left_is_found(state, place):
    root = state.catalogue.house if place.startswith("dbt_project") else state.places.root
    path = root / place
    path.parent.mkdir(parents=True, exist_ok=True)
    line = f"1,{OLD['reason']}\n" if place.endswith(".csv") else json.dumps({"note": OLD["reason"]})
    path.write_text(line, encoding="utf-8")
    assert "values only informed_debt" in state.faults()


def test_the_old_generations_folder_put_back_is_found_with_and_without_its_key(state):
    shutil.copytree(state.copy, state.old.path)
    assert "was replaced and is still there, with its data key" in state.faults()
    (state.old.path / "dek.wrapped").unlink()
    assert "was replaced and is still there, with no data key" in state.faults()


def test_a_copy_of_the_old_mart_is_found_whatever_it_is_called(state):
    shutil.copy(state.copy / "mart.duckdb", state.places.root / "public" / "notes.txt")
    assert "is a copy of a database" in state.faults()


@pytest.mark.parametrize(
    "leftover",
    [
        "work/scratch/spill-1/duckdb_temp_storage-1.tmp",
        "work/scratch/dbt-9/manifest.json",
        "services/informed_debt/{new}/mart.duckdb.wal",
    ],
)
def test_write_ahead_logs_spill_and_dbt_leftovers_are_found(state, leftover):
    path = state.places.root / leftover.format(new=state.new.name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"left by a run that was killed")
    assert state.faults()


def test_a_destruction_the_ledger_does_not_date_is_found(state):
    ledger.append(
        state.places,
        "publication",
        AT,
        service="informed_debt",
        generation="gen-x",
        replaced="gen-y",
        destroyed_at=None,
    )
    assert "does not say when informed_debt gen-y was destroyed" in state.faults()


def test_a_candidate_that_was_not_published_is_told_and_not_blamed(state):
    generations.begin(state.places, state.keyring, "homelessness_prevention")
    report = overwrite.prove(state.places, state.keyring, state.catalogue, at=AT)
    assert report.is_clean, report.faults
    assert "is a candidate that was not published" in "\n".join(report.notes)


def test_what_is_remembered_is_no_value(state):
    (remembered,) = state.remembered
    assert set(remembered.prints.schema.names) == {"print"}
    assert str(remembered.prints.schema.field("print").type) == "uint64"
