"""All vertices of a best-response polytope, in integers.

A polytope ``{x >= 0, A x <= 1}``, A integer and positive, is walked from dictionary to dictionary. Ties of the ratio test are
broken lexicographically, which stands for right-hand sides 1 + e, 1 + e^2, ... with a tiny e > 0: these make the polytope
simple, its graph is connected (Balinski 1961), and each vertex of the polytope given is the limit of one of its vertices. So
every vertex is met, and one of a degenerate polytope perhaps more than once. Entries are integers over a common denominator
(Edmonds 1967; Bareiss 1968), all divisions are exact.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

_KEPT = 1_000
"""Dictionaries kept on the way back; older ones are made again by the pivot that led on."""


class Dictionary(NamedTuple):
    """Rows over the nonbasic variables, the right-hand side last, as integers over `det`.

    basis: the variable of a row; cobasis: that of a column. Variables are x_j at j and the slack of row i at d + i.
    """

    rows: list[list[int]]
    basis: list[int]
    cobasis: list[int]
    det: int

    def leaving(self, column: int) -> int:
        """The row whose variable leaves when this column enters: the lexicographically least ratio."""
        rows, best = self.rows, -1
        tied: list[int] = []
        for i, row in enumerate(rows):
            entry = row[column]
            if entry > 0:
                order = -1 if best < 0 else row[-1] * rows[best][column] - rows[best][-1] * entry
                if order < 0:
                    best, tied = i, [i]
                elif order == 0:
                    tied.append(i)
        slack = len(self.cobasis)
        while len(tied) > 1:  # the columns of the slacks in turn, those of basic ones are unit vectors
            entries = self._column(slack)
            kept = [tied[0]]
            for i in tied[1:]:
                order = entries[i] * rows[kept[0]][column] - entries[kept[0]] * rows[i][column]
                if order <= 0:
                    kept = [*kept, i] if order == 0 else [i]
            tied, slack = kept, slack + 1
        return tied[0]

    def _column(self, variable: int) -> list[int]:
        if variable in self.cobasis:
            slot = self.cobasis.index(variable)
            return [row[slot] for row in self.rows]
        return [self.det if basic == variable else 0 for basic in self.basis]

    def pivoted(self, row: int, column: int) -> Dictionary:
        """The dictionary in which this row's variable and this column's have changed places."""
        old, det = self.rows[row], self.det
        pivot = old[column]
        rows = []
        for each in self.rows:
            if each is old:
                new = old.copy()
                new[column] = det
            else:
                entry = each[column]
                if entry:
                    new = [(x * pivot - entry * y) // det for x, y in zip(each, old, strict=True)]
                    new[column] = -entry
                elif pivot == det:
                    new = each
                else:
                    new = [x * pivot // det for x in each]
            rows.append(new)
        basis, cobasis = self.basis.copy(), self.cobasis.copy()
        basis[row], cobasis[column] = cobasis[column], basis[row]
        return Dictionary(rows, basis, cobasis, pivot)


def vertices(matrix: list[list[int]], ask: Callable[[int], bool]) -> tuple[dict[int, list[int]], bool]:
    """The vertices of ``{x >= 0, matrix x <= 1}``, all entries of the matrix being positive.

    ask: called with the number of steps so far, forward and back; True means: end now.

    Returns the coordinates of each vertex, up to a common positive factor, by the set of its tight constraints as bits (x_j = 0
    at j, row i at d + i), and whether they are all.
    """
    d = len(matrix[0])
    here = Dictionary([[*row, 1] for row in matrix], [d + i for i in range(len(matrix))], list(range(d)), 1)
    found: dict[int, list[int]] = {}
    met = {(1 << d) - 1}
    path: list[tuple[Dictionary | None, int, int]] = []  # dictionaries, each with the row and column that led on
    pivots, column = 0, 0
    while True:
        nonbasic = sum(1 << variable for variable in here.cobasis)
        if column == 0:
            tight, point = _vertex(here, nonbasic)
            found[tight] = point
        while column < d:
            row = here.leaving(column)
            other = nonbasic ^ (1 << here.cobasis[column]) ^ (1 << here.basis[row])
            if other not in met:
                break
            column += 1
        if column < d:
            met.add(other)
            path.append((here, row, column))
            if len(path) > _KEPT:
                path[-_KEPT - 1] = (None, *path[-_KEPT - 1][1:])
            here, column = here.pivoted(row, column), 0
        elif not path:
            return found, True
        else:
            before, row, column = path.pop()
            here, column = before or here.pivoted(row, column), column + 1
        pivots += 1
        if ask(pivots):
            return found, False


def _vertex(here: Dictionary, nonbasic: int) -> tuple[int, list[int]]:
    """The tight constraints of a dictionary's vertex as bits, and its coordinates times `det`."""
    tight, point = nonbasic, [0] * len(here.cobasis)
    for variable, row in zip(here.basis, here.rows, strict=True):
        if row[-1] == 0:
            tight |= 1 << variable
        elif variable < len(point):
            point[variable] = row[-1]
    return tight, point
