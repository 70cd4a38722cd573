"""Kernels of the capacity rows' Lagrangian: the dual function, its smoothing, and the Newton direction.

A kernel works on one block of tasks and writes sums of its own; the caller adds the blocks up in their order. The answer
then does not depend on how many threads shared the blocks.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from edgeworth.core.jit import jit


class Pairs(NamedTuple):
    """The pairs by task, as in AllocationProblem: indptr, must [m+1], [m]; server, profit, weight of each pair."""

    indptr: NDArray[np.int64]
    server: NDArray[np.int64]
    profit: NDArray[np.float64]
    weight: NDArray[np.float64]
    must: NDArray[np.bool_]


PLAIN, SMOOTH, EXPECTED, N_SUMS = range(4)  # sums of the tasks' terms: of L, of the smoothed L, and the expected profit

_REACH = 12.0  # pairs worse than the best by more than this many temperatures (probability below 1e-5) are left out


@jit
def evaluate(pairs, u, first, last, choice, best, load):
    """Every task's best pair at prices u (-1: none) and the worth of it. `load`: of this block. Returns the sum of `best`."""
    load[:] = 0.0
    total = 0.0
    for j in range(first, last):
        top, at = 0.0, -1
        if pairs.must[j]:
            top = -np.inf
        for k in range(pairs.indptr[j], pairs.indptr[j + 1]):
            reduced = pairs.profit[k] - u[pairs.server[k]] * pairs.weight[k]
            if reduced > top:
                top, at = reduced, k
        choice[j] = at
        best[j] = top
        total += top
        if at >= 0:
            load[pairs.server[at]] += pairs.weight[at]
    return total


@jit
def smooth(pairs, u, temperature, tasks, first, last, share, open_, load, diagonal, sums):
    """The entropy-smoothed dual function on tasks[first:last]: max(..) becomes T log sum exp(.. / T).

    The probabilities of a task's options give the expected load of every server. Tasks that hesitate between options are
    marked in `open_` and leave weight * probability in `share`; with A the matrix of these shares the Hessian of the
    smoothed L is (diag(diagonal) - A'A) / T.
    """
    load[:] = 0.0
    diagonal[:] = 0.0
    sums[:] = 0.0
    for q in range(first, last):
        j = tasks[q]
        low, high = pairs.indptr[j], pairs.indptr[j + 1]
        top, at = 0.0, -1
        if pairs.must[j]:
            top = -np.inf
        for k in range(low, high):
            reduced = pairs.profit[k] - u[pairs.server[k]] * pairs.weight[k]
            if reduced > top:
                top, at = reduced, k
        floor = top - _REACH * temperature
        options = 0
        mass = 0.0
        if not pairs.must[j] and floor < 0.0:
            options = 1
            mass = np.exp(-top / temperature)
        for k in range(low, high):
            reduced = pairs.profit[k] - u[pairs.server[k]] * pairs.weight[k]
            share[k] = 0.0
            if reduced >= floor:
                options += 1
                share[k] = np.exp((reduced - top) / temperature)
                mass += share[k]
        open_[q] = options > 1
        sums[PLAIN] += top
        sums[SMOOTH] += top
        if options > 1:
            sums[SMOOTH] += temperature * np.log(mass)
            for k in range(low, high):
                if share[k] > 0.0:
                    probability = share[k] / mass
                    share[k] = pairs.weight[k] * probability
                    sums[EXPECTED] += pairs.profit[k] * probability
                    load[pairs.server[k]] += share[k]
                    diagonal[pairs.server[k]] += share[k] * pairs.weight[k]
        elif at >= 0:
            sums[EXPECTED] += pairs.profit[at]
            load[pairs.server[at]] += pairs.weight[at]


@jit
def densest(pairs, first, last, begin, density, pair):
    """The pairs of tasks first:last with a profit join those of greatest profit per weight at their servers.

    Server i keeps at most begin[i + 1] - begin[i] of them, in a heap at density[begin[i]:begin[i + 1]] with the least on top,
    and their numbers in `pair`; free places are -inf and -1.
    """
    for k in range(pairs.indptr[first], pairs.indptr[last]):
        if not pairs.profit[k] > 0.0:
            continue
        i = pairs.server[k]
        base, size = begin[i], begin[i + 1] - begin[i]
        d = np.inf
        if pairs.weight[k] > 0.0:
            d = pairs.profit[k] / pairs.weight[k]
        if size == 0 or d <= density[base]:
            continue
        at = 0
        while 2 * at + 1 < size:
            child = 2 * at + 1
            if child + 1 < size and density[base + child + 1] < density[base + child]:
                child += 1
            if density[base + child] >= d:
                break
            density[base + at], pair[base + at] = density[base + child], pair[base + child]
            at = child
        density[base + at], pair[base + at] = d, k


@jit
def count_open(pairs, tasks, share, open_):
    """How many tasks hesitate, and how many shares they have."""
    rows, entries = 0, 0
    for q in range(tasks.size):
        if open_[q]:
            rows += 1
            for k in range(pairs.indptr[tasks[q]], pairs.indptr[tasks[q] + 1]):
                if share[k] > 0.0:
                    entries += 1
    return rows, entries


@jit
def pack(pairs, tasks, share, open_, pointer, column, entry):
    """The matrix A of the shares, by rows."""
    row, e = 0, 0
    pointer[0] = 0
    for q in range(tasks.size):
        if open_[q]:
            for k in range(pairs.indptr[tasks[q]], pairs.indptr[tasks[q] + 1]):
                if share[k] > 0.0:
                    column[e] = pairs.server[k]
                    entry[e] = share[k]
                    e += 1
            row += 1
            pointer[row] = e


@jit
def column_squares(column, entry, squares):
    """The diagonal of A'A."""
    for e in range(column.size):
        squares[column[e]] += entry[e] * entry[e]


@jit
def conjugate_gradients(pointer, column, entry, diagonal, inverse, free, x, r, d, rz, least, steps):
    """At most `steps` steps of preconditioned conjugate gradients for (diag(diagonal) - A'A) x = b over the free servers.

    x: the iterate; r: residual; d: direction; inverse: of the preconditioner's diagonal; rz: r'z, returned for the next call.
    Ends when r'z <= least, and says so by returning 0.
    """
    product = np.empty(x.size)
    for _ in range(steps):
        if not rz > least:
            return 0.0
        for i in range(x.size):
            product[i] = diagonal[i] * d[i]
        for row in range(pointer.size - 1):
            s = 0.0
            for e in range(pointer[row], pointer[row + 1]):
                s += entry[e] * d[column[e]]
            for e in range(pointer[row], pointer[row + 1]):
                product[column[e]] -= entry[e] * s
        curvature = 0.0
        for i in range(x.size):
            if not free[i]:
                product[i] = 0.0
            curvature += d[i] * product[i]
        if not curvature > 0.0:
            return 0.0
        step = rz / curvature
        after = 0.0
        for i in range(x.size):
            x[i] += step * d[i]
            r[i] -= step * product[i]
            after += r[i] * r[i] * inverse[i]
        for i in range(x.size):
            d[i] = r[i] * inverse[i] + after / rz * d[i]
        rz = after
    return rz
