"""Constructive heuristics."""

from __future__ import annotations

import numpy as np

from edgeworth.core.method import Found
from edgeworth.core.result import Termination
from edgeworth.core.run import Run
from edgeworth.routing.orienteering.model import OrienteeringProblem, RoutePlan, plan


def greedy(problem: OrienteeringProblem, params: None, run: Run[RoutePlan]) -> Found[RoutePlan]:
    """Vehicle after vehicle goes to the customer with the largest gain a unit of time until none is left that pays.

    Gain: profit - service cost - the detour's cost over going home at once; time: until the service there ends. A customer
    counts when its window, the vehicle's return and its capacity allow it and the gain is positive. O(n) vector operations
    of length n a vehicle. Guarantee: feasible, and worth at least 0.
    """
    limits = problem.inner_limits
    free = np.ones(problem.customers, dtype=bool)
    sequences: list[list[int]] = []
    for k in range(problem.vehicles):
        times, costs = problem.drive_time(k), problem.edge_cost(k)
        home, here, clock, load = int(problem.end[k]), int(problem.start[k]), float(problem.earliest[k]), 0.0
        nodes = np.arange(problem.customers)
        stops: list[int] = []
        while True:
            begin = np.maximum(clock + times[here, nodes], problem.open)
            leave = begin + problem.service_time
            spared = costs[here, home] if stops else 0.0
            gain = problem.profit[k] - problem.service_cost - costs[here, nodes] - costs[nodes, home] + spared
            fits = (begin <= limits.close) & (load + problem.demand <= limits.capacity[k])
            fits &= (leave + times[nodes, home] <= limits.latest[k]) & free & (gain > 0.0)
            if not fits.any():
                break
            rate = np.where(fits, gain / np.maximum(leave - clock, 1e-12), -np.inf)
            i = int(np.argmax(rate))
            stops.append(i)
            free[i], here, clock, load = False, i, float(leave[i]), load + float(problem.demand[i])
        sequences.append(stops)
    return Found(plan(problem, sequences), Termination.CONVERGED, iterations=problem.vehicles)
