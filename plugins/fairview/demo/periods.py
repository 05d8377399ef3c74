"""Dates of the demo: extract dates, financial years, charge weeks. Knows the calendar, nothing about people."""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

Days = np.ndarray  # of datetime64[D]
NEVER = np.datetime64("NaT", "D")
# How far back the first delivery reaches (feed specification, section 1).
LEDGER_MONTHS = 12
RECOVERY_YEARS_BACK = 2
HISTORY_MONTHS = 26


def day(value: date) -> np.datetime64:
    """A date as numpy holds it."""
    return np.datetime64(value, "D")


def month_end(value: date) -> date:
    """The last day of the date's month."""
    return value.replace(day=calendar.monthrange(value.year, value.month)[1])


def month_start(value: date, months_back: int = 0) -> date:
    """First day of the month `months_back` months before the month of `value`."""
    index = value.year * 12 + value.month - 1 - months_back
    return date(index // 12, index % 12 + 1, 1)


def financial_year(value: date) -> int:
    """The year in which the financial year of `value` began, 1 April."""
    return value.year if value.month >= 4 else value.year - 1


def april(year: int) -> np.datetime64:
    """The first day of the financial year which begins in that year."""
    return np.datetime64(f"{year}-04-01", "D")


@dataclass(frozen=True)
class Calendar:
    """The extract dates and how far each history reaches back from the first of them."""

    extracts: tuple[date, ...]

    @staticmethod
    def of(last_extract: date, months: int) -> Calendar:
        """Raises ValueError when there is no month to deliver or the last day is not a month end."""
        if months < 1:
            raise ValueError("months must be at least 1")
        if last_extract != month_end(last_extract):
            raise ValueError("last_extract must be the last day of a month")
        return Calendar(tuple(month_end(month_start(last_extract, back)) for back in range(months - 1, -1, -1)))

    @property
    def first(self) -> date:
        return self.extracts[0]

    @property
    def last(self) -> date:
        return self.extracts[-1]

    @property
    def history_from(self) -> date:
        """1 April two financial years back: the first day of the simulation."""
        return date(financial_year(self.first) - RECOVERY_YEARS_BACK, 4, 1)

    @property
    def ledger_from(self) -> date:
        """First day of the twelve months of transactions; balances before it are brought forward."""
        return month_start(self.first, LEDGER_MONTHS - 1)

    @property
    def reports_from(self) -> date:
        """First day of the twenty-six months of reports and deaths."""
        return month_start(self.first, HISTORY_MONTHS - 1)

    @property
    def financial_years(self) -> tuple[int, ...]:
        return tuple(range(financial_year(self.history_from), financial_year(self.last) + 1))

    def months(self) -> list[tuple[date, date]]:
        """First and last day of each month from history_from to the last extract."""
        found, start = [], self.history_from
        while start <= self.last:
            found.append((start, month_end(start)))
            start = month_end(start) + timedelta(days=1)
        return found

    def since(self, index: int, history_from: date) -> date:
        """First day covered by the events file of the extract with this index."""
        return history_from if index == 0 else self.extracts[index - 1] + timedelta(days=1)

    def charge_mondays(self) -> list[date]:
        """Each Monday of the ledger months up to the last extract: rent falls due on Mondays."""
        start = self.ledger_from + timedelta(days=-self.ledger_from.weekday() % 7)
        return [start + timedelta(weeks=week) for week in range((self.last - start).days // 7 + 1)]


def rent_week(days: Days) -> tuple[np.ndarray, np.ndarray]:
    """Rent year and charge week of each day; the rent year begins on the first Monday of April."""
    monday = days - ((days.astype("datetime64[D]").astype(np.int64) + 3) % 7).astype("timedelta64[D]")
    years = monday.astype("datetime64[Y]").astype(np.int64) + 1970
    first = _first_monday_of_april(years)
    years = np.where(monday < first, years - 1, years)
    first = _first_monday_of_april(years)
    return years, (monday - first).astype(np.int64) // 7 + 1


def _first_monday_of_april(years: np.ndarray) -> Days:
    distinct, place = np.unique(years, return_inverse=True)
    opening = np.array([april(year) for year in distinct], dtype="datetime64[D]")[place]
    weekday = (opening.astype(np.int64) + 3) % 7
    return opening + ((-weekday) % 7).astype("timedelta64[D]")


def random_days(rng: np.random.Generator, low: Days | date, high: Days | date, size: int | None = None) -> Days:
    """Uniform days between low and high inclusive; where high is before low, low."""
    low_days = np.asarray(low, dtype="datetime64[D]")
    span = (np.asarray(high, dtype="datetime64[D]") - low_days).astype(np.int64)
    draws = rng.random(span.shape if size is None else size)
    return low_days + np.floor(draws * np.maximum(span + 1, 1)).astype("timedelta64[D]")


def lag(rng: np.random.Generator, low: int, high: int, size: int) -> np.ndarray:
    """Whole days from low to high inclusive, as timedelta64[D]."""
    return rng.integers(low, high + 1, size).astype("timedelta64[D]")
