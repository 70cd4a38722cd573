"""HiGHS on arrays: one call for linear and mixed-integer programs, obeying a run's stop rules, observer and Ctrl-C.

Every path of the library to HiGHS, Pyomo models included, goes through this module: one factory that keeps the solver silent,
one rule for its threads, one scaling. What comes back is the solver's word. Callers re-check it with their own model.
"""

from __future__ import annotations

import atexit
import logging
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import highspy
import numpy as np
from numpy.typing import NDArray

from edgeworth.core import validation
from edgeworth.core.arrays import Array
from edgeworth.core.aside import aside, settle
from edgeworth.core.result import S, Termination
from edgeworth.core.run import Interruption, Run

if TYPE_CHECKING:
    from highspy.highs import HighsCallbackEvent

logger = logging.getLogger(__name__)
Floats = NDArray[np.float64]

_TICK_SECONDS = 0.02  # between two reports from HiGHS's callbacks, which come far more often
_TOLERANCE = 1e-9  # of primal and dual feasibility and of integrality; HiGHS's smallest is 1e-10
_MISSED = 1e-6  # of the terms' size: an objective that differs by more from its columns' is that of others
_NOTHING = 1e100  # HiGHS's word for "no bound yet" is beyond


@dataclass(frozen=True)
class ColumnModel:
    """minimise cost x subject to row_lower <= A x <= row_upper, lower <= x <= upper; A by columns (CSC).

    cost, upper float64 [columns]; row_lower, row_upper float64 [rows]; starts int [columns + 1], rows int [entries],
    entries float64 [entries]; integer: whether all columns are integer, or bool [columns]; lower float64 [columns], None: 0.
    """

    cost: Floats
    upper: Floats
    row_lower: Floats
    row_upper: Floats
    starts: Array
    rows: Array
    entries: Floats
    integer: bool | NDArray[np.bool_]
    lower: Floats | None = None

    @property
    def mixed(self) -> bool:
        """Whether any column is integer."""
        return bool(np.any(self.integer))


@dataclass(frozen=True)
class Answer:
    """What HiGHS says: column values and row duals (None: none), a lower bound on the minimum, and why it ended.

    `infeasible` is its claim that nothing is feasible. `iterations` counts simplex iterations.
    """

    x: Floats | None
    row_dual: Floats | None
    bound: float
    termination: Termination
    infeasible: bool
    nodes: int
    iterations: int
    status: str


class Exchange:
    """What a solver has to do with a search beside it: all methods are called in the solver's thread, and do nothing here."""

    def pause(self) -> None:
        """Called at every look; the solver waits until it returns."""

    def found(self, x: Floats) -> None:
        """A better point of the solver's."""

    def offered(self) -> Floats | None:
        """A better point for the solver, which it checks; None: nothing new."""
        return None


