"""Anti-social behaviour: events, the reports made of them, and the people on each report; and the two files.

A person can be the victim in one report and the alleged perpetrator in another. The supplier sends both: it is
for the receiver to drop what may not be used.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fairview.demo.gazetteer import COUNCIL
from fairview.demo.names import NEVER_LOADED
from fairview.demo.periods import NEVER, Calendar, day, lag
from fairview.demo.population import CHILD, MALE, Town
from fairview.demo.record_errors import Rates, Recorded, write_down
from fairview.demo.tables import NOBODY, Table, chosen_from, numbered, text, texts, where_text

VICTIM, COMPLAINANT, WITNESS, REPORTER, PERPETRATOR = range(5)
_ROLES = ("VICTIM", "COMPLAINANT", "WITNESS", "REPORTER", "ALLEGED_PERPETRATOR")
_EVENTS_PER_RESIDENT_MONTH = 0.0026
_TYPES = (
    ("PER", "VERB", 0.095), ("PER", "THRT", 0.075), ("PER", "HARR", 0.10), ("PER", "HATE", 0.02), ("PER", "DALK", 0.018),
    ("NUI", "NOIS", 0.24), ("NUI", "ROWD", 0.095), ("NUI", "DRUG", 0.07), ("NUI", "ALCO", 0.03), ("NUI", "ANIM", 0.035),
    ("NUI", "VEHI", 0.043), ("ENV", "VAND", 0.065), ("ENV", "LITT", 0.06), ("ENV", "FLYT", 0.054),
)  # fmt: skip
_STRANDS = ("RACE", "FAITH", "DIS", "SEXO", "TRANS", "RACE;FAITH")
_RATES = Rates(
    no_birth=0.43, unknown_birth=0.01, typing=0.04, short_name=0.07, no_phone=0.38, no_email=0.42, no_title=0.3
)
_NARRATIVES = (
    f'Caller upset, said "{NEVER_LOADED} never stops", wants a visit.\nAsked for a call back',
    f"Loud music from next door, caller named {NEVER_LOADED}, third time this month",
    f"Youths outside the shop, one is {NEVER_LOADED}",
)
NO_TIME = np.datetime64("NaT", "m")
_PROMPT_DAYS = (4, 9, 17)  # days after the first of the month
_OVERLOOKED_WITHIN = np.timedelta64(1, "D")


@dataclass
class Reports:
    """One value per report in the order reported; times in minutes, NaT where they never come."""

    number: np.ndarray
    event: np.ndarray
    reported: np.ndarray
    began: np.ndarray
    ended: np.ndarray
    kind: np.ndarray
    where: np.ndarray
    source: np.ndarray
    is_hate: np.ndarray
    linked: np.ndarray
    score: np.ndarray
    scored: np.ndarray
    updated: np.ndarray
    closed: np.ndarray
    withdrawn: np.ndarray

    def __len__(self) -> int:
        return len(self.number)


@dataclass
class Parties:
    """One value per person on a report; person NOBODY for the unnamed."""

    report: np.ndarray
    seq: np.ndarray
    role: np.ndarray
    person: np.ndarray
    is_anonymous: np.ndarray
    call: np.ndarray


def take_reports(rng: np.random.Generator, town: Town, residents: int) -> tuple[Reports, Parties]:
    """Twenty-six months of reports before the first extract and those since; victims in council homes and in hardship
    are hit more often, and some again and again."""
    calendar = town.calendar
    days = (calendar.last - calendar.reports_from).days + 1
    count = max(60, round(residents * _EVENTS_PER_RESIDENT_MONTH * days / 30.4))
    event_day, is_prompt = _event_days(rng, calendar, days, count)
    count = len(event_day)
    victim_home = _hit_households(rng, town, count)
    again_hit = _hit_every_month(town, event_day, is_prompt, victim_home)
    kind = rng.choice(len(_TYPES), count, p=np.array([share for _, _, share in _TYPES]) / sum(s for _, _, s in _TYPES))
    is_hate = (kind == 3) | ((kind <= 4) & (rng.random(count) < 0.04))
    personal = np.isin(kind, range(5))
    has_victim = again_hit | personal | (rng.random(count) < np.where(np.isin(kind, range(5, 11)), 0.78, 0.45))
    began = event_day.astype("datetime64[m]") + (rng.integers(600, 1790, count) % 1440).astype("timedelta64[m]")
    told_again = np.flatnonzero(rng.random(count) < 0.085)
    event = np.concatenate([np.arange(count), told_again])
    delay = np.where(
        rng.random(len(event)) < 0.07, rng.integers(26, 75, len(event)), np.minimum(rng.exponential(6, len(event)), 25)
    )
    delay = np.where(is_prompt[event], 1.0, delay)
    minutes = (delay * 1440).astype(np.int64) + rng.integers(20, 900, len(event))
    reported = began[event] + minutes.astype("timedelta64[m]")
    again = np.arange(len(event)) >= count
    in_time = reported < (day(calendar.last) + np.timedelta64(1, "D")).astype("datetime64[m]")
    order = np.flatnonzero(in_time)
    order = order[np.argsort(reported[order], kind="stable")]
    event, reported, again = event[order], reported[order], again[order]
    reports = _reports(rng, town, event, reported, again, began, kind, is_hate, victim_home, again_hit[event])
    return reports, _parties(rng, town, reports, victim_home, has_victim, again, again_hit[reports.event])


def _event_days(rng, calendar: Calendar, days: int, count: int) -> tuple[np.ndarray, np.ndarray]:
    """The day of each event, and whether it is surely told within two days: every month delivered has some such."""
    anyhow = day(calendar.reports_from) + rng.integers(0, days, count).astype("timedelta64[D]")
    starts = np.array([day(extract.replace(day=1)) for extract in calendar.extracts])
    prompt = np.concatenate([starts + np.timedelta64(after, "D") for after in _PROMPT_DAYS])
    together = np.concatenate([anyhow, prompt])
    order = np.argsort(together, kind="stable")
    return together[order], order >= count


def _hit_households(rng, town: Town, count: int) -> np.ndarray:
    """Households struck, by event: a heavy-tailed liability makes repeats; only those living here at the end."""
    households = town.households
    here = town.home(np.arange(len(households)), town.calendar.first) >= 0
    weight = rng.gamma(0.35, 1.0, len(households)) * np.exp(0.55 * np.clip(households.hardship, -2, 3))
    weight *= np.where(households.tenure == COUNCIL, 2.4, 1.0) * here
    return rng.choice(len(households), count, p=weight / weight.sum())


def _hit_every_month(town: Town, event_day, is_prompt, victim_home) -> np.ndarray:
    """Two of the prompt events of every month strike one person who lives alone: whoever delivers two months has a victim
    who may ask for a case review. Changes `victim_home`; gives which events they are."""
    households, people = town.households, town.people
    alone = (households.size == 1) & np.isnat(people.died[households.head]) & (people.role[households.head] != CHILD)
    for at in (town.calendar.first, town.calendar.last):
        alone &= town.home(np.arange(len(households)), at) >= 0
    since_first = (event_day - event_day.astype("datetime64[M]").astype("datetime64[D]")).astype(np.int64)
    chosen = is_prompt & (since_first != _PROMPT_DAYS[1])
    if not alone.any():
        return np.zeros(len(event_day), dtype=bool)
    victim_home[chosen] = np.flatnonzero(alone)[np.argmax(households.hardship[alone])]
    return chosen


def _reports(rng, town: Town, event, reported, again, began, kind, is_hate, victim_home, again_hit) -> Reports:
    calendar, count = town.calendar, len(event)
    year = (reported.astype("datetime64[Y]").astype(np.int64) + 1970) % 100
    number = numbered("ASB", year * 10**7 + np.arange(count) + 2100, 9)
    first = np.full(int(event.max(initial=0)) + 1, -1)
    for place in range(count - 1, -1, -1):
        first[event[place]] = place
    # Told again within a day, the team may overlook that it is one event; later it looks the case up.
    soon = reported - reported[first[event]] <= _OVERLOOKED_WITHIN
    overlooked = (rng.random(count) >= 0.6) & soon
    linked = np.where((first[event] != np.arange(count)) & ~overlooked, first[event], -1)
    home = town.home(victim_home[event], reported.astype("datetime64[D]"))
    home = np.where(home >= 0, home, town.vacant[0])
    anonymous = (rng.random(count) < 0.155) & ~again_hit
    source = where_text(
        anonymous,
        "ANON",
        chosen_from(
            rng, ["HSG", "CSF", "NOISE", "POL101", "WEB", "CLLR"], count, [0.1, 0.25, 0.15, 0.22, 0.255, 0.025]
        ),
    )
    group_personal = np.isin(kind[event], range(5))
    scored = (rng.random(count) < np.where(group_personal, 0.78, 0.12)) & ~anonymous
    today = reported.astype("datetime64[D]")
    closed = reported + (rng.gamma(3.0, 13, count) * 1440 + 900).astype(np.int64).astype("timedelta64[m]")
    closed = np.where(rng.random(count) < 0.94, closed, NO_TIME)
    withdrawn = np.where((rng.random(count) < 0.012) & ~again_hit, today + lag(rng, 4, 60, count), NEVER)
    for place, at in enumerate(calendar.extracts[1:], start=1):
        recent = np.flatnonzero((today <= day(calendar.extracts[place - 1])) & np.isnat(withdrawn) & ~again_hit)
        withdrawn[recent[-2:-1]] = day(at) - np.timedelta64(6, "D")
    return Reports(
        number, event, reported, began[event],
        np.where(rng.random(count) < 0.6, began[event] + np.timedelta64(75, "m"), NO_TIME), kind[event], home, source,
        is_hate[event], linked, np.clip(np.round(rng.gamma(3.2, 4.6, count)), 0, 44).astype(np.int64),
        np.where(scored, today + lag(rng, 0, 8, count), NEVER),
        np.where(rng.random(count) < 0.78, today + lag(rng, 1, 26, count), NEVER), closed, withdrawn,
    )  # fmt: skip


def _parties(rng, town: Town, reports: Reports, victim_home, has_victim, again, again_hit) -> Parties:
    count = len(reports)
    report = np.arange(count)
    household = victim_home[reports.event]
    victim = _grown_up(rng, town, household)
    anonymous = reports.source == "ANON"
    nobody = np.full(count, NOBODY)
    neighbour = _neighbours(rng, town, household)
    nameless = (rng.random(count) < 0.05) & ~again_hit
    called = texts([f"NEIGHBOUR AT {number}" for number in rng.integers(1, 64, count)])
    same_victim = np.where(again & (rng.random(count) < 0.5), neighbour, victim)
    named = has_victim[reports.event] & (~anonymous | (rng.random(count) < 0.35))
    parts = []
    accused = rng.random(count) < 0.47
    known = accused & (rng.random(count) < 0.62)
    offender = np.where(rng.random(count) < 0.08, np.roll(victim, 7), _neighbours(rng, town, household))
    unknown = chosen_from(rng, ["UNKNOWN", "UNKNOWN MALE"], count)
    parts.append(_part(report, PERPETRATOR, accused, np.where(known & (offender != victim), offender, NOBODY), unknown))
    parts.append(_part(report, VICTIM, named, np.where(nameless, NOBODY, same_victim), called))
    parts.append(_part(report, VICTIM, named & (rng.random(count) < 0.05), _neighbours(rng, town, household), called))
    parts.append(_part(report, COMPLAINANT, ~anonymous & (rng.random(count) < 0.085), neighbour, called))
    parts.append(
        _part(report, WITNESS, ~anonymous & (rng.random(count) < 0.13), _neighbours(rng, town, household), called)
    )
    parts.append(
        _part(
            report,
            REPORTER,
            anonymous | (~named & (rng.random(count) < 0.7)),
            np.where(anonymous, nobody, neighbour),
            text(count),
        )
    )
    columns = [np.concatenate(part) for part in zip(*parts, strict=True)]
    report, role, person, call = columns
    order = np.argsort(report, kind="stable")
    report, role, person, call = report[order], role[order], person[order], call[order]
    seq = np.arange(len(report)) - np.searchsorted(report, report, side="left") + 1
    is_anonymous = (role == REPORTER) & (person == NOBODY)
    return Parties(report, seq, role, person, is_anonymous, call)


def _part(report, role: int, chosen: np.ndarray, person: np.ndarray, call: np.ndarray) -> tuple:
    here = np.flatnonzero(chosen)
    return report[here], np.full(len(here), role), person[here], where_text(person[here] == NOBODY, call[here], None)


def _grown_up(rng, town: Town, household: np.ndarray) -> np.ndarray:
    """A person of each household, mostly the head or partner."""
    size = town.households.size[household]
    pick = np.where(rng.random(len(household)) < 0.62, 0, rng.integers(0, 2, len(household)))
    head = town.households.head[household]
    person = head + np.minimum(pick, size - 1)
    unfit = (town.people.role[person] == CHILD) | ~np.isnat(town.people.died[person])
    person = np.where(unfit, head, person)
    return np.where(np.isnat(town.people.died[person]), person, NOBODY)


def _neighbours(rng, town: Town, household: np.ndarray) -> np.ndarray:
    """A grown-up of another household which lives in the area."""
    households = town.households
    alive = np.isnat(town.people.died[households.head])
    here = np.flatnonzero(alive & (town.home(np.arange(len(households)), town.calendar.first) >= 0))
    place = np.searchsorted(here, household)
    other = here[(place + rng.integers(1, max(2, min(60, len(here) - 1)), len(household))) % len(here)]
    return households.head[other]


class CommunitySafetyFiles:
    """Holds what the team wrote down for each report and person, made once, and draws the files of any extract."""

    def __init__(self, rng, town: Town, reports: Reports, parties: Parties) -> None:
        self.town, self.reports, self.parties = town, reports, parties
        count = len(reports)
        draw = rng.random(count)
        self.case = where_text(draw < 0.43, numbered("CS", 10_000 + rng.integers(0, 9000, count), 7), None)
        self.no_uprn = rng.random(count) < 0.34
        self.strands = where_text(reports.is_hate, texts(_STRANDS)[rng.integers(0, len(_STRANDS), count)], None)
        self.is_vulnerable = rng.random(count) < 0.16
        self.action = chosen_from(rng, ["NONE", "VISIT", "LETTER", "WARN", "MEDIAT", "PARTNR"], count)
        self.closure = chosen_from(rng, ["RESOL", "NOEVD", "WITHD", "REFER"], count)
        self.wants_review = rng.random(count) < 0.011
        self.narrative = where_text(rng.random(count) < 0.27, texts(_NARRATIVES)[rng.integers(0, 3, count)], None)
        numbers = rng.integers(1, 90, count).astype(str).astype(object)
        near = town.place.street[reports.where] + " near no " + numbers
        self.location = where_text(
            rng.random(count) < 0.1, "Outside no " + numbers + ", " + town.place.street[reports.where], near
        )
        self._write_parties(rng)

    def _write_parties(self, rng) -> None:
        parties, people = self.parties, self.town.people
        count = len(parties.report)
        named = parties.person != NOBODY
        who = np.where(named, parties.person, 0)
        record = write_down(rng, people, who, _RATES)
        blank = lambda values: where_text(named, values, None)  # noqa: E731
        accused = parties.role == PERPETRATOR
        self.recorded = Recorded(
            blank(record.title), blank(record.forename), where_text(named, record.surname, parties.call),
            np.where(named, record.born, NEVER), blank(record.nino), blank(where_text(accused, None, record.phone)),
            blank(where_text(accused, None, record.email)),
        )  # fmt: skip
        reported = self.reports.reported[parties.report].astype("datetime64[D]")
        home = self.town.home(people.household[who], reported)
        former = self.town.earlier_home(people.household[who], reported)
        home = np.where(rng.random(count) < 0.08, former, home)
        self.home = np.where(named & (rng.random(count) < 0.92), home, -1)
        self.no_party_uprn = rng.random(count) < 0.22
        self.gender = where_text(named & (rng.random(count) < 0.96), where_text(people.sex[who] == MALE, "M", "F"), "U")
        ethnic = people.ethnic[who].astype(str).astype(object)
        self.ethnic = where_text(named & ~accused & (rng.random(count) < 0.4), ethnic, None)
        self.arrested = where_text(accused, where_text(rng.random(count) < 0.06, "Y", "N"), None)
        reference = numbered("42/", rng.integers(0, 10**6, count), 6) + "/26"
        self.police = where_text(accused & (rng.random(count) < 0.3), reference, None)

    def extract(self, index: int) -> dict[str, Table]:
        """The two files of the extract with that place in the calendar."""
        calendar, reports = self.town.calendar, self.reports
        at, since = day(calendar.extracts[index]), day(calendar.since(index, calendar.reports_from))
        told = reports.reported.astype("datetime64[D]")
        gone_before = (
            reports.withdrawn < day(calendar.since(1, calendar.reports_from))
            if len(calendar.extracts) > 1
            else reports.withdrawn <= at
        )
        new = (told >= since) & (told <= at) & ~gone_before
        changed = np.zeros(len(reports), dtype=bool)
        for step in (reports.scored, reports.updated, reports.closed.astype("datetime64[D]"), reports.withdrawn):
            changed |= (step >= since) & (step <= at)
        changed &= (told < since) & ~gone_before & ~(reports.withdrawn < since)
        party = np.flatnonzero(new[self.parties.report])
        return {
            "asb_incidents": self._incidents(np.flatnonzero(new | changed), at),
            "asb_parties": self._parties(party),
        }

    def _incidents(self, chosen: np.ndarray, at: np.datetime64) -> Table:
        reports, place = self.reports, self.town.place
        kinds = texts([group for group, _, _ in _TYPES]), texts([type_ for _, type_, _ in _TYPES])
        kind, where = reports.kind[chosen], reports.where[chosen]
        shown = lambda days: np.where(days[chosen] <= at, days[chosen], NEVER)  # noqa: E731
        closed = reports.closed[chosen]
        is_closed = closed.astype("datetime64[D]") <= at
        scored, linked = shown(reports.scored), reports.linked[chosen]
        score = where_text(np.isnat(scored), None, reports.score[chosen].astype(str).astype(object))
        uprn = place.uprn[where].astype(str).astype(object)
        return Table(
            {
                "incident_ref": reports.number[chosen],
                "case_ref": self.case[chosen],
                "reported_at": reports.reported[chosen],
                "occurred_from": reports.began[chosen],
                "occurred_to": reports.ended[chosen],
                "source": reports.source[chosen],
                "asb_group": kinds[0][kind],
                "asb_type": kinds[1][kind],
                "hate_ind": reports.is_hate[chosen],
                "hate_strands": self.strands[chosen],
                "incident_uprn": where_text(self.no_uprn[chosen], None, uprn),
                "location_text": self.location[chosen],
                "ward_code": place.ward_codes[place.ward[where]],
                "linked_incident_ref": where_text(linked >= 0, reports.number[np.maximum(linked, 0)], None),
                "ram_score": score,
                "ram_date": scored,
                "vulnerability_disclosed": self.is_vulnerable[chosen],
                "action_taken": self.action[chosen],
                "last_victim_update": shown(reports.updated),
                "case_review_requested": self.wants_review[chosen],
                "closed_at": np.where(is_closed, closed, NO_TIME),
                "closure_reason": where_text(is_closed, self.closure[chosen], None),
                "withdrawn_ind": reports.withdrawn[chosen] <= at,
                "narrative": self.narrative[chosen],
            },
            people=self._main_victims()[chosen],
        )

    def _main_victims(self) -> np.ndarray:
        """The first named victim of each report, NOBODY where there is none."""
        found = np.full(len(self.reports), NOBODY)
        chosen = np.flatnonzero((self.parties.role == VICTIM) & (self.parties.person != NOBODY))[::-1]
        found[self.parties.report[chosen]] = self.parties.person[chosen]
        return found

    def _parties(self, chosen: np.ndarray) -> Table:
        parties, place, recorded = self.parties, self.town.place, self.recorded
        home = self.home[chosen]
        safe = np.maximum(home, 0)
        housed = home >= 0
        uprn = place.uprn[safe].astype(str).astype(object)
        return Table(
            {
                "incident_ref": self.reports.number[parties.report[chosen]],
                "party_seq": parties.seq[chosen],
                "party_role": texts(_ROLES)[parties.role[chosen]],
                "anonymous_ind": parties.is_anonymous[chosen],
                "title": recorded.title[chosen],
                "forename": recorded.forename[chosen],
                "surname": recorded.surname[chosen],
                "dob": recorded.born[chosen],
                "gender": self.gender[chosen],
                "phone": recorded.phone[chosen],
                "email": recorded.email[chosen],
                "addr1": where_text(housed, place.one_line(safe), None),
                "postcode": where_text(housed, place.postcode[safe], None),
                "uprn": where_text(housed & ~self.no_party_uprn[chosen], uprn, None),
                "ethnic_group": self.ethnic[chosen],
                "arrested_ind": self.arrested[chosen],
                "police_ref": self.police[chosen],
            },
            people=parties.person[chosen],
        )
