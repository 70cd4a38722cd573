"""Numbers about a problem that the proof begins with."""

from __future__ import annotations

import math

import numpy as np

from edgeworth.core.arrays import Bools
from edgeworth.solvers.allocation.model import AllocationProblem, knapsack_bound
from edgeworth.solvers.allocation.model.system import Floats

_EPS = float(np.finfo(np.float64).eps)


def on_unit(multipliers: Floats, unit: float, optional: Bools) -> Floats:
    """The nearest multiples of the unit, within 31 bits."""
    most = 2.0**31 - 1.0
    steps = np.clip(np.rint(multipliers / unit), -most, most)
    return np.where(optional, np.maximum(steps, 0.0), steps) * unit


def first_multipliers(problem: AllocationProblem, u: Floats) -> Floats:
    """Assignment multipliers at capacity multipliers u: every task's best reduced profit, at least 0 where it is optional."""
    best = np.full(problem.tasks, -np.inf)
    np.maximum.at(best, problem.task, problem.profit - u[problem.server] * problem.weight)
    optional = ~problem.must_serve | (np.diff(problem.indptr) == 0)
    best[optional] = np.maximum(best[optional], 0.0)
    return best


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


def most_profit(problem: AllocationProblem) -> float:
    """No assignment earns more than every task at its best server, or unserved where that is better and allowed."""
    best = np.where(problem.must_serve, -np.inf, 0.0)
    np.maximum.at(best, problem.task, problem.profit)
    total = math.fsum(best.tolist())
    return math.nextafter(total, math.inf) if total else 0.0
