"""What is declared about who is who: names that are no person, pet names, limits, thresholds.

Reads `dags/identity/*.yml`, checks that they make sense and gives them to SQL as tables and patterns.
Refuses to know: any record.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from fairview.contracts.catalogue import HOUSE
from fairview.contracts.reading import read_yaml
from fairview.errors import DeclarationError


@dataclass(frozen=True)
class NotPerson:
    """One rule for names that stand for nobody; `unless_named` spares names written as a person's."""

    id: str
    pattern: str
    unless_named: bool
    why: str


@dataclass(frozen=True)
class Declarations:
    """All declarations of identity, read together."""

    not_people: tuple[NotPerson, ...]
    no_person_positions: tuple[int, ...]
    nicknames: tuple[tuple[str, str], ...]
    limits: dict[str, Any] = field(hash=False)

    def limit(self, name: str) -> float:
        """A threshold's value. Raises DeclarationError when none is declared under the name."""
        try:
            return float(self.limits[name]["value"])
        except (KeyError, TypeError, ValueError) as error:
            raise DeclarationError(f"limits.yml: no usable value for {name}") from error


def _pattern(rule: dict[str, Any]) -> str:
    words = rule.get("words")
    pattern = rf"(^|\s)({'|'.join(re.escape(word) for word in words)})($|\s)" if words else rule["pattern"]
    re.compile(pattern)
    return pattern


def _families(document: dict[str, Any]) -> tuple[tuple[str, str], ...]:
    pairs = {(name.upper(), family[0].upper()) for family in document["families"] for name in family}
    return tuple(sorted(pairs))


@lru_cache(maxsize=4)
def declarations(house: Path = HOUSE) -> Declarations:
    """The declarations under `house`. Raises DeclarationError naming the file that makes no sense."""
    folder = house / "dags" / "identity"
    people, nicknames, limits = (read_yaml(folder / f"{name}.yml") for name in ("not_people", "nicknames", "limits"))
    try:
        rules = tuple(
            NotPerson(rule["id"], _pattern(rule), rule["unless_named"], rule["why"]) for rule in people["rules"]
        )
        positions = tuple(int(item["position"]) for item in people["liability_positions"])
        for item in limits["limits"].values():
            float(item["value"]), item["why"], item["owner"], item["since"]
        return Declarations(rules, positions, _families(nicknames), limits["limits"])
    except (KeyError, TypeError, ValueError, re.error) as error:
        raise DeclarationError(
            f"dags/identity: a declaration makes no sense: {type(error).__name__}: {error}"
        ) from error


def teach(con, declared: Declarations) -> None:
    """Give a connection the macro `not_a_person(name)` (the id of the rule that catches it, or null) and the nicknames table.

    `nicknames(name, family)`: one row per forename and family, plain capitals; `pet_ending(x)` makes JONNIE and JONNY one.
    """
    cases = "".join(
        f" WHEN regexp_matches(name_text(x), {_quoted(rule.pattern)})"
        + (" AND NOT written_as_person(x)" if rule.unless_named else "")
        + f" THEN {_quoted(rule.id)}"
        for rule in declared.not_people
    )
    con.execute("CREATE OR REPLACE TEMP MACRO name_text(x) AS trim(regexp_replace(upper(x), '\\s+', ' ', 'g'))")
    con.execute(
        "CREATE OR REPLACE TEMP MACRO written_as_person(x) AS "
        "regexp_matches(x, '^[^,]+,\\s*[A-Za-z]') OR name_title(x) IS NOT NULL"
    )
    con.execute(f"CREATE OR REPLACE TEMP MACRO not_a_person(x) AS CASE WHEN x IS NULL THEN 'NP0'{cases} END")
    con.execute("CREATE OR REPLACE TEMP MACRO pet_ending(x) AS regexp_replace(x, '(IE|EY|EE|I)$', 'Y')")
    con.execute("CREATE OR REPLACE TEMP TABLE nicknames (name VARCHAR, family VARCHAR)")
    con.execute(
        "INSERT INTO nicknames SELECT DISTINCT pet_ending(name), family "
        "FROM (SELECT unnest(?::VARCHAR[]) AS name, unnest(?::VARCHAR[]) AS family)",
        [[name for name, _ in declared.nicknames], [family for _, family in declared.nicknames]],
    )


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
