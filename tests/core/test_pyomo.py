"""Pyomo models on the library's way to HiGHS: every kind of row, bound and domain means what Pyomo means by it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyomo.environ as pyo
import pytest

from edgeworth import Observer, Stop, Termination
from edgeworth.core.observer import Progress
from edgeworth.core.pyomo import PyomoAnswer, solve_model
from edgeworth.core.run import Run


def solved(model: Any, observer: Observer | None = None, report: Any = None, **rules: Any) -> PyomoAnswer:
    run: Run[Any] = Run(sense="max", stop=Stop(**rules), rng=np.random.default_rng(0), observer=observer or Observer())
    return solve_model(model, run, report=report)


def model_of(sense: Any, scale: float = 1.0) -> Any:
    """x in [-3, 4] integer, y >= 0, z binary: ranged, equal, upper and lower rows, a constant in the objective."""
    model = pyo.ConcreteModel()
    model.x = pyo.Var(bounds=(-3, 4), domain=pyo.Integers)
    model.y = pyo.Var(bounds=(0, None))
    model.z = pyo.Var(domain=pyo.Binary)
    model.ranged = pyo.Constraint(expr=(-1.5, model.x + model.y, 5.5))
    model.equal = pyo.Constraint(expr=model.y == 2 * model.z + 0.25)
    model.below = pyo.Constraint(expr=model.x >= -2)
    model.total = pyo.Objective(expr=scale * (7 + 3 * model.x - model.y + 4 * model.z), sense=sense)
    return model


@pytest.mark.parametrize("scale", [1e-12, 1.0, 1e12])
@pytest.mark.parametrize(("sense", "best"), [(pyo.maximize, (4, 0.25, 0, 18.75)), (pyo.minimize, (-1, 0.25, 0, 3.75))])
def test_rows_bounds_and_domains(sense: Any, best: tuple[float, ...], scale: float) -> None:
    model = model_of(sense, scale)
    answer = solved(model)
    expected = max if sense == pyo.maximize else min
    options = [
        (x, 2 * z + 0.25, z, 7 + 3 * x - (2 * z + 0.25) + 4 * z)
        for x in range(-2, 5)
        for z in (0, 1)
        if -1.5 <= x + 2 * z + 0.25 <= 5.5
    ]
    optimum = expected(option[3] for option in options)
    assert answer.termination is Termination.PROVED
    assert answer.loaded
    assert pyo.value(model.total) == pytest.approx(optimum * scale, rel=1e-9)
    assert answer.bound == pytest.approx(optimum * scale, rel=1e-9)
    assert float(model.x.value).is_integer()
    assert model.z.value in (0.0, 1.0)


def test_infeasible_and_out_of_time() -> None:
    model = model_of(pyo.maximize)
    model.never = pyo.Constraint(expr=model.x >= 4.5)
    assert solved(model) == PyomoAnswer(Termination.PROVED, False, None, True, ())
    answer = solved(model_of(pyo.maximize), seconds=0.0)
    assert answer.termination is Termination.TIME
    assert not answer.infeasible


def test_a_run_is_told_in_the_model_s_terms() -> None:
    told: list[float] = []

    class Listens(Observer):
        def on_progress(self, progress: Progress) -> None:
            told.extend(number for number in (progress.value, progress.bound) if number is not None)

    model = pyo.ConcreteModel()
    rng = np.random.default_rng(0)
    worth, weight = rng.uniform(1, 2, 60), rng.uniform(1, 2, (5, 60))
    model.x = pyo.Var(range(60), domain=pyo.Binary)
    model.room = pyo.Constraint(range(5), rule=lambda m, i: sum(weight[i, k] * m.x[k] for k in range(60)) <= 30)
    model.total = pyo.Objective(expr=100 + sum(worth[k] * model.x[k] for k in range(60)), sense=pyo.maximize)
    answer = solved(model, Listens(), lambda number: number, seconds=0.5)
    assert answer.loaded
    assert told
    assert min(told) >= 100.0


def test_two_objectives_are_refused() -> None:
    model = model_of(pyo.maximize)
    model.second = pyo.Objective(expr=model.x)
    with pytest.raises(ValueError, match="unpack"):
        solved(model)