def minimise(
    model: ColumnModel,
    run: Run[S],
    *,
    start: Floats | None = None,
    report: Callable[[float], float] | None = None,
    nodes: int | None = None,
    exchange: Exchange | None = None,
) -> Answer:
    """Solve to gap 0 (relative and absolute), tolerances 1e-9, `run.threads` threads.

    start: a feasible point offered to the mixed-integer solver. report: turns an objective of the model into the value that
    `run.tick` receives; None: it receives nothing and only says whether to go on. nodes: at most so many of the
    branch-and-bound tree; a solver that stops there ends with ITERATIONS. exchange: of a mixed-integer solver in a thread of
    its own, which may be left at any time (`aside.leave`).
    """
    solver = silent_solver()
    for option in ("primal_feasibility_tolerance", "dual_feasibility_tolerance", "mip_feasibility_tolerance"):
        solver.setOptionValue(option, _TOLERANCE)
    solver.setOptionValue("mip_rel_gap", 0.0)
    solver.setOptionValue("mip_abs_gap", 0.0)
    if math.isfinite(run.remaining):
        solver.setOptionValue("time_limit", max(run.remaining, 0.0))
    if nodes is not None:
        solver.setOptionValue("mip_max_nodes", nodes)
    try:
        with run.breakable():
            scale = _scaling(model)
    except Interruption:
        return Answer(None, None, -math.inf, Termination.INTERRUPTED, False, 0, 0, "not begun")
    watch = _Watch(run, report, scale, exchange)
    for event in (solver.cbMipInterrupt, solver.cbSimplexInterrupt, solver.cbIpmInterrupt):
        event.subscribe(watch)
    if model.mixed:
        solver.cbMipImprovingSolution.subscribe(watch.keep)
    if exchange is not None:
        solver.cbMipUserSolution.subscribe(watch.offer)
        _LEFT.append(solver)

    def work() -> None:
        use_threads(solver, run.threads)  # in the thread that solves: the pool is its own
        _pass(solver, model, scale)
        if start is not None:
            index = np.flatnonzero(start).astype(np.int32)
            solver.setSolution(len(index), index, start[index] / scale.column[index])
        solver.solve()

    try:
        aside(run, work, watch.look)
    except Interruption:  # in its presolve it asks nobody, and may take minutes
        _LEFT.append(solver)
        return watch.left(scale)
    finally:
        watch.ended = watch.ended or Termination.INTERRUPTED  # what is left must end at its next look
        if exchange is not None:
            _LEFT.remove(solver)
    if watch.error is not None:
        raise watch.error
    if start is not None and _stale(solver, model, scale):
        return minimise(model, run, report=report, nodes=nodes, exchange=exchange)
    return _answer(solver, model, watch, scale)


def _stale(solver: highspy.Highs, model: ColumnModel, scale: _Scaling) -> bool:
    """Are the columns those of another point than the objective's?

    HiGHS 1.16 returns the start's columns with the optimum's objective where its presolve ends the search: it is asked again,
    without the start.
    """
    info = solver.getInfo()
    x = np.array(solver.getSolution().col_value)
    if info.primal_solution_status != highspy.SolutionStatus.kSolutionStatusFeasible or len(x) != len(model.cost):
        return False
    terms = model.cost * scale.column * scale.cost * x
    return abs(math.fsum(terms.tolist()) - info.objective_function_value) > _MISSED * max(1.0, float(np.abs(terms).sum()))


_LEFT: list[highspy.Highs] = []
_PATIENCE = 5.0
"""Seconds that a process waits at its end for solvers that were left: their own threads would abort it."""


@atexit.register
def _silence() -> None:
    """Solvers that were left end at their next look; those that do not look must not call back while the interpreter ends."""
    settle(_PATIENCE)
    for solver in _LEFT:
        looks = solver.cbMipInterrupt, solver.cbSimplexInterrupt, solver.cbIpmInterrupt
        for event in (*looks, solver.cbMipImprovingSolution, solver.cbMipUserSolution):
            event.clear()  # type: ignore[no-untyped-call]


class _Silent(highspy.Highs):
    """HiGHS prints a banner from its constructor, when the callbacks are set up: stdout is for answers only."""

    def enableCallbacks(self) -> None:
        self.setOptionValue("output_flag", False)
        super().enableCallbacks()  # type: ignore[no-untyped-call]


def silent_solver() -> highspy.Highs:
    """A new HiGHS object that prints nothing, not even while it is made."""
    solver = _Silent()  # type: ignore[no-untyped-call]
    solver.setOptionValue("output_flag", False)  # for versions whose constructor sets up no callbacks
    return solver


