"""Informed debt: the brake as a theorem, ombudsman patterns, the rule pack's sense, and rules recomputed by hand."""

from __future__ import annotations

import csv
import itertools
import json
from collections import defaultdict
from datetime import date
from pathlib import Path

import duckdb
import pytest
from tests.services import debtors
from tests.services.debtors import AS_AT, BRAKES, PROHIBITS, SERVICE, Debtor, person_key

from fairview.store import scratch
from fairview.store.keys import Keyring
from fairview.store.lending import Loan
from fairview.store.places import places
from fairview.transformation import dbt

TOMORROW = "date '2026-11-01'"
NOTICE, REGISTER = "psn_corporate__debt_respite_notices", "psn_corporate__vulnerability_register"
DISCOUNT, RECOVERY = "psn_revenues__council_tax_discounts", "psn_revenues__council_tax_recovery"
AWARDS, SUNDRY = "psn_benefits__benefit_awards", "psn_corporate__sundry_debts"

# Patterns of decisions on council tax recovery and vulnerability: each time a different department knew.
PATTERNS = [
    Debtor("social care knew", "agents", ((REGISTER, "{person}, date '2026-01-01', null, null, 'PHONE', true"),)),
    Debtor("the flag was old", "agents", ((REGISTER, "{person}, date '2020-01-01', date '2021-01-01', null, 'STD', true"),)),
    Debtor("a discount told it", "order", ((DISCOUNT, "{account}, date '2024-01-01', null, true, false"),)),
    Debtor("housing knew", "order", (("psn_housing__tenancy_people", "{partner}, {household}, false, true"),)),
    Debtor("a format was asked for", "order", (
        ("psn_revenues__council_tax_accounts",
         "{person}, md5('second account')::uuid, 4, 'F', date '2018-01-01', date '2019-01-01', null, null, null, false, false, true"),
        ("psn_revenues__council_tax_parties", "{person}, md5('second account')::uuid, 4, date '2018-01-01', date '2019-01-01'"),
        ("psn_revenues__council_tax_balances", "md5('second account')::uuid, 2018, 100000, 0, 500, 500"),
    )),
    Debtor("the partner is flagged", "agents", ((REGISTER, "{partner}, date '2026-01-01', null, null, 'ADVOC', true"),), True),
    Debtor("only a respite notice", "agents", ((NOTICE, "{person}, date '2026-08-22', null, 'ACTV', false"),)),
    Debtor("the partner is frozen", "order", ((NOTICE, "{partner}, date '2026-08-22', null, 'ACTV', false"),), True),
    Debtor("nobody knew anything", "order"),
]  # fmt: skip
EDGES = [
    Debtor("freeze ended 30 days ago", "order", ((NOTICE, "{person}, date '2026-08-02', date '2026-10-01', 'ENDD', false"),)),
    Debtor("freeze ended 31 days ago", "order", ((NOTICE, "{person}, date '2026-08-01', date '2026-09-30', 'ENDD', false"),)),
    Debtor("freeze ends today", "order", ((NOTICE, "{person}, date '2026-09-01', date '2026-10-31', 'ACTV', false"),)),
    Debtor("freeze starts today", "order", ((NOTICE, "{person}, date '2026-10-31', null, 'ACTV', false"),)),
    Debtor("everything is dated tomorrow", "order", (
        (NOTICE, f"{{person}}, {TOMORROW}, null, 'ACTV', false"),
        (REGISTER, f"{{person}}, {TOMORROW}, null, null, 'NOEA', true"),
        (DISCOUNT, f"{{account}}, {TOMORROW}, null, true, true"),
        (RECOVERY, f"{{account}}, 2025, 'EA1', {TOMORROW}, 100, null, null, false"),
        (RECOVERY, f"{{account}}, 2025, 'HOLD', {TOMORROW}, 100, 'BSP', null, false"),
        (AWARDS, f"md5('w')::uuid, md5('claim of tomorrow')::uuid, 'CTR', {TOMORROW}, null, 3000, true"),
        ("psn_benefits__benefit_claims", "{person}, md5('claim of tomorrow')::uuid, {account}, false"),
        ("psn_benefits__benefit_overpayments", f"{{person}}, md5('i')::uuid, 'CLM', {TOMORROW}, 5000, 'ONGHB', 'NEW', null"),
        (SUNDRY, f"{{person}}, md5('s')::uuid, 'OTHER', {TOMORROW}, 5000, 'NEW'"),
        ("psn_corporate__deaths", f"{{person}}, {TOMORROW}, false"),
        ("psn_corporate__data_objections", f"{{person}}, 'REV', {TOMORROW}, 'UPHELD', null"),
        ("psn_revenues__council_tax_transactions", f"{{account}}, 2025, {TOMORROW}, 'PAY'"),
    )),
]  # fmt: skip


