"""Learners that play the game against each other, built from `edgeworth.learning`."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from edgeworth import learning
from edgeworth.core import validation
from edgeworth.core.method import Found
from edgeworth.core.result import Termination
from edgeworth.core.run import Run
from edgeworth.games.normal_form.model import NormalFormGame, Profile
from edgeworth.learning.markov import MarkovGame, Session
from edgeworth.learning.play import functions, plays

ANSWERS = ("average", "last", "frequencies")
_CHUNK_SECONDS = 0.03  # between two looks at the clock


@dataclass(frozen=True, kw_only=True)
class Play(learning.Play):
    """Parameters of the learning methods of finite games.

    Parameters
    ----------
    learner : Learner, optional
        The learner that every player is. None stands for the learner of the method row, with the defaults of this game
        (`PLAYS`).
    rounds : int, optional
        Number of rounds, at least 0; by default 200,000, for minimax-q 20,000.
    answer : {"average", "last", "frequencies"}, optional
        Profile to return: the mean of each player's policies, the policies at the end, or the frequencies of the strategies
        played, explored ones included. By default "average", for q-learning "frequencies", for minimax-q "last".

    Raises
    ------
    ValueError, TypeError
        If a field is out of range or of the wrong type.

    Notes
    -----
    Payoffs are scaled to [0, 1], which EXP3's ``low`` and ``high`` should leave as they are.

    Examples
    --------
    >>> from edgeworth.games import normal_form
    >>> from edgeworth.learning import WolfPhc
    >>> game = normal_form.generate(preset="chicken", seed=0)
    >>> play = Play(learner=WolfPhc(explore=0.1), rounds=1000, answer="last")
    >>> normal_form.solve(game, method="wolf-phc", params=play, seed=0).stats.iterations
    1000
    """

    answer: str | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.answer is not None:
            validation.choice("answer", self.answer, ANSWERS)


def play(game: NormalFormGame, params: Play, run: Run[Profile]) -> Found[Profile]:
    """All players learn by the same rule, from the rewards of the repeated game.

    Parameters
    ----------
    game : NormalFormGame
        The game.
    params : Play
        The learner, the number of rounds, and which profile is the answer.
    run : Run
        Clock, stop rules and random generator of the run.

    Returns
    -------
    Found
        The profile that ``params.answer`` names: mean policies, last policies, or frequencies of play. ``iterations`` counts
        rounds.

    Notes
    -----
    Every player's payoffs are scaled to [0, 1] (all 0 where they do not differ), so that steps and rates mean the same in every
    game. No equilibrium is claimed; the verdict epsilon says how far the profile is from one.

    References
    ----------
    Fudenberg and Levine, The Theory of Learning in Games (1998).
    """
    learner, rounds = params.required()
    low = game.payoffs.min(axis=tuple(range(1, game.payoffs.ndim)), keepdims=True)
    span = game.payoffs.max(axis=tuple(range(1, game.payoffs.ndim)), keepdims=True) - low
    scaled = (game.payoffs - low) / np.where(span > 0.0, span, 1.0)
    players = len(game.shape)
    session = Session(MarkovGame.repeated(scaled), [learner] * players, seed=run.rng)
    chunk, ending = 100, run.tick(0)
    while ending is None and session.steps < rounds:
        began = time.perf_counter()
        done = run.allowance(session.steps, min(chunk, rounds - session.steps))
        session.advance(done)
        spent = time.perf_counter() - began
        chunk = max(1, min(int(chunk * min(_CHUNK_SECONDS / max(spent, 1e-9), 10.0)), 10_000_000))
        ending = run.tick(session.steps)
    tables = {
        "average": session.average_policy,
        "last": session.policy,
        "frequencies": session.frequencies if session.steps else session.policy,
    }
    vectors = [tables[params.answer or "average"](i)[0] for i in range(players)]
    profile = Profile([vector / vector.sum() for vector in vectors])
    return Found(profile, ending or Termination.CONVERGED, iterations=session.steps)


PLAYS: Mapping[str, Play] = MappingProxyType(
    plays(
        Play(rounds=200_000, answer="average"),
        [
            Play(
                learner=learning.QLearning(rate=0.1, rate_decay=1e-4, discount=0.0, explore=0.1),
                answer="frequencies",
            ),
            Play(
                learner=learning.WolfPhc(
                    rate=0.1, rate_decay=1e-5, discount=0.0, win=2e-4, lose=8e-4, step_decay=1e-5, explore=0.05,
                    explore_decay=1e-4,
                )
            ),
            Play(
                learner=learning.PgaApp(
                    rate=0.1, discount=0.0, step=2e-3, step_decay=1e-4, explore=0.05, explore_decay=1e-4
                )
            ),
            Play(learner=learning.GigaWolf(rate=0.1, discount=0.0, step=2e-3, explore=0.05, explore_decay=1e-4)),
            Play(learner=learning.MinimaxQ(rate=0.5, rate_decay=1e-3, discount=0.0), rounds=20_000, answer="last"),
            Play(learner=learning.Exp3(mixing=0.02)),
        ],
    )
)  # fmt: skip
"""Name -> complete play of every learning method of finite games."""

globals().update(functions(play, PLAYS))
