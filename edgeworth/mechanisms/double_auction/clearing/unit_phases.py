"""The phases of Off-AIC2 where all demands and capacities are 1, and nothing is driven: two sorts and closed prices.

b_1 >= b_2 >= ... and a_1 <= a_2 <= ... are the reports in the order of phase 1, i* and k* the pivotal ranks. There is room for
the first i buyers among the first k sellers where i <= k. In phase 2 seller p finds buyer p the first of those left, whatever
it maximises, and takes it where ``b_p > a_p``: trades are the pairs up to T, the number of p <= i* for which that holds.

The prices of phase 3 follow from where an agent's trade ends under another report, all others' as they are. With both lists
kept (``rerun="phase2"``):

- A buyer whose report r leaves p - 1 others of its list ahead of it meets seller p, and needs ``r > a_p``. To have no more than
  p - 1 ahead it needs r >= v_p, the p-th report of the others. The least r that trades is ``min over p of max(a_p, v_p)``; as
  a_p rises and v_p falls, the minimum is at p = T and is max(a_T, b_{T+1}), b_{T+1} if it is listed. A seller that maximises
  quantity goes by the place in the list, which stays: its buyer p pays a_p.
- A seller keeps its place p, and the best buyer left is b_p whatever it asks: it trades up to b_p.

With the lists made anew (``rerun="whole"``, pivot "buyers" or "covering", where all pairs with ``b_p > a_p`` are listed under
any report) the same holds of all buyers, and of sellers by symmetry: max(a_T, b_{T+1}) and min(b_T, a_{T+1}). With the other
pivots a report moves the lists in other ways, and the general phases are run.

Trades and prices depend on comparisons of reports with reports alone, and every price is a report: an agent's part may change
its form at the reports of others only (`unit.other_reports`).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from edgeworth.core.arrays import Floats, Ints
from edgeworth.mechanisms.double_auction.clearing.readings import OffAic2
from edgeworth.mechanisms.double_auction.model import Agent, Market, Outcome, TieBreak
from edgeworth.mechanisms.double_auction.spec import Dealt


class Listed(NamedTuple):
    """Both sides in the order of phase 1, and how far phases 1 and 2 go.

    Attributes
    ----------
    buyers, sellers : ndarray
        Indices, the best report first.
    bids, asks : ndarray
        The reports in that order.
    last_buyer, last_seller : int
        The pivotal ranks i* and k*; 0 where nobody is listed.
    trades : int
        How many of the first buyers and sellers trade, one with one.
    """

    buyers: Ints
    sellers: Ints
    bids: Floats
    asks: Floats
    last_buyer: int
    last_seller: int
    trades: int


def clears(market: Market, params: OffAic2) -> bool:
    """Whether phases 1 and 2 are those of this module; a traced market's reports are no floats."""
    floats = market.bid.dtype == market.ask.dtype == np.float64
    return floats and market.unit and market.bid_rows is None and params.chooser in ("auto", "eaco", "knapsack")


def prices(market: Market, params: OffAic2, pricing: str) -> bool:
    """Whether phase 3 is that of this module as well."""
    closed = pricing == "report" or params.rerun == "phase2" or params.pivot in ("buyers", "covering")
    return params.pricing != "bisection" and closed and clears(market, params)


def listed(bid: Floats, ask: Floats, tie: TieBreak, pivot: str) -> Listed:
    """Phases 1 and 2, in O((n + m) log (n + m))."""
    buyers, sellers = np.lexsort((tie.ranks("buyer", bid), -bid)), np.lexsort((tie.ranks("seller", ask), ask))
    bids, asks = bid[buyers], ask[sellers]
    reach = np.searchsorted(asks, bids, side="right")  # for each i the largest k that the prices allow
    place = np.arange(1, len(bids) + 1)
    fitting = int(np.count_nonzero(reach >= place))  # the first ones: reach falls as the place rises
    if not fitting:
        return Listed(buyers, sellers, bids, asks, 0, 0, 0)
    last = fitting
    if pivot == "sellers":
        last = int(np.count_nonzero(reach[:fitting] == reach[0]))
    elif pivot == "sum":
        last = fitting - int(np.argmax((reach[:fitting] + place[:fitting])[::-1]))
    room = last if pivot == "covering" else int(reach[last - 1])
    trades = int(np.count_nonzero(bids[:last] > asks[:last]))
    return Listed(buyers, sellers, bids, asks, last, room, trades)


