"""Debt respite notices: who is under a moratorium, of which kind and for how long. The ledgers obey them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fairview.demo import council_tax, housing
from fairview.demo.periods import NEVER, day, lag, random_days
from fairview.demo.population import Town
from fairview.demo.tables import text, where_text

_NOTICES_PER_RESIDENT = 0.0016
_STANDARD_DAYS = 60


@dataclass
class Notices:
    """One value per notice, oldest first. `end` NaT for a mental health crisis moratorium still open."""

    person: np.ndarray
    household: np.ndarray
    kind: np.ndarray
    start: np.ndarray
    end: np.ndarray
    is_cancelled: np.ndarray
    is_withheld: np.ndarray
    received: np.ndarray

    def __len__(self) -> int:
        return len(self.person)


def give_notices(rng: np.random.Generator, town: Town, residents: int) -> Notices:
    """Notices of the reported months, to people in hardship; at least fourteen, two of them open-ended."""
    calendar, households = town.calendar, town.households
    count = max(14, round(residents * _NOTICES_PER_RESIDENT))
    alive = np.isnat(town.people.died[households.head])
    working = ~households.is_pensioner & alive & (town.home(np.arange(len(households)), calendar.last) >= 0)
    hard = np.flatnonzero(working & (households.hardship > np.quantile(households.hardship, 0.8)))
    household = rng.permutation(hard)[:count]
    count = len(household)
    start = random_days(rng, calendar.reports_from, calendar.last, count)
    recent = min(count, 4 + len(calendar.extracts))
    start[:4] = random_days(rng, day(calendar.first) - np.timedelta64(45, "D"), day(calendar.first), 4)
    start[4:recent] = np.array([day(one) for one in calendar.extracts])[: recent - 4] - lag(rng, 4, 20, recent - 4)
    crisis = rng.random(count) < 0.12
    crisis[:2], crisis[2:recent] = True, False
    long = rng.integers(70, 200, count).astype("timedelta64[D]")
    end = np.where(
        crisis, np.where(rng.random(count) < 0.5, NEVER, start + long), start + np.timedelta64(_STANDARD_DAYS, "D")
    )
    end[:2] = NEVER
    cancelled = (rng.random(count) < 0.05) & ~crisis
    cancelled[:recent] = False
    order = np.lexsort((household, start))
    household = household[order]
    return Notices(
        households.head[household], household, where_text(crisis[order], "MHC", "STD") if count else text(0),
        start[order], end[order], cancelled[order], rng.random(count) < 0.06, start[order] + lag(rng, 0, 1, count),
    )  # fmt: skip


def frozen_accounts(notices: Notices, accounts: council_tax.Accounts) -> council_tax.Freezes:
    """The moratoria on each council tax account of the people protected, whoever is liable with them."""
    order = np.argsort(notices.household, kind="stable")
    ranked = notices.household[order]
    place = np.searchsorted(ranked, accounts.household)
    held = (place < len(ranked)) & (accounts.household >= 0)
    held[held] &= ranked[place[held]] == accounts.household[held]
    account = np.flatnonzero(held)
    notice = order[place[account]]
    valid = ~notices.is_cancelled[notice]
    return council_tax.Freezes(account[valid], notices.start[notice[valid]], notices.end[notice[valid]])


def frozen_tenancies(notices: Notices, tenancies: housing.Tenancies) -> tuple[np.ndarray, np.ndarray]:
    """First and last day of the moratorium on each tenancy, NaT where none or open."""
    begins, ends = np.full(len(tenancies), NEVER), np.full(len(tenancies), NEVER)
    for place in np.flatnonzero(~notices.is_cancelled):
        here = tenancies.household == notices.household[place]
        begins[here], ends[here] = notices.start[place], notices.end[place]
    return begins, ends
