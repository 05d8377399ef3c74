"""Who is who: why, training, the review queue and its decisions, what runs changed, letting a stopped run through."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from datetime import datetime
from pathlib import Path

import click

from fairview import walk
from fairview.console.options import json_option, now, print_rows, print_table, state_house, state_option
from fairview.identity import naming
from fairview.identity.acts import acts


def _by(act: str):
    roles = ", ".join(acts().permitted(act))
    return click.option("--by", required=True, help=f"Your role, not your name: {roles}.")


_codes = ", ".join(acts().reasons)
_reason = click.option(
    "--reason", required=True, help=f"A declared reason ({_codes}) or words; words stay in the vault."
)
_page = click.option("--page", default=1, show_default=True, type=click.IntRange(1), help="Which page.")
_most = click.option("--most", default=50, show_default=True, type=click.IntRange(1), help="Rows on a page.")


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
@click.option(
    "--chart", is_flag=True, help="Also write Splink's waterfall chart, a page readable offline, beside the vault."
)
@click.option(
    "--to", "to", type=click.Path(path_type=Path, dir_okay=False), help="Write the chart to FILE.html instead."
)
@json_option
@state_option
def why(record_a: str, record_b: str, chart: bool, to: Path | None, as_json: bool, state: Path | None) -> None:
    """Why two records (FEED:KEY, as in a file of links) are, or are not, one person: rules and weights, no values."""
    here = state_house(state)
    _explain(here, (*naming.parse(record_a), *naming.parse(record_b)), chart or to is not None, to, as_json)


def _explain(here, pair: tuple[str, str, str, str], chart: bool, to: Path | None, as_json: bool) -> None:
    from fairview.identity import why as identity

    found = identity.why(here.places, here.keyring, *pair)
    click.echo(json.dumps(asdict(found), indent=1, default=str) if as_json else identity.told(found))
    if chart:
        written = identity.waterfall(here.places, here.keyring, *pair, to)
        click.echo(
            f"Chart: {written}" if written else "No chart: nothing between these two was ever scored.", err=as_json
        )


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


@click.group(invoke_without_command=True)
@click.option("--kind", type=click.Choice(["uncertain", "conflict", "tie"]), help="Only items of this kind.")
@click.option("--feed", help="Only items with a record of this feed.")
@_most
@_page
@json_option
@state_option
@click.pass_context
def review(
    context: click.Context, kind: str | None, feed: str | None, most: int, page: int, as_json: bool, state: Path | None
) -> None:
    """Links that wait for a person to decide: kind, reason, levels of agreement, no values. `review show ITEM` tells one."""
    if context.invoked_subcommand:
        return
    from fairview.identity import review as identity

    here = state_house(state)
    rows = identity.listing(here.places, here.keyring, kind, feed, most, (page - 1) * most)
    if as_json:
        click.echo(json.dumps(rows, indent=1, default=str))
        return
    shown = [row | {"feeds": " and ".join(row["feeds"]), "agreement": _agreement(row["evidence"])} for row in rows]
    print_table(shown, ["item", "kind", "reason", "feeds", "weight", "agreement", "raised_on"])
    counts = identity.waiting(here.places, here.keyring)
    click.echo(
        f"{sum(counts.values())} wait: " + (", ".join(f"{count} {name}" for name, count in counts.items()) or "none")
    )


def _agreement(evidence: dict[str, str]) -> str:
    return "; ".join(f"{name.replace('_', ' ')}: {level}" for name, level in evidence.items() if level != "not told")


@review.command()
@click.argument("item")
@click.option("--chart", is_flag=True, help="Also write Splink's waterfall chart beside the vault.")
@click.option(
    "--values",
    is_flag=True,
    help="Show the two records to the holder of the vault's key, on a terminal only; goes into the ledger.",
)
@click.option("--by", help="With --values: your role.")
@json_option
@state_option
def show(item: str, chart: bool, values: bool, by: str | None, as_json: bool, state: Path | None) -> None:
    """One ITEM of the queue: the evidence for and against as levels and weights; no value unless --values."""
    from fairview.identity import review as identity

    here = state_house(state)
    first, second = identity.records_of(here.places, here.keyring, item)
    _explain(here, (*first, *second), chart, None, as_json)
    if not values:
        return
    if not sys.stdout.isatty():
        raise click.ClickException("values are shown on a terminal only, never into a file or a pipe")
    rows = identity.values(here.places, here.keyring, here.catalogue, item, by or "", now())
    print_table(rows, ["column", "first", "second"])


def _verdict(must_link: bool, must_not_link: bool) -> str:
    if must_link == must_not_link:
        raise click.UsageError("say one of --must-link and --must-not-link")
    return "must_link" if must_link else "must_not_link"


@click.command()
@click.argument("about", nargs=-1, required=True, metavar="ITEM | RECORD_A RECORD_B")
@click.option("--must-link", is_flag=True, help="They are one person.")
@click.option("--must-not-link", is_flag=True, help="They are two people.")
@_by("decide")
@_reason
@state_option
def decide(
    about: tuple[str, ...], must_link: bool, must_not_link: bool, by: str, reason: str, state: Path | None
) -> None:
    """Decide an ITEM of the queue, or two records (FEED:KEY), for good: outlives every run and training, until revoked."""
    if len(about) > 2:
        raise click.UsageError("name one item of the queue, or two records")
    verdict = _verdict(must_link, must_not_link)
    subject = about[0] if len(about) == 1 else tuple(naming.parse(text) for text in about)
    number = walk.decide(state_house(state), verdict, subject, by, reason, now())
    click.echo(
        f"decision {number}: {verdict.replace('_', ' ')}. It takes effect at the next run (fairview relink, or the DAG people)."
    )


@click.command()
@click.argument("decision")
@_by("decide")
@_reason
@state_option
def revoke(decision: str, by: str, reason: str, state: Path | None) -> None:
    """Take a DECISION about links back; it stays on record, and does not hold from the next run on."""
    walk.revoke(state_house(state), decision, by, reason, now())
    click.echo(f"decision {decision} is revoked from the next run on")


@click.command()
@json_option
@state_option
def decisions(as_json: bool, state: Path | None) -> None:
    """Every decision about links ever taken: number, verdict, feeds, role, when; no record and no reason's words."""
    from fairview.identity import review as identity

    here = state_house(state)
    rows = identity.decided(here.places, here.keyring)
    print_rows(
        rows,
        ["decision", "verdict", "feed_a", "feed_b", "decided_by", "decided_at", "withdrawn_by", "withdrawn_at"],
        as_json,
    )


