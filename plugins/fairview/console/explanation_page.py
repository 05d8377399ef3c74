"""An explanation as a page of plain text: what an officer reads, checks with a pencil and can tell the resident."""

from __future__ import annotations

import textwrap
from datetime import date
from decimal import Decimal
from typing import Any

from fairview.publication.decisions import pounds
from fairview.publication.explain import Explanation

_WIDTH = 110
_COMPARISONS = {">=": "at least", ">": "more than", "<=": "at most", "<": "less than"}
# Said elsewhere on the page, or of use to a machine alone.
_NOT_IN_THE_ROW = ("household_id", "person_id", "as_at_on", "reasons")


def page(explained: Explanation) -> list[str]:
    """The page, line by line."""
    lines = [
        f"{explained.title}: why the row of {explained.person_id} is as it is",
        f"Everything as at {_words(explained.as_at_on)}. "
        + (
            "The rule packs here are those it was computed with."
            if explained.is_same_rule_pack
            else "THE RULE PACKS HERE WERE CHANGED SINCE: what the row itself says holds, the rest may differ."
        ),
    ]
    lines += _heading("The row" if explained.is_listed else "Not on the list")
    lines += _pairs(
        {
            name: value
            for name, value in explained.row.items()
            if name not in _NOT_IN_THE_ROW and f"{name.removesuffix('_code')}_label" not in explained.row
        }
    )
    lines += _heading("The rules met")
    for number, rule in enumerate(explained.rules, start=1):
        lines += _rule(number, rule)
    if not explained.rules:
        lines.append("None.")
    if explained.circumstances:
        lines += _heading("Besides, for the offer of help")
        lines += [_figure({k: v for k, v in figure.items() if v is not None}) for figure in explained.circumstances]
    lines += _heading("How they become the row")
    lines += [line for sentence in explained.decision for line in _wrapped(f"- {sentence}", hang=2)]
    for table, rows in explained.facts.items():
        if rows:
            lines += _heading(f"Facts: {_title(table)}")
            lines += _table(rows)
    if explained.chronology:
        lines += _heading("What happened, oldest first")
        lines += [f"{_words(event['event_on']):<20} {_event(event)}" for event in _in_order(explained.chronology)]
    return lines


def _rule(number: int, rule: dict[str, Any]) -> list[str]:
    points = rule.get("points")
    name = rule.get("rule_name") or rule["name"] or rule["rule_id"]
    title = f"{number}. {name} ({rule['rule_id']})"
    scored = "" if points is None else "direct referral" if rule.get("is_direct_referral") else f"{points} points"
    lines = [f"{title:<{_WIDTH - 16}}{scored:>16}".rstrip()]
    lines += _wrapped(rule["sentence"], indent=3) if rule["sentence"] else []
    figures = [{name: value for name, value in figure.items() if value is not None} for figure in rule["figures"]]
    lines += [f"   {_figure(figure)}" for figure in figures]
    if rule["working"]:
        lines += _wrapped(f"Worked out: {rule['working']}.", indent=3, hang=2)
    lines += _wrapped(f"Held against the rule: {_test(rule)}", indent=3, hang=2)
    since = f"version {rule['rule_version']}, in force since {_day(rule['valid_from'])}"
    until = f" to {_day(rule['valid_to'])}" if (rule["valid_to"] or "2099-12-31") < "2099-12-31" else ""
    lines += _wrapped(
        f"Rests on: {rule['parent']} [{rule['evidence_grade']}]; {since}{until}; owner {rule['owner']}.", 3, 2
    )
    return [*lines, ""]


def _figure(figure: dict[str, Any]) -> str:
    label = figure["figure_label"] + (f" ({figure['debt_id']})" if "debt_id" in figure else "")
    told = [pounds(figure["amount_pence"])] if "amount_pence" in figure else []
    told += [f"{figure['figure_days']} days"] if "figure_days" in figure else []
    if "reported_on" in figure:
        told += [f"began {_words(figure['began_on'])}, reported {_words(figure['reported_on'])}"]
        told += [f"place {figure['place_number']}"] if "place_number" in figure else []
    told += [_words(figure["figure_on"])] if "figure_on" in figure else []
    return f"{label + ' ':.<54} {', '.join(told) or 'yes'}"


