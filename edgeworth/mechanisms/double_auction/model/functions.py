"""Welfare, constraints, utilities and measures of a double auction. Rules and checker share nothing else."""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from edgeworth.core import validation
from edgeworth.core.arrays import Array
from edgeworth.core.traced import NotTraceableError, Traced, exact
from edgeworth.core.violation import Violation, Violations
from edgeworth.mechanisms.double_auction.model.market import LARGEST, Agent, Market, Truth
from edgeworth.mechanisms.double_auction.model.outcome import Outcome

Rationality = Literal["ask", "utility"]


def require_fitting(market: Market, outcome: Outcome) -> None:
    """Refuse an outcome of another market's shape.

    Parameters
    ----------
    market : Market
        The market.
    outcome : Outcome
        An outcome.

    Raises
    ------
    ValueError
        Naming what does not fit.
    """
    if len(outcome.seller) != market.buyers or len(outcome.reward) != market.sellers:
        shape = (len(outcome.seller), len(outcome.reward))
        validation.reject("outcome", f"must have {market.buyers} buyers and {market.sellers} sellers", shape)
    if market.buyers and int(outcome.seller.max()) >= market.sellers:
        validation.reject("outcome", f"must name sellers below {market.sellers}", int(outcome.seller.max()))


def sold(market: Market, outcome: Outcome) -> Array:
    """The units that every seller sells, exact.

    Parameters
    ----------
    market : Market
        The market.
    outcome : Outcome
        An outcome of it.

    Returns
    -------
    ndarray
        [sellers]; int64 where all units together fit, else Python's integers as objects.
    """
    served = outcome.seller >= 0
    fits = float(market.demand.sum(dtype=np.float64)) < 2.0**62
    units = np.zeros(market.sellers, dtype=np.int64 if fits else object)
    np.add.at(units, outcome.seller[served], market.demand[served].astype(units.dtype))
    return units


def tour_cost(market: Market, outcome: Outcome, seller: int) -> float:
    """Cost of one seller's tour, depreciation included; 0 in a plain market.

    Parameters
    ----------
    market : Market
        The market.
    outcome : Outcome
        An outcome of it.
    seller : int
        The seller, from 0.

    Returns
    -------
    float
        In money.
    """
    if market.routes is None:
        return 0.0
    return market.routes.tour(seller, outcome.served_by(seller))[0]


def welfare(market: Market, outcome: Outcome, truth: Truth | None = None) -> float:
    """The welfare of an outcome: ``sum q_i (v_i - c_k)`` over all trades, less the cost of all tours.

    Parameters
    ----------
    market, outcome
        What was reported, and what came of it.
    truth
        The true values and costs; None: the reports are true.

    Returns
    -------
    float
        In money, the sum correctly rounded.

    Raises
    ------
    ValueError
        For an outcome or a truth of another shape.

    Notes
    -----
    The paper's utilities (1)-(3) added up; payments cancel. A unit cost stands for flying and computing, a tour's cost for
    moving and depreciation.

    Examples
    --------
    >>> from edgeworth.mechanisms import double_auction
    >>> market = double_auction.Market(bid=[5.0], ask=[1.0])
    >>> double_auction.welfare(market, double_auction.run("vcg", market))
    4.0
    """
    require_fitting(market, outcome)
    value, cost = (market.bid, market.ask) if truth is None else (truth.value, truth.cost)
    if (len(value), len(cost)) != (market.buyers, market.sellers):
        validation.reject("truth", f"must have {market.buyers} values and {market.sellers} costs", (len(value), len(cost)))
    served = np.flatnonzero(outcome.seller >= 0)
    terms = market.demand[served] * (value[served] - cost[outcome.seller[served]])
    tours = [-tour_cost(market, outcome, k) for k in np.unique(outcome.seller[served]).tolist()] if market.routes else []
    return math.fsum([*terms.tolist(), *tours])


def value(market: Market, outcome: Outcome) -> float:
    """The welfare of an outcome with reports taken as true; see `welfare`.

    Parameters
    ----------
    market : Market
        The market.
    outcome : Outcome
        An outcome of it.

    Returns
    -------
    float
        In money.
    """
    return welfare(market, outcome)


