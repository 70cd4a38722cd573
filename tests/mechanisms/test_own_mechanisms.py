"""A mechanism of a user's own, a function from a market to an outcome, is a method like any other."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import edgeworth
from edgeworth.mechanisms import double_auction as da
from edgeworth.mechanisms import procurement
from edgeworth.mechanisms.auditing import Sampled, audit


def bilateral(market: da.Market) -> da.Outcome:
    """The highest bidder buys of the cheapest seller at the mean of their reports."""
    seller, payment, reward = np.full(market.buyers, -1), np.zeros(market.buyers), np.zeros(market.sellers)
    i, k = int(np.argmax(market.bid)), int(np.argmin(market.ask))
    if market.bid[i] >= market.ask[k]:
        seller[i], payment[i] = k, (market.bid[i] + market.ask[k]) / 2
        reward[k] = payment[i]
    return da.Outcome(seller, payment, reward)


def cheapest_price(tender: procurement.Tender) -> procurement.Award:
    """The lowest price wins, whatever the utilisation, and is paid."""
    winner = int(np.argmin(tender.price))
    return procurement.Award(winner, float(tender.price[winner]))


def overselling(market: da.Market) -> da.Outcome:
    """All buyers at one seller: an outcome that no market allows."""
    return da.Outcome(np.zeros(market.buyers, dtype=np.int64), np.zeros(market.buyers), np.zeros(market.sellers))


def test_solve_takes_a_mechanism_and_values_its_outcome() -> None:
    market = da.generate(preset="unit", buyers=4, sellers=3, seed=0)
    result = da.solve(market, method=bilateral)
    assert result.method == "bilateral"
    assert result.require().payment.tolist() == bilateral(market).payment.tolist()
    assert result.value == pytest.approx(float(market.bid.max() - market.ask.min()))
    assert result.quality is edgeworth.Quality.FEASIBLE
    assert da.verify(market, result)
    tender = procurement.generate(seed=0)
    award = procurement.solve(tender, method=cheapest_price)
    assert award.value == procurement.value(tender, cheapest_price(tender))
    assert procurement.verify(tender, award)


def test_a_rule_with_parameters_is_such_a_mechanism() -> None:
    market = da.generate(preset="multi-unit", seed=0)
    rule = da.Rule("off-aic2", da.OffAic2(band="pivot"))
    result = da.solve(market, method=rule)
    assert result.method == "off-aic2 (own)"  # not the method of that name, whose parameters are others
    assert result.value == da.solve(market, method="off-aic2", params=da.OffAic2(band="pivot")).value


def test_compare_sets_it_beside_the_rules_by_name() -> None:
    markets = [da.generate(preset="unit", buyers=4, sellers=3, seed=seed) for seed in range(3)]
    table = edgeworth.compare(markets, [bilateral, "mcafee", "optimum"], seeds=[0])
    assert table.verified
    frame = table.frame.set_index("method")
    assert set(frame.index) == {"bilateral", "mcafee", "optimum"}
    assert frame.loc["bilateral", "value"].mean() <= frame.loc["optimum", "value"].mean()
    tenders = [procurement.generate(seed=seed) for seed in range(3)]
    table = edgeworth.compare(tenders, [cheapest_price, "second-score"], seeds=[0])
    assert table.verified


def test_what_it_returns_is_judged() -> None:
    market = da.Market(bid=[3.0, 2.0], ask=[1.0])
    result = da.solve(market, method=overselling)
    assert result.solution is None
    assert "breaks a constraint" in result.notes[0]
    other: Any = cheapest_price
    with pytest.raises((TypeError, AttributeError)):
        da.solve(market, method=other)
    with pytest.raises(TypeError, match="must return a Found or, where it is a user's own, a solution"):
        da.solve(market, method=lambda market: {"payment": 1.0})


def test_the_same_functions_are_audited() -> None:
    market = da.generate(preset="unit", buyers=3, sellers=2, seed=0)
    assert not audit(bilateral, market, scope=Sampled(30, 0)).truthful
    assert audit(cheapest_price, procurement.generate(seed=0), scope=Sampled(30, 0)).individually_rational
