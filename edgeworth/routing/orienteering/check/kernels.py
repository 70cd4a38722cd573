"""Numba loops of the checker: the largest reduced value of an ng-route, by plain label setting. No solver uses them."""

import numpy as np

from edgeworth.core.jit import jit

ONE = np.uint64(1)


@jit
def push(heap, size, key, label):
    """Onto a binary heap of (key, label), smallest key first; heap float64 [capacity, 2]."""
    a = size
    while a > 0:
        parent = (a - 1) // 2
        if heap[parent, 0] <= key:
            break
        heap[a] = heap[parent]
        a = parent
    heap[a, 0] = key
    heap[a, 1] = label


@jit
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
        heap[a] = heap[child]
        a = child
    heap[a, 0] = key
    heap[a, 1] = moved
    return label


@jit
def longer(old, length):
    """A copy with room for `length` rows."""
    new = np.zeros((length, *old.shape[1:]), dtype=old.dtype)
    new[: old.shape[0]] = old
    return new


@jit
def spread(travel, gain, opens, closes, demand, capacity, keeps, start, end, kept, older, time, value, bounded, floor, most):
    """Label setting forward in time from `start`.

    travel, gain float64 [N, N]: time from the begin of service at one node to the arrival at the next, infinite where that
    arc does not exist, and its value; opens, closes, demand float64 [N]; keeps uint64 [N, W], as bits: the customers that a
    route remembers at a node. bounded: a label is given up when it does not get above floor even with the best way on among
    the labels (kept, older, time, value) of a run on the reversed network.

    Returns (kept, older, time, value, best, enough): labels kept[j], older[kept[j]], ... are those of node j, -1 ends them;
    best: the largest value at `end`, or floor; enough: were `most` labels enough?
    """
    nodes, words = keeps.shape
    n = nodes - 2
    last = np.full(nodes, -1)
    size = 1024
    at, before = np.zeros(size, dtype=np.int64), np.full(size, -1)
    begun, load, worth = np.zeros(size), np.zeros(size), np.zeros(size)
    memory = np.zeros((size, words), dtype=np.uint64)
    heap = np.zeros((size, 2))
    at[0], begun[0] = start, opens[start]
    heap[0, 0], heap[0, 1] = begun[0], 0.0
    made, waiting = 1, 1
    best = floor
    while waiting > 0:
        x = pop(heap, waiting)
        waiting -= 1
        j = at[x]
        old = last[j]
        useless = False
        while old >= 0 and not useless:
            useless = worth[old] >= worth[x] and begun[old] <= begun[x] and load[old] <= load[x]
            for w in range(words):
                if memory[old, w] & ~memory[x, w]:
                    useless = False
            old = before[old]
        if useless:
            continue
        before[x] = last[j]
        last[j] = x
        if made + nodes > begun.size:
            if made > most:
                return last, before, begun, worth, best, False
            room = 2 * (made + nodes)
            at, before, begun, load = longer(at, room), longer(before, room), longer(begun, room), longer(load, room)
            worth, memory, heap = longer(worth, room), longer(memory, room), longer(heap, room)
        for k in range(nodes):
            if not travel[j, k] < np.inf:
                continue
            if k < n and (memory[x, k >> 6] >> np.uint64(k & 63)) & ONE:
                continue
            begin = max(begun[x] + travel[j, k], opens[k])
            carried = load[x] + demand[k]
            if begin > closes[k] or carried > capacity:
                continue
            total = worth[x] + gain[j, k]
            if k == end:
                best = max(best, total)
            if bounded:
                if k == end:
                    continue
                ahead = -np.inf
                way = kept[k]
                while way >= 0:
                    if -time[way] >= begin:
                        ahead = max(ahead, value[way])
                    way = older[way]
                if total + ahead <= best:
                    continue
            at[made], begun[made], load[made], worth[made] = k, begin, carried, total
            for w in range(words):
                memory[made, w] = memory[x, w] & keeps[k, w]
            if k < n:
                memory[made, k >> 6] |= ONE << np.uint64(k & 63)
            push(heap, waiting, begin, made)
            waiting += 1
            made += 1
    return last, before, begun, worth, best, True
