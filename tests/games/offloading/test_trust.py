"""The checker under attack: tolerances from elsewhere, ties, rounding at all scales, hostile and forged certificates."""

from __future__ import annotations

import math
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import edgeworth
from edgeworth import BoundEvidence, Quality, Stop, Termination
from edgeworth.core.result import Certificate, Result, Stats
from edgeworth.core.verdict import Status
from edgeworth.games import offloading
from edgeworth.games.offloading import BestResponse, OffloadingGame, Profile, Sampled, verify_potential
from edgeworth.games.offloading.check import EPSILON_TOL
from edgeworth.games.offloading.model import slice_bound
from edgeworth.games.offloading.model.efficiency import welfare_interval
from tests.games.offloading.instances import restless_game, scaled_game
from tests.oracles import offloading as oracle


def claimed(game: OffloadingGame, profile: Profile, **changed: Any) -> Result[Profile]:
    """A result of pg-brd that claims an equilibrium."""
    fields: dict[str, Any] = {
        "kind": "offloading", "problem_hash": game.hash, "method": "pg-brd", "solution": profile, "bound": None,
        "value": offloading.value(game, profile), "bound_evidence": None, "certificate": None, "sense": "max",
        "quality": Quality.FEASIBLE, "termination": Termination.CONVERGED, "stats": Stats(),
    }  # fmt: skip
    return Result(**fields | changed)


def optimal(game: OffloadingGame, profile: Profile, bound: float, kind: str, arrays: dict[str, Any]) -> Result[Profile]:
    """A result that says OPTIMAL, with a bound said to be recomputed."""
    return claimed(
        game,
        profile,
        method="exact",
        termination=Termination.PROVED,
        quality=Quality.OPTIMAL,
        bound=bound,
        bound_evidence=BoundEvidence.RECOMPUTED,
        certificate=Certificate(kind, arrays),
    )


# --- epsilon -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "params", [BestResponse(threshold=1.0), SimpleNamespace(threshold=1e9), SimpleNamespace(threshold="x")]
)
def test_no_parameter_of_the_accused_is_a_tolerance(params: Any, tmp_path: Path) -> None:
    game = offloading.generate(preset="random", users=20, providers=4, seed=0)
    result = claimed(game, Profile(np.full(20, -1)), params=params)
    if isinstance(params, BestResponse):
        result.save(tmp_path / "r.json")
        result = edgeworth.load(tmp_path / "r.json")
    verdict = offloading.verify(game, result)["epsilon"]
    assert verdict.status is Status.FAILS
    assert verdict.tolerance == EPSILON_TOL


@pytest.mark.parametrize("offset", [0.0, 1e6, 1e12, -1e12])
def test_an_offset_of_all_utilities_hides_no_gain(offset: float) -> None:
    """A gain of 100 is all that the user has at stake, whatever is added to everything it may earn."""
    game = OffloadingGame.from_matrices([[offset + 101.0]], [1.0], local_utility=[offset])
    assert offloading.verify(game, Profile([-1]))["epsilon"].violation == pytest.approx(1.0, rel=1e-3)
    assert offloading.verify(game, Profile([0]))


def test_what_others_earn_hides_no_gain() -> None:
    gain = [[2.0, 1e13], [1e13, 1e13], [2.0, 0.0]]
    reach = np.array([[True, False], [True, True], [True, False]])
    game = OffloadingGame.from_matrices(gain, [10.0, 1e9], reach, weight=[1.0, 1e-3, 1.0], workload=[1.0, 1e-3, 1.0])
    assert offloading.verify(game, Profile([-1, 1, 0]))["epsilon"].violation == 1.0


