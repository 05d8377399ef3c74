"""Judges one file by itself: trailer and totals, values, keys and the contract's rules about rows.

All row work is SQL over temporary tables of the connection: `typed_<feed>` holds the staged form of every row read,
`finding` one row per row, column and rule. Refuses to know other feeds (see `crossing`) and the past (`comparing`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

import pyarrow as pa

from fairview.contracts.feed import Column, FeedContract
from fairview.intake import casting, forms
from fairview.intake.casting import literal, name
from fairview.intake.manifest import Entry, file_name
from fairview.intake.reading import Reading

# How many dates written month first, and what share of a column's dates, tell a changed format from a few slips:
# about six in ten dates of a turned column cannot be read day first.
MONTH_FIRST_ROWS = 3
MONTH_FIRST_SHARE = 0.2
# References cut short in this many rows are a spreadsheet's work, in fewer a slip (specification D48).
SHORT_REFERENCES = 3
# From so many rows on, a file that holds one key only is an extract gone wrong, not a few copies (house rule 76).
ONE_ROW_REPEATED = 4


@dataclass
class Judged:
    """One file on its way through the door. `refusals` are rules that refuse it; empty: it will be loaded."""

    contract: FeedContract
    entry: Entry
    extract_date: date
    refusals: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    warnings: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    received: int = 0
    dropped: dict[str, int] = field(default_factory=dict)
    unread: int = 0
    is_typed: bool = False
    reading: Reading | None = field(default=None, repr=False)
    row_hash: str | None = None
    totals: dict[str, Decimal] = field(default_factory=dict)
    blank_shares: dict[str, float] = field(default_factory=dict)

    @property
    def feed(self) -> str:
        return self.contract.feed

    @property
    def table(self) -> str:
        return f"temp.main.{name('typed_' + self.feed)}"

    @property
    def texts(self) -> str:
        """The texts, as they were sent, of rows that had to be looked at again."""
        return f"temp.main.{name('texts_' + self.feed)}"

    @property
    def name(self) -> str:
        """The agreed name of the file: what a manifest calls it otherwise is never repeated."""
        return file_name(self.contract, self.extract_date)

    @property
    def is_refused(self) -> bool:
        return bool(self.refusals)

    def refuse(self, rule: str, **facts: Any) -> None:
        self.refusals.append((rule, facts))

    def warn(self, rule: str, **facts: Any) -> None:
        self.warnings.append((rule, facts))

    def good(self, columns: str = "*") -> str:
        """SELECT over the rows no rule has put into quarantine."""
        return (
            f"SELECT {columns} FROM {self.table} WHERE row_number NOT IN "
            f"(SELECT row_number FROM temp.main.finding WHERE feed = {literal(self.feed)} AND treatment = 'quarantine_rows')"
        )


def prepare(con) -> None:
    """The table of findings, empty."""
    con.execute(
        "CREATE OR REPLACE TEMP TABLE finding "
        "(feed VARCHAR, row_number BIGINT, column_name VARCHAR, rule VARCHAR, treatment VARCHAR)"
    )


def take(con, file: Judged, reading: Reading) -> None:
    """Have a file read and typed; what the reader found out about it as a whole is taken over."""
    file.reading = reading
    with reading.batches() as stream:
        if stream is not None:
            _type(con, file, stream)
    _take_facts(file, reading)
    if file.is_refused:
        con.execute(f"DROP TABLE IF EXISTS {file.table}")


def judge(con, file: Judged) -> None:
    """Judge a file that was taken, by itself; its typed rows and findings are left in temporary tables."""
    reading = file.reading
    if file.is_refused or reading is None:
        return
    _count(file, reading)
    _take_totals(file, reading.facts)
    if file.is_refused:
        con.execute(f"DROP TABLE IF EXISTS {file.table}")
        return
    file.is_typed = True
    _look_closer(con, file)
    _fingerprint(con, file)
    add_findings(con, file, reading.facts["broken"], "quarantine_rows")
    for kind in ("withheld", "marked"):
        _add_each(con, file, reading.facts[kind])
    file.unread = len(reading.facts["broken"])
    _judge_suspects(con, file)
    if not file.is_refused:
        _judge_keys(con, file)
        _judge_rules(con, file)


def _take_facts(file: Judged, reading: Reading) -> None:
    facts = reading.facts
    file.received = facts.get("rows", 0) or file.entry.rows
    file.dropped = {rule: count for rule, count in (facts.get("dropped") or {}).items() if count}
    for rule, count in (facts.get("warnings") or {}).items():
        file.warn(rule, rows=(facts.get("warned_rows") or {}).get(rule, []), count=count)
    if reading.fault:
        told = {key: value for key, value in reading.fault.items() if key in ("rows", "columns", "count", "positions")}
        file.refuse(reading.fault["rule"], **told)


def _count(file: Judged, reading: Reading) -> None:
    """Rows and control total against manifest and trailer: specification section 3."""
    facts, entry, contract = reading.facts, file.entry, file.contract
    file.received = facts["rows"]
    agreed = contract.facts["controlTotal"]
    if contract.limits.never_empty and facts["rows"] == 0 and entry.rows == 0:
        file.refuse("D06")
    elif facts["rows"] != entry.rows or facts["trailer_rows"] not in (None, facts["rows"]):
        short = [row for row, rule in facts["broken"] if rule in ("short-row", "D27")]
        torn = facts["rows"] > entry.rows and bool(short)
        file.refuse("D25" if torn else "D08", rows=short[:100] if torn else [])
    elif (entry.control_type, entry.control_column) != (agreed["type"], agreed.get("column")):
        file.refuse("D09")
    else:
        _prove_control(file, facts, [agreed["column"]] if agreed.get("column") else [])


def _take_totals(file: Judged, facts: dict[str, Any]) -> None:
    """What the file's control column sums to, over every row sent and over those never typed (pounds, or references)."""
    if file.contract.facts["controlTotal"].get("column"):
        known = {"received": "control_received", "dropped": "control_dropped", "quarantined": "control_aside"}
        file.totals = {part: Decimal(facts[fact]) for part, fact in known.items()}


