"""Decentralised learners: what they see, what they reach, how far from no regret they are."""

from __future__ import annotations

import numpy as np
import pytest

from edgeworth import Stop
from edgeworth.games import offloading
from edgeworth.games.offloading import PLAYS, OffloadingGame, Play, Profile, Session
from edgeworth.learning import Exp3, MinimaxQ
from tests.oracles import offloading as oracle


@pytest.mark.parametrize("method", PLAYS)
def test_pieces_make_the_same_play(method: str) -> None:
    game = offloading.generate(preset="random", users=12, providers=4, seed=0)
    whole, parts = (Session(game, PLAYS[method], seed=1) for _ in range(2))
    whole.advance(500)
    for rounds in (1, 0, 199, 300):
        parts.advance(rounds)
    assert np.array_equal(whole.population.memory, parts.population.memory)
    assert whole.welfare == parts.welfare
    assert np.array_equal(whole.regret, parts.regret)
    assert whole.rounds == parts.rounds == 500


@pytest.mark.parametrize("capped", [False, True])
def test_welfare_and_regret_of_one_round_match_the_oracle(capped: bool) -> None:
    """After a single round the play is a profile: its welfare, and what every user would have earned elsewhere."""
    for seed in range(20):
        game = OffloadingGame.from_matrices(
            np.random.default_rng(seed).uniform(0.0, 3.0, (4, 2)),
            [2.0, 3.0],
            weight=[1.0, 2.0, 0.5, 1.0],
            price=np.full((4, 2), 0.2),
            cost_rate=[0.3, 0.1],
            local_utility=[0.0, 0.5, 0.0, 0.1],
            cap=[1, 1] if capped else None,
        )
        session = Session(game, Play(learner=Exp3(mixing=1.0)), seed=seed)
        session.advance(1)
        plays = [int(session.population.plays(i)[0].argmax()) - 1 for i in range(4)]
        candidates = [plays] if not capped else _after_refusals(game, plays)
        welfare = [oracle.welfare(game, actions) for actions in candidates]
        assert any(session.welfare == pytest.approx(w) for w in welfare)
        matching = [actions for actions, w in zip(candidates, welfare, strict=True) if session.welfare == pytest.approx(w)]
        regrets = [[_regret(game, actions, i) for i in range(4)] for actions in matching]
        assert any(session.regret == pytest.approx(regret) for regret in regrets)


def _regret(game: OffloadingGame, actions: list[int], i: int) -> float:
    """What user i would have earned at best by another place, less what it earned; where that is full it computes locally."""
    now = oracle.utility(game, actions, i)
    moves = [oracle.utility(game, [*actions[:i], k, *actions[i + 1 :]], i) for k in oracle.moves(game, actions, i)]
    return max([now, float(game.local_utility[i]), *moves]) - now


def _after_refusals(game: OffloadingGame, plays: list[int]) -> list[list[int]]:
    """All outcomes of full providers: one of those who drew it is served, the others compute locally."""
    outcomes = [list(plays)]
    for k in range(game.providers):
        here = [i for i, place in enumerate(plays) if place == k]
        if len(here) > 1:
            outcomes = [
                [-1 if i in here and i != kept else place for i, place in enumerate(o)] for o in outcomes for kept in here
            ]
    return outcomes


@pytest.mark.parametrize("method", PLAYS)
def test_a_dominant_place_is_found(method: str) -> None:
    """Each of three users has a provider of its own that is best whatever the others do."""
    gain = np.full((3, 3), 0.2) + 2.0 * np.eye(3)
    game = OffloadingGame.from_matrices(gain, [3.0, 3.0, 3.0])
    result = offloading.solve(game, method=method, seed=0)
    assert result.require().provider.tolist() == [0, 1, 2]
    assert offloading.verify(game, result)["epsilon"].violation == 0.0


@pytest.mark.parametrize("method", ["exp3", "wolf-phc"])
def test_longer_play_has_less_regret_and_more_welfare(method: str) -> None:
    game = offloading.generate(preset="random", users=30, providers=6, seed=0)
    short, long = (Session(game, PLAYS[method], seed=0) for _ in range(2))
    short.advance(500)
    long.advance(20_000)
    assert long.regret.mean() < 0.5 * short.regret.mean()
    assert long.welfare > short.welfare
    assert np.all(long.regret >= -1e-9)
    equilibrium = offloading.solve(game, seed=0).value
    assert equilibrium is not None
    assert offloading.value(game, long.profile()) > 0.9 * equilibrium


def test_profiles_respect_caps_and_notes_tell_the_regret() -> None:
    game = OffloadingGame.from_matrices(np.full((6, 1), 5.0), [6.0], cap=[2])
    result = offloading.solve(game, method="exp3", seed=0, stop=Stop(iterations=3_000))
    assert not offloading.violations(game, result.require())
    assert "external regret a user and round: mean" in result.notes[0]
    assert result.stats.iterations == 3_000


def test_nobody_plays_and_misuse() -> None:
    empty = OffloadingGame.from_matrices(np.zeros((0, 1)), [1.0])
    session = Session(empty, PLAYS["exp3"], seed=0)
    session.advance(10)
    assert session.welfare == 0.0
    assert isinstance(session.profile(), Profile)
    assert np.isnan(Session(empty, PLAYS["exp3"], seed=0).welfare)
    game = offloading.generate(preset="random", users=3, providers=2, seed=0)
    with pytest.raises(TypeError, match="play: must be a Play"):
        Session(game, None)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="game: must be an OffloadingGame"):
        Session(3, PLAYS["exp3"])  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="rounds: must be at least 0"):
        Session(game, PLAYS["exp3"]).advance(-1)
    with pytest.raises(ValueError, match="learner: must be given"):
        Session(game, Play())
    with pytest.raises(ValueError, match="learner: must not observe the others' actions"):
        Play(learner=MinimaxQ())
