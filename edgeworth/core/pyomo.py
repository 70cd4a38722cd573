"""Solving a Pyomo model within a run, through Pyomo's interface to HiGHS."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

from edgeworth.core.result import Termination
from edgeworth.core.run import Run


class PyomoAnswer(NamedTuple):
    """termination: PROVED, TIME, or ERROR with a note of what HiGHS said. loaded: the model's variables hold an incumbent.
    bound: HiGHS's, in the model's terms. infeasible: HiGHS found that there is no solution."""

    termination: Termination
    loaded: bool = False
    bound: float | None = None
    infeasible: bool = False
    notes: tuple[str, ...] = ()


def solve_model(model: Any, run: Run[Any]) -> PyomoAnswer:
    """Solve with gap 0, feasibility tolerances 1e-9, the run's threads and what is left of its time.

    The run is told nothing before the end, so of the stop rules only the clock is obeyed.
    """
    from pyomo.contrib.solver.common.factory import SolverFactory
    from pyomo.contrib.solver.common.results import TerminationCondition

    limit = run.remaining if math.isfinite(run.remaining) else None
    if limit is not None and limit <= 0.0:
        return PyomoAnswer(Termination.TIME)
    tolerances = ("primal_feasibility_tolerance", "dual_feasibility_tolerance", "mip_feasibility_tolerance")
    outcome = SolverFactory("highs").solve(
        model,
        time_limit=limit,
        threads=run.threads,
        rel_gap=0.0,
        abs_gap=0.0,
        load_solutions=False,
        raise_exception_on_nonoptimal_result=False,
        solver_options=dict.fromkeys(tolerances, 1e-9),
    )
    condition = outcome.termination_condition
    infeasible = condition in (TerminationCondition.provenInfeasible, TerminationCondition.infeasibleOrUnbounded)
    termination, notes = Termination.TIME, tuple[str, ...]()
    if condition == TerminationCondition.convergenceCriteriaSatisfied:
        termination = Termination.PROVED
    elif condition != TerminationCondition.maxTimeLimit:
        termination, notes = Termination.ERROR, (f"HiGHS through Pyomo ended with {condition}",)
    loaded = outcome.incumbent_objective is not None
    if loaded:
        outcome.solution_loader.load_vars()
    bound = outcome.objective_bound
    return PyomoAnswer(termination, loaded, None if bound is None else float(bound), infeasible, notes)
