"""The proof by branch and bound as an object that works in small steps: multipliers first, then targets from above."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from edgeworth.solvers.allocation.kernels import dual, tree
from edgeworth.solvers.allocation.kernels.knapsack import Branching
from edgeworth.solvers.allocation.model import AllocationProblem, Assignment, violations
from edgeworth.solvers.allocation.model.duals import knapsack_bound
from edgeworth.solvers.allocation.model.system import Floats, Ints

_EPS = float(np.finfo(np.float64).eps)
_CELLS = 4_000_000  # up to so many table entries integer weights are solved by tables
_KNAPSACK_STEPS = 20_000  # steps after which a knapsack's LP bound stands in
_EFFORT = 30_000_000  # elementary steps between two looks at the clock, 20 to 50 ms
_ITERATIONS = 20  # most descent iterations in a node; fewer where one of them is much work, but 3 at least
_BATCH = 25  # descent iterations between two changes of the step at the root
_STACK_BYTES = 75_000_000
_STACK = (40, 1000)  # least and most open nodes
_TIGHT = 5e-10  # solutions that are better by less than this, relative, are not looked for
_SMALL_THETA = 0.005  # step factor at which the root's descent ends
_REFUSED = "the tree met a solution that the model refuses"
_FIRST = 1.0 / 64.0  # the first target lies below the bound by this share of the gap
_PROVING = 200  # nodes before the first dive
_DIVE = 0.15  # a dive's target lies above the known value by this share of the gap at first; see `_dive`
_DIVE_NODES = 300  # nodes after which a dive is given up at first
_SMALL_TREE = 30  # nodes up to which the next stage takes a longer step
_GROWTH, _BACK = 10, 0.25  # a tree so many times larger than those before is given up for one with a shorter step
_COARSE = 1e6  # targets step over the grid of values where it has at most so many lines
_EXACT_SUMS = 2.0**50  # sums of multiples of a grid are exact up to so many times the grid


class Proof:
    """Searches for solutions better than `value` and lowers `bound` until the two meet.

    First the multipliers are moved to the best bound of the root. Every later stage searches the whole tree for a solution
    of profit at least a target near the bound: a high target fixes most pairs, so the early trees are small. A stage
    that finds none lowers the bound to its target; what it finds raises `value`, and so the target. Where such a tree takes
    long and the gap is wide, every other step is a dive: a tree with a target not far above the known value, which often
    has a solution among its first nodes and is given up otherwise. `advance` does about 30 ms of work and returns
    whether there is more to do. No decision depends on the clock.

    lam: the root's multipliers. bound, value: profit without the offset; value -inf: none known. positions: the pairs of
    the best solution, where it was found here. solved: the bound has met the value, or nothing is feasible (value -inf).
    failed: why the search had to give up, or "". first_bound: the bound to begin with. root_bound: L(lam) by the kernels.
    effort: how full the last step was, in [0, 1].
    """

    def __init__(self, problem: AllocationProblem, u: Floats, bound: float) -> None:
        self.problem = problem
        self.value = -math.inf
        self.positions: Ints | None = None
        self.lam = first_multipliers(problem, u)
        self.solved = False
        self.failed = ""
        self.nodes = 0
        self.effort = 0.0
        self.first_bound, self.root_bound = bound, math.inf
        self._grid = value_grid(problem)
        self.bound = self._on_grid(min(bound, surrogate_bound(problem), _most_profit(problem)))
        largest = np.zeros(problem.tasks)
        np.maximum.at(largest, problem.task, np.abs(problem.profit))
        self._size = float(largest.sum()) or 1.0
        # What the sum of a solution's profits may be wrong by; on a grid such sums are exact.
        self._margin = 0.0 if self._grid else 4.0 * _EPS * (problem.tasks + 8) * self._size
        self._whole = self._size < _COARSE * self._grid
        self._floor = _least_profit(problem) - self._margin
        self._data, self._scratch = _kernel_arrays(problem)
        self._stack: Any = None
        self._target = math.nan
        self._dive_stack: Any = None
        self._dive_target, self._dive_share = math.nan, _DIVE
        self._dive_limit, self._dived = _DIVE_NODES, 0
        self._step = 0.0
        self._patience = _GROWTH * _SMALL_TREE
        self._iterations = _ITERATIONS
        self._state = np.full(problem.pairs, dual.FREE, dtype=np.int8)
        self._mean = np.zeros(problem.pairs, dtype=np.float32)
        self._theta, self._batch, self._evaluations = 1.0, 1, 0

    def hear(self, value: float) -> None:
        """A solution of that profit is known elsewhere."""
        if value > self.value:
            self.value, self.positions = value, None

    def advance(self, nodes: int) -> bool:
        """Work for a while, on at most `nodes` more nodes of the tree; True: there is more to do."""
        before = int(self._scratch.work[0])
        if self.bound < self._least():
            self.solved = True
        elif self._theta > _SMALL_THETA:
            self._descend()
        elif self._dives():
            self._dive(nodes)
        else:
            self._search(nodes)
        self.effort = min(1.0, (int(self._scratch.work[0]) - before) / _EFFORT)
        return not (self.solved or self.failed)

    # --- the root -------------------------------------------------------------------------------------------------------

    def _descend(self) -> None:
        """A batch of descent iterations at the root; the step halves when a batch gains little."""
        gap = min(self.bound - self.value, 0.005 * abs(self.bound) or self._size)
        goal = self.bound - 1.2 * max(gap, 1e-6 * self._size)
        lam = self.lam.copy()
        bound, status = dual.descend(self._data, self._state, lam, self._mean, goal, self._batch, self._theta, self._scratch)
        self._evaluations += self._batch
        if math.isfinite(self.root_bound) and not bound < self.root_bound - 0.02 * self._theta * abs(self.root_bound - goal):
            self._theta *= 0.5
        if bound < self.root_bound:
            self.root_bound, self.lam = bound, lam
            self.bound = min(self.bound, self._on_grid(bound))
        if status == dual.SOLVED:
            self._take_found()
            self._theta *= 0.5
        elif status == dual.PRUNED:
            self._theta = 0.0
        each = max(1.0, float(self._scratch.work[0]) / self._evaluations)
        self._batch = int(min(_BATCH, max(1.0, _EFFORT / each)))
        self._iterations = int(min(_ITERATIONS, max(3.0, _EFFORT / each)))

    # --- the tree -------------------------------------------------------------------------------------------------------

    def _search(self, nodes: int) -> None:
        if math.isnan(self._target):
            self._begin_stage()
        self._target = max(self._target, self._least())
        outcome = self._run(self._stack, self._target, nodes)
        ints = self._stack.ints
        if outcome == tree.DONE or self.bound < self._target:
            self._end_stage()
        elif outcome == tree.FOUND and not self._take_found():
            self.failed = _REFUSED
        elif outcome == tree.TOO_DEEP:
            self.failed = f"the tree needs more than {len(self._stack.state)} open nodes"
        elif ints[tree.NODES] > self._patience and not self._whole and math.isfinite(self.value):
            # The target was too far down: its tree grows while the bound stands still. Begin again closer to the bound.
            self._step *= _BACK
            self._patience *= 2
            self._target = math.nan

    def _run(self, stack: Any, target: float, nodes: int) -> int:
        before = int(stack.ints[tree.NODES])
        outcome = tree.search(self._data, stack, target, self._iterations, _EFFORT, nodes, self._scratch)
        self.nodes += int(stack.ints[tree.NODES]) - before
        return int(outcome)

    def _begin_stage(self) -> None:
        if self._stack is None:
            self._stack = _new_stack(self.problem)
            gap = min(max(self.bound - self.value, 1e-7 * self._size), 1e-3 * abs(self.bound) or self._size)
            self._step = self._grid if self._whole else gap * _FIRST
        self._plant(self._stack)
        # On a grid the target lies a hair below the value that is asked for.
        self._target = self.bound - (self._step - (1.0 - 1e-6) * self._grid if self._whole else self._step)

    def _end_stage(self) -> None:
        """No solution reaches the target: it becomes the bound."""
        target, self._target = self._target, math.nan
        self.solved = target <= self._least()
        self._lower(target)
        nodes = int(self._stack.ints[tree.NODES])
        self._patience = max(self._patience, _GROWTH * nodes)
        easy = nodes <= 1
        if not math.isfinite(self.value):
            self._step *= 8.0  # perhaps nothing is feasible: then only the lowest target proves it
        elif self._whole:
            self._step = 2.0 * self._step if easy else self._grid
        else:
            self._step *= 4.0 if easy else 2.0 if nodes <= _SMALL_TREE else 1.0

    def _plant(self, stack: Any) -> None:
        """A tree of nothing but its root."""
        stack.state[0] = dual.FREE
        stack.lam[0] = self.lam
        stack.mean[0] = 0.0
        stack.ints[:] = 0
        stack.ints[tree.DEPTH] = 1

    def _lower(self, target: float) -> None:
        """No solution reaches the target."""
        if self._grid:
            self.bound = min(self.bound, max(self._grid * (math.ceil(target / self._grid) - 1), self.value))
        else:
            self.bound = min(self.bound, max(target + self._margin, self.value))

    # --- dives ----------------------------------------------------------------------------------------------------------

    def _dives(self) -> bool:
        """Is it a dive's turn? Dives get as many nodes as the proof, where the gap is wide."""
        proving = self.nodes - self._dived
        wide = math.isfinite(self.value) and self.bound - self.value > max(2.5 * self._grid, 1e-6 * abs(self.bound))
        return wide and proving >= _PROVING and self._dived < proving

    def _dive(self, nodes: int) -> None:
        """Look for a solution a share of the gap above the known value: a larger one after success, a smaller one after
        `_dive_limit` nodes without."""
        if self._dive_stack is None:
            self._dive_stack = _new_stack(self.problem)
        wanted = max(self._least(), self.value + self._dive_share * (self.bound - self.value))
        if math.isnan(self._dive_target):
            self._plant(self._dive_stack)
            self._dive_target = wanted
        self._dive_target = max(self._dive_target, self._least())
        before = self.nodes
        outcome = self._run(self._dive_stack, self._dive_target, nodes)
        self._dived += self.nodes - before
        if outcome == tree.FOUND:
            if not self._take_found():
                self.failed = _REFUSED
            self._dive_share = min(0.5, 1.25 * self._dive_share)
            self._dive_target = math.nan
            self._dive_limit = _DIVE_NODES
        elif outcome == tree.DONE:
            self._lower(self._dive_target)
            self._dive_target = math.nan
        elif outcome == tree.TOO_DEEP or self._dive_stack.ints[tree.NODES] > self._dive_limit:
            self._dive_share = max(0.02, 0.6 * self._dive_share)
            self._dive_limit += self._dive_limit // 2
            self._dive_target = math.nan

    def _take_found(self) -> bool:
        """The solution in the kernel's arrays becomes the best one; False where the model knows better."""
        taken = np.flatnonzero(self._scratch.found)
        positions = np.full(self.problem.tasks, -1, dtype=np.int64)
        positions[self.problem.task[taken]] = taken
        solution = Assignment(np.where(positions >= 0, self.problem.server[positions], -1))
        if violations(self.problem, solution):
            return False
        worth = math.fsum(self.problem.profit[taken].tolist())
        if worth > self.value:
            self.value, self.positions = worth, positions
        return True

    # --- numbers --------------------------------------------------------------------------------------------------------

    def _least(self) -> float:
        """The least profit that counts as better than the known one, by more than sums can be wrong by."""
        if not math.isfinite(self.value):
            return self._floor
        relative = _TIGHT * abs(self.problem.objective(self.value))
        return self.value + max(self._grid * (1.0 - 1e-6), relative, 2.0 * self._margin)

    def _on_grid(self, bound: float) -> float:
        return self._grid * math.floor(bound / self._grid) if self._grid and math.isfinite(bound) else bound


