"""Council tax: accounts, bills, a ledger that ties to the penny, and recovery in the order the law sets.

The ledger is simulated month by month over all bills at once: what falls due, who pays, what recovery does next.
A balance is never stored: it is the sum of the ledger, so every file drawn from it agrees with every other.
Knows debt and payment; where claims and moratoria come from is decided elsewhere and handed in.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

import numpy as np

from fairview.demo.gazetteer import OWNER
from fairview.demo.names import FIRMS
from fairview.demo.periods import NEVER, Calendar, april, day, financial_year, lag, random_days
from fairview.demo.population import ADULT, CHILD, Town
from fairview.demo.tables import chosen_from, digits, text, texts

# Ledger types and methods, by number.
TYPES = ("BFD", "DEB", "DSC", "CTR", "ADJ", "PAY", "REJ", "REF", "CST", "WOF")
BFD, DEB, DSC, CTR, ADJ, PAY, REJ, REF, CST, WOF = range(len(TYPES))
METHODS = (None, "DDM", "CASH", "SO", "WEB", "CARD", "AOE", "DEA", "EA", "BACS")
STAGES = (
    "NONE", "BILL", "REM1", "REM2", "FINAL", "SUMM", "LO", "RFI14", "ARR", "AOE", "DEA", "EA1", "EA2", "EARTN", "WOFF",
    "HOLD",
)  # fmt: skip
NONE, BILL, REM1, REM2, FINAL, SUMM, LO, RFI14, ARR, AOE, DEA, EA1, EA2, EARTN, WOFF, HOLD = range(len(STAGES))
SUMMONS_COSTS, ORDER_COSTS = 6500, 3000
_BAND_D_2024 = 198_450
_YEARLY_RISE = 1.0499
_BAND_NINTHS = {"A": 6, "B": 7, "C": 8, "D": 9, "E": 11, "F": 13, "G": 15, "H": 18}
_VOID = 9
_LEAST_PURSUED = 1500


@dataclass
class Accounts:
    """One value per account. `known` is the day the section recorded the start, `end_known` the end."""

    number: np.ndarray
    letter: np.ndarray
    household: np.ndarray
    dwelling: np.ndarray
    start: np.ndarray
    end: np.ndarray
    known: np.ndarray
    end_known: np.ndarray
    lead: np.ndarray
    partner: np.ndarray
    is_joint: np.ndarray
    position: np.ndarray
    method: np.ndarray
    firm: np.ndarray
    estate_from: np.ndarray

    def __len__(self) -> int:
        return len(self.number)

    def is_open(self, at: date) -> np.ndarray:
        return np.isnat(self.end_known) | (self.end_known > day(at))

    def reference(self, accounts: np.ndarray) -> np.ndarray:
        """Account number and check letter in one text, as the benefits section writes it."""
        return np.char.add(digits(self.number[accounts], 8), self.letter[accounts].astype("U1")).astype(object)


@dataclass
class Discounts:
    """One value per discount spell: its account, code, days, percentage and when it was recorded."""

    account: np.ndarray
    code: np.ndarray
    start: np.ndarray
    pct: np.ndarray
    known: np.ndarray


@dataclass
class Ledger:
    """Bills (account and year) and every posting to them; recovery events; when a whole year fell due."""

    account: np.ndarray
    year: np.ndarray
    first_due: np.ndarray
    instalments: np.ndarray
    whole_year_due: np.ndarray
    bill_posted: np.ndarray
    postings: dict[str, np.ndarray] = field(default_factory=dict)
    recovery: dict[str, np.ndarray] = field(default_factory=dict)


def yearly_charge(bands: np.ndarray, years: np.ndarray) -> np.ndarray:
    """Pence for a full year in each band."""
    ninths = np.array([_BAND_NINTHS[band] for band in "ABCDEFGH"])[
        np.searchsorted(np.array(list("ABCDEFGH")), bands.astype(str))
    ]
    return np.round(_BAND_D_2024 * _YEARLY_RISE ** (years - 2024) * ninths / 9).astype(np.int64)


# --- accounts -----------------------------------------------------------------------------------------------------


def open_accounts(rng: np.random.Generator, town: Town) -> Accounts:
    """An account per household and home since the history began, and one per empty home a firm or nobody answers for."""
    calendar, spells = town.calendar, town.spells
    alive = np.isnat(spells.end) | (spells.end > day(calendar.history_from))
    alive &= spells.start <= day(calendar.last)
    spell = np.flatnonzero(alive)
    empty = town.vacant[rng.random(len(town.vacant)) < 0.7]
    empty = empty if len(empty) else town.vacant[:1]
    household = np.concatenate([spells.household[spell], np.full(len(empty), -1)])
    count, here = len(household), len(spell)
    start = np.concatenate([spells.start[spell], random_days(rng, date(2015, 1, 1), calendar.history_from, len(empty))])
    end = np.concatenate([spells.end[spell], np.full(len(empty), NEVER)])
    dwelling = np.concatenate([spells.dwelling[spell], empty])
    old = start < day(calendar.history_from)
    known = np.where(old, start, start + lag(rng, 0, 24, count))
    end_known = np.where(np.isnat(end), end, np.maximum(end + lag(rng, 0, 12, count), known + np.timedelta64(1, "D")))
    held = household >= 0
    lead = np.where(held, town.households.head[household], -1)
    next_one = np.minimum(lead + 1, len(town.people) - 1)
    has_partner = held & (town.people.role[next_one] == 1) & (town.people.household[next_one] == household)
    partner = np.where(has_partner, next_one, -1)
    is_joint = has_partner & (rng.random(count) < 0.66)
    tenure = town.place.tenure[dwelling]
    position = np.where(is_joint, 1, np.where(tenure == OWNER, 7, 4))
    position = np.where(held, position, _VOID)
    order = rng.permutation(count)
    number = np.empty(count, dtype=np.int64)
    number[order] = (1_000_003 + np.arange(count, dtype=np.int64) * 73_939_133) % 98_999_999 + 1_000_000
    method = chosen_from(rng, ["DDM", "CASH", "SO", "WEB", "CARD"], count, [0.775, 0.06, 0.045, 0.075, 0.045])
    return Accounts(
        number, texts(list("ABCDEFGHJKLMNPQRTUVWXYZ"))[number % 23], household, dwelling, start, end, known, end_known,
        lead, partner, is_joint, position, method, chosen_from(rng, list(FIRMS), count) if here else text(count),
        _estates(town, lead, partner),
    )  # fmt: skip


def _estates(town: Town, lead: np.ndarray, partner: np.ndarray) -> np.ndarray:
    """The day an account became an estate: its lead person's death was notified and no partner takes over."""
    notified = np.where(lead >= 0, town.people.death_notified[lead], NEVER)
    taken_over = (partner >= 0) & np.isnat(np.where(partner >= 0, town.people.died[partner], NEVER))
    return np.where(taken_over, NEVER, notified)


