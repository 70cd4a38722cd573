"""Offloading games for the contract suite."""

from __future__ import annotations

import numpy as np

from edgeworth.games.offloading import OffloadingGame, generate
from edgeworth.testing import offloading_games
from tests.oracles.offloading import optimum

__all__ = ["CASES", "STRATEGY", "optimum"]


def _cases() -> dict[str, OffloadingGame]:
    dense = OffloadingGame.from_matrices
    two = np.array([[3.0, 2.0], [2.5, 3.0], [2.0, 2.0]])
    return {
        "nobody": dense(np.zeros((0, 0)), []),
        "no providers": dense(np.zeros((3, 0)), [], local_utility=[1.0, 0.0, 2.0]),
        "no users": dense(np.zeros((0, 2)), [1.0, 2.0]),
        "nobody in reach": dense(two, [1.0, 1.0], np.zeros((3, 2), dtype=bool)),
        "one of each": dense([[2.0]], [1.0]),
        "one who stays": dense([[-1.0]], [1.0]),
        "a tie with staying": dense([[1.0]], [1.0]),
        "no room": dense(two, [1.0, 1.0], cap=[0, 0]),
        "room for one": dense(two, [2.0, 2.0], cap=[1, 1], price=two / 10.0),
        "congestion-insensitive users": dense(two, [2.0, 2.0], sensitivity=[0.0, 1.0, 0.0], workload=[1.0, 2.0, 0.0]),
        "prices and costs": dense(two, [2.0, 1.0], price=[[0.3, 0.1], [0.2, 0.4], [0.1, 0.1]], cost_rate=[0.2, 0.5]),
        "machines, soft": dense(two, [2.0, 2.0], human=[False] * 3, deadline=[1.0, 2.0, 0.5], regime="soft-deadline"),
        "machines, floored": dense(two, [2.0, 2.0], human=[False] * 3, deadline=[1.0, 2.0, 0.5], regime="floored"),
        "random": generate(users=5, providers=3, preset="random", prices=True, provider_cost=True, seed=1),
    }


CASES = _cases()
STRATEGY = offloading_games(max_users=3, max_providers=2)
