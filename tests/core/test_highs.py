"""The HiGHS wrapper: small programs with known answers, extreme numbers, every way to end."""

from __future__ import annotations

import itertools
import math
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import highspy
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeworth import Observer, Stop, Termination
from edgeworth.core.highs import Answer, ColumnModel, minimise, silent_solver
from edgeworth.core.run import Run
from edgeworth.solvers import allocation
from edgeworth.solvers.allocation.bounds import column_model


def _model(cost: Any, matrix: Any, upper: Any, *, lower: Any = None, box: Any = None, integer: bool = True) -> ColumnModel:
    """minimise cost x, lower <= matrix x <= upper, 0 <= x <= box, from a dense matrix."""
    c = np.asarray(cost, dtype=np.float64)
    dense = np.asarray(matrix, dtype=np.float64).reshape(len(upper), len(c))
    columns = [np.flatnonzero(dense[:, k]) for k in range(len(c))]
    return ColumnModel(
        cost=c,
        upper=np.ones(len(c)) if box is None else np.asarray(box, dtype=np.float64),
        row_lower=np.full(len(upper), -np.inf) if lower is None else np.asarray(lower, dtype=np.float64),
        row_upper=np.asarray(upper, dtype=np.float64),
        starts=np.concatenate([[0], np.cumsum([len(rows) for rows in columns])]).astype(np.int64),
        rows=np.concatenate([*columns, np.zeros(0)]).astype(np.int64),
        entries=np.concatenate([dense[rows, k] for k, rows in enumerate(columns)] + [np.zeros(0)]),
        integer=integer,
    )


def _solve(model: ColumnModel, *, threads: int = 1, observer: Observer | None = None, **given: Any) -> Answer:
    rules = {name: given.pop(name) for name in ("seconds", "iterations", "target", "gap") if name in given}
    run: Run[Any] = Run(
        sense="min",
        stop=Stop(**rules),
        rng=np.random.default_rng(0),
        observer=observer or Observer(),
        threads=threads,
    )
    return minimise(model, run, **given)


KNAPSACK = _model([-5.0, -4.0, -3.0], [[2.0, 3.0, 1.0]], [5.0])


def test_a_knapsack() -> None:
    answer = _solve(KNAPSACK)
    assert answer.x is not None
    assert np.round(answer.x).tolist() == [1, 1, 0]
    assert answer.bound == pytest.approx(-9.0)
    assert answer.termination is Termination.PROVED
    assert not answer.infeasible


def test_its_relaxation_has_duals() -> None:
    answer = _solve(_model([-5.0, -4.0, -3.0], [[2.0, 3.0, 1.0]], [5.0], integer=False))
    assert answer.row_dual is not None
    assert answer.bound == pytest.approx(-5.0 - 3.0 - 4.0 * 2 / 3)
    assert answer.row_dual.tolist() == pytest.approx([-4.0 / 3.0])


@given(data=st.data())
def test_against_enumeration(data: st.DataObject) -> None:
    columns, rows = data.draw(st.integers(0, 5)), data.draw(st.integers(0, 3))
    number = st.integers(-5, 5)
    cost = data.draw(st.lists(number, min_size=columns, max_size=columns))
    matrix = np.array(data.draw(st.lists(number, min_size=rows * columns, max_size=rows * columns)), dtype=float)
    matrix = matrix.reshape(rows, columns)
    lower = np.array(data.draw(st.lists(st.integers(-4, 2), min_size=rows, max_size=rows)), dtype=float)
    upper = lower + np.array(data.draw(st.lists(st.integers(0, 4), min_size=rows, max_size=rows)), dtype=float)
    best = math.inf
    for x in itertools.product((0.0, 1.0), repeat=columns):
        load = matrix @ np.array(x)
        if np.all(load >= lower) and np.all(load <= upper):
            best = min(best, float(np.dot(cost, x)))
    answer = _solve(_model(cost, matrix, upper, lower=lower))
    assert answer.termination is Termination.PROVED
    assert answer.infeasible == (best == math.inf)
    assert (answer.x is None) == answer.infeasible
    if answer.x is not None:
        assert float(np.dot(cost, answer.x)) == pytest.approx(best, abs=1e-9)
        assert answer.bound == pytest.approx(best, abs=1e-9)


@pytest.mark.parametrize("integer", [True, False])
def test_infeasible_is_a_claim_not_an_exception(integer: bool) -> None:
    answer = _solve(_model([1.0], [[1.0]], [3.0], lower=[2.0], integer=integer))
    assert answer.infeasible
    assert answer.x is None
    assert answer.row_dual is None
    assert answer.bound == -math.inf
    assert answer.termination is Termination.PROVED


