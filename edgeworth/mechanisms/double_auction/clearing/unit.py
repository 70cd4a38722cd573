"""Clearing unit demands: sort both sides, count the efficient trades K, set one price a side.

b_1 >= b_2 >= ... and a_1 <= a_2 <= ... are the sorted reports, K the largest k with b_k >= a_k. Clearing needs two sorts of
values and a few passes over the arrays; who trades follows from the K-th reports, ties from the tie-breaking's ranks.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

from edgeworth.core.traced import Number
from edgeworth.mechanisms.double_auction.model import Agent, Market, NotApplicableError, Outcome, TieBreak
from edgeworth.mechanisms.double_auction.spec import Dealt, OneAgent, RuleSpec

P = TypeVar("P")
Floats = NDArray[np.float64]


class Curves(NamedTuple):
    """The supply and demand curves of a unit market.

    Attributes
    ----------
    bids, asks : ndarray
        Reports, ascending both (NumPy sorts one way), in money.
    trades : int
        The number K of efficient trades.
    """

    bids: Floats
    asks: Floats
    trades: int

    def b(self, k: int) -> float:
        """The k-th highest bid, k from 1; minus infinity beyond the last."""
        return float(self.bids[len(self.bids) - k]) if k <= len(self.bids) else -np.inf

    def a(self, k: int) -> float:
        """The k-th lowest ask, k from 1; infinity beyond the last."""
        return float(self.asks[k - 1]) if k <= len(self.asks) else np.inf


class Cleared(NamedTuple):
    """What a clearing decides of a unit market.

    Attributes
    ----------
    trades : int
        How many buyers and sellers trade.
    pays, gets : float
        The unit prices of buyers and sellers.
    drop_seller : bool
        Whether the first sellers are one more than the trades, and the last of them in rank does not trade (SBBA).
    """

    trades: int
    pays: float
    gets: float
    drop_seller: bool = False


Clearing: TypeAlias = Callable[[Curves], Cleared]
"""The part in which the rules differ: sorted reports to the number of trades and the two prices."""


def curves(bid: Floats, ask: Floats) -> Curves:
    """Sort and count."""
    bids, asks = np.sort(bid), np.sort(ask)
    most = min(len(bids), len(asks))
    high = bids[len(bids) - most :][::-1]
    return Curves(bids, asks, int(np.count_nonzero(np.less_equal(asks[:most], high))))


def reduced(c: Curves) -> Cleared:
    """The K-th traders set the prices and leave: K - 1 trades."""
    K = c.trades
    return Cleared(max(K - 1, 0), c.b(K) if K else 0.0, c.a(K) if K else 0.0)


def run_unit(name: str, market: Market, clearing: Clearing, tie: TieBreak) -> Outcome:
    """The outcome, in O((n + m) log (n + m)). Trading buyers and sellers are paired in the order of their indices.

    Raises
    ------
    NotApplicableError
        Where a demand or a capacity is not 1, and for routed markets.
    """
    if not market.unit:
        raise NotApplicableError(
            f"market: must have unit demands, unit capacities and no routes for rule {name!r}; got {market!r}"
        )
    buys, sells, pays, gets, c = _clear(market.bid, market.ask, clearing, tie)
    seller = np.full(market.buyers, -1, dtype=np.int64)
    seller[np.flatnonzero(buys)] = np.flatnonzero(sells)
    # The sorted reports are done with; fresh memory would cost more than the arithmetic.
    payment, reward = np.multiply(buys, pays, out=c.bids), np.multiply(sells, gets, out=c.asks)
    return Outcome.of_arrays(seller, payment, reward, tie.name)


def one_agent(market: Market, agent: Agent, clearing: Clearing, tie: TieBreak) -> OneAgent:
    """One agent's part of the same clearing, without packing an outcome for everybody; floats only."""
    side, index = agent
    buyer = side == "buyer"
    mine = np.array(market.bid if buyer else market.ask)
    bid, ask = (mine, market.ask) if buyer else (market.bid, mine)

    def at(given: Number) -> Dealt:
        mine[index] = report = float(given)
        c = curves(bid, ask)
        done = clearing(c)
        count = done.trades + (done.drop_seller and not buyer)
        if not count:
            return Dealt(0, 0.0)
        edge = c.b(count) if buyer else c.a(count)
        if (report > edge if buyer else report < edge) and not done.drop_seller and tie.name != "refuse":
            return Dealt(1, done.pays if buyer else done.gets)
        if report < edge if buyer else report > edge:
            return Dealt(0, 0.0)
        buys, sells, pays, gets, _ = _clear(bid, ask, clearing, tie)
        return Dealt(int(buys[index]), pays * buys[index]) if buyer else Dealt(int(sells[index]), gets * sells[index])

    return at


