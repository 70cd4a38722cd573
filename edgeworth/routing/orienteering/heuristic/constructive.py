"""Greedy insertion."""

from __future__ import annotations

import numpy as np

from edgeworth.core.method import Found
from edgeworth.core.result import Termination
from edgeworth.core.run import Run
from edgeworth.routing.orienteering.heuristic.arrays import core_of, empty_plan, scales, solution_of
from edgeworth.routing.orienteering.kernels.constructive import insert_greedily
from edgeworth.routing.orienteering.kernels.plans import refresh
from edgeworth.routing.orienteering.model import OrienteeringProblem, RoutePlan

_SHORT = 0.1  # of the time to the nearest customers, added to every detour: a detour of no time has no infinite rate


def greedy_insertion(problem: OrienteeringProblem, params: None, run: Run[RoutePlan]) -> Found[RoutePlan]:
    """Best insertion: the customer, vehicle and place of largest ``gain^2 / (detour + short)`` come next, until nothing gains.

    gain: profit less service cost and what the detour costs; detour: the driving time it adds; short: a tenth of the mean
    time to the five nearest customers. Windows, return and load are checked in constant time by the latest starts of what
    follows. Iterations: customers inserted. Guarantee: feasible, worth at least 0.
    """
    core, target = core_of(problem), empty_plan(problem)
    for k in range(problem.vehicles):
        refresh(core, target, k)
    shape = (problem.vehicles, problem.customers)
    spot, gain, added = np.zeros(shape, dtype=np.int64), np.zeros(shape), np.zeros(shape)
    count = insert_greedily(core, target, spot, gain, added, _SHORT * scales(problem)[1])
    return Found(solution_of(problem, target), Termination.CONVERGED, iterations=int(count))
