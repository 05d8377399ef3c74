"""Backup and restore: what cannot be made again, and how a state is seen to be older than it says.

Knows: that the vault (with registry, decisions and quarantine), the landed copies and the ledger are kept, encrypted as
they lie; that derived data is never kept, since a copy would outlive its overwriting; that keys are kept apart.
Refuses to know: where backups go afterwards.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from ulid import ULID

from fairview.errors import KeyMissing, StoreError
from fairview.store import generations, keys, ledger, locks, opening
from fairview.store.keys import Keyring
from fairview.store.places import Places

_KEPT = ("landing", "ledger")
_LIST = "backup.json"


def back_up(places: Places, keyring: Keyring, to: Path, at: datetime) -> Path:
    """Copy vault, landing and ledger as at one moment into a new folder under `to`, with the hash of every file.

    The folder appears whole or not at all. Returns it. Raises StoreError when there is no vault yet.
    """
    if not places.vault.exists():
        raise StoreError("nothing has been received yet, so there is nothing to back up")
    made = to / f"fairview-{at:%Y%m%d}-{str(ULID()).lower()}"
    draft = made.with_name(f".{made.name}.draft")
    draft.mkdir(parents=True, mode=0o700)
    with locks.hold(places, "vault"):
        with opening.vault(places, keyring):  # a write-ahead log a kill left behind is folded in first
            pass
        shutil.copyfile(places.vault, draft / "vault.duckdb")
        for folder in _KEPT:
            if (places.root / folder).exists():
                shutil.copytree(places.root / folder, draft / folder)
        head = ledger.verify(places)
    for path in (path for path in draft.rglob("*") if path.is_file()):
        path.chmod(0o600)
    document = {"made_at": at.isoformat(timespec="seconds"), "ledger_head": head, "files": _hashes(draft)}
    (draft / _LIST).write_text(json.dumps(document, indent=1, sort_keys=True), encoding="utf-8")
    os.sync()
    draft.rename(made)
    return made


def restore(places: Places, load: Callable[[Places], Keyring], backup: Path, at: datetime) -> list[str]:
    """Put a backup back into a state that has no vault. Returns sentences: what came back, what must be delivered again.

    A ledger of the state that continues the backup's is kept: it tells what has happened since. Raises StoreError when the
    backup is damaged, the state has a vault, or the ledgers contradict each other; KeyMissing when the keys are not there
    or are not the backup's. Nothing is changed then.
    """
    if places.vault.exists():
        raise StoreError("this state has a vault; a backup is put back into a state without one")
    if not (places.keys / keys.ROOT).exists():
        raise KeyMissing(f"put the backup of {places.keys.name}/ back first; a backup without its keys opens nothing")
    told = _checked(backup)
    keyring = load(places)
    known = _deliveries(places, keyring, backup / "vault.duckdb")
    kept = _newer_ledger(places, backup)
    for folder in _KEPT:
        if (backup / folder).exists() and not (folder == "ledger" and kept):
            shutil.copytree(backup / folder, places.root / folder, dirs_exist_ok=True)
    draft = places.root / ".vault.restored"
    shutil.copyfile(backup / "vault.duckdb", draft)
    draft.chmod(0o600)
    os.sync()
    draft.replace(places.vault)
    missing = [entry for entry in ledger.read(places, "delivery") if entry["delivery_id"] not in known]
    older = ledger.rolled_back(places)
    ledger.append(
        places,
        "restore",
        at,
        made_at=told["made_at"],
        backup_head=told["ledger_head"],
        ledger_kept=kept,
        missing=len(missing),
    )
    lines = [f"restored the backup made at {told['made_at']}: {len(known)} deliveries"]
    lines += [f"deliver again: {one['source']} {one['extract_date']} (delivery {one['delivery']})" for one in missing]
    if older:
        lines.append(f"beware: {older}; deliver again whatever arrived since the backup was made")
    return [*lines, "nothing derived was in the backup: run `fairview rebuild`, or deliver"]


def rolled_back(places: Places, keyring: Keyring) -> list[str]:
    """Sentences where ledger or vault are older than another trace shows; none when all agree."""
    found = [sentence] if (sentence := ledger.rolled_back(places)) else []
    told = [entry["delivery_id"] for entry in ledger.read(places, "delivery")]
    if not places.vault.exists():
        return [*found, "the ledger tells of deliveries but there is no vault"] if told else found
    known = _deliveries(places, keyring, places.vault)
    behind = sum(delivery not in known for delivery in told)
    if behind:
        found.append(f"the vault does not hold {behind} deliveries the ledger tells of: it is older than the ledger")
    return found


def _deliveries(places: Places, keyring: Keyring, vault: Path) -> set[str]:
    con = opening.connect(places)
    try:
        opening.attach(con, vault, "vault", keyring.vault_key(), read_only=True)
        return {name for (name,) in con.execute("SELECT delivery_id FROM vault.intake.deliveries").fetchall()}
    except opening.duckdb.CatalogException:
        return set()
    finally:
        con.close()


def _checked(backup: Path) -> dict:
    try:
        told = json.loads((backup / _LIST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise StoreError(f"{backup.name} is no backup: {_LIST} is missing or unreadable") from None
    found = _hashes(backup)
    for name in sorted({*told["files"], *found}):
        if told["files"].get(name) != found.get(name):
            raise StoreError(f"{backup.name}: {name} is not what was backed up")
    return told


def _newer_ledger(places: Places, backup: Path) -> bool:
    """Whether the state's own ledger continues the backup's and is kept. Raises StoreError when they contradict."""
    here, there = places.ledger / "ledger.jsonl", backup / "ledger" / "ledger.jsonl"
    if not here.exists() or not there.exists():
        return here.exists()
    if here.read_bytes().startswith(there.read_bytes()):
        return True
    if there.read_bytes().startswith(here.read_bytes()):
        return False
    raise StoreError("the state's ledger and the backup's contradict each other: they are not of one history")


def _hashes(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): generations.file_hash(path)
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != _LIST
    }
