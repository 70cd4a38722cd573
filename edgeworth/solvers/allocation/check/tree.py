"""The certificate "branch-tree": a proof by branch and bound, repeated node by node.

It claims that no feasible assignment has a profit >= ``target`` (profits are v for "max", -v for "min"). Its arrays:

- ``target``, ``unit`` float64 [1]: the claim; what the multipliers are counted in.
- ``branched`` int32 [nodes]: the tree in preorder. A node with a pair's index has two children, first the one with the pair
  chosen, then the one with it ruled out; -1 is a leaf. Two children part their node's assignments, so the leaves cover all.
- ``rounds`` int32 [nodes], ``multipliers`` int32 [sum of rounds, tasks]: every node's rows of assignment multipliers lambda, in
  units; >= 0 for tasks that may stay unserved.
- ``order`` int32 [tasks]: a permutation, which distinguishes solutions that differ in the names of identical servers only.

Nothing else is believed: what follows from decisions and multipliers (full servers, bounds, fixings) is derived here. At every
node and row the bound L(lambda) is computed over the pairs that are left, and a pair is fixed where its other value would
bring the bound below the target. A leaf is closed when its bound is below the target, when its decisions contradict each
other, or when its only assignment is worth less or overloads a server.

Margins. All of this happens in integers. With B the sum of the target's size and every task's largest |profit| and |lambda|,
and n servers, values are multiplied by a power of two s with (n + 2) B s < 2^61, which no sum of theirs exceeds. Profits are
rounded up, so integer profits of assignments are at least s times the true ones, and the target is rounded down: an
assignment worth the target is worth it in integers. Rounding a multiplier makes it another multiplier, as valid as any.
Weights: where those of a server are integers they are taken as they are, with the whole part of its limit. Else they are
multiplied by a power of two and rounded down, and the room is limit (1 + (2 c + 4) 2^-52) rounded up, for c pairs at the
server: `violations` adds at most c weights, so a load that it finds to be at most the limit is truly at most
limit (1 + 2^-53)^(c - 1). Every set that it lets pass fits in integers.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from types import ModuleType
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from edgeworth.core.arrays import Arrays
from edgeworth.core.checking import Budget, certificate_array
from edgeworth.solvers.allocation.model import AllocationProblem, punctual

if TYPE_CHECKING:
    from edgeworth.solvers.allocation.check.kernels.state import Data, Items, Tree, Work

_EPS = float(np.finfo(np.float64).eps)
_BITS = 61  # of the integers that profits become: sums of all of them fit into int64
_LARGEST = 1e150  # of a target or a unit
_CELLS = 8_000_000  # entries of the largest table by which integer weights are solved
_EFFORT = 20_000_000  # elementary steps between two looks at the clock


@dataclass(frozen=True)
class BranchTree:
    """The arrays, of the right kinds, shapes and ranges, and a whole tree: see the module."""

    target: float
    unit: float
    branched: NDArray[np.int32]
    rounds: NDArray[np.int32]
    rows: NDArray[np.int32]
    order: NDArray[np.int32]

    @classmethod
    def read(cls, problem: AllocationProblem, arrays: Arrays) -> BranchTree:
        """Raises KeyError, TypeError or ValueError where they are no such tree of this problem."""
        target = certificate_array(arrays, "target", np.float64, (1,), minimum=-_LARGEST, maximum=_LARGEST)
        unit = certificate_array(arrays, "unit", np.float64, (1,), minimum=0.0, maximum=_LARGEST)
        branched = certificate_array(arrays, "branched", np.int32, (None,), minimum=-1, maximum=problem.pairs - 1)
        rounds = certificate_array(arrays, "rounds", np.int32, (len(branched),), minimum=0)
        rows = certificate_array(arrays, "multipliers", np.int32, (int(rounds.sum(dtype=np.int64)), problem.tasks))
        order = certificate_array(arrays, "order", np.int32, (problem.tasks,), minimum=0)
        if not np.array_equal(np.sort(order), np.arange(problem.tasks)):
            raise ValueError("order: must be a permutation of the tasks")
        if np.any(rows[:, ~problem.must_serve] < 0):
            raise ValueError("multipliers: must be >= 0 for tasks that may stay unserved")
        unvisited = 1 + np.cumsum(np.where(branched >= 0, 1, -1))  # subtrees still to come after each node
        if not len(branched) or unvisited[-1] != 0 or np.any(unvisited[:-1] <= 0):
            raise ValueError("branched: must be one whole tree in preorder")
        return cls(float(target[0]), float(unit[0]), branched, rounds, rows, order)


def _loops() -> ModuleType:
    """The compiled loops, imported on use: a check of anything else needs no compiler."""
    from edgeworth.solvers.allocation.check.kernels import replay

    return replay


@cache
def prepare() -> None:
    """Compile or load the loops, by a tree of one leaf: the budget of a check is not for that."""
    problem = AllocationProblem.from_matrices([[1.0]], [[1.0]], [1.0])
    leaf = np.array([-1], dtype=np.int32)
    none = np.zeros((0, 1), dtype=np.int32)
    tree = BranchTree(1.0, 1.0, leaf, np.zeros(1, dtype=np.int32), none, np.zeros(1, dtype=np.int32))
    _loops().replay(*_kernel_arrays(problem, tree), 1)


def proved_target(problem: AllocationProblem, arrays: Arrays, budget: Budget) -> float:
    """The target that the arrays prove no feasible assignment to reach.

    Raises ValueError, TypeError or KeyError where they prove nothing, `BudgetEnded` where the budget does not suffice.
    """
    tree = BranchTree.read(problem, arrays)
    budget.check()
    if len(problem.stranded):
        return tree.target
    closed, (_, _, work, _) = replayed(problem, tree, budget)
    if not closed:
        raise ValueError(f"branched: leaf {int(work.ints[_loops().NODE])} may hold an assignment worth the target")
    return tree.target


def replayed(problem: AllocationProblem, tree: BranchTree, budget: Budget) -> tuple[bool, tuple[Data, Tree, Work, Items]]:
    """Whether all leaves are closed; and the loops' arrays, in which else the first open leaf is left as its rows leave it."""
    kernels, arrays = _loops(), _kernel_arrays(problem, tree)
    outcome = kernels.MORE
    while outcome == kernels.MORE:
        budget.check()
        outcome = kernels.replay(*arrays, _EFFORT)
    return outcome == kernels.DONE, arrays


