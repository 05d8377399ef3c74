"""Invented victims of anti-social behaviour, written straight into a warehouse of their own.

Knows the tables the service reads, and how to fill them with random reports. Refuses to know any rule: what follows from
the reports is for the mart, and for the test's own reckoning, to say.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

import duckdb

from fairview.contracts.catalogue import Catalogue
from fairview.store import generations, lending, opening
from fairview.store.keys import Keyring
from fairview.store.places import WAREHOUSE, Places
from fairview.transformation import dbt

SERVICE = "asb_victim_support"
TABLES = {
    "psn_community_safety__asb_incidents": """asb_incident_key UUID, incident_place_key UUID, linked_asb_incident_key UUID,
        reported_at TIMESTAMP, occurred_from TIMESTAMP, occurred_to TIMESTAMP, source VARCHAR, asb_group VARCHAR,
        asb_type VARCHAR, hate_ind BOOLEAN, ward_code VARCHAR, ram_score BIGINT, ram_date DATE, last_victim_update DATE,
        case_review_requested BOOLEAN, closed_at TIMESTAMP, closure_reason VARCHAR, withdrawn_ind BOOLEAN,
        has_support_flag BOOLEAN""",
    "psn_community_safety__asb_parties": "person_key UUID, asb_incident_key UUID, party_role VARCHAR, anonymous_ind BOOLEAN",
    "psn_corporate__data_objections": """person_key UUID, service_scope VARCHAR, received DATE, decision VARCHAR,
        end_date DATE""",
    "psn_corporate__deaths": "person_key UUID, dod DATE, notified_on DATE, withdrawn_ind BOOLEAN",
    "psn_corporate__debt_respite_notices": "person_key UUID, start_date DATE, status VARCHAR, address_withheld BOOLEAN",
    "psn_corporate__vulnerability_register": """person_key UUID, start_date DATE, review_by DATE, end_date DATE,
        needs_care BOOLEAN""",
    "psn_gazetteer__properties": "lsoa21 VARCHAR, ward_code VARCHAR",
    "psn_open_data__street_crime": "month VARCHAR, lsoa_code VARCHAR, crime_type VARCHAR",
    "psn_spine__people": """person_key UUID, household_key UUID, age_band VARCHAR, ward_code VARCHAR,
        is_address_sensitive BOOLEAN""",
    "psn_spine__households": "household_key UUID, is_shared BOOLEAN, is_institution BOOLEAN",
}


@dataclass
class Report:
    """One report with its victims; `linked` names a report, perhaps one that is withdrawn or was never delivered."""

    name: str
    victims: list[str]
    happened: datetime
    reported: datetime
    kind: str
    place: str | None
    source: str
    unnamed: bool
    hate: bool
    withdrawn: bool
    linked: str | None = field(default=None)


def random_reports(as_at: date, seed: int, people: int, count: int) -> list[Report]:
    """Reports crowded around every boundary: six and one calendar months, links in chains, several reports of one event."""
    chance = random.Random(seed)
    reports: list[Report] = []
    for number in range(count):
        reported = datetime.combine(as_at, datetime.min.time()) - timedelta(
            days=chance.choice((*range(-2, 9), *range(170, 190)))
        )
        happened = reported - timedelta(days=chance.choice((0, 1, 5, 27, 28, 29, 30, 31, 32, 33)))
        report = Report(
            name=f"R{number}",
            victims=chance.sample([f"V{n}" for n in range(people)], chance.choice((1, 1, 1, 2))),
            happened=happened + timedelta(hours=chance.randrange(24)),
            reported=reported + timedelta(hours=chance.randrange(24)),
            kind=chance.choice(("NOIS", "NOIS", "VERB", "HATE")),
            place=chance.choice((None, None, "P1", "P2")),
            source=chance.choice(("WEB", "CSF", "POL101", "ANON")),
            unnamed=chance.random() < 0.05,
            hate=chance.random() < 0.05,
            withdrawn=chance.random() < 0.08,
        )
        twin = chance.random()
        if reports and twin < 0.5:
            other = chance.choice(reports[-8:])
            if twin < 0.2:
                report.linked = other.name if twin < 0.15 else f"lost {number // 20}"
            report.victims, report.kind = list(other.victims), other.kind
            report.happened = other.happened.replace(hour=chance.randrange(24))
            report.reported = max(other.reported, report.happened) + timedelta(days=chance.randrange(5))
        reports.append(report)
    return reports


def written(reports: list[Report]) -> list[str]:
    """Statements that write reports and their victims, one witness beside each."""
    key = lambda kind, name: f"md5('{kind} {name}')::uuid" if name else "null"  # noqa: E731
    flag = lambda value: str(value).lower()  # noqa: E731
    incidents = ", ".join(
        f"({key('report', r.name)}, {key('place', r.place)}, {key('report', r.linked)}, timestamp '{r.reported}', "
        f"timestamp '{r.happened}', null, '{r.source}', 'NUI', '{r.kind}', {flag(r.hate)}, 'W1', null, null, null, false, "
        f"null, null, {flag(r.withdrawn)}, false)"
        for r in reports
    )
    parties = ", ".join(
        f"({key('person', person)}, {key('report', r.name)}, '{role}', {flag(r.unnamed)})"
        for r in reports
        for role, people in (("VICTIM", r.victims), ("WITNESS", ["W"]))
        for person in people
    )
    return [
        f"insert into psn_community_safety__asb_incidents values {incidents}",
        f"insert into psn_community_safety__asb_parties values {parties}",
    ]


def write_warehouse(places: Places, keyring: Keyring, as_at: date, statements: list[str]) -> None:
    """A warehouse generation whose pseudonymised tables are filled by `statements`, made current."""
    generation = generations.begin(places, keyring, WAREHOUSE)
    con = opening.connect(places)
    try:
        opening.attach(con, generation.database, WAREHOUSE, generation.data_key(keyring.zone_key(WAREHOUSE)))
        con.execute(f"create schema {WAREHOUSE}.pseudonymised")
        con.execute(f"use {WAREHOUSE}.pseudonymised")
        for table, columns in TABLES.items():
            con.execute(f"create table {table} ({columns})")
        for statement in statements:
            con.execute(statement)
        con.execute(f"checkpoint {WAREHOUSE}")
    finally:
        con.close()
    generations.seal(generation, {"as_at": as_at.isoformat()})
    generations.switch(places, generation)


def judge(catalogue: Catalogue, places: Places, keyring: Keyring, as_at: date) -> duckdb.DuckDBPyConnection:
    """Build the mart from the current warehouse through the public door, and open it as `mart` beside `lent_pseudonym`.

    The caller closes the connection.
    """
    candidate = dbt.build_candidate(catalogue, places, keyring, SERVICE, as_at)
    con = opening.connect(places)
    opening.attach(con, candidate.database, "mart", candidate.data_key(keyring.zone_key(SERVICE)), read_only=True)
    lending.register(con, "lent_pseudonym", keyring.pseudonym_key(SERVICE))
    return con