def others(market: Market, agent: Agent) -> tuple[Floats, Floats]:
    """Bids and asks without that agent's."""
    side, index = agent
    bid = np.delete(market.bid, index) if side == "buyer" else market.bid
    ask = np.delete(market.ask, index) if side == "seller" else market.ask
    return bid, ask


def other_reports(market: Market, agent: Agent) -> Floats:
    """The breakpoints of a rule that only compares reports with each other: the others' reports, sorted."""
    return np.unique(np.concatenate(others(market, agent)))


def unit_rule(
    name: str,
    params: type[P],
    clearing: Callable[[Curves, P], Cleared],
    *,
    guarantee: str,
    reference: str,
    breakpoints: Callable[[Market, Agent], Floats] = other_reports,
) -> RuleSpec[P]:
    """The specification of a rule that is a clearing of unit demands; `clearing` bears the rule's documentation."""

    def run(market: Market, params: P, tie: TieBreak) -> Outcome:
        return run_unit(name, market, lambda c: clearing(c, params), tie)

    def points(market: Market, agent: Agent, params: P, tie: TieBreak) -> Floats | None:
        return breakpoints(market, agent) if market.unit else None

    def own(market: Market, agent: Agent, params: P, tie: TieBreak) -> OneAgent | None:
        return one_agent(market, agent, lambda c: clearing(c, params), tie) if market.unit else None

    run.__doc__ = clearing.__doc__
    return RuleSpec(name, run, params, guarantee, reference, points, own)


def _first(values: Floats, count: int, edge: float, ranks: Callable[[], NDArray[np.int64]], highest: bool) -> NDArray[np.bool_]:
    """The `count` best values, `edge` being the last of them; among those equal to the edge the lowest ranks."""
    if count == 0:
        return np.zeros(len(values), dtype=bool)
    chosen = values > edge if highest else values < edge
    wanted = count - int(np.count_nonzero(chosen))
    tied = np.flatnonzero(values == edge)
    if len(tied) > wanted:
        tied = tied[np.argsort(ranks()[tied])[:wanted]]
    chosen[tied] = True
    return chosen


def _clear(
    bid: Floats, ask: Floats, clearing: Clearing, tie: TieBreak
) -> tuple[NDArray[np.bool_], NDArray[np.bool_], float, float, Curves]:
    """Which buyers and sellers trade, what a buyer pays and what a seller gets; and the sorted reports."""
    c = curves(bid, ask)
    done = clearing(c)
    if tie.name == "refuse":
        tie.ranks("buyer", bid)
        tie.ranks("seller", ask)
    buys = _first(bid, done.trades, c.b(done.trades) if done.trades else 0.0, lambda: tie.ranks("buyer", bid), True)
    count = done.trades + done.drop_seller
    sells = _first(ask, count, c.a(count) if count else 0.0, lambda: tie.ranks("seller", ask), False)
    if done.drop_seller:  # who is dropped must not depend on reports: the last in rank of the K sellers
        last = np.flatnonzero(sells)
        sells[last[np.argmax(tie.ranks("seller", ask)[last])]] = False
    return buys, sells, done.pays, done.gets, c
