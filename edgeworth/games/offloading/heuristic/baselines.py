"""Baselines without strategy: random, greedy by delay, all local."""

from __future__ import annotations

import numpy as np

from edgeworth.core.method import Found
from edgeworth.core.result import Termination
from edgeworth.core.run import Run
from edgeworth.games.offloading.heuristic.board import CHUNK, Board
from edgeworth.games.offloading.kernels import starts
from edgeworth.games.offloading.model import OffloadingGame, Profile


def random_feasible(game: OffloadingGame, params: None, run: Run[Profile]) -> Found[Profile]:
    """Users in random order pick uniformly among local execution and the providers in reach that have room.

    The first step of PG-BRD, and the online stage of the paper's FUSION_NoPG. Feasible.
    """
    board = Board(game)
    board.begin("random-feasible", run)
    return Found(board.profile, Termination.CONVERGED, iterations=1)


def greedy_delay(game: OffloadingGame, params: None, run: Run[Profile]) -> Found[Profile]:
    """Users 0, 1, ... go where they wait least at the loads so far, local execution included, and stay. Feasible.

    Stopped by the clock, the rest stay local.
    """
    board, m = Board(game), game.users
    for begin in range(0, m, CHUNK):
        ending = run.tick(0)
        if ending is not None:
            return Found(board.profile, ending)
        starts.greedy_delay(
            board.arrays, board.state, game.transfer, game.unit, game.local_delay, np.arange(m), begin, min(begin + CHUNK, m)
        )
    return Found(board.profile, Termination.CONVERGED, iterations=1)


def all_local(game: OffloadingGame, params: None, run: Run[Profile]) -> Found[Profile]:
    """Nobody offloads: always feasible, worth the sum of the local utilities."""
    return Found(Profile(np.full(game.users, -1)), Termination.CONVERGED, iterations=1)
