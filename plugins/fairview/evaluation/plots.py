"""The pictures of a performance card, as SVG. Counts and rates only; the same figures give the same bytes."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from fairview.domain import disclosure
from fairview.evaluation import performance, ranking
from fairview.evaluation.performance import Performance

_OURS, _RIVAL, _PLAIN = "#1d4f76", "#b3541e", "#767676"
_STYLE = {
    "svg.hashsalt": "fairview", "svg.fonttype": "none", "font.family": ["DejaVu Sans", "sans-serif"], "font.size": 10,
    "axes.spines.top": False, "axes.spines.right": False, "axes.titlesize": 11, "axes.titlelocation": "left",
    "axes.grid": True, "grid.color": "#e4e4e4", "axes.axisbelow": True, "legend.frameon": False,
}  # fmt: skip


def draw(found: Performance, folder: Path) -> list[Path]:
    """Write the gain curve, precision against recall, lift and bands of one service into `folder`. Returns the files."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    folder.mkdir(parents=True, exist_ok=True)
    written = []
    with matplotlib.rc_context(_STYLE):
        for name, size, paint in (
            ("gain", (7, 4.2), _gain), ("precision-recall", (7, 4.2), _precision_recall), ("lift", (7, 3.8), _lift), ("bands", (7, 4.2), _bands),
        ):  # fmt: skip
            figure, axes = pyplot.subplots(figsize=size, layout="constrained")
            paint(axes, found)
            path = folder / f"performance-{found.service}-{name}.svg"
            figure.savefig(path, format="svg", metadata={"Date": None, "Creator": None})
            pyplot.close(figure)
            written.append(path)
    return written


def _percent(axis) -> None:
    from matplotlib.ticker import PercentFormatter

    axis.set_major_formatter(PercentFormatter(1.0, symbol=" %"))


def _gain(axes, found: Performance) -> None:
    last, cut = found.last, int(found.last.is_listed.sum())
    most = min(len(last), max(10 * cut, 50))
    for order, colour, words in (
        (last.order, _OURS, "this service's order"),
        (last.rival_order, _RIVAL, ranking.RIVALS[found.service][0]),
    ):
        contacted, share = performance.curve(last, order, most)
        axes.plot(contacted, share, color=colour, label=words, linewidth=1.8, drawstyle="steps-post")
    axes.plot([0, most], [0, most / max(1, len(last))], color=_PLAIN, linestyle="--", label="at random")
    axes.axvline(cut, color="#222222", linewidth=1)
    axes.annotate(
        f"officers' list: {cut}",
        (cut, 0.97),
        xytext=(6, 0),
        textcoords="offset points",
        va="top",
        xycoords=("data", "axes fraction"),
    )
    axes.set(
        xlim=(0, most),
        ylim=(0, None),
        xlabel="households contacted, first to last",
        ylabel="share of all outcomes found",
    )
    axes.set_title(f"What the list finds, as at {last.as_at}")
    _percent(axes.yaxis)
    axes.legend(loc="upper left", bbox_to_anchor=(0, -0.16), ncol=3, borderaxespad=0)


def _precision_recall(axes, found: Performance) -> None:
    last, cut = found.last, int(found.last.is_listed.sum())
    start = max(3, cut // 8)  # the first few places jump between 0 and 1 and say nothing
    for order, colour, words in (
        (last.order, _OURS, "this service's order"),
        (last.rival_order, _RIVAL, ranking.RIVALS[found.service][0]),
    ):
        recall, precision = performance.precision_recall(last, order)
        axes.plot(recall[start - 1 :], precision[start - 1 :], color=colour, label=words, linewidth=1.6)
        if 0 < cut <= len(recall):
            axes.plot(recall[cut - 1], precision[cut - 1], "o", color=colour, markersize=7, clip_on=False)
    base = last.outcome.mean() if len(last) else 0
    axes.axhline(base, color=_PLAIN, linestyle="--", label="at random: the base rate")
    axes.plot([], [], "o", color="#222222", label=f"at the officers' list of {cut}")
    axes.set(
        xlim=(0, 1),
        ylim=(0, None),
        xlabel="recall: share of all outcomes found",
        ylabel="precision: share of the list it happens to",
    )
    axes.set_title(f"Precision and recall, as at {last.as_at}")
    _percent(axes.xaxis)
    _percent(axes.yaxis)
    axes.legend(loc="upper right")


def _lift(axes, found: Performance) -> None:
    base = found.snapshots[-1].base.value or float("nan")
    places = np.arange(len(found.cuts))
    for shift, colour, words, rates in (
        (-0.13, _OURS, "this service's order", [cut.precision for cut in found.cuts]),
        (0.13, _RIVAL, ranking.RIVALS[found.service][0], [cut.rival_precision for cut in found.cuts]),
    ):
        values = np.array([rate.value for rate in rates]) / base
        low, high = np.array([rate.low for rate in rates]) / base, np.array([rate.high for rate in rates]) / base
        axes.errorbar(
            places + shift, values, [values - low, high - values], fmt="o", color=colour, label=words, capsize=3
        )
    axes.axhline(1, color=_PLAIN, linestyle="--", label="at random")
    full = int(found.last.is_listed.sum())
    axes.set_xticks(places, [f"first {cut.size}" + ("\n(the list)" if cut.size == full else "") for cut in found.cuts])
    axes.set(ylim=(0, None), ylabel="times the base rate")
    axes.grid(False, axis="x")
    axes.set_title(f"Lift over contacting at random, as at {found.last.as_at}, 95 % intervals")
    axes.legend(loc="upper right")


def _bands(axes, found: Performance) -> None:
    rates = [(band, rate) for band, rate in found.bands if rate.of >= disclosure.THRESHOLD]
    places = np.arange(len(rates))
    values = np.array([rate.value for _, rate in rates])
    low, high = np.array([rate.low for _, rate in rates]), np.array([rate.high for _, rate in rates])
    axes.errorbar(values, places, xerr=[values - low, high - values], fmt="o", color=_OURS, capsize=3)
    axes.axvline(found.snapshots[-1].base.value, color=_PLAIN, linestyle="--", label="all households")
    axes.set_yticks(places, [band for band, _ in rates])
    axes.set_ylim(-0.6, len(rates) - 0.4)
    axes.set(xlim=(0, None), xlabel="share to which it happened within six months")
    axes.grid(False, axis="y")
    axes.set_title(f"What came of each band, as at {found.last.as_at}, 95 % intervals")
    _percent(axes.xaxis)
    axes.legend(loc="lower right")
