"""Large neighbourhood search by set partitioning: what a dozen servers hold is shared out anew, from lists of their good sets.

Such neighbourhoods: De Franceschi, Fischetti and Toth, A new ILP-based refinement heuristic for vehicle routing problems, Math.
Program. 105 (2006).
"""

from __future__ import annotations

import math

import numpy as np

from edgeworth.solvers.allocation.kernels import partition
from edgeworth.solvers.allocation.model import AllocationProblem
from edgeworth.solvers.allocation.model.system import Floats, Ints

_CELLS = 4_000_000  # most entries of a matrix or table
_HELD = 25  # tasks a server, in the mean: where it holds more, too many of its sets lose little
_LISTED = 50_000  # most sets of a neighbourhood
_EFFORT = 10_000_000  # elementary steps of a call, 10 to 30 ms
_LIMIT = 30_000_000  # steps after which a neighbourhood is given up
_SETUP = 100_000  # what it takes to draw one, in such steps
_STEPS = 60  # most of the descent in a neighbourhood
_FIRST = 4.0  # servers of a neighbourhood at first
_UP, _DOWN = 0.03, 0.12  # by how much that grows when one was searched to its end, and shrinks when one was given up
_KNOWN = 0.01  # by how much it grows when one was drawn again
_STALE = 20  # neighbourhoods without a gain before a kick
_POWER = 2  # of a random number: the share of the gap that a kick may lose
_KICKED = 0.6  # of the size: servers of a kick
_RETURN = 0.3  # probability of going back to the best assignment where another kick would lead too far from it
_BASE = 0.3  # of the mean loss is added to the servers' losses, by which they are drawn


