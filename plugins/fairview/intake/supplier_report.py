"""Writes a receipt as a page and a table a supplier can be sent as they are: counts, rules, rows, never a value."""

from __future__ import annotations

import csv
import io
from pathlib import Path

from fairview.intake.receipts import Receipt, lines

_COLUMNS = (
    "source", "extract_date", "delivery", "feed", "file", "outcome", "received", "staged", "quarantined", "dropped",
    "rejected", "rule", "count",
)  # fmt: skip
# A spreadsheet takes a cell that begins so for a formula (house rule 63).
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_PAGE = """<!doctype html>
<html lang="en-GB">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Receipt: {{ receipt.source }}, {{ receipt.extract_date or "undated" }}</title>
<style>
body { font: 1rem/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 72rem; padding: 0 1rem; color: #0b0c0c; }
table { border-collapse: collapse; width: 100%; }
th, td { border-bottom: 1px solid #b1b4b6; padding: .4rem .6rem; text-align: left; vertical-align: top; }
td.number, th.number { text-align: right; font-variant-numeric: tabular-nums; }
caption { text-align: left; font-weight: bold; padding: .5rem 0; }
</style>
</head>
<body>
<main>
<h1>What became of your delivery</h1>
<p>{{ receipt.source }}, extract date {{ receipt.extract_date or "not told" }}, delivery number
{{ receipt.delivery if receipt.delivery is not none else "not told" }}: <strong>{{ words[receipt.outcome] }}</strong>.</p>
{% if receipt.files %}
<table>
<caption>File by file</caption>
<thead><tr><th scope="col">File</th><th scope="col">Outcome</th>
{% for count in counts %}<th scope="col" class="number">{{ count }}</th>{% endfor %}
<th scope="col">Rules</th></tr></thead>
<tbody>
{% for file in receipt.files %}
<tr><th scope="row">{{ file.file or "a file that cannot be named" }}</th><td>{{ words[file.outcome] }}</td>
{% for count in counts %}<td class="number">{{ "{:,}".format(file[count]) }}</td>{% endfor %}
<td>{% for rule, count in file.rules.items() %}{{ rule }}: {{ "{:,}".format(count) }}{{ "" if loop.last else ", " }}{% endfor %}</td></tr>
{% endfor %}
</tbody>
</table>
{% endif %}
<h2>What to do</h2>
{% if messages %}
<ul>
{% for message in messages %}<li>{{ message }}</li>
{% endfor %}
</ul>
{% else %}
<p>Nothing needs doing.</p>
{% endif %}
<p>Rows count from 1 for the header. This page holds no personal data and may be sent on.</p>
</main>
</body>
</html>
"""
_WORDS = {
    "accept": "accepted",
    "accept_with_warning": "accepted with a warning",
    "blank_value": "accepted, some values left out",
    "quarantine_rows": "accepted, some rows kept out",
    "reject_file": "refused",
    "reject_delivery": "the whole delivery refused",
}


def write(receipt: Receipt, folder: Path) -> tuple[Path, Path]:
    """Write `<delivery>.html` and `<delivery>.csv` (one line per file and rule) into a folder; returns both paths."""
    folder.mkdir(parents=True, exist_ok=True)
    name = receipt.delivery_id or "receipt"
    page, table = folder / f"{name}.html", folder / f"{name}.csv"
    page.write_text(as_page(receipt), encoding="utf-8")
    table.write_text(as_table(receipt), encoding="utf-8", newline="")
    return page, table


def as_page(receipt: Receipt) -> str:
    """The receipt as a page that needs nothing else."""
    import jinja2

    messages = list(dict.fromkeys([*receipt.messages, *(text for file in receipt.files for text in file.messages)]))
    environment = jinja2.Environment(
        autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=jinja2.StrictUndefined
    )
    counts = ("received", "staged", "quarantined", "dropped", "rejected")
    return environment.from_string(_PAGE).render(receipt=receipt, messages=messages, words=_WORDS, counts=counts)


def as_table(receipt: Receipt) -> str:
    """The receipt as comma-separated lines, safe to open in a spreadsheet."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(_COLUMNS)
    for line in lines(receipt):
        for rule, count in (line["rules"] or {"": ""}).items():
            row = line | {"rule": rule, "count": count}
            writer.writerow([_safe(row[column]) for column in _COLUMNS])
    return text.getvalue()


def _safe(value: object) -> str:
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text
