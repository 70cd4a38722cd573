"""The restricted master problem of column generation: choose routes so that no customer is on two, as an LP and in integers."""

from __future__ import annotations

import math
from typing import NamedTuple

import highspy
import numpy as np
from numpy.typing import NDArray

from edgeworth.core import highs
from edgeworth.core.highs import Answer, ColumnModel
from edgeworth.core.result import Termination
from edgeworth.core.run import Run
from edgeworth.routing.orienteering.exact.network import Floats, TypeNetwork
from edgeworth.routing.orienteering.model import RoutePlan

_TOLERANCE = 1e-9  # of primal and dual feasibility


class Column(NamedTuple):
    """A route of a vehicle of one type. value: of its arcs, a customer on it twice pays twice; whole: a plan may hold it."""

    kind: int
    stops: tuple[int, ...]
    value: float
    whole: bool


class Prices(NamedTuple):
    """The LP's optimum and its duals: of the customers [n] and of the vehicle types [K], all >= 0; and the columns' values."""

    value: float
    customers: Floats
    kinds: Floats
    x: Floats


class Master:
    """maximise sum value_c x_c over columns, each customer at most once, at most as many routes of a type as vehicles.

    profits: of the problem, of any shape; they say by which power of two the LP's values are scaled.
    """

    def __init__(self, bases: list[TypeNetwork], customers: int, profits: Floats) -> None:
        self.columns: list[Column] = []
        self.allowed: list[bool] = []
        self._bases, self._n = bases, customers
        self._known: dict[tuple[int, tuple[int, ...]], int] = {}
        self._scale = highs.cost_scale(profits)
        self._lp = highs.silent_solver()
        for option in ("primal_feasibility_tolerance", "dual_feasibility_tolerance"):
            self._lp.setOptionValue(option, _TOLERANCE)
        self._lp.changeObjectiveSense(highspy.ObjSense.kMaximize)
        limits = [1.0] * self._n + [float(base.count) for base in bases]
        for limit in limits:
            self._lp.addRow(-highspy.kHighsInf, limit, 0, np.zeros(0, dtype=np.int32), np.zeros(0))
        self._flat: tuple[int, list[tuple[NDArray[np.int64], NDArray[np.int64], Floats]]] = (-1, [])

    def add(self, column: Column) -> bool:
        """False where it is there already."""
        key = (column.kind, column.stops)
        if key in self._known:
            return False
        self._known[key] = len(self.columns)
        self.columns.append(column)
        self.allowed.append(True)
        rows, often = np.unique(column.stops, return_counts=True)
        index = np.append(rows, self._n + column.kind).astype(np.int32)
        self._lp.addCol(
            column.value * self._scale, 0.0, highspy.kHighsInf, len(index), index, np.append(often, 1).astype(np.float64)
        )
        return True

    def forbid(self, index: int) -> None:
        """The column must not be used in the LP any more (its route breaks a set of neighbours that has grown)."""
        self.allowed[index] = False
        self._lp.changeColBounds(index, 0.0, 0.0)
        self._flat = (-1, [])

    def fix(self, index: int, chosen: bool) -> None:
        """Force the column into the LP's solution, or stop doing so."""
        self._lp.changeColBounds(index, 1.0 if chosen else 0.0, highspy.kHighsInf)

    def solve(self) -> Prices:
        """The LP's optimum and duals."""
        solved = (highspy.HighsModelStatus.kOptimal, highspy.HighsModelStatus.kModelEmpty)
        highs.use_threads(self._lp, 1)  # before every run: between two of them a search with more threads may have run
        self._lp.run()
        if self._lp.getModelStatus() not in solved:
            self._lp.clearSolver()  # once more, from no basis
            self._lp.run()
        if self._lp.getModelStatus() not in solved:
            raise RuntimeError(f"HiGHS ended with {self._lp.modelStatusToString(self._lp.getModelStatus())}")
        solution = self._lp.getSolution()
        dual = np.maximum(np.array(solution.row_dual, dtype=np.float64), 0.0) / self._scale
        if len(dual) < self._n + len(self._bases):
            dual = np.zeros(self._n + len(self._bases))
        value = float(self._lp.getInfo().objective_function_value) / self._scale if self.columns else 0.0
        return Prices(value, dual[: self._n], dual[self._n :], np.array(solution.col_value, dtype=np.float64))

    def known_best(self, prices: Floats) -> Floats:
        """The largest reduced value of an allowed column of every type, at least 0, float64 [K]."""
        if self._flat[0] != len(self.columns):
            self._flat = (len(self.columns), self._flattened())
        best = np.zeros(len(self._bases))
        for kind, (stops, starts, values) in enumerate(self._flat[1]):
            if len(values):
                best[kind] = max(0.0, float((values - np.add.reduceat(prices[stops], starts)).max()))
        return best

    def _flattened(self) -> list[tuple[NDArray[np.int64], NDArray[np.int64], Floats]]:
        found = []
        for kind in range(len(self._bases)):
            mine = [c for c, there in zip(self.columns, self.allowed, strict=True) if there and c.kind == kind]
            stops = np.array([i for c in mine for i in c.stops], dtype=np.int64)
            starts = np.cumsum([0, *(len(c.stops) for c in mine)], dtype=np.int64)[:-1]
            found.append((stops, starts, np.array([c.value for c in mine])))
        return found


