"""Linear programs and complementary pivoting in exact arithmetic, for games whose numbers floats cannot tell apart.

Tableaus of integers with one common denominator (Edmonds 1967; Bareiss 1968): every entry is a minor of the scaled data, all
divisions are exact, and ties are broken lexicographically, so that degenerate problems end.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from math import lcm
from typing import NamedTuple

Row = Sequence[Fraction]
Ask = Callable[[int], bool]
"""Called with the number of pivots so far; True means: end now."""


class Optimum(NamedTuple):
    """x and the multipliers y of the rows, exact, and the number of pivots."""

    x: list[Fraction]
    y: list[Fraction]
    pivots: int


class Tableau:
    """Rows ``A x + s = b``, b >= 0, as integers over `det`; the slacks s are the first basis.

    A row is scaled by `factor`, which scales its slack and nothing else. columns: of x, then of s, then b.
    """

    def __init__(self, rows: Sequence[Row], right: Row) -> None:
        self.m, self.n = len(rows), len(rows[0])
        self.factor = [lcm(*(x.denominator for x in (*row, b))) for row, b in zip(rows, right, strict=True)]
        self.rows = [
            [int(x * f) for x in row] + [int(i == k) for k in range(self.m)] + [int(b * f)]
            for i, (row, b, f) in enumerate(zip(rows, right, self.factor, strict=True))
        ]
        self.basis = [self.n + i for i in range(self.m)]
        self.det = 1
        self.pivots = 0

    def leaving(self, column: int) -> int | None:
        """The row whose basic variable leaves when this column enters: the lexicographically least ratio; None: unbounded."""
        rows = [i for i in range(self.m) if self.rows[i][column] > 0]
        for j in (-1, *range(self.n, self.n + self.m)):
            if len(rows) < 2:
                break
            kept = [rows[0]]
            for i in rows[1:]:
                mine, best = self.rows[i], self.rows[kept[0]]
                order = mine[j] * best[column] - best[j] * mine[column]
                if order <= 0:
                    kept = [*kept, i] if order == 0 else [i]
            rows = kept
        return rows[0] if rows else None

    def pivot(self, row: int, column: int, *others: list[int]) -> None:
        """The column enters the basis in this row; `others` are rows that follow, such as an objective."""
        pivot_row = self.rows[row]
        pivot = pivot_row[column]
        for each in (*self.rows, *others):
            if each is not pivot_row:
                entry = each[column]
                each[:] = [(x * pivot - entry * y) // self.det for x, y in zip(each, pivot_row, strict=True)]
        self.det = pivot
        self.basis[row] = column
        self.pivots += 1

    def values(self) -> dict[int, Fraction]:
        """The basic variables by column."""
        return {column: Fraction(row[-1], self.det) for column, row in zip(self.basis, self.rows, strict=True)}


def maximise(cost: Row, rows: Sequence[Row], right: Row, ask: Ask) -> Optimum | None:
    """maximise cost x subject to rows x <= right, x >= 0, with right >= 0, by the simplex method; None when asked to end.

    Raises ArithmeticError where the objective is unbounded.
    """
    table = Tableau(rows, right)
    scale = lcm(*(c.denominator for c in cost))
    objective = [int(-c * scale) for c in cost] + [0] * (table.m + 1)
    while True:
        column = min(range(table.n + table.m), key=objective.__getitem__)
        if objective[column] >= 0:
            break
        row = table.leaving(column)
        if row is None:
            raise ArithmeticError("the linear program is unbounded")
        table.pivot(row, column, objective)
        if ask(table.pivots):
            return None
    found = table.values()
    x = [found.get(j, Fraction(0)) for j in range(table.n)]
    y = [Fraction(objective[table.n + i] * f, table.det * scale) for i, f in enumerate(table.factor)]
    return Optimum(x, y, table.pivots)


def lemke_howson(
    first: Sequence[Row], second: Sequence[Row], label: int, ask: Ask
) -> tuple[list[Fraction], list[Fraction], int] | None:
    """An equilibrium of the bimatrix game (first, second), the label dropped first, and the pivots; None when asked to end.

    Strategies carry labels 0..n-1 (of the first player) and n..n+m-1, which are columns of both tableaus.
    """
    n, m = len(first), len(first[0])
    lift = [1 - min(map(min, table)) for table in (first, second)]
    own = Tableau([[second[i][j] + lift[1] for i in range(n)] for j in range(m)], [Fraction(1)] * m)
    other = Tableau([[first[i][j] + lift[0] for j in range(m)] for i in range(n)], [Fraction(1)] * n)
    table, entering = (own if label < n else other), label
    while True:
        # columns of `own`: x_i at i, slacks at n + j: the labels. Of `other`: y_j at j, slacks at m + i: moved round by n.
        moved = 0 if table is own else n
        column = (entering - moved) % (n + m)
        row = table.leaving(column)
        if row is None:
            raise ArithmeticError("a ray in complementary pivoting")
        left = (table.basis[row] + moved) % (n + m)
        table.pivot(row, column)
        if left == label:
            break
        if ask(own.pivots + other.pivots):
            return None
        table, entering = (other if table is own else own), left
    mine, theirs = own.values(), other.values()
    x, y = [mine.get(i, Fraction(0)) for i in range(n)], [theirs.get(j, Fraction(0)) for j in range(m)]
    return [v / sum(x) for v in x], [v / sum(y) for v in y], own.pivots + other.pivots
