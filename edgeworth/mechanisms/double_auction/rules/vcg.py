"""Rules built on an exact maximum: VCG, and posted prices for buyers with a VCG procurement among sellers (ours)."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgeworth.core import validation
from edgeworth.mechanisms.double_auction.exact import FEW_BUYERS, Best, best, outcome_of, packing
from edgeworth.mechanisms.double_auction.model import Agent, Market, NotApplicableError, Outcome, TieBreak, tie_break_of
from edgeworth.mechanisms.double_auction.rules.unit import run_unit

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Posted:
    """share in [0, 1]: the unit price is ``low + share (high - low)`` of the market's history of bids. The default, .4, was
    the best
    of .2, .3, ..., .6 on 40 `fusion` markets (seeds 0-39)."""

    share: float = 0.4

    def __post_init__(self) -> None:
        validation.real("share", self.share, minimum=0.0, maximum=1.0)


@dataclass(frozen=True)
class RankPosted:
    """share in [0, 1]: the ``r = ceil(share n)`` highest bidders may be served, at the bid of the next one. At most n - 1. The
    default, .6, was the best of r = 4..7 of 8 on 60 `fusion` markets (seeds 2000-2059). tie_break: as in `Classic`."""

    share: float = 0.6
    tie_break: str = "index"

    def __post_init__(self) -> None:
        validation.real("share", self.share, minimum=0.0, maximum=1.0)
        tie_break_of(self.tie_break)


def _maximum(market: Market, bid: Floats, ask: Floats, without: int = -1) -> tuple[float, tuple[tuple[int, ...], ...]]:
    """The greatest sum of ``q_i bid_i - q_i ask_k`` less tours; buyers with a negative bid, and seller `without`, stay out."""
    if market.sellers == 0 or market.buyers == 0:
        return 0.0, ((),) * market.sellers
    if market.buyers <= FEW_BUYERS:
        allowed = sum(1 << i for i in np.flatnonzero(bid >= 0.0).tolist())
        value, stops = packing(market).best(market.demand * np.maximum(bid, 0.0), ask, allowed, without)
        return value, tuple(stops)
    capacity = np.array(market.capacity)
    if without >= 0:
        capacity[without] = 0
    reduced = replace(market, bid=np.maximum(bid, 0.0), ask=ask, capacity=capacity)
    found: Best = best(reduced)
    return found.value, found.stops


def run_vcg(name: str, market: Market, params: Any, tie: TieBreak) -> Outcome:
    """Vickrey, Clarke and Groves: the allocation of greatest welfare; everybody's utility is what he adds to it.

    Unit markets: closed form, one sort a side. Elsewhere one more maximisation for every trader who trades. Truthful and
    rational; not balanced.
    """
    if market.unit:
        return run_unit("vcg", market, params, tie)
    whole, stops = _maximum(market, market.bid, market.ask)
    payment, reward = np.zeros(market.buyers), np.zeros(market.sellers)
    for k, mine in enumerate(stops):
        if mine:
            units = int(market.demand[list(mine)].sum())
            tour = market.routes.tour(k, mine)[0] if market.routes is not None else 0.0
            without, _ = _maximum(market, market.bid, market.ask, without=k)
            reward[k] = float(market.ask[k]) * units + tour + (whole - without)
        for i in mine:
            bid = np.array(market.bid)
            bid[i] = -1.0
            without, _ = _maximum(market, bid, market.ask)
            payment[i] = float(market.bid[i] * market.demand[i]) - (whole - without)
    return outcome_of(market, stops, payment, reward, tie.name)


def posted_price(name: str, market: Market, params: Posted | RankPosted, tie: TieBreak) -> tuple[float, NDArray[np.bool_]]:
    """The buyers' unit price and who accepts it. Neither depends on an ask, nor the price on the bid of one who accepts."""
    if isinstance(params, Posted):
        if market.history is None:
            raise NotApplicableError(f"market: must have a history of bids for rule {name!r}; 'rank-procurement' needs none")
        low, high = market.history
        price = low + params.share * (high - low)
        return price, market.bid >= price
    accepts = np.zeros(market.buyers, dtype=bool)
    r = min(math.ceil(params.share * market.buyers), market.buyers - 1)
    if r <= 0:
        return 0.0, accepts
    ranks = tie.ranks("buyer", market.bid)
    order = np.lexsort((ranks, -market.bid))
    accepts[order[:r]] = True
    return float(market.bid[order[r]]), accepts


