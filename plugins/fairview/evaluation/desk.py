"""The desk services are judged at: vault, warehouse and marts open together, for the holder of the vault's key alone.

Knows: how pseudonyms and truth's people meet, in memory, for as long as the block lasts. Everything is attached read-only.
Refuses to know: what is measured. Nothing made here may leave but counts and rates under disclosure control.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

from fairview.errors import StoreError
from fairview.identity import score
from fairview.store import generations, lending, opening
from fairview.store.generations import Generation
from fairview.store.keys import Keyring
from fairview.store.places import WAREHOUSE, Places


@contextmanager
def desk(
    places: Places, keyring: Keyring, services: Iterable[str], marts: dict[str, Generation] | None = None
) -> Iterator[opening.duckdb.DuckDBPyConnection]:
    """A connection with `vault`, `warehouse` and a database named after each service; `marts` may name other generations
    than the published ones.

    Makes `pseudonyms(person_key, <service>)`: each service's person ids, as text. Raises StoreError when a service has
    nothing published, or the vault is held by a writer.
    """
    con = opening.connect(places)
    try:
        opening.attach(con, places.vault, "vault", keyring.vault_key(), read_only=True)
        for zone in (WAREHOUSE, *services):
            generation = (marts or {}).get(zone) or generations.current(places, zone)
            if generation is None:
                raise StoreError(f"{zone} has nothing published to judge")
            opening.attach(con, generation.database, zone, generation.data_key(keyring.zone_key(zone)), read_only=True)
        tokens = []
        for service in services:
            lending.register(con, f"lent_{service}", keyring.pseudonym_key(service))
            tokens.append(f'lent_{service}(person_key::VARCHAR)::UUID AS "{service}"')
        columns = ", ".join(["person_key", *tokens])
        con.execute(
            f"CREATE TEMP TABLE pseudonyms AS SELECT {columns} FROM "
            "(SELECT DISTINCT person_key FROM vault.identity.record_person)"
        )
        yield con
    finally:
        con.close()


def as_at_of(con, service: str, table: str) -> date:
    """The as-at date a mart table carries. Raises StoreError when it is empty."""
    found = con.execute(f'SELECT max(as_at_on) FROM "{service}".main."{table}"').fetchone()[0]
    if found is None:
        raise StoreError(f"{service}.{table} has no row to be judged by")
    return found


# A person of truth is whole when all their linked records are one key, the key holds nobody else's records, and no
# record of theirs that was staged stayed without a key.
_PEOPLE = """
CREATE OR REPLACE TEMP TABLE cells AS
    SELECT l.cluster::UUID AS person_key, t.person_id, count(*) AS record_count
    FROM linked l JOIN truth t USING (record) WHERE t.person_id IS NOT NULL GROUP BY l.cluster, t.person_id;
CREATE OR REPLACE TEMP TABLE whose AS
    SELECT person_key, person_id FROM cells
    QUALIFY row_number() OVER (PARTITION BY person_key ORDER BY record_count DESC, person_id) = 1;
CREATE OR REPLACE TEMP TABLE link_states AS
WITH keys AS (SELECT person_key, count(*) AS people FROM cells GROUP BY person_key),
people AS (
    SELECT person_id, count(*) AS key_count, max(keys.people) AS most_people FROM cells JOIN keys USING (person_key) GROUP BY person_id
),
lost AS (
    SELECT DISTINCT said.person_id FROM said JOIN staged_records s ON s.feed = said.feed AND s.record_key = said.record_key
    WHERE said.person_id IS NOT NULL
        AND NOT EXISTS (SELECT 1 FROM linked l WHERE l.feed = said.feed AND l.record_key = said.record_key)
)
SELECT person_id,
    CASE WHEN key_count > 1 AND most_people > 1 THEN 'SPLIT_AND_MERGED' WHEN key_count > 1 THEN 'SPLIT' WHEN most_people > 1 THEN 'MERGED'
        WHEN lost.person_id IS NOT NULL THEN 'UNLINKED' WHEN key_count IS NULL THEN 'UNLINKED' ELSE 'WHOLE' END AS state
FROM people FULL JOIN lost USING (person_id);
"""


def meet_truth(con, truth: Path, as_at: date) -> None:
    """Make what ties truth to the spine at a desk:

    `truth_people` (persons.parquet), `cells(person_key, person_id, record_count)`, `whose(person_key, person_id)`: the
    person most of a key's records are of, `link_states(person_id, state)`: WHOLE, SPLIT, MERGED, SPLIT_AND_MERGED, UNLINKED.
    """
    con.execute(
        """CREATE OR REPLACE TEMP TABLE linked AS
        SELECT feed || '|' || record_key AS record, feed, record_key, person_key::VARCHAR AS cluster FROM vault.identity.record_person"""
    )
    feeds = [feed for (feed,) in con.execute("SELECT DISTINCT feed FROM linked ORDER BY feed").fetchall()]
    union = " UNION ALL ".join(f"SELECT '{feed}' AS feed, record_key FROM vault.staged.\"{feed}\"" for feed in feeds)
    con.execute(f"CREATE OR REPLACE TEMP TABLE staged_records AS {union}")
    score.label(con, truth, as_at)
    con.execute(_PEOPLE)
    con.execute(
        f"CREATE OR REPLACE TEMP TABLE truth_people AS SELECT * FROM {opening.quoted(truth / 'persons.parquet')}"
    )
