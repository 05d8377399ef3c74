"""When two writings of a name, a birth date or a number agree, may agree, or cannot be one person's.

Knows: grades of agreement, as SQL macros over the columns of `records` (and of anything else with the same columns).
Refuses to know: which records are compared, and what follows from the grade.

Grades of a name: 4 the same, 3 one slip, a pet form or a cut field, 2 an initial or part of a double name, 0 a clash;
null when a side has none.
"""

from __future__ import annotations

from fairview.identity.declarations import Declarations

# Days two people must have lived at one address together before it says more than that one followed the other.
_TOGETHER_DAYS = 60

# Surnames cut by a field are cut late: council tax at 32 characters with the forename, housing at 20.
_SHORTEST_CUT_SURNAME = 8

MACROS = (
    """forename_grade(a, a_families, b, b_families) AS CASE
        WHEN a IS NULL OR b IS NULL THEN NULL
        WHEN a = b THEN 4
        WHEN name_slip(a, b) OR list_has_any(a_families, b_families) OR name_stem(a, b) THEN 3
        WHEN name_initial(a, b) THEN 2
        WHEN length(a) = 1 AND list_contains(list_transform(b_families, lambda f: f[1]), a) THEN 2
        WHEN length(b) = 1 AND list_contains(list_transform(a_families, lambda f: f[1]), b) THEN 2
        WHEN least(length(a), length(b)) >= 6 AND jaro_winkler_similarity(a, b) >= 0.92 THEN 2
        ELSE 0 END""",
    f"""surname_grade(a, a_words, b, b_words) AS CASE
        WHEN a IS NULL OR b IS NULL THEN NULL
        WHEN a = b THEN 4
        WHEN name_slip(a, b) THEN 3
        WHEN least(length(a), length(b)) >= {_SHORTEST_CUT_SURNAME} AND (starts_with(a, b) OR starts_with(b, a)) THEN 3
        WHEN list_has_any(a_words, b_words) OR (least(length(a), length(b)) >= 4 AND (
            starts_with(a, b) OR starts_with(b, a) OR suffix(a, b) OR suffix(b, a))) THEN 2
        WHEN least(length(a), length(b)) >= 6 AND jaro_winkler_similarity(a, b) >= 0.92 THEN 2
        ELSE 0 END""",
    # Some people's names are entered the other way round; one of the two may be an initial.
    """names_swapped(fore_a, sur_a, fore_b, sur_b) AS coalesce(
        (length(fore_a) > 2 AND (fore_a = sur_b OR name_slip(fore_a, sur_b))
            AND (sur_a = fore_b OR name_slip(sur_a, fore_b) OR name_initial(sur_a, fore_b)))
        OR (length(sur_a) > 2 AND (sur_a = fore_b OR name_slip(sur_a, fore_b)) AND name_initial(fore_a, sur_b)), false)""",
    """birth_grade(a, b) AS CASE
        WHEN a IS NULL OR b IS NULL THEN NULL
        WHEN a = b THEN 4
        WHEN year(a) = year(b) AND month(a) = day(b) AND day(a) = month(b) THEN 3
        WHEN year(a) = year(b) AND (strftime(a, '%d%m') = '0101' OR strftime(b, '%d%m') = '0101') THEN 2
        WHEN damerau_levenshtein(strftime(a, '%Y%m%d'), strftime(b, '%Y%m%d')) <= 1 THEN 2
        ELSE 0 END""",
    # Lists of stays (`record_stays`), open ones to 9999.
    f"""lived_together(a, b) AS length(list_filter(a, lambda x: length(list_filter(b, lambda y: y.place = x.place
        AND least(x.to_on, y.to_on) - greatest(x.from_on, y.from_on) >= {_TOGETHER_DAYS})) > 0)) > 0""",
    # Each lived somewhere else for so long at the same time, counted up to the date of the run. An address that is only the last known
    # (a claim's is, also after a move) says nothing of the time before: it speaks against another home only while both are open.
    # Two writings that nobody could place may be one home unless their postcodes differ.
    f"""lived_apart(a, b, homes_days := {_TOGETHER_DAYS}, tenancies_days := {_TOGETHER_DAYS}) AS length(list_filter(a, lambda x:
        length(list_filter(b, lambda y: y.place <> x.place AND ((x.is_placed AND y.is_placed) OR coalesce(x.code <> y.code, false))
            AND (NOT (x.is_last_known OR y.is_last_known) OR (x.to_on = y.to_on AND x.to_on = DATE '9999-12-31'))
            AND least(x.to_on, y.to_on, getvariable('as_at')) - greatest(x.from_on, y.from_on)
                >= CASE WHEN x.is_let AND y.is_let THEN tenancies_days ELSE homes_days END)) > 0)) > 0""",
    r"""mail_surname(e, fore) AS CASE
        WHEN regexp_extract(upper(e), '^([A-Z]+)[._-]([A-Z]{4,})[0-9]*@', 1) IN (fore, fore[1])
        THEN nullif(regexp_extract(upper(e), '^([A-Z]+)[._-]([A-Z]{4,})[0-9]*@', 2), '') END""",
    """nino_grade(a, b) AS CASE
        WHEN a IS NULL OR b IS NULL THEN NULL
        WHEN a = b THEN 4
        WHEN left(a, 8) = left(b, 8) THEN 3
        WHEN damerau_levenshtein(a, b) <= 1 THEN 2
        ELSE 0 END""",
)


def teach(con, declared: Declarations) -> None:
    """Give a connection the grading macros; the name macros must be there already. Stays that are open end at the variable `as_at`."""
    for macro in MACROS:
        con.execute(f"CREATE OR REPLACE TEMP MACRO {macro}")
    days, let = (int(declared.limit(name)) for name in ("two_homes_days", "two_tenancies_days"))
    con.execute(
        f"CREATE OR REPLACE TEMP MACRO two_homes(a, b) AS lived_apart(a, b, homes_days := {days}, tenancies_days := {let})"
    )


def name_grade(a: str, b: str) -> str:
    """SQL for the grade of two whole names on the row aliases `a` and `b`: the weaker of both parts; swapped names count 3."""
    return (
        f"CASE WHEN names_swapped({a}.fore, {a}.sur, {b}.fore, {b}.sur) THEN 3 ELSE least("
        f"forename_grade({a}.fore, {a}.families, {b}.fore, {b}.families), "
        f"surname_grade({a}.sur, {a}.words, {b}.sur, {b}.words)) END"
    )


def differ(a: str, b: str) -> str:
    """SQL for whether two rows with whole names and birth dates cannot be one person's: either part of both clashes."""
    return (
        f"(coalesce({name_grade(a, b)} = 0, false) OR coalesce(birth_grade({a}.birth_date, {b}.birth_date) = 0, false))"
    )
