"""Opens DuckDB files: always attached to a fresh in-memory connection, always with the key as a bound parameter.

A fresh in-memory instance for every opening, because a second `connect()` on a path in one process
would answer from the first's cache; spill is encrypted, extensions are never fetched.
"""

from __future__ import annotations

import importlib.util
import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path

import duckdb

from fairview.errors import StoreError
from fairview.store import scratch
from fairview.store.keys import Keyring
from fairview.store.places import Places
from fairview.store.troubles import trouble

log = logging.getLogger(__name__)

# DuckDB lets one process write a file or several read it. A reader of the vault is done in a second, a writer in minutes;
# as long as for the zone's own lock.
_VAULT_WAIT_SECONDS = 600.0


class Busy(StoreError):
    """Another process has the file open in a way that shuts this one out; waiting helps."""


@lru_cache(maxsize=1)
def httpfs_extension() -> str:
    """Path of the signed httpfs extension in its wheel: DuckDB writes encrypted files only with its OpenSSL."""
    spec = importlib.util.find_spec("duckdb_extension_httpfs")
    if spec is None or spec.origin is None:
        raise StoreError("the duckdb-extension-httpfs package is not installed")
    found = list((Path(spec.origin).parent / "extensions" / f"v{duckdb.__version__}").glob("httpfs.duckdb_extension*"))
    if not found:
        raise StoreError(f"duckdb-extension-httpfs does not fit DuckDB {duckdb.__version__}")
    return str(found[0])


def quoted(text: str | Path) -> str:
    """A path as an SQL literal; keys never go this way."""
    return "'" + str(text).replace("'", "''") + "'"


# DuckDB 1.5.5 has open wrong-result faults in these two (duckdb/duckdb issues 24624 and 24302). Since November 2026, by the
# engineers; tests/store/test_opening.py fails on the first version that answers rightly without the setting.
_WRONG_OPTIMISERS = "common_subplan,window_self_join"


def settle(con: duckdb.DuckDBPyConnection, spill: Path, threads: int | None = None, memory: str | None = None) -> None:
    """The settings of every connection: crypto loaded, spill encrypted and under `spill`, no downloads, no optimiser known to be wrong."""
    con.load_extension(httpfs_extension())
    con.execute("SET temp_file_encryption = true")
    con.execute(f"SET temp_directory = {quoted(spill)}")
    con.execute("SET autoinstall_known_extensions = false")
    con.execute("SET autoload_known_extensions = false")
    con.execute("SET preserve_insertion_order = false")
    con.execute(f"SET disabled_optimizers = '{_WRONG_OPTIMISERS}'")
    if threads:
        con.execute(f"SET threads = {int(threads)}")
    if memory:
        con.execute(f"SET memory_limit = {quoted(memory)}")


def connect(places: Places, threads: int | None = None, memory: str | None = None) -> duckdb.DuckDBPyConnection:
    """An in-memory connection with the house's settings and nothing attached. The caller closes it."""
    con = duckdb.connect(":memory:")
    settle(con, scratch.spill(places), threads, memory)
    return con


def attach(con: duckdb.DuckDBPyConnection, path: Path, alias: str, key: str, read_only: bool = False) -> None:
    """Attach an encrypted file. Raises StoreError when it cannot be opened, or would be plain."""
    mode = "READ_ONLY, " if read_only else ""
    try:
        con.execute(f'ATTACH {quoted(path)} AS "{alias}" ({mode}ENCRYPTION_KEY ?)', [key])
    except duckdb.Error as error:
        words = str(error)
        if "lock on file" in words.lower():
            raise Busy(f"{path.name} cannot be opened: another process holds it") from None
        # A file a full disk left half written looks like one under another key: DuckDB cannot tell, so neither can we.
        why, do = trouble(words) or (
            "wrong key, damaged, or half written by a full disk",
            "see that the key is this state's and that there is room, or restore a backup,",
        )
        raise StoreError(f"{path.name} cannot be opened: {why}; {do} and run again") from None
    row = con.execute("SELECT encrypted FROM duckdb_databases() WHERE database_name = ?", [alias]).fetchone()
    if not row or not row[0]:
        con.execute(f'DETACH "{alias}"')
        raise StoreError(f"{path.name} is not encrypted; refusing to use it")


def _attach_vault(con: duckdb.DuckDBPyConnection, places: Places, key: str, read_only: bool) -> None:
    """Attach the vault as soon as nobody has it open in a way that shuts this process out. Raises Busy after ten minutes."""
    deadline, told = time.monotonic() + _VAULT_WAIT_SECONDS, False
    while True:
        try:
            attach(con, places.vault, "vault", key, read_only)
            return
        except Busy:
            if time.monotonic() >= deadline:
                raise
            if not told:
                log.warning("another process has the vault open; waiting for it")
                told = True
            time.sleep(0.1)


def checkpoint(con: duckdb.DuckDBPyConnection) -> None:
    """Bring the vault's file up to date. Explicit, because close() would swallow a failed one."""
    con.execute("CHECKPOINT vault")


@contextmanager
def vault(
    places: Places, keyring: Keyring, read_only: bool = False, threads: int | None = None, memory: str | None = None
) -> Iterator[duckdb.DuckDBPyConnection]:
    """The vault, attached as `vault` and in use. A writer checkpoints on the way out, so no WAL is left behind.

    Waits while another process has it open. Raises StoreError when that takes ten minutes or the key does not fit.
    """
    con = connect(places, threads, memory)
    try:
        _attach_vault(con, places, keyring.vault_key(), read_only)
        if places.vault.stat().st_mode & 0o077:  # made by DuckDB under whatever mask the process has
            places.vault.chmod(0o600)
        con.execute("USE vault")
        yield con
        if not read_only:
            checkpoint(con)
    finally:
        con.close()
