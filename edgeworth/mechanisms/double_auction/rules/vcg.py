"""The mechanism of Vickrey, Clarke and Groves."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from edgeworth.mechanisms.double_auction.clearing import maximum, unit
from edgeworth.mechanisms.double_auction.exact import outcome_of
from edgeworth.mechanisms.double_auction.model import Agent, Market, Outcome, TieBreak
from edgeworth.mechanisms.double_auction.spec import Classic, OneAgent, RuleSpec, as_method


def _clear(c: unit.Curves) -> unit.Cleared:
    """Unit markets: all K efficient trades; every trader pays, or gets, the report at which it would lose its trade."""
    K = c.trades
    if not K:
        return unit.Cleared(0, 0.0, 0.0)
    return unit.Cleared(K, max(c.a(K), c.b(K + 1)), min(c.b(K), c.a(K + 1)))


def run(market: Market, params: Classic, tie: TieBreak) -> Outcome:
    """The mechanism of Vickrey, Clarke and Groves: the greatest welfare, and everybody's utility is what it adds to that.

    Notes
    -----
    With W the greatest welfare and W(-j) that without trader j, a trading buyer pays ``q_i b_i - (W - W(-i))`` and a trading
    seller gets ``a_k Q_k + tour_k + (W - W(-k))``. Unit markets have a closed form, one sort a side; elsewhere every trader who
    trades costs one more maximisation. Efficient, truthful, individually rational; runs a deficit.

    References
    ----------
    Vickrey (1961); Clarke (1971); Groves (1973).
    """
    if market.unit:
        return unit.run_unit(RULE.name, market, _clear, tie)
    whole, stops = maximum.maximum(market, market.bid, market.ask)
    payment, reward = np.zeros(market.buyers), np.zeros(market.sellers)
    for k, mine in enumerate(stops):
        if mine:
            units, tour = maximum.units_and_tour(market, k, mine)
            reward[k] = float(market.ask[k]) * units + tour + (whole - maximum.without_seller(market, market.bid, k))
        for i in mine:
            payment[i] = float(market.bid[i] * market.demand[i]) - (whole - maximum.without_buyer(market, i))
    return outcome_of(market, stops, payment, reward, tie.name)


def _breakpoints(market: Market, agent: Agent, params: Classic, tie: TieBreak) -> NDArray[np.float64]:
    """Unit markets: the others' reports. Sellers: the envelope of the maximum in their ask. Buyers: the one threshold."""
    side, index = agent
    if market.unit:
        return unit.other_reports(market, agent)
    if side == "seller":
        return maximum.seller_breakpoints(market, market.bid, index)
    without = maximum.without_buyer(market, index)
    bid, units = np.array(market.bid), float(market.demand[index])
    bid[index] = high = float(market.bid.max(initial=0.0) + market.ask.max(initial=0.0) + 1.0) * 10.0 + _dearest_tour(market)
    value, stops = maximum.maximum(market, bid, market.ask)
    if not any(index in mine for mine in stops):
        return np.zeros(0)
    # Once more from twice the threshold: far above it the sum has lost the digits that the threshold needs.
    bid[index] = high = 2.0 * max(high - (value - without) / units, 0.0)
    value, _ = maximum.maximum(market, bid, market.ask)
    return np.array([t for t in [high - (value - without) / units] if t >= 0.0])


def _dearest_tour(market: Market) -> float:
    """The cost of the dearest tour of any seller; 0 in a plain market."""
    if market.routes is None:
        return 0.0
    tables = [market.routes.table(k, market.demand, int(market.capacity[k])) for k in range(market.sellers)]
    return max((tour.cost for table in tables for tour in table.values()), default=0.0)


def _one_agent(market: Market, agent: Agent, params: Classic, tie: TieBreak) -> OneAgent | None:
    return unit.one_agent(market, agent, _clear, tie) if market.unit else None


def _rounding(market: Market, outcome: Outcome) -> float:
    return 0.0 if market.unit else maximum.rounding(market, outcome)


RULE = RuleSpec(
    "vcg",
    run,
    Classic,
    guarantee="efficient, truthful, rational; runs a deficit",
    reference="Vickrey (1961), Clarke (1971), Groves (1973)",
    breakpoints=_breakpoints,
    one_agent=_one_agent,
    rounding=_rounding,
    efficient=True,
)
vcg = as_method(RULE)
