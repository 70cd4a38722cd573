"""Prices from a network: truthful whatever its weights are, trained for welfare, refused on what it was trained on."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

import edgeworth
from edgeworth.cli import main
from edgeworth.core.result import Termination
from edgeworth.mechanisms import double_auction as da
from edgeworth.mechanisms.auditing import Sampled, audit
from edgeworth.mechanisms.double_auction.learned.networks import drawn
from edgeworth.mechanisms.double_auction.learned.prices import INPUTS, inputs, shipped
from tests.oracles import learned_price as naive


def network(seed: int, floor: float = 0.3, hidden: int = 3) -> da.PriceNetwork:
    """Prices by random weights, some of them low."""
    sizes = (len(INPUTS), hidden, 1)
    theta = drawn(sizes, np.random.default_rng(seed))
    theta[-1] = 0.2
    return da.PriceNetwork(da.ReluNetwork.of(sizes, theta), floor)


def rule(net: da.PriceNetwork) -> da.Rule:
    return da.Rule("learned-price", da.LearnedPrice(net))


def oracle(net: da.PriceNetwork, leak: float = 0.0) -> Any:
    """The naive rule, without derived breakpoints: the auditor traces it."""

    def outcome(market: da.Market) -> da.Outcome:
        return da.Outcome(*naive.learned_price(market, net.network.weights, net.network.biases, net.floor, leak))

    return outcome


def sound(found: Any) -> bool:
    """Truthful for all types, rational with tours counted, balanced."""
    kept = (found.truthful, found.truthful_any_type, found.monotone, found.individually_rational, found.weakly_budget_balanced)
    return all(bool(verdict) for verdict in kept)


@pytest.mark.parametrize("seed", range(3))
def test_any_weights_are_truthful_rational_and_balanced(seed: int) -> None:
    for market in (
        da.generate(preset="fusion", buyers=4, sellers=3, seed=seed),
        da.generate(preset="multi-unit", buyers=4, sellers=2, seed=seed),
    ):
        found = audit(rule(network(seed)), market, rationality="utility")
        assert sound(found)
        assert str(found.truthful.scope) == "exhaustive"


def test_the_shipped_network_on_a_market_that_it_has_not_seen() -> None:
    found = audit("learned-price", da.generate(preset="fusion", seed=900_003), rationality="utility")
    assert sound(found)
    words = ["audit", "double-auction", "learned-price", "--preset", "fusion", "--seed", "3", "--rationality", "utility"]
    assert CliRunner().invoke(main, words).exit_code == 0


@pytest.mark.parametrize("seed", range(4))
def test_a_second_implementation_agrees_and_is_truthful_when_traced_whole(seed: int) -> None:
    net, market = network(seed), da.generate(preset="multi-unit", buyers=3, sellers=2, seed=seed)
    ours, theirs = da.run(rule(net), market), oracle(net)(market)
    assert ours.seller.tolist() == theirs.seller.tolist()
    assert ours.payment == pytest.approx(theirs.payment, abs=1e-9)
    assert ours.reward == pytest.approx(theirs.reward, abs=1e-9)
    assert sound(audit(oracle(net), market))


@pytest.mark.parametrize("seed", range(3))
def test_what_the_network_sees_of_a_routed_market(seed: int) -> None:
    market = da.generate(preset="fusion", buyers=5, sellers=3, seed=seed)
    candidate = market.bid >= 2.0
    expected = naive.seen(market, candidate.tolist(), 2.0, 2.0)
    assert inputs(market, candidate, 2.0, 2.0) == pytest.approx(np.array(expected, dtype=np.float64))


def test_no_bid_of_a_candidate_moves_a_price() -> None:
    net, market = network(1), da.generate(preset="fusion", buyers=5, sellers=3, seed=1)
    prices, _ = net.of(market)
    candidates = np.flatnonzero(np.isfinite(prices)).tolist()
    assert candidates
    for i in candidates:
        assert net.of(market.reported(("buyer", i), 10.0))[0].tolist() == prices.tolist()


def test_the_bids_of_those_who_refuse_do() -> None:
    theta = np.zeros(10)
    theta[6], theta[8] = 1.0, 1.0  # one ReLU unit that passes the input of the refused bids
    net = da.PriceNetwork(da.ReluNetwork.of((7, 1, 1), theta), 0.5)
    low, high = (da.Market(bid=[9.0, refused], ask=[1.0], history=(0.0, 10.0)) for refused in (1.0, 4.0))
    assert net.of(low)[0][0] == pytest.approx(5.0 + 10.0 * 0.2 / 2)
    assert net.of(high)[0][0] == pytest.approx(5.0 + 10.0 * 0.8 / 2)


def test_a_planted_leak_of_the_own_bid_is_caught() -> None:
    net = network(0, floor=0.0)
    market = da.Market(bid=[9.0, 7.0, 3.0], ask=[1.0, 2.0], demand=[1, 2, 1], capacity=[2, 2], history=(2.0, 10.0))
    assert sound(audit(oracle(net), market))
    leaking = oracle(net, leak=0.1)
    found = audit(leaking, market)
    assert not found.truthful
    assert found.truthful.witness.replay(leaking) > 0.0
    assert not audit(leaking, market, scope=Sampled(50, 0)).truthful


def test_prices_of_the_others_bids_alone_are_not_truthful() -> None:
    """Two buyers compete for one unit. Each is offered half of the other's bid: buyer 0 lowers its bid to price itself in."""

    def by_the_others(market: da.Market) -> da.Outcome:
        price = [market.bid[1] * 0.5, market.bid[0] * 0.5]
        able = [i for i in (0, 1) if market.bid[i] >= price[i] and price[i] >= market.ask[0]]
        winner = max(able, key=lambda i: price[i], default=-1)
        paid = [price[i] if i == winner else 0.0 for i in (0, 1)]
        return da.Outcome([0 if i == winner else -1 for i in (0, 1)], paid, [paid[0] + paid[1]])

    found = audit(by_the_others, da.Market(bid=[10.0, 9.0], ask=[1.0]))
    assert not found.truthful
    assert found.truthful.witness.agent == ("buyer", 0)
    assert found.truthful.violation == pytest.approx(5.5)


