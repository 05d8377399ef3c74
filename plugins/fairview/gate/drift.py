"""SQL that sets a table beside its published self: shares of codes, blanks and levels of every column, now and before.

Knows: which columns can be compared how, and that a small table changes much by chance. Each query yields one row a
column (or column and code) with counts and means only. Refuses to know: how much change is too much; the suites say.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date

PUBLISHED = "published"

_NUMBER = re.compile(r"(U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?|DECIMAL\(.*\)|DOUBLE|FLOAT)")
_DATE = re.compile(r"(DATE|TIMESTAMP.*)")
# Places in an order follow the number of rows, which has its own limits; the as-at date is the candidate's own.
_NOT_A_LEVEL = re.compile(r".*_(rank|position|number|year)|contact_week|as_at_on")
_CODE = re.compile(r".*_code|rule_id")


def compared(columns: Mapping[str, str], before: Mapping[str, str]) -> dict[str, str]:
    """Columns both have, with their type, where it is the same."""
    return {name: kind.upper() for name, kind in columns.items() if before.get(name) == kind}


def shares(table: str, columns: Mapping[str, str]) -> str:
    """A query of column_name, code, now, before: rows per code of every column of codes or yes and no; '' without any."""
    chosen = [name for name, kind in columns.items() if _CODE.fullmatch(name) or kind == "BOOLEAN"]
    parts = [
        f"SELECT '{name}' AS column_name, {_quoted(name)}::VARCHAR AS code, {now} AS is_now FROM {relation}"
        for name in chosen
        for now, relation in _both(table)
    ]
    if not parts:
        return ""
    return (
        "(SELECT column_name, coalesce(code, 'blank') AS code, count(*) FILTER (WHERE is_now) AS now, "
        f"count(*) FILTER (WHERE NOT is_now) AS before FROM ({' UNION ALL '.join(parts)}) GROUP BY ALL)"
    )


def blanks(table: str, columns: Mapping[str, str]) -> str:
    """A query of column_name, now, before, rows_now, rows_before: blank cells of every column."""
    parts = [
        f"SELECT '{name}' AS column_name, {now} AS is_now, count(*) - count({_quoted(name)}) AS blank, count(*) AS size FROM {relation}"
        for name in columns
        for now, relation in _both(table)
    ]
    return _side_by_side(parts, ("blank", "size"), ("now", "before", "rows_now", "rows_before")) if parts else ""


def levels(table: str, columns: Mapping[str, str], as_at: str, as_at_before: str) -> str:
    """A query of column_name, now, before, spread, rows_now, rows_before: mean of every number and of every date's age
    in days, with the spread (standard deviation) it had before; '' without any.

    What stays grows older: ages may have grown by the days between the two as-at dates without having moved.
    """
    aged = max(0, (date.fromisoformat(as_at) - date.fromisoformat(as_at_before)).days)
    chosen = {
        name: kind
        for name, kind in columns.items()
        if (_NUMBER.fullmatch(kind) or _DATE.fullmatch(kind)) and not _NOT_A_LEVEL.fullmatch(name)
    }
    parts = []
    for name, kind in chosen.items():
        for now, relation in _both(table):
            on = as_at if now == "true" else as_at_before
            value = f"date_diff('day', {_quoted(name)}, DATE '{on}')" if _DATE.fullmatch(kind) else _quoted(name)
            parts.append(
                f"SELECT '{name}' AS column_name, {now} AS is_now, avg({value}) AS level, "
                f"coalesce(stddev_pop({value}), 0) AS spread, count({value}) AS size, "
                f"{aged if _DATE.fullmatch(kind) else 0} AS aged FROM {relation}"
            )
    if not parts:
        return ""
    return (
        "(SELECT * REPLACE (now - greatest(0, least(now - before, aged)) AS now) FROM "
        "(SELECT column_name, max(aged) AS aged, max(level) FILTER (WHERE is_now) AS now, max(level) FILTER (WHERE NOT is_now) AS before, "
        "greatest(max(spread) FILTER (WHERE NOT is_now), 0.1 * abs(max(level) FILTER (WHERE NOT is_now)), 1) AS spread, "
        "max(size) FILTER (WHERE is_now) AS rows_now, max(size) FILTER (WHERE NOT is_now) AS rows_before "
        f"FROM ({' UNION ALL '.join(parts)}) GROUP BY column_name))"
    )


def _both(table: str) -> tuple[tuple[str, str], tuple[str, str]]:
    return ("true", "{batch}"), ("false", f"{PUBLISHED}.main.{_quoted(table)}")


def _side_by_side(parts: list[str], values: tuple[str, ...], names: tuple[str, ...]) -> str:
    picked = [
        f"max({value}) FILTER (WHERE {'' if is_now else 'NOT '}is_now) AS {name}"
        for (value, is_now), name in zip(
            ((value, is_now) for value in values for is_now in (True, False)), names, strict=True
        )
    ]
    return f"(SELECT column_name, {', '.join(picked)} FROM ({' UNION ALL '.join(parts)}) GROUP BY column_name)"


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
