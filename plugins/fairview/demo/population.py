"""Who lives where and when: households, people, moves, deaths, hardship. One truth; every feed draws on it.

The whole history up to the last extract is made at once; what a department knew at an extract date is decided by
the feed modules. Nothing here knows a file.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np

from fairview.demo import gazetteer
from fairview.demo.gazetteer import COUNCIL, OWNER, PRIVATE, Place
from fairview.demo.names import ORIGINS, drawn, pool
from fairview.demo.periods import NEVER, Calendar, day, lag, random_days
from fairview.demo.tables import chosen_from, digits, text, texts, where_text

HEAD, PARTNER, CHILD, ADULT = 0, 1, 2, 3
MALE, FEMALE = 0, 1
_VACANT_SHARE = 0.022
_MEMBERS_PER_HOUSEHOLD = 2.385
_MOVES_A_YEAR = 0.072
_NINO_SPACE = 4_000_000
# Kinds of household: share, head's age from and to, partner, children's mean and most, further adults.
_KINDS = (
    (0.165, 19, 66, 0.0, 0.0, 0, 0.0),  # one adult
    (0.125, 67, 93, 0.0, 0.0, 0, 0.0),  # one pensioner
    (0.170, 22, 66, 1.0, 0.0, 0, 0.0),  # couple
    (0.095, 66, 90, 1.0, 0.0, 0, 0.0),  # pensioner couple
    (0.235, 24, 55, 1.0, 1.0, 4, 0.06),  # family
    (0.105, 19, 52, 0.0, 0.7, 4, 0.05),  # lone parent
    (0.105, 44, 70, 0.8, 0.15, 2, 1.3),  # grown children at home
)
LONE_PARENT = 5


@dataclass
class Households:
    """One value per household ever living in the area. `hardship` is standard-normal-like, higher is harder."""

    kind: np.ndarray
    origin: np.ndarray
    hardship: np.ndarray
    head: np.ndarray
    size: np.ndarray
    children: np.ndarray
    is_single_adult: np.ndarray
    is_pensioner: np.ndarray
    tenure: np.ndarray

    def __len__(self) -> int:
        return len(self.kind)


@dataclass
class People:
    """One value per person. `maiden` is the surname some records still hold; `dod` NaT while alive."""

    household: np.ndarray
    role: np.ndarray
    sex: np.ndarray
    born: np.ndarray
    died: np.ndarray
    death_notified: np.ndarray
    forename: np.ndarray
    surname: np.ndarray
    maiden: np.ndarray
    title: np.ndarray
    nino: np.ndarray
    phone: np.ndarray
    email: np.ndarray
    ethnic: np.ndarray
    origin: np.ndarray
    is_disabled: np.ndarray
    is_carer: np.ndarray

    def __len__(self) -> int:
        return len(self.household)

    def age(self, at: date | np.ndarray) -> np.ndarray:
        """Age in whole years at a date."""
        days = np.asarray(at, dtype="datetime64[D]") - self.born
        return (days.astype(np.int64) / 365.2425).astype(np.int64)


@dataclass
class Spells:
    """Household in dwelling from day to day (`to` NaT open, else the day after the last)."""

    household: np.ndarray
    dwelling: np.ndarray
    start: np.ndarray
    end: np.ndarray

    def __len__(self) -> int:
        return len(self.household)


@dataclass
class Town:
    """The simulated council: place, households, people, spells, and who looks alike but is not the same."""

    calendar: Calendar
    place: Place
    households: Households
    people: People
    spells: Spells
    alike: list[tuple[int, int, str]]
    vacant: np.ndarray
    members_from: np.ndarray

    def members(self, household: int) -> np.ndarray:
        """Numbers of the people of one household, head first."""
        first = self.members_from[household]
        return np.arange(first, first + self.households.size[household])

    def home(self, households: np.ndarray, at) -> np.ndarray:
        """Dwelling of each household on a day (one day or one per household), -1 when not in the area."""
        asked = np.broadcast_to(np.asarray(at, dtype="datetime64[D]"), households.shape)
        order = np.argsort(self.spells.household, kind="stable")
        owner = self.spells.household[order]
        result = np.full(len(households), -1, dtype=np.int64)
        first = np.searchsorted(owner, households, side="left")
        last = np.searchsorted(owner, households, side="right")
        for step in range(int((last - first).max(initial=0))):
            place = np.minimum(first + step, len(order) - 1)
            spell = order[place]
            inside = (first + step < last) & (self.spells.start[spell] <= asked)
            inside &= np.isnat(self.spells.end[spell]) | (self.spells.end[spell] > asked)
            result = np.where(inside, self.spells.dwelling[spell], result)
        return result

    def earlier_home(self, households: np.ndarray, at) -> np.ndarray:
        """Dwelling before the present one where the household moved within the area, else the present one."""
        now = self.home(households, at)
        asked = np.asarray(at, dtype="datetime64[D]")
        left = self.spells.end < (asked if asked.ndim == 0 else asked.max())
        before = np.full(len(self.households), -1, dtype=np.int64)
        before[self.spells.household[left]] = self.spells.dwelling[left]
        return np.where(before[households] >= 0, before[households], now)


def build(rng: np.random.Generator, calendar: Calendar, residents: int) -> Town:
    """A council of about that many residents. Raises ValueError below 100."""
    if residents < 100:
        raise ValueError("residents must be at least 100")
    settled = round(residents / _MEMBERS_PER_HOUSEHOLD)
    place = gazetteer.build(rng, round(settled * (1 + _VACANT_SHARE)) + 2)
    occupied = rng.permutation(len(place))[:settled]
    vacant = np.setdiff1d(np.arange(len(place)), occupied)
    spells, newcomers, sure = _moves(rng, calendar, place, np.sort(occupied))
    households, people, alike = _households(rng, calendar, settled + newcomers, settled, sure)
    _place_hardship(rng, place, households, spells)
    members_from = np.concatenate([[0], np.cumsum(households.size)[:-1]])
    town = Town(calendar, place, households, people, spells, alike, vacant, members_from)
    _start_after_birth(rng, calendar, town)
    _deaths(rng, calendar, town)
    _mark_sensitive(rng, town)
    return town


def _start_after_birth(rng, calendar: Calendar, town: Town) -> None:
    """Nobody took a home before coming of age: a spell that began earlier begins at the head's 18th birthday."""
    born = town.people.born[town.households.head[town.spells.household]]
    town.spells.start = np.maximum(town.spells.start, born + np.timedelta64(18 * 366, "D"))
    ended = ~np.isnat(town.spells.end)
    latest = town.spells.end[ended] - np.timedelta64(28, "D")
    town.spells.start[ended] = np.minimum(town.spells.start[ended], latest)


