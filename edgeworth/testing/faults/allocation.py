"""Faults of allocation results."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from edgeworth.core.arrays import Array, Arrays, Ints
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


def _with_solution(problem: AllocationProblem, result: Result[Assignment], server: Ints) -> Result[Assignment]:
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


def _served(problem: AllocationProblem, result: Result[Assignment]) -> Ints:
    """A copy of the result's assignment, as complete as the eligible pairs allow."""
    server = np.full(problem.tasks, -1) if result.solution is None else np.array(result.solution.server)
    for j in np.flatnonzero(server < 0):
        if problem.indptr[j] < problem.indptr[j + 1]:
            server[j] = problem.server[problem.indptr[j]]
    return server


def overloaded_server(problem: AllocationProblem, result: Result[Assignment]) -> Result[Assignment] | None:
    """All tasks eligible at one server sit there, more than it can carry."""
    server = _served(problem, result)
    for i in range(problem.servers):
        here = problem.server == i
        if problem.weight[here].sum() > problem.limit[i] * (1.0 + SHIFT):
            server[problem.task[here]] = i
            return _with_solution(problem, result, server)
    return None


def ineligible_pair(problem: AllocationProblem, result: Result[Assignment]) -> Result[Assignment] | None:
    """One task sits at a server that it is not eligible for."""
    server = _served(problem, result)
    for j in range(problem.tasks):
        allowed = problem.server[problem.indptr[j] : problem.indptr[j + 1]]
        others = np.setdiff1d(np.arange(problem.servers), allowed)
        if len(others):
            server[j] = others[0]
            return _with_solution(problem, result, server)
    return None


def unserved_task(problem: AllocationProblem, result: Result[Assignment]) -> Result[Assignment] | None:
    """One task that must be served is not."""
    wanted = np.flatnonzero(problem.must_serve)
    if not len(wanted):
        return None
    server = _served(problem, result)
    server[wanted[0]] = -1
    return _with_solution(problem, result, server)


def foreign_value(problem: AllocationProblem, result: Result[Assignment]) -> Result[Assignment] | None:
    """The value is that of the same assignment on another problem: one whose pairs are all worth more."""
    if result.value is None or result.solution is None:
        return None
    other = replace(problem, value=problem.value + 1.0, system=None)
    wrong = value(other, result.solution)
    if abs(wrong - result.value) <= SHIFT * max(abs(result.value), 1.0):
        return None
    return replace(result, value=wrong, bound=None, bound_evidence=None, certificate=None, quality=Quality.FEASIBLE)


def foreign_bound(problem: AllocationProblem, result: Result[Assignment]) -> Result[Assignment] | None:
    """The multipliers are the problem's, the bound is what they prove on another one, whose pairs are all worth less."""
    if result.certificate is None or "u" not in result.certificate.arrays:
        return None
    worse = -1.0 if problem.sense == "max" else 1.0
    other = replace(problem, value=problem.value + worse, system=None)
    wrong = dual_bound(other, result.certificate.arrays["u"])
    if result.bound is None or not relative_gap(wrong, result.bound, result.sense) > SHIFT:
        return None
    return replace(result, bound=wrong, quality=fitting_quality(problem, result, wrong))


def negative_multipliers(problem: AllocationProblem, result: Result[Assignment]) -> Result[Assignment] | None:
    """One multiplier of the certificate is negative; the bound is left as it was."""
    if result.certificate is None or result.bound is None or not len(result.certificate.arrays.get("u", ())):
        return None
    u = np.array(result.certificate.arrays["u"])
    u[0] = -1.0 - u[0]
    return replace(result, certificate=Certificate(result.certificate.kind, {**result.certificate.arrays, "u": u}))


def _tree(result: Result[Assignment], *others: str) -> dict[str, Array] | None:
    """Copies of the arrays of a branch tree, or a certificate of other kinds, that proves a bound; None without one."""
    certificate = result.certificate
    if certificate is None or certificate.kind not in ("branch-tree", *others) or result.bound is None:
        return None
    return {name: np.array(values) for name, values in certificate.arrays.items()}


def _with_tree(result: Result[Assignment], arrays: Arrays) -> Result[Assignment]:
    kind = "branch-tree" if result.certificate is None else result.certificate.kind
    return replace(result, certificate=Certificate(kind, arrays))


