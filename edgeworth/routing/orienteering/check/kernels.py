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
    new = np.zeros((length,) + old.shape[1:], dtype=old.dtype)
    new[: old.shape[0]] = old
    return new


@jit
def ways_home(travel, gain, opens, closes, end, most):
    """What can still be earned from a node on, when customers may come again and again.

    Entry e belongs to node at[e]: service that begins no later than latest[e] can be followed by a value of worth[e];
    after[e] is the next entry of the same node, first[j] its first one, -1 none. Returns (first, after, latest, worth,
    enough); enough: were `most` entries enough?
    """
    nodes = opens.size
    first = np.full(nodes, -1)
    after = np.full(1024, -1)
    latest, worth, at = np.zeros(1024), np.zeros(1024), np.zeros(1024, dtype=np.int64)
    heap = np.zeros((1024, 2))
    made, waiting = 1, 1
    at[0], latest[0] = end, closes[end]
    heap[0, 0], heap[0, 1] = -latest[0], 0.0
    while waiting > 0:
        x = pop(heap, waiting)
        waiting -= 1
        j = at[x]
        t = latest[x]
        v = worth[x]
        old = first[j]
        useless = False
        while old >= 0 and not useless:
            useless = latest[old] >= t and worth[old] >= v
            old = after[old]
        if useless:
            continue
        after[x] = first[j]
        first[j] = x
        if made + nodes > latest.size:
            if made > most:
                return first, after, latest, worth, False
            room = 2 * (made + nodes)
            after, latest, worth, at = longer(after, room), longer(latest, room), longer(worth, room), longer(at, room)
            heap = longer(heap, room)
        for i in range(nodes):
            if travel[i, j] < np.inf:
                begin = min(closes[i], t - travel[i, j])
                if begin >= opens[i]:
                    at[made], latest[made], worth[made] = i, begin, v + gain[i, j]
                    push(heap, waiting, -begin, made)
                    waiting += 1
                    made += 1
    return first, after, latest, worth, True


@jit
def largest_value(travel, gain, opens, closes, demand, capacity, near, start, end, floor, most):
    """(max(floor, the largest value of an ng-route), were `most` labels enough?).

    travel, gain float64 [N, N]: time from the begin of service at one node to the arrival at the next, infinite where that
    arc does not exist, and its value; opens, closes, demand float64 [N]; near bool [n, n]: near[j, i], a route remembers at j
    that it visited i. Labels run forward in time; one is given up when even `ways_home` does not lift it above floor.
    """
    first, after, latest, worth, enough = ways_home(travel, gain, opens, closes, end, most)
    if not enough:
        return floor, False
    nodes, n = opens.size, near.shape[0]
    words = max(1, (n + 63) // 64)
    keeps = np.zeros((nodes, words), dtype=np.uint64)
    for j in range(n):
        for i in range(n):
            if near[j, i]:
                keeps[j, i >> 6] |= ONE << np.uint64(i & 63)
    kept = np.full(nodes, -1)
    size = 1024
    at, older = np.zeros(size, dtype=np.int64), np.full(size, -1)
    time, load, value = np.zeros(size), np.zeros(size), np.zeros(size)
    memory = np.zeros((size, words), dtype=np.uint64)
    heap = np.zeros((size, 2))
    at[0], time[0] = start, opens[start]
    heap[0, 0], heap[0, 1] = time[0], 0.0
    made, waiting = 1, 1
    best = floor
    while waiting > 0:
        x = pop(heap, waiting)
        waiting -= 1
        j = at[x]
        old = kept[j]
        useless = False
        while old >= 0 and not useless:
            useless = value[old] >= value[x] and time[old] <= time[x] and load[old] <= load[x]
            for w in range(words):
                if memory[old, w] & ~memory[x, w]:
                    useless = False
            old = older[old]
        if useless:
            continue
        older[x] = kept[j]
        kept[j] = x
        if made + nodes > time.size:
            if made > most:
                return best, False
            room = 2 * (made + nodes)
            at, older, time, load = longer(at, room), longer(older, room), longer(time, room), longer(load, room)
            value, memory, heap = longer(value, room), longer(memory, room), longer(heap, room)
        for k in range(nodes):
            if not travel[j, k] < np.inf:
                continue
            if k < n and (memory[x, k >> 6] >> np.uint64(k & 63)) & ONE:
                continue
            begin = max(time[x] + travel[j, k], opens[k])
            carried = load[x] + demand[k]
            if begin > closes[k] or carried > capacity:
                continue
            total = value[x] + gain[j, k]
            if k == end:
                best = max(best, total)
                continue
            ahead = -np.inf
            way = first[k]
            while way >= 0:
                if latest[way] >= begin:
                    ahead = max(ahead, worth[way])
                way = after[way]
            if total + ahead <= best:
                continue
            at[made], time[made], load[made], value[made] = k, begin, carried, total
            for w in range(words):
                memory[made, w] = memory[x, w] & keeps[k, w]
            memory[made, k >> 6] |= ONE << np.uint64(k & 63)
            push(heap, waiting, begin, made)
            waiting += 1
            made += 1
    return best, True
