"""The suites as plain SQL over a mart held in memory: what Great Expectations answers, in a hundredth of its time.

For searching fixtures and counting mutants by the thousand. It judges nothing that is published: the gate is GX, and tests
hold the two against each other. Every table may have changed copies (`<table>__<n>`); a change is judged by the rules of its
own table and by every other table's rule that speaks of it.
"""

from __future__ import annotations

import re
from contextlib import closing
from dataclasses import dataclass

import duckdb

from fairview import walk
from fairview.contracts.service import ServiceCard, Table
from fairview.gate import suites
from fairview.gate.beside import KNOWN, beside
from fairview.gate.drift import PUBLISHED
from fairview.store import generations, opening

REMARKED = "info"


@dataclass(frozen=True)
class Rule:
    """One expectation of one table, filled in, with the SQL that counts what breaks it."""

    table: str
    item: dict

    @property
    def id(self) -> str:
        return self.item["meta"]["id"]

    @property
    def name(self) -> str:
        return f"{self.table}: {self.id}"

    @property
    def severity(self) -> str:
        return self.item["severity"]

    def broken(self, batch: str, columns: tuple[str, ...]) -> str:
        """SQL of one boolean: whether the relation breaks the rule."""
        kind, words = self.item["type"], self.item["kwargs"]
        column = f'"{words.get("column")}"'
        if kind == "unexpected_rows_expectation":
            return f"SELECT EXISTS ({words['unexpected_rows_query'].format(batch=batch)})"
        if kind == "expect_table_columns_to_match_ordered_list":
            return f"SELECT {list(columns) != words['column_list']}"
        if kind == "expect_column_values_to_not_be_null":
            return f"SELECT EXISTS (SELECT 1 FROM {batch} WHERE {column} IS NULL)"
        if kind == "expect_column_values_to_be_in_set":
            return f"SELECT EXISTS (SELECT 1 FROM {batch} WHERE {column} NOT IN ({_listed(words['value_set'])}))"
        if kind == "expect_column_distinct_values_to_contain_set":
            held = f"list(DISTINCT {column})"
            return (
                f"SELECT NOT list_has_all(coalesce((SELECT {held} FROM {batch}), []), [{_listed(words['value_set'])}])"
            )
        if kind == "expect_column_values_to_be_between":
            outside = _outside(column, words)
            return f"SELECT EXISTS (SELECT 1 FROM {batch} WHERE {outside})"
        if kind == "expect_table_row_count_to_be_between":
            return f"SELECT {_outside('count(*)', words)} FROM {batch}"
        if kind in ("expect_column_values_to_be_unique", "expect_compound_columns_to_be_unique"):
            names = [f'"{name}"' for name in words.get("column_list") or [words["column"]]]
            filled = " AND ".join(
                f"{name} IS NOT NULL" for name in names
            )  # GX, too, finds no pair of rows with a blank
            return (
                f"SELECT EXISTS (SELECT 1 FROM {batch} WHERE {filled} GROUP BY {', '.join(names)} HAVING count(*) > 1)"
            )
        raise NotImplementedError(kind)


def _listed(values: list) -> str:
    return ", ".join("'" + str(value).replace("'", "''") + "'" for value in values)


def _outside(what: str, words: dict) -> str:
    low = f"{what} < {words['min_value']}" if words.get("min_value") is not None else "false"
    high = f"{what} > {words['max_value']}" if words.get("max_value") is not None else "false"
    return f"({low} OR {high})"


