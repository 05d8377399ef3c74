"""Stops a run which would change too many people at once.

Knows: the declared limits (`dags/identity/guards.yml`), the counts of a run and what a role has let through.
Refuses to know: who changed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from fairview.contracts.catalogue import HOUSE
from fairview.contracts.reading import read_yaml
from fairview.errors import DeclarationError, FairviewError

KINDS = ("new", "merged", "split")
_HOW = "To let it through once somebody has looked: fairview let-through --by ROLE --reason …, or the form of the DAG `people`."


@dataclass(frozen=True)
class Breach:
    """One limit that does not hold: `found` people of a kind, `most` permitted, among `known` before the run.

    `because`: what most of them rest on, with how many people; no part smaller than ten.
    """

    kind: str
    found: int
    most: int
    known: int
    why: str
    look_at: str
    because: tuple[tuple[str, int], ...] = ()

    def sentence(self) -> str:
        """In plain words, with what to look at."""
        mostly = f" Mostly: {'; '.join(f'{what} ({count})' for what, count in self.because)}." if self.because else ""
        return (
            f"{self.found} people {self.kind}, at most {self.most} of {self.known} expected. {self.why}{mostly} "
            f"Look at: {self.look_at}"
        )


class TooManyChanged(FairviewError):
    """More people are new, merged or split than the declared limit allows; nothing was written."""

    exit_code = 3

    def __init__(self, breaches: tuple[Breach, ...], counts: Mapping[str, int]) -> None:
        super().__init__(
            f"linking stopped before anything was written: {' '.join(breach.sentence() for breach in breaches)} {_HOW}"
        )
        self.breaches = breaches
        self.counts = {kind: counts[kind] for kind in KINDS}

    def public(self) -> str:
        """One sentence for the public record: which limits, no count of people."""
        kinds = " and ".join(breach.kind for breach in self.breaches)
        return f"people were not linked anew: more people would be {kinds} than one run may change before somebody has looked"


def check(
    counts: Mapping[str, int],
    known: int,
    house: Path = HOUSE,
    allowed: Mapping[str, int] | None = None,
    because: Mapping[str, tuple[tuple[str, int], ...]] | None = None,
) -> None:
    """Raises TooManyChanged when one of `counts` (new, merged, split) exceeds its guard among `known` people before the run.

    `allowed` is what a role has let through, by kind: what was looked at passes, more than that does not.
    With nobody known before, nothing is checked: a first run makes everybody.
    """
    if not known:
        return
    guards = read_yaml(house / "dags" / "identity" / "guards.yml").get("guards") or {}
    if set(guards) != set(KINDS):
        raise DeclarationError("guards.yml must declare new, merged and split, and nothing else")
    breaches = []
    for kind, guard in guards.items():
        most = int(max(guard["least"], guard["share"] * known))
        if counts[kind] > max(most, (allowed or {}).get(kind, 0)):
            told = (because or {}).get(kind, ())
            breaches.append(Breach(kind, counts[kind], most, known, guard["why"], guard["look_at"], told))
    if breaches:
        raise TooManyChanged(tuple(breaches), counts)
