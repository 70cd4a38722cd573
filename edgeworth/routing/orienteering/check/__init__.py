"""The checker of orienteering. It shares `model` with the solvers and nothing else."""

from __future__ import annotations


from edgeworth.core.arrays import Arrays
from edgeworth.core.checking import Budget, Rebuild, rule_verdicts
from edgeworth.core.numeric import FEASIBILITY_TOL
from edgeworth.core.result import Result
from edgeworth.core.verdict import Verdict
from edgeworth.routing.orienteering.model import RULES, OrienteeringProblem, RoutePlan, value, violations

__all__: list[str] = []


def _root(problem: OrienteeringProblem, arrays: Arrays, budget: Budget) -> float:
    from edgeworth.routing.orienteering.check.bound import recomputed_bound  # compiled code: loaded when there is need

    return recomputed_bound(problem, arrays, budget)


def _listed(problem: OrienteeringProblem, arrays: Arrays, budget: Budget) -> float:
    from edgeworth.routing.orienteering.check.listed import listed_bound

    return listed_bound(problem, arrays, budget)


REBUILD: dict[str, Rebuild] = {"ng-routes": _root, "listed-routes": _listed}


def judge(
    problem: OrienteeringProblem, plan: RoutePlan, claimed: bool, result: Result[RoutePlan] | None, budget: Budget
) -> tuple[dict[str, Verdict], float | None]:
    """Check a plan or a result against the problem. Truthy when every verdict holds.

    For a plan, everything recomputed from its sequences and the problem's raw data: ``visits`` (each customer at most once),
    ``windows`` (service begins in time), ``return``, ``capacity`` and ``schedule`` (the times and loads that the plan states
    are those that its sequences give); limits hold within the tolerance of `model.limits`, exactly for whole numbers; witness:
    a `model.Violation`, the worst one of its rule. For a result also ``value`` (recomputed, relative 1e-9), ``bound`` (on the
    right side of the value; where its evidence is "recomputed", rebuilt from its certificate of kind "ng-routes" or
    "listed-routes"; otherwise the scope says that it is a claim), and ``quality``
    (OPTIMAL only where the bound closes the gap); witness: a `edgeworth.core.checking.Mismatch`. A result without a solution
    is checked for its bound and its quality. All checks are exhaustive; a bound whose certificate takes more than `seconds` or
    some million labels to rebuild is not checked.

    Raises TypeError for other types, ValueError for a result of another problem or sense, and for a plan of another
    number of vehicles or with customers that do not exist.
    """
    verdicts = _feasibility(problem, plan)
    return verdicts, value(problem, plan) if verdicts["visits"] else None


def _feasibility(problem: OrienteeringProblem, plan: RoutePlan) -> dict[str, Verdict]:
    found, limits = violations(problem, plan), problem.limits
    times = 0.0 if limits.whole.all() else FEASIBILITY_TOL
    loads = 0.0 if limits.full.all() else FEASIBILITY_TOL
    tolerances = {"visits": 0.0, "windows": times, "return": times, "capacity": loads, "schedule": FEASIBILITY_TOL}
    return rule_verdicts(found, {rule: tolerances[rule] for rule in RULES})