@pytest.fixture(scope="module")
def mart(declared, tmp_path_factory):
    """The mart of every combination of circumstances and of the named debtors, built once through the public door."""
    where = places(tmp_path_factory.mktemp("debtors") / "state")
    keyring = Keyring.load(where)
    debtors.write_warehouse(where, keyring, [*debtors.every_combination(), *debtors.named([*PATTERNS, *EDGES])])
    con = debtors.judge(declared, where, keyring)
    debtors.outcomes_of_every_combination(con)
    yield con
    con.close()


def row(con: duckdb.DuckDBPyConnection, name: str, role: str = "person") -> dict:
    """A named debtor's row of the list, with the rules whose facts hold; empty where not listed."""
    rows = con.execute(
        f"select * from mart.main.debt_list where person_id = lent_pseudonym({person_key(name, role)}::varchar)::uuid"
    )
    columns = [column[0] for column in rows.description]
    found = rows.fetchone()
    if found is None:
        return {}
    listed = dict(zip(columns, found, strict=True))
    rules = con.execute(
        "select rule_id from mart.main.debt_reasons where person_id = ?", [listed["person_id"]]
    ).fetchall()
    return {**listed, "rules": {rule for (rule,) in rules}}


# ── The brake ────────────────────────────────────────────────────────────────────────────────────────────────────────


def compared(con: duckdb.DuckDBPyConnection, added: str, step: str) -> tuple[int, int, int]:
    """Pairs alike but for one record: how many, in how many the lane got harsher, in how many more was recoverable."""
    return con.execute(f"""
        select count(*),
            count(*) filter (with_it.severity > greatest(without_it.severity, 0)),
            count(*) filter (with_it.recoverable_pence > without_it.recoverable_pence)
        from outcomes as with_it
        inner join outcomes as without_it
            on without_it.role = with_it.role and without_it.case_number = with_it.case_number - ({step})
        where {added}""").fetchone()


@pytest.mark.parametrize("brake", [*BRAKES, "objection"])
def test_no_flag_notice_death_or_objection_makes_recovery_harsher_for_debtor_or_partner(mart, brake) -> None:
    step = 5 << len(BRAKES) if brake == "objection" else 1 << BRAKES.index(brake)

    pairs, harsher, more = compared(mart, f"with_it.{brake}", str(step))

    assert pairs > 10_000
    assert (harsher, more) == (0, 0)


@pytest.mark.parametrize("prohibit", [code for code in PROHIBITS if code])
def test_no_recovery_inhibitor_makes_recovery_harsher(mart, prohibit) -> None:
    step = f"(with_it.case_number >> {len(BRAKES)}) % 5 << {len(BRAKES)}"

    pairs, harsher, more = compared(mart, f"with_it.prohibit = '{prohibit}'", step)

    assert pairs > 5_000
    assert (harsher, more) == (0, 0)


def test_contradicting_liability_makes_recovery_no_harsher(mart) -> None:
    pairs, harsher, more = compared(mart, "with_it.liability_error", str(10 << len(BRAKES)))

    assert pairs > 10_000
    assert (harsher, more) == (0, 0)


def test_the_combinations_reach_every_lane(mart) -> None:
    """A brake proved on one lane alone would prove nothing."""
    assert {severity for (severity,) in mart.execute("select distinct severity from outcomes").fetchall()} == {
        -1,
        0,
        1,
        2,
        3,
        4,
        5,
    }


