"""Iterated elimination of dominated strategies: an oracle, what survives, textbook games, planted faults."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import linprog

from edgeworth import Stop, Termination
from edgeworth.core.verdict import Status
from edgeworth.games import normal_form
from edgeworth.games.normal_form import Elimination, NormalFormGame
from edgeworth.testing import normal_form_games
from tests.oracles import normal_form as oracle

MIXED = NormalFormGame([[[4.0, 0.0], [0.0, 4.0], [1.0, 1.0]], [[1.0, 0.0], [0.0, 1.0], [0.0, 3.0]]])
ROUNDS = NormalFormGame([[[3.0, 1.0, 6.0], [2.0, 0.0, 7.0]], [[1.0, 2.0, 0.0], [0.0, 1.0, -1.0]]])


@given(game=normal_form_games(max_players=3, max_strategies=3), weak=st.booleans())
def test_by_pure_strategies(game: NormalFormGame, weak: bool) -> None:
    found = normal_form.eliminate_dominated(game, by="pure", weak=weak)
    payoffs = game.payoffs.tolist() if game.numerators is None else _fractions(game)
    assert [list(left) for left in found.kept] == oracle.undominated_by_pure(payoffs, weak)
    assert normal_form.verify_elimination(game, found)


def _fractions(game: NormalFormGame) -> Any:
    tables = np.empty(game.payoffs.shape, dtype=object)
    for where in np.ndindex(*game.payoffs.shape):
        tables[where] = game.exact(where[0], where[1:])
    return tables.tolist()


@given(game=normal_form_games(max_players=3, max_strategies=4), weak=st.booleans())
def test_by_mixtures(game: NormalFormGame, weak: bool) -> None:
    found = normal_form.eliminate_dominated(game, weak=weak)
    assert found.complete
    assert normal_form.verify_elimination(game, found)
    pure = normal_form.eliminate_dominated(game, by="pure", weak=weak)
    if not weak:  # strict dominance does not depend on the order
        assert all(set(a) <= set(b) for a, b in zip(found.kept, pure.kept, strict=True))
    reduced = found.reduced(game)
    assert reduced.shape == tuple(map(len, found.kept))
    again = normal_form.eliminate_dominated(reduced, weak=weak)
    assert not again.steps


@pytest.mark.parametrize("seed", range(8))
def test_strict_dominance_by_mixtures_against_linear_programs(seed: int) -> None:
    game = NormalFormGame(np.random.default_rng(seed).normal(size=(2, 5, 3)))
    first = {step.strategy for step in normal_form.eliminate_dominated(game).steps if (step.round, step.player) == (0, 0)}
    for a in range(5):
        others = [k for k in range(5) if k != a]
        gains = game.payoffs[0][others] - game.payoffs[0][a]
        program = linprog(
            [0.0] * 4 + [-1.0], A_ub=np.hstack([-gains.T, np.ones((3, 1))]), b_ub=np.zeros(3),
            A_eq=[[1.0] * 4 + [0.0]], b_eq=[1.0], bounds=[(0, None)] * 4 + [(None, None)],
        )  # fmt: skip
        assert (a in first) == (-program.fun > 1e-9)


@given(game=normal_form_games(min_players=2, max_players=2, max_strategies=3))
def test_equilibria_survive_strict_dominance(game: NormalFormGame) -> None:
    found = normal_form.eliminate_dominated(game)
    listed = normal_form.mixed_equilibria(game)
    for number in range(len(listed)):
        for vector, left in zip(listed.exact(number), found.kept, strict=True):
            assert {k for k, p in enumerate(vector) if p} <= set(left)
    assert len(normal_form.mixed_equilibria(found.reduced(game))) == len(listed)


def test_a_mixture_dominates_where_no_strategy_does() -> None:
    found = normal_form.eliminate_dominated(MIXED)
    assert [(step.strategy, step.mixture) for step in found.steps] == [(2, (Fraction(1, 2), Fraction(1, 2), Fraction(0)))]
    assert str(found) == "strategies deleted: 1, rounds: 1, left: 2 x 2"
    assert not normal_form.eliminate_dominated(MIXED, by="pure").steps


def test_rounds_follow_each_other() -> None:
    """The right column goes first; only then does the first row dominate; then the middle column."""
    found = normal_form.eliminate_dominated(ROUNDS)
    assert [(step.round, step.player, step.strategy) for step in found.steps] == [(0, 1, 0), (0, 1, 2), (1, 0, 1)]
    assert found.kept == ((0,), (1,))
    assert found.reduced(ROUNDS).strategies == (("1",), ("2",))
    assert found.reduced(ROUNDS).provenance.parameters["kept"] == [["1"], ["2"]]


def test_weak_dominance_may_lose_equilibria() -> None:
    game = NormalFormGame([[[1.0, 0.0], [1.0, 1.0]], [[1.0, 0.0], [1.0, 1.0]]])
    assert normal_form.eliminate_dominated(game).kept == ((0, 1), (0, 1))
    found = normal_form.eliminate_dominated(game, weak=True)
    assert found.kept[0] == (1,)
    assert len(normal_form.pure_equilibria(game)) > len(normal_form.pure_equilibria(found.reduced(game)))


def test_fractions_stay_exact_in_the_game_left() -> None:
    third = Fraction(1, 3)
    game = NormalFormGame.from_fractions([[third, 2 * third, 0]])
    found = normal_form.eliminate_dominated(game)
    left = found.reduced(game)
    assert (left.strategies, left.exact(0, (0,))) == ((("2",),), Fraction(2, 3))


def test_a_run_that_is_cut() -> None:
    found = normal_form.eliminate_dominated(ROUNDS, stop=Stop(seconds=0.0))
    assert (found.termination, found.kept, found.steps) == (Termination.TIME, ((0, 1), (0, 1, 2)), ())
    assert str(found) == "strategies deleted: 0, rounds: 0, left: 2 x 3; cut (time)"
    report = normal_form.verify_elimination(ROUNDS, found)
    assert report
    assert "complete" not in report


def test_what_is_refused() -> None:
    with pytest.raises(ValueError, match="by: must be one of mixed, pure"):
        normal_form.eliminate_dominated(ROUNDS, by="both")
    with pytest.raises(ValueError, match="stop: must have no rule but seconds"):
        normal_form.eliminate_dominated(ROUNDS, stop=Stop(iterations=3))
    with pytest.raises(TypeError, match="found: must be an Elimination"):
        normal_form.verify_elimination(ROUNDS, None)  # type: ignore[arg-type]


def _step(found: Elimination, **changes: Any) -> Elimination:
    return replace(found, steps=(replace(found.steps[0], **changes), *found.steps[1:]))


ONE, HALF, NONE = Fraction(1), Fraction(1, 2), Fraction(0)
FAULTS: dict[str, tuple[str, Callable[[Elimination], Elimination]]] = {
    "a mixture that does not dominate": ("steps", lambda f: _step(f, mixture=(ONE, NONE, NONE))),
    "itself": ("steps", lambda f: _step(f, mixture=(NONE, NONE, ONE))),
    "no mixture": ("steps", lambda f: _step(f, mixture=(ONE, ONE, NONE))),
    "floats": ("steps", lambda f: _step(f, mixture=(0.5, 0.5, 0.0))),
    "a mixture that is too long": ("steps", lambda f: _step(f, mixture=(HALF, HALF, NONE, NONE))),
    "a strategy deleted twice": ("steps", lambda f: replace(f, steps=(f.steps[0], *f.steps))),
    "another round": ("steps", lambda f: _step(f, round=1)),
    "another strategy": ("steps", lambda f: _step(f, strategy=1)),
    "nobody's strategy": ("steps", lambda f: _step(f, player=7)),
    "a mixture where pure ones were asked for": ("steps", lambda f: replace(f, by="pure")),
    "one is forgotten": ("kept", lambda f: replace(f, kept=((0,), (0, 1)))),
    "no beliefs": ("complete", lambda f: replace(f, beliefs=())),
    "a belief with a zero under weak dominance": ("complete", lambda f: replace(f, weak=True)),
    "a wrong belief": ("complete", lambda f: replace(f, beliefs=(((HALF, HALF), (ONE, NONE)), f.beliefs[1]))),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_faults_are_caught(fault: str) -> None:
    verdict, change = FAULTS[fault]
    report = normal_form.verify_elimination(MIXED, change(normal_form.eliminate_dominated(MIXED)))
    assert report[verdict].status is Status.FAILS
    assert report[verdict].witness is not None


def test_a_cut_that_claims_to_be_complete() -> None:
    found = normal_form.eliminate_dominated(ROUNDS, by="pure")
    early = replace(found, steps=found.steps[:2], kept=((0, 1), (1,)))
    assert "dominated" in normal_form.verify_elimination(ROUNDS, early)["complete"].witness
    report = normal_form.verify_elimination(ROUNDS, found, seconds=0.0)
    assert report["rest"].status is Status.NOT_CHECKED
