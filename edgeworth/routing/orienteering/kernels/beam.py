"""A run of stops of one route is filled anew by a labelling that keeps few labels: a beam over visits."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from edgeworth.core.jit import jit, leaf
from edgeworth.core.kernels import stream
from edgeworth.routing.orienteering.kernels.improve import change_segment, splice
from edgeworth.routing.orienteering.kernels.plans import NONE, ONE, edge_cost, uniform
from edgeworth.routing.orienteering.kernels.search import add_absent, drop_absent

ALL = 0.1  # how often a whole route is filled anew


class Beam(NamedTuple):
    """The labels of two consecutive numbers of visits, and where they come from.

    ahead [n, K]: the customers that may follow one, soonest first. who [n]: the customers that may be visited; open [n]:
    whether one may be. size [2, n]: labels at a customer, sorted by time and by value; time, value, load [2, n, W]; mask
    [2, n, W, words]: who was visited. parent [D, n, W]: by visits, customer and label, c W + w of the label before. top [n],
    depth, end [n]: value, visits less one and label of the best way whose last customer this is (-inf: none). ints [N_INTS],
    reals [N_REALS].
    """

    ahead: NDArray[np.int64]
    who: NDArray[np.int64]
    open: NDArray[np.bool_]
    size: NDArray[np.int64]
    time: NDArray[np.float64]
    value: NDArray[np.float64]
    load: NDArray[np.float64]
    mask: NDArray[np.uint64]
    parent: NDArray[np.int32]
    top: NDArray[np.float64]
    depth: NDArray[np.int64]
    end: NDArray[np.int64]
    ints: NDArray[np.int64]
    reals: NDArray[np.float64]


MANY, DEPTH, BEST, STEPS, VEHICLE, AFTER, BEGIN, LENGTH, N_INTS = range(9)
RATE, LATEST, ROOM, PENALTY, LAG, N_REALS = range(6)


@jit(counted=False)
def draw(instance, plan, beam, seed, iteration, ant):
    """A random route and a random run of its stops, all of them now and then."""
    key = stream(seed, iteration, ant)
    k = int(uniform(key, 1) * instance.first.size)
    z = plan.size[k]
    length = z if uniform(key, 2) < ALL else int(uniform(key, 3) * (z + 1))
    beam.ints[VEHICLE], beam.ints[BEGIN], beam.ints[LENGTH] = k, 1 + int(uniform(key, 4) * (z - length + 1)), length


@leaf(counted=False)
def cost(instance, beam, k, a, b, drive):
    """What driving from a to b costs in the search's objective."""
    spent = beam.reals[PENALTY] * drive
    if instance.costly:
        spent += edge_cost(instance, k, a, b)
    return spent


@jit(counted=False)
def prepare(instance, plan, beam, travel_penalty, rate, lag):
    """The labels of one visit, for the run of stops that `beam.ints` names.

    All absent customers and those of these stops may be visited. Labels count for their value less `rate` times their time;
    those that count by more than `lag` for less than the best one of as many visits go no further."""
    k, begin, length = beam.ints[VEHICLE], beam.ints[BEGIN], beam.ints[LENGTH]
    n, slow, many = instance.demand.size, instance.slow[k], 0
    before, after = plan.stops[k, begin - 1], plan.stops[k, begin + length]
    leave, latest = plan.leave[k, begin - 1], plan.latest[k, begin + length]
    room = instance.capacity[k] - plan.load[k]
    for p in range(begin, begin + length):
        room += instance.demand[plan.stops[k, p]]
    beam.ints[DEPTH], beam.ints[BEST], beam.ints[STEPS], beam.ints[AFTER] = 0, NONE, 0, after
    beam.reals[RATE], beam.reals[LATEST], beam.reals[ROOM] = rate, latest, room
    beam.reals[PENALTY], beam.reals[LAG] = travel_penalty, lag
    for c in range(n):
        beam.open[c], beam.top[c] = False, -np.inf
        inside = plan.where[c] == k and begin <= plan.place[c] < begin + length
        if plan.where[c] >= 0 and not inside:
            continue
        if instance.prize[k, c] <= 0.0 or instance.demand[c] > room:
            continue
        drive = instance.travel[before, c] * slow
        time = max(leave + drive, instance.opens[c])
        if time > instance.closes[c] or time + instance.service[c] + instance.travel[c, after] * slow > latest:
            continue
        beam.open[c] = True
        beam.who[many] = c
        many += 1
        beam.size[0, c], beam.size[1, c] = 1, 0
        beam.time[0, c, 0] = time + instance.service[c]
        beam.value[0, c, 0] = instance.prize[k, c] - cost(instance, beam, k, before, c, drive)
        beam.load[0, c, 0] = instance.demand[c]
        for word in range(beam.mask.shape[3]):
            beam.mask[0, c, 0, word] = 0
        beam.mask[0, c, 0, c >> 6] = np.uint64(1) << np.uint64(c & 63)
        beam.parent[0, c, 0] = -1
        finish(instance, beam, 0, c, 0)
    beam.ints[MANY] = many


