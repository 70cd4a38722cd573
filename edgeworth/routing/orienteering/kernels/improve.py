"""Local search on a plan: insertion, replacement, ejection, removal, swap, or-opt, cross exchange and 2-opt*.

Most moves let a short segment of a route give way to another one: the way there is known from the leaving times, the segment
is walked, and the way on is feasible if it is reached by the latest start. Moves must raise value - travel_penalty * travel
time.
"""

import numpy as np

from edgeworth.core.jit import jit, leaf
from edgeworth.routing.orienteering.kernels.plans import NONE, ONE, ZERO, edge_cost, refresh, worth
from edgeworth.routing.orienteering.kernels.search import ABSENT, add_absent, drop_absent, renew

LONGEST = 3  # stops in a segment


@jit(counted=False)
def magnitude(instance, plan, travel_penalty):
    """The sum over all routes of |value| + travel_penalty * travel time."""
    found = 0.0
    for k in range(instance.first.size):
        value, driven = worth(instance, plan, k)
        found += abs(value) + travel_penalty * driven
    return found


@leaf(counted=False)
def splice(instance, plan, k, begin, length, row, at, size, travel_penalty):
    """What value - travel_penalty * time gains if `length` stops of route k from position `begin` on give way to `size` stops
    of `row` from position `at` on; -inf where that is infeasible."""
    z = plan.size[k]
    load, change = plan.load[k], 0.0
    for p in range(begin, begin + length):
        load -= instance.demand[plan.stops[k, p]]
        change -= instance.prize[k, plan.stops[k, p]]
    for p in range(at, at + size):
        load += instance.demand[plan.stops[row, p]]
        change += instance.prize[k, plan.stops[row, p]]
    if size > 0 and load > instance.capacity[k]:
        return -np.inf
    slow = instance.slow[k]
    here, time = plan.stops[k, begin - 1], plan.leave[k, begin - 1]
    road, cost = 0.0, 0.0
    for p in range(at, at + size):
        c = plan.stops[row, p]
        road += instance.travel[here, c] * slow
        time += instance.travel[here, c] * slow
        if time > instance.closes[c]:
            return -np.inf
        time = max(time, instance.opens[c]) + instance.service[c]
        if instance.costly:
            cost += edge_cost(instance, k, here, c)
        here = c
    if z - length + size > 0:
        c = plan.stops[k, begin + length]
        road += instance.travel[here, c] * slow
        if time + instance.travel[here, c] * slow > plan.latest[k, begin + length]:
            return -np.inf
        if instance.costly:
            cost += edge_cost(instance, k, here, c)
    if z > 0:
        for p in range(begin, begin + length + 1):
            a, b = plan.stops[k, p - 1], plan.stops[k, p]
            road -= instance.travel[a, b] * slow
            if instance.costly:
                cost -= edge_cost(instance, k, a, b)
    return change - cost - travel_penalty * road


@leaf(counted=False)
def judge(instance, plan, k, row, size, travel_penalty):
    """value - travel_penalty * time of vehicle k on the first `size` stops of `row`; -inf where infeasible. Walks them all."""
    if size == 0:
        return 0.0
    slow = instance.slow[k]
    here, time, load, value = instance.first[k], instance.earliest[k], 0.0, 0.0
    for p in range(1, size + 2):
        c = plan.stops[row, p] if p <= size else instance.last[k]
        drive = instance.travel[here, c] * slow
        time += drive
        value -= travel_penalty * drive
        if instance.costly:
            value -= edge_cost(instance, k, here, c)
        if p <= size:
            load += instance.demand[c]
            if time > instance.closes[c]:
                return -np.inf
            time = max(time, instance.opens[c]) + instance.service[c]
            value += instance.prize[k, c]
        here = c
    if time > instance.latest[k] or load > instance.capacity[k]:
        return -np.inf
    return value


@leaf(counted=False)
def copy_segment(plan, k, begin, length, row):
    """`length` stops of route k from position `begin` on become the first ones of `row`."""
    for p in range(length):
        plan.stops[row, p + 1] = plan.stops[k, begin + p]


@leaf(counted=False)
def change_segment(instance, plan, state, k, begin, length, row, size):
    """`length` stops of route k from `begin` on give way to the first `size` stops of `row`. Who is in no route is not kept."""
    z, shift = plan.size[k], size - length
    if shift < 0:
        for p in range(begin + length, z + 1):
            plan.stops[k, p + shift] = plan.stops[k, p]
    else:
        for p in range(z, begin + length - 1, -1):
            plan.stops[k, p + shift] = plan.stops[k, p]
    for p in range(size):
        plan.stops[k, begin + p] = plan.stops[row, p + 1]
    plan.size[k] = z + shift
    state.touched[k] = 1
    renew(plan, state, k)
    refresh(instance, plan, k)


@jit(counted=False)
def bring_in(instance, plan, state, travel_penalty, least):
    """Insertion, replacement and ejection: an absent customer takes the place of 0 to LONGEST stops; and removal of stops
    that do not pay. Returns how many moves were made."""
    m, made = instance.first.size, 0
    row = m
    t = 0
    while t <= state.ints[ABSENT]:
        size = ONE if t < state.ints[ABSENT] else ZERO  # the last round brings nobody in
        c = state.absent[t] if size else NONE
        plan.stops[row, 1] = c
        best, chosen, begin, length = least, NONE, ZERO, ZERO
        for k in range(m):
            for p in range(1, plan.size[k] + 2):
                if size and plan.leave[k, p - 1] > instance.closes[c]:
                    break
                for many in range(1 - size, min(LONGEST, plan.size[k] - p + 1) + 1):
                    change = splice(instance, plan, k, p, many, row, ONE, size, travel_penalty)
                    if change > best:
                        best, chosen, begin, length = change, k, p, many
        if chosen >= 0:
            for p in range(begin, begin + length):
                plan.where[plan.stops[chosen, p]] = -1
                add_absent(state, plan.stops[chosen, p])
            if size:
                drop_absent(state, c)
            change_segment(instance, plan, state, chosen, begin, length, row, size)
            made += 1
        else:
            t += 1
    return made


