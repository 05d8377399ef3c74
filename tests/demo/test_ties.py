"""What the demo's files say of each other agrees: balances, ledgers, references, legal order."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import datetime
from decimal import Decimal

PARTS = ("discounts", "ctr", "payments", "write_off")


def test_each_council_tax_balance_is_the_formula_of_its_parts_and_the_sum_of_the_ledger(council):
    ledger: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for date in council.dates:
        for row in council.rows(date, "council_tax_transactions"):
            ledger[row["account_ref"], row["fy"]] += Decimal(row["amount"])
        for row in council.rows(date, "council_tax_balances"):
            money = {name: Decimal(value) for name, value in row.items() if "." in value}
            formula = money["gross_debit"] - sum(money[part] for part in PARTS)
            formula += money["refunds"] + money["costs"] + money["adjustments"]
            assert money["balance"] == formula == ledger.pop((row["account_ref"], row["fy"]), Decimal(0))
            assert 0 <= money["overdue"] <= max(money["balance"], 0)
            ledger[row["account_ref"], row["fy"]] = money["balance"]


def test_each_tenancy_balance_is_the_sum_of_its_rent_ledger(council):
    ledger: dict[str, Decimal] = defaultdict(Decimal)
    for date in council.dates:
        for row in council.rows(date, "rent_transactions"):
            ledger[row["tag_ref"]] += Decimal(row["real_value"])
        tenancies = {row["tag_ref"]: Decimal(row["cur_bal"]) for row in council.rows(date, "tenancies")}
        assert set(ledger) <= set(tenancies)
        assert all(balance == ledger[tag] for tag, balance in tenancies.items())


def test_children_have_parents_apart_from_the_orphans_put_in(council):
    for date in council.dates:
        accounts = {row["account_ref"] for row in council.rows(date, "council_tax_accounts")}
        for feed in ("parties", "occupations", "balances", "transactions", "discounts"):
            assert {row["account_ref"] for row in council.rows(date, f"council_tax_{feed}")} <= accounts
        strays = [row for row in council.rows(date, "council_tax_recovery") if row["account_ref"] not in accounts]
        assert len(strays) == 2
        properties = {row["property_ref"] for row in council.rows(date, "council_tax_properties")}
        assert {row["property_ref"] for row in council.rows(date, "council_tax_accounts")} <= properties
        claims = {row["claim_id"] for row in council.rows(date, "benefit_claims")}
        assert {row["claim_id"] for row in council.rows(date, "benefit_members")} <= claims
        assert {row["claim_id"] for row in council.rows(date, "benefit_awards")} <= claims
        reports = {row["incident_ref"] for row in council.rows(date, "asb_incidents")}
        assert {row["incident_ref"] for row in council.rows(date, "asb_parties")} <= reports


def test_claims_point_to_real_accounts_and_tenancies(council):
    for date in council.dates:
        accounts = {row["account_ref"] + row["account_cd"] for row in council.rows(date, "council_tax_accounts")}
        payrefs = {row["payref"] for row in council.rows(date, "tenancies")} | {""}
        for row in council.rows(date, "benefit_claims"):
            assert row["ctax_ref"] in accounts
            assert row["rent_ref"] in payrefs


def test_uprns_are_in_the_gazetteer_and_superseded_ones_lead_to_live_ones(council):
    for date in council.dates:
        gazetteer = {row["uprn"]: row for row in council.rows(date, "properties")}
        for feed, column in (
            ("council_tax_properties", "uprn"),
            ("tenancies", "uprn"),
            ("asb_incidents", "incident_uprn"),
        ):
            assert {row[column] for row in council.rows(date, feed) if row[column]} <= set(gazetteer)
        old = [row for row in gazetteer.values() if row["logical_status"] == "8"]
        assert old and all(gazetteer[row["redirect_uprn"]]["logical_status"] == "1" for row in old)
        blocks = {row["uprn"] for row in gazetteer.values() if row["blpu_class"] == "PP"}
        assert {row["parent_uprn"] for row in gazetteer.values() if row["parent_uprn"]} == blocks
        assert any(row["sensitive_ind"] == "Y" for row in gazetteer.values())


def test_recovery_keeps_the_order_of_the_law(council):
    stages: dict[tuple[str, str], list] = defaultdict(list)
    for date in council.dates:
        for row in council.rows(date, "council_tax_recovery"):
            if row["reversed_ind"] == "N" and row["hold_code"] == "":
                when = datetime.strptime(row["stage_date"], "%d/%m/%Y")
                stages[row["account_ref"], row["fy"]].append((when, row["stage"]))
    assert stages
    for found in stages.values():
        seen: set[str] = set()
        for _, stage in sorted(found, key=lambda one: one[0]):
            assert stage == "BILL" or "BILL" in seen
            assert stage != "SUMM" or seen & {"REM1", "REM2", "FINAL"}
            assert stage != "LO" or "SUMM" in seen
            assert stage not in ("RFI14", "ARR", "AOE", "DEA", "EA1") or "LO" in seen
            seen.add(stage)


def test_a_summons_costs_sixty_five_pounds_and_an_order_thirty(council):
    for row in council.rows(council.dates[0], "council_tax_recovery"):
        assert row["costs"] == {"SUMM": "65.00", "LO": "30.00"}.get(row["stage"], "0.00")


def test_nobody_is_pursued_while_a_moratorium_runs(council):
    frozen: dict[str, list[tuple[datetime, datetime]]] = defaultdict(list)
    for row in council.rows(council.dates[-1], "debt_respite_notices"):
        if row["status"] == "CANC":
            continue
        start = datetime.strptime(row["start_date"], "%d/%m/%Y")
        end = datetime.strptime(row["end_date"], "%d/%m/%Y") if row["end_date"] else datetime(2099, 1, 1)
        for reference in row["debt_refs"].split(";"):
            if reference.startswith("CT:"):
                frozen[reference[3:]].append((start, end))
    assert frozen
    for date in council.dates:
        for row in council.rows(date, "council_tax_recovery"):
            when = datetime.strptime(row["stage_date"], "%d/%m/%Y")
            inside = any(start <= when <= end for start, end in frozen.get(row["account_ref"], ()))
            assert not inside or row["stage"] in ("HOLD", "BILL")


def test_the_council_changes_from_month_to_month(council):
    first, second, third = council.dates
    for feed, key in (
        ("benefit_claims", "claim_id"),
        ("homelessness_cases", "case_ref"),
        ("council_tax_balances", "balance"),
    ):
        seen = [Counter(row[key] for row in council.rows(date, feed)) for date in (first, second, third)]
        assert seen[0] != seen[1] or seen[1] != seen[2]
    assert council.rows(second, "council_tax_transactions")[0]["txn_type"] != "BFD"
    withdrawn = [
        row for date in (second, third) for row in council.rows(date, "asb_incidents") if row["withdrawn_ind"] == "Y"
    ]
    assert withdrawn
    taken_back = [row["death_id"] for row in council.rows(second, "deaths") if row["withdrawn_ind"] == "Y"]
    assert taken_back and taken_back[0] in {row["death_id"] for row in council.rows(first, "deaths")}
    lifted = {row["objection_id"] for row in council.rows(first, "data_objections")}
    assert lifted - {row["objection_id"] for row in council.rows(third, "data_objections")}