def give_discounts(rng: np.random.Generator, town: Town, accounts: Accounts) -> Discounts:
    """Discount spells: single adults mostly, disregards and exemptions where people are ill, disabled or died."""
    found = []
    held = accounts.household >= 0
    single = held & town.households.is_single_adult[accounts.household]
    lead_disabled = held & town.people.is_disabled[accounts.lead]
    draw = rng.random(len(accounts))
    recent = accounts.start >= day(town.calendar.first.replace(day=1))
    plan = (
        ("SPD25", 25, single & ((draw < 0.94) | recent)),
        ("SMI", 25, lead_disabled & ~single & (draw < 0.20)),
        ("DBR", 17, lead_disabled & (draw > 0.90)),
        ("CARE", 25, held & ~single & (draw > 0.5) & (draw < 0.507)),
        ("U", 100, single & lead_disabled & (draw > 0.94) & (draw < 0.975)),
        ("N", 100, held & ~single & (draw > 0.51) & (draw < 0.513)),
        ("STUD", 25, held & ~single & (draw > 0.52) & (draw < 0.524)),
        ("E", 100, single & town.households.is_pensioner[accounts.household] & (draw > 0.975) & (draw < 0.982)),
        ("I", 100, single & town.households.is_pensioner[accounts.household] & (draw > 0.982) & (draw < 0.984)),
        ("J", 100, single & (draw > 0.985) & (draw < 0.986)),
    )
    for code, pct, chosen in plan:
        account = np.flatnonzero(chosen)
        late = (rng.random(len(account)) < 0.10) & ~recent[account]
        start = np.where(late, _within_liability(rng, town, accounts, account), accounts.start[account])
        known = np.maximum(accounts.known[account], start + lag(rng, 0, 9, len(account)))
        found.append((account, text(len(account), code), start, np.full(len(account), pct), known))
    dead = np.flatnonzero(~np.isnat(accounts.estate_from))
    died = town.people.died[accounts.lead[dead]]
    inside = (died >= accounts.start[dead]) & (np.isnat(accounts.end[dead]) | (died < accounts.end[dead]))
    dead, died = dead[inside], died[inside]
    known = np.maximum(accounts.estate_from[dead] + lag(rng, 1, 6, len(dead)), accounts.known[dead])
    found.append((dead, text(len(dead), "F"), died, np.full(len(dead), 100), known))
    columns = [np.concatenate(part) for part in zip(*found, strict=True)]
    return Discounts(*columns)


