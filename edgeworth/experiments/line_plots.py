"""Plots of profiles, mean ranks and convergence. What they draw is their argument, a frame that can be written beside them.

Methods differ by colour, dashes and marker, so that a grey print still tells them apart.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from edgeworth.core import validation
from edgeworth.core.display import figure_lines, figure_text
from edgeworth.core.style import INK, colour, new_axes
from edgeworth.experiments.plots import lined, scale

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_DASHES = ("-", (0, (5, 1.5)), (0, (1.2, 1.2)), (0, (6, 1.5, 1.2, 1.5)))
_MARKERS = ("o", "s", "^", "D", "v", "P", "X", "<", ">")  # of other numbers than colours and dashes, so that all combine
_LETTERS = 30  # of a line of the legend
_MARKS = 8  # on a line, about
_AXES = {
    "ratio": "time to the goal / shortest mean time of any method",
    "gap": "gap (%)",
    "seconds": "wall-clock time (s)",
}


def profile(frame: pd.DataFrame, ax: Axes | None = None) -> Axes:
    """A step function a method: the share of instances up to a ratio, a gap or a time.

    Parameters
    ----------
    frame : pandas.DataFrame
        Of `Comparison.performance_profile`, `Comparison.gap_profile` or `Comparison.data_profile`.
    ax : matplotlib.axes.Axes, optional
        Where to draw; without it a new figure is made.

    Returns
    -------
    matplotlib.axes.Axes
    """
    names = [name for name in _AXES if name in frame]
    if not names:
        validation.reject("frame", f"must have one of the columns {', '.join(_AXES)}", list(frame.columns))
    name, goal = names[0], frame.attrs.get("goal")
    ax = new_axes(6.4, 3.8) if ax is None else ax
    lined(ax, "both")
    x = frame[name].to_numpy(dtype=np.float64) * (100.0 if name == "gap" else 1.0)
    if name == "gap":
        scale(ax, x)
    else:
        positive = x[x > 0.0]
        low, high = (float(positive.min()), float(positive.max())) if len(positive) else (1.0, 1.0)
        _logarithmic(ax, low if name == "ratio" else low / 2.0, high * (1.5 if high > low else 2.0))
    for position, label in _placed(frame):
        mine = (frame["method"] == label).to_numpy(dtype=bool)
        _line(ax, x[mine], frame["share"].to_numpy(dtype=np.float64)[mine], position, label)
    ax.set_ylim(-0.02, 1.02)
    ax.set_ylabel("share of instances")
    text = _AXES[name] if name != "gap" or goal is None else f"gap to the best {goal} (%)"
    ax.set_xlabel(text)
    if "tau" in frame.attrs:
        near = f"within {frame.attrs['tau'] * 100.0:g} % of the best {goal}"
        _title(ax, frame, "goal: optimum proved" if goal == "proof" else f"goal: {near}")
    else:
        _title(ax, frame)
    _legend(ax)
    return ax


def curves(frame: pd.DataFrame, ax: Axes | None = None) -> Axes:
    """A line a method: the median gap of its value over time, with its quartiles, and thinner that of its bound.

    Parameters
    ----------
    frame : pandas.DataFrame
        Of `Comparison.convergence`.
    ax : matplotlib.axes.Axes, optional
        Where to draw; without it a new figure is made.

    Returns
    -------
    matplotlib.axes.Axes

    Notes
    -----
    Where the median is infinite, because half of the instances had no value yet, there is no line.
    """
    ax = new_axes(6.4, 3.8) if ax is None else ax
    lined(ax, "both")
    columns = [f"{of}{which}" for of in ("gap", "bound_gap") for which in ("", "_low", "_high")]
    percents = frame[columns].replace(math.inf, math.nan) * 100.0
    drawn = percents[["gap", "gap_low", "gap_high", "bound_gap"]].to_numpy(dtype=np.float64)
    scale(ax, drawn.ravel(), "y")
    top = float(np.nanmax(drawn)) if not np.isnan(drawn).all() else 1.0
    times = frame["seconds"].to_numpy(dtype=np.float64)
    _logarithmic(ax, float(times.min()), float(times.max()))
    for position, label in _placed(frame):
        mine = (frame["method"] == label).to_numpy(dtype=bool)
        x, of = times[mine], percents[mine]
        _line(ax, x, of["gap"].to_numpy(dtype=np.float64), position, label)
        low = of["gap_low"].to_numpy(dtype=np.float64)
        high = np.where(np.isnan(of["gap_high"]), 10.0 * top + 1.0, of["gap_high"])  # out of sight: it has no end yet
        ax.fill_between(x, low, high, step="post", color=colour(position), alpha=0.13, lw=0.0)
        ax.step(x, of["bound_gap"], where="post", color=colour(position), lw=0.9, ls=(0, (1, 2)))
    ax.set_xlabel(_AXES["seconds"])
    ax.set_ylabel(f"median gap to the best {frame.attrs.get('reference', 'bound')} (%)")
    words = "band: quartiles"
    _title(ax, frame, f"{words}; dotted: the bound" if bool(np.isfinite(frame["bound_gap"]).any()) else words)
    _legend(ax)
    return ax


def critical_differences(frame: pd.DataFrame, ax: Axes | None = None) -> Axes:
    """Demsar's diagram: methods at their mean ranks, the best at the left; bars join those that the test does not tell apart.

    Parameters
    ----------
    frame : pandas.DataFrame
        Of `Comparison.ranking`.
    ax : matplotlib.axes.Axes, optional
        Where to draw; without it a new figure is made.

    Returns
    -------
    matplotlib.axes.Axes

    References
    ----------
    Demsar, J. (2006), Statistical comparisons of classifiers over multiple data sets, JMLR 7, 1-30, figure 1.
    """
    k = len(frame)
    critical = float(frame["critical_difference"].iloc[0])
    letters = sorted(set("".join(frame["group"])))
    bars = [frame["mean_rank"][frame["group"].str.contains(letter, regex=False)] for letter in letters]
    bars = [bar for bar in bars if len(bar) > 1]
    half, base = (k + 1) // 2, 0.5 + 0.3 * len(bars)
    depth = base + half * 0.55
    ax = new_axes(6.4, 0.7 + 0.42 * (depth + 1.4)) if ax is None else ax
    ax.set_facecolor("none")
    ax.set_axis_off()
    ax.set_xlim(1.0 - 0.45 * (k - 1), k + 0.45 * (k - 1))
    ax.set_ylim(depth, -1.9)
    ax.plot([1, k], [0, 0], color=INK, lw=1.2)
    for rank in range(1, k + 1):
        ax.plot([rank, rank], [0, -0.18], color=INK, lw=1.2)
        ax.annotate(f"{rank}", (rank, -0.25), ha="center", va="bottom", color=INK, fontsize=8)
    ax.plot([1, 1 + critical], [-1.15, -1.15], color=INK, lw=1.6, marker="|", ms=7)
    ax.annotate(f"critical difference {critical:.3g}", (1, -1.3), ha="left", va="bottom", color=INK, fontsize=8)
    count, p = int(frame["instances"].iloc[0]), float(frame["friedman_p"].iloc[0])
    ax.annotate(
        f"mean rank on {count} instances; Friedman p = {p:.2g}", (1.0, 1.0), xycoords="axes fraction", ha="right", va="top",
        color=INK, fontsize=8,
    )  # fmt: skip
    for position, bar in enumerate(bars):
        level = 0.3 + 0.3 * position
        ends = [float(bar.min()) - 0.02 * (k - 1), float(bar.max()) + 0.02 * (k - 1)]
        ax.plot(ends, [level, level], color=INK, lw=3.4, solid_capstyle="round")
    for position, (label, rank) in enumerate(frame["mean_rank"].items()):
        left = position < half
        level = base + 0.55 * (position if left else k - 1 - position)
        end = 1.0 - 0.08 * (k - 1) if left else k + 0.08 * (k - 1)
        ax.plot([rank, rank, end], [0, level, level], color=INK, lw=0.8)
        ax.plot([rank], [0], "o", color=INK, ms=3.5)
        text = f"{figure_text(str(label))}  {rank:.2f}" if left else f"{rank:.2f}  {figure_text(str(label))}"
        ax.annotate(
            text, (end, level), xytext=(-4 if left else 4, 0), textcoords="offset points", ha="right" if left else "left",
            va="center", color=INK, fontsize=9,
        )  # fmt: skip
    return ax


def _placed(frame: pd.DataFrame) -> list[tuple[int, str]]:
    """The methods, each with the place that gives it its colour: the same in all plots of a page that has more methods."""
    places = frame.attrs.get("places", {})
    return [(places.get(label, k), label) for k, label in enumerate(map(str, frame["method"].unique()))]


def _line(ax: Axes, x: np.ndarray, y: np.ndarray, position: int, label: str) -> None:
    ax.plot(
        x, y, drawstyle="steps-post", color=colour(position), ls=_DASHES[position % len(_DASHES)], lw=1.7,
        marker=_MARKERS[position % len(_MARKERS)], ms=4.5, mew=0, markevery=max(len(x) // _MARKS, 1),
        label=figure_lines(label, _LETTERS),
    )  # fmt: skip


def _logarithmic(ax: Axes, low: float, high: float) -> None:
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    ax.set_xscale("log")
    ax.set_xlim(low, high)
    if high < 100.0 * low:  # so that more than one tick has a number
        ax.xaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0) if high > 5.0 * low else tuple(range(1, 10))))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda number, _: f"{number:g}"))
    ax.xaxis.set_minor_formatter(NullFormatter())


def _title(ax: Axes, frame: pd.DataFrame, more: str = "") -> None:
    count = frame.attrs.get("instances")
    words = "" if count is None else f"{count} instance{'s' if count != 1 else ''}"
    ax.set_title(", ".join(filter(None, (words, more))), loc="left", fontsize=10, color=INK)


def _legend(ax: Axes) -> None:
    ax.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0), frameon=False, fontsize=9, labelcolor=INK, handlelength=3.2)