def missing_branch(problem: AllocationProblem, result: Result[Assignment]) -> Result[Assignment] | None:
    """The tree ends after its first leaf: the other side of the branchings above it is not looked at."""
    arrays = _tree(result)
    if arrays is None or len(arrays["branched"]) < 2:
        return None
    kept = int(np.argmax(arrays["branched"] < 0)) + 1
    arrays["branched"], arrays["rounds"] = arrays["branched"][:kept], arrays["rounds"][:kept]
    arrays["multipliers"] = arrays["multipliers"][: arrays["rounds"].sum()]
    return _with_tree(result, arrays)


def pruned_root(problem: AllocationProblem, result: Result[Assignment]) -> Result[Assignment] | None:
    """The tree is one leaf without any multipliers."""
    arrays = _tree(result)
    if arrays is None or problem.pairs == 0:
        return None
    if result.value is None or abs(result.value - problem.offset) == 0.0:
        return None  # what closes such a root may be no multipliers at all
    arrays["branched"], arrays["rounds"] = np.array([-1], dtype=np.int32), np.array([0], dtype=np.int32)
    arrays["multipliers"] = arrays["multipliers"][:0]
    return _with_tree(result, arrays)


def truncated_multipliers(problem: AllocationProblem, result: Result[Assignment]) -> Result[Assignment] | None:
    """The last row of multipliers is gone."""
    arrays = _tree(result)
    if arrays is None or not len(arrays["multipliers"]):
        return None
    arrays["multipliers"] = arrays["multipliers"][:-1]
    return _with_tree(result, arrays)


def lowered_target(problem: AllocationProblem, result: Result[Assignment]) -> Result[Assignment] | None:
    """The tree or enumeration claims that nothing reaches what the solution found is worth, and the bound says so too."""
    arrays = _tree(result, "set-enumeration")
    if arrays is None or result.value is None or result.value == problem.offset:
        return None
    sign = 1.0 if problem.sense == "max" else -1.0
    profit = sign * (result.value - problem.offset)
    arrays["target"][0] = profit - SHIFT * abs(profit)
    wrong = problem.objective(profit - 2.0 * SHIFT * abs(profit))
    return _with_tree(replace(result, bound=wrong, quality=fitting_quality(problem, result, wrong)), arrays)


def pair_out_of_range(problem: AllocationProblem, result: Result[Assignment]) -> Result[Assignment] | None:
    """A branching is on a pair that the problem does not have."""
    arrays = _tree(result)
    if arrays is None or not np.any(arrays["branched"] >= 0):
        return None
    arrays["branched"][arrays["branched"] >= 0] = problem.pairs
    return _with_tree(result, arrays)


def negative_row(problem: AllocationProblem, result: Result[Assignment]) -> Result[Assignment] | None:
    """Multipliers of tasks that may stay unserved are negative, which would lower every bound."""
    arrays = _tree(result, "set-enumeration")
    if arrays is None or not len(arrays["multipliers"]) or problem.must_serve.all():
        return None
    arrays["multipliers"][:, ~problem.must_serve] = -1_000_000
    return _with_tree(result, arrays)


def twice_the_same_task(problem: AllocationProblem, result: Result[Assignment]) -> Result[Assignment] | None:
    """The order that distinguishes identical servers names a task twice."""
    arrays = _tree(result, "set-enumeration")
    if arrays is None or problem.tasks < 2:
        return None
    arrays["order"][0] = arrays["order"][1]
    return _with_tree(result, arrays)


def false_infeasibility(problem: AllocationProblem, result: Result[Assignment]) -> Result[Assignment] | None:
    """A problem with a solution is called infeasible, with the certificate of its bound as evidence."""
    if result.solution is None or result.certificate is None:
        return None
    return replace(result, quality=Quality.INFEASIBLE, solution=None, value=None, bound=None, bound_evidence=None)


FAULTS: tuple[Fault, ...] = (
    Fault("overloaded server", "capacity", overloaded_server),
    Fault("ineligible pair", "eligibility", ineligible_pair),
    Fault("unserved task", "must_serve", unserved_task),
    Fault("foreign value", "value", foreign_value),
    Fault("foreign bound", "bound", foreign_bound),
    Fault("negative multipliers", "bound", negative_multipliers),
    Fault("missing branch", "bound", missing_branch),
    Fault("pruned root", "bound", pruned_root),
    Fault("truncated multipliers", "bound", truncated_multipliers),
    Fault("lowered target", "bound", lowered_target),
    Fault("pair out of range", "bound", pair_out_of_range),
    Fault("negative row", "bound", negative_row),
    Fault("order names a task twice", "bound", twice_the_same_task),
    Fault("false infeasibility", "quality", false_infeasibility),
)
"""Faults of this family; those of every family are in `edgeworth.testing.faults.base`."""
