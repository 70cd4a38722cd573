"""Value, constraints and measures of route plans. Solvers and checker share nothing else."""

from __future__ import annotations

import math

import numpy as np

from edgeworth.core.numeric import FEASIBILITY_TOL
from edgeworth.core.violation import Violation, Violations
from edgeworth.routing.orienteering.model.limits import elapsed, excess
from edgeworth.routing.orienteering.model.problem import Floats, Ints, OrienteeringProblem
from edgeworth.routing.orienteering.model.routes import Route, RoutePlan, plan

RULES = ("visits", "windows", "return", "capacity", "schedule")
_LEAST = 1e-290  # so that a division by a duration of nothing stays finite


def _require_fitting(problem: OrienteeringProblem, solution: RoutePlan) -> None:
    if len(solution.routes) != problem.vehicles:
        raise ValueError(f"solution: must hold a route for each of {problem.vehicles} vehicles; got {len(solution.routes)}")
    for route in solution.routes:
        if len(route) and int(route.stops.max()) >= problem.customers:
            raise ValueError(f"solution: customers must be below {problem.customers}; got {int(route.stops.max())}")


def edges(problem: OrienteeringProblem, vehicle: int, route: Route) -> tuple[Ints, Ints]:
    """The edges of a route.

    Parameters
    ----------
    problem : OrienteeringProblem
        The problem.
    vehicle : int
        The vehicle, from 0.
    route : Route
        Its customers.

    Returns
    -------
    tuple of ndarray
        The locations that the edges leave and reach, int64 [stops + 1] each; none for a vehicle that stays.
    """
    if not len(route):
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    return np.append(problem.start[vehicle], route.stops), np.append(route.stops, problem.end[vehicle])


def _edge_costs(problem: OrienteeringProblem, vehicle: int, route: Route) -> Floats:
    tail, head = edges(problem, vehicle, route)
    by_distance = problem.cost_per_distance[vehicle] * problem.distance[tail, head]
    by_time = problem.cost_per_time[vehicle] * (problem.travel_time[tail, head] / problem.speed[vehicle])
    return np.asarray(by_distance + by_time)


def value(problem: OrienteeringProblem, solution: RoutePlan) -> float:
    """The value of a plan: profits less service costs of all customers visited, less the costs of all edges driven.

    Parameters
    ----------
    problem : OrienteeringProblem
    solution : RoutePlan

    Returns
    -------
    float
        Correctly rounded.

    Raises
    ------
    ValueError
        For a plan of another shape, and where a customer is visited twice: such a plan has no value.
    """
    _require_fitting(problem, solution)
    served = solution.served
    if len(np.unique(served)) < len(served):
        raise ValueError(f"solution: must visit a customer once; got {_repeated(served)[0]} more often")
    terms: list[float] = []
    for k, route in enumerate(solution.routes):
        terms += problem.profit[k, route.stops].tolist()
        terms += (-problem.service_cost[route.stops]).tolist()
        terms += (-_edge_costs(problem, k, route)).tolist()
    return math.fsum(terms)


def _repeated(served: Ints) -> list[int]:
    found, count = np.unique(served, return_counts=True)
    return [int(i) for i in found[count > 1]]


def violations(problem: OrienteeringProblem, solution: RoutePlan) -> tuple[Violation, ...]:
    """Every broken constraint of a plan.

    Parameters
    ----------
    problem : OrienteeringProblem
    solution : RoutePlan

    Returns
    -------
    tuple of Violation
        Empty for a feasible plan. Rules: ``visits`` (a customer is visited more than once; how many times too often),
        ``windows`` (a vehicle begins at a customer after its window closes), ``return`` (a vehicle is back too late),
        ``capacity`` (a vehicle carries too much) and ``schedule`` (the plan states another time or load than its sequence
        gives). The places are vehicles and customers. Amounts are in units where all numbers that meet are whole, otherwise
        relative to the duration up to the limit (`limits.excess`) or the capacity; of schedules always relative to the route's
        duration or load.

    Raises
    ------
    ValueError
        For a plan of another shape.

    Notes
    -----
    Times and loads are recomputed from the sequences, times on the clock of `limits`. What the plan states must equal them
    within 1e-9 of the route's duration, respectively load, and four units in the last place.
    """
    _require_fitting(problem, solution)
    broken = Violations(problem, violations)
    served = solution.served
    for i in _repeated(served):
        often = int(np.count_nonzero(served == i))
        broken.add("visits", often - 1.0, f"{broken.named('customer', i)} is visited {often} times", customer=i)
    true = plan(problem, solution.sequences)
    limits = problem.limits
    for k, (stated, route) in enumerate(zip(solution.routes, true.routes, strict=True)):
        stops, work, whole = route.stops, float(limits.work[k]), bool(limits.whole[k])
        begins, back = elapsed(problem, limits, k, stops)
        origin, vehicle = float(limits.origin[k]), broken.named("vehicle", k)
        for s in np.flatnonzero(begins > limits.close[k, stops]).tolist():
            i, limit, begin = int(stops[s]), float(problem.close[stops[s]]), float(route.start[s])
            text = f"{vehicle} begins at {broken.named('customer', i)} at {begin!r}, its window closes at {limit!r}"
            broken.add("windows", excess(float(begins[s]), limit - origin, work, whole), text, vehicle=k, customer=i)
        if len(route) and back > limits.latest[k]:
            limit = float(problem.latest[k])
            text = f"{vehicle} returns at {route.end_time!r}, the latest is {limit!r}"
            broken.add("return", excess(back, limit - origin, work, whole), text, vehicle=k)
        if len(route) and route.load[-1] > limits.capacity[k]:
            limit, load = float(problem.capacity[k]), float(route.load[-1])
            text = f"{vehicle} carries {load!r}, its capacity is {limit!r}"
            amount = excess(load, limit, float(problem.demand.sum()), bool(limits.full[k]))
            broken.add("capacity", amount, text, vehicle=k)
        _misstated(broken, k, stated, route, min(back, float(limits.reach[k])))
    return tuple(broken.found)


