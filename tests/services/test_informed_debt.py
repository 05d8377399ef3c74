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
from tests.services import debtors, reckoning
from tests.services.debtors import AS_AT, BRAKES, PROHIBITS, SERVICE, Debtor, person_key
from tests.services.explained import assert_the_reckoning_would_notice, explained_document

from fairview.store import scratch
from fairview.store.keys import Keyring
from fairview.store.lending import Loan
from fairview.store.places import Places, places
from fairview.transformation import dbt

TOMORROW = "date '2026-11-01'"
NOTICE, REGISTER = "psn_corporate__debt_respite_notices", "psn_corporate__vulnerability_register"
ACCOUNTS, PARTIES = "psn_revenues__council_tax_accounts", "psn_revenues__council_tax_parties"
BALANCES = "psn_revenues__council_tax_balances"
DISCOUNT, RECOVERY = "psn_revenues__council_tax_discounts", "psn_revenues__council_tax_recovery"
AWARDS, SUNDRY = "psn_benefits__benefit_awards", "psn_corporate__sundry_debts"
OVERPAYMENTS, TRANSACTIONS = "psn_benefits__benefit_overpayments", "psn_revenues__council_tax_transactions"

# Patterns of ombudsman decisions on council tax recovery and vulnerability: each time a different department knew. The fault
# is the decisions' (domain research, section 3.3), the circumstances are invented: which department knew is varied, so that
# none is left out.
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
    Debtor("recovery was inhibited for care", "order", (
        ("psn_revenues__council_tax_accounts",
         "{person}, md5('inhibited')::uuid, 4, 'L', date '2018-01-01', null, 'VULN', date '2026-01-01', null, false, false, false"),
        ("psn_revenues__council_tax_parties", "{person}, md5('inhibited')::uuid, 4, date '2018-01-01', null"),
        ("psn_revenues__council_tax_balances", "md5('inhibited')::uuid, 2025, 100000, 0, 500, 500"),
    )),
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
        ("psn_revenues__council_tax_transactions", f"{{account}}, 2025, {TOMORROW}, 'PAY', -999999"),
    )),
]  # fmt: skip


# Every record that protects from a day on; {since} is that day.
SINCE = {
    "the day before": "date '2026-10-30'",
    "today": "date '2026-10-31'",
    "not recorded": "null::date",
    "tomorrow": TOMORROW,
}
PROTECTING = {
    "respite notice": ((NOTICE, "{person}, {since}, null, 'ACTV', false"),),
    "respite notice ending today": ((NOTICE, "{person}, {since}, date '2026-10-31', 'ACTV', false"),),
    "respite notice cancelled before its end": ((NOTICE, "{person}, {since}, date '2026-12-31', 'CANC', false"),),
    "death": (("psn_corporate__deaths", "{person}, {since}, false"),),
    "register": ((REGISTER, "{person}, {since}, null, null, 'PHONE', true"),),
    "support discount": ((DISCOUNT, "{account}, {since}, null, true, false"),),
    "death exemption": ((DISCOUNT, "{account}, {since}, null, false, true"),),
    "objection": (("psn_corporate__data_objections", "{person}, 'REV', {since}, 'UPHELD', null"),),
    "objection without a decision": (("psn_corporate__data_objections", "{person}, 'REV', {since}, null, null"),),
    "objection without a scope": (("psn_corporate__data_objections", "{person}, null, {since}, 'UPHELD', null"),),
    **{
        f"inhibitor {code}": (
            ("psn_revenues__council_tax_accounts",
             f"{{person}}, md5('{code} {{when}}')::uuid, 4, 'L', date '2018-01-01', null, '{code}', {{since}}, null, false, false, false"),
            ("psn_revenues__council_tax_parties", f"{{person}}, md5('{code} {{when}}')::uuid, 4, date '2018-01-01', null"),
            ("psn_revenues__council_tax_balances", f"md5('{code} {{when}}')::uuid, 2025, 100000, 0, 500, 500"),
        )
        for code in PROHIBITS if code
    },
}  # fmt: skip
UNDATED = [
    Debtor(
        f"{record}, since {when}",
        "order",
        tuple((table, values.replace("{since}", day).replace("{when}", when)) for table, values in records),
    )
    for record, records in PROTECTING.items()
    for when, day in SINCE.items()
]
# What a debtor with the further account of an inhibitor is asked for while no inhibitor is in force.
UNDATED.append(
    Debtor("an inhibitor tomorrow", "order", tuple(
        (table, values.replace("'DISP'", "null").replace("{since}", "null").replace("{when}", "never"))
        for table, values in PROTECTING["inhibitor DISP"]
    ))
)  # fmt: skip

