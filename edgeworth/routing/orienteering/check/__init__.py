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
    """Judge a plan by its rules, everything recomputed from its sequences and the problem's raw data.

    Parameters
    ----------
    problem : OrienteeringProblem
    plan : RoutePlan
    claimed, result, budget
        Not needed: every rule is judged, whoever found the plan, and within a moment.

    Returns
    -------
    verdicts : dict of Verdict
        ``visits`` (each customer at most once), ``windows`` (service begins in time), ``return``, ``capacity`` and ``schedule``
        (the times and loads that the plan states are those that its sequences give). Limits hold within the tolerance of
        `model.limits`, exactly for whole numbers; witness: a `model.Violation`, the worst one of its rule. All checks are
        exhaustive. ``value``, ``bound`` and ``quality`` of a result are judged by `edgeworth.core.checking.result_verdicts`; a
        bound whose certificate takes more than the budget's seconds, or some million labels, is not checked.
    value : float or None
        By the model; None where a customer is visited twice.

    Raises
    ------
    ValueError
        For a plan of another number of vehicles, or with customers that do not exist.
    """
    verdicts = _feasibility(problem, plan)
    return verdicts, value(problem, plan) if verdicts["visits"] else None


def _feasibility(problem: OrienteeringProblem, plan: RoutePlan) -> dict[str, Verdict]:
    found, limits = violations(problem, plan), problem.limits
    times = 0.0 if limits.whole.all() else FEASIBILITY_TOL
    loads = 0.0 if limits.full.all() else FEASIBILITY_TOL
    tolerances = {"visits": 0.0, "windows": times, "return": times, "capacity": loads, "schedule": FEASIBILITY_TOL}
    return rule_verdicts(found, {rule: tolerances[rule] for rule in RULES})
