"""What an agent has at stake, what a budget leaves undecided, and honest rules that nobody accuses."""

from __future__ import annotations

import bisect
import functools
import itertools
import logging
import time
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from edgeworth.core.verdict import Status
from edgeworth.mechanisms import double_auction as da
from edgeworth.mechanisms import procurement
from edgeworth.mechanisms.auditing import audit
from edgeworth.mechanisms.double_auction import Market, Outcome
from tests.mechanisms.auctions import MARKET, RUNGS, bisected, first_and_second, first_price, ladder, said, sold

# --- what is at stake --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("scale", [1e-12, 1e-6, 1.0, 1e9])
@pytest.mark.parametrize("dummy", [None, 1e6, 1e12])
def test_a_dummy_moves_nobodys_tolerance(scale: float, dummy: float | None) -> None:
    plain = da.generate(preset="unit", buyers=4, sellers=4, seed=0)
    ask = plain.ask * scale if dummy is None else np.append(plain.ask * scale, dummy * scale)
    market = Market(bid=plain.bid * scale, ask=ask)
    assert not audit("k-double-auction", market).truthful
    assert audit("vcg", market).truthful
    assert audit("mcafee", market).truthful
    assert not audit("k-double-auction", market).truthful_any_type


def test_a_cloud_of_capacity_moves_nobodys_tolerance() -> None:
    market = Market(bid=[10.0, 7.0, 4.0], ask=[0.0, 20.0], capacity=[1, 10**9])
    assert said(first_price, market) == "manipulable"
    tiny = Market(bid=[1e-9, 7e-10, 1e9], ask=[0.0])
    assert said(first_price, tiny) == "manipulable"


def test_losses_and_deficits_are_measured_by_the_money_that_moves() -> None:
    def loses(market: Any) -> Outcome:
        return Outcome([0, -1], [market.bid[0] + 1e-3, 0.0], [market.bid[0] + 2e-3, *([0.0] * (len(market.ask) - 1))])

    found = audit(loses, Market(bid=[1.0, 1e12], ask=[0.0, 1e12]))
    assert not found.individually_rational
    assert not found.weakly_budget_balanced


# --- budgets -----------------------------------------------------------------------------------------------------------


def test_a_cut_sweep_is_partial_and_no_verdict() -> None:
    found = audit(bisected, MARKET, most_pieces=50)
    assert found.truthful.status is Status.NOT_CHECKED
    assert found.truthful.scope.kind == "partial"
    assert "50 pieces" in found.truthful.witness
    assert not found.truthful
    assert found.monotone.status is Status.NOT_CHECKED
    began = time.perf_counter()
    found = audit(bisected, MARKET, seconds=0.3)
    assert time.perf_counter() - began < 5.0
    assert found.truthful.status is Status.NOT_CHECKED
    assert "0.3 s" in found.truthful.witness
    found = audit(ladder, MARKET, seconds=0.5)
    assert found.truthful.status is Status.FAILS
    assert found.truthful.scope.kind == "partial"


def test_time_is_shared_by_the_agents(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first buyer's endless ladder leaves time for the seller, who is the one that gains; the clock goes 1 ms a look."""
    looks = itertools.count()
    clock = SimpleNamespace(perf_counter=lambda: next(looks) / 1_000)
    monkeypatch.setattr("edgeworth.mechanisms.auditing.judge.time", clock)

    def rule(market: Any) -> Outcome:
        winner, price = first_and_second(list(market.bid))
        bisect.bisect_left(RUNGS, market.bid[winner])
        outcome = sold(market, winner, price)
        return Outcome(outcome.seller, outcome.payment, [price + market.ask[0]])

    found = audit(rule, MARKET, seconds=1.0)
    assert found.truthful.status is Status.FAILS
    assert found.truthful.witness.agent[0] == "seller"


def test_the_sweep_is_not_quadratic() -> None:
    def seconds(pieces: int) -> float:
        began = time.process_time()
        audit(bisected, MARKET, most_pieces=pieces)
        return time.process_time() - began

    seconds(20)
    few, many = seconds(50), seconds(400)
    assert many < 24.0 * few  # 8 times the pieces


def test_progress_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, logger="edgeworth.mechanisms.auditing"):
        audit("mcafee", da.generate(preset="unit", buyers=2, sellers=2, seed=0))
    assert [record.getMessage().split(":")[0] for record in caplog.records] == [
        "buyer 0 by price",
        "buyer 1 by price",
        "seller 0 by price",
        "seller 1 by price",
    ]


# --- honest rules are not accused --------------------------------------------------------------------------------------


def test_honest_rules_of_every_style_are_truthful() -> None:
    def sort_key(market: Any) -> Outcome:
        order = sorted(range(len(market.bid)), key=lambda i: -market.bid[i])
        return sold(market, order[0], market.bid[order[1]])

    def clarke(market: Any) -> Outcome:
        """By welfare with and without the winner: the bid is added and taken away again."""
        bids = list(market.bid)
        winner, _ = first_and_second(bids)
        total = sum(bid for i, bid in enumerate(bids) if i == winner)
        without = max((bid for i, bid in enumerate(bids) if i != winner), default=0.0)
        return sold(market, winner, without - (total - bids[winner]))

    def sampled_price(market: Any) -> Outcome:
        """The mean of the losers' bids as a reserve: nobody who could win moves it."""
        winner, price = first_and_second(list(market.bid))
        reserve = 0.5 * price
        return sold(market, winner, max(price, reserve))

    class Auctioneer:
        reserve = 2.0

        def __call__(self, market: Any) -> Outcome:
            winner, price = first_and_second(list(market.bid))
            if market.bid[winner] < self.reserve:
                return sold(market, -1, 0.0)
            return sold(market, winner, max(price, self.reserve))

    for rule in (sort_key, clarke, sampled_price, Auctioneer(), functools.partial(sort_key), Auctioneer().__call__):
        found = audit(rule, MARKET)
        assert found.truthful, rule
        assert found.truthful.scope.kind == "exhaustive"
        assert found.individually_rational


def test_procurement_by_the_suppliers_own_stake() -> None:
    tender = procurement.Tender(price=[3.0, 4.0, 1e12], utilisation=[0.1, 0.2, 0.3], weight=2.0, worth=1e13)
    assert audit("second-score", tender).truthful
    assert not audit("first-score", tender).truthful
