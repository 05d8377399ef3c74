"""What a candidate is set beside when it is judged: the generation it would replace, and the people the service may know.

Knows: that both are opened read-only, with the keys of their own zones, and that whom a service may know are the people of
the feeds its card reads, under the service's own pseudonyms; an alleged perpetrator is in none of them, since the door
drops such rows. Refuses to know: what is asked about them.
"""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass, field

from fairview.contracts.service import ServiceCard
from fairview.gate.drift import PUBLISHED
from fairview.store import generations, lending, opening
from fairview.store.generations import Generation
from fairview.store.keys import Keyring
from fairview.store.places import WAREHOUSE, Places

KNOWN = "known_person"


@dataclass(frozen=True)
class Beside:
    """`before` is the published generation, None at the first; `known` an Arrow table of person_id, None where the
    warehouse the candidate came from is gone: then nothing can be said about its people."""

    before: Generation | None
    before_key: str = field(repr=False)
    known: object = field(hash=False, repr=False)

    def prepare(self, con) -> None:
        """Put both within reach of a connection: `published.main.<table>`, and the table `known_person`."""
        if self.before is not None:
            opening.attach(con, self.before.database, PUBLISHED, self.before_key, read_only=True)
        if self.known is not None:
            con.register("lent_people", self.known)
            con.execute(f"CREATE TEMP TABLE {KNOWN} AS SELECT person_id::UUID AS person_id FROM lent_people")
            con.unregister("lent_people")


def beside(places: Places, keyring: Keyring, card: ServiceCard, candidate: Generation) -> Beside:
    """What to set a candidate of a service beside. Raises StoreError when what is published cannot be opened."""
    before = generations.current(places, card.service)
    if before is not None and before.name == candidate.name:
        before = None
    key = before.data_key(keyring.zone_key(card.service)) if before else ""
    return Beside(before, key, _known(places, keyring, card, candidate))


def _known(places: Places, keyring: Keyring, card: ServiceCard, candidate: Generation):
    warehouse = generations.current(places, WAREHOUSE)
    if warehouse is None or warehouse.manifest["sha256"] != candidate.manifest.get("warehouse"):
        return None
    with closing(opening.connect(places)) as con:
        opening.attach(con, warehouse.database, WAREHOUSE, warehouse.data_key(keyring.zone_key(WAREHOUSE)), True)
        tables = con.execute(
            "SELECT schema_name, table_name FROM duckdb_columns() WHERE database_name = ? AND column_name = 'person_key' "
            "AND list_contains(?, table_name) ORDER BY ALL",
            [WAREHOUSE, [f"psn_{feed.replace('.', '__')}" for feed in card.feeds]],
        ).fetchall()
        lending.register(con, "pseudonym_of", keyring.pseudonym_key(card.service))
        union = " UNION ".join(f'SELECT person_key FROM {WAREHOUSE}."{schema}"."{table}"' for schema, table in tables)
        people = (
            f"SELECT DISTINCT person_key FROM ({union}) WHERE person_key IS NOT NULL"
            if union
            else "SELECT NULL LIMIT 0"
        )
        return con.execute(
            f"SELECT pseudonym_of(person_key::VARCHAR) AS person_id FROM ({people}) AS t(person_key)"
        ).to_arrow_table()
