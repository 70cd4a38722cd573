"""Dynamics: the same as plain Python, ending in equilibria where theory says so, honest where it does not."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edgeworth import Observer, Stop, Termination
from edgeworth.games import offloading
from edgeworth.games.offloading import BestResponse, LogLinear, OffloadingGame, Profile, RandomFeasible
from edgeworth.games.offloading.heuristic import shuffled
from edgeworth.testing import offloading_games
from tests.games.offloading.instances import cycling_game, restless_game
from tests.oracles import offloading as oracle

DYNAMICS = ("pg-brd", "round-robin", "max-gain", "log-linear")


def plain_best_responses(game: OffloadingGame, start: list[int], orders: Any, threshold: float) -> tuple[list[int], int]:
    """PG-BRD with a loop over users and NumPy over providers, nobody passed over: where it rests, after how many passes."""
    here = np.array(start)
    load = np.bincount(here[here >= 0], weights=game.weight[here >= 0], minlength=game.providers).astype(float)
    count = np.bincount(here[here >= 0], minlength=game.providers)
    for passes, order in enumerate(orders, start=1):
        moved = 0
        for i in order.tolist():
            reach = game.provider[game.indptr[i] : game.indptr[i + 1]]
            rows = slice(game.indptr[i], game.indptr[i + 1])
            total = np.where(reach == here[i], load[reach], load[reach] + game.weight[i])
            late = game.transfer[rows] + game.unit[i] * (total / game.rate[reach]) - game.deadline[i]
            low, high = game.clip
            worth = game.gain[rows] - game.price[rows] - game.sensitivity[i] * np.clip(late, low[i], high[i])
            free = (reach == here[i]) | (count[reach] < game.cap[reach])
            places = np.concatenate([[-1], reach[free]])
            utility = np.concatenate([[game.local_utility[i]], worth[free]])
            now = float(utility[places == here[i]][0])
            best = int(np.argmax(utility))
            if utility[best] - now > threshold * np.abs(utility).max():
                for k, sign in ((here[i], -1), (places[best], 1)):
                    if k >= 0:
                        load[k] += sign * game.weight[i]
                        count[k] += sign
                here[i] = places[best]
                moved += 1
        if not moved:
            return here.tolist(), passes
    raise AssertionError("no rest in the orders given")


@pytest.mark.parametrize("regime", offloading.REGIMES)
@pytest.mark.parametrize("capped", [False, True])
def test_pg_brd_and_round_robin_match_plain_python(regime: Any, capped: bool) -> None:
    """Passing users over changes nothing: profiles and numbers of passes agree."""
    for seed in range(4):
        game = offloading.generate(preset="random", users=400, providers=12, regime=regime, seed=seed, prices=True)
        if capped:
            game = replace(game, cap=np.full(12, 25))
        rng = np.random.default_rng(seed)
        start = offloading.solve(game, method="random-feasible", seed=0).require()
        for method in ("pg-brd", "round-robin"):
            orders = [np.arange(400) if method == "round-robin" else shuffled(400, rng) for _ in range(100)]
            result = offloading.solve(game, method=method, seed=np.random.default_rng(seed), start=start)
            expected, passes = plain_best_responses(game, start.provider.tolist(), orders, 1e-10)
            assert result.require().provider.tolist() == expected
            assert result.stats.iterations == passes + 1  # and one pass more to certify
            assert offloading.verify(game, result)


@given(offloading_games(linear=True), st.integers(0, 3), st.sampled_from(DYNAMICS))
def test_every_dynamic_ends_in_an_equilibrium_of_a_linear_game(game: OffloadingGame, seed: int, method: str) -> None:
    result = offloading.solve(game, method=method, seed=seed)
    assert result.termination is Termination.CONVERGED
    report = offloading.verify(game, result)
    assert report
    assert report["epsilon"].tolerance == 1e-9
    assert oracle.epsilon(game, result.require().provider.tolist()) <= 1e-6


@given(offloading_games(linear=False), st.integers(0, 3), st.sampled_from(DYNAMICS))
def test_a_kinked_game_rests_or_shows_a_cycle(game: OffloadingGame, seed: int, method: str) -> None:
    result = offloading.solve(game, method=method, seed=seed)
    assert offloading.verify(game, result)
    if result.termination is Termination.STALLED:
        assert offloading.best_response_cycle(result) is not None
    else:
        assert result.termination is Termination.CONVERGED


@pytest.mark.parametrize("start", ["random-feasible", "greedy", "local"])
@pytest.mark.parametrize("method", DYNAMICS)
def test_starts_and_the_first_profile(start: Any, method: str) -> None:
    game = offloading.generate(preset="fusion", users=120, seed=0)
    params: Any = LogLinear(start=start, passes=5) if method == "log-linear" else BestResponse(start=start)
    began = offloading.solve(game, method=method, seed=1, params=params, stop=Stop(iterations=0)).require()
    assert not offloading.violations(game, began)
    if start == "local":
        assert set(began.provider.tolist()) == {-1}
    elif start == "random-feasible":
        assert began.provider.tolist() == offloading.solve(game, method="random-feasible", seed=1).require().provider.tolist()
    else:
        assert offloading.value(game, began) > 0.5 * offloading.solve(game, method="local-search", seed=0).value
    assert offloading.verify(game, offloading.solve(game, method=method, seed=1, params=params))


def test_random_start_is_uniform_over_what_has_room() -> None:
    game = OffloadingGame.from_matrices(np.ones((3_000, 2)), [1.0, 1.0], cap=[3_000, 10])
    where = offloading.solve(game, method="random-feasible", seed=0).require().provider
    assert int((where == 1).sum()) == 10
    assert 1_380 <= int((where == 0).sum()) <= 1_600  # half of those who find provider 1 full, a third before


def test_random_users_who_heed_deadlines_join_what_is_in_time() -> None:
    """Machines that join 1 alone are in time (delay 1 of 1.5), two are late; a human joins whenever there is room."""
    game = OffloadingGame.from_matrices(
        np.ones((4, 1)), [1.0], deadline=[1.5, 1.5, 1.5, 0.0], human=[False, False, False, True], cap=[4]
    )
    heeds = RandomFeasible(deadlines=True)
    counts = set()
    for seed in range(60):
        where = offloading.solve(game, method="random-feasible", seed=seed, params=heeds).require().provider
        machines, human = int((where[:3] == 0).sum()), int(where[3] == 0)
        counts.add((machines, human))
    assert counts == {(0, 0), (0, 1), (1, 0), (1, 1)}
    late = OffloadingGame.from_matrices(np.ones((2, 1)), [1.0], transfer=[[2.0]] * 2, deadline=[1.5, 1.5], human=[False, False])
    assert offloading.solve(late, method="random-feasible", seed=0, params=heeds).require().provider.tolist() == [-1, -1]
    with pytest.raises(TypeError, match="deadlines"):
        RandomFeasible(deadlines=1)  # type: ignore[arg-type]


def test_greedy_delay_waits_least() -> None:
    game = OffloadingGame.from_matrices(
        np.zeros((3, 2)), [2.0, 1.0], transfer=[[0.0, 0.1]] * 3, local_delay=[9.0, 9.0, 0.5], cap=[1, 3]
    )
    assert offloading.solve(game, method="greedy-delay").require().provider.tolist() == [0, 1, -1]


def test_max_gain_moves_the_user_who_gains_most() -> None:
    game = OffloadingGame.from_matrices([[2.0, 0.0], [5.0, 0.0]], [10.0, 10.0], local_utility=[1.0, 1.0])
    path = offloading.trajectory(game, method="max-gain", params=BestResponse(start="local"))
    assert path.user.tolist() == [1, 0]
    assert path.movers.tolist() == [0, 1, 1]


@pytest.mark.parametrize("method", ["pg-brd", "round-robin", "max-gain"])
def test_trajectories_are_the_runs_of_solve(method: str) -> None:
    game = offloading.generate(preset="random", users=80, providers=6, seed=2, prices=True)
    path = offloading.trajectory(game, method=method, seed=3)
    result = offloading.solve(game, method=method, seed=3, trace=True)
    assert path.end.provider.tolist() == result.require().provider.tolist()
    assert path.termination is result.termination
    assert len(path.user) == path.movers.sum()
    assert result.trace is not None
    assert np.array_equal(result.trace.value, path.welfare)
    assert np.array_equal(result.trace.iterations, np.arange(len(path.welfare)))
    now = path.start.provider.tolist()
    for i, k in zip(path.user.tolist(), path.provider.tolist(), strict=True):
        now[i] = k
    assert now == path.end.provider.tolist()
    for index, profile in ((0, path.start), (-1, path.end)):
        actions = profile.provider.tolist()
        assert path.paper[index] == pytest.approx(oracle.paper_potential(game, actions), rel=1e-9)
        assert path.weighted[index] == pytest.approx(oracle.weighted_potential(game, actions), rel=1e-9)
        assert path.welfare[index] == pytest.approx(oracle.welfare(game, actions), rel=1e-9)


def test_the_weighted_potential_rises_by_the_scaled_gain_along_every_move() -> None:
    """300 random games (10,000 in benchmarks/offloading.py): every accepted move gains, and dPsi = (w / gamma) du."""
    moves = 0
    for seed in range(300):
        game = offloading.generate(preset="random", users=8, providers=4, seed=seed, prices=True, provider_cost=True)
        path = offloading.trajectory(game, seed=seed)
        assert path.termination is Termination.CONVERGED
        now = path.start
        potential, utility = offloading.weighted_potential(game, now), offloading.utilities(game, now)
        for i, k in zip(path.user.tolist(), path.provider.tolist(), strict=True):
            moved = np.array(now.provider)
            moved[i] = k
            now = Profile(moved)
            new, gained = offloading.weighted_potential(game, now), offloading.utilities(game, now)
            assert new > potential
            scale = float(game.weight[i] / game.gamma[i])
            assert new - potential == pytest.approx(scale * (gained[i] - utility[i]), rel=1e-6, abs=1e-12)
            potential, utility, moves = new, gained, moves + 1
    assert moves > 2_000


def test_a_game_without_equilibrium_goes_round_and_says_so() -> None:
    game = restless_game()
    assert offloading.pure_equilibria(game) == ()
    assert oracle.equilibria(game, 1e-3) == []
    for method in DYNAMICS:
        result = offloading.solve(game, method=method, seed=0)
        assert result.termination is Termination.STALLED
        assert offloading.best_response_cycle(result) is not None
        assert any("no pure equilibrium exists" in note for note in result.notes)
        report = offloading.verify(game, result)
        assert report
        assert report["cycle"]
        assert report["epsilon"].violation > 1e-3  # measured, not judged: nothing is claimed
    none = offloading.solve(game, method="equilibria")
    assert none.solution is None
    assert none.termination is Termination.PROVED
    assert "there is none" in none.notes[0]


def test_a_cycle_is_no_sign_of_non_existence() -> None:
    game, start = cycling_game()
    result = offloading.solve(game, method="max-gain", seed=0, start=start)
    assert result.termination is Termination.STALLED
    assert offloading.verify(game, result)["cycle"]
    assert any("the cycle is no sign of non-existence" in note for note in result.notes)
    equilibria = offloading.pure_equilibria(game)
    assert equilibria
    found = offloading.solve(game, method="pg-brd", seed=0, start=Profile(np.array([3, -1, -1, -1])))
    assert found.termination is Termination.CONVERGED
    assert found.require().provider.tolist() in [profile.provider.tolist() for profile in equilibria]


def test_users_who_do_not_mind_delays_settle_and_the_others_follow() -> None:
    game = offloading.generate(preset="random", users=60, providers=5, seed=4)
    game = replace(game, sensitivity=np.where(np.arange(60) % 3 == 0, 0.0, 1.0))
    result = offloading.solve(game, seed=0)
    assert offloading.verify(game, result)
    insensitive = np.flatnonzero(game.gamma == 0.0)
    for i in insensitive.tolist():
        best = max(0.0, float((game.base - game.price)[game.indptr[i] : game.indptr[i + 1]].max()))
        assert offloading.utilities(game, result.require())[i] == pytest.approx(best)


def test_log_linear_favours_the_maximiser_of_the_potential() -> None:
    """At a low temperature it ends at higher potentials than best responses do, on average; both against the proved maximum."""
    reached: dict[str, list[float]] = {"log-linear": [], "pg-brd": []}
    for seed in range(6):
        game = offloading.generate(preset="random", users=14, providers=4, seed=seed)
        top = offloading.weighted_potential(game, offloading.solve(game, method="potential-maximiser", seed=0).require())
        for method, values in reached.items():
            for again in range(5):
                end = offloading.solve(game, method=method, seed=again).require()
                values.append(top - offloading.weighted_potential(game, end))
    assert min(map(min, reached.values())) > -1e-9
    assert np.mean(reached["log-linear"]) < np.mean(reached["pg-brd"])


@settings(max_examples=20)
@given(st.integers(0, 3_000), st.integers(0, 5))
def test_orders_hold_everybody_once(m: int, seed: int) -> None:
    order = shuffled(m, np.random.default_rng(seed))
    assert np.array_equal(np.sort(order), np.arange(m))


def test_runs_obey_the_clock_and_the_observer_and_end_soundly() -> None:
    game = offloading.generate(preset="random", users=100_000, providers=100, seed=0)

    class Impatient(Observer):
        def on_progress(self, progress: Any) -> bool:
            return progress.iterations >= 1

    result = offloading.solve(game, seed=0, observer=Impatient())
    assert result.termination is Termination.OBSERVER
    assert result.stats.iterations == 1
    assert offloading.verify(game, result)
    at_once = offloading.solve(game, seed=0, stop=Stop(seconds=0.0))
    assert at_once.termination is Termination.TIME
    assert offloading.verify(game, at_once)