def test_a_delay_that_is_cut_off_lends_no_margin() -> None:
    """A floored machine among 1e13 of load has lost its reward and no more: its utility is known to the last digits."""
    game = OffloadingGame.from_matrices(
        [[2.0], [1e20]], [1.0], weight=[1.0, 1e13], workload=[1.0, 1.0], sensitivity=[1.0, 1.0], deadline=[1.0, 1.0],
        human=[False, False], local_utility=[1.0 + 1e-3, 0.0], regime="floored",
    )  # fmt: skip
    verdict = offloading.verify(game, Profile([0, 0]))["epsilon"]
    assert verdict.violation == 1.0
    assert verdict.witness.gain == pytest.approx(1e-3)


@pytest.mark.parametrize("seed", range(60))
def test_epsilon_against_fractions_at_all_scales(seed: int) -> None:
    """No exact equilibrium is refused; what passes gains nothing that doubles could tell from nothing."""
    game = scaled_game(seed)
    for actions in oracle.profiles(game)[:30]:
        verdict = offloading.verify(game, Profile(np.array(actions)))["epsilon"]
        exact = oracle.exact_epsilon(game, actions)
        if exact <= Fraction(1, 10**9):
            assert verdict.holds
        if not verdict.holds:
            assert exact > Fraction(1, 10**9)
            witness = verdict.witness
            moved = [*actions[: witness.user], witness.there, *actions[witness.user + 1 :]]
            assert oracle.exact_utility(game, moved, witness.user) > oracle.exact_utility(game, actions, witness.user)
        elif exact > Fraction(2, 10**9):
            assert _gain_within_rounding(game, actions)


def _gain_within_rounding(game: OffloadingGame, actions: list[int]) -> bool:
    """Is every gain above 2e-9 of its spread below 1e-13 of the terms of the two utilities?"""
    for i in range(game.users):
        now = oracle.exact_utility(game, actions, i)
        options = {
            k: oracle.exact_utility(game, [*actions[:i], k, *actions[i + 1 :]], i) for k in oracle.moves(game, actions, i)
        }
        spread = max([now, *options.values()]) - min([now, *options.values()])
        for k, utility in options.items():
            terms = _terms(game, actions, i, actions[i]) + _terms(game, [*actions[:i], k, *actions[i + 1 :]], i, k)
            if (utility - now) * 5 * 10**8 > spread and float(utility - now) > 1e-13 * terms:
                return False
    return True


def _terms(game: OffloadingGame, actions: list[int], i: int, k: int) -> float:
    p = oracle.pair(game, i, k) if k >= 0 else None
    if p is None:
        return abs(float(game.local_utility[i]))
    late = oracle.delay(game, actions, i) + float(game.deadline[i])
    return abs(float(game.gain[p])) + abs(float(game.price[p])) + float(game.sensitivity[i]) * late


@pytest.mark.parametrize("method", ["pg-brd", "round-robin", "max-gain", "log-linear", "equilibria", "potential-maximiser"])
def test_dynamics_at_all_scales_are_never_refused(method: str) -> None:
    for seed in range(25):
        game = scaled_game(1_000 + seed)
        stop = Stop(iterations=300) if method not in ("equilibria", "potential-maximiser") else None
        result = offloading.solve(game, method=method, seed=seed, stop=stop)
        assert offloading.verify(game, result), (seed, str(offloading.verify(game, result)))


# --- potentials and cycles -----------------------------------------------------------------------------------------------


def test_a_rise_of_nothing_is_no_rise() -> None:
    """One user gains .5 by coming, and equation (21) stays as it is: 1 - 2^2 / (2 x 2) = 0."""
    game = OffloadingGame.from_matrices([[1.0]], [2.0], weight=[2.0], workload=[2.0], sensitivity=[0.5])
    verdict = verify_potential(game, "paper")
    assert verdict.status is Status.FAILS
    assert verdict.witness.replay(game) == (verdict.witness.gain, verdict.witness.rise) == (0.5, 0.0)
    assert "ties judged exactly" in str(verdict.scope)
    assert verify_potential(game, "weighted")


