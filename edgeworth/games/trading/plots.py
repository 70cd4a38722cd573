"""Figures 6-9 of the AI-Bazaar paper from the tables of `sweeps`. Functions take ``ax`` and return it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from edgeworth.core.display import figure_text
from edgeworth.core.style import COLOURS, colour, new_axes

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes


def plot_convergence(table: pd.DataFrame, column: str = "leader_profit", ax: Axes | None = None) -> Axes:
    """Figure 6 from `sweeps.convergence`: median over seeds with the range, theory as a black line."""
    ax = _axes(ax)
    for k, (method, runs) in enumerate(table.groupby("method", sort=False)):
        part = runs.assign(progress=runs.rounds / runs.rounds.max())
        grouped = part.groupby("progress")[column]
        ax.plot(grouped.median(), color=colour(k), label=figure_text(str(method)), lw=1.4)
        ax.fill_between(grouped.min().index, grouped.min(), grouped.max(), color=colour(k), alpha=0.15, lw=0)
    if column == "leader_profit":
        ax.axhline(table.theory.iloc[0], color="black", lw=1, label="equilibrium")
    return _finished(ax, "share of the rounds", column)


def plot_profit_model(table: pd.DataFrame, model: str, ax: Axes | None = None) -> Axes:
    """Figure 7 from `sweeps.profit_models`: profit against the own action, "P1" or "P2", the equilibrium marked."""
    ax = _axes(ax)
    part = table[table.model == model]
    ax.plot(part.action, part.profit, color=COLOURS[0], lw=1.4)
    best = part[part.best]
    ax.plot(best.action, best.profit, "o", color="black", label="equilibrium")
    return _finished(ax, "price" if model == "P1" else "own demand", "profit")


def plot_profit_balance(table: pd.DataFrame, column: str = "leader_profit", ax: Axes | None = None) -> Axes:
    """Figure 8(a) from `sweeps.profit_balance`: the median over seeds of every solution, the range as a bar."""
    ax = _axes(ax)
    grouped = table.groupby("solution", sort=False)[column]
    middle = grouped.median()
    spread = [middle - grouped.min(), grouped.max() - middle]
    ax.bar(
        [figure_text(str(name)) for name in middle.index], middle, yerr=spread, color=list(COLOURS[: len(middle)]), capsize=3
    )
    ax.set_ylabel(column.replace("_", " "))
    return ax


def plot_lines(table: pd.DataFrame, x: str, y: str, by: str, ax: Axes | None = None) -> Axes:
    """Figures 8(b) and 9 from the other tables: `y` against `x`, a line for every value of `by` (medians over seeds)."""
    ax = _axes(ax)
    for k, (name, part) in enumerate(table.groupby(by, sort=False)):
        line = part.groupby(x)[y].median()
        ax.plot(
            line,
            marker="o",
            ms=3,
            lw=1.4,
            color=colour(k),
            label=figure_text(f"{by} {name}".replace("_", " ")),
        )
    return _finished(ax, x, y)


def plot_race(table: pd.DataFrame, consumers: Sequence[int] | None = None, ax: Axes | None = None) -> Axes:
    """`race.mining_race`: simulated probabilities with their intervals against the model's, both readings."""
    ax = _axes(ax)
    for k, (reading, part) in enumerate(table.groupby("reading", sort=False)):
        shown = part if consumers is None else part[part.consumer.isin(list(consumers))]
        error = [shown.simulated - shown.low, shown.high - shown.simulated]
        at = shown.consumer + 0.2 * (k - 0.5)
        ax.errorbar(at, shown.simulated, yerr=error, fmt="o", ms=3, capsize=2, color=colour(k), label=f"simulated, {reading}")
        ax.plot(at, shown.model, "_", ms=10, color="black")
    return _finished(ax, "consumer", "probability of winning")


def _axes(ax: Axes | None) -> Axes:
    return new_axes(5.0, 3.2) if ax is None else ax


def _finished(ax: Axes, x: str, y: str) -> Axes:
    ax.set_xlabel(x.replace("_", " "))
    ax.set_ylabel(y.replace("_", " "))
    ax.grid(alpha=0.3)
    if ax.get_legend_handles_labels()[0]:
        ax.legend(fontsize="small")
    return ax
