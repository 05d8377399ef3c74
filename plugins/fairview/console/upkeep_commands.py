"""Keys, backup and restore, and building everything derived anew."""

from __future__ import annotations

from pathlib import Path

import click

from fairview import walk
from fairview.console.options import now, state_house, state_option, state_places
from fairview.contracts.catalogue import catalogue

_services = [card.service for card in catalogue().services]


def _came_out(served: list[walk.Served]) -> int:
    for outcome in served:
        click.echo(f"{outcome.service}: {outcome.status}" + "".join(f"; {reason}" for reason in outcome.reasons))
    return 0 if all(outcome.published for outcome in served) else 3


@click.group()
def keys() -> None:
    """Rotate keys, and hand a service's key to its officer's account."""


@keys.command()
@click.argument("what", type=click.Choice(["root", "vault", *_services]))
@state_option
def rotate(what: str, state: Path | None) -> int:
    """Give the root, the vault or a service a new key; the one before opens nothing afterwards.

    Stopped half way, the same command goes on where it was. A service is published again under new pseudonyms, and its
    officer needs the new key file. Exit code 3: a gate kept a service back, which then keeps its pseudonyms until it publishes.
    """
    served = walk.rotate(state_house(state), what, now, tell=click.echo)
    click.echo(f"rotated: {what}")
    return _came_out(served)


@keys.command(name="hand-over")
@click.argument("service", type=click.Choice(_services))
@click.argument("account")
@click.option(
    "--to", "to", required=True, type=click.Path(path_type=Path, dir_okay=False), help="The account's key file."
)
@state_option
def hand_over(service: str, account: str, to: Path, state: Path | None) -> None:
    """Let an operating system ACCOUNT read what SERVICE publishes, and nothing else: its folder and a key file of its own."""
    from fairview.governance import handing_over

    here = state_house(state)
    handing_over.hand_over(
        here.places, here.keyring, [card.service for card in here.catalogue.services], service, account, to
    )
    click.echo(f"{account} can read {service} with --key {to}")


@click.command()
@click.option("--to", "to", required=True, type=click.Path(path_type=Path, file_okay=False), help="Folder of backups.")
@state_option
def backup(to: Path, state: Path | None) -> None:
    """Copy what cannot be made again (vault, landing, ledger) into a new folder under TO; never derived data, never keys."""
    from fairview.governance import backups

    here = state_house(state)
    made = backups.back_up(here.places, here.keyring, to, now())
    click.echo(f"backup: {made}")
    click.echo(f"keys are not in it: keep a copy of {here.places.keys.name}/ apart")


@click.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@state_option
def restore(folder: Path, state: Path | None) -> None:
    """Put the backup in FOLDER back into a state without a vault. Says what must be delivered again; then `rebuild`."""
    from fairview.governance import backups
    from fairview.store.keys import Keyring

    where = state_places(state)
    for line in backups.restore(where, Keyring.load, folder, now()):
        click.echo(line)


@click.command()
@state_option
def rebuild(state: Path | None) -> int:
    """Build everything derived anew from the vault: people, warehouse, services, public record."""
    return _came_out(walk.rebuild(state_house(state), now, tell=click.echo))


COMMANDS = (keys, backup, restore, rebuild)
