"""Writes the receipt of an examined delivery: outcome, counts and sentences, from what the checks found."""

from __future__ import annotations

from typing import Any

from fairview.intake import judging
from fairview.intake.doorway import Examined
from fairview.intake.judging import Judged
from fairview.intake.receipts import FileReceipt, Receipt, gravest
from fairview.intake.rules import sentence

# What a supplier's reader may need of a row list; more rows are counted, not named.
_LISTED_ROWS = 100


def receipt(con, found: Examined, delivery_id: str, staged: dict[str, tuple[int, int]]) -> Receipt:
    """The receipt of an examined delivery; `staged` tells rows staged and superseded per loaded feed."""
    name = found.delivery.name
    if found.refusals:
        rules = {rule: 1 for rule, _ in found.refusals}
        messages = tuple(sentence(facts.get("file", name), rule) for rule, facts in found.refusals)
        received = {entry.feed: entry.rows for entry in found.manifest.entries} if found.manifest else {}
        files = tuple(
            FileReceipt(feed, file, "reject_delivery", received.get(feed or "", 0), rules=rules, messages=messages)
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
        FileReceipt(contract.feed, file, "reject_file", rules={rule: 1}, messages=(sentence(file, rule),))
        for contract, file, rule in found.absent
    ]
    files += [
        FileReceipt(None, file, "accept_with_warning", rules={rule: 1}, messages=(sentence(file or name, rule),))
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
    found = _findings(con, file) if file.is_typed else []
    touched = _rows_touched(con, file) if file.is_typed else {}
    rules: dict[str, int] = dict(file.dropped)
    outcomes, messages = [], []
    for rule, facts in file.refusals:
        outcomes.append("reject_file")
        rules[rule] = max(rules.get(rule, 0), facts.get("count") or len(facts.get("rows") or ()) or 1)
        messages.append(_sentence(file, rule, facts))
    for rule, column, treatment, count, rows in found:
        outcomes.append(treatment)
        rules[rule] = max(rules.get(rule, 0), touched[rule])
        messages.append(_sentence(file, rule, {"rows": rows, "count": count, "columns": [column] if column else []}))
    for rule, facts in file.warnings:
        outcomes.append("accept_with_warning")
        rules[rule] = rules.get(rule, 0) + (facts.get("count") or len(facts.get("rows") or ()) or 1)
        messages.append(_sentence(file, rule, facts))
    if not file.is_refused:
        for rule in common:
            outcomes.append("accept_with_warning")
            rules[rule] = rules.get(rule, 0) + 1
    if file.is_refused:
        return FileReceipt(
            file.feed, file.name, gravest(outcomes), file.received, rules=rules, messages=tuple(messages)
        )
    return FileReceipt(
        feed=file.feed,
        file=file.name,
        outcome=gravest(outcomes),
        received=file.received,
        staged=staged[0],
        quarantined=judging.quarantined(con, file),
        dropped=sum(file.dropped.values()),
        superseded=staged[1],
        rules=rules,
        messages=tuple(messages),
    )


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


def _sentence(file: Judged, rule: str, facts: dict[str, Any]) -> str:
    return sentence(file.name, rule, facts.get("rows") or (), facts.get("columns") or (), facts.get("count"))