# --- moves --------------------------------------------------------------------------------------------------------


def _moves(rng, calendar: Calendar, place: Place, occupied: np.ndarray) -> tuple[Spells, int, int]:
    """Spells from long before the history to the last extract, how many households came in newly, and how many of
    those, the last ones, surely came in a month that is delivered.

    Dwellings turning over are strung into chains: a household leaves the area, the next one moves into its home a
    while later, the one after into theirs, and a new household ends the chain. So movers within the area exist.
    """
    began = np.maximum(
        day(calendar.history_from) - (rng.exponential(8.5 * 365, len(occupied)) + 20).astype("timedelta64[D]"),
        np.datetime64("1993-04-01", "D"),
    )
    turning, starts_chain = _chains(rng, calendar, place, occupied)
    went, entered = _chain_dates(rng, calendar, starts_chain)
    ends_chain = np.concatenate([starts_chain[1:], [True]])
    comers = np.concatenate([turning[1:], [0]])
    comers[ends_chain] = len(occupied) + np.arange(ends_chain.sum())
    sure, sure_day = _sure_turnovers(calendar, place, occupied, turning)
    newcomers = int(ends_chain.sum()) + len(sure)
    end = np.full(len(occupied), NEVER)
    end[turning], end[sure] = went, sure_day
    later = np.concatenate([turning, sure])
    spells = Spells(
        np.concatenate(
            [np.arange(len(occupied)), comers, len(occupied) + newcomers - len(sure) + np.arange(len(sure))]
        ),
        np.concatenate([occupied, occupied[later]]),
        np.concatenate([began, entered, sure_day + np.timedelta64(2, "D")]),
        np.concatenate([end, np.full(len(later), NEVER)]),
    )
    return spells, newcomers, len(sure)


