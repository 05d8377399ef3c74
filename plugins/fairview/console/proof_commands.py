"""Proofs of what the house promises, on a state as it lies there."""

from __future__ import annotations

from pathlib import Path

import click

from fairview.console.options import now, state_house, state_option


@click.group()
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
@state_option
def no_identifiers(folders: tuple[Path, ...], canaries: tuple[str, ...], state: Path | None) -> int:
    """Look for every identifier of the feeds in everything outside the vault: decoded, in any spelling, as unkeyed hash."""
    from fairview.proof import identifiers

    here = state_house(state)
    report = identifiers.scan(here.places, here.keyring, here.catalogue, folders, at=now(), canaries=canaries)
    for line in report.lines():
        click.echo(line)
    return 0 if report.is_clean else 1


@prove.command()
@_also
@state_option
def overwrite(folders: tuple[Path, ...], state: Path | None) -> int:
    """Check that nothing of an overwritten generation is left: folders, keys, logs, spill, copies, dbt's leftovers."""
    from fairview.proof import overwrite as proof

    here = state_house(state)
    report = proof.prove(here.places, here.keyring, here.catalogue, at=now(), extra_folders=folders)
    for line in report.lines():
        click.echo(line)
    return 0 if report.is_clean else 1


COMMANDS = (prove,)
