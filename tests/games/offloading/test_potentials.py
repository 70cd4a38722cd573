"""Which of the paper's claims about its potential hold: MODELS section 9.2, cell by cell, and what holds instead."""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings

from edgeworth.games import offloading
from edgeworth.games.offloading import OffloadingGame, Profile, Sampled, verify_potential
from edgeworth.testing import offloading_games
from tests.oracles import offloading as oracle

CELLS = list(itertools.product([False, True], repeat=3))


def _failing(which: Any, regime: Any = "linearised", games: int = 4, **kind: bool) -> tuple[int, int]:
    """How many of the improving deviations of some random games do not raise the potential, and how many games have one."""
    failing = broken = 0
    for seed in range(games):
        game = offloading.generate(preset="random", users=4, providers=3, seed=seed, regime=regime, **kind)
        verdict = verify_potential(game, which)
        if not verdict:
            broken += 1
            failing += verdict.witness.failing
            gain, rise = verdict.witness.replay(game)
            assert gain == pytest.approx(verdict.witness.gain)
            assert rise == pytest.approx(verdict.witness.rise, rel=1e-6, abs=1e-9)
            assert gain > 0.0 >= rise
    return failing, broken


@pytest.mark.parametrize(("identical", "prices", "cost"), CELLS)
def test_theorem_1_fails_in_every_cell_and_the_weighted_potential_holds(identical: bool, prices: bool, cost: bool) -> None:
    """Equation (21) is no ordinal potential: not with heterogeneous users, and not with identical ones either, where it lacks
    what a user does to itself. Shares over many games: benchmarks/offloading.py."""
    kind = {"identical": identical, "prices": prices, "provider_cost": cost}
    failing, broken = _failing("paper", **kind)
    assert broken == 4
    assert failing > 0
    assert _failing("weighted", **kind) == (0, 0)


@settings(max_examples=25)
@given(offloading_games(linear=True, max_users=3, max_providers=2))
def test_the_weighted_potential_holds_on_drawn_linear_games(game: OffloadingGame) -> None:
    """Prices, caps, costs, users with gamma = 0, losses: every improving deviation raises it."""
    assert verify_potential(game, "weighted")


def test_theorem_1_a_counterexample_by_hand() -> None:
    """Two users at a provider of rate 2. The first has weight 1 and workload 4: a unit of load over rate costs it 4.

    It earns 4 - 4 (1 + 3) / 2 = -4 there and 2 - 4 alone at the other provider of rate 1: moving gains 2. The potential counts
    load over rate, whatever it costs whom: from 4 - 16 / 4 it goes to 2 - 9 / 4 - 1 / 2 (the second user's base apart), and so
    falls by .75. Psi rises by a quarter of the gain, w / gamma = 1 / 4.
    """
    game = OffloadingGame.from_matrices([[4.0, 2.0], [9.0, 0.0]], [2.0, 1.0], weight=[1.0, 3.0], workload=[4.0, 3.0])
    before, after = Profile(np.array([0, 0])), Profile(np.array([1, 0]))
    gain = offloading.utilities(game, after)[0] - offloading.utilities(game, before)[0]
    rise = offloading.paper_potential(game, after) - offloading.paper_potential(game, before)
    assert gain == pytest.approx((2.0 - 4.0) - (4.0 - 8.0))
    assert rise == pytest.approx((2.0 - 9.0 / 4.0 - 1.0 / 2.0) - (4.0 - 16.0 / 4.0))
    assert gain > 0.0 > rise
    assert offloading.weighted_potential(game, after) - offloading.weighted_potential(game, before) == pytest.approx(gain / 4.0)


def test_lemma_2_fails_the_congestion_terms_can_have_opposite_signs() -> None:
    """A user of weight 4 leaves a provider of rate 8 and load 8 for an empty one of rate 3.9: its own congestion rises from
    8 / 8 to 4 / 3.9, while the integral falls by (64 - 16) / 16 = 3 and rises by 16 / 7.8 only."""
    rate, load, own = np.array([8.0, 3.9]), np.array([8.0, 0.0]), 4.0
    user = load[0] / rate[0] - (load[1] + own) / rate[1]
    integral = (load[0] ** 2 - (load[0] - own) ** 2) / (2 * rate[0]) - ((load[1] + own) ** 2 - load[1] ** 2) / (2 * rate[1])
    assert user < 0.0 < integral
    game = OffloadingGame.from_matrices([[9.0, 9.0], [9.0, 9.0]], rate, weight=[4.0, 4.0], workload=[4.0, 4.0])
    both, apart = Profile(np.array([0, 0])), Profile(np.array([1, 0]))
    assert offloading.utilities(game, apart)[0] - offloading.utilities(game, both)[0] == pytest.approx(user)
    assert offloading.paper_potential(game, apart) - offloading.paper_potential(game, both) == pytest.approx(integral)


