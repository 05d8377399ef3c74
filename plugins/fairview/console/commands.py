"""The commands of `fairview`. Thin: read options, call one verb, print its receipt. Themed ones live beside this file."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import click

from fairview import walk
from fairview.console import (
    door_commands,
    evaluation_commands,
    holding_commands,
    link_commands,
    proof_commands,
    service_commands,
    upkeep_commands,
    writer_commands,
)
from fairview.console.options import now, state_house, state_option, state_places
from fairview.contracts.catalogue import catalogue
from fairview.contracts.rules import declared_faults
from fairview.store.places import places


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def cli() -> None:
    """Fairview: an open council data platform. Every command works on one state folder."""


@cli.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@state_option
def deliver(folder: Path, state: Path | None) -> int:
    """Walk every delivery under FOLDER, in date order, through to publication.

    Exit code 0: all published; 3: something blocked at a gate or held for a person; 4: something refused at the door.
    """
    walked = walk.deliver(state_house(state), folder, now, tell=click.echo)
    for receipt in walked.receipts:
        for file in receipt.files:
            for message in file.messages:
                click.echo(f"{receipt.source} {receipt.extract_date}: {message}")
        for message in getattr(receipt, "messages", ()):
            click.echo(f"{receipt.source} {receipt.extract_date}: {message}")
    return walked.exit_code


@cli.command()
@click.option("--format", "form", type=click.Choice(["text", "json", "html"]), default="text")
@state_option
def record(form: str, state: Path | None) -> None:
    """Print the public record: what was received, refused, published or kept back, and the eleven questions answered."""
    from fairview.governance import record as governance

    click.echo(governance.read(state_places(state), form))


@cli.command()
@click.option("--residents", default=5000, show_default=True, type=click.IntRange(100, 1_000_000))
@click.option("--seed", default=1, show_default=True)
@click.option("--months", default=2, show_default=True, type=click.IntRange(1, 12))
@click.option("--to", "to", required=True, type=click.Path(path_type=Path, file_okay=False))
@click.option("--truth", type=click.Path(path_type=Path, file_okay=False), help="Also write who is who, for scoring.")
def demo(residents: int, seed: int, months: int, to: Path, truth: Path | None) -> None:
    """Write deliveries of an invented council, to the feed specification."""
    from fairview.demo.council import write_deliveries

    written = write_deliveries(residents, seed, months, to, truth)
    click.echo(f"{len(written)} deliveries written to {to}")


@cli.command()
@state_option
def ledger(state: Path | None) -> int:
    """Check the ledger's chain and print its head, to be kept elsewhere; exit code 6 when the state is older than it was."""
    from fairview.governance import backups
    from fairview.store import ledger as store

    here = state_house(state)
    click.echo(store.verify(here.places))
    older = backups.rolled_back(here.places, here.keyring)
    for sentence in older:
        click.echo(sentence)
    return 6 if older else 0


@cli.command()
@click.option("--check", "only_check", is_flag=True, help="Change nothing; exit 1 when something is stale.")
def generate(only_check: bool) -> int:
    """Write what follows from the declarations: staging and pseudonymised models, reference pages, lineage."""
    import tempfile

    from fairview.governance import lineage, reference
    from fairview.transformation import dbt, models

    declared = catalogue()
    if not only_check:
        for path in [*models.write(declared), *reference.write(declared)]:
            click.echo(f"written: {path.relative_to(declared.house)}")
    stale = [*models.stale(declared), *reference.stale(declared)]
    with tempfile.TemporaryDirectory() as folder:
        scratch = places(Path(folder) / "state")
        found = lineage.dependences(
            declared, lineage.read_manifest(dbt.compiled_manifest(declared, scratch, Path(folder)))
        )
    faults = lineage.breaches(declared, found)
    page, path = lineage.page(declared, found), declared.house / "docs" / "reference" / "lineage.md"
    if not path.exists() or path.read_text(encoding="utf-8") != page:
        if only_check:
            stale.append(path)
        else:
            path.write_text(page, encoding="utf-8")
            click.echo(f"written: {path.relative_to(declared.house)}")
    for path in stale:
        click.echo(f"stale: {path.relative_to(declared.house)}")
    for fault in faults:
        click.echo(f"purpose: {fault}")
    return 1 if stale or faults else 0


@cli.command()
def validate() -> int:
    """Judge every declaration: the contract standard's schema, sense, cards, suites. Exit 1 when something is wrong."""
    from fairview.contracts.reading import odcs_faults

    declared = catalogue()
    faults = [fault for contract in declared.feeds for fault in odcs_faults(contract.path)]
    faults += declared_faults(declared)
    for fault in faults:
        click.echo(fault)
    click.echo(f"{len(declared.feeds)} feed contracts, {len(declared.services)} service cards, {len(faults)} faults")
    return 1 if faults else 0


@cli.command()
@state_option
def docs(state: Path | None) -> None:
    """Write dbt docs, with lineage from feed to published column, into the state's docs folder."""
    from fairview.transformation import dbt

    here = state_house(state)
    as_at_on = walk.in_force(here).as_at if here.places.vault.exists() else None
    written = dbt.document(
        here.catalogue, here.places, here.keyring, here.places.root / "docs", as_at_on or date(1970, 1, 1)
    )
    click.echo(f"dbt docs: {written[0]}")


@cli.command()
@click.argument("deliveries", required=False, type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option(
    "--residents", default=5000, show_default=True, help="Size of the demo council when no deliveries are given."
)
@click.option("--keep", is_flag=True, help="Leave Airflow running afterwards.")
@state_option
def run(deliveries: Path | None, residents: int, keep: bool, state: Path | None) -> int:
    """Walk deliveries (default: a demo council's) through a real Airflow: scheduler, assets, DAGs. Prints what was published."""
    from fairview.console import airflow_run

    where = state_places(state)
    folder = deliveries
    if folder is None:
        from fairview.demo.council import write_deliveries

        # Beside the state, not in it: these are a supplier's files, identifiers and all.
        folder = where.root.with_name(f"{where.root.name}.demo-{residents}")
        if not folder.exists():
            click.echo(f"No deliveries given: writing those of a demo council of {residents:,} residents.")
            write_deliveries(residents, 1, 2, folder)
    return airflow_run.run(catalogue(), where, folder.resolve(), click.echo, keep=keep)


@cli.command()
@click.option("--port", default=8080, show_default=True)
@state_option
def up(port: int, state: Path | None) -> int:
    """Start Airflow with its web UI in the foreground; says where to log in."""
    from fairview.console import airflow_run

    return airflow_run.up(catalogue(), state_places(state), port, click.echo)


@cli.command(name="as-at")
@state_option
def as_at(state: Path | None) -> None:
    """Print the newest extract date in force."""
    found: date | None = walk.in_force(state_house(state)).as_at
    click.echo(found.isoformat() if found else "nothing received yet")


for _themed in (
    door_commands, holding_commands, link_commands, service_commands, evaluation_commands, proof_commands, upkeep_commands,
    writer_commands,
):  # fmt: skip
    for _command in _themed.COMMANDS:
        cli.add_command(_command)
