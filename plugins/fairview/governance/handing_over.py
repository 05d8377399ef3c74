"""Handing a service over to its officer's account on the machine: one folder, one group, one key file, nothing else.

Knows: which modes make a service's published generation readable by its own group while the vault, the warehouse, the
ledger and the other services stay closed. The key is still needed: a folder that can be read shows only ciphertext.
Refuses to know: who the account's owner is, and how it logs in.
"""

from __future__ import annotations

import pwd
from collections.abc import Iterable
from pathlib import Path

from fairview.errors import FairviewError
from fairview.store import generations, keys
from fairview.store.keys import Keyring
from fairview.store.places import Places

# Folders an officer's account passes through by name: to its service, and to the ticket it was told.
_PASSED_THROUGH = {"services", "reidentified"}


def hand_over(places: Places, keyring: Keyring, services: Iterable[str], service: str, account: str, to: Path) -> None:
    """Open a service's folder to an account's own group and write its key file, owned by the account, mode 0600.

    Later generations stay open to the same group. Needs the right to change owners (root). Raises FairviewError for an
    unknown account, one whose group reads another service already (purposes are kept apart by group), or a missing right.
    """
    try:
        found = pwd.getpwnam(account)
    except KeyError:
        raise FairviewError("there is no such account on this machine") from None
    for other in services:
        folder = places.zone(other)
        if other != service and generations.is_open_to_group(folder) and folder.stat().st_gid == found.pw_gid:
            raise FairviewError(f"the account's group reads {other} already; each service needs a group of its own")
    try:
        _open_the_way(places)
        generations.open_to_group(places, service, found.pw_gid)
        keys.write_for(to, keyring.zone_key(service), found.pw_uid, found.pw_gid)
    except PermissionError:
        raise FairviewError("only the machine's administrator can hand a service over to another account") from None


def _open_the_way(places: Places) -> None:
    """Let others pass through the state folder by name, without seeing what is in it; close what lay open behind it."""
    if places.vault.exists():
        places.vault.chmod(0o600)
    for folder in places.root.iterdir():
        if folder.is_dir():
            folder.chmod(0o711 if folder.name in _PASSED_THROUGH else 0o700)
    places.root.chmod(0o711)