def test_a_maximiser_of_the_papers_potential_need_not_be_an_equilibrium() -> None:
    """ "Every local maximiser is an equilibrium" fails: even global maximisers are none in most small random games."""
    broken = 0
    for seed in range(10):
        game = offloading.generate(preset="random", users=4, providers=3, seed=seed)
        profiles = [Profile(np.array(actions)) for actions in oracle.profiles(game)]
        top = max(profiles, key=lambda profile: offloading.paper_potential(game, profile))
        broken += offloading.verify(game, top)["epsilon"].violation > 1e-6
        best = max(profiles, key=lambda profile: offloading.weighted_potential(game, profile))
        assert offloading.verify(game, best)["epsilon"].violation <= 1e-9
    assert broken >= 3


def test_payments_cannot_be_omitted() -> None:
    """One user, two providers: it goes where it is cheap, and the potential without payments falls (appendix D-I)."""
    game = OffloadingGame.from_matrices([[1.0, 1.2]], [10.0, 10.0], price=[[0.0, 0.5]])
    verdict = verify_potential(game, "paper")
    assert not verdict
    assert verdict.witness.provider == 0
    assert verify_potential(replace(game, price=np.zeros(2)), "paper")
    assert verify_potential(game, "weighted")


def test_linearising_the_deadline_changes_the_equilibria() -> None:
    changed = 0
    for seed in range(40):
        sets = []
        for regime in ("linearised", "soft-deadline"):
            game = offloading.generate(preset="random", users=4, providers=3, seed=seed, regime=regime)  # type: ignore[arg-type]
            sets.append({tuple(profile.provider.tolist()) for profile in offloading.pure_equilibria(game)})
        changed += sets[0] != sets[1]
    assert changed >= 5


def test_no_potential_survives_a_kinked_regime() -> None:
    for regime in ("soft-deadline", "floored"):
        failing, broken = _failing("weighted", regime)
        assert broken >= 1
        assert failing > 0


def test_verdicts_match_the_oracle_move_by_move() -> None:
    for seed in range(3):
        game = replace(offloading.generate(preset="random", users=3, providers=2, seed=seed, prices=True), cap=np.array([2, 1]))
        for which, function in (("paper", oracle.paper_potential), ("weighted", oracle.weighted_potential)):
            improving = failing = 0
            for actions in oracle.profiles(game):
                for i in range(3):
                    for k in oracle.moves(game, actions, i):
                        moved = [*actions[:i], k, *actions[i + 1 :]]
                        if oracle.utility(game, moved, i) - oracle.utility(game, actions, i) > 1e-9:
                            improving += 1
                            failing += function(game, moved) <= function(game, actions)
            verdict = verify_potential(game, which)  # type: ignore[arg-type]
            assert verdict.violation == pytest.approx(failing / improving)
            assert bool(verdict) == (failing == 0)


def test_a_sampled_scope_says_so_and_finds_the_same_kind_of_witness() -> None:
    game = offloading.generate(preset="random", users=60, providers=8, seed=0)
    verdict = verify_potential(game, "paper", Sampled(20, seed=1))
    assert not verdict
    assert str(verdict.scope).startswith("sampled: 20, seed 1; profiles; ties judged exactly")
    assert verdict.violation == verify_potential(game, "paper", Sampled(20, seed=1)).violation
    moves = f"user {verdict.witness.user} gains {verdict.witness.gain:.6g} by moving to "
    assert str(verdict.witness).startswith(moves)
    gain, rise = verdict.witness.replay(game)
    assert gain > 0.0 > rise
    assert verify_potential(game, "weighted", Sampled(20))
    with pytest.raises(ValueError, match="scope: must be a Sampled for more than 2000000 deviations"):
        verify_potential(game, "paper")
    with pytest.raises(ValueError, match='scope: must be "exhaustive" or a Sampled'):
        verify_potential(game, "paper", "some")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="which: must be one of paper, weighted"):
        verify_potential(game, "papers")  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="game: must be an OffloadingGame"):
        verify_potential(3)  # type: ignore[arg-type]