@leaf(counted=False)
def finish(instance, beam, layer, c, w):
    """The label goes on to the stop after: is that the best way over c, and the best of all?"""
    k, after, best = beam.ints[VEHICLE], beam.ints[AFTER], beam.ints[BEST]
    value = beam.value[layer, c, w] - cost(instance, beam, k, c, after, instance.travel[c, after] * instance.slow[k])
    if value > beam.top[c]:
        beam.top[c], beam.depth[c], beam.end[c] = value, beam.ints[DEPTH], c * beam.time.shape[2] + w
        if best < 0 or value > beam.top[best]:
            beam.ints[BEST] = c


@leaf(counted=False)
def shift(beam, layer, depth, c, begin, end, by):
    """Labels begin..end-1 of a customer move by so many places."""
    for t in range(end - begin):
        p = begin + t if by < 0 else end - 1 - t
        beam.time[layer, c, p + by] = beam.time[layer, c, p]
        beam.value[layer, c, p + by] = beam.value[layer, c, p]
        beam.load[layer, c, p + by] = beam.load[layer, c, p]
        beam.parent[depth, c, p + by] = beam.parent[depth, c, p]
        for word in range(beam.mask.shape[3]):
            beam.mask[layer, c, p + by, word] = beam.mask[layer, c, p, word]


@leaf(counted=False)
def enter(beam, layer, depth, c, time, value):
    """Room for a label among those of a customer: its place, or -1 where another one is no later and no worse, or where there
    are as many already and each of them counts for more (`RATE`). Labels that are no earlier and no better go."""
    size, place = beam.size[layer, c], 0
    while place < size and beam.time[layer, c, place] < time:
        place += 1
    if place > 0 and beam.value[layer, c, place - 1] >= value:
        return NONE
    if place < size and beam.time[layer, c, place] == time and beam.value[layer, c, place] >= value:
        return NONE
    over = place
    while over < size and beam.value[layer, c, over] <= value:
        over += 1
    if over > place:
        shift(beam, layer, depth, c, over, size, place + 1 - over)
        beam.size[layer, c] = size + place + 1 - over
        return place
    if size == beam.time.shape[2]:
        worst, least = NONE, value - beam.reals[RATE] * time
        for p in range(size):
            score = beam.value[layer, c, p] - beam.reals[RATE] * beam.time[layer, c, p]
            if score < least:
                worst, least = p, score
        if worst < 0:
            return NONE
        if worst < place:
            place -= 1
            shift(beam, layer, depth, c, worst + 1, place + 1, NONE)
        else:
            shift(beam, layer, depth, c, place, worst, ONE)
        return place
    shift(beam, layer, depth, c, place, size, ONE)
    beam.size[layer, c] = size + 1
    return place


