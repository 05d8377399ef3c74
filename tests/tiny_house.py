"""A house of one small service, with candidates made straight through the store: for tests of gate, publication, record."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

from fairview.contracts.catalogue import HOUSE, Catalogue
from fairview.contracts.service import read_service
from fairview.store import generations, lending, opening
from fairview.store.generations import Generation
from fairview.store.keys import Keyring
from fairview.store.places import WAREHOUSE, Places

AS_AT = "2026-10-31"
CARD = """
service: {service}
title: A tiny service
department: Department of {service}
purpose: To test.
purpose_code: HSG
lawful_basis: A test.
owner: Tester
feeds: [housing.tenancies, corporate.deaths]
tables:
  - name: people_list
    role: list
    description: People to contact.
    key: [person_id]
  - name: facts
    role: facts
    description: Facts about people.
    key: [person_id, rule_id]
  - name: totals
    role: totals
    description: Counts.
    key: [group_code]
    may_be_empty: true
    why: Nothing to count is possible.
schedule: "0 6 * * *"
capacity: {{list: 5, why: test, owner: test, since: 2026-01-01}}
retention: Overwritten.
offer: Help.
never: [anything else]
"""
# Deterministic rows: 120 people, one fact each, totals under disclosure control.
TABLES = {
    "people_list": f"""SELECT pseudonym_of('p' || i)::UUID AS person_id, i::BIGINT AS list_rank, 'Owes £' || i || '.00 since 2026-01-01'
        AS reasons, DATE '{AS_AT}' AS as_at_on FROM range(1, 61) AS t(i)""",
    "facts": f"""SELECT pseudonym_of('p' || i)::UUID AS person_id, 'T' || (i % 3) AS rule_id, i::BIGINT AS amount_pence,
        DATE '{AS_AT}' AS as_at_on FROM range(1, 121) AS t(i)""",
    "totals": f"""SELECT 'G' || i AS group_code, (i * 10)::BIGINT AS shown_count, false AS is_suppressed,
        DATE '{AS_AT}' AS as_at_on FROM range(1, 4) AS t(i)""",
}


def expectation(kind: str, severity: str = "critical", meta_id: str = "", why: str = "", **kwargs) -> dict:
    """One expectation as a suite file holds it."""
    meta = {"id": meta_id or kind, "why": why or f"Test of {kind}.", "owner": "Tester", "since": "2026-11-23"}
    return {"type": kind, "kwargs": kwargs, "severity": severity, "meta": meta}


SUITES = {
    "people_list": [
        expectation("expect_column_values_to_not_be_null", meta_id="list.reasons", column="reasons"),
        expectation("expect_table_row_count_to_be_between", meta_id="list.capacity", max_value=100),
    ],
    "facts": [
        expectation("expect_column_values_to_be_between", meta_id="facts.amount", column="amount_pence", min_value=0),
        expectation(
            "expect_column_values_to_be_in_set",
            severity="info",
            meta_id="facts.rules",
            why="Only rules in force",
            column="rule_id",
            value_set=["T0", "T1", "T2"],
        ),
        expectation(
            "unexpected_rows_expectation",
            severity="warning",
            meta_id="facts.large",
            why="No amount is out of the ordinary",
            unexpected_rows_query="SELECT person_id FROM {batch} WHERE amount_pence > 150",
        ),
    ],
    "totals": [expectation("expect_column_values_to_not_be_null", meta_id="totals.group", column="group_code")],
}


def tiny_house(folder: Path, services: Iterable[str] = ("tiny",)) -> Catalogue:
    """A house with the real house suites and one tiny service for each name."""
    cards = []
    for service in services:
        card = folder / "dags" / "services" / f"{service}.yml"
        card.parent.mkdir(parents=True, exist_ok=True)
        card.write_text(CARD.format(service=service), encoding="utf-8")
        cards.append(read_service(card))
        (folder / "dbt_project" / "seeds" / service).mkdir(parents=True)
        (folder / "dbt_project" / "seeds" / service / "rules.csv").write_text("rule_id\nT0\n", encoding="utf-8")
        write_suites(folder, service, SUITES)
    shutil.copytree(HOUSE / "expectations" / "_house", folder / "expectations" / "_house")
    shutil.copytree(HOUSE / "dags" / "gate", folder / "dags" / "gate")
    return Catalogue(folder, (), tuple(cards))


def write_suites(folder: Path, service: str, suites: dict[str, list[dict]]) -> None:
    """Lay the suites of a service into a house."""
    home = folder / "expectations" / service
    home.mkdir(parents=True, exist_ok=True)
    for table, expectations in suites.items():
        suite = {"name": f"{service}.{table}", "expectations": expectations, "meta": {}}
        (home / f"{table}.json").write_text(json.dumps(suite), encoding="utf-8")


def warehouse(places: Places, keyring: Keyring) -> str:
    """The hash of a warehouse that knows the 120 people, made where there is none: whom the tiny service may know."""
    found = generations.current(places, WAREHOUSE)
    if found is None:
        found = generations.begin(places, keyring, WAREHOUSE)
        with closing(opening.connect(places)) as con:
            opening.attach(con, found.database, "built", found.data_key(keyring.zone_key(WAREHOUSE)))
            con.execute("CREATE SCHEMA built.pseudonymised")
            con.execute(
                "CREATE TABLE built.pseudonymised.psn_housing__tenancies AS SELECT 'p' || i AS person_key FROM range(1, 121) AS t(i)"
            )
            con.execute("CHECKPOINT built")
        generations.seal(found, {"as_at": AS_AT, "rows": {}})
        generations.switch(places, found)
    return found.manifest["sha256"]


def build(
    places: Places, keyring: Keyring, service: str = "tiny", tables: dict[str, str] | None = None, then: Iterable[str] = (),
    as_at: str = AS_AT,
) -> Generation:  # fmt: skip
    """A sealed candidate with TABLES, some replaced (None leaves a table out), and further statements run on it."""
    candidate = generations.begin(places, keyring, service)
    chosen = {name: query for name, query in (TABLES | (tables or {})).items() if query}
    con = opening.connect(places)
    try:
        opening.attach(con, candidate.database, "mart", candidate.data_key(keyring.zone_key(service)))
        con.execute("USE mart")
        lending.register(con, "pseudonym_of", keyring.pseudonym_key(service))
        for name, query in chosen.items():
            con.execute(f'CREATE TABLE "{name}" AS {query}')
        for statement in then:
            con.execute(statement)
        con.execute("CHECKPOINT mart")
        names = [name for (name,) in con.execute("SELECT table_name FROM duckdb_tables()").fetchall()]
        rows = {name: con.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0] for name in names}
    finally:
        con.close()
    generations.seal(candidate, {"as_at": as_at, "rows": rows, "warehouse": warehouse(places, keyring)})
    return candidate