def profit_below(problem: AllocationProblem, target: float) -> float:
    """The least bound on profits that are all below the target: the next multiple of the values' grid, or the target itself."""
    grid = _grid(problem)
    if grid is None:
        return target
    steps = math.ceil(Fraction(target) / grid) - 1
    return float(steps * grid)


def _grid(problem: AllocationProblem) -> Fraction | None:
    """The largest number of which all values are multiples, where float sums of them are exact; None where they are not."""
    values = np.unique(np.abs(problem.value[problem.value != 0.0]))
    if not len(values) or len(values) > 1_000_000:
        return None
    ratios = [value.as_integer_ratio() for value in values.tolist()]
    denominator = max(ratio[1] for ratio in ratios)  # all are powers of two
    divisor = math.gcd(*(top * (denominator // bottom) for top, bottom in ratios))
    grid = Fraction(divisor, denominator)
    largest = np.zeros(problem.tasks)
    np.maximum.at(largest, problem.task, np.abs(problem.value))
    return grid if sum(map(Fraction, largest.tolist())) / grid < 2**53 else None


def _kernel_arrays(problem: AllocationProblem, tree: BranchTree) -> tuple[Data, Tree, Work, Items]:
    from edgeworth.solvers.allocation.check.kernels import state

    n, m, pairs = problem.servers, problem.tasks, problem.pairs
    largest = np.zeros(m)
    np.maximum.at(largest, problem.task, np.abs(problem.profit))
    most_rows, least_rows = tree.rows.max(axis=0, initial=0), tree.rows.min(axis=0, initial=0)
    reach = np.maximum(most_rows, -least_rows.astype(np.float64)) * tree.unit
    size = 1.01 * (n + 2) * (math.fsum(largest.tolist()) + math.fsum(reach.tolist()) + abs(tree.target))
    shift = _BITS - math.frexp(size)[1] if size > 0.0 else 0
    profit = np.ldexp(problem.profit, shift)
    profit = np.where((profit == 0.0) & (problem.profit > 0.0), 1.0, np.ceil(profit)).astype(np.int64)
    target = math.floor(Fraction(tree.target) * Fraction(2) ** shift)
    step = float(Fraction(tree.unit) * Fraction(2) ** shift) if reach.any() else 0.0
    rank = np.empty(m, dtype=np.int64)
    rank[tree.order] = np.arange(m)
    by = np.lexsort((rank[problem.task], problem.server))
    ptr = np.searchsorted(problem.server[by], np.arange(n + 1))
    weight, room, integers = _weights(problem)
    needed = np.zeros(n, dtype=np.int64)
    np.add.at(needed, problem.server, weight)
    room = np.minimum(room, needed)
    most = int(np.diff(ptr).max(initial=0))
    tabled = integers & ((most + 1) * (room + 1.0) <= _CELLS)
    width = int(room[tabled].max(initial=-1)) + 1
    data = state.Data(
        indptr=np.array(problem.indptr),
        task=np.array(problem.task),
        server=np.array(problem.server),
        ptr=ptr,
        by=by,
        profit=profit,
        weight=weight,
        room=room,
        load=np.array(problem.weight),
        limit=np.array(problem.limit),
        must=np.array(problem.must_serve),
        twin=_twins(problem, by, ptr),
        tabled=tabled,
    )
    log = state.Tree(np.array(tree.branched), np.array(tree.rounds), np.array(tree.rows), step, target)
    depth = int(np.cumsum(np.where(tree.branched >= 0, 1, 0)).max(initial=0)) + 1
    work = state.Work(
        state=np.full(pairs, state.FREE, dtype=np.int8),
        trail=np.zeros(pairs, dtype=np.int64),
        pair=np.zeros(depth, dtype=np.int64),
        mark=np.zeros(depth, dtype=np.int64),
        side=np.zeros(depth, dtype=np.int64),
        dead=np.zeros(depth, dtype=np.int64),
        lam=np.zeros(m, dtype=np.int64),
        best=np.zeros(n, dtype=np.int64),
        one=np.zeros(pairs, dtype=np.int64),
        zero=np.zeros(pairs, dtype=np.int64),
        sums=np.zeros(n),
        ints=np.zeros(state.N_INTS, dtype=np.int64),
    )
    items = state.Items(
        item=np.zeros(most, dtype=np.int64),
        gain=np.zeros(most, dtype=np.int64),
        need=np.zeros(most, dtype=np.int64),
        ratio=np.zeros(most),
        gains=np.zeros(most + 1, dtype=np.int64),
        needs=np.zeros(most + 1, dtype=np.int64),
        least=np.zeros(most + 1, dtype=np.int64),
        taken=np.zeros(most, dtype=np.int64),
        chosen=np.zeros(most, dtype=np.bool_),
        table=np.zeros((most + 1 if width else 0, width), dtype=np.int64),
        rows=np.zeros((2, width), dtype=np.int64),
    )
    return data, log, work, items


def _weights(problem: AllocationProblem) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_]]:
    """Integer weights and rooms, in which every set fits that `violations` lets pass; and where weights were integers."""
    n = problem.servers
    count = np.bincount(problem.server, minlength=n)
    total = np.bincount(problem.server, weights=problem.weight, minlength=n)
    broken = np.bincount(problem.server, weights=problem.weight != np.rint(problem.weight), minlength=n)
    integers = (broken == 0.0) & (total < 2.0**53)  # then loads are exact, and at most the whole part of the limit
    shift = np.where(integers, 0, 60 - np.frexp(total)[1])
    weight = np.floor(np.ldexp(problem.weight, shift[problem.server])).astype(np.int64)
    room = np.minimum(problem.limit * (1.0 + (2.0 * count + 4.0) * _EPS), 2.0 * total + 1.0)
    room = np.where(integers, np.floor(np.minimum(problem.limit, 2.0**53)), np.ceil(np.ldexp(room, shift)))
    return weight, np.minimum(room, 2.0**61).astype(np.int64), integers


def _twins(problem: AllocationProblem, by: NDArray[np.int64], ptr: NDArray[np.int64]) -> NDArray[np.int64]:
    """For every server the last one before it that is like it in all respects, -1 where there is none."""
    twin = np.full(problem.servers, -1, dtype=np.int64)
    if not punctual(problem):  # a deadline may forbid at one server what it allows at the other
        return twin
    last: dict[tuple[bytes, ...], int] = {}
    for i in range(problem.servers):
        mine = by[ptr[i] : ptr[i + 1]]
        traits = (problem.capacity[i : i + 1], problem.task[mine], problem.value[mine], problem.weight[mine])
        traits_key = tuple(np.ascontiguousarray(part).tobytes() for part in traits)
        twin[i] = last.get(traits_key, -1)
        last[traits_key] = i
    return twin
