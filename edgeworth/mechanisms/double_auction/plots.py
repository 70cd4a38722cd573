"""A market and its outcome: supply, demand, and who trades at which price. Functions take ``ax`` and return it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from edgeworth.core import validation
from edgeworth.core.display import number
from edgeworth.core.style import INK, colour, dress, new_axes
from edgeworth.mechanisms.double_auction.model import Market, Outcome, sold, value, violations

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def plot_market(market: Market, outcome: Outcome, *, ax: Axes | None = None) -> Axes:
    """Draw demand and supply, and what is traded and paid.

    Parameters
    ----------
    market : Market
    outcome : Outcome
    ax : matplotlib.axes.Axes, optional
        Default: those of a new figure.

    Returns
    -------
    matplotlib.axes.Axes
        Steps: the bids from the highest and the asks from the lowest, each as wide as the units that the agent wants or offers.
        Agents who trade are drawn bold. Dots: what a buyer pays for a unit, diamonds: what a seller gets for one, in the middle
        of its step. Costs of tours are in no step; they enter the welfare in the title.

    Raises
    ------
    ValueError
        For an outcome of another market.
    TypeError
        For other types.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> from edgeworth.mechanisms import double_auction
    >>> market = double_auction.generate(preset="unit", buyers=5, sellers=5, seed=0)
    >>> result = double_auction.solve(market, method="mcafee")
    >>> ax = double_auction.plot_market(market, result.solution, ax=Figure().add_subplot())
    >>> ax.get_xlabel(), ax.get_ylabel()
    ('units', 'price (money a unit)')
    """
    if not isinstance(market, Market):
        validation.reject_type("market", "must be a Market", market)
    broken = violations(market, outcome)
    if ax is None:
        ax = new_axes(6.4, 3.6)
    served = outcome.seller >= 0
    units = np.where(served, market.demand, 0).astype(np.float64), sold(market, outcome).astype(np.float64)
    sides = (
        (market.bid, market.demand, units[0], outcome.payment, "bids", "paid for a unit", "o", -1.0),
        (market.ask, market.capacity, units[1], outcome.reward, "asks", "received for a unit", "D", 1.0),
    )
    for k, (price, size, traded, money, curve, dots, marker, sign) in enumerate(sides):
        order = np.argsort(sign * price, kind="stable")
        widths = size[order].astype(np.float64)
        ends = np.concatenate([[0.0], np.cumsum(widths)])
        ax.stairs(price[order], ends, baseline=None, color=colour(k), lw=1.1, label=curve)
        busy = traded[order] > 0.0
        if busy.any():
            starts, stops = ends[:-1][busy], ends[1:][busy]
            ax.hlines(price[order][busy], starts, stops, color=colour(k), lw=3.6, label=f"{curve} that trade")
            a_unit = money.astype(np.float64)[order][busy] / traded[order][busy]
            ax.plot(
                (starts + stops) / 2.0, a_unit, marker, color=colour(k), mec=INK, mew=0.7, ms=8.0 - 3.5 * k, ls="none",
                label=dots, zorder=4,
            )  # fmt: skip
    ax.set_xlim(left=0.0)
    ax.set_ylim(bottom=min(0.0, ax.get_ylim()[0]))
    ax.set_xlabel("units")
    ax.set_ylabel("price (money a unit)")
    worth = "breaks a constraint" if broken else f"welfare {number(value(market, outcome))}"
    ax.set_title(f"{number(float(units[0].sum()))} units traded; {worth}", loc="left", fontsize=10)
    dress(ax)
    ax.legend(frameon=False, fontsize=8, loc="upper left", bbox_to_anchor=(1.0, 1.0), labelcolor=INK)
    return ax