# Spells of a party beside one who was liable throughout, on a debt of 2026 (1 April 2026 to 31 March 2027): liability
# position, first day, day after the last, and what is asked of the party: the whole, nothing yet, or no such debt at all.
WHOLE, WAITS, NOT_THEIRS = 90000, 0, None
SPELLS = {
    "throughout": (1, "date '2018-01-01'", "null", WHOLE),
    "from the first day of the year": (1, "date '2026-04-01'", "null", WHOLE),
    "from the day after it": (1, "date '2026-04-02'", "null", WAITS),
    "came in September": (1, "date '2026-09-20'", "null", WAITS),
    "left in April": (1, "date '2018-01-01'", "date '2026-04-20'", WAITS),
    "left on the first day": (1, "date '2018-01-01'", "date '2026-04-01'", NOT_THEIRS),
    "until the last day of the year": (1, "date '2018-01-01'", "date '2027-04-01'", WHOLE),
    "until the day before it": (1, "date '2018-01-01'", "date '2027-03-31'", WAITS),
    "years ago": (1, "date '2018-01-01'", "date '2020-06-01'", NOT_THEIRS),
    "a payer": (12, "date '2018-01-01'", "null", WAITS),
    "in suspense": (11, "date '2018-01-01'", "null", WAITS),
    "not liable": (0, "date '2018-01-01'", "null", NOT_THEIRS),
}
LIABLE = [
    Debtor(f"liable {name}", "order", (
        (ACCOUNTS, f"{{partner}}, md5('liable {name}')::uuid, 1, 'L', date '2018-01-01', null, null, null, null, false, false, false"),
        (PARTIES, f"{{partner}}, md5('liable {name}')::uuid, 1, date '2018-01-01', null"),
        (PARTIES, f"{{person}}, md5('liable {name}')::uuid, {position}, {first}, {end}"),
        (BALANCES, f"md5('liable {name}')::uuid, 2026, 100000, 0, 180000, 90000"),
    ), True)
    for name, (position, first, end, _) in SPELLS.items()
]  # fmt: skip
LIABLE.append(Debtor("liable when nobody was any more", "order", (
    (ACCOUNTS, "{partner}, md5('nobody')::uuid, 1, 'F', date '2018-01-01', date '2024-06-01', null, null, null, false, false, false"),
    (PARTIES, "{person}, md5('nobody')::uuid, 1, date '2018-01-01', date '2024-06-01'"),
    (PARTIES, "{partner}, md5('nobody')::uuid, 1, date '2018-01-01', date '2020-06-01'"),
    (BALANCES, "md5('nobody')::uuid, 2026, 100000, 0, 180000, 90000"),
), True))  # fmt: skip


@pytest.fixture(scope="module")
def ours(tmp_path_factory) -> tuple[Places, Keyring]:
    """The state of this module's mart, and its keys."""
    where = places(tmp_path_factory.mktemp("debtors") / "state")
    return where, Keyring.load(where)


@pytest.fixture(scope="module")
def mart(declared, ours):
    """The mart of every combination of circumstances and of the named debtors, built once through the public door."""
    where, keyring = ours
    debtors.write_warehouse(
        where,
        keyring,
        [*debtors.every_combination(), *debtors.named([*PATTERNS, *EDGES, *UNDATED, *LIABLE, *CIRCUMSTANCES])],
    )
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


def outcome(con: duckdb.DuckDBPyConnection, name: str) -> tuple:
    """What is done to a named debtor, and by which rules: lane, pence asked for now, contact; empty where not listed."""
    listed = row(con, name)
    parts = ("lane_code", "recoverable_now_pence", "is_contact_allowed", "rules")
    return tuple(listed[part] for part in parts) if listed else ()


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


