"""How departments write people down: typing errors, short names, swapped names, missing and wrong birth dates.

Rates are those of the domain notes on linkage errors. The true person is never changed; a department's record of
the person is made once and stays the same from month to month.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fairview.demo.names import NICKNAMES, ORIGINS
from fairview.demo.population import People
from fairview.demo.tables import texts

UNKNOWN_BIRTH = np.datetime64("1900-01-01", "D")
_BRITISH = [place for place, origin in enumerate(ORIGINS) if origin.code in ("BRI", "IRL", "CAR")]
_NEIGHBOURING_KEYS = {
    "a": "s", "b": "v", "c": "x", "d": "f", "e": "r", "f": "g", "g": "h", "h": "j", "i": "o", "j": "k", "k": "l",
    "l": "k", "m": "n", "n": "m", "o": "p", "p": "o", "q": "w", "r": "t", "s": "a", "t": "y", "u": "i", "v": "b",
    "w": "e", "x": "c", "y": "u", "z": "x",
}  # fmt: skip


@dataclass(frozen=True)
class Rates:
    """Share of records with each kind of error."""

    typing: float = 0.025
    short_name: float = 0.045
    initial_only: float = 0.015
    former_surname: float = 0.03
    swapped: float = 0.004
    swapped_foreign: float = 0.015
    no_birth: float = 0.002
    unknown_birth: float = 0.008
    swapped_day: float = 0.004
    no_nino: float = 0.01
    wrong_nino: float = 0.003
    no_phone: float = 0.3
    no_email: float = 0.3
    no_title: float = 0.02


@dataclass
class Recorded:
    """What the record says of each person, a text or date column each; births NaT where blank."""

    title: np.ndarray
    forename: np.ndarray
    surname: np.ndarray
    born: np.ndarray
    nino: np.ndarray
    phone: np.ndarray
    email: np.ndarray


def write_down(rng: np.random.Generator, people: People, who: np.ndarray, rates: Rates) -> Recorded:
    """The department's record of each person in `who`, errors and all."""
    count = len(who)
    forename, surname = people.forename[who].copy(), people.surname[who].copy()
    married = rng.random(count) < rates.former_surname * 2
    surname[married] = people.maiden[who][married]
    _shorten(rng, forename, rates)
    _mistype(rng, forename, rates.typing / 2)
    _mistype(rng, surname, rates.typing / 2)
    _hyphens(rng, surname)
    foreign = ~np.isin(people.origin[who], _BRITISH)
    swapped = rng.random(count) < np.where(foreign, rates.swapped_foreign, rates.swapped)
    forename[swapped], surname[swapped] = surname[swapped], forename[swapped]
    phone, email, title = people.phone[who].copy(), people.email[who].copy(), people.title[who].copy()
    phone[rng.random(count) < rates.no_phone] = None
    email[rng.random(count) < rates.no_email] = None
    title[rng.random(count) < rates.no_title] = None
    return Recorded(
        title,
        forename,
        surname,
        _births(rng, people.born[who], rates),
        _ninos(rng, people.nino[who], rates),
        phone,
        email,
    )


def _shorten(rng, forename: np.ndarray, rates: Rates) -> None:
    draw = rng.random(len(forename))
    for place in np.flatnonzero(draw < rates.short_name * 2):
        forename[place] = NICKNAMES.get(forename[place], forename[place])
    for place in np.flatnonzero(draw > 1 - rates.initial_only):
        forename[place] = forename[place][0]


def _mistype(rng, names: np.ndarray, rate: float) -> None:
    for place in np.flatnonzero(rng.random(len(names)) < rate):
        names[place] = _mistyped(names[place], int(rng.integers(0, 4)), int(rng.integers(0, 1000)))


def _mistyped(name: str, kind: int, where: int) -> str:
    """A letter doubled, dropped, exchanged with its neighbour or struck on the next key; never the first letter."""
    if len(name) < 4:
        return name
    at = 1 + where % (len(name) - 2)
    letter = name[at]
    if kind == 0:
        return name[:at] + letter + name[at:]
    if kind == 1:
        return name[:at] + name[at + 1 :]
    if kind == 2:
        return name[:at] + name[at + 1] + letter + name[at + 2 :]
    return name[:at] + _NEIGHBOURING_KEYS.get(letter, letter) + name[at + 1 :]


def _hyphens(rng, surname: np.ndarray) -> None:
    marked = np.flatnonzero([("-" in name or "'" in name) for name in surname])
    for place in marked[rng.random(len(marked)) < 0.5]:
        surname[place] = surname[place].replace("-", " ").replace("'", "")


def _births(rng, born: np.ndarray, rates: Rates) -> np.ndarray:
    result = born.copy()
    draw = rng.random(len(born))
    result[draw < rates.unknown_birth] = UNKNOWN_BIRTH
    result[draw > 1 - rates.no_birth] = np.datetime64("NaT", "D")
    swapped = (draw > 0.5) & (draw < 0.5 + rates.swapped_day)
    for place in np.flatnonzero(swapped):
        value = born[place].astype(object)
        if value.day <= 12:
            result[place] = np.datetime64(value.replace(month=value.day, day=value.month), "D")
    rounded = (draw > 0.6) & (draw < 0.602)
    result[rounded] = result[rounded].astype("datetime64[Y]").astype("datetime64[D]")
    return result


def _ninos(rng, nino: np.ndarray, rates: Rates) -> np.ndarray:
    result = nino.copy()
    draw = rng.random(len(nino))
    for place in np.flatnonzero(draw < rates.wrong_nino):
        result[place] = nino[place][:5] + str((int(nino[place][5]) + 1) % 10) + nino[place][6:]
    result[draw > 1 - rates.no_nino] = None
    return result


def combined_names(rng: np.random.Generator, recorded: Recorded, length: int = 32) -> np.ndarray:
    """One field, surname first, capital letters: `SURNAME, FORENAME` or `SURNAME, MR FORENAME`, cut at the length."""
    with_title = rng.random(len(recorded.surname)) < 0.18
    middle = np.where(with_title & (recorded.title != None), texts([f"{title} " for title in recorded.title]), "")  # noqa: E711
    names = recorded.surname + np.array(", ", dtype=object) + middle + recorded.forename
    names = texts([name.upper() for name in names])
    draw = rng.random(len(names))
    for place in np.flatnonzero(draw < 0.006):
        names[place] = _misread(names[place], int(place))
    return texts([name[:length].rstrip() for name in names])


def _misread(name: str, where: int) -> str:
    """What a scanner makes of a name: 0 for O, 1 for L, or a stray mark."""
    if where % 2:
        return name.replace("O", "0", 1).replace("L", "1", 1)
    return name + " " + "&*./"[where % 4]


def short_form(recorded: Recorded) -> np.ndarray:
    """`MR J SMITH`, capital letters."""
    return texts(
        [
            " ".join(part for part in (title or "", forename[:1], surname) if part).upper()
            for title, forename, surname in zip(recorded.title, recorded.forename, recorded.surname, strict=True)
        ]
    )


def full_form(recorded: Recorded) -> np.ndarray:
    """`MR JOHN SMITH`, capital letters."""
    return texts(
        [
            " ".join(part for part in (title or "", forename, surname) if part).upper()
            for title, forename, surname in zip(recorded.title, recorded.forename, recorded.surname, strict=True)
        ]
    )
