"""The commands of `fairview`. Thin: read options, call one verb, print its receipt. Only here are clock and environment read."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import asdict
from datetime import UTC, date, datetime
from pathlib import Path

import click

from fairview import walk
from fairview.contracts.catalogue import catalogue
from fairview.contracts.rules import declared_faults
from fairview.errors import KeyMissing
from fairview.store import keys
from fairview.store.places import Places, places


def now() -> datetime:
    """The clock, in UTC."""
    return datetime.now(UTC)


def _places(state: Path | None) -> Places:
    chosen = state or Path(os.environ.get("FAIRVIEW_STATE", "state"))
    key_folder = os.environ.get("FAIRVIEW_KEYS")
    return places(chosen, key_folder)


def _house(state: Path | None) -> walk.House:
    return walk.house(catalogue(), _places(state))


_state = click.option(
    "--state",
    type=click.Path(path_type=Path, file_okay=False),
    help="State folder; default FAIRVIEW_STATE, else ./state.",
)
_service = click.argument("service", type=click.Choice([card.service for card in catalogue().services]))
_json = click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")


def _table(rows: list[dict], columns: list[str]) -> None:
    """Print rows as aligned columns."""
    cells = [[str("" if row.get(column) is None else row.get(column)) for column in columns] for row in rows]
    widths = [max([len(column), *(len(line[n]) for line in cells)]) for n, column in enumerate(columns)]
    click.echo("  ".join(column.ljust(width) for column, width in zip(columns, widths, strict=True)).rstrip())
    for line in cells:
        click.echo("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def cli() -> None:
    """Fairview: an open council data platform. Every command works on one state folder."""


@cli.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@_state
def deliver(folder: Path, state: Path | None) -> int:
    """Walk every delivery under FOLDER, in date order, through to publication.

    Exit code 0: all published; 3: something blocked at a gate; 4: something refused at the door.
    """
    walked = walk.deliver(_house(state), folder, now, tell=click.echo)
    for receipt in walked.receipts:
        for file in receipt.files:
            for message in file.messages:
                click.echo(f"{receipt.source} {receipt.extract_date}: {message}")
        for message in getattr(receipt, "messages", ()):
            click.echo(f"{receipt.source} {receipt.extract_date}: {message}")
    return walked.exit_code


@cli.command()
@_json
@_state
def receipts(as_json: bool, state: Path | None) -> None:
    """What was received, per delivery and file: outcome, rows received, staged, quarantined, dropped, rules."""
    from fairview.intake import receipts as intake

    here = _house(state)
    rows = intake.read(here.places, here.keyring)
    if as_json:
        click.echo(json.dumps(rows, indent=1, default=str))
        return
    for row in rows:
        row["rules"] = " ".join(f"{rule}:{count}" for rule, count in (row.get("rules") or {}).items())
    _table(
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


def _opener(here_places: Places, service: str, key: Path | None):
    """The service's own key file when one is named or handed out, else the root's."""
    path = key or here_places.keys / f"{service}.key"
    if not path.exists():
        raise KeyMissing(f"no key file for {service}: ask its key holder, or name it with --key")
    return keys.zone_key_from(path)


_key = click.option("--key", type=click.Path(path_type=Path, dir_okay=False), help="The service's key file.")


@cli.command()
@_service
@_key
@_json
@_state
def tables(service: str, key: Path | None, as_json: bool, state: Path | None) -> None:
    """The published tables of SERVICE: rows, role, as-at date."""
    from fairview.publication import tables as publication

    where = _places(state)
    rows = publication.tables(where, catalogue(), service, _opener(where, service, key))
    if as_json:
        click.echo(json.dumps(rows, indent=1, default=str))
    else:
        _table(rows, ["table", "role", "rows", "as_at", "description"])


@cli.command()
@_service
@click.argument("table")
@click.option(
    "--to", "to", required=True, type=click.Path(path_type=Path, dir_okay=False), help="FILE.parquet or FILE.csv"
)
@_key
@_state
def export(service: str, table: str, to: Path, key: Path | None, state: Path | None) -> None:
    """Write a published TABLE of SERVICE to a parquet or csv file, for whoever holds the service's key."""
    from fairview.publication import export as publication

    where = _places(state)
    count = publication.export(where, catalogue(), service, table, to, _opener(where, service, key))
    click.echo(f"{count:,} rows of {service}.{table} written to {to}")


@cli.command()
@click.option("--to", "to", required=True, type=click.Path(path_type=Path, dir_okay=False), help="FILE.parquet")
@_state
def links(to: Path, state: Path | None) -> None:
    """Write which records are one person, for the holder of the vault's key: identifiers of the vault, handle with care."""
    from fairview.identity import links_export

    here = _house(state)
    count = links_export.export(here.places, here.keyring, here.catalogue, to)
    click.echo(f"{count:,} records written to {to}")


@cli.command()
@click.argument("record_a")
@click.argument("record_b")
@_state
def why(record_a: str, record_b: str, state: Path | None) -> None:
    """Why two records (FEED:KEY, as in a file of links) are, or are not, one person: rules and weights, no values."""
    from fairview.identity import why as identity

    here = _house(state)
    pair = [part for record in (record_a, record_b) for part in record.partition(":")[::2]]
    found = identity.why(here.places, here.keyring, *pair)
    click.echo(json.dumps(asdict(found), indent=1, default=str))


