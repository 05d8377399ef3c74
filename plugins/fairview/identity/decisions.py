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

_SPREAD = """
CREATE OR REPLACE TEMP TABLE must_join AS
WITH sides AS (SELECT a, b FROM decided WHERE verdict = 'must_link' UNION SELECT b, a FROM decided WHERE verdict = 'must_link')
SELECT m.node, least(m.cluster, min(o.cluster)) AS cluster
FROM must_join m JOIN sides ON sides.a = m.node JOIN must_join o ON o.node = sides.b GROUP BY m.node, m.cluster
"""


def bring(con) -> None:
    """Make `must_join(node, cluster)` and `record_facets`, what the joining goes by, from `records` and the decisions in force."""
    con.execute(_IN_FORCE)
    con.execute(
        """CREATE OR REPLACE TEMP TABLE must_join AS
        SELECT DISTINCT record_id AS node, record_id AS cluster FROM records
        WHERE record_id IN (SELECT unnest([a, b]) FROM decided WHERE verdict = 'must_link')"""
    )
    chain = con.execute("SELECT count(*) FROM decided WHERE verdict = 'must_link'").fetchone()[0]
    for _ in range(min(chain, 50)):
        con.execute(_SPREAD)
    con.execute(
        f"""CREATE OR REPLACE TEMP TABLE record_facets AS
        SELECT record_id AS node, {", ".join(clusters.FACET_COLUMNS)} FROM records
        UNION ALL BY NAME
        SELECT unnest([a, b]) AS node, 'decision:' || decision AS list, unnest([1, 2])::BIGINT AS position FROM decided
        WHERE verdict = 'must_not_link' AND a IN (SELECT record_id FROM records) AND b IN (SELECT record_id FROM records)"""
    )


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
