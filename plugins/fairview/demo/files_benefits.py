"""The four files of the benefits section at an extract date."""

from __future__ import annotations

from datetime import date

import numpy as np

from fairview.demo.benefits import Awards, Claims, Overpayments
from fairview.demo.council_tax import Accounts
from fairview.demo.housing import Tenancies
from fairview.demo.names import NEVER_LOADED
from fairview.demo.periods import NEVER, day
from fairview.demo.population import ADULT, CHILD, HEAD, MALE, Town
from fairview.demo.record_errors import Rates, short_form, write_down
from fairview.demo.tables import Table, chosen_from, joined_texts, numbered, text, texts, where_text

OPEN = np.datetime64("2099-12-31", "D")
_RATES = Rates(no_nino=0.012, no_phone=0.3, no_email=0.3)
_NOTES = (
    'Rang 10am. Said: "cannot pay this month", will call back.\nLetter sent.',
    "Evidence seen: payslips, tenancy agreement.",
    f"Home visit done, {NEVER_LOADED} says partner moved in.\nChecked, no change.",
)


class BenefitsFiles:
    """Holds the section's record of each person on a claim, made once, and draws the files of any extract date."""

    def __init__(
        self,
        rng,
        town: Town,
        accounts: Accounts,
        tenancies: Tenancies,
        claims: Claims,
        awards: Awards,
        overpayments: Overpayments,
    ) -> None:
        self.town, self.accounts, self.tenancies = town, accounts, tenancies
        self.claims, self.awards, self.overpayments = claims, awards, overpayments
        count = len(claims)
        self.contact = write_down(rng, town.people, claims.claimant, _RATES)
        draw = rng.random(count)
        self.no_uprn, self.no_postcode = rng.random(count) < 0.08, rng.random(count) < 0.004
        self.is_unsafe = (draw > 0.4) & (draw < 0.403)
        self.risk_score = rng.integers(1, 1000, count)
        self.fraud_ref = where_text(draw < 0.013, numbered("FR", rng.integers(0, 10**8, count), 8), None)
        self.is_violent = (draw > 0.5) & (draw < 0.512)
        ethnic = town.people.ethnic[claims.claimant].astype(str).astype(object)
        self.ethnic = where_text(rng.random(count) < 0.22, "9", ethnic)
        self.access = where_text((draw > 0.6) & (draw < 0.609), chosen_from(rng, ["LP", "LP", "AU", "BR"], count), None)
        self.note = where_text((draw > 0.7) & (draw < 0.76), texts(_NOTES)[rng.integers(0, 3, count)], None)
        self._list_members(rng)
        self.debtor = write_down(rng, town.people, overpayments.person, Rates(no_nino=0.03))
        self.debtor_name = short_form(self.debtor)
        self.typed_date = rng.random(len(overpayments)) < 0.02
        self.typed_last = rng.random(len(overpayments)) < 0.25
        self.is_held = rng.random(len(overpayments)) < 0.02

    def _list_members(self, rng) -> None:
        claims, town = self.claims, self.town
        size = town.households.size[claims.household]
        claim = np.repeat(np.arange(len(claims)), size)
        place = np.arange(size.sum()) - np.repeat(np.cumsum(size) - size, size)
        person = town.households.head[claims.household][claim] + place
        role = town.people.role[person]
        grown = (role == ADULT) & (rng.random(len(person)) < 0.8)
        stays = (role != ADULT) | grown
        # Two in a hundred people are on a claim twice, under two numbers.
        again = np.flatnonzero(stays & (rng.random(len(person)) < 0.008))
        claim = np.concatenate([claim[stays], claim[again]])
        second = np.concatenate([np.zeros(stays.sum(), dtype=bool), np.ones(len(again), dtype=bool)])
        person = np.concatenate([person[stays], person[again]])
        order = np.lexsort((person, second, claim))
        self.claim, self.person, self.is_again = claim[order], person[order], second[order]
        first = np.searchsorted(self.claim, self.claim, side="left")
        self.seq = np.arange(len(self.claim)) - first + 1
        role = town.people.role[self.person]
        self.relation = where_text(
            role == HEAD, "C", where_text(role == CHILD, "D", where_text(role == ADULT, "N", "P"))
        )
        two_numbers = self.is_again | (rng.random(len(self.claim)) < 0.008)
        self.person_ref = 500_000 + self.person * 3 + np.where(two_numbers, 1, 0)
        self.recorded = write_down(rng, town.people, self.person, _RATES)
        draw = rng.random(len(self.claim))
        gender = where_text(town.people.sex[self.person] == MALE, "1", "2")
        self.gender = where_text(draw < 0.012, "9", gender)
        no_nino = (role == CHILD) & (town.people.age(town.calendar.first)[self.person] < 16)
        self.recorded.nino[no_nino] = None
        self.is_student = (role == ADULT) & (draw > 0.9)
        self.is_impaired = town.people.is_disabled[self.person] & (draw > 0.95)
        self.sanction = where_text(
            (draw > 0.5) & (draw < 0.53), "Y", where_text((draw > 0.3) & (draw < 0.9), "N", None)
        )
        self.joined = np.maximum(claims.application[self.claim], town.people.born[self.person])

    def extract(self, index: int) -> dict[str, Table]:
        """The four files of the extract with that place in the calendar."""
        at = self.town.calendar.extracts[index]
        claim = np.flatnonzero(self.claims.known <= day(at))
        return {
            "benefit_claims": self._claims(claim, at),
            "benefit_members": self._members(at),
            "benefit_awards": self._awards(at),
            "benefit_overpayments": self._overpayments(at),
        }

    def _claims(self, chosen: np.ndarray, at: date) -> Table:
        claims, place = self.claims, self.town.place
        dwelling = self.accounts.dwelling[claims.account[chosen]]
        ended = claims.cancel_known[chosen] <= day(at)
        paused = (claims.suspended[chosen] <= day(at)) & (claims.suspended_to[chosen] > day(at)) & ~ended
        tenancy = claims.tenancy[chosen]
        payref = (
            where_text(tenancy >= 0, self.tenancies.payref[np.maximum(tenancy, 0)], None)
            if len(self.tenancies)
            else text(len(chosen))
        )
        uprn = place.uprn[dwelling].astype(str).astype(object)
        return Table(
            {
                "claim_id": claims.number[chosen],
                "check_digit": claims.check_digit[chosen],
                "ctax_ref": self.accounts.reference(claims.account[chosen]),
                "rent_ref": payref,
                "nino": self.contact.nino[chosen],
                "status": where_text(ended, "C", where_text(paused, "S", "A")),
                "application_date": claims.application[chosen],
                "cancel_date": np.where(ended, claims.cancel[chosen], NEVER),
                "end_reason": where_text(ended, claims.end_reason[chosen], None),
                "susp_reason_code": where_text(paused, claims.suspension[chosen], None),
                "susp_date": np.where(paused, claims.suspended[chosen], NEVER),
                "addr1": place.line1[dwelling],
                "addr2": where_text(place.line2[dwelling] == "", None, place.line2[dwelling]),
                "postcode": where_text(self.no_postcode[chosen], None, place.postcode[dwelling]),
                "uprn": where_text(self.no_uprn[chosen], None, uprn),
                "unsafe_addr_ind": self.is_unsafe[chosen] | place.is_sensitive[dwelling],
                "risk_score": self.risk_score[chosen],
                "risk_sub_group": where_text(self.risk_score[chosen] > 500, "HIGHRX", "LOWRX"),
                "fraud_ref": self.fraud_ref[chosen],
                "potentially_violent": self.is_violent[chosen],
                "ethnic_id": self.ethnic[chosen],
                "equal_access_code": self.access[chosen],
                "phone": self.contact.phone[chosen],
                "email": self.contact.email[chosen],
                "case_notes": self.note[chosen],
            },
            people=claims.claimant[chosen],
        )

    def _members(self, at: date) -> Table:
        claims, people = self.claims, self.town.people
        chosen = np.flatnonzero((claims.known[self.claim] <= day(at)) & (people.born[self.person] <= day(at)))
        claim, person = self.claim[chosen], self.person[chosen]
        ended = claims.cancel_known[claim] <= day(at)
        left = np.where(ended, np.maximum(claims.cancel[claim], self.joined[chosen]), OPEN)
        dead = people.death_notified[person] <= day(at)
        born = self.recorded.born[chosen]
        return Table(
            {
                "claim_id": claims.number[claim],
                "member_seq": self.seq[chosen],
                "person_ref": self.person_ref[chosen],
                "relation": self.relation[chosen],
                "title": self.recorded.title[chosen],
                "forename": self.recorded.forename[chosen],
                "surname": self.recorded.surname[chosen],
                "birth_date": born.astype("datetime64[m]"),
                "gender": self.gender[chosen],
                "nino": self.recorded.nino[chosen],
                "from_date": self.joined[chosen],
                "to_date": left,
                "disable_ind": people.is_disabled[person],
                "carer_ind": people.is_carer[person],
                "student_ind": self.is_student[chosen],
                "severely_mentally_impaired_ind": self.is_impaired[chosen],
                "deceased_date": np.where(dead, people.died[person], NEVER),
                "sanction_ind": self.sanction[chosen],
            },
            people=person,
        )

    def _awards(self, at: date) -> Table:
        awards, claims = self.awards, self.claims
        chosen = np.flatnonzero(awards.known <= day(at))
        chosen = chosen[np.lexsort((awards.number[chosen], awards.claim[chosen]))]
        claim = awards.claim[chosen]
        ended = awards.end_known[chosen] <= day(at)
        paused = (claims.suspended[claim] <= day(at)) & (claims.suspended_to[claim] > day(at)) & ~ended
        return Table(
            {
                "award_id": awards.number[chosen],
                "claim_id": claims.number[claim],
                "award_type": awards.type[chosen],
                "from_date": awards.start[chosen],
                "to_date": np.where(ended, awards.end[chosen], OPEN),
                "weekly_amount": awards.weekly[chosen],
                "eligible_rent": _maybe(awards.eligible[chosen]),
                "contractual_rent": _maybe(awards.contractual[chosen]),
                "passport_ind": awards.is_passported[chosen],
                "decision": awards.decision[chosen],
                "suspended_ind": paused & np.isin(awards.type[chosen].astype(str), ("HB", "CTR")),
            }
        )

    def _overpayments(self, at: date) -> Table:
        over = self.overpayments
        chosen = np.flatnonzero(over.created <= day(at))
        balance = over.balance(at)[chosen]
        claim = over.claim[chosen]
        age = (day(at) - over.created[chosen]).astype(np.int64)
        stage = where_text(age < 45, "NEW", where_text(age < 90, "REM", where_text(balance % 3 == 0, "AGT", "FIN")))
        reference = joined_texts(
            numbered("", self.claims.number[claim], 8),
            texts(["/"])[0],
            self.claims.check_digit[claim].astype(str).astype(object),
        )
        paid = (over.monthly[chosen] > 0) & (age > 92)
        last = np.where(paid, day(at) - ((age % 27) + 1).astype("timedelta64[D]"), NEVER)
        table = Table(
            {
                "invoice_no": numbered("OP", over.number[chosen], 8),
                "claim_ref": reference,
                "debtor_name": self.debtor_name[chosen],
                "nino": self.debtor.nino[chosen],
                "class": over.category[chosen],
                "created": over.created[chosen],
                "original": over.original[chosen],
                "balance": balance,
                "recovery_route": over.route[chosen],
                "stage": where_text(self.is_held[chosen], "HOLD", stage),
                "last_paid": last,
            },
            people=over.person[chosen],
        )
        for header, typed in (("created", self.typed_date[chosen]), ("last_paid", self.typed_last[chosen])):
            dates = table.columns[header]
            for row in np.flatnonzero(typed & ~np.isnat(dates)):
                table.misprints.append((int(row), header, dates[row].astype(object).strftime("%d/%m/%Y")))
        return table


def _maybe(pence: np.ndarray):
    """Whole pence with blanks where there is no amount, as an Arrow column."""
    import pyarrow as pa

    return pa.array(pence, pa.int64(), mask=pence < 0)
