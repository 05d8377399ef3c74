"""Finds what no single value can tell: a column that repeats, row by row, what the vault holds of that very person.

A birth date or a forename alone is met by chance anywhere. In a table of persons it is no chance when row after row
carries the person's own. Knows the vault's people and each zone's pseudonyms of them. Refuses to know: any other file.
"""

from __future__ import annotations

from fairview.contracts.catalogue import Catalogue
from fairview.proof import sought
from fairview.store import lending
from fairview.store.keys import Keyring
from fairview.store.places import WAREHOUSE

# A child's first day in a tenancy is its birth date by right. Measured on a month of the pilot deliveries: 15 in 100 of
# tenancy_people.from_date, 6 of benefit_members.from_date, less than 4 everywhere else; a leaked column repeats nearly all.
# Owner: information governance, since 2026-11-23.
SHARE = 0.5
LEAST_ROWS = 3
_COMPARED = {"birth": "birth date", "given": "forename", "family": "surname", "postcode": "postcode"}


def remember(con, catalogue: Catalogue) -> None:
    """Fill `own(person_key, kind, text, origin)` from the attached vault, and make `own_met` for what is found."""
    con.execute("CREATE TEMP TABLE own (person_key VARCHAR, kind VARCHAR, text VARCHAR, origin VARCHAR)")
    con.execute(
        "CREATE TEMP TABLE own_met (artefact INTEGER, place VARCHAR, kind VARCHAR, ident INTEGER, origin VARCHAR)"
    )
    sought.teach(con)
    held = {(s, t) for s, t in con.execute("SELECT schema_name, table_name FROM duckdb_tables()").fetchall()}
    if ("identity", "record_person") not in held:
        return
    for contract in catalogue.feeds:
        if not contract.is_person_bearing or ("staged", contract.feed) not in held:
            continue
        for column in contract.loaded:
            kind = _COMPARED.get(sought.role(column) or "")
            if kind:
                con.execute(
                    f"INSERT INTO own SELECT DISTINCT person_key::VARCHAR, '{kind}', squash(\"{column.staged_name}\"::VARCHAR), "
                    f"'{contract.source}.{contract.feed} ({column.name})' FROM staged.\"{contract.feed}\" JOIN "
                    f"(SELECT * FROM identity.record_person WHERE feed = '{contract.feed}') USING (record_key) "
                    f'WHERE "{column.staged_name}" IS NOT NULL'
                )


def compare(con, artefact: int, zone: str, tables: list[tuple[str, str]], keyring: Keyring) -> None:
    """Compare every text and date column of the attached zone's tables of persons with their own; note what repeats it."""
    identity = "person_key" if zone == WAREHOUSE else "person_id"
    known = "own"
    for schema, table in tables:
        relation = f'looked_at."{schema}"."{table}"'
        columns = {name: kind for name, kind, *_ in con.execute(f"DESCRIBE {relation}").fetchall()}
        if identity not in columns:
            continue
        if zone != WAREHOUSE and known == "own":
            known = _pseudonymised(con, zone, keyring)
        for name, kind in columns.items():
            if kind in ("DATE", "VARCHAR") or kind.startswith("TIMESTAMP"):
                _compare_column(con, artefact, f"{table}.{name}", f'"{name}"', identity, relation, known)


def _pseudonymised(con, zone: str, keyring: Keyring) -> str:
    function = f"own_{zone}"
    if not con.execute("SELECT count(*) FROM duckdb_functions() WHERE function_name = ?", [function]).fetchone()[0]:
        lending.register(con, function, keyring.pseudonym_key(zone))
    con.execute(
        f"CREATE OR REPLACE TEMP TABLE own_here AS SELECT own.* REPLACE (token AS person_key) FROM own JOIN "
        f"(SELECT person_key, {function}(person_key)::UUID::VARCHAR AS token FROM (SELECT DISTINCT person_key FROM own)) "
        "USING (person_key)"
    )
    return "own_here"


def _compare_column(con, artefact: int, place: str, column: str, identity: str, relation: str, known: str) -> None:
    value = f"strftime(TRY_CAST({column} AS DATE), '%Y-%m-%d')"
    value = f"squash(CASE WHEN typeof({column}) = 'VARCHAR' THEN {column}::VARCHAR ELSE {value} END)"
    con.execute(
        f"""INSERT INTO own_met
        WITH held AS (
            SELECT DISTINCT {identity}::VARCHAR AS person_key, {value} AS text FROM {relation} WHERE {column} IS NOT NULL
        ), same AS (
            SELECT person_key, text, kind, min(origin) AS origin FROM held JOIN {known} USING (person_key, text) GROUP BY ALL
        )
        SELECT {artefact}, ?, kind, row_number() OVER (), origin FROM same
        QUALIFY count(*) OVER (PARTITION BY kind) >= greatest({LEAST_ROWS}, {SHARE} * (SELECT count(*) FROM held))""",
        [place],
    )
