"""The proof by branch and bound as an object that works in small steps: multipliers first, then targets from above."""

from __future__ import annotations

import math

import numpy as np

from edgeworth.core.result import Certificate
from edgeworth.solvers.allocation.exact.arrays import (
    ClosedTree,
    kernel_arrays,
    logged,
    longer_log,
    multiplier_unit,
    new_stack,
    task_order,
)
from edgeworth.solvers.allocation.exact.neighbourhoods import Neighbourhoods
from edgeworth.solvers.allocation.exact.numbers import (
    first_multipliers,
    most_profit,
    on_unit,
    surrogate_bound,
)
from edgeworth.solvers.allocation.kernels import dual, tree
from edgeworth.solvers.allocation.model import AllocationProblem, Assignment, least_profit, violations
from edgeworth.solvers.allocation.model.system import Floats, Ints

_NORMAL = float(np.finfo(np.float64).smallest_normal)
_EPS = float(np.finfo(np.float64).eps)
EFFORT = 30_000_000  # elementary steps between two looks at the clock, 20 to 50 ms
_ITERATIONS = 20  # most descent iterations in a node; fewer where one of them is much work, but 3 at least
_BATCH = 25  # descent iterations between two changes of the step at the root
_TIGHT = 5e-10  # solutions that are better by less than this, relative, are not looked for
_SMALL_THETA = 0.005  # step factor at which the root's descent ends
_REFUSED = "the tree met a solution that the model refuses"
_FIRST = 1.0 / 64.0  # the first target lies below the bound by this share of the gap
_PROVING = 200  # nodes before the first dive
_DIVE = 0.15  # a dive's target lies above the known value by this share of the gap at first; see `_dive`
_DIVE_NODES = 300  # nodes after which a dive is given up at first
_SMALL_TREE = 30  # nodes up to which the next stage takes a longer step
_GROWTH, _BACK = 10, 0.25  # a tree so many times larger than those before is given up for one with a shorter step
_FAR = 2e-4  # share of the bound: a wider gap is not closed by the tree
_COARSE = 1e6  # targets step over the grid of values where it has at most so many lines
_HAIR = 1e-3  # a target on a grid of values lies below a line of it by this share: what rounding may use up
_BELOW = 1e-9  # without a known value the last target lies below every profit by this share of the profits' size
_SPENT = (0.5, 0.4)  # share of such a distance, on a grid and off it, by which a certificate's target is above the search's


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
    surrogate: `surrogate_bound`. effort: how full the last step was, in [0, 1]. tree: the closed tree of the lowest target.
    dives: whether it may dive. unlogged: what was closed would need a log of more than `log_bytes`, or too long a check.
    """

    def __init__(self, problem: AllocationProblem, u: Floats, bound: float, log_bytes: int) -> None:
        self.problem = problem
        self.value = -math.inf
        self.positions: Ints | None = None
        self.tree: ClosedTree | None = None
        self.unlogged = False
        self._log_bytes = log_bytes
        self._u = u
        first = first_multipliers(problem, u)
        self.unit, self._order = multiplier_unit(problem, first), task_order(problem)
        self.lam = on_unit(first, self.unit, ~problem.must_serve)
        self.solved = False
        self.dives = True
        self.failed = ""
        self.nodes = 0
        self.effort = 0.0
        self.first_bound, self.root_bound = bound, math.inf
        self._grid = problem.grid
        self.surrogate = surrogate_bound(problem)
        self.bound = self._on_grid(min(bound, self.surrogate, most_profit(problem)))
        largest = np.zeros(problem.tasks)
        np.maximum.at(largest, problem.task, np.abs(problem.profit))
        self._size = float(largest.sum()) or 1.0
        # What the sum of a solution's profits may be wrong by; on a grid such sums are exact.
        self._margin = 0.0 if self._grid else 4.0 * _EPS * (problem.tasks + 8) * self._size
        self._whole = self._size < _COARSE * self._grid
        terms = problem.tasks + problem.servers + 2 * int(np.bincount(problem.server).max(initial=0))
        noise = _EPS * (terms + 16) * 2.0 * (problem.servers + 1) * self._size  # about what a node's bound is raised by
        self._noise = noise if noise > 0.25 * self._grid else 0.0
        self._floor = least_profit(problem) - max(self._margin, _BELOW * self._size)
        self._data, self._scratch = kernel_arrays(problem, self._order, self.unit)
        self._stack: tree.Stack | None = None
        self._target = math.nan
        self._dive_stack: tree.Stack | None = None
        # A step may end amid a node's losses, and the next one may belong to the other tree: each keeps its own.
        self._dive_scratch = self._scratch._replace(one=np.zeros(problem.pairs), zero=np.zeros(problem.pairs))
        self._core_scratch = self._scratch._replace(one=np.zeros(problem.pairs), zero=np.zeros(problem.pairs))
        self._core_stack: tree.Stack | None = None
        self._dive_target, self._dive_share = math.nan, _DIVE
        self._dive_limit, self._dived = _DIVE_NODES, 0
        self._step = 0.0
        self._patience = _GROWTH * _SMALL_TREE
        self._iterations = _ITERATIONS
        self._state = np.full(problem.pairs, dual.FREE, dtype=np.int8)
        self._mean = np.zeros(problem.pairs, dtype=np.float32)
        self._theta, self._batch, self._evaluations = 1.0, 1, 0

    def set_incumbent(self, value: float) -> None:
        """A solution of that profit is known elsewhere."""
        if value > self.value:
            self.value, self.positions = value, None

    def offer(self, lam: Floats, bound: float) -> None:
        """Multipliers found elsewhere, multiples of `unit`, and their L(lam). The root's own descent is not needed then, nor
        are dives: a search for solutions comes with such multipliers."""
        self._theta, self.dives = 0.0, False
        each = float((self._data.room[self._data.server] + 1.0).sum())
        self._iterations = int(min(_ITERATIONS, max(3.0, EFFORT / each)))
        if bound < self.root_bound:
            self.root_bound, self.lam = bound, lam
            self.bound = min(self.bound, self._on_grid(bound))

    def close(self, closed: ClosedTree, *, repeatable: bool = True) -> None:
        """A whole tree found elsewhere: no solution reaches its target. repeatable: a checker has the time for it."""
        if closed.nbytes > self._log_bytes or not repeatable:
            self.unlogged = True
        elif self.tree is None or closed.target < self.tree.target:
            self.tree = closed
        self.solved |= closed.target <= self.least()
        self._lower(closed.target)

    @property
    def arrays(self) -> tuple[dual.Data, dual.Scratch, Ints]:
        """What the kernels work on, and the order of the tasks in a certificate."""
        return self._data, self._scratch, self._order

    @property
    def from_root(self) -> bool:
        """The bound is that of the root's multipliers: neither a tree nor another bound lies below."""
        return self.bound >= self._on_grid(self.root_bound)

    @property
    def at_root(self) -> bool:
        """The multipliers are still moved."""
        return self._theta > _SMALL_THETA

    def advance(self, nodes: int) -> bool:
        """Work for a while, on at most `nodes` more nodes of the tree; True: there is more to do."""
        before = int(self._scratch.work[0])
        if self.bound < self.least():
            self.solved = True
        elif self.at_root:
            self._descend()
        elif self._dives():
            self._dive(nodes)
        else:
            self._search(nodes)
        self.effort = min(1.0, (int(self._scratch.work[0]) - before) / EFFORT)
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
            self.accept_found()
            self._theta *= 0.5
        elif status == dual.PRUNED:
            self._theta = 0.0
        each = max(1.0, float(self._scratch.work[0]) / self._evaluations)
        self._batch = int(min(_BATCH, max(1.0, EFFORT / each)))
        self._iterations = int(min(_ITERATIONS, max(3.0, EFFORT / each)))

    def losses(self) -> tuple[Floats, float] | None:
        """What the root's bound loses at least when a pair is taken, float64 [pairs], and that bound; see `solve_core`.

        The loss is infinite where the root of a tree excludes the pair from what is better than the known value: rounds of
        descent and fixing exclude far more than one. Works for a while; None: it is to be asked again.
        """
        stack = self._core_stack
        if stack is None:
            stack = self._core_stack = new_stack(self.problem, 0)
            self._plant(stack)
            stack.ints[tree.LOGS] = 0
        ints, target = stack.ints, self.least()
        first = 1 - int(ints[tree.NODES])
        outcome = tree.search(self._data, stack, target, self._iterations, EFFORT, first, self._core_scratch)
        if outcome == tree.FOUND:
            self.accept_found()
            return None
        if outcome != tree.DONE and not (ints[tree.NODES] == 1 and ints[tree.PHASE] == tree.ENTER):
            return None
        out = np.ones(self.problem.pairs, dtype=bool)
        for open_node in range(int(ints[tree.DEPTH])):
            out &= stack.state[open_node] == dual.OUT
        self._core_stack = None
        loss, none = np.empty(self.problem.pairs), np.full(self.problem.pairs, dual.FREE, dtype=np.int8)
        gap = self.root_bound - self.value if math.isfinite(self.value) else self._size
        tree.taking_losses(self._data, self.lam, none, gap, loss, self._core_scratch)
        loss[out] = math.inf
        return loss, self.root_bound

    # --- the tree -------------------------------------------------------------------------------------------------------

    def _search(self, nodes: int) -> None:
        stack = self._stack
        if stack is None or math.isnan(self._target):
            stack = self._begin_stage(stack)
        self._target = max(self._target, self.least())
        outcome, stack = self._run(stack, self._scratch, self._target, nodes)
        self._stack = stack
        if outcome == tree.DONE or self.bound < self._target:
            if outcome == tree.DONE:
                self._keep(stack, self._target)
            self._end_stage(int(stack.ints[tree.NODES]))
        elif outcome == tree.FOUND and not self.accept_found():
            self.failed = _REFUSED
        elif outcome == tree.TOO_DEEP:
            self.failed = f"the tree needs more than {len(stack.state)} open nodes"
        elif stack.ints[tree.NODES] > self._patience and not self._whole and math.isfinite(self.value):
            # The target was too far down: its tree grows while the bound stands still. Begin again closer to the bound.
            self._step *= _BACK
            self._patience *= 2
            self._target = math.nan

    def _run(self, stack: tree.Stack, scratch: dual.Scratch, target: float, nodes: int) -> tuple[int, tree.Stack]:
        """What came of a step in the tree, and the stack, perhaps with a longer log."""
        before = int(stack.ints[tree.NODES])
        outcome = tree.search(self._data, stack, target, self._iterations, EFFORT, nodes, scratch)
        self.nodes += int(stack.ints[tree.NODES]) - before
        if outcome == tree.LOG_FULL:
            stack = longer_log(stack, self._log_bytes)
        return int(outcome), stack

    def _begin_stage(self, stack: tree.Stack | None) -> tree.Stack:
        """The stack with the root of the next tree; a new one for the first."""
        if stack is None:
            stack = new_stack(self.problem, self._log_bytes)
            gap = min(max(self.bound - self.value, 1e-7 * self._size), 1e-3 * abs(self.bound) or self._size)
            self._step = self._grid if self._whole else gap * _FIRST
        self._plant(stack)
        self._target = self._aimed(self.bound - self._step + (self._grid if self._whole else 0.0))
        return stack

    def _end_stage(self, nodes: int) -> None:
        """No solution reaches the target, by a tree of so many nodes: it becomes the bound."""
        target, self._target = self._target, math.nan
        self.solved = target <= self.least()
        self._lower(target)
        self._patience = max(self._patience, _GROWTH * nodes)
        easy = nodes <= 1
        if not math.isfinite(self.value):
            self._step *= 8.0  # perhaps nothing is feasible: then only the lowest target proves it
        elif self._whole:
            self._step = 2.0 * self._step if easy else self._grid
        else:
            self._step *= 4.0 if easy else 2.0 if nodes <= _SMALL_TREE else 1.0

    def _plant(self, stack: tree.Stack) -> None:
        """A tree of nothing but its root."""
        stack.state[0] = dual.FREE
        stack.lam[0] = self.lam
        stack.mean[0] = 0.0
        stack.ints[:] = 0
        stack.ints[tree.DEPTH] = 1
        stack.ints[tree.LOGS] = self._log_bytes > 0

    def _lower(self, target: float) -> None:
        """No solution reaches the target."""
        if self._grid:
            self.bound = min(self.bound, max(self._grid * (math.ceil(target / self._grid) - 1), self.value))
        else:
            self.bound = min(self.bound, max(target + self._margin, self.value))

    # --- dives ----------------------------------------------------------------------------------------------------------

    @property
    def wide(self) -> bool:
        """The gap to the known value is worth a search for better ones."""
        return math.isfinite(self.value) and self.bound - self.value > max(2.5 * self._grid, 1e-6 * abs(self.bound))

    @property
    def far(self) -> bool:
        """On a grid of values: the gap is so wide that better solutions are needed before a tree can close it."""
        return self._grid > 0.0 and self.wide and self.bound - self.value > _FAR * abs(self.bound)

    @property
    def size(self) -> float:
        """The sum of the tasks' largest |profit|: what rounding errors are relative to."""
        return self._size

    @property
    def coarse(self) -> bool:
        """Values lie on a grid of few lines: targets step over them."""
        return self._whole

    def neighbourhoods(self, rng: np.random.Generator) -> Neighbourhoods:
        """A search around the best assignment that begins at the root's multipliers."""
        return Neighbourhoods(self.problem, self._u, self.lam, self.unit, rng)

    def _dives(self) -> bool:
        """Whether it is a dive's turn. Dives get as many nodes as the proof, where the gap is wide."""
        proving = self.nodes - self._dived
        return self.dives and self.wide and proving >= _PROVING and self._dived < proving

    def _dive(self, nodes: int) -> None:
        """Look for a solution a share of the gap above the known value: a larger one after success, a smaller one after
        `_dive_limit` nodes without."""
        stack = new_stack(self.problem, self._log_bytes) if self._dive_stack is None else self._dive_stack
        wanted = max(self.least(), self._aimed(self.value + self._dive_share * (self.bound - self.value)))
        if math.isnan(self._dive_target):
            self._plant(stack)
            self._dive_target = wanted
        self._dive_target = max(self._dive_target, self.least())
        before = self.nodes
        outcome, stack = self._run(stack, self._dive_scratch, self._dive_target, nodes)
        self._dive_stack = stack
        self._dived += self.nodes - before
        if outcome == tree.FOUND:
            if not self.accept_found():
                self.failed = _REFUSED
            self._dive_share = min(0.5, 1.25 * self._dive_share)
            self._dive_target = math.nan
            self._dive_limit = _DIVE_NODES
        elif outcome == tree.DONE:
            self._keep(stack, self._dive_target)
            self._lower(self._dive_target)
            self._dive_target = math.nan
        elif outcome == tree.TOO_DEEP or stack.ints[tree.NODES] > self._dive_limit:
            self._dive_share = max(0.02, 0.6 * self._dive_share)
            self._dive_limit += self._dive_limit // 2
            self._dive_target = math.nan

    def accept_found(self) -> bool:
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

    # --- the certificate ------------------------------------------------------------------------------------------------

    def _keep(self, stack: tree.Stack, target: float) -> None:
        """A tree is closed: nothing reaches the target."""
        closed = logged(stack, target, self.unit, self._order)
        if closed is None:
            self.unlogged = True
        elif self.tree is None or target < self.tree.target:
            self.tree = closed

    def certified(self) -> tuple[float, Certificate] | None:
        """The profit that the kept tree bounds all profits by, and its certificate; None where there is no such tree.

        The certificate's target lies above the search's, by less than what could matter to a claim of optimality and by more
        than what a checker with other rounding errors can differ by; where there is no such number, or where the grid of the
        multipliers lies below the normal floats (values near 1e-300), there is no certificate.
        """
        kept = self.tree
        if math.isfinite(self.root_bound) and (kept is None or self.root_bound < kept.target):
            kept = self._root()
        if kept is None or self.unit < _NORMAL:
            return None
        on_grid, off = _SPENT
        slack = on_grid * _HAIR * self._grid
        if not math.isfinite(self.value):
            slack = on_grid * _BELOW * self._size
        elif not (self.problem.integral and self._grid):
            slack = max(slack, off * _TIGHT * abs(self.value))
        reach = np.abs(kept.rows.astype(np.int64)).max(axis=0, initial=0).astype(np.float64) * kept.unit
        span = self._size + float(reach.sum())
        if not slack > span * (2.0**-46 + 2.0**-56 * self.problem.tasks * (self.problem.servers + 2)):
            return None
        target = kept.target + slack
        profit = self._grid * (math.ceil(target / self._grid) - 1) if self._grid else target
        return profit, kept.certificate(target)

    def _root(self) -> ClosedTree:
        """A tree of one node: what the root's multipliers prove."""
        target = max(self.root_bound, self.least()) if self.solved else self.root_bound
        if self._grid and self._aimed(target) < target:
            target += self._grid
        row = np.rint(self.lam / self.unit).astype(np.int32)[None]
        leaf, once = np.array([-1], dtype=np.int32), np.array([1], dtype=np.int32)
        return ClosedTree(self._aimed(target), leaf, once, row, self.unit, self._order)

    # --- numbers --------------------------------------------------------------------------------------------------------

    def least(self) -> float:
        """The least profit that counts as better than the known one, by more than sums can be wrong by."""
        if not math.isfinite(self.value):
            return self._floor
        step = max(self._grid * (1.0 - _HAIR), 2.0 * self._margin)
        if self.problem.integral and self._grid:
            return self.value + max(step, self._noise)
        return self.value + max(step, _TIGHT * abs(self.value))

    def _aimed(self, target: float) -> float:
        """On a grid of values: a hair below the first line at or above the target."""
        return self._grid * (math.ceil(target / self._grid) - _HAIR) if self._grid else target

    def _on_grid(self, bound: float) -> float:
        return self._grid * math.floor(bound / self._grid) if self._grid and math.isfinite(bound) else bound
