"""Homelessness prevention: the rule pack's sense, the card's, rules recomputed by hand, and no fact from the future."""

from __future__ import annotations

import csv
import itertools
import re
import shutil
import uuid
from collections import defaultdict
from datetime import date, timedelta
from pathlib import Path

import pytest
from tests.services import households, reckoning, warehouses
from tests.services.explained import assert_the_reckoning_would_notice, explained_document

from fairview.contracts.catalogue import HOUSE
from fairview.store import generations, opening
from fairview.store.keys import Keyring
from fairview.store.lending import pseudonymise
from fairview.store.places import WAREHOUSE, places
from fairview.transformation import dbt

SERVICE = "homelessness_prevention"
SEEDS = HOUSE / "dbt_project" / "seeds" / SERVICE
PLACES_OF_A_SENTENCE = {"value", "threshold", "amount", "detail", "fact_on", "until_on", "case", "source"}
COMPARE = {
    ">=": lambda value, threshold: value >= threshold,
    ">": lambda value, threshold: value > threshold,
    "<=": lambda value, threshold: value <= threshold,
    "<": lambda value, threshold: value < threshold,
}


def seed(name: str) -> list[dict[str, str]]:
    with (SEEDS / f"{SERVICE}_{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def opened(here, service: str = SERVICE):
    """A connection with the service's published mart in use, and the warehouse attached beside it."""
    con = opening.connect(here.places)
    for zone, alias in ((service, "mart"), (WAREHOUSE, "warehouse")):
        generation = generations.current(here.places, zone)
        opening.attach(
            con, generation.database, alias, generation.data_key(here.keyring.zone_key(zone)), read_only=True
        )
    con.execute("USE mart")
    return con


def rows(con, query: str) -> list[dict]:
    cursor = con.execute(query)
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


# --- the rule pack and the card


def test_every_rule_from_h1_to_h13_is_there_with_parent_owner_and_evidence():
    rules = seed("rules")
    assert {rule["rule_id"] for rule in rules} >= {f"H{number}" for number in range(1, 14)}
    for row in [*rules, *seed("parameters"), *seed("bands"), *seed("offers"), *seed("notice_grounds"), *seed("gaps")]:
        assert row["parent"] and row["owner"], row
    assert all(rule["evidence_grade"][0] in "FO" for rule in rules)


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("rules", ("rule_id", "tier_code")),
        ("parameters", ("parameter_code",)),
        ("bands", ("band_code",)),
        ("offers", ("offer_order",)),
        ("gaps", ("gap_code",)),
        ("council_tax_stages", ("stage_code",)),
    ],
)
def test_of_every_rule_one_version_is_in_force_on_any_day(name, key):
    versions = defaultdict(list)
    for row in seed(name):
        assert row["valid_from"] <= row["valid_to"]
        versions[tuple(row[word] for word in key)].append((row["valid_from"], row["valid_to"]))
    for spans in versions.values():
        spans.sort()
        assert all(earlier[1] < later[0] for earlier, later in itertools.pairwise(spans))


def test_a_rule_scores_or_refers_directly_and_a_stronger_tier_never_scores_less():
    tiers = defaultdict(list)
    for rule in seed("rules"):
        assert (rule["is_direct_referral"] == "true") == (int(rule["points"]) == 0), rule["rule_id"]
        tiers[rule["rule_id"], rule["measure_code"]].append(rule)
    for found in tiers.values():
        scored = [int(rule["points"]) for rule in found if rule["is_direct_referral"] == "false"]
        assert scored == sorted(scored)


def test_sentences_and_offers_have_only_places_that_are_filled_and_every_sentence_names_its_source():
    for rule in seed("rules"):
        for words in filter(None, (rule["sentence_template"], rule["past_template"])):
            assert set(re.findall(r"{(\w+)}", words)) <= PLACES_OF_A_SENTENCE
            assert "{source}" in words
    for offer in seed("offers"):
        for words in (offer["sentence_template"], offer["past_template"]):
            assert set(re.findall(r"{(\w+)}", words)) <= PLACES_OF_A_SENTENCE - {"source", "threshold", "case"}


