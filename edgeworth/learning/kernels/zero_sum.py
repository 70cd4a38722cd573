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
    2. A pure saddle point, where max_a min_b = min_b max_a: the first row that reaches it.
    3. The opponent's linear program with payoffs M shifted and scaled to [1, 2]: maximise sum_b y_b subject to M y <= 1,
       y >= 0 (Dantzig 1951). It starts feasible at y = 0 with the slacks as basis. The table is kept at the end of the memory:
       n rows of constraints and one of reduced costs; columns of y, of the slacks, right-hand side.
    4. Pivots by Dantzig's rule: the column of the most negative reduced cost enters, the row of the least ratio leaves, of
       several the one with the largest pivot, which keeps rounding errors small (small pivots make them grow until no row is
       left to leave). After 10 (n + o) pivots Bland's rule (Math. Oper. Res. 2, 1977), the first column and on ties the lowest
       basis index, which does not cycle in exact arithmetic. Should rounding make it cycle, the pivots end at 100 (n + o).
    5. The policy is the vector of duals, scaled to sum 1. Should rounding have left it with less than the best single row
       guarantees, that row is the policy.
    6. The value returned is the one that the policy guarantees, recomputed from Q.
    """
    low, high = memory[quality], memory[quality]
    for k in range(n * o):
        low, high = min(low, memory[quality + k]), max(high, memory[quality + k])
    unit = 1.0 if 0.5 * high - 0.5 * low < 8e307 else 0.5  # so that the difference of any two payoffs is a float
    span = unit * high - unit * low
    if span <= 0.0:
        for a in range(n):
            memory[policy + a] = 1.0 / n
        return float(low)
    row, pure = _saddle(memory, quality, n, o)
    if row >= 0:
        for a in range(n):
            memory[policy + a] = 1.0 if a == row else 0.0
        return pure
    row = -1 - row
    width = n + o + 1
    table = memory.size - scratch(n, o)
    costs, basis = table + n * width, table + (n + 1) * width
    for k in range((n + 1) * width):
        memory[table + k] = 0.0
    for a in range(n):
        line = table + a * width
        for b in range(o):
            memory[line + b] = (unit * memory[quality + a * o + b] - unit * low) / span + 1.0
        memory[line + o + a] = 1.0
        memory[line + width - 1] = 1.0
        memory[basis + a] = o + a
    for b in range(o):
        memory[costs + b] = -1.0
    for count in range(100 * (n + o)):
        bland = count >= 10 * (n + o)
        enter, most = -1, -_EPS
        for b in range(width - 1):
            if memory[costs + b] < most:
                enter, most = b, memory[costs + b]
                if bland:
                    break
        if enter < 0:
            break
        leave, least = -1, math.inf
        for a in range(n):
            pivot = memory[table + a * width + enter]
            if pivot > _EPS:
                ratio = memory[table + a * width + width - 1] / pivot
                better = leave < 0
                if not better and ratio <= least + _EPS:
                    better = ratio < least - _EPS
                    if not better and bland:
                        better = memory[basis + a] < memory[basis + leave]
                    elif not better:
                        better = pivot > memory[table + leave * width + enter]
                if better:
                    leave = a
                least = min(least, ratio)
        if leave < 0:
            break  # by rounding alone: M > 0 bounds y
        _pivot(memory, table, n + 1, width, leave, enter)
        memory[basis + leave] = enter
    total = 0.0
    for a in range(n):
        memory[policy + a] = max(memory[costs + o + a], 0.0)
        total += memory[policy + a]
    worst = -math.inf
    if total > 0.0:
        worst = math.inf
        for a in range(n):
            memory[policy + a] /= total
        for b in range(o):
            mean = 0.0
            for a in range(n):
                mean += memory[policy + a] * memory[quality + a * o + b]
            worst = min(worst, mean)
    if worst < pure:
        for a in range(n):
            memory[policy + a] = 1.0 if a == row else 0.0
        return pure
    return float(worst)


def _saddle(memory: Floats, quality: int, n: int, o: int) -> tuple[int, float]:
    """Return the first row a of the largest min over b, and that minimum; -1 - a in its place where it is no saddle point."""
    row, lower, upper = 0, -math.inf, math.inf
    for a in range(n):
        worst = math.inf
        for b in range(o):
            worst = min(worst, memory[quality + a * o + b])
        if worst > lower:
            row, lower = a, worst
    for b in range(o):
        best = -math.inf
        for a in range(n):
            best = max(best, memory[quality + a * o + b])
        upper = min(upper, best)
    return (row, float(lower)) if lower >= upper else (-1 - row, float(lower))


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
