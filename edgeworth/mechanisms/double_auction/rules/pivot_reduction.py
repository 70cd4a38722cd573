"""Trade reduction at Off-AIC2's pivotal ranks (ours)."""

from __future__ import annotations

from numpy import float64
from numpy.typing import NDArray

from edgeworth.mechanisms.double_auction.clearing.phases import Auction
from edgeworth.mechanisms.double_auction.clearing.readings import OffAic2
from edgeworth.mechanisms.double_auction.clearing.unit import other_reports
from edgeworth.mechanisms.double_auction.exact import outcome_of
from edgeworth.mechanisms.double_auction.model import Agent, Market, Outcome, TieBreak
from edgeworth.mechanisms.double_auction.spec import Classic, RuleSpec, as_method


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


def _breakpoints(market: Market, agent: Agent, params: Classic, tie: TieBreak) -> NDArray[float64]:
    """The others' reports: reports are compared with each other only, and who sets a price does not trade."""
    return other_reports(market, agent)


RULE = RuleSpec(
    "pivot-reduction",
    run,
    Classic,
    guarantee="rational, balanced; not truthful where demands differ",
    reference="ours, after McAfee (1992)",
    breakpoints=_breakpoints,
)
pivot_reduction = as_method(RULE)