class Choice(NamedTuple):
    """The columns that the integer master chose, None without any; its bound on what columns reach; whether that is proved."""

    chosen: list[Column] | None
    bound: float
    proved: bool


def choose(
    bases: list[TypeNetwork],
    columns: list[Column],
    run: Run[RoutePlan],
    *,
    start: list[Column] | None = None,
    target: float | None = None,
    nodes: int | None = None,
) -> Choice:
    """The integer master over these columns by HiGHS. target: only sums of at least this count; nodes: at most so many.

    Of columns over the same customers the best one of each type is offered.
    """
    best: dict[tuple[int, frozenset[int]], Column] = {}
    for column in columns:
        key = (column.kind, frozenset(column.stops))
        if column.whole and column.value > (best[key].value if key in best else 0.0):
            best[key] = column
    offered = list(best.values())
    if not offered:
        return Choice([] if target is None or target <= 0.0 else None, 0.0 if target is None else -math.inf, True)
    n = bases[0].customers
    extra = [] if target is None else [target]
    rows = [np.array([*c.stops, n + c.kind, *[n + len(bases)] * len(extra)], dtype=np.int32) for c in offered]
    entries = [np.append(np.ones(len(c.stops) + 1), [c.value] * len(extra)) for c in offered]
    limits = np.array([1.0] * n + [float(base.count) for base in bases] + [math.inf] * len(extra))
    model = ColumnModel(
        cost=-np.array([c.value for c in offered]),
        upper=np.ones(len(offered)),
        row_lower=np.array([-math.inf] * (n + len(bases)) + extra),
        row_upper=limits,
        starts=np.cumsum([0, *map(len, rows)]),
        rows=np.concatenate(rows),
        entries=np.concatenate(entries),
        integer=True,
    )
    begin = None
    if start is not None:
        taken = {(c.kind, frozenset(c.stops)) for c in start}
        begin = np.array([1.0 if key in taken else 0.0 for key in best])
        if begin.sum() < len(taken):
            begin = None
    answer: Answer = highs.minimise(model, run, start=begin, nodes=nodes)
    proved = answer.termination is Termination.PROVED
    chosen = None if answer.x is None else [c for c, x in zip(offered, answer.x, strict=True) if x > 0.5]
    bound = -math.inf if answer.infeasible else -answer.bound  # -answer.bound is infinite where HiGHS has none
    return Choice(chosen, bound, proved)