def violations(market: Market, outcome: Outcome) -> tuple[Violation, ...]:
    """Every broken constraint of an outcome.

    Parameters
    ----------
    market : Market
    outcome : Outcome

    Returns
    -------
    tuple of Violation
        Empty for a feasible outcome. Rules: ``capacity`` (a seller sells more than its capacity; relative to it), ``route`` (a
        tour that misses a window or its return, or whose stops are not numbered 0, 1, ...; amount 1), ``stop`` (a buyer whom
        no tour serves has a place on one; 1) and ``idle`` (a trader without a trade pays or receives; in money). The places
        are buyers and sellers.

    Raises
    ------
    ValueError
        For an outcome of another market's shape.
    """
    require_fitting(market, outcome)
    broken = Violations(market, violations)
    units = sold(market, outcome)
    for k in np.flatnonzero(units > market.capacity.astype(units.dtype)).tolist():
        room = int(market.capacity[k])
        amount = float(Fraction(int(units[k]) - room, room)) if room else math.inf
        broken.add("capacity", amount, f"{broken.named('seller', k)} sells {units[k]} units of {room}", seller=k)
    if market.routes is not None:
        for k in np.unique(outcome.seller[outcome.seller >= 0]).tolist():
            stops = outcome.served_by(k)
            text = market.routes.tour(k, stops, market)[1]
            if [int(outcome.stop[i]) for i in stops] != list(range(len(stops))):
                got = [int(outcome.stop[i]) for i in stops]
                text = f"the stops of {broken.named('seller', k)} must be numbered 0, 1, ...; got {got}"
            if text is not None:
                broken.add("route", 1.0, text, seller=k)
    toured = (outcome.seller >= 0) & (market.routes is not None)
    for i in np.flatnonzero(~toured & (outcome.stop != -1)).tolist():
        broken.add("stop", 1.0, f"{broken.named('buyer', i)} is on no tour, yet has the stop {outcome.stop[i]}", buyer=i)
    for side, money, idle in (("buyer", outcome.payment, outcome.seller < 0), ("seller", outcome.reward, units == 0)):
        for j in np.flatnonzero(idle & (money != 0)).tolist():
            text = f"{broken.named(side, j)} does not trade, yet {'pays' if side == 'buyer' else 'gets'} {money[j]}"
            broken.add("idle", abs(float(money[j])), text, **{side: j})
    return tuple(broken.found)


def utility(
    market: Market, outcome: Outcome, agent: Agent, truth: float | Fraction, rationality: Rationality = "ask"
) -> float | Fraction:
    """An agent's utility: of a buyer ``q_i v_i - payment`` when served, of a seller ``reward - c_k Q_k``.

    Parameters
    ----------
    market, outcome
        What was reported, and what came of it.
    agent
        ``("buyer", i)`` or ``("seller", k)``.
    truth
        The agent's true unit value or cost.
    rationality
        ``"utility"`` also charges a seller the cost of its tour (equation (2) of the FUSION paper); ``"ask"`` leaves it out
        (its Theorem 2).

    Returns
    -------
    float or exact number
        In money; exact where the outcome's money is.

    Raises
    ------
    NotTraceableError
        For an outcome with traced money.
    """
    side, index = agent
    money = outcome.payment[index] if side == "buyer" else outcome.reward[index]
    if isinstance(money, Traced):
        raise NotTraceableError("utility: of a traced outcome, use `quantity` and the money itself")
    units = quantity(market, outcome, agent)
    number = exact if not isinstance(money, float | np.floating) else float
    if side == "buyer":
        mine: float | Fraction = number(truth) * units - money
        return mine
    cost = tour_cost(market, outcome, index) if rationality == "utility" else 0.0
    theirs: float | Fraction = money - number(truth) * units - number(cost)
    return theirs


def quantity(market: Market, outcome: Outcome, agent: Agent) -> int:
    """Units an agent buys or sells.

    Parameters
    ----------
    market : Market
        The market.
    outcome : Outcome
        An outcome of it.
    agent : tuple of str and int
        The side, "buyer" or "seller", and the number from 0.

    Returns
    -------
    int
    """
    side, index = agent
    if side == "buyer":
        return int(market.demand[index]) if outcome.seller[index] >= 0 else 0
    return sum(market.demand[outcome.seller == index].tolist())


def surplus(outcome: Outcome) -> float:
    """What the auctioneer keeps in an outcome: all payments less all rewards, correctly rounded.

    Parameters
    ----------
    outcome : Outcome
        An outcome.

    Returns
    -------
    float
        In money; negative for a deficit.
    """
    return math.fsum([*map(float, outcome.payment), *(-float(reward) for reward in outcome.reward)])


