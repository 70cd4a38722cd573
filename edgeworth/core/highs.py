"""HiGHS on arrays: one call for linear and mixed-integer programs, obeying a run's stop rules, observer and Ctrl-C.

What comes back is the solver's word. Callers re-check it with their own model.
"""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import highspy
import numpy as np
from numpy.typing import NDArray

from edgeworth.core.result import Termination
from edgeworth.core.run import Run

logger = logging.getLogger(__name__)
Floats = NDArray[np.float64]

_TICK_SECONDS = 0.02
_TOLERANCE = 1e-9
_scheduler_threads: int | None = None


@dataclass(frozen=True)
class ColumnModel:
    """minimise cost x subject to row_lower <= A x <= row_upper, 0 <= x <= upper; A by columns (CSC).

    cost, upper float64 [columns]; row_lower, row_upper float64 [rows]; starts int [columns + 1], rows int [entries],
    entries float64 [entries]; integer: are all columns integer?
    """

    cost: Floats
    upper: Floats
    row_lower: Floats
    row_upper: Floats
    starts: NDArray[Any]
    rows: NDArray[Any]
    entries: Floats
    integer: bool


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


def minimise(
    model: ColumnModel,
    run: Run[Any],
    *,
    start: Floats | None = None,
    report: Callable[[float], float] | None = None,
    nodes: int | None = None,
) -> Answer:
    """Solve to gap 0 (relative and absolute), tolerances 1e-9, `run.threads` threads.

    start: a feasible point offered to the mixed-integer solver. report: turns an objective of the model into the value that
    `run.tick` is told; None: the run is told nothing but asked whether to go on. nodes: at most so many of the branch-and-bound
    tree; a solver that stops there ends with ITERATIONS.
    """
    make: Any = highspy.Highs
    solver = make()
    solver.setOptionValue("output_flag", False)
    for option in ("primal_feasibility_tolerance", "dual_feasibility_tolerance", "mip_feasibility_tolerance"):
        solver.setOptionValue(option, _TOLERANCE)
    solver.setOptionValue("mip_rel_gap", 0.0)
    solver.setOptionValue("mip_abs_gap", 0.0)
    if math.isfinite(run.remaining):
        solver.setOptionValue("time_limit", max(run.remaining, 0.0))
    if nodes is not None:
        solver.setOptionValue("mip_max_nodes", nodes)
    use_threads(solver, run.threads)
    scale = _cost_scale(model.cost)
    _pass(solver, model, scale)
    if start is not None:
        index = np.flatnonzero(start).astype(np.int32)
        solver.setSolution(len(index), index, start[index])
    watch = _Watch(run, report, scale)
    for event in (solver.cbMipInterrupt, solver.cbSimplexInterrupt, solver.cbIpmInterrupt):
        event.subscribe(watch)
    solver.solve()
    if watch.error is not None:
        raise watch.error
    return _answer(solver, model, watch, scale)


class _Watch:
    """The callback: throttled, and never lets an exception travel through C++."""

    def __init__(self, run: Run[Any], report: Callable[[float], float] | None, scale: float) -> None:
        self.run, self.report, self.scale = run, report, scale
        self.ended: Termination | None = None
        self.error: BaseException | None = None
        self._next = 0.0

    def __call__(self, event: Any) -> None:
        now = time.perf_counter()
        if now < self._next:
            return
        self._next = now + _TICK_SECONDS
        try:
            value = bound = None
            iterations = 0
            if self.report is not None:
                out = event.data_out
                iterations = int(out.mip_node_count)
                value, bound = (self._told(number) for number in (out.mip_primal_bound, out.mip_dual_bound))
            self.ended = self.run.tick(iterations, value, bound)
        except BaseException as error:  # raised again by `minimise`, on Python's side of the call
            self.error = error
        if self.ended is not None or self.error is not None:
            event.interrupt()

    def _told(self, number: float) -> float | None:
        if self.report is None or not math.isfinite(number) or abs(number) > 1e100:
            return None
        return self.report(number / self.scale)


def use_threads(solver: Any, threads: int) -> None:
    """HiGHS keeps one pool of threads per process, which must be taken down before its size can change."""
    global _scheduler_threads
    if _scheduler_threads != threads:
        highspy.Highs.resetGlobalScheduler(True)
        _scheduler_threads = threads
    solver.setOptionValue("threads", threads)


def _cost_scale(cost: Floats) -> float:
    """A power of two that brings costs of an extreme magnitude near 1, where HiGHS's absolute tolerances mean something."""
    largest = float(np.abs(cost).max()) if len(cost) else 0.0
    if largest == 0.0 or 1e-3 <= largest <= 1e6:
        return 1.0
    return 2.0 ** -round(math.log2(largest))


def _pass(solver: Any, model: ColumnModel, scale: float) -> None:
    lp: Any = highspy.HighsLp()
    lp.num_col_, lp.num_row_ = len(model.cost), len(model.row_upper)
    lp.col_cost_ = model.cost * scale
    lp.col_lower_ = np.zeros(len(model.cost))
    lp.col_upper_ = model.upper
    lp.row_lower_, lp.row_upper_ = model.row_lower, model.row_upper
    lp.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    lp.a_matrix_.num_col_, lp.a_matrix_.num_row_ = lp.num_col_, lp.num_row_
    lp.a_matrix_.start_ = np.asarray(model.starts, dtype=np.int32)
    lp.a_matrix_.index_ = np.asarray(model.rows, dtype=np.int32)
    lp.a_matrix_.value_ = model.entries
    if model.integer:
        lp.integrality_ = np.full(len(model.cost), highspy.HighsVarType.kInteger)
    if solver.passModel(lp) == highspy.HighsStatus.kError:
        raise RuntimeError("HiGHS refused the model")


def _answer(solver: Any, model: ColumnModel, watch: _Watch, scale: float) -> Answer:
    status = solver.getModelStatus()
    info = solver.getInfo()
    word = highspy.HighsModelStatus
    solution = solver.getSolution()
    there = info.primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible
    dual_there = info.dual_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible
    x = np.array(solution.col_value) if there else None
    row_dual = np.array(solution.row_dual) * (1.0 / scale) if dual_there and not model.integer else None
    proved = status in (word.kOptimal, word.kModelEmpty)
    infeasible = status == word.kInfeasible
    if status == word.kModelEmpty:  # no columns: HiGHS looks at nothing, not even at the rows
        infeasible = bool(np.any(model.row_lower > 0.0) or np.any(model.row_upper < 0.0))
        if not infeasible:
            x, row_dual = np.zeros(0), None if model.integer else np.zeros(len(model.row_upper))
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
    if model.integer:
        bound = float(info.mip_dual_bound)
    else:
        bound = float(info.objective_function_value) if proved else -math.inf
    return Answer(
        x=x,
        row_dual=row_dual,
        bound=bound / scale if math.isfinite(bound) and not infeasible else -math.inf,
        termination=termination,
        infeasible=infeasible,
        nodes=max(0, int(info.mip_node_count)) if model.integer else 0,
        iterations=max(0, int(info.simplex_iteration_count)),
        status=solver.modelStatusToString(status),
    )
