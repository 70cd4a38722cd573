"""Rules built on an exact maximum: the maximum itself, where a seller's part of it changes, and its rounding."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from edgeworth.mechanisms.double_auction.exact import best
from edgeworth.mechanisms.double_auction.model import Market, Outcome, welfare
from edgeworth.mechanisms.double_auction.packing import FEW_BUYERS, packing

Floats = NDArray[np.float64]


def maximum(market: Market, bid: Floats, ask: Floats, without: int = -1) -> tuple[float, tuple[tuple[int, ...], ...]]:
    """The greatest sum of ``q_i bid_i - q_i ask_k`` less tours, and every seller's buyers in order.

    Buyers with a negative bid, and the seller `without`, stay out.
    """
    if market.sellers == 0 or market.buyers == 0:
        return 0.0, ((),) * market.sellers
    if market.unit:  # of few buyers too: sums of floats would let a dear seller in where a cheap one is within rounding
        return _unit_maximum(np.maximum(bid, 0.0), ask, without)
    if market.buyers <= FEW_BUYERS:
        allowed = sum(1 << i for i in np.flatnonzero(bid >= 0.0).tolist())
        value, stops = packing(market).best(market.demand * np.maximum(bid, 0.0), ask, allowed, without)
        return value, tuple(stops)
    capacity = np.array(market.capacity)
    if without >= 0:
        capacity[without] = 0
    found = best(replace(market, bid=np.maximum(bid, 0.0), ask=ask, capacity=capacity))
    return found.value, found.stops


def _unit_maximum(bid: Floats, ask: Floats, without: int) -> tuple[float, tuple[tuple[int, ...], ...]]:
    """`maximum` of a unit market: highest bids meet lowest asks as long as they exceed them; equal ones go by index."""
    buy, sell = np.argsort(-bid, kind="stable"), np.argsort(ask, kind="stable")
    sell = sell[sell != without]
    most = min(len(buy), len(sell))
    gains = bid[buy[:most]] - ask[sell[:most]]
    trades = int(np.count_nonzero(gains > 0.0))
    stops: list[tuple[int, ...]] = [()] * len(ask)
    for i, k in zip(buy[:trades].tolist(), sell[:trades].tolist(), strict=True):
        stops[k] = (i,)
    return math.fsum(gains[:trades].tolist()), tuple(stops)


def units_and_tour(market: Market, seller: int, stops: tuple[int, ...]) -> tuple[int, float]:
    """The units that a seller sells on its tour, and the tour's cost (0 in a plain market)."""
    units = int(market.demand[list(stops)].sum())
    return units, market.routes.tour(seller, stops)[0] if market.routes is not None else 0.0


def without_seller(market: Market, bid: Floats, seller: int) -> float:
    """The greatest sum when that seller stays out."""
    return maximum(market, bid, market.ask, without=seller)[0]


def without_buyer(market: Market, buyer: int) -> float:
    """The greatest sum when that buyer stays out."""
    bid = np.array(market.bid)
    bid[buyer] = -1.0
    return maximum(market, bid, market.ask)[0]


def seller_breakpoints(market: Market, bid: Floats, seller: int) -> Floats:
    """Every ask of a seller at which its units in the maximum for these bids change, sorted; in unit markets one more."""
    if market.unit:
        return _unit_breakpoints(market, bid, seller)

    def total(t: float) -> tuple[float, float]:
        ask = np.array(market.ask)
        ask[seller] = t
        value, stops = maximum(market, bid, ask)
        units = float(market.demand[list(stops[seller])].sum()) if stops[seller] else 0.0
        return value + t * units, units

    high = float(max(bid.max(initial=0.0), 0.0)) + 1.0
    return np.array(envelope(total, 0.0, high))


def _unit_breakpoints(market: Market, bid: Floats, seller: int) -> Floats:
    """A seller comes in where it takes the place of the dearest one that sells without it, or serves the next buyer."""
    stops = maximum(market, bid, market.ask, without=seller)[1]
    dealt = [(k, mine[0]) for k, mine in enumerate(stops) if mine]
    left = np.maximum(bid, 0.0)
    left[[i for _, i in dealt]] = 0.0
    dearest = float(market.ask[[k for k, _ in dealt]].max(initial=0.0))
    return np.unique([t for t in (dearest, float(left.max(initial=0.0))) if t > 0.0])


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


def rounding(market: Market, outcome: Outcome) -> float:
    """Payments here are differences of totals, but in unit markets: a few units in the last place of the whole."""
    if market.unit:
        return 0.0
    money = np.abs(outcome.payment).sum() + np.abs(outcome.reward).sum()
    return 16.0 * float(np.finfo(np.float64).eps) * max(float(money), abs(welfare(market, outcome)))
