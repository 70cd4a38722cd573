"""From prices to an assignment: repair of the tasks' own choices, then exchanges that trade unused capacity against regret."""

from __future__ import annotations

import math

import numpy as np

from edgeworth.solvers.allocation.bounds.execution import Execution, working_limit
from edgeworth.solvers.allocation.kernels import constructive
from edgeworth.solvers.allocation.kernels import repair as kernels
from edgeworth.solvers.allocation.model.system import Floats, Ints

_SMALL = 200_000  # pairs up to which all of them are looked at
_SWAPS = 3_000_000  # pairs x tasks a server up to which swaps are tried
_WINDOW = 0.25  # beyond, those with a regret up to this share of the usual price of a place
_PASSES = 5  # over the tasks of overloaded servers
_SPARE = (0.9, 0.6, 0.3, 0.0)  # what room freed elsewhere counts for, round by round: most of it is used again
_REPEATS = 30  # exchanges at one server in one round
_SETS = 20_000_000  # sets of tasks of one size looked at in one round
_SETS_EACH = (2_000, 200_000)  # at one server: at least, at most
_SORTING = 1.5e-7  # seconds an item of a sort takes, which looks at no clock
_ORDERED = 100_000  # tasks of overloaded servers between two looks at the clock
_SEEN = 50_000_000  # changes looked at to make room for tasks that must be served


