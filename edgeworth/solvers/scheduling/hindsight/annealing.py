"""Good schedules of the hindsight problem: simulated annealing over the orders of all devices."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from edgeworth.core import validation
from edgeworth.core.arrays import Array, Floats, Ints
from edgeworth.core.jit import read_only
from edgeworth.core.method import Found
from edgeworth.core.result import Termination
from edgeworth.core.run import Run
from edgeworth.solvers.scheduling.hindsight.program import Program, program
from edgeworth.solvers.scheduling.kernels.lists import Lists, anneal, build, starts
from edgeworth.solvers.scheduling.model import Episode, Schedule

MOVES_PER_TASK, FEWEST = 10_000, 100_000
CHUNK = 20_000
HOT, COLD = 1.0, 0.002
"""Temperatures at the begin and the end, as shares of what a task costs where it is cheapest, on average."""


@dataclass(frozen=True)
class Annealing:
    """Parameters of the method ``annealing``.

    Parameters
    ----------
    moves : int, optional
        Proposals, from 1. Default: 10,000 a task, at least 100,000.

    Examples
    --------
    >>> Annealing(moves=50_000)
    Annealing(moves=50000)
    """

    moves: int | None = None

    def __post_init__(self) -> None:
        if self.moves is not None:
            object.__setattr__(self, "moves", validation.integer("moves", self.moves, minimum=1))


class Search:
    """Orders of devices, and the best schedule that they have come through."""

    def __init__(self, pairs: Program, device: Ints, order: Array) -> None:
        self.pairs = read_only(pairs)
        devices, tasks = pairs.fixed.shape
        nodes = tasks + devices + 1
        self.lists = Lists(*(np.zeros(nodes, np.int64) for _ in range(3)), *(np.zeros(nodes) for _ in range(2)))
        build(self.pairs, self.lists, np.ascontiguousarray(order, np.int64), np.ascontiguousarray(device, np.int64))
        self.best, self.device, self.start = np.inf, device, np.empty(tasks)
        self.keep()

    def keep(self) -> None:
        """Take down the schedule if it is the best so far."""
        device, start = np.empty(len(self.start), np.int64), np.empty(len(self.start))
        total = starts(self.pairs, self.lists, device, start)
        if total < self.best:
            self.best, self.device, self.start = total, device, start


def earliest(pairs: Program) -> tuple[Ints, Ints]:
    """In the order of arrivals, each task where it adds least to the costs; returns devices and that order."""
    devices, tasks = pairs.fixed.shape
    free, device = np.zeros(devices), np.full(tasks, -1, np.int64)
    for j in range(tasks):
        begin = np.maximum(free, pairs.release[:, j])
        cost = np.where(begin <= pairs.latest[:, j], pairs.fixed[:, j] + pairs.weight * begin, np.inf)
        k = int(np.argmin(cost))
        if cost[k] < pairs.failure:
            device[j], free[k] = k, begin[k] + pairs.process[k, j]
    return device, np.arange(tasks)
