"""The consumers' stage: exact to rounding for every parameter, against the oracle, the closed form and best responses."""

from __future__ import annotations

import logging
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeworth.games import trading
from edgeworth.games.trading import BestResponse, TradingGame, follower_equilibrium
from edgeworth.games.trading.check.regret import follower_regret
from edgeworth.games.trading.exact.follower import stage
from edgeworth.games.trading.model import equilibrium_of
from edgeworth.testing import trading_games
from tests.cases.trading import game
from tests.oracles import trading as oracle

TOLERANCE = 1e-9


def regret(problem: TradingGame, price: float, strong: bool = False) -> float:
    demands, _, passes = stage(problem, price, strong)
    assert passes <= 40
    return follower_regret(problem, equilibrium_of(problem, price, demands, strong=strong))[0]


@given(data=st.data())
def test_agrees_with_the_oracle(data: st.DataObject) -> None:
    problem = data.draw(trading_games(max_consumers=5))
    part = data.draw(st.sampled_from([0.0, 0.25, 0.5, 1.0]))
    price = min(problem.min_price + part * (problem.max_price - problem.min_price), problem.max_price)
    for tie_break in ("weak", "strong"):
        found = follower_equilibrium(problem, price, tie_break=tie_break)
        wanted = oracle.follower(problem, price, tie_break == "strong")
        assert found.tolist() == pytest.approx(wanted, rel=1e-6, abs=1e-9)
    assert regret(problem, price) <= TOLERANCE
    assert all(
        oracle.regret(problem, price, found.tolist(), i, 101) <= 1e-6 * (1.0 + problem.reward) for i in range(len(found))
    )


def _costs(kind: str, n: int, rng: np.random.Generator) -> tuple[Any, float, float]:
    """kappa / R at price 1 and the box, for `_contest`."""
    if kind == "twelve orders":
        return 10.0 ** rng.uniform(-6, 6, n), 0.0, 10.0 ** rng.uniform(-6, 6)
    if kind == "twelve orders, least demand":
        low = 10.0 ** rng.uniform(-6, 3)
        return 10.0 ** rng.uniform(-6, 6, n), low, low * 10.0 ** rng.uniform(0, 6)
    if kind == "equal":
        return np.full(n, 0.01), 0.0, 1e5
    if kind == "nearly equal":
        return 0.01 * (1.0 + rng.uniform(-0.4, 0.4, n) / n), 0.0, 1e5 / n
    if kind == "mixed":
        return 0.01 * (1.0 + rng.uniform(-3, 3, n) / n), 10.0 / n, 2000.0 / n
    if kind == "negative":
        return rng.uniform(-0.5, 1.0, n), 0.0, 10.0 ** rng.uniform(-3, 2)
    if kind == "negative, interior":
        return np.where(rng.random(n) < 0.1, -1.0, 0.01 * (1.0 + rng.uniform(-0.2, 0.2, n) / n)), 0.0, 300.0 / n
    return rng.lognormal(0.0, 2.0, n), 0.5 / n, 20.0 / n


KINDS = (
    "twelve orders", "twelve orders, least demand", "equal", "nearly equal",
    "mixed", "negative", "negative, interior", "spread",
)  # fmt: skip
INTERIOR = ("equal", "nearly equal", "mixed", "negative, interior")


def _contest(kind: str, n: int, seed: int) -> TradingGame:
    """kappa_i / R_i given: u_i p - (1 - beta_i) C_b = cost beta_i R_i at p = 1, R_i = 1 up to where the margin is needed."""
    rng = np.random.default_rng(seed)
    cost, low, high = _costs(kind, n, rng)
    beta = rng.uniform(0.05, 0.9, n)
    margin = 1.0
    weight = cost * beta + (1.0 - beta) * margin
    reward = np.ones(n)
    if (weight < 0.0).any():  # a margin large enough for the negative costs
        margin = 20.0
        weight = cost * beta + (1.0 - beta) * margin
    return TradingGame.from_effective_reward(
        beta, np.maximum(weight, 0.0), reward, service_profit=margin, unit_cost=0.0,
        min_demand=low, max_demand=high, min_price=1.0, max_price=1.0,
    )  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("n", [2, 3, 30, 1000, 50_000])
def test_no_regret_whatever_the_costs(kind: str, n: int) -> None:
    for seed in range(5 if n <= 1000 else 1):
        problem = _contest(kind, n, seed)
        demands, power, passes = stage(problem, 1.0)
        found = equilibrium_of(problem, 1.0, demands)
        assert follower_regret(problem, found)[0] <= TOLERANCE
        assert passes <= 40
        assert float(problem.role_ratio @ demands) == pytest.approx(power, rel=1e-9)
        if kind in INTERIOR and n >= 1000:
            inside = (demands > problem.min_demand) & (demands < problem.max_demand)
            assert inside.mean() >= 0.1


def test_a_million_consumers_take_few_passes_and_regret_nothing() -> None:
    problem = trading.generate(preset="random", consumers=1_000_000, seed=1)
    price = 0.5 * (problem.min_price + problem.max_price)
    demands, _, passes = stage(problem, price)
    assert passes <= 25
    assert ((demands > problem.min_demand) & (demands < problem.max_demand)).mean() >= 0.1
    assert follower_regret(problem, equilibrium_of(problem, price, demands))[0] <= TOLERANCE