# ── Not recorded never brakes less than recorded ──────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("record", PROTECTING)
def test_a_protection_whose_start_is_not_recorded_protects_as_one_in_force(mart, record) -> None:
    asked = {when: outcome(mart, f"{record}, since {when}") for when in SINCE}

    assert asked["not recorded"] == asked["the day before"] == asked["today"]
    assert asked["tomorrow"] == outcome(
        mart, "an inhibitor tomorrow" if "inhibitor" in record else "nobody knew anything"
    )
    assert asked["not recorded"] != asked["tomorrow"], "the record protects nobody, so nothing was shown"


# ── A different department knew ──────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("name", "rules"),
    [
        pytest.param("social care knew", {"DEBT-S01", "DEBT-S03"}, id="haringey_19_000_635_the_council_knew"),
        pytest.param("the flag was old", {"DEBT-S01", "DEBT-S02", "DEBT-S03"}, id="tendring_20_012_532_known_and_not_considered"),
        pytest.param("a discount told it", {"DEBT-S01"}, id="salford_18_005_419_another_section_knew"),
        pytest.param("the partner is flagged", {"DEBT-S01", "DEBT-S03"}, id="cherwell_21_012_667_known_of_one_debtor"),
        pytest.param("a format was asked for", {"DEBT-S01"}, id="wyre_forest_23_015_700_adjustments_not_considered"),
        pytest.param("recovery was inhibited for care", {"DEBT-S01"}, id="staffordshire_moorlands_21_010_196_one_account_held_not_the_other"),
        pytest.param("housing knew", {"DEBT-S01"}, id="a_debt_advisers_case_of_2022_housing_knew_and_council_tax_sent_agents"),
    ],
)  # fmt: skip
def test_a_different_department_knew_and_the_officer_is_told_to_take_care_and_nothing_more(mart, name, rules) -> None:
    listed = row(mart, name)

    assert listed["lane_code"] == "SAFEGUARD"
    assert rules <= listed["rules"]
    assert "never an enforcement agent" in listed["handling_instruction"]
    told = listed["reasons"].lower()
    assert not any(word in told for word in ("social", "register", "discount", "housing", "partner"))


def test_where_nobody_knew_anything_the_statutory_process_goes_on(mart) -> None:
    """The contrast of the complaints not upheld: Walsall 19 015 455, Somerset West and Taunton 22 010 183."""
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


# ── Who owes what, when ──────────────────────────────────────────────────────────────────────────────────────────────


def asked(con: duckdb.DuckDBPyConnection, name: str, role: str, balance_pence: int) -> int | None:
    """Pence recoverable now of a named debtor's debt with that balance; None where no such debt is theirs."""
    found = con.execute(
        f"""select recoverable_now_pence from mart.main.debts
            where person_id = lent_pseudonym({person_key(name, role)}::varchar)::uuid and balance_pence = {balance_pence}"""
    ).fetchone()
    return found[0] if found else None


@pytest.mark.parametrize(("name", "pence"), [(name, spell[3]) for name, spell in SPELLS.items()])
def test_a_party_owes_what_fell_due_while_liable_and_the_rest_waits_for_an_officer(mart, name, pence) -> None:
    person, partner = row(mart, f"liable {name}"), row(mart, f"liable {name}", "partner")

    assert asked(mart, f"liable {name}", "person", 180000) == pence
    assert ("DEBT-R05" in person["rules"]) == (pence == WAITS)
    assert asked(mart, f"liable {name}", "partner", 180000) == WHOLE
    assert "DEBT-R05" not in partner["rules"]


def test_a_debt_of_a_year_in_which_nobody_was_liable_waits_with_those_liable_last(mart) -> None:
    name = "liable when nobody was any more"

    assert asked(mart, name, "person", 180000) == WAITS
    assert "DEBT-R05" in row(mart, name)["rules"]
    assert asked(mart, name, "partner", 180000) is NOT_THEIRS