def test_training_is_repeatable_and_never_worse_on_its_history() -> None:
    arguments: Any = {"markets": 6, "hidden": 2, "generations": 4, "pairs": 2, "buyers": 4, "sellers": 3}
    one, two = da.train_learned_price(**arguments, seed=1), da.train_learned_price(**arguments, seed=1)
    assert one == two
    assert one != da.train_learned_price(**arguments, seed=2)
    assert one.training_seeds == tuple(range(500_000, 500_006))
    judged = replace(one, training_seeds=())
    worth = [0.0, 0.0]
    for seed in one.training_seeds:
        market = da.generate(preset="fusion", buyers=4, sellers=3, seed=seed)
        for j, mechanism in enumerate((rule(judged), "posted-procurement")):
            worth[j] += da.welfare(market, da.run(mechanism, market))
    assert worth[0] >= worth[1] - 1e-9


def test_markets_of_the_training_seeds_are_refused() -> None:
    market = da.generate(preset="fusion", seed=shipped().training_seeds[0])
    with pytest.raises(ValueError, match="must not have been trained on the seed"):
        da.run("learned-price", market)
    with pytest.raises(ValueError, match="must not have been trained on the seed"):
        da.solve(market, method="learned-price")
    assert all(500_000 <= seed < 900_000 for seed in shipped().training_seeds)


