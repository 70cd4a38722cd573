"""Problems and plans as the kernels want them."""

from __future__ import annotations

import numpy as np

from edgeworth.core.jit import read_only
from edgeworth.routing.orienteering.kernels.plans import Instance, Plan
from edgeworth.routing.orienteering.model import OrienteeringProblem, RoutePlan, plan, value, violations

NEIGHBOURS = 200
"""Nearest customers kept for every location."""


def instance_of(problem: OrienteeringProblem) -> Instance:
    """The problem as a `Instance`; limits with half of the tolerance, so that rounding in another order breaks nothing. Times
    are since the first vehicle's origin (`model.limits`), so that where a clock begins changes nothing."""
    n, limits = problem.customers, problem.inner_limits
    origin = float(limits.origin.min(initial=np.inf)) if problem.vehicles else 0.0
    later = limits.origin - origin
    closes = (limits.close + later[:, None]).min(axis=0, initial=np.inf) if problem.vehicles else problem.close
    travel = np.ascontiguousarray(problem.travel_time)
    kind = np.empty(problem.vehicles, dtype=np.int64)
    for index, group in enumerate(problem.vehicle_types):
        kind[group] = index
    apart = travel[:, :n] + travel[:n, :].T
    np.fill_diagonal(apart, np.inf)
    near = np.argsort(apart, axis=1, kind="stable")[:, : min(max(n - 1, 0), NEIGHBOURS)]
    return read_only(
        Instance(
            travel=travel,
            back=np.ascontiguousarray(travel.T),
            distance=np.ascontiguousarray(problem.distance),
            prize=problem.profit - problem.service_cost,
            demand=problem.demand,
            opens=problem.open - origin,
            closes=closes,
            service=problem.service_time,
            first=problem.start,
            last=problem.end,
            slow=1.0 / problem.speed,
            capacity=limits.capacity,
            by_distance=problem.cost_per_distance,
            by_time=problem.cost_per_time,
            earliest=problem.earliest - origin,
            latest=limits.latest + later,
            kind=kind,
            near=np.ascontiguousarray(near),
            costly=bool(problem.cost_per_distance.any() or problem.cost_per_time.any()),
        )
    )


def empty_plan(problem: OrienteeringProblem) -> Plan:
    """A `Plan` with room for every customer in every route; its rows still have to be refreshed."""
    m, n = problem.vehicles, problem.customers
    stops = np.zeros((m + 2, n + 3), dtype=np.int64)
    stops[:m, 0], stops[:m, 1] = problem.start, problem.end
    return Plan(
        stops=stops,
        size=np.zeros(m, dtype=np.int64),
        load=np.zeros(m),
        version=np.zeros(m, dtype=np.int64),
        leave=np.zeros((m + 2, n + 3)),
        latest=np.zeros((m + 2, n + 3)),
        where=np.full(n, -1, dtype=np.int64),
        place=np.zeros(n, dtype=np.int64),
    )


def fill(target: Plan, solution: RoutePlan) -> None:
    """Write the stops of a plan of the model into one of the kernels."""
    for k, route in enumerate(solution.routes):
        target.stops[k, 1 : len(route) + 1] = route.stops
        target.size[k] = len(route)


def solution_of(problem: OrienteeringProblem, source: Plan) -> RoutePlan:
    """The plan of the model that a plan of the kernels stands for."""
    return plan(problem, [source.stops[k, 1 : source.size[k] + 1].copy() for k in range(problem.vehicles)])


def feasible(problem: OrienteeringProblem, source: Plan) -> tuple[RoutePlan, float]:
    """The same and its value by the model; nobody moves where rounding broke a limit."""
    solution = solution_of(problem, source)
    if violations(problem, solution):
        solution = plan(problem, [np.zeros(0, dtype=np.int64)] * problem.vehicles)
    return solution, value(problem, solution)


def scales(problem: OrienteeringProblem) -> tuple[float, float]:
    """Units for parameters: the mean of the positive profits (1 without any), and the mean time from a customer to its five
    nearest ones (1 without any)."""
    n = problem.customers
    prize = problem.profit - problem.service_cost
    positive = prize[prize > 0.0]
    money = float(positive.mean()) if positive.size else 1.0
    time = 0.0
    if n > 1:
        among = problem.travel_time[:n, :n].copy()
        np.fill_diagonal(among, np.inf)
        time = float(np.sort(among, axis=1)[:, : min(5, n - 1)].mean())
        time /= float(problem.speed.mean()) if problem.vehicles else 1.0
    return money, time if time > 0.0 else 1.0
