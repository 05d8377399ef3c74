"""A small state to rotate keys in, and what must hold of it; imported by tests and by the processes they kill."""

from __future__ import annotations

from pathlib import Path

from fairview.errors import KeyMissing, StoreError
from fairview.intake import landing
from fairview.store import generations, opening
from fairview.store.keys import Keyring
from fairview.store.places import Places, places

SERVICE = "informed_debt"
CONTENT = b"one,two\n" * 9


def small_state(folder: Path) -> Places:
    """A vault of one table, a landed copy and one published generation."""
    folder.mkdir(parents=True)
    where = places(folder / "state")
    keyring = Keyring.load(where)
    with opening.vault(where, keyring) as con:
        con.execute("CREATE SCHEMA kept; CREATE TABLE kept.people AS SELECT range AS person FROM range(100)")
    (folder / "file.csv").write_bytes(CONTENT)
    landing.take_in(folder / "file.csv", 10**6, where.landing("housing"), keyring.landing_key()).close()
    candidate = generations.begin(where, keyring, SERVICE)
    con = opening.connect(where)
    opening.attach(con, candidate.database, "mart", candidate.data_key(keyring.zone_key(SERVICE)))
    con.execute("CREATE TABLE mart.debts AS SELECT range AS debt FROM range(7)")
    con.execute("CHECKPOINT mart")
    con.close()
    generations.seal(candidate, {})
    generations.switch(where, candidate)
    return where


def opens_vault(where: Places, key: str) -> bool:
    con = opening.connect(where)
    try:
        opening.attach(con, where.vault, "vault", key, read_only=True)
    except StoreError:
        return False
    finally:
        con.close()
    return True


def opens_zone(where: Places, key: bytes) -> bool:
    try:
        generations.current(where, SERVICE).data_key(key)
    except KeyMissing:
        return False
    return True


def check_open(where: Places, keyring: Keyring) -> None:
    """Vault and mart open with what is in force, and the vault is whole."""
    with opening.vault(where, keyring, read_only=True) as con:
        assert con.execute("SELECT count(*), sum(person) FROM kept.people").fetchone() == (100, 4950)
    assert opens_zone(where, keyring.zone_key(SERVICE))


def check_rotated(where: Places, keyring: Keyring, what: str, old_vault: str, old_zone: bytes) -> None:
    """All of it, and the key before opens nothing; nothing half done lies about."""
    check_open(where, keyring)
    if what != SERVICE:
        assert not opens_vault(where, old_vault), "the vault key before still opens"
    (copy,) = (where.root / "landing").glob("*/*")
    assert b"".join(landing.opened(copy, keyring.landing_key())) == CONTENT
    if what != "vault":
        assert not opens_zone(where, old_zone), "the zone key before still opens"
    assert not list(where.root.glob("vault*.wal")) and not where.next_vault.exists()
    assert not keyring.book.pending and not keyring.book.finishing and not keyring.book.todo
