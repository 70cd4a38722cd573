"""The checker fixes at least the pairs that the solver fixes: where it knew less of a knapsack, proofs would stay open."""

from __future__ import annotations

import numpy as np
import pytest

from edgeworth.solvers import allocation
from edgeworth.solvers.allocation.check import tree as check
from edgeworth.solvers.allocation.check.kernels import replay, state
from edgeworth.solvers.allocation.exact.arrays import kernel_arrays, task_order
from edgeworth.solvers.allocation.kernels import dual, tree


@pytest.mark.parametrize("seed", range(3))
def test_losses_of_hard_knapsacks_are_no_weaker_than_the_solvers(seed: int) -> None:
    rng = np.random.default_rng(seed)
    weight = rng.uniform(0.1, 1.0, size=(1, 150))
    problem = allocation.AllocationProblem.from_matrices(
        weight + rng.uniform(0.0, 0.02, size=weight.shape), weight, [0.3 * weight.sum()]
    )
    order, unit, none = task_order(problem), 2.0**-29, np.zeros(problem.tasks)
    mine, scratch = kernel_arrays(problem, order, unit)
    free = np.full(problem.pairs, dual.FREE, dtype=np.int8)
    best, _ = dual.descend(mine, free, none.copy(), np.zeros(problem.pairs, dtype=np.float32), 0.0, 1, 0.5, scratch)
    target = 0.99 * best
    tree.tighten(mine, free, none, best, target, 0, 1 << 62, scratch)

    rows, leaf, once = np.zeros((1, problem.tasks), np.int32), np.array([-1], np.int32), np.array([1], np.int32)
    data, log, work, items = check._kernel_arrays(
        problem, check.BranchTree(target, unit, leaf, once, rows, order.astype(np.int32))
    )
    while not (work.ints[state.PHASE] == replay.LOSSES and work.ints[state.SERVER] == problem.servers):
        assert replay.replay(data, log, work, items, 1) == replay.MORE
    scale = float(data.profit[0]) / float(problem.profit[0])
    for theirs, ours in ((work.one, scratch.one), (work.zero, scratch.zero)):  # what is left of the bound after each decision
        left, ours_left = (int(work.ints[state.BOUND]) - theirs) / scale, best - ours
        assert np.all(np.maximum(left, target) <= np.maximum(ours_left, target) + 1e-9)
    assert np.any(scratch.one > 0.0)
