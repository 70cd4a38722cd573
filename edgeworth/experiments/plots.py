"""Plots of a comparison. They draw on ``ax`` (or on a new figure), return it, and never show anything."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from edgeworth.core.arrays import Array
from edgeworth.core.benchmark import ROLES
from edgeworth.core.display import figure_lines, figure_text
from edgeworth.core.numeric import Sense, relative_gap
from edgeworth.core.style import COLOURS, FAINT, INK, WRONG, colour, dress, narrow, new_axes

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_NEXT_TO_NOTHING = 1e-4  # percent: below this a logarithmic axis turns linear instead of growing decades of nothing
_SECONDS = (1e-5, 1e9)  # what the axis of time shows
_LETTERS, _LETTERS_ABOVE = 30, 50  # of a line of a label: beside its row, and above it
_ROUND = ("o", "s", "D", "v")  # of values; of bounds a triangle
_SPREAD = 0.17  # half the height over which the points of one method are spread


def distances(frame: pd.DataFrame, sense: Sense) -> tuple[NDArray[np.float64], str]:
    """How far every run is from the best known on its instance.

    Parameters
    ----------
    frame : pandas.DataFrame
        The table of a comparison, one row a run.
    sense : {"max", "min"}
        Whether larger values are better.

    Returns
    -------
    distances : ndarray
        In percent, float64 [runs]. Of a verified value: its gap to the best bound, or where the bound does not hold for it the
        gap of its price with exact replies; where no instance has a bound, the gap to the best verified value. Of a verified
        bound without a value: from the best verified value to that bound. NaN where there is nothing to compare with.
    words : str
        What the numbers are.
    """
    sound = frame["verified"].to_numpy(dtype=bool)
    values = frame["value"].where(sound)
    by_instance = values.groupby(frame["problem_hash"])
    best = by_instance.transform("max" if sense == "max" else "min").to_numpy(dtype=float)
    gaps = frame["gap_to_best_bound"]
    bounded, words = bool(gaps.notna().any()), "gap to the best bound (%)"
    if bounded and "gap_of_price" in frame and bool((gaps.isna() & frame["gap_of_price"].notna()).any()):
        gaps, words = gaps.fillna(frame["gap_of_price"]), f"{words}; out of equilibrium, that of the price"
    out = np.full(len(frame), math.nan)
    for k, (value, bound, gap) in enumerate(zip(values, frame["bound"], gaps, strict=True)):
        if not math.isnan(value):
            out[k] = gap if bounded else relative_gap(value, best[k], sense)
        elif sound[k] and not math.isnan(bound) and not math.isnan(best[k]):
            out[k] = relative_gap(best[k], bound, sense)
    # A difference below the tolerance of the checks is no difference.
    out = np.where(np.abs(out) <= 1e-9, 0.0, out) * 100.0
    return out, words if bounded else "gap to the best value found (%); no method gave a bound"


def gaps(frame: pd.DataFrame, labels: Sequence[str], sense: Sense, ax: Axes | None = None) -> Axes:
    """One line a method: the distances of its runs from the best bound, their mean and the mean time.

    Parameters
    ----------
    frame : pandas.DataFrame
        The table of a comparison, one row a run.
    labels : sequence of str
        The methods, from the top.
    sense : {"max", "min"}
        Whether larger values are better.
    ax : matplotlib.axes.Axes, optional
        Where to draw; without it a new figure is made.

    Returns
    -------
    matplotlib.axes.Axes

    Notes
    -----
    A dot is a run (hollow triangle: a bound without a value), a bar the mean over instances; mean gap and mean time stand in
    numbers at the right (above the row where the axes are narrow), and how many runs have nothing to show or failed the check.
    The axis is logarithmic when the gaps span more than two decades, and then linear around 0 where there are zeros.
    """
    x, words = distances(frame, sense)
    if ax is None:
        ax = new_axes(8.0, 1.3 + 0.62 * len(labels))
    lined(ax, "x")
    scale(ax, x)
    small, ticks = narrow(ax), list[tuple[str, str]]()
    for position, label in enumerate(labels):
        mine = (frame["method"] == label).to_numpy(dtype=bool)
        _dots(ax, x, mine, frame["value"].notna().to_numpy(dtype=bool), position)
        words_of = [f"{_mean(ax, x, frame['problem_hash'], mine, position)}, {_duration(float(frame['seconds'][mine].mean()))}"]
        lacking = _lacking(frame[mine], x[mine])
        shade = WRONG if any("failed" in each for each in lacking) else INK
        if small:
            _above(ax, label, position, [*words_of, *lacking], shade)
            continue
        ax.annotate(
            words_of[0], (1.0, position), xytext=(8, 0), xycoords=("axes fraction", "data"), textcoords="offset points",
            va="center", color=INK, fontsize=9,
        )  # fmt: skip
        ticks.append(("\n".join([figure_lines(label, _LETTERS), *lacking]), shade))
    ax.set_yticks(range(len(ticks)), [text for text, _ in ticks])
    for tick, (_, shade) in zip(ax.get_yticklabels(), ticks, strict=True):
        tick.set_color(shade)
    ax.set_ylim(len(labels) - 0.5, -0.9 if small else -0.5)
    ax.set_xlabel(words)
    instances = frame["problem_hash"].nunique()
    title = f"{instances} instance{'s' if instances != 1 else ''}, {len(frame)} run{'s' if len(frame) != 1 else ''}"
    ax.set_title(title, loc="left", fontsize=10, color=INK, pad=20)
    _legend(ax, frame)
    return ax


def effort(frame: pd.DataFrame, labels: Sequence[str], sense: Sense, ax: Axes | None = None) -> Axes:
    """Every run at its time (logarithmic) and its distance from the best bound; large dots are means.

    Parameters
    ----------
    frame : pandas.DataFrame
        The table of a comparison, one row a run.
    labels : sequence of str
        The methods, in the order of the legend.
    sense : {"max", "min"}
        Whether larger values are better.
    ax : matplotlib.axes.Axes, optional
        Where to draw; without it a new figure is made.

    Returns
    -------
    matplotlib.axes.Axes

    Notes
    -----
    The mean of the seconds is the geometric one, as suits the axis.
    """
    from matplotlib.ticker import FuncFormatter, NullFormatter

    x, words = distances(frame, sense)
    if ax is None:
        ax = new_axes(8.0, 4.0)
    lined(ax, "both")
    seconds = np.clip(frame["seconds"].to_numpy(dtype=float), *_SECONDS)
    ax.set_xscale("log")
    if len(seconds):  # before anything is drawn: matplotlib's own limits fail where all runs took the same short time
        ax.set_xlim(float(seconds.min()) / 2.0, float(seconds.max()) * 2.0)
    for position, label in enumerate(labels):
        mine = (frame["method"] == label).to_numpy(dtype=bool) & ~np.isnan(x)
        if not mine.any():
            continue
        mark = _ROUND[position // len(COLOURS) % len(_ROUND)]  # more methods than colours: another marker
        marker = mark if frame["value"].to_numpy(dtype=float)[mine].size and frame["value"][mine].notna().any() else "^"
        ax.plot(seconds[mine], x[mine], marker, color=colour(position), ms=5, alpha=0.45, mew=0)
        centre = math.exp(float(np.log(seconds[mine]).mean())), float(x[mine].mean())
        ax.plot(
            *centre, marker, color=colour(position), ms=11, mec=INK, mew=0.8, label=figure_lines(label, _LETTERS), ls="none"
        )
    ax.xaxis.set_major_formatter(FuncFormatter(lambda number, _: f"{number:g}"))
    ax.xaxis.set_minor_formatter(NullFormatter())
    scale(ax, x, "y")
    ax.set_xlabel("wall-clock time of a run (s)")
    ax.set_ylabel(words.split(";")[0])
    if ax.get_legend_handles_labels()[0]:
        ax.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0), frameon=False, fontsize=9, labelcolor=INK)
    return ax


def roles(frame: pd.DataFrame, ax: Axes | None = None) -> Axes:
    """One line a method, family below family: its gap (dot), its regret (diamond) and its mean time.

    Parameters
    ----------
    frame : pandas.DataFrame
        The table of `HeadToHead`, one row a benchmark and method.
    ax : matplotlib.axes.Axes, optional
        Where to draw; without it a new figure is made.

    Returns
    -------
    matplotlib.axes.Axes

    Notes
    -----
    The colour says the role. A failed row has no mark and a red name. Infinite regrets are not drawn.
    """
    from matplotlib.lines import Line2D

    if ax is None:
        ax = new_axes(8.0, 1.3 + 0.26 * len(frame))
    lined(ax, "x")
    x = frame[["gap", "regret"]].to_numpy(dtype=float) * 100.0
    x = np.where(np.isfinite(x) & frame[["verified"]].to_numpy(dtype=bool), np.where(np.abs(x) <= 1e-7, 0.0, x), math.nan)
    scale(ax, x.ravel())
    place = frame[["family", "instances"]]
    starts = (place != place.shift()).any(axis=1).tolist()
    ticks = []
    for position, (_, row) in enumerate(frame.iterrows()):
        hue = colour(ROLES.index(row["role"]))
        for column, mark, face in ((0, "o", hue), (1, "D", "none")):
            ax.plot(x[position, column], position, mark, color=hue, mfc=face, ms=6.0, zorder=3, clip_on=False)
        ax.annotate(
            _duration(row["seconds"]), (1.0, position), xytext=(8, 0), xycoords=("axes fraction", "data"),
            textcoords="offset points", va="center", color=INK, fontsize=8,
        )  # fmt: skip
        if starts[position]:
            ax.axhline(position - 0.5, color=FAINT, lw=0.7)
        ticks.append(figure_text(f"{row['family']}   {row['method']}" if starts[position] else row["method"]))
    ax.set_yticks(range(len(frame)), ticks)
    for tick, sound in zip(ax.get_yticklabels(), frame["verified"], strict=True):
        tick.set_color(INK if sound else WRONG)
    ax.set_ylim(len(frame) - 0.5, -0.5)
    ax.set_xlabel("gap to the best bound, regret (%)")
    handles = [Line2D([], [], ls="none", marker="s", color=colour(k), label=role) for k, role in enumerate(ROLES)]
    for mark, face, word in (("o", INK, "gap"), ("D", "none", "regret")):
        handles.append(Line2D([], [], ls="none", marker=mark, color=INK, mfc=face, label=word))
    ax.legend(
        handles=handles, loc="lower left", bbox_to_anchor=(-0.01, 1.0), ncols=5, frameon=False, fontsize=8, labelcolor=INK,
        handletextpad=0.3, columnspacing=1.2,
    )  # fmt: skip
    return ax


def scale(ax: Axes, x: NDArray[np.float64], axis: str = "x") -> None:
    """An axis for percentages: logarithmic where they span more than two decades, and then linear around 0."""
    from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullLocator, SymmetricalLogLocator

    known = x[~np.isnan(x)]
    positive = known[known > 0.0]
    set_scale = ax.set_xscale if axis == "x" else ax.set_yscale
    set_limits = ax.set_xlim if axis == "x" else ax.set_ylim
    line = ax.xaxis if axis == "x" else ax.yaxis
    top = float(positive.max()) if len(positive) else 1.0
    if len(positive) and top / float(positive.min()) > 100.0:
        low = max(10.0 ** math.floor(math.log10(float(positive.min()))), _NEXT_TO_NOTHING)
        step = 10.0 if top / low < (1e3 if axis == "x" and narrow(ax) else 1e7) else 100.0
        if float(known.min()) >= low:
            set_scale("log")
            set_limits(low * 0.8, top * 2.0)
            line.set_major_locator(LogLocator(base=step))
        else:
            set_scale("symlog", linthresh=low, linscale=0.6)
            set_limits(min(float(known.min()) * 1.5, -0.3 * low), top * 2.0)
            line.set_major_locator(SymmetricalLogLocator(base=step, linthresh=low))
        line.set_minor_locator(NullLocator())
    else:
        least = min(float(known.min()), 0.0) if len(known) else 0.0
        set_limits(least * 1.1 - 0.03 * (top - least), top * 1.08)
        line.set_major_locator(MaxNLocator(7))
    line.set_major_formatter(FuncFormatter(lambda number, _: f"{number:g}"))


def _dots(ax: Axes, x: NDArray[np.float64], mine: Array, valued: Array, position: int) -> None:
    for chosen, marker, hollow in ((mine & valued, "o", False), (mine & ~valued, "^", True)):
        points = x[chosen & ~np.isnan(x)]
        # Spread by rank order of appearance, not at random: the same table gives the same picture.
        lift = _SPREAD * (2.0 * ((np.arange(len(points)) * 0.618034) % 1.0) - 1.0) if len(points) > 1 else np.zeros(len(points))
        face = "none" if hollow else colour(position)
        ax.plot(
            points, position + lift, marker, ms=5.5, mfc=face, mec=colour(position), mew=1.2 if hollow else 0.0,
            alpha=0.9 if hollow else 0.55, zorder=3,
        )  # fmt: skip


def _mean(ax: Axes, x: NDArray[np.float64], instance: pd.Series[Any], mine: Array, position: int) -> str:
    means = pd.Series(x[mine]).groupby(instance[mine].to_numpy()).mean().dropna().to_numpy(dtype=np.float64)
    if not len(means):
        return "no gap"
    mean = float(means.mean())
    ax.plot([mean, mean], [position - 0.27, position + 0.27], color=INK, lw=2.4, zorder=5, solid_capstyle="butt")
    return f"mean {mean:.3g} %" if mean < 1e3 else f"mean {mean:.0f} %"


def _duration(seconds: float) -> str:
    if math.isnan(seconds):
        return "not run"
    return f"{seconds:.3g} s" if seconds >= 1.0 else f"{seconds * 1e3:.3g} ms"


def _lacking(runs: pd.DataFrame, x: NDArray[np.float64]) -> list[str]:
    failed = int((~runs["verified"]).sum())
    silent = int(np.isnan(x[runs["verified"].to_numpy(dtype=bool)]).sum())
    told = ((failed, "failed"), (silent, "without a gap"))
    return [f"{count} of {len(runs)} runs {words}" for count, words in told if count]


def _above(ax: Axes, label: str, position: int, told: list[str], shade: str) -> None:
    """The words of a row above its marks, where there is no room beside them."""
    text = f"{figure_lines(label, _LETTERS_ABOVE)}\n{', '.join(told)}"
    ax.annotate(
        text, (0.0, position - 0.2), xytext=(2, 0), xycoords=("axes fraction", "data"), textcoords="offset points",
        va="bottom", color=shade, fontsize=8.5, zorder=6, annotation_clip=False,
    )  # fmt: skip


def _legend(ax: Axes, frame: pd.DataFrame) -> None:
    from matplotlib.lines import Line2D

    def entry(marker: str, text: str, face: str, size: float) -> Line2D:
        return Line2D([], [], ls="none", marker=marker, mfc=face, mec=INK, ms=size, mew=1.2, label=text)

    handles = [entry("o", "a run", INK, 4.5), entry("|", "mean over instances", INK, 11)]
    if (frame["value"].isna() & frame["bound"].notna() & frame["verified"]).any():
        handles.insert(1, entry("^", "a bound: gap from the best value to it", "none", 5.5))
    ax.legend(
        handles=handles, loc="lower left", bbox_to_anchor=(-0.01, 1.0), ncols=len(handles), frameon=False, fontsize=8,
        labelcolor=INK, handletextpad=0.3, columnspacing=1.2, borderaxespad=0.1,
    )  # fmt: skip


def lined(ax: Axes, grid: str) -> None:
    """Dress the axes, and draw grid lines for "x", "y" or "both"."""
    dress(ax)
    ax.set_facecolor("none")
    ax.tick_params(length=0, labelsize=9)
    ax.tick_params(which="minor", length=0)
    ax.set_axisbelow(True)
    if grid in ("x", "both"):
        ax.grid(axis="x", color=FAINT, lw=0.7)
    if grid in ("y", "both"):
        ax.grid(axis="y", color=FAINT, lw=0.7)
