"""A candidate that is a copy of what a service has published, with something done to it: for fixtures and mutants."""

from __future__ import annotations

import re
from collections.abc import Iterable
from contextlib import closing

from tests.gate.plain import Mart, Rule

from fairview import walk
from fairview.gate import dialect, validation
from fairview.gate.beside import beside
from fairview.store import generations, opening
from fairview.store.generations import Generation


def copied(here: walk.House, service: str, then: Iterable[str] = ()) -> Generation:
    """A sealed candidate with the published tables, after some statements. Sweeps any other candidate of the service."""
    published = generations.current(here.places, service)
    candidate = generations.begin(here.places, here.keyring, service)
    zone = here.keyring.zone_key(service)
    with closing(opening.connect(here.places)) as con:
        opening.attach(con, published.database, "published", published.data_key(zone), read_only=True)
        opening.attach(con, candidate.database, "mart", candidate.data_key(zone))
        con.execute("COPY FROM DATABASE published TO mart")
        con.execute("DETACH published")
        con.execute("USE mart")
        for statement in then:
            con.execute(statement)
        con.execute("CHECKPOINT mart")
        names = [name for (name,) in con.execute("SELECT table_name FROM duckdb_tables()").fetchall()]
        rows = {name: con.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0] for name in names}
    about = {word: published.manifest[word] for word in ("as_at", "warehouse")}
    generations.seal(candidate, {**about, "rows": rows})
    return candidate


def answered_by_gx(
    here: walk.House, mart: Mart, changed: dict[str, tuple[str, list[str], list[Rule]]]
) -> dict[str, set[str]]:
    """What Great Expectations itself says of changed copies of tables: copy → ids of the rules asked that are not held.

    `changed`: the copy's name (`<table>__<n>`) → its table, the statements that change it (`{t}` stands for it), the rules.
    """
    card = mart.card
    statements = [*mart.planted]
    statements += [
        f'CREATE TABLE "{name}" AS SELECT * FROM "{table}" ORDER BY ALL' for name, (table, _, _) in changed.items()
    ]
    statements += [one.replace("{t}", f'"{name}"') for name, (_, done, _) in changed.items() for one in done]
    candidate = copied(here, card.service, statements)
    key = candidate.data_key(here.keyring.zone_key(card.service))
    found = {}
    with (
        dialect.lend(here.places, candidate.database, key, beside(here.places, here.keyring, card, candidate)) as url,
        validation.judge_of(url) as judge,
    ):
        for name, (table, _, rules) in changed.items():
            asked = [_about(rule.item, table, name) for rule in rules]
            answers = judge.evaluate(name, asked).answers
            found[name] = {rule.id for rule, one in zip(rules, answers, strict=True) if not (one.ran and one.succeeded)}
    generations.shred(candidate.path)
    return found


def _about(item: dict, table: str, name: str) -> dict:
    """An expectation that speaks of its own table by name, speaking of the copy instead."""
    words = dict(item["kwargs"])
    if query := words.get("unexpected_rows_query"):
        query = re.sub(rf"(?<!published\.)\bmain\.{table}\b", f'main."{name}"', query)
        words["unexpected_rows_query"] = query.replace(f"table_name = '{table}'", f"table_name = '{name}'")
    return {**item, "kwargs": words}
