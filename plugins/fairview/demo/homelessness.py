"""Homelessness applications: who comes, why, and the duties which follow, dated step by step; and their file.

Hardship, private renting and arrears bring people here, but the file carries no key to any other feed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np

from fairview.demo.gazetteer import COUNCIL, OWNER, PRIVATE
from fairview.demo.names import NEVER_LOADED
from fairview.demo.periods import NEVER, day, lag, random_days
from fairview.demo.population import ADULT, CHILD, FEMALE, LONE_PARENT, Town
from fairview.demo.record_errors import Rates, write_down
from fairview.demo.tables import Table, chosen_from, numbered, text, texts, where_text

AUTHORITY = "E06000034"
NO_FIXED_ABODE = "ZZ99 3VZ"
_CASES_PER_RESIDENT_MONTH = 0.00056
# Private no-fault notices ended on this day (Renters' Rights Act).
_NO_FAULT_ENDS = np.datetime64("2026-05-01", "D")
_NEEDS = ("MH", "PHYS", "DA", "LD", "YOUNG", "OFF", "RS", "DRUG", "ALC", "CARELV", "BUDG", "OLD", "REPEAT")
_NOTE = f'Interview by telephone.\nSays "{NEVER_LOADED} wants the flat back", has papers, no car'


@dataclass
class Cases:
    """One value per application, oldest first; every later step dated, NaT where it never comes."""

    number: np.ndarray
    person: np.ndarray
    home: np.ndarray
    application: np.ndarray
    assessment: np.ndarray
    notice: np.ndarray
    notice_date: np.ndarray
    notice_days: np.ndarray
    reason: np.ndarray
    prevention: np.ndarray
    prevention_end: np.ndarray
    prevention_outcome: np.ndarray
    relief: np.ndarray
    relief_end: np.ndarray
    relief_outcome: np.ndarray
    decision: np.ndarray
    decision_date: np.ndarray
    placed: np.ndarray
    placed_to: np.ndarray
    plan: np.ndarray

    def __len__(self) -> int:
        return len(self.person)


def take_applications(rng: np.random.Generator, town: Town, residents: int) -> Cases:
    """Applications since the history began; four fifths of people living here, likelier the harder things are."""
    calendar, households = town.calendar, town.households
    months = len(calendar.months())
    count = max(30, round(residents * _CASES_PER_RESIDENT_MONTH * months))
    application = random_days(rng, calendar.history_from, calendar.last, count)
    application[:2] = random_days(rng, calendar.last.replace(day=1), calendar.last, 2)
    application[2:4] = random_days(rng, calendar.first.replace(day=1), calendar.first, 2)
    application = np.sort(application)
    factor = np.select([households.tenure == OWNER, households.tenure == PRIVATE], [0.25, 2.2], 0.6)
    weight = np.exp(1.15 * np.clip(households.hardship, -3, 3.2)) * factor * ~households.is_pensioner
    household = rng.choice(len(households), count, p=weight / weight.sum())
    home = town.home(household, application)
    person = _applicant(rng, town, household, application)
    alive = np.isnat(town.people.died[person]) | (town.people.died[person] > application)
    kept = np.flatnonzero(alive)
    home = np.where(rng.random(count) < 0.07, -1, home)
    return _duties(rng, town, person[kept], home[kept], application[kept])


def _applicant(rng, town: Town, household: np.ndarray, application: np.ndarray) -> np.ndarray:
    head = town.households.head[household]
    last = head + town.households.size[household] - 1
    grown = (town.people.role[last] == ADULT) & (rng.random(len(head)) < 0.4)
    return np.where(grown, last, head)


def _duties(rng, town: Town, person, home, application) -> Cases:
    count = len(person)
    tenure = np.where(home >= 0, town.place.tenure[home], -1)
    assessment = chosen_from(rng, ["PREV", "RELF", "NOTH", "INEL"], count, [0.46, 0.44, 0.07, 0.03])
    assessment[home < 0] = "RELF"
    reason = _reasons(rng, tenure, assessment)
    private = np.isin(reason.astype(str), ("AST_SELL", "AST_ARR", "AST_OTH")) & (assessment == "PREV")
    served = private & (rng.random(count) < 0.8)
    notice_date = np.where(served, application - lag(rng, 4, 35, count), NEVER)
    no_fault = served & (notice_date < _NO_FAULT_ENDS) & (reason != "AST_ARR")
    prevention = np.where(assessment == "PREV", application + lag(rng, 0, 4, count), NEVER)
    prevention_end = prevention + lag(rng, 18, 95, count)
    outcome = chosen_from(
        rng,
        ["SEC_EXIST", "SEC_ALT", "HOMELESS", "LOSTCON", "WITHD", "56DAY"],
        count,
        [0.2, 0.32, 0.27, 0.08, 0.05, 0.08],
    )
    becomes = (assessment == "PREV") & (outcome == "HOMELESS")
    relief = np.where(
        becomes, prevention_end, np.where(assessment == "RELF", application + lag(rng, 0, 3, count), NEVER)
    )
    relief_end = relief + lag(rng, 25, 62, count)
    relief_outcome = chosen_from(
        rng, ["SEC_6M", "56DAY", "LOSTCON", "WITHD", "REFUSED"], count, [0.38, 0.42, 0.11, 0.06, 0.03]
    )
    decided = ~np.isnat(relief) & (relief_outcome == "56DAY")
    decision = chosen_from(rng, ["ACC", "NOPN", "INTH"], count, [0.66, 0.26, 0.08])
    decision_date = np.where(decided, relief_end + lag(rng, 2, 30, count), NEVER)
    housed = ~np.isnat(relief) & (rng.random(count) < 0.46)
    placed = np.where(housed, relief + lag(rng, 0, 25, count), NEVER)
    stays = lag(rng, 40, 420, count)
    duty = np.isin(assessment.astype(str), ("PREV", "RELF"))
    return Cases(
        np.arange(count) + 300, person, home, application, assessment,
        where_text(no_fault, "S21", where_text(served, "S8", "NONE")), notice_date,
        np.where(no_fault, 61, np.where(reason == "AST_ARR", 28, 56)), reason, prevention, prevention_end, outcome,
        relief, relief_end, relief_outcome, decision, decision_date, placed, placed + stays,
        np.where(duty, application + lag(rng, 5, 14, count), NEVER),
    )  # fmt: skip


def _reasons(rng, tenure: np.ndarray, assessment: np.ndarray) -> np.ndarray:
    count = len(tenure)
    general = ["FAM", "FRI", "REL", "DA", "VIO", "INST", "ASYL", "OTH"]
    reason = chosen_from(rng, general, count, [0.33, 0.1, 0.11, 0.17, 0.06, 0.07, 0.05, 0.11])
    draw = rng.random(count)
    rented = (tenure == PRIVATE) & (draw < 0.72)
    reason[rented] = chosen_from(rng, ["AST_SELL", "AST_ARR", "AST_OTH"], int(rented.sum()), [0.55, 0.27, 0.18])
    social = (tenure >= COUNCIL) & (draw < 0.35)
    reason[social] = chosen_from(rng, ["SOC_ARR", "SOC_ASB"], int(social.sum()), [0.8, 0.2])
    reason[(tenure == OWNER) & (draw < 0.25)] = "MORT"
    return reason


class HomelessnessFile:
    """Holds the record of each applicant, made once, and draws the file of any extract date."""

    def __init__(self, rng, town: Town, cases: Cases) -> None:
        self.town, self.cases = town, cases
        count = len(cases)
        self.recorded = write_down(rng, town.people, cases.person, Rates(no_nino=0.3, no_phone=0.2, no_birth=0.01))
        self.no_uprn = rng.random(count) < 0.15
        self.no_postcode = rng.random(count) < 0.03
        draw = rng.random(count)
        self.needs = texts(
            [
                _need_list(one, two, four)
                for one, two, four in zip(draw, rng.random(count), rng.integers(0, 999, count), strict=True)
            ]
        )
        self.source = chosen_from(
            rng, ["SELF", "PROB", "HOSP", "JCP", "CHS", "POL"], count, [0.8, 0.03, 0.03, 0.07, 0.05, 0.02]
        )
        self.orientation = chosen_from(rng, [None, "HET", "PNS", "LGB"], count, [0.5, 0.3, 0.16, 0.04])
        self.nationality = chosen_from(rng, ["UK", "EEA", "OTH"], count, [0.8, 0.11, 0.09])
        ethnic = town.people.ethnic[cases.person].astype(str).astype(object)
        self.ethnic = where_text(rng.random(count) < 0.1, "9", ethnic)
        self.note = where_text(rng.random(count) < 0.1, _NOTE, None)
        self.place_kind = chosen_from(
            rng, ["BB", "NIGHT", "PSL", "LASTK", "HOSTEL"], count, [0.14, 0.3, 0.28, 0.18, 0.1]
        )

    def extract(self, index: int) -> dict[str, Table]:
        """The file of the extract with that place in the calendar."""
        at = self.town.calendar.extracts[index]
        return {"homelessness_cases": self._cases(np.flatnonzero(self.cases.application <= day(at)), at)}

    def _cases(self, chosen: np.ndarray, at: date) -> Table:
        cases, people, place = self.cases, self.town.people, self.town.place
        person, home = cases.person[chosen], cases.home[chosen]
        safe = np.where(home >= 0, home, 0)
        housed = home >= 0
        uprn = where_text(housed & ~self.no_uprn[chosen], place.uprn[safe].astype(str).astype(object), None)
        postcode = where_text(housed, where_text(self.no_postcode[chosen], None, place.postcode[safe]), NO_FIXED_ABODE)
        shown = lambda days: np.where(days[chosen] <= day(at), days[chosen], NEVER)  # noqa: E731
        steps = {name: shown(getattr(cases, name)) for name in (
            "prevention", "prevention_end", "relief", "relief_end", "decision_date", "placed", "placed_to", "plan",
        )}  # fmt: skip
        told = lambda step, words: where_text(np.isnat(steps[step]), None, words[chosen])  # noqa: E731
        year = (cases.application[chosen].astype("datetime64[Y]").astype(np.int64) + 1970) % 100
        return Table(
            {
                "case_ref": numbered("HL", year * 1_000_000 + cases.number[chosen], 8),
                "application_date": cases.application[chosen],
                "la_code": text(len(chosen), AUTHORITY),
                "forename": self.recorded.forename[chosen],
                "surname": self.recorded.surname[chosen],
                "dob": self.recorded.born[chosen],
                "nino": self.recorded.nino[chosen],
                "phone": self.recorded.phone[chosen],
                "last_addr1": where_text(housed, place.one_line(safe), "NO FIXED ABODE"),
                "last_postcode": postcode,
                "last_uprn": uprn,
                "household_type": self._household_types(person),
                "dependants": self._dependants(person),
                "initial_assessment": cases.assessment[chosen],
                "notice_type": cases.notice[chosen],
                "notice_date": cases.notice_date[chosen],
                "notice_expiry": cases.notice_date[chosen] + cases.notice_days[chosen].astype("timedelta64[D]"),
                "reason_loss": cases.reason[chosen],
                "support_needs": self.needs[chosen],
                "referral_source": self.source[chosen],
                "prevention_start": steps["prevention"],
                "prevention_end": steps["prevention_end"],
                "prevention_outcome": told("prevention_end", cases.prevention_outcome),
                "relief_start": steps["relief"],
                "relief_end": steps["relief_end"],
                "relief_outcome": told("relief_end", cases.relief_outcome),
                "main_duty_decision": told("decision_date", cases.decision),
                "main_duty_date": steps["decision_date"],
                "ta_type": told("placed", self.place_kind),
                "ta_start": steps["placed"],
                "ta_end": steps["placed_to"],
                "php_issued": steps["plan"],
                "case_status": self._status(chosen, steps, at),
                "sexual_orientation": self.orientation[chosen],
                "nationality": self.nationality[chosen],
                "ethnic_group": self.ethnic[chosen],
                "assessor_notes": self.note[chosen],
            },
            people=np.where(people.household[person] >= 0, person, person),
        )

    def _status(self, chosen: np.ndarray, steps: dict, at: date) -> np.ndarray:
        cases = self.cases
        no_duty = np.isin(cases.assessment[chosen].astype(str), ("NOTH", "INEL"))
        prevented = ~np.isnat(steps["prevention_end"]) & (cases.prevention_outcome[chosen] != "HOMELESS")
        relieved = ~np.isnat(steps["relief_end"]) & (cases.relief_outcome[chosen] != "56DAY")
        decided = ~np.isnat(steps["decision_date"])
        still_placed = ~np.isnat(steps["placed"]) & np.isnat(steps["placed_to"])
        closed = no_duty | prevented | relieved | (decided & ~still_placed)
        return where_text(closed, "CLOSED", "OPEN")

    def _dependants(self, person: np.ndarray) -> np.ndarray:
        people, households = self.town.people, self.town.households
        return np.where(people.role[person] == ADULT, 0, households.children[people.household[person]])

    def _household_types(self, person: np.ndarray) -> np.ndarray:
        people, households = self.town.people, self.town.households
        household = people.household[person]
        parent = (households.children[household] > 0) & (people.role[person] != ADULT) & (people.role[person] != CHILD)
        lone = households.kind[household] == LONE_PARENT
        female = people.sex[person] == FEMALE
        couple = (households.size[household] == 2) & ~lone & ~parent & (people.role[person] != ADULT)
        family = where_text(lone, where_text(female, "LPF", "LPM"), "FAM")
        return where_text(parent, family, where_text(couple, "CPL", "SNG"))


def _need_list(one: float, two: float, four: int) -> str | None:
    if one < 0.42:
        return None
    first = _NEEDS[four % len(_NEEDS)]
    second = _NEEDS[(four // 13) % len(_NEEDS)]
    return first if two < 0.6 or first == second else f"{first};{second}"
