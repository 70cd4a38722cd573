"""Scheduling in the token market: equal to a naive twin, the ledger's invariants, the bound of idle minting, environments."""

from __future__ import annotations

import copy
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from edgeworth.core.jit import jit
from edgeworth.mechanisms import token_market
from edgeworth.solvers import scheduling
from edgeworth.solvers.scheduling import Episode, Market, generate, play_in_market, vector_env
from edgeworth.solvers.scheduling.env.engine import Engine
from edgeworth.solvers.scheduling.env.observation import MARKET, TOKENS, view_of
from edgeworth.solvers.scheduling.market.kernels.amounts import rounded_up
from edgeworth.solvers.scheduling.market.play import RULES, MarketPlay
from edgeworth.solvers.scheduling.model.simulation import rule
from tests.oracles import scheduling_rules as twin_rules
from tests.oracles.scheduling_market import Acting, Dealer
from tests.solvers.scheduling.cases import random_episode

SETTLEMENTS = ("escrow", "optimistic", "lock-first")
MARKETS = [Market(economy, settlement=each) for economy in ("backed", "literal") for each in SETTLEMENTS]
POOR: dict[str, Any] = {"grant": (25.0, 0.02, 60.0), "stake": 30.0, "period": 4.0}
"""A few tasks' worth: funds run out in short episodes."""
METHODS = ("random", "earliest-finish", "threshold", "greedy-cost", "local")


@jit
def up(number: float, factor: int, over: int) -> Any:
    return rounded_up(number, factor, over)


def twin_policy(method: str, problem: Episode, seed: int) -> Any:
    draws = np.random.default_rng(seed).random(problem.tasks).tolist()
    return {
        "local": twin_rules.local,
        "random": twin_rules.random(draws),
        "earliest-finish": twin_rules.earliest_finish,
        "greedy-cost": twin_rules.greedy_cost,
        "threshold": twin_rules.threshold(2.0),
    }[method]


def sound(problem: Episode, run: scheduling.MarketRun, market: Market) -> None:
    """What holds of every run: the ledger's invariants, the schedule's rules, and no cash made or lost but by fines."""
    assert not token_market.violations(run.ledger)
    assert not scheduling.violations(problem, run.schedule)
    np.testing.assert_array_equal(scheduling.simulate(problem, run.schedule).status, run.outcome.status)
    granted = round(market.grant[2] * 1000) * problem.devices
    assert run.ledger.minted["CASH"] == granted
    assert round(run.cash.sum() * 1000) == granted - run.ledger.slashed["CASH"]
    accounts = [run.ledger.account(k + 1) for k in range(problem.devices)]
    assert all(each.locked == {"CTK": 0, "PTK": 0, "CASH": 0} for each in accounts)  # every deal is settled


# --- against the twin -----------------------------------------------------------------------------------------------------


def compared(problem: Episode, market: Market, method: str, seed: int, together: bool) -> scheduling.MarketRun:
    """The run, which is the twin's: the same decisions, and ledgers equal to the last byte."""
    play = MarketPlay(problem, market, together)
    draws = np.random.default_rng(seed).random(problem.tasks)
    play.go(rule(RULES[method], 2.0 if method == "threshold" else 0.0, draws=draws))
    run, twin = play.run(), Dealer(problem, twin_policy(method, problem, seed), market, token_market, together)
    theirs = twin.run()
    np.testing.assert_array_equal(run.schedule.device, theirs.device)
    np.testing.assert_array_equal(run.schedule.decided, theirs.decided)
    np.testing.assert_allclose(run.schedule.start, theirs.start, atol=1e-9)
    assert run.counts == {name: twin.counts[name] for name in run.counts}
    assert run.ledger.digest() == twin.ledger.digest()
    sound(problem, run, market)
    recorded = SimpleNamespace(state=run.ledger, records=twin.records, rules=run.ledger.rules, endowed=())
    report = token_market.verify(recorded, every=200)  # I1 to I13, by the plain rules, of every command
    assert report, report.failures
    return run


