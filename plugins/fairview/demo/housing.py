"""Council tenancies: rents, the rent ledger week by week, and what is done about arrears, in order.

The balance of a tenancy is the sum of its ledger and is never stored. Knows rent; homelessness has its own module.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

import numpy as np

from fairview.demo.gazetteer import COUNCIL
from fairview.demo.periods import NEVER, day
from fairview.demo.population import Town
from fairview.demo.tables import chosen_from, digits, numbered, texts

TYPES = ("BFD", "RNT", "HBC", "DDR", "PAY", "UCD", "ADJ", "WOF")
BFD, RNT, HBC, DDR, PAY, UCD, ADJ, WOF = range(len(TYPES))
ACTIONS = (
    "FRA1", "SRA1", "TRA1", "NOSP", "CDAT", "COUT", "EVIC", "AGRL", "BSP", "TELO", "VISI", "VISN", "FINC", "UCC", "NOTE",
)  # fmt: skip
FRA1, SRA1, TRA1, NOSP, CDAT, COUT, EVIC, AGRL, BSP, TELO, VISI, VISN, FINC, UCC, NOTE = range(len(ACTIONS))
_NOTICE_DAYS = 28
_NOTICE_VALID_DAYS = 365


@dataclass
class Tenancies:
    """One value per tenancy. Money in pence a week; `housing_benefit` is what benefits pay into the account."""

    spell: np.ndarray
    household: np.ndarray
    dwelling: np.ndarray
    start: np.ndarray
    end: np.ndarray
    number: np.ndarray
    sequence: np.ndarray
    tag: np.ndarray
    house_ref: np.ndarray
    payref: np.ndarray
    tenure: np.ndarray
    rent: np.ndarray
    service: np.ndarray
    other: np.ndarray
    is_joint: np.ndarray
    on_uc: np.ndarray
    housing_benefit: np.ndarray
    benefit_from: np.ndarray
    benefit_to: np.ndarray

    def __len__(self) -> int:
        return len(self.spell)

    @property
    def weekly(self) -> np.ndarray:
        return self.rent + self.service + self.other


@dataclass
class RentLedger:
    """Postings and actions, oldest first, and the dates of the legal steps of each tenancy."""

    postings: dict[str, np.ndarray] = field(default_factory=dict)
    actions: dict[str, np.ndarray] = field(default_factory=dict)


def open_tenancies(rng: np.random.Generator, town: Town) -> Tenancies:
    """Tenancies of council homes that ran at some time since the history began."""
    calendar, spells = town.calendar, town.spells
    chosen = (town.place.tenure[spells.dwelling] == COUNCIL) & (spells.start <= day(calendar.last))
    chosen &= np.isnat(spells.end) | (spells.end > day(calendar.history_from))
    spell = np.flatnonzero(chosen)
    spell = spell[np.lexsort((spells.start[spell], spells.dwelling[spell]))]
    dwelling, household = spells.dwelling[spell], spells.household[spell]
    count = len(spell)
    homes, rank = np.unique(dwelling, return_inverse=True)
    first = np.searchsorted(rank, np.arange(len(homes)))
    sequence = np.arange(count) - first[rank] + 1 + (homes[rank] % 3 == 0)
    number = 1200 + rank
    homes_text, order = digits(number, 6), digits(sequence, 2)
    beds = town.place.beds[dwelling]
    rent = np.round((6400 + 1550 * beds) * rng.uniform(0.92, 1.18, count)).astype(np.int64)
    is_flat = town.place.block[dwelling] >= 0
    service = np.where(is_flat & (rng.random(count) < 0.75), rng.integers(450, 1400, count), 0)
    other = np.where(rng.random(count) < 0.04, rng.integers(150, 700, count), 0)
    start, end = spells.start[spell], spells.end[spell]
    fresh = start > day(calendar.first) - np.timedelta64(365, "D")
    tenure = chosen_from(rng, ["SEC", "NON", "TLA", "ASY"], count, [0.93, 0.02, 0.04, 0.01])
    tenure[fresh & (tenure == "SEC")] = "INT"
    return Tenancies(
        spell, household, dwelling, start, end, number, sequence,
        tag=np.char.add(np.char.add(homes_text, "/"), order).astype(object),
        house_ref=numbered("", 7000 + household * 3, 9),
        payref=np.char.add(np.char.add(homes_text, order), digits(number % 10000, 4)).astype(object),
        tenure=tenure, rent=rent, service=service, other=other,
        is_joint=rng.random(count) < 0.4,
        on_uc=np.zeros(count, dtype=bool), housing_benefit=np.zeros(count, dtype=np.int64),
        benefit_from=np.full(count, NEVER), benefit_to=np.full(count, NEVER),
    )  # fmt: skip


def run_ledger(
    rng: np.random.Generator, town: Town, tenancies: Tenancies, freezes: np.ndarray, freezes_to: np.ndarray
) -> RentLedger:
    """The rent ledger and the arrears actions from the ledger's first day to the last extract.

    `freezes` and `freezes_to` are the first and last day of a moratorium per tenancy, NaT where none or open.
    """
    return _Weeks(rng, town, tenancies, freezes, freezes_to).run()


class _Weeks:
    """The state of every tenancy, moved on a week at a time."""

    def __init__(self, rng, town: Town, tenancies: Tenancies, freezes, freezes_to) -> None:
        self.rng, self.town, self.tenancies = rng, town, tenancies
        self.freezes, self.freezes_to = freezes, freezes_to
        count = len(tenancies)
        self.begin = day(town.calendar.ledger_from)
        hardship = town.households.hardship[tenancies.household]
        self.hardship = hardship
        self.misses = np.clip(0.028 + 0.19 / (1 + np.exp(2.5 - 1.6 * hardship)), 0, 0.5)
        self.by_debit = rng.random(count) < 0.5
        self.cycle = rng.integers(0, 4, count)
        self.balance = np.zeros(count, dtype=np.int64)
        self.level = np.zeros(count, dtype=np.int64)
        self.acted = np.full(count, self.begin - np.timedelta64(60, "D"))
        self.agreement = np.zeros(count, dtype=bool)
        self.number = np.where(tenancies.start < self.begin, rng.integers(0, 9, count), 0)
        self.postings: list[tuple] = []
        self.actions: list[tuple] = []

    def run(self) -> RentLedger:
        self._bring_forward()
        for week, monday in enumerate(self.town.calendar.charge_mondays()):
            live = self._live(day(monday))
            self._charge(live, monday)
            self._pay(live, week, monday)
            self._act(live, monday)
            self._write_off(monday)
            self._ring_somebody(live, monday)
        return self._collected()

    def _live(self, when: np.datetime64) -> np.ndarray:
        return (self.tenancies.start <= when) & (np.isnat(self.tenancies.end) | (self.tenancies.end > when))

    def _post(self, chosen, when, type_, amount) -> None:
        if len(chosen):
            self.postings.append(
                (chosen, np.broadcast_to(when, len(chosen)), np.broadcast_to(type_, len(chosen)), amount)
            )
            self.balance[chosen] += amount

    def _bring_forward(self) -> None:
        """What each tenancy owed or had in credit when the delivered ledger begins."""
        rng, tenancies = self.rng, self.tenancies
        count, weekly = len(tenancies), tenancies.weekly
        in_arrears = rng.random(count) < np.clip(0.15 + 0.14 * self.hardship, 0.04, 0.75)
        owed = np.minimum(rng.exponential(2.3, count) * weekly * np.clip(1 + 0.4 * self.hardship, 0.6, 3), 14 * weekly)
        credit = -np.where(rng.random(count) < 0.8, rng.uniform(2.6, 4.6, count), rng.uniform(0, 2, count)) * weekly
        amount = np.where(in_arrears, owed, credit).astype(np.int64)
        gone = ~np.isnat(tenancies.end) & (tenancies.end <= self.begin)
        amount = np.where(gone & (rng.random(count) < 0.6), 0, amount)
        chosen = np.flatnonzero((tenancies.start < self.begin) & (amount != 0))
        self._post(chosen, self.begin, BFD, amount[chosen])
        weeks = self.balance / weekly
        self.level = np.select([weeks > 6, weeks > 4, weeks > 2, weeks > 1], [3, 2, 2, 1], 0)
        self.level[gone] = 0

    def _charge(self, live, monday: date) -> None:
        chosen = np.flatnonzero(live)
        self._post(chosen, day(monday), RNT, self.tenancies.weekly[chosen].astype(np.int64))

    def _pay(self, live, week: int, monday: date) -> None:
        rng, tenancies, when = self.rng, self.tenancies, day(monday)
        count = len(tenancies)
        turn = live & ((week + self.cycle) % 4 == 3)
        supported = (tenancies.benefit_from <= when) & (np.isnat(tenancies.benefit_to) | (tenancies.benefit_to > when))
        benefit = np.where(supported, tenancies.housing_benefit, 0)
        paid_in = np.flatnonzero(turn & (benefit > 0))
        self._post(paid_in, when, HBC, -4 * benefit[paid_in])
        own = tenancies.weekly - benefit
        managed = tenancies.on_uc & (self.cycle == 1)
        draw = rng.random(count)
        pays = turn & (own > 150) & (draw > np.where(managed, 0.03, self.misses))
        amount = 4 * own
        catching_up = pays & (self.balance > tenancies.weekly) & (self.agreement | (rng.random(count) < 0.35))
        amount = np.where(catching_up, amount + np.minimum(self.balance // 5, 9000), amount)
        forgot = pays & (self.balance > tenancies.weekly) & (self.hardship < 1.3) & (rng.random(count) < 0.6)
        amount = np.where(forgot, 4 * own + self.balance, amount)
        ahead = pays & (self.balance < -3 * tenancies.weekly)
        amount = np.where(ahead, amount * 3 // 4, amount)
        chosen = np.flatnonzero(pays)
        type_ = np.where(managed[chosen], UCD, np.where(self.by_debit[chosen], DDR, PAY))
        days = rng.integers(0, 6, len(chosen)).astype("timedelta64[D]")
        in_advance = np.flatnonzero(live & (tenancies.start > when - np.timedelta64(7, "D")) & (self.hardship < 1.0))
        self._post(in_advance, when, PAY, -4 * tenancies.weekly[in_advance])
        dated = np.minimum(when + days, day(self.town.calendar.last))
        self._post(chosen, dated, type_, -amount[chosen])
        large = np.flatnonzero(turn & (self.balance > 4 * tenancies.weekly) & (rng.random(count) < 0.05))
        lump = self.balance[large] * 7 // 10
        self._post(large, when, PAY, -lump)

    def _write_off(self, monday: date) -> None:
        gone = ~np.isnat(self.tenancies.end) & (self.tenancies.end < day(monday) - np.timedelta64(150, "D"))
        chosen = np.flatnonzero(gone & (self.balance > 0) & (self.rng.random(len(gone)) < 0.004))
        self._post(chosen, day(monday), WOF, -self.balance[chosen])
        settling = np.flatnonzero(gone & (self.balance != 0) & (self.rng.random(len(gone)) < 0.012))
        self._post(settling, day(monday), np.where(self.balance[settling] > 0, PAY, ADJ), -self.balance[settling])

    def _act(self, live, monday: date) -> None:
        rng, weekly = self.rng, self.tenancies.weekly
        count = len(weekly)
        when = day(monday) + rng.integers(0, 5, count).astype("timedelta64[D]")
        when = np.minimum(when, day(self.town.calendar.last))
        frozen = (self.freezes <= when) & (np.isnat(self.freezes_to) | (self.freezes_to >= when))
        begins = frozen & (self.freezes > day(monday) - np.timedelta64(7, "D"))
        self._record(np.flatnonzero(live & begins & (self.balance > 0)), BSP, when)
        owed = self.balance / weekly
        cleared = (owed < 0.5) & (self.level > 0)
        self.level[cleared], self.agreement[cleared] = 0, False
        since = (when - self.acted).astype(np.int64)
        draw = rng.random(count)
        ready = live & ~frozen
        now = self.level.copy()
        steps = (
            (0, FRA1, 1.0, 25, 0.75), (1, SRA1, 2.0, 14, 0.5), (2, TRA1, 3.0, 14, 0.45), (3, NOSP, 4.0, 21, 0.3),
            (4, CDAT, 5.5, 42, 0.12), (5, COUT, 5.0, 30, 0.5), (6, EVIC, 7.0, 60, 0.05),
        )  # fmt: skip
        for level, action, weeks, gap, chance in steps:
            chosen = np.flatnonzero(
                ready & (now == level) & (owed > weeks) & (since >= gap) & (draw < chance) & (self.balance > 1000)
            )
            self.level[chosen] = level + 1
            self._record(chosen, action, when)
        repeat = ready & np.isin(now, (1, 2, 3)) & (owed > 1) & (since >= 35) & (draw > 0.8)
        self._record(np.flatnonzero(repeat & (owed <= 2)), FRA1, when)
        self._record(np.flatnonzero(repeat & (owed > 2)), SRA1, when)
        helped = ready & (now >= 1) & (owed > 1) & (since >= 7)
        for action, low, high in ((AGRL, 0.776, 0.787), (TELO, 0.787, 0.791), (VISI, 0.791, 0.7935), (VISN, 0.7935, 0.795),
                                  (FINC, 0.795, 0.798), (NOTE, 0.798, 0.8)):  # fmt: skip
            chosen = np.flatnonzero(helped & (draw >= low) & (draw < high))
            self._record(chosen, action, when)
            if action == AGRL:
                self.agreement[chosen] = True
        self._record(np.flatnonzero(helped & self.tenancies.on_uc & (draw >= 0.77) & (draw < 0.775)), UCC, when)

    def _ring_somebody(self, live, monday: date) -> None:
        """In a month without any action, the tenancy furthest behind is rung: no month's file is empty."""
        month = np.datetime64(monday, "M")
        quiet = not any((actions[3].astype("datetime64[M]") == month).any() for actions in self.actions[-40:])
        if monday.day >= 15 and quiet and live.any():
            worst = np.array([int(np.argmax(np.where(live, self.balance / self.tenancies.weekly, -99)))])
            self._record(worst, TELO, np.full(len(live), day(monday)))

    def _record(self, chosen, action: int, when) -> None:
        if len(chosen):
            self.number[chosen] += 1
            self.acted[chosen] = when[chosen]
            self.actions.append(
                (chosen, self.number[chosen], np.full(len(chosen), action), when[chosen], self.balance[chosen])
            )

    def _collected(self) -> RentLedger:
        postings = {
            name: np.concatenate(part)
            for name, part in zip(("tenancy", "date", "type", "amount"), zip(*self.postings, strict=True), strict=True)
        }
        order = np.lexsort((postings["tenancy"], postings["type"], postings["date"]))
        actions = {
            name: np.concatenate(part)
            for name, part in zip(
                ("tenancy", "number", "action", "date", "balance"), zip(*self.actions, strict=True), strict=True
            )
        }
        by_tenancy = np.lexsort((actions["number"], actions["tenancy"]))
        return RentLedger(
            {name: values[order] for name, values in postings.items()},
            {name: values[by_tenancy] for name, values in actions.items()},
        )


