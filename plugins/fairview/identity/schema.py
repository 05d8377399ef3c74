"""The tables identity keeps in the vault, and nothing else about them.

Knows: names, columns and grain of `vault.identity.*`.
Refuses to know: how any of them is filled.
"""

from __future__ import annotations

# Results, replaced by every run.
RESULTS = {
    "record_person": "source VARCHAR, feed VARCHAR, record_key VARCHAR, person_key UUID",
    "people": "person_key UUID, birth_date DATE, uprn VARCHAR, postcode VARCHAR, household_key UUID",
    "households": "household_key UUID, uprn VARCHAR, is_shared BOOLEAN, is_institution BOOLEAN",
    "household_members": "household_key UUID, person_key UUID, from_on DATE, to_on DATE",
    "review_queue": """item VARCHAR, kind VARCHAR, reason VARCHAR, weight DOUBLE, evidence VARCHAR, feed_a VARCHAR, key_a VARCHAR,
        feed_b VARCHAR, key_b VARCHAR, person_a UUID, person_b UUID, raised_on DATE""",
    "reasons": "a VARCHAR, b VARCHAR, rule VARCHAR, is_tie BOOLEAN, weight DOUBLE, evidence VARCHAR",
    "bars": "person_a UUID, person_b UUID, reason VARCHAR, weight DOUBLE",
    "record_profile": "record VARCHAR, profile VARCHAR, list VARCHAR, position BIGINT",
}
# Memory, carried from run to run.
MEMORY = {
    "registry": "person_key UUID, minted_on DATE, retired_on DATE, merged_into UUID",
    "registry_record": "source VARCHAR, feed VARCHAR, record_key VARCHAR, person_key UUID, since DATE, until DATE",
    "household_registry": "household_key UUID, minted_on DATE",
    "household_item": "item VARCHAR, household_key UUID",
    "events": """kind VARCHAR, as_at DATE, run_at TIMESTAMP, reason VARCHAR, person_key UUID, other_key UUID, records BIGINT, people BIGINT""",
    "runs": """as_at DATE, run_at TIMESTAMP, model VARCHAR, records BIGINT, profiles BIGINT, people BIGINT, new_people BIGINT,
        merged BIGINT, split BIGINT, retired BIGINT, to_review BIGINT, scored_anew BIGINT""",
    "decisions": """decision VARCHAR, verdict VARCHAR, feed_a VARCHAR, key_a VARCHAR, feed_b VARCHAR, key_b VARCHAR, reason VARCHAR,
        decided_by VARCHAR, decided_at TIMESTAMP, withdrawn_by VARCHAR, withdrawn_at TIMESTAMP, withdrawn_reason VARCHAR""",
    "objections_closed": "record_key VARCHAR, closed_by VARCHAR, closed_at TIMESTAMP, reason VARCHAR",
    "frozen": "model VARCHAR, frozen_on DATE, profiles BIGINT",
    "frequencies": "field VARCHAR, term VARCHAR, share DOUBLE",
    "profile_state": "profile VARCHAR, fingerprint VARCHAR",
}


def ensure(con) -> None:
    """Create what is missing, empty; a vault of before gets new columns. The connection has `vault` attached for writing."""
    con.execute("CREATE SCHEMA IF NOT EXISTS vault.identity")
    for table, columns in {**RESULTS, **MEMORY}.items():
        con.execute(f"CREATE TABLE IF NOT EXISTS vault.identity.{table} ({columns})")
    for column in MEMORY["decisions"].split(","):
        con.execute(f"ALTER TABLE vault.identity.decisions ADD COLUMN IF NOT EXISTS {column}")


def exists(con, table: str) -> bool:
    """Whether `vault.identity.<table>` is there."""
    return bool(
        con.execute(
            "SELECT count(*) FROM duckdb_tables() WHERE database_name = 'vault' AND schema_name = 'identity' AND table_name = ?",
            [table],
        ).fetchone()[0]
    )
