"""Warehouses written by hand, and the marts built from them through the public door.

Knows: how a generation is made, and that what is built is made current, so that what reads published marts can read it.
Refuses to know: any service's tables and rules.
"""

from __future__ import annotations

from datetime import date

import duckdb

from fairview.contracts.catalogue import Catalogue
from fairview.store import generations, lending, opening
from fairview.store.keys import Keyring
from fairview.store.places import WAREHOUSE, Places
from fairview.transformation import dbt


def write(places: Places, keyring: Keyring, as_at: date, tables: dict[str, str], statements: list[str]) -> None:
    """A warehouse generation whose pseudonymised tables are filled by `statements`, made current."""
    generation = generations.begin(places, keyring, WAREHOUSE)
    con = opening.connect(places)
    try:
        opening.attach(con, generation.database, WAREHOUSE, generation.data_key(keyring.zone_key(WAREHOUSE)))
        con.execute(f"create schema {WAREHOUSE}.pseudonymised")
        con.execute(f"use {WAREHOUSE}.pseudonymised")
        for table, columns in tables.items():
            con.execute(f"create table {table} ({columns})")
        for statement in statements:
            con.execute(statement)
        con.execute(f"checkpoint {WAREHOUSE}")
    finally:
        con.close()
    generations.seal(generation, {"as_at": as_at.isoformat()})
    generations.switch(places, generation)


def judge(
    catalogue: Catalogue, places: Places, keyring: Keyring, service: str, as_at: date
) -> duckdb.DuckDBPyConnection:
    """Build a service's mart from the current warehouse and open it, attached as `mart`, beside `lent_pseudonym`.

    The caller closes the connection.
    """
    candidate = dbt.build_candidate(catalogue, places, keyring, service, as_at)
    generations.switch(places, candidate)
    con = opening.connect(places)
    opening.attach(con, candidate.database, "mart", candidate.data_key(keyring.zone_key(service)), read_only=True)
    lending.register(con, "lent_pseudonym", keyring.pseudonym_key(service))
    return con