def test_the_decision_table_always_ends_in_an_offer_and_reads_only_facts_that_exist():
    offers = sorted(seed("offers"), key=lambda offer: int(offer["offer_order"]))
    assert (offers[-1]["fits_fact_code"], offers[-1]["unless_fact_code"]) == ("ANY", "")
    tiers = {f"{rule['rule_id']}_{rule['tier_code']}" for rule in seed("rules")}
    other = {"ANY", "REDUCTION_NOT_CLAIMED", "PRIOR_FAMILY_REASON", "HARDSHIP_PAYMENT_IN_FORCE", "DEBT_FREEZE"}
    other |= {"NO_NEW_ARRANGEMENT", "HARDSHIP_PAYMENT_NOT_CLAIMED", "OPEN_CASE"}
    assert {offer["fits_fact_code"] for offer in offers} <= tiers | other
    assert {offer["unless_fact_code"] for offer in offers} - {""} <= other
    asking = {"ARRANGEMENT", "DEBT_ADVICE"}
    assert all(offer["unless_fact_code"] for offer in offers if offer["offer_code"] in asking)


def test_private_no_fault_notices_end_on_the_day_the_law_ended_them():
    private = [row for row in seed("notice_grounds") if (row["notice_type"], row["tenancy_kind"]) == ("S21", "PRIVATE")]
    assert [row["served_to"] for row in private] == ["2026-04-30"]


def test_the_capacity_of_the_card_is_the_capacity_of_the_rules(declared):
    capacity = declared.service(SERVICE).capacity
    parameters = {row["parameter_code"]: int(row["value"]) for row in seed("parameters")}
    assert capacity["officers"] == parameters["LIST_OFFICERS"]
    assert capacity["cases_per_officer_per_week"] == parameters["LIST_CASES_PER_OFFICER_PER_WEEK"]
    assert capacity["weeks_per_list"] == parameters["LIST_WEEKS"]
    assert (
        capacity["list_length"]
        == capacity["officers"] * capacity["cases_per_officer_per_week"] * capacity["weeks_per_list"]
    )
    assert declared.service(SERVICE).withdraw_after_days == parameters["ALERT_DAYS"]


def test_every_rule_and_every_published_column_has_its_word_in_the_vocabulary():
    words = (HOUSE / "dbt_project" / "models" / "vocabulary" / f"{SERVICE}.md").read_text(encoding="utf-8")
    for rule in seed("rules"):
        assert f"docs hsg_rule_{rule['rule_id'].lower()} " in words


# --- the marts of a small council, recomputed by hand


def test_every_fact_meets_the_rule_in_force_and_scores_what_the_rule_says(walked):
    con = opened(walked.here)
    rules = {(rule["rule_id"], rule["tier_code"]): rule for rule in seed("rules")}
    facts = rows(con, "SELECT * FROM household_indicators")
    assert facts
    for fact in facts:
        rule = rules[fact["rule_id"], fact["tier_code"]]
        assert COMPARE[rule["comparison"]](float(fact["fact_value"]), float(rule["threshold_value"])), fact["rule_id"]
        assert fact["points"] == int(rule["points"])
        assert rule["valid_from"] <= fact["as_at_on"].isoformat() <= rule["valid_to"]
        stronger = [
            other
            for other in rules.values()
            if other["rule_id"] == fact["rule_id"]
            and other["measure_code"] == fact["measure_code"]
            and int(other["tier_order"]) > int(rule["tier_order"])
            and COMPARE[other["comparison"]](float(fact["fact_value"]), float(other["threshold_value"]))
        ]
        assert not stronger, fact["rule_id"]


