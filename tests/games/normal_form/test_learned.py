"""Learners as methods of finite games: where the answer is known they find it; rounds, seeds and answers are what they say."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import edgeworth
from edgeworth import Stop, Termination
from edgeworth.games import normal_form
from edgeworth.games.normal_form import PLAYS, NormalFormGame, Play
from edgeworth.learning import LEARNERS as REGISTRY
from edgeworth.learning import Exp3, MarkovGame, Session, WolfPhc
from edgeworth.learning.kernels import markov, rules

LEARNERS = [row.name for row in normal_form.METHODS if row.name in REGISTRY]


def _epsilon(preset: str, method: str, seed: int = 0) -> float:
    game = normal_form.generate(preset=preset, seed=0)
    result = normal_form.solve(game, method=method, seed=seed)
    assert normal_form.verify(game, result)
    return normal_form.measures(game, result.require())["epsilon"]


@pytest.mark.parametrize("method", LEARNERS)
@pytest.mark.parametrize("preset", ["prisoners-dilemma", "rock-paper-scissors", "matching-pennies"])
def test_defaults_come_close_to_equilibrium_where_theory_says_so(preset: str, method: str) -> None:
    """A dominant strategy, and averages (minimax-Q: policies) in zero-sum games. Exploring costs at most .05 here."""
    assert max(_epsilon(preset, method, seed) for seed in range(3)) < 0.06


@pytest.mark.parametrize("method", ["wolf-phc", "pga-app", "giga-wolf"])
def test_defaults_find_a_pure_equilibrium_of_chicken(method: str) -> None:
    assert _epsilon("chicken", method) < 0.06


def test_scale_and_offset_of_payoffs_do_not_matter() -> None:
    game = normal_form.generate(preset="shapley", seed=0)
    moved = NormalFormGame(game.payoffs * 1024.0 - 512.0)
    for method in LEARNERS:
        one, two = (normal_form.solve(each, method=method, seed=3, stop=Stop(iterations=2000)) for each in (game, moved))
        assert all(np.array_equal(a, b) for a, b in zip(one.require(), two.require(), strict=True))


def test_what_is_answered() -> None:
    """The three answers are the session's, on payoffs scaled to [0, 1]."""
    game = normal_form.generate(preset="chicken", seed=0)
    given: Any = {"rate": 0.2, "discount": 0.0, "win": 0.01, "lose": 0.04, "explore": 0.1}
    session = Session(MarkovGame.repeated(game.payoffs / 4.0), [WolfPhc(**given)] * 2, seed=np.random.default_rng(5))
    session.advance(700)
    tables = {"average": session.average_policy, "last": session.policy, "frequencies": session.frequencies}
    for answer, table in tables.items():
        params = Play(learner=WolfPhc(**given), rounds=700, answer=answer)
        result = normal_form.solve(game, method="wolf-phc", params=params, seed=5)
        assert (result.termination, result.stats.iterations) == (Termination.CONVERGED, 700)
        for i in range(2):
            assert result.require()[i] == pytest.approx(table(i)[0], abs=1e-12)


@pytest.mark.parametrize("method", LEARNERS)
def test_no_rounds_no_learning(method: str) -> None:
    game = normal_form.generate(preset="shapley", seed=0)
    result = normal_form.solve(game, method=method, seed=0, stop=Stop(iterations=0))
    assert result.termination is Termination.ITERATIONS
    assert all(vector == pytest.approx([1 / 3] * 3) for vector in result.require())


def test_a_million_rounds_obey_the_clock() -> None:
    game = normal_form.generate(players=3, strategies=3, seed=0)
    params = Play(rounds=10**12)
    result = normal_form.solve(game, method="q-learning", params=params, seed=0, stop=Stop(seconds=0.2))
    assert result.termination is Termination.TIME
    assert result.stats.seconds < 2.0
    assert result.stats.iterations > 1000
    again = normal_form.solve(game, method="q-learning", params=params, seed=0, stop=Stop(iterations=result.stats.iterations))
    assert all(np.array_equal(a, b) for a, b in zip(result.require(), again.require(), strict=True))


def test_every_learner_of_the_registry_is_a_row_with_a_complete_play() -> None:
    assert list(PLAYS) == LEARNERS == list(REGISTRY)
    for name, play in PLAYS.items():
        learner, rounds = play.required()
        assert (type(learner), rounds > 0, play.answer is not None) == (REGISTRY[name], True, True)
        assert normal_form.FAMILY.method(name).resolve().__name__ == name.replace("-", "_")


def test_what_is_left_out_is_the_rows() -> None:
    game = normal_form.generate(preset="shapley", seed=0)
    given = PLAYS["minimax-q"]
    part, whole = (
        normal_form.solve(game, method="minimax-q", params=params, seed=0)
        for params in (Play(rounds=30), Play(learner=given.learner, rounds=30, answer="last"))
    )
    assert all(np.array_equal(a, b) for a, b in zip(part.require(), whole.require(), strict=True))
    with pytest.raises(ValueError, match="learner: must be of type WolfPhc for this method"):
        normal_form.solve(game, method="wolf-phc", params=Play(learner=Exp3()))


def test_results_with_a_learner_are_saved_and_loaded(tmp_path: Path) -> None:
    game = normal_form.generate(preset="chicken", seed=0)
    play = Play(learner=Exp3(mixing=0.2), rounds=10)
    normal_form.solve(game, method="exp3", params=play, seed=0).save(tmp_path / "result.json")
    assert edgeworth.load(tmp_path / "result.json").params == play.completed(normal_form.PLAYS["exp3"])


def test_one_compilation_serves_every_learner() -> None:
    """Rules are chosen by a code at run time: neither the loop nor `learn` is compiled once more for another learner."""
    game = normal_form.generate(preset="chicken", seed=0)
    for method in LEARNERS:
        normal_form.solve(game, method=method, seed=0, stop=Stop(iterations=2))
    assert len(markov.play.signatures) == 1
    assert len(rules.learn.signatures) <= 1  # 0 where the loop came from the cache, `learn` inside
