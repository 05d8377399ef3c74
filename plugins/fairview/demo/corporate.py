"""The corporate registers: debt respite, vulnerability, deaths, objections, sundry debts; and their files."""

from __future__ import annotations

from datetime import date

import numpy as np

from fairview.demo.community_safety import VICTIM, Parties
from fairview.demo.council_tax import Accounts
from fairview.demo.files_revenues import old_letters
from fairview.demo.gazetteer import COUNCIL
from fairview.demo.housing import Tenancies
from fairview.demo.names import NEVER_LOADED
from fairview.demo.periods import NEVER, day, lag, random_days
from fairview.demo.population import CHILD, Town
from fairview.demo.record_errors import Rates, full_form, write_down
from fairview.demo.respite import Notices
from fairview.demo.tables import NOBODY, Table, chosen_from, numbered, text, texts, where_text

_CLEAN_BIRTHS = {"no_birth": 0.0, "unknown_birth": 0.0}
_ON_REGISTER_SHARE = 0.042
_CHILDREN_SHARE = 0.10
_OBJECTIONS_PER_RESIDENT = 0.0006
_DEBTS_PER_RESIDENT = 0.022
_CATEGORIES = ("PHYS", "SENS", "MENT", "COGN", "LRND", "CARR", "DABU", "SAFE", "CLVR", "TERM")
_FIRM_DEBTORS = ("HAWSER TYRES LTD", "QUARRY LANE CAFE", "MERIDIAN SIGNS LTD", "TIDEWAY CARS", "PENNANT CLEANING LTD")


