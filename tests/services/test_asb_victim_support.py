"""Support for victims: the rule pack's sense, and case review recomputed by hand and against the pilot's truth."""

from __future__ import annotations

import csv
import json
import re
from collections import defaultdict
from datetime import date, timedelta
from itertools import combinations
from pathlib import Path

import pytest
from tests.services import reckoning, victims
from tests.services.explained import assert_the_reckoning_would_notice, explained_document
from tests.services.victims import SERVICE, Report

from fairview.contracts.catalogue import HOUSE
from fairview.store.keys import Keyring
from fairview.store.places import Places, places

AS_AT = date(2026, 8, 31)
SEEDS = HOUSE / "dbt_project" / "seeds" / SERVICE
MODELS = HOUSE / "dbt_project" / "models" / "derived" / SERVICE


@pytest.fixture(scope="module")
def ours(tmp_path_factory) -> tuple[Places, Keyring]:
    """One state for this module, so that dbt parses the project once."""
    here = places(tmp_path_factory.mktemp("victims") / "state")
    return here, Keyring.load(here)


def rules() -> list[dict[str, str]]:
    with (SEEDS / f"{SERVICE}_rules.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def indicators() -> set[str]:
    return {rule["rule_id"] for rule in rules() if rule["kind"] == "indicator"}


def suite(table: str) -> dict[str, dict]:
    document = json.loads((HOUSE / "expectations" / SERVICE / f"{table}.json").read_text())
    return {item["meta"]["id"]: item["kwargs"] for item in document["expectations"]}


def test_every_rule_has_a_parent_an_owner_and_a_grade():
    for rule in rules():
        assert all(rule[word] for word in ("name", "parent", "evidence_grade", "owner", "valid_from", "sentence")), (
            rule["rule_id"]
        )


def test_no_two_rows_of_a_rule_are_in_force_on_one_day():
    for earlier, later in combinations(rules(), 2):
        if earlier["rule_id"] == later["rule_id"]:
            ends = sorted((row["valid_from"], row["valid_to"] or "9999-12-31") for row in (earlier, later))
            assert ends[0][1] < ends[1][0], earlier["rule_id"]


def test_indicators_are_ranked_one_after_the_other_and_urgency_never_rises_down_the_ranks():
    ranked = sorted(
        (rule for rule in rules() if rule["kind"] == "indicator"), key=lambda rule: int(rule["strength_rank"])
    )
    assert [int(rule["strength_rank"]) for rule in ranked] == list(range(1, len(ranked) + 1))
    urgency = [("NOW", "MONTH", "FILE").index(rule["priority_code"]) for rule in ranked]
    assert urgency == sorted(urgency)


def test_every_indicator_is_measured_tested_at_its_boundary_and_known_to_the_gate():
    model = (MODELS / "steps" / f"int_{SERVICE}__indicators_met.sql").read_text()
    unit_tests = (MODELS / f"_{SERVICE}__unit_tests.yml").read_text()
    for rule_id in indicators():
        assert f"'{rule_id}' as rule_id" in model
        assert f",{rule_id}," in unit_tests
    asked = suite("victim_reasons")["victim_reasons.rules"]["unexpected_rows_query"]
    pattern = re.search(r"'(\^.*)'", asked).group(1)
    assert all(re.fullmatch(pattern.strip("^$"), rule_id) for rule_id in indicators())


def test_card_rule_pack_and_gate_agree_on_the_capacity(declared):
    room = next(int(rule["threshold_value"]) for rule in rules() if rule["rule_id"] == "L2" and not rule["valid_to"])
    assert declared.service(SERVICE).capacity["list"] == room
    assert suite("victim_list")["victim_list.capacity"]["max_value"] == room


def events_of(reports: list[Report]) -> dict[str, str]:
    """Report → event, by joining what is linked and what is told twice, until nothing more joins."""
    event = {report.name: report.name for report in reports}
    event |= {report.linked: report.linked for report in reports if report.linked and report.linked not in event}

    def root(name: str) -> str:
        return name if event[name] == name else root(event[name])

    for report in reports:
        if report.linked:
            event[root(report.name)] = root(report.linked)
    for one, other in combinations(reports, 2):
        apart = abs((one.reported.date() - other.reported.date()).days)
        same = one.kind == other.kind and one.happened.date() == other.happened.date() and apart <= 2
        if (
            same
            and set(one.victims) & set(other.victims)
            and (one.place == other.place or not (one.place and other.place))
        ):
            event[root(one.name)] = root(other.name)
    return {name: root(name) for name in event}


def reckoned(reports: list[Report], as_at: date) -> dict[str, tuple[int, int, int, bool, bool]]:
    """Person → events, qualifying events, complaints about them, a qualifying hate event, eligible: from the rule's words alone."""
    standing = [report for report in reports if not report.withdrawn and report.reported.date() <= as_at]
    event, seen, counting, hate = events_of(standing), defaultdict(set), defaultdict(set), defaultdict(set)
    for report in standing:
        if report.reported.date() <= reckoning.months_after(as_at, -6):
            continue
        timely = report.reported.date() <= reckoning.months_after(report.happened.date(), 1)
        for person in report.victims:
            seen[person].add(event[report.name])
            if timely and report.source != "ANON" and not report.unnamed:
                counting[person].add(event[report.name])
            if report.hate:
                hate[person].add(event[report.name])
    complaints = {
        person: sum(told in counting[other] for told in events for other in counting) for person, events in seen.items()
    }
    return {
        person: (
            len(events),
            len(counting[person]),
            complaints[person],
            bool(hate[person] & counting[person]),
            max(len(counting[person]), complaints[person]) >= 3 or bool(hate[person] & counting[person]),
        )
        for person, events in seen.items()
    }


def test_case_review_is_what_an_independent_reckoning_of_random_reports_says(declared, ours):
    reports = victims.random_reports(AS_AT, seed=20, people=60, count=360)
    victims.write_warehouse(*ours, AS_AT, victims.written(reports) + AREA)
    con = victims.judge(declared, *ours, AS_AT)
    try:
        con.execute("create temp table people (name varchar)")
        con.executemany("insert into people values (?)", [[f"V{n}"] for n in range(60)] + [["W"]])
        found = con.execute("""
            select people.name, events_6m_count, qualifying_event_count, complaint_count, has_hate_event, is_eligible
            from people
            join mart.main.case_review as review
                on review.person_id = lent_pseudonym((md5('person ' || people.name)::uuid)::varchar)::uuid""").fetchall()
        total = con.execute("select count(*) from mart.main.case_review").fetchone()[0]
    finally:
        con.close()
    expected = reckoned(reports, AS_AT)
    assert {name: tuple(facts) for name, *facts in found} == expected
    assert total == len(expected)
    assert {facts[4] for facts in expected.values()} == {True, False}


AREA = [
    "insert into psn_gazetteer__properties values ('L1', 'W1'), ('L2', 'W1')",
    "insert into psn_open_data__street_crime values ('2026-08', 'L1', 'Anti-social behaviour')",
]


def test_every_indicator_is_met_on_its_boundary_and_not_just_beyond(declared, ours):
    """As at 30 October 2026: a day with no bank holiday in the eight weeks before it."""
    as_at = date(2026, 10, 30)
    reports, boundaries = victims.boundary_reports(as_at)
    assert set(boundaries) == indicators()
    victims.write_warehouse(*ours, as_at, victims.written(reports) + AREA)
    con = victims.judge(declared, *ours, as_at)
    try:
        for rule, sides in boundaries.items():
            met = [
                con.execute(
                    "select count(*) from mart.main.victim_reasons where rule_id = ? "
                    f"and person_id = lent_pseudonym((md5('person {side}')::uuid)::varchar)::uuid",
                    [rule],
                ).fetchone()[0]
                for side in sides
            ]
            assert met == [1, 0], rule
    finally:
        con.close()


def test_every_reason_can_be_reckoned_from_what_is_printed(declared, ours):
    """A quarter of a thousand reports with all that was done about them: each rule's fact, date and sentence by hand."""
    where, keyring = ours
    reports = victims.followed_up(victims.random_reports(AS_AT, seed=33, people=60, count=260), AS_AT, seed=34)
    victims.write_warehouse(*ours, AS_AT, victims.written(reports) + victims.at_home(60) + AREA)
    con = victims.judge(declared, *ours, AS_AT)
    try:
        met = con.execute("select rule_id, person_id from mart.main.victim_reasons order by all").fetchall()
        unlisted = con.execute("""select distinct person_id from mart.main.victim_reports
            where person_id not in (select person_id from mart.main.victim_list) limit 5""").fetchall()
    finally:
        con.close()
    assert {rule for rule, _ in met} == indicators()
    explained = [
        explained_document(where, declared, SERVICE, str(person), keyring.zone_key(SERVICE))
        for person in {person for _, person in met} | {person for (person,) in unlisted}
    ]
    assert [difference for document in explained for difference in reckoning.victim_differences(document)] == []
    # How many flags there are is not shown, only that there is one: A8's number cannot be told from one more.
    assert_the_reckoning_would_notice(
        explained, reckoning.victim_differences, "fact_value", "fact_on", "sentence", but=("A8",)
    )
    assert_the_reckoning_would_notice(explained, reckoning.victim_differences, "fact_on", "sentence")


def pilot_statements(pilot: Path, day: str) -> list[str]:
    """Statements that read the pilot's reports up to a delivery, people by truth; those not known by name are nobody."""
    stamps = sorted(path.name for path in pilot.iterdir() if path.name[:2] == "20" and path.name <= day)
    listed = lambda feed: [str(pilot / s / "community_safety" / f"{feed}_{s.replace('-', '')}.csv") for s in stamps]  # noqa: E731
    links = [str(pilot / "truth" / s / "record_person.parquet") for s in stamps]
    key = lambda kind, column: f"md5('{kind} ' || {column})::uuid"  # noqa: E731
    newest = "row_number() over (partition by {} order by filename desc) as age"
    return [
        f"""insert into psn_community_safety__asb_incidents
            select {key("report", "incident_ref")}, {key("place", "incident_uprn")}, {key("report", "linked_incident_ref")},
                reported_at::timestamp, occurred_from::timestamp, occurred_to::timestamp, source, asb_group, asb_type,
                hate_ind = 'Y', ward_code, ram_score::bigint, ram_date::date, last_victim_update::date,
                case_review_requested = 'Y', closed_at::timestamp, closure_reason, false, vulnerability_disclosed = 'Y'
            from (select *, {newest.format("incident_ref")}
                from read_csv({listed("ASB_INCIDENTS")}, all_varchar = true, filename = true))
            where age = 1 and withdrawn_ind = 'N'""",
        f"""insert into psn_community_safety__asb_parties
            select {key("person", "person_id")}, {key("report", "incident_ref")}, party_role, anonymous_ind = 'Y'
            from (select *, {newest.format("incident_ref, party_seq")}
                from read_csv({listed("ASB_PARTIES")}, all_varchar = true, filename = true)) as parties
            left join (select record_key, any_value(person_id) as person_id from read_parquet({links})
                where feed = 'asb_parties' group by record_key) as links
                on links.record_key = incident_ref || '|' || party_seq and surname not like 'NEIGHBOUR AT%'
            where age = 1 and party_role = 'VICTIM'""",
        f"""insert into psn_corporate__data_objections
            select {key("person", "person_id")}, 'CSF', since::date, 'UPHELD', null
            from read_csv('{pilot / "truth" / day / "frozen_or_restricted.csv"}')
            where reason like '%:CSF%' or reason like '%:ALL%'""",
        *AREA,
    ]


@pytest.mark.parametrize("day", ["2026-08-31", "2026-09-30", "2026-10-31"])
def test_case_review_of_the_pilot_loses_nobody_and_adds_only_who_has_three_complaints_about_it(
    pilot, declared, ours, day
):
    as_at = date.fromisoformat(day)
    victims.write_warehouse(*ours, as_at, pilot_statements(pilot, day))
    con = victims.judge(declared, *ours, as_at)
    try:
        con.execute(f"""create temp table truth as
            select *, lent_pseudonym((md5('person ' || person_id)::uuid)::varchar)::uuid as pseudonym
            from read_csv('{pilot / "truth" / day / "case_review.csv"}')
            where person_id not in (select person_id from read_csv('{pilot / "truth" / day / "frozen_or_restricted.csv"}')
                where reason like '%:CSF%' or reason like '%:ALL%')""")
        differing = con.execute("""select count(*) from truth full join mart.main.case_review as review
            on review.person_id = truth.pseudonym
            where review.person_id is null or truth.pseudonym is null or (truth.eligible and not review.is_eligible)
                or (review.is_eligible and not truth.eligible and (review.complaint_count < 3 or review.eligibility_code <> 'GROUP'))
                or review.qualifying_event_count <> truth.qualifying_events or review.events_6m_count <> truth.events_6m
                or review.has_hate_event <> truth.hate or review.is_near_boundary <> truth.near_boundary""").fetchone()[
            0
        ]
        compared = con.execute("select count(*) from truth where near_boundary or eligible").fetchone()[0]
    finally:
        con.close()
    assert differing == 0
    assert compared > 0


def test_a_victim_reported_after_the_as_at_date_is_unknown_to_it(declared, ours):
    known = victims.random_reports(AS_AT, seed=3, people=5, count=10)
    future = victims.random_reports(AS_AT + timedelta(days=400), seed=4, people=5, count=1)[0]
    future.name, future.victims, future.withdrawn = "future", ["F"], False
    area = ["insert into psn_gazetteer__properties values ('L1', 'W1'), ('L2', 'W1')"]
    victims.write_warehouse(*ours, AS_AT, victims.written([*known, future]) + area)
    con = victims.judge(declared, *ours, AS_AT)
    try:
        planted = "lent_pseudonym((md5('person F')::uuid)::varchar)::uuid"
        tables = ("victim_list", "victim_reports", "case_review", "victim_reasons", "victim_chronology")
        assert all(
            con.execute(f"select count(*) from mart.main.{table} where person_id = {planted}").fetchone()[0] == 0
            for table in tables
        )
        assert con.execute("select count(*) from mart.main.victim_reports").fetchone()[0] > 0
    finally:
        con.close()
