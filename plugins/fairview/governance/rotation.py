"""Rotation of keys: the vault's, a service's, the root's, each by one act that can be called again after a kill.

Knows: the order in which data moves from one key to the next, so that at every moment what is in force opens, and
afterwards the key before opens nothing. Who is who does not change: the vault is copied row for row.
Refuses to know: how keys are chosen or kept (`store.keys`), and when a service is published again (`walk`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from fairview.errors import StoreError
from fairview.governance import reidentification
from fairview.intake import landing
from fairview.store import durable, generations, locks, opening
from fairview.store.keys import Keyring
from fairview.store.places import WAREHOUSE, Places

# Keys nothing on disk is wrapped under: the next run's ids, references and signatures are simply made with the next.
_UNWRAPPED = ("registry", "reference", "verdict")


def rotate_vault(places: Places, keyring: Keyring) -> dict[str, int]:
    """Write the vault and the landed copies under new keys. Returns counts: tables, rows, landed copies.

    Raises StoreError when the copy is not the vault row for row; the vault stays as it was then.
    """
    with locks.hold(places, "vault"):
        keyring.announce("vault", "landing")
        counted = {"tables": 0, "rows": 0}
        if not keyring.book.is_vault_ready or places.next_vault.exists():
            keyring.book.is_vault_ready = False  # what a kill left half written or out of date is written anew
            keyring.save()
            _remove(places.next_vault)
            if places.vault.exists():
                counted = _copy_vault(places, keyring)
            keyring.book.is_vault_ready = True
            keyring.save()
        if places.next_vault.exists():
            places.next_vault.replace(places.vault)
            durable.sync(places.root)
        landed = landing.reseal(places, keyring.landing_key(), keyring.following("landing"))
        keyring.book.is_vault_ready = False
        keyring.promote("vault", "landing")
    return {**counted, "landed": landed}


def _copy_vault(places: Places, keyring: Keyring) -> dict[str, int]:
    with opening.vault(places, keyring) as con:
        opening.attach(con, places.next_vault, "following", keyring.following("vault").hex())
        con.execute("COPY FROM DATABASE vault TO following")
        before, after = _contents(con, "vault"), _contents(con, "following")
        if before != after:
            raise StoreError("the vault under its next key is not the vault row for row; nothing was changed")
        con.execute("CHECKPOINT following")
        con.execute("DETACH following")
    if any(places.root.glob("vault*.wal")):
        raise StoreError("a write-ahead log is still beside the vault; nothing was changed")
    durable.sync(places.root)
    return {"tables": len(before), "rows": sum(count for count, _ in before.values())}


def _contents(con, database: str) -> dict[tuple[str, str], tuple[int, int | None]]:
    """Rows and content of every table of a database; the content is a sum of row hashes, so order does not count."""
    names = con.execute(
        "SELECT schema_name, table_name FROM duckdb_tables() WHERE database_name = ? ORDER BY ALL", [database]
    ).fetchall()
    return {
        (schema, table): con.execute(
            f'SELECT count(*), sum(hash(held)::HUGEINT) FROM "{database}"."{schema}"."{table}" AS held'
        ).fetchone()
        for schema, table in names
    }


def rotate_zone(places: Places, keyring: Keyring, zone: str) -> dict[str, int]:
    """Put the data keys of a zone's generations under a new zone key; a service gets new pseudonyms too, from its next
    publication on. Returns counts: generations, tickets. The officer's key file is replaced by the new one."""
    purpose = f"zone/{zone}"
    is_service = zone != WAREHOUSE
    with locks.hold(places, zone):
        if purpose not in keyring.book.finishing:
            purposes = (purpose, f"pseudonym/{zone}") if is_service else (purpose,)
            keyring.announce(*purposes)
            before = keyring.zone_key(zone)
            generations.rewrap(places, zone, before, before, keyring.following(purpose))
            keyring.book.finishing[purpose] = before.hex()
            keyring.promote(*purposes)
        before, after = bytes.fromhex(keyring.book.finishing[purpose]), keyring.zone_key(zone)
        rewrapped = generations.rewrap(places, zone, before, after)
        tickets = 0
        if is_service:
            keyring.hand_out(places, zone)
            tickets = reidentification.reseal(places, zone, before, after)
        del keyring.book.finishing[purpose]
        keyring.save()
    return {"generations": rewrapped, "tickets": tickets}


def rotate_root(
    places: Places, keyring: Keyring, services: Iterable[str], tell: Callable[[str], None] = lambda line: None
) -> dict[str, int]:
    """Choose a new root and give every purpose a key the old root cannot make. Returns the counts of all parts, summed."""
    keyring.announce_root(["vault", f"zone/{WAREHOUSE}", *_UNWRAPPED, *(f"zone/{service}" for service in services)])
    total: dict[str, int] = {}
    for purpose in list(keyring.book.todo):
        tell(f"rotating {purpose.removeprefix('zone/')}")
        if purpose == "vault":
            done = rotate_vault(places, keyring)
        elif purpose.startswith("zone/"):
            done = rotate_zone(places, keyring, purpose.removeprefix("zone/"))
        else:
            keyring.announce(purpose)
            keyring.promote(purpose)
            done = {"keys": 1}
        keyring.book.todo.remove(purpose)
        keyring.save()
        total = {name: total.get(name, 0) + done.get(name, 0) for name in {*total, *done}}
    keyring.promote_root()
    return total


def _remove(path: Path) -> None:
    for left in (path, path.with_name(path.name + ".wal")):
        left.unlink(missing_ok=True)
