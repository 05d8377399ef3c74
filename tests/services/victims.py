"""Invented victims of anti-social behaviour, written straight into a warehouse of their own.

Knows the tables the service reads, and how to fill them with random reports. Refuses to know any rule: what follows from
the reports is for the mart, and for the test's own reckoning, to say.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

import duckdb
from tests.services import reckoning, warehouses

from fairview.contracts.catalogue import Catalogue
from fairview.store.keys import Keyring
from fairview.store.places import Places

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
    group: str = "NUI"
    score: int | None = None
    assessed: date | None = None
    updated: date | None = None
    closed: date | None = None
    flagged: bool = False
    requested: bool = False


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


def followed_up(reports: list[Report], as_at: date, seed: int) -> list[Report]:
    """The same reports with what the team did about them: kinds, assessments, updates, closures, flags, requests."""
    chance = random.Random(seed)
    for report in reports:
        since = max(0, (as_at - report.reported.date()).days)
        report.group = {"VERB": "PER", "HATE": "PER"}.get(report.kind, "NUI")
        report.closed = as_at - timedelta(days=chance.randrange(since + 1)) if chance.random() < 0.5 else None
        report.updated = as_at - timedelta(days=chance.randrange(since + 1)) if chance.random() < 0.4 else None
        if chance.random() < 0.3:
            report.score, report.assessed = (
                chance.choice((10, 21, 22, 30)),
                as_at - timedelta(days=chance.randrange(since + 1)),
            )
        report.flagged, report.requested = chance.random() < 0.1, chance.random() < 0.1
    return reports


def written(reports: list[Report]) -> list[str]:
    """Statements that write reports and their victims, one witness beside each."""
    key = lambda kind, name: f"md5('{kind} {name}')::uuid" if name else "null"  # noqa: E731
    flag = lambda value: str(value).lower()  # noqa: E731
    on = lambda day: f"date '{day}'" if day else "null"  # noqa: E731
    incidents = ", ".join(
        f"({key('report', r.name)}, {key('place', r.place)}, {key('report', r.linked)}, timestamp '{r.reported}', "
        f"timestamp '{r.happened}', null, '{r.source}', '{r.group}', '{r.kind}', {flag(r.hate)}, 'W1', "
        f"{'null' if r.score is None else r.score}, {on(r.assessed)}, {on(r.updated)}, {flag(r.requested)}, {on(r.closed)}, "
        f"null, {flag(r.withdrawn)}, {flag(r.flagged)})"
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


def at_home(people: int) -> list[str]:
    """Statements that write the spine's people, two and two in a household, every tenth in a shared house, one flagged."""
    rows = f"from range({people}) as numbers(n)"
    return [
        f"insert into psn_spine__people select md5('person V' || n)::uuid, md5('home ' || n // 2)::uuid, '25-34', 'W1', false {rows}",
        f"insert into psn_spine__households select distinct md5('home ' || n // 2)::uuid, (n // 2) % 10 = 0, false {rows}",
        f"""insert into psn_corporate__vulnerability_register
            select md5('person V' || n)::uuid, date '2024-01-01', null, null, true {rows} where n % 3 = 0""",
    ]


def write_warehouse(places: Places, keyring: Keyring, as_at: date, statements: list[str]) -> None:
    """A warehouse whose pseudonymised tables are filled by `statements`, made current."""
    warehouses.write(places, keyring, as_at, TABLES, statements)


def judge(catalogue: Catalogue, places: Places, keyring: Keyring, as_at: date) -> duckdb.DuckDBPyConnection:
    """Build the mart from the current warehouse and open it as `mart` beside `lent_pseudonym`; the caller closes it."""
    return warehouses.judge(catalogue, places, keyring, SERVICE, as_at)


def boundary_reports(as_at: date) -> tuple[list[Report], dict[str, tuple[str, str]]]:
    """Victims on the boundary of each rule and just beyond it: reports, and rule → (on, beyond).

    Everybody's reports are of their own places and days, so that nobody's tell of another's but at the places of rule A4.
    """
    reports: list[Report] = []

    def report(victim: str, days_ago: int, late: int = 0, place: str | None = None, **circumstances: object) -> None:
        reported = datetime.combine(as_at - timedelta(days=days_ago), datetime.min.time()) + timedelta(hours=12)
        usual = {"kind": "NOIS", "source": "WEB", "unnamed": False, "hate": False, "withdrawn": False, "closed": as_at}
        reports.append(
            Report(
                name=f"B{len(reports)}", victims=[victim], happened=reported - timedelta(days=late), reported=reported, place=place,
                **(usual | circumstances),
            )
        )  # fmt: skip

    def several(victim: str, *days_ago: int, **circumstances: object) -> None:
        for days in days_ago:
            report(victim, days, **circumstances)

    for victim in ("A1 on", "A1 beyond"):  # the oldest of three on, and before, the first day of the six months
        several(victim, 100, 140)
    report("A1 on", (as_at - reckoning.months_after(as_at, -6)).days - 1)
    report("A1 beyond", (as_at - reckoning.months_after(as_at, -6)).days)
    report("A1H on", 100, late=30, hate=True)
    report("A1H beyond", 100, late=40, hate=True)
    several("A1G on", 100, 130)
    reports[-1].victims.append("A1G on too")
    report("A1G beyond", 100)
    reports[-1].victims.append("A1G beyond too")
    report("A2 on", (as_at - reckoning.months_after(as_at, -6)).days - 1, late=40, hate=True, closed=None)
    report("A2 beyond", (as_at - reckoning.months_after(as_at, -6)).days, late=40, hate=True, closed=None)
    several("A3 on", 10, 40, 89)
    several("A3 beyond", 10, 40, 90)
    for victim, other, oldest in (("A4 on", "A4 on too", 179), ("A4 beyond", "A4 beyond too", 180)):
        report(victim, 100, place=f"P {victim}")
        report(other, 120, place=f"P {victim}")
        report(other, oldest, place=f"P {victim}")
    report("A5 on", 30, score=22, assessed=as_at, closed=None)
    report("A5 beyond", 30, score=21, assessed=as_at, closed=None)
    report("A6 on", working_days_back(as_at, 6), group="PER", closed=None, updated=as_at)
    report("A6 beyond", working_days_back(as_at, 5), group="PER", closed=None, updated=as_at)
    for victim, gap in (("A7 on", 60), ("A7 beyond", 61)):
        report(victim, 20 + gap)
        report(victim, 20, group="PER", score=1, assessed=as_at)
    several("A8 on", 10, 40, 80, flagged=True, closed=None)
    several("A8 beyond", 10, 40, 80, closed=None)
    report("A9 on", working_days_back(as_at, 11), closed=None)
    report("A9 beyond", working_days_back(as_at, 10), closed=None)
    for victim, days in (("A10 on", 60), ("A10 beyond", 59)):
        several(victim, days + 10, days + 40, days + 80)
        report(victim, days, closed=None, updated=as_at)
    names = dict.fromkeys(one.victims[0].split()[0] for one in reports)
    return reports, {rule: (f"{rule} on", f"{rule} beyond") for rule in names}


def working_days_back(day: date, count: int) -> int:
    """Days back from a day to the one that many working days before it; in a month without bank holidays."""
    back = 0
    while count:
        count -= (day - timedelta(days=back)).weekday() < 5
        back += 1
    while (day - timedelta(days=back)).weekday() > 4:
        back += 1
    return back
