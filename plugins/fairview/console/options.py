"""What the commands of `fairview` share: options, the house opened on a state folder, tables on the terminal.

Only here are clock and environment read.
"""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path

import click

from fairview import walk
from fairview.contracts.catalogue import catalogue
from fairview.errors import KeyMissing
from fairview.store import keys
from fairview.store.places import Places, places


def now() -> datetime:
    """The clock, in UTC."""
    return datetime.now(UTC)


def state_places(state: Path | None) -> Places:
    """Where the state and its keys lie: what was named, else the environment's, else `state/` here."""
    chosen = state or Path(os.environ.get("FAIRVIEW_STATE", "state"))
    key_folder = os.environ.get("FAIRVIEW_KEYS")
    return places(chosen, key_folder)


def state_house(state: Path | None) -> walk.House:
    """The house on that state. Raises KeyMissing."""
    return walk.house(catalogue(), state_places(state))


state_option = click.option(
    "--state",
    type=click.Path(path_type=Path, file_okay=False),
    help="State folder; default FAIRVIEW_STATE, else ./state.",
)
service_argument = click.argument("service", type=click.Choice([card.service for card in catalogue().services]))
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")


def print_table(rows: list[dict], columns: list[str]) -> None:
    """Print rows as aligned columns."""
    cells = [[str("" if row.get(column) is None else row.get(column)) for column in columns] for row in rows]
    widths = [max([len(column), *(len(line[n]) for line in cells)]) for n, column in enumerate(columns)]
    click.echo("  ".join(column.ljust(width) for column, width in zip(columns, widths, strict=True)).rstrip())
    for line in cells:
        click.echo("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())


def print_rows(rows: list[dict], columns: list[str], as_json: bool) -> None:
    """Print rows whole as JSON, or the named columns of them as a table."""
    if as_json:
        click.echo(json.dumps(rows, indent=1, default=str))
    else:
        print_table(rows, columns)


def service_key(here_places: Places, service: str, key: Path | None):
    """The service's own key file when one is named or handed out, else the root's."""
    path = key or here_places.keys / f"{service}.key"
    if not path.exists():
        raise KeyMissing(f"no key file for {service}: ask its key holder, or name it with --key")
    return keys.zone_key_from(path)


key_option = click.option("--key", type=click.Path(path_type=Path, dir_okay=False), help="The service's key file.")
