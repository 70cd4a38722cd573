"""The checker of multi-task allocation. It shares `model` with the solvers and nothing else."""

from __future__ import annotations

from edgeworth.core.checking import Budget, rule_verdicts
from edgeworth.core.numeric import FEASIBILITY_TOL
from edgeworth.core.result import Result
from edgeworth.core.verdict import Verdict
from edgeworth.solvers.allocation.check.bounds import INFEASIBILITY as INFEASIBILITY, REBUILD as REBUILD
from edgeworth.solvers.allocation.model import AllocationProblem, Assignment, value, violations

__all__: list[str] = []


def judge(
    problem: AllocationProblem, assignment: Assignment, claimed: bool, result: Result[Assignment] | None, budget: Budget
) -> tuple[dict[str, Verdict], float | None]:
    """Judge an assignment by its rules.

    Parameters
    ----------
    problem : AllocationProblem
    assignment : Assignment
    claimed, result, budget
        Not needed: every rule is judged, whoever found the assignment, and within a moment.

    Returns
    -------
    verdicts : dict of Verdict
        ``eligibility`` (at most one server a task is a matter of type), ``capacity`` (load <= c_i, exactly where all servers'
        data are integers, else within 1e-9 relative), ``must_serve`` and, with raw fields, ``deadline`` (recomputed from them);
        witness: a `model.Violation`. All checks are exhaustive. ``value``, ``bound`` and ``quality`` of a result are judged by
        `edgeworth.core.checking.result_verdicts`, bounds by `check.bounds`.
    value : float or None
        By the model; None where a task is at a server that it is not eligible for.

    Raises
    ------
    ValueError
        For an assignment of another length, or with a server that the problem does not have.
    """
    tolerances = {"eligibility": 0.0, "capacity": FEASIBILITY_TOL, "must_serve": 0.0}
    if problem.whole.all():
        tolerances["capacity"] = 0.0
    if problem.system is not None:
        tolerances["deadline"] = FEASIBILITY_TOL
    verdicts = rule_verdicts(violations(problem, assignment), tolerances)
    return verdicts, value(problem, assignment) if verdicts["eligibility"] else None