def _chains(rng, calendar: Calendar, place: Place, occupied: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The homes turning over, chain after chain, and where each chain starts; council homes chain among themselves."""
    span = (calendar.last - calendar.history_from).days
    count = max(6, round(len(occupied) * _MOVES_A_YEAR * span / 365))
    turning = rng.permutation(len(occupied))[:count]
    rank = np.where(place.tenure[occupied[turning]] == COUNCIL, 0, 1)
    turning, rank = turning[np.argsort(rank, kind="stable")], np.sort(rank)
    starts_chain = rng.random(count) < 0.5
    starts_chain[0] = True
    starts_chain[1:] |= np.diff(rank) != 0
    return turning, starts_chain


def _chain_dates(rng, calendar: Calendar, starts_chain: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The day each home was left and the day it was taken again: most stand empty a few weeks, some not at all."""
    count = len(starts_chain)
    chain = np.cumsum(starts_chain) - 1
    length = np.bincount(chain)
    left = np.repeat(random_days(rng, calendar.history_from, calendar.last, len(length)), length)
    empty = (rng.exponential(24, count) + 1).astype(np.int64)
    empty[rng.random(count) < 0.18] = 0
    so_far = np.cumsum(empty)
    first = np.flatnonzero(starts_chain)
    within = so_far - np.repeat(so_far[first] - empty[first], length)
    entered = left + within.astype("timedelta64[D]")
    return entered - empty.astype("timedelta64[D]"), entered


def _sure_turnovers(calendar: Calendar, place: Place, occupied: np.ndarray, turning: np.ndarray) -> tuple:
    """One council home and one other for each delivered month, and the day they are left: no month stands still."""
    free = np.setdiff1d(np.arange(len(occupied)), turning)
    council = place.tenure[occupied[free]] == COUNCIL
    starts = np.array([day(extract.replace(day=1)) for extract in calendar.extracts])
    homes = [free[council][: len(starts)], free[~council][: len(starts)]]
    return np.concatenate(homes), np.concatenate([starts[: len(one)] for one in homes])


# --- households and people ----------------------------------------------------------------------------------------


def _households(rng, calendar: Calendar, count: int, settled: int, single: int) -> tuple[Households, People, list]:
    kinds = np.array(_KINDS)
    shares = np.tile(kinds[:, 0] / kinds[:, 0].sum(), (2, 1))
    shares[1] *= np.array([1.5, 0.15, 1.3, 0.2, 1.2, 1.4, 0.4])
    shares[1] /= shares[1].sum()
    kind = rng.choice(len(kinds), count, p=shares[0])
    kind[settled:] = rng.choice(len(kinds), count - settled, p=shares[1])
    kind[count - single :] = 0
    origin = rng.choice(len(ORIGINS), count, p=np.array([o.share for o in ORIGINS]))
    age = rng.integers(kinds[kind, 1].astype(int), kinds[kind, 2].astype(int) + 1)
    partner = rng.random(count) < kinds[kind, 3]
    most = kinds[kind, 5].astype(int)
    wants = np.where(most > 0, (kinds[kind, 4] > 0.5).astype(int) + rng.poisson(kinds[kind, 4]), 0)
    children = np.minimum(np.minimum(wants, most), np.maximum(0, age - 17))
    grown = np.where(kinds[kind, 6] > 1, 1 + (rng.random(count) < 0.3), rng.random(count) < kinds[kind, 6]).astype(int)
    grown = np.where(age >= 38, grown, 0)
    size = 1 + partner + children + grown
    owner = np.repeat(np.arange(count), size)
    position = np.arange(size.sum()) - np.repeat(np.cumsum(size) - size, size)
    role = np.select(
        [position == 0, (position == 1) & partner[owner], position < (1 + partner + children)[owner]],
        [HEAD, PARTNER, CHILD],
        ADULT,
    )
    people, alike = _people(rng, calendar, owner, role, age, origin, kind)
    hardship = rng.normal(0, 1, count) + np.select(
        [kind == LONE_PARENT, kind == 0, kind == 4, np.isin(kind, (1, 3))], [0.75, 0.25, 0.1, -0.35], -0.15
    )
    hardship += np.where(age < 28, 0.3, 0.0)
    households = Households(
        kind, origin, hardship, np.cumsum(size) - size, size, children,
        is_single_adult=(size - children) == 1, is_pensioner=np.isin(kind, (1, 3)),
        tenure=np.full(count, OWNER),
    )  # fmt: skip
    return households, people, alike


def _people(rng, calendar: Calendar, owner, role, head_age, origin, kind) -> tuple[People, list]:
    count = len(owner)
    head = head_age[owner]
    years = np.select(
        [role == HEAD, role == PARTNER, role == ADULT],
        [head, np.clip(head + rng.normal(0, 4, count), 18, 95), np.clip(head - rng.integers(19, 34, count), 18, 45)],
        rng.uniform(0, np.clip(head - 17, 1, 18.0), count),
    )
    days = np.floor(np.floor(years) * 365.2425 + rng.integers(0, 364, count)).astype("timedelta64[D]")
    born = day(calendar.first) - days
    sex = rng.integers(0, 2, count)
    lone = kind[owner] == LONE_PARENT
    sex[(role == HEAD) & lone] = (rng.random(((role == HEAD) & lone).sum()) < 0.88).astype(int)
    heads = np.flatnonzero(role == HEAD)
    partners = np.flatnonzero(role == PARTNER)
    sex[partners] = np.where(rng.random(len(partners)) < 0.97, 1 - sex[partners - 1], sex[partners - 1])
    twins = _make_twins(rng, owner, role, born)
    own_origin = origin[owner].copy()
    mixed = partners[rng.random(len(partners)) < 0.11]
    own_origin[mixed] = rng.choice(len(ORIGINS), len(mixed), p=np.array([o.share for o in ORIGINS]))
    forename, surname, maiden = _names(rng, owner, role, sex, years, own_origin, heads)
    juniors = _make_namesakes(rng, owner, role, sex, forename, surname)
    ethnic = _ethnic(rng, own_origin)
    adult = years >= 18
    title = where_text(sex == MALE, "MR", chosen_from(rng, ["MRS", "MISS", "MS"], count, [0.5, 0.3, 0.2]))
    title[(sex == FEMALE) & ~adult] = "MISS"
    title[adult & (rng.random(count) < 0.013)] = "DR"
    initials = np.array([name[0].lower() if name[0].isascii() else "x" for name in forename], dtype=object)
    plain = _plain_letters(surname)
    places = (np.arange(count) % 97).astype(str).astype(object)
    people = People(
        household=owner, role=role, sex=sex, born=born, died=np.full(count, NEVER),
        death_notified=np.full(count, NEVER), forename=forename, surname=surname, maiden=maiden, title=title,
        nino=_ninos(rng, count),
        phone=_with_prefix("07700 900", rng.integers(0, 1000, count), 3),
        email=initials + "." + plain + places + "@example.org",
        ethnic=ethnic, origin=own_origin,
        is_disabled=rng.random(count) < np.clip(0.03 + years / 600, 0, 0.2),
        is_carer=adult & (rng.random(count) < 0.035),
    )  # fmt: skip
    people.phone[years < 12] = None
    people.email[(years < 14) | (rng.random(count) < 0.25)] = None
    alike = [(int(a), int(b), "twins") for a, b in twins] + [
        (int(a), int(b), "same-name father and son") for a, b in juniors
    ]
    return people, sorted(alike)


def _with_prefix(prefix: str, numbers: np.ndarray, width: int) -> np.ndarray:
    listed = texts([f"{prefix}{number:0{width}d}" for number in range(10**width)])
    return listed[numbers]


def _ninos(rng, count: int) -> np.ndarray:
    """QQ, six digits and a letter; QQ was never issued. One per person while there are enough."""
    start = int(rng.integers(0, _NINO_SPACE))
    number = (np.arange(count, dtype=np.int64) * 1_234_567 + start) % _NINO_SPACE
    return np.char.add(np.char.add("QQ", digits(number // 4, 6)), np.array(list("ABCD"))[number % 4]).astype(object)


def _plain_letters(surnames: np.ndarray) -> np.ndarray:
    from fairview.demo.writing import encodable

    distinct, place = np.unique(surnames.astype(str), return_inverse=True)
    plain = ["".join(ch for ch in name.lower() if ch.isalpha()) for name in encodable(list(distinct), "ascii")]
    return texts(plain)[place]


def _ethnic(rng, origin: np.ndarray) -> np.ndarray:
    code = np.zeros(len(origin), dtype=np.int64)
    for place, one in enumerate(ORIGINS):
        here = np.flatnonzero(origin == place)
        share = np.array(list(one.ethnic.values()))
        code[here] = np.array(list(one.ethnic))[rng.choice(len(share), len(here), p=share / share.sum())]
    return code


def _names(rng, owner, role, sex, years, origin, heads) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Given name, surname and the surname before marriage. Children carry the head's surname, most partners too."""
    held = pool()
    count = len(owner)
    given, family, family_before = (np.zeros(count, dtype=np.int64) for _ in range(3))
    pick = np.zeros(count, dtype=np.int64)
    for place, names in enumerate(held["origins"]):
        for group, man, old in (("male", 1, 0), ("female", 0, 0), ("older_male", 1, 1), ("older_female", 0, 1)):
            here = np.flatnonzero((origin == place) & ((sex == MALE) == bool(man)) & ((years >= 52) == bool(old)))
            given[here] = names[group][drawn(rng, len(here), len(names[group]))]
        here = np.flatnonzero(origin == place)
        pick[here] = drawn(rng, len(here), len(names["surnames"]), 0.85)
    own = np.zeros(count, dtype=np.int64)
    shares_head = (role != HEAD) & (rng.random(count) < np.select([role == PARTNER, role == CHILD], [0.68, 0.9], 0.85))
    source = np.where(shares_head, heads[owner], np.arange(count))
    for place, names in enumerate(held["origins"]):
        pairs = names["surnames"]
        here = np.flatnonzero(origin[source] == place)
        form = np.where(sex[here] == MALE, 0, 1)
        own[here] = pairs[pick[source[here]] % len(pairs), form]
        before = np.flatnonzero(origin == place)
        family_before[before] = pairs[(pick[before] * 7 + 3) % len(pairs), 1]
    family = own
    changed = (sex == FEMALE) & (years >= 20) & (rng.random(count) < 0.5)
    surnames = held["surnames"]
    maiden = np.where(changed, surnames[family_before], surnames[family])
    return held["given"][given], surnames[family].copy(), maiden


def _make_twins(rng, owner, role, born) -> np.ndarray:
    """Gives the second of two children the first one's birthday in 2.5 % of families; returns the pairs."""
    second = np.flatnonzero((role[1:] == CHILD) & (role[:-1] == CHILD) & (owner[1:] == owner[:-1])) + 1
    chosen = second[rng.random(len(second)) < 0.025]
    if len(second) and not len(chosen):
        chosen = second[:1]
    born[chosen] = born[chosen - 1]
    return np.column_stack([chosen - 1, chosen])


def _make_namesakes(rng, owner, role, sex, forename, surname) -> np.ndarray:
    """Names one grown son in sixteen after his father; returns the pairs."""
    sons = np.flatnonzero((role == ADULT) & (sex == MALE))
    fathers = np.searchsorted(owner, owner[sons], side="left")
    fits = sex[fathers] == MALE
    sons, fathers = sons[fits], fathers[fits]
    chosen = rng.random(len(sons)) < 0.06
    if len(sons):
        chosen[0] = True
    forename[sons[chosen]] = forename[fathers[chosen]]
    surname[sons[chosen]] = surname[fathers[chosen]]
    return np.column_stack([fathers[chosen], sons[chosen]])


# --- hardship, deaths, restricted homes ---------------------------------------------------------------------------


def _place_hardship(rng, place: Place, households: Households, spells: Spells) -> None:
    """Adds what a home says about a household's means: tenure and the deprivation of the area."""
    order = np.argsort(spells.start, kind="stable")
    home = np.full(len(households), 0)
    home[spells.household[order]] = spells.dwelling[order]
    households.tenure = place.tenure[home]
    households.hardship += np.select(
        [households.tenure == OWNER, households.tenure == PRIVATE, households.tenure == COUNCIL], [-0.4, 0.3, 0.75], 0.6
    )
    households.hardship += (place.deprivation[place.area[home]] - 21) / 55


def _deaths(rng, calendar: Calendar, town: Town) -> None:
    """Deaths over the reported months, likelier with age; notified one to six weeks later. At least one a month."""
    people = town.people
    age = people.age(calendar.first)
    months = (calendar.last - calendar.reports_from).days / 365.25
    yearly = np.where(age < 18, 0.0001, 0.000028 * np.exp(0.095 * age))
    dies = rng.random(len(people)) < 1 - np.exp(-yearly * months)
    stays = town.home(people.household, calendar.last) >= 0
    stays &= town.home(people.household, calendar.first.replace(day=1)) >= 0
    for_months = np.flatnonzero((age >= 60) & ~dies & stays)
    died = random_days(rng, calendar.reports_from, calendar.last, len(people))
    notified = died + lag(rng, 7, 42, len(people))
    for place, person in enumerate(for_months[: len(calendar.extracts)]):
        dies[person] = True
        notified[person] = day(calendar.extracts[place]) - np.timedelta64(3 + place, "D")
        died[person] = notified[person] - np.timedelta64(18, "D")
    dies &= died > people.born
    # A death of somebody who had left the area is another council's business.
    dies &= town.home(people.household, died) >= 0
    # Nor does a household move house after a death in it: its estate is settled where it lived.
    moved = np.full(len(town.households), np.datetime64("1900-01-01", "D"))
    np.maximum.at(moved, town.spells.household, town.spells.start)
    dies &= moved[people.household] < died
    people.died = np.where(dies, died, NEVER)
    people.death_notified = np.where(dies, notified, NEVER)


def _mark_sensitive(rng, town: Town) -> None:
    """One refuge at least, one per 40,000 residents: an ordinary-looking occupied address nobody may show."""
    lived_in = np.unique(town.spells.dwelling[np.isnat(town.spells.end)])
    count = max(1, len(town.people) // 40_000)
    town.place.is_sensitive[rng.choice(lived_in, count, replace=False)] = True
    town.place.is_sensitive[rng.choice(town.vacant, 1)] = True


def label(people: np.ndarray) -> np.ndarray:
    """Person numbers as the truth files write them."""
    return np.array([f"F{person:08d}" for person in people], dtype=object) if len(people) else text(0)