def balance(con, file: Judged) -> None:
    """Refuse a file unless what was received is what is staged, quarantined and dropped: rows, and totals to the penny.

    The file must still be open. Each part is counted by itself, so that a row lost on the way shows.
    """
    aside, sound = quarantined(con, file), con.execute(file.good("count(*)")).fetchone()[0]
    adds_up = file.received == sound + aside + sum(file.dropped.values())
    agreed = file.contract.facts["controlTotal"]
    if agreed.get("column"):
        column = file.contract.column(agreed["column"])
        rows = _fetch_quarantined(con, file)
        texts = con.execute(f"SELECT {name(column.name)} FROM {file.texts} WHERE row_number IN ({rows})").fetchall()
        read = (forms.amount(text or "", agreed["type"]) or Decimal(0) for (text,) in texts)
        file.totals["quarantined"] += sum(read, Decimal(0))
        file.totals["staged"] = _staged_total(con, file, column)
        parts = sum(file.totals[part] for part in ("staged", "quarantined", "dropped"))
        adds_up = adds_up and file.totals["received"] == parts
    if not adds_up:
        file.refuse("does-not-add-up")


def _staged_total(con, file: Judged, column: Column) -> Decimal:
    staged = name(column.staged_name)
    whole = staged if column.kind in "MI" else f"CASE WHEN regexp_full_match({staged}, '[0-9]+') THEN {staged} END"
    total = con.execute(f"SELECT coalesce(sum({whole}::HUGEINT), 0)::VARCHAR FROM ({file.good(staged)})").fetchone()[0]
    return Decimal(total) / (100 if column.kind == "M" else 1)


def _prove_control(file: Judged, facts: dict[str, Any], columns: list[str]) -> None:
    """D09; where rows are torn, their figures cannot be told from other fields: a difference proves nothing and is only told."""
    declared = [file.entry.control_value]
    if facts["trailer_control"] is not None:
        declared.append(facts["trailer_control"])
    if all(any(_same(value, counted) for counted in facts["control"]) for value in declared):
        return
    if facts["broken"] and columns:
        file.warn("control-unproved", count=len(facts["broken"]), columns=columns)
    else:
        file.refuse("D09", columns=columns)


def _same(declared: str, counted: str) -> bool:
    try:
        return Decimal(declared) == Decimal(counted)
    except InvalidOperation:
        return False


def _stripped(file: Judged, relation: str) -> str:
    """The one reading of a file's texts: what is typed and staged and what is judged both come from it."""
    return casting.stripped(file.contract, relation, file.reading.is_padded)


def _type(con, file: Judged, stream) -> None:
    """Type every row in one pass, as the rows come."""
    contract = file.contract
    values = [
        f"{casting.typed(contract, column, file.extract_date)} AS {name(column.staged_name)}"
        for column in contract.loaded
    ]
    values += [f"{is_open} AS {name(casting.open_mark(column))}" for column, is_open in casting.open_ends(contract)]
    flag = " OR ".join(f"coalesce({fault.flag}, false)" for fault in _possible(file) if fault.flag)
    con.register("arriving", stream)
    con.execute(
        f"CREATE OR REPLACE TEMP TABLE {name('typed_' + file.feed)} AS "
        f"SELECT *, {casting.record_key(contract)} AS record_key FROM "
        f"(SELECT row_number, {', '.join(values)}, {flag or 'false'} AS is_flagged "
        f"FROM ({_stripped(file, 'arriving')}))"
    )
    con.unregister("arriving")


