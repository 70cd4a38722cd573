"""Critical values of every kind of rule: what they are, what they are not, and what follows for truthfulness and balance."""

from __future__ import annotations

import math
import warnings
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from edgeworth.mechanisms import double_auction as da
from edgeworth.mechanisms.double_auction.model import NotApplicableError
from edgeworth.mechanisms.double_auction.rules import RULES
from edgeworth.testing import unit_markets
from tests.mechanisms.auctions import sold

BILATERAL = da.Market([10.0], [1.0])
UNIT = ("mcafee", "trade-reduction", "sbba", "vcg", "k-double-auction")


def trades(rule: Any, market: da.Market, agent: tuple[str, int], report: float) -> bool:
    """The definition: run the rule, look whether the agent trades."""
    outcome = da.run(rule, market.reported(agent, report))
    return bool(outcome.seller[agent[1]] >= 0 if agent[0] == "buyer" else (outcome.seller == agent[1]).any())


def agents(market: da.Market) -> list[tuple[str, int]]:
    return [("buyer", i) for i in range(market.buyers)] + [("seller", k) for k in range(market.sellers)]


def lowest_above_the_ask(market: Any) -> da.Outcome:
    """A rule that is not monotone: the lowest bid above the ask buys."""
    able = [i for i in range(len(market.bid)) if market.bid[i] > market.ask[0]]
    return sold(market, min(able, key=lambda i: market.bid[i], default=-1), market.ask[0])


def dearest_below_the_bid(market: Any) -> da.Outcome:
    """The same on the other side: the highest ask below the bid sells."""
    able = [k for k in range(len(market.ask)) if market.ask[k] < market.bid[0]]
    reward = [0.0] * len(market.ask)
    if not able:
        return da.Outcome([-1], [0.0], reward)
    k = max(able, key=lambda k: market.ask[k])
    reward[k] = market.ask[k]
    return da.Outcome([k], [market.ask[k]], reward)


def square(market: Any) -> da.Outcome:
    """A black box: it trades where the square of the bid is above 2."""
    return da.Outcome([0 if float(market.bid[0]) ** 2 > 2.0 else -1], [0.0], [0.0])


# --- what they are ----------------------------------------------------------------------------------------------------


@given(market=unit_markets(max_buyers=3, max_sellers=3), rule=st.sampled_from(UNIT))
@settings(max_examples=25)
def test_an_agent_trades_on_one_side_of_it_only(market: da.Market, rule: str) -> None:
    for agent in agents(market):
        exact = da.critical_value(rule, market, agent, method="exact")
        halved = da.critical_value(rule, market, agent, samples=16)
        assert exact.exact
        assert not halved.exact
        assert exact.monotone
        assert halved.monotone
        if exact.trades == "some":
            assert halved.value == pytest.approx(exact.value, rel=1e-9, abs=1e-12)
            step = 1e-9 * (1.0 + exact.value)
            better = 1.0 if agent[0] == "buyer" else -1.0
            assert trades(rule, market, agent, max(exact.value + better * step, 0.0)) or exact.value == 0.0
            if exact.value > step:
                assert not trades(rule, market, agent, exact.value - better * step)


def test_what_vcg_and_the_second_price_ask_for() -> None:
    """Closed forms: of unit markets, the highest report on either side that the agent must beat."""
    market = da.Market([9.0, 8.0, 4.0], [1.0, 2.0, 6.0])
    for agent, value in ((("buyer", 0), 4.0), (("buyer", 2), 6.0), (("seller", 0), 6.0), (("seller", 2), 4.0)):
        assert da.critical_value("vcg", market, agent, method="exact").value == value
        found = da.critical_value("vcg", market, agent)
        assert found.value == pytest.approx(value)
        assert found.bracket[0] <= found.value <= found.bracket[1]
        assert found.bracket[1] - found.bracket[0] < 1e-14 * value
        assert found.iterations <= 60


def test_every_rule_answers_by_name_by_specification_and_as_an_object() -> None:
    plain = da.generate(preset="multi-unit", buyers=3, sellers=2, seed=0)
    for name, spec in RULES.items():
        market = da.generate(preset="unit", buyers=3, sellers=3, seed=1) if name in UNIT else plain
        for agent in (("buyer", 0), ("seller", 1)):
            found = da.critical_value(name, market, agent, method="exact")
            assert found == da.critical_value(da.Rule(name), market, agent, method="exact")
            assert found == da.critical_value(spec, market, agent, method="exact")
            halved = da.critical_value(name, market, agent)
            assert halved.trades == found.trades
            if found.trades == "some":
                assert halved.value == pytest.approx(found.value, rel=1e-9)


