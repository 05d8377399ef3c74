"""Writes a receipt as a page and a table a supplier can be sent as they are: what happened, what to do, by when.

Counts, rules, row numbers and agreed column names; never a value. Both files need nothing else and may lie open.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from fairview.contracts.catalogue import Catalogue
from fairview.domain import periods
from fairview.intake.receipts import REFUSALS, Fault, FileReceipt, Receipt
from fairview.intake.rules import NAMED_ROWS, RULES, told_of
from fairview.store import durable

_COLUMNS = (
    "source", "extract_date", "delivery", "feed", "file", "outcome", "received", "staged", "quarantined", "dropped",
    "rejected", "rule", "what_happens", "count", "column", "row", "what_is_wrong", "what_to_do", "by_when",
)  # fmt: skip
# A spreadsheet takes a cell that begins so for a formula (house rule 63).
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
WORDS = {
    "accept": "accepted",
    "accept_with_warning": "accepted, with a remark",
    "blank_value": "accepted, some values left out",
    "quarantine_rows": "accepted, some rows kept out",
    "reject_file": "refused",
    "reject_delivery": "whole delivery refused",
}
# What a fault does to a file, in the order a supplier should read it.
_HEADINGS = {
    "reject_delivery": "Refused: nothing of the delivery was loaded",
    "reject_file": "Refused: nothing of this file was loaded",
    "quarantine_rows": "Kept out: these rows were not loaded, the rest was",
    "blank_value": "Left out: the row was loaded without this value",
    "accept_with_warning": "Loaded all the same: please note",
}


@dataclass(frozen=True)
class Task:
    """One thing for the supplier to do: a fault of a file, and by when to put it right."""

    file: FileReceipt | None
    fault: Fault
    by_when: str

    @property
    def wrong(self) -> str:
        return told_of(self.fault.rule).finds

    @property
    def todo(self) -> str:
        return told_of(self.fault.rule).asks

    @property
    def where(self) -> str:
        """Columns and the first rows, in words."""
        fault, parts = self.fault, []
        if fault.columns:
            parts.append(("column " if len(fault.columns) == 1 else "columns ") + ", ".join(fault.columns))
        if fault.positions:
            parts.append("column number " + ", ".join(map(str, fault.positions)))
        if fault.rows:
            named = ", ".join(map(str, fault.rows[:NAMED_ROWS]))
            more = fault.count - len(fault.rows[:NAMED_ROWS])
            rows = "row " if fault.count == 1 else "rows "
            parts.append(rows + named + (f" and {more:,} more (all in the table)" if more > 0 else ""))
        return "; ".join(parts) or "the whole file"


@dataclass(frozen=True)
class Report:
    """A receipt with what its supplier must know besides: who sent, who waits, when the next delivery is due."""

    receipt: Receipt
    sender: str
    waiting: tuple[str, ...]
    next_due: date | None
    stale_on: date | None

    @property
    def is_refused(self) -> bool:
        return self.receipt.outcome in REFUSALS

    def tasks(self, outcome: str) -> list[Task]:
        """What one outcome asks for, file by file."""
        found = [Task(None, Fault(rule, outcome), self._by_when(outcome)) for rule in self._of_all(outcome)]
        own = set(self._of_all(outcome))
        for file in self.receipt.files:
            found += [
                Task(file, fault, self._by_when(outcome))
                for fault in file.faults
                if fault.outcome == outcome and not (outcome == "reject_delivery" and fault.rule in own)
            ]
        return found

    def _of_all(self, outcome: str) -> list[str]:
        """Rules that speak of the delivery as a whole: its refusals, or its remarks beside what files carry themselves."""
        mine = "reject_delivery" if self.receipt.outcome == "reject_delivery" else "accept_with_warning"
        told = {fault.rule for file in self.receipt.files if file.feed is None for fault in file.faults}
        return [rule for rule in self.receipt.rules if rule not in told] if outcome == mine else []

    def _by_when(self, outcome: str) -> str:
        if outcome in REFUSALS:
            return "at once" + (f", at the latest before {_day(self.stale_on)}" if self.stale_on else "")
        if outcome in ("quarantine_rows", "blank_value"):
            return f"with the next delivery, due {_day(self.next_due)}" if self.next_due else "with the next delivery"
        return "from the next delivery on"


def report(receipt: Receipt, catalogue: Catalogue | None = None) -> Report:
    """What a supplier must be told of a receipt. Without a catalogue only what the receipt itself knows."""
    contracts = catalogue.of_source(receipt.source) if catalogue else ()
    waiting: tuple[str, ...] = ()
    if catalogue and receipt.outcome in REFUSALS:
        waiting = tuple(card.title for card in catalogue.services if receipt.source in card.sources)
        blocking = {contract.blocking["rule"] for contract in contracts if contract.blocking}
        if blocking & set(receipt.rules):
            waiting = tuple(card.title for card in catalogue.services)
    sender = contracts[0].document["dataProduct"] if contracts else receipt.source
    day = receipt.extract_date
    if not contracts or not day:
        return Report(receipt, sender, waiting, None, None)
    following = periods.month_end(periods.days_after(day, 1))
    due = periods.working_days_after(following, min(int(contract.sla["latency"]) for contract in contracts))
    # Silence counts from the last extract date anything was taken for: this one, or the month end before.
    counted = day if receipt.outcome != "reject_delivery" else periods.month_end(periods.months_before(day, 1))
    stale = periods.days_after(counted, min(contract.stale_after_days for contract in contracts))
    return Report(receipt, sender, waiting, due, stale)


def write(receipt: Receipt, folder: Path, catalogue: Catalogue | None = None) -> tuple[Path, Path]:
    """Write `<delivery>.html` and `<delivery>.csv` (a line per file, rule, column and row) into a folder; returns both.

    A delivery received again overwrites its own report and no other. Each file is there whole or not at all.
    """
    folder.mkdir(parents=True, exist_ok=True)
    name = receipt.delivery_id or "-".join(filter(None, ("check", receipt.source, f"{receipt.extract_date or ''}")))
    page, table = folder / f"{name}.html", folder / f"{name}.csv"
    whole = report(receipt, catalogue)
    durable.write(page, _page(whole).encode())
    durable.write(table, _table(whole).encode())
    return page, table


def as_page(receipt: Receipt, catalogue: Catalogue | None = None) -> str:
    """The receipt as a page that needs nothing else."""
    return _page(report(receipt, catalogue))


def as_table(receipt: Receipt, catalogue: Catalogue | None = None) -> str:
    """The receipt as comma-separated lines, safe to open in a spreadsheet."""
    return _table(report(receipt, catalogue))


def _page(whole: Report) -> str:
    import jinja2

    environment = jinja2.Environment(
        autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=jinja2.StrictUndefined
    )
    template = Path(__file__).with_name("supplier_report.html.j2").read_text(encoding="utf-8")
    groups = [(heading, outcome, whole.tasks(outcome)) for outcome, heading in _HEADINGS.items()]
    return environment.from_string(template).render(
        report=whole,
        receipt=whole.receipt,
        words=WORDS,
        groups=[group for group in groups if group[2]],
        dropped=_dropped(whole.receipt.files),
        day=_day,
    )


def _dropped(files: Iterable[FileReceipt]) -> list[tuple[str, str, int]]:
    """File, row rule and rows of what was left unread, as agreed: nobody's fault, but part of the account."""
    return [
        (file.file or "", rule, count) for file in files for rule, count in file.rules.items() if rule not in RULES and file.dropped
    ]  # fmt: skip


