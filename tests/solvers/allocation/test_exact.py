"""The exact method and the LP bound: proofs, starts, threads, and what a solver's word is worth."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings

from edgeworth import BoundEvidence, Quality, Stop, Termination
from edgeworth.core.highs import Answer
from edgeworth.solvers import allocation
from edgeworth.solvers.allocation import AllocationProblem, Assignment
from edgeworth.testing import allocation_problems
from tests.oracles import allocation as oracle

_ROOM = import_module(allocation.FAMILY.method("highs").resolve().__module__)
"""The module that calls the solver, wherever it lives."""


def _tight() -> AllocationProblem:
    return AllocationProblem.from_matrices(
        value=[[6.0, 5.5, 4.0, 3.0], [5.0, 6.0, 3.0, 3.5]],
        weight=[[3.0, 2.5, 2.0, 1.0], [2.0, 3.5, 2.0, 1.5]],
        capacity=[4.0, 4.0],
    )


@given(problem=allocation_problems(max_tasks=4))
def test_the_lp_bound_is_as_tight_as_its_relaxation(problem: AllocationProblem) -> None:
    """Strong duality: L(u) at the solved multipliers is the LP's optimum, at least as good as any other u we try."""
    result = allocation.solve(problem, method="lp")
    if result.bound is None:
        return
    assert result.certificate is not None
    sign = 1.0 if problem.sense == "max" else -1.0
    u = result.certificate.arrays["u"]
    for factor in (0.0, 0.5, 0.9, 1.1, 2.0):
        other = allocation.dual_bound(problem, u * factor)
        assert sign * result.bound <= sign * other + 1e-7 * max(1.0, abs(other))


@given(problem=allocation_problems(max_tasks=4))
@settings(max_examples=40)
def test_one_thread_or_two_the_optimum_is_the_same(problem: AllocationProblem) -> None:
    one, two = (allocation.solve(problem, method="highs", threads=threads) for threads in (1, 2))
    assert one.quality == two.quality
    assert one.value == (None if two.value is None else pytest.approx(two.value, rel=1e-9, abs=1e-12))


def test_evidence_is_what_it_says() -> None:
    problem = _tight()
    assert allocation.solve(problem, method="highs").bound_evidence is BoundEvidence.CLAIMED
    relaxed = allocation.solve(problem, method="lp")
    assert relaxed.bound_evidence is BoundEvidence.RECOMPUTED
    assert relaxed.solution is None
    assert relaxed.quality is Quality.NONE


def test_infeasible_problems_are_a_status() -> None:
    problem = AllocationProblem.from_matrices(np.ones((1, 2)), np.ones((1, 2)), [1.0], must_serve=[True, True])
    for method in ("highs", "lp"):
        result = allocation.solve(problem, method=method)
        assert result.quality is Quality.INFEASIBLE
        assert result.solution is None
        assert result.bound is None
        assert result.termination is Termination.PROVED
        assert allocation.verify(problem, result)


def test_a_fractional_relaxation_may_hide_that_nothing_is_feasible() -> None:
    problem = AllocationProblem.from_matrices(np.ones((2, 3)), np.full((2, 3), 2.0), [3.0, 3.0], must_serve=[True, True, True])
    assert allocation.solve(problem, method="highs").quality is Quality.INFEASIBLE
    relaxed = allocation.solve(problem, method="lp")
    assert relaxed.quality is Quality.NONE
    assert relaxed.bound is not None


def _answering(**given: Any) -> Any:
    usual: dict[str, Any] = {
        "x": None, "row_dual": None, "bound": -np.inf, "termination": Termination.PROVED, "infeasible": False,
        "nodes": 1, "iterations": 1, "status": "scripted",
    }  # fmt: skip
    return lambda *args, **kwargs: Answer(**(usual | given))


def test_an_incumbent_that_breaks_a_constraint_is_repaired_and_said(monkeypatch: pytest.MonkeyPatch) -> None:
    problem = _tight()
    everything_at_0 = np.array([1.0, 0.0] * 4)
    monkeypatch.setattr(_ROOM, "minimise", _answering(x=everything_at_0, bound=-99.0))
    result = allocation.solve(problem, method="highs")
    assert allocation.verify(problem, result)
    assert result.quality is Quality.FEASIBLE
    assert "broke a constraint and was repaired" in result.notes[0]
    assert result.solution is not None


def test_a_bound_on_the_wrong_side_is_never_an_optimum(monkeypatch: pytest.MonkeyPatch) -> None:
    problem = _tight()
    best = oracle.optimum(problem)
    assert best is not None
    x = np.zeros(problem.pairs)
    for j, i in enumerate(best[1]):
        if i >= 0:
            x[2 * j + i] = 1.0
    monkeypatch.setattr(_ROOM, "minimise", _answering(x=x, bound=-float(best[0]) + 1.0))
    result = allocation.solve(problem, method="highs")
    assert result.value == float(best[0])
    assert result.quality is Quality.FEASIBLE
    assert result.gap is not None
    assert result.gap < 0
    assert "bound" in allocation.verify(problem, result).failures


def test_a_false_infeasible_is_contradicted_by_a_known_solution(monkeypatch: pytest.MonkeyPatch) -> None:
    problem = _tight()
    monkeypatch.setattr(_ROOM, "minimise", _answering(infeasible=True))
    result = allocation.solve(problem, method="highs")
    assert result.quality is Quality.FEASIBLE
    assert result.termination is Termination.ERROR
    assert "claims infeasibility" in result.notes[0]


def test_an_optimum_with_nothing_inside_is_not_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    problem = AllocationProblem.from_matrices(np.ones((2, 3)), np.full((2, 3), 2.0), [3.0, 3.0], must_serve=[True, True, True])
    monkeypatch.setattr(_ROOM, "minimise", _answering(bound=-3.0))
    result = allocation.solve(problem, method="highs")
    assert result.solution is None
    assert result.quality is Quality.NONE


def test_a_start_is_the_least_one_gets() -> None:
    problem = allocation.generate(preset="hotspot", servers=20, tasks=200, seed=0)
    start = allocation.solve(problem, method="regret-greedy")
    result = allocation.solve(problem, method="highs", start=start.solution, stop=Stop(seconds=0.0))
    assert result.value is not None
    assert start.value is not None
    assert result.value >= start.value
    assert result.termination is Termination.TIME


def test_integral_problems_close_below_one() -> None:
    """The LP bound of an integral problem is rounded to the next integer inside, which may prove a heuristic's value."""
    problem = AllocationProblem.from_matrices([[3.0, 3.0]], [[2.0, 2.0]], [3.0])
    relaxed = allocation.solve(problem, method="lp")
    assert relaxed.bound == 4.0  # 4.5 and a hair, rounded
    result = allocation.solve(problem, method="highs")
    assert (result.value, result.bound, result.quality) == (3.0, 3.0, Quality.OPTIMAL)
    assert isinstance(result.solution, Assignment)
