"""Points from evidence: a scorecard fitted to what came later, as a proposal that changes nothing.

Knows: the points of homelessness prevention, the one service that has any; the others' orders are law and policy. Every
factor is a tier of a rule in force, so its purpose is enforced where the mart is built; none is added. Points may not
fall as a rule's tiers rise, nor be negative. The fit is shrunk towards the shipped points, so that thin evidence moves
little. A tier stays at its shipped points, with the reason said, where it has too few cases, the wrong sign, or moves
one way in one resample and another in the next. Refuses to know: how a proposal is committed; a person does that.
"""

from __future__ import annotations

import itertools
import zlib
from dataclasses import dataclass
from datetime import date

import numpy as np

from fairview.errors import FairviewError
from fairview.evaluation import statistics
from fairview.evaluation.outcomes import Learnt
from fairview.evaluation.statistics import Estimate, Rate

# How a fit is held back. Owner: Head of Housing Options with data engineering, since 2026-11-26.
SETTINGS = {
    "least_households": (50, "Fewer than 50 households meeting a tier say nothing a chance would not."),
    "least_outcomes": (5, "Fewer than 5 outcomes, counted once a household, cannot carry a weight of their own."),
    "prior_sd": (0.5, "Log odds by which evidence of one outcome's weight may move a tier: a factor of 1.6."),
    "step": (5, "Points are multiples of 5, as shipped: few and easy to add up by hand."),
    "most": (55, "No tier scores more than the strongest shipped one, so that no single fact makes a list alone."),
    "agreement": (0.9, "Nine of ten resamples must move a tier the same way, or it stays."),
    "resamples": (60, "Resampled fits over households; enough to tell nine in ten from chance."),
    "folds": (5, "Each household is scored by a fit that saw neither it nor the last snapshot."),
}


def _set(name: str) -> float:
    return SETTINGS[name][0]


class NotCalibrated(FairviewError):
    """There is nothing to propose; says why."""


@dataclass(frozen=True)
class Tier:
    """A tier of a rule: shipped and proposed points, households that meet it and what came of them, and why it stays."""

    rule_id: str
    tier_code: str
    tier_order: int
    shipped: int
    proposed: int
    met: Rate
    why_kept: str = ""
    agreement: float = float("nan")


@dataclass(frozen=True)
class Held:
    """Shipped against proposed on the last snapshot, households scored by fits that never saw them. `gained`: difference in
    precision at the cut, and in concordance, with intervals."""

    as_at: date
    cut: int
    shipped: Rate
    proposed: Rate
    shipped_recall: Rate
    proposed_recall: Rate
    shipped_concordance: float
    proposed_concordance: float
    gained: Estimate
    is_split_in_time: bool


@dataclass(frozen=True)
class Proposal:
    """A fitted scorecard beside the shipped one. `per_point`: log odds of a shipped point, by which points keep their size."""

    tiers: tuple[Tier, ...]
    held: Held
    snapshots: tuple[date, ...]
    households: int
    outcomes: int
    per_point: float

    @property
    def changed(self) -> tuple[Tier, ...]:
        return tuple(tier for tier in self.tiers if tier.proposed != tier.shipped)


@dataclass(frozen=True)
class Ladder:
    """Rules as ladders of tiers: a rung is met when its tier or a higher one is. `names`: (rule, tier, order, points)."""

    names: tuple[tuple[str, str, int, int], ...]

    @property
    def steps(self) -> np.ndarray:
        """What each rung adds to the one below it, in shipped points."""
        below: dict[str, int] = {}
        found = []
        for rule, _, _, points in self.names:
            found.append(points - below.get(rule, 0))
            below[rule] = points
        return np.array(found, dtype=float)

    def rungs(self, one: Learnt) -> np.ndarray:
        """Households by rungs, 1 where met."""
        none = np.zeros(len(one), dtype=int)
        return np.column_stack([one.tiers.get(rule, none) >= order for rule, _, order, _ in self.names]).astype(float)

    def totals(self, steps: np.ndarray) -> np.ndarray:
        """Points of each tier: its own rung and those below."""
        run: dict[str, float] = {}
        found = []
        for (rule, *_), step in zip(self.names, steps, strict=True):
            run[rule] = run.get(rule, 0.0) + step
            found.append(run[rule])
        return np.array(found)


def ladder(rules: list[dict[str, str]]) -> Ladder:
    """The scoring tiers in force, lowest first. Raises NotCalibrated where a shipped ladder falls."""
    scoring = [row for row in rules if row["is_direct_referral"] != "true" and int(row["points"]) > 0]
    scoring.sort(key=lambda row: (int(row["rule_id"][1:]), int(row["points"]), int(row["tier_order"])))
    names = tuple((row["rule_id"], row["tier_code"], int(row["tier_order"]), int(row["points"])) for row in scoring)
    for (rule, _, order, _), (after, tier, next_order, _) in itertools.pairwise(names):
        if rule == after and next_order <= order:
            raise NotCalibrated(f"rule {rule}, tier {tier}: scores more than a stronger tier")
    return Ladder(names)


