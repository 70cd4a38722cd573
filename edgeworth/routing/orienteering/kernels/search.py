"""How an ant of eaco-ls changes its plan: it takes stretches out and rebuilds by the colony's rule; or takes that back."""

import math
from collections import namedtuple

import numpy as np

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

# Where customer c fits best into route k is remembered with the route's version: known, spot, gain, added [2, m, n]; slot 0
# for the ant's plan, slot 1 for routes that the present attempt has changed.
# absent, slot [n]: the customers that nobody visits, and each one's place in that list (-1: visited). queue, key [n]: who is
# to be inserted, in order. mark [n]: last attempt that put a customer into the pool. pool [n]. touched, value, driven [m].
Desk = namedtuple("Desk", "known spot gain added absent slot queue key mark pool touched value driven ints")
ABSENT, VERSION, ATTEMPT, N_INTS = range(4)

# thrift: price of a unit of time on the road in the search's own objective. stretch: longest stretch taken out. removals: after
# so many customers at most no further route is touched. whole: up to so many customers, all absent ones are candidates; beyond,
# the `width` nearest neighbours of what was taken out. blink: probability of passing over a place. short: time added to
# detours, so that ratios stay finite. spread: of the noise on logarithms. alpha: exponent of pheromone. by_rate, by_square,
# by_chance: cumulative shares of the rules by which customers are ranked; the rest goes by prize.
Knobs = namedtuple("Knobs", "thrift stretch removals whole width blink short spread alpha by_rate by_square by_chance")


@leaf(counted=False)
def add_absent(desk, c):
    desk.absent[desk.ints[ABSENT]] = c
    desk.slot[c] = desk.ints[ABSENT]
    desk.ints[ABSENT] += 1


@leaf(counted=False)
def drop_absent(desk, c):
    desk.ints[ABSENT] -= 1
    moved = desk.absent[desk.ints[ABSENT]]
    desk.absent[desk.slot[c]] = moved
    desk.slot[moved] = desk.slot[c]
    desk.slot[c] = -1


@leaf(counted=False)
def renew(plan, desk, k):
    """Route k is another one now: what is remembered of its places no longer holds."""
    desk.ints[VERSION] += 1
    plan.version[k] = desk.ints[VERSION]


@leaf(counted=False)
def look(core, plan, desk, k, c, thrift):
    """Make sure that the best place of c in route k is known; returns the slot it is remembered in."""
    slot = desk.touched[k]
    if desk.known[slot, k, c] != plan.version[k]:
        desk.spot[slot, k, c], desk.gain[slot, k, c], desk.added[slot, k, c] = best_place(core, plan, k, c, thrift)
        desk.known[slot, k, c] = plan.version[k]
    return slot


@leaf(counted=False)
def choose(core, plan, desk, c, thrift, blink, key, count):
    """The route in which c fits best, or -1. A place must gain, or open a route that later stops may pay for."""
    chosen, best = NONE, -np.inf
    for k in range(core.first.size):
        slot = look(core, plan, desk, k, c, thrift)
        if desk.spot[slot, k, c] >= 0:
            gain = desk.gain[slot, k, c]
            if gain > 0.0 or (plan.size[k] == 0 and core.prize[k, c] > 0.0):
                score = gain - thrift * desk.added[slot, k, c]
                if score > best:
                    count += 1
                    if uniform(key, count) >= blink:
                        chosen, best = k, score
    return chosen, count


@leaf(counted=False)
def take_out(core, plan, desk, k, begin, length, hole, keep):
    """Take `length` stops out of route k from position `begin` on, but keep `keep` stops from position `hole` on."""
    z, to = plan.size[k], begin
    for p in range(begin, z + 1):
        c = plan.stops[k, p]
        if p < begin + length + keep and not hole <= p < hole + keep:
            plan.where[c] = -1
            plan.load[k] -= core.demand[c]
            add_absent(desk, c)
        else:
            plan.stops[k, to] = c
            to += 1
    plan.size[k] = to - 1
    plan.stops[k, to] = core.last[k]
    plan.latest[k, to] = core.latest[k]
    desk.touched[k] = 1
    renew(plan, desk, k)
    run_forward(core, plan, k, begin)
    run_backward(core, plan, k, to - 1)