def run_procurement(name: str, market: Market, params: Posted | RankPosted, tie: TieBreak) -> Outcome:
    """Ours: one posted price p for buyers; among those who accept, sellers compete for the revenue in a VCG procurement.

    The tours maximise ``W = sum q_i p - sum a_k Q_k - tours`` (exactly); a buyer who is served pays q_i p; seller k gets
    ``a_k Q_k + tour_k + (W - W without k)``.

    Truthful for buyers: a buyer can only accept or refuse a price that his bid does not move. In `rank-procurement` p is the
    highest bid left out; who raises his bid from there to be served pays at least the bid he displaced, which is no less than
    his value. Truthful for sellers: it is VCG in the revenue W, which no ask moves but through the tours chosen. Rational:
    buyers accept p <= b_i, sellers are paid their cost, the tour's included, and their rent W - W(-k) >= 0. Balanced, always:
    dropping k's tours is possible without k, so W(-k) >= W - (q p - cost of k's tours), each rent is at most the profit on
    that seller's own tours, and the rents sum to at most W.

    Source: ours; the price from an excluded trader as in McAfee (1992) and in Segal-Halevi, Hassidim and Aumann (2016),
    Clarke's payments on one side only.
    """
    price, accepts = posted_price(name, market, params, tie)
    at_price = np.where(accepts, price, -1.0)
    whole, stops = _maximum(market, at_price, market.ask)
    payment, reward = np.zeros(market.buyers), np.zeros(market.sellers)
    for k, mine in enumerate(stops):
        if not mine:
            continue
        units = int(market.demand[list(mine)].sum())
        tour = market.routes.tour(k, mine)[0] if market.routes is not None else 0.0
        without, _ = _maximum(market, at_price, market.ask, without=k)
        reward[k] = float(market.ask[k]) * units + tour + max(whole - without, 0.0)
        for i in mine:
            payment[i] = price * int(market.demand[i])
    return outcome_of(market, stops, payment, reward, tie.name)


def envelope(total: Callable[[float], tuple[float, float]], low: float, high: float) -> list[float]:
    """The breakpoints in (low, high) of ``f(t) = max_Q w(Q) - t Q``, by oracle calls where two known lines cross.

    total(t) -> (w, Q) of a maximiser at t. A convex, piecewise linear function: where the oracle finds nothing better at the
    crossing of two of its lines, that crossing is a breakpoint; else the new line splits the interval (Eisner and Severance
    1976).
    """
    found: list[float] = []

    def between(one: tuple[float, float], two: tuple[float, float]) -> None:
        (w1, q1), (w2, q2) = one, two
        if q1 <= q2:
            return
        t = (w1 - w2) / (q1 - q2)
        w, q = total(t)
        scale = max(abs(w1 - t * q1), abs(w1), 1.0)
        if w - t * q <= w1 - t * q1 + 1e-11 * scale or q in (q1, q2):
            found.append(t)
            return
        between(one, (w, q))
        between((w, q), two)

    between(total(low), total(high))
    return sorted(t for t in found if low < t < high)


def breakpoints(name: str, market: Market, agent: Agent, params: Any, tie: TieBreak) -> Floats:
    """Every report at which the agent's trade changes under `vcg` or a procurement rule, sorted.

    Sellers: the envelope of the maximum in their ask. Buyers under VCG: the one threshold; under posted prices: the price; by
    rank: the others' bids.
    """
    side, index = agent
    if side == "seller":
        at_price = market.bid
        if name != "vcg":
            price, accepts = posted_price(name, market, params, tie)
            at_price = np.where(accepts, price, -1.0)

        def total(t: float) -> tuple[float, float]:
            ask = np.array(market.ask)
            ask[index] = t
            value, stops = _maximum(market, at_price, ask)
            units = float(market.demand[list(stops[index])].sum()) if stops[index] else 0.0
            return value + t * units, units

        high = float(max(at_price.max(initial=0.0), 0.0)) + 1.0
        return np.array(envelope(total, 0.0, high))
    if name == "vcg":
        bid = np.array(market.bid)
        bid[index] = -1.0
        without, _ = _maximum(market, bid, market.ask)
        bid[index] = high = float(market.bid.max(initial=0.0) + market.ask.max(initial=0.0) + 1.0) * 10.0 + tours(market)
        value, stops = _maximum(market, bid, market.ask)
        if not any(index in mine for mine in stops):
            return np.zeros(0)
        units = float(market.demand[index])
        # Once more from twice the threshold: far above it the sum has lost the digits that the threshold needs.
        bid[index] = high = 2.0 * max(high - (value - without) / units, 0.0)
        value, _ = _maximum(market, bid, market.ask)
        return np.array([t for t in [high - (value - without) / units] if t >= 0.0])
    if isinstance(params, Posted):
        return np.array([posted_price(name, market, params, tie)[0]])
    return np.unique(np.delete(market.bid, index))


def tours(market: Market) -> float:
    """As much as any tour costs; 0 in a plain market."""
    if market.routes is None:
        return 0.0
    tables = [market.routes.table(k, market.demand, int(market.capacity[k])) for k in range(market.sellers)]
    return max((tour.cost for table in tables for tour in table.values()), default=0.0)