def test_the_decision_table_can_only_soften_over_every_set_of_facts(declared, tmp_path) -> None:
    """The table's own SQL, on all sets of facts that its rules can meet: one more fact never means a harsher lane."""
    import numpy

    where = places(tmp_path / "state")
    model = f"int_{SERVICE}__lanes_decided"
    with scratch.folder(where, "dbt") as target:
        results = dbt.invoke(
            declared, where, Loan({}, {}, scratch.spill(where)), ["compile", "--select", model], AS_AT, target
        )
    sql = next(result.node.compiled_code for result in results if result.node.name == model)
    lane_rules = [rule for rule in in_force("rules") if rule["position"]]
    con = duckdb.connect()
    for database, schema in (("rules", "rules"), ("scratch", SERVICE)):
        con.execute(f"attach ':memory:' as {database}; create schema if not exists {database}.{schema}")
    for pack in ("rules", "lanes"):
        con.execute(
            f"create table rules.rules.{SERVICE}_{pack} as from read_csv('{seed(pack)}', all_varchar = true, header = true)"
        )
    for pack, column, kind in (("rules", "position", "bigint"), ("lanes", "severity", "bigint")):
        con.execute(f"alter table rules.rules.{SERVICE}_{pack} alter {column} type {kind}")
    for pack, column in itertools.product(("rules", "lanes"), ("valid_from", "valid_to")):
        con.execute(f"alter table rules.rules.{SERVICE}_{pack} alter {column} type date")
    bits = ", ".join(f"({number}, '{rule['rule_id']}')" for number, rule in enumerate(lane_rules))
    facts = f"""create or replace view scratch.{SERVICE}.int_{SERVICE}__facts_unioned as
        select set_number as person_key, rule_id
        from range(1, {1 << len(lane_rules)}) as sets(set_number)
        inner join (values {bits}) as lane_rules(bit, rule_id) on (set_number >> bit) & 1 = 1"""
    con.execute(facts)

    decided = con.execute(f"select person_key, severity from ({sql})").fetchnumpy()
    severity = numpy.full(1 << len(lane_rules), 127, dtype=numpy.int8)  # no fact at all: harsher than any lane
    severity[decided["person_key"]] = decided["severity"]
    sets = numpy.arange(severity.size)

    assert severity[1:].max() <= 5
    for bit in range(len(lane_rules)):
        without = sets[(sets >> bit) & 1 == 0]
        assert (severity[without | (1 << bit)] <= severity[without]).all(), lane_rules[bit]["rule_id"]


# ── A different department knew ──────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("name", "rules"),
    [
        ("social care knew", {"DEBT-S01", "DEBT-S03"}),
        ("the flag was old", {"DEBT-S01", "DEBT-S02", "DEBT-S03"}),
        ("a discount told it", {"DEBT-S01"}),
        ("housing knew", {"DEBT-S01"}),
        ("a format was asked for", {"DEBT-S01"}),
        ("the partner is flagged", {"DEBT-S01", "DEBT-S03"}),
    ],
)
def test_whoever_knew_the_officer_is_told_to_take_care_and_nothing_more(mart, name, rules) -> None:
    listed = row(mart, name)

    assert listed["lane_code"] == "SAFEGUARD"
    assert rules <= listed["rules"]
    assert "never an enforcement agent" in listed["handling_instruction"]
    assert not any(
        word in listed["reasons"].lower() for word in ("social", "register", "discount", "housing", "partner")
    )


def test_where_nobody_knew_anything_the_statutory_process_goes_on(mart) -> None:
    listed = row(mart, "nobody knew anything")

    assert (listed["lane_code"], listed["recoverable_now_pence"]) == ("STANDARD", 80_000)


def test_a_moratorium_freezes_every_debt_and_recalls_the_agents(mart) -> None:
    listed = row(mart, "only a respite notice")

    assert (listed["lane_code"], listed["recoverable_now_pence"], listed["debt_count"]) == ("FREEZE", 0, 5)
    assert {"DEBT-F01", "DEBT-F04"} <= listed["rules"]
    assert "with no end yet" in listed["reasons"]


def test_a_moratorium_protects_the_joint_debt_and_the_other_is_not_told(mart) -> None:
    frozen, other = row(mart, "the partner is frozen", "partner"), row(mart, "the partner is frozen")

    assert (frozen["lane_code"], frozen["recoverable_now_pence"]) == ("FREEZE", 0)
    assert (other["lane_code"], other["recoverable_now_pence"]) == ("FREEZE", 0)
    assert "DEBT-F01" in frozen["rules"] and "DEBT-F01" not in other["rules"]
    told = mart.execute(
        "select event_label from mart.main.debt_chronology where person_id = ?", [other["person_id"]]
    ).fetchall()
    assert not any("rozen" in label or "reeze" in label for (label,) in told)


