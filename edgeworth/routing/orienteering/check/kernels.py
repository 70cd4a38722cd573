"""Numba loops of the checker: label setting over ng-routes, and the list of routes above a threshold. No solver uses them.

All state is in arrays, so that a loop can be left after so many steps and entered again.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from edgeworth.core.arrays import Bools, Floats, Ints
from edgeworth.core.jit import jit, leaf
from edgeworth.core.kernels import assign

Words = NDArray[np.uint64]


class Net(NamedTuple):
    """travel, gain [N, N]: time from the begin of service at one node to the arrival at the next, and the value of that arc;
    opens, closes, demand [N]; keeps [N, W], as bits: what a route remembers at a node; ptr [N + 1], head: the arcs in use.
    """

    travel: Floats
    gain: Floats
    opens: Floats
    closes: Floats
    demand: Floats
    capacity: float
    keeps: Words
    ptr: Ints
    head: Ints
    start: int
    end: int


class Pool(NamedTuple):
    """Labels; link: the next worse label of the same node, or of the same slot; kept: whether it may be extended."""

    node: Ints
    time: Floats
    load: Floats
    worth: Floats
    memory: Words
    link: Ints
    kept: Bools


class Stairs(NamedTuple):
    """Best worth by latest time: those of node j are ptr[j]:ptr[j + 1], by rising time."""

    ptr: Ints
    time: Floats
    worth: Floats


class Ways(NamedTuple):
    """Kept labels of a run on the reversed network, of node j ptr[j]:ptr[j + 1], best first. until: the smallest time so
    far.
    """

    ptr: Ints
    time: Floats
    load: Floats
    worth: Floats
    memory: Words
    until: Floats


class Ends(NamedTuple):
    """Routes that ended: the customers as bits, and the value."""

    memory: Words
    worth: Floats


DONE, PAUSED, FULL = range(3)
MADE, WAITING, AT, ENDED, N_INTS = range(5)
ONE = np.uint64(1)


@leaf
def push(heap, size, key, label):
    """Onto a binary heap of (key, label), smallest key first; heap float64 [capacity, 2]."""
    a = size
    while a > 0:
        parent = (a - 1) // 2
        if heap[parent, 0] <= key:
            break
        assign(heap[a], heap[parent])
        a = parent
    heap[a, 0] = key
    heap[a, 1] = label


@leaf
def pop(heap, size):
    """The label of the smallest key; the heap has `size` entries before, one less after."""
    label = int(heap[0, 1])
    key = heap[size - 1, 0]
    moved = heap[size - 1, 1]
    size -= 1
    a = 0
    while 2 * a + 1 < size:
        child = 2 * a + 1
        if child + 1 < size and heap[child + 1, 0] < heap[child, 0]:
            child += 1
        if heap[child, 0] >= key:
            break
        assign(heap[a], heap[child])
        a = child
    heap[a, 0] = key
    heap[a, 1] = moved
    return label


@leaf
def ahead(stairs, k, latest):
    """The best worth at node k of those no later than `latest`; -inf without any."""
    low = stairs.ptr[k]
    high = stairs.ptr[k + 1]
    first = low
    while low < high:
        middle = (low + high) // 2
        if stairs.time[middle] <= latest:
            low = middle + 1
        else:
            high = middle
    if low == first:
        return -np.inf
    return stairs.worth[low - 1]


@jit
def spread(net, pool, heap, last, ints, best, stairs, bounded, climbing, floor, blur, steps):
    """Label setting in order of time, for so many steps.

    last int64 [N]: the best label of every node, -1 without any; ints: counters; best float64 [N]: the largest worth met at a
    node. bounded: a label is given up when it does not get above the floor even with the best way on that `stairs`, from a run
    on the reversed network, have within `blur` of its time; climbing: the floor rises to the best route to the end.
    """
    nodes = last.size
    n = nodes - 2
    words = net.keeps.shape[1]
    while ints[WAITING] > 0:
        if pool.node.size - ints[MADE] < nodes:
            return FULL
        if steps <= 0:
            return PAUSED
        x = pop(heap, ints[WAITING])
        ints[WAITING] -= 1
        j = pool.node[x]
        t = pool.time[x]
        q = pool.load[x]
        v = pool.worth[x]
        above = -1
        old = last[j]
        useless = False
        while old >= 0 and pool.worth[old] >= v:
            steps -= 1
            if pool.time[old] <= t and pool.load[old] <= q:
                useless = True
                for w in range(words):
                    if pool.memory[old, w] & ~pool.memory[x, w]:
                        useless = False
                if useless:
                    break
            above = old
            old = pool.link[old]
        if useless:
            continue
        pool.link[x] = old
        if above < 0:
            last[j] = x
        else:
            pool.link[above] = x
        pool.kept[x] = True
        for e in range(net.ptr[j], net.ptr[j + 1]):
            steps -= 1
            k = net.head[e]
            if k < n and (pool.memory[x, k >> 6] >> np.uint64(k & 63)) & ONE:
                continue
            begin = max(t + net.travel[j, k], net.opens[k])
            carried = q + net.demand[k]
            if begin > net.closes[k] or carried > net.capacity:
                continue
            total = v + net.gain[j, k]
            if total > best[k]:
                best[k] = total
                if climbing and k == net.end and total > floor:
                    floor = total
            if bounded:
                if k == net.end:
                    continue
                steps -= 4
                if total + ahead(stairs, k, blur - begin) <= floor:
                    continue
            y = ints[MADE]
            pool.node[y] = k
            pool.time[y] = begin
            pool.load[y] = carried
            pool.worth[y] = total
            pool.kept[y] = False
            for w in range(words):
                pool.memory[y, w] = pool.memory[x, w] & net.keeps[k, w]
            if k < n:
                pool.memory[y, k >> 6] |= ONE << np.uint64(k & 63)
            push(heap, ints[WAITING], begin, y)
            ints[WAITING] += 1
            ints[MADE] += 1
    return DONE


@leaf
def slot_of(size, j, memory):
    """Where labels of that node and those customers are chained, in a table of a power of two."""
    mixed = np.uint64(j + 1) * np.uint64(0x9E3779B97F4A7C15)
    for w in range(memory.size):
        mixed = (mixed ^ memory[w]) * np.uint64(0xBF58476D1CE4E5B9)
        mixed ^= mixed >> np.uint64(29)
    return np.int64(mixed & np.uint64(size - 1))


@leaf
def reachable(ways, k, latest, room, memory, least):
    """(Is there a way on from k worth more than `least`, no earlier than that, no heavier than `room`, over none of the
    customers in `memory`; ways looked at)."""
    low = ways.ptr[k]
    high = ways.ptr[k + 1]
    while low < high:  # those before are too early
        middle = (low + high) // 2
        if ways.until[middle] > latest:
            low = middle + 1
        else:
            high = middle
    first = low
    for a in range(first, ways.ptr[k + 1]):
        if ways.worth[a] <= least:
            return False, a - first + 4
        if ways.time[a] <= latest and ways.load[a] <= room:
            apart = True
            for w in range(memory.size):
                if ways.memory[a, w] & memory[w]:
                    apart = False
                    break
            if apart:
                return True, a - first + 4
    return False, ways.ptr[k + 1] - first + 4


@leaf
def apart(pool, y, k, memory):
    """Is label y at another node, or over other customers?"""
    different = pool.node[y] != k
    for w in range(memory.size):
        if pool.memory[y, w] != memory[w]:
            different = True
    return different


@jit
def lengthen(net, pool, count, longer, table, ends, ints, ways, least, blur, steps):
    """Extend routes by one more customer, for so many steps: `count` labels of `pool`, from ints[AT] on, into `longer`.

    Of labels of one node over the same customers only those stay that none other is no later than and no worse. Routes to the
    end worth more than `least` go to `ends`; labels that no way of `ways` brings above it are given up.
    """
    n = net.travel.shape[0] - 2
    words = net.keeps.shape[1]
    fresh = np.zeros(words, dtype=np.uint64)
    while ints[AT] < count:
        if longer.node.size - ints[MADE] < n + 2 or ends.worth.size - ints[ENDED] < 1:
            return FULL
        if steps <= 0:
            return PAUSED
        x = ints[AT]
        ints[AT] += 1
        if not pool.kept[x]:
            continue
        j = pool.node[x]
        for e in range(net.ptr[j], net.ptr[j + 1]):
            steps -= 1
            k = net.head[e]
            if k < n and (pool.memory[x, k >> 6] >> np.uint64(k & 63)) & ONE:
                continue
            begin = max(pool.time[x] + net.travel[j, k], net.opens[k])
            carried = pool.load[x] + net.demand[k]
            if begin > net.closes[k] or carried > net.capacity:
                continue
            total = pool.worth[x] + net.gain[j, k]
            if k == net.end:
                if total > least:
                    ends.worth[ints[ENDED]] = total
                    ends.memory[ints[ENDED]] = pool.memory[x]
                    ints[ENDED] += 1
                continue
            for w in range(words):
                fresh[w] = pool.memory[x, w]
            there, looked = reachable(ways, k, blur - begin, net.capacity - carried + net.demand[k], fresh, least - total)
            steps -= looked
            if not there:
                continue
            fresh[k >> 6] |= ONE << np.uint64(k & 63)
            slot = slot_of(table.size, k, fresh)
            y = table[slot]
            useless = False
            while y >= 0 and not useless:
                steps -= 1
                if not apart(longer, y, k, fresh):
                    if longer.time[y] <= begin and longer.worth[y] >= total:
                        useless = True
                    elif longer.time[y] >= begin and longer.worth[y] <= total:
                        longer.kept[y] = False
                y = longer.link[y]
            if useless:
                continue
            y = ints[MADE]
            ints[MADE] += 1
            longer.node[y] = k
            longer.time[y] = begin
            longer.load[y] = carried
            longer.worth[y] = total
            longer.kept[y] = True
            for w in range(words):
                longer.memory[y, w] = fresh[w]
            longer.link[y] = table[slot]
            table[slot] = y
    return DONE
