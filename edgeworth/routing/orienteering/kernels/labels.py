"""Numba kernels of label setting on one vehicle type's network.

A label is a partial route that ends at a node: the time at which service begins there, the load, the value of its arcs, and a
memory, the set of customers that it must not visit again, as bits. Labels wait in buckets by time and are taken out in that
order; one that another label of its node dominates is dropped, the others are kept and extended. Backward labels are the
same thing on the reversed network, whose times run backwards. All state is in arrays, so that `advance` can be left and
entered again.
"""

from collections import namedtuple

import numpy as np

from edgeworth.core.jit import jit, leaf

# Nodes 0..n-1 are customers, n is the vehicle's start, n + 1 its end (the other way round on the reversed network).
# travel, gain float64 [N, N]; open, close, demand float64 [N]; memory uint64 [N, W]: what a label that arrives there may
# remember; ptr int64 [N + 1], head int64 [arcs]: the arcs in use; late_at float64 [N, n] ascending, late_mask uint64
# [N, n + 1, W]: after late_at[j, r - 1] the customers of late_mask[j, r] can no longer be reached from j.
Network = namedtuple("Network", "travel gain open close demand capacity slack memory ptr head start end late_at late_mask")
Pool = namedtuple("Pool", "node time load value mask parent link")  # labels; link: the next one of a list
# Kept labels by node, in order of falling value; until: the largest -time so far in that order, set by `look_ahead`.
Kept = namedtuple("Kept", "count value time load mask label until")
Queue = namedtuple("Queue", "heads order table words ints reals")  # buckets, scratch, hash table, counters

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
            j = pool.node[x]
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


@jit
def closure(travel):
    """All-pairs shortest times, in place (Floyd and Warshall)."""
    size = travel.shape[0]
    for k in range(size):
        for i in range(size):
            via = travel[i, k]
            if via < np.inf:
                for j in range(size):
                    if via + travel[k, j] < travel[i, j]:
                        travel[i, j] = via + travel[k, j]


@jit
def detours(travel, cost, slack, spared):
    """spared[i]: what going through customer i costs more than passing it by, at least; -inf where it can save time.

    The minimum over all a, b of cost[a, i] + cost[i, b] - cost[a, b]; infinity where nothing goes through i. travel counts
    the service at its first node, so a long service makes up for a triangle inequality that is violated. Times within
    `slack` of each other, relative, count as equal.
    """
    size = travel.shape[0]
    for i in range(spared.size):
        least = np.inf
        for a in range(size):
            if a == i or not travel[a, i] < np.inf:
                continue
            for b in range(size):
                if b in (i, a) or not travel[i, b] < np.inf:
                    continue
                if travel[a, b] > (travel[a, i] + travel[i, b]) * (1.0 + slack):
                    least = -np.inf
                    break
                least = min(least, cost[a, i] + cost[i, b] - cost[a, b])
            if least == -np.inf:
                break
        spared[i] = least