def _table(whole: Report) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(_COLUMNS)
    tasks = [task for outcome in _HEADINGS for task in whole.tasks(outcome)]
    for file in [None, *whole.receipt.files]:
        about = [task for task in tasks if task.file is file]
        if file is None and not about:
            continue
        for task in about or [None]:
            for column, row in _places(task):
                writer.writerow([_safe(value) for value in (*_head(whole.receipt, file), *_told(task, column, row))])
    return text.getvalue()


def _places(task: Task | None) -> list[tuple[str, object]]:
    """Column and row of every place a fault was found in; one place for a fault of the whole file."""
    if task is None:
        return [("", "")]
    columns = [*task.fault.columns, *(f"number {position}" for position in task.fault.positions)] or [""]
    return [(column, row) for column in columns for row in task.fault.rows or ("",)]


def _head(receipt: Receipt, file: FileReceipt | None) -> tuple:
    whole = (receipt.source, receipt.extract_date, receipt.delivery)
    if file is None:
        return (*whole, "", "", WORDS[receipt.outcome], "", "", "", "", "")
    counts = (file.received, file.staged, file.quarantined, file.dropped, file.rejected)
    return (*whole, file.feed, file.file, WORDS[file.outcome], *counts)


def _told(task: Task | None, column: str, row: object) -> tuple:
    if task is None:
        return ("", "", "", "", "", "", "nothing", "")
    fault = task.fault
    return (
        fault.rule,
        _HEADINGS[fault.outcome].split(":")[0].lower(),
        fault.count,
        column,
        row,
        task.wrong,
        task.todo,
        task.by_when,
    )


def _safe(value: object) -> str:
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text


def _day(day: date | None) -> str:
    """A day as a council writes it: 2 November 2026."""
    return f"{day.day} {day:%B %Y}" if day else "not told"