def first_multipliers(problem: AllocationProblem, u: Floats) -> Floats:
    """Assignment multipliers at capacity multipliers u: every task's best reduced profit, at least 0 where it is optional."""
    best = np.full(problem.tasks, -np.inf)
    np.maximum.at(best, problem.task, problem.profit - u[problem.server] * problem.weight)
    optional = ~problem.must_serve | (np.diff(problem.indptr) == 0)
    best[optional] = np.maximum(best[optional], 0.0)
    return best


def value_grid(problem: AllocationProblem) -> float:
    """A number of which all values are multiples, if sums of them are exact in floating point; else 0.

    The greatest common divisor of integers, or the largest power of two.
    """
    values = np.abs(problem.profit[problem.profit != 0.0])
    if not len(values):
        return 1.0
    if float(values.sum()) < _EXACT_SUMS and np.all(values == np.rint(values)):
        return float(np.gcd.reduce(values.astype(np.int64)))
    mantissa, exponent = np.frexp(values)
    whole = np.rint(mantissa * 2.0**53).astype(np.int64)
    grid = float(np.ldexp(1.0, int((exponent - 53 + np.log2(whole & -whole).astype(np.int64)).min())))
    return grid if grid > 0.0 and float(values.sum()) < _EXACT_SUMS * grid else 0.0


