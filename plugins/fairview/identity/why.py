"""Why two records are one person, or are not: the rules and weights, without a value.

Knows: what the last run wrote down of its reasons. Refuses to know: names, dates, numbers of the two.
"""

from __future__ import annotations

import itertools
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fairview.errors import FairviewError
from fairview.identity import model, schema, weighing
from fairview.store import opening
from fairview.store.keys import Keyring
from fairview.store.places import Places


class NotLinked(FairviewError):
    """A record named in a question about links is none, or no run has been made."""

    exit_code = 2


@dataclass(frozen=True)
class Step:
    """One tie on the way from one record to the other. `levels` is agreement by comparison, `weights` its log2 odds."""

    feed_a: str
    feed_b: str
    rule: str | None
    weight: float | None
    levels: dict[str, str] = field(default_factory=dict, hash=False)
    weights: dict[str, float] = field(default_factory=dict, hash=False)


@dataclass(frozen=True)
class Why:
    """The answer: one person or two, the shortest chain of ties, what speaks against, decisions about the pair."""

    same_person: bool
    steps: tuple[Step, ...]
    against: str | None
    decision: str | None


def why(places: Places, keyring: Keyring, feed_a: str, key_a: str, feed_b: str, key_b: str) -> Why:
    """Explain the last run's judgement on two records. Raises NotLinked when one of them is not a linked record."""
    with opening.vault(places, keyring, read_only=True) as con:
        con.execute("USE memory")
        if not schema.exists(con, "reasons"):
            raise NotLinked("no run has been made yet")
        people = [_person(con, feed, key) for feed, key in ((feed_a, key_a), (feed_b, key_b))]
        a, b = f"{feed_a}|{key_a}", f"{feed_b}|{key_b}"
        same = people[0] == people[1]
        steps = _chain(con, people[0], a, b) if same else _between(con, people)
        return Why(same, steps, None if same else _against(con, people), _decision(con, a, b))


def waterfall(places: Places, keyring: Keyring, feed_a: str, key_a: str, feed_b: str, key_b: str, to: Path) -> bool:
    """Write Splink's waterfall chart of the pair as a page, weights only. False when the pair itself was never scored."""
    from splink import DuckDBAPI, Linker

    with opening.vault(places, keyring, read_only=True) as con:
        con.execute("USE memory")
        if not schema.exists(con, "scored"):
            raise NotLinked("no run has been made yet")
        pair = _scored_pair(con, f"{feed_a}|{key_a}", f"{feed_b}|{key_b}")
        if pair is None:
            return False
        size = con.execute("SELECT profiles FROM vault.identity.frozen").fetchone()[0]
        con.execute("CREATE TEMP TABLE nobody (unique_id VARCHAR)")
        settings = weighing.fitted(model.committed(), size)
        linker = Linker(DuckDBAPI(connection=con).register("nobody"), settings, log_level=None, validate_settings=False)
        linker.visualisations.waterfall_chart([pair], remove_sensitive_data=True).save(str(to))
    return True


def _scored_pair(con, a: str, b: str) -> dict[str, Any] | None:
    """The scored pair of the two records' profiles: the heaviest between what the rules joined to each."""
    cursor = con.execute(
        """SELECT *, weight AS match_weight FROM vault.identity.scored
        WHERE (a = $a AND b = $b) OR (a = $b AND b = $a)""",
        {"a": _profile(con, a), "b": _profile(con, b)},
    )
    names = [column[0] for column in cursor.description]
    row = cursor.fetchone()
    return dict(zip(names, row, strict=True)) if row else None


def _profile(con, record: str) -> str:
    row = con.execute("SELECT profile FROM vault.identity.record_profile WHERE record = ?", [record]).fetchone()
    if not row:
        raise NotLinked(f"that record of {record.split('|')[0]} is no linked record: not a person, or gone")
    return row[0]


def _person(con, feed: str, key: str):
    row = con.execute(
        "SELECT person_key FROM vault.identity.record_person WHERE feed = ? AND record_key = ?", [feed, key]
    ).fetchone()
    if not row:
        raise NotLinked(f"that record of {feed} is no linked record: not a person, or gone")
    return row[0]


