"""The checker: planted faults are caught, regrets are those of the oracle, certificates cannot lie."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeworth.core.result import Certificate
from edgeworth.core.stop import Stop
from edgeworth.games import trading
from edgeworth.games.trading.check.regret import follower_regret, profits_at
from edgeworth.games.trading.check.stage import Stage
from edgeworth.games.trading.exact.follower import stage
from edgeworth.games.trading.model import equilibrium_of
from edgeworth.testing import FAULTS, Fault, trading_games, trading_profiles
from tests.cases.trading import CASES, game
from tests.oracles import trading as oracle

ALL = FAULTS["trading"]
RESULTS = {name: trading.solve(problem, method="exact") for name, problem in CASES.items()}


@pytest.mark.parametrize("fault", ALL, ids=lambda fault: fault.name)
def test_planted_faults_are_caught(fault: Fault) -> None:
    planted = 0
    for name, problem in CASES.items():
        faulty = fault(problem, RESULTS[name])
        if faulty is None:
            continue
        planted += 1
        report = trading.verify(problem, faulty)
        assert not report
        assert fault.verdict in report.failures, (name, str(report))
    assert planted >= 3


@given(data=st.data())
def test_regrets_are_those_of_the_oracle(data: st.DataObject) -> None:
    """The oracle looks at a grid of demands: its regret is at most the checker's, and close to it."""
    problem = data.draw(trading_games(min_consumers=2))
    profile = data.draw(trading_profiles(problem))
    _, deviation = follower_regret(problem, profile)
    demands = profile.demands.tolist()
    gains = [oracle.regret(problem, profile.price, demands, i, 401) for i in range(problem.consumers)]
    scale = float(problem.effective_reward.max()) + problem.max_demand * (problem.max_price + problem.service_profit) + 1e-9
    if deviation is None:
        assert max(gains) <= 1e-9 * scale
        return
    i = deviation.consumer
    assert i is not None
    assert deviation.replay(problem, profile) == pytest.approx(deviation.gain, abs=1e-9 * scale)
    assert deviation.gain >= gains[i] - 1e-9 * scale
    assert problem.min_demand <= deviation.action <= problem.max_demand


@given(problem=trading_games())
def test_the_checkers_own_follower_solver_agrees(problem: trading.TradingGame) -> None:
    prices = np.linspace(problem.min_price, problem.max_price, 7)[1:-1]
    wanted = [(p - problem.unit_cost) * stage(problem, p)[0].sum() for p in prices.tolist()]
    assert profits_at(problem, prices).tolist() == pytest.approx(wanted, rel=1e-6, abs=1e-6)


@given(data=st.data())
def test_any_profile_can_be_verified(data: st.DataObject) -> None:
    problem = data.draw(trading_games())
    report = trading.verify(problem, data.draw(trading_profiles(problem)))
    assert report["feasible"]
    assert report["record"]
    assert set(report) == {"feasible", "record", "epsilon", "reply", "ties", "leader"}


def _lying(result: Any, **changed: Any) -> Any:
    return replace(result, certificate=Certificate(result.certificate.kind, {**result.certificate.arrays, **changed}))


@pytest.mark.parametrize("preset", ["kink", "two-peaks", "random"])
def test_certificates_that_claim_too_much_prove_nothing(preset: str) -> None:
    problem = trading.generate(preset=preset, consumers=6, seed=1)
    result = trading.solve(problem, method="exact")
    assert result.certificate is not None
    arrays = result.certificate.arrays
    assert trading.verify(problem, result)["bound"]
    for name, factor in (("power_left", 0.99), ("power_right", 1.01)):
        assert not trading.verify(problem, _lying(result, **{name: arrays[name] * factor}))["bound"]
    narrow = _lying(result, e_high=np.zeros_like(arrays["e_high"]), e_low=np.full_like(arrays["e_low"], 1e6))
    assert not trading.verify(problem, narrow)["bound"]
    for name in arrays:
        missing = {key: values for key, values in arrays.items() if key != name}
        wrong = replace(result, certificate=Certificate(result.certificate.kind, missing))
        assert not trading.verify(problem, wrong)["bound"]
        assert not trading.verify(problem, _lying(result, **{name: arrays[name][:-1]}))["bound"]


def test_a_bound_of_another_kind_of_certificate_is_not_believed() -> None:
    problem = game()
    result = trading.solve(problem, method="exact")
    assert result.certificate is not None
    other = replace(result, certificate=Certificate("prices", dict(result.certificate.arrays)))
    assert not trading.verify(problem, other)["bound"]


def test_learners_are_measured_not_failed() -> None:
    problem = trading.generate(preset="kink")
    result = trading.solve(problem, method="wolf-phc", params=trading.Play(rounds=500), seed=0)
    report = trading.verify(problem, result)
    assert report
    assert report["epsilon"].violation > 1e-3
    assert report["epsilon"].witness is not None
    assert not trading.verify(problem, result.require())  # as an equilibrium it fails


def test_no_regret_at_a_tie_within_rounding() -> None:
    for threshold in (0.1, 1.0 / 3.0, 7.0):
        problem = game(3, role_ratio=0.0, payment_weight=0.3, service_profit=threshold, min_price=0.01)
        price = float(problem.threshold[0])
        for strong in (False, True):
            demands = stage(problem, price, strong)[0]
            assert follower_regret(problem, equilibrium_of(problem, price, demands, strong=strong))[0] == 0.0


