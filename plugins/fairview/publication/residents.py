"""How many residents a service's tables are about: what the public record tells in answer to questions 4, 7 and 9.

Three counts, because "profiled" can mean any of them: people with a record in the feeds the service reads; people (or
households) that a rule of the service left a row about; and those on the list officers work from. Already under
disclosure control when they leave this module.
"""

from __future__ import annotations

from fairview.contracts.service import ServiceCard
from fairview.domain.disclosure import told
from fairview.store import generations, opening
from fairview.store.generations import Generation
from fairview.store.keys import Keyring
from fairview.store.places import WAREHOUSE, Places

_UNITS = {"person_id": "people", "household_id": "households"}


def counted(places: Places, keyring: Keyring, card: ServiceCard, candidate: Generation) -> dict[str, dict | int | None]:
    """`in_data` people, `assessed` and `listed` by unit; None where a count is below ten."""
    con = opening.connect(places)
    try:
        opening.attach(con, candidate.database, "mart", candidate.data_key(keyring.zone_key(card.service)), True)
        lists = {table.name for table in card.tables if table.role == "list"}
        found = {
            "in_data": _in_data(places, keyring, card, candidate, con),
            "assessed": _by_unit(con, {table.name for table in card.tables}),
            "listed": _by_unit(con, lists),
        }
    finally:
        con.close()
    return found


def _by_unit(con, tables: set[str]) -> dict[str, int | None]:
    """Distinct subjects over the tables, by the unit they are: people, households."""
    columns = con.execute(
        "SELECT column_name, table_name FROM duckdb_columns() WHERE database_name = 'mart' AND schema_name = 'main' "
        "AND list_contains(?, table_name) AND list_contains(?, column_name)",
        [sorted(tables), sorted(_UNITS)],
    ).fetchall()
    found: dict[str, int | None] = {}
    for column, unit in _UNITS.items():
        holding = [table for name, table in columns if name == column]
        if holding:
            union = " UNION ".join(f'SELECT "{column}" FROM mart.main."{table}"' for table in sorted(holding))
            found[unit] = told(con.execute(f'SELECT count("{column}") FROM ({union})').fetchone()[0]).value
    return found


def _in_data(places: Places, keyring: Keyring, card: ServiceCard, candidate: Generation, con) -> int | None:
    """People with a record in the feeds the service reads; None too when the warehouse it was built from is gone."""
    warehouse = generations.current(places, WAREHOUSE)
    if warehouse is None or warehouse.manifest["sha256"] != candidate.manifest.get("warehouse"):
        return None
    opening.attach(con, warehouse.database, "warehouse", warehouse.data_key(keyring.zone_key(WAREHOUSE)), True)
    read = [f"psn_{feed.replace('.', '__')}" for feed in card.feeds]
    tables = con.execute(
        "SELECT table_name FROM duckdb_columns() WHERE database_name = 'warehouse' AND schema_name = 'pseudonymised' "
        "AND column_name = 'person_key' AND list_contains(?, table_name) ORDER BY ALL",
        [read],
    ).fetchall()
    if not tables:
        return None
    union = " UNION ".join(f'SELECT person_key FROM warehouse.pseudonymised."{table}"' for (table,) in tables)
    return told(con.execute(f"SELECT count(person_key) FROM ({union})").fetchone()[0]).value
