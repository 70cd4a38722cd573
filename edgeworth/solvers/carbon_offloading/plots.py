"""A schedule of one device, bits against carbon, and the cost in its parts. Functions take ``ax`` and return it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from edgeworth.core import validation
from edgeworth.core.display import figure_text
from edgeworth.core.numeric import FEASIBILITY_TOL
from edgeworth.core.style import COLOURS, INK, colour, dress, new_axes
from edgeworth.solvers.carbon_offloading.model import PARTS, CarbonOffloading, Schedule, simulate

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

_GREEN = COLOURS[2]
_PREFIXES = ((1e9, "G"), (1e6, "M"), (1e3, "k"), (1.0, ""), (1e-3, "m"), (1e-6, "\N{MICRO SIGN}"), (1e-9, "n"))


def plot_schedule(problem: CarbonOffloading, schedule: Schedule, user: int = 0, *, ax: Axes | None = None) -> Axes:
    """Draw what one device does, slot by slot.

    Parameters
    ----------
    problem : CarbonOffloading
    schedule : Schedule
    user : int
        Number of the device.
    ax : matplotlib.axes.Axes, optional
        Default: those of a new figure.

    Returns
    -------
    matplotlib.axes.Axes
        Stacked areas: local and offload power. Black steps: harvest over the slot's length. Shaded green: slots without grid
        energy. Line on an axis of its own at the right: the buffer at the end of every slot. Where the carbon intensity
        varies, dots: its course, between 0 and the top.

    Raises
    ------
    ValueError
        For a schedule of another shape, and for a user that does not exist.
    TypeError
        For other types.
    """
    _require(problem, schedule)
    u = validation.integer("user", user, minimum=0, maximum=problem.users - 1)
    played = simulate(problem, schedule)
    slots, tau = problem.slots, problem.slot_length
    unit, name = (3600.0, "h") if slots * tau >= 7200.0 else (1.0, "s") if slots * tau >= 2.0 else (1e-3, "ms")
    edges = np.arange(slots + 1) * (tau / unit)
    if ax is None:
        ax = new_axes(8.0, 3.2)
    local, sent = schedule.local_power[u], schedule.offload_power[u]
    top = 1.05 * max(float((local + sent).max()), float(problem.harvest[u].max()) / tau, 1e-12)
    begins = edges[:-1]
    most = tau * float(problem.local_power_cap[u] + problem.offload_power_cap[u])
    turns = np.diff(np.concatenate([[0], played.grid[u] <= FEASIBILITY_TOL * most, [0]]).astype(np.int64))
    starts, ends = edges[np.flatnonzero(turns > 0)], edges[np.flatnonzero(turns < 0)]
    spans = list(zip(starts.tolist(), (ends - starts).tolist(), strict=True))
    ax.broken_barh(spans, (0.0, top), color=_GREEN, alpha=0.12, lw=0, label="no grid energy")
    ax.stackplot(
        edges, *(np.append(power, power[-1]) for power in (local, sent)), step="post", colors=COLOURS[:2], alpha=0.75, lw=0,
        labels=["local power", "offload power"],
    )  # fmt: skip
    ax.stairs(problem.harvest[u] / tau, edges, color=INK, lw=0.9, label="harvest")
    if np.ptp(problem.carbon) > 0.0:
        ax.plot(begins, problem.carbon / problem.carbon.max() * top, ":", color=INK, lw=1.1, label="carbon intensity")
    ax.set_ylim(0.0, top)
    ax.set_xlim(edges[0], edges[-1])
    ax.set_xlabel(f"time [{name}]")
    ax.set_ylabel("power [W]")
    dress(ax)
    held = played.buffer[u]
    scale, prefix = _prefix(float(held.max()))
    right = ax.twinx()
    right.plot(edges, held / scale, color=COLOURS[3], lw=1.3, label="buffer")
    right.set_ylim(bottom=0.0)
    right.set_ylabel(f"buffer [{prefix}bit]", color=COLOURS[3])
    for side in ("top", "left"):
        right.spines[side].set_visible(False)
    handles = [each.get_legend_handles_labels() for each in (ax, right)]
    ax.legend(
        handles[0][0] + handles[1][0], handles[0][1] + handles[1][1], loc="lower left", bbox_to_anchor=(0.0, 1.0), ncols=6,
        frameon=False, fontsize=8, borderpad=0.0, columnspacing=1.4,
    )  # fmt: skip
    return ax


def plot_pareto(frontier: pd.DataFrame, policies: pd.DataFrame | None = None, *, ax: Axes | None = None) -> Axes:
    """Carbon against bits served: hindsight as a line, policies as points.

    Parameters
    ----------
    frontier : pandas.DataFrame
        The table of `sweeps.pareto`.
    policies : pandas.DataFrame, optional
        Columns ``method``, ``served`` (bit) and ``carbon`` (g), as in the frame of a comparison; a point is a method's mean.
    ax : matplotlib.axes.Axes, optional
        Default: those of a new figure.

    Returns
    -------
    matplotlib.axes.Axes
        The line ends where hindsight drops nothing; it may leave its buffers full after the last slot, so that points may lie
        up to a buffer a device to the right of it.

    Raises
    ------
    ValueError
        Where a column is missing.
    """
    _columns("frontier", frontier, ("served", "carbon"))
    if ax is None:
        ax = new_axes(5.6, 3.6)
    most = float(frontier.served.max())
    points = None
    if policies is not None:
        _columns("policies", policies, ("method", "served", "carbon"))
        points = policies.groupby("method", sort=False)[["served", "carbon"]].mean()
        most = max(most, float(points.served.max()))
    bits, prefix = _prefix(most)
    grams, of_gram = _prefix(max(float(frontier.carbon.max()), 0.0 if points is None else float(points.carbon.max())))
    line = frontier.sort_values(["served", "carbon"])
    ax.plot(line.served / bits, line.carbon / grams, "-o", color=INK, ms=3, lw=1.3, label="hindsight")
    if points is not None:
        for k, (method, at) in enumerate(points.iterrows()):
            ax.plot(at.served / bits, at.carbon / grams, "s", color=colour(k), ms=6, label=figure_text(str(method)))
    ax.set_xlabel(f"served [{prefix}bit]")
    ax.set_ylabel(f"carbon [{of_gram}g]")
    ax.grid(alpha=0.3)
    dress(ax)
    ax.legend(fontsize="small", frameon=False)
    return ax


def plot_cost(table: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """The cost of several methods as stacked bars: carbon, delay, waste and overflow.

    Parameters
    ----------
    table : pandas.DataFrame
        Columns ``method`` and ``cost_carbon``, ``cost_delay``, ``cost_waste``, ``cost_overflow``, as in the frame of a
        comparison; a bar is the mean over a method's rows.
    ax : matplotlib.axes.Axes, optional
        Default: those of a new figure.

    Returns
    -------
    matplotlib.axes.Axes
        The axis is linear, since the parts of a stacked bar cannot be compared on a logarithmic one: leave out methods that
        dwarf the others.

    Raises
    ------
    ValueError
        Where a column is missing.
    """
    names = [f"cost_{part}" for part in PARTS]
    _columns("table", table, ("method", *names))
    if ax is None:
        ax = new_axes(6.4, 3.4)
    means = table.groupby("method", sort=False)[names].mean()
    labels = [figure_text(str(method)) for method in means.index]
    base = np.zeros(len(means))
    for k, (part, column) in enumerate(zip(PARTS, names, strict=True)):
        heights = means[column].to_numpy(dtype=np.float64)
        ax.bar(labels, heights, bottom=base, color=colour(k), label=part)
        base += heights
    ax.set_ylabel("cost")
    ax.tick_params(axis="x", labelrotation=20)
    ax.grid(axis="y", alpha=0.3)
    ax.set_axisbelow(True)
    dress(ax)
    ax.legend(loc="lower left", bbox_to_anchor=(0.0, 1.0), ncols=4, frameon=False, fontsize=8, borderpad=0.0)
    return ax


def _require(problem: CarbonOffloading, schedule: Schedule) -> None:
    if not isinstance(problem, CarbonOffloading):
        validation.reject_type("problem", "must be a CarbonOffloading", problem)
    if not isinstance(schedule, Schedule):
        validation.reject_type("schedule", "must be a Schedule (of a Result: its solution)", schedule)


def _columns(argument: str, table: pd.DataFrame, names: tuple[str, ...]) -> None:
    missing = [name for name in names if name not in table]
    if missing:
        validation.reject(argument, f"must have the columns {', '.join(names)}", list(table.columns))


def _prefix(most: float) -> tuple[float, str]:
    """The unit in which the largest number is 1 or more."""
    return next(((size, name) for size, name in _PREFIXES if most >= size), (1.0, ""))
