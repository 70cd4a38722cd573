"""The certificates of bounds and of infeasibility, by kind.

- "capacity-multipliers" (``u``): the Lagrangian of the capacity rows, `model.dual_profit`.
- "assignment-multipliers" (``lambda``): that of the assignment rows, `model.assignment_dual_profit`.
- "surrogate-knapsack" (nothing): all servers thrown together, for multiple-knapsack problems.
- "branch-tree": a whole branch and bound, `check.tree`.
- "set-enumeration": all sets of little loss of all servers but two, `check.enumeration`.

Each proves a bound on profits without sense and offset. Where it is below the least profit that any feasible assignment has,
nothing is feasible. The offset enters no tolerance; what it hides by rounding is not proved (`model.objective_bound`).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial

import numpy as np

from edgeworth.core.arrays import Arrays
from edgeworth.core.checking import Budget, Rebuild, Refute, certificate_array
from edgeworth.solvers.allocation.check.enumeration import enumerated_target
from edgeworth.solvers.allocation.check.tree import profit_below, proved_target
from edgeworth.solvers.allocation.model import (
    MULTIPLIER_LIMIT,
    AllocationProblem,
    assignment_dual_profit,
    dual_profit,
    knapsack_bound,
    least_profit,
    objective_bound,
    raised_sum,
    rounded_profit,
)

_EPS = float(np.finfo(np.float64).eps)
Prove = Callable[[AllocationProblem, Arrays, Budget], float]


def _capacity(problem: AllocationProblem, arrays: Arrays, budget: Budget) -> float:
    budget.check()
    most = MULTIPLIER_LIMIT
    return dual_profit(problem, certificate_array(arrays, "u", np.float64, (problem.servers,), minimum=0.0, maximum=most))


def _assignment(problem: AllocationProblem, arrays: Arrays, budget: Budget) -> float:
    least, most = -MULTIPLIER_LIMIT, MULTIPLIER_LIMIT
    given = certificate_array(arrays, "lambda", np.float64, (problem.tasks,), minimum=least, maximum=most)
    return assignment_dual_profit(problem, given, budget.check)


def _surrogate(problem: AllocationProblem, arrays: Arrays, budget: Budget) -> float:
    """One knapsack of all the room, where a task has one profit and one weight wherever it is eligible (else ValueError).

    The room is the sum of the limits, raised: every load that `violations` lets pass is at most limit_i (1 + c_i 2^-52) with
    c_i pairs at the server. Profits and weights of tasks that must be served are taken off first; their sum and the
    difference are wrong by 2^-52 of the room at most, which four times that covers.
    """
    filled = np.flatnonzero(np.diff(problem.indptr))
    if len(problem.stranded):
        return -math.inf
    if not len(filled):
        return 0.0
    first = problem.indptr[filled]
    for numbers in (problem.profit, problem.weight):
        if np.any(np.maximum.reduceat(numbers, first) != np.minimum.reduceat(numbers, first)):
            raise ValueError("problem: must have one profit and one weight for a task at all its servers")
    profit, weight, must = problem.profit[first], problem.weight[first], problem.must_serve[filled]
    count = np.bincount(problem.server, minlength=problem.servers)
    total = math.fsum((problem.limit * (1.0 + (count + 4.0) * _EPS)).tolist())
    room = total - math.fsum(weight[must].tolist()) + 4.0 * _EPS * total
    if room < 0.0:
        return -math.inf
    free = ~must & (profit > 0.0)
    best = knapsack_bound(profit[free], weight[free], room, budget.check)
    return rounded_profit(problem, raised_sum([*profit[must].tolist(), best]))


def _tree(problem: AllocationProblem, arrays: Arrays, budget: Budget) -> float:
    return profit_below(problem, proved_target(problem, arrays, budget))


def _enumeration(problem: AllocationProblem, arrays: Arrays, budget: Budget) -> float:
    return profit_below(problem, enumerated_target(problem, arrays, budget))


def _rebuilt(prove: Prove, problem: AllocationProblem, arrays: Arrays, budget: Budget) -> float:
    return objective_bound(problem, prove(problem, arrays, budget))


def _refuted(prove: Prove, problem: AllocationProblem, arrays: Arrays, budget: Budget) -> None:
    if not prove(problem, arrays, budget) < least_profit(problem):
        raise ValueError("certificate: its bound leaves room for a feasible assignment")


def _refuted_by_target(prove: Prove, problem: AllocationProblem, arrays: Arrays, budget: Budget) -> None:
    """No assignment reaches a target that every feasible one would reach."""
    if not prove(problem, arrays, budget) <= least_profit(problem):
        raise ValueError("certificate: an assignment may be feasible and below the target")


_PROOFS: dict[str, Prove] = {
    "capacity-multipliers": _capacity,
    "assignment-multipliers": _assignment,
    "surrogate-knapsack": _surrogate,
    "branch-tree": _tree,
    "set-enumeration": _enumeration,
}
REBUILD: dict[str, Rebuild] = {kind: partial(_rebuilt, prove) for kind, prove in _PROOFS.items()}
INFEASIBILITY: dict[str, Refute] = {kind: partial(_refuted, prove) for kind, prove in _PROOFS.items()}
INFEASIBILITY["branch-tree"] = partial(_refuted_by_target, proved_target)
INFEASIBILITY["set-enumeration"] = partial(_refuted_by_target, enumerated_target)