@cli.command(name="train-links")
@click.option("--seed", default=1, show_default=True)
@_state
def train_links(seed: int, state: Path | None) -> None:
    """Learn the linking model's weights anew from the staged records. A deliberate act: review and commit the file it writes."""
    from fairview.identity import train

    here = _house(state)
    as_at_on = walk.in_force(here).as_at
    if as_at_on is None:
        raise click.ClickException("nothing has been received yet")
    click.echo(json.dumps(train.train(here.places, here.keyring, as_at_on, seed), indent=1, default=str))


@cli.command()
@_json
@_state
def review(as_json: bool, state: Path | None) -> None:
    """Links that wait for a person to decide: kind, reason, levels of agreement, no values."""
    from fairview.identity import review as identity

    here = _house(state)
    rows = identity.listing(here.places, here.keyring)
    if as_json:
        click.echo(json.dumps(rows, indent=1, default=str))
    else:
        _table(rows, ["item", "kind", "reason", "feed_a", "feed_b", "weight", "evidence", "raised_on"])


@cli.command()
@click.option("--format", "form", type=click.Choice(["text", "json", "html"]), default="text")
@_state
def record(form: str, state: Path | None) -> None:
    """Print the public record: what was received, refused, published or kept back, and the eleven questions answered."""
    from fairview.governance import record as governance

    click.echo(governance.read(_places(state), form))


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
@click.argument("path", type=click.Path(exists=True, path_type=Path))
@_json
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
        _table(rows, ["file", "outcome", "received", "rules"])
        for message in messages:
            click.echo(message)
    return 4 if any(walk.is_refused(receipt) for receipt in checked) else 0


@cli.group()
def prove() -> None:
    """Prove what the house promises, on this state as it lies there; exit code 1 when something was found."""


_also = click.option(
    "--also",
    "folders",
    multiple=True,
    type=click.Path(exists=True, path_type=Path),
    help="Look here too: exports, a shared drive. May be given again.",
)


@prove.command("no-identifiers")
@_also
@click.option("--canary", "canaries", multiple=True, help="A word to look for besides. May be given again.")
@_state
def no_identifiers(folders: tuple[Path, ...], canaries: tuple[str, ...], state: Path | None) -> int:
    """Look for every identifier of the feeds in everything outside the vault: decoded, in any spelling, as unkeyed hash."""
    from fairview.proof import identifiers

    here = _house(state)
    report = identifiers.scan(here.places, here.keyring, here.catalogue, folders, at=now(), canaries=canaries)
    for line in report.lines():
        click.echo(line)
    return 0 if report.is_clean else 1


@prove.command()
@_also
@_state
def overwrite(folders: tuple[Path, ...], state: Path | None) -> int:
    """Check that nothing of an overwritten generation is left: folders, keys, logs, spill, copies, dbt's leftovers."""
    from fairview.proof import overwrite as proof

    here = _house(state)
    report = proof.prove(here.places, here.keyring, here.catalogue, at=now(), extra_folders=folders)
    for line in report.lines():
        click.echo(line)
    return 0 if report.is_clean else 1


@cli.command()
@_json
@_state
def quarantine(as_json: bool, state: Path | None) -> None:
    """Rows in quarantine by delivery, file, row, column and rule; never a value."""
    from fairview.intake import quarantine as intake

    here = _house(state)
    rows = intake.listing(here.places, here.keyring)
    if as_json:
        click.echo(json.dumps(rows, indent=1, default=str))
    else:
        _table(rows, ["source", "extract_date", "delivery", "file", "row", "column", "rule"])


@cli.command()
@_service
@click.argument("ticket")
@_key
@_state
def reveal(service: str, ticket: str, key: Path | None, state: Path | None) -> None:
    """Open what a re-identification TICKET of SERVICE revealed, for whoever holds the service's key."""
    from fairview.governance import reidentification

    where = _places(state)
    opened = reidentification.open_sealed(where, service, ticket, _opener(where, service, key))
    click.echo(json.dumps(opened, indent=1, default=str, ensure_ascii=False))


@cli.command()
@_state
def ledger(state: Path | None) -> None:
    """Check the ledger's chain and print its head, to be kept elsewhere."""
    from fairview.store import ledger as store

    click.echo(store.verify(_places(state)))


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
@_state
def docs(state: Path | None) -> None:
    """Write dbt docs, with lineage from feed to published column, into the state's docs folder."""
    from fairview.transformation import dbt

    here = _house(state)
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
@_state
def run(deliveries: Path | None, residents: int, keep: bool, state: Path | None) -> int:
    """Walk deliveries (default: a demo council's) through a real Airflow: scheduler, assets, DAGs. Prints what was published."""
    from fairview.console import airflow_run

    where = _places(state)
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
@_state
def up(port: int, state: Path | None) -> int:
    """Start Airflow with its web UI in the foreground; says where to log in."""
    from fairview.console import airflow_run

    return airflow_run.up(catalogue(), _places(state), port, click.echo)


@cli.command(name="as-at")
@_state
def as_at(state: Path | None) -> None:
    """Print the newest extract date in force."""
    found: date | None = walk.in_force(_house(state)).as_at
    click.echo(found.isoformat() if found else "nothing received yet")
    sys.stdout.flush()