def test_list_and_tail_follow_from_the_facts_alone(walked):
    con = opened(walked.here)
    indicators = defaultdict(list)
    for fact in rows(con, "SELECT * FROM household_indicators"):
        indicators[fact["household_id"]].append(fact)
    above = {}
    for household, facts in indicators.items():
        points, direct = sum(fact["points"] for fact in facts), any(fact["is_direct_referral"] for fact in facts)
        if direct or (points >= 40 and not facts[0]["is_open_case"]):
            above[household] = "DIRECT" if direct else "CONTACT_NOW" if points >= 60 else "OFFER_HELP"
    capacity = walked.here.catalogue.service(SERVICE).capacity["list_length"]
    listed = {row["household_id"]: row for row in rows(con, "SELECT * FROM prevention_list")}
    reasoned = {row["household_id"] for row in rows(con, "SELECT household_id FROM prevention_reasons")}
    assert set(listed) <= set(above) == reasoned
    direct = {household for household, band in above.items() if band == "DIRECT"}
    assert direct <= set(listed)
    assert len(listed) == len(direct) + min(capacity, len(above) - len(direct))
    for household, row in listed.items():
        assert row["band_code"] == above[household]
        assert row["points"] == sum(fact["points"] for fact in indicators[household])
        assert row["reason_count"] == min(5, len(indicators[household]))
        assert row["expires_on"] == row["as_at_on"] + timedelta(days=45)
        assert row["act_by_on"] is None or row["act_by_on"] >= row["as_at_on"]
        assert row["is_open_case"] == indicators[household][0]["is_open_case"]