class _Watch:
    """The callback: it takes down where the solver stands and tells it to end. The run is asked by `look`, in its own thread
    where it has one; an exception never travels through C++.
    """

    def __init__(
        self, run: Run[S], report: Callable[[float], float] | None, scale: _Scaling, exchange: Exchange | None
    ) -> None:
        self.run, self.report, self.scale, self.exchange = run, report, scale, exchange
        self.ended: Termination | None = None
        self.error: BaseException | None = None
        self._standing: tuple[int, float, float] = (0, math.inf, -math.inf)
        self._point: Floats | None = None
        self._next = 0.0

    def __call__(self, event: HighsCallbackEvent) -> None:
        """Called by the solver, often."""
        if self.exchange is not None:
            self.exchange.pause()
        now = time.perf_counter()
        if now >= self._next or self.ended is not None:
            self._next = now + _TICK_SECONDS
            if self.report is not None:
                out = event.data_out
                self._standing = (int(out.mip_node_count), float(out.mip_primal_bound), float(out.mip_dual_bound))
            if not self.run.listening:
                self.look()
        if self.ended is not None or self.error is not None:
            event.interrupt()

    def keep(self, event: HighsCallbackEvent) -> None:
        """Called by the solver with every better point."""
        self._point = np.array(event.data_out.mip_solution)
        if self.exchange is not None:
            try:
                self.exchange.found(self._point * self.scale.column)
            except BaseException as error:
                self.error = error

    def offer(self, event: HighsCallbackEvent) -> None:
        """Called by the solver where it would take a point."""
        try:
            point = None if self.exchange is None else self.exchange.offered()
        except BaseException as error:
            self.error = error
            return
        if point is not None and event.data_in is not None:
            event.data_in.setSolution(point / self.scale.column)

    def look(self) -> None:
        """Tell the run where the solver stands, and take down whether it is to go on."""
        if self.ended is not None or self.error is not None:
            return
        try:
            nodes, primal, dual = self._standing
            self.ended = self.run.tick(nodes, self._number(primal), self._number(dual))
        except BaseException as error:  # raised again by `minimise`, on Python's side of the call
            self.error = error

    def left(self, scale: _Scaling) -> Answer:
        """What is known of a solver that was left."""
        nodes, _, dual = self._standing
        known = math.isfinite(dual) and abs(dual) <= _NOTHING
        return Answer(
            x=None if self._point is None else self._point * scale.column,
            row_dual=None,
            bound=dual / scale.cost if known else -math.inf,
            termination=Termination.INTERRUPTED,
            infeasible=False,
            nodes=max(0, nodes),
            iterations=0,
            status="left",
        )

    def _number(self, number: float) -> float | None:
        if self.report is None or not math.isfinite(number) or abs(number) > _NOTHING:
            return None
        return self.report(number / self.scale.cost)


def use_threads(solver: highspy.Highs, threads: int) -> None:
    """Ask for so many threads, whatever ran before in this Python thread.

    HiGHS keeps a pool of threads for each thread that calls it, and refuses another number than the pool was made for.
    The pool is therefore taken down first; that costs less than a microsecond, and no record of ours could know what other
    users of HiGHS in this process did to it.
    """
    highspy.Highs.resetGlobalScheduler(True)
    solver.setOptionValue("threads", threads)


class _Scaling(NamedTuple):
    """Factors, all powers of two, so that scaling is exact: HiGHS sees cost * cost_j * column_j, row_i * a_ij * column_j, and
    x_j / column_j."""

    cost: float
    row: Floats
    column: Floats


def _scaling(model: ColumnModel) -> _Scaling:
    """What brings numbers of extreme magnitude near 1, where HiGHS's absolute tolerances of 1e-9 mean something.

    Integer columns keep their unit. In a model with both kinds the rows are therefore scaled by their entries in integer
    columns, then the continuous columns by their entries in the rows so scaled, then the costs.
    """
    rows, columns = np.asarray(model.rows, dtype=np.int64), np.repeat(np.arange(len(model.cost)), np.diff(model.starts))
    if len(rows) and not 0 <= rows.min() <= rows.max() < len(model.row_upper):
        validation.reject("rows", f"must lie between 0 and {len(model.row_upper) - 1}", model.rows)
    size = np.abs(model.entries)
    whole = np.broadcast_to(model.integer, len(model.cost))
    integer = whole[columns]
    largest, by_integers = np.zeros(len(model.row_upper)), np.zeros(len(model.row_upper))
    np.maximum.at(largest, rows, size)
    np.maximum.at(by_integers, rows[integer], size[integer])
    row = _powers(np.where(by_integers > 0.0, by_integers, largest))
    column = np.ones(len(model.cost))
    if whole.any() and not whole.all():
        most = np.zeros(len(model.cost))
        np.maximum.at(most, columns, size * row[rows])
        column = np.where(whole, 1.0, _powers(most))
    return _Scaling(cost_scale(model.cost * column), row, column)


