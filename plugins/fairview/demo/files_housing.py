"""The four tenancy files of the housing department at an extract date; homelessness has its own module."""

from __future__ import annotations

from datetime import date

import numpy as np

from fairview.demo import housing
from fairview.demo.files_revenues import old_letters
from fairview.demo.housing import RentLedger, Tenancies
from fairview.demo.names import NEVER_LOADED
from fairview.demo.periods import NEVER, day, rent_week
from fairview.demo.population import ADULT, CHILD, HEAD, PARTNER, Town
from fairview.demo.record_errors import Rates, write_down
from fairview.demo.tables import Table, chosen_from, numbered, text, texts, where_text

OPEN_WORD = np.datetime64("1900-01-01", "D")
_RATES = Rates(no_nino=0.25, no_birth=0.01, unknown_birth=0.022, no_phone=0.12, no_email=0.3, no_title=0.06)
_PAGE_BREAK_AFTER = 55


class HousingFiles:
    """Holds the department's record of each person, made once, and draws the files of any extract date."""

    def __init__(self, rng, town: Town, tenancies: Tenancies, ledger: RentLedger) -> None:
        self.town, self.tenancies, self.ledger = town, tenancies, ledger
        count = len(tenancies)
        self.writes_1900 = rng.random(count) < 0.5
        self.no_uprn = rng.random(count) < 0.01
        self.is_marked, self.is_violent = rng.random(count) < 0.015, rng.random(count) < 0.012
        self.said_uc = tenancies.on_uc ^ (rng.random(count) < 0.03)
        self.said_hb = tenancies.housing_benefit > 0
        self._list_people(rng)

    def _list_people(self, rng) -> None:
        town, tenancies = self.town, self.tenancies
        household, first = np.unique(tenancies.household, return_index=True)
        size = town.households.size[household]
        owner = np.repeat(np.arange(len(household)), size)
        place = np.arange(size.sum()) - np.repeat(np.cumsum(size) - size, size)
        person = town.households.head[household][owner] + place
        role = town.people.role[person]
        forgotten = (role == ADULT) & (rng.random(len(person)) < 0.25)
        owner, person, role = owner[~forgotten], person[~forgotten], role[~forgotten]
        self.owner_household, self.person, self.role = household[owner], person, role
        self.number = np.arange(len(owner)) - np.searchsorted(owner, owner, side="left") + 1
        joint = tenancies.is_joint[first][owner]
        self.is_responsible = (role == HEAD) | ((role == PARTNER) & joint)
        self.relationship = where_text(
            role == HEAD, "TEN", where_text(role == PARTNER, "PAR", where_text(role == CHILD, "CHI", "ADC"))
        )
        self.recorded = write_down(rng, town.people, person, _RATES)
        self.recorded.forename, self.recorded.surname = (
            old_letters(self.recorded.forename),
            old_letters(self.recorded.surname),
        )
        young = role == CHILD
        self.recorded.nino[young] = None
        self.recorded.phone[young], self.recorded.email[young], self.recorded.title[young] = None, None, None
        draw = rng.random(len(owner))
        ethnic = town.people.ethnic[person].astype(str).astype(object)
        self.ethnic = where_text(draw < 0.3, "9", ethnic)
        self.is_criminal = draw > 0.992
        self.note = where_text(
            (draw > 0.5) & (draw < 0.53),
            chosen_from(rng, ["see paper file", "key safe at door", f"mentions {NEVER_LOADED} at no 12"], len(owner)),
            None,
        )
        self.writes_1900_person = rng.random(len(owner)) < 0.5

    def extract(self, index: int) -> dict[str, Table]:
        """The four files of the extract with that place in the calendar."""
        at = self.town.calendar.extracts[index]
        chosen = np.flatnonzero(self.tenancies.start <= day(at))
        return {
            "tenancies": self._tenancies(chosen, at),
            "tenancy_people": self._people(chosen, at),
            "rent_transactions": self._transactions(index),
            "arrears_actions": self._actions(index),
        }

    def _ends(self, end: np.ndarray, writes_1900: np.ndarray, at: date) -> np.ndarray:
        told = end <= day(at)
        return np.where(told, end, np.where(writes_1900, OPEN_WORD, NEVER))

    def _tenancies(self, chosen: np.ndarray, at: date) -> Table:
        tenancies, place = self.tenancies, self.town.place
        dwelling = tenancies.dwelling[chosen]
        balance = housing.balances(tenancies, self.ledger, at)
        steps = {
            name: values[chosen] for name, values in housing.legal_steps(tenancies, self.ledger, balance, at).items()
        }
        uprn = place.uprn[dwelling].astype(str).astype(object)
        return Table(
            {
                "tag_ref": tenancies.tag[chosen],
                "prop_ref": numbered("FH", dwelling + 1, 8),
                "house_ref": tenancies.house_ref[chosen],
                "payref": tenancies.payref[chosen],
                "tenure": tenancies.tenure[chosen],
                "cot": tenancies.start[chosen],
                "eot": self._ends(tenancies.end[chosen], self.writes_1900[chosen], at),
                "rent": tenancies.rent[chosen],
                "service": tenancies.service[chosen],
                "other_charge": tenancies.other[chosen],
                "cur_bal": balance[chosen],
                "nosp": steps["is_live"],
                "nosp_date": steps["notice"],
                "nosp_expire": steps["notice_expires"],
                "courtdate": steps["court"],
                "possorder": steps["order"],
                "evictdate": steps["eviction"],
                "uc_flag": self.said_uc[chosen],
                "hb_flag": self.said_hb[chosen],
                "high_action": steps["highest"],
                "no_beds": place.beds[dwelling],
                "addr1": place.line1[dwelling],
                "addr2": where_text(place.line2[dwelling] == "", None, place.line2[dwelling]),
                "postcode": place.postcode[dwelling],
                "uprn": where_text(self.no_uprn[chosen], None, uprn),
                "asbo_issued": self.is_marked[chosen],
                "pot_violent": self.is_violent[chosen],
            },
            page_break_after=_PAGE_BREAK_AFTER,
        )

    def _people(self, chosen: np.ndarray, at: date) -> Table:
        tenancies, people = self.tenancies, self.town.people
        order = np.argsort(tenancies.start[chosen], kind="stable")
        latest = np.full(len(self.town.households), -1)
        latest[tenancies.household[chosen[order]]] = chosen[order]
        known = (latest[self.owner_household] >= 0) & (people.born[self.person] <= day(at))
        row = np.flatnonzero(known)
        tenancy, person = latest[self.owner_household[row]], self.person[row]
        moved_in = np.maximum(tenancies.start[tenancy], people.born[person])
        left = np.where(people.death_notified[person] <= day(at), people.died[person], tenancies.end[tenancy])
        left = np.where(np.isnat(left), left, np.maximum(left, moved_in))
        return Table(
            {
                "house_ref": tenancies.house_ref[tenancy],
                "person_no": self.number[row],
                "title": self.recorded.title[row],
                "forename": self.recorded.forename[row],
                "surname": self.recorded.surname[row],
                "dob": self.recorded.born[row],
                "ni_no": self.recorded.nino[row],
                "responsible": self.is_responsible[row],
                "relationship": self.relationship[row],
                "phone": self.recorded.phone[row],
                "email": self.recorded.email[row],
                "from_date": moved_in,
                "to_date": self._ends(left, self.writes_1900_person[row], at),
                "ethnic_origin": self.ethnic[row],
                "disabled": people.is_disabled[person],
                "crim_rec": self.is_criminal[row],
                "mem_notes": self.note[row],
            },
            people=person,
            page_break_after=_PAGE_BREAK_AFTER,
        )

    def _transactions(self, index: int) -> Table:
        calendar, postings = self.town.calendar, self.ledger.postings
        at, since = day(calendar.extracts[index]), day(calendar.since(index, calendar.ledger_from))
        chosen = np.flatnonzero((postings["date"] >= since) & (postings["date"] <= at))
        forward = postings["type"][chosen] == housing.BFD
        chosen = np.concatenate([chosen[forward], chosen[~forward]])
        days = postings["date"][chosen]
        years, weeks = rent_week(days)
        return Table(
            {
                "txn_ref": 200_000 + chosen.astype(np.int64),
                "tag_ref": self.tenancies.tag[postings["tenancy"][chosen]],
                "post_date": days.astype("datetime64[m]"),
                "post_year": years,
                "post_prdno": weeks,
                "trans_type": texts(list(housing.TYPES))[postings["type"][chosen]],
                "real_value": postings["amount"][chosen],
            }
        )

    def _actions(self, index: int) -> Table:
        calendar, actions = self.town.calendar, self.ledger.actions
        at, since = day(calendar.extracts[index]), day(calendar.since(index, calendar.ledger_from))
        chosen = np.flatnonzero((actions["date"] >= since) & (actions["date"] <= at))
        code = actions["action"][chosen]
        diaried = np.isin(code, (housing.FRA1, housing.SRA1, housing.TRA1, housing.NOSP))
        after = actions["date"][chosen] + np.timedelta64(14, "D")
        noted = code == housing.NOTE
        return Table(
            {
                "tag_ref": self.tenancies.tag[actions["tenancy"][chosen]],
                "action_no": actions["number"][chosen],
                "action_code": texts(list(housing.ACTIONS))[code],
                "action_date": actions["date"][chosen],
                "balance": actions["balance"][chosen],
                "next_action_date": np.where(diaried, after, NEVER),
                "comment": where_text(noted, f"rang {NEVER_LOADED}", None) if len(chosen) else text(0),
            }
        )
