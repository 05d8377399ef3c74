"""Which records are one person, written for the holder of the vault's key.

Knows: the spine's links and each service's pseudonym of a person.
Refuses to know: any identifier but the record keys themselves; what the file is used for.
"""

from __future__ import annotations

import os
from pathlib import Path

from fairview.contracts.catalogue import Catalogue
from fairview.errors import StoreError
from fairview.identity import schema
from fairview.store import lending, opening
from fairview.store.keys import Keyring
from fairview.store.places import Places


def export(places: Places, keyring: Keyring, catalogue: Catalogue, to: Path) -> int:
    """Write one row per linked record to a parquet file (mode 0600). Returns the number of rows.

    Columns: source, feed, record_key (the feed's key columns joined by |, those of `linkKey` where its
    contract has one), person_key, and person_id_<service> for each
    service card: the pseudonym that service's marts know the person by. Raises StoreError before people were first linked.
    """
    services = [card.service for card in catalogue.services]
    with opening.vault(places, keyring, read_only=True) as con:
        if not schema.exists(con, "record_person"):
            raise StoreError("people have not been linked yet")
        for service in services:
            lending.register(con, f"lent_{service}", keyring.pseudonym_key(service))
        tokens = ", ".join(
            f"lent_{service}(person_key::VARCHAR)::UUID::VARCHAR AS person_id_{service}" for service in services
        )
        # Once per person, not per record.
        con.execute(
            f"CREATE TEMP TABLE pseudonyms AS SELECT person_key, {tokens} FROM (SELECT DISTINCT person_key FROM identity.record_person)"
        )
        draft = to.with_name(f".{to.name}.draft")
        os.close(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600))
        columns = ", ".join(f"person_id_{service}" for service in services)
        con.execute("CREATE TEMP TABLE shortened (feed VARCHAR, parts INTEGER)")
        con.executemany(
            "INSERT INTO shortened VALUES (?, ?)",
            [(c.feed, c.link_key_length) for c in catalogue.feeds if c.is_person_bearing],
        )
        con.execute(
            "CREATE TEMP TABLE written AS SELECT DISTINCT source, feed, "
            "array_to_string(string_split(record_key, '|')[1:parts], '|') AS record_key, person_key "
            "FROM identity.record_person JOIN shortened USING (feed)"
        )
        con.execute(
            f"COPY (SELECT source, feed, record_key, person_key::VARCHAR AS person_key, {columns} "
            "FROM written JOIN pseudonyms USING (person_key) ORDER BY ALL) "
            f"TO {opening.quoted(draft)} (FORMAT parquet)"
        )
        draft.chmod(0o600)
        draft.replace(to)
        return con.execute("SELECT count(*) FROM written").fetchone()[0]
