"""Fictitious play and replicator dynamics: plain loops, what theory says, where they fail."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edgeworth import Stop, Termination
from edgeworth.core.verdict import Status
from edgeworth.games import normal_form
from edgeworth.games.normal_form import FictitiousPlay, NormalFormGame, Replicator
from edgeworth.testing import normal_form_games
from tests.oracles import normal_form as oracle


def _scaled(game: NormalFormGame) -> list[object]:
    low = game.payoffs.min(axis=tuple(range(1, game.payoffs.ndim)), keepdims=True)
    span = game.payoffs.max(axis=tuple(range(1, game.payoffs.ndim)), keepdims=True) - low
    scaled: list[object] = ((game.payoffs - low) / np.where(span > 0.0, span, 1.0)).tolist()
    return scaled


@given(game=normal_form_games(max_players=3, max_strategies=3), rounds=st.integers(0, 6), seed=st.integers(0, 9))
@settings(max_examples=15)
def test_the_replicator_against_plain_loops(game: NormalFormGame, rounds: int, seed: int) -> None:
    params = Replicator(rounds=rounds, step=0.5, answer="last")
    start = normal_form.solve(game, method="replicator", params=Replicator(rounds=0), seed=seed).require()
    found = normal_form.solve(game, method="replicator", params=params, seed=seed).require()
    payoffs, mixed = _scaled(game), [vector.tolist() for vector in start]
    for _ in range(rounds):
        grown = []
        for i, row in enumerate(mixed):
            pure = [[float(k == a) for k in range(len(row))] for a in range(len(row))]
            earned = [oracle.expected(payoffs, [*mixed[:i], each, *mixed[i + 1 :]], i) for each in pure]
            weights = [p * math.exp(0.5 * u) for p, u in zip(row, earned, strict=True)]
            grown.append([w / sum(weights) for w in weights])
        mixed = grown
    assert np.concatenate(list(found)) == pytest.approx(np.concatenate(mixed), abs=1e-9)


@given(data=st.data())
@settings(max_examples=15)
def test_fictitious_play_against_plain_loops(data: st.DataObject) -> None:
    shape = tuple(data.draw(st.lists(st.integers(1, 3), min_size=1, max_size=3)))
    rng = np.random.default_rng(data.draw(st.integers(0, 99)))  # no ties
    game = NormalFormGame(rng.normal(size=(len(shape), *shape)))
    rounds = data.draw(st.integers(0, 8))
    found = normal_form.solve(game, method="fictitious-play", params=FictitiousPlay(rounds=rounds)).require()
    counts = [[1.0 / n] * n for n in shape]
    for t in range(rounds):
        mixed = [[c / (t + 1.0) for c in row] for row in counts]
        for i, n in enumerate(shape):
            pure = [[float(k == a) for k in range(n)] for a in range(n)]
            earned = [oracle.expected(game.payoffs.tolist(), [*mixed[:i], each, *mixed[i + 1 :]], i) for each in pure]
            counts[i][earned.index(max(earned))] += 1.0
    expected = [c / (rounds + 1.0) for row in counts for c in row]
    assert np.concatenate(list(found)) == pytest.approx(expected, abs=1e-12)


def test_fictitious_play_finds_the_value_of_zero_sum_games() -> None:
    game = normal_form.generate(preset="zero-sum", strategies=4, seed=1)
    result = normal_form.solve(game, method="fictitious-play")
    report = normal_form.verify(game, result)
    assert report["epsilon"].status is Status.MEASURED
    assert normal_form.regret(game, result.require()) < 0.01
    assert result.termination is Termination.CONVERGED


def test_fictitious_play_cycles_in_shapleys_game() -> None:
    game = normal_form.generate(preset="shapley", seed=0)
    regrets = [
        normal_form.regret(game, normal_form.solve(game, method="fictitious-play", params=FictitiousPlay(n)).require())
        for n in (10_000, 100_000, 1_000_000)
    ]
    assert min(regrets) > 0.05


def test_dominated_strategies_die_out() -> None:
    game = normal_form.generate(preset="prisoners-dilemma", seed=0)
    result = normal_form.solve(game, method="replicator", params=Replicator(rounds=5_000, answer="last"), seed=3)
    left = normal_form.eliminate_dominated(game).kept
    assert [vector[list(kept)].sum() for vector, kept in zip(result.require(), left, strict=True)] == pytest.approx([1.0, 1.0])


@pytest.mark.parametrize("method", ["fictitious-play", "replicator"])
def test_rounds_and_iterations_end_a_run(method: str) -> None:
    game = normal_form.generate(players=3, strategies=2, seed=0)
    result = normal_form.solve(game, method=method, stop=Stop(iterations=7), seed=0)
    assert (result.termination, result.stats.iterations) == (Termination.ITERATIONS, 7)
    assert normal_form.verify(game, result)
    again = normal_form.solve(game, method=method, stop=Stop(iterations=7), seed=0)
    assert np.array_equal(np.concatenate(list(result.require())), np.concatenate(list(again.require())))


def test_what_is_refused() -> None:
    with pytest.raises(ValueError, match="rounds"):
        FictitiousPlay(rounds=-1)
    with pytest.raises(ValueError, match="step"):
        Replicator(step=0.0)
    with pytest.raises(ValueError, match="answer: must be one of average, last"):
        Replicator(answer="first")