MISUSE: dict[str, tuple[Any, type[Exception], str]] = {
    "game": (lambda: trading.verify(3, RESULTS["interior"]), TypeError, "problem: must be a TradingGame"),
    "answer": (lambda: trading.verify(game(), 3), TypeError, "answer: must be an Equilibrium or a Result"),
    "other game": (lambda: trading.verify(game(), RESULTS["interior"]), ValueError, "answer: must be a result of this problem"),
    "start": (lambda: trading.solve(game(), start=RESULTS["interior"].solution), ValueError, "start: not supported"),
    "threads": (lambda: trading.solve(game(), threads=2), ValueError, "threads: not supported"),
    "params": (lambda: trading.solve(game(), params=trading.Grid()), TypeError, "params: must be of type Exact"),
    "method": (lambda: trading.solve(game(), method="exakt"), ValueError, "did you mean 'exact'"),
}  # fmt: skip


@pytest.mark.parametrize("name", MISUSE)
def test_misuse(name: str) -> None:
    call, error, words = MISUSE[name]
    with pytest.raises(error) as caught:
        call()
    assert words in str(caught.value)


def test_demands_of_another_game_fail() -> None:
    report = trading.verify(game(), RESULTS["interior"].require())
    assert "demands: must hold one demand for each of 2" in str(report.failures["answer"])


@pytest.mark.parametrize("seed", range(40))
def test_profits_between_prices_are_those_of_each_price_alone(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whose place is known between two prices is known only where price, power and their product lie between theirs."""
    monkeypatch.setattr("edgeworth.games.trading.check.stage.FEW", 2)
    rng = np.random.default_rng(seed)
    n = 30
    problem = trading.TradingGame.from_effective_reward(
        rng.choice([0.0, 0.2, 0.5, 1.0], n),
        rng.choice([0.5, 0.8, 1.0], n) if seed % 2 else 10.0 ** rng.uniform(-3.0, 3.0, n),
        rng.choice([0.0, 1.0, 100.0], n) * rng.uniform(0.5, 2.0, n) * 10.0 ** rng.uniform(-2.0, 3.0) * bool(seed % 5),
        service_profit=float(rng.choice([0.0, 1.0, 10.0])),
        unit_cost=0.5,
        min_demand=0.1,
        max_demand=0.1 + float(10.0 ** rng.uniform(0.0, 3.0)),
        min_price=1.0,
        max_price=float(rng.choice([1.3, 20.0, 1e4])),
    )
    prices = np.linspace(problem.min_price, problem.max_price, 65)
    alone = [float(profits_at(problem, prices[k : k + 1])[0]) for k in range(len(prices))]
    np.testing.assert_allclose(profits_at(problem, prices), alone, rtol=1e-11)


def test_what_is_known_of_consumers_holds_for_no_more_prices_and_powers_than_before(monkeypatch: pytest.MonkeyPatch) -> None:
    """q = p X need not be monotone in p: ends of a part of the prices may have any q between those of the whole."""
    monkeypatch.setattr("edgeworth.games.trading.check.stage.FEW", 2)
    rewards = np.concatenate([np.full(25, 1e6), np.linspace(2800.0, 3400.0, 15)])
    problem = trading.TradingGame.from_effective_reward(
        np.full(40, 0.5),
        np.ones(40),
        rewards,
        service_profit=0.0,
        unit_cost=0.0,
        min_demand=0.0,
        max_demand=10.0,
        min_price=1.0,
        max_price=20.0,
    )
    whole = Stage.of(problem)
    part = whole.between(10.0, 11.0, 160.0, 135.0)
    assert 2 < len(part.contest[0]) < len(whole.contest[0])
    inner = part.between(11.0 * (1.0 - 1e-9), 11.0, 160.0, 160.0)
    assert inner is not part
    for side in (0, 2, 4):
        assert inner.box[side] >= part.box[side]
        assert inner.box[side + 1] <= part.box[side + 1]


@pytest.mark.parametrize(
    ("consumers", "fields"),
    [
        (2, {"role_ratio": 0.7876, "payment_weight": 1.159, "service_profit": 311.45, "reward": 0.0242, "unit_cost": 4.3629,
             "max_demand": 5.0617, "min_price": 57.0818, "max_price": 293.164}),
        (150, {"role_ratio": 0.36937, "payment_weight": 0.53737, "service_profit": 9593.457, "reward": 0.03202,
               "unit_cost": 90.657, "max_demand": 10046.96, "min_price": 11258.19, "max_price": 11270.125}),
    ],
)  # fmt: skip
def test_optima_pass_where_the_profit_of_service_is_large_beside_the_reward(consumers: int, fields: dict[str, Any]) -> None:
    each = {name: np.full(consumers, fields.pop(name)) for name in ("role_ratio", "payment_weight")}
    problem = trading.TradingGame(**each, **fields, min_demand=0.0)
    result = trading.solve(problem, method="exact", stop=Stop(seconds=10.0))
    assert trading.verify(problem, result)
