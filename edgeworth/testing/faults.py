"""Planted faults: results that are wrong on purpose, to test checkers with.

Every plant takes a problem and a sound result and returns a faulty result, or None where that fault has no place in it (no
task that must be served, no certificate, ...).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from edgeworth.core.numeric import closes, relative_gap
from edgeworth.core.result import BoundEvidence, Certificate, Quality, Result
from edgeworth.solvers.allocation.model import (
    AllocationProblem,
    Assignment,
    dual_bound,
    positions,
    value,
)

Plant = Callable[[Any, Result[Any]], Result[Any] | None]

SHIFT = 1e-6
"""The relative error planted in values and bounds: small, and a thousand times the tolerance of the checkers."""


@dataclass(frozen=True)
class Fault:
    """name: of the fault; verdict: which verdict of the report must fail; plant: see the module's docstring."""

    name: str
    verdict: str
    plant: Plant

    def __call__(self, problem: Any, result: Result[Any]) -> Result[Any] | None:
        return self.plant(problem, result)


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


def shifted_value(problem: Any, result: Result[Any]) -> Result[Any] | None:
    """The value is off by 1e-6, relative, and the quality is no more than FEASIBLE."""
    if result.value is None:
        return None
    wrong = result.value + SHIFT * max(abs(result.value), SHIFT)
    return replace(result, value=wrong, bound=None, bound_evidence=None, certificate=None, quality=Quality.FEASIBLE)


def foreign_value(problem: AllocationProblem, result: Result[Any]) -> Result[Any] | None:
    """The value is that of the same assignment on another problem: one whose pairs are all worth more."""
    if result.value is None or result.solution is None:
        return None
    other = replace(problem, value=problem.value + 1.0, system=None)
    wrong = value(other, result.solution)
    if abs(wrong - result.value) <= SHIFT * max(abs(result.value), 1.0):
        return None
    return replace(result, value=wrong, bound=None, bound_evidence=None, certificate=None, quality=Quality.FEASIBLE)


def shifted_bound(problem: Any, result: Result[Any]) -> Result[Any] | None:
    """The bound is tighter by 1e-6, relative: past what its certificate proves, or past a value that it met."""
    if result.bound is None:
        return None
    met = result.gap is not None and result.gap <= SHIFT / 10
    if result.bound_evidence is not BoundEvidence.RECOMPUTED and not met:
        return None  # a looser claim cannot be refuted
    step = SHIFT * max(abs(result.bound), SHIFT)
    tight = result.bound - step if result.sense == "max" else result.bound + step
    return replace(result, bound=tight, quality=_fitting(problem, result, tight))


def foreign_bound(problem: AllocationProblem, result: Result[Any]) -> Result[Any] | None:
    """The multipliers are the problem's, the bound is what they prove on another one, whose pairs are all worth less."""
    if result.certificate is None or "u" not in result.certificate.arrays:
        return None
    worse = -1.0 if problem.sense == "max" else 1.0
    other = replace(problem, value=problem.value + worse, system=None)
    wrong = dual_bound(other, result.certificate.arrays["u"])
    if result.bound is None or not relative_gap(wrong, result.bound, result.sense) > SHIFT:
        return None
    return replace(result, bound=wrong, quality=_fitting(problem, result, wrong))


def negative_multipliers(problem: AllocationProblem, result: Result[Any]) -> Result[Any] | None:
    """One multiplier of the certificate is negative; the bound is left as it was."""
    if result.certificate is None or not len(result.certificate.arrays.get("u", ())):
        return None
    u = np.array(result.certificate.arrays["u"])
    u[0] = -1.0 - u[0]
    return replace(result, certificate=Certificate(result.certificate.kind, {**result.certificate.arrays, "u": u}))


def missing_certificate(problem: Any, result: Result[Any]) -> Result[Any] | None:
    """The bound is said to be recomputed and there is nothing to recompute it from."""
    if result.bound_evidence is not BoundEvidence.RECOMPUTED:
        return None
    return replace(result, certificate=None)


def unproved_optimum(problem: Any, result: Result[Any]) -> Result[Any] | None:
    """OPTIMAL is claimed without a bound that closes the gap."""
    if result.value is None:
        return None
    return replace(result, quality=Quality.OPTIMAL, bound=None, bound_evidence=None, certificate=None)


def lost_solution(problem: Any, result: Result[Any]) -> Result[Any] | None:
    """FEASIBLE is claimed and there is no solution."""
    return replace(
        result, solution=None, value=None, bound=None, bound_evidence=None, certificate=None, quality=Quality.FEASIBLE
    )


def _fitting(problem: Any, result: Result[Any], bound: float) -> Quality:
    """The quality that goes with a bound, so that it is not a second fault."""
    if result.value is None:
        return result.quality
    closed = closes(result.value, bound, result.sense, problem.integral)
    return Quality.OPTIMAL if closed else Quality.FEASIBLE


FAULTS: dict[str, tuple[Fault, ...]] = {
    "allocation": (
        Fault("overloaded server", "capacity", overloaded_server),
        Fault("ineligible pair", "eligibility", ineligible_pair),
        Fault("unserved task", "must_serve", unserved_task),
        Fault("shifted value", "value", shifted_value),
        Fault("foreign value", "value", foreign_value),
        Fault("shifted bound", "bound", shifted_bound),
        Fault("foreign bound", "bound", foreign_bound),
        Fault("negative multipliers", "bound", negative_multipliers),
        Fault("missing certificate", "bound", missing_certificate),
        Fault("unproved optimum", "quality", unproved_optimum),
        Fault("lost solution", "quality", lost_solution),
    ),
}
"""Faults by problem kind."""
