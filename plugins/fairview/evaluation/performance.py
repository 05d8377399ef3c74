"""What a service's order is worth: every figure of a performance card, from the snapshots of one service.

Knows: precision and recall at the capacity cut, lift, calibration by band, groups, all with intervals. Refuses to know:
databases, and how a card looks. Figures over several snapshots resample households, since one household's months are alike.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fairview.domain import disclosure
from fairview.evaluation import statistics
from fairview.evaluation.ranking import Ranked
from fairview.evaluation.statistics import Estimate, Rate

_SIZES = (0.25, 0.5, 1, 2, 4)


@dataclass(frozen=True)
class Cut:
    """The first `size` of an order: rates for ours and for the rival order."""

    size: int
    precision: Rate
    recall: Rate
    rival_precision: Rate


@dataclass(frozen=True)
class Snapshot:
    """One as-at date: who was there, what came of them, what the published list found."""

    as_at: object
    base: Rate
    listed: int
    direct: int
    unplaced: int
    precision: Rate
    recall: Rate
    rival: Rate
    concordance: float
    average_precision: float


@dataclass(frozen=True)
class Group:
    """One group of an attribute over all snapshots; figures None where a count behind them is under the disclosure threshold."""

    attribute: str
    value: str
    households: disclosure.Told
    outcomes: disclosure.Told
    listed: disclosure.Told
    rate: Estimate | None
    selected: Estimate | None
    precision: Estimate | None
    recall: Estimate | None


@dataclass(frozen=True)
class Performance:
    """All of one service. `lift` over random and `gain` over the rival order (difference in precision) over all snapshots."""

    service: str
    snapshots: tuple[Snapshot, ...]
    cuts: tuple[Cut, ...]
    bands: tuple[tuple[str, Rate], ...]
    precision: Estimate
    recall: Estimate
    lift: Estimate
    gain: Estimate
    groups: tuple[Group, ...]
    last: Ranked
    median_days: float | None
    households: int


def measure(snapshots: list[Ranked]) -> Performance:
    """Everything about one service from its snapshots, oldest first. Raises ValueError without one."""
    if not snapshots:
        raise ValueError("there is no snapshot to measure")
    last = snapshots[-1]
    units = np.concatenate([one.household for one in snapshots])
    outcome = np.concatenate([one.outcome for one in snapshots]).astype(float)
    listed = np.concatenate([one.is_listed for one in snapshots]).astype(float)
    rival = np.concatenate([_top(one.rival_order, int(one.is_listed.sum())) for one in snapshots]).astype(float)
    columns = {"all": np.ones(len(units)), "outcome": outcome, "listed": listed, "hit": outcome * listed, "rival": rival,
        "rival hit": outcome * rival}  # fmt: skip
    members = _members(snapshots)
    for name, here in members.items():
        columns |= {(*name, "all"): here, (*name, "outcome"): here * outcome, (*name, "listed"): here * listed,
            (*name, "hit"): here * outcome * listed}  # fmt: skip
    drawn = statistics.Resampled(units, columns)
    waits = [one.days_until[one.is_listed & one.outcome] for one in snapshots if one.days_until is not None]
    days = np.concatenate(waits) if waits else np.array([])
    return Performance(
        last.service,
        tuple(_snapshot(one) for one in snapshots),
        tuple(_cut(last, size) for size in _cut_sizes(last)),
        tuple((band, statistics.wilson(int(last.outcome[last.band == band].sum()), int((last.band == band).sum()))) for band in last.bands),
        drawn.estimate(statistics.share, "hit", "listed"),
        drawn.estimate(statistics.share, "hit", "outcome"),
        drawn.estimate(lambda hit, on, all_of, whole: hit / on / (all_of / whole), "hit", "listed", "outcome", "all"),
        drawn.estimate(lambda hit, on, other, place: hit / on - other / place, "hit", "listed", "rival hit", "rival"),
        tuple(_groups(members, columns, drawn)),
        last,
        float(np.median(days)) if len(days) >= disclosure.THRESHOLD else None,
        len(np.unique(units)),
    )  # fmt: skip


def _top(order: np.ndarray, size: int) -> np.ndarray:
    return order < size


def _snapshot(one: Ranked) -> Snapshot:
    total, size = int(one.outcome.sum()), int(one.is_listed.sum())
    found = int((one.outcome & one.is_listed).sum())
    rival = int((one.outcome & _top(one.rival_order, size)).sum())
    place = -one.order.astype(float)
    return Snapshot(
        one.as_at, statistics.wilson(total, len(one)), size, int(one.is_direct.sum()), one.unplaced, statistics.wilson(found, size),
        statistics.wilson(found, total), statistics.wilson(rival, size), statistics.concordance(place, one.outcome),
        statistics.average_precision(place, one.outcome),
    )  # fmt: skip


def _cut_sizes(one: Ranked) -> list[int]:
    full = max(1, int(one.is_listed.sum()))
    return sorted({min(len(one), max(1, round(full * part))) for part in _SIZES})


def _cut(one: Ranked, size: int) -> Cut:
    total = int(one.outcome.sum())
    found = int(one.outcome[_top(one.order, size)].sum())
    rival = int(one.outcome[_top(one.rival_order, size)].sum())
    return Cut(size, statistics.wilson(found, size), statistics.wilson(found, total), statistics.wilson(rival, size))


def _members(snapshots: list[Ranked]) -> dict[tuple[str, str], np.ndarray]:
    """(attribute, value) → 1 for each row of it, over all snapshots."""
    found = {}
    for attribute in snapshots[-1].groups:
        values = np.concatenate([one.groups[attribute] for one in snapshots])
        found |= {(attribute, str(value)): (values == value).astype(float) for value in np.unique(values)}
    return found


def _groups(members: dict, columns: dict, drawn: statistics.Resampled) -> list[Group]:
    found = []
    for attribute in dict.fromkeys(name for name, _ in members):
        values = [value for name, value in members if name == attribute]
        counted = {kind: disclosure.breakdown({v: int(columns[attribute, v, kind].sum()) for v in values})[0]
            for kind in ("all", "outcome", "listed", "hit")}  # fmt: skip
        for value in values:
            told = {kind: cells[value] for kind, cells in counted.items()}

            def figure(
                top: str, bottom: str, value: str = value, told: dict = told, attribute: str = attribute
            ) -> Estimate | None:
                if any(told[kind].is_suppressed for kind in (top, bottom, "all")):
                    return None
                return drawn.estimate(statistics.share, (attribute, value, top), (attribute, value, bottom))

            found.append(
                Group(attribute, value, told["all"], told["outcome"], told["listed"], figure("outcome", "all"), figure("listed", "all"),
                    figure("hit", "listed"), figure("hit", "outcome"))
            )  # fmt: skip
    return found


def curve(one: Ranked, order: np.ndarray, most: int) -> tuple[np.ndarray, np.ndarray]:
    """Households contacted and share of all outcomes found, for the first `most` of an order."""
    found = statistics.found_by_size(order, one.outcome)[: most + 1]
    return np.arange(len(found)), found / max(1, int(one.outcome.sum()))


def precision_recall(one: Ranked, order: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Recall and precision after each place of an order."""
    found = statistics.found_by_size(order, one.outcome)[1:]
    return found / max(1, int(one.outcome.sum())), found / np.arange(1, len(found) + 1)
