"""The best facts known of each person: birth date, where they live now.

Knows: how to weigh disagreeing sources. Refuses to know: names; a person in the platform is a key.

Leaves `best_facts(cluster, birth_date, place, postcode)`.
"""

from __future__ import annotations

# A birth date said by more records wins; 1 January and lone dissent are what placeholders and slips look like.
# Systems that check papers (benefits, deaths) count double. Set by identity, 2026-11-23.
_BEST = """
CREATE OR REPLACE TEMP TABLE best_facts AS
WITH births AS (
    SELECT cluster, birth_date, sum(CASE WHEN feed IN ('benefit_members', 'benefit_claims', 'deaths') THEN 2 ELSE 1 END)
        * CASE WHEN strftime(birth_date, '%d%m') = '0101' THEN 0.5 ELSE 1 END AS votes
    FROM records JOIN person_of USING (record_id) WHERE birth_date IS NOT NULL GROUP BY cluster, birth_date
    QUALIFY row_number() OVER (PARTITION BY cluster ORDER BY votes DESC, birth_date) = 1
), homes AS (
    SELECT p.cluster, s.place, s.postcode, row_number() OVER (PARTITION BY p.cluster ORDER BY
        s.to_on IS NULL AND s.from_on IS NOT NULL DESC, coalesce(s.to_on, s.from_on) DESC NULLS LAST, s.from_on DESC NULLS LAST,
        s.kind = 'home' DESC, s.place) AS rank
    FROM spells s JOIN person_of p USING (record_id) WHERE s.place IS NOT NULL
), codes AS (
    SELECT place, min(g.postcode) AS postcode
    FROM (SELECT place, p.postcode FROM gazetteer JOIN vault.staged.properties p USING (uprn) WHERE uprn = place) g GROUP BY place
)
SELECT c.cluster, births.birth_date, homes.place, coalesce(codes.postcode, homes.postcode) AS postcode
FROM (SELECT DISTINCT cluster FROM person_of) c LEFT JOIN births USING (cluster)
LEFT JOIN homes ON homes.cluster = c.cluster AND homes.rank = 1 LEFT JOIN codes ON codes.place = homes.place
"""


def weigh(con) -> None:
    """Make `best_facts` from `records`, `spells`, `gazetteer` and `person_of`."""
    con.execute(_BEST)
