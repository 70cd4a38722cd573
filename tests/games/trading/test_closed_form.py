"""The method closed-form: the paper's equations (18) and (26) where they hold, a refusal that names the condition elsewhere."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from edgeworth import Quality, Stop, Termination
from edgeworth.games import trading
from edgeworth.games.trading import TradingGame, follower_equilibrium
from edgeworth.games.trading.exact.closed_form import broken_condition
from tests.cases.trading import game


def _equal_roles(rng: np.random.Generator) -> TradingGame:
    """One role ratio, weights and rewards that differ by about 1 / N: interior at all prices or not, as it comes."""
    n = int(rng.integers(2, 30))
    low = rng.uniform(1.0, 15.0)
    high = low * rng.uniform(1.0, 1.5)
    noise = rng.uniform(-1.0, 1.0, (2, n)) * rng.uniform() / n
    return TradingGame.from_effective_reward(
        np.full(n, rng.uniform(0.05, 1.0)),
        rng.uniform(0.4, 0.6) * (1.0 + noise[0]),
        rng.uniform(1500.0, 2000.0) * (1.0 + noise[1]),
        service_profit=0.4 * rng.uniform() * low,
        unit_cost=1.2 * rng.uniform() * high,
        min_demand=rng.uniform(0.0, 5.0),
        max_demand=rng.uniform(50.0, 2000.0),
        min_price=low,
        max_price=high,
    )


def test_it_proves_the_optimum_where_it_applies_and_refuses_elsewhere() -> None:
    applied = 0
    for seed in range(200):
        problem = _equal_roles(np.random.default_rng(seed))
        result = trading.solve(problem, method="closed-form")
        assert trading.verify(problem, result)
        if result.termination is Termination.REFUSED:
            assert result.solution is None
            assert "equations (18) and (26) do not apply" in result.notes[0]
            continue
        applied += 1
        assert result.quality is Quality.OPTIMAL
        assert result.value == pytest.approx(trading.solve(problem, method="exact").value, rel=1e-9)
        assert result.require().price in (problem.min_price, problem.max_price)
    assert 50 <= applied <= 150


def test_the_price_follows_the_sign_of_the_derivative() -> None:
    """(26) rises with the price where A C > D and falls where A C < D."""
    rising = trading.generate(preset="interior")
    assert trading.solve(rising, method="closed-form").require().price == rising.max_price
    falling = replace(rising, unit_cost=0.0)
    assert trading.solve(falling, method="closed-form").require().price == falling.min_price


def test_a_demand_that_leaves_its_interval_between_the_ends_is_found() -> None:
    """F_0 is a quadratic of the total demand, greatest at p = 40 / 9, where it is .45 of the total 18 (by hand)."""
    problem = game(
        3, role_ratio=0.5, payment_weight=[0.5, 19.0 / 78.0, 19.0 / 78.0], effective_reward=[40.0, 80.0 / 39.0, 80.0 / 39.0],
        service_profit=2.0, unit_cost=1.0, min_demand=0.0, max_demand=1e6, min_price=4.4, max_price=4.49,
    )  # fmt: skip
    assert follower_equilibrium(problem, 40.0 / 9.0, method="closed-form")[0] == pytest.approx(8.1)
    ends = [
        follower_equilibrium(problem, price, method="closed-form").max() for price in (problem.min_price, problem.max_price)
    ]
    assert max(ends) < 8.1
    capped = replace(problem, max_demand=0.5 * (8.1 + float(max(ends))))
    assert broken_condition(capped, problem.min_price, problem.min_price) is None
    assert broken_condition(capped, problem.max_price, problem.max_price) is None
    broken = broken_condition(capped, problem.min_price, problem.max_price)
    assert broken is not None
    assert "at the price 4.44444 consumer 0 would ask for 8.1, more than F_max" in broken
    assert trading.solve(capped, method="closed-form").termination is Termination.REFUSED


REFUSED = {
    "unequal": ({"role_ratio": [0.1, 0.2]}, "role ratios must be equal and positive"),
    "nobody mines": ({"role_ratio": 0.0}, "role ratios must be equal and positive"),
    "no reward": ({"effective_reward": [500.0, 0.0]}, "consumer 1 has no effective reward"),
    "alone": ({"n": 1}, "one consumer alone has no interior demand"),
    "cost": ({"service_profit": 12.0}, "consumer 0 gains 5.8 by it at the price 10"),
    "share": (
        {"n": 3, "effective_reward": [500.0, 500.0, 1.0]},
        "at the price 10 consumer 2 would ask for -0.61755",
    ),
    "too much": ({"max_demand": 12.0}, "at the price 10 consumer 0 would ask for 39.0625, more than F_max = 12"),
    "too little": ({"min_demand": 20.0}, "at the price 20 consumer 0 would ask for 15.2439, less than F_min = 20"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_the_refusal_names_the_condition(name: str) -> None:
    changed, words = REFUSED[name]
    result = trading.solve(game(**changed), method="closed-form")
    assert result.termination is Termination.REFUSED
    assert result.solution is None
    assert result.bound is None
    assert words in result.notes[0]


def test_no_time_is_no_answer() -> None:
    result = trading.solve(trading.generate(preset="interior"), method="closed-form", stop=Stop(seconds=0.0))
    assert result.termination is Termination.TIME
    assert result.solution is None
