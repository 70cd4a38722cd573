"""Finite games for the contract suite."""

from __future__ import annotations

import numpy as np

from edgeworth.games.normal_form import NormalFormGame, generate
from edgeworth.testing import normal_form_games
from tests.oracles import normal_form as oracle


def optimum(problem: NormalFormGame) -> tuple[float, tuple[int, ...]]:
    """No profile is worth more than the best outcome."""
    player = None if problem.objective == "welfare" else problem.players.index(problem.objective)
    return oracle.best_outcome(problem.payoffs.tolist(), player)


CASES = {
    "one player": NormalFormGame([[1.0, 3.0, 2.0]]),
    "one outcome": NormalFormGame([[[2.0]], [[-1.0]]]),
    "one strategy against three": NormalFormGame([[[1.0, 2.0, 0.0]], [[0.0, 0.0, 0.0]]]),
    "all equal": NormalFormGame(np.ones((2, 3, 2))),
    "nothing at stake": NormalFormGame(np.zeros((3, 2, 2, 2))),
    "huge and tiny": NormalFormGame(np.array([[[1e8, -1e8], [0.0, 1e8]], [[1e-8, 0.0], [0.0, 2e-8]]])),
    "rounds": NormalFormGame(np.array([[[0.1, 0.7], [0.4, 0.2]], [[-0.1, -0.7], [-0.4, -0.2]]])),
    "constant sum": NormalFormGame(np.array([[[2.0, 5.0], [4.0, 1.0]], [[5.0, 2.0], [3.0, 6.0]]])),
    "degenerate": NormalFormGame(np.array([[[1.0, 1.0, 0.0], [1.0, 1.0, 0.0]], [[0.0, 0.0, 0.0], [1.0, 1.0, 1.0]]])),
    "pennies": generate(preset="matching-pennies", seed=0),
    "shapley": generate(preset="shapley", seed=0),
    "dilemma": generate(preset="prisoners-dilemma", seed=0),
    "three players": generate(players=3, strategies=2, seed=5),
}
STRATEGY = normal_form_games(max_players=3, max_strategies=3)
