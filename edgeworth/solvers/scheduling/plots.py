"""Devices at work, batteries and backlogs, costs beside the bound, sweeps. Functions take ``ax`` and return it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from edgeworth.core import validation
from edgeworth.core.arrays import Floats
from edgeworth.core.display import figure_text
from edgeworth.core.style import COLOURS, FAINT, INK, WRONG, colour, dress, new_axes
from edgeworth.solvers.scheduling.model import Episode, Schedule, simulate

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

_STYLES = ("-o", ":s")  # the second from where colours begin anew
_POINTS = 400  # times at which courses are drawn
_AXES = {"devices": "devices", "rate": "tasks a second and device", "work": "work of a task [GFLOP]"}
_MEASURES = {
    "cost": "cost a task",
    "latency": "latency [s]",
    "energy": "energy [kJ]",
    "energy_per_success": "energy a success [J]",
    "success": "success",
    "utilisation": "utilisation",
}


def plot_gantt(problem: Episode, schedule: Schedule, *, until: float | None = None, ax: Axes | None = None) -> Axes:
    """Draw what every device executes, and when.

    Parameters
    ----------
    problem : Episode
    schedule : Schedule
    until : float, optional
        s, where the picture ends; default the end of the episode.
    ax : matplotlib.axes.Axes, optional
        Default: those of a new figure.

    Returns
    -------
    matplotlib.axes.Axes
        A row a device. Bars: own tasks and tasks of others, as they succeed; red: those that fail. Crosses: where a battery
        falls to its floor.

    Raises
    ------
    ValueError
        For a schedule of other tasks or devices.
    TypeError
        For other types.
    """
    played = simulate(problem, schedule)
    last = problem.end if until is None else validation.real("until", until, minimum=0.0, open_minimum=True)
    if ax is None:
        ax = new_axes(8.0, 0.6 + 0.3 * problem.devices)
    begun = (schedule.device >= 0) & (played.start >= 0.0) & (played.start <= last)
    done, own = played.status == "done", schedule.device == problem.source
    groups = (("own tasks", begun & done & own, colour(0)), ("tasks of others", begun & done & ~own, colour(1)))
    for label, chosen, shade in (*groups, ("failures", begun & ~done, WRONG)):
        j = np.flatnonzero(chosen)
        if not len(j):
            continue  # a legend would show it in a colour of its own choice
        spans = played.end[j] - played.start[j]
        ax.barh(
            schedule.device[j], spans, left=played.start[j], height=0.7, color=shade, edgecolor="white", lw=0.4, label=label
        )
    dead = np.flatnonzero((played.died >= 0.0) & (played.died <= last))
    if len(dead):
        ax.plot(played.died[dead], dead, "x", color=INK, label="battery at its floor")
    ax.set_xlim(0.0, last)
    ax.set_ylim(problem.devices - 0.5, -0.5)
    ax.set_xlabel("time [s]")
    ax.set_ylabel("device")
    ax.locator_params(axis="y", integer=True)
    dress(ax)
    if ax.get_legend_handles_labels()[0]:
        ax.legend(loc="lower left", bbox_to_anchor=(0.0, 1.0), ncols=4, frameon=False, fontsize=8, borderpad=0.0)
    return ax


def battery_course(problem: Episode, schedule: Schedule, times: Floats) -> Floats:
    """What devices hold at given times.

    Parameters
    ----------
    problem : Episode
    schedule : Schedule
    times : float64 [times]
        s.

    Returns
    -------
    ndarray
        J, float64 [devices, times]. In hindsight, where batteries do not bind, it may fall below 0.
    """
    played = simulate(problem, schedule)
    alive = np.where(played.died >= 0.0, played.died, np.inf)[:, None]
    span = np.minimum(np.minimum(times, problem.end)[None, :], alive)
    spent = problem.idle_power[:, None] * span
    k = schedule.device
    for j in np.flatnonzero((k >= 0) & (played.start >= 0.0)):
        worked = np.clip(times - played.start[j], 0.0, played.end[j] - played.start[j])
        spent[k[j]] += (problem.active_power[k[j]] - problem.idle_power[k[j]]) * worked
    away = np.flatnonzero((k >= 0) & (k != problem.source))
    for j in away:
        tau = problem.transfer[j]
        back, source = problem.return_share * tau, problem.source[j]
        when = played.decided[j] if schedule.scope == "simulated" else played.start[j]
        after = times >= when
        spent[source] += after * (problem.send_power[source] * tau + problem.receive_power[source] * back)
        spent[k[j]] += after * (problem.receive_power[k[j]] * tau + problem.send_power[k[j]] * back)
    least = problem.battery_floor[:, None] if schedule.scope == "simulated" else -np.inf
    held: Floats = np.maximum(problem.battery[:, None] - spent, least)
    return held


def backlog_course(problem: Episode, schedule: Schedule, times: Floats) -> Floats:
    """Seconds of work that devices have taken on and not done at given times.

    Parameters
    ----------
    problem : Episode
    schedule : Schedule
        Simulated: in hindsight nothing is decided at any time.
    times : float64 [times]
        s.

    Returns
    -------
    ndarray
        s, float64 [devices, times].

    Raises
    ------
    ValueError
        For a schedule in hindsight.
    """
    played = simulate(problem, schedule)
    if schedule.scope != "simulated":
        validation.reject("schedule", "must be of scope 'simulated'", schedule.scope)
    waiting = np.zeros((problem.devices, len(times)))
    for j in np.flatnonzero((schedule.device >= 0) & (played.decided >= 0.0)):
        k = schedule.device[j]
        needs = problem.work[j] / problem.capacity[k]
        worked = np.maximum(times - played.start[j], 0.0) if played.start[j] >= 0.0 else 0.0
        waiting[k] += ((times >= played.decided[j]) & (times < played.end[j])) * np.maximum(needs - worked, 0.0)
    return waiting


def plot_courses(problem: Episode, schedule: Schedule, *, ax: Axes | None = None) -> Axes:
    """Draw batteries and backlogs over time.

    Parameters
    ----------
    problem : Episode
    schedule : Schedule
        Simulated.
    ax : matplotlib.axes.Axes, optional
        Default: those of a new figure.

    Returns
    -------
    matplotlib.axes.Axes
        The backlog of the mean device and, shaded, from the least to the most; on an axis of its own at the right the battery,
        as a share of a full one, likewise.

    Raises
    ------
    ValueError
        For a schedule of other tasks or devices, or in hindsight.
    TypeError
        For other types.
    """
    times = np.linspace(0.0, problem.end, _POINTS)
    waiting = backlog_course(problem, schedule, times)
    full = np.where(problem.battery > 0.0, problem.battery, 1.0)[:, None]
    held = battery_course(problem, schedule, times) / full
    if ax is None:
        ax = new_axes(8.0, 3.2)
    right = ax.twinx()
    for axes, course, k, label in ((ax, waiting, 0, "backlog [s]"), (right, held, 2, "battery, share of a full one")):
        axes.plot(times, course.mean(axis=0), color=colour(k), lw=1.3)
        axes.fill_between(times, course.min(axis=0), course.max(axis=0), color=colour(k), alpha=0.2, lw=0)
        axes.set_ylabel(label, color=colour(k))
        axes.set_ylim(bottom=0.0)
    ax.set_xlim(0.0, problem.end)
    ax.set_xlabel("time [s]")
    dress(ax)
    ax.yaxis.label.set_color(colour(0))
    for side in ("top", "left"):
        right.spines[side].set_visible(False)
    right.spines["right"].set_color(FAINT)
    return ax


def plot_costs(table: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Draw what schemes cost above the bound.

    Parameters
    ----------
    table : pandas.DataFrame
        Columns ``method`` and ``cost``, one method being "bound", as `sweep` makes it; a bar is the mean over a method's rows.
    ax : matplotlib.axes.Axes, optional
        Default: those of a new figure.

    Returns
    -------
    matplotlib.axes.Axes
        Bars: the cost a task. Line: the bound, which no schedule is below. The number on a bar: how far it is above.

    Raises
    ------
    ValueError
        Where a column or the bound is missing.
    """
    _columns("table", table, ("method", "cost"))
    means = table.groupby("method", sort=False)["cost"].mean()
    if "bound" not in means:
        validation.reject("table", "must have rows of the method 'bound'", list(means.index))
    least = float(means.pop("bound"))
    if ax is None:
        ax = new_axes(6.4, 3.4)
    for k, (method, cost) in enumerate(means.items()):
        ax.bar(figure_text(str(method)), cost, color=colour(k))
        above = f"+{100.0 * (cost - least) / least:.1f}%" if least > 0.0 else ""
        ax.text(k, cost, above, ha="center", va="bottom", fontsize=8, color=INK)
    ax.axhline(least, color=INK, ls="--", lw=1.0, label="bound")
    ax.set_ylabel("cost a task")
    ax.tick_params(axis="x", labelrotation=20)
    dress(ax)
    ax.legend(loc="lower left", bbox_to_anchor=(0.0, 1.0), frameon=False, fontsize=8, borderpad=0.0)
    return ax


