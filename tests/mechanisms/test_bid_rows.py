"""Bid rows b_ik: their mean ranks a buyer, the entry counts where a seller looks, a report scales the row."""

from __future__ import annotations

import pickle
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import edgeworth
from edgeworth import Termination
from edgeworth.mechanisms import double_auction as da
from edgeworth.mechanisms.auditing import Sampled, audit
from edgeworth.mechanisms.double_auction.model import NotApplicableError
from edgeworth.mechanisms.double_auction.rules import RULES
from edgeworth.testing import markets

ROWS = [[9.0, 3.0], [5.0, 5.0], [2.0, 6.0]]
MARKET = da.Market.from_rows(ROWS, [1.0, 2.0], demand=[2, 1, 3], capacity=[4, 3])
SCALED = da.Market.from_rows([[5.0, 2.0], [1.0, 5.5]], [1.7, 1.3], demand=[2, 3], capacity=[4, 5])


def test_a_bid_is_the_mean_of_its_row() -> None:
    assert MARKET.bid.tolist() == [6.0, 5.0, 4.0]
    assert da.Market([6.0], [1.0, 2.0], bid_rows=[[9.0, 3.0]]).bid_rows is not None
    assert da.Market([], [], bid_rows=np.zeros((0, 0))).buyers == 0
    assert da.Market([1.0], [], bid_rows=np.zeros((1, 0))).sellers == 0


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: da.Market([6.0], [1.0, 2.0], bid_rows=[[9.0, 4.0]]), "bid_rows: must have in row 0 the mean 6.0"),
        (lambda: da.Market([6.0], [1.0], bid_rows=[[9.0, 3.0]]), "bid_rows: must have shape 1 x 1"),
        (lambda: da.Market.from_rows([[-1.0, 2.0]], [1.0, 2.0]), "bid_rows: must be at least 0"),
        (lambda: da.Market.from_rows([[float("nan")]], [1.0]), "bid_rows: must be finite"),
        (lambda: da.Market.from_rows([[]], []), "bid_rows: must have a column"),
        (lambda: da.Market.from_rows([[1e240]], [1.0], demand=[10**12]), "below 1e\\+250"),
        (lambda: replace(MARKET, bid=MARKET.bid + 1.0), "bid_rows: must have in row 0"),
    ],
)
def test_misuse_is_named(call: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()


def test_rows_are_stored_hashed_and_written(tmp_path: Path) -> None:
    plain = replace(MARKET, bid_rows=None)
    assert plain.hash != MARKET.hash
    assert "bid_rows" not in plain.to_payload().arrays  # so that markets without rows keep their hashes
    other = da.Market.from_rows([[3.0, 9.0], *ROWS[1:]], MARKET.ask, demand=MARKET.demand, capacity=MARKET.capacity)
    assert other.bid.tolist() == MARKET.bid.tolist()
    assert other.hash != MARKET.hash
    copies = [pickle.loads(pickle.dumps(MARKET))]
    for ending in ("json", "npz"):
        MARKET.save(tmp_path / f"m.{ending}")
        copies.append(edgeworth.load(tmp_path / f"m.{ending}"))
    for copy in copies:
        assert copy.hash == MARKET.hash
        assert copy.bid_rows.tolist() == ROWS


def test_labelled_rows_are_brought_into_order() -> None:
    table = pd.DataFrame([[9.0, 3.0], [1.0, 2.0]], index=["a", "b"], columns=["x", "y"])
    market = da.Market.from_rows(table, pd.Series([2.0, 1.0], index=["y", "x"]), buyer_names=["b", "a"])  # type: ignore[arg-type]
    assert market.bid_rows is not None
    assert market.bid.tolist() == [1.5, 6.0]
    assert market.ask[market.seller_names.index("x")] == 1.0  # type: ignore[union-attr]
    assert market.bid_rows[1, market.seller_names.index("x")] == 9.0  # type: ignore[union-attr]


def test_a_report_is_a_mean_and_scales_the_row() -> None:
    told = MARKET.reported(("buyer", 2), 2.0)
    assert told.bid_rows is not None
    assert told.bid.tolist() == [6.0, 5.0, 2.0]
    assert told.bid_rows.tolist() == [*ROWS[:2], [1.0, 3.0]]
    level = da.Market.from_rows([[0.0, 0.0]], [1.0, 2.0]).reported(("buyer", 0), 3.0)
    assert level.bid_rows is not None
    assert level.bid_rows.tolist() == [[3.0, 3.0]]
    assert MARKET.reported(("seller", 0), 3.0).bid_rows is MARKET.bid_rows or MARKET.reported(("seller", 0), 3.0).ask[0] == 3.0
    exact = MARKET.exact(("buyer", 2), 2)
    assert exact.spread is not None
    assert [exact.bid[2] * part for part in exact.spread[2]] == [1, 3]


def test_the_entry_decides_who_is_a_candidate_and_the_mean_who_is_ranked() -> None:
    """Equations 26 and 27: b_ik > a_k, though the mean is below the ask; and the other way round."""
    above = da.Market.from_rows([[9.0, 1.0]], [4.0, 6.0])
    assert da.run("off-aic2", above).seller.tolist() == [0]
    below = da.Market.from_rows([[3.0, 9.0]], [4.0, 7.0], capacity=[1, 1])  # mean 6: only seller 0 is ranked, whom it bids 3
    assert da.run("off-aic2", below).seller.tolist() == [-1]
    dear = da.Market.from_rows([[9.0, 1.0], [4.0, 10.0]], [6.5, 1.0])  # means 5 and 7
    for band in ("market", "pair", "pivot"):
        outcome = da.run("off-aic2", dear, params=da.OffAic2(band=band))
        assert np.all(outcome.payment <= dear.bid * dear.demand + 1e-12), band  # a buyer's value is its mean


@given(market=markets(routed=False, max_buyers=3), which=st.sampled_from(["off-aic2", "off-aic2-myerson", "pay-as-report"]))
@settings(max_examples=15)
def test_level_rows_are_no_rows(market: da.Market, which: str) -> None:
    if not market.sellers:
        return
    level = replace(market, bid_rows=np.tile(market.bid[:, None], market.sellers))
    for band in ("market", "pair", "pivot"):
        params = da.OffAic2(band=band)
        one, two = da.run(which, market, params=params), da.run(which, level, params=params)
        assert one.seller.tolist() == two.seller.tolist()
        assert one.payment.tolist() == two.payment.tolist()
        assert one.reward.tolist() == two.reward.tolist()


@pytest.mark.parametrize("rule", sorted(RULES))
def test_rules_that_know_one_bid_a_buyer_say_so(rule: str) -> None:
    unit = da.Market.from_rows([[9.0, 3.0], [5.0, 5.0]], [1.0, 2.0], history=(0.0, 10.0))
    if RULES[rule].rows:
        assert not da.violations(unit, da.run(rule, unit))
        return
    with pytest.raises(NotApplicableError, match=f"must have no bid rows for rule '{rule}'"):
        da.run(rule, unit)
    result = da.solve(unit, method=rule)
    assert result.termination is Termination.REFUSED
    assert "bid rows" in result.notes[0]
    assert da.run(rule, replace(unit, bid_rows=None)).seller.shape == (2,)
    with pytest.raises(NotApplicableError, match="bid rows"):
        audit(rule, unit)


def test_welfare_counts_the_mean() -> None:
    assert da.solve(MARKET, method="optimum").value == da.solve(replace(MARKET, bid_rows=None), method="optimum").value
    result = da.solve(MARKET)
    assert result.method == "off-aic2"
    assert da.verify(MARKET, result)


@pytest.mark.parametrize("market", [MARKET, SCALED])
def test_audits_vary_the_mean(market: da.Market) -> None:
    for name in ("off-aic2", "pay-as-report"):
        found, sampled = audit(name, market), audit(name, market, scope=Sampled(10, 1))
        assert found.individually_rational
        assert sampled.truthful.violation <= found.truthful.violation + 1e-7
        if not found.truthful:
            assert found.truthful.witness.replay(name) == pytest.approx(found.truthful.witness.gain)
    assert not audit("pay-as-report", market).truthful


def first_column(market: Any) -> da.Outcome:
    """The highest entry for seller 0 wins and pays the ask."""
    seller, payment, reward = [-1] * market.buyers, [0.0] * market.buyers, [0.0] * market.sellers
    i = max(range(market.buyers), key=lambda i: market.bid_rows[i][0])
    if market.bid_rows[i][0] > market.ask[0]:
        seller[i], payment[i], reward[0] = 0, market.ask[0] * market.demand[i], market.ask[0] * market.demand[i]
    return da.Outcome(seller, payment, reward)


def test_a_mechanism_of_ones_own_reads_rows_while_it_is_traced() -> None:
    """Buyer 2 bids 4 on average and 2 to seller 0: it wins from the mean 18 on, where that entry is 9."""
    found = audit(first_column, MARKET)
    assert str(found.truthful.scope) == "exhaustive"
    assert found.truthful.witness.replay(first_column) > 0.0
    value = da.critical_value(first_column, MARKET, ("buyer", 2), method="exact")
    assert value.value == 18.0
    assert da.critical_value(first_column, MARKET, ("buyer", 2)).value == pytest.approx(18.0)