@pytest.mark.parametrize(
    ("name", "stage", "agent", "arranged"),
    [
        ("a bill after an arrangement", "ARR", False, True),
        ("a bill after agents", "EA1", True, False),
        ("a reminder after an order", "LO", False, False),
        ("a reminder after all was paid", "REM1", False, False),
        ("a reminder after a payment that was rejected", "LO", False, False),
        ("earnings attached", "AOE", False, False),
    ],
)
def test_the_stage_of_a_debt_is_the_furthest_step_since_it_was_last_cleared(mart, name, stage, agent, arranged) -> None:
    listed = row(mart, name)
    (stages,) = mart.execute(
        "select list(stage_code) from mart.main.debts where person_id = ? and financial_year = 2025",
        [listed["person_id"]],
    ).fetchone()

    assert stages == [stage]
    assert (listed["is_with_enforcement_agent"], listed["has_payment_arrangement"]) == (agent, arranged)
    assert ("DEBT-P01" in listed["rules"], "DEBT-P02" in listed["rules"]) == (arranged, False)


def test_a_deduction_from_earnings_is_enforcement_and_no_arrangement(mart) -> None:
    listed = row(mart, "earnings attached for an overpayment")

    assert not listed["has_payment_arrangement"]
    assert listed["lane_code"] == "STANDARD"


def test_a_collection_agent_is_no_enforcement_agent_but_is_recalled_from_what_is_frozen(mart) -> None:
    listed, frozen = row(mart, "with a collection agent"), row(mart, "with a collection agent, frozen")

    assert not listed["is_with_enforcement_agent"]
    assert not frozen["is_with_enforcement_agent"]
    assert "DEBT-F04" in frozen["rules"]


@pytest.mark.parametrize(
    ("name", "rule"), [("written off and owed", "DEBT-R07"), ("an error of the council", "DEBT-R08")]
)
def test_what_the_record_contradicts_or_the_law_may_not_recover_waits_for_an_officer(mart, name, rule) -> None:
    listed = row(mart, name)

    assert (listed["lane_code"], rule in listed["rules"]) == ("REFER_HUMAN", True)
    assert asked(mart, name, "person", 80000 if rule == "DEBT-R07" else 7000) == 0


def test_nobody_frozen_is_spoken_of_as_somebody_to_contact(mart) -> None:
    """Not even how to contact them: every debtor frozen, many with a flag, a plan, a claim or a credit of their own."""
    shown = {rule["rule_id"] for rule in in_force("rules") if rule["is_shown_in_freeze"] == "true"}
    (instruction,) = [lane["instruction"] for lane in in_force("lanes") if lane["lane_code"] == "FREEZE"]
    frozen, rules = mart.execute(
        """select count(distinct person_id), list(distinct rule_id)
        from mart.main.debt_list inner join mart.main.debt_reasons using (person_id) where lane_code = 'FREEZE'"""
    ).fetchone()
    said = mart.execute(
        "select distinct handling_instruction from mart.main.debt_list where lane_code = 'FREEZE'"
    ).fetchall()

    assert frozen > 10_000
    assert set(rules) == shown == {"DEBT-F01", "DEBT-F02", "DEBT-F03", "DEBT-F04", "DEBT-R03", "DEBT-S03"}
    assert {text for (text,) in said} == {instruction, f"{instruction} Estate: handled by a named officer."}


# ── Reckoned from what is printed ────────────────────────────────────────────────────────────────────────────────────

