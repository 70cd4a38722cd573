"""The Lagrangian bound of capacity multipliers, and how bounds on profits become bounds on values."""

from __future__ import annotations

import itertools
import math

import numpy as np
from numpy.typing import ArrayLike

from edgeworth.core import validation
from edgeworth.solvers.allocation.model.problem import AllocationProblem
from edgeworth.solvers.allocation.model.system import Floats

MULTIPLIER_LIMIT = 1e150
"""Of multipliers: products with weights and sums of them stay finite."""
_EPS = float(np.finfo(np.float64).eps)
_TINY = 2.0**-1074  # the smallest number of floating point
_BLOCK = 1 << 15  # pairs
_EXACT = 2.0**52  # multiples of a grid up to so many times it are exact


def dual_bound(problem: AllocationProblem, multipliers: ArrayLike) -> float:
    """The Lagrangian bound of capacity multipliers, rounded outward.

    Parameters
    ----------
    problem : AllocationProblem
    multipliers : array-like [servers]
        u in [0, 1e150].

    Returns
    -------
    float
        A bound on the value of every assignment that `violations` lets pass, in the problem's own sense; safe in floating
        point. Minus infinity (for "max") where a task that must be served has no eligible server.

    Raises
    ------
    ValueError
        For multipliers that are negative, too large, not finite or of another shape.

    Notes
    -----
    For profits p (v for "max", -v for "min"): ``L(u) = sum_i u_i c_i + sum_j max(0, max_i p_ij - u_i w_ij)``, the 0 left out
    for tasks that must be served. ``L(u) >=`` the profit of every feasible assignment for every u >= 0 (weak duality). Where
    all values are multiples of a number (`AllocationProblem.grid`) the bound is rounded to the next one inside. `dual_profit`
    derives the margins.
    """
    return objective_bound(problem, dual_profit(problem, multipliers))


def _raised_profits(problem: AllocationProblem, u: Floats, low: int, high: int) -> Floats:
    """The reduced profits of the pairs low:high, raised as the notes of `dual_profit` say."""
    price, profit, weight = u[problem.server[low:high]], problem.profit[low:high], problem.weight[low:high]
    priced = price * weight
    raised = profit - priced
    error = 2.0 * _EPS * (np.abs(profit) + priced) + _TINY
    return np.where((price > 0.0) & (weight > 0.0), raised + error, raised)


def dual_profit(problem: AllocationProblem, multipliers: ArrayLike) -> float:
    """`dual_bound` as a bound on profits, without sense and offset.

    Parameters
    ----------
    problem : AllocationProblem
        The problem.
    multipliers : array_like
        u >= 0, float64 [servers], up to `MULTIPLIER_LIMIT`.

    Returns
    -------
    float
        -infinity where a task that must be served has no eligible server.

    Notes
    -----
    The margins, with e = 2^-52 the distance from 1 to the next float (an operation is off by e/2 relative at most):

    - A reduced profit p - u w is computed as r with an error of at most e/2 u w from the product, e/2 (|p| + u w (1 + e)) from
      the difference, and 2^-1075 where the product underflows. r + 2 e (|p| + u w) + 2^-1074, itself computed with an error
      below 0.6 e (|p| + u w), is above it. Where u w = 0 there is no error at all.
    - `violations` adds the n_i weights of a server one after the other. A sum that it finds to be at most limit_i is truly at
      most limit_i (1 + e/2)^(n_i - 1) <= limit_i (1 + n_i e), n_i being at most the number of the server's pairs; where the
      data are integers the sum is exact. The rent u_i limit_i, off by e/2, is raised by (2 n_i + 4) e, or 2 e for integers.
    - The sum is correctly rounded (fsum) and raised to the next float.
    """
    u = validation.array("multipliers", multipliers, np.float64, (problem.servers,), minimum=0.0, maximum=MULTIPLIER_LIMIT)
    if len(problem.stranded):
        return -math.inf
    best = np.where(problem.must_serve, -np.inf, 0.0)
    filled = np.flatnonzero(np.diff(problem.indptr))
    if len(filled):
        # Blocks of tasks, whose temporary arrays stay in the cache.
        starts = problem.indptr[filled]
        cuts = [*np.searchsorted(starts, np.arange(0, problem.pairs, _BLOCK)).tolist(), len(filled)]
        for first, last in itertools.pairwise(cuts):
            if first < last:
                low, high = int(starts[first]), int(problem.indptr[filled[last - 1] + 1])
                raised = _raised_profits(problem, u, low, high)
                block = filled[first:last]
                best[block] = np.maximum(best[block], np.maximum.reduceat(raised, starts[first:last] - low))
    count = np.bincount(problem.server, minlength=problem.servers)
    lost = np.where(problem.whole, 2.0 * _EPS, (2.0 * count + 4.0) * _EPS)
    rent = u * problem.limit
    rent = np.where((u > 0.0) & (problem.limit > 0.0), rent * (1.0 + lost) + _TINY, 0.0)
    return rounded_profit(problem, raised_sum([*best.tolist(), *rent.tolist()]))