# Ties among the records of one person, walked breadth first; a person has few enough records for that.
_CHAIN = """
WITH RECURSIVE mine AS (SELECT feed || '|' || record_key AS record FROM vault.identity.record_person WHERE person_key = $person),
ties AS (
    SELECT a, b FROM vault.identity.reasons WHERE is_tie AND a IN (FROM mine) AND b IN (FROM mine)
    UNION ALL SELECT b, a FROM vault.identity.reasons WHERE is_tie AND a IN (FROM mine) AND b IN (FROM mine)
), walk AS (
    SELECT $a AS here, [$a] AS path, 0 AS length
    UNION
    SELECT t.b, list_append(w.path, t.b), w.length + 1 FROM walk w JOIN (SELECT DISTINCT a, b FROM ties) t ON t.a = w.here
    WHERE w.length < 6 AND NOT list_contains(w.path, t.b) AND w.here <> $b
)
SELECT path FROM walk WHERE here = $b ORDER BY length, path LIMIT 1
"""
_TIE = """
SELECT rule, weight, evidence FROM vault.identity.reasons WHERE (a = $a AND b = $b) OR (a = $b AND b = $a)
ORDER BY rule IS NULL, weight DESC
"""


def _chain(con, person, a: str, b: str) -> tuple[Step, ...]:
    found = con.execute(_CHAIN, {"person": person, "a": a, "b": b}).fetchone()
    if not found:
        return ()
    path = found[0]
    return tuple(_step(con, first, second) for first, second in itertools.pairwise(path))


def _step(con, a: str, b: str) -> Step:
    rows = con.execute(_TIE, {"a": a, "b": b}).fetchall()
    rule = next((row[0] for row in rows if row[0]), None)
    scored = next((row for row in rows if row[2]), None)
    return Step(
        a.split("|")[0], b.split("|")[0], rule, scored[1] if scored else None,
        json.loads(scored[2]) if scored else {}, _weights(con, a, b) if scored else {},
    )  # fmt: skip


def _weights(con, a: str, b: str) -> dict[str, float]:
    pair = _scored_pair(con, a, b)
    if not pair:
        return {}
    size = con.execute("SELECT profiles FROM vault.identity.frozen").fetchone()[0]
    prior = weighing.fitted(model.committed(), size)["probability_two_random_records_match"]
    names = [comparison["output_column_name"] for comparison in model.committed()["settings"]["comparisons"]]
    weights = {name: pair[f"mw_{name}"] + (pair.get(f"mw_tf_adj_{name}") or 0.0) for name in names}
    return {
        "two strangers": round(weighing.odds(prior), 2),
        **{name: round(weight, 2) for name, weight in weights.items()},
    }


_BETWEEN = """
SELECT r.a, r.b FROM vault.identity.reasons r
JOIN vault.identity.record_person x ON x.feed || '|' || x.record_key = r.a
JOIN vault.identity.record_person y ON y.feed || '|' || y.record_key = r.b
WHERE (x.person_key = $first AND y.person_key = $second) OR (x.person_key = $second AND y.person_key = $first)
ORDER BY r.weight DESC NULLS FIRST, r.a, r.b LIMIT 1
"""


def _between(con, people: list) -> tuple[Step, ...]:
    pair = con.execute(_BETWEEN, {"first": people[0], "second": people[1]}).fetchone()
    return (_step(con, *pair),) if pair else ()


def _against(con, people: list) -> str:
    row = con.execute(
        """SELECT kind, reason FROM vault.identity.review_queue
        WHERE (person_a = $first AND person_b = $second) OR (person_a = $second AND person_b = $first)""",
        {"first": people[0], "second": people[1]},
    ).fetchone()
    return f"{row[0]}: {row[1]}" if row else "the evidence is not enough, or is names alone"


def _decision(con, a: str, b: str) -> str | None:
    row = con.execute(
        """SELECT verdict, decided_at FROM vault.identity.decisions WHERE withdrawn_at IS NULL
        AND feed_a || '|' || key_a IN ($a, $b) AND feed_b || '|' || key_b IN ($a, $b)""",
        {"a": a, "b": b},
    ).fetchone()
    return f"{row[0]}, decided {row[1]:%Y-%m-%d}" if row else None