def surrogate_bound(problem: AllocationProblem) -> float:
    """Bound of a multiple-knapsack problem (a task has one profit and one weight wherever it is eligible); else infinity.

    All servers are thrown together into one knapsack of their total room (the surrogate relaxation with equal
    multipliers; Martello and Toth, Knapsack Problems, section 6.2). It is often tight where there are several tasks a
    server, and it does not suffer from the symmetry of servers.
    """
    filled = np.flatnonzero(np.diff(problem.indptr))
    start = problem.indptr[filled]
    if not len(filled) or problem.servers < 2:
        return math.inf
    for numbers in (problem.profit, problem.weight):
        if np.any(np.maximum.reduceat(numbers, start) != np.minimum.reduceat(numbers, start)):
            return math.inf
    profit, weight = problem.profit[start], problem.weight[start]
    must = problem.must_serve[filled]
    room = math.fsum(problem.limit.tolist()) * (1.0 + 4.0 * _EPS * (problem.tasks + 4)) - math.fsum(weight[must].tolist())
    if room < 0.0:
        return math.inf  # infeasible, which the LP will say
    free = ~must & (profit > 0.0)
    served = math.fsum(profit[must].tolist())
    return served + knapsack_bound(profit[free], weight[free], room) + 2.0 * _EPS * abs(served)


