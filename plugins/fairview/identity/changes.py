"""What a run changes about people: who is new, merged, split or gone, each with what caused it.

Knows: the registry before the run and the ties of this one. A reason is a decision's number, a rule's name, a weight or
a conflict; never a value. Refuses to know: names, and whether so much change is permitted (`guards`).

Leaves `changes(kind, old, id, records, reason)`: `merge` when the identifier `old` went into `id`, `split` when records of
`old`, which stays, went to `id`.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from fairview.identity import schema
from fairview.store import opening
from fairview.store.keys import Keyring
from fairview.store.places import Places

_FOUND = """
CREATE OR REPLACE TEMP TABLE found_changes AS
SELECT CASE WHEN EXISTS (FROM person_ids k WHERE k.id = s.old) THEN 'split' ELSE 'merge' END AS kind, s.old, i.id,
    i.cluster, stays.cluster AS cluster_old, s.items AS records
FROM person_shares s JOIN person_ids i USING (cluster) LEFT JOIN person_ids stays ON stays.id = s.old WHERE s.old <> i.id
"""
# Of a merge: the records that moved and those they came to. Of a split: who parted, and who stayed.
_SIDES = """
CREATE OR REPLACE TEMP TABLE change_sides AS
WITH moved AS (
    SELECT c.kind, c.old, c.id, i.item FROM found_changes c JOIN person_items i USING (cluster)
    LEFT JOIN person_before b ON b.item = i.item WHERE c.kind = 'split' OR b.person_key = c.old
), others AS (
    SELECT c.kind, c.old, c.id, i.item FROM found_changes c JOIN person_items i ON i.cluster = c.cluster
    LEFT JOIN person_before b ON b.item = i.item WHERE c.kind = 'merge' AND b.person_key IS DISTINCT FROM c.old
    UNION ALL
    SELECT c.kind, c.old, c.id, i.item FROM found_changes c JOIN person_items i ON i.cluster = c.cluster_old
    WHERE c.kind = 'split'
)
SELECT *, 'x' AS side FROM moved UNION ALL SELECT *, 'y' FROM others
"""
# Every tie or bar that may be the cause, as pairs of records; `stands` is the kind of change it explains.
_CAUSES = """
CREATE OR REPLACE TEMP TABLE causes AS
WITH latest AS (SELECT max(run_at) AS run_at FROM vault.identity.runs),
decisions AS (
    SELECT decision, verdict, feed_a || '|' || key_a AS a, feed_b || '|' || key_b AS b, withdrawn_at FROM vault.identity.decisions
), places AS (SELECT record_id AS item, profile FROM profile_of),
places_before AS (SELECT record AS item, profile FROM vault.identity.record_profile),
touched AS (SELECT DISTINCT item FROM change_sides),
ties_before AS (
    SELECT a, b, rule, weight FROM vault.identity.reasons WHERE is_tie AND rule IS NOT NULL AND a IN (FROM touched) AND b IN (FROM touched)
    UNION ALL
    SELECT x.item, y.item, NULL, r.weight FROM vault.identity.reasons r JOIN places_before x ON x.profile = r.a JOIN places_before y ON y.profile = r.b
    WHERE r.is_tie AND r.rule IS NULL AND x.item IN (FROM touched) AND y.item IN (FROM touched)
)
SELECT 'merge' AS stands, 1 AS rank, NULL::DOUBLE AS weight, a, b, 'decision ' || decision || ': must link' AS reason
FROM decisions WHERE verdict = 'must_link' AND withdrawn_at IS NULL
UNION ALL SELECT 'merge', 2, NULL, a, b, 'decision ' || decision || ' (must not link) was withdrawn'
FROM decisions, latest WHERE verdict = 'must_not_link' AND withdrawn_at >= latest.run_at
UNION ALL SELECT 'merge', 3, grade, a, b, 'rule: ' || rule FROM rule_pairs WHERE a IN (FROM touched) AND b IN (FROM touched)
UNION ALL SELECT 'merge', 4, p.weight, x.item, y.item, 'likelihood: weight ' || round(p.weight, 1)
FROM pairs p JOIN places x ON x.profile = p.a JOIN places y ON y.profile = p.b WHERE x.item IN (FROM touched) AND y.item IN (FROM touched)
UNION ALL SELECT 'split', 1, NULL, a, b, 'decision ' || decision || ': must not link'
FROM decisions WHERE verdict = 'must_not_link' AND withdrawn_at IS NULL
UNION ALL SELECT 'split', 2, NULL, a, b, 'decision ' || decision || ' (must link) was withdrawn'
FROM decisions, latest WHERE verdict = 'must_link' AND withdrawn_at >= latest.run_at
UNION ALL SELECT 'split', 3, weight, a, b, 'conflict: ' || reason FROM (SELECT * FROM refused UNION ALL SELECT * FROM rules_refused)
UNION ALL SELECT 'split', 4, weight, unnest([cluster, cluster]), unnest([a, b]), 'tie: two people fit equally well'
FROM (SELECT * FROM torn UNION ALL SELECT * FROM rules_torn)
UNION ALL SELECT 'split', 5, weight, a, b, coalesce('rule no longer met: ' || rule, 'likelihood: weight ' || round(weight, 1) || ' no longer reached')
FROM ties_before
"""
# Only what lies between the two sides; a conflict between clusters is between whoever ended in them.
_REASONED = """
CREATE OR REPLACE TEMP TABLE changes AS
WITH between AS (
    SELECT x.kind, x.old, x.id, c.rank, c.weight, c.reason
    FROM (SELECT stands, rank, weight, reason, a, b FROM causes UNION ALL SELECT stands, rank, weight, reason, b, a FROM causes) c
    JOIN change_sides x ON x.item = c.a AND x.kind = c.stands AND x.side = 'x'
    JOIN change_sides y ON y.item = c.b AND y.kind = x.kind AND y.old = x.old AND y.id = x.id AND y.side = 'y'
), best AS (
    SELECT * FROM between QUALIFY row_number() OVER (PARTITION BY kind, old, id ORDER BY rank, weight DESC NULLS LAST, reason) = 1
)
SELECT c.kind, c.old, c.id, c.records,
    coalesce(b.reason, CASE c.kind WHEN 'split' THEN 'the records that joined them are gone' ELSE 'records of both came together' END)
        || CASE WHEN $retrained AND coalesce(b.rank, 9) >= CASE c.kind WHEN 'split' THEN 5 ELSE 4 END THEN '; the model was trained anew' ELSE '' END AS reason
