"""What happens in the six months after an extract, and who is frozen, restricted or due a case review at it: for scoring,
never an input.

Up to the last extract it is what the simulation holds. Beyond it the future is invented by the same mechanism: new
applications fall on the households the old ones did; accounts, victims and moratoria go on as like ones did before.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import pyarrow as pa

from fairview.demo import council_tax
from fairview.demo.community_safety import VICTIM, Parties, Reports
from fairview.demo.gazetteer import OWNER, PRIVATE
from fairview.demo.periods import day
from fairview.demo.population import Town, label
from fairview.demo.tables import NOBODY

HALF_YEAR = np.timedelta64(183, "D")
_CASES_PER_RESIDENT_MONTH = 0.00056


@dataclass
class Future:
    """Events by household and day, past and invented: applications (and whether a duty followed), reports as a victim,
    moratoria, council tax stages (`stage` in truth's numbers, 1 for the first reminder)."""

    applied: tuple[np.ndarray, np.ndarray, np.ndarray]
    reported: tuple[np.ndarray, np.ndarray]
    protected: tuple[np.ndarray, np.ndarray]
    staged: tuple[np.ndarray, np.ndarray, np.ndarray]


def foresee(rng: np.random.Generator, town: Town, residents: int, revenues, cases, reports, parties, notices) -> Future:
    """All events up to six months after the last extract."""
    last = day(town.calendar.last)
    households = town.households
    owed = np.isin(cases.assessment.astype(str), ("PREV", "RELF"))
    count = max(3, round(residents * _CASES_PER_RESIDENT_MONTH * 6))
    tenure = np.select([households.tenure == OWNER, households.tenure == PRIVATE], [0.25, 2.2], 0.6)
    weight = np.exp(1.15 * np.clip(households.hardship, -3, 3.2)) * tenure * ~households.is_pensioner
    weight *= town.home(np.arange(len(households)), town.calendar.last) >= 0
    new = rng.choice(len(households), count, p=weight / weight.sum())
    when = last + rng.integers(1, 184, count).astype("timedelta64[D]")
    applied = (
        np.concatenate([town.people.household[cases.person], new]),
        np.concatenate([cases.application, when]),
        np.concatenate([owed, rng.random(count) < 0.9]),
    )
    named = (parties.role == VICTIM) & (parties.person != NOBODY)
    struck = town.people.household[parties.person[named]]
    told = reports.reported[parties.report[named]].astype("datetime64[D]")
    reported = _go_on(rng, last, len(households), struck, told)
    protected = _go_on(rng, last, len(households), notices.household, notices.start)
    return Future(applied, reported, protected, _stages(rng, last, revenues))


def _go_on(rng, last, size: int, household: np.ndarray, when: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Events, and half a year more: each household takes over what one with as many in the half year before did next."""
    lately, before = when > last - HALF_YEAR, (when > last - 2 * HALF_YEAR) & (when <= last - HALF_YEAR)
    now = np.minimum(np.bincount(household[lately], minlength=size), 3)
    then = np.minimum(np.bincount(household[before], minlength=size), 3)
    donor = np.full(size, -1)
    for state in range(4):
        like, here = np.flatnonzero(then == state), np.flatnonzero(now == state)
        if len(like) and len(here):
            donor[here] = like[rng.integers(0, len(like), len(here))]
    order = np.argsort(household[lately], kind="stable")
    whose, days = household[lately][order], when[lately][order]
    first, after = np.searchsorted(whose, donor, "left"), np.searchsorted(whose, donor, "right")
    repeats = np.where(donor >= 0, after - first, 0)
    taker = np.repeat(np.arange(size), repeats)
    place = (
        np.concatenate([np.arange(a, a + n) for a, n in zip(first, repeats, strict=True)]) if repeats.sum() else taker
    )
    return np.concatenate([household, taker]), np.concatenate([when, days[place] + HALF_YEAR])


def _stages(rng, last, revenues) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Recovery stages by household: what the ledger holds, then as bills at the same stage half a year ago went on."""
    ledger, events = revenues.ledger, revenues.ledger.recovery
    household = revenues.accounts.household[ledger.account]
    pursued = (events["stage"] >= council_tax.REM1) & (events["stage"] <= council_tax.EARTN)
    bill, when, stage = (
        events["bill"][pursued],
        events["date"][pursued],
        events["stage"][pursued] - council_tax.REM1 + 1,
    )

    def reached(at) -> np.ndarray:
        upto = (when <= at) & (when > at - np.timedelta64(365, "D"))
        found = np.zeros(len(household), dtype=np.int64)
        np.maximum.at(found, bill[upto], stage[upto])
        return found

    lately = when > last - HALF_YEAR
    furthest = np.zeros(len(household), dtype=np.int64)
    np.maximum.at(furthest, bill[lately], stage[lately])
    now, then, ahead = reached(last), reached(last - HALF_YEAR), np.zeros(len(household), dtype=np.int64)
    for state in range(1, 13):
        like, here = np.flatnonzero(then == state), np.flatnonzero(now == state)
        if len(like) and len(here):
            ahead[here] = furthest[like[rng.integers(0, len(like), len(here))]]
    moving = np.flatnonzero((ahead > 0) & (household >= 0))
    someday = last + rng.integers(1, 184, len(moving)).astype("timedelta64[D]")
    known = household[bill] >= 0
    return (
        np.concatenate([household[bill][known], household[moving]]),
        np.concatenate([when[known], someday]),
        np.concatenate([stage[known], ahead[moving]]),
    )


def outcomes(town: Town, future: Future, at: date) -> pa.Table:
    """One row per household living in the area: what happens to it in the half year after the date."""
    size = len(town.households)
    here = np.flatnonzero(town.home(np.arange(size), at) >= 0)
    within = lambda when: (when > day(at)) & (when <= day(at) + HALF_YEAR)  # noqa: E731
    household, when, owed = future.applied
    coming = within(when)
    first = np.full(size, np.datetime64("2262-01-01", "D"))
    np.minimum.at(first, household[coming], when[coming])
    presents = first < np.datetime64("2262-01-01", "D")
    duty = np.bincount(household[coming & owed], minlength=size) > 0
    reports = np.bincount(future.reported[0][within(future.reported[1])], minlength=size)
    protected = np.bincount(future.protected[0][within(future.protected[1])], minlength=size) > 0
    stage = np.zeros(size, dtype=np.int64)
    staged = within(future.staged[1])
    np.maximum.at(stage, future.staged[0][staged], future.staged[2][staged])
    return pa.table(
        {
            "household_id": here.astype(np.int64),
            "presents_homeless_6m": presents[here],
            "owed_duty_6m": duty[here],
            "first_application": pa.array(first[here], pa.date32(), mask=~presents[here]),
            "asb_reports_6m": reports[here].astype(np.int64),
            "moratorium_6m": protected[here],
            "ct_stage_max_6m": stage[here].astype(np.int8),
        }
    )


def restricted(corporate, at: date) -> list[list[str]]:
    """person, reason, since: moratoria in force, deaths notified and not yet taken back, objections and restrictions in force."""
    notices, now = corporate.notices, day(at)
    in_force = (notices.received <= now) & (notices.start <= now) & ~notices.is_cancelled
    in_force &= np.isnat(notices.end) | (notices.end >= now)
    rows = [(notices.person[n], str(notices.kind[n]), notices.start[n]) for n in np.flatnonzero(in_force)]
    dead = corporate.notified <= now
    if at > corporate.town.calendar.first:
        dead &= ~corporate.is_mistake
    rows += [(corporate.dead[n], "DECEASED", corporate.died_on[n]) for n in np.flatnonzero(dead)]
    standing = (corporate.received <= now) & (corporate.lifted > now)
    standing &= np.isnat(corporate.objection_end) | (corporate.objection_end >= now)
    for n in np.flatnonzero(standing):
        pending = corporate.decided[n] > now or corporate.decision[n] == "PENDING"
        if pending or corporate.decision[n] == "UPHELD":
            reason = f"{corporate.right[n]}:{corporate.scope[n]}" + (":PENDING" if pending else "")
            rows.append((corporate.objector[n], reason, corporate.received[n]))
    return [
        [str(label(np.array([person]))[0]), reason, str(since)]
        for person, reason, since in sorted(rows, key=lambda one: (one[0], one[1]))
    ]


_WINDOW_MONTHS, _IN_TIME_MONTHS = 6, 1  # Anti-social Behaviour, Crime and Policing Act 2014 s104(4), (11)
_EVENTS_NEEDED, _HATE_EVENTS_NEEDED = 3, 1
_NEAR_DAYS = (28, 31)  # calendar months differ in length: between these a day decides


def case_reviews(town: Town, reports: Reports, parties: Parties, at: date) -> list[list[str]]:
    """person, qualifying_events, events_6m, hate, eligible, near_boundary: named victims of the six months before the date.

    An event is the simulation's own, so that reports nobody linked are still one.
    """
    named = np.flatnonzero((parties.role == VICTIM) & (parties.person != NOBODY))
    report, person = parties.report[named], parties.person[named]
    told = reports.reported[report].astype("datetime64[D]")
    happened = np.where(np.isnat(reports.ended), reports.began, reports.ended)[report].astype("datetime64[D]")
    within = (told > _months_on(day(at)[None], -_WINDOW_MONTHS)) & (told <= day(at))
    within &= np.isnat(reports.withdrawn[report]) | (reports.withdrawn[report] > day(at))
    counts = within & (told <= _months_on(happened, _IN_TIME_MONTHS))
    counts &= (reports.source[report] != "ANON") & ~parties.is_anonymous[named]
    days = (told - happened).astype(np.int64)
    near = within & (days >= _NEAR_DAYS[0]) & (days <= _NEAR_DAYS[1])
    found = []
    for one in np.unique(person[within]):
        mine = within & (person == one)
        event, good = reports.event[report[mine]], counts[mine]
        qualifying, hate = np.unique(event[good]), reports.is_hate[report[mine]]
        hateful = np.unique(event[good & np.isin(event, event[hate])])
        eligible = len(qualifying) >= _EVENTS_NEEDED or len(hateful) >= _HATE_EVENTS_NEEDED
        found.append(
            [str(label(np.array([one]))[0]), str(len(qualifying)), str(len(np.unique(event)))]
            + [str(bool(word)).lower() for word in (hate.any(), eligible, near[mine].any())]
        )
    return found


def _months_on(days: np.ndarray, months: int) -> np.ndarray:
    """Each day so many calendar months on, the last day of the month where that month is shorter."""
    month = days.astype("datetime64[M]")
    target = month + np.timedelta64(months, "M")
    last = (target + np.timedelta64(1, "M")).astype("datetime64[D]") - np.timedelta64(1, "D")
    return np.minimum(target.astype("datetime64[D]") + (days - month.astype("datetime64[D]")), last)
