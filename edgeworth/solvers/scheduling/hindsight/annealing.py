"""Good schedules of the hindsight problem: simulated annealing over the orders of all devices."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from edgeworth.core import validation
from edgeworth.core.method import Found
from edgeworth.core.result import Termination
from edgeworth.core.run import Run
from edgeworth.solvers.scheduling.hindsight.program import SERIAL, program
from edgeworth.solvers.scheduling.hindsight.search import CHUNK, Search, earliest
from edgeworth.solvers.scheduling.model import Episode, Schedule
from edgeworth.solvers.scheduling.model.schedule import NEVER

MOVES_PER_TASK, FEWEST = 10_000, 2_000_000
ROUNDS, LONG = 4, 6_000
"""Most times that a run cools down, each with so many proposals a task or more."""


@dataclass(frozen=True)
class Annealing:
    """Parameters of the method ``annealing``.

    Parameters
    ----------
    moves : int, optional
        Proposals, from 1. Default: 10,000 a task, at least 2,000,000.

    Examples
    --------
    >>> Annealing(moves=50_000)
    Annealing(moves=50000)
    """

    moves: int | None = None

    def __post_init__(self) -> None:
        if self.moves is not None:
            object.__setattr__(self, "moves", validation.integer("moves", self.moves, minimum=1))


def annealing(episode: Episode, params: Annealing, run: Run[Schedule]) -> Found[Schedule]:
    """Improve a schedule of tasks that are all known in advance, by moves and exchanges of tasks.

    Parameters
    ----------
    episode : Episode
        With ``service="serial"``; others are REFUSED.
    params : Annealing
    run : Run
        Clock, generator and start of the run. A simulated schedule may be the start: its devices and order are taken.

    Returns
    -------
    Found
        The best schedule met, of scope "hindsight". ``iterations`` counts proposals. Where the clock ends the run before
        the proposals do, it cools by the clock.

    Notes
    -----
    A schedule is an order of tasks on every device, and a list of those that are let fail. For an order it is best to begin
    every task as early as possible, since costs rise with starts; a task that would be late, or dearer than a failure, is
    passed over. Proposals: a task goes behind one that arrives about when it does (1/2), changes places with one (1/3), or
    goes behind an earlier arrival of a random device or to those that are let fail. Orders are linked lists, and a device is
    evaluated from the first change until a task ends when it did before, so that a proposal costs as much as a busy period is
    long, whatever the horizon. The first schedule takes tasks in the order of arrival, each where it then costs least. Small
    episodes are heated again after they have cooled, up to 4 times in all.

    References
    ----------
    Kirkpatrick, Gelatt and Vecchi, Optimization by simulated annealing, Science 220 (1983). The evaluation is ours.
    """
    if episode.service != "serial":
        return Found(None, Termination.REFUSED, notes=(SERIAL,))
    pairs = program(episode)
    if run.start is None:
        device, order = earliest(pairs)
    else:
        device = np.where(run.start.start == NEVER, -1, run.start.device)
        order = np.argsort(run.start.start, kind="stable")
    search = Search(pairs, device, order, seed=int(run.rng.integers(2**63)))
    n = episode.tasks
    if not n:
        return Found(search.schedule(), Termination.CONVERGED)
    most = max(MOVES_PER_TASK * n, FEWEST) if params.moves is None else params.moves
    moves = most if run.stop.iterations is None else min(most, run.stop.iterations)
    rounds = min(max(moves // (LONG * n), 1), ROUNDS)
    done, cooled = 0, 0.0
    ending = run.tick(0, search.best / n)
    while ending is None and done < moves:
        step = min(CHUNK, moves - done)
        share = (done + step) / moves
        if math.isfinite(run.remaining):
            share = max(share, min(1.0, run.elapsed / max(run.elapsed + run.remaining, 1e-9)))
        share = max(share, cooled)
        turn = int(cooled * rounds)
        search.propose(step, cooled * rounds - turn, min(share * rounds - turn, 1.0))
        done, cooled = done + step, share
        ending = run.tick(done, search.best / n)
    return Found(search.schedule(), ending or Termination.CONVERGED, iterations=done)