@jit(counted=False)
def cross(instance, plan, state, travel_penalty, least):
    """Swap, or-opt between routes and cross exchange: segments of 0 to LONGEST and 1 to LONGEST stops of two routes change
    places; the second begins at one of the nearest neighbours of the stop before the first. Returns how many were made."""
    m, made = instance.first.size, 0
    row = m
    for k in range(m):
        p = ONE
        while p <= plan.size[k] + 1:
            before = plan.stops[k, p - 1]
            best, other, at, take, give = least, NONE, ZERO, ZERO, ZERO
            for h in range(instance.near.shape[1]):
                c = instance.near[before, h]
                o = plan.where[c]
                if o < 0 or o == k:
                    continue
                q = plan.place[c]
                if plan.leave[k, p - 1] + instance.travel[before, c] * instance.slow[k] > instance.closes[c]:
                    continue
                for size in range(1, min(LONGEST, plan.size[o] - q + 1) + 1):
                    for length in range(min(LONGEST, plan.size[k] - p + 1) + 1):
                        change = splice(instance, plan, k, p, length, o, q, size, travel_penalty)
                        if change > -np.inf:
                            change += splice(instance, plan, o, q, size, k, p, length, travel_penalty)
                            if change > best:
                                best, other, at, take, give = change, o, q, size, length
            if other >= 0:
                copy_segment(plan, k, p, give, row)
                copy_segment(plan, other, at, take, row + 1)
                change_segment(instance, plan, state, k, p, give, row + 1, take)
                change_segment(instance, plan, state, other, at, take, row, give)
                made += 1
            p += 1
    return made


@jit(counted=False)
def or_opt(instance, plan, state, travel_penalty, least):
    """A segment of 1 to LONGEST stops moves elsewhere in its route. Returns how many moves were made."""
    m, made = instance.first.size, 0
    row = m
    for k in range(m):
        z = plan.size[k]
        p = ONE
        while p < z:
            now = judge(instance, plan, k, k, z, travel_penalty)
            best, length, spot = least, ZERO, ZERO
            for many in range(1, min(LONGEST, z - p + 1) + 1):
                for q in range(1, z - many + 2):
                    if q != p:
                        moved(plan, k, p, many, q, row)
                        change = judge(instance, plan, k, row, z, travel_penalty) - now
                        if change > best:
                            best, length, spot = change, many, q
            if length:
                moved(plan, k, p, length, spot, row)
                change_segment(instance, plan, state, k, ONE, z, row, z)
                made += 1
            p += 1
    return made


@leaf(counted=False)
def moved(plan, k, begin, length, to, row):
    """Route k with `length` stops from `begin` on moved so that they begin at position `to`, written to `row`."""
    z = plan.size[k]
    source = 1
    for p in range(1, z + 1):
        if to <= p < to + length:
            plan.stops[row, p] = plan.stops[k, begin + p - to]
        else:
            if source == begin:
                source += length
            plan.stops[row, p] = plan.stops[k, source]
            source += 1


@jit(counted=False)
def two_opt_star(instance, plan, state, travel_penalty, least):
    """Two routes change their ends. Returns how many moves were made."""
    m, made = instance.first.size, 0
    row = m
    for k in range(m):
        for o in range(k + 1, m):
            same = instance.kind[k] == instance.kind[o]
            old = judge(instance, plan, k, k, plan.size[k], travel_penalty) + judge(
                instance, plan, o, o, plan.size[o], travel_penalty
            )
            best, cut, cut_o = least, NONE, NONE
            for p in range(plan.size[k] + 1):
                for q in range(plan.size[o] + 1):
                    if (p == 0 and q == 0) or (p == plan.size[k] and q == plan.size[o]):
                        continue  # the routes as they are, whole
                    if same:  # a quick look; the last stop of a row is the depot
                        a, b = plan.stops[k, p], plan.stops[o, q]
                        c, d = plan.stops[k, p + 1], plan.stops[o, q + 1]
                        if plan.leave[k, p] + instance.travel[a, d] * instance.slow[k] > plan.latest[o, q + 1]:
                            continue
                        if plan.leave[o, q] + instance.travel[b, c] * instance.slow[o] > plan.latest[k, p + 1]:
                            continue
                    change = joined(instance, plan, k, p, o, q, row, travel_penalty)
                    if change > -np.inf:
                        change += joined(instance, plan, o, q, k, p, row, travel_penalty) - old
                        if change > best:
                            best, cut, cut_o = change, p, q
            if cut >= 0:
                tail, tail_o = plan.size[k] - cut, plan.size[o] - cut_o
                copy_segment(plan, k, cut + 1, tail, row)
                copy_segment(plan, o, cut_o + 1, tail_o, row + 1)
                change_segment(instance, plan, state, k, cut + 1, tail, row + 1, tail_o)
                change_segment(instance, plan, state, o, cut_o + 1, tail_o, row, tail)
                made += 1
    return made


@leaf(counted=False)
def joined(instance, plan, k, p, o, q, row, travel_penalty):
    """`judge` of vehicle k on its first p stops and what follows the first q of route o."""
    size = p + plan.size[o] - q
    for s in range(1, size + 1):
        plan.stops[row, s] = plan.stops[k, s] if s <= p else plan.stops[o, s - p + q]
    return judge(instance, plan, k, row, size, travel_penalty)