def _most_profit(problem: AllocationProblem) -> float:
    """No assignment earns more than every task at its best server, or unserved where that is better and allowed."""
    best = np.where(problem.must_serve, -np.inf, 0.0)
    np.maximum.at(best, problem.task, problem.profit)
    total = math.fsum(best.tolist())
    return math.nextafter(total, math.inf) if total else 0.0


def _least_profit(problem: AllocationProblem) -> float:
    """No feasible assignment earns less."""
    least = np.where(problem.must_serve, np.inf, 0.0)
    np.minimum.at(least, problem.task, problem.profit)
    return float(least[np.isfinite(least)].sum())


def _kernel_arrays(problem: AllocationProblem) -> tuple[Any, Any]:
    n, m, pairs = problem.servers, problem.tasks, problem.pairs
    # Tasks of large profit first: among servers alike the first task of each must rise with the server.
    best = np.zeros(m)
    np.maximum.at(best, problem.task, problem.profit)
    rank = np.empty(m, dtype=np.int64)
    rank[np.argsort(-best, kind="stable")] = np.arange(m)
    by = np.lexsort((rank[problem.task], problem.server))
    ptr = np.searchsorted(problem.server[by], np.arange(n + 1))
    most = int(np.diff(ptr).max(initial=0))
    total = np.bincount(problem.server, problem.weight, minlength=n)
    width = float(np.minimum(problem.limit, total).max(initial=0.0)) + 2.0
    if np.all(problem.weight == np.rint(problem.weight)) and (most + 1) * width <= _CELLS:
        room = np.minimum(np.floor(problem.limit), total)
        table, back = np.empty((most + 1, int(width))), np.empty((2, int(width)))
    else:
        room = problem.limit * (1.0 + 4.0 * _EPS * (most + 4))
        table, back = np.empty((0, 0)), np.empty((0, 0))
    data = dual.Data(
        indptr=np.array(problem.indptr),
        ptr=ptr,
        by=by,
        task=np.array(problem.task),
        server=np.array(problem.server),
        profit=np.array(problem.profit),
        weight=np.array(problem.weight),
        room=room,
        limit=np.array(problem.limit),
        must=np.array(problem.must_serve),
        twin=_twins(problem, by, ptr),
    )
    scratch = dual.Scratch(
        items=np.empty(most, dtype=np.int64),
        gain=np.empty(most),
        table=table,
        back=back,
        one=np.zeros(pairs),
        zero=np.zeros(pairs),
        picked=np.zeros(pairs, dtype=np.int8),
        used=np.zeros(m, dtype=np.int64),
        here=np.empty(m),
        direction=np.empty(m),
        load=np.empty(n),
        found=np.zeros(pairs, dtype=np.int8),
        branching=Branching(
            take=np.zeros(most + 1, dtype=np.int8),
            now=np.zeros(most + 1, dtype=np.int8),
            least=np.empty(most + 2),
            worth=np.empty(most + 1),
            left=np.empty(most + 1),
        ),
        effort=_KNAPSACK_STEPS,
        work=np.zeros(1, dtype=np.int64),
    )
    return data, scratch


def _twins(problem: AllocationProblem, by: Ints, ptr: Ints) -> Ints:
    """For every server the last earlier one with the same limit and the same tasks, profits and weights; -1: none."""
    twin = np.full(problem.servers, -1, dtype=np.int64)
    seen: dict[tuple[bytes, ...], int] = {}
    for i in range(problem.servers):
        mine = by[ptr[i] : ptr[i + 1]]
        arrays = (problem.limit[i : i + 1], problem.task[mine], problem.profit[mine], problem.weight[mine])
        key = tuple(array.tobytes() for array in arrays)
        twin[i] = seen.get(key, -1)
        seen[key] = i
    return twin


def _new_stack(problem: AllocationProblem) -> Any:
    each = 5 * problem.pairs + 8 * problem.tasks
    depth = int(min(_STACK[1], max(_STACK[0], _STACK_BYTES // max(each, 1))))
    return tree.Stack(
        state=np.empty((depth, problem.pairs), dtype=np.int8),
        lam=np.empty((depth, problem.tasks)),
        mean=np.empty((depth, problem.pairs), dtype=np.float32),
        ints=np.zeros(tree.N_INTS, dtype=np.int64),
        reals=np.zeros(tree.N_REALS),
    )
