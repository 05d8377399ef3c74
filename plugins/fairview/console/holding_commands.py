"""What is held for a person, and the person's answer from a terminal, where Airflow is not at hand."""

from __future__ import annotations

import json
from pathlib import Path

import click

from fairview import walk
from fairview.console.options import json_option, now, print_table, service_argument, state_house, state_option
from fairview.errors import Blocked
from fairview.publication import holding


@click.command()
@json_option
@state_option
def holds(as_json: bool, state: Path | None) -> None:
    """Candidates that wait for a person's decision, with the figures to decide by."""
    here = state_house(state)
    found = holding.holds(here.places, here.catalogue)
    if as_json:
        rows = [
            {"service": one.service, "generation": one.generation, "since": one.since, "until": one.until, "decision": one.decision,
             "questions": [{"table": table, "why": why, "figures": dict(figures)} for table, why, figures in one.question()]}
            for one in found
        ]  # fmt: skip
        click.echo(json.dumps(rows, indent=1))
        return
    if not found:
        click.echo("Nothing waits for a decision.")
    for one in found:
        click.echo(f"{one.service} {one.generation}: {one.decision or 'waits'}, to be decided by {one.until}")
        for table, why, figures in one.question():
            click.echo(f"\n  {table}: this is not so: {why}")
            print_table([{"": f"    {what}", "figure": figure} for what, figure in figures], ["", "figure"])
        click.echo(f"\n  fairview approve {one.service} --by NAME --reason WHY   publishes it")
        click.echo(f"  fairview refuse {one.service} --by NAME --reason WHY    leaves what is published as it is")


def _decide(service: str, decision: str, by: str, reason: str, state: Path | None) -> walk.Served:
    here = state_house(state)
    waiting = [one for one in holding.holds(here.places, here.catalogue) if one.service == service]
    if not waiting:
        raise Blocked(f"no candidate of {service} waits for a decision")
    candidate = walk.candidate(here, service, waiting[-1].generation)
    walk.decide_hold(here, service, candidate, decision, by, reason, now())
    served = walk.publish(here, service, candidate, now())
    walk.write_record(here, now())
    return served


_by = click.option("--by", required=True, help="Who decides; it goes into the ledger.")
_reason = click.option(
    "--reason", required=True, help="Why, in a sentence; no word about a person. It goes into the ledger."
)


@click.command()
@service_argument
@_by
@_reason
@state_option
def approve(service: str, by: str, reason: str, state: Path | None) -> int:
    """Publish the candidate of SERVICE that waits for a decision."""
    served = _decide(service, holding.APPROVED, by, reason, state)
    click.echo(
        f"{service}: published {served.generation}" if served.published else f"{service}: {'; '.join(served.reasons)}"
    )
    return 0 if served.published else 3


@click.command()
@service_argument
@_by
@_reason
@state_option
def refuse(service: str, by: str, reason: str, state: Path | None) -> int:
    """Leave what SERVICE has published as it is; the candidate that waits is not published."""
    served = _decide(service, holding.REFUSED, by, reason, state)
    click.echo(f"{service}: not published; what was published before stays")
    return 3 if served.published else 0


COMMANDS = (holds, approve, refuse)
