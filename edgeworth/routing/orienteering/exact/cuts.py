"""The cutting planes of the Lagrangian dual of one vehicle, minimised within a box around the best multipliers."""

from __future__ import annotations

from typing import NamedTuple

import highspy
import numpy as np

from edgeworth.core import highs
from edgeworth.routing.orienteering.exact.master import Column
from edgeworth.routing.orienteering.exact.network import Floats

_TOLERANCE = 1e-9  # of primal and dual feasibility


class Model(NamedTuple):
    """The minimum of the model within the box, where it is attained [n], and the weight of every route there [columns]."""

    value: float
    prices: Floats
    weights: Floats


class Cuts:
    """minimise sum_i pi_i + s over pi, s >= 0 with s >= value of r - sum of pi_i over the visits of r, for the routes r so far.

    This is the dual of the restricted master; in a box (Marsten, Hogan and Blankenship, Oper. Res. 23, 1975) its minimum moves
    in small steps from the best multipliers known, where the master's jump about. scale: values are divided by it.
    """

    def __init__(self, customers: int, scale: float) -> None:
        self._n, self._scale = customers, scale
        self._live: list[bool] = []
        self._lp = highs.silent_solver()
        for option in ("primal_feasibility_tolerance", "dual_feasibility_tolerance"):
            self._lp.setOptionValue(option, _TOLERANCE)
        for column in range(customers + 1):
            self._lp.addVar(0.0, highspy.kHighsInf)
            self._lp.changeColCost(column, 1.0)

    def update(self, columns: list[Column], allowed: list[bool]) -> None:
        """The routes that have come since, and those that must not be used any more."""
        for row, there in enumerate(self._live):
            if there and not allowed[row]:
                self._live[row] = False
                self._lp.changeRowBounds(row, -highspy.kHighsInf, highspy.kHighsInf)
        for column, there in zip(columns[len(self._live) :], allowed[len(self._live) :], strict=True):
            customers, often = np.unique(np.array(column.stops, dtype=np.int64), return_counts=True)
            index = np.append(customers, self._n).astype(np.int32)
            least = column.value / self._scale if there else -highspy.kHighsInf
            self._lp.addRow(least, highspy.kHighsInf, len(index), index, np.append(often, 1).astype(np.float64))
            self._live.append(there)

    def solve(self, centre: Floats, radius: float) -> Model:
        """The model's minimum over multipliers that differ from the centre by at most the radius."""
        lower, upper = np.maximum(centre - radius, 0.0) / self._scale, (centre + radius) / self._scale
        self._lp.changeColsBounds(self._n, np.arange(self._n, dtype=np.int32), lower, upper)
        highs.use_threads(self._lp, 1)  # before every run: between two of them a search with more threads may have run
        self._lp.run()
        if self._lp.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            self._lp.clearSolver()  # once more, from no basis
            self._lp.run()
        if self._lp.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            raise RuntimeError(f"HiGHS ended with {self._lp.modelStatusToString(self._lp.getModelStatus())}")
        solution = self._lp.getSolution()
        value = float(self._lp.getInfo().objective_function_value) * self._scale
        prices = np.maximum(np.array(solution.col_value[: self._n], dtype=np.float64), 0.0) * self._scale
        return Model(value, prices, np.array(solution.row_dual, dtype=np.float64))
