"""The feed contracts keep to the standard, to each other and to the promises the door makes of them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from fairview.contracts import reading
from fairview.contracts.catalogue import HOUSE, catalogue
from fairview.contracts.feed import FeedContract, staged_columns
from fairview.errors import DeclarationError
from fairview.intake.rules import RULES

FEEDS = catalogue().feeds
each = pytest.mark.parametrize("contract", FEEDS, ids=lambda contract: contract.feed)


@each
def test_a_contract_meets_the_open_data_contract_standard(contract: FeedContract) -> None:
    assert reading.odcs_faults(contract.path) == []


@each
def test_parents_are_declared_with_their_columns(contract: FeedContract) -> None:
    for relation in contract.relationships:
        parent = catalogue().feed(relation.parent)
        for here, there in zip(relation.columns, relation.parent_columns, strict=True):
            assert contract.column(here).is_loaded
            assert parent.column(there).is_loaded
        if relation.orphans != "accept":
            assert parent.source == contract.source, "sources send on their own: a parent elsewhere cannot be asked for"


@each
def test_every_rule_a_contract_names_can_be_told_to_a_supplier(contract: FeedContract) -> None:
    named = [rule.rule for rule in contract.record_rules] + [rule.whole_file for rule in contract.record_rules]
    named += [relation.rule for relation in contract.relationships]
    for column in contract.columns:
        named += [fact["rule"] for fact in (column.on_invalid, column.on_blank, column.unknown_code) if fact]
    assert {rule for rule in named if rule} <= set(RULES)


@each
def test_every_limit_has_a_parent(contract: FeedContract) -> None:
    limits = contract.facts["limits"]
    assert limits["reason"]
    assert limits["since"]
    assert (contract.limits.quarantine_rows, contract.limits.quarantine_share) == (20, 0.02)
    snapshot = contract.kind == "snapshot"
    assert (contract.limits.volume_low, contract.limits.volume_high) == ((0.8, 1.5) if snapshot else (None, None))
    assert contract.limits.blank_share == (0.15 if snapshot else None)
    assert contract.limits.never_empty == snapshot
    assert contract.stale_after_days == 45


@each
def test_what_is_dropped_is_not_staged(contract: FeedContract) -> None:
    staged = {name for name, _ in staged_columns(contract)}
    for column in contract.columns:
        if column.sensitivity == "DRP" or column.purposes == {"NONE"}:
            assert column.staged_name not in staged


@each
def test_ties_and_needed_steps_name_columns_that_exist(contract: FeedContract) -> None:
    for rule in contract.record_rules:
        if rule.tie:
            other = catalogue().feed(rule.tie["feed"])
            assert contract.column(rule.tie["column"]).kind == other.column(rule.tie["sum"]).kind == "M"
            assert all(contract.column(name) and other.column(name) for name in rule.tie["by"])
        if rule.needs:
            assert all(contract.column(name).is_loaded for name in (*rule.needs["same"], rule.needs["notAfter"]))


def test_only_the_objections_block_everybody() -> None:
    blocking = {contract.feed: set(contract.blocking["purposes"]) for contract in FEEDS if contract.blocking}
    assert blocking == {"data_objections": {"HSG", "CSF", "REV"}}


def test_no_feed_is_named_in_the_code_of_the_door() -> None:
    """A new feed is one contract file and nothing else."""
    code = "\n".join(path.read_text(encoding="utf-8") for path in (HOUSE / "plugins/fairview/intake").glob("*.py"))
    code = re.sub(r'""".*?"""', "", code, flags=re.S)
    names = [contract.feed for contract in FEEDS if contract.feed != "properties"]
    assert [name for name in names if re.search(rf"\b{name}\b", code)] == []
    assert [source for source in catalogue().sources if re.search(rf"[\"']{source}[\"']", code)] == []


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda d: d["schema"][0]["quality"][0]["implementation"].update(columns=["nowhere"]), "unknown columns"),
        (lambda d: d["schema"][0]["quality"][0]["implementation"].update(outcome="shrug"), "unknown outcome"),
        (lambda d: d["schema"][0]["quality"][0].update(customProperties=[]), "no reason"),
        (lambda d: d.update(slaProperties=[]), "lacks staleAfter"),
        (lambda d: d["schema"][0]["properties"][0].update(classification="TOP"), "unknown class"),
    ],
)
def test_a_contract_that_makes_no_sense_is_told_where(tmp_path: Path, change, told: str) -> None:
    document = yaml.safe_load(catalogue().feed("benefit_awards").path.read_text(encoding="utf-8"))
    change(document)
    path = tmp_path / "benefits" / "benefit_awards.odcs.yaml"
    path.parent.mkdir()
    path.write_text(yaml.safe_dump(document), encoding="utf-8")
    with pytest.raises(DeclarationError, match=told):
        reading.read_feed(path)


def test_every_limit_of_the_door_says_why_it_is_what_it_is() -> None:
    for contract in catalogue().feeds:
        limits = contract.facts["limits"]
        assert limits["reason"], contract.feed
        assert limits["since"], contract.feed
        promises = {item["property"]: item for item in contract.document["slaProperties"]}
        for name in ("staleAfter", "retention", "quarantineRetention"):
            assert promises[name]["description"], (contract.feed, name)
        assert all(rule.reason and rule.since for rule in contract.record_rules), contract.feed
        assert all(rule["why"] for rule in contract.row_rules), contract.feed
