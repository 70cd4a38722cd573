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
    """Check a solution or a result against the problem. Truthy when every verdict holds.

    Parameters
    ----------
    problem : AllocationProblem
    answer : Assignment or Result
        For an assignment: ``eligibility`` (at most one server a task is a matter of type), ``capacity`` (load <= c_i, exactly
        where the server's data are integers, else within 1e-9 relative), ``deadline`` (recomputed from the raw fields; absent
        without them) and ``must_serve``; witness: a `model.Violation`. For a result also ``value`` (recomputed, relative
        1e-9), ``bound`` (on the right side of the value; where its evidence is "recomputed", rebuilt from its certificate
        alone, see `check.bounds`; otherwise the scope says that it is a claim), and ``quality`` (OPTIMAL only where the
        rebuilt bound closes the gap, INFEASIBLE only where the certificate shows it); witness: a
        `edgeworth.core.checking.Mismatch`. A result without a solution is checked for its bound and its quality.
    seconds : float
        The budget; what it does not suffice for is NOT_CHECKED.

    Returns
    -------
    Report
        All checks are exhaustive.

    Raises
    ------
    TypeError
        For other types.
    ValueError
        For a result of another problem or sense, and for an assignment of another length.
    """
    tolerances = {"eligibility": 0.0, "capacity": FEASIBILITY_TOL, "must_serve": 0.0}
    if problem.whole.all():
        tolerances["capacity"] = 0.0
    if problem.system is not None:
        tolerances["deadline"] = FEASIBILITY_TOL
    verdicts = rule_verdicts(violations(problem, assignment), tolerances)
    return verdicts, value(problem, assignment) if verdicts["eligibility"] else None
