"""What may be met by right: values that others publish about places, and invented people in the house's own files.

Each allowance is as narrow as it can be and carries its reason; the scanner's report leaves out nothing else.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

NAMES = frozenset({"full name", "surname"})


@dataclass(frozen=True)
class Allowance:
    """Kinds of identifier that may stand in some files (a regular expression) at some places (another), and why."""

    artefact: str
    files: str
    places: str
    kinds: frozenset[str]
    why: str


ALLOWANCES = (
    Allowance("warehouse", r".*", r"psn_open_data__postcodes(\.pcd| \(a row\))", frozenset({"postcode"}),
              "the national directory lists every postcode of the area, of nobody"),
    Allowance("warehouse", r".*", r"psn_open_data__(street_crime|deprivation)\b.*", NAMES,
              "streets and neighbourhoods, as published, are named after people: 'On or near Allen Street'"),
    Allowance("mart", r".*", r"area_context\b.*", NAMES, "neighbourhoods, as published, are named after people"),
    Allowance("mart", r".*", r"\w+_totals\.\w+_pence", frozenset({"reference number"}),
              "sums of hundreds of debts have eight digits, and one such sum in thousands is an account number, forwards or back"),
    Allowance("git tree", r"(plugins/fairview/demo/.*|dags/identity/nicknames\.yml)", r".*", NAMES,
              "lists of common names, of nobody: two neighbours in a list can be somebody's name"),
    Allowance("git tree", r".*", r".*", frozenset({"reference number", "UPRN"}),
              "numbers invented for tests and for the demo council count up like real ones do"),
)  # fmt: skip

# Ranges nobody is ever given: they stand in the house's own tests, and only invented councils hold them. Ofcom's numbers
# for drama; the prefix QQ, which HMRC does not use; RFC 2606's example domains; C, I, K, M, O or V at a postcode's end.
NEVER_GIVEN = {
    "postcode": r"[A-Z0-9]+ [0-9]([CIKMOV][A-Z]|[A-Z][CIKMOV])",
    "phone": r"07700 ?900 ?[0-9]{3}",
    "national insurance number": r"QQ ?[0-9 ]+[A-Z]?",
    "e-mail": r".*@example\.(org|com|net)",
}


def allowed(artefact: str, file: str, place: str, kind: str) -> bool:
    """Whether an identifier of a kind may stand in plain at a place of a file."""
    return any(
        one.artefact == artefact
        and kind in one.kinds
        and re.fullmatch(one.files, file)
        and re.fullmatch(one.places, place)
        for one in ALLOWANCES
    )


def never_given_sql() -> str:
    """An SQL condition over `kind` and `text`: the identifier is from a range nobody is given."""
    return " OR ".join(
        f"(kind = '{kind}' AND regexp_full_match(text, '{shape}', 'i'))" for kind, shape in NEVER_GIVEN.items()
    )
