"""Trade reduction at Off-AIC2's pivotal ranks (ours)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from edgeworth.core.arrays import Floats, Ints
from edgeworth.core.traced import Number
from edgeworth.mechanisms.double_auction.clearing import unit_phases
from edgeworth.mechanisms.double_auction.clearing.phases import Auction
from edgeworth.mechanisms.double_auction.clearing.readings import OffAic2
from edgeworth.mechanisms.double_auction.clearing.unit import other_reports
from edgeworth.mechanisms.double_auction.exact import outcome_of
from edgeworth.mechanisms.double_auction.model import Agent, Market, Outcome, TieBreak
from edgeworth.mechanisms.double_auction.spec import Classic, Dealt, OneAgent, RuleSpec, as_method


def run(market: Market, params: Classic, tie: TieBreak) -> Outcome:
    """Trade reduction carried over to demands and tours: the traders at Off-AIC2's pivotal ranks set prices and leave.

    Notes
    -----
    Buyers before rank i* may buy at b_i*, sellers before rank k* sell at a_k* and have their tours paid; in the order of
    their tie-breaking ranks sellers choose what earns most at those prices. Individually rational and never in deficit: a tour
    is chosen only where the margin (b_i* - a_k*) a unit pays for it. Not truthful in general: a trader can move the pivotal
    ranks, and with them the prices, without leaving the market.

    References
    ----------
    Ours, after McAfee (1992).
    """
    if unit_phases.clears(market, OffAic2()):
        found = unit_phases.listed(market.bid, market.ask, tie, OffAic2().pivot)
        return unit_phases.paired(market, *_unit_trades(found, market.bid, market.ask, tie), tie)
    auction = Auction(market.exact(), OffAic2(), tie)
    buyers, sellers = auction.phase1(auction.bid, auction.ask)
    payment, reward = [0.0] * market.buyers, [0.0] * market.sellers
    stops: list[tuple[int, ...]] = [()] * market.sellers
    if buyers and sellers:
        pays, gets = float(market.bid[buyers[-1]]), float(market.ask[sellers[-1]])
        worth = [auction.bid[buyers[-1]] * units for units in auction.market.demand]
        open_ = sorted(buyers[:-1], key=lambda i: auction.rank[0][i])
        for k in sorted(sellers[:-1], key=lambda k: auction.rank[1][k]):
            stops[k] = auction.chooser.choose(k, open_, worth, auction.ask[sellers[-1]])
            open_ = [i for i in open_ if i not in stops[k]]
            for i in stops[k]:
                payment[i] = pays * int(market.demand[i])
                reward[k] += gets * int(market.demand[i])
            if stops[k] and market.routes is not None:
                reward[k] += market.routes.tour(k, stops[k])[0]
    return outcome_of(market, stops, payment, reward, tie.name)


def _unit_trades(found: unit_phases.Listed, bid: Floats, ask: Floats, tie: TieBreak) -> tuple[Ints, Ints, float, float]:
    """Unit markets: who buys and who sells, one with one in order of their ranks, and the two prices."""
    if not found.last_buyer:
        return found.buyers[:0], found.sellers[:0], 0.0, 0.0
    pays, gets = float(found.bids[found.last_buyer - 1]), float(found.asks[found.last_seller - 1])
    done = found.last_buyer - 1 if pays > gets else 0  # there is no seller too few: i* <= k*
    buyers, sellers = found.buyers[: found.last_buyer - 1], found.sellers[: found.last_seller - 1]
    buyers = buyers[np.argsort(tie.ranks("buyer", bid)[buyers])]
    sellers = sellers[np.argsort(tie.ranks("seller", ask)[sellers])]
    return buyers[:done], sellers[:done], pays, gets


def _one_agent(market: Market, agent: Agent, params: Classic, tie: TieBreak) -> OneAgent | None:
    """Unit markets: the lists, and the agent's place among those that trade; floats only."""
    reading = OffAic2()
    if not unit_phases.clears(market, reading):
        return None
    view = unit_phases.View(market, agent, tie, reading.pivot)

    def at(report: Number) -> Dealt:
        found, _ = view.place(float(report))
        buyers, sellers, pays, gets = _unit_trades(found, view.bid, view.ask, tie)
        mine, money = (buyers, pays) if agent[0] == "buyer" else (sellers, gets)
        trades = bool((mine == agent[1]).any())
        return Dealt(1, money + 0.0) if trades else Dealt(0, 0.0)

    return at


def _breakpoints(market: Market, agent: Agent, params: Classic, tie: TieBreak) -> NDArray[np.float64]:
    """The others' reports: reports are compared with each other only, and who sets a price does not trade."""
    return other_reports(market, agent)


RULE = RuleSpec(
    "pivot-reduction",
    run,
    Classic,
    guarantee="rational, balanced; not truthful where demands differ",
    reference="ours, after McAfee (1992)",
    breakpoints=_breakpoints,
    one_agent=_one_agent,
)
pivot_reduction = as_method(RULE)
