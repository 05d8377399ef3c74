"""How a count may be told outside: small ones hidden, the rest rounded, and nothing to be had by subtraction.

Knows: the house's threshold and rounding, and complementary suppression within one breakdown that has a total.
Refuses to know: what is counted. Pure; the same answer for the same counts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

# Counts under 10 are not told, the rest to the nearest 5: the brief for the public record, and the strictest working
# rule found among UK research environments (UK LLC, ONS: 10; OpenSAFELY rounds to 5). Owner: information governance,
# since 2026-11-23.
THRESHOLD = 10
ROUNDING = 5


@dataclass(frozen=True)
class Told:
    """A count as it may be told: `value` None where it is hidden."""

    value: int | None

    @property
    def is_suppressed(self) -> bool:
        return self.value is None

    def __str__(self) -> str:
        return f"fewer than {THRESHOLD}" if self.value is None else f"{self.value:,}"


def told(count: int) -> Told:
    """One count as it may be told. Zero is hidden like any other small count: that nobody is listed says something too.

    Raises ValueError for a negative count.
    """
    if count < 0:
        raise ValueError("a count cannot be negative")
    return Told(None) if count < THRESHOLD else Told(rounded(count))


def rounded(count: int) -> int:
    """To the nearest ROUNDING, halves up."""
    return (count + ROUNDING // 2) // ROUNDING * ROUNDING


def breakdown(counts: Mapping[str, int]) -> tuple[dict[str, Told], Told]:
    """Cells and total of one breakdown, as they may be told: nothing hidden can be had by subtraction.

    Where hidden cells could be narrowed by whoever knows the total from elsewhere, the smallest of the others is hidden too.
    The total is told where nothing is hidden alone, as the sum of the rounded cells: beside hidden cells it would leave
    fewer than ten values for some of them to whoever knows this rule (minimality attack; Wong and others, VLDB 2007).
    """
    cells = {name: told(count) for name, count in counts.items()}
    hidden = {name for name, cell in cells.items() if cell.is_suppressed}
    if not hidden:
        return cells, Told(sum(cell.value or 0 for cell in cells.values()))
    others = sorted(counts.keys() - hidden, key=lambda name: (counts[name], name))
    while others and not _safe([counts[name] for name in hidden]):
        hidden.add(others.pop(0))
    cells |= {name: Told(None) for name in hidden}
    return cells, Told(None)


def _safe(hidden: list[int]) -> bool:
    """Whether the sum of the hidden cells, were it known, would leave each of the small ones anything from 0 to 9.

    A hidden cell of THRESHOLD or more absorbs any difference; small ones alone must be able to do so for each other.
    """
    known, most = sum(hidden), THRESHOLD - 1
    if len(hidden) < 2 or known < THRESHOLD:
        return False
    return max(hidden) >= THRESHOLD or known <= most * (len(hidden) - 1)
