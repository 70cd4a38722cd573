"""Faults of orienteering results."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import permutations

import numpy as np

from edgeworth.core.arrays import Array, Arrays
from edgeworth.core.result import BoundEvidence, Certificate, Quality, Result
from edgeworth.routing.orienteering.model import OrienteeringProblem, RoutePlan, plan, value, violations
from edgeworth.testing.faults.base import SHIFT, Fault

_TRIES = 200  # orders of customers at most


def _with_plan(problem: OrienteeringProblem, result: Result[RoutePlan], solution: RoutePlan) -> Result[RoutePlan]:
    """The result with another plan and nothing else that could be wrong."""
    once = len(np.unique(solution.served)) == len(solution.served)
    return replace(
        result,
        solution=solution,
        value=value(problem, solution) if once else 0.0,
        bound=None,
        bound_evidence=None,
        certificate=None,
        quality=Quality.FEASIBLE,
    )


def _orders(problem: OrienteeringProblem) -> Iterator[list[list[int]]]:
    """Plans in which one vehicle visits all, or some, customers in some order."""
    for k in range(problem.vehicles):
        for length in (1, 2, problem.customers):
            for tried, stops in enumerate(permutations(range(problem.customers), min(length, problem.customers))):
                if tried >= _TRIES:
                    break
                yield [list(stops) if vehicle == k else [] for vehicle in range(problem.vehicles)]


def _breaking(problem: OrienteeringProblem, result: Result[RoutePlan], rule: str) -> Result[RoutePlan] | None:
    """A plan that breaks the rule by more than rounding, where one of those tried does."""
    for sequences in _orders(problem):
        solution = plan(problem, sequences)
        if any(broken.rule == rule and broken.amount > SHIFT for broken in violations(problem, solution)):
            return _with_plan(problem, result, solution)
    return None


def late_service(problem: OrienteeringProblem, result: Result[RoutePlan]) -> Result[RoutePlan] | None:
    """A customer is served after its window closed."""
    return _breaking(problem, result, "windows")


def late_return(problem: OrienteeringProblem, result: Result[RoutePlan]) -> Result[RoutePlan] | None:
    """A vehicle comes back too late."""
    return _breaking(problem, result, "return")


def overloaded_vehicle(problem: OrienteeringProblem, result: Result[RoutePlan]) -> Result[RoutePlan] | None:
    """A vehicle carries more than its capacity."""
    return _breaking(problem, result, "capacity")


def visited_twice(problem: OrienteeringProblem, result: Result[RoutePlan]) -> Result[RoutePlan] | None:
    """A customer that is visited is visited once more, at the end of the last route."""
    if result.solution is None or not len(result.solution.served):
        return None
    sequences: list[Sequence[int]] = [stops.tolist() for stops in result.solution.sequences]
    sequences[-1] = [*sequences[-1], int(result.solution.served[0])]
    return _with_plan(problem, result, plan(problem, sequences))


def _restated(problem: OrienteeringProblem, result: Result[RoutePlan], name: str) -> Result[RoutePlan] | None:
    """The plan as it is, but its first stop states another number."""
    if result.solution is None:
        return None
    for k, route in enumerate(result.solution.routes):
        if len(route):
            numbers = getattr(route, name).copy()
            numbers[0] += 1e3 * SHIFT * max(1.0, abs(float(numbers[0])))
            routes = list(result.solution.routes)
            routes[k] = replace(route, **{name: numbers})
            return _with_plan(problem, result, RoutePlan(tuple(routes)))
    return None


def wrong_arrival(problem: OrienteeringProblem, result: Result[RoutePlan]) -> Result[RoutePlan] | None:
    """A stop states that the vehicle arrives later than it does."""
    return _restated(problem, result, "arrival")


def wrong_load(problem: OrienteeringProblem, result: Result[RoutePlan]) -> Result[RoutePlan] | None:
    """A stop states more load than the vehicle carries."""
    return _restated(problem, result, "load")


def wrong_return(problem: OrienteeringProblem, result: Result[RoutePlan]) -> Result[RoutePlan] | None:
    """A vehicle states an earlier return than its route gives."""
    if result.solution is None or not result.solution.routes:
        return None
    first, *others = result.solution.routes
    early = replace(first, end_time=first.end_time - 1e3 * SHIFT * max(1.0, abs(first.end_time)))
    return _with_plan(problem, result, RoutePlan((early, *others)))


def foreign_value(problem: OrienteeringProblem, result: Result[RoutePlan]) -> Result[RoutePlan] | None:
    """The value is that of the same plan on another problem: one whose customers all pay 1 more."""
    if result.value is None or result.solution is None or not len(result.solution.served):
        return None
    wrong = value(replace(problem, profit=problem.profit + 1.0), result.solution)
    return replace(result, value=wrong, bound=None, bound_evidence=None, certificate=None, quality=Quality.FEASIBLE)


def _rewritten(
    problem: OrienteeringProblem, result: Result[RoutePlan], change: Callable[[Arrays], Arrays]
) -> Result[RoutePlan] | None:
    """The same bound from a certificate whose arrays prove less; nothing where the bound is 0, which needs no proof."""
    if result.certificate is None or result.bound_evidence is not BoundEvidence.RECOMPUTED or not result.bound:
        return None
    arrays = dict(result.certificate.arrays)
    changed = {**arrays, **change(arrays)}
    if all(np.array_equal(changed[name], arrays[name]) for name in arrays):
        return None
    return replace(result, certificate=Certificate(result.certificate.kind, changed))


def torn_neighbours(problem: OrienteeringProblem, result: Result[RoutePlan]) -> Result[RoutePlan] | None:
    """The sets of neighbours point to customers that do not exist."""
    beyond = np.array([problem.customers], dtype=np.int64)
    return _rewritten(
        problem,
        result,
        lambda arrays: {"members": np.append(arrays["members"], beyond), "indptr": _one_more(arrays["indptr"])},
    )


def negative_multipliers(problem: OrienteeringProblem, result: Result[RoutePlan]) -> Result[RoutePlan] | None:
    """The multipliers are negative, as if visits were rewarded twice."""
    return _rewritten(problem, result, lambda arrays: {"multipliers": -1.0 - arrays["multipliers"]})


def _nobody(problem: OrienteeringProblem, result: Result[RoutePlan], kind: str, more: Arrays) -> Result[RoutePlan] | None:
    """OPTIMAL without a move, from multipliers of 0 and largest values of 0, where somebody can earn something."""
    if result.value is None or result.value <= 0.0:
        return None
    n = problem.customers
    arrays = {
        "multipliers": np.zeros(n),
        "largest": np.zeros(len(problem.vehicle_types)),
        "indptr": np.zeros(n + 1, dtype=np.int64),
        "members": np.zeros(0, dtype=np.int64),
    }
    return replace(
        result,
        solution=plan(problem, [[]] * problem.vehicles),
        value=0.0,
        bound=0.0,
        bound_evidence=BoundEvidence.RECOMPUTED,
        certificate=Certificate(kind, {**arrays, **more}),
        quality=Quality.OPTIMAL,
    )


def hidden_bypass(problem: OrienteeringProblem, result: Result[RoutePlan]) -> Result[RoutePlan] | None:
    """Nobody moves, and the certificate at the root says that no route is worth anything."""
    return _nobody(problem, result, "ng-routes", {})


def hidden_routes(problem: OrienteeringProblem, result: Result[RoutePlan]) -> Result[RoutePlan] | None:
    """Nobody moves, and the certificate beyond the root says that there are no routes to list."""
    tree = {"target": np.zeros(1), "branches": np.full((1, 2), -1), "leaves": np.zeros((1, problem.customers))}
    return _nobody(problem, result, "listed-routes", tree)


def felled_tree(problem: OrienteeringProblem, result: Result[RoutePlan]) -> Result[RoutePlan] | None:
    """The same, with largest values that are large enough and a tree of which a branch is missing."""
    branches, enough = (
        np.array([[0, 0], [-1, -1]]),
        np.full(len(problem.vehicle_types), 2.0 * float(np.abs(problem.profit).sum())),
    )
    tree = {"target": np.zeros(1), "branches": branches, "leaves": np.zeros((1, problem.customers)), "largest": enough}
    return _nobody(problem, result, "listed-routes", tree)


def _one_more(indptr: Array) -> Array:
    return np.append(indptr[:-1], indptr[-1] + 1)


FAULTS: tuple[Fault, ...] = (
    Fault("late service", "windows", late_service),
    Fault("late return", "return", late_return),
    Fault("overloaded vehicle", "capacity", overloaded_vehicle),
    Fault("visited twice", "visits", visited_twice),
    Fault("wrong arrival", "schedule", wrong_arrival),
    Fault("wrong load", "schedule", wrong_load),
    Fault("wrong return", "schedule", wrong_return),
    Fault("value of another problem", "value", foreign_value),
    Fault("felled tree", "bound", felled_tree),
    Fault("torn neighbours", "bound", torn_neighbours),
    Fault("negative multipliers", "bound", negative_multipliers),
    Fault("hidden bypass", "bound", hidden_bypass),
    Fault("hidden routes", "bound", hidden_routes),
)
"""Faults of this family; those of every family are in `edgeworth.testing.faults.base`."""