@pytest.mark.parametrize("seed", range(30))
def test_potentials_against_fractions_at_all_scales(seed: int) -> None:
    game = scaled_game(seed)
    if game.users > 3:
        return
    for which in ("paper", "weighted"):
        improving = failing = 0
        for actions in oracle.profiles(game):
            for i in range(game.users):
                if which == "weighted" and game.sensitivity[i] * game.workload[i] == 0.0:
                    continue
                for k in oracle.moves(game, actions, i):
                    moved = [*actions[:i], k, *actions[i + 1 :]]
                    if oracle.exact_utility(game, moved, i) > oracle.exact_utility(game, actions, i):
                        improving += 1
                        rise = oracle.exact_potential(game, moved, which) - oracle.exact_potential(game, actions, which)
                        failing += rise <= 0
        verdict = verify_potential(game, which)  # type: ignore[arg-type]
        assert verdict.holds == (failing == 0)
        if failing and (game.sensitivity * game.workload > 0.0).all():
            assert verdict.violation == failing / improving
        assert failing == 0 or which == "paper" or not game.linear


def test_checks_say_when_their_budget_ended() -> None:
    game = offloading.generate(preset="random", users=30, providers=6, seed=0)
    assert verify_potential(game, "weighted", Sampled(100), seconds=0.0).status is Status.NOT_CHECKED
    result = offloading.solve(game, method="lagrangian", seed=0, params=offloading.Lagrangian(steps=2, rounds=2))
    report = offloading.verify(game, result, seconds=0.0)
    assert set(report.unchecked) >= {"epsilon", "bound"}
    assert not report.failures
    assert not report
    cycling = offloading.solve(restless_game(), seed=0)
    assert offloading.verify(restless_game(), cycling, seconds=0.0)["cycle"].status is Status.NOT_CHECKED


def test_hostile_cycles_are_failed_verdicts() -> None:
    game = restless_game()
    result = offloading.solve(game, seed=0)
    arrays = {name: np.array(values) for name, values in result.certificate.arrays.items()}  # type: ignore[union-attr]
    assert offloading.verify(game, result)["cycle"]
    hostile: list[dict[str, Any]] = [
        {"user": np.full(3, 2**62)}, {"user": np.full(3, -1)}, {"user": np.zeros((2, 2), dtype=np.int64)},
        {"user": np.array([0.5, 1.5])}, {"user": np.array([np.nan])}, {"user": np.zeros(0, dtype=np.int64)},
        {"provider": np.full(len(arrays["user"]), 2**62)}, {"provider": np.full(len(arrays["user"]), -7)},
        {"provider": np.array(3)}, {"profile": np.full(game.users, 99)}, {"profile": np.full(10**6, -1)},
        {"profile": np.full(game.users, -2)}, {"profile": np.full(game.users, np.inf)},
    ]  # fmt: skip
    for change in hostile:
        forged = replace(result, certificate=Certificate("best-response-cycle", arrays | change))
        assert offloading.verify(game, forged)["cycle"].status is Status.FAILS, change
    # a move that gains nothing, there and back, closes a path and is no cycle of best replies
    tie = OffloadingGame.from_matrices([[2.0, 2.0]], [1.0, 1.0])
    there_and_back = {"profile": np.array([0]), "user": np.array([0, 0]), "provider": np.array([1, 0])}
    forged = claimed(tie, Profile([0]), certificate=Certificate("best-response-cycle", there_and_back))
    verdict = offloading.verify(tie, forged)["cycle"]
    assert verdict.witness["gain"] == 0.0
    assert "exact arithmetic" in str(verdict.scope)


# --- bounds --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(40))
def test_bounds_and_optima_against_fractions_at_all_scales(seed: int) -> None:
    game = scaled_game(2_000 + seed)
    best = oracle.exact_optimum(game)
    for method, params in (("exact", None), ("lagrangian", offloading.Lagrangian(steps=3, rounds=1, slices=6))):
        result = offloading.solve(game, method=method, seed=0, params=params)
        assert offloading.verify(game, result), str(offloading.verify(game, result))
        assert result.bound is not None
        if result.bound_evidence is BoundEvidence.RECOMPUTED:
            assert Fraction(result.bound) >= best
        if result.quality is Quality.OPTIMAL:
            here = oracle.exact_welfare(game, result.require().provider.tolist())
            assert best - here <= abs(best) * Fraction(2, 10**9)