class Partitions:
    """Improves an assignment, a dozen servers at a time; see `kernels.partition` for how a neighbourhood is searched.

    Servers are drawn by what their sets lose at the multipliers. Sets of servers grow while they are searched to their end, and
    shrink where that takes too long. After some without a gain comes a kick: another sharing out of fewer servers, which may
    lose some share of the gap to the bound. The walk goes on from there; where a kick would lead below the best assignment by
    more than the gap, the walk stays, or goes back to it. What another thread offers is where the walk may go back to, not
    where it goes on: the walks of two threads stay apart. No decision depends on the clock.

    best, best_profit: as in `Neighbourhoods`.
    """

    def __init__(self, problem: AllocationProblem, lam: Floats, rng: np.random.Generator) -> None:
        n, m = problem.servers, problem.tasks
        self.problem, self._lam, self._rng = problem, lam, rng
        self.best: Ints | None = None
        self.best_profit = -math.inf
        self._offered: tuple[Ints, float, float] | None = None
        self._bound = math.inf
        profit, weight = np.zeros((m, n)), np.full((m, n), np.iinfo(np.int64).max)
        pair = np.full((m, n), -1, dtype=np.int64)
        profit[problem.task, problem.server] = problem.profit
        weight[problem.task, problem.server] = problem.weight.astype(np.int64)
        pair[problem.task, problem.server] = np.arange(problem.pairs)
        self._pair = pair
        room = _rooms(problem)
        self._data = partition.Data(profit, weight, room, np.array(problem.must_serve), problem.grid)
        self._scratch = partition.Scratch(
            table=np.empty((partition.TASKS + 1, int(room.max(initial=0)) + 1)),
            loss=np.empty(_LISTED),
            low=np.empty(_LISTED, dtype=np.uint64),
            high=np.empty(_LISTED, dtype=np.uint64),
            listed=np.empty((partition.SERVERS + 1, _LISTED), dtype=np.int32),
            gain=np.empty((partition.SERVERS, partition.TASKS)),
            items=np.empty(partition.TASKS, dtype=np.int64),
            taken=np.empty(partition.TASKS, dtype=np.int64),
            work=np.zeros(1, dtype=np.int64),
        )
        self._name = rng.integers(1 << 62, size=(m, n))  # sums of them tell what a server holds
        self._closed: set[bytes] = set()
        self._most = min(n - 1.0, float(partition.SERVERS))
        self._size = min(_FIRST, self._most)
        self._idle = 0
        self._servers = np.full(m, -1, dtype=np.int64)
        self._profit = -math.inf
        self._greatest, self._loss, self._holds = np.zeros(n), np.zeros(n), np.zeros(n, dtype=np.int64)
        partition.greatest_gains(self._data, lam, self._greatest)  # once: in large rooms it takes as long as many a search

    @staticmethod
    def prepare() -> None:
        """Compile the kernels: runs on tiny examples, which do that for others, end before such a search begins."""
        problem = AllocationProblem.from_matrices([[1.0]], [[1.0]], [1.0])
        search = Partitions(problem, np.zeros(1), np.random.default_rng(0))
        search._become(np.zeros(1, dtype=np.int64))
        search._share_out(np.empty(0, dtype=np.int64), 0.0)

    @staticmethod
    def suits(problem: AllocationProblem) -> bool:
        """Values on a grid, integer weights, tables of moderate size, and sets of few tasks."""
        if problem.tasks > _HELD * problem.servers:
            return False
        cells = max(problem.servers * problem.tasks, (partition.TASKS + 1) * (int(_rooms(problem).max(initial=0)) + 1))
        return problem.grid > 0.0 and cells <= _CELLS and bool(np.all(problem.weight == np.rint(problem.weight)))

    def offer(self, choice: Ints, profit: float, bound: float) -> None:
        """The best assignment known elsewhere, and the bound on all profits."""
        self._offered = choice, profit, bound

    def advance(self) -> bool:
        """Work for a while; whether the assignment became better. Does nothing where none is known."""
        if self._offered is not None:
            self._enter(*self._offered)
        if self.best is None:
            return False
        work, before = self._scratch.work, self.best_profit
        until = int(work[0]) + _EFFORT
        while work[0] < until and not self.best_profit > before:
            work[0] += _SETUP
            if self._idle < _STALE:
                self._improve()
            else:
                self._kick()
        return self.best_profit > before

    def _enter(self, choice: Ints, profit: float, bound: float) -> None:
        self._offered, self._bound = None, bound
        if profit > self.best_profit:
            first = self.best is None
            self.best, self.best_profit = choice.copy(), profit
            if first:
                self._go_to(self.best)

    def _improve(self) -> None:
        """Search a neighbourhood that was not searched to its end before."""
        servers = self._draw(self._size)
        key = servers.tobytes() + self._holds[servers].tobytes()
        if key in self._closed:
            self._size, self._idle = min(self._size + _KNOWN, self._most), self._idle + 1
            return
        outcome = self._share_out(servers, 0.0)
        if outcome == partition.FOUND:
            self._idle = 0
            return
        self._idle += 1
        if outcome == partition.DONE:
            self._closed.add(key)
            self._size = min(self._size + _UP, self._most)
        else:
            self._size = max(self._size - _DOWN, 2.0)

    def _kick(self) -> None:
        """Go on from an assignment that may be worse."""
        gap = max(self._bound - self.best_profit, 0.0)
        grid = self.problem.grid
        loss = grid * math.ceil(self._rng.random() ** _POWER * gap / grid)
        if self._profit - loss < self.best_profit - gap:
            if self.best is not None and self._rng.random() < _RETURN:
                self._go_to(self.best)
            self._idle = 0
        elif self._share_out(self._draw(_KICKED * self._size), max(loss, grid)) == partition.FOUND:
            self._idle = 0

    def _draw(self, size: float) -> Ints:
        """Some servers, in rising order."""
        many = min(max(int(size + self._rng.random()), 2), int(self._most))
        weight = self._loss + _BASE * self._loss.mean() + np.finfo(np.float64).tiny
        return np.sort(self._rng.choice(len(weight), many, replace=False, p=weight / weight.sum()))

    def _share_out(self, servers: Ints, loss: float) -> int:
        now = self._servers.copy()
        outcome = int(partition.share_out(self._data, servers, now, self._lam, loss, _STEPS, _LIMIT, self._scratch))
        if outcome == partition.FOUND:
            self._become(now)
        return outcome

    def _go_to(self, choice: Ints) -> None:
        self._become(np.where(choice >= 0, self.problem.server[np.maximum(choice, 0)], -1))

    def _become(self, servers: Ints) -> None:
        served = np.flatnonzero(servers >= 0)
        pairs = self._pair[served, servers[served]]
        self._servers, self._profit = servers, math.fsum(self.problem.profit[pairs].tolist())
        self._holds[:] = 0
        np.add.at(self._holds, servers[served], self._name[served, servers[served]])
        gain = self.problem.profit[pairs] - self._lam[served]
        self._loss = np.maximum(self._greatest - np.bincount(servers[served], gain, minlength=len(self._loss)), 0.0)
        if self._profit > self.best_profit:
            choice = np.full(self.problem.tasks, -1, dtype=np.int64)
            choice[served] = pairs
            self.best, self.best_profit = choice, self._profit


def _rooms(problem: AllocationProblem) -> Ints:
    """What integer weights may fill of the servers: no more than their total."""
    total = np.bincount(problem.server, problem.weight, minlength=problem.servers)
    return np.minimum(np.floor(problem.limit), total).astype(np.int64)
