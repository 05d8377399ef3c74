"""Rule packs: a service's dated thresholds, points, lanes and labels, as they lie in `dbt_project/seeds/<service>/`.

Knows: that of every rule the row in force on a day is the rule of that day.
Refuses to know: what a rule means.
"""

from __future__ import annotations

import csv
from datetime import date
from pathlib import Path

from fairview.contracts.catalogue import Catalogue
from fairview.errors import DeclarationError


def path_of(catalogue: Catalogue, service: str, pack: str) -> Path:
    """Where a pack lies. Raises DeclarationError when the service has none of the name."""
    path = catalogue.house / "dbt_project" / "seeds" / service / f"{pack}.csv"
    if not path.is_file():
        raise DeclarationError(f"{service} has no rule pack {pack}")
    return path


def rows(catalogue: Catalogue, service: str, pack: str) -> list[dict[str, str]]:
    """Every row of a pack as text, in the file's order. Raises DeclarationError."""
    with path_of(catalogue, service, pack).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def in_force(catalogue: Catalogue, service: str, pack: str, on: date) -> list[dict[str, str]]:
    """The rows in force on a day; a blank `valid_to` is open, and a pack without dates is always in force."""
    day = on.isoformat()
    return [
        row
        for row in rows(catalogue, service, pack)
        if (row.get("valid_from") or "0001-01-01") <= day <= (row.get("valid_to") or "9999-12-31")
    ]
