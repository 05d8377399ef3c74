"""Days, months and financial years as the council counts them. Pure: the clock is never read here."""

from __future__ import annotations

import calendar
from datetime import date, timedelta


def financial_year(on: date) -> int:
    """The year in which the financial year of a day began: 1 April 2026 to 31 March 2027 is 2026."""
    return on.year if on.month >= 4 else on.year - 1


def month_end(on: date) -> date:
    """Last day of the month of a day."""
    return date(on.year, on.month, calendar.monthrange(on.year, on.month)[1])


def months_before(on: date, months: int) -> date:
    """The same day so many calendar months earlier, or the month's last day where it is shorter."""
    index = on.year * 12 + on.month - 1 - months
    year, month = index // 12, index % 12 + 1
    return date(year, month, min(on.day, calendar.monthrange(year, month)[1]))


def is_stale(last: date | None, on: date, after_days: int) -> bool:
    """Whether nothing has come for longer than `after_days`; true when nothing ever came."""
    return last is None or on - last > timedelta(days=after_days)


def follows(before_to: date, covers_from: date) -> bool:
    """Whether a period begins the day after another ended, or earlier: nothing between them is missing."""
    return covers_from <= before_to + timedelta(days=1)


def days_after(on: date, days: int) -> date:
    """The day so many calendar days later."""
    return on + timedelta(days=days)


def working_days_after(on: date, days: int) -> date:
    """The day so many days later, Saturdays and Sundays not counted; bank holidays are."""
    while days:
        on += timedelta(days=1)
        days -= on.weekday() < 5
    return on
