"""Matrix games solved exactly by the simplex method: small and dense, as minimax-Q needs them after every step."""

from __future__ import annotations

import math

from edgeworth.learning.kernels.rows import Floats

_EPS = 1e-11
"""Reduced costs, pivots and differences of ratios up to this count as 0: payoffs are scaled to [1, 2]."""


def scratch(n: int, o: int) -> int:
    """Return the number of entries at the end of the memory that `matrix_game` overwrites: a simplex table and its basis."""
    return (n + 1) * (n + o + 1) + n


def matrix_game(memory: Floats, quality: int, n: int, o: int, policy: int) -> float:
    """Return max over pi of min over b of sum_a pi(a) Q(a, b), Q the n x o matrix at memory[quality :]; pi: memory[policy :].

    1. Equal payoffs everywhere: every policy is optimal, the uniform one is taken.
    2. The opponent's linear program with payoffs M shifted and scaled to [1, 2]: maximise sum_b y_b subject to M y <= 1,
       y >= 0 (Dantzig 1951). It starts feasible at y = 0 with the slacks as basis. The table is kept at the end of the memory:
       n rows of constraints and one of reduced costs; columns of y, of the slacks, right-hand side.
    3. Pivots by Bland's rule (Math. Oper. Res. 2, 1977): the first column of negative reduced cost enters, the row of the
       least ratio leaves, the lowest basis index on ties. It does not cycle in exact arithmetic; should rounding make it
       cycle, the pivots end at 100 (n + o).
    4. The policy is the vector of duals, scaled to sum 1.
    5. The value returned is the one that the policy guarantees, recomputed from Q.
    """
    low, high = memory[quality], memory[quality]
    for k in range(n * o):
        low, high = min(low, memory[quality + k]), max(high, memory[quality + k])
    span = high - low
    if span <= 0.0:
        for a in range(n):
            memory[policy + a] = 1.0 / n
        return float(low)
    width = n + o + 1
    table = memory.size - scratch(n, o)
    costs, basis = table + n * width, table + (n + 1) * width
    for k in range((n + 1) * width):
        memory[table + k] = 0.0
    for a in range(n):
        row = table + a * width
        for b in range(o):
            memory[row + b] = (memory[quality + a * o + b] - low) / span + 1.0
        memory[row + o + a] = 1.0
        memory[row + width - 1] = 1.0
        memory[basis + a] = o + a
    for b in range(o):
        memory[costs + b] = -1.0
    for _ in range(100 * (n + o)):
        enter = -1
        for b in range(width - 1):
            if memory[costs + b] < -_EPS:
                enter = b
                break
        if enter < 0:
            break
        leave, least = -1, math.inf
        for a in range(n):
            row = table + a * width
            if memory[row + enter] > _EPS:
                ratio = memory[row + width - 1] / memory[row + enter]
                tied = ratio <= least + _EPS and (leave < 0 or memory[basis + a] < memory[basis + leave])
                if ratio < least - _EPS or tied:
                    leave, least = a, min(least, ratio)
        if leave < 0:
            break  # impossible: M > 0 bounds y
        _pivot(memory, table, n + 1, width, leave, enter)
        memory[basis + leave] = enter
    total = 0.0
    for a in range(n):
        memory[policy + a] = max(memory[costs + o + a], 0.0)
        total += memory[policy + a]
    for a in range(n):
        memory[policy + a] /= total
    worst = math.inf
    for b in range(o):
        mean = 0.0
        for a in range(n):
            mean += memory[policy + a] * memory[quality + a * o + b]
        worst = min(worst, mean)
    return float(worst)


def _pivot(memory: Floats, table: int, rows: int, width: int, row: int, column: int) -> None:
    """Make a column of the table a unit vector with its 1 in `row`."""
    chosen = table + row * width
    scale = memory[chosen + column]
    for k in range(width):
        memory[chosen + k] /= scale
    for a in range(rows):
        other = table + a * width
        if a != row and memory[other + column] != 0.0:
            factor = memory[other + column]
            for k in range(width):
                memory[other + k] -= factor * memory[chosen + k]
