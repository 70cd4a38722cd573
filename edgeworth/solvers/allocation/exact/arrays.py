"""The arrays on which the proof's kernels work, and the log of a search tree that becomes a certificate."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edgeworth.core.result import Certificate
from edgeworth.solvers.allocation.bounds import BRANCH_TREE
from edgeworth.solvers.allocation.kernels import dual, tree
from edgeworth.solvers.allocation.kernels.knapsack import Branching
from edgeworth.solvers.allocation.model import AllocationProblem, punctual
from edgeworth.solvers.allocation.model.system import Floats, Ints

_EPS = float(np.finfo(np.float64).eps)
_CELLS = 4_000_000  # up to so many table entries integer weights are solved by tables
_KNAPSACK_STEPS = 20_000  # steps after which a knapsack's LP bound stands in
_STACK_BYTES = 75_000_000  # memory of the open nodes
_STACK = (40, 1000)  # least and most open nodes
_LEAST = 2.0**-1040  # least unit
_LOG = 64  # nodes and rows a log begins with
_REACH = (2.0, 30.0)  # multipliers reach so many times the largest profit (without, with tasks that must be served)


@dataclass(frozen=True)
class ClosedTree:
    """A tree without a solution of profit >= `target`, as the search logged it: see the checker for the arrays."""

    target: float
    branched: NDArray[np.int32]
    rounds: NDArray[np.int32]
    rows: NDArray[np.int32]
    unit: float
    order: Ints

    @property
    def nbytes(self) -> int:
        return self.branched.nbytes + self.rounds.nbytes + self.rows.nbytes

    def certificate(self, target: float) -> Certificate:
        """For the claim that no assignment has a profit >= `target`, which lies a little above the search's own."""
        return Certificate(
            BRANCH_TREE,
            {
                "target": np.array([target]),
                "unit": np.array([self.unit]),
                "order": self.order.astype(np.int32),
                "branched": self.branched,
                "rounds": self.rounds,
                "multipliers": self.rows,
            },
        )


def multiplier_unit(problem: AllocationProblem, first: Floats) -> float:
    """The power of two whose multiples the multipliers are: as small as 32 bits allow."""
    reach = _REACH[int(problem.must_serve.any())]
    largest = max(reach * float(np.abs(problem.profit).max(initial=0.0)), 2.0 * float(np.abs(first).max(initial=0.0)))
    return max(math.ldexp(1.0, math.frexp(largest)[1] - 31), _LEAST) if largest > 0.0 else 1.0


def task_order(problem: AllocationProblem) -> Ints:
    """Tasks of large profit first: among servers alike the first task of each must rise with the server."""
    best = np.zeros(problem.tasks)
    np.maximum.at(best, problem.task, problem.profit)
    return np.argsort(-best, kind="stable")


def kernel_arrays(problem: AllocationProblem, order: Ints, unit: float) -> tuple[dual.Data, dual.Scratch]:
    """The problem and the scratch space of `kernels.dual`."""
    n, m, pairs = problem.servers, problem.tasks, problem.pairs
    rank = np.empty(m, dtype=np.int64)
    rank[order] = np.arange(m)
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
        unit=unit,
    )
    return data, scratch


def _twins(problem: AllocationProblem, by: Ints, ptr: Ints) -> Ints:
    """For every server the last earlier one with the same limit and the same tasks, profits and weights; -1: none."""
    twin = np.full(problem.servers, -1, dtype=np.int64)
    if not punctual(problem):  # then servers differ in what the arrays here do not show
        return twin
    seen: dict[tuple[bytes, ...], int] = {}
    for i in range(problem.servers):
        mine = by[ptr[i] : ptr[i + 1]]
        arrays = (problem.limit[i : i + 1], problem.task[mine], problem.profit[mine], problem.weight[mine])
        key = tuple(array.tobytes() for array in arrays)
        twin[i] = seen.get(key, -1)
        seen[key] = i
    return twin


def new_stack(problem: AllocationProblem, most: int) -> tree.Stack:
    """Room for the open nodes of a tree, and a short log of at most so many bytes."""
    each = 5 * problem.pairs + 8 * problem.tasks
    depth = int(min(_STACK[1], max(_STACK[0], _STACK_BYTES // max(each, 1))))
    return tree.Stack(
        state=np.empty((depth, problem.pairs), dtype=np.int8),
        lam=np.empty((depth, problem.tasks)),
        mean=np.empty((depth, problem.pairs), dtype=np.float32),
        ints=np.zeros(tree.N_INTS, dtype=np.int64),
        reals=np.zeros(tree.N_REALS),
        branched=np.empty(_LOG, dtype=np.int32),
        rounds=np.empty(_LOG, dtype=np.int32),
        rows=np.empty((max(min(_LOG, (most - 8 * _LOG) // (4 * max(problem.tasks, 1))), 0), problem.tasks), dtype=np.int32),
    )


def longer_log(stack: tree.Stack, most: int) -> tree.Stack:
    """The stack with twice as much log; where that would need more than `most` bytes, the log ends."""
    nodes, rows = 2 * len(stack.branched), 2 * len(stack.rows) + 1
    tasks = stack.rows.shape[1]
    least = int(stack.ints[tree.ROWS]) + 1
    rows = max(min(rows, (most - 8 * nodes) // (4 * max(tasks, 1))), 0)
    if rows < least:
        stack.ints[tree.LOGS] = 0
        return stack
    grown = stack._replace(
        branched=np.empty(nodes, dtype=np.int32),
        rounds=np.empty(nodes, dtype=np.int32),
        rows=np.empty((rows, tasks), dtype=np.int32),
    )
    for name in ("branched", "rounds", "rows"):
        old = getattr(stack, name)
        getattr(grown, name)[: min(len(old), len(getattr(grown, name)))] = old[: len(getattr(grown, name))]
    return grown


def logged(stack: tree.Stack, target: float, unit: float, order: Ints) -> ClosedTree | None:
    """A copy of a finished tree's log; None where none was kept."""
    ints = stack.ints
    if not ints[tree.LOGS]:
        return None
    nodes, rows = int(ints[tree.NODES]), int(ints[tree.ROWS])
    arrays = (stack.branched[:nodes].copy(), stack.rounds[:nodes].copy(), stack.rows[:rows].copy())
    return ClosedTree(target, *arrays, unit, order)