def cost_scale(costs: Floats) -> float:
    """The power of two by which costs of extreme magnitude come near 1; for LPs that are kept and grow."""
    return float(_powers(np.abs(costs).max(initial=0.0, keepdims=True).reshape(-1))[0])


def _powers(largest: Floats) -> Floats:
    """Powers of two that bring extreme magnitudes near 1, and leave those between 1e-3 and 1e6 as they are."""
    extreme = (largest > 0.0) & ((largest < 1e-3) | (largest > 1e6))
    exponent = np.zeros(len(largest))
    exponent[extreme] = -np.rint(np.log2(largest[extreme]))
    return np.ldexp(1.0, np.clip(exponent, -1000, 1000).astype(np.int64))


def _pass(solver: highspy.Highs, model: ColumnModel, scale: _Scaling) -> None:
    lp = highspy.HighsLp()
    lp.num_col_, lp.num_row_ = len(model.cost), len(model.row_upper)
    lp.col_cost_ = model.cost * scale.column * scale.cost
    lp.col_lower_ = np.zeros(len(model.cost)) if model.lower is None else model.lower / scale.column
    lp.col_upper_ = model.upper / scale.column
    lp.row_lower_, lp.row_upper_ = model.row_lower * scale.row, model.row_upper * scale.row
    lp.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    lp.a_matrix_.num_col_, lp.a_matrix_.num_row_ = lp.num_col_, lp.num_row_
    lp.a_matrix_.start_ = np.asarray(model.starts, dtype=np.int32)
    lp.a_matrix_.index_ = np.asarray(model.rows, dtype=np.int32)
    lp.a_matrix_.value_ = model.entries * scale.row[model.rows] * np.repeat(scale.column, np.diff(model.starts))
    if model.mixed:
        kinds = np.array([highspy.HighsVarType.kContinuous, highspy.HighsVarType.kInteger])
        lp.integrality_ = kinds[np.broadcast_to(model.integer, len(model.cost)).astype(np.int64)].tolist()
    if solver.passModel(lp) == highspy.HighsStatus.kError:
        raise RuntimeError("HiGHS refused the model")


def _answer(solver: highspy.Highs, model: ColumnModel, watch: _Watch, scale: _Scaling) -> Answer:
    status = solver.getModelStatus()
    info = solver.getInfo()
    word = highspy.HighsModelStatus
    solution = solver.getSolution()
    there = info.primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible
    dual_there = info.dual_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible
    x = np.array(solution.col_value) * scale.column if there else None
    row_dual = np.array(solution.row_dual) * (scale.row / scale.cost) if dual_there and not model.mixed else None
    proved = status in (word.kOptimal, word.kModelEmpty)
    infeasible = status == word.kInfeasible
    if status == word.kModelEmpty:  # no columns: HiGHS looks at nothing, not even at the rows
        infeasible = bool(np.any(model.row_lower > 0.0) or np.any(model.row_upper < 0.0))
        if not infeasible:
            x, row_dual = np.zeros(0), None if model.mixed else np.zeros(len(model.row_upper))
    if infeasible:
        x = row_dual = None
    if proved or infeasible:
        termination = Termination.PROVED
    elif status == word.kTimeLimit:
        termination = Termination.TIME
    elif watch.ended is not None:
        termination = watch.ended
    elif status == word.kSolutionLimit:
        termination = Termination.ITERATIONS
    else:
        termination = Termination.ERROR
        logger.warning("HiGHS ended with status %s", solver.modelStatusToString(status))
    if model.mixed:
        bound = float(info.mip_dual_bound)
    else:
        bound = float(info.objective_function_value) if proved else -math.inf
    return Answer(
        x=x,
        row_dual=row_dual,
        bound=bound / scale.cost if math.isfinite(bound) and not infeasible else -math.inf,
        termination=termination,
        infeasible=infeasible,
        nodes=max(0, int(info.mip_node_count)) if model.mixed else 0,
        iterations=max(0, int(info.simplex_iteration_count)),
        status=solver.modelStatusToString(status),
    )