@pytest.mark.parametrize("integer", [True, False])
@pytest.mark.parametrize(("lower", "upper", "infeasible"), [([], [], False), ([0.0], [1.0], False), ([1.0], [1.0], True)])
def test_models_without_columns(integer: bool, lower: list[float], upper: list[float], infeasible: bool) -> None:
    answer = _solve(_model([], np.zeros((len(upper), 0)), upper, lower=lower, integer=integer))
    assert answer.infeasible == infeasible
    assert answer.bound == (-math.inf if infeasible else 0.0)
    assert (answer.x is None) == infeasible


def test_models_without_rows() -> None:
    answer = _solve(_model([-1.0, 2.0], np.zeros((0, 2)), []))
    assert answer.x is not None
    assert answer.x.tolist() == [1.0, 0.0]


@pytest.mark.parametrize("factor", [1e-12, 1e-9, 1e-4, 1.0, 1e7, 1e9, 1e12])
@pytest.mark.parametrize("integer", [True, False])
def test_costs_of_extreme_magnitude(factor: float, integer: bool) -> None:
    cost = np.array([-5.0, -4.0, -3.0, -3.5])
    rows = [[2.0, 3.0, 1.0, 2.0], [1.0, 1.0, 1.0, 1.0]]
    plain = _solve(_model(cost, rows, [5.0, 2.0], integer=integer))
    extreme = _solve(_model(cost * factor, rows, [5.0, 2.0], integer=integer))
    assert plain.x is not None
    assert extreme.x is not None
    assert extreme.x.tolist() == pytest.approx(plain.x.tolist(), abs=1e-9)
    assert extreme.bound == pytest.approx(plain.bound * factor, rel=1e-9)
    if not integer:
        assert plain.row_dual is not None
        assert extreme.row_dual is not None
        assert extreme.row_dual.tolist() == pytest.approx((plain.row_dual * factor).tolist(), rel=1e-9, abs=1e-12 * factor)


@pytest.fixture(scope="module")
def hard() -> allocation.AllocationProblem:
    """HiGHS works on it for about a minute."""
    return allocation.generate(servers=20, tasks=200, preset="hotspot", seed=0)


def test_no_time_at_all(hard: allocation.AllocationProblem) -> None:
    for integer in (True, False):
        began = time.perf_counter()
        answer = _solve(column_model(hard, integer=integer), seconds=0.0)
        assert answer.termination is Termination.TIME
        assert time.perf_counter() - began < 20.0


def test_the_time_rule(hard: allocation.AllocationProblem) -> None:
    began = time.perf_counter()
    answer = _solve(column_model(hard, integer=True), seconds=0.5)
    assert answer.termination is Termination.TIME
    assert time.perf_counter() - began < 20.0
    assert math.isfinite(answer.bound)


def test_rules_by_the_callback(hard: allocation.AllocationProblem) -> None:
    model = column_model(hard, integer=True)
    told = _solve(model, target=-1.0, seconds=30.0, report=lambda cost: cost)
    assert told.termination is Termination.TARGET
    assert told.x is not None
    rough = _solve(model, gap=0.5, seconds=30.0, report=lambda cost: cost)
    assert rough.termination is Termination.TARGET
    few = _solve(model, iterations=0, seconds=30.0, report=lambda cost: cost)
    assert few.termination is Termination.ITERATIONS


def test_values_and_bounds_told_are_on_their_sides(hard: allocation.AllocationProblem) -> None:
    class Listener(Observer):
        def __init__(self) -> None:
            self.told: list[tuple[float | None, float | None]] = []

        def on_progress(self, progress: Any) -> bool | None:
            self.told.append((progress.value, progress.bound))
            return len(self.told) >= 12

    listener = Listener()
    answer = _solve(column_model(hard, integer=True), observer=listener, seconds=60.0, report=lambda cost: cost)
    assert answer.termination is Termination.OBSERVER
    both = [(value, bound) for value, bound in listener.told if value is not None and bound is not None]
    assert both
    assert all(bound <= value + 1e-6 for value, bound in both)


def test_a_start_is_taken() -> None:
    start = np.array([0.0, 1.0, 1.0])
    answer = _solve(KNAPSACK, start=start)
    assert answer.x is not None
    assert answer.bound == pytest.approx(-9.0)
    problem = allocation.generate(servers=20, tasks=200, preset="hotspot", seed=0)
    good = allocation.solve(problem, method="highs", stop=Stop(gap=1e-3, seconds=30))
    again = allocation.solve(problem, method="highs", start=good.solution, stop=Stop(seconds=0.0))
    assert again.value is not None
    assert good.value is not None
    assert again.value >= good.value


