"""The game, its presets, its solution type, and the finite game made of it, against the oracle."""

from __future__ import annotations

import math
import pickle
from dataclasses import FrozenInstanceError, replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import edgeworth
from edgeworth.games import normal_form, trading
from edgeworth.games.trading import Equilibrium, TradingGame
from edgeworth.games.trading.model import equilibrium_of, profile_utilities, regime_of
from edgeworth.testing import trading_games, trading_profiles
from tests.cases.trading import game
from tests.oracles import trading as oracle


@given(data=st.data())
def test_utilities_value_and_rewards_agree_with_the_oracle(data: st.DataObject) -> None:
    problem = data.draw(trading_games())
    profile = data.draw(trading_profiles(problem))
    demands = profile.demands.tolist()
    assert problem.effective_reward.tolist() == pytest.approx(oracle.rewards(problem), rel=1e-12)
    expected = [oracle.utility(problem, profile.price, demands, i) for i in range(problem.consumers)]
    scale = max(map(abs, expected)) + float(problem.effective_reward.max()) + 1.0
    assert trading.utilities(problem, profile.price, demands).tolist() == pytest.approx(expected, abs=1e-12 * scale)
    assert trading.value(problem, profile) == oracle.profit(problem, profile.price, demands)
    assert not trading.violations(problem, profile)
    table = trading.measures(problem, profile)
    assert table["at_max"] + table["at_min"] + table["interior"] == pytest.approx(1.0)
    assert table["total_demand"] == pytest.approx(sum(demands))