def test_equals_the_twin_command_by_command() -> None:
    """Every market and rule, in turn and together, deaths, all channels and orders; tasks wait, and suppliers stay unpaid."""
    met, fines = dict.fromkeys(("offloads", "closed", "waits", "unpaid"), 0), 0
    for seed in range(24):
        market = replace(MARKETS[seed % 6], **(POOR if seed % 4 else {}))
        problem = random_episode(seed, **({"service": "sharing"} if seed % 7 == 0 else {}))
        run = compared(problem, market, METHODS[(seed + seed // 6) % 5], seed, seed % 3 == 0)
        met = {name: met[name] + run.counts[name] for name in met}
        fines += run.ledger.slashed["CASH"]
    assert all(count > 5 for count in met.values()), met
    assert fines > 0


def test_a_choice_that_cannot_be_paid_any_more_is_kept() -> None:
    """Device 2 of 4 GFLOP/s mints 52 CTK at 0 s and sells 28; 24 are left at 5 s: enough for one of two times 20."""
    tasks: dict[str, Any] = {"arrival": [0.1, 0.1, 4.9, 4.9], "source": [0, 1, 0, 1], "work": [14.0, 14.0, 20.0, 20.0]}
    problem = Episode([0.5, 0.5, 4.0], 4000.0, 400.0, 5.0, 0.5, **tasks, data=[0.1] * 4, horizon=10.0, mask="off")
    run = compared(problem, Market(period=100.0, grant=(0.0, 0.0, 100.0)), "earliest-finish", 0, True)
    assert run.schedule.device.tolist() == [2, 2, 2, 1]
    assert (run.counts["refused"], run.counts["offloads"]) == (1, 3)


def test_amounts_are_rounded_up_exactly() -> None:
    """As `token_market.rules.tokens` rounds them, on numbers at whole base units and beside them too."""
    rng = np.random.default_rng(0)
    some = np.concatenate(
        [rng.uniform(0.0, 30.0, 500), rng.integers(0, 10**8, 500) / 1e6, rng.integers(0, 10**6, 500) * 9 / 2500]
    )
    for number in np.concatenate([some, np.nextafter(some, 0.0), np.nextafter(some, 100.0), [0.0, 25.0, 1e6]]).tolist():
        expected = token_market.tokens(number, number)
        assert (up(number, 10**6, 1), up(number, 2500, 9)) == expected, number


# --- the economies --------------------------------------------------------------------------------------------------------


@given(
    capacity=st.lists(st.floats(0.5, 6.0), min_size=1, max_size=3),
    grant=st.floats(0.0, 100.0),
    horizon=st.floats(20.0, 200.0),
    seed=st.integers(0, 2**32),
)
@settings(max_examples=40, deadline=None)
def test_idle_minting_caps_utilisation_at_one_half(capacity: list[float], grant: float, horizon: float, seed: int) -> None:
    """The theorem: who burns a CTK a GFLOP and mints one a GFLOP of idle time works at most T / 2 + g / (2 C) seconds of T."""
    rng, devices = np.random.default_rng(seed), len(capacity)
    arrival = np.sort(rng.uniform(0.0, horizon, int(horizon * devices)))  # more than they could do
    tasks: dict[str, Any] = {
        "arrival": arrival,
        "source": rng.integers(0, devices, len(arrival)),
        "data": np.ones(len(arrival)),
    }
    problem = Episode(capacity, 1e5, 0.0, 5.0, 0.5, work=rng.uniform(3.0, 8.0, len(arrival)), **tasks, horizon=horizon)
    market = Market("literal", grant=(grant, 0.0, 0.0), stake=0.0)
    run = play_in_market(problem, market=market)
    bound = 0.5 * problem.end + grant / (2.0 * problem.capacity)
    assert (run.outcome.busy <= bound + 1e-6).all()
    assert not token_market.violations(run.ledger)  # I11: no more burned than minted


def test_the_reference_values_of_the_literal_economy() -> None:
    """Table II, all tasks at home: success .121 without minting; with it .883, at a utilisation of .499 of N T."""
    problems = [generate(rate=0.25, seed=seed) for seed in range(20)]
    for minting, success, used in ((False, 0.121, None), (True, 0.883, 0.499)):
        runs = [play_in_market(each, market=Market("literal", minting=minting)) for each in problems]
        found = [run.measures["success"] for run in runs]
        error = float(np.std(found, ddof=1)) / len(found) ** 0.5
        assert abs(np.mean(found) - success) < 4.0 * error * 2.0**0.5  # the reference is a mean of as many
        if used is not None:
            assert np.mean([run.measures["utilisation"] * 615.0 / 600.0 for run in runs]) == pytest.approx(used, abs=0.01)


def test_who_is_left_unpaid() -> None:
    """Where nothing is locked before settlement, literal balances are promised twice; backed promises are capped by stakes."""
    problem = generate(devices=5, horizon=200.0, rate=0.25, seed=0)
    for market in MARKETS:
        run = play_in_market(problem, "random", market=market, seed=0)
        sound(problem, run, market)
        assert run.counts["offloads"] > 20
        assert (run.counts["unpaid"] > 0) == (market.economy == "literal" and market.settlement == "optimistic"), market


def test_a_lock_comes_first_where_it_must() -> None:
    problem = generate(devices=3, horizon=60.0, rate=0.25, seed=1)
    run = play_in_market(problem, "random", market=Market(settlement="lock-first"), seed=0)
    away = run.schedule.device != problem.source
    np.testing.assert_array_equal(run.schedule.delay, np.where(away, problem.chain_latency[:, 2], 0.0))
    assert away.sum() > 5


def test_what_backed_tokens_are_backed_by() -> None:
    """Idle devices of 2 GFLOP/s and 3,600 J above the floor: 26 CTK and a PTK, at 1 and 1,000 cash; of work, at most that."""
    tasks: dict[str, Any] = {"arrival": [0.1], "source": [0], "work": [25.0], "data": [0.1]}
    problem = Episode([2.0, 2.0], 4000.0, 400.0, 0.0, 0.0, **tasks, horizon=1.0, mask="off", link_rate=100.0)
    engine = Engine(1, view_of("market", 2, True), False, 0.0, Market())
    engine.fill([problem])
    account = engine.ledger(0).account(2)
    assert (account.reserve, account.issued) == ({"CTK": 26_000_000, "PTK": 1_000_000}, {"CTK": 26_000_000, "PTK": 1_000_000})
    named = dict(zip(view_of("market", 2, True).names, engine.seen[0, 0].tolist(), strict=True))
    assert [named[name] for name in (*TOKENS, *MARKET)] == pytest.approx([0.26, 0.02, 0.8, 1.0, 1.0, 0.26, 0.02, 1.0])
    run = play_in_market(problem, "threshold", params=scheduling.Threshold(0.0))
    assert run.schedule.device.tolist() == [0]  # an idle source keeps its task
    assert run.ledger.minted["CASH"] == 200_000


def test_a_dead_device_attests_nothing() -> None:
    problem = random_episode(3)
    run = play_in_market(problem, "random", seed=0)
    dead = np.flatnonzero(run.outcome.died >= 0.0)
    assert len(dead)
    for k in dead.tolist():
        assert run.ledger.account(k + 1).period <= run.outcome.died[k] / 5.0 + 1.0


# --- environments ---------------------------------------------------------------------------------------------------------


def acted(problem: Episode, market: Market, observe: str, seed: int) -> tuple[Engine, dict[str, list[Any]]]:
    """One copy played to its end by random open actions, and what it showed."""
    engine = Engine(1, view_of(observe, problem.devices, True), False, 0.0, market)
    engine.fill([problem])
    rng = np.random.default_rng(seed)
    shown: dict[str, list[Any]] = {name: [] for name in ("seen", "mask", "actions", "rewards", "decided")}
    while not engine.over[0]:
        shown["seen"].append(engine.seen[0].copy())
        shown["mask"].append(engine.opened[0].copy())
        actions = chosen(engine.opened, rng)
        engine.play(actions)
        shown["actions"].append(actions[0])
        shown["rewards"].append(engine.reward[0].copy())
        shown["decided"].append(engine.decided[0].copy())
    return engine, shown


def chosen(mask: NDArray[np.bool_], rng: np.random.Generator) -> NDArray[np.int64]:
    return np.where(mask, rng.random(mask.shape), -1.0).argmax(axis=-1)


def test_an_environment_is_the_twin_epoch_by_epoch() -> None:
    waited = 0
    for seed in range(12):
        market = replace(MARKETS[seed % 6], **(POOR if seed % 2 else {}))
        problem, observe = random_episode(seed), ("market", "priced")[seed // 2 % 2]
        engine, ours = acted(problem, market, observe, seed)
        twin = Acting(problem, ours["actions"], market, token_market)
        found = twin.run()
        count = problem.devices
        for t, mask in enumerate(twin.masks):
            np.testing.assert_array_equal(ours["mask"][t], mask, err_msg=f"episode {seed}, epoch {t}")
            market_seen = [row[:8] for row in twin.seen[t]]
            seen = ours["seen"][t]
            own = seen[:, -8:] if observe == "market" else seen[:, :8]
            np.testing.assert_allclose(own, market_seen, rtol=1e-5, atol=1e-6, err_msg=f"episode {seed}, epoch {t}")
            if observe == "priced":
                prices = seen[:, 8:].reshape(count, count, -1)[:, :, -1]
                np.testing.assert_allclose(prices, [row[8:] for row in twin.seen[t]], rtol=1e-5, atol=1e-6)
        decided = np.concatenate([each[each >= 0] for each in ours["decided"]])
        assert sorted(decided.tolist()) == [j for j, when in enumerate(found.decided) if when >= 0.0]
        assert engine.ledger(0).digest() == twin.ledger.digest()
        waited += twin.counts["waits"]
    assert waited > 5


def test_features_of_before_are_the_same_with_a_market() -> None:
    """Where all can pay, the market changes nothing of what is not its own: the ablation without market information."""
    problem = random_episode(2)
    rich = Market("literal", grant=(1e5, 1e5, 1e5))
    for observe in ("own", "peers", "candidates", "graph"):
        plain = Engine(1, view_of(observe, problem.devices), True, 24_000.0)
        traded = Engine(1, view_of(observe, problem.devices, True), True, 24_000.0, rich)
        for engine in (plain, traded):
            engine.fill([problem])
        rng = np.random.default_rng(0)
        while not plain.over[0]:
            for name in ("seen", "opened", "active", "whole", "reward"):
                np.testing.assert_array_equal(getattr(plain, name), getattr(traded, name))
            actions = chosen(plain.opened, rng)
            for engine in (plain, traded):
                engine.play(actions)
        assert traded.over[0]


def test_keeping_everything_is_the_rule_local() -> None:
    problem = generate(devices=3, horizon=60.0, rate=0.25, seed=4)
    for market in (Market(), Market("literal", grant=(5.0, 1.0, 1.0), stake=1.0)):
        env = vector_env(1, problems=[problem], market=market)
        env.reset()
        ended, total = False, 0.0
        while not ended:
            last = env.ledger(0)
            _, reward, terminated, *_, infos = env.step(np.zeros((1, 3), np.int64))
            ended, total = bool(terminated[0]), total + float(reward.sum())
        run = play_in_market(problem, market=market)
        assert total == pytest.approx(-run.measures["cost"] * problem.tasks, rel=1e-9)
        assert infos["final_costs"][0].sum() == pytest.approx(-total, rel=1e-9)
        assert last.minted == run.ledger.minted
        assert (run.counts["waits"] > 0) == (market.economy == "literal")


def test_all_environments_deal_in_the_same_market() -> None:
    problem = generate(devices=3, horizon=20.0, rate=0.25, seed=1)
    many = vector_env(1, problems=[problem], observe="priced", market=Market())
    agents = scheduling.parallel_env(problem, observe="priced", market=Market())
    joint = scheduling.gym_env(problem, observe="priced", market=Market())
    _, infos = many.reset()
    agents.reset()
    joint.reset()
    assert many.observation_names == agents.observation_names == joint.observation_names
    rng = np.random.default_rng(0)
    for _ in range(30):
        action = chosen(infos["action_mask"], rng)
        seen, *_, infos = many.step(action)
        told = agents.step({f"device_{i}": int(each) for i, each in enumerate(action[0])})[0]
        np.testing.assert_array_equal(seen[0], [told[agent]["observation"] for agent in agents.possible_agents])
        np.testing.assert_array_equal(seen.ravel(), joint.step(action[0])[0])
        assert many.ledger(0).digest() == agents.ledger().digest() == joint.ledger().digest()


def test_copies_are_what_they_would_be_alone() -> None:
    problems = [generate(devices=3, horizon=20.0, rate=0.25, seed=seed) for seed in range(3)]
    for market in MARKETS[::2]:
        together = Engine(3, view_of("priced", 3, True), False, 0.0, market)
        alone = [Engine(1, view_of("priced", 3, True), False, 0.0, market) for _ in problems]
        together.fill(problems)
        for engine, problem in zip(alone, problems, strict=True):
            engine.fill([problem])
        rng = np.random.default_rng(0)
        while not together.over[0]:
            actions = chosen(together.opened, rng)
            together.play(actions)
            for c, engine in enumerate(alone):
                engine.play(actions[c : c + 1])
                np.testing.assert_array_equal(engine.seen[0], together.seen[c])
                np.testing.assert_array_equal(engine.reward[0], together.reward[c])
        assert [engine.ledger(0).digest() for engine in alone] == [together.ledger(c).digest() for c in range(3)]


def test_snapshots_and_copies_go_on() -> None:
    settings_: dict[str, Any] = {"devices": 3, "horizon": 12.0, "observe": "priced", "market": Market()}
    env = vector_env(2, seed=0, **settings_)
    _, infos = env.reset()
    rng = np.random.default_rng(0)
    for _ in range(20):
        _, *_, infos = env.step(chosen(infos["action_mask"], rng))
    kept, twin, other = env.snapshot(), copy.deepcopy(env), vector_env(2, seed=5, **settings_)
    other.restore(kept)
    for _ in range(60):  # into the next episode
        actions = chosen(infos["action_mask"], rng)
        seen, *_, infos = env.step(actions)
        for each in (twin, other):
            np.testing.assert_array_equal(each.step(actions)[0], seen)
            assert each.ledger(1).digest() == env.ledger(1).digest()
    for market in (None, Market("literal")):
        with pytest.raises(ValueError, match="same scenario"):
            vector_env(2, seed=0, **(settings_ | {"market": market, "observe": "own"})).restore(kept)


def test_nothing_of_the_future_is_seen() -> None:
    """Later tasks, and the latency of what is not settled yet, change no observation and no mask."""
    problem = generate(devices=4, horizon=40.0, rate=0.25, seed=2)
    until, rng = 20.0, np.random.default_rng(0)
    late = problem.arrival > until
    work = np.where(late, rng.uniform(3.0, 8.0, problem.tasks), problem.work)
    unsettled = problem.arrival > until - 5.0  # Delta before it can be
    latency = np.where(unsettled[:, None], problem.chain_latency + 1.0, problem.chain_latency)
    other = replace(problem, work=work, chain_latency=latency)
    for market in (MARKETS[0], MARKETS[1], MARKETS[3], MARKETS[4]):  # a lock that comes first is felt at once
        one, two = (acted(each, market, "priced", 0) for each in (problem, other))
        epochs = int(until / problem.epoch)
        for name in ("seen", "mask"):
            np.testing.assert_array_equal(one[1][name][:epochs], two[1][name][:epochs])
        first, second = (play_in_market(each, "earliest-finish", market=market).schedule for each in (problem, other))
        assert first.decided is not None
        early = (first.decided >= 0.0) & (first.decided < until)
        np.testing.assert_array_equal(first.device[early], second.device[early])


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        ({"economy": "gold"}, ValueError), ({"settlement": "never"}, ValueError), ({"minting": 1}, TypeError),
        ({"period": 0.0}, ValueError), ({"work_price": 5_000.0}, ValueError), ({"power_price": float("nan")}, ValueError),
        ({"grant": [1.0, 1.0, 1.0]}, TypeError), ({"grant": (1.0, 1.0, -1.0)}, ValueError), ({"stake": 101.0}, ValueError),
    ],
)  # fmt: skip
def test_markets_out_of_range_are_refused(wrong: dict[str, Any], error: type[Exception]) -> None:
    (name,) = wrong
    with pytest.raises(error, match=name):
        Market(**wrong)


def test_misuse_is_named() -> None:
    problem = generate(devices=2, horizon=5.0, seed=0)
    with pytest.raises(ValueError, match=r"observe: must be one of own, peers, candidates, graph where there is no market"):
        vector_env(1, problems=[problem], observe="priced")
    with pytest.raises(TypeError, match="market: must be a Market"):
        vector_env(1, problems=[problem], market="backed")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="ledger: must be asked"):
        vector_env(1, problems=[problem]).ledger(0)
    with pytest.raises(ValueError, match="ledger: must be asked"):
        vector_env(1, problems=[problem], market=Market()).ledger(0)
    with pytest.raises(ValueError, match="method"):
        play_in_market(problem, "b-auction")
    with pytest.raises(ValueError, match="params: must be None"):
        play_in_market(problem, "local", params=scheduling.Threshold())
    with pytest.raises(TypeError, match="params: must be a GreedyCost"):
        play_in_market(problem, "greedy-cost", params=scheduling.Threshold())
    with pytest.raises(TypeError, match="problem"):
        play_in_market(Market())  # type: ignore[arg-type]
    big = replace(problem, work=np.full(problem.tasks, 2e6))
    with pytest.raises(ValueError, match=r"work: must be at most 1e\+06 where there is a market"):
        play_in_market(big)