def test_what_off_aic2_asks_for_is_the_critical_value() -> None:
    """With the whole allocation run again, the band of the market and exact prices."""
    params = da.OffAic2(rerun="whole")
    winners = 0
    for seed in range(4):
        market = da.generate(preset="multi-unit", seed=seed)
        outcome = da.run("off-aic2", market, params=params)
        for i in np.flatnonzero(outcome.seller >= 0).tolist():
            found = da.critical_value("off-aic2", market, ("buyer", i), method="exact", params=params)
            assert outcome.payment[i] == pytest.approx(found.value * market.demand[i], rel=1e-12)
            winners += 1
        for k in np.unique(outcome.seller[outcome.seller >= 0]).tolist():
            found = da.critical_value(da.Rule("off-aic2", params), market, ("seller", k), method="exact")
            assert outcome.reward[k] == pytest.approx(found.value * market.demand[outcome.seller == k].sum(), rel=1e-12)
    assert winners > 5


def test_the_colony_is_a_black_box_that_can_be_halved() -> None:
    market = da.generate(preset="fusion", buyers=3, sellers=2, seed=0)
    literal = da.critical_value("off-aic2", market, ("seller", 0), params=da.OffAic2.literal(), samples=4, iterations=12)
    exact = da.critical_value("off-aic2", market, ("seller", 0), method="exact")
    assert literal.bracket[0] <= exact.value <= literal.bracket[1]
    assert literal.bracket[1] - literal.bracket[0] < 1e-3
    with pytest.raises(ValueError, match="method: 'exact' needs a rule with derived breakpoints"):
        da.critical_value("off-aic2", market, ("buyer", 0), params=da.OffAic2.literal(), method="exact")


def test_black_boxes() -> None:
    market = da.Market([1.0], [0.0])
    found = da.critical_value(square, market, ("buyer", 0))
    assert found.value == pytest.approx(math.sqrt(2.0), rel=1e-14)
    with pytest.raises(ValueError, match=r"black box .*use 'bisection'"):
        da.critical_value(square, market, ("buyer", 0), method="exact")

    def two_faced(market: Any) -> da.Outcome:
        return da.Outcome([0 if type(market.bid[0]) is np.float64 and market.bid[0] > 3.0 else -1], [0.0], [0.0])

    with pytest.raises(ValueError, match="on floats it does something else"):
        da.critical_value(two_faced, market, ("buyer", 0), method="exact")

    def broken(market: Any) -> da.Outcome:
        raise KeyError("a bug")

    for method in ("bisection", "exact"):
        with pytest.raises(KeyError, match="a bug"):
            da.critical_value(broken, market, ("buyer", 0), method=method)  # type: ignore[arg-type]


# --- where trading is not monotone ------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["bisection", "exact"])
@pytest.mark.parametrize(
    ("rule", "market", "agent", "value"),
    [
        (lowest_above_the_ask, da.Market([10.0, 4.0], [1.0]), ("buyer", 0), 1.0),
        (dearest_below_the_bid, da.Market([10.0], [2.0, 6.0]), ("seller", 0), 10.0),
    ],
)
def test_two_reports_witness_that_trading_is_not_monotone(
    rule: Any, market: da.Market, agent: tuple[str, int], value: float, method: Any
) -> None:
    with pytest.warns(da.NotMonotoneWarning, match=f"{agent[0]} 0 trades at .* and not at") as caught:
        found = da.critical_value(rule, market, agent, method=method)
    assert len(caught) == 1
    assert not found.monotone
    assert found.value == pytest.approx(value)
    assert found.witness is not None
    trading, better = found.witness
    assert better > trading if agent[0] == "buyer" else better < trading
    assert trades(rule, market, agent, trading)
    assert not trades(rule, market, agent, better)
    assert repr(better) in str(caught[0].message)
    assert (found.winning is None) == (method == "bisection")


def test_the_winning_reports_are_a_set() -> None:
    """Intervals, and a point where a tie goes to the agent."""

    def two_windows(market: Any) -> da.Outcome:
        bid = market.bid[0]
        return da.Outcome([0 if 1.0 < bid < 2.0 or bid == 3.0 or bid > 4.0 else -1], [0.0], [0.0])

    with pytest.warns(da.NotMonotoneWarning):
        found = da.critical_value(two_windows, BILATERAL, ("buyer", 0), method="exact")
    assert found.winning == ((1.0, 2.0), (3.0, 3.0), (4.0, math.inf))
    assert found.value == 1.0


def test_the_samples_find_what_the_ends_do_not_show() -> None:
    """The agent trades on both sides of a hole: only a report inside shows it. The same seed gives the same answer."""

    def holed(market: Any) -> da.Outcome:
        bid = market.bid[0]
        return da.Outcome([0 if bid > 1.0 and not 2.0 < bid < 8.0 else -1], [0.0], [0.0])

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert da.critical_value(holed, BILATERAL, ("buyer", 0), samples=0).monotone
    with pytest.warns(da.NotMonotoneWarning):
        one = da.critical_value(holed, BILATERAL, ("buyer", 0))
    with pytest.warns(da.NotMonotoneWarning):
        assert one == da.critical_value(holed, BILATERAL, ("buyer", 0))


