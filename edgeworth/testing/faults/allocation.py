"""Faults of allocation results."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from edgeworth.core.numeric import relative_gap
from edgeworth.core.result import Certificate, Quality, Result
from edgeworth.solvers.allocation.model import (
    AllocationProblem,
    Assignment,
    dual_bound,
    positions,
    value,
)
from edgeworth.testing.faults.base import SHIFT, Fault, fitting_quality


def _with_solution(problem: AllocationProblem, result: Result[Any], server: Any) -> Result[Any]:
    """The result with another assignment and nothing else that could be wrong."""
    assignment = Assignment(server)
    eligible = not np.any(positions(problem, assignment) == -2)
    return replace(
        result,
        solution=assignment,
        value=value(problem, assignment) if eligible else problem.offset,
        bound=None,
        bound_evidence=None,
        certificate=None,
        quality=Quality.FEASIBLE,
    )


def _served(problem: AllocationProblem, result: Result[Any]) -> Any:
    """A copy of the result's assignment, as complete as the eligible pairs allow."""
    server = np.full(problem.tasks, -1) if result.solution is None else np.array(result.solution.server)
    for j in np.flatnonzero(server < 0):
        if problem.indptr[j] < problem.indptr[j + 1]:
            server[j] = problem.server[problem.indptr[j]]
    return server


def overloaded_server(problem: AllocationProblem, result: Result[Any]) -> Result[Any] | None:
    """All tasks eligible at one server sit there, more than it can carry."""
    server = _served(problem, result)
    for i in range(problem.servers):
        here = problem.server == i
        if problem.weight[here].sum() > problem.limit[i] * (1.0 + SHIFT):
            server[problem.task[here]] = i
            return _with_solution(problem, result, server)
    return None


def ineligible_pair(problem: AllocationProblem, result: Result[Any]) -> Result[Any] | None:
    """One task sits at a server that it is not eligible for."""
    server = _served(problem, result)
    for j in range(problem.tasks):
        allowed = problem.server[problem.indptr[j] : problem.indptr[j + 1]]
        others = np.setdiff1d(np.arange(problem.servers), allowed)
        if len(others):
            server[j] = others[0]
            return _with_solution(problem, result, server)
    return None


def unserved_task(problem: AllocationProblem, result: Result[Any]) -> Result[Any] | None:
    """One task that must be served is not."""
    wanted = np.flatnonzero(problem.must_serve)
    if not len(wanted):
        return None
    server = _served(problem, result)
    server[wanted[0]] = -1
    return _with_solution(problem, result, server)


def foreign_value(problem: AllocationProblem, result: Result[Any]) -> Result[Any] | None:
    """The value is that of the same assignment on another problem: one whose pairs are all worth more."""
    if result.value is None or result.solution is None:
        return None
    other = replace(problem, value=problem.value + 1.0, system=None)
    wrong = value(other, result.solution)
    if abs(wrong - result.value) <= SHIFT * max(abs(result.value), 1.0):
        return None
    return replace(result, value=wrong, bound=None, bound_evidence=None, certificate=None, quality=Quality.FEASIBLE)


def foreign_bound(problem: AllocationProblem, result: Result[Any]) -> Result[Any] | None:
    """The multipliers are the problem's, the bound is what they prove on another one, whose pairs are all worth less."""
    if result.certificate is None or "u" not in result.certificate.arrays:
        return None
    worse = -1.0 if problem.sense == "max" else 1.0
    other = replace(problem, value=problem.value + worse, system=None)
    wrong = dual_bound(other, result.certificate.arrays["u"])
    if result.bound is None or not relative_gap(wrong, result.bound, result.sense) > SHIFT:
        return None
    return replace(result, bound=wrong, quality=fitting_quality(problem, result, wrong))


def negative_multipliers(problem: AllocationProblem, result: Result[Any]) -> Result[Any] | None:
    """One multiplier of the certificate is negative; the bound is left as it was."""
    if result.certificate is None or not len(result.certificate.arrays.get("u", ())):
        return None
    u = np.array(result.certificate.arrays["u"])
    u[0] = -1.0 - u[0]
    return replace(result, certificate=Certificate(result.certificate.kind, {**result.certificate.arrays, "u": u}))


FAULTS: tuple[Fault, ...] = (
    Fault("overloaded server", "capacity", overloaded_server),
    Fault("ineligible pair", "eligibility", ineligible_pair),
    Fault("unserved task", "must_serve", unserved_task),
    Fault("foreign value", "value", foreign_value),
    Fault("foreign bound", "bound", foreign_bound),
    Fault("negative multipliers", "bound", negative_multipliers),
)
"""Faults of this family; those of every family are in `edgeworth.testing.faults.base`."""
