"""The ordinary faults of a month, a few rows a file and well below the limits at which a file is refused.

Each is written down with what the receiver must do, so that receipts can be compared with it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fairview.demo.layouts import LAYOUTS
from fairview.demo.tables import NOBODY, Table, digits, where_text


@dataclass(frozen=True)
class Defect:
    """One fault put into a delivery; `record_key` is the feed's key, or the line of the file."""

    feed: str
    record_key: str
    problem: str
    expected: str


def inject(rng: np.random.Generator, tables: dict[str, Table]) -> list[Defect]:
    """Puts this month's faults into the tables, which it changes, and returns what was done."""
    found: list[Defect] = []
    # Postcodes first: a duplicated row must be an exact copy of what is sent.
    for feed, header, most in (
        ("asb_parties", "postcode", 4),
        ("vulnerability_register", "postcode", 5),
        ("benefit_claims", "postcode", 8),
    ):
        found += _lower_case(rng, feed, header, tables[feed], most)
    found += _future_births(rng, tables["benefit_members"])
    found += _award_dates(rng, tables["benefit_awards"])
    found += _unknown_code(rng, tables["homelessness_cases"])
    for feed, count in (("tenancy_people", 2), ("asb_parties", 1), ("benefit_members", 2)):
        tables[feed], added = _duplicates(rng, feed, tables[feed], count)
        found += added
    tables["council_tax_recovery"], added = _orphans(tables["council_tax_recovery"], "council_tax_recovery", 2)
    found += added
    tables["arrears_actions"], added = _orphans(tables["arrears_actions"], "arrears_actions", 1)
    found += added
    found += _page_breaks(tables)
    return found


def record_keys(feed: str, table: Table, rows: np.ndarray) -> list[str]:
    """The key of each row as the receiver writes it: key columns joined by strokes, dates in ISO form."""
    layout = LAYOUTS[feed]
    parts = []
    for header in layout.key:
        values = table.columns[header][rows]
        if values.dtype.kind == "M":
            parts.append(values.astype("datetime64[D]").astype(str))
        elif values.dtype == object:
            parts.append(values.astype(str))
        else:
            width = layout.column(header).length if layout.column(header).kind == "C" else 0
            parts.append(digits(values, width) if width else values.astype(str))
    return ["|".join(key) for key in zip(*parts, strict=True)]


def _few(rng, candidates: np.ndarray, most: int) -> np.ndarray:
    """At most that many of the candidates, and never more than one in twelve, but at least one."""
    wanted = min(most, max(1, len(candidates) // 12))
    return np.sort(rng.permutation(candidates)[:wanted])


def _lower_case(rng, feed: str, header: str, table: Table, most: int) -> list[Defect]:
    values = table.columns[header].copy()
    rows = _few(rng, np.flatnonzero(values != None), most)  # noqa: E711
    for row in rows:
        values[row] = values[row].lower().replace(" ", "")
    table.columns[header] = values
    return [
        Defect(feed, key, "postcode lower case without space", "D40 normalise, no warning")
        for key in record_keys(feed, table, rows)
    ]


def _future_births(rng, table: Table) -> list[Defect]:
    rows = _few(rng, np.flatnonzero(table.columns["relation"] == "D"), 2)
    born = table.columns["birth_date"].copy()
    born[rows] = np.datetime64("2031-02-14T00:00", "m")
    table.columns["birth_date"] = born
    keys = record_keys("benefit_members", table, rows)
    return [Defect("benefit_members", key, "birth date in the future", "D35 blank the value, warn") for key in keys]


def _award_dates(rng, table: Table) -> list[Defect]:
    """One award ends before it starts; one begins on a day which does not exist."""
    closed = np.flatnonzero(table.columns["to_date"] < np.datetime64("2099-01-01", "D"))
    first = int(rng.permutation(closed)[0])
    ends = table.columns["to_date"].copy()
    ends[first] = table.columns["from_date"][first] - np.timedelta64(9, "D")
    table.columns["to_date"] = ends
    second = int((first + len(table) // 2) % len(table))
    table.misprints.append((second, "from_date", "2026-02-30"))
    keys = record_keys("benefit_awards", table, np.array([first, second]))
    return [
        Defect("benefit_awards", keys[0], "ends before it starts", "D36 quarantine row"),
        Defect("benefit_awards", keys[1], "date which does not exist", "D34 quarantine row"),
    ]


def _unknown_code(rng, table: Table) -> list[Defect]:
    row = int(rng.integers(0, len(table)))
    reason = table.columns["reason_loss"].copy()
    reason[row] = "ZZZ"
    table.columns["reason_loss"] = reason
    key = record_keys("homelessness_cases", table, np.array([row]))[0]
    return [Defect("homelessness_cases", key, "code not in list", "D33 quarantine row")]


def _duplicates(rng, feed: str, table: Table, count: int) -> tuple[Table, list[Defect]]:
    if not len(table):
        return table, []
    touched = {row for row, _, _ in table.misprints}
    free = np.array([row for row in range(len(table)) if row not in touched])
    rows = np.sort(rng.permutation(free)[: min(count, len(free))])
    keys = record_keys(feed, table, rows)
    return table.with_rows(table.rows(rows)), [
        Defect(feed, key, "exact duplicate row", "D30 quarantine the copy") for key in keys
    ]


def _orphans(table: Table, feed: str, count: int) -> tuple[Table, list[Defect]]:
    """Rows like others but of an account or tenancy which no file of the delivery holds."""
    if not len(table):
        return table, []
    rows = np.arange(min(count, len(table)))
    strays = table.rows(rows)
    if feed == "council_tax_recovery":
        strays.columns["recovery_id"] = 9_000_000_000 + _stamp(table) + rows
        strays.columns["account_ref"] = 99_990_001 + rows.astype(np.int64)
        strays.columns["stage"] = where_text(np.ones(len(rows), dtype=bool), "BILL", None)
        strays.columns["court_date"] = np.full(len(rows), np.datetime64("NaT", "D"))
        strays.columns["costs"] = np.zeros(len(rows), dtype=np.int64)
        problem = "account not in accounts feed"
    else:
        strays.columns["tag_ref"] = where_text(np.ones(len(rows), dtype=bool), "999999/01", None)
        problem = "tenancy not in tenancies feed"
    strays.people = None if table.people is None else np.full(len(rows), NOBODY)
    keys = record_keys(feed, strays, np.arange(len(rows)))
    return table.with_rows(strays), [Defect(feed, key, problem, "D31 quarantine row") for key in keys]


def _stamp(table: Table) -> int:
    """A number of the month, so that stray events of two months differ."""
    latest = table.columns["stage_date"].max().astype("datetime64[M]").astype(np.int64)
    return int(latest) * 10


def _page_breaks(tables: dict[str, Table]) -> list[Defect]:
    found = []
    for feed in ("tenancies", "tenancy_people"):
        table = tables[feed]
        if table.page_break_after and table.page_break_after < len(table):
            line = f"line {table.page_break_after + 2}"
            found.append(Defect(feed, line, "header repeated at a page break", "D24 ignore the line, warn"))
    return found