# --- decided on purpose -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["bisection", "exact"])
def test_agents_that_never_trade(method: Any) -> None:
    """No report wins: the infimum of nothing is infinite, the supremum minus that. A seller without capacity is one of them."""
    empty = da.Market([5.0, 4.0], [1.0, 2.0], demand=[3, 1], capacity=[0, 2])
    seller = da.critical_value("off-aic2", empty, ("seller", 0), method=method)
    assert (seller.value, seller.trades, seller.monotone) == (-math.inf, "never", True)
    buyer = da.critical_value("off-aic2", empty, ("buyer", 0), method=method)  # three units, nobody has more than two
    assert (buyer.value, buyer.trades, buyer.monotone) == (math.inf, "never", True)
    if method == "bisection":
        assert seller.bracket == (-math.inf, 0.0)
        assert buyer.bracket == (10.0, math.inf)
    assert da.critical_value("vcg", da.Market([3.0], []), ("buyer", 0), method=method).trades == "never"


@pytest.mark.parametrize("method", ["bisection", "exact"])
def test_agents_that_always_trade(method: Any) -> None:
    def always(market: Any) -> da.Outcome:
        return da.Outcome([0], [0.0], [0.0])

    buyer = da.critical_value(always, BILATERAL, ("buyer", 0), method=method)
    assert (buyer.value, buyer.trades) == (0.0, "always")
    seller = da.critical_value(always, BILATERAL, ("seller", 0), method=method)
    assert seller.trades == "always"
    assert seller.value == (20.0 if method == "bisection" else math.inf)  # the end of the reports tried, or of all
    assert seller.bracket[1] == math.inf


def test_the_bracket_is_the_callers() -> None:
    found = da.critical_value("vcg", BILATERAL, ("buyer", 0), bracket=(0.5, 3.0), iterations=1, samples=0)
    assert (found.bracket, found.iterations, found.value) == ((0.5, 1.75), 1, 1.125)
    above = da.critical_value("vcg", BILATERAL, ("buyer", 0), bracket=(2.0, 3.0))
    assert (above.value, above.trades, above.bracket) == (2.0, "always", (0.0, 2.0))
    below = da.critical_value("vcg", BILATERAL, ("buyer", 0), bracket=(0.0, 0.5))
    assert (below.value, below.trades, below.bracket) == (math.inf, "never", (0.5, math.inf))


def test_tours_are_within_the_default_bracket() -> None:
    """A buyer far away must bid more than anybody does to be worth the tour."""
    market = da.generate(preset="fusion", buyers=2, sellers=1, seed=0)
    assert market.routes is not None
    far = replace(market, routes=replace(market.routes, travel_cost=np.array([2.0])))
    exact = da.critical_value("off-aic2", far, ("buyer", 0), method="exact")
    assert exact.trades == "some"
    assert exact.value > 2.0 * far.highest_report
    assert da.critical_value("off-aic2", far, ("buyer", 0)).value == pytest.approx(exact.value)


def test_posted_prices_are_within_the_default_bracket() -> None:
    """A price from a history that nobody reaches now."""
    market = da.Market([0.0], [0.0], history=(1.0, 9.0))
    exact = da.critical_value("posted-procurement", market, ("buyer", 0), method="exact")
    assert exact.value == pytest.approx(4.2)
    assert da.critical_value("posted-procurement", market, ("buyer", 0)).value == pytest.approx(exact.value)


def above_the_ask(market: Any) -> da.Outcome:
    """One buyer trades where its bid, or its entry to seller 0, is above that ask; it looks its seller up by name."""
    offer = market.bid[0] if market.bid_rows is None else market.bid_rows[0, 0]
    k = 0 if market.seller_names is None else market.seller_names.index("near")
    return da.Outcome([k if offer > market.ask[k] else -1], [0.0], [0.0] * len(market.ask))


def test_no_report_is_tried_that_a_market_cannot_hold() -> None:
    large = da.Market([1e249], [1e245])
    for method in ("bisection", "exact"):
        assert da.critical_value(above_the_ask, large, ("buyer", 0), method=method).value == pytest.approx(1e245)  # type: ignore[arg-type]
    narrow = da.Market.from_rows([[1e-260, 1.0]], [1.0, 2.0])
    assert da.critical_value(above_the_ask, narrow, ("buyer", 0)).trades == "never"  # its entry cannot reach the ask


def test_a_rule_may_look_agents_up_by_name() -> None:
    market = da.Market([5.0], [9.0, 2.0], seller_names=["far", "near"])
    found = da.critical_value(above_the_ask, market, ("buyer", 0), method="exact")
    assert (found.value, found.winning) == (2.0, ((2.0, math.inf),))