CIRCUMSTANCES = [
    Debtor("reduction at its most", "order", (
        (AWARDS, "md5('a most')::uuid, md5('c most')::uuid, 'CTR', date '2025-04-01', null, 2302, false"),
        ("psn_benefits__benefit_claims", "{person}, md5('c most')::uuid, {account}, false"),
    )),
    Debtor("reduction under its most", "order", (
        (AWARDS, "md5('a less')::uuid, md5('c less')::uuid, 'CTR', date '2025-04-01', null, 2270, false"),
        ("psn_benefits__benefit_claims", "{person}, md5('c less')::uuid, {account}, false"),
    )),
    Debtor("reduction ended lately", "order", (
        (AWARDS, "md5('a ended')::uuid, md5('c ended')::uuid, 'CTR', date '2024-04-01', date '2026-09-01', 2500, false"),
        ("psn_benefits__benefit_claims", "{person}, md5('c ended')::uuid, {account}, false"),
    )),
    Debtor("a deduction runs", "order", (
        ("psn_benefits__benefit_overpayments", "{person}, md5('i runs')::uuid, 'CLM', date '2025-01-10', 7000, 'ONGHB', 'NEW', null"),
        ("psn_benefits__benefit_overpayments", "{person}, md5('i small')::uuid, 'CLM', date '2025-01-10', 6000, 'DWPPD', 'NEW', null"),
    )),
    Debtor("housing benefit on the rent", "order", (
        ("psn_housing__tenancies", "md5('t hb')::uuid, md5('h hb')::uuid, 'SEC', date '2018-01-01', null, 0, false, true"),
        ("psn_spine__tenants", "md5('t hb')::uuid, {person}, true"),
    )),
    Debtor("universal credit on the rent", "order", (
        ("psn_housing__tenancies", "md5('t uc')::uuid, md5('h uc')::uuid, 'SEC', date '2018-01-01', null, 0, true, false"),
        ("psn_spine__tenants", "md5('t uc')::uuid, {person}, true"),
    )),
    Debtor("the arrangement broke", "arrangement", ((RECOVERY, "{account}, 2025, 'EA1', date '2026-06-01', 100, null, null, false"),)),
    Debtor("an order without a summons", "reminder", ((RECOVERY, "{account}, 2026, 'LO', date '2026-09-01', 100, null, null, false"),)),
    Debtor("a summons six days after a reminder", "reminder", (
        (RECOVERY, "{account}, 2026, 'REM1', date '2026-08-01', 100, null, null, false"),
        (RECOVERY, "{account}, 2026, 'SUMM', date '2026-08-07', 100, null, null, false"),
    )),
    *(
        Debtor(f"{step} and {later} {days} days after", "order", (
            (ACCOUNTS, f"{{person}}, md5('{step} {days}')::uuid, 4, 'L', date '2018-01-01', null, null, null, null, false, false, false"),
            (BALANCES, f"md5('{step} {days}')::uuid, 2026, 100000, 0, 90000, 90000"),
            *(((RECOVERY, f"md5('{step} {days}')::uuid, 2026, 'FINAL', date '2026-06-01', 100, null, null, false"),) if step == "SUMM" else ()),
            (RECOVERY, f"md5('{step} {days}')::uuid, 2026, '{step}', date '2026-08-01', 100, null, null, false"),
            (RECOVERY, f"md5('{step} {days}')::uuid, 2026, '{later}', date '2026-08-{1 + days:02}', 100, null, null, false"),
        ))
        for step, later, days in (
            ("REM1", "SUMM", 14), ("REM1", "SUMM", 13), ("FINAL", "SUMM", 7), ("FINAL", "SUMM", 6), ("SUMM", "LO", 14), ("SUMM", "LO", 13),
        )
    ),
    Debtor("an agent came in a freeze", "order", (
        (NOTICE, "{person}, date '2026-06-01', date '2026-08-01', 'ENDD', false"),
        (RECOVERY, "{account}, 2025, 'EA1', date '2026-07-01', 100, null, null, false"),
    )),
    Debtor("an agent came in a freeze, and another freeze", "order", (
        (NOTICE, "{person}, date '2026-06-01', date '2026-08-01', 'ENDD', false"),
        (NOTICE, "{person}, date '2026-10-01', null, 'ACTV', false"),
        (RECOVERY, "{account}, 2025, 'EA1', date '2026-07-01', 100, null, null, false"),
    )),
    Debtor("a credit elsewhere", "order", (
        ("psn_revenues__council_tax_balances", "{account}, 2024, 100000, 0, -2500, 0"),
        (SUNDRY, "{person}, md5('s small')::uuid, 'OTHER', date '2026-09-15', 5000, 'NEW'"),
    )),
    Debtor("little and new", "reminder", ((SUNDRY, "{person}, md5('s new')::uuid, 'OTHER', date '2026-09-01', 5000, 'NEW'"),)),
    Debtor("little and a day too old", "reminder", ((SUNDRY, "{person}, md5('s old')::uuid, 'OTHER', date '2026-08-31', 5000, 'NEW'"),)),
    Debtor("a penny over a small sum", "reminder", ((SUNDRY, "{person}, md5('s over')::uuid, 'OTHER', date '2026-09-01', 5001, 'NEW'"),)),
    Debtor("a review 91 days late", "order", ((REGISTER, "{person}, date '2026-01-01', date '2026-08-01', null, 'STD', true"),)),
    Debtor("a review 90 days late", "order", ((REGISTER, "{person}, date '2026-01-01', date '2026-08-02', null, 'STD', true"),)),
    Debtor("reduction ended 61 days ago", "order", (
        (AWARDS, "md5('a ended 61')::uuid, md5('c ended 61')::uuid, 'CTR', date '2024-04-01', date '2026-08-31', 2500, false"),
        ("psn_benefits__benefit_claims", "{person}, md5('c ended 61')::uuid, {account}, false"),
    )),
    Debtor("broken 365 days after", "order", (
        (RECOVERY, "{account}, 2025, 'ARR', date '2025-10-30', 100, null, null, false"),
        (RECOVERY, "{account}, 2025, 'EA1', date '2026-10-30', 100, null, null, false"),
    )),
    Debtor("broken 366 days after", "order", (
        (RECOVERY, "{account}, 2025, 'ARR', date '2025-10-29', 100, null, null, false"),
        (RECOVERY, "{account}, 2025, 'EA1', date '2026-10-30', 100, null, null, false"),
    )),
    Debtor("written off and owed", "order", ((RECOVERY, "{account}, 2025, 'WOFF', date '2026-03-01', 100, null, null, false"),)),
    Debtor("an error of the council", "order", ((OVERPAYMENTS, "{person}, md5('i error')::uuid, 'LAE', date '2026-01-10', 7000, 'INV', 'NEW', null"),)),
    Debtor("a bill after an arrangement", "arrangement", ((RECOVERY, "{account}, 2025, 'BILL', date '2026-03-01', 100, null, null, false"),)),
    Debtor("a bill after agents", "agents", ((RECOVERY, "{account}, 2025, 'BILL', date '2026-03-01', 100, null, null, false"),)),
    Debtor("a reminder after an order", "order", ((RECOVERY, "{account}, 2025, 'REM1', date '2026-03-01', 100, null, null, false"),)),
    Debtor("a reminder after all was paid", "order", (
        (RECOVERY, "{account}, 2025, 'REM1', date '2026-03-01', 100, null, null, false"),
        (TRANSACTIONS, "{account}, 2025, date '2025-08-01', 'BFD', 90000"),
        (TRANSACTIONS, "{account}, 2025, date '2025-12-01', 'PAY', -90000"),
        (TRANSACTIONS, "{account}, 2025, date '2026-02-01', 'ADJ', 80000"),
    )),
    Debtor("a reminder after a payment that was rejected", "order", (
        (RECOVERY, "{account}, 2025, 'REM1', date '2026-03-01', 100, null, null, false"),
        (TRANSACTIONS, "{account}, 2025, date '2025-08-01', 'BFD', 80000"),
        (TRANSACTIONS, "{account}, 2025, date '2025-12-01', 'PAY', -80000"),
        (TRANSACTIONS, "{account}, 2025, date '2025-12-05', 'REJ', 80000"),
    )),
    Debtor("earnings attached", "order", ((RECOVERY, "{account}, 2025, 'AOE', date '2026-03-01', 100, null, null, false"),)),
    Debtor("earnings attached for an overpayment", "order", ((OVERPAYMENTS, "{person}, md5('i dea')::uuid, 'CLM', date '2026-01-10', 7000, 'DEA', 'NEW', null"),)),
    Debtor("with a collection agent", "order", ((SUNDRY, "{person}, md5('s agt')::uuid, 'OTHER', date '2026-01-01', 5000, 'AGT'"),)),
    Debtor("with a collection agent, frozen", "order", (
        (SUNDRY, "{person}, md5('s agt frozen')::uuid, 'OTHER', date '2026-01-01', 5000, 'AGT'"),
        (NOTICE, "{person}, date '2026-10-11', null, 'ACTV', false"),
    )),
    Debtor("the other joint debtor died", "order", (("psn_corporate__deaths", "{partner}, date '2026-10-05', false"),), True),
]  # fmt: skip


