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
