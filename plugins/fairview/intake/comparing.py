"""Compares a file with the delivery before: replay, volume, blank shares. Knows counts and hashes of the past only."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from fairview.domain import periods
from fairview.intake import casting
from fairview.intake.casting import literal, name
from fairview.intake.judging import Judged

_ROUNDING = 1e-9
# A change of unit shows in more than half of the amounts (specification D46), and never in a handful only.
UNIT_FACTOR, UNIT_SHARE, UNIT_ROWS = 100, 0.5, 5


@dataclass(frozen=True)
class Before:
    """The file of a feed that was in force before this extract date; `earlier` are the hashes of all accepted before it."""

    rows: int
    row_hash: str
    extract_date: date
    covers_to: date | None
    blank_shares: dict[str, float] = field(default_factory=dict, hash=False)
    earlier: frozenset[str] = frozenset()


def blank_shares(con, file: Judged) -> None:
    """Measure the share of blanks per loaded column as sent, over all rows read.

    An open-ended date is no blank, nor is a value that cannot be one; an unknown birth date is. Typed, all are null: the
    first are marked, the second are among the texts looked at again.
    """
    contract = file.contract
    marks = {column.name: casting.open_mark(column) for column, _ in casting.open_ends(contract)}
    asked, excused = [], []
    for column in contract.loaded:
        blank = casting.is_blank(contract, column)
        null = f"{casting.typed(contract, column, file.extract_date)} IS NULL"
        apart = f" AND NOT {name(marks[column.name])}" if column.name in marks else ""
        asked.append("0" if blank == "false" else f"count(*) FILTER (WHERE {name(column.staged_name)} IS NULL{apart})")
        sent = f" AND {name(column.name)} <> {literal(contract.facts['openEnd'])}" if column.name in marks else ""
        excused.append("0" if blank == "false" else f"count(*) FILTER (WHERE {null} AND NOT {blank}{sent})")
    rows, *nulls = con.execute(f"SELECT count(*), {', '.join(asked)} FROM {file.table}").fetchone()
    no_blanks = con.execute(f"SELECT {', '.join(excused)} FROM ({casting.stripped(contract, file.texts)})").fetchone()
    file.blank_shares = {
        column.name: (null - no_blank) / max(rows, 1)
        for column, null, no_blank in zip(contract.loaded, nulls, no_blanks, strict=True)
    }


def compare(file: Judged, before: Before | None) -> None:
    """Refuse what strays too far from the delivery before (section 7); nothing is asked of a first delivery."""
    if before is None:
        return
    contract, limits = file.contract, file.contract.limits
    if file.received and file.row_hash in {before.row_hash, *before.earlier} and not contract.may_repeat(file.received):
        file.refuse("D12")
        return
    if limits.volume_low is not None and file.received < limits.volume_low * before.rows:
        file.refuse("D43")
    if limits.volume_high is not None and file.received > limits.volume_high * before.rows:
        file.refuse("D44")
    if limits.blank_share is not None:
        risen = [
            column
            for column, share in file.blank_shares.items()
            if (rise := share - before.blank_shares.get(column, share)) > limits.blank_share + _ROUNDING
            and rise * file.received >= limits.blank_rows
        ]
        if risen:
            file.refuse("D45", columns=risen)


def compare_units(con, file: Judged) -> None:
    """Refuse a snapshot (D46) in which most amounts are a hundred times, or a hundredth of, those in force under the same keys.

    The feeds that tie to a ledger are judged by that as well; this finds pence for pounds where nothing ties.
    """
    money = [column for column in file.contract.loaded if column.kind == "M"]
    if file.contract.kind != "snapshot" or not file.contract.key or not money or file.is_refused:
        return
    counted = []
    for column in money:
        now, then = f"a.{casting.name(column.staged_name)}", f"b.{casting.name(column.staged_name)}"
        turned = f"{now} = {UNIT_FACTOR} * {then} OR {then} = {UNIT_FACTOR} * {now}"
        both = f"{now} <> 0 AND {then} <> 0"
        counted += [f"count(*) FILTER ({both})", f"count(*) FILTER ({both} AND ({turned}))"]
    row = con.execute(
        f"SELECT {', '.join(counted)} FROM {file.table} AS a JOIN staged.{casting.name(file.feed)} AS b USING (record_key)"
    ).fetchone()
    for column, both, times in zip(money, row[::2], row[1::2], strict=True):
        if times >= UNIT_ROWS and times > UNIT_SHARE * both:
            file.refuse("D46", columns=[column.name], count=times)
            return


def has_gap(file: Judged, before: Before | None) -> bool:
    """Whether events of a period before this file's never arrived."""
    if file.contract.kind != "events" or before is None or before.covers_to is None:
        return False
    return not periods.follows(before.covers_to, file.entry.covers_from)
