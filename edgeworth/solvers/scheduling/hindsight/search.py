"""Orders of devices that an annealing changes, and the best schedule that they have come through."""

from __future__ import annotations

import numpy as np

from edgeworth.core.arrays import Ints
from edgeworth.core.jit import read_only
from edgeworth.solvers.scheduling.hindsight.program import Program
from edgeworth.solvers.scheduling.kernels.lists import Lists, anneal, build, starts
from edgeworth.solvers.scheduling.model import Schedule

CHUNK = 50_000
"""Proposals between two looks at the clock, some 10 ms."""
HOT, COLD = 0.1, 0.002
"""Temperatures at the begin and the end, as shares of what a task costs more on a worse device or a task's length later."""


class Search:
    """pairs: the problem. device, order: a schedule to start from, as devices and tasks by start. seed: of proposals."""

    def __init__(self, pairs: Program, device: Ints, order: Ints, seed: int) -> None:
        self._pairs = read_only(pairs)
        devices, self._tasks = pairs.fixed.shape
        nodes = self._tasks + devices + 1
        whole, real = (np.zeros(nodes, np.int64) for _ in range(3)), (np.zeros(nodes) for _ in range(2))
        self._lists, self._word = Lists(*whole, *real), np.uint64(seed)
        build(self._pairs, self._lists, np.ascontiguousarray(order, np.int64), np.ascontiguousarray(device, np.int64))
        self.best, self.device, self.start = np.inf, np.empty(0, np.int64), np.empty(0)
        self._keep()
        self._near, self._scale = _about(pairs)

    def propose(self, moves: int, begin: float, end: float) -> None:
        """`moves` proposals from share `begin` of the cooling to share `end`."""
        hot, cold = (self._scale * HOT * (COLD / HOT) ** share for share in (begin, end))
        ratio = (cold / hot) ** (1.0 / moves)
        self._word = np.uint64(anneal(self._pairs, self._lists, self._word, moves, self._near, hot, ratio))
        self._keep()

    def schedule(self) -> Schedule:
        """The best so far."""
        return Schedule(self.device, self.start, "hindsight")

    def _keep(self) -> None:
        device, start = np.empty(self._tasks, np.int64), np.empty(self._tasks)
        total = float(starts(self._pairs, self._lists, device, start))
        if total < self.best:
            self.best, self.device, self.start = total, device, start


def _about(pairs: Program) -> tuple[int, float]:
    """How many tasks arrive in three quarters of the time that one may wait, and what a task costs more where it is worse."""
    tasks = pairs.fixed.shape[1]
    if not tasks:
        return 1, 1.0
    arrival, alone = pairs.release.min(axis=0), pairs.fixed + pairs.weight * pairs.release
    span, window = float(arrival[-1] - arrival[0]), float(np.maximum(pairs.latest - pairs.release, 0.0).mean())
    near = tasks if span <= window else round(0.75 * window * tasks / span)
    scale = float(np.ptp(alone, axis=0).mean() + pairs.weight * pairs.process.mean())
    return min(max(near, 4), tasks), max(scale, 1e-300)


def earliest(pairs: Program) -> tuple[Ints, Ints]:
    """In the order of arrivals, each task where it costs least behind those before it: devices and that order."""
    devices, tasks = pairs.fixed.shape
    free, device = np.zeros(devices), np.full(tasks, -1, np.int64)
    for j in range(tasks):
        begin = np.maximum(free, pairs.release[:, j])
        cost = np.where(begin <= pairs.latest[:, j], pairs.fixed[:, j] + pairs.weight * begin, np.inf)
        k = int(np.argmin(cost))
        if cost[k] < pairs.failure:
            device[j], free[k] = k, begin[k] + pairs.process[k, j]
    return device, np.arange(tasks)