def test_the_columns_are_those_of_the_objective() -> None:
    """HiGHS 1.16 ends this one in its presolve, with the optimum's objective and the start's columns."""
    task, server = [0, 0, 1, 1, 2, 2, 3, 4, 4], [0, 1, 0, 1, 0, 1, 1, 0, 1]
    value = [1.15462034, 7.2206857, 0.50619734, 2.75655325, 0.65803943, 0.86001227, 6.30731934, 1.08440697, 0.76645034]
    weight = [0.14278723, 0.59535441, 0.24149356, 0.93225444, 0.45253671, 0.66217598, 0.68438299, 0.29167661, 0.22617558]
    values, weights = np.zeros((2, 5)), np.ones((2, 5))
    values[server, task], weights[server, task] = value, weight
    eligible = values > 0.0
    problem = allocation.AllocationProblem.from_matrices(values, weights, [0.67930191, 1.15926746], eligible)
    best = allocation.solve(problem, method="exact")
    found = allocation.solve(problem, method="highs")
    assert found.value == pytest.approx(best.value)
    assert found.bound == pytest.approx(best.value)


def test_the_number_of_threads_may_change_between_calls() -> None:
    answers = [_solve(KNAPSACK, threads=threads).bound for threads in (1, 2, 1, 2, 2, 1)]
    assert answers == pytest.approx([-9.0] * 6)


def test_models_that_make_no_sense_raise() -> None:
    broken = ColumnModel(
        cost=np.zeros(1), upper=np.ones(1), row_lower=np.zeros(1), row_upper=np.ones(1),
        starts=np.array([0, 1]), rows=np.array([5]), entries=np.ones(1), integer=True,
    )  # fmt: skip
    with pytest.raises(ValueError, match="rows: must lie between 0 and 0"):
        _solve(broken)


@pytest.mark.parametrize("factor", [1e-13, 1e-10, 1e13])
@pytest.mark.parametrize("integer", [True, False])
def test_rows_of_extreme_magnitude(factor: float, integer: bool) -> None:
    """With tolerances of 1e-9 unscaled rows of 1e-10 are no constraints, and duals are those of the rows as given."""
    plain, scaled = (
        _solve(_model(KNAPSACK.cost, [[2.0 * f, 3.0 * f, 1.0 * f]], [5.0 * f], integer=integer)) for f in (1.0, factor)
    )
    assert plain.x is not None
    assert scaled.x is not None
    assert scaled.x == pytest.approx(plain.x, abs=1e-9)
    assert scaled.bound == pytest.approx(plain.bound)
    if not integer:
        assert plain.row_dual is not None
        assert scaled.row_dual is not None
        assert scaled.row_dual * factor == pytest.approx(plain.row_dual)


@pytest.mark.parametrize("factor", [1e-12, 1.0, 1e12])
def test_continuous_columns_of_extreme_magnitude_beside_integers(factor: float) -> None:
    """maximise y for y <= f x1, y <= f (2 - x1 - x2), x binary, y >= 0: y = f at x = (1, 0)."""
    matrix = [[1.0, -factor, 0.0], [1.0, factor, factor]]
    model = _model([-1.0, 0.0, 0.0], matrix, [0.0, 2.0 * factor], box=[10.0 * factor, 1.0, 1.0])
    mixed = ColumnModel(**{**vars(model), "integer": np.array([False, True, True])})
    answer = _solve(mixed)
    assert answer.x is not None
    assert answer.x[0] == pytest.approx(factor, rel=1e-9)
    assert answer.bound == pytest.approx(-factor, rel=1e-9)
    assert answer.row_dual is None
    start = _solve(mixed, start=np.array([factor, 1.0, 0.0]))
    assert start.bound == answer.bound


def test_columns_may_have_lower_bounds() -> None:
    model = ColumnModel(**{**vars(_model([1.0, 1.0], [[1.0, 1.0]], [9.0], box=[5.0, 5.0])), "lower": np.array([-2.0, 3.0])})
    answer = _solve(model)
    assert answer.x is not None
    assert answer.x.tolist() == [-2.0, 3.0]


def test_nothing_is_printed_not_even_by_the_constructor(capfd: pytest.CaptureFixture[str]) -> None:
    silent_solver()
    _solve(KNAPSACK)
    assert capfd.readouterr() == ("", "")


def test_python_threads_may_ask_for_different_numbers_of_threads() -> None:
    """HiGHS keeps a pool a Python thread and refuses another size; a foreign user of HiGHS may have made it."""
    highspy.Highs.resetGlobalScheduler(True)
    foreign = silent_solver()
    foreign.setOptionValue("threads", 2)
    foreign.run()
    with ThreadPoolExecutor(4) as pool:
        answers = [*pool.map(lambda k: _solve(KNAPSACK, threads=1 + k % 3), range(24)), _solve(KNAPSACK, threads=1)]
    assert {answer.termination for answer in answers} == {Termination.PROVED}
    assert {answer.bound for answer in answers} == {-9.0}
