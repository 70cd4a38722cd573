"""The classic rules for unit demands: sort both sides, count the efficient trades K, set one price a side.

b_1 >= b_2 >= ... and a_1 <= a_2 <= ... are the sorted reports, K the largest k with b_k >= a_k. Clearing needs two sorts of
values and a few passes over the arrays; who trades follows from the K-th reports, ties from the tie-breaking's ranks.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from edgeworth.core import validation
from edgeworth.mechanisms.double_auction.model import Agent, Market, NotApplicableError, Outcome, TieBreak, tie_break_of

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Classic:
    """tie_break: ``index``, ``reverse``, ``lottery`` or ``refuse``."""

    tie_break: str = "index"

    def __post_init__(self) -> None:
        tie_break_of(self.tie_break)


@dataclass(frozen=True)
class KDoubleAuction:
    """k in [0, 1]: the price is ``k b_K + (1 - k) a_K``. tie_break: as in `Classic`."""

    k: float = 0.5
    tie_break: str = "index"

    def __post_init__(self) -> None:
        validation.real("k", self.k, minimum=0.0, maximum=1.0)
        tie_break_of(self.tie_break)


class Curves(NamedTuple):
    """Sorted reports (bids ascending too: NumPy sorts one way) and the number of efficient trades."""

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
    """How many buyers and sellers trade, at which unit prices, and whether the seller dropped is drawn from one more (SBBA)."""

    trades: int
    pays: float
    gets: float
    drop_seller: bool = False


def curves(bid: Floats, ask: Floats) -> Curves:
    """Sort and count."""
    bids, asks = np.sort(bid), np.sort(ask)
    most = min(len(bids), len(asks))
    high = bids[len(bids) - most :][::-1]
    return Curves(bids, asks, int(np.count_nonzero(np.less_equal(asks[:most], high))))


def _mcafee(c: Curves, k: float) -> Cleared:
    K = c.trades
    price = (c.b(K + 1) + c.a(K + 1)) / 2 if min(len(c.bids), len(c.asks)) > K else np.inf
    if K and c.a(K) <= price <= c.b(K):
        return Cleared(K, price, price)
    return _trade_reduction(c, k)


def _trade_reduction(c: Curves, k: float) -> Cleared:
    K = c.trades
    return Cleared(max(K - 1, 0), c.b(K) if K else 0.0, c.a(K) if K else 0.0)


def _sbba(c: Curves, k: float) -> Cleared:
    K = c.trades
    if not K:
        return Cleared(0, 0.0, 0.0)
    if c.a(K + 1) <= c.b(K):
        return Cleared(K, c.a(K + 1), c.a(K + 1))
    return Cleared(K - 1, c.b(K), c.b(K), drop_seller=True)


def _vcg(c: Curves, k: float) -> Cleared:
    K = c.trades
    if not K:
        return Cleared(0, 0.0, 0.0)
    return Cleared(K, max(c.a(K), c.b(K + 1)), min(c.b(K), c.a(K + 1)))


def _k_double(c: Curves, k: float) -> Cleared:
    K = c.trades
    price = k * c.b(K) + (1.0 - k) * c.a(K) if K else 0.0
    return Cleared(K, price, price)


CLEARINGS: dict[str, Callable[[Curves, float], Cleared]] = {
    "mcafee": _mcafee,
    "trade-reduction": _trade_reduction,
    "sbba": _sbba,
    "vcg": _vcg,
    "k-double-auction": _k_double,
}


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


def clear(
    name: str, bid: Floats, ask: Floats, tie: TieBreak, k: float = 0.5
) -> tuple[NDArray[np.bool_], NDArray[np.bool_], float, float, Curves]:
    """Which buyers and sellers trade, what a buyer pays and what a seller gets; and the sorted reports."""
    c = curves(bid, ask)
    done = CLEARINGS[name](c, k)
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


def require_unit(name: str, market: Market) -> None:
    """Refuse what the classic rules are not made for."""
    if not market.unit:
        raise NotApplicableError(
            f"market: must have unit demands, unit capacities and no routes for rule {name!r}; got {market.provenance}"
        )


def run_unit(name: str, market: Market, params: Any, tie: TieBreak) -> Outcome:
    """A classic rule's outcome. O((n + m) log (n + m)). Trading buyers and sellers are paired in the order of their indices."""
    require_unit(name, market)
    k = params.k if isinstance(params, KDoubleAuction) else 0.5
    buys, sells, pays, gets, c = clear(name, market.bid, market.ask, tie, k)
    seller = np.full(market.buyers, -1, dtype=np.int64)
    seller[np.flatnonzero(buys)] = np.flatnonzero(sells)
    # The sorted reports are done with; fresh memory would cost more than the arithmetic.
    payment, reward = np.multiply(buys, pays, out=c.bids), np.multiply(sells, gets, out=c.asks)
    return Outcome.of_arrays(seller, payment, reward, tie.name)


def own(name: str, market: Market, agent: Agent, tie: TieBreak, k: float) -> Callable[[float], tuple[int, float]]:
    """report -> (units, money received) of one agent: the same clearing, without packing an outcome for everybody."""
    side, index = agent
    buyer = side == "buyer"
    mine = np.array(market.bid if buyer else market.ask)
    bid, ask = (mine, market.ask) if buyer else (market.bid, mine)

    def at(report: float) -> tuple[int, float]:
        mine[index] = report
        c = curves(bid, ask)
        done = CLEARINGS[name](c, k)
        count = done.trades + (done.drop_seller and not buyer)
        if not count:
            return 0, 0.0
        edge = c.b(count) if buyer else c.a(count)
        if (report > edge if buyer else report < edge) and not done.drop_seller and tie.name != "refuse":
            return 1, -done.pays if buyer else done.gets
        if report < edge if buyer else report > edge:
            return 0, 0.0
        buys, sells, pays, gets, _ = clear(name, bid, ask, tie, k)
        return (int(buys[index]), -pays * buys[index]) if buyer else (int(sells[index]), gets * sells[index])

    return at


def breakpoints(name: str, market: Market, agent: Agent) -> Floats:
    """Every report of that agent at which its trade or its payment's formula can change; a superset, sorted.

    All rules compare reports with each other: the others' reports. McAfee's also compares the mean of b_{K+1} and a_{K+1} with
    b_K and a_K: the means of two of the others' reports around the margin, and the reflections 2x - y of one at another. An
    agent moves K by at most one, so that these indices lie within two of the others' K.
    """
    side, index = agent
    bid = np.delete(market.bid, index) if side == "buyer" else market.bid
    ask = np.delete(market.ask, index) if side == "seller" else market.ask
    points = np.concatenate([bid, ask])
    if name == "mcafee":
        c = curves(bid, ask)
        near = range(max(c.trades - 1, 1), c.trades + 4)
        high = np.array([c.b(k) for k in near if k <= len(bid)])
        low = np.array([c.a(k) for k in near if k <= len(ask)])
        both = np.concatenate([high, low])
        means = ((high[:, None] + low[None, :]) / 2).ravel()
        mirrored = (2.0 * both[:, None] - both[None, :]).ravel()
        points = np.concatenate([points, means, mirrored])
    return np.unique(points[points >= 0.0])
