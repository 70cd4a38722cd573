"""Matrix games solved exactly by the simplex method: small and dense, as minimax-Q needs them after every step."""

import numpy as np

from edgeworth.core.jit import jit, leaf

_EPS = 1e-11


@jit
def matrix_game(memory, quality, n, o, policy):
    """max over pi of min over b of sum_a pi(a) Q(a, b), for the n x o matrix at memory[quality :]; pi goes to memory[policy :].

    The opponent's linear program with payoffs M shifted to at least 1: maximise sum_b y_b subject to M y <= 1, y >= 0. It
    starts feasible at y = 0; pi is the vector of its duals, scaled. Bland's rule does not cycle in exact arithmetic; should
    rounding make it, the pivots end at 100 (n + o). Returns the value that the policy guarantees, recomputed from Q.
    """
    low, high = memory[quality], memory[quality]
    for k in range(n * o):
        low, high = min(low, memory[quality + k]), max(high, memory[quality + k])
    span = high - low
    if span <= 0.0:  # all payoffs equal: every policy is optimal
        for a in range(n):
            memory[policy + a] = 1.0 / n
        return low
    width = n + o + 1  # columns of y, of the slacks, right-hand side
    table = np.zeros((n + 1, width))
    basis = np.empty(n, dtype=np.int64)
    for a in range(n):
        for b in range(o):
            table[a, b] = (memory[quality + a * o + b] - low) / span + 1.0
        table[a, o + a] = 1.0
        table[a, width - 1] = 1.0
        basis[a] = o + a
    for b in range(o):
        table[n, b] = -1.0
    for _ in range(100 * (n + o)):
        enter = -1
        for b in range(width - 1):
            if table[n, b] < -_EPS:
                enter = b
                break
        if enter < 0:
            break
        leave, least = -1, np.inf
        for a in range(n):
            if table[a, enter] > _EPS:
                ratio = table[a, width - 1] / table[a, enter]
                if ratio < least - _EPS or (ratio <= least + _EPS and (leave < 0 or basis[a] < basis[leave])):
                    leave, least = a, min(least, ratio)
        if leave < 0:
            break  # cannot be: M > 0 bounds y
        _pivot(table, leave, enter)
        basis[leave] = enter
    total = 0.0
    for a in range(n):
        memory[policy + a] = max(table[n, o + a], 0.0)
        total += memory[policy + a]
    for a in range(n):
        memory[policy + a] /= total
    worst = np.inf
    for b in range(o):
        mean = 0.0
        for a in range(n):
            mean += memory[policy + a] * memory[quality + a * o + b]
        worst = min(worst, mean)
    return worst


@leaf
def _pivot(table, row, column):
    rows, width = table.shape
    scale = table[row, column]
    for k in range(width):
        table[row, k] /= scale
    for a in range(rows):
        if a != row and table[a, column] != 0.0:
            factor = table[a, column]
            for k in range(width):
                table[a, k] -= factor * table[row, k]
