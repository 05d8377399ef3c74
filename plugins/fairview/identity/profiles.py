"""What is known of one person before likelihood is asked: the records the rules joined, folded into one row.

Knows: which writing of a name to prefer, which homes a profile has had, when it moved.
Refuses to know: other profiles, except to say which homes are shared by many.

Leaves the temporary table `profiles`, one row per profile, the input of the Splink model, and `profile_homes`.
"""

from __future__ import annotations

_HOMES = """
CREATE OR REPLACE TEMP TABLE profile_homes AS
SELECT profile, place, bool_or(kind = 'home') AS is_home, bool_or(kind = 'forward') AS is_forward,
    bool_or(kind = 'home' AND to_on IS NULL AND from_on IS NOT NULL) AS is_now
FROM spells JOIN profile_of USING (record_id) WHERE place IS NOT NULL GROUP BY profile, place
"""

# A home of more profiles than a large family is a shared house, a hostel or an institution: sharing it says less.
_CROWDED = """
CREATE OR REPLACE TEMP TABLE crowded AS
SELECT place, count(*) AS profiles FROM profile_homes WHERE is_home GROUP BY place HAVING count(*) > $crowd
"""

_PROFILES = """
CREATE OR REPLACE TEMP TABLE profiles AS
WITH forename AS (
    SELECT profile, fore, families, row_number() OVER (PARTITION BY profile
        ORDER BY length(fore) > 1 DESC, count(*) DESC, length(fore) DESC, fore, families) AS rank
    FROM records JOIN profile_of USING (record_id) WHERE fore IS NOT NULL GROUP BY profile, fore, families
), surname AS (
    SELECT profile, sur, words, row_number() OVER (PARTITION BY profile ORDER BY count(*) DESC, length(sur) DESC, sur, words) AS rank
    FROM records JOIN profile_of USING (record_id) WHERE sur IS NOT NULL GROUP BY profile, sur, words
), birth AS (
    SELECT profile, birth_date, row_number() OVER (PARTITION BY profile
        ORDER BY strftime(birth_date, '%d%m') <> '0101' DESC, count(*) DESC, birth_date) AS rank
    FROM records JOIN profile_of USING (record_id) WHERE birth_date IS NOT NULL GROUP BY profile, birth_date
), folded AS (
    SELECT profile, CASE sign(count(*) FILTER (sex = 'M') - count(*) FILTER (sex = 'F')) WHEN 1 THEN 'M' WHEN -1 THEN 'F' END AS sex, max(nino) AS nino, bool_or(is_adult) AS is_adult, bool_or(said_dead) AS said_dead,
        list(DISTINCT role ORDER BY role) FILTER (role IS NOT NULL) AS roles,
        list(DISTINCT fore ORDER BY fore) FILTER (length(fore) > 1) AS fores,
        list(DISTINCT sur ORDER BY sur) FILTER (sur IS NOT NULL) AS said_surs,
        list(DISTINCT mail_surname(email, fore) ORDER BY mail_surname(email, fore)) FILTER (mail_surname(email, fore) IS NOT NULL) AS mail_surs,
        list(DISTINCT email ORDER BY email) FILTER (email IS NOT NULL) AS emails,
        list(DISTINCT phone ORDER BY phone) FILTER (phone IS NOT NULL) AS phones
    FROM records JOIN profile_of USING (record_id) GROUP BY profile
), homes AS (
    SELECT profile, list(place ORDER BY place) FILTER (is_home AND c.place IS NULL) AS homes,
        list(place ORDER BY place) FILTER (is_home AND c.place IS NOT NULL) AS crowds,
        list(place ORDER BY place) FILTER (is_forward) AS forwards, list(place ORDER BY place) FILTER (is_now) AS now_at
    FROM profile_homes LEFT JOIN crowded c USING (place) GROUP BY profile
), codes AS (
    SELECT profile,
        list(DISTINCT place ORDER BY place) FILTER (kind = 'home' AND from_on IS NULL) AS undated_at, list(DISTINCT code ORDER BY code) FILTER (code IS NOT NULL) AS postcodes,
        list(DISTINCT to_on ORDER BY to_on) FILTER (kind = 'home' AND to_on IS NOT NULL) AS left_on,
        list(DISTINCT from_on ORDER BY from_on) FILTER (kind = 'home' AND from_on IS NOT NULL) AS came_on
    FROM spells JOIN profile_of USING (record_id) GROUP BY profile
), stays AS (
    SELECT profile, list(DISTINCT stay ORDER BY stay) AS stays FROM record_stays JOIN profile_of USING (record_id) GROUP BY profile
)
SELECT p.profile AS unique_id, f.fore, coalesce(f.families, []) AS families, s.sur, coalesce(s.words, []) AS words, b.birth_date,
    folded.* EXCLUDE (profile, said_surs, mail_surs), list_sort(list_distinct(list_concat(said_surs, mail_surs))) AS surs, homes.* EXCLUDE (profile), stays.stays,
    codes.* EXCLUDE (profile)
FROM (SELECT DISTINCT profile FROM profile_of) p JOIN folded USING (profile)
LEFT JOIN forename f ON f.profile = p.profile AND f.rank = 1
LEFT JOIN surname s ON s.profile = p.profile AND s.rank = 1
LEFT JOIN birth b ON b.profile = p.profile AND b.rank = 1
LEFT JOIN homes ON homes.profile = p.profile LEFT JOIN stays ON stays.profile = p.profile
LEFT JOIN codes ON codes.profile = p.profile
"""


def fold(con, crowd: float) -> None:
    """Make `profiles` and `profile_homes` from `records`, `spells` and `profile_of`; homes of over `crowd` profiles are crowded."""
    con.execute(_HOMES)
    con.execute(_CROWDED, {"crowd": crowd})
    con.execute(_PROFILES)