def test_weeks_of_rent_owed_are_those_of_the_tenancy_file(walked):
    con = opened(walked.here)
    pseudonym = person_pseudonym(walked.here.keyring)
    owed = defaultdict(set)
    for row in rows(
        con,
        """SELECT people.person_key, tenancies.cur_bal_pence AS balance,
               tenancies.rent_pence + tenancies.service_pence + tenancies.other_charge_pence AS gross
           FROM warehouse.pseudonymised.psn_housing__tenancies AS tenancies
           JOIN warehouse.pseudonymised.psn_housing__tenancy_people AS people USING (council_household_key)
           WHERE tenancies.eot IS NULL AND people.responsible AND people.person_key IS NOT NULL""",
    ):
        owed[pseudonym(row["person_key"])].add(row["balance"] * 100 // row["gross"] / 100)
    arrears = rows(con, "SELECT person_id, fact_value FROM household_indicators WHERE rule_id = 'H3'")
    assert arrears
    for fact in arrears:
        assert float(fact["fact_value"]) in owed[fact["person_id"]]


def test_shortfalls_are_single_awards_in_force_never_sums(walked):
    con = opened(walked.here)
    pseudonym = person_pseudonym(walked.here.keyring)
    lost = defaultdict(set)
    for row in rows(
        con,
        """SELECT claims.person_key, awards.weekly_amount_pence
           FROM warehouse.pseudonymised.psn_benefits__benefit_awards AS awards
           JOIN warehouse.pseudonymised.psn_benefits__benefit_claims AS claims USING (benefit_claim_key)
           WHERE awards.award_type IN ('CAP', 'UOC', 'SHF') AND claims.person_key IS NOT NULL""",
    ):
        lost[pseudonym(row["person_key"])].add(row["weekly_amount_pence"])
    short = rows(con, "SELECT person_id, amount_pence, fact_value FROM household_indicators WHERE rule_id = 'H7'")
    assert short
    for fact in short:
        assert fact["amount_pence"] in lost[fact["person_id"]]
        assert fact["fact_value"] == fact["amount_pence"]


def test_nobody_dead_or_objecting_is_in_any_table(walked):
    con = opened(walked.here)
    pseudonym = person_pseudonym(walked.here.keyring)
    as_at = con.execute("SELECT max(as_at_on) FROM prevention_totals").fetchone()[0]
    gone = {
        pseudonym(row["person_key"])
        for row in rows(
            con,
            f"""SELECT person_key FROM warehouse.pseudonymised.psn_corporate__deaths
                WHERE person_key IS NOT NULL AND NOT withdrawn_ind
                UNION
                SELECT person_key FROM warehouse.pseudonymised.psn_corporate__data_objections
                WHERE person_key IS NOT NULL AND service_scope IN ('HSG', 'ALL') AND decision <> 'REFUSED'
                    AND coalesce(end_date >= DATE '{as_at}', true)""",
        )
    }
    assert gone
    of_people = {
        name
        for (name,) in con.execute(
            "SELECT table_name FROM duckdb_columns() WHERE column_name = 'person_id' AND NOT internal"
        ).fetchall()
    }
    assert {"prevention_list", "household_indicators"} <= of_people
    for table in walked.here.catalogue.service(SERVICE).tables:
        if table.role != "totals" and table.name in of_people:
            present = {row["person_id"] for row in rows(con, f"SELECT DISTINCT person_id FROM {table.name}")}
            assert not present & gone, table.name


def test_indicator_totals_are_the_facts_under_disclosure_control(walked):
    con = opened(walked.here)
    exact = dict(con.execute("SELECT rule_id, count(*) FROM household_indicators GROUP BY ALL").fetchall())
    shown = rows(con, "SELECT * FROM prevention_totals WHERE totals_group_code = 'INDICATOR'")
    assert {row["category_code"] for row in shown} >= {f"H{number}" for number in range(1, 14)}
    for row in shown:
        count = exact.get(row["category_code"], 0)
        assert row["is_suppressed"] == (count < 10)
        assert row["shown_count"] is None if count < 10 else abs(row["shown_count"] - count) <= 2.5


def person_pseudonym(keyring: Keyring):
    """Person key → the pseudonym this service publishes, worked out beside dbt."""
    import pyarrow

    token = pseudonymise(keyring.pseudonym_key(SERVICE))
    return lambda key: uuid.UUID(token(pyarrow.array([str(key)]))[0].as_py())


# --- every rule, reckoned from what `fairview explain` prints


@pytest.fixture(scope="module")
def in_difficulty(declared, tmp_path_factory):
    """The mart of one household per rule, on its boundary: state, keys, an open connection."""
    where = places(tmp_path_factory.mktemp("households") / "state")
    keyring = Keyring.load(where)
    warehouses.write(where, keyring, households.AS_AT, households.TABLES, households.written())
    con = warehouses.judge(declared, where, keyring, SERVICE, households.AS_AT)
    yield where, keyring, con
    con.close()


# One is open to the service already and referred too long ago, the other has too few points without its notice.
NOT_LISTED = ("referred a day earlier", "notice run out")


def rules_met(con, name: str) -> dict[str, str]:
    """Rule → tier of a named household."""
    found = con.execute(
        "SELECT rule_id, tier_code FROM mart.main.household_indicators "
        f"WHERE person_id = lent_pseudonym((md5('person {name}')::uuid)::varchar)::uuid"
    ).fetchall()
    return dict(found)


@pytest.mark.parametrize(("rule", "tier"), households.BOUNDARIES)
def test_a_rule_is_met_on_its_boundary_and_not_just_beyond(in_difficulty, rule, tier):
    on, beyond = households.BOUNDARIES[rule, tier]
    assert rules_met(in_difficulty[2], on)[rule] == tier
    assert rules_met(in_difficulty[2], beyond).get(rule) != tier


def test_every_tier_of_the_rule_pack_has_both_sides_of_its_boundary_here_and_a_unit_test_in_dbt():
    tiers = {(rule["rule_id"], rule["tier_code"]) for rule in seed("rules")}
    assert set(households.BOUNDARIES) == tiers
    folder = HOUSE / "dbt_project" / "models" / "derived" / SERVICE
    unit_tests = (folder / f"_{SERVICE}__unit_tests.yml").read_text(encoding="utf-8")
    for rule, tier in tiers:
        assert f'rule_id: "{rule}", tier_code: "{tier}"' in unit_tests, (rule, tier)


def test_a_private_no_fault_notice_counts_by_the_day_it_was_served(in_difficulty):
    """The same notice on two dates has two answers: private ones ended on 1 May 2026, social landlords' did not."""
    con = in_difficulty[2]
    assert rules_met(con, "no-fault notice")["H1"] == "NOTICE"
    assert "H1" not in rules_met(con, "no-fault notice too late")
    assert rules_met(con, "no-fault notice of a social landlord")["H1"] == "NOTICE"


def listed(con, name: str) -> dict | None:
    """The list's row of a named household."""
    found = rows(
        con,
        "SELECT * FROM mart.main.prevention_list "
        f"WHERE person_id = lent_pseudonym((md5('person {name}')::uuid)::varchar)::uuid",
    )
    return found[0] if found else None


@pytest.mark.parametrize(
    ("household", "words", "act_by"),
    [
        (
            "notice ended, the case closed",
            "ended on 20 October 2026, 11 days ago: take a homelessness application now",
            31,
        ),
        ("notice ended, the case open", "ended on 30 October 2026, 1 day ago: a homelessness case is open", 31),
        ("no-fault notice of a social landlord", "ends on 31 October 2026, today", 31),
        ("referred", "56 days ago, under the duty to refer: a homelessness case is open", None),
        ("referred, the case closed", "on 30 October 2026, 1 day ago, under the duty to refer: take a", None),
        (
            "eviction, the case open",
            "The eviction date is 20 November 2026, in 20 days: a homelessness case is open",
            51,
        ),
        (
            "eviction day passed",
            "The eviction date was 20 October 2026, 11 days ago, and the tenancy has not ended: take",
            31,
        ),
    ],
)
def test_a_direct_referral_is_listed_whatever_the_case_and_worded_by_its_date(in_difficulty, household, words, act_by):
    row = listed(in_difficulty[2], household)
    assert row["is_direct_referral"] and words in row["reasons"]
    assert row["act_by_on"] == (act_by and date(2026, 9, 30) + timedelta(days=act_by))
    assert row["offer_code"] == ("CASE_TEAM" if row["is_open_case"] else "TAKE_APPLICATION")


def test_points_list_nobody_who_is_open_and_a_home_secured_ends_a_referral(in_difficulty):
    con = in_difficulty[2]
    assert listed(con, "referred a day earlier") is None
    assert not listed(con, "referred, and housed since")["is_direct_referral"]


@pytest.mark.parametrize(
    ("household", "rule", "tier", "words"),
    [
        (
            "notice without a day of service",
            "H1",
            "NOTICE",
            "served on a day not on record ends on 10 November 2026, in 10 days",
        ),
        ("notice without an end", "H1", "NOTICE", "served on 1 October 2026 ends on a day not on record: take"),
        ("notice without a reason", "H1", "NOTICE", "served on 1 August 2026 ends on 10 November 2026, in 10 days"),
        ("notice without a day", "H2", "NOTICE_SERVED", "served on a day not on record and is live"),
        (
            "claim on a notice without a day",
            "H2",
            "CLAIM",
            "notice of a day not on record, court hearing on 17 November 2026",
        ),
        ("suspended without a day", "H8", "STOPPED", "Benefit was suspended on a day not on record while"),
    ],
)
def test_a_need_whose_day_is_not_recorded_counts_as_one_in_force(in_difficulty, household, rule, tier, words):
    con = in_difficulty[2]
    assert rules_met(con, household)[rule] == tier
    assert words in listed(con, household)["reasons"]


def outcome(con, name: str) -> tuple:
    """What a household's records come to: its rules, its place on the list, its care and offers."""
    row = listed(con, name) or {}
    told = (
        "is_direct_referral",
        "points",
        "offer_code",
        "other_offers",
        "has_support_flag",
        "handling",
        "has_debt_freeze",
    )
    rules = {
        rule: tier for rule, tier in rules_met(con, name).items() if rule != "H13"
    }  # to join or leave is a fact itself
    return (rules, *(row.get(column) for column in told if column != "points"))


@pytest.mark.parametrize("record", households.PROTECTING)
def test_a_protection_or_need_whose_start_is_not_recorded_counts_as_one_in_force(in_difficulty, record):
    asked = {when: outcome(in_difficulty[2], f"{record}, since {when}") for when in households.SINCE}
    assert asked["not recorded"] == asked["the day before"] == asked["today"]
    assert asked["not recorded"] != asked["tomorrow"], "the record changes nothing, so nothing was shown"


@pytest.mark.parametrize("record", households.ENDING)
def test_a_protection_holds_to_its_last_day_and_without_a_recorded_end(in_difficulty, record):
    asked = {when: outcome(in_difficulty[2], f"{record}, to {when}") for when in households.SINCE}
    assert asked["not recorded"] == asked["today"] == asked["tomorrow"]
    assert asked["not recorded"] != asked["the day before"], "the record changes nothing, so nothing was shown"


def test_a_suspension_that_begins_tomorrow_is_none_and_a_past_hearing_is_worded_as_past(in_difficulty):
    con = in_difficulty[2]
    assert "H8" not in rules_met(con, "suspended tomorrow")
    assert "court hearing was on 30 October 2026, 1 day ago" in listed(con, "claim, the hearing passed")["reasons"]


def test_what_is_owed_is_dated_by_the_ledger_and_not_by_the_run(in_difficulty):
    con = in_difficulty[2]
    assert "in each of the last 3 months, to £300.00 on 15 October 2026" in listed(con, "rising")["reasons"]
    assert "£100.00, 1.0 weeks of gross rent, since 15 September 2026" in listed(con, "newly in arrears")["reasons"]
    assert "the latest of them since 10 January 2026" in listed(con, "two kinds")["reasons"]
    assert "since a day not on record" in listed(con, "two weeks")["reasons"]


def test_every_tier_of_every_rule_can_be_reckoned_from_what_is_printed(declared, in_difficulty):
    """Of every tier a household: value, tier, points, sentence, band, order, offer and expiry, by pencil."""
    where, keyring, con = in_difficulty
    people = con.execute("SELECT DISTINCT person_id FROM mart.main.household_indicators").fetchall()
    key = keyring.zone_key(SERVICE)
    explained = [explained_document(where, declared, SERVICE, str(person), key) for (person,) in people]
    tiers = {(rule["rule_id"], rule["tier_code"]) for document in explained for rule in document["rules"]}
    assert tiers == {(rule["rule_id"], rule["tier_code"]) for rule in seed("rules")}
    assert [difference for document in explained for difference in reckoning.prevention_differences(document)] == []
    listed = {document["person_id"] for document in explained if document["is_listed"]}
    assert len(listed) == len(households.HOUSEHOLDS) - len(NOT_LISTED)
    offered = {document["row"]["offer_code"] for document in explained if document["is_listed"]}
    assert offered == {offer["offer_code"] for offer in seed("offers")}
    assert_the_reckoning_would_notice(
        explained, reckoning.prevention_differences, "fact_value", "points", "sentence", "rule_version"
    )


def test_every_row_of_the_walked_council_can_be_reckoned_from_what_is_printed(walked):
    """From files to published marts and back: whoever a row of any service is about, up to eight people a rule."""
    here = walked.here
    for card, differences in (
        (here.catalogue.service(SERVICE), reckoning.prevention_differences),
        (here.catalogue.service("informed_debt"), reckoning.debt_differences),
        (here.catalogue.service("asb_victim_support"), reckoning.victim_differences),
    ):
        con = opened(here, card.service)
        people = con.execute(f"""SELECT DISTINCT person_id FROM (SELECT person_id, row_number() OVER (
            PARTITION BY rule_id ORDER BY person_id) AS place FROM {card.explanation.rules}) WHERE place <= 8""").fetchall()
        con.close()
        assert people
        key = here.keyring.zone_key(card.service)
        for (person,) in people:
            document = explained_document(here.places, here.catalogue, card.service, str(person), key)
            assert differences(document) == [], card.service
            assert document["is_same_rule_pack"]


# --- back-tests rest on this: what had not happened yet has no part in the answer

TOMORROW = {
    "tenancies": "UPDATE {t} SET nosp = true, nosp_date = {d}, nosp_expire = {d} + 28 WHERE NOT nosp",
    "benefit_awards": "INSERT INTO {t} SELECT * REPLACE (award_id || 'x' AS award_id, 'CAP' AS award_type, {d} AS from_date, "
    "NULL AS to_date, 90000 AS weekly_amount_pence, record_key || 'x' AS record_key) FROM {t}",
    "council_tax_recovery": "INSERT INTO {t} SELECT * REPLACE (recovery_id || 'x' AS recovery_id, 'EA1' AS stage, "
    "{d} AS stage_date, record_key || 'x' AS record_key) FROM {t}",
    "sundry_debts": "INSERT INTO {t} SELECT * REPLACE (account_no || 'x' AS account_no, {d} AS raised, 99900 AS balance_pence, "
    "record_key || 'x' AS record_key) FROM {t}",
    "homelessness_cases": "INSERT INTO {t} SELECT * REPLACE (case_ref || 'x' AS case_ref, {d} AS application_date, "
    "'S8' AS notice_type, {d} AS notice_date, {d} + 20 AS notice_expiry, 'OPEN' AS case_status, "
    "record_key || 'x' AS record_key) FROM {t}",
    "arrears_actions": "INSERT INTO {t} SELECT * REPLACE (action_no + 5000 AS action_no, 'AGRL' AS action_code, "
    "{d} AS action_date, record_key || 'x' AS record_key) FROM {t}",
}


def test_facts_dated_after_the_as_at_date_change_no_row(walked, tmp_path: Path):
    here = walked.here
    before = contents(opened(here))
    shutil.copytree(here.places.root, tmp_path / "state", symlinks=True)
    shutil.copytree(here.places.keys, tmp_path / "state.keys")
    where = places(tmp_path / "state")
    keyring = Keyring.load(where)
    as_at: date = opened(here).execute("SELECT max(as_at_on) FROM prevention_totals").fetchone()[0]
    with opening.vault(where, keyring) as con:
        for feed, statement in TOMORROW.items():
            con.execute(statement.format(t=f"staged.{feed}", d=f"(DATE '{as_at}' + 1)"))
        con.execute(
            "INSERT INTO identity.record_person SELECT * REPLACE (record_key || 'x' AS record_key) FROM identity.record_person "
            "WHERE feed IN ('sundry_debts', 'homelessness_cases')"
        )
    generations.switch(where, dbt.build_warehouse(here.catalogue, where, keyring, as_at))
    candidate = dbt.build_candidate(here.catalogue, where, keyring, SERVICE, as_at)
    con = opening.connect(where)
    opening.attach(con, candidate.database, "mart", candidate.data_key(keyring.zone_key(SERVICE)), read_only=True)
    con.execute("USE mart")
    after = contents(con)
    for table, found in before.items():
        assert after[table] == found, table


def contents(con) -> dict[str, list[tuple]]:
    """Every row of every table, in a fixed order."""
    names = [
        name
        for (name,) in con.execute("SELECT table_name FROM duckdb_tables() WHERE database_name = 'mart'").fetchall()
    ]
    return {name: con.execute(f"SELECT * FROM {name} ORDER BY ALL").fetchall() for name in names}
