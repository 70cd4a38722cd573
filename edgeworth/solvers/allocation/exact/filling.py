"""Multiple knapsacks: what notices them, and a search that refills a few knapsacks at a time."""

from __future__ import annotations

import numpy as np

from edgeworth.core.result import Termination
from edgeworth.core.run import Run
from edgeworth.solvers.allocation.kernels import filling
from edgeworth.solvers.allocation.model import AllocationProblem, Assignment, violations
from edgeworth.solvers.allocation.model.system import Floats

_CELLS = 10_000_000  # largest table: items times capacity
_FEW = 40.0  # items a knapsack on average, up to which the structure is used
_WORK = 250  # table entries that count as one proposal of the annealing, by the time they take
_BEGIN = 2_000_000  # table entries of the first trials, about 2 ms
_CHUNK = 60_000  # proposals between two looks at the clock, about 10 ms


def knapsack_items(problem: AllocationProblem) -> filling.Items | None:
    """The items and knapsacks of a multiple-knapsack problem with few items a knapsack; None for other problems.

    Parameters
    ----------
    problem : AllocationProblem
        The problem.

    Returns
    -------
    Items or None
        Where every task has one profit and one weight, may stay unserved and is eligible exactly where it fits, all data of
        the knapsacks are integers, and a table over their capacities is small.
    """
    n, m = problem.servers, problem.tasks
    filled = np.flatnonzero(np.diff(problem.indptr))
    if not (n > 1 and 0 < m <= _FEW * n and len(filled) and problem.whole.all() and not problem.must_serve.any()):
        return None
    first = problem.indptr[filled]
    for numbers in (problem.profit, problem.weight):
        if np.any(np.maximum.reduceat(numbers, first) != np.minimum.reduceat(numbers, first)):
            return None
    profit, weight = np.zeros(m), np.full(m, float(problem.capacity.max()) + 1.0)
    profit[filled], weight[filled] = problem.profit[first], problem.weight[first]
    if (m + 1.0) * (problem.capacity.max() + 1.0) > _CELLS:
        return None
    eligible = int(np.searchsorted(np.sort(problem.capacity), weight, side="left").sum())
    if n * m - eligible != problem.pairs:
        return None
    return filling.Items(profit, weight.astype(np.int64), problem.capacity.astype(np.int64))


def first_price(items: filling.Items) -> float:
    """What a unit of room earns in the LP of one knapsack of all the room (Dantzig)."""
    density = np.divide(items.profit, items.weight, out=np.full(len(items.profit), np.inf), where=items.weight > 0)
    fits = np.flatnonzero((items.profit > 0.0) & (items.weight <= items.room.max()))
    if not len(fits):
        return 0.0
    order = fits[np.argsort(-density[fits], kind="stable")]
    breaks = int(np.searchsorted(np.cumsum(items.weight[order]), items.room.sum(), side="right"))
    return float(density[order[breaks]]) if breaks < len(order) else 0.0


class FillingSearch:
    """Large neighbourhood search for multiple knapsacks; it has the face of `heuristic.annealing.AnnealingSearch`.

    A trial empties two to ``most`` knapsacks, of which one loses much against the Lagrangian, and fills them again in random
    order from their items and a few from outside: each with the set of the largest total of gains ``p - lambda`` plus a
    little noise, by a table over its capacity, the last with the largest profit. It is kept where the profit does not fall, or
    falls by as much as a cycling temperature allows.
    """

    def __init__(self, problem: AllocationProblem, items: filling.Items, run: Run[Assignment], most: int) -> None:
        self.problem, self.items, self.run = problem, items, run
        self.done = 0
        self.best: Assignment | None = run.start
        density = first_price(items)
        lam = np.maximum(items.profit - density * items.weight, 0.0)
        self._prices = lam, density * items.room.astype(np.float64)
        start = np.full(problem.tasks, -1, dtype=np.int64) if run.start is None else run.start.server.copy()
        served = start >= 0
        self._state = filling.Refilling(
            where=start,
            best=start.copy(),
            order=np.argsort(density * items.weight - items.profit, kind="stable"),
            table=np.zeros((problem.tasks + 1, int(items.room.max()) + 1), dtype=np.float32),
            ints=np.zeros(filling.N_INTS, dtype=np.int64),
            reals=np.full(filling.N_SEARCH, float(items.profit[served].sum())),
            density=density or 1.0,
            most=most,
        )
        self._seen = -1
        filling.refill(items, *self._prices, self._state, _BEGIN, run.rng)
        self._accept()

    def aim(self, lam: Floats, ideal: Floats) -> None:
        """Other multipliers, and what the knapsacks gain by them; read at the next chunk."""
        self._prices = lam, ideal

    def anneal(self) -> Termination:
        """Trials until a rule ends it."""
        while True:
            ending = self.run.tick(self.done)
            if ending is not None:
                return ending
            count = self.run.allowance(self.done, _CHUNK)
            lam, ideal = self._prices
            filling.refill(self.items, lam, ideal, self._state, count * _WORK, self.run.rng)
            self.done += count
            self._accept()

    def _accept(self) -> None:
        """The kernel's incumbent becomes ours where the model finds it feasible."""
        if self._state.ints[filling.IMPROVED] == self._seen:
            return
        self._seen = int(self._state.ints[filling.IMPROVED])
        solution = Assignment(self._state.best)
        if not violations(self.problem, solution):
            self.best = solution
