"""Baselines without strategy: random, greedy by delay, all local."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from edgeworth.core import validation
from edgeworth.core.method import Found
from edgeworth.core.result import Termination
from edgeworth.core.run import Run
from edgeworth.games.offloading.heuristic.current import CHUNK, CurrentProfile
from edgeworth.games.offloading.kernels import starts
from edgeworth.games.offloading.model import OffloadingGame, Profile


@dataclass(frozen=True)
class RandomFeasible:
    """Parameters of `random_feasible`.

    Parameters
    ----------
    deadlines : bool
        Whether a machine chooses only providers that it expects to finish at by its deadline, at the loads so far and its own.
    """

    deadlines: bool = False

    def __post_init__(self) -> None:
        validation.flag("deadlines", self.deadlines)


def random_feasible(game: OffloadingGame, params: RandomFeasible, run: Run[Profile]) -> Found[Profile]:
    """Users in random order choose uniformly among local execution and the providers in reach that have room.

    Parameters
    ----------
    game : OffloadingGame
        The game.
    params : RandomFeasible
        Whether deadlines count.
    run : Run
        Clock and random generator of the run.

    Returns
    -------
    Found
        A feasible profile.

    Notes
    -----
    The first step of the paper's PG-BRD; with ``deadlines`` the online stage of its FUSION_NoPG, whose users choose "subject to
    capacity and deadline". A deadline may still be missed in the end: users who choose later raise the load. No guarantee
    beyond feasibility.

    References
    ----------
    FUSION paper, section V-E, step 1; section VI-C for FUSION_NoPG.
    """
    current = CurrentProfile(game)
    latest = np.where(game.human, np.inf, game.deadline) if params.deadlines else None
    current.begin("random-feasible", run, latest)
    return Found(current.profile, Termination.CONVERGED, iterations=1)


def greedy_delay(game: OffloadingGame, params: None, run: Run[Profile]) -> Found[Profile]:
    """Users 0, 1, ... choose the action of least delay at the loads so far, local execution included, and keep it.

    Parameters
    ----------
    game : OffloadingGame
        The game.
    params : None
        The method has no parameters.
    run : Run
        Clock of the run.

    Returns
    -------
    Found
        A feasible profile. Where the clock ends the run, the remaining users execute locally.

    Notes
    -----
    User i compares its local delay with ``transfer_ik + (load_k + weight_i) * unit_ik`` at every provider in reach that has
    room. One pass, O(pairs); no guarantee beyond feasibility.

    References
    ----------
    Our own baseline.
    """
    current, m = CurrentProfile(game), game.users
    for begin in range(0, m, CHUNK):
        ending = run.tick(0)
        if ending is not None:
            return Found(current.profile, ending)
        starts.greedy_delay(
            current.arrays,
            current.state,
            game.transfer,
            game.unit,
            game.local_delay,
            np.arange(m),
            begin,
            min(begin + CHUNK, m),
        )
    return Found(current.profile, Termination.CONVERGED, iterations=1)


def all_local(game: OffloadingGame, params: None, run: Run[Profile]) -> Found[Profile]:
    """Every user executes locally.

    Parameters
    ----------
    game : OffloadingGame
        The game.
    params : None
        The method has no parameters.
    run : Run
        The run.

    Returns
    -------
    Found
        The profile without offloading, which no cap forbids, worth the sum of the local utilities.

    Notes
    -----
    The reference from which the gains of offloading are counted.

    References
    ----------
    FUSION paper, section V-A.
    """
    return Found(Profile(np.full(game.users, -1)), Termination.CONVERGED, iterations=1)
