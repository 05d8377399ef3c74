"""Stops a run which would change too many people at once.

Knows: the declared limits (`dags/identity/guards.yml`) and the counts of a run.
Refuses to know: who changed.
"""

from __future__ import annotations

from pathlib import Path

from fairview.contracts.catalogue import HOUSE
from fairview.contracts.reading import read_yaml
from fairview.errors import DeclarationError, FairviewError


class TooManyChanged(FairviewError):
    """More people are new, merged or split than the declared limit allows; nothing was written."""

    exit_code = 3


def check(counts: dict[str, int], known: int, house: Path = HOUSE) -> None:
    """Raises TooManyChanged when one of `counts` (new, merged, split) exceeds its guard among `known` people before the run.

    With nobody known before, nothing is checked: a first run makes everybody.
    """
    if not known:
        return
    guards = read_yaml(house / "dags" / "identity" / "guards.yml").get("guards") or {}
    if set(guards) != {"new", "merged", "split"}:
        raise DeclarationError("guards.yml must declare new, merged and split, and nothing else")
    broken = []
    for kind, guard in guards.items():
        most = max(guard["least"], guard["share"] * known)
        if counts[kind] > most:
            broken.append(f"{counts[kind]} people {kind}, at most {most:.0f} of {known} expected ({guard['why']})")
    if broken:
        raise TooManyChanged("linking stopped before anything was written: " + "; ".join(broken))
