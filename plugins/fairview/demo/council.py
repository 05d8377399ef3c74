"""Deliveries of the invented council Fairview, month by month, made to the feed specification.

The council is simulated once, up to the last extract; each delivery is what the departments knew by its date. The
same arguments give the same bytes.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np

from fairview.demo import (
    benefits,
    community_safety,
    council_tax,
    defects,
    gazetteer,
    homelessness,
    housing,
    outcomes,
    population,
    respite,
    writing,
)
from fairview.demo import truth as truth_files
from fairview.demo.community_safety import CommunitySafetyFiles
from fairview.demo.corporate import CorporateFiles
from fairview.demo.files_benefits import BenefitsFiles
from fairview.demo.files_housing import HousingFiles
from fairview.demo.files_revenues import RevenuesFiles
from fairview.demo.homelessness import HomelessnessFile
from fairview.demo.layouts import LAYOUTS, SOURCES
from fairview.demo.open_data import OpenDataFiles
from fairview.demo.periods import Calendar
from fairview.demo.population import Town
from fairview.demo.tables import Table


def write_deliveries(
    residents: int,
    seed: int,
    months: int,
    to: Path,
    truth: Path | None = None,
    last_extract: date = date(2026, 10, 31),
) -> list[Path]:
    """Writes `months` monthly deliveries of all seven sources under `to` and returns their folders, oldest first:
    `<to>/<extract date>/<source>/`.

    `residents` is the rough number of people (100 or more), `last_extract` the month end of the last delivery;
    earlier ones are the month ends before it. With `truth`, writes there who is behind each record.
    Raises ValueError for fewer than 100 residents, no months, or a last extract which is no month end.
    """
    calendar = Calendar.of(last_extract, months)
    council = _simulate(residents, seed, calendar)
    if truth is not None:
        truth.mkdir(parents=True, exist_ok=True)
        truth_files.write_people(truth, council.town)
        safety = council.community_safety
        future = outcomes.foresee(
            _stream(seed, "outcomes"), council.town, residents, council.revenues, council.homelessness.cases, safety.reports,
            safety.parties, council.corporate.notices,
        )  # fmt: skip
    folders = []
    con = writing.connection()
    try:
        for index, extract in enumerate(calendar.extracts):
            tables = council.extract(index)
            found = defects.inject(_stream(seed, f"defects {extract}"), tables)
            folders += _write_sources(con, calendar, index, tables, to / extract.isoformat())
            if truth is not None:
                folder = truth / extract.isoformat()
                folder.mkdir(parents=True, exist_ok=True)
                ahead = outcomes.outcomes(council.town, future, extract)
                frozen = outcomes.restricted(council.corporate, extract)
                reviews = outcomes.case_reviews(council.town, safety.reports, safety.parties, extract)
                truth_files.write_month(folder, tables, council.debts(extract), found, ahead, frozen, reviews)
    finally:
        con.close()
    return folders


@dataclass
class _Council:
    """The simulated council and the departments' files drawn from it."""

    town: Town
    seed: int
    revenues: RevenuesFiles
    benefits: BenefitsFiles
    housing: HousingFiles
    homelessness: HomelessnessFile
    community_safety: CommunitySafetyFiles
    corporate: CorporateFiles
    open_data: OpenDataFiles

    def extract(self, index: int) -> dict[str, Table]:
        departments = (
            self.revenues, self.benefits, self.housing, self.homelessness, self.community_safety, self.corporate, self.open_data,
        )  # fmt: skip
        tables: dict[str, Table] = {}
        for department in departments:
            tables |= department.extract(index)
        extract = self.town.calendar.extracts[index]
        tables["properties"] = gazetteer.extract(
            self.town.place, self.town.calendar, extract, _stream(self.seed, "built")
        )
        return tables

    def debts(self, at: date):
        return truth_files.debts(self.town, self.revenues, self.housing, self.benefits, self.corporate, at)


def _stream(seed: int, name: str) -> np.random.Generator:
    """A random stream of its own for each part, so that one part can change without moving the others."""
    return np.random.default_rng([seed, zlib.crc32(name.encode())])


def _simulate(residents: int, seed: int, calendar: Calendar) -> _Council:
    town = population.build(_stream(seed, "population"), calendar, residents)
    accounts = council_tax.open_accounts(_stream(seed, "accounts"), town)
    tenancies = housing.open_tenancies(_stream(seed, "tenancies"), town)
    notices = respite.give_notices(_stream(seed, "respite"), town, residents)
    claims = benefits.make_claims(_stream(seed, "claims"), town, accounts, tenancies)
    awards, reductions = benefits.make_awards(_stream(seed, "awards"), town, accounts, tenancies, claims)
    overpayments = benefits.make_overpayments(_stream(seed, "overpayments"), town, claims)
    discounts = council_tax.give_discounts(_stream(seed, "discounts"), town, accounts)
    freezes = respite.frozen_accounts(notices, accounts)
    ledger = council_tax.run_ledger(_stream(seed, "ledger"), town, accounts, discounts, reductions, freezes)
    rents = housing.run_ledger(_stream(seed, "rents"), town, tenancies, *respite.frozen_tenancies(notices, tenancies))
    cases = homelessness.take_applications(_stream(seed, "homelessness"), town, residents)
    reports, parties = community_safety.take_reports(_stream(seed, "reports"), town, residents)
    return _Council(
        town, seed,
        RevenuesFiles(_stream(seed, "revenues files"), town, accounts, discounts, ledger, freezes),
        BenefitsFiles(_stream(seed, "benefits files"), town, accounts, tenancies, claims, awards, overpayments),
        HousingFiles(_stream(seed, "housing files"), town, tenancies, rents),
        HomelessnessFile(_stream(seed, "homelessness file"), town, cases),
        CommunitySafetyFiles(_stream(seed, "community safety files"), town, reports, parties),
        CorporateFiles(_stream(seed, "corporate files"), town, accounts, tenancies, notices, parties, residents),
        OpenDataFiles(_stream(seed, "open data files"), town, residents, seed),
    )  # fmt: skip


def _write_sources(con, calendar: Calendar, index: int, tables: dict[str, Table], folder: Path) -> list[Path]:
    extract = calendar.extracts[index]
    written = []
    for source in SOURCES:
        place = folder / source
        place.mkdir(parents=True, exist_ok=True)
        files = [
            writing.write(
                con, layout, tables[layout.feed], place, extract, calendar.since(index, _history(calendar, layout.feed))
            )
            for layout in LAYOUTS.values()
            if layout.source == source
        ]
        writing.write_manifest(place, source, extract, index + 1, files)
        written.append(place)
    return written


def _history(calendar: Calendar, feed: str) -> date:
    """The first day the first events file of a feed covers (feed specification, section 1)."""
    if feed == "council_tax_recovery":
        return calendar.history_from
    if feed in ("asb_incidents", "asb_parties", "deaths"):
        return calendar.reports_from
    if feed == "street_crime":
        return calendar.first.replace(day=1)
    return calendar.ledger_from
