"""What was received and what a supplier may ask: receipts, quarantine, the self-check."""

from __future__ import annotations

import json
from pathlib import Path

import click

from fairview import walk
from fairview.console.options import json_option, print_table, state_house, state_option
from fairview.contracts.catalogue import catalogue


@click.command()
@json_option
@state_option
def receipts(as_json: bool, state: Path | None) -> None:
    """What was received, per delivery and file: outcome, rows received, staged, quarantined, dropped, rules."""
    from fairview.intake import receipts as intake

    here = state_house(state)
    rows = intake.read(here.places, here.keyring)
    if as_json:
        click.echo(json.dumps(rows, indent=1, default=str))
        return
    for row in rows:
        row["rules"] = " ".join(f"{rule}:{count}" for rule, count in (row.get("rules") or {}).items())
    print_table(
        rows,
        [
            "source",
            "extract_date",
            "delivery",
            "file",
            "outcome",
            "received",
            "staged",
            "quarantined",
            "dropped",
            "rules",
        ],
    )


@click.command()
@click.argument("path", type=click.Path(exists=True, path_type=Path))
@json_option
def check(path: Path, as_json: bool) -> int:
    """Tell a supplier what would happen to a FILE or DELIVERY, without vault or keys."""
    from fairview.intake import check as intake

    checked = intake.check(path, catalogue())
    files = [file for receipt in checked for file in receipt.files]
    rows = [{"file": f.file, "outcome": f.outcome, "received": f.received, "rules": " ".join(f.rules)} for f in files]
    messages = [m for receipt in checked for m in (*receipt.messages, *(m for f in receipt.files for m in f.messages))]
    if as_json:
        click.echo(json.dumps({"files": rows, "messages": messages}, indent=1))
    else:
        print_table(rows, ["file", "outcome", "received", "rules"])
        for message in messages:
            click.echo(message)
    return 4 if any(walk.is_refused(receipt) for receipt in checked) else 0


@click.command()
@json_option
@state_option
def quarantine(as_json: bool, state: Path | None) -> None:
    """Rows in quarantine by delivery, file, row, column and rule; never a value."""
    from fairview.intake import quarantine as intake

    here = state_house(state)
    rows = intake.listing(here.places, here.keyring)
    if as_json:
        click.echo(json.dumps(rows, indent=1, default=str))
    else:
        print_table(rows, ["source", "extract_date", "delivery", "file", "row", "column", "rule"])


COMMANDS = (receipts, check, quarantine)