FROM found_changes c LEFT JOIN best b USING (kind, old, id)
"""


def find(con, retrained: bool) -> dict[str, int]:
    """Make `changes` from `person_ids`, `person_shares` and the ties of the run. Returns known, new, merged, split, retired."""
    con.execute(_FOUND)
    con.execute(_SIDES)
    con.execute(_CAUSES)
    con.execute(_REASONED, {"retrained": retrained})

    def count(sql: str) -> int:
        return con.execute(sql).fetchone()[0]

    return {
        "known": count("SELECT count(DISTINCT person_key) FROM vault.identity.record_person"),
        "merged": count("SELECT count(DISTINCT old) FROM changes WHERE kind = 'merge'"),
        "split": count("SELECT count(DISTINCT old) FROM changes WHERE kind = 'split'"),
        "new": count("SELECT count(*) FROM person_ids WHERE is_new AND id NOT IN (SELECT id FROM changes WHERE kind = 'split')"),
        "retired": count(
            """SELECT count(DISTINCT person_key) FROM vault.identity.record_person
            WHERE person_key NOT IN (SELECT id FROM person_ids) AND person_key NOT IN (SELECT old FROM changes)"""
        ),
    }  # fmt: skip


def because(con, most: int = 3, least: int = 10) -> dict[str, tuple[tuple[str, int], ...]]:
    """What most new, merged and split people rest on: (rule, conflict or feed, people), parts under `least` left out."""
    # A decision's number or a weight makes each reason its own; told together they are one kind.
    kinds = "regexp_replace(regexp_replace(reason, 'decision [0-9a-f]+', 'decision'), ' ?-?[0-9]+[.][0-9]+', '')"
    sums = {
        "new": "SELECT 'feed ' || split_part(first_item, '|', 1), count(*) FROM person_kept JOIN person_new USING (cluster) GROUP BY 1",
        "merged": f"SELECT {kinds}, count(DISTINCT old) FROM changes WHERE kind = 'merge' GROUP BY 1",
        "split": f"SELECT {kinds}, count(DISTINCT old) FROM changes WHERE kind = 'split' GROUP BY 1",
    }
    return {
        kind: tuple(con.execute(f"{sql} HAVING count(*) >= {least} ORDER BY 2 DESC, 1 LIMIT {most}").fetchall())
        for kind, sql in sums.items()
    }


def remember(con, as_at: date, at: datetime, found: dict[str, Any]) -> None:
    """Put the run's changes into `vault.identity.events`."""
    con.execute(
        "INSERT INTO vault.identity.events SELECT kind, ?, ?, reason, old, id, records, 1 FROM changes", [as_at, at]
    )
    for kind, count, reason in (
        ("mint", found["new"], "not known before"),
        ("retire", found["retired"], "no record left"),
    ):
        if count:
            con.execute(
                "INSERT INTO vault.identity.events VALUES (?, ?, ?, ?, NULL, NULL, NULL, ?)",
                [kind, as_at, at, reason, count],
            )


def log(
    places: Places, keyring: Keyring, kind: str | None = None, since: date | None = None, most: int = 100, skip: int = 0
) -> list[dict[str, Any]]:
    """The log, newest run first: as-at date, kind, how many people and records, why. No person and no key."""
    with opening.vault(places, keyring, read_only=True) as con:
        con.execute("USE memory")
        if not schema.exists(con, "events"):
            return []
        cursor = con.execute(
            """SELECT as_at, run_at, kind, sum(people)::BIGINT AS people, sum(records)::BIGINT AS records, reason
            FROM vault.identity.events WHERE ($kind IS NULL OR kind = $kind) AND ($since IS NULL OR as_at >= $since)
            GROUP BY as_at, run_at, kind, reason ORDER BY run_at DESC, kind, people DESC, reason LIMIT $most OFFSET $skip""",
            {"kind": kind, "since": since, "most": most, "skip": skip},
        )
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