@click.command(name="link-events")
@click.option("--kind", type=click.Choice(["merge", "split", "mint", "retire"]), help="Only events of this kind.")
@click.option("--since", type=click.DateTime(["%Y-%m-%d"]), help="Only as-at dates from this one on.")
@_most
@_page
@json_option
@state_option
def link_events(
    kind: str | None, since: datetime | None, most: int, page: int, as_json: bool, state: Path | None
) -> None:
    """Which people were new, merged, split or gone, run by run, with the rule, weight or decision that caused it. Counts only."""
    from fairview.identity import changes

    here = state_house(state)
    rows = changes.log(here.places, here.keyring, kind, since.date() if since else None, most, (page - 1) * most)
    print_rows(rows, ["as_at", "kind", "people", "records", "reason"], as_json)


@click.command()
@state_option
def relink(state: Path | None) -> int:
    """Link people anew with the decisions taken since, build the warehouse and publish what follows. Exit codes as `deliver`."""
    here = state_house(state)
    if walk.in_force(here).as_at is None:
        raise click.ClickException("nothing has been received yet")
    served = walk.follow(here, now, click.echo)
    return 0 if all(service.published for service in served) else 3


@click.command(name="let-through")
@_by("let_through")
@click.option("--reason", required=True, type=click.Choice(list(acts().reasons)), help="Goes into the public record.")
@state_option
def let_through(by: str, reason: str, state: Path | None) -> None:
    """Let the linking a guard stopped through at its next run: those changes, no more. Goes into the ledger and the public record."""
    entry = walk.let_links_through(state_house(state), by, reason, now())
    told = ", ".join(f"{count} {kind}" for kind, count in entry["counts"].items())
    click.echo(
        f"As at {entry['as_at']}, up to {told} people pass at the next run (fairview relink, or the DAG people)."
    )


@click.group(invoke_without_command=True)
@json_option
@state_option
@click.pass_context
def objections(context: click.Context, as_json: bool, state: Path | None) -> None:
    """Objections whose person is not found: number, services named, since when, and from when these publish nothing."""
    if context.invoked_subcommand:
        return
    rows = [
        {"item": task.item, "services": task.scope or "ALL", "since": task.since, "blocks_from": task.blocks_from}
        for task in walk.objections_waiting(state_house(state), now())
    ]
    print_rows(rows, ["item", "services", "since", "blocks_from"], as_json)
    if not as_json:
        click.echo(f"{len(rows)} wait. Link the right record (fairview decide), or close what is in no other record.")


@objections.command()
@click.argument("item")
@_by("close_objection")
@_reason
@state_option
def close(item: str, by: str, reason: str, state: Path | None) -> None:
    """Close an ITEM: the person was looked for and is in no other record of the council. Goes into the ledger."""
    walk.close_objection(state_house(state), item, by, reason, now())
    click.echo(f"objection {item} is closed; it blocks no service")


COMMANDS = (links, why, train_links, review, decide, revoke, decisions, link_events, relink, let_through, objections)
