"""How well a service does, and what other rules would do: calibrate, shadow, monitoring. None of them publishes anything."""

from __future__ import annotations

import shutil
import tempfile
from datetime import date, datetime, timedelta
from pathlib import Path

import click

from fairview import walk
from fairview.console.options import now, print_table, service_argument, state_house, state_option
from fairview.store.places import places

_FIRST_OF_MONTH = 1


@click.command()
@service_argument
@click.option(
    "--outcomes", "outcome_files", required=True, multiple=True, type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="What came later: as_at_on, household_id, outcome; or a truth folder's outcomes_next_6_months.parquet. May be repeated.",
)  # fmt: skip
@click.option(
    "--to",
    "to",
    required=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="A new folder for the proposed pack.",
)
@click.option(
    "--deliveries", type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Past deliveries, walked again in a scratch state, for outcomes of earlier dates than the one published.",
)  # fmt: skip
@click.option(
    "--valid-from",
    type=click.DateTime(["%Y-%m-%d"]),
    help="First day of the proposed points; default: the next month's first.",
)
@state_option
def calibrate(
    service: str,
    outcome_files: tuple[Path, ...],
    to: Path,
    deliveries: Path | None,
    valid_from: datetime | None,
    state: Path | None,
) -> int:
    """Propose points for SERVICE from what came later. Changes nothing: it writes a pack and its before/after card to a folder.

    Exit code 1 when nothing can be proposed; the reason is printed.
    """
    from fairview.evaluation import calibrate as fit
    from fairview.evaluation import outcomes, packs, proposal

    here = state_house(state)
    if service != outcomes.SERVICE:
        raise click.ClickException(
            f"{service} has no points to calibrate: its order is laid down by law and policy, in a decision table a person changes"
        )
    _, rows = packs.read(packs.home(here.catalogue, service) / proposal.RULES)
    files = outcomes.dates(list(outcome_files))
    rules = packs.in_force(rows, max(files))
    orders = {(row["rule_id"], row["tier_code"]): int(row["tier_order"]) for row in rules}
    learnt = _learn(here, files, orders, deliveries)
    try:
        proposed = fit.propose([learnt[day] for day in sorted(learnt)], rules)
    except fit.NotCalibrated as error:
        click.echo(f"nothing is proposed: {error}")
        return 1
    permitted = _factors(here, service)
    starts = valid_from.date() if valid_from else _next_month(max(files))
    proposal.write(proposed, here.catalogue, to, starts, permitted)
    click.echo((to / "card.md").read_text(encoding="utf-8"))
    click.echo(
        f"{len(proposed.changed)} of {len(proposed.tiers)} tiers would change; the proposal is in {to}. Nothing else was touched."
    )
    return 0


def _factors(here: walk.House, service: str) -> list[str]:
    """Feed columns the points rest on, followed through the compiled models. Raises DeclarationError when one is not permitted."""
    from fairview.governance import lineage
    from fairview.store import scratch
    from fairview.transformation import dbt

    with scratch.folder(here.places, "calibrate") as folder:
        manifest = lineage.read_manifest(dbt.compiled_manifest(here.catalogue, here.places, folder))
    return lineage.factors(
        here.catalogue, lineage.dependences(here.catalogue, manifest), service, "household_indicators", "points"
    )


def _next_month(day: date) -> date:
    return (day.replace(day=_FIRST_OF_MONTH) + timedelta(days=32)).replace(day=_FIRST_OF_MONTH)


def _learn(here: walk.House, files: dict, orders: dict, deliveries: Path | None) -> dict:
    """Snapshots by date: the published one, and earlier ones from past deliveries walked in a scratch state with the same keys."""
    from fairview.evaluation import outcomes

    warehouse = walk.generations.current(here.places, walk.WAREHOUSE)
    published = date.fromisoformat(warehouse.manifest["as_at"]) if warehouse else None
    learnt = {}
    if published in files and walk.generations.current(here.places, outcomes.SERVICE):
        learnt[published] = outcomes.learn(here.places, here.keyring, files[published], orders)
    missing = sorted(set(files) - set(learnt))
    if not missing:
        return learnt
    if deliveries is None:
        raise click.ClickException(
            f"nothing is published as at {', '.join(map(str, missing))}: marts keep no history; name the past --deliveries"
        )
    folder = Path(tempfile.mkdtemp(prefix="calibrate-", dir=here.places.work))
    try:
        again = walk.house(here.catalogue, places(folder / "state", here.places.keys))
        for day in sorted(path for path in deliveries.glob("????-??-??") if path.is_dir()):
            if not missing or day.name > max(missing).isoformat():
                break
            click.echo(f"walking {day.name} in a scratch state")
            walk.deliver(again, day, now)
            as_at = walk.in_force(again).as_at
            if as_at in missing:
                learnt[as_at] = outcomes.learn(again.places, again.keyring, files[as_at], orders)
                missing.remove(as_at)
    finally:
        shutil.rmtree(folder)
    if missing:
        raise click.ClickException(f"no delivery as at {', '.join(map(str, missing))} under {deliveries.name}")
    return learnt


@click.command()
@service_argument
@click.option(
    "--pack",
    required=True,
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Folder of the proposed seeds.",
)
@state_option
def shadow(service: str, pack: Path, state: Path | None) -> None:
    """Run a proposed rule pack beside the live one: who would enter or leave SERVICE's list, in totals by group. Publishes nothing."""
    from fairview.evaluation import shadow as evaluation

    here = state_house(state)
    found = evaluation.cast(here.places, here.keyring, here.catalogue, service, pack)
    click.echo(
        f"{service} as at {found.as_at}, with {', '.join(found.files)} as proposed. Counts under 10 hidden, the rest rounded to 5.\n"
    )
    print_table(
        [{"group": f"{one.attribute}: {one.group}".removeprefix(": "), "stays": one.stays, "enters": one.enters, "leaves": one.leaves}
         for one in found.moved],
        ["group", "stays", "enters", "leaves"],
    )  # fmt: skip


@click.command()
@service_argument
@state_option
def monitoring(service: str, state: Path | None) -> None:
    """Who SERVICE reaches, by sex, ethnic group, age band and tenure: totals, kept in the vault's monitoring store."""
    from fairview.evaluation import desk, ranking
    from fairview.evaluation import monitoring as store
    from fairview.store import locks

    here = state_house(state)
    with desk.desk(here.places, here.keyring, [service]) as con:
        as_at = date.fromisoformat(walk.generations.current(here.places, walk.WAREHOUSE).manifest["as_at"])
        store.gather(con, here.catalogue)
        found = store.totals(con, service, *ranking.LISTS[service])
    with locks.hold(here.places, "vault"):
        store.keep(here.places, here.keyring, service, as_at, found)
    click.echo(
        f"{service} as at {as_at}: everybody the council knows, and those on the list. Counts under 10 hidden, the rest rounded to 5.\n"
    )
    rows = [
        {"group": f"{one.attribute}: {one.group}", "people": one.people, "on the list": one.listed} for one in found
    ]
    print_table(rows, ["group", "people", "on the list"])


COMMANDS = (calibrate, shadow, monitoring)