class Mart:
    """A service's published mart in memory, beside itself as published, with every rule of its suites."""

    def __init__(self, here: walk.House, card: ServiceCard) -> None:
        self.card, self._here = card, here
        published = generations.current(here.places, card.service)
        self.as_at = str(published.manifest["as_at"])
        self.con = duckdb.connect()
        self.con.execute("SET threads = 1")
        key = published.data_key(here.keyring.zone_key(card.service))
        with closing(opening.connect(here.places)) as con:
            opening.attach(con, published.database, "mart", key, read_only=True)
            held = {
                table.name: con.execute(f'SELECT * FROM mart."{table.name}"').to_arrow_table() for table in card.tables
            }
        known = beside(here.places, here.keyring, card, published).known
        for database in ("mart", PUBLISHED):
            self.con.execute(f"ATTACH ':memory:' AS {database}")
        self.con.register("lent", known)
        self.con.execute(f"CREATE TEMP TABLE {KNOWN} AS SELECT person_id::UUID AS person_id FROM lent")
        self.columns: dict[str, dict[str, str]] = {}
        self._changed_before: set[str] = set()
        for name, content in held.items():
            self.con.register("lent", content)
            types = column_types(here, card, name)
            chosen = ", ".join(f'"{column}"::{kind} AS "{column}"' for column, kind in types.items())
            for database in ("mart", PUBLISHED):
                self.con.execute(f'CREATE TABLE {database}.main."{name}" AS SELECT {chosen} FROM lent')
            self.columns[name] = types
        self.con.execute("USE mart")
        self._let_somebody_step_down()
        self.rules = [rule for table in card.tables for rule in self.rules_of(table)]

    def _let_somebody_step_down(self) -> None:
        """In a council of 400 nobody may have stepped down: then one household does, so that the table's rules can be tried.
        `planted`: what was done, for whoever copies the published mart."""
        self.planted: list[str] = []
        if "step_down" not in self.columns or self.con.execute("SELECT count(*) FROM step_down").fetchone()[0]:
            return
        for database in (PUBLISHED, "mart"):
            self.planted = [
                f"""INSERT INTO {database}.main.step_down
                SELECT household_id, person_id, as_at_on - 31, 'OFFER_HELP', 'Offer help', 40, 0, 'INDICATORS_ENDED',
                    'The facts behind the alert no longer hold', 'Rule (40 points): it was so.', 'Rule: it was so.', false, as_at_on
                FROM mart.main.household_indicators
                WHERE household_id NOT IN (SELECT household_id FROM mart.main.prevention_list) AND points < 40
                ORDER BY household_id LIMIT 1"""
            ]
            self.con.execute(self.planted[0])

    def rules_of(self, table: Table) -> list[Rule]:
        """The house's and the service's rules of a table, as the gate fills them in against the published generation."""
        columns = self.columns[table.name]
        whom = suites.subject(columns)
        counted = f'count(*), count(DISTINCT "{whom}")' if whom else "count(*), NULL"
        rows, subjects = self.con.execute(f'SELECT {counted} FROM {PUBLISHED}.main."{table.name}"').fetchone()
        shape = suites.Shape(table, columns, self.as_at, rows, columns, self.as_at, subjects)
        return [Rule(table.name, item) for item in suites.expectations(self._here.catalogue, self.card.service, shape)]

    def copy(self, table: str, name: str, statements: list[str]) -> None:
        """Make a changed copy of a table, its rows in order: statements name it `{t}`, and `{p}` its published self, then copied too."""
        self.drop(name)
        self.con.execute(f'CREATE TABLE mart.main."{name}" AS SELECT * FROM mart.main."{table}" ORDER BY ALL')
        if any("{p}" in statement for statement in statements):
            self.con.execute(
                f'CREATE TABLE {PUBLISHED}.main."{name}" AS SELECT * FROM {PUBLISHED}.main."{table}" ORDER BY ALL'
            )
            self._changed_before.add(name)
        for statement in statements:
            self.con.execute(on_copy(statement, name))

    def drop(self, name: str) -> None:
        """Forget a changed copy."""
        for database in ("mart", PUBLISHED):
            self.con.execute(f'DROP TABLE IF EXISTS {database}.main."{name}"')
        self._changed_before.discard(name)

    def breaks(self, rule: Rule, table: str, name: str) -> bool:
        """Whether a rule is broken when a changed copy stands for its table. What cannot be answered is broken."""
        own = name if rule.table == table else rule.table
        columns = tuple(
            column
            for (column,) in self.con.execute(
                "SELECT column_name FROM duckdb_columns() WHERE database_name = 'mart' AND table_name = ? ORDER BY column_index", [own]
            ).fetchall()
        ) if rule.item["type"].endswith("ordered_list") else ()  # fmt: skip
        query = re.sub(
            rf"(?<!published\.)\bmain\.{table}\b", f'main."{name}"', rule.broken(f'mart.main."{own}"', columns)
        )
        query = query.replace(f"table_name = '{table}'", f"table_name = '{name}'")
        if name in self._changed_before:
            query = query.replace(f'{PUBLISHED}.main."{table}"', f'{PUBLISHED}.main."{name}"')
        try:
            return bool(self.con.execute(query).fetchone()[0])
        except duckdb.Error:
            return True

    def broken(
        self, table: str, name: str, severities: tuple[str, ...] = ("critical", "warning", "info")
    ) -> list[Rule]:
        """Every rule of some severities a changed copy breaks."""
        return [
            rule for rule in self.concerned(table) if rule.severity in severities and self.breaks(rule, table, name)
        ]

    def concerned(self, table: str) -> list[Rule]:
        """Rules of a table, and of others that speak of it."""
        speaks = re.compile(rf"(?<!published\.)\bmain\.{table}\b")
        return [
            r
            for r in self.rules
            if r.table == table or speaks.search(r.item["kwargs"].get("unexpected_rows_query", ""))
        ]


def on_copy(statement: str, name: str) -> str:
    """A fixture's or mutant's statement, on the copy of that name."""
    return statement.replace("{t}", f'mart.main."{name}"').replace("{p}", f'{PUBLISHED}.main."{name}"')


def column_types(here: walk.House, card: ServiceCard, table: str) -> dict[str, str]:
    """Column → SQL type of a published table: Arrow loses UUIDs."""
    published = generations.current(here.places, card.service)
    with closing(opening.connect(here.places)) as con:
        opening.attach(con, published.database, "mart", published.data_key(here.keyring.zone_key(card.service)), True)
        return {name: kind for name, kind, *_ in con.execute(f'DESCRIBE mart."{table}"').fetchall()}
