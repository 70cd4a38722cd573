"""Solving a Pyomo model within a run: its matrix is taken from Pyomo and goes the library's one way to HiGHS."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from edgeworth.core.highs import ColumnModel, minimise
from edgeworth.core.result import S, Termination
from edgeworth.core.run import Run


class PyomoAnswer(NamedTuple):
    """termination: as in `edgeworth.core.highs.Answer`. loaded: the model's variables hold an incumbent. bound: HiGHS's, in
    the model's terms. infeasible: HiGHS says that there is no solution."""

    termination: Termination
    loaded: bool = False
    bound: float | None = None
    infeasible: bool = False
    notes: tuple[str, ...] = ()


def solve_model(model: Any, run: Run[S], *, report: Callable[[float], float] | None = None) -> PyomoAnswer:
    """Solve a linear or mixed-integer Pyomo model with one active objective, and load the incumbent into its variables.

    Parameters
    ----------
    model : pyomo ConcreteModel
        Bounds, domains and ranged rows as Pyomo has them. Integer variables of the incumbent are set to whole numbers.
    run : Run
        Its clock, observer, threads and Ctrl-C are obeyed.
    report : callable, optional
        Turns an objective of the model into the value that is reported to the run; None: nothing is reported.

    Returns
    -------
    PyomoAnswer
        HiGHS's word, at gap 0 and feasibility tolerances of 1e-9 after scaling: callers re-check the incumbent.
    """
    from pyomo.common.enums import ObjectiveSense
    from pyomo.repn.plugins.standard_form import LinearStandardFormCompiler

    with run.breakable():
        form = LinearStandardFormCompiler().write(model, mixed_form=True)
    (objective,) = form.objectives
    sign = 1.0 if objective.sense == ObjectiveSense.minimize else -1.0  # the form minimises
    constant = float(form.c_offset[0])
    lower, upper, integer = _domains(form.columns)
    row_lower, row_upper = _sides(form)
    columns = ColumnModel(
        cost=np.asarray(form.c.toarray(), dtype=np.float64).reshape(-1),
        upper=upper,
        row_lower=row_lower,
        row_upper=row_upper,
        starts=form.A.indptr,
        rows=form.A.indices,
        entries=np.asarray(form.A.data, dtype=np.float64),
        integer=integer,
        lower=lower,
    )
    reported = None if report is None else lambda cost: report(sign * (cost + constant))
    answer = minimise(columns, run, report=reported)
    if answer.x is not None:
        values = np.where(integer, np.rint(answer.x), answer.x).tolist()
        for variable, number in zip(form.columns, values, strict=True):
            variable.set_value(number, skip_validation=True)
    notes = (f"HiGHS ended with {answer.status}",) if answer.termination is Termination.ERROR else ()
    bound = sign * (answer.bound + constant) if math.isfinite(answer.bound) else None
    return PyomoAnswer(answer.termination, answer.x is not None, bound, answer.infeasible, notes)


def _domains(columns: Any) -> tuple[Any, Any, Any]:
    """Lower and upper bounds, and which columns are integer."""
    bounds = [variable.bounds for variable in columns]
    lower = np.array([-np.inf if low is None else low for low, _ in bounds], dtype=np.float64)
    upper = np.array([np.inf if high is None else high for _, high in bounds], dtype=np.float64)
    return lower, upper, np.array([variable.is_integer() for variable in columns], dtype=np.bool_)


def _sides(form: Any) -> tuple[Any, Any]:
    """Both sides of every row; the mixed form has a row for each side of a ranged constraint: 1 above, -1 below, 0 both."""
    kinds = np.array([row.bound_type for row in form.rows], dtype=np.int64)
    rhs = np.asarray(form.rhs, dtype=np.float64)
    return np.where(kinds == 1, -np.inf, rhs), np.where(kinds == -1, np.inf, rhs)