def propose(snapshots: list[Learnt], rules: list[dict[str, str]]) -> Proposal:
    """Fit the points to the outcomes of snapshots, oldest first. Raises NotCalibrated where they cannot carry any."""
    if not snapshots:
        raise NotCalibrated("there is no snapshot to learn from")
    rungs = ladder(rules)
    known = [_known(one, rungs) for one in snapshots]
    met, outcome, unit = (np.concatenate(parts) for parts in zip(*known, strict=True))
    happened = len(np.unique(unit[outcome > 0]))
    if happened < 2 * _set("least_outcomes"):
        raise NotCalibrated("fewer than ten households with the outcome: too few to learn from")
    per_point = _scale(met @ rungs.steps, outcome)
    if per_point <= 0:
        raise NotCalibrated("more points do not go with more outcomes here: a matter for a person, not for a fit")
    reasons, rates = _reasons(met, outcome, unit, rungs, per_point)
    points, agreement = _stable(met, outcome, unit, rungs, per_point, reasons)
    tiers = tuple(
        Tier(rule, tier, order, shipped, int(points[n]), rates[n], reasons[n], float(agreement[n]))
        for n, (rule, tier, order, shipped) in enumerate(rungs.names)
    )
    held = _held(snapshots, rungs, reasons)
    return Proposal(tiers, held, tuple(one.as_at for one in snapshots), len(np.unique(unit)), happened, per_point)


