"""Who lives with whom: the people of one address spell.

Knows: council tax occupations, tenancies and benefit claims as spells at an address, with people in them; spells at one
address which share a person are one household. Recognises shared houses and institutions by count.
Refuses to know: relationships, and anybody's whereabouts that no source states.

Leaves `household_items(item, cluster)`, `household_spells`, and after the registry `found_households`, `found_members`.
"""

from __future__ import annotations

_UNITS = """
CREATE OR REPLACE TEMP TABLE stays AS
SELECT DISTINCT r.list || '@' || s.place AS item, s.place, p.cluster AS person, s.from_on, s.to_on
FROM records r JOIN spells s USING (record_id) JOIN person_of p USING (record_id)
WHERE s.kind = 'home' AND s.place IS NOT NULL AND r.list IS NOT NULL AND NOT starts_with(r.list, 'incident:');
CREATE OR REPLACE TEMP TABLE item_labels AS SELECT DISTINCT item, place, item AS label FROM stays
"""

# Spells at one address which share a person take the smallest label among them until nothing changes.
_SPREAD = """
CREATE OR REPLACE TEMP TABLE next_labels AS
WITH person_labels AS (
    SELECT s.person, s.place, min(l.label) AS label FROM stays s JOIN item_labels l USING (item, place) GROUP BY s.person, s.place
)
SELECT s.item, s.place, min(p.label) AS label FROM stays s JOIN person_labels p USING (person, place) GROUP BY s.item, s.place
"""

_MOST_SPREADS = 50

# People only other systems know (a victim, a register entry) belong to the household at their address, if there is one only.
_MEMBERS = """
CREATE OR REPLACE TEMP TABLE household_members_found AS
WITH stated AS (
    SELECT i.cluster AS household, s.place, s.person, min(s.from_on) AS from_on,
        CASE WHEN bool_or(s.to_on IS NULL) THEN NULL ELSE max(s.to_on) END AS to_on
    FROM stays s JOIN household_items i USING (item) GROUP BY i.cluster, s.place, s.person
), open_now AS (
    SELECT place, household, min(from_on) AS from_on FROM stated WHERE to_on IS NULL GROUP BY place, household
    QUALIFY count(*) OVER (PARTITION BY place) = 1
), others AS (
    SELECT DISTINCT o.household, s.place, p.cluster AS person
    FROM spells s JOIN person_of p USING (record_id) JOIN open_now o USING (place)
    WHERE s.kind = 'home' AND s.to_on IS NULL
      AND NOT EXISTS (FROM stated x WHERE x.person = p.cluster AND (x.to_on IS NULL OR x.place = s.place))
)
SELECT * FROM stated UNION ALL SELECT household, place, person, NULL, NULL FROM others
"""

_KINDS = """
CREATE OR REPLACE TEMP TABLE household_kinds AS
WITH living AS (
    SELECT place, count(DISTINCT household) AS households, count(DISTINCT person) AS people
    FROM household_members_found WHERE to_on IS NULL GROUP BY place
)
SELECT DISTINCT m.household, m.place, coalesce(l.households > 1, false) AS is_shared,
    coalesce(l.people > $institution, false) AS is_institution
FROM household_members_found m LEFT JOIN living l USING (place)
"""


def gather(con, institution: float) -> None:
    """Make `household_items`, `household_members_found` and `household_kinds` from `records`, `spells` and `person_of`."""
    for statement in _UNITS.split(";"):
        con.execute(statement)
    for _ in range(_MOST_SPREADS):
        con.execute(_SPREAD)
        changed = con.execute(
            "SELECT count(*) FROM next_labels n JOIN item_labels l USING (item) WHERE n.label <> l.label"
        ).fetchone()[0]
        con.execute("CREATE OR REPLACE TEMP TABLE item_labels AS FROM next_labels")
        if not changed:
            break
    con.execute("CREATE OR REPLACE TEMP TABLE household_items AS SELECT item, label AS cluster FROM item_labels")
    con.execute(_MEMBERS)
    con.execute(_KINDS, {"institution": institution})