def _possible(file: Judged) -> list[casting.Fault]:
    return [
        fault for column in file.contract.loaded for fault in casting.faults(file.contract, column, file.extract_date)
    ]


def _look_closer(con, file: Judged) -> None:
    """Judge the rows in which something is wrong, by their texts."""
    con.register("again", file.reading.schema.empty_table())
    con.execute(f"CREATE OR REPLACE TEMP TABLE {file.texts} AS SELECT * FROM again")
    con.unregister("again")
    if not _fetch(con, file, f"SELECT row_number FROM {file.table} WHERE is_flagged"):
        return
    con.execute(f"CREATE OR REPLACE TEMP TABLE flagged AS {_stripped(file, file.texts)}")
    parts = [
        f"SELECT {literal(file.feed)}, row_number, {literal(fault.column)}, {literal(fault.rule)}, "
        f"{literal(fault.treatment)} FROM flagged WHERE {fault.condition}"
        for fault in _possible(file)
    ]
    con.execute("INSERT INTO finding " + " UNION ALL ".join(parts))


def _fetch(con, file: Judged, rows: str) -> int:
    """Read the texts of more rows again (a SELECT of row numbers) into the table of texts. Returns how many."""
    wanted = [row for (row,) in con.execute(rows).fetchall()]
    if wanted:
        con.register("again", file.reading.texts(wanted))
        con.execute(f"INSERT INTO {file.texts} SELECT * FROM again")
        con.unregister("again")
    return len(wanted)


def _fetch_quarantined(con, file: Judged) -> str:
    """See to it that the texts of all rows in quarantine are there. Returns a SELECT of those rows' numbers."""
    rows = f"SELECT row_number FROM finding WHERE feed = {literal(file.feed)} AND treatment = 'quarantine_rows'"
    _fetch(
        con,
        file,
        f"SELECT row_number FROM {file.table} WHERE row_number IN ({rows}) "
        f"AND row_number NOT IN (SELECT row_number FROM {file.texts})",
    )
    return rows


def _fingerprint(con, file: Judged) -> None:
    """What the file's rows say, in any order, as a count and a sum; where a value is none, its text is what counts."""
    typed = ", ".join(name(column.staged_name) for column in file.contract.loaded)
    texts = ", ".join(name(column.name) for column in file.contract.loaded)
    counted, digest, other = con.execute(
        f"SELECT count(*), sum(hash({typed})::HUGEINT), (SELECT sum(hash({texts})::HUGEINT) FROM {file.texts}) FROM {file.table}"
    ).fetchone()
    file.row_hash = f"{counted}:{(digest or 0) + (other or 0)}"


def set_aside(con, files: Iterable[Judged]) -> None:
    """Fill `kept` with the texts of the rows that stay in quarantine, as maps of the loaded columns.

    Files must still be open: rows that only other rows or files condemned are read once more.
    """
    con.execute("CREATE OR REPLACE TEMP TABLE kept (feed VARCHAR, row_number BIGINT, content MAP(VARCHAR, VARCHAR))")
    for file in files:
        if not file.is_typed or file.is_refused or not quarantined(con, file):
            continue
        rows = _fetch_quarantined(con, file)
        pairs = ", ".join(f"{literal(column.name)}: {name(column.name)}" for column in file.contract.loaded)
        con.execute(
            f"INSERT INTO kept SELECT {literal(file.feed)}, row_number, MAP {{{pairs}}} FROM {file.texts} "
            f"WHERE row_number IN ({rows})"
        )


def add_findings(con, file: Judged, rows: Iterable[Sequence], treatment: str, column: str | None = None) -> None:
    """Add findings given as (row number, rule)."""
    table = pa.table(
        {
            "row_number": pa.array([row[0] for row in rows], pa.int64()),
            "rule": pa.array([row[1] for row in rows], pa.string()),
        }
    )
    con.register("noted", table)
    con.execute("INSERT INTO finding SELECT ?, row_number, ?, rule, ? FROM noted", [file.feed, column, treatment])
    con.unregister("noted")


def _add_each(con, file: Judged, rows: Iterable[Sequence]) -> None:
    for column in sorted({row[2] for row in rows}):
        loaded = column or None
        add_findings(con, file, [row for row in rows if row[2] == column], "quarantine_rows", loaded)