@pytest.mark.parametrize(
    ("name", "lane", "recoverable"),
    [
        ("freeze starts today", "FREEZE", 0),
        ("freeze ends today", "FREEZE", 0),
        ("freeze ended 30 days ago", "REFER_HUMAN", 0),
        ("freeze ended 31 days ago", "STANDARD", 80_000),
    ],
)
def test_the_end_of_a_freeze_does_not_escalate_by_itself(mart, name, lane, recoverable) -> None:
    listed = row(mart, name)

    assert (listed["lane_code"], listed["recoverable_now_pence"]) == (lane, recoverable)


def test_no_fact_later_than_the_as_at_date_changes_anything(mart) -> None:
    planted, plain = row(mart, "everything is dated tomorrow"), row(mart, "nobody knew anything")

    apart = {"person_id", "priority_debt_id", "list_position"}
    assert {key: value for key, value in planted.items() if key not in apart} == {
        key: value for key, value in plain.items() if key not in apart
    }


# ── Recomputed by hand from the facts shown ──────────────────────────────────────────────────────────────────────────


def sample(con: duckdb.DuckDBPyConnection) -> dict:
    """Some hundred listed people of every lane: their debts, reasons and lane, as published."""
    con.execute("""create or replace temp table sampled as
        select person_id, lane_code, deciding_rule_id from (
            select *, row_number() over (partition by deciding_rule_id order by person_id) as place from mart.main.debt_list)
        where place <= 40""")
    people = {person: {"lane": lane, "rule": rule, "debts": [], "reasons": {}}
              for person, lane, rule in con.execute("from sampled").fetchall()}  # fmt: skip
    debts = con.execute("select * from mart.main.debts where person_id in (select person_id from sampled)")
    columns = [column[0] for column in debts.description]
    for values in debts.fetchall():
        debt = dict(zip(columns, values, strict=True))
        people[debt["person_id"]]["debts"].append(debt)
    for person, rule, sentence, amount in con.execute("""select person_id, rule_id, sentence, amount_pence
            from mart.main.debt_reasons where person_id in (select person_id from sampled)""").fetchall():  # fmt: skip
        people[person]["reasons"][rule] = (sentence, amount)
    return people


def pounds(pence: int) -> str:
    """£1,234.50, as a person writes it."""
    return f"£{pence // 100:,}.{pence % 100:02}"


def is_new(debt: dict) -> bool:
    """Not past a first reminder in a current year; any other debt not older than sixty days."""
    if debt["debt_type_code"] == "COUNCIL_TAX":
        return debt["stage_code"] in ("NONE", "BILL", "REM1") and date(debt["financial_year"] + 1, 4, 1) > AS_AT
    return debt["age_days"] <= 60


def expected_rules(debts: list[dict]) -> dict[str, bool]:
    """Rules that follow from a person's debts alone, by their words in the rule pack, without a line of the SQL."""
    overdue = [debt for debt in debts if debt["overdue_pence"] > 0]
    total = sum(debt["overdue_pence"] for debt in overdue)
    threshold = {rule["rule_id"]: int(rule["threshold_value"]) for rule in in_force("rules") if rule["threshold_value"]}
    return {
        "DEBT-T01": total > 0,
        "DEBT-U03": len({debt["debt_type_code"] for debt in overdue}) >= threshold["DEBT-U03"],
        "DEBT-P01": any(debt["has_payment_arrangement"] for debt in overdue),
        "DEBT-P03": 0 < total <= threshold["DEBT-P03"],
        "DEBT-P04": total > 0 and all(is_new(debt) for debt in overdue),
        "DEBT-F03": all(debt["is_frozen"] for debt in overdue),
        "DEBT-F04": any(debt["is_frozen"] and debt["stage_code"] in ("EA1", "EA2", "AGT") for debt in overdue),
        "DEBT-N01": any(debt["is_joint"] for debt in overdue),
        "DEBT-N02": any(debt["balance_pence"] < 0 for debt in debts),
    }


def test_rules_that_follow_from_the_debts_shown_can_be_recomputed_by_hand(mart) -> None:
    people = sample(mart)

    assert len(people) > 200
    for person in people.values():
        for rule, holds in expected_rules(person["debts"]).items():
            assert (rule in person["reasons"]) == holds, rule
        if "DEBT-T01" in person["reasons"]:
            total = sum(debt["overdue_pence"] for debt in person["debts"])
            assert person["reasons"]["DEBT-T01"] == (person["reasons"]["DEBT-T01"][0], total)
            assert person["reasons"]["DEBT-T01"][0].startswith(f"{pounds(total)} is overdue")


