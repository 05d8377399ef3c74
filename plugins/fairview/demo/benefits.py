"""Housing benefit and council tax reduction: who claims, what is awarded, what was overpaid.

Amounts follow from the council tax charge and the rent, so a reduction credited to an account is the one awarded
here. Claims know the account and the tenancy they are for.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np

from fairview.demo import council_tax
from fairview.demo.council_tax import Accounts, Reductions
from fairview.demo.gazetteer import COUNCIL, PRIVATE
from fairview.demo.housing import Tenancies
from fairview.demo.periods import NEVER, april, day, lag, random_days
from fairview.demo.population import Town
from fairview.demo.tables import chosen_from, text, texts, where_text

# Weekly local housing allowance in pence by bedrooms, invented, for the council's one rental market area.
MARKET_AREA = "FAIRVIEW AND DISTRICT"
ALLOWANCES = (
    ("2020-04-01", "2024-03-31", {"A": 7900, "B": 15650, "C": 19720, "D": 24110, "E": 30050}),
    ("2024-04-01", "2099-12-31", {"A": 9650, "B": 18410, "C": 23240, "D": 28300, "E": 35180}),
)
_CLAIMING_SHARE = 0.152
OPEN = np.datetime64("2099-12-31", "D")


@dataclass
class Claims:
    """One value per claim. `known` and `cancel_known` are the days the section recorded its start and end."""

    number: np.ndarray
    account: np.ndarray
    tenancy: np.ndarray
    household: np.ndarray
    claimant: np.ndarray
    application: np.ndarray
    cancel: np.ndarray
    end_reason: np.ndarray
    known: np.ndarray
    cancel_known: np.ndarray
    suspended: np.ndarray
    suspended_to: np.ndarray
    suspension: np.ndarray
    is_pensioner: np.ndarray
    rent: np.ndarray

    def __len__(self) -> int:
        return len(self.number)

    @property
    def check_digit(self) -> np.ndarray:
        return (self.number * 7 // 3) % 10


@dataclass
class Awards:
    """One value per award spell; money in pence a week, -1 where there is none. `end` NaT is open."""

    number: np.ndarray
    claim: np.ndarray
    type: np.ndarray
    start: np.ndarray
    end: np.ndarray
    weekly: np.ndarray
    eligible: np.ndarray
    contractual: np.ndarray
    is_passported: np.ndarray
    decision: np.ndarray
    known: np.ndarray
    end_known: np.ndarray


def make_claims(rng: np.random.Generator, town: Town, accounts: Accounts, tenancies: Tenancies) -> Claims:
    """Claims of the households with least, on each account they held; about 13 % of households at any time."""
    calendar, households = town.calendar, town.households
    need = households.hardship + rng.normal(0, 0.65, len(households)) + 0.45 * households.is_pensioner
    wants = need > np.quantile(need, 1 - _CLAIMING_SHARE)
    held = accounts.household >= 0
    remembered = day(calendar.first) - np.timedelta64(460, "D")
    chosen = held & wants[accounts.household] & (np.isnat(accounts.end) | (accounts.end > remembered))
    account = np.flatnonzero(chosen)
    count = len(account)
    start = accounts.start[account]
    begin = np.maximum(start, np.datetime64("2011-04-01", "D"))
    settled = begin + rng.exponential(700, count).astype(np.int64).astype("timedelta64[D]")
    recent = random_days(rng, np.maximum(start, remembered), np.full(count, day(calendar.last)))
    application = np.where(rng.random(count) < 0.15, recent, settled)
    end = accounts.end[account]
    died = town.people.died[accounts.lead[account]]
    fits = (
        (application <= day(calendar.last))
        & (np.isnat(died) | (application < died))
        & (np.isnat(end) | (application < end - np.timedelta64(20, "D")))
    )
    account, application, end = account[fits], application[fits], end[fits]
    account, application, end = _sure_claims(town, accounts, need, wants, account, application, end)
    order = np.lexsort((account, application))
    account, application, end = account[order], application[order], end[order]
    return _claims(rng, town, accounts, tenancies, account, application, end)


def _sure_claims(town: Town, accounts: Accounts, need, wants, account, application, end) -> tuple:
    """One claim more for each delivered month, of the neediest who had none: no month stands still."""
    calendar = town.calendar
    held = (accounts.household >= 0) & np.isnat(accounts.end) & np.isnat(accounts.estate_from)
    held &= (accounts.start < day(calendar.history_from)) & ~wants[accounts.household]
    held &= np.isnat(town.people.died[accounts.lead])
    free = np.flatnonzero(held)
    free = free[np.argsort(-need[accounts.household[free]], kind="stable")][: len(calendar.extracts)]
    days = np.array([day(extract.replace(day=6)) for extract in calendar.extracts])[: len(free)]
    return (
        np.concatenate([account, free]),
        np.concatenate([application, days]),
        np.concatenate([end, np.full(len(free), NEVER)]),
    )


def _claims(rng, town: Town, accounts: Accounts, tenancies: Tenancies, account, application, end) -> Claims:
    calendar, count = town.calendar, len(account)
    household = accounts.household[account]
    cancel, reason = end.copy(), where_text(~np.isnat(end), "MOVE", None)
    early = random_days(
        rng,
        np.maximum(application + np.timedelta64(40, "D"), day(calendar.first) - np.timedelta64(430, "D")),
        np.full(count, day(calendar.last)),
    )
    leaves = (rng.random(count) < 0.15) & (np.isnat(end) | (early < end))
    cancel = np.where(leaves, early, cancel)
    reason[leaves] = chosen_from(rng, ["UCMV", "INC", "NORP"], int(leaves.sum()), [0.42, 0.4, 0.18])
    claimant = accounts.lead[account]
    died = town.people.died[claimant]
    dies = ~np.isnat(accounts.estate_from[account]) & (died > application) & (np.isnat(cancel) | (died < cancel))
    cancel = np.where(dies, died, cancel)
    reason[dies] = "DEC"
    cancel_known = cancel + lag(rng, 1, 10, count)
    cancel_known = np.where(dies, town.people.death_notified[claimant] + np.timedelta64(2, "D"), cancel_known)
    paused = rng.random(count) < 0.016
    suspended = np.where(
        paused, random_days(rng, day(calendar.first) - np.timedelta64(50, "D"), day(calendar.last), count), NEVER
    )
    suspended = np.where((suspended > application) & (np.isnat(cancel) | (suspended < cancel)), suspended, NEVER)
    tenancy = _tenancy_of(tenancies, household, accounts.dwelling[account])
    claims = Claims(
        40_013 + np.arange(count, dtype=np.int64) * 11, account, tenancy, household, claimant, application, cancel, reason,
        np.maximum(application + lag(rng, 1, 12, count), accounts.known[account]), cancel_known, suspended,
        suspended + lag(rng, 20, 80, count), chosen_from(rng, ["EVID", "RTNM", "INCQ"], count),
        town.people.age(calendar.first)[claimant] >= 66, np.zeros(count, dtype=np.int64),
    )  # fmt: skip
    claims.rent = _rents(rng, town, accounts, tenancies, claims)
    return claims


def _tenancy_of(tenancies: Tenancies, household: np.ndarray, dwelling: np.ndarray) -> np.ndarray:
    keys = tenancies.household * 10**7 + tenancies.dwelling
    order = np.argsort(keys, kind="stable")
    wanted = household * 10**7 + dwelling
    place = np.minimum(np.searchsorted(keys[order], wanted), max(len(keys) - 1, 0))
    found = order[place] if len(keys) else np.zeros(len(wanted), dtype=np.int64)
    return np.where(len(keys) and (keys[found] == wanted), found, -1)


def _rents(rng, town: Town, accounts: Accounts, tenancies: Tenancies, claims: Claims) -> np.ndarray:
    """Contractual rent in pence a week, 0 for owners."""
    dwelling = accounts.dwelling[claims.account]
    tenure = town.place.tenure[dwelling]
    listed = np.array(list(ALLOWANCES[-1][2].values()))
    private = listed[np.clip(town.place.beds[dwelling], 0, 4)] * rng.uniform(0.94, 1.42, len(claims))
    social = (7200 + 1700 * town.place.beds[dwelling]) * rng.uniform(0.95, 1.15, len(claims))
    own = np.where(claims.tenancy >= 0, tenancies.weekly[claims.tenancy], 0)
    rent = np.select(
        [claims.tenancy >= 0, tenure == PRIVATE, tenure == 3, tenure == COUNCIL], [own, private, social, social], 0
    )
    return np.round(rent).astype(np.int64)


# --- awards -------------------------------------------------------------------------------------------------------


def make_awards(
    rng: np.random.Generator, town: Town, accounts: Accounts, tenancies: Tenancies, claims: Claims
) -> tuple[Awards, Reductions]:
    """Award spells of every claim, and the council tax reductions among them by account; marks tenancies with
    housing benefit and universal credit."""
    parts = []
    reduction = _reductions(rng, town, accounts, claims)
    parts.append(reduction)
    housing_benefit, on_uc = _housing_benefit(rng, town, accounts, claims)
    parts += [housing_benefit, on_uc]
    parts += _rent_troubles(rng, town, accounts, claims, housing_benefit)
    _tell_tenancies(tenancies, claims, housing_benefit, on_uc)
    columns = {name: np.concatenate([part[name] for part in parts]) for name in reduction}
    in_time = (columns["known"] <= day(town.calendar.last)) & (
        np.isnat(columns["end"]) | (columns["end"] > columns["start"])
    )
    columns = {name: values[in_time] for name, values in columns.items()}
    order = np.lexsort((columns["type"].astype(str), columns["claim"], columns["known"]))
    columns = {name: values[order] for name, values in columns.items()}
    number = (np.arange(len(order), dtype=np.int64) * 7_919_191_919 + 1_234_567_891) % 9_999_999_967
    awards = Awards(number=number, **columns)
    is_reduction = awards.type == "CTR"
    chosen = np.flatnonzero(is_reduction)
    reductions = Reductions(
        claims.account[awards.claim[chosen]], awards.start[chosen], awards.end[chosen], awards.weekly[chosen],
        awards.known[chosen], awards.end_known[chosen],
    )  # fmt: skip
    return awards, reductions


def _award(claims: Claims, claim, type_, start, end, weekly, known, end_known, **other) -> dict[str, np.ndarray]:
    size = len(claim)
    none = np.full(size, -1, dtype=np.int64)
    return {
        "claim": claim, "type": text(size, type_), "start": start, "end": end,
        "weekly": np.asarray(weekly, dtype=np.int64), "eligible": other.get("eligible", none),
        "contractual": other.get("contractual", none),
        "is_passported": other.get("is_passported", np.zeros(size, dtype=bool)),
        "decision": other.get("decision", text(size)), "known": known, "end_known": end_known,
    }  # fmt: skip


def _reductions(rng, town: Town, accounts: Accounts, claims: Claims) -> dict[str, np.ndarray]:
    """A reduction a year from each April: the charge changes, so the old spell closes and a new one opens."""
    count = len(claims)
    working = rng.choice([75, 60, 45], count, p=[0.56, 0.24, 0.2])
    pct = np.where(claims.is_pensioner, np.where(rng.random(count) < 0.72, 100, 65), working)
    passported = (pct >= 75) & (rng.random(count) < 0.3)
    has = (rng.random(count) < 0.95) | (claims.application >= day(town.calendar.first.replace(day=1)))
    single = town.households.is_single_adult[claims.household]
    parts = []
    for year in town.calendar.financial_years:
        opens, closes = april(year), april(year + 1)
        first = year == town.calendar.financial_years[0]
        inside = has & (claims.application < closes) & (np.isnat(claims.cancel) | (claims.cancel > opens))
        claim = np.flatnonzero(inside)
        charge = council_tax.yearly_charge(
            town.place.band[accounts.dwelling[claims.account[claim]]], np.full(len(claim), year)
        )
        net = np.where(single[claim], charge * 3 // 4, charge)
        weekly = net * pct[claim] * 7 // (365 * 100)
        start = claims.application[claim] if first else np.maximum(claims.application[claim], opens)
        ends_early = ~np.isnat(claims.cancel[claim]) & (claims.cancel[claim] < closes)
        goes_on = closes <= day(town.calendar.last)
        end = np.where(ends_early, claims.cancel[claim], closes if goes_on else NEVER)
        end_known = np.where(ends_early, claims.cancel_known[claim], closes if goes_on else NEVER)
        known = np.maximum(claims.known[claim], start)
        parts.append(
            _award(claims, claim, "CTR", start, end, weekly, known, end_known, is_passported=passported[claim])
        )
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def _housing_benefit(rng, town: Town, accounts: Accounts, claims: Claims) -> tuple[dict, dict]:
    draw = rng.random(len(claims))
    renting = claims.rent > 0
    legacy = renting & (claims.is_pensioner | (draw < 0.27))
    claim = np.flatnonzero(legacy)
    rent = claims.rent[claim]
    allowed = np.array(list(ALLOWANCES[-1][2].values()))[
        np.clip(town.place.beds[accounts.dwelling[claims.account[claim]]], 0, 4)
    ]
    eligible = np.where(claims.tenancy[claim] >= 0, rent * 97 // 100, np.minimum(rent, allowed))
    weekly = eligible * rng.choice([100, 85, 60], len(claim), p=[0.55, 0.3, 0.15]) // 100
    benefit = _award(
        claims, claim, "HB", claims.application[claim], claims.cancel[claim], weekly, claims.known[claim],
        claims.cancel_known[claim], eligible=eligible, contractual=rent,
    )  # fmt: skip
    moved = np.flatnonzero(~legacy & ~claims.is_pensioner & (draw < 0.93))
    start = np.maximum(claims.application[moved], np.datetime64("2017-10-01", "D"))
    marker = _award(
        claims,
        moved,
        "UCM",
        start,
        claims.cancel[moved],
        np.zeros(len(moved)),
        claims.known[moved],
        claims.cancel_known[moved],
    )
    return benefit, marker


def _rent_troubles(rng, town: Town, accounts: Accounts, claims: Claims, benefit: dict) -> list[dict]:
    """Shortfalls, the benefit cap, under-occupation and the discretionary payments asked for because of them."""
    calendar = town.calendar
    dwelling = accounts.dwelling[claims.account]
    tenure, beds = town.place.tenure[dwelling], town.place.beds[dwelling]
    allowed = np.array(list(ALLOWANCES[-1][2].values()))[np.clip(beds, 0, 4)]
    gap = np.maximum(0, claims.rent - np.where(claims.tenancy >= 0, claims.rent, allowed))
    short = np.flatnonzero((tenure == PRIVATE) & (gap > 100))
    shortfall = _award(
        claims, short, "SHF", claims.application[short], claims.cancel[short], gap[short], claims.known[short],
        claims.cancel_known[short], eligible=allowed[short], contractual=claims.rent[short],
    )  # fmt: skip
    people = town.households.size[claims.household]
    needed = np.maximum(1, (people + 1) // 2)
    spare = (claims.tenancy >= 0) & ~claims.is_pensioner & (beds > needed)
    under = np.flatnonzero(spare)
    eligible = claims.rent[under] * 97 // 100
    loss = eligible * np.where(beds[under] - needed[under] >= 2, 25, 14) // 100
    begins = np.maximum(claims.application[under], np.datetime64("2013-04-01", "D"))
    occupation = _award(
        claims, under, "UOC", begins, claims.cancel[under], loss, claims.known[under],
        claims.cancel_known[under], eligible=eligible, contractual=claims.rent[under],
    )  # fmt: skip
    large = np.flatnonzero(
        (town.households.children[claims.household] >= 3) & ~claims.is_pensioner & (rng.random(len(claims)) < 0.4)
    )
    start = np.maximum(claims.application[large], random_days(rng, date(2023, 4, 1), calendar.last, len(large)))
    cap = _award(
        claims,
        large,
        "CAP",
        start,
        claims.cancel[large],
        rng.integers(18, 115, len(large)) * 100,
        np.maximum(start, claims.known[large]),
        claims.cancel_known[large],
    )
    return [shortfall, occupation, cap, _discretionary(rng, town, claims, np.concatenate([short, under, large]), gap)]


def _discretionary(rng, town: Town, claims: Claims, troubled: np.ndarray, gap: np.ndarray) -> dict:
    calendar = town.calendar
    claim = np.unique(troubled)
    hardship = town.households.hardship[claims.household[claim]]
    claim = claim[(rng.random(len(claim)) < np.clip(0.05 + 0.07 * hardship, 0.03, 0.4))]
    if not len(claim):
        claim = np.unique(troubled)[:1] if len(troubled) else np.arange(min(1, len(claims)))
    size = len(claim)
    start = np.maximum(claims.application[claim], random_days(rng, calendar.ledger_from, calendar.last, size))
    end = start + (rng.choice([13, 26], size, p=[0.65, 0.35]) * 7).astype("timedelta64[D]")
    end = np.where(
        np.isnat(claims.cancel[claim]),
        end,
        np.minimum(end, np.maximum(claims.cancel[claim], start + np.timedelta64(1, "D"))),
    )
    refused = rng.random(size) < 0.2
    weekly = np.where(refused, 0, np.maximum(1000, np.minimum(gap[claim], 6000) * 3 // 4))
    known = np.maximum(start + lag(rng, 2, 15, size), claims.known[claim])
    return _award(
        claims, claim, "DHP", start, end, weekly, known, known, eligible=claims.rent[claim] * 97 // 100,
        contractual=claims.rent[claim], decision=where_text(refused, "REF", "AWD"),
    )  # fmt: skip


def _tell_tenancies(tenancies: Tenancies, claims: Claims, benefit: dict, marker: dict) -> None:
    claim = benefit["claim"]
    held = claims.tenancy[claim] >= 0
    place = claims.tenancy[claim[held]]
    tenancies.housing_benefit[place] = benefit["weekly"][held]
    tenancies.benefit_from[place] = benefit["start"][held]
    tenancies.benefit_to[place] = benefit["end"][held]
    claim = marker["claim"]
    tenancies.on_uc[claims.tenancy[claim[claims.tenancy[claim] >= 0]]] = True


# --- overpayments -------------------------------------------------------------------------------------------------


@dataclass
class Overpayments:
    """One value per invoice; money in pence. `paid` is the share recovered by each month end is drawn from."""

    number: np.ndarray
    claim: np.ndarray
    person: np.ndarray
    category: np.ndarray
    created: np.ndarray
    original: np.ndarray
    route: np.ndarray
    monthly: np.ndarray

    def __len__(self) -> int:
        return len(self.number)

    def balance(self, at: date) -> np.ndarray:
        """Pence outstanding at a date: a fixed sum comes off each month after the first two."""
        months = (day(at) - self.created).astype(np.int64) // 30 - 2
        return np.maximum(0, self.original - self.monthly * np.maximum(0, months))


def make_overpayments(rng: np.random.Generator, town: Town, claims: Claims) -> Overpayments:
    """Overpayment invoices of about a quarter of claims, more where hardship is; a few of each class."""
    hardship = town.households.hardship[claims.household]
    chosen = np.flatnonzero(rng.random(len(claims)) < np.clip(0.16 + 0.06 * hardship, 0.05, 0.5))
    first = min(12, len(claims))
    chosen = np.union1d(chosen, np.arange(first))
    count = len(chosen)
    begin = np.maximum(claims.application[chosen] + np.timedelta64(30, "D"), np.datetime64("2022-04-01", "D"))
    created = random_days(rng, begin, np.full(count, day(town.calendar.last)))
    created[:first] = np.minimum(created[:first], day(town.calendar.first) - np.timedelta64(90, "D"))
    # A list grows by a few in a hundred a month; a small one by one at most.
    fresh = np.flatnonzero(created > day(town.calendar.first) - np.timedelta64(60, "D"))
    kept = np.setdiff1d(np.arange(count), fresh[max(2, count // 12) :])
    chosen, created, count = chosen[kept], created[kept], len(kept)
    category = chosen_from(rng, ["CLM", "LAE", "DWP", "FRD"], count, [0.72, 0.14, 0.085, 0.055])
    category[: min(2, count)] = texts(["FRD", "CLM"])[: min(2, count)]
    original = np.round(rng.gamma(1.5, 42000, count) + 2500).astype(np.int64)
    stops = rng.random(count) < 0.45
    stops[:first] = False
    monthly = np.where(stops, 0, np.maximum(800, original // rng.integers(10, 40, count)))
    return Overpayments(
        20_001 + np.arange(count, dtype=np.int64) * 3, chosen, claims.claimant[chosen], category, created, original,
        chosen_from(rng, ["ONGHB", "DEA", "DWPPD", "INV"], count, [0.3, 0.16, 0.17, 0.37]), monthly,
    )  # fmt: skip