def priced(found: Listed, params: OffAic2, pricing: str) -> tuple[Floats, Floats]:
    """Phase 3: what the trading buyers pay and the trading sellers get, in order of their places."""
    done, bids, asks = found.trades, found.bids, found.asks
    if pricing == "report" or not done:
        return bids[:done], asks[:done]
    whole = params.rerun == "whole"
    if params.objective == "quantity" and not whole:
        pays = asks[:done]
    else:
        rivals = len(bids) if whole else found.last_buyer
        pays = np.full(done, max(asks[done - 1], bids[done]) if done < rivals else asks[done - 1])
    if params.band == "pivot":
        pays = np.maximum(pays, bids[found.last_buyer - 1])
    gets = bids[:done]
    if whole:
        gets = np.full(done, min(bids[done - 1], asks[done]) if done < len(asks) else bids[done - 1])
    if pricing == "critical" and params.band == "pivot":
        gets = np.minimum(gets, asks[found.last_seller - 1])
    if pricing == "critical" and params.band == "market" and params.upper == "ask":
        gets = np.minimum(gets, asks[-1])
    return pays, gets


def outcome(market: Market, params: OffAic2, tie: TieBreak, pricing: str) -> Outcome:
    """The outcome of all three phases."""
    found = listed(market.bid, market.ask, tie, params.pivot)
    buyers, sellers = found.buyers[: found.trades], found.sellers[: found.trades]
    pays, gets = priced(found, params, pricing)
    return paired(market, buyers, sellers, pays, gets, tie)


def paired(market: Market, buyers: Ints, sellers: Ints, pays: Floats | float, gets: Floats | float, tie: TieBreak) -> Outcome:
    """The outcome in which these buyers and sellers trade, one with one."""
    seller = np.full(market.buyers, -1, dtype=np.int64)
    payment, reward = np.zeros(market.buyers), np.zeros(market.sellers)
    seller[buyers] = sellers
    payment[buyers] = pays
    reward[sellers] = gets
    payment += 0.0  # a report of -0.0 is 0
    reward += 0.0
    return Outcome.of_arrays(seller, payment, reward, tie.name)


class View:
    """One agent's part of phases 1 and 2, and of all three, at a float that it reports.

    ``place(report)`` gives what is listed and the agent's place on its side, from 0.
    """

    def __init__(self, market: Market, agent: Agent, tie: TieBreak, pivot: str) -> None:
        self.side, self.index = agent
        self.tie, self.pivot = tie, pivot
        self.mine = np.array(market.bid if self.side == "buyer" else market.ask)
        self.bid, self.ask = (self.mine, market.ask) if self.side == "buyer" else (market.bid, self.mine)

    def place(self, report: float) -> tuple[Listed, int]:
        """The lists where the agent reports that, and its place."""
        self.mine[self.index] = report
        found = listed(self.bid, self.ask, self.tie, self.pivot)
        order = found.buyers if self.side == "buyer" else found.sellers
        return found, int((order == self.index).argmax())

    def units(self, report: float) -> int:
        """What it trades."""
        found, place = self.place(report)
        return int(place < found.trades)

    def dealt(self, report: float, params: OffAic2, pricing: str) -> Dealt:
        """What it has of all three phases."""
        found, place = self.place(report)
        if place >= found.trades:
            return Dealt(0, 0.0)
        pays, gets = priced(found, params, pricing)
        if self.side == "buyer":
            return Dealt(1, float(pays[place]) + 0.0)
        return Dealt(1, float(gets[place]) + 0.0, (int(found.buyers[place]),))
