"""Large neighbourhood search: what a few servers hold is shared out among them anew, by the tree of the proof.

Large neighbourhoods: Shaw, Using constraint programming and local search methods to solve vehicle routing problems, CP 1998.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from edgeworth.core.arrays import Bools
from edgeworth.solvers.allocation.exact.arrays import kernel_arrays, task_order
from edgeworth.solvers.allocation.kernels import dual, tree
from edgeworth.solvers.allocation.model import AllocationProblem
from edgeworth.solvers.allocation.model.system import Floats, Ints

_EFFORT = 20_000_000  # elementary steps of a call, 10 to 40 ms
_LIMIT = 100_000_000  # steps after which a neighbourhood is given up
_SETUP = 500_000  # what it takes to set one up, in such steps
_ITERATIONS = 5  # descent iterations in a node
_DEPTH = 60  # most open nodes
_SERVERS = 2.5  # of a neighbourhood at first
_UP, _DOWN = 0.02, 0.08  # by how much that grows when one was searched to its end, and shrinks when one was given up
_DRAWS = 20  # of neighbourhoods, until one is new
_GAIN = 0.01  # of the gap: improvements of continuous values below it are not looked for
_STALE = 60  # neighbourhoods without a gain before a kick
_KICK, _LEAVING = 0.15, 2  # share of the gap that it may lose, and tasks that must leave their places
_BASE = 0.3  # of the mean loss is added to the servers' losses, by which they are drawn
_MARGIN = 1e-9
_NEVER = 1 << 50


class _Neighbourhood(NamedTuple):
    """The problem of some servers: `pairs` are its pairs in the whole, `rest` is what the others earn, `before` the choice."""

    kick: bool
    before: Ints
    servers: Ints
    pairs: Ints
    data: dual.Data
    scratch: dual.Scratch
    stack: tree.Stack
    rest: float


class Neighbourhoods:
    """Improves an assignment, a few servers at a time.

    A neighbourhood is a set of servers with the tasks that they hold, and those unserved that they may: its own generalised
    assignment problem, small enough that the branch and bound of the proof mostly searches it to its end. Prices exclude pairs
    before; the root's multipliers are where its descent begins. What is better becomes the assignment at once. A set that was
    searched to its end is not drawn again while its servers hold the same tasks. Sets grow while they are searched to their
    end, and shrink where that takes too long. After many sets without a gain comes a kick: some tasks of a set must leave their
    places, at a small loss, and the search goes on from there; the next kick begins at the best assignment again. No decision
    depends on the clock.

    best, best_profit: the pair of every task, -1 unserved, and what they earn; None: no assignment is known. Another thread may
    `offer` and read them: arrays are never changed.
    """

    def __init__(self, problem: AllocationProblem, u: Floats, lam: Floats, unit: float, rng: np.random.Generator) -> None:
        self.problem, self._u, self.lam, self._rng = problem, u, lam, rng
        self.best: Ints | None = None
        self.best_profit = -math.inf
        self.choice = np.full(problem.tasks, -1, dtype=np.int64)
        self.profit = -math.inf
        self._offered: tuple[Ints, float, float] | None = None
        self._bound = math.inf
        self._data, self._scratch = kernel_arrays(problem, task_order(problem), unit)
        self._reduced = problem.profit - u[problem.server] * problem.weight
        self._name = rng.integers(1 << 62, size=problem.pairs)  # sums of them tell what a server holds
        self._holds = np.zeros(problem.servers, dtype=np.int64)
        self._closed: set[bytes] = set()
        self._idle = 0
        self._most = problem.servers - 1.0  # all of them are the proof's
        self._size = min(_SERVERS, self._most)
        self._now: _Neighbourhood | None = None
        self._doubt = np.ones(problem.servers)
        self._spent, self._target = 0, math.nan

    def offer(self, choice: Ints, profit: float, bound: float) -> None:
        """The best assignment known elsewhere, and the bound on all profits."""
        self._offered = choice, profit, bound

    def advance(self) -> bool:
        """Work for a while; whether the assignment became better. Does nothing where none is known."""
        if self._offered is not None:
            self._enter(*self._offered)
        spent, work = 0, self._scratch.work
        while spent < _EFFORT:
            before = int(work[0])
            self._now = self._now or self._draw()
            if self._now is None:
                return False
            if self._search(self._now, _EFFORT - spent):
                return True
            spent += int(work[0]) - before + _SETUP
        return False

    def _search(self, now: _Neighbourhood, effort: int) -> bool:
        """Some steps in a neighbourhood; whether the assignment became better."""
        outcome = tree.search(now.data, now.stack, self._target, _ITERATIONS, effort, _NEVER, now.scratch)
        self._spent += effort
        if outcome == tree.FOUND:
            return self._take(now)
        if outcome == tree.DONE:
            if not now.kick:
                self._closed.add(self._key(now.servers))
            self._size = min(self._size + _UP, self._most)
        elif outcome == tree.TOO_DEEP or self._spent >= _LIMIT:
            self._size = max(self._size - _DOWN, 2.0)
        else:
            return False
        self._now = None
        self._idle += 1
        return False

    def _key(self, servers: Ints) -> bytes:
        return servers.tobytes() + self._holds[servers].tobytes()

    def _enter(self, choice: Ints, profit: float, bound: float) -> None:
        self._offered, self._bound = None, bound
        if profit > self.best_profit:
            self._now = None
            self._become(choice.copy(), profit)

    def _take(self, now: _Neighbourhood) -> bool:
        """The solution in the kernel's arrays is the one that was looked for; whether it is better than all before."""
        taken, task = now.pairs[np.flatnonzero(now.scratch.found)], self.problem.task
        choice = now.before.copy()
        choice[task[now.pairs]] = -1
        choice[task[taken]] = taken
        before = self.best_profit
        self._become(choice, math.fsum(self.problem.profit[choice[choice >= 0]].tolist()))
        self._target = self.profit - now.rest + self._step
        if now.kick:
            self._now = None
        return self.best_profit > before

    def _become(self, choice: Ints, profit: float) -> None:
        self.choice, self.profit, self._idle = choice, profit, 0
        taken = choice[choice >= 0]
        self._holds[:] = 0
        np.add.at(self._holds, self.problem.server[taken], self._name[taken])
        self._doubt = self._losses(choice)
        if profit > self.best_profit:
            self.best, self.best_profit = choice, profit

    def _losses(self, choice: Ints) -> Floats:
        """What every server loses against the bound of the prices: unused room, and regrets of the tasks that it holds."""
        problem, taken = self.problem, choice[choice >= 0]
        best = np.where(problem.must_serve, -np.inf, 0.0)
        np.maximum.at(best, problem.task, self._reduced)
        regret = best[problem.task[taken]] - self._reduced[taken]
        server = problem.server[taken]
        unused = self._data.room - np.bincount(server, problem.weight[taken], problem.servers)
        lost = self._u * np.maximum(unused, 0.0) + np.bincount(server, regret, problem.servers)
        return np.asarray(lost + _BASE * lost.mean() + np.finfo(np.float64).tiny)

    @property
    def _step(self) -> float:
        """The least gain that is looked for."""
        grid = self.problem.grid
        return 0.999 * grid if grid else max(_GAIN * (self._bound - self.profit), _MARGIN * abs(self.profit))

    def _draw(self) -> _Neighbourhood | None:
        """A set of servers that share tasks with a first one; None where all that were drawn are closed."""
        problem = self.problem
        if self.best is None or problem.servers < 3:
            return None
        kick = self._idle >= _STALE
        if kick and self.profit < self.best_profit:
            self._become(self.best, self.best_profit)
        choice = self.choice
        for _ in range(_DRAWS):
            first = int(self._rng.choice(problem.servers, p=self._doubt / self._doubt.sum()))
            here = np.zeros(problem.tasks, dtype=bool)
            served = np.flatnonzero(choice >= 0)
            here[served[problem.server[choice[served]] == first]] = True
            near = np.unique(problem.server[here[problem.task]])
            near = near[near != first]
            many = int(self._size + self._rng.random()) - 1
            if len(near) > many:
                near = self._rng.choice(near, many, replace=False, p=self._doubt[near] / self._doubt[near].sum())
            servers = np.sort(np.append(near, first))
            if kick or self._key(servers) not in self._closed:
                return self._neighbourhood(choice, servers, kick)
        self._size = min(self._size + 1.0, self._most)
        self._idle += _DRAWS
        return None

    def _neighbourhood(self, choice: Ints, servers: Ints, kick: bool) -> _Neighbourhood:
        problem, data = self.problem, self._data
        n = len(servers)
        local = np.full(problem.servers + 1, -1, dtype=np.int64)
        local[servers] = np.arange(n)
        holder = np.where(choice >= 0, problem.server[np.maximum(choice, 0)], problem.servers)
        inside = (local[holder] >= 0) | (choice < 0)
        pairs = np.flatnonzero((local[problem.server] >= 0) & inside[problem.task])
        tasks, task = np.unique(problem.task[pairs], return_inverse=True)
        held = choice[tasks]
        earned = float(problem.profit[held[held >= 0]].sum())
        rest = self.profit - earned
        self._target, self._spent = earned + self._step, 0
        if kick:
            self._target = earned - max(_KICK * (self._bound - self.best_profit), self.problem.grid)
        m, many = len(tasks), len(pairs)
        server, must = local[problem.server[pairs]], problem.must_serve[tasks]
        by = np.argsort(server, kind="stable")
        mine = dual.Data(
            indptr=np.searchsorted(task, np.arange(m + 1)),
            ptr=np.searchsorted(server[by], np.arange(n + 1)),
            by=by,
            task=task,
            server=server,
            profit=problem.profit[pairs],
            weight=problem.weight[pairs],
            room=data.room[servers],
            limit=data.limit[servers],
            must=must,
            twin=np.full(n, -1, dtype=np.int64),
        )
        whole = self._scratch
        scratch = whole._replace(
            one=whole.one[:many],
            zero=whole.zero[:many],
            picked=whole.picked[:many],
            used=whole.used[:m],
            here=whole.here[:m],
            direction=whole.direction[:m],
            load=whole.load[:n],
            found=whole.found[:many],
        )
        stack = tree.Stack(
            state=np.empty((_DEPTH, many), dtype=np.int8),
            lam=np.empty((_DEPTH, m)),
            mean=np.empty((_DEPTH, many), dtype=np.float32),
            ints=np.zeros(tree.N_INTS, dtype=np.int64),
            reals=np.zeros(tree.N_REALS),
            branched=np.empty(0, dtype=np.int32),
            rounds=np.empty(0, dtype=np.int32),
            rows=np.empty((0, m), dtype=np.int32),
        )
        stack.state[0] = np.where(self._excluded(mine, self._reduced[pairs], servers), dual.OUT, dual.FREE)
        if kick:
            served = np.flatnonzero(pairs == choice[problem.task[pairs]])
            leaving = self._rng.choice(served, min(_LEAVING, len(served)), replace=False)
            stack.state[0][leaving] = dual.OUT
        stack.lam[0], stack.mean[0] = self.lam[tasks], 0.0
        stack.ints[tree.DEPTH] = 1
        return _Neighbourhood(kick, choice, servers, pairs, mine, scratch, stack, rest)

    def _excluded(self, mine: dual.Data, reduced: Floats, servers: Ints) -> Bools:
        """Pairs whose regret at the prices leaves less than the target."""
        best = np.where(mine.must, -np.inf, 0.0)
        np.maximum.at(best, mine.task, reduced)
        bound = float(self._u[servers] @ mine.room) + float(best.sum())
        return bound - (best[mine.task] - reduced) < self._target - _MARGIN * abs(bound)