def plot_sweep(table: pd.DataFrame, measure: str = "cost", *, ax: Axes | None = None) -> Axes:
    """Draw a measure of schemes along an axis of the paper's figures 3 to 6.

    Parameters
    ----------
    table : pandas.DataFrame
        Of `sweep`.
    measure : {"cost", "latency", "energy", "energy_per_success", "success", "utilisation"}
        What is drawn.
    ax : matplotlib.axes.Axes, optional
        Default: those of a new figure.

    Returns
    -------
    matplotlib.axes.Axes
        Lines: means over seeds; shaded: a standard deviation to both sides. Dashed: the bound that `sweep` tells, if any.

    Raises
    ------
    ValueError
        For another measure, and where a column is missing.
    """
    validation.choice("measure", measure, tuple(_MEASURES))
    axis = next((name for name in _AXES if name in table), None)
    if axis is None:
        validation.reject("table", f"must have one of the columns {', '.join(_AXES)}", list(table.columns))
    _columns("table", table, ("method", measure))
    if ax is None:
        ax = new_axes(5.2, 3.4)
    unit = 1e3 if measure == "energy" else 1.0
    for k, (method, rows) in enumerate(table.groupby("method", sort=False)):
        found = rows.groupby(axis)[measure].agg(["mean", "std"]).dropna(subset="mean") / unit
        if not len(found):
            continue
        bound = method == "bound"
        style, shade = ("--", INK) if bound else (_STYLES[k // len(COLOURS) % 2], colour(k))
        ax.plot(found.index, found["mean"], style, color=shade, ms=3, lw=1.3, label=figure_text(str(method)))
        spread = found["std"].fillna(0.0)
        if not bound:
            ax.fill_between(found.index, found["mean"] - spread, found["mean"] + spread, color=shade, alpha=0.15, lw=0)
    ax.set_xlabel(_AXES[axis])
    ax.set_ylabel(_MEASURES[measure])
    ax.grid(alpha=0.3)
    dress(ax)
    ax.legend(fontsize="small", frameon=False)
    return ax


def _columns(argument: str, table: pd.DataFrame, names: tuple[str, ...]) -> None:
    missing = [name for name in names if name not in table]
    if missing:
        validation.reject(argument, f"must have the columns {', '.join(names)}", list(table.columns))
