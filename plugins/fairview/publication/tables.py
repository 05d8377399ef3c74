"""What a service has published, for whoever holds that service's key: tables, roles, rows, as-at date."""

from __future__ import annotations

from fairview.contracts.catalogue import Catalogue
from fairview.errors import StoreError
from fairview.store import generations, opening
from fairview.store.places import Places


def tables(places: Places, catalogue: Catalogue, service: str, key: bytes) -> list[dict]:
    """One dictionary a published table: table, role, rows, as_at, description; in the card's order, [] before the first.

    Raises KeyMissing when the key is not the service's, StoreError when what is published is damaged.
    """
    generation = generations.current(places, service)
    if generation is None:
        return []
    con = opening.connect(places)
    try:
        opening.attach(con, generation.database, "mart", generation.data_key(key), read_only=True)
        return [
            {
                "table": table.name,
                "role": table.role,
                "rows": con.execute(f'SELECT count(*) FROM mart.main."{table.name}"').fetchone()[0],
                "as_at": str(generation.manifest["as_at"]),
                "description": table.description,
            }
            for table in catalogue.service(service).tables
        ]
    except opening.duckdb.Error as error:
        raise StoreError(f"{service}: what is published cannot be read: {type(error).__name__}") from None
    finally:
        con.close()
