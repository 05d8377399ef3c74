"""The dbt project: its unit tests run, every model and column is described, services keep to themselves."""

from __future__ import annotations

import json
import re
from datetime import date

import pytest

from fairview import walk
from fairview.contracts import rule_packs
from fairview.contracts.rules import SOURCE_REACH
from fairview.store.keys import Keyring
from fairview.store.places import places
from fairview.transformation import dbt

AS_AT = date(2026, 10, 31)


@pytest.fixture(scope="module")
def state(tmp_path_factory):
    where = places(tmp_path_factory.mktemp("dbt") / "state")
    return where, Keyring.load(where)


@pytest.fixture(scope="module")
def manifest(declared, state, tmp_path_factory):
    where, _ = state
    target = tmp_path_factory.mktemp("target")
    dbt.invoke(declared, where, dbt._loan(where, {}, {}), ["parse"], AS_AT, target)
    return json.loads((target / "manifest.json").read_text(encoding="utf-8"))


def models(manifest):
    return [node for node in manifest["nodes"].values() if node["resource_type"] == "model"]


def test_every_unit_test_of_every_rule_passes(declared, state, manifest):
    where, _ = state
    assert walk.run_unit_tests(walk.house(declared, where), AS_AT) == len(manifest["unit_tests"]) > 0


def test_every_model_says_its_grain_and_describes_itself(manifest):
    silent = [m["name"] for m in models(manifest) if not m["description"]]
    assert silent == []


def test_every_column_of_every_published_and_pseudonymised_model_is_described(manifest):
    silent = [
        f"{model['name']}.{name}"
        for model in models(manifest)
        for name, column in model["columns"].items()
        if not column["description"]
    ]
    assert silent == []


def test_the_published_models_are_exactly_the_cards_tables_with_enforced_contracts(declared, manifest):
    for card in declared.services:
        published = {m["name"]: m for m in models(manifest) if m["database"] == card.service}
        assert {m["alias"] for m in published.values()} == {table.name for table in card.tables}
        assert [m for m, node in published.items() if not node["config"]["contract"]["enforced"]] == []


def test_no_service_reads_anothers_models_nor_staging_nor_the_vault(declared, manifest):
    services = {card.service for card in declared.services}
    for model in models(manifest):
        folders = model["fqn"]
        if "derived" not in folders:
            continue
        own = next(service for service in services if service in folders)
        for parent in model["depends_on"]["nodes"]:
            node = manifest["nodes"].get(parent) or manifest["sources"].get(parent)
            assert node["resource_type"] != "source", model["name"]
            if node["resource_type"] == "seed":
                assert node["fqn"][1] in {own, "vocabulary"}, model["name"]
                continue
            assert "staging" not in node["fqn"], model["name"]
            assert not (set(node["fqn"]) & (services - {own})), model["name"]


def test_every_published_table_is_in_an_exposure_that_says_who_uses_it_for_what(declared, manifest):
    exposed = {parent.split(".")[-1] for e in manifest["exposures"].values() for parent in e["depends_on"]["nodes"]}
    for card in declared.services:
        assert {table.name for table in card.tables} <= exposed, card.service
    for exposure in manifest["exposures"].values():
        assert exposure["description"] and exposure["label"] and exposure["owner"]["name"], exposure["name"]


def test_every_rule_of_every_pack_has_a_unit_test(declared, manifest):
    for card in declared.services:
        written = json.dumps([test for test in manifest["unit_tests"].values() if card.service in test["fqn"]])
        for rule in rule_packs.rows(declared, card.service, card.explanation.pack):
            is_setting = not (rule.get("sentence") or rule.get("sentence_template"))
            assert is_setting or re.search(rf"\b{rule['rule_id']}\b", written), rule["rule_id"]


def test_every_rule_of_every_pack_has_a_unit_test_of_both_sides_of_its_boundary(declared, manifest):
    """A unit test says in meta `both_sides` which rules it holds to a case that just meets them and one that just does not."""
    for card in declared.services:
        held = {
            rule: test
            for test in manifest["unit_tests"].values()
            if card.service in test["fqn"]
            for rule in test["config"]["meta"].get("both_sides", ())
        }
        rules = rule_packs.rows(declared, card.service, card.explanation.pack)
        named = {" ".join(filter(None, (rule["rule_id"], rule.get("tier_code")))): rule for rule in rules}
        asked = {name for name, rule in named.items() if rule.get("sentence") or rule.get("sentence_template")}
        assert asked - set(held) == set(), card.service
        assert set(held) - set(named) == set(), card.service
        for name, rule in named.items():
            if name not in held or not rule.get("measure_code"):
                continue
            measured = [
                (row["value"] >= float(rule["threshold_value"]), row["value"] <= float(rule["threshold_value"]))
                for given in held[name]["given"]
                for row in given["rows"] or ()
                if isinstance(row, dict) and "value" in row and row.get("measure_code") == rule["measure_code"]
            ]
            assert not measured or len(set(measured)) > 1, f"{name} is tried on one side alone"


def test_a_service_depends_only_on_feeds_its_card_names(declared, manifest):
    by_name = {f"psn_{c.source}__{c.feed}": f"{c.source}.{c.feed}" for c in declared.feeds}
    for card in declared.services:
        read = {
            by_name[parent.split(".")[-1]]
            for model in models(manifest)
            if card.service in model["fqn"]
            for parent in model["depends_on"]["nodes"]
            if parent.split(".")[-1] in by_name
        }
        assert read <= set(card.feeds), card.service


def ancestors(manifest, unique_id: str) -> set[str]:
    found, waiting = set(), [unique_id]
    while waiting:
        for parent in manifest["parent_map"].get(waiting.pop(), ()):
            if parent not in found:
                found.add(parent)
                waiting.append(parent)
    return found


def test_no_chain_of_models_leads_from_a_service_to_a_source_that_may_not_reach_it(declared, manifest):
    for card in declared.services:
        forbidden = {source for source, reach in SOURCE_REACH.items() if card.purpose_code not in reach}
        for model in models(manifest):
            if model["database"] != card.service:
                continue
            reached = {
                parent.split(".")[2]
                for parent in ancestors(manifest, model["unique_id"])
                if parent.startswith("source.")
            }
            assert not reached & forbidden, model["name"]
            if card.purpose_code == "REV":
                assert not any("homelessness_cases" in parent for parent in ancestors(manifest, model["unique_id"])), (
                    model["name"]
                )
