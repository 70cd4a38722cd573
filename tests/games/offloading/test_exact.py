"""Enumeration, welfare optima, maximisers of the potential: against brute force and against each other."""

from __future__ import annotations

import itertools
import math
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeworth import BoundEvidence, Quality, Stop, Termination
from edgeworth.games import offloading
from edgeworth.games.offloading import OffloadingGame
from edgeworth.games.offloading.exact import columns, count_equilibria
from edgeworth.games.offloading.heuristic.worth import leaves, potential_worth, welfare_worth
from edgeworth.games.offloading.kernels import partition
from edgeworth.testing import offloading_games
from tests.oracles import offloading as oracle


@given(offloading_games(max_users=3))
def test_enumeration_finds_the_oracles_equilibria(game: OffloadingGame) -> None:
    found = {tuple(profile.provider.tolist()) for profile in offloading.pure_equilibria(game)}
    strict = {tuple(actions) for actions in oracle.equilibria(game, 0.0)}
    loose = {tuple(actions) for actions in oracle.equilibria(game, 1e-6)}
    assert strict <= found <= loose
    assert count_equilibria(game) == len(found)


def test_the_best_equilibrium_and_the_notes() -> None:
    game = offloading.generate(preset="random", users=5, providers=3, seed=0)
    everyone = offloading.pure_equilibria(game)
    result = offloading.solve(game, method="equilibria")
    assert result.value == max(offloading.value(game, profile) for profile in everyone)
    assert f"{len(everyone)} of 1024 profiles are pure equilibria" in result.notes[0]
    assert offloading.verify(game, result)
    with pytest.raises(ValueError, match="game: must have at most 5e"):
        offloading.pure_equilibria(offloading.generate(preset="random", users=20, seed=0))
    refused = offloading.solve(offloading.generate(preset="random", users=20, seed=0), method="equilibria")
    assert (refused.quality, refused.termination) == (Quality.NONE, Termination.REFUSED)
    assert "must have at most 5e+07 profiles" in refused.notes[0]