class CorporateFiles:
    """Holds each register's entries, made once, and draws the five files of any extract date."""

    def __init__(
        self,
        rng,
        town: Town,
        accounts: Accounts,
        tenancies: Tenancies,
        notices: Notices,
        parties: Parties,
        residents: int,
    ) -> None:
        self.town, self.accounts, self.tenancies, self.notices = town, accounts, tenancies, notices
        self.notice_record = write_down(rng, town.people, notices.person, Rates(**_CLEAN_BIRTHS))
        self.withheld = notices.is_withheld
        if len(self.withheld) > 4:
            self.withheld[4] = True
        self._fill_register(rng, residents, parties)
        self._list_deaths(rng)
        self._list_objections(rng, residents, parties)
        self._list_debts(rng, residents)

    def extract(self, index: int) -> dict[str, Table]:
        """The five files of the extract with that place in the calendar."""
        at = self.town.calendar.extracts[index]
        return {
            "debt_respite_notices": self._notices(at),
            "vulnerability_register": self._register(at),
            "deaths": self._deaths(index),
            "data_objections": self._objections(at),
            "sundry_debts": self._debts(at),
        }

    # --- debt respite ---------------------------------------------------------------------------------------------

    def _notices(self, at: date) -> Table:
        notices, place = self.notices, self.town.place
        chosen = np.flatnonzero(notices.received <= day(at))
        home = np.maximum(self.town.home(notices.household[chosen], notices.start[chosen]), 0)
        over = notices.end[chosen] < day(at)
        status = where_text(notices.is_cancelled[chosen], "CANC", where_text(over, "ENDD", "ACTV"))
        shown = ~self.withheld[chosen]
        references = texts([self._debt_references(int(notice)) for notice in chosen])
        return Table(
            {
                "notice_ref": numbered("BS", 200_000 + chosen, 6),
                "moratorium_type": notices.kind[chosen],
                "start_date": notices.start[chosen],
                "end_date": notices.end[chosen],
                "status": status,
                "forename": self.notice_record.forename[chosen],
                "surname": self.notice_record.surname[chosen],
                "dob": self.notice_record.born[chosen],
                "addr1": where_text(shown, place.one_line(home), None),
                "postcode": where_text(shown, place.postcode[home], None),
                "address_withheld": ~shown,
                "debt_refs": references,
                "received_at": notices.received[chosen],
            },
            people=notices.person[chosen],
        )

    def _debt_references(self, notice: int) -> str | None:
        """The debts listed: the account and tenancy the household held when the moratorium began; one in ten lists none."""
        if notice % 10 == 9:
            return None
        household, start = self.notices.household[notice], self.notices.start[notice]
        accounts, tenancies = self.accounts, self.tenancies
        held = (
            (accounts.household == household)
            & (accounts.start <= start)
            & (np.isnat(accounts.end) | (accounts.end > start))
        )
        held &= accounts.known <= start
        let = (
            (tenancies.household == household)
            & (tenancies.start <= start)
            & (np.isnat(tenancies.end) | (tenancies.end > start))
        )
        listed = [f"CT:{accounts.number[one]:08d}" for one in np.flatnonzero(held)]
        listed += [f"RENT:{tenancies.payref[one]}" for one in np.flatnonzero(let)]
        return ";".join(listed) or None

    # --- vulnerability register -----------------------------------------------------------------------------------

    def _fill_register(self, rng, residents: int, parties: Parties) -> None:
        town, calendar = self.town, self.town.calendar
        people = town.people
        count = max(24, round(residents * _ON_REGISTER_SHARE))
        here = town.home(people.household, calendar.first) >= 0
        hit = np.bincount(parties.person[(parties.role == VICTIM) & (parties.person >= 0)], minlength=len(people))
        adult = people.age(calendar.first) >= 18
        weight = (
            np.where(adult & here & np.isnat(people.died), 1.0, 0.0)
            * np.where(people.is_disabled, 4.0, 1.0)
            * (1 + np.minimum(hit, 4))
        )
        weight *= np.where(town.households.tenure[people.household] == COUNCIL, 2.0, 1.0)
        weight *= np.exp(0.3 * np.clip(town.households.hardship[people.household], -2, 3))
        adults = rng.choice(len(people), count, replace=False, p=weight / weight.sum())
        children = np.flatnonzero(
            (people.role == CHILD) & here & (people.born < day(calendar.first) - np.timedelta64(90, "D"))
        )
        children = rng.permutation(children)[: max(2, round(count * _CHILDREN_SHARE))]
        who = np.concatenate([adults, children])
        who = who[rng.permutation(len(who))]
        count = len(who)
        is_child = np.isin(who, children)
        start = random_days(rng, np.full(count, np.datetime64("2021-06-01", "D")), np.full(count, day(calendar.last)))
        start[: 2 * count // 3] = np.minimum(start[: 2 * count // 3], day(calendar.first) - np.timedelta64(30, "D"))
        start[-len(calendar.extracts) :] = [day(extract) - np.timedelta64(9, "D") for extract in calendar.extracts]
        start = np.maximum(start, people.born[who] + np.timedelta64(30, "D"))
        order = np.argsort(start, kind="stable")
        self.entry, self.entry_start, is_child = who[order], start[order], is_child[order]
        category = chosen_from(
            rng, list(_CATEGORIES), count, [0.33, 0.07, 0.17, 0.08, 0.05, 0.12, 0.08, 0.05, 0.03, 0.02]
        )
        self.category = where_text(is_child, "CHSC", category)
        source = chosen_from(rng, ["ASC", "HSG", "REV", "SELF", "POL"], count, [0.42, 0.26, 0.12, 0.14, 0.06])
        self.entry_source = where_text(is_child, "CHI", source)
        self.review = self.entry_start + (rng.choice([365, 730], count)).astype("timedelta64[D]")
        ended = random_days(rng, self.entry_start + np.timedelta64(60, "D"), np.full(count, day(calendar.last)))
        self.entry_end = np.where((rng.random(count) < 0.06) & (ended <= day(calendar.last)), ended, NEVER)
        self.handling = chosen_from(
            rng, ["PHONE", "VISIT", "LARGE", "ADVOC", "NOEA", "STD"], count, [0.2, 0.14, 0.1, 0.13, 0.18, 0.25]
        )
        self.entry_record = write_down(rng, people, self.entry, Rates(no_birth=0.06))
        self.entry_plain = rng.random(count) < 0.1
        self.entry_no_uprn = rng.random(count) < 0.3
        self.entry_note = where_text(rng.random(count) < 0.06, f"see case file, speak to {NEVER_LOADED} first", None)

    def _register(self, at: date) -> Table:
        chosen = np.flatnonzero(self.entry_start <= day(at))
        place, people = self.town.place, self.town.people
        home = self.town.home(people.household[self.entry[chosen]], self.entry_start[chosen])
        now = self.town.home(people.household[self.entry[chosen]], at)
        home = np.where(home >= 0, home, now)
        shown = (home >= 0) & ~self.entry_plain[chosen]
        safe = np.maximum(home, 0)
        uprn = where_text(shown & ~self.entry_no_uprn[chosen], place.uprn[safe].astype(str).astype(object), None)
        # A spreadsheet turned a few long numbers into powers of ten.
        for row in np.flatnonzero((chosen % 211 == 3) & (uprn != None)):  # noqa: E711
            uprn[row] = "9.999E+11"
        address = place.one_line(safe) + ", " + place.town[safe]
        return Table(
            {
                "reg_id": numbered("VR", 2_000 + chosen, 6),
                "surname": self.entry_record.surname[chosen],
                "forename": self.entry_record.forename[chosen],
                "dob": self.entry_record.born[chosen],
                "address": where_text(shown, address, None),
                "postcode": where_text(shown, place.postcode[safe], None),
                "uprn": uprn,
                "category": self.category[chosen],
                "source": self.entry_source[chosen],
                "start_date": self.entry_start[chosen],
                "review_by": self.review[chosen],
                "end_date": np.where(self.entry_end[chosen] <= day(at), self.entry_end[chosen], NEVER),
                "handling_code": self.handling[chosen],
                "notes": self.entry_note[chosen],
            },
            people=self.entry[chosen],
        )

    # --- deaths ---------------------------------------------------------------------------------------------------

    def _list_deaths(self, rng) -> None:
        """True deaths in the order notified, and one entry made in error before the first extract, taken back later."""
        people, calendar = self.town.people, self.town.calendar
        dead = np.flatnonzero(~np.isnat(people.death_notified))
        living = np.flatnonzero(np.isnat(people.died) & (people.age(calendar.first) > 55))
        living = living[self.town.home(people.household[living], calendar.first) >= 0]
        mistaken = living[rng.integers(0, len(living), 1)] if len(calendar.extracts) > 1 else living[:0]
        self.dead = np.concatenate([dead, mistaken])
        died = np.concatenate(
            [people.died[dead], np.full(len(mistaken), day(calendar.first) - np.timedelta64(40, "D"))]
        )
        notified = np.concatenate(
            [people.death_notified[dead], np.full(len(mistaken), day(calendar.first) - np.timedelta64(12, "D"))]
        )
        order = np.lexsort((self.dead, notified))
        self.dead, self.died_on, self.notified = self.dead[order], died[order], notified[order]
        self.is_mistake = np.isin(self.dead, mistaken)
        self.death_record = write_down(rng, people, self.dead, Rates(initial_only=0.0, **_CLEAN_BIRTHS))

    def _deaths(self, index: int) -> Table:
        calendar = self.town.calendar
        at, since = day(calendar.extracts[index]), day(calendar.since(index, calendar.reports_from))
        new = np.flatnonzero((self.notified >= since) & (self.notified <= at))
        withdrawn = np.zeros(len(new), dtype=bool)
        if index == 1:
            back = np.flatnonzero(self.is_mistake)
            new, withdrawn = np.concatenate([new, back]), np.concatenate([withdrawn, np.ones(len(back), dtype=bool)])
        home = np.maximum(self.town.home(self.town.people.household[self.dead[new]], self.died_on[new]), 0)
        place = self.town.place
        return Table(
            {
                "death_id": numbered("D", 20_000 + new, 7),
                "surname": old_letters(self.death_record.surname[new]),
                "forenames": old_letters(self.death_record.forename[new]),
                "dob": self.death_record.born[new],
                "dod": self.died_on[new],
                "last_addr1": place.one_line(home),
                "last_postcode": place.postcode[home],
                "notified_on": self.notified[new],
                "withdrawn_ind": withdrawn,
            },
            people=self.dead[new],
        )

    # --- objections -----------------------------------------------------------------------------------------------

    def _list_objections(self, rng, residents: int, parties: Parties) -> None:
        """Objectors are people a service would otherwise have found: victims for CSF, households in hardship for the rest."""
        town, calendar = self.town, self.town.calendar
        count = max(12, round(residents * _OBJECTIONS_PER_RESIDENT))
        scope = np.array(["HSG", "CSF", "REV", "ALL"], dtype=object)[np.arange(count) % 4]
        victims = np.unique(parties.person[(parties.role == VICTIM) & (parties.person != NOBODY)])
        heads = town.households.head[np.argsort(-town.households.hardship, kind="stable")]
        heads, victims = self._living_here(heads), self._living_here(victims)
        pool = rng.permutation(heads[: max(count * 3, 20)])
        who = np.array([victims[rng.integers(0, len(victims))] if one == "CSF" and len(victims) else pool[place % len(pool)]
                        for place, one in enumerate(scope)])  # fmt: skip
        kind = np.arange(count) // 4 % 6
        received = random_days(
            rng, day(calendar.first) - np.timedelta64(330, "D"), day(calendar.first) - np.timedelta64(20, "D"), count
        )
        months = len(calendar.extracts)
        for back in range(1, months):
            received[-back] = day(calendar.extracts[months - back]) - np.timedelta64(20, "D")
        self.objector, self.scope, self.received = who, scope, received
        self.right = where_text((kind == 2) | (kind == 4), "RES18", "OBJ21")
        self.decision = where_text(kind == 1, "PENDING", where_text(kind == 5, "REFUSED", "UPHELD"))
        self.decided = np.where(kind == 1, NEVER, received + np.timedelta64(14, "D"))
        self.objection_end = np.where(kind == 2, received + np.timedelta64(75, "D"), NEVER)
        lifted = day(calendar.last) if months > 1 else np.datetime64("2262-01-01", "D")
        self.lifted = np.where(np.arange(count) == 3, lifted, np.datetime64("2262-01-01", "D"))
        self.objection_record = write_down(rng, town.people, who, Rates(typing=0.01, **_CLEAN_BIRTHS))
        self.objection_no_uprn = rng.random(count) < 0.3

    def _living_here(self, who: np.ndarray) -> np.ndarray:
        at_home = self.town.home(self.town.people.household[who], self.town.calendar.last) >= 0
        return who[np.isnat(self.town.people.died[who]) & at_home]

    def _objections(self, at: date) -> Table:
        chosen = np.flatnonzero((self.received <= day(at)) & (self.lifted > day(at)))
        who = self.objector[chosen]
        home = np.maximum(self.town.home(self.town.people.household[who], at), 0)
        place = self.town.place
        pending = self.decided[chosen] > day(at)
        uprn = place.uprn[home].astype(str).astype(object)
        return Table(
            {
                "objection_id": numbered("OB", 200 + chosen, 6),
                "surname": self.objection_record.surname[chosen],
                "forename": self.objection_record.forename[chosen],
                "dob": self.objection_record.born[chosen],
                "postcode": place.postcode[home],
                "uprn": where_text(self.objection_no_uprn[chosen], None, uprn),
                "service_scope": self.scope[chosen],
                "right": self.right[chosen],
                "received": self.received[chosen],
                "decision": where_text(pending, "PENDING", self.decision[chosen]),
                "decision_date": np.where(pending, NEVER, self.decided[chosen]),
                "end_date": self.objection_end[chosen],
            },
            people=who,
        )

    # --- sundry debts ---------------------------------------------------------------------------------------------

    def _list_debts(self, rng, residents: int) -> None:
        town, calendar = self.town, self.town.calendar
        count = max(20, round(residents * _DEBTS_PER_RESIDENT))
        here = town.home(np.arange(len(town.households)), calendar.first) >= 0
        weight = np.exp(0.7 * np.clip(town.households.hardship, -3, 3)) * here
        household = rng.choice(len(town.households), count, p=weight / weight.sum())
        kind = chosen_from(
            rng,
            ["ASCCH", "GARAGE", "LEASE", "HBINV", "NDRST", "PCN", "OTHER"],
            count,
            [0.27, 0.16, 0.12, 0.12, 0.05, 0.13, 0.15],
        )
        kind[:3] = texts(["PCN", "ASCCH", "NDRST"])
        self.debt_kind = kind
        self.debtor = town.households.head[household]
        raised = random_days(rng, calendar.reports_from, calendar.last, count)
        raised[: 3 * count // 4] = np.minimum(raised[: 3 * count // 4], day(calendar.first) - np.timedelta64(15, "D"))
        raised[-len(calendar.extracts) :] = [day(extract) - np.timedelta64(8, "D") for extract in calendar.extracts]
        order = np.argsort(raised, kind="stable")
        self.debt_kind, self.debtor, self.raised = kind[order], self.debtor[order], raised[order]
        self.original = np.round(rng.gamma(1.6, 17_000, count) + 1200).astype(np.int64)
        self.monthly = np.where(rng.random(count) < 0.35, self.original // rng.integers(4, 30, count), 0)
        self.cleared_after = np.where(rng.random(count) < 0.3, lag(rng, 60, 500, count), np.timedelta64(9999, "D"))
        self.debt_record = write_down(rng, town.people, self.debtor, Rates())
        firm = (self.debt_kind == "NDRST") & (rng.random(count) < 0.5)
        self.debtor_name = where_text(
            firm, texts(_FIRM_DEBTORS)[rng.integers(0, 5, count)], old_letters(full_form(self.debt_record))
        )
        self.is_firm = firm
        self.is_stale = rng.random(count) < 0.08

    def debt_balances(self, at: date) -> np.ndarray:
        """Pence outstanding of each debt at a date."""
        months = np.maximum(0, (day(at) - self.raised).astype(np.int64) // 30 - 1)
        return np.maximum(0, self.original - self.monthly * months)

    def listed_debts(self, at: date) -> np.ndarray:
        """The debts still on the list: those paid off leave it."""
        return np.flatnonzero(
            (self.raised <= day(at)) & (self.raised + self.cleared_after > day(at)) & (self.debt_balances(at) > 0)
        )

    def _debts(self, at: date) -> Table:
        chosen = self.listed_debts(at)
        people, place = self.town.people, self.town.place
        household = people.household[self.debtor[chosen]]
        home = np.where(
            self.is_stale[chosen],
            self.town.earlier_home(household, self.raised[chosen]),
            self.town.home(household, self.raised[chosen]),
        )
        shown, safe = home >= 0, np.maximum(home, 0)
        age = (day(at) - self.raised[chosen]).astype(np.int64)
        stage = where_text(
            age < 30,
            "NEW",
            where_text(age < 75, "REM1", where_text(age < 140, "REM2", where_text(chosen % 23 == 0, "CCJ", "AGT"))),
        )
        return Table(
            {
                "account_no": numbered("SD", 5_000 + chosen, 8),
                "debt_type": self.debt_kind[chosen],
                "debtor_name": self.debtor_name[chosen],
                "addr1": where_text(shown, place.one_line(safe), None),
                "postcode": where_text(shown, place.postcode[safe], None),
                "raised": self.raised[chosen],
                "original": self.original[chosen],
                "balance": self.debt_balances(at)[chosen],
                "stage": where_text(self._is_frozen(household, at), "HOLD", stage) if len(chosen) else text(0),
            },
            people=np.where(self.is_firm[chosen], NOBODY, self.debtor[chosen]),
        )

    def _is_frozen(self, household: np.ndarray, at: date) -> np.ndarray:
        notices = self.notices
        now = (notices.start <= day(at)) & (np.isnat(notices.end) | (notices.end >= day(at))) & ~notices.is_cancelled
        return np.isin(household, notices.household[now])