@given(problem=trading_games())
def test_files_pickle_and_hash(problem: TradingGame, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("game") / "game.json"
    problem.save(path)
    for copy in (edgeworth.load(path), pickle.loads(pickle.dumps(problem))):
        assert copy.hash == problem.hash
        assert copy.provenance == problem.provenance
    assert replace(problem, unit_cost=problem.unit_cost + 1.0).hash != problem.hash


def test_the_presets_are_the_papers_table() -> None:
    table = trading.generate(preset="ai-bazaar")
    assert table.role_ratio.tolist() == [0.2] + [0.1] * 9
    assert (table.service_profit, table.unit_cost, table.reward) == (220.0, 5.0, 20_000.0)
    assert table.effective_reward[0] == pytest.approx(21_250.0 * math.exp(-0.2))
    assert trading.generate(preset="interior").role_ratio.tolist() == [0.1] * 10
    assert trading.generate(preset="kink").unit_cost == 3.0
    assert trading.generate(preset="two-peaks", consumers=4).role_ratio.tolist() == [0.2, 0.1, 0.1, 0.1]
    for preset in trading.PRESETS:
        one, two = (trading.generate(preset=preset, seed=7) for _ in range(2))
        assert one.hash == two.hash
        assert one.provenance.name == preset


def test_random_games_have_all_regimes_and_many_interior_demands() -> None:
    seen: set[str] = set()
    many = 0
    for seed in range(60):
        problem = trading.generate(preset="random", consumers=20, seed=seed)
        middle = 0.5 * (problem.min_price + problem.max_price)
        demands = trading.follower_equilibrium(problem, middle)
        seen.add(regime_of(problem, demands))
        inside = (demands > problem.min_demand) & (demands < problem.max_demand)
        many += float(inside.mean()) >= 0.5
    assert seen == {"interior", "at_max", "at_min", "mixed"}
    assert many >= 20


def test_table_one_with_the_printed_epsilon_pays_nothing_for_mining() -> None:
    printed = replace(trading.generate(), puzzle_constant=20.0)
    assert 0.0 < printed.effective_reward.max() < 4e-31
    assert trading.verify(printed, trading.solve(printed))


def test_rewards_that_underflow_are_none() -> None:
    problem = replace(trading.generate(), puzzle_constant=1e6)
    assert problem.effective_reward.tolist() == [0.0] * 10
    assert not problem.rewarded.any()
    assert trading.verify(problem, trading.solve(problem))


def test_shares_without_any_mining_are_zero() -> None:
    problem = game(2, min_demand=0.0)
    assert trading.utilities(problem, 12.0, [0.0, 0.0]).tolist() == [0.0, 0.0]
    assert trading.utilities(problem, 12.0, [1.0, 0.0])[0] == pytest.approx(500.0 + 1.8 - 6.0)


def test_arrays_and_fields_cannot_be_written() -> None:
    problem = game()
    with pytest.raises(ValueError, match="read-only"):
        problem.role_ratio[0] = 0.5
    with pytest.raises(FrozenInstanceError):
        problem.reward = 3.0  # type: ignore[misc]
    with pytest.raises(ValueError, match="read-only"):
        problem.effective_reward[0] = 0.5


def test_regimes_and_tie_breaks() -> None:
    problem = game(2, role_ratio=0.0, service_profit=7.0)  # indifferent at 14
    assert problem.threshold.tolist() == [14.0, 14.0]
    for tie_break, wanted in (("weak", problem.min_demand), ("strong", problem.max_demand)):
        demands = trading.follower_equilibrium(problem, 14.0, tie_break=tie_break)
        assert demands.tolist() == [wanted] * 2
        assert equilibrium_of(problem, 14.0, demands, strong=tie_break == "strong").tie_break == tie_break
    assert equilibrium_of(problem, 13.0, demands).tie_break == "none"
    assert [regime_of(problem, np.array(f)) for f in ([1.0, 1.0], [100.0] * 2, [1.0, 50.0], [50.0, 60.0])] == [
        "at_min", "at_max", "mixed", "interior",
    ]  # fmt: skip


def test_a_solution_keeps_what_it_is_told() -> None:
    problem = trading.generate(preset="kink")
    demands = trading.follower_equilibrium(problem, 15.0)
    solution = equilibrium_of(problem, 15.0, demands)
    assert Equilibrium.from_payload(solution.to_payload()).demands.tolist() == demands.tolist()
    assert solution.profits.tolist() == profile_utilities(problem, 15.0, demands).tolist()
    assert pickle.loads(pickle.dumps(solution)).regime == "interior"


def test_the_finite_game_has_the_same_payoffs() -> None:
    problem = game(3, role_ratio=[0.1, 0.2, 0.0], min_demand=0.0)
    prices, demands = np.linspace(10.0, 20.0, 4), np.linspace(0.0, 100.0, 5)
    finite = trading.finite_game(problem, prices, demands)
    assert finite.shape == (4, 5, 5, 5)
    for at in np.ndindex(finite.shape):
        asks = [float(demands[k]) for k in at[1:]]
        price = float(prices[at[0]])
        assert finite.payoffs[(0, *at)] == pytest.approx(oracle.profit(problem, price, asks))
        for i in range(3):
            assert finite.payoffs[(i + 1, *at)] == pytest.approx(oracle.utility(problem, price, asks, i), abs=1e-9)


def test_a_finite_equilibrium_of_the_consumers_is_close_to_the_continuous_one() -> None:
    problem = trading.generate(preset="interior", consumers=2)
    prices, demands = np.array([20.0]), np.linspace(10.0, 100.0, 181)
    finite = trading.finite_game(problem, prices, demands)
    found = normal_form.pure_equilibria(finite)
    exact = trading.follower_equilibrium(problem, 20.0)
    assert len(found)
    for profile in found:
        assert np.abs(demands[list(profile)[1:]] - exact).max() <= 0.5 + 1e-9


def _solution(n: int = 2) -> Equilibrium:
    return Equilibrium(12.0, np.full(n, 5.0), np.zeros(n), "interior")


def _bad(**changed: Any) -> Any:
    return lambda: game(**changed)


WRONG: dict[str, tuple[Any, type[Exception], str]] = {
    "no consumers": (_bad(n=0), ValueError, "role_ratio: must name at least one consumer"),
    "ratio above 1": (_bad(role_ratio=1.5), ValueError, "role_ratio: must be at most 1.0 everywhere; got 1.5 at index [0]"),
    "ratio negative": (_bad(role_ratio=-0.1), ValueError, "role_ratio: must be at least 0.0"),
    "ratio NaN": (_bad(role_ratio=math.nan), ValueError, "role_ratio: must be finite everywhere; got nan"),
    "weight negative": (_bad(payment_weight=-1.0), ValueError, "payment_weight: must be at least 0.0"),
    "reward negative": (_bad(effective_reward=-1.0), ValueError, "effective_reward: must be at least 0.0"),
    "reward infinite": (_bad(effective_reward=math.inf), ValueError, "effective_reward: must be finite"),
    "margin negative": (_bad(service_profit=-1.0), ValueError, "service_profit: must be at least 0.0; got -1.0"),
    "cost text": (_bad(unit_cost="5"), TypeError, "unit_cost: must be a real number; got '5'"),
    "price flag": (_bad(max_price=True), TypeError, "max_price: must be a real number"),
    "demands crossed": (_bad(min_demand=9.0, max_demand=8.0), ValueError, "min_demand: must be at most max_demand = 8.0"),
    "prices crossed": (_bad(min_price=30.0), ValueError, "min_price: must be at most max_price = 20.0; got 30.0"),
    "lone miner": (_bad(n=1, min_demand=0.0), ValueError, "min_demand: must be above 0 where consumer 0 mines alone"),
    "lone rewarded": (
        _bad(n=3, min_demand=0.0, effective_reward=[0.0, 5.0, 0.0]),
        ValueError,
        "min_demand: must be above 0 where consumer 1 mines alone",
    ),
    "lengths": (
        lambda: TradingGame([0.1, 0.2], [0.5], 1.0, 1.0, 1.0, 1.0, 2.0, 1.0, 2.0),  # type: ignore[arg-type, list-item]
        ValueError,
        "payment_weight: must have shape 2; got shape 1",
    ),
    "reward overflows": (
        lambda: replace(game(), reward=1e308, token_effect=np.array([1e10, 1.0])),
        ValueError,
        "token_effect: times the reward must be finite everywhere",
    ),
    "preset": (lambda: trading.generate(preset="kinck"), ValueError, "preset: must be one of"),
    "consumers 0": (lambda: trading.generate(consumers=0), ValueError, "consumers: must be at least 1; got 0"),
    "random 1": (lambda: trading.generate(preset="random", consumers=1), ValueError, "consumers: must be at least 2"),
    "consumers 2.0": (lambda: trading.generate(consumers=2.0), TypeError, "consumers: must be an integer"),  # type: ignore[arg-type]
    "utilities length": (lambda: trading.utilities(game(), 12.0, [1.0]), ValueError, "demands: must have shape 2"),
    "value length": (lambda: trading.value(game(3), _solution()), ValueError, "demands: must hold one demand for each of 3"),
    "regime": (lambda: replace(_solution(), regime="inside"), ValueError, "regime: must be one of"),
    "tie break": (lambda: replace(_solution(), tie_break="soft"), ValueError, "tie_break: must be one of"),
    "profits length": (lambda: replace(_solution(), profits=np.zeros(3)), ValueError, "profits: must have shape 2"),
    "finite prices": (lambda: trading.finite_game(game(), [5.0], [5.0]), ValueError, "prices: must be at least 10.0"),
    "finite order": (lambda: trading.finite_game(game(), [12.0], [6.0, 5.0]), ValueError, "demands: must be at least one"),
    "finite none": (lambda: trading.finite_game(game(), [], [6.0]), ValueError, "prices: must be at least one number"),
    "finite size": (
        lambda: trading.finite_game(game(9), [12.0], np.linspace(1.0, 100.0, 10)),
        ValueError,
        "demands: would need more than 20000000 payoffs for 9 consumers",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_misuse(name: str) -> None:
    call, error, words = WRONG[name]
    with pytest.raises(error) as caught:
        call()
    assert words in str(caught.value)
