"""Truthfulness and individual rationality of Off-AIC2 within the system, as of figure 3."""

from __future__ import annotations

from collections.abc import Iterator
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from edgeworth.core import validation
from edgeworth.core.style import colour, dress
from edgeworth.mechanisms import double_auction
from edgeworth.mechanisms.double_auction import Market, OffAic2
from edgeworth.systems.fusion.auction_stage import market_of, off_aic2
from edgeworth.systems.fusion.forecast_stage import forecast_users, outlook, wanted
from edgeworth.systems.fusion.presets import generate
from edgeworth.systems.fusion.rounds import draw
from edgeworth.systems.fusion.variants import VARIANTS

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

SERVERS, AGENTS, USERS = 12, 7, 150
"""Of each of its markets."""


def truthfulness(markets: int = 4, points: int = 21, *, seed: int = 0) -> pd.DataFrame:
    """The utility of a random agent and of a random server as its report varies, all others truthful.

    Parameters
    ----------
    markets : int
        Markets of a side, at least 1; those in which nobody trades are passed over.
    points : int
        Reports, from 0 to 1.5 times the highest bid, at least 2; the truth is one more.
    seed : int
        Of the first world, >= 0.

    Returns
    -------
    pandas.DataFrame
        A row a side ("seller", "buyer"), market and report: ``agent``, ``truth``, ``report``, ``units`` traded, ``money`` paid
        or got, ``utility`` against the true unit price, and ``gain`` over the utility of the truth. The agent is drawn among
        those who trade when all are truthful.

    Raises
    ------
    ValueError, TypeError
        For arguments out of range.
    """
    import pandas as pd

    many = validation.integer("markets", markets, minimum=1)
    steps = validation.integer("points", points, minimum=2)
    rows: list[dict[str, Any]] = []
    for place, (number, market, params) in enumerate(_markets(seed, many)):
        outcome = double_auction.run("off-aic2", market, params=params)
        rng = np.random.default_rng(number)
        traders = {"seller": np.unique(outcome.seller[outcome.seller >= 0]), "buyer": np.flatnonzero(outcome.seller >= 0)}
        for side in ("seller", "buyer"):
            index = int(rng.choice(traders[side]))
            agent = ("seller", index) if side == "seller" else ("buyer", index)
            truth = float((market.ask if side == "seller" else market.bid)[index])
            reports = np.append(np.linspace(0.0, 1.5 * float(market.bid.max()), steps), truth)
            honest = _utility(market, params, agent, truth, truth)[2]
            for report in sorted(reports.tolist()):
                units, money, utility = _utility(market, params, agent, report, truth)
                about = {"side": side, "market": place, "world": number, "agent": index, "truth": truth, "report": report}
                rows.append(about | {"units": units, "money": money, "utility": utility, "gain": utility - honest})
    return pd.DataFrame(rows)


def rationality(markets: int = 10, *, seed: int = 0) -> pd.DataFrame:
    """What everybody who trades gains when all are truthful, and what the auctioneer is left with.

    Parameters
    ----------
    markets : int
        At least 1; those in which nobody trades are passed over.
    seed : int
        Of the first world, >= 0.

    Returns
    -------
    pandas.DataFrame
        A row a market and trader: ``side``, ``agent``, ``units``; ``worth``, the value of a buyer's units or the unit costs of
        a seller's; ``tour``, what its tour costs; ``money``, what it pays or gets; ``utility``, tour left out as in the paper's
        Theorem 2, and ``utility_with_tour``, equation (2). ``surplus`` is that of the market's auctioneer.
    """
    import pandas as pd

    rows: list[dict[str, Any]] = []
    for place, (number, market, params) in enumerate(_markets(seed, validation.integer("markets", markets, minimum=1))):
        outcome = double_auction.run("off-aic2", market, params=params)
        about = {"market": place, "world": number, "surplus": double_auction.surplus(outcome)}
        for i in np.flatnonzero(outcome.seller >= 0).tolist():
            worth, money = float(market.demand[i] * market.bid[i]), float(outcome.payment[i])
            gained = {"worth": worth, "tour": 0.0, "money": money, "utility": worth - money, "utility_with_tour": worth - money}
            rows.append(about | {"side": "buyer", "agent": i, "units": int(market.demand[i])} | gained)
        for k in np.unique(outcome.seller[outcome.seller >= 0]).tolist():
            units = int(market.demand[outcome.seller == k].sum())
            worth, money = units * float(market.ask[k]), float(outcome.reward[k])
            tour = double_auction.model.tour_cost(market, outcome, k)
            gained = {"worth": worth, "tour": tour, "money": money, "utility": money - worth}
            rows.append(
                about | {"side": "seller", "agent": k, "units": units} | gained | {"utility_with_tour": money - worth - tour}
            )
    return pd.DataFrame(rows)


