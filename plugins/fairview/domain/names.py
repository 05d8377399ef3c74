"""How people's names are written in council systems, and when two writings can be one name.

Knows: the feeds' ways of writing a name, letters which Windows-1252 lacks, digits typed for letters, titles, stray
characters, cut fields. All of it is given as SQL macros, because names are compared a million at a time; the macros
are the one definition, used by every caller and tested as such.
Refuses to know: any person, any feed's table, and whether two records are one person.
"""

from __future__ import annotations

# Letters that no decomposition turns into a plain one, with the plain letter Windows-1252 systems write instead
# (feed specification, section 2 rule 5), and the digits typed for O and L (council_tax_accounts, fourth note).
_PLAIN = {
    "Ł": "L", "Ø": "O", "Đ": "D", "Ð": "D", "Þ": "T", "Æ": "A", "Œ": "O", "İ": "I", "Ə": "E", "Ɛ": "E", "Ε": "E",
    "Ɔ": "O", "Ŋ": "N", "Ħ": "H", "ẞ": "S", "ß": "S", "ı": "I", "0": "O", "1": "L",
}  # fmt: skip
_FROM, _TO = "".join(_PLAIN), "".join(_PLAIN.values())

TITLES = ("MR", "MRS", "MISS", "MS", "MX", "DR", "REV", "PROF", "SIR", "LADY", "LORD", "DAME", "MASTER", "CLLR")
_TITLE_PATTERN = "|".join(sorted(TITLES, key=len, reverse=True))

# Shortest name for which one wrong letter is still the same name; shorter ones (LEE, LEA) are too close to others.
# A letter lost may leave one less (PAUL, PAL).
SHORTEST_WITH_TYPO = 4
# Shortest cut or pet form of a longer forename (ALEX of ALEXANDER); two letters are initials.
SHORTEST_STEM = 3

MACROS = (
    f"""name_letters(x) AS strip_accents(translate(upper(x), '{_FROM}', '{_TO}'))""",
    # Apostrophes and stray marks vanish inside a word; a hyphen is a space, since half the systems write it so.
    r"""name_plain(x) AS nullif(trim(regexp_replace(regexp_replace(name_letters(x), '[''’‘`´.*/&]', '', 'g'),
        '[^A-Z]+', ' ', 'g')), '')""",
    """name_joined(x) AS replace(name_plain(x), ' ', '')""",
    # Words a surname is made of which can stand for it alone; particles (DE, VAN) cannot.
    """name_words(x) AS list_filter(string_split(coalesce(name_plain(x), ''), ' '), lambda w: length(w) >= 3)""",
    rf"""name_untitled(x) AS nullif(trim(regexp_replace(trim(x), '^(?:(?:{_TITLE_PATTERN})\.?(?:\s+|$))+', '', 'i')), '')""",
    rf"""name_title(x) AS nullif(upper(regexp_extract(trim(x), '^({_TITLE_PATTERN})\.?\s', 1, 'i')), '')""",
    # What a title says of sex: nothing for doctors, clergy and executors.
    """title_sex(t) AS CASE WHEN upper(t) IN ('MR', 'SIR', 'LORD', 'MASTER') THEN 'M'
        WHEN upper(t) IN ('MRS', 'MISS', 'MS', 'LADY', 'DAME') THEN 'F' END""",
    """gender_sex(g) AS CASE WHEN upper(g) IN ('M', '1') THEN 'M' WHEN upper(g) IN ('F', '2') THEN 'F' END""",
    # Council tax: SURNAME, FORENAME or SURNAME, MR FORENAME, perhaps (DECEASED), cut at 32. A lost comma: first word.
    r"""combined_surname(x) AS CASE WHEN contains(x, ',') THEN nullif(trim(split_part(x, ',', 1)), '')
        ELSE nullif(split_part(trim(x), ' ', 1), '') END""",
    r"""combined_forename(x) AS name_untitled(nullif(trim(regexp_replace(
        CASE WHEN contains(x, ',') THEN substr(x, strpos(x, ',') + 1)
             ELSE substr(trim(x), length(split_part(trim(x), ' ', 1)) + 1) END, '\(.*$', '')), ''))""",
    # Debtors: MR J SMITH, MS JANE DOE. The first word after the title is the forename when another follows.
    r"""debtor_forename(x) AS CASE WHEN contains(name_untitled(x), ' ')
        THEN nullif(split_part(name_untitled(x), ' ', 1), '') END""",
    r"""debtor_surname(x) AS CASE WHEN contains(name_untitled(x), ' ')
        THEN nullif(trim(substr(name_untitled(x), length(split_part(name_untitled(x), ' ', 1)) + 1)), '')
        ELSE name_untitled(x) END""",
    """says_dead(title, name) AS coalesce(regexp_matches(upper(coalesce(title, '') || ' ' || coalesce(name, '')),
        '(^|\\s)(EXORS?|EXECUTORS?|REPS?|REPRESENTATIVES?) OF|\\(DEC'), false)""",
    # One letter wrong, missing, doubled or two neighbours swapped.
    f"""name_slip(a, b) AS greatest(length(a), length(b)) >= {SHORTEST_WITH_TYPO}
        AND least(length(a), length(b)) >= {SHORTEST_WITH_TYPO} - 1 AND abs(length(a) - length(b)) <= 1 AND damerau_levenshtein(a, b) <= 1""",
    # Both arguments joined, plain. A whole name and the front of it, as fields are cut and as people are called.
    f"""name_stem(a, b) AS least(length(a), length(b)) >= {SHORTEST_STEM}
        AND (starts_with(a, b) OR starts_with(b, a))""",
    """name_initial(a, b) AS least(length(a), length(b)) = 1 AND a[1] = b[1]""",
)


def teach(con) -> None:
    """Give a DuckDB connection the name macros, as temporary macros. Their arguments and results are text or null."""
    for macro in MACROS:
        con.execute(f"CREATE OR REPLACE TEMP MACRO {macro}")
