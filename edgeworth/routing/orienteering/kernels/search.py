"""How an ant of eaco-ls changes its plan: it takes segments out and rebuilds by the colony's rule; or takes that back."""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from edgeworth.core.jit import leaf
from edgeworth.routing.orienteering.kernels.plans import (
    NONE,
    ONE,
    ZERO,
    best_place,
    copy_route,
    put,
    run_backward,
    run_forward,
    uniform,
)


class SearchState(NamedTuple):
    """All that the search of one ant changes beside its plans.

    known, spot, gain, added [2, m, n]: where customer c fits best into route k, remembered with the route's version; slot 0 for
    the ant's plan, slot 1 for routes that the present attempt has changed. absent, slot [n]: the customers that nobody visits,
    and each one's place in that list (-1: visited). queue, key [n]: who is to be inserted, in order. mark [n]: last attempt
    that put a customer into the pool. pool [n]. touched, value, driven [m]. ints [N_INTS].
    """

    known: NDArray[np.int64]
    spot: NDArray[np.int64]
    gain: NDArray[np.float64]
    added: NDArray[np.float64]
    absent: NDArray[np.int64]
    slot: NDArray[np.int64]
    queue: NDArray[np.int64]
    key: NDArray[np.float64]
    mark: NDArray[np.int64]
    pool: NDArray[np.int64]
    touched: NDArray[np.int64]
    value: NDArray[np.float64]
    driven: NDArray[np.float64]
    ints: NDArray[np.int64]


ABSENT, VERSION, ATTEMPT, N_INTS = range(4)


class SearchParameters(NamedTuple):
    """What steers the search of an ant.

    travel_penalty: price of a unit of travel time in the search's own objective. segment: longest segment taken out. removals:
    after so many customers at most no further segment is taken out. again: a route may lose several. full_pool: up to so many
    customers, all absent ones are candidates; beyond, the `neighbours` nearest of what was taken out. blink: probability of
    passing over a position. detour_offset: time added to detours, so that ratios stay finite. noise: width of that on
    logarithms. alpha: exponent of pheromone. by_rate, by_square, by_chance: cumulative shares of the rules by which customers
    are ranked; the rest goes by prize.
    """

    travel_penalty: float
    segment: int
    removals: int
    again: bool
    full_pool: int
    neighbours: int
    blink: float
    detour_offset: float
    noise: float
    alpha: float
    by_rate: float
    by_square: float
    by_chance: float


@leaf(counted=False)
def add_absent(state, c):
    state.absent[state.ints[ABSENT]] = c
    state.slot[c] = state.ints[ABSENT]
    state.ints[ABSENT] += 1


@leaf(counted=False)
def drop_absent(state, c):
    state.ints[ABSENT] -= 1
    moved = state.absent[state.ints[ABSENT]]
    state.absent[state.slot[c]] = moved
    state.slot[moved] = state.slot[c]
    state.slot[c] = -1


@leaf(counted=False)
def renew(plan, state, k):
    """Route k is another one now: what is remembered of its places no longer holds."""
    state.ints[VERSION] += 1
    plan.version[k] = state.ints[VERSION]


@leaf(counted=False)
def look(instance, plan, state, k, c, travel_penalty):
    """Make sure that the best place of c in route k is known; returns the slot it is remembered in."""
    slot = state.touched[k]
    if state.known[slot, k, c] != plan.version[k]:
        state.spot[slot, k, c], state.gain[slot, k, c], state.added[slot, k, c] = best_place(
            instance, plan, k, c, travel_penalty
        )
        state.known[slot, k, c] = plan.version[k]
    return slot


@leaf(counted=False)
def choose(instance, plan, state, c, travel_penalty, blink, key, count):
    """The route in which c fits best, or -1. A place must gain, or open a route that later stops may pay for."""
    chosen, best = NONE, -np.inf
    for k in range(instance.first.size):
        slot = look(instance, plan, state, k, c, travel_penalty)
        if state.spot[slot, k, c] >= 0:
            gain = state.gain[slot, k, c]
            if gain > 0.0 or (plan.size[k] == 0 and instance.prize[k, c] > 0.0):
                score = gain - travel_penalty * state.added[slot, k, c]
                if score > best:
                    count += 1
                    if uniform(key, count) >= blink:
                        chosen, best = k, score
    return chosen, count


@leaf(counted=False)
def take_out(instance, plan, state, k, begin, length, hole, keep):
    """Take `length` stops out of route k from position `begin` on, but keep `keep` stops from position `hole` on."""
    z, to = plan.size[k], begin
    for p in range(begin, z + 1):
        c = plan.stops[k, p]
        if p < begin + length + keep and not hole <= p < hole + keep:
            plan.where[c] = -1
            plan.load[k] -= instance.demand[c]
            add_absent(state, c)
        else:
            plan.stops[k, to] = c
            to += 1
    plan.size[k] = to - 1
    plan.stops[k, to] = instance.last[k]
    plan.latest[k, to] = instance.latest[k]
    state.touched[k] = 1
    renew(plan, state, k)
    run_forward(instance, plan, k, begin)
    run_backward(instance, plan, k, to - 1)


