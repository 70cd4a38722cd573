"""A solution, and figures 6-9 of the AI-Bazaar paper from the tables of `sweeps`. Functions take ``ax`` and return it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from edgeworth.core import validation
from edgeworth.core.display import figure_text, number
from edgeworth.core.names import names_of
from edgeworth.core.style import COLOURS, INK, colour, dress, new_axes
from edgeworth.games.trading.model import Equilibrium, TradingGame, mining_of, value, violations

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes


def plot_profile(game: TradingGame, solution: Equilibrium, *, ax: Axes | None = None) -> Axes:
    """Draw what every consumer asks for, and what it does with it.

    Parameters
    ----------
    game : TradingGame
    solution : Equilibrium
    ax : matplotlib.axes.Axes, optional
        Default: those of a new figure.

    Returns
    -------
    matplotlib.axes.Axes
        One bar a consumer: the power that it mines with, and above it the power of its services; together they are its demand.
        Dashed lines are the least and the largest demand, where in sight; the title says the leader's price and profit.

    Raises
    ------
    ValueError
        For a solution of another number of consumers, or without the mining powers that the game's roles need.
    TypeError
        For other types.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> from edgeworth.games import trading
    >>> game = trading.generate(consumers=5, seed=0)
    >>> result = trading.solve(game)
    >>> ax = trading.plot_profile(game, result.solution, ax=Figure().add_subplot())
    >>> ax.get_ylabel()
    'demand (units of power)'
    """
    if not isinstance(game, TradingGame):
        validation.reject_type("game", "must be a TradingGame", game)
    broken = violations(game, solution)
    if ax is None:
        ax = new_axes(6.4, 3.2)
    mining, places = mining_of(game, solution), np.arange(game.consumers)
    ax.bar(places, mining, width=0.8, color=colour(0), lw=0, label="mining")
    ax.bar(places, solution.demands - mining, bottom=mining, width=0.8, color=colour(4), lw=0, label="services")
    for limit in {game.min_demand, game.max_demand}:
        if limit <= 1.5 * float(solution.demands.max()):
            ax.axhline(limit, color=INK, lw=1.0, ls=(0, (4, 2)))
    if game.consumers <= 30:
        ax.set_xticks(places, [figure_text(name) for name in names_of(game, "consumer")], fontsize=8)
    ax.set_xlim(-0.6, game.consumers - 0.4)
    ax.set_xlabel("consumer")
    ax.set_ylabel("demand (units of power)")
    worth = "breaks a constraint" if broken else f"the leader's profit {number(value(game, solution))}"
    ax.set_title(f"price {number(solution.price)}; {worth}", loc="left", fontsize=10)
    dress(ax)
    ax.legend(frameon=False, fontsize=8, loc="upper left", bbox_to_anchor=(1.0, 1.0), labelcolor=INK)
    return ax


def plot_convergence(table: pd.DataFrame, column: str = "leader_profit", ax: Axes | None = None) -> Axes:
    """Figure 6: the median over seeds with the range, and theory as a black line.

    Parameters
    ----------
    table : pandas.DataFrame
        The table of `sweeps.convergence`.
    column : str
        The column on the vertical axis.
    ax : matplotlib.axes.Axes, optional
        Where to draw; without it a new figure is made.

    Returns
    -------
    matplotlib.axes.Axes
    """
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
    """Figure 7: profit against the own action, with the equilibrium marked.

    Parameters
    ----------
    table : pandas.DataFrame
        The table of `sweeps.profit_models`.
    model : {"P1", "P2"}
        The leader's profit against the price, or a consumer's against its demand.
    ax : matplotlib.axes.Axes, optional
        Where to draw; without it a new figure is made.

    Returns
    -------
    matplotlib.axes.Axes
    """
    ax = _axes(ax)
    part = table[table.model == model]
    ax.plot(part.action, part.profit, color=COLOURS[0], lw=1.4)
    best = part[part.best]
    ax.plot(best.action, best.profit, "o", color="black", label="equilibrium")
    return _finished(ax, "price" if model == "P1" else "own demand", "profit")


def plot_profit_balance(table: pd.DataFrame, column: str = "leader_profit", ax: Axes | None = None) -> Axes:
    """Figure 8(a): the median over seeds of every solution, with the range as a bar.

    Parameters
    ----------
    table : pandas.DataFrame
        The table of `sweeps.profit_balance`.
    column : str
        The column on the vertical axis.
    ax : matplotlib.axes.Axes, optional
        Where to draw; without it a new figure is made.

    Returns
    -------
    matplotlib.axes.Axes
    """
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
    """Figures 8(b) and 9: one line for every value of a column, medians over seeds.

    Parameters
    ----------
    table : pandas.DataFrame
        A table of `sweeps`.
    x, y : str
        The columns on the two axes.
    by : str
        The column whose values make the lines.
    ax : matplotlib.axes.Axes, optional
        Where to draw; without it a new figure is made.

    Returns
    -------
    matplotlib.axes.Axes
    """
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
    """Simulated winning probabilities with their intervals against the model's, for both readings of the paper.

    Parameters
    ----------
    table : pandas.DataFrame
        The table of `race.mining_race`.
    consumers : sequence of int, optional
        The consumers that are shown; without it all.
    ax : matplotlib.axes.Axes, optional
        Where to draw; without it a new figure is made.

    Returns
    -------
    matplotlib.axes.Axes
    """
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
