"""How good the links are, measured against a truth nobody may link by.

Knows: pairwise and cluster precision, recall and F1, per pair of feeds, per name group with intervals, pairs that must
not merge, identifiers that changed. Refuses to know: how links are made; truth never reaches `link` or `train`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from fairview.store import opening
from fairview.store.keys import Keyring
from fairview.store.places import Places


@dataclass(frozen=True)
class Quality:
    """Precision, recall and F1 over pairs of records, or over whole persons. `made` and `true` are counts."""

    precision: float
    recall: float
    made: int
    true: int

    @property
    def f1(self) -> float:
        both = self.precision + self.recall
        return 2 * self.precision * self.recall / both if both else 0.0


@dataclass(frozen=True)
class MonthScore:
    """One month's links against the truth of that month. `by_feeds`: (feed, feed) → Quality; `by_group`: name group →
    (Quality, 95 % interval of precision, of recall), each (from, to); `held_out` is over the half of the households nothing
    was tuned on; `households` over pairs of people living together (None where the truth knows no addresses)."""

    as_at: date
    pairs: Quality
    persons: Quality
    by_feeds: dict[tuple[str, str], Quality]
    by_group: dict[str, tuple[Quality, tuple[float, float], tuple[float, float]]]
    held_out: Quality
    households: Quality | None
    must_not_merge: int
    records_linked: int
    records_not_people: int
    people_missed: int


# Half of the persons (of a council: of its households, so that no family is torn) nothing was tuned on: SQL over their number.
# Whoever looks at a mistake to mend the rules looks at the other half.
HELD_OUT = "md5('held out ' || CAST({} AS VARCHAR))[1] >= '8'"

# Truth of all months up to the date, the newest word on each record; keys may be longer than truth's (a dated key).
_TRUTH = """
CREATE OR REPLACE TEMP TABLE said AS
SELECT feed, record_key, person_id FROM read_parquet($files, filename = true)
QUALIFY row_number() OVER (PARTITION BY feed, record_key ORDER BY filename DESC) = 1;
CREATE OR REPLACE TEMP TABLE truth AS
SELECT l.record, s.person_id FROM linked l JOIN said s ON s.feed = l.feed
    AND (s.record_key = l.record_key OR (l.feed = 'benefit_members' AND s.record_key = regexp_replace(l.record_key, '\\|[^|]*$', '')))
