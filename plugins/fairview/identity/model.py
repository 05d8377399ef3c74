"""The Splink model: which evidence is compared, at which grades, and which pairs are worth comparing.

Knows: comparisons fit for council data, as Splink settings; the committed weights (`model/`); blocking as SQL.
Refuses to know: truth. Weights come from `train`, never from here.

Surname and home are one comparison, because in a household they are one fact: a family shares both.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

MODEL = Path(__file__).parent / "model" / "council.json"

_HOME = "list_has_any(homes_l, homes_r)"
_CROWD = "list_has_any(crowds_l, crowds_r)"
_FORWARD = "(list_has_any(forwards_l, homes_r) OR list_has_any(homes_l, forwards_r))"
_MOVED = "(list_has_any(left_on_l, came_on_r) OR list_has_any(came_on_l, left_on_r))"
_CODE = "list_has_any(postcodes_l, postcodes_r)"
_NOW = "list_has_any(now_at_l, now_at_r)"
_SUR = "surname_grade(sur_l, words_l, sur_r, words_r)"
_FORE = "forename_grade(fore_l, families_l, fore_r, families_r)"
_SWAP = "names_swapped(fore_l, sur_l, fore_r, sur_r)"
_SAME_SUR = "(sur_l = sur_r OR list_has_any(surs_l, surs_r))"
# The whole name can be one person's: both parts agree, if only by an initial.
_FITS = f"(({_SAME_SUR} OR {_SUR} >= 2) AND {_FORE} >= 2 OR {_SWAP})"
_SAME_FORE = "length(fore_l) > 1 AND (fore_l = fore_r OR list_has_any(fores_l, fores_r))"
_UNDATED = "(list_has_any(undated_at_l, homes_r) OR list_has_any(homes_l, undated_at_r))"
_BIRTH = "birth_grade(birth_date_l, birth_date_r)"
_NINO = "nino_grade(nino_l, nino_r)"


def _level(label: str, condition: str, **facts: Any) -> dict[str, Any]:
    return {"sql_condition": condition, "label_for_charts": label, **facts}


def _comparison(name: str, description: str, *levels: dict[str, Any]) -> dict[str, Any]:
    return {
        "output_column_name": name,
        "comparison_description": description,
        "comparison_levels": [*levels, _level("none of these", "ELSE")],
    }


# Levels which say no more than a name; a pair with nothing beyond them is never joined. In a small community many share
# both names, and surname and forename are not independent there: names alone would merge minorities first.
NAME_ONLY = {
    "household": (
        "same surname elsewhere", "once the same surname elsewhere", "surnames swapped with forenames elsewhere",
        "similar surname elsewhere", "part of the surname elsewhere", "same home, nothing fits", "same home, surname agrees, forename does not", "none of these",
    ),
    "birth_date": ("none of these",), "nino": ("none of these",), "email": ("none of these",), "phone": ("none of these",),
}  # fmt: skip
# Contacts made from names (j.smith@) or lent within a family count beyond a name only where more than an initial agrees.
CONTACTS = ("email", "phone")
NAMED_AT_HOME = ("same home now, whole name fits", "same home once, whole name fits")
# What supports a pair only where nothing speaks against it, as SQL over profiles `x` and `y`. Set by identity, 2026-11-26: each
# merged namesakes or people who followed one another in a home; two namesakes in a street are two when both homes are held at once.
DOUBTED = {
    ("email", "same e-mail"): "lived_apart(x.stays, y.stays)",
    ("household", "same postcode, whole name fits"): "lived_apart(x.stays, y.stays)",
    ("household", "same home, when is not told, other surname, same forename"): "(x.stays IS NULL AND a IN (FROM named_at_home)) OR (y.stays IS NULL AND b IN (FROM named_at_home))",
}  # fmt: skip
MORE_THAN_INITIAL = ("swapped with surname", "same forename", "once the same forename", "slip, pet form or cut")

COMPARISONS = [
    _comparison(
        "household", "surname and home together, and whether the forename can be the same",
        _level("no surname", "sur_l IS NULL OR sur_r IS NULL", is_null_level=True),
        _level("same home now, whole name fits", f"{_NOW} AND {_FITS}"),
        _level("same home once, whole name fits", f"{_HOME} AND {_FITS}"),
        _level("same home, surname agrees, forename does not", f"{_HOME} AND ({_SAME_SUR} OR {_SUR} >= 2)"),
        _level("same crowded home, whole name fits", f"{_CROWD} AND {_FITS}"),
        _level("forwarding address, whole name fits", f"{_FORWARD} AND {_FITS}"),
        _level("moved on the same day, whole name fits", f"{_MOVED} AND {_FITS}"),
        _level("same postcode, whole name fits", f"{_CODE} AND {_FITS}"),
        _level("same surname elsewhere", "sur_l = sur_r", tf_adjustment_column="sur", tf_adjustment_weight=1.0),
        _level("once the same surname elsewhere", "list_has_any(surs_l, surs_r)"),
        _level("surnames swapped with forenames elsewhere", _SWAP),
        _level("similar surname elsewhere", f"{_SUR} = 3"),
        _level("part of the surname elsewhere", f"{_SUR} = 2"),
        _level("lived together, other surname, same forename", f"lived_together(stays_l, stays_r) AND {_SAME_FORE}"),
        _level("same home, when is not told, other surname, same forename", f"{_UNDATED} AND {_SAME_FORE}"),
        _level("same home, nothing fits", _HOME),
    ),
    _comparison(
        "role", "role in the household, where a home is shared",
        _level("no home shared, or no role told", f"roles_l IS NULL OR roles_r IS NULL OR NOT coalesce({_HOME}, false)", is_null_level=True),
        _level("same role", "list_has_any(roles_l, roles_r)"),
    ),
    _comparison(
        "forename", "forename",
        _level("no forename", "fore_l IS NULL OR fore_r IS NULL", is_null_level=True),
        _level("swapped with surname", _SWAP),
        _level("same initial, no more", "length(fore_l) = 1 AND fore_l = fore_r"),
        _level("same forename", "fore_l = fore_r", tf_adjustment_column="fore", tf_adjustment_weight=1.0),
        _level("once the same forename", "list_has_any(fores_l, fores_r)"),
        _level("slip, pet form or cut", f"{_FORE} = 3"),
        _level("initial agrees", f"{_FORE} = 2"),
    ),
    _comparison(
        "birth_date", "date of birth",
        _level("no birth date", "birth_date_l IS NULL OR birth_date_r IS NULL", is_null_level=True),
        _level("same birth date", f"{_BIRTH} = 4"),
        _level("day and month swapped", f"{_BIRTH} = 3"),
        _level("placeholder or one digit off", f"{_BIRTH} = 2"),
    ),
    _comparison(
        "nino", "national insurance number",
        _level("no number", "nino_l IS NULL OR nino_r IS NULL", is_null_level=True),
        _level("same number", f"{_NINO} = 4"),
        _level("one character off", f"{_NINO} >= 2"),
    ),
    _comparison(
        "email", "e-mail",
        _level("no e-mail", "emails_l IS NULL OR emails_r IS NULL", is_null_level=True),
        _level("same e-mail", "list_has_any(emails_l, emails_r)"),
    ),
    _comparison(
        "phone", "telephone",
        _level("no telephone", "phones_l IS NULL OR phones_r IS NULL", is_null_level=True),
        _level("same telephone", "list_has_any(phones_l, phones_r)"),
    ),
    _comparison(
        "sex", "sex, from title or gender",
        _level("not told", "sex_l IS NULL OR sex_r IS NULL", is_null_level=True),
        _level("same", "sex_l = sex_r"),
    ),
]  # fmt: skip

# Pairs worth comparing: each rule keeps its blocks small in a town of any size. Where namesakes are many (`weighing.freeze`),
# a name alone pairs nobody: such a pair could only be joined by a birth date or a number that agrees at least nearly, and
# those have blocks of their own; comparing all namesakes would cost the square of the town.
BLOCKS = {
    "home": """SELECT x.profile AS l, y.profile AS r FROM profile_homes x JOIN profile_homes y USING (place)
        JOIN profiles a ON a.unique_id = x.profile JOIN profiles b ON b.unique_id = y.profile
        WHERE x.profile < y.profile AND (a.fore[1] = b.fore[1] OR list_has_any(a.families, b.families) OR a.fore IS NULL
            OR b.fore IS NULL OR a.sur[1] = b.fore[1] OR a.birth_date = b.birth_date)""",
    "number": "SELECT l.unique_id, r.unique_id FROM profiles l JOIN profiles r USING (nino) WHERE l.nino IS NOT NULL",
    "e-mail": """SELECT l.unique_id, r.unique_id FROM (SELECT unique_id, unnest(emails) AS email FROM profiles) l
        JOIN (SELECT unique_id, unnest(emails) AS email FROM profiles) r USING (email)""",
    "telephone": """SELECT l.unique_id, r.unique_id FROM (SELECT unique_id, fore[1] AS initial, sur[1:2] AS start, unnest(phones) AS phone
        FROM profiles) l JOIN (SELECT unique_id, fore[1] AS initial, sur[1:2] AS start, unnest(phones) AS phone FROM profiles) r
        USING (phone, initial, start)""",
    "birth date and surname": "SELECT l.unique_id, r.unique_id FROM profiles l JOIN profiles r USING (birth_date, sur)",
    "birth date and forename": "SELECT l.unique_id, r.unique_id FROM profiles l JOIN profiles r USING (birth_date, fore)",
    "birth date and initials": """SELECT l.unique_id, r.unique_id FROM profiles l JOIN profiles r
        ON l.birth_date = r.birth_date AND l.sur[1] = r.sur[1] AND l.fore[1] = r.fore[1]""",
    "birth date and swapped name": "SELECT l.unique_id, r.unique_id FROM profiles l JOIN profiles r ON l.birth_date = r.birth_date AND l.sur = r.fore",
    "move and name": """SELECT l.unique_id, r.unique_id
        FROM (SELECT unique_id, fore[1] AS initial, sur, unnest(left_on) AS moved_on FROM profiles) l
        JOIN (SELECT unique_id, fore[1] AS initial, sur, unnest(came_on) AS moved_on FROM profiles) r USING (sur, initial, moved_on)""",
    # Surnames must fit at least in part: namesakes by forename who move on one day grow with the square of the town.
    "move and forename": """SELECT l.unique_id, r.unique_id
        FROM (SELECT unique_id, fore, sur, words, surs, unnest(left_on) AS moved_on FROM profiles WHERE length(fore) > 1) l
        JOIN (SELECT unique_id, fore, sur, words, surs, unnest(came_on) AS moved_on FROM profiles) r USING (fore, moved_on)
        WHERE l.sur = r.sur OR list_has_any(l.surs, r.surs) OR surname_grade(l.sur, l.words, r.sur, r.words) >= 2""",
    "move and swapped name": """SELECT l.unique_id, r.unique_id
        FROM (SELECT unique_id, fore, unnest(list_concat(left_on, came_on)) AS moved_on FROM profiles) l
        JOIN (SELECT unique_id, sur, unnest(list_concat(left_on, came_on)) AS moved_on FROM profiles) r
        ON l.fore = r.sur AND l.moved_on = r.moved_on""",
    "name and postcode": """SELECT l.unique_id, r.unique_id
        FROM (SELECT unique_id, fore[1] AS initial, sur, unnest(postcodes) AS postcode FROM profiles) l
        JOIN (SELECT unique_id, fore[1] AS initial, sur, unnest(postcodes) AS postcode FROM profiles) r USING (sur, initial, postcode)""",
    # Common names are left out before the names are joined, not of the pairs: those are the square of the town.
    "whole name, unless namesakes are many": """WITH uncommon AS (SELECT unique_id, sur, fore FROM profiles
            WHERE length(fore) > 1 AND NOT EXISTS (FROM many_namesakes m WHERE m.name = profiles.sur || ' ' || profiles.fore))
        SELECT l.unique_id, r.unique_id FROM uncommon l JOIN uncommon r USING (sur, fore)""",
    "whole name and year of birth": """SELECT l.unique_id, r.unique_id FROM profiles l JOIN profiles r
        ON l.sur = r.sur AND l.fore = r.fore AND year(l.birth_date) = year(r.birth_date) WHERE length(l.fore) > 1""",
    "whole name and birthday": """SELECT l.unique_id, r.unique_id FROM profiles l JOIN profiles r
        ON l.sur = r.sur AND l.fore = r.fore AND strftime(l.birth_date, '%d%m') = strftime(r.birth_date, '%d%m') WHERE length(l.fore) > 1""",
    "whole name and start of the number": """SELECT l.unique_id, r.unique_id FROM profiles l JOIN profiles r
        ON l.sur = r.sur AND l.fore = r.fore AND left(l.nino, 4) = left(r.nino, 4) WHERE length(l.fore) > 1""",
    "whole name and end of the number": """SELECT l.unique_id, r.unique_id FROM profiles l JOIN profiles r
        ON l.sur = r.sur AND l.fore = r.fore AND substr(l.nino, 5, 4) = substr(r.nino, 5, 4) WHERE length(l.fore) > 1""",
}  # fmt: skip


def settings() -> dict[str, Any]:
    """Splink settings without weights, for training."""
    return {
        "link_type": "dedupe_only",
        "unique_id_column_name": "unique_id",
        "comparisons": COMPARISONS,
        "blocking_rules_to_generate_predictions": ["l.sur = r.sur AND l.fore = r.fore"],
        "retain_matching_columns": True,
        "retain_intermediate_calculation_columns": True,
        "em_convergence": 0.0001,
        "max_iterations": 25,
        "linker_uid": "council",
        "sql_dialect": "duckdb",
    }


def committed(path: Path = MODEL) -> dict[str, Any]:
    """The committed model: `{"trained_on": {...}, "settings": {...}}`."""
    return json.loads(path.read_text(encoding="utf-8"))
