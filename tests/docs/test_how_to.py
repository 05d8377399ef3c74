"""The how-to pages, done as they say on a copy of the house."""

from __future__ import annotations

import json
import re
import shutil
from datetime import date
from pathlib import Path

import pytest
from tests.services import households, warehouses
from tests.services.households import Household

from fairview import walk
from fairview.contracts.catalogue import HOUSE, catalogue
from fairview.publication.explain import explain
from fairview.store.keys import Keyring
from fairview.store.places import places
from fairview.transformation import dbt

PAGE = HOUSE / "docs" / "how-to" / "add-an-indicator.md"
MEASURED = "int_homelessness_prevention__housing_options_measured"
DUTIES = [("2023-05-01", "2023-08-01"), ("2024-05-01", "2024-08-01")]


def blocks(page: str) -> list[tuple[str, str]]:
    """(file, text) of every block that follows a line which is nothing but a file's name."""
    return re.findall(r"^`([\w/.]+)`\n\n```\w+\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def followed(tmp_path_factory):
    """A copy of the house in which the page was followed: catalogue, state, keys, and the files it touched."""
    folder = tmp_path_factory.mktemp("how_to")
    house = folder / "house"
    for part in ("dags", "dbt_project", "expectations"):
        shutil.copytree(HOUSE / part, house / part, ignore=shutil.ignore_patterns("target", "logs"))
    found = blocks(PAGE.read_text(encoding="utf-8"))
    for name, text in found:
        path = house / name
        path.write_text(path.read_text(encoding="utf-8").rstrip("\n") + "\n" + text, encoding="utf-8")
    where = places(folder / "state")
    return catalogue(house), where, Keyring.load(where), [name for name, _ in found]


def test_an_indicator_touches_one_row_of_the_rule_pack_one_model_one_test_and_one_doc_block(followed):
    touched = followed[3]
    assert [Path(name).parts[1] for name in touched] == ["seeds", "models", "models", "models"]
    assert [Path(name).suffix for name in touched] == [".csv", ".sql", ".yml", ".md"]
    row = next(text for name, text in blocks(PAGE.read_text(encoding="utf-8")) if name.endswith(".csv"))
    assert row.strip().count("\n") == 0


def test_the_new_indicator_is_in_the_mart_in_explain_and_in_the_docs(followed, tmp_path):
    declared, where, keyring, _ = followed
    twice = Household(
        "owed twice", records=tuple(households.case(relief_start=begun, relief_end=ended) for begun, ended in DUTIES)
    )
    once = Household("owed once", records=(households.case(relief_start=DUTIES[0][0], relief_end=DUTIES[0][1]),))
    statements = households.written([twice, once])
    warehouses.write(where, keyring, households.AS_AT, households.TABLES, statements)
    con = warehouses.judge(declared, where, keyring, households.SERVICE, households.AS_AT)
    people = con.execute(
        "SELECT person_id, sentence FROM mart.main.prevention_reasons WHERE rule_id = 'H17' AND points = 10"
    ).fetchall()
    con.close()
    assert len(people) == 1
    person, sentence = people[0]
    assert sentence == "A homelessness duty was owed 2 times, the latest from 1 May 2024 (homelessness case records)."

    explained = explain(where, declared, households.SERVICE, str(person), keyring.zone_key(households.SERVICE))
    rule = next(rule for rule in explained.rules if rule["rule_id"] == "H17")
    assert (rule["fact_value"], rule["points"], rule["sentence"]) == (2, 10, sentence)
    assert any("10 (H17)" in told for told in explained.decision)

    manifest = json.loads(dbt.compiled_manifest(declared, where, tmp_path).read_text(encoding="utf-8"))
    assert "twice or more" in manifest["docs"]["doc.fairview.hsg_rule_h17"]["block_contents"]


def test_the_pages_unit_test_passes_beside_the_models_others(followed, tmp_path):
    declared, *_ = followed
    here = walk.house(declared, places(tmp_path / "state"))
    assert walk.run_unit_tests(here, date(2026, 10, 31), model=MEASURED) >= 4
