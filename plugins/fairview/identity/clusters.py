"""Joins records into persons so that nobody is joined with somebody a system lists beside them.

Knows: pairs with a weight, and what makes two sets of records two people. Works in rounds: every cluster names its
best permitted partner; those who name each other are joined; then everything is looked at again. A cluster whose best
two partners are themselves two people joins neither: the choice is a person's to make.
Refuses to know: where weights come from.

Works on temporary tables of the connection it is given and leaves `membership(node, cluster)`,
`joins(round, a, b, weight)`, `refused(a, b, weight, reason)` and `torn(cluster, a, b, weight)`.
"""

from __future__ import annotations

# What makes two facets two people; the words are those of the review queue and of `why`.
CLASHES: dict[str, str] = {
    "listed side by side": "a.list = b.list AND a.position <> b.position",
    "two national insurance numbers": "nino_grade(a.nino, b.nino) = 0",
    "two birth dates": "birth_grade(a.birth_date, b.birth_date) = 0",
    "two forenames": """forename_grade(a.fore, a.families, b.fore, b.families) = 0
        AND NOT names_swapped(a.fore, a.sur, b.fore, b.sur) AND NOT coalesce(nino_grade(a.nino, b.nino) = 4, false)
        AND NOT coalesce(a.birth_date = b.birth_date AND (a.email = b.email OR a.phone = b.phone), false)""",
    "two children born the same day": """a.birth_date = b.birth_date AND a.sex <> b.sex AND a.fore <> b.fore
        AND NOT coalesce(nino_grade(a.nino, b.nino) = 4, false)""",
    "a child in the role of an adult": "(a.is_adult AND b.is_minor) OR (b.is_adult AND a.is_minor)",
    "two homes at once": "two_homes(a.stays, b.stays)",
}
# One slip must not part a person for good: where the same two sets of records also agree in the fact a clash is about,
# the clash is between two writings of one person. Places in a list and roles settle nothing.
SETTLED: dict[str, str] = {
    "two national insurance numbers": "nino_grade(a.nino, b.nino) = 4",
    "two birth dates": "birth_grade(a.birth_date, b.birth_date) = 4",
    "two forenames": """(length(a.fore) > 1 AND a.fore = b.fore)
        OR (least(length(a.fore), length(b.fore)) >= 5 AND name_slip(a.fore, b.fore)) OR nino_grade(a.nino, b.nino) = 4
        OR (list_has_any(a.families, b.families) AND a.sur = b.sur)""",
    "two children born the same day": "nino_grade(a.nino, b.nino) = 4",
    # Whoever is known to hold both, by a decision or by one record, is no other person than who lives in one of them.
    "two homes at once": "lived_together(a.stays, b.stays)",
}
FACET_COLUMNS = (
    "fore", "sur", "families", "sex", "birth_date", "nino", "email", "phone", "list", "position", "is_adult", "is_minor", "stays",
)  # fmt: skip
# More rounds than doubling could ever need; reaching it means the rounds do not end, which is a fault.
_MOST_ROUNDS = 60

# `cluster_facets` holds those alone who still have a partner to be judged with.
_START = """
CREATE OR REPLACE TEMP TABLE membership AS
    SELECT node, coalesce(m.cluster, node) AS cluster FROM (SELECT DISTINCT node FROM facets) LEFT JOIN must_join m USING (node);
CREATE OR REPLACE TEMP TABLE open_pairs AS
    SELECT least(x.cluster, y.cluster) AS a, greatest(x.cluster, y.cluster) AS b, max(weight) AS weight
    FROM pairs JOIN membership x ON x.node = pairs.a JOIN membership y ON y.node = pairs.b
    WHERE x.cluster <> y.cluster GROUP BY ALL;
CREATE OR REPLACE TEMP TABLE cluster_facets AS
    SELECT DISTINCT cluster, facets.* EXCLUDE (node) FROM facets JOIN membership USING (node)
    WHERE cluster IN (SELECT unnest([a, b]) FROM open_pairs);
CREATE OR REPLACE TEMP TABLE judged (a VARCHAR, b VARCHAR, reason VARCHAR);
CREATE OR REPLACE TEMP TABLE joins (round INTEGER, a VARCHAR, b VARCHAR, weight DOUBLE);
"""

_JUDGE = """
INSERT INTO judged
SELECT w.a, w.b, {reason}
FROM {wanted} w JOIN cluster_facets a ON a.cluster = w.a JOIN cluster_facets b ON b.cluster = w.b
WHERE NOT EXISTS (FROM judged j WHERE j.a = w.a AND j.b = w.b) GROUP BY w.a, w.b
"""