def plot_truthfulness(table: pd.DataFrame, *, file: str | PathLike[str] | None = None) -> Figure:
    """Draw utilities against reports, a panel a market: sellers above, buyers below; the dotted line is the truth.

    Parameters
    ----------
    table : pandas.DataFrame
        Of `truthfulness`.
    file : path, optional
        Where it is written.

    Returns
    -------
    matplotlib Figure
    """
    import matplotlib.pyplot as plt

    count = int(table["market"].max()) + 1
    figure, places = plt.subplots(2, count, figsize=(2.6 * count, 4.4), layout="constrained", squeeze=False)
    for row, side in enumerate(("seller", "buyer")):
        for market in range(count):
            part, ax = table[(table["side"] == side) & (table["market"] == market)], places[row][market]
            ax.plot(part["report"], part["utility"], "o-", ms=2, lw=1, color=colour(row))
            ax.axvline(float(part["truth"].iloc[0]), ls=":", lw=1, color="grey")
            ax.set_title(f"{side} {part['agent'].iloc[0]}", fontsize=8)
            ax.set_xlabel("reported ask" if side == "seller" else "reported bid")
            ax.set_ylabel("utility")
            dress(ax)
    if file is not None:
        Path(file).parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(file, metadata={"Date": None})
    return figure


def plot_rationality(table: pd.DataFrame, most: int = 12, *, file: str | PathLike[str] | None = None) -> Figure:
    """Draw what sellers get beside what they spend, tours apart, and what buyers pay beside what their tasks are worth.

    Parameters
    ----------
    table : pandas.DataFrame
        Of `rationality`.
    most : int
        Traders of a side, the first ones of the table, >= 1.
    file : path, optional
        Where it is written.

    Returns
    -------
    matplotlib Figure
    """
    import matplotlib.pyplot as plt

    validation.integer("most", most, minimum=1)
    figure, places = plt.subplots(1, 2, figsize=(8.4, 3.0), layout="constrained")
    for ax, side in zip(places, ("seller", "buyer"), strict=True):
        part = table[table["side"] == side].head(most)
        at = np.arange(len(part))
        ax.bar(at - 0.2, part["worth"], 0.4, color=colour(0), label="unit costs" if side == "seller" else "value")
        if side == "seller":
            ax.bar(at - 0.2, part["tour"], 0.4, bottom=part["worth"], color=colour(5), label="tour")
        ax.bar(at + 0.2, part["money"], 0.4, color=colour(1), label="reward" if side == "seller" else "payment")
        ax.set_xlabel(f"{side}s that trade")
        ax.set_ylabel("money")
        ax.legend(fontsize="small", frameon=False)
        dress(ax)
    if file is not None:
        Path(file).parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(file, metadata={"Date": None})
    return figure


def _markets(seed: int, markets: int) -> Iterator[tuple[int, Market, OffAic2]]:
    """Markets of the first rounds of worlds in which somebody trades: the world's seed, the market, the reading."""
    number, found = validation.integer("seed", seed, minimum=0), 0
    while found < markets:
        world = generate("synthetic", servers=SERVERS, agents=AGENTS, users=USERS, seed=number)
        drawn = draw(world, number, 0)
        users = forecast_users(world, drawn, outlook(world, "persistence", number), "persistence")
        market, buyers = market_of(world, drawn, wanted(world, users))
        params = off_aic2(VARIANTS["fusion"], len(buyers))
        if (double_auction.run("pay-as-report", market, params=params).seller >= 0).any():
            yield number, market, params
            found += 1
        number += 1


def _utility(market: Market, params: OffAic2, agent: tuple[Any, int], report: float, truth: float) -> tuple[int, float, float]:
    """Units, money and utility of an agent that reports so."""
    outcome = double_auction.run("off-aic2", market.reported(agent, report), params=params)
    side, index = agent
    money = float(outcome.payment[index] if side == "buyer" else outcome.reward[index])
    units = double_auction.model.quantity(market, outcome, agent)
    return units, money, float(double_auction.utility(market, outcome, agent, truth))
