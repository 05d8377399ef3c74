"""Rates with their uncertainty. Pure: arrays in, numbers out; the same seed gives the same interval.

Knows: Wilson intervals, bootstrap over units, what lies at the top of an order. Refuses to know: what is counted.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

# 95 % two-sided.
_Z = 1.959963984540054
# Enough for a second digit of a 95 % limit; the seed is fixed so that a card repeats. Owner: data engineering, since 2026-11-26.
RESAMPLES, SEED = 1000, 20261126
_BLOCK = 50


@dataclass(frozen=True)
class Rate:
    """`hits` of `of` with a 95 % interval; value 0 where there is nothing to divide by."""

    hits: int
    of: int
    low: float
    high: float

    @property
    def value(self) -> float:
        return self.hits / self.of if self.of else 0.0


@dataclass(frozen=True)
class Estimate:
    """A figure with a 95 % bootstrap interval; `value` NaN where it cannot be computed."""

    value: float
    low: float
    high: float


def wilson(hits: int, of: int) -> Rate:
    """A proportion with its Wilson score interval, which keeps its promise for small counts. Raises ValueError for hits > of."""
    if not 0 <= hits <= of:
        raise ValueError("hits must lie between 0 and the number they are of")
    if of == 0:
        return Rate(0, 0, 0.0, 1.0)
    share, square = hits / of, _Z * _Z
    centre = (share + square / (2 * of)) / (1 + square / of)
    half = _Z / (1 + square / of) * np.sqrt(share * (1 - share) / of + square / (4 * of * of))
    # Rounding may put an end a hair on the wrong side of a share of 0 or 1.
    low, high = min(share, float(centre - half)), max(share, float(centre + half))
    return Rate(int(hits), int(of), max(0.0, low), min(1.0, high))


class Resampled:
    """Sums of columns over resampled units (rows of one unit stay together), drawn once for every figure made of them."""

    def __init__(self, units: np.ndarray, columns: dict[str, np.ndarray]) -> None:
        names, place = np.unique(units, return_inverse=True)
        self._place_of = {name: number for number, name in enumerate(columns)}
        by_unit = np.column_stack([np.bincount(place, column, len(names)) for column in columns.values()])
        self._plain = by_unit.sum(axis=0)
        rng, drawn = np.random.default_rng(SEED), []
        for _ in range(0, RESAMPLES, _BLOCK):
            picked = rng.integers(0, len(names), (_BLOCK, len(names)))
            weights = np.apply_along_axis(np.bincount, 1, picked, minlength=len(names))
            drawn.append(weights.astype(np.float64) @ by_unit)
        self._drawn = np.concatenate(drawn)

    def estimate(self, figure: Callable[..., np.ndarray], *columns: str) -> Estimate:
        """`figure` of the named columns' sums, with a percentile interval; a draw it cannot be computed for is left out."""
        places = [self._place_of[name] for name in columns]
        with np.errstate(divide="ignore", invalid="ignore"):
            value = float(figure(*(self._plain[place] for place in places)))
            drawn = np.asarray(figure(*(self._drawn[:, place] for place in places)), dtype=float)
        drawn = drawn[np.isfinite(drawn)]
        if not len(drawn) or not np.isfinite(value):
            return Estimate(float("nan"), float("nan"), float("nan"))
        low, high = np.quantile(drawn, [0.025, 0.975])
        return Estimate(value, float(low), float(high))


def found_by_size(order: np.ndarray, outcome: np.ndarray) -> np.ndarray:
    """Outcomes among the first n of an order, for n from 0 to all. `order`: position of each row, smallest first."""
    return np.concatenate([[0], np.cumsum(outcome[np.argsort(order, kind="stable")].astype(np.int64))])


def share(top: np.ndarray, bottom: np.ndarray) -> np.ndarray:
    """Figure for `Resampled.estimate`: top as a share of bottom."""
    return top / bottom


def average_precision(score: np.ndarray, outcome: np.ndarray) -> float:
    """Mean precision over the outcomes, rows of one score taken together; 0 without an outcome."""
    total = outcome.sum()
    if not total:
        return 0.0
    order = np.argsort(-score, kind="stable")
    found, last = np.cumsum(outcome[order]), np.flatnonzero(np.diff(score[order], append=np.nan) != 0)
    gained = np.diff(found[last], prepend=0)
    return float((gained * found[last] / (last + 1)).sum() / total)


def concordance(score: np.ndarray, outcome: np.ndarray) -> float:
    """Chance that of a pair, one with the outcome and one without, the one with it scores higher (ties half): AUC."""
    with_it, without = score[outcome.astype(bool)], np.sort(score[~outcome.astype(bool)])
    if not len(with_it) or not len(without):
        return float("nan")
    below, upto = np.searchsorted(without, with_it, "left"), np.searchsorted(without, with_it, "right")
    return float((below + upto).sum() / (2 * len(with_it) * len(without)))
