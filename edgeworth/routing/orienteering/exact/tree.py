"""A tree over listed routes that shows, leaf by leaf, that no plan made of them is worth more than a target."""

from __future__ import annotations

import math
from collections.abc import Callable

import highspy
import numpy as np
from numpy.typing import NDArray

from edgeworth.core import highs
from edgeworth.routing.orienteering.exact.master import Column
from edgeworth.routing.orienteering.exact.network import Flags, Floats, TypeNetwork

_TOLERANCE = 1e-9  # of primal and dual feasibility
_FRACTIONAL = 1e-6  # weights of routes below it count as 0
_LEAF = (-1, -1)


class Tree:
    """Branch and bound over the columns: pairs of customers in one route or not, customers visited or not.

    bases: the vehicle types; goal: what every leaf's bound must stay below; tick: called at every node, raises to end it.
    After `grow` the tree is in ``branches`` (pairs in preorder, (-1, -1) at leaves) and ``leaves`` (multipliers).
    """

    def __init__(
        self,
        bases: list[TypeNetwork],
        customers: int,
        columns: list[Column],
        goal: float,
        nodes: int,
        tick: Callable[[], None],
    ) -> None:
        self.branches: list[tuple[int, int]] = []
        self.leaves: list[Floats] = []
        self._n, self._kinds, self._goal, self._nodes, self._tick = customers, len(bases), goal, nodes, tick
        self._counts = np.array([base.count for base in bases], dtype=np.float64)
        best: dict[tuple[int, frozenset[int]], float] = {}
        for column in columns:
            key = (column.kind, frozenset(column.stops))
            if column.value > -bases[column.kind].error:  # others make no plan better, whatever rounding did
                best[key] = max(best.get(key, -math.inf), column.value)
        self._kind = np.array([kind for kind, _ in best], dtype=np.int64)
        self._worth = np.array(list(best.values()))
        self._visits = np.zeros((len(best), self._n + self._kinds), dtype=bool)
        for row, (kind, stops) in enumerate(best):
            self._visits[row, [*stops, self._n + kind]] = True
        self._paid = self._visits[:, : self._n].astype(np.float64)
        self._needed = np.zeros(self._n, dtype=bool)
        self._allowed = np.ones(len(best), dtype=bool)
        largest = float(np.abs(self._worth).max(initial=0.0))
        self._scale = 2.0 ** -round(math.log2(largest)) if largest > 0.0 else 1.0  # near 1, where tolerances mean something
        self._lp: highspy.Highs

    def grow(self) -> bool:
        """False where a plan of the columns reaches the goal, or the nodes do not suffice."""
        if not len(self._worth):
            self.branches, self.leaves = [_LEAF], [np.zeros(self._n)]
            return True
        self._build()
        return self._node()

    def _build(self) -> None:
        self._lp = highs.silent_solver()
        for option in ("primal_feasibility_tolerance", "dual_feasibility_tolerance"):
            self._lp.setOptionValue(option, _TOLERANCE)
        highs.use_threads(self._lp, 1)
        count, n = len(self._worth), self._n
        dear = 4.0 * float(np.abs(self._worth).max()) * (float(self._counts.sum()) + 1.0)
        rows = [np.append(np.flatnonzero(visits[:n]), n + kind) for visits, kind in zip(self._visits, self._kind, strict=True)]
        lp = highspy.HighsLp()
        lp.num_col_, lp.num_row_ = count + n, n + self._kinds
        # The last n columns stand in, at a price, for customers that must be visited and whom no column visits.
        lp.col_cost_ = np.append(-self._worth, np.full(n, dear)) * self._scale
        # No upper limit of 1 that the rows imply: it would take a part of the duals.
        lp.col_lower_, lp.col_upper_ = np.zeros(count + n), np.append(np.full(count, math.inf), np.zeros(n))
        lp.row_lower_ = np.full(n + self._kinds, -math.inf)
        lp.row_upper_ = np.append(np.ones(n), self._counts)
        lp.a_matrix_.format_ = highspy.MatrixFormat.kColwise
        lp.a_matrix_.num_col_, lp.a_matrix_.num_row_ = lp.num_col_, lp.num_row_
        lp.a_matrix_.start_ = np.cumsum([0, *map(len, rows), *[1] * n]).astype(np.int32)
        lp.a_matrix_.index_ = np.concatenate([*rows, np.arange(n)]).astype(np.int32)
        lp.a_matrix_.value_ = np.ones(len(lp.a_matrix_.index_))
        if self._lp.passModel(lp) == highspy.HighsStatus.kError:
            raise RuntimeError("HiGHS refused the model")

    def _node(self) -> bool:
        self._tick()
        if len(self.branches) >= self._nodes:
            return False
        self._lp.run()
        if self._lp.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            return False
        solution = self._lp.getSolution()
        prices = -np.array(solution.row_dual[: self._n]) / self._scale
        prices = np.where(self._needed, prices, np.maximum(prices, 0.0))
        if self._bound(prices) < self._goal:
            self.branches.append(_LEAF)
            self.leaves.append(prices)
            return True
        pair = self._pair(np.array(solution.col_value[: len(self._worth)]))
        if pair is None:
            return False
        self.branches.append(pair)
        i, j = pair
        one, other = self._visits[:, i], self._visits[:, j]
        apart = (one ^ other) if j < self._n else one & ~other
        needed = [k for k in {i, j} if k < self._n and not self._needed[k]]
        return self._under(apart, needed) and self._under(one & other, [])

    def _under(self, excluded: Flags, needed: list[int]) -> bool:
        """The part of the tree without these columns and with these customers."""
        rows = np.flatnonzero(excluded & self._allowed)
        self._set(rows, 0.0)
        self._need(needed, True)
        done = self._node()
        self._set(rows, math.inf)
        self._need(needed, False)
        return done

    def _set(self, rows: NDArray[np.int64], upper: float) -> None:
        self._allowed[rows] = upper > 0.0
        if len(rows):
            self._lp.changeColsBounds(len(rows), rows.astype(np.int32), np.zeros(len(rows)), np.full(len(rows), upper))

    def _need(self, customers: list[int], wanted: bool) -> None:
        for i in customers:
            self._needed[i] = wanted
            self._lp.changeRowBounds(i, 1.0 if wanted else -math.inf, 1.0)
            self._lp.changeColBounds(len(self._worth) + i, 0.0, 1.0 if wanted else 0.0)

    def _bound(self, prices: Floats) -> float:
        reduced = np.where(self._allowed, self._worth - self._paid @ prices, -math.inf)
        best = np.zeros(self._kinds)
        np.maximum.at(best, self._kind, reduced)
        return math.fsum([*prices.tolist(), *(self._counts * best).tolist()])

    def _pair(self, x: Floats) -> tuple[int, int] | None:
        """What the LP's solution is least sure of, by how much is on either side; None where it is a plan."""
        used = np.flatnonzero(x > _FRACTIONAL)
        both = (self._paid[used] * x[used, None]).T @ self._visits[used].astype(np.float64)
        unsure = np.minimum(both, 1.0 - both)
        np.fill_diagonal(unsure, 0.5 * np.diagonal(unsure))
        flat = int(np.argmax(unsure))
        i, j = divmod(flat, both.shape[1])
        return (i, j) if unsure[i, j] > _FRACTIONAL else None
