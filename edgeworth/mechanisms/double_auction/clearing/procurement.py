"""One posted price for buyers, and a VCG procurement among sellers for the revenue (ours)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

from edgeworth.core.traced import Number
from edgeworth.mechanisms.double_auction.clearing import maximum
from edgeworth.mechanisms.double_auction.exact import outcome_of
from edgeworth.mechanisms.double_auction.model import Agent, Market, Outcome, TieBreak
from edgeworth.mechanisms.double_auction.spec import Dealt, OneAgent, RuleSpec

P = TypeVar("P")
Floats = NDArray[np.float64]

Posted: TypeAlias = Callable[[Market, P, TieBreak], tuple[float | Floats, NDArray[np.bool_]]]
"""The buyers' unit price, one for all or one for each, and who accepts it. Neither may depend on an ask, nor a price on the bid
of one who accepts."""


def procure(market: Market, price: float | Floats, accepts: NDArray[np.bool_], tie: TieBreak) -> Outcome:
    """The outcome when the buyers who accept pay `price` a unit and sellers compete for that revenue.

    The tours maximise ``W = sum q_i p_i - sum a_k Q_k - tours`` (exactly); a buyer who is served pays q_i p_i; seller k gets
    ``a_k Q_k + tour_k + (W - W without k)``.

    Truthful for sellers: it is VCG in the revenue W, which no ask moves but through the tours chosen. Rational: buyers accept
    p_i <= b_i, sellers are paid their cost, the tour's included, and their rent W - W(-k) >= 0. Balanced, always: dropping k's
    tours is possible without k, so W(-k) >= W - (revenue - cost of k's tours), each rent is at most the profit on that seller's
    own tours, and the rents sum to at most W.
    """
    at_price = np.where(accepts, price, -1.0)
    whole, stops = maximum.maximum(market, at_price, market.ask)
    payment, reward = np.zeros(market.buyers), np.zeros(market.sellers)
    if market.unit:
        served = [mine[0] for mine in stops if mine]
        payment[served] = at_price[served]
        reward[[bool(mine) for mine in stops]] = _unit_reward(at_price, market.ask, stops)
        return outcome_of(market, stops, payment, reward, tie.name)
    for k, mine in enumerate(stops):
        if not mine:
            continue
        units, tour = maximum.units_and_tour(market, k, mine)
        rent = max(whole - maximum.without_seller(market, at_price, k), 0.0)
        reward[k] = float(market.ask[k]) * units + tour + rent
        for i in mine:
            payment[i] = float(at_price[i]) * int(market.demand[i])
    return outcome_of(market, stops, payment, reward, tie.name)


def _unit_reward(at_price: Floats, ask: Floats, stops: tuple[tuple[int, ...], ...]) -> float:
    """What every seller that sells gets in a unit market: its cost and its rent are the price of whatever takes its place.

    Without it the cheapest seller that stays out serves the same buyers, or the buyer who pays least is not served.
    """
    idle, served = [k for k, mine in enumerate(stops) if not mine], [mine[0] for mine in stops if mine]
    return min(float(at_price[served].min(initial=np.inf)), float(ask[idle].min(initial=np.inf)))


def _unit_agent(market: Market, agent: Agent, posted: Callable[[Market], tuple[float | Floats, NDArray[np.bool_]]]) -> OneAgent:
    """What one agent of a unit market has of its report: `procure` without the outcome of the others."""
    side, index = agent
    seller = side == "seller"
    fixed = posted(market) if seller else None  # no ask moves the prices

    def at(report: Number) -> Dealt:
        ask = np.array(market.ask)
        if fixed is None:
            price, accepts = posted(market.reported(agent, float(report)))
        else:
            price, accepts = fixed
            ask[index] = float(report)
        at_price = np.where(accepts, price, -1.0)
        _, stops = maximum.maximum(market, at_price, ask)
        if not (stops[index] if seller else any(index in mine for mine in stops)):
            return Dealt(0, 0.0)
        return Dealt(1, _unit_reward(at_price, ask, stops) if seller else float(at_price[index]))

    return at


def procurement_rule(
    name: str,
    params: type[P],
    posted: Posted[P],
    buyer_breakpoints: Callable[[Market, int, P, TieBreak], Floats],
    *,
    guarantee: str,
    reference: str,
) -> RuleSpec[P]:
    """The specification of a rule that is a posted price and a procurement; `posted` bears the rule's documentation."""

    def run(market: Market, params: P, tie: TieBreak) -> Outcome:
        price, accepts = posted(market, params, tie)
        return procure(market, price, accepts, tie)

    def breakpoints(market: Market, agent: Agent, params: P, tie: TieBreak) -> Floats:
        side, index = agent
        if side == "buyer":
            return buyer_breakpoints(market, index, params, tie)
        price, accepts = posted(market, params, tie)
        return maximum.seller_breakpoints(market, np.where(accepts, price, -1.0), index)

    def one_agent(market: Market, agent: Agent, params: P, tie: TieBreak) -> OneAgent | None:
        return _unit_agent(market, agent, lambda reported: posted(reported, params, tie)) if market.unit else None

    run.__doc__ = posted.__doc__
    return RuleSpec(name, run, params, guarantee, reference, breakpoints, one_agent, rounding=maximum.rounding)
