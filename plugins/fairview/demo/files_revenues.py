"""The eight files of the council tax section at an extract date."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np

from fairview.demo import council_tax as ct
from fairview.demo.council_tax import Accounts, Discounts, Freezes, Ledger
from fairview.demo.gazetteer import COUNCIL, OWNER
from fairview.demo.names import NEVER_LOADED
from fairview.demo.periods import NEVER, day, lag
from fairview.demo.population import Town
from fairview.demo.record_errors import Rates, combined_names, write_down
from fairview.demo.tables import Table, chosen_from, text, texts, where_text
from fairview.demo.writing import encodable

OPEN = np.datetime64("2099-12-31", "D")
BROUGHT_FORWARD_FROM = 900_000_000
_RATES = Rates(no_phone=0.45, no_email=0.7)


def old_letters(values: np.ndarray) -> np.ndarray:
    """A text column in the letters of the old code page, each distinct text worked out once."""
    shown = np.where(values == None, "", values)  # noqa: E711
    distinct, place = np.unique(shown.astype(str), return_inverse=True)
    plain = texts(encodable(list(distinct)))[place]
    return where_text(values == None, None, plain)  # noqa: E711


def property_reference(dwellings: np.ndarray) -> np.ndarray:
    """Fourteen digits per dwelling; no part of it is a UPRN."""
    return (71_000_000_000_000 + dwellings.astype(np.int64) * 10_003).astype(str).astype(object)


class RevenuesFiles:
    """Holds the section's record of each person, made once, and draws the files of any extract date."""

    def __init__(
        self, rng, town: Town, accounts: Accounts, discounts: Discounts, ledger: Ledger, freezes: Freezes
    ) -> None:
        self.town, self.accounts, self.discounts, self.ledger, self.freezes = town, accounts, discounts, ledger, freezes
        self.rng = rng
        count = len(accounts)
        self.lead_title, self.lead_name = self._names(accounts.lead)
        partner = np.where(accounts.partner >= 0, accounts.partner, 0)
        self.partner_title, self.partner_name = self._names(partner)
        self.other_account, self.other_person = ct.others_at_home(town, accounts)
        keep = rng.random(len(self.other_account)) < 0.5
        self.other_account, self.other_person = self.other_account[keep], self.other_person[keep]
        _, self.other_name = self._names(self.other_person)
        leads = np.where(accounts.lead >= 0, accounts.lead, 0)
        contact = write_down(rng, town.people, leads, _RATES)
        void = accounts.lead < 0
        self.phone, self.email = where_text(void, None, contact.phone), where_text(void, None, contact.email)
        draw = rng.random(count)
        self.estate_word = where_text(draw < 0.62, "EXORS OF", "REPS OF")
        self.marks_name = draw > 0.9
        self.access = where_text(
            (draw > 0.5) & (draw < 0.51) & ~void, chosen_from(rng, ["LP", "LP", "BR", "AU"], count), None
        )
        self.is_employee = (draw > 0.52) & (draw < 0.532) & ~void
        self.segment = where_text((draw > 0.2) & (draw < 0.5), chosen_from(rng, ["SEGA", "SEGB", "SEGC"], count), None)
        called = texts(
            [
                "Rang re balance, will ring again",
                "Wants to spread payments; see letter",
                f"Said {NEVER_LOADED} has moved out",
            ]
        )
        self.note = where_text(rng.random(count) < 0.03, called[rng.integers(0, 3, count)], None)
        self.touched = np.maximum(accounts.known, day(town.calendar.first) - lag(rng, 0, 380, count))
        self.disputed = np.where((draw > 0.6) & (draw < 0.603), self.touched, NEVER)
        self.forwards = rng.random(count) < 0.7
        homes = len(town.place)
        self.no_uprn, self.old_uprn = rng.random(homes) < 0.02, rng.random(homes) < 0.6
        self.beds = np.clip(town.place.beds + rng.choice([-1, 0, 1], homes, p=[0.05, 0.9, 0.05]), 0, 9)

    def _names(self, who: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        known = np.where(who >= 0, who, 0)
        recorded = write_down(self.rng, self.town.people, known, _RATES)
        return recorded.title, old_letters(combined_names(self.rng, recorded))

    def extract(self, index: int) -> dict[str, Table]:
        """The eight files of the extract with that place in the calendar."""
        at = self.town.calendar.extracts[index]
        known = np.flatnonzero(self.accounts.known <= day(at))
        known = known[np.argsort(self.accounts.number[known])]
        return {
            "council_tax_accounts": self._accounts(known, at),
            "council_tax_parties": self._parties(known, at),
            "council_tax_properties": self._properties(),
            "council_tax_occupations": self._occupations(known, at),
            "council_tax_balances": self._balances(at),
            "council_tax_recovery": self._recovery(index),
            "council_tax_transactions": self._transactions(index),
            "council_tax_discounts": self._discounts(at),
        }

    def leads(self, at: date) -> np.ndarray:
        """The person each account is in the name of at a date, -1 for firms and empty homes."""
        notified = np.where(self.accounts.lead >= 0, self.town.people.death_notified[self.accounts.lead], NEVER)
        gone = (notified <= day(at)) & (self.accounts.partner >= 0) & np.isnat(self.accounts.estate_from)
        return np.where(gone, self.accounts.partner, self.accounts.lead)

    def liable(self, at: date) -> tuple[np.ndarray, np.ndarray]:
        """Account and person for everyone who owes the whole balance at a date: lead and joint people."""
        leads = self.leads(at)
        held = np.flatnonzero(leads >= 0)
        joint = np.flatnonzero(self.accounts.is_joint & (leads == self.accounts.lead))
        return np.concatenate([held, joint]), np.concatenate([leads[held], self.accounts.partner[joint]])

    def _ends(self, accounts: np.ndarray, at: date) -> np.ndarray:
        told = self.accounts.end_known[accounts] <= day(at)
        return np.where(told, self.accounts.end[accounts], OPEN)

    def _lead_shown(self, chosen: np.ndarray, at: date) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        accounts = self.accounts
        taken_over = self.leads(at)[chosen] != accounts.lead[chosen]
        estate = accounts.estate_from[chosen] <= day(at)
        title = where_text(taken_over, self.partner_title[chosen], self.lead_title[chosen])
        name = where_text(taken_over, self.partner_name[chosen], self.lead_name[chosen])
        marked = estate & self.marks_name[chosen]
        title = where_text(estate & ~marked, self.estate_word[chosen], title)
        for place in np.flatnonzero(marked):
            name[place] = name[place][:21].rstrip() + " (DECEASED)"
        void = accounts.household[chosen] < 0
        return where_text(void, None, title), where_text(void, accounts.firm[chosen], name), estate

    def _accounts(self, chosen: np.ndarray, at: date) -> Table:
        accounts, size = self.accounts, len(chosen)
        title, name, estate = self._lead_shown(chosen, at)
        former = accounts.end_known[chosen] <= day(at)
        forward = self._forwarding(chosen, former)
        code, since, until = self._inhibitors(chosen, estate, at)
        updated = np.where(former, accounts.end_known[chosen], self.touched[chosen])
        updated = np.where(estate, np.maximum(updated, accounts.estate_from[chosen]), updated)
        return Table(
            {
                "account_ref": accounts.number[chosen],
                "account_cd": accounts.letter[chosen],
                "property_ref": property_reference(accounts.dwelling[chosen]),
                "lead_liab_title": title,
                "lead_liab_name": name,
                "lead_liab_pos": accounts.position[chosen],
                **forward,
                "email": self.email[chosen],
                "phone": self.phone[chosen],
                "paymeth_code": accounts.method[chosen],
                "account_status": where_text(former, "F", "L"),
                "liability_start": accounts.start[chosen],
                "liability_end": self._ends(chosen, at),
                "prohibit_code": code,
                "prohibit_set": since,
                "prohibit_end": until,
                "equal_access_code": self.access[chosen],
                "employee_ind": self.is_employee[chosen],
                "risk_segment": self.segment[chosen],
                "notes": self.note[chosen],
                "last_updated": np.minimum(updated, day(at)) if size else updated,
            },
            people=self.leads(at)[chosen],
        )

    def _forwarding(self, chosen: np.ndarray, former: np.ndarray) -> dict[str, np.ndarray]:
        accounts, place = self.accounts, self.town.place
        wanted = former & self.forwards[chosen] & (accounts.household[chosen] >= 0)
        home = np.full(len(chosen), -1)
        home[wanted] = self.town.home(
            accounts.household[chosen[wanted]], accounts.end[chosen[wanted]] + np.timedelta64(1, "D")
        )
        moved = home >= 0
        safe = np.where(moved, home, 0)
        return {
            "fwd_addr1": where_text(
                moved, np.where(place.line2[safe] == "", place.line1[safe], place.one_line(safe)), None
            ),
            "fwd_addr2": where_text(moved, place.town[safe], None),
            "fwd_postcode": where_text(moved, place.postcode[safe], None),
        }

    def _inhibitors(self, chosen: np.ndarray, estate: np.ndarray, at: date) -> tuple:
        count = len(self.accounts)
        since, until = np.full(count, NEVER), np.full(count, NEVER)
        now = (self.freezes.start < day(at)) & (np.isnat(self.freezes.end) | (self.freezes.end >= day(at)))
        since[self.freezes.account[now]] = self.freezes.start[now]
        until[self.freezes.account[now]] = self.freezes.end[now]
        frozen = ~np.isnat(since[chosen])
        disputed = (self.disputed[chosen] <= day(at)) & ~frozen & ~estate
        code = where_text(estate, "DEC", where_text(frozen, "BSP", where_text(disputed, "DISP", None)))
        started = np.where(
            estate,
            self.accounts.estate_from[chosen],
            np.where(frozen, since[chosen], np.where(disputed, self.disputed[chosen], NEVER)),
        )
        return code, started, np.where(frozen & ~estate, until[chosen], NEVER)

    def _parties(self, chosen: np.ndarray, at: date) -> Table:
        accounts = self.accounts
        leads = self.leads(at)
        people = chosen[accounts.household[chosen] >= 0]
        title, name, _ = self._lead_shown(people, at)
        second = people[(accounts.partner[people] >= 0) & (leads[people] == accounts.lead[people])]
        second = second[accounts.is_joint[second] | (accounts.number[second] % 10 < 6)]
        position = np.where(accounts.is_joint[second], 1, 0)
        other = np.flatnonzero(np.isin(self.other_account, people))
        seq = self._other_sequence(other, second)
        account = np.concatenate([people, second, self.other_account[other]])
        nonliable = text(len(other))
        table = Table(
            {
                "account_ref": accounts.number[account],
                "party_seq": np.concatenate([np.ones(len(people), dtype=np.int64), np.full(len(second), 2), seq]),
                "party_title": np.concatenate(
                    [title, where_text(position == 1, self.partner_title[second], None), nonliable]
                ),
                "party_name": np.concatenate([name, self.partner_name[second], self.other_name[other]]),
                "liab_pos": np.concatenate([accounts.position[people], position, np.zeros(len(other), dtype=np.int64)]),
                "from_date": accounts.start[account],
                "to_date": self._ends(account, at),
            },
            people=np.concatenate([leads[people], accounts.partner[second], self.other_person[other]]),
        )
        return table.rows(np.lexsort((table.columns["party_seq"], table.columns["account_ref"])))

    def _other_sequence(self, other: np.ndarray, second: np.ndarray) -> np.ndarray:
        account = self.other_account[other]
        first = np.searchsorted(account, account, side="left")
        return 2 + np.isin(account, second) + np.arange(len(account)) - first

    def _properties(self) -> Table:
        place = self.town.place
        size = len(place)
        uprn = np.where(self.old_uprn & (place.old_uprn > 0), place.old_uprn, place.uprn)
        rented = np.where(place.tenure == OWNER, self.no_uprn, ~self.no_uprn)
        flat = place.line2 != ""
        capital = texts([line.upper() for line in place.line1]), texts([line.upper() for line in place.line2])
        return Table(
            {
                "property_ref": property_reference(np.arange(size)),
                "addr1": capital[0],
                "addr2": where_text(flat, capital[1], None),
                "addr3": place.town,
                "postcode": place.postcode,
                "uprn": where_text(self.no_uprn, None, uprn.astype(str).astype(object)),
                "band_010493": place.band,
                "wardcode": place.ward_codes[place.ward],
                "no_beds": self.beds,
                "council_ha_ind": place.tenure >= COUNCIL,
                "rented_prop": rented,
                "deleted_ind": np.zeros(size, dtype=bool),
            }
        )

    def _occupations(self, chosen: np.ndarray, at: date) -> Table:
        ends = self._ends(chosen, at)
        return Table(
            {
                "account_ref": self.accounts.number[chosen],
                "property_ref": property_reference(self.accounts.dwelling[chosen]),
                "occupation_date": self.accounts.start[chosen],
                "vacation_date": ends,
                "live_ind": ends > day(at),
                "transit_ind": self.accounts.number[chosen] % 997 == 0,
            }
        )

    def _balances(self, at: date) -> Table:
        now = ct.balances(self.town, self.accounts, self.ledger, at)
        bill = np.flatnonzero(now["is_known"])
        number = self.accounts.number[self.ledger.account]
        bill = bill[np.lexsort((self.ledger.year[bill], number[bill]))]
        sums = now["sums"][bill]
        return Table(
            {
                "account_ref": number[bill],
                "fy": self.ledger.year[bill],
                "gross_debit": sums[:, ct.DEB],
                "discounts": -sums[:, ct.DSC],
                "ctr": -sums[:, ct.CTR],
                "payments": -(sums[:, ct.PAY] + sums[:, ct.REJ]),
                "refunds": sums[:, ct.REF],
                "costs": sums[:, ct.CST],
                "write_off": -sums[:, ct.WOF],
                "adjustments": sums[:, ct.ADJ],
                "balance": now["balance"][bill],
                "overdue": now["overdue"][bill],
                "instalments_due": now["instalments_due"][bill],
                "instalments_paid": now["instalments_paid"][bill],
                "right_to_instalments_lost": now["lost"][bill],
            }
        )

    def _transactions(self, index: int) -> Table:
        calendar, postings = self.town.calendar, self.ledger.postings
        at, since = day(calendar.extracts[index]), day(calendar.since(index, calendar.ledger_from))
        chosen = np.flatnonzero((postings["posted"] >= since) & (postings["posted"] <= at))
        bill = postings["bill"][chosen]
        table = Table(
            {
                "txn_id": 100_000 + chosen.astype(np.int64),
                "account_ref": self.accounts.number[self.ledger.account[bill]],
                "fy": self.ledger.year[bill],
                "txn_date": postings["date"][chosen],
                "posted_date": postings["posted"][chosen],
                "txn_type": texts(list(ct.TYPES))[postings["type"][chosen]],
                "amount": postings["amount"][chosen],
                "method": texts(list(ct.METHODS))[postings["method"][chosen]],
            }
        )
        return self._brought_forward().with_rows(table) if index == 0 else table

    def _brought_forward(self) -> Table:
        opening = self.town.calendar.ledger_from
        sums = ct.sums_by_type(self.ledger, opening - timedelta(days=1)).sum(axis=1)
        bill = np.flatnonzero(sums)
        size = len(bill)
        return Table(
            {
                "txn_id": BROUGHT_FORWARD_FROM + bill.astype(np.int64),
                "account_ref": self.accounts.number[self.ledger.account[bill]],
                "fy": self.ledger.year[bill],
                "txn_date": np.full(size, day(opening)),
                "posted_date": np.full(size, day(opening)),
                "txn_type": text(size, "BFD"),
                "amount": sums[bill],
                "method": text(size),
            }
        )

    def _recovery(self, index: int) -> Table:
        calendar, events = self.town.calendar, self.ledger.recovery
        at, since = day(calendar.extracts[index]), day(calendar.since(index, calendar.history_from))
        table = self._recovery_rows(np.flatnonzero((events["date"] >= since) & (events["date"] <= at)), False)
        if index:
            table = table.with_rows(self._recovery_rows(self._to_reverse(index), True))
        return table

    def _recovery_rows(self, chosen: np.ndarray, is_reversed: bool) -> Table:
        events = {name: values[chosen] for name, values in self.ledger.recovery.items()}
        stage = events["stage"]
        by_agent = np.isin(stage, (ct.EA1, ct.EA2, ct.EARTN))
        return Table(
            {
                "recovery_id": 10_001 + chosen.astype(np.int64),
                "account_ref": self.accounts.number[self.ledger.account[events["bill"]]],
                "fy": self.ledger.year[events["bill"]],
                "stage": texts(list(ct.STAGES))[stage],
                "stage_date": events["date"],
                "court_date": events["court"],
                "amount_at_stage": events["amount"],
                "costs": events["costs"],
                "agent_code": where_text(by_agent, texts([f"EF{n:02d}" for n in range(7)])[events["agent"]], None),
                "hold_code": where_text(stage == ct.HOLD, "BSP", None),
                "hold_until": events["until"],
                "reversed_ind": np.full(len(chosen), is_reversed),
            }
        )

    def _to_reverse(self, index: int) -> np.ndarray:
        """Reminders of the delivery before which nothing followed: one in a few hundred is taken back."""
        events, calendar = self.ledger.recovery, self.town.calendar
        before, at = day(calendar.extracts[index - 1]), day(calendar.extracts[index])
        recent = (
            (events["stage"] == ct.REM1)
            & (events["date"] <= before)
            & (events["date"] > before - np.timedelta64(20, "D"))
        )
        last = np.zeros(len(self.ledger.account), dtype=np.int64)
        seen = np.flatnonzero(events["date"] <= at)
        last[events["bill"][seen]] = seen
        alone = np.flatnonzero(recent)
        alone = alone[last[events["bill"][alone]] == alone]
        return alone[: max(1, len(alone) // 200)]

    def _discounts(self, at: date) -> Table:
        discounts, accounts = self.discounts, self.accounts
        chosen = np.flatnonzero((discounts.known <= day(at)) & (accounts.known[discounts.account] <= day(at)))
        number = accounts.number[discounts.account[chosen]]
        chosen = chosen[np.lexsort((discounts.code[chosen].astype(str), number))]
        account = discounts.account[chosen]
        return Table(
            {
                "account_ref": accounts.number[account],
                "disc_code": discounts.code[chosen],
                "start_date": discounts.start[chosen],
                "end_date": self._ends(account, at),
                "pct": discounts.pct[chosen],
            }
        )
