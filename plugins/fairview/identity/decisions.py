"""What people decided about who is who: must link, must not link. Outlives every run and every training.

Knows: how a decision reaches the joining of records, as records joined beforehand and as places in a list only one
person can hold. Refuses to know: how the decision was come to (`review`).
"""

from __future__ import annotations

from fairview.identity import clusters

_IN_FORCE = """
CREATE OR REPLACE TEMP TABLE decided AS
SELECT decision, verdict, feed_a || '|' || key_a AS a, feed_b || '|' || key_b AS b
FROM vault.identity.decisions WHERE withdrawn_at IS NULL
"""

_TIES = """
CREATE OR REPLACE TEMP TABLE decided_ties AS
WITH ties AS (
    SELECT x.profile AS a, y.profile AS b FROM decided d JOIN profile_of x ON x.record_id = d.a JOIN profile_of y ON y.record_id = d.b
    WHERE d.verdict = 'must_link'
)
SELECT a, b FROM ties UNION SELECT b, a FROM ties
"""

_SPREAD = """
CREATE OR REPLACE TEMP TABLE must_join AS
SELECT m.node, least(m.cluster, min(o.cluster)) AS cluster
FROM must_join m JOIN decided_ties t ON t.a = m.node JOIN must_join o ON o.node = t.b GROUP BY m.node, m.cluster
"""


def bring(con) -> None:
    """Make `record_facets`, what the joining goes by, from `records`, `record_stays` and the decisions in force, and an empty `must_join`.

    What must link joins people, not records: each side first gathers its own records by the rules (`tie` comes after).
    """
    con.execute(_IN_FORCE)
    con.execute("CREATE OR REPLACE TEMP TABLE must_join (node VARCHAR, cluster VARCHAR)")
    con.execute(
        f"""CREATE OR REPLACE TEMP TABLE record_facets AS
        SELECT record_id AS node, {", ".join(clusters.FACET_COLUMNS)} FROM records
        LEFT JOIN (SELECT record_id, list(stay ORDER BY stay) AS stays FROM record_stays GROUP BY record_id) USING (record_id)
        UNION ALL BY NAME
        SELECT unnest([a, b]) AS node, 'decision:' || decision AS list, unnest([1, 2])::BIGINT AS position FROM decided
        WHERE verdict = 'must_not_link' AND a IN (SELECT record_id FROM records) AND b IN (SELECT record_id FROM records)"""
    )


def tie(con) -> None:
    """Make `must_join(node, cluster)`: the profiles that decisions in force join beforehand, whoever they reach."""
    con.execute(_TIES)
    con.execute("CREATE OR REPLACE TEMP TABLE must_join AS SELECT DISTINCT a AS node, a AS cluster FROM decided_ties")
    chain = con.execute("SELECT count(*) FROM decided_ties").fetchone()[0]
    for _ in range(min(chain, 50)):
        con.execute(_SPREAD)


def contradicted(con, verdict: str, a: str, b: str) -> list[str]:
    """The numbers of decisions in force that a new one on records `a` and `b` would contradict, also through others.

    Must link joins everybody it reaches: a must-not-link within what becomes one group is a contradiction.
    """
    con.execute(_IN_FORCE)
    in_force = con.execute("SELECT decision, verdict, a, b FROM decided ORDER BY decision").fetchall()
    ties = [(number, x, y) for number, what, x, y in in_force if what == "must_link"]
    if verdict == "must_not_link":
        return _path(ties, a, b)
    ties.append(("", a, b))
    for number, what, x, y in in_force:
        if what == "must_not_link" and (path := _path(ties, x, y)):
            return sorted({number, *filter(None, path)})
    return []


def _path(ties: list[tuple[str, str, str]], start: str, end: str) -> list[str]:
    """The numbers of the ties on a shortest way from one record to another; none when there is no way."""
    beside: dict[str, list[tuple[str, str]]] = {}
    for number, x, y in ties:
        beside.setdefault(x, []).append((number, y))
        beside.setdefault(y, []).append((number, x))
    ways = {start: []}
    waiting = [start]
    for here in waiting:
        for number, there in beside.get(here, ()):
            if there not in ways:
                ways[there] = [*ways[here], number]
                waiting.append(there)
    return ways.get(end, [])