def _within_liability(rng, town: Town, accounts: Accounts, chosen: np.ndarray) -> np.ndarray:
    begin = np.maximum(accounts.start[chosen], day(town.calendar.history_from))
    finish = np.where(np.isnat(accounts.end[chosen]), day(town.calendar.last), accounts.end[chosen])
    return random_days(rng, begin, np.maximum(finish - np.timedelta64(1, "D"), begin))


# --- the ledger ---------------------------------------------------------------------------------------------------


@dataclass
class Reductions:
    """Council tax reduction spells: account, first day, day after the last (NaT open), pence a week, when recorded."""

    account: np.ndarray
    start: np.ndarray
    end: np.ndarray
    weekly: np.ndarray
    known: np.ndarray
    end_known: np.ndarray


@dataclass
class Freezes:
    """Moratoria on accounts: account, first day, last day (NaT open)."""

    account: np.ndarray
    start: np.ndarray
    end: np.ndarray


def run_ledger(
    rng: np.random.Generator,
    town: Town,
    accounts: Accounts,
    discounts: Discounts,
    reductions: Reductions,
    freezes: Freezes,
) -> Ledger:
    """Every posting and recovery event from 1 April two financial years back to the last extract."""
    ledger = _bills(town, accounts)
    entries = _entries(town, accounts, discounts, reductions, ledger)
    simulation = _Simulation(rng, town, accounts, ledger, freezes)
    months = town.calendar.months()
    month_of = _month_number(entries["date"], town.calendar)
    order = np.argsort(month_of, kind="stable")
    cuts = np.searchsorted(month_of[order], np.arange(len(months) + 1))
    for place, (first, last) in enumerate(months):
        chosen = order[cuts[place] : cuts[place + 1]]
        simulation.post_entries({name: values[chosen] for name, values in entries.items()}, place)
        simulation.pay(place, first)
        simulation.pursue(place, first, last)
    simulation.finish()
    return ledger


def _month_number(days: np.ndarray, calendar: Calendar) -> np.ndarray:
    first = np.datetime64(calendar.history_from, "M").astype(np.int64)
    return days.astype("datetime64[M]").astype(np.int64) - first


def _bills(town: Town, accounts: Accounts) -> Ledger:
    calendar = town.calendar
    account, year = [], []
    for one in calendar.financial_years:
        begins, ends = april(one), april(one + 1)
        liable = (accounts.start < ends) & (accounts.known <= day(calendar.last))
        liable &= np.isnat(accounts.end_known) | (accounts.end_known > begins)
        found = np.flatnonzero(liable)
        account.append(found)
        year.append(np.full(len(found), one))
    account, year = np.concatenate(account), np.concatenate(year)
    opens = np.array([april(one) for one in calendar.financial_years])[year - calendar.financial_years[0]]
    posted = np.maximum(opens, accounts.known[account])
    month = _month_number(posted, calendar)
    april_month = _month_number(opens, calendar)
    first_due = np.where(posted == opens, april_month, month + 1)
    last_due = np.maximum(april_month + 9, first_due)
    return Ledger(account, year, first_due, last_due - first_due + 1, np.full(len(account), NEVER), posted)


