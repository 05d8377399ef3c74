"""What was received and what a supplier may ask: receipts, quarantine, the self-check, forgetting."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

import click

from fairview import walk
from fairview.console.options import json_option, now, print_rows, print_table, state_house, state_option
from fairview.contracts.catalogue import catalogue
from fairview.errors import FairviewError

_DAY = click.DateTime(["%Y-%m-%d"])


@click.command()
@json_option
@click.option(
    "--totals", is_flag=True, help="Show the control totals: declared, received, staged, quarantined, dropped."
)
@state_option
def receipts(as_json: bool, totals: bool, state: Path | None) -> None:
    """What was received, per delivery and file: rows received = staged + quarantined + dropped, or the file is refused.

    `superseded` counts rows of earlier deliveries a file took the place of. Control totals stand to the penny with --totals
    and in the JSON. The supplier's report of each delivery lies under the state folder, in reports/SOURCE/.
    """
    from fairview.intake import receipts as intake

    here = state_house(state)
    rows = intake.read(here.places, here.keyring)
    if as_json:
        click.echo(json.dumps(rows, indent=1, default=str))
        return
    for row in rows:
        row["rules"] = " ".join(f"{rule}:{count}" for rule, count in (row.get("rules") or {}).items())
        row["totals"] = intake.in_balance(row["control"])
        row.update({f"control {part}": row["control"].get(part) for part in intake.CONTROL_PARTS})
    counts = ["received", "staged", "quarantined", "dropped", "rejected", "superseded"]
    shown = [f"control {part}" for part in intake.CONTROL_PARTS] if totals else ["totals"]
    about = ["source", "extract_date", "delivery", "file", "outcome"]
    print_table(rows, [*about, *([] if totals else counts), *shown, *([] if totals else ["rules"])])


@click.command()
@click.argument("path", type=click.Path(exists=True, path_type=Path))
@click.option(
    "--report",
    type=click.Path(path_type=Path, file_okay=False),
    help="Also write the page and table a supplier would be sent into this folder.",
)
@json_option
def check(path: Path, report: Path | None, as_json: bool) -> int:
    """Tell a supplier what would happen to a FILE or DELIVERY, without vault or keys.

    PATH is one file under its agreed name, a source's folder, or a folder of several. Nothing is kept. What only the past
    can tell (replay, volume, ties) is not asked. Exit code 0: it would be loaded; 4: a file or delivery would be refused.
    """
    from fairview.intake import check as intake
    from fairview.intake import receipts as door
    from fairview.intake import supplier_report

    checked = intake.check(path, catalogue())
    if not checked:
        raise FairviewError(
            "no delivery was found there: a manifest or a file under its agreed name must lie in the folder"
        )
    written = [
        page for receipt in checked for page in (supplier_report.write(receipt, report, catalogue()) if report else ())
    ]
    lines = [line for receipt in checked for line in door.lines(receipt)]
    said = [m for receipt in checked for m in (*receipt.messages, *(m for f in receipt.files for m in f.messages))]
    messages = list(dict.fromkeys(said))
    if as_json:
        click.echo(json.dumps({"files": lines, "messages": messages}, indent=1))
    else:
        for line in lines:
            line["rules"] = " ".join(f"{rule}:{count}" for rule, count in line["rules"].items())
        print_table(lines, ["source", "file", "outcome", "received", "staged", "quarantined", "dropped", "rules"])
        for message in messages:
            click.echo(message)
        for page in written:
            click.echo(f"written: {page}")
    return 4 if any(walk.is_refused(receipt) for receipt in checked) else 0


@click.command()
@click.option("--source", help="Only this source.")
@click.option("--feed", help="Only this feed.")
@click.option("--rule", help="Only this rule, as D33.")
@click.option("--date", "day", type=_DAY, help="Only this extract date.")
@click.option("--delivery", type=int, help="Only this delivery number.")
@click.option("--count", "summed", is_flag=True, help="Count rows per file, column and rule instead of listing them.")
@json_option
@state_option
def quarantine(source, feed, rule, day: datetime | None, delivery, summed, as_json: bool, state: Path | None) -> None:
    """Rows in quarantine by delivery, file, row, column and rule; never a value.

    A corrected delivery of the same date clears its rows; so does the next snapshot. What nobody corrects is destroyed when
    its contract says so (quarantineRetention).
    """
    from fairview.intake import quarantine as intake

    here = state_house(state)
    rows = intake.listing(here.places, here.keyring, source, feed, rule, day.date() if day else None, delivery)
    columns = ["source", "extract_date", "delivery", "file", "row", "column", "rule"]
    if summed:
        rows, columns = intake.counted(rows), [*(name for name in columns if name != "row"), "rows"]
    print_rows(rows, columns, as_json)


@click.command()
@state_option
def forget(state: Path | None) -> None:
    """Destroy what is past the time its contract gives it: landing copies and quarantined rows. The ledger counts them."""
    here = state_house(state)
    for what, count in walk.forget(here, now()).items():
        click.echo(f"{what}: {count:,}")


COMMANDS = (receipts, check, quarantine, forget)