def test_every_rule_of_the_decision_table_can_be_reckoned_from_what_is_printed(declared, ours, mart) -> None:
    """Of every rule some people it holds for: facts, amounts, sentences, lane and sums, by pencil."""
    where, keyring = ours
    people = mart.execute("""select distinct person_id from (select person_id, rule_id,
        row_number() over (partition by rule_id order by person_id) as place from mart.main.debt_reasons) where place <= 4""").fetchall()  # fmt: skip
    ids = [str(person) for (person,) in people]
    ids += [str(row(mart, debtor.name)["person_id"]) for debtor in [*PATTERNS, *EDGES, *CIRCUMSTANCES]]
    key = keyring.zone_key(SERVICE)
    explained = [explained_document(where, declared, SERVICE, person, key) for person in dict.fromkeys(ids)]

    met = {rule["rule_id"] for document in explained for rule in document["rules"]}
    assert met == {rule["rule_id"] for rule in in_force("rules") if rule["sentence"]}
    assert [difference for document in explained for difference in reckoning.debt_differences(document)] == []
    assert_the_reckoning_would_notice(
        explained, reckoning.debt_differences, "sentence", "rule_version", "threshold_value"
    )
    # Every other column, the sentences worded anew so that they do not give it away, but where nothing printed can tell:
    # a fact in words alone, a date or an amount that a flag, a death or another's record would have to be told for.
    for column, untold in UNTOLD.items():
        assert_the_reckoning_would_notice(
            explained, reckoning.debt_differences, column, but=untold, reworded=reckoning.debt_reworded
        )


