"""Who is who: why, training, review, links."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import click

from fairview import walk
from fairview.console.options import json_option, print_table, state_house, state_option


@click.command()
@click.option("--to", "to", required=True, type=click.Path(path_type=Path, dir_okay=False), help="FILE.parquet")
@state_option
def links(to: Path, state: Path | None) -> None:
    """Write which records are one person, for the holder of the vault's key: identifiers of the vault, handle with care."""
    from fairview.identity import links_export

    here = state_house(state)
    count = links_export.export(here.places, here.keyring, here.catalogue, to)
    click.echo(f"{count:,} records written to {to}")


@click.command()
@click.argument("record_a")
@click.argument("record_b")
@state_option
def why(record_a: str, record_b: str, state: Path | None) -> None:
    """Why two records (FEED:KEY, as in a file of links) are, or are not, one person: rules and weights, no values."""
    from fairview.identity import why as identity

    here = state_house(state)
    pair = [part for record in (record_a, record_b) for part in record.partition(":")[::2]]
    found = identity.why(here.places, here.keyring, *pair)
    click.echo(json.dumps(asdict(found), indent=1, default=str))


@click.command(name="train-links")
@click.option("--seed", default=1, show_default=True)
@state_option
def train_links(seed: int, state: Path | None) -> None:
    """Learn the linking model's weights anew from the staged records. A deliberate act: review and commit the file it writes."""
    from fairview.identity import train

    here = state_house(state)
    as_at_on = walk.in_force(here).as_at
    if as_at_on is None:
        raise click.ClickException("nothing has been received yet")
    click.echo(json.dumps(train.train(here.places, here.keyring, as_at_on, seed), indent=1, default=str))


@click.command()
@json_option
@state_option
def review(as_json: bool, state: Path | None) -> None:
    """Links that wait for a person to decide: kind, reason, levels of agreement, no values."""
    from fairview.identity import review as identity

    here = state_house(state)
    rows = identity.listing(here.places, here.keyring)
    if as_json:
        click.echo(json.dumps(rows, indent=1, default=str))
    else:
        print_table(rows, ["item", "kind", "reason", "feed_a", "feed_b", "weight", "evidence", "raised_on"])


COMMANDS = (links, why, train_links, review)