# Who clashes is not joined, but looked at again when either has grown: another record may settle what a slip had made.
_SET_ASIDE = """
CREATE OR REPLACE TEMP TABLE refused AS
SELECT p.a, p.b, p.weight, j.reason FROM open_pairs p JOIN judged j USING (a, b) WHERE j.reason IS NOT NULL;
CREATE OR REPLACE TEMP TABLE free_pairs AS FROM open_pairs ANTI JOIN refused USING (a, b)
"""

_RANK = """
CREATE OR REPLACE TEMP TABLE ranked AS
SELECT x, y, weight, max(weight) OVER (PARTITION BY x) AS top,
    row_number() OVER (PARTITION BY x ORDER BY weight DESC, toss) AS place
FROM (SELECT a AS x, b AS y, weight, md5(a || '>' || b) AS toss FROM free_pairs
      UNION ALL SELECT b, a, weight, md5(a || '>' || b) FROM free_pairs);
CREATE OR REPLACE TEMP TABLE rivals AS
SELECT DISTINCT r.x, least(f.y, r.y) AS a, greatest(f.y, r.y) AS b, r.weight
FROM ranked r JOIN ranked f ON f.x = r.x AND f.place = 1 WHERE r.place > 1 AND r.weight > r.top - $margin
"""

_CHOOSE = """
CREATE OR REPLACE TEMP TABLE torn AS
SELECT x AS cluster, r.a, r.b, max(r.weight) AS weight FROM rivals r JOIN judged j USING (a, b)
WHERE j.reason IS NOT NULL GROUP BY ALL;
CREATE OR REPLACE TEMP TABLE chosen AS
WITH firsts AS (
    SELECT x, y, weight FROM ranked
    WHERE x NOT IN (SELECT cluster FROM torn) AND y NOT IN (SELECT cluster FROM torn)
    QUALIFY row_number() OVER (PARTITION BY x ORDER BY place) = 1
)
SELECT f.x AS a, f.y AS b, f.weight FROM firsts f JOIN firsts g ON g.x = f.y AND g.y = f.x WHERE f.x < f.y
"""

_JOIN = """
INSERT INTO joins SELECT $round, a, b, weight FROM chosen;
UPDATE membership SET cluster = c.a FROM chosen c WHERE c.b = membership.cluster;
DELETE FROM judged WHERE a IN (SELECT a FROM chosen UNION SELECT b FROM chosen)
    OR b IN (SELECT a FROM chosen UNION SELECT b FROM chosen);
CREATE OR REPLACE TEMP TABLE open_pairs AS
    SELECT least(x, y) AS a, greatest(x, y) AS b, max(weight) AS weight FROM (
        SELECT coalesce(c.a, p.a) AS x, coalesce(d.a, p.b) AS y, p.weight
        FROM open_pairs p LEFT JOIN chosen c ON c.b = p.a LEFT JOIN chosen d ON d.b = p.b)
    WHERE x <> y GROUP BY ALL;
CREATE OR REPLACE TEMP TABLE cluster_facets AS
    SELECT DISTINCT coalesce(c.a, f.cluster) AS cluster, f.* EXCLUDE (cluster)
    FROM cluster_facets f LEFT JOIN chosen c ON c.b = f.cluster
    WHERE coalesce(c.a, f.cluster) IN (SELECT unnest([a, b]) FROM open_pairs)
"""


def clash() -> str:
    """SQL for the first reason why two sets of facets `a` and `b` are two people, null when there is none; aggregates over
    their pairs."""
    cases = "".join(
        f" WHEN bool_or({test})"
        + (f" AND NOT coalesce(bool_or({SETTLED[reason]}), false)" if reason in SETTLED else "")
        + f" THEN '{reason}'"
        for reason, test in CLASHES.items()
    )
    return f"CASE{cases} END"


def _run(con, script: str, **values) -> None:
    for statement in filter(None, (part.strip() for part in script.split(";"))):
        named = {name: value for name, value in values.items() if f"${name}" in statement}
        con.execute(statement, named) if named else con.execute(statement)


def join(con, margin: float) -> int:
    """Cluster `facets` by `pairs(a, b, weight)`, with `must_join(node, cluster)` joined beforehand. Returns rounds needed.

    `margin`: log2 odds by which the best partner must beat a second who is somebody else.
    """
    _run(con, _START)
    judge = _JUDGE.replace("{reason}", clash())
    for number in range(1, _MOST_ROUNDS + 1):
        con.execute(judge.replace("{wanted}", "open_pairs"))
        _run(con, _SET_ASIDE)
        _run(con, _RANK, margin=margin)
        con.execute(judge.replace("{wanted}", "(SELECT DISTINCT a, b FROM rivals)"))
        _run(con, _CHOOSE)
        if not con.execute("SELECT count(*) FROM chosen").fetchone()[0]:
            return number
        _run(con, _JOIN, round=number)
    raise RuntimeError("joining did not come to rest")