UNTOLD = {
    "fact_value": {
        "DEBT-F02", "DEBT-S01", "DEBT-S02", "DEBT-R02", "DEBT-R05", "DEBT-R06", "DEBT-U01", "DEBT-U05", "DEBT-U06", "DEBT-P01",
    },
    "fact_on": {
        "DEBT-F02", "DEBT-S02", "DEBT-R06", "DEBT-U01", "DEBT-U02", "DEBT-U04", "DEBT-P01", "DEBT-P02",
    },
    "amount_pence": {"DEBT-R03", "DEBT-R04"},
}  # fmt: skip


@pytest.mark.parametrize(
    ("name", "rule", "holds"),
    [
        ("reduction at its most", "DEBT-U02", True),
        ("reduction under its most", "DEBT-U02", False),
        ("little and new", "DEBT-P03", True),
        ("a penny over a small sum", "DEBT-P03", False),
        ("little and new", "DEBT-P04", True),
        ("little and a day too old", "DEBT-P04", False),
        ("a review 91 days late", "DEBT-S02", True),
        ("a review 90 days late", "DEBT-S02", False),
        ("reduction ended lately", "DEBT-U07", True),
        ("reduction ended 61 days ago", "DEBT-U07", False),
        ("broken 365 days after", "DEBT-P02", True),
        ("broken 366 days after", "DEBT-P02", False),
        ("an order without a summons", "DEBT-R04", True),
        ("a summons six days after a reminder", "DEBT-R04", False),
        ("REM1 and SUMM 14 days after", "DEBT-R04", False),
        ("REM1 and SUMM 13 days after", "DEBT-R04", True),
        ("FINAL and SUMM 7 days after", "DEBT-R04", False),
        ("FINAL and SUMM 6 days after", "DEBT-R04", True),
        ("SUMM and LO 14 days after", "DEBT-R04", False),
        ("SUMM and LO 13 days after", "DEBT-R04", True),
    ],
)
def test_a_rule_holds_on_its_boundary_and_not_beyond(mart, name, rule, holds) -> None:
    """The summons of the last case rests on the older reminder: a later one does not undo it."""
    assert (rule in row(mart, name)["rules"]) == holds


# ── The rule pack ────────────────────────────────────────────────────────────────────────────────────────────────────

KEYS = {
    "rules": ("rule_id",),
    "lanes": ("lane_code",),
    "stages": ("debt_type_code", "stage_code"),
    "steps_before": ("debt_type_code", "stage_code", "earlier_code"),
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
            assert expectation["severity"] in {"critical", "warning", "info"}
            assert all(expectation["meta"][word] for word in ("id", "why", "owner", "since"))
            names.append(expectation["meta"]["id"])

    assert len(names) == len(set(names))
