"""Who writes what just now, for whoever waits."""

from __future__ import annotations

import json
from pathlib import Path

import click

from fairview.console.options import json_option, print_table, state_option, state_places


@click.command()
@json_option
@state_option
def writers(as_json: bool, state: Path | None) -> None:
    """Who writes the vault, the warehouse or a service just now, and since when. Waits for nobody, opens nothing."""
    from fairview.store import locks

    rows = [locks.describe(holder) for holder in locks.holders(state_places(state))]
    if as_json:
        click.echo(json.dumps(rows, indent=1))
    elif rows:
        print_table(rows, ["zone", "process", "host", "doing", "since", "token"])
    else:
        click.echo("Nobody is writing.")


COMMANDS = (writers,)
