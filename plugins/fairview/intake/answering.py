"""Writes the receipt of an examined delivery: outcome, counts and sentences, from what the checks found."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal, InvalidOperation
from typing import Any

from fairview.intake import judging
from fairview.intake.doorway import Examined
from fairview.intake.judging import Judged
from fairview.intake.receipts import Fault, FileReceipt, Receipt, gravest
from fairview.intake.rules import sentence

# What a supplier's reader may need of a row list; more rows are counted, not named.
_LISTED_ROWS = 5_000


def receipt(con, found: Examined, delivery_id: str, staged: dict[str, tuple[int, int]]) -> Receipt:
    """The receipt of an examined delivery; `staged` tells rows staged and superseded per loaded feed."""
    name = found.delivery.name
    if found.refusals:
        rules = {rule: 1 for rule, _ in found.refusals}
        messages = tuple(
            sentence(facts.get("file", name), rule, key=facts.get("key")) for rule, facts in found.refusals
        )
        received = {entry.feed: entry.rows for entry in found.manifest.entries} if found.manifest else {}
        files = tuple(
            FileReceipt(
                feed,
                file,
                "reject_delivery",
                received.get(feed or "", 0),
                rules=rules,
                messages=messages,
                faults=tuple(Fault(rule, "reject_delivery") for rule in rules),
            )
            for feed, file in found.known
        )
        return Receipt(
            found.delivery.source,
            found.extract_date,
            found.number,
            delivery_id,
            "reject_delivery",
            files,
            rules,
            messages,
        )
    common = [(rule, name) for rule, _ in found.warnings] + [(rule, file or name) for file, rule in found.strangers]
    files = [_file(con, file, staged.get(file.feed, (0, 0)), [rule for rule, _ in common]) for file in found.files]
    files += [
        FileReceipt(
            contract.feed,
            file,
            "reject_file",
            rules={rule: 1},
            messages=(sentence(file, rule),),
            faults=(Fault(rule, "reject_file"),),
        )
        for contract, file, rule in found.absent
    ]
    files += [
        FileReceipt(
            None,
            file,
            "accept_with_warning",
            rules={rule: 1},
            messages=(sentence(file or name, rule),),
            faults=(Fault(rule, "accept_with_warning"),),
        )
        for file, rule in found.strangers
    ]
    rules: dict[str, int] = {}
    for rule, _ in common:
        rules[rule] = rules.get(rule, 0) + 1
    outcome = gravest([file.outcome for file in files] + (["accept_with_warning"] if common else []))
    messages = tuple(sentence(about, rule) for rule, about in common)
    return Receipt(
        found.delivery.source, found.extract_date, found.number, delivery_id, outcome, tuple(files), rules, messages
    )


def _file(con, file: Judged, staged: tuple[int, int], common: list[str]) -> FileReceipt:
    faults = [_fault(rule, "reject_file", facts) for rule, facts in file.refusals]
    if file.is_typed:
        faults += [
            Fault(rule, treatment, count, tuple(rows), (column,) if column else ())
            for rule, column, treatment, count, rows in _findings(con, file)
        ]
    faults += [_fault(rule, "accept_with_warning", facts) for rule, facts in file.warnings]
    receipt = FileReceipt(
        feed=file.feed,
        file=file.name,
        outcome=gravest(
            [fault.outcome for fault in faults] + ([] if file.is_refused else ["accept_with_warning"] * bool(common))
        ),
        received=file.received,
        rules=_counted(con, file, faults, [] if file.is_refused else common),
        messages=tuple(
            sentence(file.name, one.rule, one.rows, one.columns, one.count, one.positions) for one in faults
        ),
        faults=tuple(faults),
        control=_control(file),
    )
    if file.is_refused:
        return receipt
    return replace(
        receipt,
        staged=staged[0],
        quarantined=judging.quarantined(con, file),
        dropped=sum(file.dropped.values()),
        superseded=staged[1],
    )


def _fault(rule: str, outcome: str, facts: dict[str, Any]) -> Fault:
    rows, positions = tuple(facts.get("rows") or ()), tuple(facts.get("positions") or ())
    return Fault(
        rule, outcome, facts.get("count") or len(rows) or 1, rows, tuple(facts.get("columns") or ()), positions
    )


def _counted(con, file: Judged, faults: list[Fault], common: list[str]) -> dict[str, int]:
    """Rows per rule, a row once though several of its columns break the rule; 1 where a rule speaks of the whole file."""
    touched = _rows_touched(con, file) if file.is_typed else {}
    rules: dict[str, int] = dict(file.dropped)
    for fault in faults:
        if fault.outcome == "accept_with_warning" and fault.rule not in touched:
            rules[fault.rule] = rules.get(fault.rule, 0) + fault.count
        else:
            rules[fault.rule] = max(rules.get(fault.rule, 0), touched.get(fault.rule, fault.count))
    for rule in common:
        rules[rule] = rules.get(rule, 0) + 1
    return rules


def _control(file: Judged) -> dict[str, str]:
    """The control total and its parts, as text; empty where rows are all that is counted."""
    agreed = file.contract.facts["controlTotal"]
    if not agreed.get("column"):
        return {}
    parts = {part: f"{total:.2f}" if agreed["type"] == "sum" else f"{total:.0f}" for part, total in file.totals.items()}
    if file.is_refused:
        parts = {part: total for part, total in parts.items() if part == "received"}
    declared = {"declared": file.entry.control_value} if _is_figure(file.entry.control_value) else {}
    return {"type": agreed["type"], "column": agreed["column"]} | declared | parts


def _is_figure(text: str) -> bool:
    try:
        return Decimal(text).is_finite()
    except InvalidOperation:
        return False


def _findings(con, file: Judged) -> list[tuple[str, str | None, str, int, list[int]]]:
    """Rule, column, treatment, rows counted and row numbers (the first of them), each row once per rule and column."""
    return con.execute(
        f"SELECT rule, column_name, treatment, count(DISTINCT row_number), "
        f"list(DISTINCT row_number ORDER BY row_number)[:{_LISTED_ROWS}] FROM finding WHERE feed = ? "
        "GROUP BY rule, column_name, treatment ORDER BY rule, column_name",
        [file.feed],
    ).fetchall()


def _rows_touched(con, file: Judged) -> dict[str, int]:
    """Rows per rule, a row once though several of its columns break the rule."""
    query = "SELECT rule, count(DISTINCT row_number) FROM finding WHERE feed = ? GROUP BY rule"
    return dict(con.execute(query, [file.feed]).fetchall())