"""


def month(places: Places, keyring: Keyring, truth: Path, as_at: date) -> MonthScore:
    """Score what stands linked in a vault against `truth` (a folder as the pilot's), as at an extract date."""
    with opening.vault(places, keyring, read_only=True) as con:
        con.execute("USE memory")
        con.execute(
            """CREATE TEMP TABLE linked AS
            SELECT feed || '|' || record_key AS record, feed, record_key, CAST(person_key AS VARCHAR) AS cluster
            FROM vault.identity.record_person"""
        )
        con.execute(
            """CREATE TEMP TABLE living AS
            SELECT CAST(household_key AS VARCHAR) AS household, CAST(person_key AS VARCHAR) AS cluster
            FROM vault.identity.household_members WHERE to_on IS NULL"""
        )
        return judged(con, truth, as_at)


def judged(con, truth: Path, as_at: date) -> MonthScore:
    """Score the table `linked(record, feed, record_key, cluster)` of a connection; see `month`."""
    label(con, truth, as_at)
    con.execute(
        f"""CREATE OR REPLACE TEMP TABLE judged AS
        SELECT l.*, t.person_id, p.name_group, {HELD_OUT.format("p.household_id")} AS is_held_out FROM linked l JOIN truth t USING (record)
        LEFT JOIN {opening.quoted(truth / "persons.parquet")} p USING (person_id)"""
    )
    counts = con.execute(
        """SELECT (SELECT count(*) FROM linked), (SELECT count(*) FROM judged WHERE person_id IS NULL),
            (SELECT count(*) FROM said WHERE person_id IS NOT NULL AND feed <> 'asb_incidents')
            - (SELECT count(DISTINCT (feed, person_id, record)) FROM judged WHERE person_id IS NOT NULL)"""
    ).fetchone()
    violations = con.execute(
        f"""SELECT count(DISTINCT (m.person_a, m.person_b)) FROM read_csv({opening.quoted(truth / "must_not_merge.csv")}) m
        JOIN judged a ON a.person_id = m.person_a JOIN judged b ON b.person_id = m.person_b AND b.cluster = a.cluster"""
    ).fetchone()[0]
    con.execute("DELETE FROM judged WHERE person_id IS NULL")
    con.execute("CREATE OR REPLACE TEMP TABLE held_out AS FROM judged WHERE is_held_out")
    return MonthScore(
        as_at,
        pairwise(con, "judged"),
        whole(con, "judged"),
        _by_feeds(con),
        _by_group(con),
        pairwise(con, "held_out"),
        _households(con, truth, as_at),
        violations,
        counts[0],
        counts[1],
        counts[2],
    )


def label(con, truth: Path, as_at: date) -> None:
    """Make `said(feed, record_key, person_id)`, truth's newest word on each record up to a date, and `truth(record, person_id)`
    of the records in `linked`."""
    files = [
        str(folder / "record_person.parquet")
        for folder in sorted(truth.glob("????-??-??"))
        if folder.name <= as_at.isoformat()
    ]
    for statement in _TRUTH.split(";"):
        con.execute(statement, {"files": files} if "$files" in statement else None)


def pairwise(con, table: str) -> Quality:
    """Quality over pairs of records of `table(cluster, person_id)`."""
    made, true, both = con.execute(
        f"""SELECT (SELECT sum(n * (n - 1) // 2) FROM (SELECT count(*) AS n FROM {table} GROUP BY cluster)),
            (SELECT sum(n * (n - 1) // 2) FROM (SELECT count(*) AS n FROM {table} GROUP BY person_id)),
            (SELECT sum(n * (n - 1) // 2) FROM (SELECT count(*) AS n FROM {table} GROUP BY cluster, person_id))"""
    ).fetchone()
    return _quality(both or 0, made or 0, true or 0)


def whole(con, table: str) -> Quality:
    """Quality over whole persons: a cluster counts when it holds all records of one person and no other."""
    made, true, both = con.execute(
        f"""WITH cells AS (SELECT cluster, person_id, count(*) AS n FROM {table} GROUP BY cluster, person_id),
        c AS (SELECT cluster, sum(n) AS n FROM cells GROUP BY cluster), p AS (SELECT person_id, sum(n) AS n FROM cells GROUP BY person_id)
        SELECT (SELECT count(*) FROM c), (SELECT count(*) FROM p),
            (SELECT count(*) FROM cells JOIN c USING (cluster) JOIN p USING (person_id) WHERE cells.n = c.n AND cells.n = p.n)"""
    ).fetchone()
    return _quality(both, made, true)


def _quality(both: int, made: int, true: int) -> Quality:
    return Quality(both / made if made else 1.0, both / true if true else 1.0, int(made), int(true))


_FEED_PAIRS = """
WITH cells AS (SELECT feed, {side} AS side, count(*) AS n FROM judged GROUP BY ALL)
SELECT a.feed, b.feed, sum(CASE WHEN a.feed = b.feed THEN a.n * (a.n - 1) // 2 ELSE a.n * b.n END)
FROM cells a JOIN cells b ON a.side = b.side AND a.feed <= b.feed GROUP BY a.feed, b.feed
"""


def _by_feeds(con) -> dict[tuple[str, str], Quality]:
    made, true, both = (
        {(a, b): int(n) for a, b, n in con.execute(_FEED_PAIRS.format(side=side)).fetchall()}
        for side in ("cluster", "person_id", "cluster || '/' || person_id")
    )
    pairs = sorted(pair for pair in made.keys() | true.keys() if made.get(pair) or true.get(pair))
    return {pair: _quality(both.get(pair, 0), made.get(pair, 0), true.get(pair, 0)) for pair in pairs}


# A person's pairs stand or fall together, so intervals are over persons (or clusters): Wilson's for the share, with as many
# independent trials as the spread between persons leaves of the pairs. Where no pair fails, persons are the trials, so that
# a small group without a mistake still shows how little that proves.
_GROUPS = """
WITH cells AS (SELECT name_group, {side} AS side, cluster, person_id, count(*) AS n FROM judged GROUP BY ALL),
units AS (SELECT name_group, side, sum(n * (n - 1) // 2) AS hits, sum(n) * (sum(n) - 1) // 2 AS all_pairs FROM cells GROUP BY ALL),
totals AS (SELECT name_group, sum(hits) AS hits, sum(all_pairs) AS pairs, count(*) FILTER (all_pairs > 0) AS persons FROM units GROUP BY name_group)
SELECT name_group, any_value(t.hits), any_value(t.pairs), any_value(t.persons),
    sum(pow(u.hits - t.hits / t.pairs * u.all_pairs, 2)) / pow(any_value(t.pairs), 2)
FROM units u JOIN totals t USING (name_group) WHERE t.pairs > 0 GROUP BY name_group
"""


def _by_group(con) -> dict[str, tuple[Quality, tuple[float, float], tuple[float, float]]]:
    recall = {row[0]: row[1:] for row in con.execute(_GROUPS.format(side="person_id")).fetchall()}
    precision = {row[0]: row[1:] for row in con.execute(_GROUPS.format(side="cluster")).fetchall()}
    found = {}
    for group, (both, true, persons, spread) in sorted(recall.items(), key=lambda item: str(item[0])):
        right, made, clusters, made_spread = precision.get(group, (0, 0, 0, 0.0))
        quality = Quality(right / made if made else 1.0, both / true, int(made), int(true))
        found[str(group)] = (
            quality,
            wilson(quality.precision, clusters, float(made_spread)),
            wilson(quality.recall, persons, float(spread)),
        )
    return found


def wilson(share: float, units: int, spread: float) -> tuple[float, float]:
    """95 % interval of a share over `units` persons, of which `spread` is the variance; (0, 1) when there are none."""
    if not units:
        return 0.0, 1.0
    trials = min(share * (1 - share) / spread, float(units)) if spread > 0 and 0 < share < 1 else float(units)
    z = 1.96
    middle = (share + z * z / (2 * trials)) / (1 + z * z / trials)
    half = z / (1 + z * z / trials) * math.sqrt(share * (1 - share) / trials + z * z / (4 * trials * trials))
    return max(middle - half, 0.0), min(middle + half, 1.0)


# Who lives together, by pairs of people both told of at the date: those of one true household that is at an address then,
# and those our households hold together. A person is who most of a cluster's records are.
_TOGETHER = """
CREATE OR REPLACE TEMP TABLE lodged AS
WITH names AS (
    SELECT cluster, person_id FROM judged GROUP BY cluster, person_id
    QUALIFY row_number() OVER (PARTITION BY cluster ORDER BY count(*) DESC, person_id) = 1
)
SELECT n.person_id AS unit, min(l.household) AS cluster, min(CAST(p.household_id AS VARCHAR)) AS person_id
FROM living l JOIN names n USING (cluster) JOIN {persons} p USING (person_id)
JOIN (SELECT DISTINCT household_id FROM {addresses} WHERE from_date <= $as_at AND to_date > $as_at) h USING (household_id)
WHERE p.dod IS NULL OR p.dod > $as_at GROUP BY n.person_id
"""


def _households(con, truth: Path, as_at: date) -> Quality | None:
    addresses = truth / "household_addresses.parquet"
    known = con.execute("SELECT count(*) FROM duckdb_tables() WHERE table_name = 'living'").fetchone()[0]
    if not known or not addresses.exists():
        return None
    con.execute(
        _TOGETHER.format(persons=opening.quoted(truth / "persons.parquet"), addresses=opening.quoted(addresses)),
        {"as_at": as_at},
    )
    return pairwise(con, "lodged")


def gaps(score: MonthScore, least_pairs: int = 200) -> tuple[float, float]:
    """Widest gap in precision and in recall between name groups with at least `least_pairs` true pairs."""
    groups = [quality for quality, _, _ in score.by_group.values() if quality.true >= least_pairs]
    if not groups:
        return 0.0, 0.0
    precision, recall = ([getattr(quality, what) for quality in groups] for what in ("precision", "recall"))
    return max(precision) - min(precision), max(recall) - min(recall)


def held(places: Places, keyring: Keyring) -> list[tuple[str, str, str]]:
    """(feed, record key, person key) of every linked record, to compare two months by `changed`."""
    with opening.vault(places, keyring, read_only=True) as con:
        return con.execute(
            "SELECT feed, record_key, CAST(person_key AS VARCHAR) FROM identity.record_person"
        ).fetchall()


def changed(before: list[tuple[str, str, str]], places: Places, keyring: Keyring, as_at: date) -> dict[str, int]:
    """Records of two runs: `kept` in both, `changed` in identifier, `without_cause`: changed with no split or merge logged."""
    now = {(feed, key): person for feed, key, person in held(places, keyring)}
    moved = [(old, now[feed, key]) for feed, key, old in before if (feed, key) in now and now[feed, key] != old]
    with opening.vault(places, keyring, read_only=True) as con:
        logged = set(
            con.execute(
                "SELECT CAST(person_key AS VARCHAR), CAST(other_key AS VARCHAR) FROM identity.events "
                "WHERE as_at = ? AND kind IN ('split', 'merge')", [as_at]).fetchall()
        )  # fmt: skip
    kept = sum((feed, key) in now for feed, key, _ in before)
    return {"kept": kept, "changed": len(moved), "without_cause": sum(pair not in logged for pair in moved)}


def table(score: MonthScore) -> list[dict[str, Any]]:
    """The score's headline figures, one row per measure."""
    return [
        {
            "measure": "pairs of records",
            "precision": score.pairs.precision,
            "recall": score.pairs.recall,
            "f1": score.pairs.f1,
        },
        {
            "measure": "whole persons",
            "precision": score.persons.precision,
            "recall": score.persons.recall,
            "f1": score.persons.f1,
        },
    ]
