"""Suppliers that default and what the ledger remembers of them; bids of devices that choose the same supplier."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from edgeworth.learning.deep import ActionSpec, Policy, Scorer, Spec
from edgeworth.learning.deep.heads import Categorical
from edgeworth.mechanisms import token_market
from edgeworth.solvers import scheduling
from edgeworth.solvers.scheduling import Episode, Market, generate, play_in_market, vector_env
from edgeworth.solvers.scheduling.env.observation import CANDIDATE, MARKET, RECORD, TOKENS, view_of
from edgeworth.solvers.scheduling.market.play import RULES, MarketPlay
from edgeworth.solvers.scheduling.market.rules import reliability
from edgeworth.solvers.scheduling.model.simulation import rule
from tests.oracles.scheduling_bargain import Haggler
from tests.solvers.scheduling.cases import random_episode
from tests.solvers.scheduling.test_market import SETTLEMENTS, twin_policy

CROWD: dict[str, Any] = {"arrival": [0.1] * 4, "source": [0, 1, 2, 3], "work": [14.0, 15.0, 16.0, 17.0], "data": [0.1] * 4}
"""Four slow devices whose tasks all are best off at the fifth, which has room for three of them."""


def crowd() -> Episode:
    return Episode([0.5] * 4 + [4.0], 4000.0, 400.0, 5.0, 0.5, **CROWD, horizon=10.0)


def against_the_twin(problem: Episode, market: Market, method: str, seed: int) -> scheduling.MarketRun:
    """The run, all devices choosing together: the twin's decisions, counts and ledger."""
    play = MarketPlay(problem, market, True)
    play.go(rule(RULES[method], 2.0 if method == "threshold" else 0.0, draws=np.random.default_rng(seed).random(problem.tasks)))
    run, books = play.run(), play.books
    policy = twin_policy(method, problem, seed)
    twin = Haggler(problem, policy, market, token_market, True, default=books.default.tolist(), luck=books.luck.tolist())
    theirs = twin.run()
    np.testing.assert_array_equal(run.schedule.device, theirs.device)
    np.testing.assert_array_equal(run.schedule.decided, theirs.decided)
    np.testing.assert_array_equal(run.outcome.status, theirs.status)
    assert run.measures["cost"] == pytest.approx(theirs.value, rel=1e-9)
    assert run.counts == {name: twin.counts[name] for name in run.counts}
    assert run.rejected == theirs.rejected
    assert run.premium == twin.premium / 1000
    assert run.ledger.digest() == twin.ledger.digest()
    assert not token_market.violations(run.ledger)
    return run


