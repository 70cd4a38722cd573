"""The checker of multi-task allocation. It shares `model` with the solvers and nothing else."""

from __future__ import annotations

from edgeworth.core.checking import SECONDS, Budget, Checker, Rebuild, rule_verdicts, verify_answer
from edgeworth.core.numeric import FEASIBILITY_TOL
from edgeworth.core.result import Result
from edgeworth.core.verdict import Report, Verdict
from edgeworth.solvers.allocation.model import (
    AllocationProblem,
    Assignment,
    assignment_dual_bound,
    dual_bound,
    value,
    violations,
)

_REBUILD: dict[str, Rebuild] = {
    "capacity-multipliers": lambda problem, arrays, budget: dual_bound(problem, arrays["u"]),
    "assignment-multipliers": lambda problem, arrays, budget: assignment_dual_bound(problem, arrays["lambda"]),
}


def verify(problem: AllocationProblem, answer: Assignment | Result[Assignment], *, seconds: float = SECONDS) -> Report:
    """Check a solution or a result against the problem. Truthy when every verdict holds.

    For an assignment: ``eligibility`` (at most one server a task is a matter of type), ``capacity`` (load <= c_i within 1e-9
    relative), ``deadline`` (recomputed from the raw fields; absent without them) and ``must_serve``; witness: a
    `model.Violation`. For a result also ``value`` (recomputed, relative 1e-9), ``bound`` (on the right side of the value;
    where its evidence is "recomputed", rebuilt from the multipliers alone as L(u) or L(lambda), rounded outward; otherwise the
    scope says that it is a claim), and ``quality`` (OPTIMAL only where the bound closes the gap); witness: a
    `edgeworth.core.checking.Mismatch`.
    A result without a solution is checked for its bound and its quality. All checks are exhaustive.

    Raises TypeError for other types, ValueError for a result of another problem or sense, and for an assignment of
    another length.
    """
    return verify_answer(_CHECKER, problem, answer, seconds)


def _judge(
    problem: AllocationProblem, assignment: Assignment, claimed: bool, result: Result[Assignment] | None, budget: Budget
) -> tuple[dict[str, Verdict], float | None]:
    verdicts = _feasibility(problem, assignment)
    return verdicts, value(problem, assignment) if verdicts["eligibility"] else None


def _feasibility(problem: AllocationProblem, assignment: Assignment) -> dict[str, Verdict]:
    tolerances = {"eligibility": 0.0, "capacity": FEASIBILITY_TOL, "must_serve": 0.0}
    if problem.system is not None:
        tolerances["deadline"] = FEASIBILITY_TOL
    return rule_verdicts(violations(problem, assignment), tolerances)


_CHECKER = Checker("allocation", AllocationProblem, Assignment, _judge, _REBUILD)