@leaf(counted=False)
def ruin(core, plan, desk, centre, knobs, key, count):
    """Take stretches out of routes around a customer, one a route, until enough customers are out."""
    count += 1
    enough = 1 + int(uniform(key, count) * knobs.removals)
    out = 0
    for h in range(-1, core.near.shape[1]):
        c = centre if h < 0 else core.near[centre, h]
        if c >= core.demand.size:
            continue
        k = plan.where[c]
        if k < 0 or desk.touched[k]:
            continue
        z = plan.size[k]
        length = 1 + int(uniform(key, count + 1) * min(knobs.stretch, z))
        begin = min(max(plan.place[c] - int(uniform(key, count + 2) * length), 1), z - length + 1)
        hole, keep = begin + int(uniform(key, count + 3) * length), ZERO
        count += 4
        if uniform(key, count) < 0.5:
            while begin + length + keep <= z:
                keep += 1
                count += 1
                if uniform(key, count) < 0.5:
                    break
        before = desk.ints[ABSENT]
        take_out(core, plan, desk, k, begin, length, hole, keep)
        out += desk.ints[ABSENT] - before
        if out >= enough:
            break
    return count


@leaf(counted=False)
def gather(core, plan, desk, centre, begin, knobs):
    """Fill the pool with those whose insertion is tried: all absent customers, or those near what was taken out (the absent
    list from `begin` on) and near the centre."""
    absent = desk.ints[ABSENT]
    if core.demand.size <= knobs.whole:
        for t in range(absent):
            desk.pool[t] = desk.absent[t]
        return absent
    many = 0
    desk.ints[ATTEMPT] += 1
    attempt = desk.ints[ATTEMPT]
    for t in range(begin - 1, absent):
        c = centre if t < begin else desk.absent[t]
        for h in range(-1, min(knobs.width, core.near.shape[1])):
            x = c if h < 0 else core.near[c, h]
            if x < core.demand.size and plan.where[x] < 0 and desk.mark[x] != attempt:
                desk.mark[x] = attempt
                desk.pool[many] = x
                many += 1
    return many


@leaf(counted=False)
def attraction(core, plan, desk, pheromone, k, c, power, knobs):
    """The logarithm of (6) for an insertion: pheromone of the two new edges, gain, time added."""
    slot = desk.touched[k]
    spot = desk.spot[slot, k, c]
    a, b, kind = plan.stops[k, spot], plan.stops[k, spot + 1], core.kind[k]
    strength = power * math.log(max(desk.gain[slot, k, c], 1e-9))
    strength -= math.log(max(desk.added[slot, k, c], 0.0) + knobs.short)
    if knobs.alpha > 0.0:
        strength += 0.5 * knobs.alpha * math.log(pheromone[kind, a, c] * pheromone[kind, c, b])
    return strength


@leaf(counted=False)
def rebuild(core, plan, desk, pheromone, many, knobs, key, count):
    """Draw the customers of the pool in a random order that prefers strong ones, and insert each where it fits best."""
    count += 1
    mode = uniform(key, count)
    queued = 0
    for t in range(many):
        c = desk.pool[t]
        k, count = choose(core, plan, desk, c, knobs.thrift, 0.0, key, count)
        if k < 0:
            continue
        count += 1
        rank = knobs.spread * (uniform(key, count) - 0.5)
        if mode < knobs.by_rate:
            rank += attraction(core, plan, desk, pheromone, k, c, 1.0, knobs)
        elif mode < knobs.by_square:
            rank += attraction(core, plan, desk, pheromone, k, c, 2.0, knobs)
        elif mode < knobs.by_chance:
            rank = uniform(key, count)
        else:
            rank += math.log(max(core.prize[k, c], 1e-9))
        s = queued
        while s > 0 and desk.key[s - 1] < rank:
            desk.key[s] = desk.key[s - 1]
            desk.queue[s] = desk.queue[s - 1]
            s -= 1
        desk.key[s] = rank
        desk.queue[s] = c
        queued += 1
    for t in range(queued):
        c = desk.queue[t]
        k, count = choose(core, plan, desk, c, knobs.thrift, knobs.blink, key, count)
        if k >= 0:
            spot = desk.spot[desk.touched[k], k, c]
            desk.touched[k] = 1
            renew(plan, desk, k)
            put(core, plan, k, spot, c)
            drop_absent(desk, c)
    return count


@leaf(counted=False)
def empty(core, plan, desk, k):
    """Nobody is left in route k."""
    if plan.size[k] > 0:
        take_out(core, plan, desk, k, ONE, plan.size[k], ZERO, ZERO)


@leaf(counted=False)
def undo(core, plan, work, desk):
    """The touched routes of `work` become those of `plan` again."""
    for k in range(core.first.size):
        if desk.touched[k]:
            for p in range(1, work.size[k] + 1):
                work.where[work.stops[k, p]] = -1
                add_absent(desk, work.stops[k, p])
    for k in range(core.first.size):
        if desk.touched[k]:
            copy_route(plan, work, k)
            for p in range(1, work.size[k] + 1):
                c = work.stops[k, p]
                work.where[c] = k
                work.place[c] = p
                drop_absent(desk, c)
