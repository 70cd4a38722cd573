"""Numba kernels of label setting on one vehicle type's network.

A label is a partial route that ends at a node: the time at which service begins there, the load, the value of its arcs, and a
memory, the set of customers that it must not visit again, as bits. Labels wait in buckets by time and are taken out in that
order; one that another label of its node dominates is dropped, the others are kept and extended. Backward labels are the
same thing on the reversed network, whose times run backwards. All state is in arrays, so that `advance` can be left and
entered again.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from edgeworth.core.jit import jit, leaf


class Network(NamedTuple):
    """One vehicle type's network. Nodes 0..n-1 are customers, n is the vehicle's start, n + 1 its end (the other way round on
    the reversed network).

    travel, gain [N, N]; open, close, demand [N]; slack: by how much times may be wrong; memory [N, W]: what a label that
    arrives there may remember; ptr [N + 1], head [arcs]: the arcs in use; late_at [N, n] ascending, late_mask [N, n + 1, W]:
    after late_at[j, r - 1] the customers of late_mask[j, r] can no longer be reached from j.
    """

    travel: NDArray[np.float64]
    gain: NDArray[np.float64]
    open: NDArray[np.float64]
    close: NDArray[np.float64]
    demand: NDArray[np.float64]
    capacity: float
    slack: float
    memory: NDArray[np.uint64]
    ptr: NDArray[np.int64]
    head: NDArray[np.int64]
    start: int
    end: int
    late_at: NDArray[np.float64]
    late_mask: NDArray[np.uint64]


class Pool(NamedTuple):
    """All labels; link: the next one of a list."""

    node: NDArray[np.int32]
    time: NDArray[np.float64]
    load: NDArray[np.float64]
    value: NDArray[np.float64]
    mask: NDArray[np.uint64]
    parent: NDArray[np.int32]
    link: NDArray[np.int32]


class Kept(NamedTuple):
    """Labels kept at each node, in order of falling value; until: the largest -time so far in that order, see `look_ahead`."""

    count: NDArray[np.int64]  # type: ignore[assignment]  # hides the method of tuples, which nothing here needs
    value: NDArray[np.float64]
    time: NDArray[np.float64]
    load: NDArray[np.float64]
    mask: NDArray[np.uint64]
    label: NDArray[np.int32]
    until: NDArray[np.float64]


class Queue(NamedTuple):
    """Waiting labels: heads of the buckets, scratch for sorting, hash table, two memories, counters."""

    heads: NDArray[np.int32]
    order: NDArray[np.int32]
    table: NDArray[np.int32]
    words: NDArray[np.uint64]
    ints: NDArray[np.int64]
    reals: NDArray[np.float64]


SIZE, FREE, SPARE, BUCKET, KEPT, MADE, WORK, N_INTS = range(8)
ORIGIN, WIDTH, N_REALS = range(3)
DONE, PAUSED, POOL_FULL, KEPT_FULL = range(4)
SUBSET, TIMES, EQUAL = range(3)  # what may dominate: a smaller memory, any memory (no proof then), only the same memory

ALL = ~np.uint64(0)
ONE = np.uint64(1)


@leaf
def sort_labels(order, count, time, value):
    """Shell sort by rising time, then falling value."""
    gap = 1
    while gap < count // 3:
        gap = 3 * gap + 1
    while gap > 0:
        for a in range(gap, count):
            x = order[a]
            t = time[x]
            v = value[x]
            b = a - gap
            while b >= 0 and (time[order[b]] > t or (time[order[b]] == t and value[order[b]] < v)):
                order[b + gap] = order[b]
                b -= gap
            order[b + gap] = x
        gap //= 3


@leaf
def late_row(net, j, t):
    """How many customers can no longer be reached from j at time t."""
    low = 0
    high = net.late_at.shape[1]
    while low < high:
        middle = (low + high) // 2
        if net.late_at[j, middle] < t:
            low = middle + 1
        else:
            high = middle
    return low


@leaf
def dominated(kept, j, t, q, v, closed):
    """(is there a kept label no later, no heavier, no worse, whose memory lies within `closed`; labels looked at)."""
    for a in range(kept.count[j]):
        if kept.value[j, a] < v:
            return False, a + 1
        if kept.time[j, a] <= t and kept.load[j, a] <= q:
            within = True
            for w in range(closed.size):
                if kept.mask[j, a, w] & ~closed[w]:
                    within = False
                    break
            if within:
                return True, a + 1
    return False, kept.count[j]


@leaf
def keep(kept, j, t, q, v, mask, label):
    """Insert in order of falling value."""
    a = kept.count[j]
    words = mask.size
    while a > 0 and kept.value[j, a - 1] < v:
        kept.value[j, a] = kept.value[j, a - 1]
        kept.time[j, a] = kept.time[j, a - 1]
        kept.load[j, a] = kept.load[j, a - 1]
        kept.label[j, a] = kept.label[j, a - 1]
        for w in range(words):
            kept.mask[j, a, w] = kept.mask[j, a - 1, w]
        a -= 1
    kept.value[j, a] = v
    kept.time[j, a] = t
    kept.load[j, a] = q
    kept.label[j, a] = label
    for w in range(words):
        kept.mask[j, a, w] = mask[w]
    kept.count[j] += 1


@leaf
def slot_of(table, j, mask):
    """Where labels of that node and memory are chained."""
    mixed = np.uint64(j + 1) * np.uint64(0x9E3779B97F4A7C15)
    for w in range(mask.size):
        mixed = (mixed ^ mask[w]) * np.uint64(0xBF58476D1CE4E5B9)
        mixed ^= mixed >> np.uint64(29)
    return np.int64(mixed & np.uint64(table.size - 1))


@leaf
def repeated(pool, table, slot, j, t, q, v, mask):
    """Is there a label with the same node and memory that is no later, no heavier and no worse?"""
    y = table[slot]
    while y >= 0:
        if pool.node[y] == j and pool.time[y] <= t and pool.load[y] <= q and pool.value[y] >= v:
            same = True
            for w in range(mask.size):
                if pool.mask[y, w] != mask[w]:
                    same = False
                    break
            if same:
                return True
        y = pool.link[y]
    return False


@leaf
def completion(back, j, t, room, mask, slack, least):
    """(the largest value of a backward label at j that begins no earlier than t, weighs at most `room` and remembers nothing
    of `mask`, labels looked at); -inf where none is above `least`."""
    first = 0
    high = back.count[j]
    while first < high:  # those before begin too early
        middle = (first + high) // 2
        if back.until[j, middle] < t - slack:
            first = middle + 1
        else:
            high = middle
    for a in range(first, back.count[j]):
        v = back.value[j, a]
        if v <= least:
            return -np.inf, a - first + 5
        if -back.time[j, a] >= t - slack and back.load[j, a] <= room:
            apart = True
            for w in range(mask.size):
                if back.mask[j, a, w] & mask[w]:
                    apart = False
                    break
            if apart:
                return v, a - first + 5
    return -np.inf, back.count[j] - first + 5


@leaf
def still_open(prices, net, k, row, mask):
    """The sum of prices over customers other than k that are neither in `mask` nor out of reach."""
    total = 0.0
    for i in range(prices.size):
        if prices[i] > 0.0 and i != k:
            w = i >> 6
            if not ((mask[w] | net.late_mask[k, row, w]) >> np.uint64(i & 63)) & ONE:
                total += prices[i]
    return total


@jit
def advance(net, pool, kept, queue, rule, back, bounded, threshold, prices, budget):
    """Take labels out in order of time until none is left or `budget` elementary steps are done.

    rule: see SUBSET, TIMES, EQUAL. bounded: drop labels whose value, the best completion among the backward labels `back` and
    the prices (float64 [n], >= 0) of the customers still open sum up to at most `threshold`.

    For each bucket of labels, by rising time (Desrochers and Soumis, INFOR 26, 1988; buckets after Sadykov, Uchoa and Pessoa,
    Transportation Science 55, 2021):

    1. Take its labels, at most as many as `order` holds, sorted by time and value.
    2. For each label, put back this and the rest and return where the pool, the node's kept labels or the budget are full.
    3. Drop it where a label that was kept dominates it under `rule`; its place in the pool is free again.
    4. Otherwise keep it.
    5. Extend it along every arc: skip customers of its memory, and those that violate window or capacity; the new memory is the
       old one within the head's neighbourhood, and the head (ng-routes: Baldacci, Mingozzi and Roberti, Oper. Res. 59, 2011).
    6. Where `bounded`, drop an extension that no completion brings above the threshold.
    7. Put it into the bucket of its time, no earlier than the present one.
    """
    heads, order, table, ints = queue.heads, queue.order, queue.table, queue.ints
    closed, fresh = queue.words[0], queue.words[1]
    words = closed.size
    n = prices.size
    priced = False
    for i in range(n):
        priced = priced or prices[i] > 0.0
    work = 0
    while ints[BUCKET] < heads.size:
        b = ints[BUCKET]
        if heads[b] < 0:
            ints[BUCKET] += 1
            continue
        count = 0
        x = heads[b]
        while x >= 0 and count < order.size:
            order[count] = x
            count += 1
            x = pool.link[x]
        heads[b] = x
        sort_labels(order, count, pool.time, pool.value)
        work += 4 * count
        for a in range(count):
            x = order[a]
            j = np.int64(pool.node[x])
            t = pool.time[x]
            q = pool.load[x]
            v = pool.value[x]
            degree = net.ptr[j + 1] - net.ptr[j]
            status = DONE
            if pool.node.size - ints[SIZE] + ints[SPARE] < degree:
                status = POOL_FULL
            elif rule != EQUAL and kept.count[j] >= kept.value.shape[1]:
                status = KEPT_FULL
            elif work > budget:
                status = PAUSED
            if status != DONE:  # put back what was not looked at
                for c in range(a, count):
                    y = order[c]
                    pool.link[y] = heads[b]
                    heads[b] = y
                ints[WORK] += work
                return status
            slot = 0
            if rule == EQUAL:
                for w in range(words):
                    closed[w] = pool.mask[x, w]
                slot = slot_of(table, j, closed)
                gone = j != net.end and repeated(pool, table, slot, j, t, q, v, closed)
                work += 10
            else:
                row = late_row(net, j, t)
                for w in range(words):
                    closed[w] = ALL if rule == TIMES else pool.mask[x, w] | net.late_mask[j, row, w]
                gone, looked = dominated(kept, j, t, q, v, closed)
                work += looked + 5
            if gone:
                pool.link[x] = ints[FREE]
                ints[FREE] = x
                ints[SPARE] += 1
                continue
            if rule == EQUAL:
                pool.link[x] = table[slot]
                table[slot] = x
            else:
                for w in range(words):
                    closed[w] = pool.mask[x, w]
                keep(kept, j, t, q, v, closed, x)
            ints[KEPT] += 1
            for e in range(net.ptr[j], net.ptr[j + 1]):
                k = net.head[e]
                work += 1
                if k < n and (pool.mask[x, k >> 6] >> np.uint64(k & 63)) & ONE:
                    continue
                tk = max(t + net.travel[j, k], net.open[k])
                qk = q + net.demand[k]
                if tk > net.close[k] or qk > net.capacity:
                    continue
                vk = v + net.gain[j, k]
                for w in range(words):
                    fresh[w] = pool.mask[x, w] & net.memory[k, w]
                if bounded:
                    extra = 0.0
                    if priced:
                        extra = still_open(prices, net, k, late_row(net, k, tk), pool.mask[x])
                        work += n // 4
                    room = net.capacity - qk + net.demand[k]
                    best, looked = completion(back, k, tk, room, fresh, net.slack, threshold - vk - extra)
                    work += looked
                    if vk + extra + best <= threshold:
                        continue
                if k < n:
                    fresh[k >> 6] |= ONE << np.uint64(k & 63)
                if ints[SPARE] > 0:
                    y = ints[FREE]
                    ints[FREE] = pool.link[y]
                    ints[SPARE] -= 1
                else:
                    y = ints[SIZE]
                    ints[SIZE] += 1
                ints[MADE] += 1
                pool.node[y] = k
                pool.time[y] = tk
                pool.load[y] = qk
                pool.value[y] = vk
                pool.parent[y] = x
                for w in range(words):
                    pool.mask[y, w] = fresh[w]
                bucket = int((tk - queue.reals[ORIGIN]) / queue.reals[WIDTH])
                bucket = min(max(bucket, b), heads.size - 1)
                pool.link[y] = heads[bucket]
                heads[bucket] = y
    ints[WORK] += work
    return DONE


@jit
def look_ahead(kept):
    """Set `until`, once all labels of a backward run are kept."""
    for j in range(kept.count.size):
        latest = -np.inf
        for a in range(kept.count[j]):
            latest = max(latest, -kept.time[j, a])
            kept.until[j, a] = latest


@jit
def trace_back(pool, label, out):
    """The nodes of the label's route, last first, into `out`; returns how many."""
    count = 0
    while label >= 0 and count < out.size:
        out[count] = pool.node[label]
        count += 1
        label = pool.parent[label]
    return count