@pytest.mark.parametrize("seed", range(40))
def test_welfare_lies_in_its_interval(seed: int) -> None:
    game = scaled_game(3_000 + seed)
    for actions in oracle.profiles(game)[:20]:
        profile, exact = Profile(np.array(actions)), oracle.exact_welfare(game, actions)
        low, high = welfare_interval(game, profile)
        assert Fraction(low) <= exact <= Fraction(high)
        assert abs(Fraction(offloading.value(game, profile)) - exact) <= abs(exact) * Fraction(1, 10**9)


def test_the_price_of_anarchy_rounds_outward_and_refuses_a_bound_that_is_beaten() -> None:
    game = OffloadingGame.from_matrices([[0.3, 0.1], [0.1, 0.3]], [30.0, 30.0], sensitivity=[0.1, 0.1])
    best = offloading.solve(game, method="exact", seed=0)
    equilibria = list(offloading.pure_equilibria(game))
    found = offloading.price_of_anarchy(game, equilibria, best)
    exact = [oracle.exact_welfare(game, profile.provider.tolist()) for profile in equilibria]
    top = oracle.exact_optimum(game)
    assert Fraction(found.anarchy[0]) <= top / min(exact) <= Fraction(found.anarchy[1])
    assert Fraction(found.stability[0]) <= top / max(exact) <= Fraction(found.stability[1])
    with pytest.raises(ValueError, match="must have a bound of at least every welfare known"):
        offloading.price_of_anarchy(game, equilibria, replace(best, bound=0.5 * best.value))  # type: ignore[operator]


_NASTY: list[Any] = [
    np.nan, np.inf, -np.inf, 1e308, -1e308, 1.7e308, -1.0, 5e-324, 2**62, -(2**62),
]  # fmt: skip


@pytest.mark.parametrize("method", ["lagrangian", "exact"])
def test_hostile_certificates_are_failed_verdicts(method: str) -> None:
    """Whatever is written into an array, the report fails or the bound is a bound; nothing crashes, nothing warns."""
    game = offloading.generate(preset="random", users=4, providers=2, seed=3, prices=True)
    result = offloading.solve(game, method=method, seed=0)
    best, profile = oracle.optimum(game)
    worst = Profile(np.full(4, -1))
    arrays = {name: np.array(values) for name, values in result.certificate.arrays.items()}  # type: ignore[union-attr]
    kind = result.certificate.kind  # type: ignore[union-attr]
    assert offloading.verify(game, result)
    rng = np.random.default_rng(0)
    for name, values in arrays.items():
        changes: list[Any] = [np.zeros(0), np.array(3.0), values.reshape(1, -1), values.astype(np.complex128).real * np.nan]
        changes += [np.full(values.shape, nasty) for nasty in _NASTY]
        for nasty in _NASTY:
            one = values.astype(np.float64)
            one[rng.integers(len(one))] = nasty
            changes.append(one)
        for change in changes:
            forged = optimal(game, worst, offloading.value(game, worst), kind, arrays | {name: change})
            assert not offloading.verify(game, forged), (name, change)
        without = {other: kept for other, kept in arrays.items() if other != name}
        assert not offloading.verify(game, optimal(game, worst, 0.0, kind, without))
    assert offloading.value(game, Profile(np.array(profile))) == pytest.approx(best)


