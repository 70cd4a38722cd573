"""The checker: it finds what is wrong, names it, and nothing else."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeworth import Stop, Termination
from edgeworth.core.result import Certificate
from edgeworth.core.verdict import Status
from edgeworth.games import offloading
from edgeworth.games.offloading import OffloadingGame, Profile
from edgeworth.games.offloading.check import EPSILON_TOL, Deviation, best_response_cycle
from edgeworth.testing import FAULTS, offloading_games, offloading_profiles
from tests.games.offloading.instances import restless_game
from tests.oracles import offloading as oracle


@st.composite
def games_and_profiles(draw: Any) -> tuple[OffloadingGame, Profile]:
    game = draw(offloading_games())
    return game, draw(offloading_profiles(game))


def _cancels(game: OffloadingGame, actions: list[int]) -> bool:
    """Is what some user has at stake so small beside the terms of its utilities that rounding shows?"""
    for i in range(game.users):
        places = [actions[i], *oracle.moves(game, actions, i)]
        values = [oracle.utility(game, [*actions[:i], k, *actions[i + 1 :]], i) for k in places]
        if max(values) - min(values) < 1e-4:
            return True
    return False


@given(games_and_profiles())
def test_verdicts_match_the_oracle(drawn: tuple[OffloadingGame, Profile]) -> None:
    game, profile = drawn
    actions = profile.provider.tolist()
    report = offloading.verify(game, profile)
    inside = all(k < 0 or oracle.pair(game, i, k) is not None for i, k in enumerate(actions))
    assert bool(report["coverage"]) == inside
    assert bool(report["coverage"] and report["cap"]) == oracle.feasible(game, actions)
    if not report["coverage"]:
        assert not report["epsilon"]
        return
    if not report["cap"] or _cancels(game, actions):
        return
    assert report["epsilon"].violation == pytest.approx(oracle.epsilon(game, actions), rel=1e-9, abs=1e-12)
    worst = report["epsilon"].witness
    if worst is not None:
        moved = [*actions[: worst.user], worst.there, *actions[worst.user + 1 :]]
        gain = oracle.utility(game, moved, worst.user) - oracle.utility(game, actions, worst.user)
        assert worst.gain == pytest.approx(gain, rel=1e-9, abs=1e-12)
        assert worst.replay(game, profile) == pytest.approx(gain, rel=1e-9, abs=1e-12)
        assert worst.here == actions[worst.user]
        assert oracle.feasible(game, moved)


@pytest.mark.parametrize("fault", FAULTS["offloading"], ids=lambda fault: fault.name)
def test_every_fault_is_caught(fault: Any) -> None:
    game = offloading.generate(preset="random", users=6, providers=4, reach=2, seed=2, prices=True)
    game = replace(game, cap=np.array([2, 1, 1, 2]))
    methods = ["pg-brd", "exact", "lagrangian", "all-local", "exp3"]
    planted = 0
    for method in methods:
        stop = Stop(iterations=50) if method == "exp3" else None
        result = offloading.solve(game, method=method, seed=0, stop=stop)
        assert offloading.verify(game, result)
        wrong = fault(game, result)
        if wrong is not None:
            planted += 1
            report = offloading.verify(game, wrong)
            assert not report
            assert fault.verdict in report.failures, (fault.name, method, str(report))
    assert planted


def test_a_bare_profile_is_judged_and_that_of_a_baseline_measured() -> None:
    game = offloading.generate(preset="random", users=10, providers=3, seed=0)
    report = offloading.verify(game, Profile(np.full(10, -1)))
    assert list(report.failures) == ["epsilon"]
    baseline = offloading.verify(game, offloading.solve(game, method="all-local"))
    assert baseline
    assert baseline["epsilon"].violation == report["epsilon"].violation == 1.0  # from 0 to the best utility there is
    assert baseline["epsilon"].status is Status.MEASURED
    assert isinstance(report["epsilon"].witness, Deviation)
    assert "gains" in str(report["epsilon"].witness)


def test_a_coarse_threshold_claims_nothing() -> None:
    game = offloading.generate(preset="random", users=200, providers=6, seed=0)
    for method in ("pg-brd", "round-robin", "max-gain"):
        coarse = offloading.solve(game, method=method, seed=0, params=offloading.BestResponse(threshold=0.05))
        assert coarse.termination is Termination.STALLED
        assert "none is claimed" in coarse.notes[-1]
        verdict = offloading.verify(game, coarse)["epsilon"]
        assert verdict.status is Status.MEASURED
        assert EPSILON_TOL < verdict.violation <= 0.05
        said = replace(coarse, termination=Termination.CONVERGED)
        verdict = offloading.verify(game, said)["epsilon"]
        assert verdict.status is Status.FAILS
        assert verdict.tolerance == EPSILON_TOL
    cut = offloading.solve(game, seed=0, stop=Stop(iterations=1))
    assert cut.termination is Termination.ITERATIONS
    assert offloading.verify(game, cut)["epsilon"].status is Status.MEASURED


def test_full_providers_bar_moves() -> None:
    game = OffloadingGame.from_matrices([[2.0], [3.0]], [10.0], cap=[1])
    first = offloading.verify(game, Profile(np.array([0, -1])))["epsilon"]
    assert first.violation == 0.0  # the second user would gain more, and finds no room: a generalised equilibrium
    assert offloading.verify(replace(game, cap=[2]), Profile(np.array([0, -1])))["epsilon"].violation == 1.0


def test_utilities_that_cancel_are_not_told_from_rounding() -> None:
    third = 1.0 / 3.0
    game = OffloadingGame.from_matrices([[3 * third * 0.1]], [1.0], sensitivity=[0.1])  # .1 - .1, but for the last bit
    for place in (-1, 0):
        assert offloading.verify(game, Profile(np.array([place])))["epsilon"].violation <= EPSILON_TOL


def test_cycles_are_replayed_move_by_move() -> None:
    game = restless_game()
    result = offloading.solve(game, seed=0)
    cycle = best_response_cycle(result)
    assert cycle is not None
    assert len(cycle) >= 4
    profiles = [profile.provider.tolist() for profile in cycle.profiles]
    assert profiles[0] == profiles[-1]
    for before, after, user in zip(profiles, profiles[1:], cycle.user.tolist(), strict=False):
        options = [
            oracle.utility(game, [*before[:user], k, *before[user + 1 :]], user) for k in oracle.moves(game, before, user)
        ]
        gained = oracle.utility(game, after, user)
        assert gained > oracle.utility(game, before, user)
        assert gained == pytest.approx(max(options), rel=1e-9)
    assert offloading.verify(game, result)["cycle"]
    arrays = dict(result.certificate.arrays)
    for name, wrong in {
        "provider": np.roll(arrays["provider"], 1),
        "user": np.zeros_like(arrays["user"]) + game.users,
        "profile": np.full(game.users, -1),
    }.items():
        broken = replace(result, certificate=Certificate("best-response-cycle", arrays | {name: wrong}))
        assert not offloading.verify(game, broken)["cycle"], name
    half = {name: values[: len(values) // 2] if name != "profile" else values for name, values in arrays.items()}
    open_ = offloading.verify(game, replace(result, certificate=Certificate("best-response-cycle", half)))["cycle"]
    assert not open_
    assert "lead back" in open_.witness
    missing = replace(result, certificate=Certificate("best-response-cycle", {"profile": arrays["profile"]}))
    assert not offloading.verify(game, missing)["cycle"]


def test_misuse() -> None:
    game = offloading.generate(preset="random", users=3, providers=2, seed=0)
    other = offloading.generate(preset="random", users=3, providers=2, seed=1)
    with pytest.raises(TypeError, match="problem: must be an OffloadingGame"):
        offloading.verify(3, Profile([0, 0, 0]))  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="answer: must be a Profile or a Result"):
        offloading.verify(game, 3)
    with pytest.raises(TypeError, match="answer: makes no Profile: provider: must hold integers, not dtype float64"):
        offloading.verify(game, [0.0, 0.0, 0.0])
    assert dict(offloading.verify(game, [0, 0, 0])).keys() == dict(offloading.verify(game, Profile([0, 0, 0]))).keys()
    with pytest.raises(ValueError, match="answer: must be a result of this problem"):
        offloading.verify(game, offloading.solve(other, seed=0))
    short, beyond = (offloading.verify(game, Profile(profile)) for profile in ([0, 1], [0, 1, 2]))
    assert "profile: must name an action for each of 3 users; got 2" in str(short.failures["answer"])
    assert "profile: providers must be below 2; got 2" in str(beyond.failures["answer"])