def measures(market: Market, outcome: Outcome) -> dict[str, float]:
    """Named numbers of an outcome, for tables.

    Parameters
    ----------
    market, outcome
        What was reported, and what came of it.

    Returns
    -------
    dict
        ``welfare``; ``surplus``, payments less rewards; ``trades``, buyers served; ``units``; ``sellers_used``;
        ``buyer_utility`` and ``seller_utility``, sums with tours charged; ``least_utility`` of any trader by its report alone.
    """
    units = sold(market, outcome)
    served = outcome.seller >= 0
    bought = math.fsum((market.demand[served] * market.bid[served]).tolist()) - math.fsum(outcome.payment.tolist())
    cost = math.fsum((units.astype(np.float64) * market.ask).tolist()) + math.fsum(
        tour_cost(market, outcome, k) for k in range(market.sellers)
    )
    each = np.concatenate(
        [
            np.where(served, market.demand * market.bid, 0.0) - outcome.payment,
            outcome.reward - units.astype(np.float64) * market.ask,
        ]
    )
    return {
        "welfare": welfare(market, outcome),
        "surplus": surplus(outcome),
        "trades": float(np.count_nonzero(served)),
        "units": float(sum(units.tolist())),
        "sellers_used": float(np.count_nonzero(units)),
        "buyer_utility": bought,
        "seller_utility": math.fsum(outcome.reward.tolist()) - cost,
        "least_utility": float(each.min()) if len(each) else math.nan,
    }


def price_bound(market: Market, price: float) -> float:
    """An upper bound of the welfare from one price for a unit: ``sum q_i (b_i - p)+ + sum n_k (p - a_k)+``, rounded outward.

    Parameters
    ----------
    market : Market
        The market.
    price : float
        p >= 0, in money a unit.

    Returns
    -------
    float

    Raises
    ------
    ValueError
        For a price that is negative, not finite or above `LARGEST` over all units.

    Notes
    -----
    Lagrangian relaxation of "bought = sold"; tours cost nothing here and demands may be split, so it holds for every market; in
    unit markets some price makes it tight.

    The margin: reports and price are taken as the exact numbers they are, so that a difference has one rounding, the number of
    units beyond 2^53 another, the product a third: every term, >= 0, is right to 3 u of itself (u = 2^-53), the correctly
    rounded sum to 4 u. Nothing underflows, units being at least 1. The bound goes up by 16 u of itself.
    """
    units = float(market.capacity.sum(dtype=np.float64))
    p = validation.real("price", price, minimum=0.0, maximum=LARGEST / max(units, 1.0))
    ask_side = market.capacity * np.maximum(p - market.ask, 0.0)
    bid_side = market.demand * np.maximum(market.bid - p, 0.0)
    return _outward(math.fsum([*bid_side.tolist(), *ask_side.tolist()]))


def seller_prices_bound(market: Market, price: ArrayLike, tick: Callable[[], None] | None = None) -> float:
    """An upper bound of the welfare from a price for a unit of every seller, rounded outward.

    Parameters
    ----------
    market : Market
        The market.
    price : array_like
        p >= 0, float64 [sellers], in money a unit; p_k is raised to a_k where it is lower.
    tick : callable, optional
        Called between steps of some 20 ms.

    Returns
    -------
    float
        ``sum_i max(0, max over k with q_i <= n_k of q_i (b_i - p_k)) + sum_k n_k (p_k - a_k)``.

    Notes
    -----
    Lagrangian relaxation of the capacities with multipliers p_k - a_k >= 0; whom a seller has no room for it cannot serve.
    Tours cost nothing here. The dual prices of the assignment's linear relaxation make it tight where that has an integral
    optimum. The margin is that of `price_bound`.
    """
    units = float(market.capacity.sum(dtype=np.float64))
    given = validation.array("price", price, np.float64, (market.sellers,), minimum=0.0, maximum=LARGEST / max(units, 1.0))
    p = np.maximum(given, market.ask)
    terms = (market.capacity * (p - market.ask)).tolist()
    rows = max(1, 500_000 // max(market.sellers, 1))
    for begin in range(0, market.buyers if market.sellers else 0, rows):
        if tick is not None:
            tick()
        bid, demand = market.bid[begin : begin + rows, None], market.demand[begin : begin + rows, None]
        gain = np.where(demand <= market.capacity[None, :], demand * (bid - p[None, :]), 0.0)
        terms += np.maximum(gain.max(axis=1), 0.0).tolist()
    return _outward(math.fsum(terms))


def _outward(total: float) -> float:
    return math.nextafter(total + 2.0**-49 * total, math.inf) if total else 0.0


def clearing_price(market: Market) -> float:
    """A price that minimises `price_bound`: where the sorted supply and demand curves cross.

    Parameters
    ----------
    market : Market
        The market.

    Returns
    -------
    float
        In money a unit; 0 in an empty market.
    """
    prices = np.concatenate([market.bid, market.ask])
    units = np.concatenate([market.demand, market.capacity])
    if not len(prices):
        return 0.0
    if not float(units.sum(dtype=np.float64)) < 2.0**62:
        units = units.astype(object)
    order = np.argsort(-prices, kind="stable")
    # At p the bound's slope is (capacity with a_k < p) - (demand with b_i > p): zero where the units above p are the capacity.
    above = np.cumsum(units[order])
    k = int(np.searchsorted(above, sum(market.capacity.tolist()), side="left"))
    return float(prices[order[min(k, len(order) - 1)]])