def _misstated(broken: Violations, vehicle: int, stated: Route, true: Route, duration: float) -> None:
    """Stops whose stated numbers differ from the true ones, each by the number that differs most; then the return."""
    worst: dict[int, tuple[float, str]] = {}
    load = float(true.load[-1]) if len(true) else 0.0
    who = broken.named("vehicle", vehicle)
    for name, scale in (("arrival", duration), ("start", duration), ("leave", duration), ("load", load)):
        said, is_so = getattr(stated, name), getattr(true, name)
        off = _apart(said, is_so, scale)
        for s in np.flatnonzero(off > FEASIBILITY_TOL).tolist():
            text = f"{name} {float(said[s])!r}, it is {float(is_so[s])!r}"
            worst[s] = max(worst.get(s, (0.0, "")), (float(off[s]), text))
    for s, (amount, text) in sorted(worst.items()):
        i = int(true.stops[s])
        broken.add("schedule", amount, f"{who} states for {broken.named('customer', i)} {text}", vehicle=vehicle, customer=i)
    off_end = float(_apart(np.array([stated.end_time]), np.array([true.end_time]), duration)[0])
    if off_end > FEASIBILITY_TOL:
        text = f"{who} states end_time {stated.end_time!r}, it is {true.end_time!r}"
        broken.add("schedule", off_end, text, vehicle=vehicle)


def _apart(said: Floats, is_so: Floats, scale: float) -> Floats:
    """By how much numbers differ, relative to a scale; 0 where that is no more than a few units in their last place, which is
    all that a clock of that origin can say."""
    off = np.abs(said - is_so)
    off = np.where(off <= 4.0 * np.spacing(np.abs(is_so)), 0.0, off)
    return np.where(off > 0.0, off / max(scale, _LEAST), 0.0)


def measures(problem: OrienteeringProblem, solution: RoutePlan) -> dict[str, float]:
    """Named numbers of a plan, for tables.

    Parameters
    ----------
    problem : OrienteeringProblem
    solution : RoutePlan

    Returns
    -------
    dict of str to float
        ``served``: customers visited; ``served_share``: of all; ``profit``: of those visited; ``travel_cost``, ``distance``,
        ``driving``, ``waiting``, ``service``: summed over all vehicles; ``vehicles_used``: those that move; ``utilisation``:
        load over capacity of the vehicles that move and have one; ``last_return``: of the vehicles that move. NaN where there
        is nothing to divide or compare.
    """
    _require_fitting(problem, solution)
    true = plan(problem, solution.sequences)
    moving = [k for k, route in enumerate(true.routes) if len(route)]
    ways = {k: edges(problem, k, true.routes[k]) for k in moving}
    limited = [k for k in moving if math.isfinite(problem.capacity[k])]
    room = math.fsum(float(problem.capacity[k]) for k in limited)
    carried = math.fsum(float(true.routes[k].load[-1]) for k in limited)
    stops = len(solution.served)
    times = {k: problem.travel_time[ways[k]] / problem.speed[k] for k in moving}
    return {
        "served": float(stops),
        "served_share": stops / problem.customers if problem.customers else math.nan,
        "profit": math.fsum(float(x) for k in moving for x in problem.profit[k, true.routes[k].stops]),
        "travel_cost": math.fsum(float(x) for k in moving for x in _edge_costs(problem, k, true.routes[k])),
        "distance": math.fsum(float(x) for k in moving for x in problem.distance[ways[k]]),
        "driving": math.fsum(float(x) for k in moving for x in times[k]),
        "waiting": math.fsum(float(x) for k in moving for x in true.routes[k].start - true.routes[k].arrival),
        "service": math.fsum(float(x) for k in moving for x in problem.service_time[true.routes[k].stops]),
        "vehicles_used": float(len(moving)),
        "utilisation": carried / room if room else math.nan,
        "last_return": max((true.routes[k].end_time for k in moving), default=math.nan),
    }