def test_equals_the_twin_where_suppliers_default_and_rivals_bid() -> None:
    met, premium, rejected = dict.fromkeys(("defaults", "contests", "closed"), 0), 0.0, 0
    for seed in range(18):
        market = Market(
            settlement=SETTLEMENTS[seed % 3],
            default=(0.5, 0.6) if seed % 2 else (0.0, 0.0),
            tolerance=(1.0, 0.2)[seed // 2 % 2],
            bargain_rounds=(0, 3, 200)[seed // 6],
            grant=(0.0, 0.0, 60.0),
            increment=0.3,
        )
        problem = replace(random_episode(seed, epoch=2.0, deadline=9.0), margin=2.0)
        run = against_the_twin(problem, market, ("earliest-finish", "greedy-cost", "random")[seed // 2 % 3], seed)
        met = {name: met[name] + run.counts[name] for name in met}
        premium += run.premium
        rejected += run.rejected
    assert rejected > 3
    assert all(count > 3 for count in met.values()), met
    assert premium > 0.0


# --- defaults -------------------------------------------------------------------------------------------------------------


def test_a_supplier_that_always_defaults_pays_with_its_stake() -> None:
    market = Market(grant=(0.0, 0.0, 100.0), default=(1.0, 1.0))
    run = play_in_market(crowd(), "earliest-finish", market=market, together=True)
    handed = run.schedule.device == 4
    assert handed.sum() == run.counts["defaults"] == run.ledger.account(5).failed == 3
    assert (run.outcome.status[handed] == "abandoned").all()
    np.testing.assert_array_equal(run.outcome.end[handed], 0.1 + 15.0)
    assert (run.outcome.busy[4], run.measures["success"]) == (0.0, 0.0)
    assert run.cash[4] == 80.0  # its stake of 20 went to the first that claimed
    assert run.cash.sum() == pytest.approx(500.0 - run.ledger.slashed["CASH"] / 1000)


def test_who_defaults_is_the_episode_s() -> None:
    market = Market(default=(0.4, 0.7))
    drawn = np.array([reliability(market, generate(seed=seed)) for seed in range(40)])
    assert set(np.unique(drawn)) == {0.0, 0.7}
    assert 0.3 < (drawn > 0.0).mean() < 0.5
    np.testing.assert_array_equal(drawn[3], reliability(market, generate(seed=3)))
    np.testing.assert_array_equal(drawn[3], play_in_market(generate(seed=3), market=market).default)
    assert not reliability(Market(), generate(seed=3)).any()
    run = play_in_market(generate(seed=3), "earliest-finish", market=market)
    away = run.schedule.device != generate(seed=3).source
    share = run.counts["defaults"] / (run.default[run.schedule.device[away]] > 0.0).sum()
    assert 0.5 < share < 0.9
    assert not play_in_market(generate(seed=3), "local", market=market).counts["defaults"]


def test_a_record_closes_a_supplier() -> None:
    problem = generate(seed=0, rate=0.3)
    free, barred = (Market(default=(0.3, 1.0), tolerance=tolerance) for tolerance in (1.0, 0.2))
    open_run, run = (play_in_market(problem, "earliest-finish", market=each) for each in (free, barred))
    assert run.counts["defaults"] < 0.2 * open_run.counts["defaults"]
    assert run.measures["success"] > open_run.measures["success"]
    for k in np.flatnonzero(run.default):
        assert run.ledger.account(int(k) + 1).failed < 20
    clean = replace(barred, default=(0.0, 0.0))
    assert play_in_market(problem, "earliest-finish", market=clean).ledger.digest() == (
        play_in_market(problem, "earliest-finish", market=Market()).ledger.digest()
    )


def test_records_are_shown_where_asked_for() -> None:
    """ "reputed" is "priced" with two features more a candidate: those of the ledger."""
    settings: dict[str, Any] = {"devices": 3, "horizon": 60.0, "rate": 0.4, "seed": 1, "market": Market(default=(0.7, 0.9))}
    env, plain = vector_env(2, observe="reputed", **settings), vector_env(2, observe="priced", **settings)
    assert env.observation_names == view_of("reputed", 3, market=True).names
    seen, infos = env.reset()
    other, _ = plain.reset()
    rng, over, failed = np.random.default_rng(0), False, 0.0
    first, width = len(TOKENS) + len(MARKET), len(CANDIDATE) + 1
    while not over:
        each = seen[:, :, first:].reshape(2, 3, 3, width + len(RECORD))
        np.testing.assert_array_equal(seen[:, :, :first], other[:, :, :first])
        np.testing.assert_array_equal(each[..., :width], other[:, :, first:].reshape(2, 3, 3, width))
        accounts = [[env.ledger(c).account(k + 1) for k in range(3)] for c in range(2)]
        for c, i in zip(*np.nonzero(infos["active"]), strict=True):
            others = [accounts[c][k] for k in range(3) if k != i]
            expected = [[(a.done + a.failed) / 10, a.failed / max(1, a.done + a.failed)] for a in others]
            np.testing.assert_allclose(each[c, i, 1:, width:], expected, rtol=1e-6)
            assert not each[c, i, 0, width:].any()
            failed = max(failed, expected[0][1])
        actions = np.where(infos["action_mask"], rng.random((2, 3, 3)), -1.0).argmax(axis=2)
        seen, _, terminated, _, infos = env.step(actions)
        other, *_ = plain.step(actions)
        over = bool(terminated[0])
    assert failed > 0.5
    with pytest.raises(ValueError, match=r"observe: .* where there is no market"):
        vector_env(1, observe="reputed")


def test_a_policy_plays_in_a_market() -> None:
    """A linear scorer that is greedy is `greedy-cost`, all choosing together; one that minds records avoids who defaults."""
    devices, width = 10, len(CANDIDATE) + 1 + len(RECORD)
    names = view_of("reputed", devices, market=True).names
    spec = Spec(agents=devices, obs=len(names), action=ActionSpec.discrete(devices, masked=True), names=names)
    own = len(TOKENS) + len(MARKET)

    def policy(failed: float) -> Policy:
        weights = dict(zip(("end", "energy", "failed"), (-7.5, -16.0, failed), strict=True))
        column = [weights.get(each, 0.0) for each in (*CANDIDATE, "price", *RECORD)]
        matrix = np.array([[0.0]] * own + [[each] for each in column], np.float32)
        net = Scorer(own=own, features=width, hidden=())
        return Policy(name="linear", spec=spec, net=net, head=Categorical(devices), weights=(matrix, np.zeros(1, np.float32)))

    problem = generate(seed=4, horizon=200.0)
    market = Market(default=(0.4, 1.0))
    blind, minding = (play_in_market(problem, policy(each), market=market) for each in (0.0, -50.0))
    greedy = play_in_market(problem, "greedy-cost", market=market, together=True)
    np.testing.assert_array_equal(blind.schedule.device, greedy.schedule.device)
    assert blind.ledger.digest() == greedy.ledger.digest()
    assert minding.counts["defaults"] < 0.5 * blind.counts["defaults"]


# --- bargaining -----------------------------------------------------------------------------------------------------------


def test_rivals_bid_until_those_without_a_place_give_up() -> None:
    """Without bids the three earliest numbers win; in one round who lost pays one increment; in many all bid up to savings."""
    base = Market(grant=(0.0, 0.0, 100.0), increment=0.5)
    runs = [
        play_in_market(crowd(), "earliest-finish", market=replace(base, bargain_rounds=each), together=True)
        for each in (0, 1, 400)
    ]
    assert [run.schedule.device.tolist() for run in runs] == [[4, 4, 4, 3], [4, 4, 2, 4], [4, 4, 4, 3]]
    assert [run.premium for run in runs] == [0.0, 0.5, 150.0]
    assert [run.counts["contests"] for run in runs] == [0, 1, 1]
    assert all(run.rejected == 1 for run in runs)
    asked = runs[0].price
    np.testing.assert_allclose(runs[2].price[:3] - asked[:3], 50.0)
    assert runs[2].cash.sum() == pytest.approx(500.0)
    assert runs[2].cash[4] == pytest.approx(100.0 + runs[2].price.sum())


def test_nobody_bids_where_there_is_room() -> None:
    problem = generate(seed=2, horizon=120.0)
    plain, bidding = (
        play_in_market(problem, "greedy-cost", market=Market(bargain_rounds=rounds), together=True) for rounds in (0, 50)
    )
    assert bidding.counts["contests"] == 0
    assert plain.ledger.digest() == bidding.ledger.digest()
    np.testing.assert_array_equal(bidding.price > 0.0, bidding.schedule.device != problem.source)


def test_a_table_of_markets() -> None:
    markets = {"plain": Market(), "default": Market(default=(0.6, 1.0)), "bids": Market(bargain_rounds=5)}
    table = scheduling.market_sweep(markets, ["local", "earliest-finish"], seeds=range(2), horizon=60.0, rate=0.6)
    assert len(table) == 12
    rows = table.set_index(["market", "method", "seed"])
    run = play_in_market(generate(seed=1, horizon=60.0, rate=0.6), "earliest-finish", market=markets["default"], together=True)
    row = rows.loc[("default", "earliest-finish", 1)]
    assert row.defaults == run.counts["defaults"] / len(run.price)
    assert row.defaults == pytest.approx(row.to_defaulters * row.offloaded)  # they always do
    assert (row.cost, row.paid) == (run.measures["cost"], run.price.sum())
    assert not rows.loc["plain"][["to_defaulters", "defaults", "contested", "premium"]].any(axis=None)
    assert rows.loc["bids"].contested.max() > 0.0
    assert not rows.xs("local", level="method").paid.any()


@pytest.mark.parametrize(
    ("changes", "error", "text"),
    [
        ({"default": 0.5}, TypeError, "default: must be a tuple of two numbers"),
        ({"default": (0.5, 1.5)}, ValueError, "default: "),
        ({"tolerance": -0.1}, ValueError, "tolerance: "),
        ({"bargain_rounds": -1}, ValueError, "bargain_rounds: "),
        ({"bargain_rounds": 1, "economy": "literal"}, ValueError, "bargain_rounds: must be 0 in the literal economy"),
        ({"increment": 0.0}, ValueError, "increment: "),
    ],
)
def test_refusals(changes: dict[str, Any], error: type[Exception], text: str) -> None:
    with pytest.raises(error, match=text):
        Market(**changes)
