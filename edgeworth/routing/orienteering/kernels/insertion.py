"""Insertion step by step, many plans side by side: what a learned policy sees of every pair of vehicle and customer."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from edgeworth.core.jit import jit, leaf
from edgeworth.routing.orienteering.kernels.plans import NONE, Instance, Plan, best_place, copy_route, put, refresh, worth

FEATURES = (
    "open", "gain", "profit", "detour", "gain a detour", "load", "room", "gain a load", "gain above other vehicles",
    "gain above other customers", "vehicles open", "customers open", "unused", "wait", "slack", "window", "busy", "next gain",
    "both gains", "both above other vehicles", "both a load", "pressure",
)  # fmt: skip
"""What is seen of a pair, in order; amounts of money in units of the mean profit, detours in units of a short way."""
SIZE = len(FEATURES)
_MOST = 5.0  # amounts of money are cut off there
_LARGE = 1e9  # more is no more, so that nothing overflows


class Places(NamedTuple):
    """What inserting customer c into route k of plan b means.

    spot, gain, added [plans, m, n]: as of `best_place`. after, later [plans, m, n]: whom to insert into the same route next,
    -1: nobody, and what that gains.
    """

    spot: NDArray[np.int64]
    gain: NDArray[np.float64]
    added: NDArray[np.float64]
    after: NDArray[np.int64]
    later: NDArray[np.float64]


@leaf(counted=False)
def instance_at(batch, i):
    """Instance i of a batch, which is an `Instance` whose arrays have an axis more."""
    return Instance(
        batch.travel[i],
        batch.back[i],
        batch.distance[i],
        batch.prize[i],
        batch.demand[i],
        batch.opens[i],
        batch.closes[i],
        batch.service[i],
        batch.first[i],
        batch.last[i],
        batch.slow[i],
        batch.capacity[i],
        batch.by_distance[i],
        batch.by_time[i],
        batch.earliest[i],
        batch.latest[i],
        batch.kind[i],
        batch.near[i],
        batch.costly[i],
    )


@leaf(counted=False)
def plan_at(plans, b):
    """Plan b of a batch."""
    return Plan(
        plans.stops[b],
        plans.size[b],
        plans.load[b],
        plans.version[b],
        plans.leave[b],
        plans.latest[b],
        plans.where[b],
        plans.place[b],
    )


@leaf(counted=False)
def may_go(instance, plan, places, b, k, c):
    """Whether pair (k, c) is open: c fits, and gains, or opens a route that later stops may pay for."""
    if plan.where[c] >= 0 or places.spot[b, k, c] < 0:
        return False
    return places.gain[b, k, c] > 0.0 or (plan.size[k] == 0 and instance.prize[k, c] > 0.0)


@leaf(counted=False)
def look_ahead(instance, plan, spare, places, b, k, c):
    """Whom to insert into route k after c."""
    places.after[b, k, c], places.later[b, k, c] = NONE, 0.0
    copy_route(plan, spare, k)
    put(instance, spare, k, places.spot[b, k, c], c)
    penalty = 0.0 if instance.costly else 1.0
    for o in range(instance.demand.size):
        if o != c and plan.where[o] < 0 and places.spot[b, k, o] >= 0:
            spot, gain, _ = best_place(instance, spare, k, o, penalty)
            if spot >= 0 and gain > places.later[b, k, c]:
                places.after[b, k, c], places.later[b, k, c] = o, gain


@jit(counted=False)
def look_up(instance, plan, spare, places, b, k):
    """Everything about route k of plan b."""
    penalty = 0.0 if instance.costly else 1.0  # the detour only breaks ties where it costs nothing
    for c in range(instance.demand.size):
        if plan.where[c] < 0:
            places.spot[b, k, c], places.gain[b, k, c], places.added[b, k, c] = best_place(instance, plan, k, c, penalty)
    for c in range(instance.demand.size):
        if may_go(instance, plan, places, b, k, c):
            look_ahead(instance, plan, spare, places, b, k, c)


@jit(counted=False)
def start(batch, which, plans, places, begin, end):
    """Empty routes of vehicles `begin` to `end` - 1: plan b is one of instance which[b]. Plan which.size is scratch."""
    spare = plan_at(plans, which.size)
    for b in range(which.size):
        instance, plan = instance_at(batch, which[b]), plan_at(plans, b)
        for k in range(begin, end):
            refresh(instance, plan, k)
            look_up(instance, plan, spare, places, b, k)


@jit(counted=False)
def insert(batch, which, plans, places, actions, complete):
    """Action k n + c of a plan that is not complete: customer c comes into route k, where it fits best."""
    spare = plan_at(plans, which.size)
    for b in range(which.size):
        if complete[b]:
            continue
        instance, plan = instance_at(batch, which[b]), plan_at(plans, b)
        n = instance.demand.size
        chosen, customer = actions[b] // n, actions[b] % n
        put(instance, plan, chosen, places.spot[b, chosen, customer], customer)
        for k in range(instance.first.size):
            if k == chosen:
                look_up(instance, plan, spare, places, b, k)
                continue
            for c in range(n):
                if places.after[b, k, c] == customer and may_go(instance, plan, places, b, k, c):
                    look_ahead(instance, plan, spare, places, b, k, c)


@leaf(counted=False)
def squashed(x):
    """Any number, brought to between -1 and 1."""
    x = max(min(x, _LARGE), -_LARGE)
    return x / (1.0 + abs(x))


@leaf(counted=False)
def cut(x):
    return max(min(x, _MOST), -_MOST)


@leaf(counted=False)
def above(mine, best, unit):
    """By how much an amount is above the best other one; 0 where there is no other."""
    return cut((mine - best) / unit) if best > -np.inf else 0.0


@jit(counted=False)
def observe(batch, which, plans, places, money, time, seen, mask, complete):
    """What is seen of all plans: seen [plans, 1 + m n SIZE] float32, mask [plans, m n], complete [plans].

    money, time [instances]: units. Of a closed pair everything is 0."""
    m, n = batch.first.shape[1], batch.demand.shape[1]
    for b in range(which.size):
        instance, plan = instance_at(batch, which[b]), plan_at(plans, b)
        seen[b, 0], complete[b] = m, True
        room, open_demand, all_demand = 0.0, 0.0, 0.0
        for k in range(m):
            room += instance.capacity[k] - plan.load[k]
        for c in range(n):
            wanted = False
            for k in range(m):
                mask[b, k * n + c] = may_go(instance, plan, places, b, k, c)
                wanted = wanted or mask[b, k * n + c]
            all_demand += instance.demand[c]
            open_demand += instance.demand[c] if wanted else 0.0
            complete[b] = complete[b] and not wanted
        pressure = squashed(open_demand / room) if room > 0.0 else 1.0
        for k in range(m):
            for c in range(n):
                at = 1 + (k * n + c) * SIZE
                if mask[b, k * n + c]:
                    describe(instance, plan, places, mask, b, k, c, money[which[b]], time[which[b]], all_demand / n, seen, at)
                    seen[b, at + 21] = pressure
                else:
                    for f in range(SIZE):
                        seen[b, at + f] = 0.0
        if complete[b]:
            for p in range(m * n):
                mask[b, p] = True


@leaf(counted=False)
def describe(instance, plan, places, mask, b, k, c, unit, short, mean_demand, seen, at):
    """All of `FEATURES` but the last for an open pair, from seen[b, at] on."""
    m, n = instance.first.size, instance.demand.size
    gain, added, spot = places.gain[b, k, c], places.added[b, k, c], places.spot[b, k, c]
    both, demand, capacity = gain + places.later[b, k, c], instance.demand[c], instance.capacity[k]
    vehicles, other_vehicle, other_both = 0, -np.inf, -np.inf
    for v in range(m):
        if mask[b, v * n + c]:
            vehicles += 1
            if v != k:
                other_vehicle = max(other_vehicle, places.gain[b, v, c])
                other_both = max(other_both, places.gain[b, v, c] + places.later[b, v, c])
    customers, other_customer = 0, -np.inf
    for o in range(n):
        if mask[b, k * n + o]:
            customers += 1
            if o != c:
                other_customer = max(other_customer, places.gain[b, k, o])
    load = demand + (instance.demand[places.after[b, k, c]] if places.after[b, k, c] >= 0 else 0.0)
    slow, horizon = instance.slow[k], instance.latest[k] - instance.earliest[k]
    if horizon <= 0.0:
        horizon = 1.0
    arrival = plan.leave[k, spot] + instance.travel[plan.stops[k, spot], c] * slow
    begin = max(arrival, instance.opens[c])
    onward = begin + instance.service[c] + instance.travel[c, plan.stops[k, spot + 1]] * slow
    limited = 0.0 < capacity < np.inf
    seen[b, at] = 1.0
    seen[b, at + 1] = cut(gain / unit)
    seen[b, at + 2] = cut(instance.prize[k, c] / unit)
    seen[b, at + 3] = squashed(added / short)
    seen[b, at + 4] = squashed(gain / unit / (max(added, 0.0) / short + 0.1))
    seen[b, at + 5] = demand / capacity if limited else 0.0
    seen[b, at + 6] = (capacity - plan.load[k] - demand) / capacity if limited else 1.0
    seen[b, at + 7] = squashed(gain / unit * min(mean_demand / demand, _LARGE)) if demand > 0.0 else 0.0
    seen[b, at + 8] = above(gain, other_vehicle, unit)
    seen[b, at + 9] = above(gain, other_customer, unit)
    seen[b, at + 10] = vehicles / m
    seen[b, at + 11] = customers / n
    seen[b, at + 12] = 1.0 if plan.size[k] == 0 else 0.0
    seen[b, at + 13] = squashed((begin - arrival) / horizon)
    seen[b, at + 14] = squashed((plan.latest[k, spot + 1] - onward) / horizon)
    seen[b, at + 15] = squashed((instance.closes[c] - begin) / horizon)
    seen[b, at + 16] = squashed((instance.service[c] + added) / horizon)
    seen[b, at + 17] = cut(places.later[b, k, c] / unit)
    seen[b, at + 18] = cut(both / unit)
    seen[b, at + 19] = above(both, other_both, unit)
    seen[b, at + 20] = squashed(both / unit * min(mean_demand / load, _LARGE)) if load > 0.0 else 0.0


@jit(counted=False)
def earned(batch, which, plans, values):
    """Values of the plans, of which routes that do not pay are dropped."""
    for b in range(which.size):
        instance, plan = instance_at(batch, which[b]), plan_at(plans, b)
        values[b] = 0.0
        for k in range(instance.first.size):
            value, _ = worth(instance, plan, k)
            if value > 0.0:
                values[b] += value
            else:
                plan.size[k] = 0