# --- what the ledger says at a date -------------------------------------------------------------------------------


def balances(tenancies: Tenancies, ledger: RentLedger, at: date) -> np.ndarray:
    """Pence owed per tenancy at the end of a day, credits negative."""
    known = ledger.postings["date"] <= day(at)
    sums = np.bincount(
        ledger.postings["tenancy"][known], ledger.postings["amount"][known].astype(float), len(tenancies)
    )
    return np.round(sums).astype(np.int64)


def legal_steps(tenancies: Tenancies, ledger: RentLedger, balance: np.ndarray, at: date) -> dict[str, np.ndarray]:
    """Notice, court, order and eviction dates in force per tenancy at a date, and the highest action of the last year."""
    actions = ledger.actions
    known = (actions["date"] <= day(at)) & (actions["date"] > day(at) - np.timedelta64(365, "D"))
    tenancy, action, when = actions["tenancy"][known], actions["action"][known], actions["date"][known]
    latest = {}
    for wanted in (NOSP, CDAT, COUT, EVIC):
        found = np.full(len(tenancies), NEVER)
        here = action == wanted
        found[tenancy[here]] = when[here]
        found[balance <= 0] = NEVER
        latest[wanted] = found
    # A later step without its notice cannot stand: the notice was cleared in between.
    for earlier, later in ((NOSP, CDAT), (CDAT, COUT), (COUT, EVIC)):
        latest[later] = np.where(latest[later] > latest[earlier], latest[later], NEVER)
    highest = np.full(len(tenancies), -1)
    ranked = np.isin(action, (FRA1, SRA1, TRA1, NOSP, CDAT, COUT, EVIC))
    np.maximum.at(highest, tenancy[ranked], action[ranked])
    highest[balance <= 0] = -1
    names = np.concatenate([texts(list(ACTIONS)), [None]])
    notice = latest[NOSP]
    return {
        "notice": notice,
        "notice_expires": notice + np.timedelta64(_NOTICE_DAYS, "D"),
        "is_live": ~np.isnat(notice) & (notice + np.timedelta64(_NOTICE_VALID_DAYS, "D") > day(at)),
        "court": np.where(np.isnat(latest[CDAT]), NEVER, latest[CDAT] + np.timedelta64(35, "D")),
        "order": latest[COUT],
        "eviction": np.where(np.isnat(latest[EVIC]), NEVER, latest[EVIC] + np.timedelta64(28, "D")),
        "highest": names[highest],
    }
