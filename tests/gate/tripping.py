"""Finds, for an expectation, the smallest change to a good table that breaks it and nothing else.

Tries what its kind suggests (a blank, an unknown code, a number past the limit), then single cells of the columns its query
speaks of, then rows taken away. What no single cell can do is written by hand (`BY_HAND`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import duckdb
from tests.gate.by_hand import BY_HAND, NOT_ALONE
from tests.gate.plain import Mart, Rule

_ROWS = 24
_TRIES = 250


def trip(mart: Mart, rule: Rule, first: list[str] | None = None) -> tuple[list[str], list[str]]:
    """Statements that break a rule, and what else they break that they should not (names; best found). ([], []) when nothing
    broke it."""
    best: tuple[list[str], list[str]] = ([], [])
    name = f"{rule.table}__try"
    for n, statements in enumerate(_changes(mart, rule, first)):
        if n > _TRIES:
            break
        try:
            mart.copy(rule.table, name, statements)
        except duckdb.Error:  # a statement that does not fit this table's rows is no fixture
            continue
        if not mart.breaks(rule, rule.table, name):
            continue
        broken = mart.broken(rule.table, name, ("critical",))
        others = [other.name for other in broken if not may_fall(other, rule)]
        if not best[0] or len(others) < len(best[1]):
            best = (statements, others)
        if not others:
            break
    mart.drop(name)
    return best


def may_fall(other: Rule, rule: Rule) -> bool:
    """Whether another rule may be broken with this one: itself, a recount, or what follows by a declared reason."""
    return other.name == rule.name or other.item["meta"].get("recount") or other.id in NOT_ALONE.get(rule.id, {})


def _changes(mart: Mart, rule: Rule, first: list[str] | None) -> Iterator[list[str]]:
    if first:
        yield first
    for written in BY_HAND.get(rule.id, []):
        # Pseudonyms, and with them the order of rows, differ from one state's keys to another's.
        places = range(_ROWS) if any("{n}" in statement for statement in written) else (0,)
        yield from ([statement.replace("{n}", str(n)) for statement in written] for n in places)
    yield from _of_the_house(mart, rule)
    kind, words, columns = rule.item["type"], rule.item["kwargs"], mart.columns[rule.table]
    column = words.get("column")
    rows = range(min(_ROWS, mart.con.execute(f'SELECT count(*) FROM mart.main."{rule.table}"').fetchone()[0]))
    if kind.endswith("ordered_list"):
        yield ["ALTER TABLE {t} ADD COLUMN more_than_declared INTEGER"]
    elif kind.endswith("not_be_null"):
        yield from ([f'UPDATE {{t}} SET "{column}" = NULL WHERE rowid = {row}'] for row in rows)
    elif kind.endswith("be_in_set"):
        label = f"{column.removesuffix('_code')}_label"
        for row in rows:
            yield [f"UPDATE {{t}} SET \"{column}\" = 'NOBODYS' WHERE rowid = {row}"]
            if label in columns:
                yield [f"UPDATE {{t}} SET \"{column}\" = 'NOBODYS', \"{label}\" = 'Nobody''s' WHERE rowid = {row}"]
    elif kind.endswith("contain_set"):
        yield from ([f"DELETE FROM {{t}} WHERE \"{column}\" = '{value}'"] for value in words["value_set"])
    elif kind.endswith("values_to_be_between"):
        for row in rows:
            if words.get("min_value") is not None:
                yield [f'UPDATE {{t}} SET "{column}" = {words["min_value"]} - 1 WHERE rowid = {row}']
            if words.get("max_value") is not None:
                yield [f'UPDATE {{t}} SET "{column}" = {words["max_value"]} + 1 WHERE rowid = {row}']
    elif kind.endswith("row_count_to_be_between") and words.get("min_value") is not None:
        yield [f"DELETE FROM {{t}} WHERE rowid >= {max(0, words['min_value'] - 1)}"]
    spoken = " ".join(map(str, words.values()))
    named = [name for name in columns if re.search(rf"\b{name}\b", spoken)] or list(columns)
    for row in rows:
        for name in named:
            yield from (
                [f'UPDATE {{t}} SET "{name}" = {value} WHERE rowid = {row}']
                for value in _values(name, columns[name], mart, rule.table)
            )
        yield [f"DELETE FROM {{t}} WHERE rowid = {row}"]


_SHAPES = {
    "house.no_national_insurance_number": "AB123456C",
    "house.no_postcode": "RM176SL",
    "house.no_telephone_number": "07700-900123",
    "house.no_email_address": "a.b@example.org",
    "house.no_property_number": "100090123456",
    "house.no_canary": "Zzcanary",
}
_PLACE = re.compile(r".*_(rank|position|number)")


def _of_the_house(mart: Mart, rule: Rule) -> Iterator[list[str]]:
    """What breaks the house's expectations: a row more, a text with a shape, another past."""
    columns = mart.columns[rule.table]
    key = next(table.key for table in mart.card.tables if table.name == rule.table)
    places = ", ".join(
        f'(SELECT max("{n}") + 1 FROM {{t}}) AS "{n}"' for n in columns if _PLACE.fullmatch(n) and n not in key
    )
    if rule.id in _SHAPES:
        for name in (name for name in columns if name == "ward_code" or "ward_code" not in columns):
            for row in (0, 1, 2):
                yield [f"UPDATE {{t}} SET \"{name}\" = '{_SHAPES[rule.id]}' WHERE rowid = {row}"]
                yield [f'UPDATE {{t}} SET "{name}" = "{name}" || \' {_SHAPES[rule.id]}\' WHERE rowid = {row}']
    elif rule.id == "house.no_property_number_as_number":
        yield from (
            [f'UPDATE {{t}} SET "{name}" = 100090123456 WHERE rowid = 0']
            for name, kind in columns.items()
            if kind == "BIGINT"
        )
    elif rule.id == "house.no_column_named_like_an_identifier":
        yield ["ALTER TABLE {t} ADD COLUMN surname VARCHAR"]
    elif rule.id == "house.key_is_unique":
        replaced = f" REPLACE ({places})" if places else ""
        yield from ([f"INSERT INTO {{t}} SELECT *{replaced} FROM {{t}} WHERE rowid = {row}"] for row in range(30))
    elif rule.id == "house.key_is_present":
        for name in key:
            replaced = ", ".join(filter(None, (places, f'NULL AS "{name}"')))
            yield from (
                [f"INSERT INTO {{t}} SELECT * REPLACE ({replaced}) FROM {{t}} WHERE rowid = {row}"] for row in range(30)
            )
    elif rule.id == "house.person_is_known_to_the_service":
        replaced = ", ".join(filter(None, (places, "md5('a stranger')::UUID AS person_id")))
        yield from (
            [f"INSERT INTO {{t}} SELECT * REPLACE ({replaced}) FROM {{t}} WHERE rowid = {row}"] for row in range(40)
        )
    elif rule.id.startswith("house.rows"):
        yield ["INSERT INTO {p} SELECT {p}.* FROM {p}, range(9)"]
    elif rule.id.startswith("house.shares"):
        codes = [name for name, kind in columns.items() if kind == "BOOLEAN" or name.endswith("_code")]
        yield from ([f'UPDATE {{p}} SET "{name}" = NOT "{name}"'] for name in codes if columns[name] == "BOOLEAN")
        yield from (
            [f"UPDATE {{p}} SET \"{name}\" = 'OTHER' WHERE rowid % 10 < 6"]
            for name in codes
            if columns[name] == "VARCHAR"
        )
    elif rule.id.startswith("house.blanks"):
        yield from ([f'UPDATE {{p}} SET "{name}" = NULL'] for name in columns if name not in key)
    elif rule.id.startswith("house.levels"):
        numbers = [name for name, kind in columns.items() if kind in ("BIGINT", "DATE")]
        yield from (
            [f'UPDATE {{p}} SET "{name}" = "{name}" + 100000000'] for name in numbers if columns[name] == "BIGINT"
        )
        yield from ([f'UPDATE {{p}} SET "{name}" = "{name}" - 20000'] for name in numbers if columns[name] == "DATE")


def _values(name: str, kind: str, mart: Mart, table: str) -> list[str]:
    quoted = f'"{name}"'
    if kind == "BOOLEAN":
        return [f"NOT {quoted}", "NULL"]
    if kind == "DATE":
        return [f"{quoted} {how}" for how in ("- 1", "+ 1", "- 400", "+ 400", "+ 46")] + [
            "NULL",
            "as_at_on",
            "DATE '2001-01-01'",
        ]
    if kind == "UUID":
        return ["NULL", "md5('nobody')::UUID"]
    if kind == "VARCHAR":
        others = mart.con.execute(
            f'SELECT DISTINCT {quoted} FROM mart.main."{table}" WHERE {quoted} IS NOT NULL LIMIT 8'
        ).fetchall()
        codes = ["'" + other.replace("'", "''") + "'" for (other,) in others if len(other) < 40]
        return [*codes, f"{quoted} || ' {{'", "'x'", "NULL", f"replace({quoted}, ' 20', ' 19')"]
    return [f"{quoted} {how}" for how in ("+ 1", "- 1", "+ 10000", "* 10")] + ["0", "-1", "1", "999999", "NULL"]
