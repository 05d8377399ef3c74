"""No published column rests, by any chain, on a feed column its service may not use."""

from __future__ import annotations

import copy
from dataclasses import replace

import pytest

from fairview.errors import DeclarationError
from fairview.governance import lineage
from fairview.store.places import places
from fairview.transformation import dbt


@pytest.fixture(scope="module")
def manifest(declared, tmp_path_factory):
    folder = tmp_path_factory.mktemp("lineage")
    return lineage.read_manifest(dbt.compiled_manifest(declared, places(folder / "state"), folder))


@pytest.fixture(scope="module")
def found(declared, manifest):
    return lineage.dependences(declared, manifest)


def test_every_published_column_rests_only_on_what_its_service_may_use(declared, found):
    assert lineage.breaches(declared, found) == []


def test_every_published_table_has_lineage(declared, found):
    traced = {(d.service, d.table) for d in found}
    assert {(card.service, table.name) for card in declared.services for table in card.tables} <= traced


def test_every_column_a_models_sql_gives_is_described_in_steps_as_in_what_is_published(declared, manifest):
    assert lineage.undescribed(declared, manifest) == []
    bare = copy.deepcopy(manifest)
    node = next(n for n in bare["nodes"].values() if n["name"] == "int_informed_debt__lanes_decided")
    gone, _ = node["columns"].popitem()
    assert lineage.undescribed(declared, bare) == [f"{node['name']}.{gone}"]


def tampered(manifest, model: str, sql: str, parent: str):
    changed = copy.deepcopy(manifest)
    node = next(n for n in changed["nodes"].values() if n["name"] == model and n["resource_type"] == "model")
    node["compiled_code"] = sql.format(sql=node["compiled_code"])
    node["depends_on"]["nodes"].append(f"model.fairview.{parent}")
    return changed


@pytest.mark.parametrize(
    ("service", "parent", "sql"),
    [
        (
            "informed_debt",
            "psn_housing__homelessness_cases",
            "select t.*, (select max(h.dependants) from warehouse.pseudonymised.psn_housing__homelessness_cases as h) as leak from ({sql}) as t",
        ),
        (
            "informed_debt",
            "psn_community_safety__asb_parties",
            "select t.* from ({sql}) as t where exists (select 1 from warehouse.pseudonymised.psn_community_safety__asb_parties as p where p.anonymous_ind)",
        ),
        (
            "asb_victim_support",
            "psn_revenues__council_tax_balances",
            "with b as (select b.balance_pence from warehouse.pseudonymised.psn_revenues__council_tax_balances as b) select t.*, b.balance_pence as leak from ({sql}) as t cross join b",
        ),
    ],
)
def test_a_forbidden_chain_is_found_whether_it_makes_a_value_or_decides_a_row(declared, manifest, service, parent, sql):
    model = next(table.name for table in declared.service(service).tables if table.role == "list")
    breaches = lineage.breaches(declared, lineage.dependences(declared, tampered(manifest, model, sql, parent)))
    assert any(parent.removeprefix("psn_").replace("__", ".") in breach for breach in breaches)


POINTS = ("homelessness_prevention", "household_indicators", "points")


def test_the_factors_points_rest_on_are_named_and_permitted(declared, found):
    factors = lineage.factors(declared, found, *POINTS)
    assert {"revenues.council_tax_balances.overdue_pence", "housing.tenancies.cur_bal_pence"} <= set(factors)


def test_points_that_rest_on_what_is_kept_for_monitoring_are_refused_although_it_is_a_control_column_too(
    declared, found
):
    one = next(d for d in found if (d.service, d.table, d.column) == POINTS)
    for purposes in (("MON",), ("MON", "OPS")):
        smuggled = replace(one, feed_column="gender", purposes=purposes)
        with pytest.raises(DeclarationError, match="gender"):
            lineage.factors(declared, [*found, smuggled], *POINTS)


def test_a_column_nobody_publishes_has_no_factors_to_speak_of(declared, found):
    with pytest.raises(DeclarationError, match="no feed column"):
        lineage.factors(declared, found, "homelessness_prevention", "household_indicators", "nobodys")


def test_nothing_of_anti_social_behaviour_reaches_another_service_and_nothing_of_homelessness_reaches_debt(found):
    for dependence in found:
        if dependence.source == "community_safety":
            assert dependence.service == "asb_victim_support"
        if dependence.feed == "homelessness_cases":
            assert dependence.service == "homelessness_prevention"