def _test(rule: dict[str, Any]) -> str:
    fact, threshold = rule["fact_value"], rule.get("threshold_value")
    if threshold is None or not rule["comparison"]:
        return f"{_measured(fact, None)}, and the rule asks only that it is so: met."
    asked = f"{_COMPARISONS.get(rule['comparison'], rule['comparison'])} {_measured(threshold, rule.get('unit_code'))}"
    if rule.get("threshold_unit") == "days":
        asked += " days"
        if not str(fact).isdigit():  # told in words; the days follow from the dates
            return f"the rule asks for {asked}: met."
    unit = rule.get("unit_code")
    label = f" {rule['unit_label']}" if rule.get("unit_label") and unit not in ("PENCE_A_WEEK", "STEP") else ""
    return f"{_measured(fact, unit)}{label}, and the rule asks for {asked}: met."


def _measured(value: Any, unit: str | None) -> str:
    if unit == "PENCE_A_WEEK":
        return f"{pounds(int(value))} a week"
    if unit == "STEP":
        return f"step {int(value)}"
    if isinstance(value, Decimal):
        return f"{value:f}".rstrip("0").rstrip(".") if value == value.to_integral_value() else f"{value:f}"
    return _words(value)


def _in_order(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(events, key=lambda event: (event["event_on"], event.get("event_number") or 0))


def _event(event: dict[str, Any]) -> str:
    about = event.get("debt_id") or event.get("incident_id")
    detail = event.get("detail_label")
    amount = event.get("amount_pence")
    told = [event["event_label"], *([detail] if detail else []), *([pounds(amount)] if amount is not None else [])]
    told += [f"score {event['risk_score']}"] if event.get("risk_score") is not None else []
    return ", ".join(told) + (f" ({about})" if about else "")


def _heading(words: str) -> list[str]:
    return ["", words, "-" * len(words)]


def _pairs(row: dict[str, Any]) -> list[str]:
    lines = []
    for name, value in row.items():
        first, *rest = textwrap.wrap(_value(name, value), _WIDTH - 36) or ["–"]
        lines += [f"{_title(name):<34}  {first}", *(f"{'':<36}{line}" for line in rest)]
    return lines


def _table(rows: list[dict[str, Any]]) -> list[str]:
    """Aligned columns where they fit, else a paragraph a row; columns without any value are left out."""
    names = [name for name in rows[0] if any(row[name] not in (None, False) for row in rows)]
    cells = [[_value(name, row[name]) for name in names] for row in rows]
    heads = [_title(name) for name in names]
    widths = [max(len(head), *(len(line[n]) for line in cells)) for n, head in enumerate(heads)]
    if sum(widths) + 2 * len(widths) <= _WIDTH + 10:
        return [
            "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
            for line in [heads, *cells]
        ]
    lines: list[str] = []
    for row in rows:
        told = [_phrase(name, row[name]) for name in names if row[name] not in (None, False)]
        lines += _wrapped(f"- {'; '.join(told)}", hang=2)
    return lines


def _phrase(name: str, value: Any) -> str:
    """A cell as part of a sentence: a label or a number of its own speaks for itself, a yes is its name."""
    if value is True:
        return _title(name)
    if name.endswith(("_label", "_id")) or name in ("sentence", "ended_facts", "previous_facts"):
        return str(value)
    return f"{_title(name)} {_value(name, value)}"


def _value(name: str, value: Any) -> str:
    if value is not None and name.endswith("_pence"):
        return pounds(value)
    return _words(value)


def _title(name: str) -> str:
    """A column's name as words: `is_joint` is joint, `balance_pence` balance."""
    words = name
    for prefix in ("is_", "has_"):
        words = words.removeprefix(prefix)
    for suffix in ("_pence", "_label", "_on"):
        words = words.removesuffix(suffix)
    return words.replace("_", " ")


def _words(value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, date):
        return f"{value.day} {value:%B %Y}"
    return str(value)


def _day(text: str | None) -> str:
    return _words(date.fromisoformat(text)) if text else "–"


def _wrapped(text: str, indent: int = 0, hang: int = 0) -> list[str]:
    return textwrap.wrap(text, _WIDTH, initial_indent=" " * indent, subsequent_indent=" " * (indent + hang))