@pytest.mark.parametrize("method", ["bisection", "exact"])
def test_ties_that_are_refused_are_passed_over(method: Any) -> None:
    market = da.Market([5.0, 4.0], [1.0])
    found = da.critical_value("vcg", market, ("buyer", 0), method=method, tie_break="refuse")
    assert found.value == pytest.approx(4.0)
    assert found.monotone


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"agent": ("buyer", 1)}, ValueError, "agent: must be one of 1 buyers"),
        ({"agent": ("broker", 0)}, ValueError, "agent: must be one of buyer, seller"),
        ({"agent": 0}, TypeError, "agent: must be"),
        ({"method": "secant"}, ValueError, "method: must be one of bisection, exact"),
        ({"iterations": 0}, ValueError, "iterations: must be at least 1"),
        ({"samples": -1}, ValueError, "samples: must be at least 0"),
        ({"bracket": (2.0, 1.0)}, ValueError, "bracket: must be"),
        ({"bracket": 3.0}, TypeError, "bracket: must be"),
        ({"bracket": (-1.0, 1.0)}, ValueError, "bracket: must be at least 0"),
        ({"rule": "vgc"}, ValueError, "did you mean 'vcg'"),
        ({"rule": 3}, TypeError, "rule: must be"),
        ({"rule": square, "params": da.OffAic2()}, ValueError, "params: and tie_break are for"),
        ({"rule": lambda market: 3}, TypeError, "must return an Outcome"),
        ({"rule": lambda market: da.Outcome([], [], [])}, ValueError, "outcome: must have 1 buyers and 1 sellers"),
        ({"rule": lambda market: da.Outcome([1], [0.0], [0.0])}, ValueError, "outcome: must name sellers below 1"),
        ({"market": [1.0]}, TypeError, "market: must be a Market"),
    ],
)
def test_misuse(arguments: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        da.critical_value(**({"rule": "vcg", "market": BILATERAL, "agent": ("buyer", 0)} | arguments))


def test_markets_that_a_rule_is_not_made_for() -> None:
    for method in ("bisection", "exact"):
        with pytest.raises(NotApplicableError, match="must have unit demands"):
            da.critical_value("mcafee", da.generate(seed=0), ("buyer", 0), method=method)  # type: ignore[arg-type]


# --- no pricing is truthful and balanced ------------------------------------------------------------------------------


@given(a=st.integers(0, 10**6).map(lambda x: x / 1024), b=st.integers(0, 10**6).map(lambda x: x / 1024))
@settings(max_examples=15)
def test_critical_values_of_one_buyer_and_one_seller_are_each_others_reports(a: float, b: float) -> None:
    """Trade where b > a: the payment is a, the reward b, the deficit b - a."""
    assume(b > a)
    market = da.Market([b], [a])
    for rule in ("off-aic2", "off-aic2-myerson", "pay-as-report", "vcg"):
        assert da.critical_value(rule, market, ("buyer", 0), method="exact").value == a
        assert da.critical_value(rule, market, ("seller", 0), method="exact").value == b
    outcome = da.run("off-aic2", market)
    assert (outcome.payment[0], outcome.reward[0]) == (a, b)
    assert da.surplus(outcome) == a - b < 0.0


def priced(pays: float, gets: float) -> Any:
    """Trade where b > a, at those prices; losers pay nothing."""

    def rule(market: da.Market) -> da.Outcome:
        deal = bool(market.bid[0] > market.ask[0])
        return da.Outcome([0 if deal else -1], [pays if deal else 0.0], [gets if deal else 0.0])

    return rule


@given(ends=st.tuples(*[st.floats(0.0, 100.0)] * 2), other=st.floats(0.0, 200.0), side=st.sampled_from(["buyer", "seller"]))
@settings(max_examples=50)
def test_any_other_payment_makes_somebody_misreport(ends: tuple[float, float], other: float, side: str) -> None:
    """The deviation of the proof: a type between the price and the critical value gains by trading, or by not trading."""
    a, b = min(ends), max(ends)
    critical = a if side == "buyer" else b
    assume(b - a > 1e-6 and abs(other - critical) > 1e-6)
    kind = (other + critical) / 2.0  # worth that much to the buyer, costs the seller that much
    rule = priced(other, b) if side == "buyer" else priced(a, other)
    market, agent = da.Market([b], [a]).reported((side, 0), kind), (side, 0)
    trading, idle = (b, a) if side == "buyer" else (a, b)
    gains = []
    honest = da.utility(market, da.run(rule, market), agent, kind)
    for report in (trading, idle):
        gains.append(da.utility(market, da.run(rule, market.reported(agent, report)), agent, kind) - honest)
    assert max(gains) == pytest.approx(abs(other - critical) / 2.0)
    assert max(gains) > 0.0
