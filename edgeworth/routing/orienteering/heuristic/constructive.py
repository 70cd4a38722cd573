"""Greedy insertion."""

from __future__ import annotations

import numpy as np

from edgeworth.core.method import Found
from edgeworth.core.result import Termination
from edgeworth.core.run import Run
from edgeworth.routing.orienteering.heuristic.arrays import empty_plan, instance_of, scales, solution_of
from edgeworth.routing.orienteering.kernels.constructive import insert_greedily
from edgeworth.routing.orienteering.kernels.plans import refresh
from edgeworth.routing.orienteering.model import OrienteeringProblem, RoutePlan

_SHORT = 0.1  # of the time to the nearest customers, added to every detour: a detour of no time has no infinite rate


def greedy_insertion(problem: OrienteeringProblem, params: None, run: Run[RoutePlan]) -> Found[RoutePlan]:
    """Insert the customer of largest ``gain^2 / (detour + short)`` at its best position, again and again, until nothing gains.

    Parameters
    ----------
    problem : OrienteeringProblem
        The instance.
    params : None
        The method has no parameters.
    run : Run
        Clock of the run.

    Returns
    -------
    Found
        A feasible plan worth at least 0. ``iterations`` counts the customers inserted.

    Notes
    -----
    gain is the profit less the service cost and what the detour costs; detour is the travel time that the insertion adds; short
    is a tenth of the mean travel time to the five nearest customers, so that a detour of no time has a finite rate. Every
    position of every route is examined; windows, latest returns and loads are checked in constant time by the latest feasible
    start of what follows.

    References
    ----------
    Vansteenwegen, Souffriau, Vanden Berghe and Van Oudheusden, Iterated local search for the team orienteering problem with
    time windows, Computers & Operations Research 36 (2009); the ratio is our own.
    """
    instance, target = instance_of(problem), empty_plan(problem)
    for k in range(problem.vehicles):
        refresh(instance, target, k)
    shape = (problem.vehicles, problem.customers)
    spot, gain, added = np.zeros(shape, dtype=np.int64), np.zeros(shape), np.zeros(shape)
    count = insert_greedily(instance, target, spot, gain, added, _SHORT * scales(problem)[1])
    return Found(solution_of(problem, target), Termination.CONVERGED, iterations=int(count))