def _entries(town: Town, accounts: Accounts, discounts: Discounts, reductions: Reductions, ledger: Ledger) -> dict:
    """Postings which follow from liability alone: charge, discounts, reductions, credits at the end of liability."""
    calendar = town.calendar
    opens = np.array([april(one) for one in calendar.financial_years])[ledger.year - calendar.financial_years[0]]
    closes = np.array([april(one + 1) for one in calendar.financial_years])[ledger.year - calendar.financial_years[0]]
    in_year = (closes - opens).astype(np.int64)
    begin = np.maximum(opens, accounts.start[ledger.account])
    days = (closes - begin).astype(np.int64)
    full = yearly_charge(town.place.band[accounts.dwelling[ledger.account]], ledger.year)
    charge = full * days // in_year
    rows = [(np.arange(len(charge)), ledger.bill_posted, np.full(len(charge), DEB), charge)]
    net = charge.astype(np.int64).copy()
    reduced = np.zeros(len(charge), dtype=np.int64)
    for bill, known, amount in _discount_credits(accounts, discounts, ledger, begin, closes, full, in_year):
        amount = np.minimum(amount, np.maximum(net[bill], 0))
        np.subtract.at(net, bill, amount)
        rows.append((bill, known, np.full(len(bill), DSC), -amount))
    for bill, known, amount, is_credit in _reduction_credits(accounts, reductions, ledger, begin, closes):
        room = np.maximum(net[bill] - reduced[bill], 0) if is_credit else reduced[bill]
        amount = np.minimum(amount, room)
        np.add.at(reduced, bill, amount if is_credit else -amount)
        rows.append((bill, known, np.full(len(bill), CTR), -amount if is_credit else amount))
    end = accounts.end[ledger.account]
    ended = np.flatnonzero(~np.isnat(end) & (end < closes))
    left = (closes[ended] - np.maximum(end[ended], begin[ended])).astype(np.int64)
    credit = np.maximum(net[ended], 0) * left // np.maximum(days[ended], 1)
    when = np.maximum(accounts.end_known[ledger.account[ended]], ledger.bill_posted[ended])
    rows.append((ended, when, np.full(len(ended), ADJ), -credit))
    columns = [np.concatenate(part) for part in zip(*rows, strict=True)]
    entries = dict(zip(("bill", "date", "type", "amount"), columns, strict=True))
    wanted = (entries["amount"] != 0) & (entries["date"] <= day(calendar.last))
    return {name: values[wanted] for name, values in entries.items()}


def _bills_of(ledger: Ledger, accounts_wanted: np.ndarray, year: int, count: int) -> np.ndarray:
    """The bill of each account for a year, -1 where there is none."""
    table = np.full(count, -1, dtype=np.int64)
    here = np.flatnonzero(ledger.year == year)
    table[ledger.account[here]] = here
    return table[accounts_wanted]


def _discount_credits(accounts, discounts, ledger, begin, closes, full, in_year):
    for year in np.unique(ledger.year):
        bill = _bills_of(ledger, discounts.account, year, len(accounts))
        # One discount at a time: an account with two must not have its charge credited twice over.
        for code in np.unique(discounts.code.astype(str)):
            here = np.flatnonzero((bill >= 0) & (discounts.code == code) & (discounts.start < april(int(year) + 1)))
            which = bill[here]
            start = np.maximum(begin[which], discounts.start[here])
            days = np.maximum((closes[which] - start).astype(np.int64), 0)
            amount = full[which] * days // in_year[which] * discounts.pct[here] // 100
            yield which, np.maximum(ledger.bill_posted[which], discounts.known[here]), amount


def _reduction_credits(accounts, reductions: Reductions, ledger, begin, closes):
    for year in np.unique(ledger.year):
        bill = _bills_of(ledger, reductions.account, year, len(accounts))
        here = np.flatnonzero((bill >= 0) & (reductions.start < april(int(year) + 1)))
        here = here[np.isnat(reductions.end[here]) | (reductions.end[here] > begin[bill[here]])]
        which = bill[here]
        start = np.maximum(begin[which], reductions.start[here])
        stays = np.where(np.isnat(reductions.end[here]), closes[which], np.minimum(reductions.end[here], closes[which]))
        # A spell which the section knew to be over when it billed is credited to its end, others to the year's end.
        known = np.maximum(ledger.bill_posted[which], reductions.known[here])
        told = ~np.isnat(reductions.end_known[here]) & (reductions.end_known[here] <= known)
        until = np.where(told, stays, closes[which])
        credit = reductions.weekly[here] * np.maximum((until - start).astype(np.int64), 0) // 7
        yield which, known, credit, True
        back = np.flatnonzero(~told & (stays < closes[which]))
        amount = credit[back] * (closes[which[back]] - np.maximum(stays[back], start[back])).astype(np.int64)
        amount //= np.maximum((closes[which[back]] - start[back]).astype(np.int64), 1)
        yield which[back], np.maximum(known[back], reductions.end_known[here[back]]), amount, False