def test_a_cost_of_exactly_nothing_is_worth_the_most() -> None:
    """kappa_i = 0 with a reward: the share rises in the own demand, so F_max is the best reply, as for kappa_i < 0."""
    problem = game(
        3, payment_weight=[0.5, 0.5, 0.6], role_ratio=0.5, service_profit=12.0, effective_reward=50.0, min_demand=0.0
    )
    assert (problem.payment_weight * 12.0 - problem.service_margin).tolist()[:2] == [0.0, 0.0]
    demands = follower_equilibrium(problem, 12.0)
    assert demands[:2].tolist() == [100.0, 100.0]
    assert regret(problem, 12.0) == 0.0


def test_closed_form_is_the_papers_equation_18() -> None:
    problem = trading.generate(preset="interior")
    cost = (0.5 * 15.0 - 0.9 * 2.0) / problem.effective_reward[0]
    total = 9.0 / (10.0 * cost)
    expected = total - total**2 * cost
    assert follower_equilibrium(problem, 15.0, method="closed-form").tolist() == pytest.approx([expected] * 10)
    assert follower_equilibrium(problem, 15.0).tolist() == pytest.approx([expected] * 10, rel=1e-13)


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "unequal": ({"role_ratio": [0.1, 0.2]}, "role ratios must be equal and positive, they run from 0.1 to 0.2"),
    "nobody mines": ({"role_ratio": 0.0}, "role ratios must be equal and positive"),
    "no reward": ({"effective_reward": [500.0, 0.0]}, "consumer 1 has no effective reward"),
    "alone": ({"n": 1}, "one consumer alone has no interior demand"),
    "cost": ({"service_profit": 220.0}, "a unit of demand must cost something, consumer 0 gains"),
    "share": ({"n": 3, "effective_reward": [500.0, 500.0, 1.0]}, "must be below the sum of a_j / R_j"),
    "too much": ({"max_demand": 2.0}, "more than F_max = 2"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_closed_form_refuses_with_the_reason(name: str) -> None:
    changed, words = REFUSED[name]
    with pytest.raises(ValueError, match="method: 'closed-form' does not apply") as caught:
        follower_equilibrium(game(**changed), 12.0, method="closed-form")
    assert words in str(caught.value)


@pytest.mark.parametrize("preset", trading.PRESETS)
def test_best_responses_lead_to_the_same_demands(preset: str) -> None:
    problem = trading.generate(preset=preset, seed=0)
    price = 0.5 * (problem.min_price + problem.max_price)
    other = follower_equilibrium(problem, price, method="best-response")
    assert other.tolist() == pytest.approx(follower_equilibrium(problem, price).tolist(), rel=1e-6)


def test_best_responses_that_do_not_converge_say_so(caplog: pytest.LogCaptureFixture) -> None:
    problem = trading.generate(preset="interior")
    with caplog.at_level(logging.WARNING):
        follower_equilibrium(problem, 15.0, method="best-response", params=BestResponse(damping=1.0, rounds=50))
    assert "has not converged in 50 rounds" in caplog.text


def test_uniqueness_without_condition_14() -> None:
    """Theorem 3 assumes 2 (N - 1) a_i / R_i < sum_j a_j / R_j for every i, which summed says N < 2. It is true anyway."""
    problem = trading.generate(preset="interior")
    cost = (0.5 * 15.0 - problem.service_margin) / problem.effective_reward
    assert not (2 * 9 * cost < cost.sum()).any()
    exact = follower_equilibrium(problem, 15.0)
    for damping in (0.02, 0.1, 0.15):
        params = BestResponse(damping=damping)
        found = follower_equilibrium(problem, 15.0, method="best-response", params=params)
        assert found.tolist() == pytest.approx(exact.tolist(), rel=1e-6)


MISUSE: dict[str, tuple[Any, type[Exception], str]] = {
    "game": (lambda: follower_equilibrium(3, 12.0), TypeError, "game: must be a TradingGame"),  # type: ignore[arg-type]
    "low": (lambda: follower_equilibrium(game(), 9.0), ValueError, "price: must be at least 10.0; got 9.0"),
    "high": (lambda: follower_equilibrium(game(), 20.5), ValueError, "price: must be at most 20.0; got 20.5"),
    "nan": (lambda: follower_equilibrium(game(), float("nan")), ValueError, "price: must be finite"),
    "text": (lambda: follower_equilibrium(game(), "12"), TypeError, "price: must be a real number"),  # type: ignore[arg-type]
    "method": (lambda: follower_equilibrium(game(), 12.0, method="newton"), ValueError, "method: must be one of"),
    "tie": (lambda: follower_equilibrium(game(), 12.0, tie_break="none"), ValueError, "tie_break: must be one of weak, strong"),
    "params": (
        lambda: follower_equilibrium(game(), 12.0, params=BestResponse()), ValueError, "params: must be a BestResponse, for"
    ),
    "damping": (lambda: BestResponse(damping=0.0), ValueError, "damping: must be above 0.0; got 0.0"),
    "rounds": (lambda: BestResponse(rounds=0), ValueError, "rounds: must be at least 1; got 0"),
}  # fmt: skip


@pytest.mark.parametrize("name", MISUSE)
def test_misuse(name: str) -> None:
    call, error, words = MISUSE[name]
    with pytest.raises(error) as caught:
        call()
    assert words in str(caught.value)
