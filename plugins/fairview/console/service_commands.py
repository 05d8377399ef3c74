"""A service's published tables, for whoever holds its key."""

from __future__ import annotations

import json
from pathlib import Path

import click

from fairview.console.options import (
    json_option,
    key_option,
    now,
    print_rows,
    service_argument,
    service_key,
    state_option,
    state_places,
)
from fairview.contracts.catalogue import catalogue


@click.command()
@service_argument
@key_option
@json_option
@state_option
def tables(service: str, key: Path | None, as_json: bool, state: Path | None) -> None:
    """The published tables of SERVICE: rows, role, as-at date."""
    from fairview.publication import tables as publication

    where = state_places(state)
    rows = publication.tables(where, catalogue(), service, service_key(where, service, key))
    print_rows(rows, ["table", "role", "rows", "as_at", "description"], as_json)


@click.command()
@service_argument
@click.argument("table")
@click.option(
    "--to", "to", required=True, type=click.Path(path_type=Path, dir_okay=False), help="FILE.parquet or FILE.csv"
)
@key_option
@state_option
def export(service: str, table: str, to: Path, key: Path | None, state: Path | None) -> None:
    """Write a published TABLE of SERVICE to a parquet or csv file, for whoever holds the service's key."""
    from fairview.publication import export as publication

    where = state_places(state)
    count = publication.export(where, catalogue(), service, table, to, service_key(where, service, key))
    click.echo(f"{count:,} rows of {service}.{table} written to {to}")


@click.command()
@service_argument
@click.argument("ticket")
@key_option
@state_option
def reveal(service: str, ticket: str, key: Path | None, state: Path | None) -> None:
    """Open what a re-identification TICKET of SERVICE revealed, for whoever holds the service's key."""
    from fairview.governance import reidentification

    where = state_places(state)
    opened = reidentification.open_sealed(where, service, ticket, service_key(where, service, key), now())
    click.echo(json.dumps(opened, indent=1, default=str, ensure_ascii=False))


@click.command()
@service_argument
@click.argument("person_id")
@key_option
@json_option
@state_option
def explain(service: str, person_id: str, key: Path | None, as_json: bool, state: Path | None) -> None:
    """Why SERVICE's row of PERSON_ID is as it is: facts, figures, thresholds, rule versions, arithmetic; for whoever holds the key."""
    from fairview.console.explanation_page import page
    from fairview.publication import explain as publication

    where = state_places(state)
    explained = publication.explain(where, catalogue(), service, person_id, service_key(where, service, key))
    if as_json:
        click.echo(json.dumps(explained.document(), indent=1, default=str, ensure_ascii=False))
        return
    for line in page(explained):
        click.echo(line)


COMMANDS = (tables, export, reveal, explain)