class _Simulation:
    """The state of every bill, moved on a month at a time."""

    def __init__(self, rng, town: Town, accounts: Accounts, ledger: Ledger, freezes: Freezes) -> None:
        self.rng, self.town, self.accounts, self.ledger = rng, town, accounts, ledger
        count = len(ledger.account)
        zeros = lambda: np.zeros(count, dtype=np.int64)  # noqa: E731
        self.net, self.paid, self.costs, self.written_off, self.plan = zeros(), zeros(), zeros(), zeros(), zeros()
        self.stage, self.stage_month, self.reminders = zeros(), zeros() - 9, zeros()
        self.stopped, self.lost = np.zeros(count, dtype=bool), np.zeros(count, dtype=bool)
        self.court = np.full(count, NEVER)
        self.agent = rng.integers(1, 7, count)
        self.postings: list[tuple] = []
        self.events: list[tuple] = []
        self.freezes = freezes
        self._set_habits()

    def _set_habits(self) -> None:
        account = self.ledger.account
        household = self.accounts.household[account]
        hardship = np.where(household >= 0, self.town.households.hardship[household], -3.0)
        self.hardship = hardship
        by_account = self.rng.random(len(self.accounts))[account]
        self.is_chronic = (by_account < 1 / (1 + np.exp(3.35 - 1.5 * hardship))) & (household >= 0)
        # However small the council, a dozen accounts are in trouble.
        hardest = np.argsort(
            -np.where(self.accounts.household >= 0, self.town.households.hardship[self.accounts.household], -9)
        )
        self.is_chronic |= np.isin(account, hardest[:12])
        # An account which stopped paying once mostly stops again the next year.
        self.stopped = self.is_chronic & (self.rng.random(len(account)) < 0.5)
        self.hazard = np.where(self.is_chronic, 0.14, 0.0035 / (1 + np.exp(0.3 - 1.2 * hardship)))
        self.hazard[household < 0] = 0.0
        self.misses = np.where(self.is_chronic, 0.25, 0.006 + 0.02 / (1 + np.exp(1.0 - hardship)))
        self.misses[household < 0] = 0.0
        self.pay_day = self.rng.integers(0, 15, len(self.accounts))[account]
        methods = {name: place for place, name in enumerate(METHODS)}
        self.method = np.array([methods[name] for name in self.accounts.method])[account]

    @property
    def balance(self) -> np.ndarray:
        return self.net + self.costs - self.paid - self.written_off

    def _post(self, bill, when, type_, amount, method=0) -> None:
        if len(bill):
            size = len(bill)
            self.postings.append((bill, when, np.broadcast_to(type_, size), amount, np.broadcast_to(method, size)))

    def _event(self, bill, stage, when, amount, court=None, costs=0, until=None) -> None:
        if len(bill):
            size = len(bill)
            blank = np.full(size, NEVER)
            self.events.append(
                (
                    bill, np.broadcast_to(stage, size), when, blank if court is None else court, amount,
                    np.broadcast_to(costs, size), blank if until is None else until,
                )
            )  # fmt: skip

    def post_entries(self, entries: dict, month: int) -> None:
        bill, amount = entries["bill"], entries["amount"]
        np.add.at(self.net, bill, amount)
        self._post(bill, entries["date"], entries["type"], amount)
        opened = entries["type"] == DEB
        fresh, when = bill[opened], entries["date"][opened]
        self.stage[fresh], self.stage_month[fresh] = BILL, month
        self._event(fresh, BILL, when, np.maximum(self.net[fresh], 0))

    def _due(self, month: int) -> tuple[np.ndarray, np.ndarray]:
        """Pence due by the end of the month, and whether everything is."""
        passed = np.clip(month - self.ledger.first_due + 1, 0, self.ledger.instalments)
        ended = self.accounts.end_known[self.ledger.account]
        month_over = (
            _month_number(np.where(np.isnat(ended), np.datetime64("2262-01-01", "D"), ended), self.town.calendar)
        ) < month
        everything = self.lost | month_over
        scheduled = np.maximum(self.net, 0) * passed // np.maximum(self.ledger.instalments, 1)
        return np.where(everything, np.maximum(self.net, 0) + self.costs, scheduled), everything

    def pay(self, month: int, first: date) -> None:
        due, _ = self._due(month)
        balance = self.balance
        wanted = np.clip(due - self.paid, 0, np.maximum(balance, 0))
        draw = self.rng.random(len(balance))
        steady = ~self.stopped & ~self.lost & (wanted > 0) & (draw > self.misses)
        recovered = self._recovers(month, draw, wanted)
        self.stopped[recovered & (self.stage <= FINAL)] = False
        cleared = recovered & (self.stage >= FINAL)
        planned = (self.stage >= ARR) & (self.stage <= DEA) & (balance > 0) & (draw < 0.84)
        amount = np.where(steady | recovered, wanted, 0)
        amount = np.where(cleared, balance, amount)
        amount = np.where(planned, np.minimum(balance, self.plan), amount)
        visited = (self.stage >= EA1) & (self.stage <= EA2) & (balance > 0) & (draw < 0.16)
        amount = np.where(visited, np.minimum(balance, 20000), amount)
        method = np.where(planned & (self.stage == AOE), 6, np.where(planned & (self.stage == DEA), 7, self.method))
        method = np.where(visited, 8, method)
        method = np.where((cleared | recovered) & (method == 1), 5, method)
        paying = np.flatnonzero(amount > 0)
        days = self.pay_day[paying] + self.rng.integers(0, 4, len(paying))
        when = day(first) + days.astype("timedelta64[D]")
        self.paid[paying] += amount[paying]
        self._post(paying, when, PAY, -amount[paying], method[paying])
        self._reject(paying[(method[paying] == 1)], first, amount)
        self._refund(month, first)
        self.stopped |= (self.rng.random(len(balance)) < self.hazard) & (balance > 0)

    def _recovers(self, month: int, draw: np.ndarray, wanted: np.ndarray) -> np.ndarray:
        """Who pays up after a notice: more of them the milder the stage and the lighter the hardship."""
        waited = self.stage_month < month
        ease = np.where(self.is_chronic, 0.6, 1.0) * np.where(self.hardship > 1.5, 0.7, 1.0)
        chance = np.select(
            [np.isin(self.stage, (REM1, REM2)), self.stage == FINAL, self.stage == SUMM, np.isin(self.stage, (LO, RFI14))],
            [0.55, 0.36, 0.34, 0.08], 0.0,
        )  # fmt: skip
        over = self._ended_before(month)
        chance = np.where(over & (self.stage <= BILL) & (wanted > 0), 0.35, chance)
        return (self.stopped | over | self.lost) & waited & (draw < chance * ease) & (self.balance > 0)

    def _ended_before(self, month: int) -> np.ndarray:
        ended = self.accounts.end_known[self.ledger.account]
        return ~np.isnat(ended) & (
            _month_number(np.where(np.isnat(ended), day(self.town.calendar.last), ended), self.town.calendar) < month
        )

    def _reject(self, paying: np.ndarray, first: date, amount: np.ndarray) -> None:
        """A direct debit in 450 comes back from the bank a few days later."""
        back = paying[self.rng.random(len(paying)) < 1 / 450]
        when = day(first) + (self.pay_day[back] + self.rng.integers(5, 9, len(back))).astype("timedelta64[D]")
        self.paid[back] -= amount[back]
        self._post(back, when, REJ, amount[back], 1)

    def _refund(self, month: int, first: date) -> None:
        credit = -self.balance
        closed = self._ended_before(month) | (self.ledger.year < financial_year(first))
        chosen = np.flatnonzero((credit > 500) & closed & (self.rng.random(len(credit)) < 0.3))
        when = day(first) + lag(self.rng, 20, 26, len(chosen))
        self.paid[chosen] -= credit[chosen]
        self._post(chosen, when, REF, credit[chosen], 9)

    def pursue(self, month: int, first: date, last: date) -> None:
        due, everything = self._due(month)
        balance = self.balance
        overdue = np.where(everything, balance, np.clip(due - self.paid, 0, np.maximum(balance, 0)))
        self._settle(balance, overdue)
        held = self._held(month, first, last, balance)
        ready = (overdue >= _LEAST_PURSUED) & (self.stage_month < month) & ~held & (self.stage >= BILL)
        ready &= month >= self.ledger.first_due
        when = day(first) + (18 + self.rng.integers(0, 8, len(balance))).astype("timedelta64[D]")
        draw = self.rng.random(len(balance))
        now = self.stage.copy()
        self._notices(ready, now, draw, month, when, overdue, balance)
        self._court(ready, now, draw, month, when, first, balance)
        self._after_order(ready, now, draw, month, when, balance)

    def _settle(self, balance: np.ndarray, overdue: np.ndarray) -> None:
        """A debt that was cleared starts again at the bill when it arises anew."""
        paid_up = (self.stage > BILL) & ((balance <= 0) | ((overdue <= 0) & ~self.lost))
        self.reminders[paid_up & (self.stage >= FINAL)] = 0
        self.stage[paid_up] = BILL

    def _held(self, month: int, first: date, last: date, balance: np.ndarray) -> np.ndarray:
        account = self.ledger.account
        frozen = np.zeros(len(self.accounts), dtype=bool)
        until = np.full(len(self.accounts), NEVER)
        begins = np.full(len(self.accounts), NEVER)
        now = (self.freezes.start <= day(last)) & (np.isnat(self.freezes.end) | (self.freezes.end >= day(first)))
        frozen[self.freezes.account[now]] = True
        until[self.freezes.account[now]] = self.freezes.end[now]
        begins[self.freezes.account[now]] = self.freezes.start[now]
        new = np.flatnonzero(frozen[account] & (balance > 0) & (self.stage >= BILL) & (begins[account] >= day(first)))
        when = np.minimum(begins[account[new]] + np.timedelta64(1, "D"), day(last))
        self._event(new, HOLD, when, balance[new], until=until[account[new]])
        estate = self.accounts.estate_from[account] <= day(last)
        return frozen[account] | estate

    def _move(self, chosen: np.ndarray, stage: int, month: int) -> None:
        self.stage[chosen], self.stage_month[chosen] = stage, month

    def _notices(self, ready, now, draw, month, when, overdue, balance) -> None:
        sent = self.reminders.copy()
        for stage, count in ((REM1, 0), (REM2, 1)):
            chosen = np.flatnonzero(ready & (now == BILL) & (sent == count) & ~self.lost)
            self._move(chosen, stage, month)
            self.reminders[chosen] += 1
            self._event(chosen, stage, when[chosen], overdue[chosen])
        third = (now == BILL) & ((sent >= 2) | self.lost)
        unpaid = np.isin(now, (REM1, REM2)) & (draw < 0.45)
        chosen = np.flatnonzero(ready & (third | unpaid))
        self._move(chosen, FINAL, month)
        self._lose_instalments(chosen, when)
        self._event(chosen, FINAL, when[chosen], balance[chosen])

    def _lose_instalments(self, chosen: np.ndarray, when: np.ndarray) -> None:
        fresh = chosen[~self.lost[chosen]]
        self.lost[fresh] = True
        self.ledger.whole_year_due[fresh] = when[fresh]

    def _court(self, ready, now, draw, month, when, first, balance) -> None:
        straight = np.isin(now, (REM1, REM2)) & (draw >= 0.45) & (draw < 0.80)
        chosen = np.flatnonzero(ready & (balance >= 5000) & (straight | ((now == FINAL) & (draw < 0.75))))
        self._move(chosen, SUMM, month)
        self._lose_instalments(chosen, when)
        self.costs[chosen] += SUMMONS_COSTS
        self.court[chosen] = when[chosen] + np.timedelta64(21, "D")
        self._post(chosen, when[chosen], CST, np.full(len(chosen), SUMMONS_COSTS))
        self._event(chosen, SUMM, when[chosen], balance[chosen] + SUMMONS_COSTS, self.court[chosen], SUMMONS_COSTS)
        heard = np.flatnonzero(ready & (now == SUMM))
        self._move(heard, LO, month)
        self.costs[heard] += ORDER_COSTS
        sat = self.court[heard]
        self._post(heard, sat, CST, np.full(len(heard), ORDER_COSTS))
        self._event(heard, LO, sat, balance[heard] + ORDER_COSTS, sat, ORDER_COSTS)

    def _after_order(self, ready, now, draw, month, when, balance) -> None:
        asked = np.flatnonzero(ready & (now == LO) & (draw < 0.42))
        self._move(asked, RFI14, month)
        self._event(asked, RFI14, when[asked], balance[asked])
        routed = ready & (((now == LO) & (draw >= 0.42) & (draw < 0.85)) | ((now == RFI14) & (draw < 0.55)))
        pick = self.rng.random(len(draw))
        for stage, low, high in ((ARR, 0.0, 0.38), (DEA, 0.38, 0.66), (AOE, 0.66, 0.76), (EA1, 0.76, 1.0)):
            chosen = np.flatnonzero(routed & (pick >= low) & (pick < high))
            self._move(chosen, stage, month)
            self.plan[chosen] = np.maximum(1500, balance[chosen] // 14)
            self._event(chosen, stage, when[chosen], balance[chosen])
        for before, after, chance in ((EA1, EA2, 0.45), (EA2, EARTN, 0.25), (EARTN, WOFF, 0.03)):
            chosen = np.flatnonzero(ready & (now == before) & (draw < chance))
            self._move(chosen, after, month)
            self._event(chosen, after, when[chosen], balance[chosen])
            if after == WOFF:
                self.written_off[chosen] += balance[chosen]
                self._post(chosen, when[chosen], WOF, -balance[chosen])
        returned = np.flatnonzero(ready & (now == EARTN) & (draw > 0.9))
        self._move(returned, DEA, month)
        self.plan[returned] = np.maximum(1500, balance[returned] // 14)
        self._event(returned, DEA, when[returned], balance[returned])

    def finish(self) -> None:
        names = ("bill", "date", "type", "amount", "method")
        postings = {n: np.concatenate(part) for n, part in zip(names, zip(*self.postings, strict=True), strict=True)}
        late = (self.rng.random(len(postings["bill"])) < 0.004) & (postings["type"] == PAY)
        delay = np.where(late, self.rng.integers(12, 45, len(late)), 0).astype("timedelta64[D]")
        postings["posted"] = postings["date"] + delay
        order = np.lexsort((postings["type"], postings["bill"], postings["posted"]))
        self.ledger.postings = {name: values[order] for name, values in postings.items()}
        names = ("bill", "stage", "date", "court", "amount", "costs", "until")
        events = {n: np.concatenate(part) for n, part in zip(names, zip(*self.events, strict=True), strict=True)}
        order = np.lexsort((events["stage"], events["bill"], events["date"]))
        self.ledger.recovery = {name: values[order] for name, values in events.items()}
        self.ledger.recovery["agent"] = self.agent[self.ledger.recovery["bill"]]


# --- what the ledger says at a date -------------------------------------------------------------------------------


def sums_by_type(ledger: Ledger, at: date) -> np.ndarray:
    """Pence posted by the date, one row per bill, one column per ledger type; exact whole numbers."""
    known = ledger.postings["posted"] <= day(at)
    place = ledger.postings["bill"][known] * len(TYPES) + ledger.postings["type"][known]
    sums = np.bincount(place, ledger.postings["amount"][known].astype(float), len(ledger.account) * len(TYPES))
    return np.round(sums).astype(np.int64).reshape(len(ledger.account), len(TYPES))


def balances(town: Town, accounts: Accounts, ledger: Ledger, at: date) -> dict[str, np.ndarray]:
    """Per bill at a date: the parts of its balance, what is overdue, instalments due and paid."""
    sums = sums_by_type(ledger, at)
    balance = sums.sum(axis=1)
    month = int(_month_number(np.array([day(at)]), town.calendar)[0])
    passed = np.clip(month - ledger.first_due + 1, 0, ledger.instalments)
    net = sums[:, [DEB, DSC, CTR, ADJ]].sum(axis=1)
    paid = -sums[:, [PAY, REJ, REF]].sum(axis=1)
    everything = (ledger.whole_year_due <= day(at)) | (ledger.year < financial_year(at))
    everything |= accounts.end_known[ledger.account] <= day(at)
    due = np.maximum(net, 0) * passed // np.maximum(ledger.instalments, 1)
    owed = np.maximum(balance, 0)
    payments = ledger.postings["posted"] <= day(at)
    count = np.bincount(ledger.postings["bill"][payments & (ledger.postings["type"] == PAY)], minlength=len(balance))
    count -= np.bincount(ledger.postings["bill"][payments & (ledger.postings["type"] == REJ)], minlength=len(balance))
    return {
        "sums": sums,
        "balance": balance,
        "overdue": np.where(everything, owed, np.clip(due - paid, 0, owed)),
        "instalments_due": passed,
        "instalments_paid": count,
        "lost": ledger.whole_year_due <= day(at),
        "is_known": ledger.bill_posted <= day(at),
    }


def others_at_home(town: Town, accounts: Accounts) -> tuple[np.ndarray, np.ndarray]:
    """Grown people who are not liable, as account and person."""
    held = np.flatnonzero(accounts.household >= 0)
    size = town.households.size[accounts.household[held]]
    account = np.repeat(held, size)
    place = np.arange(size.sum()) - np.repeat(np.cumsum(size) - size, size)
    person = accounts.lead[account] + place
    grown = (town.people.role[person] == ADULT) & (town.people.role[person] != CHILD)
    return account[grown], person[grown]