@leaf(counted=False)
def ruin(instance, plan, state, centre, parameters, key, count):
    """Take segments out of routes around a customer, one a route unless `again`, until enough customers are out."""
    count += 1
    enough = 1 + int(uniform(key, count) * parameters.removals)
    out = 0
    for h in range(-1, instance.near.shape[1]):
        c = centre if h < 0 else instance.near[centre, h]
        if c >= instance.demand.size:
            continue
        k = plan.where[c]
        if k < 0 or (state.touched[k] and not parameters.again):
            continue
        z = plan.size[k]
        length = 1 + int(uniform(key, count + 1) * min(parameters.segment, z))
        begin = min(max(plan.place[c] - int(uniform(key, count + 2) * length), 1), z - length + 1)
        hole, keep = begin + int(uniform(key, count + 3) * length), ZERO
        count += 4
        if uniform(key, count) < 0.5:
            while begin + length + keep <= z:
                keep += 1
                count += 1
                if uniform(key, count) < 0.5:
                    break
        before = state.ints[ABSENT]
        take_out(instance, plan, state, k, begin, length, hole, keep)
        out += state.ints[ABSENT] - before
        if out >= enough:
            break
    return count


@leaf(counted=False)
def gather(instance, plan, state, centre, begin, parameters):
    """Fill the pool with those whose insertion is tried: all absent customers, or those near what was taken out (the absent
    list from `begin` on) and near the centre."""
    absent = state.ints[ABSENT]
    if instance.demand.size <= parameters.full_pool:
        for t in range(absent):
            state.pool[t] = state.absent[t]
        return absent
    many = 0
    state.ints[ATTEMPT] += 1
    attempt = state.ints[ATTEMPT]
    for t in range(begin - 1, absent):
        c = centre if t < begin else state.absent[t]
        for h in range(-1, min(parameters.neighbours, instance.near.shape[1])):
            x = c if h < 0 else instance.near[c, h]
            if x < instance.demand.size and plan.where[x] < 0 and state.mark[x] != attempt:
                state.mark[x] = attempt
                state.pool[many] = x
                many += 1
    return many


@leaf(counted=False)
def attraction(instance, plan, state, pheromone, k, c, power, parameters):
    """The logarithm of (6) for an insertion: pheromone of the two new edges, gain, time added."""
    slot = state.touched[k]
    spot = state.spot[slot, k, c]
    a, b, kind = plan.stops[k, spot], plan.stops[k, spot + 1], instance.kind[k]
    strength = power * math.log(max(state.gain[slot, k, c], 1e-9))
    strength -= math.log(max(state.added[slot, k, c], 0.0) + parameters.detour_offset)
    if parameters.alpha > 0.0:
        strength += 0.5 * parameters.alpha * math.log(pheromone[kind, a, c] * pheromone[kind, c, b])
    return strength


@leaf(counted=False)
def rebuild(instance, plan, state, pheromone, many, parameters, key, count):
    """Draw the customers of the pool in a random order that prefers strong ones, and insert each where it fits best."""
    count += 1
    mode = uniform(key, count)
    queued = 0
    for t in range(many):
        c = state.pool[t]
        k, count = choose(instance, plan, state, c, parameters.travel_penalty, 0.0, key, count)
        if k < 0:
            continue
        count += 1
        rank = parameters.noise * (uniform(key, count) - 0.5)
        if mode < parameters.by_rate:
            rank += attraction(instance, plan, state, pheromone, k, c, 1.0, parameters)
        elif mode < parameters.by_square:
            rank += attraction(instance, plan, state, pheromone, k, c, 2.0, parameters)
        elif mode < parameters.by_chance:
            rank = uniform(key, count)
        else:
            rank += math.log(max(instance.prize[k, c], 1e-9))
        s = queued
        while s > 0 and state.key[s - 1] < rank:
            state.key[s] = state.key[s - 1]
            state.queue[s] = state.queue[s - 1]
            s -= 1
        state.key[s] = rank
        state.queue[s] = c
        queued += 1
    for t in range(queued):
        c = state.queue[t]
        k, count = choose(instance, plan, state, c, parameters.travel_penalty, parameters.blink, key, count)
        if k >= 0:
            spot = state.spot[state.touched[k], k, c]
            state.touched[k] = 1
            renew(plan, state, k)
            put(instance, plan, k, spot, c)
            drop_absent(state, c)
    return count


@leaf(counted=False)
def empty(instance, plan, state, k):
    """Nobody is left in route k."""
    if plan.size[k] > 0:
        take_out(instance, plan, state, k, ONE, plan.size[k], ZERO, ZERO)


@leaf(counted=False)
def undo(instance, plan, work, state):
    """The touched routes of `work` become those of `plan` again."""
    for k in range(instance.first.size):
        if state.touched[k]:
            for p in range(1, work.size[k] + 1):
                work.where[work.stops[k, p]] = -1
                add_absent(state, work.stops[k, p])
    for k in range(instance.first.size):
        if state.touched[k]:
            copy_route(plan, work, k)
            for p in range(1, work.size[k] + 1):
                c = work.stops[k, p]
                work.where[c] = k
                work.place[c] = p
                drop_absent(state, c)
