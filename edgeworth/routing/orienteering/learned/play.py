"""A trained router on a problem: it is built greedily, drawn several times, and improved by local search."""

from __future__ import annotations

from collections.abc import Callable
from itertools import chain

import numpy as np

from edgeworth.core.arrays import Floats
from edgeworth.core.method import Found
from edgeworth.core.policy import PolicyMismatchError
from edgeworth.core.result import Termination
from edgeworth.core.run import Run
from edgeworth.learning.deep.pairs import PairAttention
from edgeworth.learning.deep.policy import Policy
from edgeworth.routing.orienteering.heuristic.arrays import feasible, instance_of, scales
from edgeworth.routing.orienteering.heuristic.colony_search import EacoLs
from edgeworth.routing.orienteering.heuristic.descent import descend, search_state
from edgeworth.routing.orienteering.kernels.ant import take_plan
from edgeworth.routing.orienteering.kernels.insertion import SIZE
from edgeworth.routing.orienteering.kernels.plans import Plan
from edgeworth.routing.orienteering.learned.insertion import LOOKS, Insertion, stacked
from edgeworth.routing.orienteering.model import OrienteeringProblem, RoutePlan, plan

_PAIRS = 20_000  # pairs of all plans that are built side by side: a step of them takes some 30 ms


def play(policy: Policy, problem: OrienteeringProblem, run: Run[RoutePlan]) -> Found[RoutePlan]:
    """The plan that a policy builds by its most probable choices.

    Parameters
    ----------
    policy : Policy
        Trained by `learned.plan`.
    problem : OrienteeringProblem
    run : Run

    Returns
    -------
    Found
        A feasible plan, where the run is cut the part of it that was built by then. ``iterations`` counts plans,
        ``evaluations`` choices.

    Raises
    ------
    PolicyMismatchError
        For a policy that sees something else.
    """
    return sampled(policy, problem, run, 0, search=False)


def sampled(policy: Policy, problem: OrienteeringProblem, run: Run[RoutePlan], samples: int, search: bool) -> Found[RoutePlan]:
    """The best of the plan of the most probable choices and of so many that are drawn from the policy.

    Parameters
    ----------
    policy : Policy
    problem : OrienteeringProblem
    run : Run
    samples : int
        How many are drawn.
    search : bool
        Whether local search improves every one of these plans.

    Returns
    -------
    Found
        As of `play`.

    Raises
    ------
    PolicyMismatchError
    """
    if not isinstance(policy.net, PairAttention) or policy.net.features != SIZE:
        raise PolicyMismatchError(f"method: must score pairs of a vehicle and a customer; got {policy.name}: {policy.net}")
    best, reached = plan(problem, [np.zeros(0, dtype=np.int64)] * problem.vehicles), 0.0
    ending = run.tick(0, reached)
    m, n, done, choices = problem.vehicles, problem.customers, 0, 0
    if m == 0 or n == 0:
        return Found(best, ending or Termination.CONVERGED)
    building = Insertion(m, n, ended=lambda: run.tick(done, reached) is not None)
    instances = stacked([problem])
    improve = _local_search(problem) if search else None
    many = max(1, min(_PAIRS // (m * n), LOOKS // n**2))
    sizes = (min(many, samples - first) for first in range(0, samples, many))
    for group, size in enumerate(chain((1,), sizes)):  # the first plan is not drawn
        partial = building.begin(instances, np.zeros(size, np.int64))
        while ending is None and not partial.complete.all():
            choices += int(np.count_nonzero(~partial.complete))
            partial = building.extend(policy.act(partial.obs, partial.mask, group == 0, run.rng))
            ending = run.tick(done, reached)
        values = -building.cost()
        best, reached = max((best, reached), _best_of(problem, building, values), key=_worth)
        if improve is not None:
            _, rows = np.unique(building.plans.stops[:size, :m].reshape(size, -1), axis=0, return_index=True)
            for b in np.sort(rows).tolist():
                while ending is None and improve(_plan_at(building, b)):
                    ending = run.tick(done, reached)
            best, reached = max((best, reached), _best_of(problem, building, -building.cost()), key=_worth)
        done += size
        ending = ending or run.tick(done, reached)
        if ending is not None:
            break
    return Found(best, ending or Termination.CONVERGED, iterations=done, evaluations=choices)


def _worth(pair: tuple[RoutePlan, float]) -> float:
    return pair[1]


def _plan_at(building: Insertion, b: int) -> Plan:
    return Plan(*(each[b] for each in building.plans))


def _best_of(problem: OrienteeringProblem, building: Insertion, values: Floats) -> tuple[RoutePlan, float]:
    """The best of the plans that were built, and its value by the model."""
    return feasible(problem, _plan_at(building, int(values.argmax())))


def _local_search(problem: OrienteeringProblem) -> Callable[[Plan], int]:
    """One round of local search on a plan; says how many moves it made."""
    instance = instance_of(problem)
    money, time = scales(problem)

    def improve(target: Plan) -> int:
        state = search_state(problem.vehicles, problem.customers)
        take_plan(instance, target, state)
        return descend(instance, target, state, EacoLs.travel_penalty * money / time, money)

    return improve