def test_files_and_results(tmp_path: Path) -> None:
    net = replace(network(3), training_seeds=(4, 7))
    net.save(tmp_path / "net.npz")
    assert da.PriceNetwork.load(tmp_path / "net.npz") == net
    np.savez(tmp_path / "other.npz", floor=np.array([0.1]))
    with pytest.raises(edgeworth.FileFormatError, match="holds no network of prices"):
        da.PriceNetwork.load(tmp_path / "other.npz")
    net.save(tmp_path / "net.npz")
    with np.load(tmp_path / "net.npz") as stored:
        arrays = dict(stored)
    hollow = {"weights_0": np.zeros((0, 7)), "biases_0": np.zeros(0), "weights_1": np.zeros((1, 0))}
    np.savez(tmp_path / "hollow.npz", **(arrays | hollow))
    with pytest.raises(edgeworth.FileFormatError, match="holds no network of prices"):
        da.PriceNetwork.load(tmp_path / "hollow.npz")
    market = da.generate(preset="fusion", buyers=3, sellers=2, seed=0)
    result = da.solve(market, method="learned-price", params=da.LearnedPrice(net))
    result.save(tmp_path / "r.json")
    loaded: Any = edgeworth.load(tmp_path / "r.json")
    assert loaded.params == da.LearnedPrice(net)
    assert da.verify(market, loaded)


def test_it_needs_a_history() -> None:
    market = da.Market(bid=[3.0, 2.0], ask=[1.0])
    with pytest.raises(ValueError, match="must have a history of bids for 'learned-price'"):
        da.run("learned-price", market)
    assert da.solve(market, method="learned-price").termination is Termination.REFUSED
    narrow = replace(da.generate(preset="fusion", buyers=3, sellers=2, seed=0), history=(0.0, 5e-324))
    assert sound(audit(rule(network(0)), narrow, rationality="utility"))
    level = da.Market(bid=[3.0, 2.0], ask=[1.0], history=(2.0, 2.0))
    assert da.run("learned-price", level).payment.tolist() in ([2.0, 0.0], [0.0, 2.0])
    assert da.run("learned-price", da.Market(bid=[], ask=[], history=(0.0, 1.0))).payment.tolist() == []


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: da.LearnedPrice(3), TypeError, "network: must be a PriceNetwork or None"),
        (lambda: da.PriceNetwork(3, 0.1), TypeError, "network: must be a ReluNetwork"),
        (lambda: da.PriceNetwork(da.ReluNetwork.of((2, 1), np.zeros(3)), 0.1), ValueError, "network: must have 7 inputs"),
        (lambda: replace(network(0), floor=1.5), ValueError, "floor: "),
        (lambda: replace(network(0), training_seeds=3), ValueError, "training_seeds: must have shape"),
        (lambda: da.ReluNetwork((((1.0,),),), ()), ValueError, "biases: must be one a layer"),
        (lambda: da.ReluNetwork((((1.0,),), ((1.0, 1.0),)), ((0.0,), (0.0,))), ValueError, "weights: must take the 1 outputs"),
        (lambda: da.ReluNetwork((((np.nan,),),), ((0.0,),)), ValueError, "weights: must be finite"),
        (lambda: network(0).network([1.0]), ValueError, "inputs: must be 7 numbers"),
        (lambda: da.train_learned_price(first_seed=900_000), ValueError, "seed: must be below 900000"),
        (lambda: da.train_learned_price(first_seed=899_999, markets=2), ValueError, "first_seed: must leave 2 seeds"),
        (lambda: da.train_learned_price(markets=0), ValueError, "markets: "),
        (lambda: da.train_learned_price(pairs=0), ValueError, "pairs: "),
        (lambda: da.train_learned_price(markets=1, buyers=11), ValueError, "must have at most 10 buyers"),
    ],
)
def test_errors_name_the_argument(call: Any, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        call()


def test_more_welfare_than_a_posted_price_on_held_out_markets() -> None:
    shares = []
    for seed in range(900_000, 900_100):
        market = da.generate(preset="fusion", seed=seed)
        optimum = da.solve(market, method="optimum").value
        assert optimum is not None
        outcomes = [da.run(name, market) for name in ("learned-price", "posted-procurement")]
        assert da.surplus(outcomes[0]) >= -1e-9
        shares.append([da.welfare(market, outcome) / optimum for outcome in outcomes])
    learned, posted = np.mean(shares, axis=0)
    assert learned > posted + 0.01
