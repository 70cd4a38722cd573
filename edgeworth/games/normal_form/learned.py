"""Learners that play the game against each other, built from `edgeworth.learning`."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import numpy as np

from edgeworth.core import validation
from edgeworth.core.method import Found
from edgeworth.core.result import Termination
from edgeworth.core.run import Run
from edgeworth.games.normal_form.model import NormalFormGame, Profile
from edgeworth.learning import learners
from edgeworth.learning.markov import MarkovGame, Session

ANSWERS = ("average", "last", "frequencies")
_CHUNK_SECONDS = 0.03


@dataclass(frozen=True, kw_only=True)
class _Play(learners.Learner):
    """What the learning methods share, besides the learner's own parameters (`edgeworth.learning`).

    Each of them states its `explore`: the default here would come before the learner's own.

    rounds: of play, >= 0. answer: "average", the mean of each player's policies; "last", the policies at the end;
    "frequencies", how often each strategy was played, explored ones included.
    """

    rounds: int = 200_000
    answer: str = "average"

    def __post_init__(self) -> None:
        super().__post_init__()
        validation.integer("rounds", self.rounds, minimum=0)
        validation.choice("answer", self.answer, ANSWERS)


@dataclass(frozen=True, kw_only=True)
class QLearning(_Play, learners.QLearning):
    """Parameters of the method "q-learning": those of `edgeworth.learning.QLearning`, ``rounds`` and ``answer``."""

    rate: float = 0.1
    rate_decay: float = 1e-4
    discount: float = 0.0
    explore: float = 0.1
    answer: str = "frequencies"


@dataclass(frozen=True, kw_only=True)
class WolfPhc(_Play, learners.WolfPhc):
    """Parameters of the method "wolf-phc": those of `edgeworth.learning.WolfPhc`, ``rounds`` and ``answer``."""

    rate: float = 0.1
    rate_decay: float = 1e-5
    discount: float = 0.0
    win: float = 2e-4
    lose: float = 8e-4
    step_decay: float = 1e-5
    explore: float = 0.05
    explore_decay: float = 1e-4


@dataclass(frozen=True, kw_only=True)
class PgaApp(_Play, learners.PgaApp):
    """Parameters of the method "pga-app": those of `edgeworth.learning.PgaApp`, ``rounds`` and ``answer``."""

    rate: float = 0.1
    discount: float = 0.0
    step: float = 2e-3
    step_decay: float = 1e-4
    explore: float = 0.05
    explore_decay: float = 1e-4


@dataclass(frozen=True, kw_only=True)
class GigaWolf(_Play, learners.GigaWolf):
    """Parameters of the method "giga-wolf": those of `edgeworth.learning.GigaWolf`, ``rounds`` and ``answer``."""

    rate: float = 0.1
    discount: float = 0.0
    step: float = 2e-3
    explore: float = 0.05
    explore_decay: float = 1e-4


@dataclass(frozen=True, kw_only=True)
class MinimaxQ(_Play, learners.MinimaxQ):
    """Parameters of the method "minimax-q": those of `edgeworth.learning.MinimaxQ`, ``rounds`` and ``answer``."""

    explore: float = 0.2
    rate: float = 0.5
    rate_decay: float = 1e-3
    discount: float = 0.0
    rounds: int = 20_000
    answer: str = "last"


@dataclass(frozen=True, kw_only=True)
class Exp3(_Play, learners.Exp3):
    """Parameters of the method "exp3": those of `edgeworth.learning.Exp3`, ``rounds`` and ``answer``.

    Payoffs are scaled to [0, 1], which ``low`` and ``high`` should leave as they are.
    """

    mixing: float = 0.02


def play(game: NormalFormGame, params: Any, run: Run[Profile]) -> Found[Profile]:
    """All players learn by the same rule, from the rewards of a repeated game; the profile is what `answer` says.

    Every player's payoffs are scaled to [0, 1] (all 0 where they do not differ), so that steps and rates mean the same in
    every game. Guarantee: none; no equilibrium is claimed, and the verdict epsilon says how far the profile is from one.
    Iterations: rounds.
    """
    low = game.payoffs.min(axis=tuple(range(1, game.payoffs.ndim)), keepdims=True)
    span = game.payoffs.max(axis=tuple(range(1, game.payoffs.ndim)), keepdims=True) - low
    scaled = (game.payoffs - low) / np.where(span > 0.0, span, 1.0)
    players = len(game.shape)
    session = Session(MarkovGame.repeated(scaled), [params] * players, seed=run.rng)
    chunk, ending = 100, run.tick(0)
    while ending is None and session.steps < params.rounds:
        began = time.perf_counter()
        done = run.allowance(session.steps, min(chunk, params.rounds - session.steps))
        session.advance(done)
        spent = time.perf_counter() - began
        chunk = max(1, min(int(chunk * min(_CHUNK_SECONDS / max(spent, 1e-9), 10.0)), 10_000_000))
        ending = run.tick(session.steps)
    tables = {
        "average": session.average_policy,
        "last": session.policy,
        "frequencies": session.frequencies if session.steps else session.policy,
    }
    vectors = [tables[params.answer](i)[0] for i in range(players)]
    profile = Profile([vector / vector.sum() for vector in vectors])
    return Found(profile, ending or Termination.CONVERGED, iterations=session.steps)
