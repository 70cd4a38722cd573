"""Local search, and upper bounds on the welfare from prices and slices."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeworth import BoundEvidence, Stop
from edgeworth.games import offloading
from edgeworth.games.offloading import Lagrangian, LocalSearch, OffloadingGame
from edgeworth.games.offloading.model import slice_bound
from edgeworth.testing import offloading_games
from tests.oracles import offloading as oracle


@st.composite
def games_and_slices(draw: Any) -> tuple[OffloadingGame, dict[str, Any]]:
    """Any prices, weight multipliers and count multipliers, any slices that cover the loads."""
    game = draw(offloading_games(max_users=3, max_providers=2))
    number = st.floats(-4.0, 4.0)
    arrays: dict[str, Any] = {"price": np.abs([draw(number) for _ in range(game.users)])}
    ptr, rows = [0], []
    for k in range(game.providers):
        top = float(game.weight[game.user[game.provider == k]].sum())
        cuts = sorted(draw(st.lists(st.floats(0.0, top), max_size=3)))
        edges = [0.0, *cuts, top * 1.01]
        rows += [(a, b, draw(number), abs(draw(number))) for a, b in itertools.pairwise(edges)]
        ptr.append(len(rows))
    table = np.array(rows).reshape(-1, 4)
    return game, arrays | {"ptr": np.array(ptr)} | {
        name: table[:, c] for c, name in enumerate(("low", "high", "weight_multiplier", "count_multiplier"))
    }


@given(games_and_slices())
def test_any_prices_and_slices_bound_the_welfare(drawn: tuple[OffloadingGame, dict[str, Any]]) -> None:
    game, arrays = drawn
    best, _ = oracle.optimum(game)
    bound = slice_bound(game, arrays)
    assert bound >= best - 1e-12 * max(1.0, abs(best))
    # The largest sum over user sets at a price is what the slices bound; brute force of that says how tight they can be.
    parts = float(game.local_utility.sum() + arrays["price"].sum())
    assert bound >= parts - 1e-9 * max(1.0, abs(parts))


def test_slices_that_prove_nothing_are_refused() -> None:
    game = offloading.generate(preset="random", users=10, providers=3, seed=0)
    result = offloading.solve(game, method="lagrangian", seed=0, params=Lagrangian(steps=3))
    assert result.bound_evidence is BoundEvidence.RECOMPUTED
    arrays = dict(result.certificate.arrays)  # type: ignore[union-attr]
    assert slice_bound(game, arrays) == result.bound
    wrong = {
        "price: must be at least 0.0": {"price": arrays["price"] - 10.0},
        "count_multiplier: must be at least 0": {"count_multiplier": arrays["count_multiplier"] - 1.0},
        "low: must cover": {"low": arrays["low"] + 0.1},
        "low: must cover the loads": {"high": arrays["high"] * 0.5},
        "ptr: must begin with 0": {"ptr": arrays["ptr"] * np.array([0, 0, 0, 1])},
        "price: must have shape": {"price": arrays["price"][:-1]},
        "must have shape": {"weight_multiplier": arrays["weight_multiplier"][:-1]},
    }
    for rule, changed in wrong.items():
        with pytest.raises(ValueError, match=rule):
            slice_bound(game, arrays | changed)
    with pytest.raises(KeyError):
        slice_bound(game, {name: values for name, values in arrays.items() if name != "weight_multiplier"})


@pytest.mark.parametrize("regime", offloading.REGIMES)
@pytest.mark.parametrize("preset", ["random", "fusion"])
def test_the_interval_of_the_price_of_anarchy_is_narrow(preset: str, regime: Any) -> None:
    game = offloading.generate(preset=preset, users=60, seed=0, regime=regime)
    result = offloading.solve(game, method="lagrangian", seed=0, params=Lagrangian(steps=40, rounds=15))
    assert offloading.verify(game, result)
    equilibria = [offloading.solve(game, seed=seed).require() for seed in range(3)]
    found = offloading.price_of_anarchy(game, equilibria, result)
    for low, high in (found.anarchy, found.stability):
        assert 1.0 - 1e-9 <= low <= high < low * 1.06


def test_steps_lower_the_bound() -> None:
    game = offloading.generate(preset="random", users=60, providers=8, seed=0)
    bounds = [
        offloading.solve(game, method="lagrangian", seed=0, params=Lagrangian(steps=steps, rounds=5)).bound for steps in (0, 40)
    ]
    assert bounds[1] < bounds[0]  # type: ignore[operator]


@given(offloading_games(max_users=4), st.integers(0, 2))
def test_local_search_ends_in_a_local_optimum_of_the_welfare(game: OffloadingGame, seed: int) -> None:
    result = offloading.solve(game, method="local-search", seed=seed, params=LocalSearch(rounds=2))
    here = result.require().provider.tolist()
    now = oracle.welfare(game, here)
    for i in range(game.users):
        for k in oracle.moves(game, here, i):
            assert oracle.welfare(game, [*here[:i], k, *here[i + 1 :]]) <= now + 1e-9 * max(1.0, abs(now))


def test_local_search_is_never_worse_than_its_start_and_beats_equilibria() -> None:
    game = offloading.generate(preset="fusion", users=150, seed=0)
    start = offloading.solve(game, seed=0)
    result = offloading.solve(game, method="local-search", seed=0, start=start.require(), stop=Stop(iterations=40))
    assert result.value > start.value * 1.02  # type: ignore[operator]
    assert result.stats.iterations <= 40
