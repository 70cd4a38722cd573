"""Bidders that learn find what the auditor finds, and nothing where there is nothing to find."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from edgeworth.learning import Exp3, MinimaxQ
from edgeworth.mechanisms import double_auction as da
from edgeworth.mechanisms.auditing import Sampled


def learned(rule: Any, **arguments: Any) -> da.LearnedBidding:
    """A short run."""
    return da.learned_bidders(rule, **{"rounds": 4_000, "passes": 3, "reports": 17, "zooms": 0, "seed": 0} | arguments)


def split(market: da.Market) -> da.Outcome:
    """The first buyer and the first seller trade half-way, where they can: the buyer gains by bidding the ask."""
    trade = market.bid[0] >= market.ask[0]
    price = (market.bid[0] + market.ask[0]) * 0.5 if trade else 0.0
    return da.Outcome([0 if trade else -1], [price], [price])


def test_it_finds_a_known_manipulation() -> None:
    market = da.Market(bid=[10.0], ask=[0.0])
    out = da.learned_bidders(split, problem=market, rounds=4_000, seed=1)
    assert out.gain_exact == pytest.approx(5.0)
    assert out.gain_found == pytest.approx(5.0)
    assert out.recovered == pytest.approx(1.0)
    assert out.found is not None
    assert (out.found.agent, out.found.report) == (("buyer", 0), 0.0)
    assert out.found.replay(split) == out.gain_found
    buyer, seller = out.bids
    assert buyer.grid_gain >= buyer.gain > buyer.mean_gain
    assert 9.0 < seller.report <= 10.0
    assert 0.0 in buyer.reports
    assert buyer.policy.sum() == pytest.approx(1.0)
    assert buyer.policy.argmax() == 0


@pytest.mark.parametrize(("learner", "seed"), [("exp3", 0), ("wolf-phc", 1)])
def test_it_recovers_what_the_audit_finds_under_off_aic2(learner: str, seed: int) -> None:
    out = learned("off-aic2", preset="multi-unit", learner=learner, seed=seed, rounds=20_000, passes=1)
    assert out.gain_found >= 0.9 * out.gain_exact > 0.0
    assert out.gain_found <= out.gain_exact * (1.0 + 1e-9)
    assert out.found is not None
    assert out.found.replay("off-aic2") == pytest.approx(out.gain_found)
    assert str(out.audit.scope) == "exhaustive"


@pytest.mark.parametrize("rule", ["vcg", "rank-procurement", "posted-procurement", "learned-price"])
def test_it_finds_nothing_under_a_truthful_rule_and_stays_at_the_truth(rule: str) -> None:
    out = learned(rule, preset="multi-unit", buyers=4, sellers=2, seed=3)
    assert out.gain_exact == 0.0
    assert (out.gain_found, out.found) == (0.0, None)
    assert out.recovered == 1.0
    assert out.rest
    assert out.welfare_lost == 0.0
    assert abs(out.regret) <= 1e-9
    assert out.profile.bid.tolist() == out.market.bid.tolist()
    assert out.revenue == out.truthful_revenue


def test_differences_in_the_last_digit_are_no_gains() -> None:
    out = learned("vcg", preset="multi-unit", rounds=50, passes=1, reports=9, seed=4)
    assert max(bid.gain for bid in out.bids) > 0.0
    assert (out.gain_found, out.found) == (0.0, None)


def test_the_market_in_which_all_learn() -> None:
    market = da.Market(bid=[10.0], ask=[4.0])
    out = da.learned_bidders(split, problem=market, rounds=2_000, passes=6, reports=17, seed=0)
    assert len(out.passes) == len(out.welfares) <= 7
    assert out.passes[0].tolist() == [10.0, 4.0]
    assert out.truthful_welfare == 6.0
    assert out.welfares[0] == 6.0
    assert (out.truthful_revenue, out.revenue) == (0.0, 0.0)
    last = da.run(split, out.profile)
    assert da.welfare(out.profile, last, market.truth()) == out.welfares[-1]
    assert out.passes[-1].tolist() == [*out.profile.bid, *out.profile.ask]
    if out.rest:
        assert out.regret <= 1e-6


def test_the_same_seed_gives_the_same_answer() -> None:
    one, two = (learned("pay-as-report", preset="unit", buyers=2, sellers=2, seed=5) for _ in range(2))
    assert one.passes.tolist() == two.passes.tolist()
    assert [bid.policy.tolist() for bid in one.bids] == [bid.policy.tolist() for bid in two.bids]
    assert (one.gain_found, one.welfare, one.regret) == (two.gain_found, two.welfare, two.regret)
    other = da.learned_bidders("pay-as-report", problem=one.market, rounds=4_000, passes=3, reports=17, zooms=0, seed=6)
    assert [bid.policy.tolist() for bid in one.bids] != [bid.policy.tolist() for bid in other.bids]


def test_refused_ties_are_no_reports() -> None:
    rule = da.Rule("k-double-auction", tie_break="refuse")
    market = da.Market(bid=[8.0, 4.0], ask=[2.0, 5.0])
    out = learned(rule, problem=market)
    assert out.gain_exact > 0.0
    buyer = out.bids[0]
    assert 4.0 not in buyer.reports
    assert not np.isnan(buyer.gain)


def test_a_black_box_needs_samples() -> None:
    def rounding(market: da.Market) -> da.Outcome:
        price = float(np.floor(float(market.bid[0])))
        trade = price >= market.ask[0]
        return da.Outcome([0 if trade else -1], [price if trade else 0.0], [price if trade else 0.0])

    market = da.Market(bid=[9.5], ask=[1.0])
    with pytest.raises(ValueError, match=r"use Sampled\(n, seed\)"):
        learned(rounding, problem=market)
    out = learned(rounding, problem=market, scope=Sampled(50, 0))
    assert out.gain_exact >= 0.0
    assert "sampled" in str(out.audit.scope)
    assert out.gain_found > 0.0


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ({"learner": "ppo"}, ValueError, "learner: must be one of"),
        ({"learner": "minimax-q"}, ValueError, "learner: must be one of"),
        ({"learner": MinimaxQ()}, ValueError, "learner: must observe its own reward only"),
        ({"learner": 3}, TypeError, "learner: must be a learner"),
        ({"rounds": 0}, ValueError, "rounds: must be at least 1"),
        ({"zooms": -1}, ValueError, "zooms: must be at least 0"),
        ({"passes": 0}, ValueError, "passes: must be at least 1"),
        ({"reports": 4}, ValueError, "reports: must be odd"),
        ({"reports": 1}, ValueError, "reports: must be at least 3"),
        ({"seed": -1}, ValueError, "seed: must be at least 0"),
        ({"preset": "none"}, ValueError, "preset: must be one of"),
        ({"problem": 3}, TypeError, "problem: must be a Market or None"),
        ({"problem": da.Market(bid=[1.0], ask=[0.0]), "buyers": 3}, ValueError, "buyers: must not be given beside a problem"),
    ],
)
def test_errors_name_the_argument(arguments: dict[str, Any], error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        da.learned_bidders("vcg", **arguments)


def test_the_grid_and_its_zoom() -> None:
    market = da.Market(bid=[10.0], ask=[4.0])
    whole, closer = (
        da.learned_bidders(split, problem=market, rounds=4_000, reports=9, zooms=zooms).bids[0] for zooms in (0, 1)
    )
    assert whole.reports.tolist() == [0.0, 2.5, 5.0, 7.5, 10.0, 12.5, 15.0, 17.5, 20.0]
    assert (whole.report, whole.grid_gain) == (5.0, 2.5)
    assert closer.report == 4.375  # between 2.5 and 7.5
    assert closer.gain == closer.grid_gain == 2.8125


def test_an_empty_market_and_a_truth_of_zero() -> None:
    out = learned("vcg", problem=da.Market(bid=[], ask=[]))
    assert (out.bids, out.gain_found, out.gain_exact, out.regret, out.rest) == ((), 0.0, 0.0, 0.0, True)
    bid = learned("vcg", problem=da.Market(bid=[3.0], ask=[0.0])).bids[1]
    assert bid.truth == 0.0
    assert len(set(bid.reports.tolist())) == len(bid.reports)


def test_a_learner_of_ones_own_parameters() -> None:
    out = learned("k-double-auction", preset="unit", buyers=2, sellers=2, learner=Exp3(mixing=1.0))
    assert all(np.ptp(bid.policy) == 0.0 for bid in out.bids)  # it only explores