@jit(counted=False)
def extend(instance, beam, steps):
    """Labels of one more visit after another, until there are none (True) or about so many
    steps more were tried."""
    many, width, k = beam.ints[MANY], beam.time.shape[2], beam.ints[VEHICLE]
    steps += beam.ints[STEPS]
    after, latest, room, slow = beam.ints[AFTER], beam.reals[LATEST], beam.reals[ROOM], instance.slow[k]
    while beam.ints[DEPTH] + 1 < beam.parent.shape[0]:
        old = beam.ints[DEPTH] & 1
        layer, met = 1 - old, False
        beam.ints[DEPTH] += 1
        depth = beam.ints[DEPTH]
        for t in range(many):
            beam.size[layer, beam.who[t]] = 0
        least = -np.inf
        for t in range(many):
            a = beam.who[t]
            for w in range(beam.size[old, a]):
                least = max(least, beam.value[old, a, w] - beam.reals[RATE] * beam.time[old, a, w])
        least -= beam.reals[LAG]
        for t in range(many):
            a = beam.who[t]
            for w in range(beam.size[old, a]):
                leave, value, load = beam.time[old, a, w], beam.value[old, a, w], beam.load[old, a, w]
                if value - beam.reals[RATE] * leave < least:
                    continue
                beam.ints[STEPS] += beam.ahead.shape[1]
                for h in range(beam.ahead.shape[1]):
                    c = beam.ahead[a, h]
                    if not beam.open[c]:
                        continue
                    drive = instance.travel[a, c] * slow
                    time = leave + drive
                    if time > instance.closes[c]:
                        continue
                    if (beam.mask[old, a, w, c >> 6] >> np.uint64(c & 63)) & np.uint64(1):
                        continue
                    time = max(time, instance.opens[c]) + instance.service[c]
                    if time + instance.travel[c, after] * slow > latest or load + instance.demand[c] > room:
                        continue
                    worth = value + instance.prize[k, c] - cost(instance, beam, k, a, c, drive)
                    place = enter(beam, layer, depth, c, time, worth)
                    if place < 0:
                        continue
                    beam.time[layer, c, place], beam.value[layer, c, place] = time, worth
                    beam.load[layer, c, place] = load + instance.demand[c]
                    beam.parent[depth, c, place] = a * width + w
                    for word in range(beam.mask.shape[3]):
                        beam.mask[layer, c, place, word] = beam.mask[old, a, w, word]
                    beam.mask[layer, c, place, c >> 6] |= np.uint64(1) << np.uint64(c & 63)
                    met = True
        if not met:
            return True
        for t in range(many):
            c = beam.who[t]
            for w in range(beam.size[layer, c]):
                finish(instance, beam, layer, c, w)
        if beam.ints[STEPS] >= steps:
            return False
    return True


@leaf(counted=False)
def read(plan, beam, last, row):
    """The best way whose last customer is `last` becomes the first stops of a row of the plan; returns their number."""
    size, label, width = beam.depth[last] + 1, beam.end[last], beam.time.shape[2]
    for depth in range(size - 1, -1, -1):
        plan.stops[row, depth + 1] = label // width
        label = beam.parent[depth, label // width, label % width]
    return size


@jit(counted=False)
def adopt(instance, plan, state, beam, least):
    """The run of stops gives way to the best way, where that raises the search's objective by more than `least`: whether."""
    k, begin, length, row = beam.ints[VEHICLE], beam.ints[BEGIN], beam.ints[LENGTH], instance.first.size
    if beam.ints[BEST] < 0:
        return False
    size = read(plan, beam, beam.ints[BEST], row)
    if splice(instance, plan, k, begin, length, row, ONE, size, beam.reals[PENALTY]) <= least:
        return False
    for p in range(begin, begin + length):
        plan.where[plan.stops[k, p]] = -1
        add_absent(state, plan.stops[k, p])
    for p in range(1, size + 1):
        drop_absent(state, plan.stops[row, p])
    change_segment(instance, plan, state, k, begin, length, row, size)
    return True