def objective_bound(problem: AllocationProblem, profit: float) -> float:
    """A bound on profits in the problem's own terms, as far outside of every value as the profit bound is of profits.

    Parameters
    ----------
    problem : AllocationProblem
        The problem.
    profit : float
        A bound on the profits of all assignments.

    Returns
    -------
    float
        A bound on their values, offset included.

    Notes
    -----
    Value and bound lose up to half a unit in the last place when the offset is added, so the bound is moved outward by two
    units: what an offset hides is not proved. Nothing is lost, and the bound not moved, where there is no offset, where
    offset and values are multiples of one number of which floats can count all totals, or where all profits are <= 0, so is the
    bound, and the offset is too small to hide one of them.
    """
    bound, unit = problem.objective(profit), problem.grid
    if problem.integral and not (unit > 0.0 and (problem.offset / unit).is_integer()):
        unit = 1.0  # values may be multiples of 2 and the offset odd
    exact = unit > 0.0 and (problem.offset / unit).is_integer() and abs(bound) < _EXACT * unit
    if profit == 0.0 and not exact:
        lost = problem.profit[problem.profit != 0.0]
        exact = bool(np.all(lost <= -2.0 * math.ulp(problem.offset)))
    if problem.offset == 0.0 or exact or not math.isfinite(bound):
        return bound
    outward = math.inf if problem.sense == "max" else -math.inf
    return math.nextafter(math.nextafter(bound, outward), outward)


def raised_sum(parts: list[float]) -> float:
    """The sum, rounded up; exact where it is 0.

    Parameters
    ----------
    parts : list of float
        The terms.

    Returns
    -------
    float
    """
    total = math.fsum(parts)
    return math.nextafter(total, math.inf) if total else 0.0


def rounded_profit(problem: AllocationProblem, bound: float) -> float:
    """A bound on profits moved inward to the next multiple of the problem's grid, where it has one.

    Parameters
    ----------
    problem : AllocationProblem
        The problem.
    bound : float
        A bound on profits.

    Returns
    -------
    float
    """
    grid = problem.grid
    if not grid or not abs(bound) < _EXACT * grid:
        return bound
    return grid * math.floor(bound / grid)  # the quotient is rounded, but never below a whole number that it reaches


def rounded_bound(problem: AllocationProblem, bound: float, tolerance: float) -> float:
    """A bound of an integral problem moved inward to the next integer.

    Parameters
    ----------
    problem : AllocationProblem
        The problem.
    bound : float
        A bound on values.
    tolerance : float
        A bound this near to an integer counts as that integer.

    Returns
    -------
    float
        The bound itself where values need not be integers.
    """
    if not problem.integral or not math.isfinite(bound):
        return bound
    return float(math.floor(bound + tolerance) if problem.sense == "max" else math.ceil(bound - tolerance))


def least_profit(problem: AllocationProblem) -> float:
    """A number that no feasible assignment's profit is below: every task at its worst, rounded down.

    Parameters
    ----------
    problem : AllocationProblem
        The problem.

    Returns
    -------
    float
        A bound on all profits that is below this number shows that nothing is feasible.
    """
    least = np.where(problem.must_serve, np.inf, 0.0)
    np.minimum.at(least, problem.task, problem.profit)
    total = math.fsum(least[np.isfinite(least)].tolist())
    return math.nextafter(total, -math.inf) if total else 0.0