def test_no_mutated_search_proves_less_than_the_optimum() -> None:
    rng = np.random.default_rng(1)
    tried = passed = 0
    for seed in range(6):
        game = offloading.generate(preset="random", users=4, providers=3, seed=seed, regime=offloading.REGIMES[seed % 3])
        result = offloading.solve(game, method="exact", seed=0)
        assert result.quality is Quality.OPTIMAL
        best = oracle.exact_optimum(game)
        arrays = {name: np.array(values) for name, values in result.certificate.arrays.items()}  # type: ignore[union-attr]
        profiles = [
            actions for actions in oracle.profiles(game) if oracle.exact_welfare(game, actions) < best * Fraction(999, 1000)
        ]
        for _ in range(12):
            actions = profiles[int(rng.integers(len(profiles)))]
            value = offloading.value(game, Profile(np.array(actions)))
            if value <= 0.0:
                continue
            changed = dict(arrays, target=np.array([value * (1.0 + 4e-10)]))
            name = str(rng.choice(["ceiling", "price", "weight_multiplier", "count_multiplier", "nothing"]))
            if name != "nothing":
                changed[name] = np.abs(changed[name] * rng.uniform(0.0, 2.0, changed[name].shape))
            forged = optimal(game, Profile(np.array(actions)), float(changed["target"][0]), result.certificate.kind, changed)  # type: ignore[union-attr]
            tried += 1
            passed += bool(offloading.verify(game, forged))
    assert tried > 35
    assert passed == 0


def test_an_objective_near_nothing_neither_passes_nor_fails_by_a_floor() -> None:
    base = offloading.generate(preset="random", users=5, providers=3, seed=1)
    for factor in (1e-12, 1e-100):
        scaled = {name: getattr(base, name) * factor for name in ("gain", "price", "sensitivity", "local_utility", "cost_rate")}
        game = replace(base, **scaled)
        best = offloading.solve(game, method="exact", seed=0)
        assert best.quality is Quality.OPTIMAL
        assert best.value == pytest.approx(factor * 8.0, rel=1.0)
        nothing = claimed(game, Profile(np.full(5, -1)), method="exact", bound=best.bound, bound_evidence=best.bound_evidence)
        forged = replace(nothing, certificate=best.certificate, quality=Quality.OPTIMAL)
        assert not offloading.verify(game, forged)["quality"]
        mixed = offloading.solve(game, method="milp")
        assert mixed.termination is Termination.PROVED
        assert mixed.value == pytest.approx(best.value, rel=1e-6)
        assert mixed.quality is Quality.CLAIMED_OPTIMAL


def test_games_beyond_the_range_of_floats_are_refused() -> None:
    for change in ({"rate": [1e-300]}, {"weight": [1e200]}, {"sensitivity": [1e300]}, {"price": [[1e260]]}):
        fields: dict[str, Any] = {"gain": [[1.0]], "rate": [1.0]} | change
        with pytest.raises(ValueError, match="game: must keep loads, delays and utilities below"):
            OffloadingGame.from_matrices(**fields)


def test_the_bound_goes_up_when_it_rounds() -> None:
    """The certificate of a single free user proves its gain, and not one float less."""
    game = OffloadingGame.from_matrices([[0.3]], [1.0], sensitivity=[0.0])
    arrays = {
        "price": np.zeros(1),
        "ptr": np.array([0, 1]),
        "low": np.zeros(1),
        "high": np.array([1.5]),
        "weight_multiplier": np.zeros(1),
    }
    bound = slice_bound(game, arrays | {"count_multiplier": np.zeros(1)})
    assert 0.3 < bound <= 0.3 * (1.0 + 1e-14)
    assert math.isfinite(slice_bound(game, arrays | {"count_multiplier": np.array([1e240])}))


def test_learners_play_where_one_more_changes_no_float() -> None:
    """A user with one thing to earn, of 1e40: the range that its utility is scaled by must not be nothing."""
    game = OffloadingGame.from_matrices(gain=np.zeros((1, 0)), rate=np.zeros(0), local_utility=np.array([1e40]))
    for method in ("exp3", "wolf-phc"):
        assert offloading.verify(game, offloading.solve(game, method=method, seed=0, stop=Stop(iterations=5)))