class Repair:
    """Assignments for prices u. `choice` is the best feasible one so far (None: none), `profit` what it earns."""

    def __init__(self, execution: Execution) -> None:
        self.execution, self.problem = execution, execution.problem
        self.limit = working_limit(self.problem)
        self.choice: Ints | None = None
        self.profit = -np.inf

    def offer(self, choice: Ints) -> bool:
        """Keep a copy of a feasible choice that is better than the best; says whether it was."""
        taken = choice[choice >= 0]
        profit = float(self.problem.profit[taken].sum())
        if not profit > self.profit or np.any(self.problem.must_serve & (choice < 0)):
            return False
        if np.any(self.loads(choice) > self.problem.limit):
            return False
        self.choice, self.profit = choice.copy(), profit
        self.execution.value = self.problem.objective(profit)
        return True

    def first(self, u: Floats, choice: Ints, best: Floats) -> None:
        """A feasible assignment from the choices at prices u (changed in place): unload, make room, fill."""
        load = self.loads(choice)
        self._unload(u, choice, load)
        if np.any(self.problem.must_serve) and np.any(load > self.limit):
            kernels.relieve(self.execution.pairs, u, choice, load, self.limit, _SEEN)
        self.offer(choice)
        self.near(u, best)
        self._fill(u, best, choice, load)
        self.offer(choice)

    def by_regret(self, u: Floats, best: Floats, rounds: int) -> None:
        """On small problems also: tasks in the order of what waiting would cost them in reduced profit."""
        problem = self.problem
        if problem.pairs > _SMALL:
            return
        desire = problem.profit - u[problem.server] * problem.weight
        desire[~(problem.must_serve[problem.task] | (desire > 0.0))] = -np.inf
        by_weight = np.lexsort((-problem.weight, problem.server))
        begin = np.zeros(problem.servers + 1, dtype=np.int64)
        np.cumsum(np.bincount(problem.server, minlength=problem.servers), out=begin[1:])
        choice, room = np.full(problem.tasks, -1, dtype=np.int64), self.limit.copy()
        constructive.largest_regret(
            problem.indptr, problem.server, problem.weight, desire, problem.must_serve,
            begin, by_weight, problem.task, room, choice,
        )  # fmt: skip
        self._fill(u, best, choice, self.loads(choice))
        self.offer(choice)
        self.improve(choice, u, best, rounds)

    def improve(self, choice: Ints, u: Floats, best: Floats, rounds: int) -> None:
        """Rounds of exchanges at every server, and of swaps on small problems, from a choice (changed in place) until nothing
        gains. A choice that overloads a server is left alone."""
        problem, pairs = self.problem, self.execution.pairs
        load = self.loads(choice)
        if np.any(load > self.limit):
            return
        sets = int(np.clip(_SETS // max(1, problem.servers), *_SETS_EACH))
        swaps = problem.pairs * problem.tasks <= _SWAPS * problem.servers
        stalled = 0
        for number in range(rounds):
            spare = _SPARE[number % len(_SPARE)]
            changes = 0
            for i in self.execution.run.rng.permutation(problem.servers):
                item = self.items(i)
                changes += kernels.exchange(pairs, u, problem.task, choice, load, self.limit, item, i, spare, _REPEATS)
                changes += kernels.refill(pairs, u, problem.task, choice, load, self.limit, item, i, spare, sets)
                if swaps:
                    changes += kernels.swap(pairs, problem.task, choice, load, self.limit, item, i)
                self.execution.poll()
            load[:] = self.loads(choice)
            self.execution.iterations += 1
            stalled = 0 if self.offer(choice) or changes else stalled + 1
            self.execution.poll()
            if stalled == len(_SPARE):
                break

    def loads(self, choice: Ints) -> Floats:
        load = np.zeros(self.problem.servers)
        kernels.sum_loads(self.execution.pairs, choice, load)
        return load

    def _unload(self, u: Floats, choice: Ints, load: Floats) -> None:
        """Tasks leave overloaded servers in the order of what that costs per unit of weight."""
        pairs, cost = self.execution.pairs, np.empty(self.problem.tasks)
        edges = self.execution.edges(self.problem.tasks)
        for _ in range(_PASSES):
            if not np.any(load > self.limit):
                break

            def price(b: int) -> None:
                kernels.leaving_costs(pairs, u, choice, load, self.limit, edges[b], edges[b + 1], cost)

            self.execution.each(price, len(edges) - 1)
            movable = np.flatnonzero(np.isfinite(cost))
            self.execution.poll(_SORTING * len(movable))
            order = movable[np.argsort(cost[movable], kind="stable")]
            for begin in range(0, len(order), _ORDERED):
                kernels.unload(pairs, u, choice, load, self.limit, order, begin, min(begin + _ORDERED, len(order)))
                self.execution.poll()
            load[:] = self.loads(choice)

    def near(self, u: Floats, best: Floats, most: float = math.inf) -> None:
        """List the pairs of every server whose regret is small enough to matter, and at most `most`."""
        problem, edges = self.problem, self.execution.edges(self.problem.tasks)
        window = np.full(problem.servers, np.inf)
        if problem.pairs > _SMALL:
            count = np.bincount(problem.server, minlength=problem.servers)
            total = np.bincount(problem.server, weights=problem.weight, minlength=problem.servers)
            place = u * total / np.maximum(count, 1)
            window = _WINDOW * np.maximum(place, place.mean())
        window = np.minimum(window, most)
        self.begin = np.zeros(problem.servers + 1, dtype=np.int64)
        self.item = np.empty(0, dtype=np.int64)
        for counting in (True, False):
            pointer = self.begin.copy()
            for b in range(len(edges) - 1):  # one after another: they share the lists
                kernels.near_pairs(self.execution.pairs, u, best, window, edges[b], edges[b + 1], pointer, self.item, counting)
                self.execution.poll()
            if counting:
                self.begin = np.cumsum(pointer)
                self.item = np.empty(self.begin[-1], dtype=np.int64)

    def items(self, i: int) -> Ints:
        return self.item[self.begin[i] : self.begin[i + 1]]

    def _fill(self, u: Floats, best: Floats, choice: Ints, load: Floats) -> None:
        """Room goes to unserved tasks, server by server, those with the dearest unused capacity first."""
        order = np.argsort(-u * (self.limit - load), kind="stable")
        for number, i in enumerate(order):
            kernels.fill(self.execution.pairs, u, best, self.problem.task, choice, load, self.limit, self.items(i), i)
            if number % 16 == 15:
                self.execution.poll()