def test_lanes_follow_from_the_reasons_shown_and_the_rule_pack(mart) -> None:
    pack = {rule["rule_id"]: rule for rule in in_force("rules") if rule["position"]}

    for person in sample(mart).values():
        first = min((pack[rule] for rule in person["reasons"] if rule in pack), key=lambda rule: int(rule["position"]))
        assert (person["lane"], person["rule"]) == (first["lane_code"], first["rule_id"])


def test_recoverable_sums_follow_from_the_holds_shown(mart) -> None:
    for person in sample(mart).values():
        for debt in person["debts"]:
            held = debt["is_frozen"] or debt["is_held_for_review"]
            assert debt["recoverable_now_pence"] == (0 if held else debt["overdue_pence"])


# ── The rule pack ────────────────────────────────────────────────────────────────────────────────────────────────────

KEYS = {
    "rules": ("rule_id",),
    "lanes": ("lane_code",),
    "stages": ("debt_type_code", "stage_code"),
    "priorities": ("debt_type_code", "debt_sub_type_code"),
}


def seed(pack: str) -> Path:
    """The seed file of a part of the rule pack."""
    from fairview.contracts.catalogue import HOUSE

    return HOUSE / "dbt_project" / "seeds" / SERVICE / f"{SERVICE}_{pack}.csv"


def rows(pack: str) -> list[dict[str, str]]:
    """Every row of a part of the rule pack, as text."""
    with seed(pack).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def in_force(pack: str) -> list[dict[str, str]]:
    """The rows in force on the as-at date."""
    today = AS_AT.isoformat()
    return [entry for entry in rows(pack) if entry["valid_from"] <= today <= (entry["valid_to"] or "9999-12-31")]


@pytest.mark.parametrize("pack", KEYS)
def test_every_rule_has_a_parent_an_owner_and_no_two_rows_on_one_day(pack) -> None:
    spells = defaultdict(list)
    for entry in rows(pack):
        assert entry["parent"] and entry["owner"] and entry["valid_from"]
        assert date.fromisoformat(entry["valid_from"]) <= date.fromisoformat(entry["valid_to"] or "9999-12-31")
        spells[tuple(entry[key] for key in KEYS[pack])].append((entry["valid_from"], entry["valid_to"] or "9999-12-31"))

    for key, found in spells.items():
        for (_, ended), (begun, _) in itertools.pairwise(sorted(found)):
            assert ended < begun, key


def test_sentences_use_only_places_that_are_filled() -> None:
    for rule in rows("rules"):
        rule["sentence"].format(fact="", on="", amount="", threshold="", source="")


def test_rules_lead_to_lanes_and_offers_that_exist() -> None:
    lanes = {lane["lane_code"] for lane in rows("lanes")}
    labels = {(label["code_list"], label["code"]) for label in rows("labels")}

    for rule in rows("rules"):
        assert not rule["lane_code"] or rule["lane_code"] in lanes
        assert bool(rule["lane_code"]) == bool(rule["position"])
        assert not rule["offer_code"] or ("offer", rule["offer_code"]) in labels


def test_capacity_of_the_rule_pack_the_card_and_the_suites_is_one(declared) -> None:
    card = next(card for card in declared.services if card.service == SERVICE)
    pack = next(rule for rule in in_force("rules") if rule["rule_id"] == card.capacity["rule"])
    suite = json.loads((declared.house / "expectations" / SERVICE / "debt_list.json").read_text(encoding="utf-8"))
    limit = next(item for item in suite["expectations"] if item["meta"]["id"] == "debt_list.list.within_capacity")

    assert (
        int(pack["threshold_value"])
        == card.capacity["cases"]
        == card.capacity["officers"] * card.capacity["cases_per_officer"]
    )
    assert f"> {card.capacity['cases']} " in limit["kwargs"]["unexpected_rows_query"]


def test_every_expectation_says_why_who_and_since_when_under_a_name_of_its_own(declared) -> None:
    card = next(card for card in declared.services if card.service == SERVICE)
    names = []
    for table in card.tables:
        suite = json.loads(
            (declared.house / "expectations" / SERVICE / f"{table.name}.json").read_text(encoding="utf-8")
        )
        for expectation in suite["expectations"]:
            assert expectation["severity"] in {"critical", "warning"}
            assert all(expectation["meta"][word] for word in ("id", "why", "owner", "since"))
            names.append(expectation["meta"]["id"])

    assert len(names) == len(set(names))