def _judge_suspects(con, file: Judged) -> None:
    """Faults that condemn the file when they are no slip: another format, another sentinel, mangled references."""
    suspects = con.execute(
        "SELECT rule, column_name, count(*), list(row_number ORDER BY row_number)[:100] FROM finding "
        "WHERE feed = ? AND (treatment = 'suspect' OR rule = 'reference-shape') GROUP BY ALL ORDER BY ALL",
        [file.feed],
    ).fetchall()
    for rule, column, count, rows in suspects:
        told = {"columns": [column], "rows": rows, "count": count}
        if rule in ("D39", "D48"):
            file.refuse(rule, **told)
        elif rule == "reference-shape" and count >= SHORT_REFERENCES:
            file.refuse("D48", **told)
        elif rule == "D38" and count >= MONTH_FIRST_ROWS:
            staged = file.contract.column(column).staged_name
            filled = con.execute(f"SELECT count({name(staged)}) FROM {file.table}").fetchone()[0]
            if count >= MONTH_FIRST_SHARE * (filled + count):
                file.refuse("D38", **told)
    con.execute("DELETE FROM finding WHERE feed = ? AND treatment = 'suspect'", [file.feed])


def _judge_keys(con, file: Judged) -> None:
    """D30: exact copies, all but the first; D32: different rows under one key, all of them."""
    if not file.contract.key:
        return
    rows, is_one = con.execute(f"SELECT count(*), min(record_key) = max(record_key) FROM {file.table}").fetchone()
    if rows >= ONE_ROW_REPEATED and is_one:
        file.refuse("one-row-repeated", count=rows)
    values = ", ".join(name(column.staged_name) for column in file.contract.loaded)
    con.execute(
        f"CREATE OR REPLACE TEMP TABLE twice AS WITH sound AS ({file.good()}), "
        f"keys AS (SELECT record_key FROM sound GROUP BY record_key HAVING count(*) > 1) "
        f"SELECT row_number, record_key, hash({values}) AS content FROM sound WHERE record_key IN (SELECT record_key FROM keys)"
    )
    con.execute(
        "INSERT INTO finding WITH judged AS (SELECT row_number, "
        "row_number() OVER (PARTITION BY record_key, content ORDER BY row_number) AS copy, "
        "min(content) OVER (PARTITION BY record_key) <> max(content) OVER (PARTITION BY record_key) AS differs FROM twice) "
        "SELECT ?, row_number, ?, CASE WHEN copy > 1 THEN 'D30' ELSE 'D32' END, 'quarantine_rows' FROM judged "
        "WHERE copy > 1 OR differs",
        [file.feed, None],
    )
    _let_takings_back_stand(con, file)


def _let_takings_back_stand(con, file: Judged) -> None:
    """A row and its own taking back in one file are no contradiction: the later row says so by the contract's mark."""
    mark = file.contract.facts.get("takenBackBy")
    if not mark:
        return
    con.execute(
        f"DELETE FROM finding WHERE feed = ? AND rule = 'D32' AND row_number IN (SELECT row_number FROM {file.table} "
        f"WHERE record_key IN (SELECT record_key FROM {file.table} WHERE row_number IN (SELECT row_number FROM twice) "
        f"GROUP BY record_key HAVING count(DISTINCT {name(mark)}) = 2 AND count(*) = 2 "
        f"AND arg_max({name(mark)}, row_number)))",
        [file.feed],
    )


def _judge_rules(con, file: Judged) -> None:
    """The contract's own rules about single rows; those that need other rows or feeds come later."""
    for rule in file.contract.record_rules:
        if rule.rows is None or rule.needs:
            continue
        condition = rule.rows.replace(":extract_date", f"DATE '{file.extract_date}'")
        rows = [row for (row,) in con.execute(f"{file.good('row_number')} AND ({condition}) ORDER BY 1").fetchall()]
        if not rows:
            continue
        if rule.outcome == "reject_file":
            file.refuse(rule.rule, rows=rows[:100], columns=list(rule.columns), count=len(rows))
        elif rule.outcome in ("quarantine_rows", "accept_with_warning"):
            add_findings(con, file, [(row, rule.rule) for row in rows], rule.outcome, rule.columns[0])


def quarantined(con, file: Judged) -> int:
    """Distinct rows put into quarantine so far."""
    return con.execute(
        "SELECT count(DISTINCT row_number) FROM finding WHERE feed = ? AND treatment = 'quarantine_rows'", [file.feed]
    ).fetchone()[0]


def hold_to_limits(con, file: Judged) -> None:
    """Refuse a file that would lose too many rows: more than so many and more than such a share (section 7)."""
    limits, count = file.contract.limits, quarantined(con, file)
    if count > limits.quarantine_rows and count > limits.quarantine_share * file.received:
        file.refuse("too-many-rows", count=count)
    elif limits.never_empty and count and count + sum(file.dropped.values()) >= file.received:
        file.refuse("nothing-left", count=count)