def _known(one: Learnt, rungs: Ladder) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Rungs, outcome and unit of the households points may rank: none already open, none referred by statute."""
    ranked = ~one.is_open & ~one.is_direct
    return rungs.rungs(one)[ranked], one.outcome[ranked].astype(float), one.unit[ranked]


class Patterns:
    """Like rows together, found once: most households meet nothing and are one row."""

    def __init__(self, met: np.ndarray, outcome: np.ndarray) -> None:
        columns = met.reshape(len(met), -1)
        _, first, place = np.unique(
            np.ascontiguousarray(columns).view(f"V{columns.shape[1] * 8}").ravel(),
            return_index=True,
            return_inverse=True,
        )
        self.design, self._place, self._outcome = columns[first], place.ravel(), outcome

    def counted(self, weights: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
        """Rows and outcomes of each pattern."""
        weights = np.ones(len(self._place)) if weights is None else weights
        size = len(self.design)
        return np.bincount(self._place, weights, size), np.bincount(self._place, weights * self._outcome, size)


def _fit(
    design: np.ndarray, rows: np.ndarray, hits: np.ndarray, prior: np.ndarray, spread: np.ndarray, floor: np.ndarray
) -> np.ndarray:
    """Most probable log odds: intercept first, then a weight per column, shrunk to `prior` by `spread`, none under `floor`; a spread of 0 holds a
    weight where it is."""
    from scipy import optimize

    width = np.where(spread == 0, 1.0, spread)

    def loss(beta: np.ndarray) -> tuple[float, np.ndarray]:
        logit = beta[0] + design @ beta[1:]
        chance = 1 / (1 + np.exp(-logit))
        away = (beta[1:] - prior) / width
        value = (rows * np.logaddexp(0, logit) - hits * logit).sum() + 0.5 * (away**2).sum()
        slope = rows * chance - hits
        return value, np.concatenate([[slope.sum()], design.T @ slope + away / width])

    start = np.concatenate([[np.log((hits.sum() + 0.5) / (rows.sum() - hits.sum() + 0.5))], np.maximum(prior, floor)])
    bounds = [(None, None)]
    for low, centre, held in zip(floor, prior, spread == 0, strict=True):
        bounds.append((centre, centre) if held else (None if low == -np.inf else low, None))
    return optimize.minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds).x


def _scale(score: np.ndarray, outcome: np.ndarray) -> float:
    """Log odds of one shipped point."""
    seen = Patterns(score[:, None], outcome)
    return float(_fit(seen.design, *seen.counted(), np.zeros(1), np.full(1, 10.0), np.full(1, -np.inf))[1])


def _reasons(met, outcome, unit, rungs: Ladder, per_point: float) -> tuple[list[str], list[Rate]]:
    """Why a tier stays at its shipped points, blank where it may move; and what came of those who meet it."""
    prior = rungs.steps * per_point
    seen = Patterns(met, outcome)
    # Free of floor, and hardly held: which way does the evidence itself point?
    free = _fit(seen.design, *seen.counted(), prior, np.full(len(prior), 5.0), np.full(len(prior), -np.inf))[1:]
    reasons, rates = [], []
    for n in range(len(rungs.names)):
        here = met[:, n] > 0
        rates.append(statistics.wilson(int(outcome[here].sum()), int(here.sum())))
        met_by, happened_to = len(np.unique(unit[here])), len(np.unique(unit[here & (outcome > 0)]))
        if met_by < _set("least_households"):
            reasons.append("too few cases: fewer than 50 households meet it")
        elif happened_to < _set("least_outcomes"):
            reasons.append("too few cases: fewer than 5 households with the outcome")
        elif free[n] < 0:
            reasons.append("wrong sign: beside the other facts it goes with fewer outcomes than the tier below or none")
        else:
            reasons.append("")
    return reasons, rates


def _points(seen: Patterns, rungs: Ladder, per_point: float, reasons: list[str], weights=None) -> np.ndarray:
    """Points per tier, in steps of 5, rising within a rule: what may move fitted, the rest exactly as shipped."""
    steps, shipped = rungs.steps, rungs.totals(rungs.steps)
    may_move = np.array([reason == "" for reason in reasons])
    spread = np.where(may_move, _set("prior_sd"), 0.0)
    beta = _fit(seen.design, *seen.counted(weights), steps * per_point, spread, np.zeros(len(steps)))[1:]
    fitted = np.round(rungs.totals(beta) / per_point / _set("step")) * _set("step")
    totals = np.where(may_move, np.minimum(fitted, np.maximum(_set("most"), shipped)), shipped)
    for n, (rule, *_) in enumerate(rungs.names):  # a tier that stays bounds those beside it
        if may_move[n]:
            below = [totals[m] for m in range(n) if rungs.names[m][0] == rule]
            above = [shipped[m] for m in range(n + 1, len(steps)) if rungs.names[m][0] == rule and not may_move[m]]
            totals[n] = max(min([totals[n], *above]), *below, 0.0) if below else max(min([totals[n], *above]), 0.0)
    return totals


def _stable(met, outcome, unit, rungs: Ladder, per_point: float, reasons: list[str]) -> tuple[np.ndarray, np.ndarray]:
    """Points, and how many of the resampled fits move each tier the same way; `reasons` gains those who do not agree."""
    names, place = np.unique(unit, return_inverse=True)
    rng, shipped, seen = np.random.default_rng(statistics.SEED), rungs.totals(rungs.steps), Patterns(met, outcome)
    drawn = []
    for _ in range(int(_set("resamples"))):
        weights = np.bincount(rng.integers(0, len(names), len(names)), minlength=len(names))[place].astype(float)
        drawn.append(_points(seen, rungs, per_point, reasons, weights))
    first = _points(seen, rungs, per_point, reasons)
    moves, mine = np.sign(np.array(drawn) - shipped), np.sign(first - shipped)
    agreement = (moves == mine).mean(axis=0)
    for n in range(len(reasons)):
        if not reasons[n] and mine[n] and agreement[n] < _set("agreement"):
            reasons[n] = f"not stable: {agreement[n]:.0%} of resampled fits move it this way"
    return _points(seen, rungs, per_point, reasons), agreement


def _held(snapshots: list[Learnt], rungs: Ladder, reasons: list[str]) -> Held:
    """Shipped and proposed points on the last snapshot, each household scored by a fit that saw neither it nor, where there
    are several snapshots, the last."""
    last = snapshots[-1]
    earlier = snapshots[:-1] or snapshots
    met, outcome, unit = _known(last, rungs)
    learnt = [_known(one, rungs) for one in earlier]
    past_met, past_outcome, past_unit = (np.concatenate(parts) for parts in zip(*learnt, strict=True))
    folds = int(_set("folds"))
    fold, past_fold = _fold(unit, folds), _fold(past_unit, folds)
    score = np.zeros(len(met))
    for number in range(folds):
        seen = past_fold != number
        scale = _scale(past_met[seen] @ rungs.steps, past_outcome[seen])
        totals = _points(Patterns(past_met[seen], past_outcome[seen]), rungs, max(scale, 1e-3), reasons)
        here = fold == number
        score[here] = met[here] @ _as_steps(rungs, totals)
    shipped, happened = met @ rungs.steps, outcome.astype(bool)
    cut = min(last.capacity, len(met))
    tie = np.arange(len(met))
    top = lambda points: np.argsort(np.lexsort((tie, -met.sum(axis=1), -points))) < cut  # noqa: E731
    before, after = top(shipped), top(score)
    columns = {
        "before": before * outcome,
        "after": after * outcome,
        "cut before": before * 1.0,
        "cut after": after * 1.0,
    }
    gained = statistics.Resampled(unit, columns).estimate(
        lambda a, x, b, y: b / y - a / x, "before", "cut before", "after", "cut after"
    )
    total = int(happened.sum())
    rate = lambda chosen, of: statistics.wilson(int(happened[chosen].sum()), of)  # noqa: E731
    return Held(
        last.as_at, cut, rate(before, cut), rate(after, cut), rate(before, total), rate(after, total),
        statistics.concordance(shipped, happened), statistics.concordance(score, happened), gained, len(snapshots) > 1,
    )  # fmt: skip


def _as_steps(rungs: Ladder, totals: np.ndarray) -> np.ndarray:
    below: dict[str, float] = {}
    found = []
    for (rule, *_), total in zip(rungs.names, totals, strict=True):
        found.append(total - below.get(rule, 0.0))
        below[rule] = float(total)
    return np.array(found)


def _fold(unit: np.ndarray, folds: int) -> np.ndarray:
    """A fold per household, the same in every run and snapshot."""
    return np.array([zlib.crc32(str(one).encode()) % folds for one in unit])
