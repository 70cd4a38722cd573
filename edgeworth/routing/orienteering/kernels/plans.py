"""What all kernels of orienteering share: the instance and a plan as arrays, insertion in constant time, random numbers.

A plan keeps for every stop when the vehicle leaves it at the earliest, and when its service may begin at the latest so
that all that follows stays feasible: whether an insertion between two stops fits is then a matter of one comparison.
Nothing here allocates, hence ``counted=False``: passing many arrays costs no reference counting.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from edgeworth.core.jit import jit, leaf
from edgeworth.core.kernels import GOLDEN, fraction


class Instance(NamedTuple):
    """The problem as arrays.

    travel [L, L] and its transpose back, so that both ways of a customer are rows; distance [L, L]; prize [m, n]: profit less
    service cost; demand, opens, closes, service [n]; first, last [m]: depots; slow [m]: 1 / speed; capacity, by_distance,
    by_time, earliest, latest [m]; kind [m]: index of the vehicle's type; near [L, K]: customers by distance; costly: False
    where driving is free. closes, latest and capacity include half of the tolerance.
    """

    travel: NDArray[np.float64]
    back: NDArray[np.float64]
    distance: NDArray[np.float64]
    prize: NDArray[np.float64]
    demand: NDArray[np.float64]
    opens: NDArray[np.float64]
    closes: NDArray[np.float64]
    service: NDArray[np.float64]
    first: NDArray[np.int64]
    last: NDArray[np.int64]
    slow: NDArray[np.float64]
    capacity: NDArray[np.float64]
    by_distance: NDArray[np.float64]
    by_time: NDArray[np.float64]
    earliest: NDArray[np.float64]
    latest: NDArray[np.float64]
    kind: NDArray[np.int64]
    near: NDArray[np.int64]
    costly: bool


class Plan(NamedTuple):
    """A plan with what moves need of it.

    stops [m + 2, n + 3]: depot, customers, depot; the last two rows are scratch. size, load, version [m]. leave, latest
    [m + 2, n + 3]: when the vehicle leaves a stop at the earliest, and when service may begin there at the latest. where,
    place [n]: the vehicle (-1: none) that visits a customer, and at which position (1 is the first).
    """

    stops: NDArray[np.int64]
    size: NDArray[np.int64]
    load: NDArray[np.float64]
    version: NDArray[np.int64]
    leave: NDArray[np.float64]
    latest: NDArray[np.float64]
    where: NDArray[np.int64]
    place: NDArray[np.int64]


# Written out, since numba compiles a function anew for every literal integer it is called with.
ZERO, ONE, NONE = np.int64(0), np.int64(1), np.int64(-1)


@leaf(counted=False)
def uniform(key, count):
    """Number `count` of a stream, in [0, 1): a function of both arguments alone."""
    return fraction(key + np.uint64(count) * GOLDEN)


@leaf(counted=False)
def run_forward(instance, plan, k, begin):
    """Leaving times from position `begin` on; also says of these customers where they are."""
    slow = instance.slow[k]
    here, time = plan.stops[k, begin - 1], plan.leave[k, begin - 1]
    for p in range(begin, plan.size[k] + 1):
        i = plan.stops[k, p]
        time = max(time + instance.travel[here, i] * slow, instance.opens[i]) + instance.service[i]
        plan.leave[k, p] = time
        plan.where[i] = k
        plan.place[i] = p
        here = i


@leaf(counted=False)
def run_backward(instance, plan, k, begin):
    """Latest starts from position `begin` back to the first."""
    slow = instance.slow[k]
    ahead, time = plan.stops[k, begin + 1], plan.latest[k, begin + 1]
    for p in range(begin, 0, -1):
        i = plan.stops[k, p]
        time = min(instance.closes[i], time - instance.travel[i, ahead] * slow - instance.service[i])
        plan.latest[k, p] = time
        ahead = i


@jit(counted=False)
def refresh(instance, plan, k):
    """All of a route's numbers from its stops and size."""
    z = plan.size[k]
    plan.stops[k, 0] = instance.first[k]
    plan.stops[k, z + 1] = instance.last[k]
    plan.leave[k, 0] = instance.earliest[k]
    plan.latest[k, z + 1] = instance.latest[k]
    load = 0.0
    for p in range(1, z + 1):
        load += instance.demand[plan.stops[k, p]]
    plan.load[k] = load
    run_forward(instance, plan, k, ONE)
    run_backward(instance, plan, k, z)


@leaf(counted=False)
def edge_cost(instance, k, a, b):
    """What vehicle k pays for driving from a to b."""
    return instance.by_distance[k] * instance.distance[a, b] + instance.by_time[k] * (instance.travel[a, b] * instance.slow[k])


@leaf(counted=False)
def worth(instance, plan, k):
    """Value of route k, and its time on the road."""
    z = plan.size[k]
    value, driven = 0.0, 0.0
    if z == 0:
        return value, driven
    here = plan.stops[k, 0]
    for p in range(1, z + 2):
        i = plan.stops[k, p]
        driven += instance.travel[here, i] * instance.slow[k]
        if p <= z:
            value += instance.prize[k, i]
        if instance.costly:
            value -= edge_cost(instance, k, here, i)
        here = i
    return value, driven


@leaf(counted=False)
def best_place(instance, plan, k, c, travel_penalty):
    """Where customer c fits best into route k: the position after which, or -1; the gain in value; the time added on the road.
    Best: the largest gain - travel_penalty * time."""
    z = plan.size[k]
    spot, score, gain, added = NONE, -np.inf, 0.0, 0.0
    if plan.load[k] + instance.demand[c] > instance.capacity[k]:
        return spot, gain, added
    slow, opens, closes, service = instance.slow[k], instance.opens[c], instance.closes[c], instance.service[c]
    for p in range(z + 1):
        leave = plan.leave[k, p]
        if leave > closes:
            break
        deadline = plan.latest[k, p + 1]
        if deadline < max(leave, opens) + service:  # most places of a full route go by this, without a look at the roads
            continue
        a, b = plan.stops[k, p], plan.stops[k, p + 1]
        there = instance.back[c, a] * slow
        start = max(leave + there, opens)
        onward = instance.travel[c, b] * slow
        if start > closes or start + service + onward > deadline:
            continue
        time = there + onward
        if z > 0:
            time -= instance.travel[a, b] * slow
        value = instance.prize[k, c]
        if instance.costly:
            value -= edge_cost(instance, k, a, c) + edge_cost(instance, k, c, b)
            if z > 0:
                value += edge_cost(instance, k, a, b)
        if value - travel_penalty * time > score:
            spot, score, gain, added = p, value - travel_penalty * time, value, time
    return spot, gain, added


@leaf(counted=False)
def put(instance, plan, k, spot, c):
    """Insert customer c into route k after position `spot`."""
    z = plan.size[k]
    for p in range(z + 1, spot, -1):
        plan.stops[k, p + 1] = plan.stops[k, p]
        plan.latest[k, p + 1] = plan.latest[k, p]
    plan.stops[k, spot + 1] = c
    plan.size[k] = z + 1
    plan.load[k] += instance.demand[c]
    run_forward(instance, plan, k, spot + 1)
    run_backward(instance, plan, k, spot + 1)


@jit(counted=False)
def copy_route(source, target, k):
    """Everything of route k but what is kept by customer."""
    target.size[k] = source.size[k]
    target.load[k] = source.load[k]
    target.version[k] = source.version[k]
    for p in range(source.size[k] + 2):
        target.stops[k, p] = source.stops[k, p]
        target.leave[k, p] = source.leave[k, p]
        target.latest[k, p] = source.latest[k, p]