@given(offloading_games(max_users=4), st.integers(0, 2))
def test_exact_and_milp_find_the_oracles_optimum(game: OffloadingGame, seed: int) -> None:
    best, _ = oracle.optimum(game)
    result = offloading.solve(game, method="exact", seed=seed)
    assert result.quality is Quality.OPTIMAL
    assert result.value == pytest.approx(best, rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("sensitivity", [0.0, 1.0])
def test_a_game_in_which_nothing_is_worth_anything_has_a_proof(sensitivity: float) -> None:
    user, provider = np.divmod(np.arange(6), 2)
    game = OffloadingGame.from_pairs(
        user, provider, np.zeros(6), np.ones(2), users=3, workload=np.zeros(3), sensitivity=np.full(3, sensitivity)
    )
    result = offloading.solve(game, method="exact")
    assert (result.value, result.quality) == (0.0, Quality.OPTIMAL)
    assert offloading.verify(game, result)


@pytest.mark.parametrize("regime", offloading.REGIMES)
@pytest.mark.parametrize("cost", [0.0, 0.5])
def test_a_game_in_which_no_pair_pays_is_proved_without_a_search(regime: Any, cost: float) -> None:
    """Ties without end: five users earn locally, to the last bit, what three providers give them, less the cost."""
    user, provider = np.divmod(np.arange(15), 3)
    local = np.random.default_rng(0).normal(size=5)
    given: dict[str, Any] = {"users": 5, "sensitivity": np.zeros(5), "workload": np.ones(5), "cost_rate": np.full(3, cost)}
    game = OffloadingGame.from_pairs(user, provider, local[user], np.ones(3), local_utility=local, regime=regime, **given)
    result = offloading.solve(game, method="exact", seed=0)
    assert result.value == pytest.approx(math.fsum(local.tolist()), rel=1e-15)
    assert result.quality is Quality.OPTIMAL
    assert result.certificate is not None
    assert result.certificate.kind == "local-execution"
    assert offloading.verify(game, result)
    gain = np.array(game.gain)
    gain[7] = np.nextafter(gain[7], np.inf) + 2.0 * cost  # one pair pays, by the last bit where nothing costs
    better = OffloadingGame.from_pairs(user, provider, gain, np.ones(3), local_utility=local, regime=regime, **given)
    assert not offloading.verify(better, replace(result, problem_hash=better.hash))["bound"]


def test_rounding_of_pairs_that_do_not_pay_leaves_an_optimum() -> None:
    """The worth of a column is rounded, by 1e-13 here: some pairs look as if they paid, and nobody computes there for it."""
    for seed in range(30):
        rng = np.random.default_rng(seed)
        weight, work, sense, rate, cost = (rng.uniform(0.3, 3.0, 5) * [1.0, 1e3, 1.0, 1.0, 1.0]).tolist()
        need = Fraction(sense) * Fraction(work) / Fraction(rate) + Fraction(cost) * Fraction(work) / Fraction(rate)
        gain = float(need) if Fraction(float(need)) <= need else math.nextafter(float(need), -math.inf)
        given = {"weight": [weight], "workload": [work], "sensitivity": [sense], "cost_rate": [cost]}
        game = OffloadingGame.from_pairs([0], [0], [gain], [rate], users=1, **given)
        result = offloading.solve(game, method="exact", seed=0)
        assert (result.value, result.quality) == (0.0, Quality.OPTIMAL)
        assert result.certificate is not None
        assert result.certificate.kind == "local-execution"


@pytest.mark.parametrize("regime", offloading.REGIMES)
def test_two_exact_methods_agree_where_brute_force_takes_long(regime: Any) -> None:
    for seed in range(2):
        game = offloading.generate(
            preset="random", users=7, providers=3, seed=seed, regime=regime, prices=True, provider_cost=True
        )
        game = replace(game, cap=np.array([3, 2, 2]))
        column, mixed = (offloading.solve(game, method=method, seed=0) for method in ("exact", "milp"))
        assert column.quality is Quality.OPTIMAL
        assert mixed.quality is Quality.CLAIMED_OPTIMAL
        assert column.value == pytest.approx(mixed.value, rel=1e-8)


@pytest.mark.parametrize("preset", ["random", "fusion"])
def test_a_proof_for_forty_users_and_eight_providers(preset: str) -> None:
    game = offloading.generate(preset=preset, users=40, providers=8, seed=0)
    result = offloading.solve(game, method="exact", seed=0)
    assert result.quality is Quality.OPTIMAL
    assert result.bound_evidence is BoundEvidence.RECOMPUTED
    assert offloading.verify(game, result)
    search = offloading.solve(game, method="local-search", seed=0).value
    bound = offloading.solve(game, method="lagrangian", seed=0, params=offloading.Lagrangian(steps=20)).bound
    assert search is not None
    assert bound is not None
    assert search <= result.value * (1 + 1e-9)
    assert result.value <= bound * (1 + 1e-9)


@given(offloading_games(linear=True, max_users=3))
def test_the_potential_maximiser_is_one(game: OffloadingGame) -> None:
    """Where everybody minds delays: Psi is the highest of all profiles. Otherwise the insensitive total, then Psi."""
    result = offloading.solve(game, method="potential-maximiser", seed=0)
    assert offloading.verify(game, result)
    here = result.require().provider.tolist()
    insensitive = [i for i in range(game.users) if game.gamma[i] == 0.0]

    def total(actions: list[int]) -> float:
        return sum(oracle.utility(game, actions, i) for i in insensitive)

    profiles = oracle.profiles(game)
    most = max(total(actions) for actions in profiles)
    assert total(here) == pytest.approx(most, rel=1e-9, abs=1e-9)
    if not insensitive:
        top = max(oracle.weighted_potential(game, actions) for actions in profiles)
        assert oracle.weighted_potential(game, here) == pytest.approx(top, rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("objective", ["welfare", "potential"])
def test_user_sets_are_bounded_and_enumerated_exactly(objective: str) -> None:
    rng = np.random.default_rng(1)
    for seed in range(9):
        regime = offloading.REGIMES[seed % 3] if objective == "welfare" else "linearised"
        game = offloading.generate(preset="random", users=6, providers=3, seed=seed, regime=regime, prices=True)
        game = replace(game, cap=np.array([2, 1, 6])) if seed % 2 else game
        worth = welfare_worth(game) if objective == "welfare" else potential_worth(game, np.zeros(3))
        price = rng.uniform(0.0, 1.0, 6)
        for k in range(3):
            pairs = worth.by_pair[worth.by_ptr[k] : worth.by_ptr[k + 1]]
            value = {}
            for size in range(1, min(len(pairs), int(game.cap[k])) + 1):
                for chosen in itertools.combinations(pairs.tolist(), size):
                    members = np.array(chosen)
                    total = partition.set_worth(worth, k, members, size)
                    value[frozenset(chosen)] = total - price[game.user[members]].sum()
            room = leaves(40)
            count, bound = partition.bound_provider(worth, k, price, room, 0.0)
            assert bound >= max(value.values()) - 1e-12
            floor = float(np.quantile(list(value.values()), 0.7))
            ptr, out, totals = np.zeros(100, dtype=np.int64), np.zeros(600, dtype=np.int64), np.zeros(100)
            sets, _ = partition.enumerate_sets(worth, k, price, room, count, floor, False, ptr, out, totals, 10**7)
            found = {frozenset(out[ptr[s] : ptr[s + 1]].tolist()) for s in range(sets)}
            assert found == {chosen for chosen, gain in value.items() if gain > floor}
            sets, _ = partition.enumerate_sets(worth, k, price, room, count, -50.0, True, ptr, out, totals, 10**7)
            assert frozenset(out[: ptr[1]].tolist()) == max(value, key=lambda chosen: value[chosen])
            assert partition.enumerate_sets(worth, k, price, room, count, -50.0, False, ptr[:2], out, totals, 10**7)[0] == -1
            assert partition.enumerate_sets(worth, k, price, room, count, -50.0, False, ptr, out, totals, 3)[0] == -2


def test_too_many_sets_end_without_proof_but_with_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    game = offloading.generate(preset="random", users=20, providers=4, seed=0)
    monkeypatch.setattr(columns, "_NODES", 10)
    result = offloading.solve(game, method="exact", seed=0)
    assert result.termination is Termination.STALLED
    assert result.quality is Quality.FEASIBLE
    assert any("too many to enumerate" in note for note in result.notes)
    assert offloading.verify(game, result)


def test_stopped_it_keeps_what_it_has() -> None:
    game = offloading.generate(preset="random", users=60, providers=10, seed=0)
    for seconds in (0.0, 0.3, 0.6):
        result = offloading.solve(game, method="exact", seed=0, stop=Stop(seconds=seconds))
        assert offloading.verify(game, result)
        assert result.solution is not None


def test_the_pyomo_model_has_named_parts_and_the_games_value() -> None:
    import pyomo.environ as pyo

    game = offloading.generate(preset="random", users=4, providers=2, seed=0, regime="floored", prices=True, provider_cost=True)
    profile = offloading.solve(game, method="milp").require()
    for objective, function in (("welfare", offloading.value), ("potential", offloading.weighted_potential)):
        model = offloading.build_model(game, objective)  # type: ignore[arg-type]
        assert len(model.offload) == game.pairs
        assert {part.name for part in model.component_objects(pyo.Constraint)} == {"one_place", "cap", "congestion", "floor"}
        for i, k in model.PAIRS:
            model.offload[i, k].fix(1 if profile.provider[i] == k else 0)
        outcome = pyo.SolverFactory("appsi_highs").solve(model)
        assert outcome.solver.termination_condition == pyo.TerminationCondition.optimal
        assert pyo.value(model.total) == pytest.approx(function(game, profile), rel=1e-7, abs=1e-7)
    with pytest.raises(ValueError, match="objective: must be one of welfare, potential"):
        offloading.build_model(game, "profit")  # type: ignore[arg-type]
