"""A network as a rule, and its regret: exact by tracing, beside the estimate by gradient ascent."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from edgeworth.mechanisms import double_auction as da
from edgeworth.mechanisms.auditing import audit
from edgeworth.mechanisms.double_auction.learned.networks import drawn, evolved, grained, parameters


@pytest.mark.parametrize("seed", range(3))
def test_the_exact_regret_is_never_below_the_estimate_and_replays(seed: int) -> None:
    market = da.generate(preset="multi-unit", buyers=3, sellers=2, seed=seed)
    rule = da.NetworkRule.drawn(3, 2, hidden=4, seed=seed)
    regret = da.exact_regret(rule, market, starts=4, steps=8)
    assert str(regret.verdict.scope) == "exhaustive"
    assert regret.exact >= regret.estimated * (1.0 - 1e-9)
    assert regret.estimated == max(regret.by_agent.values()) >= 0.0
    if regret.witness is not None:
        assert 0.0 < regret.witness.replay(rule) <= regret.exact * (1.0 + 1e-9)
    if regret.estimate is not None:
        assert regret.estimate.replay(rule) == pytest.approx(regret.estimated)


def test_some_network_is_not_truthful() -> None:
    market = da.generate(preset="unit", buyers=3, sellers=2, seed=0)
    assert any(
        da.exact_regret(da.NetworkRule.drawn(3, 2, hidden=4, seed=seed), market, starts=1).exact > 0.1 for seed in range(3)
    )


@pytest.mark.parametrize("seed", range(3))
def test_it_is_rational_and_balanced_whatever_its_weights_are(seed: int) -> None:
    rule = da.NetworkRule.drawn(4, 3, hidden=3, layers=1, seed=seed)
    market = da.generate(preset="multi-unit", buyers=4, sellers=3, seed=seed)
    found = audit(rule, market)
    assert found.individually_rational
    assert found.strongly_budget_balanced
    assert da.verify(market, rule(market))
    assert da.solve(market, method=rule).require().seller.tolist() == rule(market).seller.tolist()


def test_known_regrets() -> None:
    market = da.Market(bid=[10.0], ask=[0.0])
    regret = da.exact_regret("k-double-auction", market, starts=3, steps=20)  # the price is the mean: the buyer bids the ask
    assert regret.exact == pytest.approx(5.0)
    assert regret.estimated == pytest.approx(5.0)
    truthful = da.exact_regret("vcg", market)
    assert (truthful.exact, truthful.estimated, truthful.witness, truthful.estimate) == (0.0, 0.0, None, None)


def test_the_ascent_misses_what_lies_beyond_a_valley() -> None:
    def pit(market: da.Market) -> da.Outcome:
        """The buyer pays its bid, but for a narrow window of bids, at which it pays nothing."""
        price = 0.0 if 1.0 < market.bid[0] < 1.001 else market.bid[0]
        return da.Outcome([0], [price], [price])

    market = da.Market(bid=[10.0], ask=[0.0])
    regret = da.exact_regret(pit, da.Market(bid=[2.0], ask=[0.0], history=None), starts=2, steps=3)
    assert regret.exact == pytest.approx(2.0)
    assert da.exact_regret(pit, market, starts=1, steps=0).estimated < regret.exact < da.exact_regret(pit, market).exact


def test_a_budget_that_ends_first_is_said() -> None:
    market = da.generate(preset="unit", buyers=3, sellers=2, seed=0)
    regret = da.exact_regret("vcg", market, seconds=0.0, starts=1, steps=0)
    assert np.isnan(regret.exact)
    assert "partial" in str(regret)


def test_the_network_is_the_same_one_by_one_and_in_batches() -> None:
    sizes = (3, 5, 4, 2)
    theta = drawn(sizes, np.random.default_rng(0))
    assert len(theta) == parameters(sizes)
    net = da.ReluNetwork.of(sizes, theta)
    rows = np.random.default_rng(1).normal(size=(6, 3))
    assert net.batch(rows) == pytest.approx(np.array([net(row.tolist()) for row in rows]))
    assert da.ReluNetwork.stored(net.arrays) == net
    assert (grained(theta) * 1024 % 1.0 == 0.0).all()


def test_the_evolution_strategy_climbs() -> None:
    goal = np.array([1.0, -2.0, 0.5])

    def score(theta: Any, generation: int) -> float:
        return -float(np.square(theta - goal).sum())

    found = evolved(score, np.zeros(3), generations=300, pairs=4, spread=0.1, step=0.05, rng=np.random.default_rng(0))
    assert found == pytest.approx(goal, abs=0.1)
    same = evolved(score, goal, generations=3, pairs=1, spread=0.1, step=0.5, rng=np.random.default_rng(0))
    assert same.tolist() == goal.tolist()  # nothing is better than the first


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: da.ReluNetwork.of((2, 3), np.zeros(50)), ValueError, "theta: must have shape 9"),
        (lambda: da.ReluNetwork((np.zeros((0, 2)),), (np.zeros(0),)), ValueError, "weights: must have at least one input and"),
        (lambda: da.ReluNetwork((np.zeros((3, 0)),), (np.zeros(3),)), ValueError, "weights: must have at least one input and"),
        (lambda: da.NetworkRule(3, 1, 1), TypeError, "network: must be a ReluNetwork"),
        (lambda: da.NetworkRule(da.ReluNetwork.of((2, 1), np.zeros(3)), 1, 1), ValueError, "network: must have 2 inputs and 3"),
        (lambda: da.NetworkRule.drawn(0, 1), ValueError, "buyers: must be at least 1"),
        (lambda: da.NetworkRule.drawn(1, 1, hidden=0), ValueError, "hidden: must be at least 1"),
        (
            lambda: da.NetworkRule.drawn(2, 1)(da.Market(bid=[1.0], ask=[1.0])),
            ValueError,
            "market: must be plain, with 2 buyers",
        ),
        (lambda: da.exact_regret("vcg", 3), TypeError, "problem: must be a Market"),
        (lambda: da.exact_regret("none", da.Market(bid=[1.0], ask=[1.0])), ValueError, "mechanism: must be one of"),
        (lambda: da.exact_regret("vcg", da.Market(bid=[1.0], ask=[1.0]), starts=0), ValueError, "starts: must be at least 1"),
        (lambda: da.exact_regret("vcg", da.Market(bid=[1.0], ask=[1.0]), rate=0.0), ValueError, "rate: "),
    ],
)
def test_errors_name_the_argument(call: Any, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        call()
