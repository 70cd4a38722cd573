"""Constructive kernels: one pass over the tasks, and regret."""

import numpy as np

from edgeworth.core.jit import jit, leaf


@jit
def best_feasible(indptr, server, profit, weight, must, order, room, choice):
    """Tasks in `order` take the most profitable pair that still fits; optional tasks only a positive one.

    `room` (what is left of every server) and `choice` are updated; tasks that have a choice are passed over.
    """
    for t in range(order.size):
        j = order[t]
        if choice[j] >= 0:
            continue
        best = -1
        for p in range(indptr[j], indptr[j + 1]):
            if weight[p] <= room[server[p]] and (best < 0 or profit[p] > profit[best]):
                best = p
        if best >= 0 and (must[j] or profit[best] > 0.0):
            choice[j] = best
            room[server[best]] -= weight[best]


@jit
def uniform_feasible(indptr, server, weight, room, choice, rng):
    """Tasks in order take a pair drawn uniformly from those that still fit (reservoir sampling of one)."""
    for j in range(choice.size):
        seen = 0
        for p in range(indptr[j], indptr[j + 1]):
            if weight[p] <= room[server[p]]:
                seen += 1
                if rng.random() * seen < 1.0:
                    choice[j] = p
        if choice[j] >= 0:
            room[server[choice[j]]] -= weight[choice[j]]


@leaf
def _two_best(j, indptr, server, weight, desire, must, room):
    """The best pair of task j that still fits, and its regret: how much worse the second best (or staying out) is."""
    best, first, second = -1, -np.inf, -np.inf
    for p in range(indptr[j], indptr[j + 1]):
        if weight[p] <= room[server[p]]:
            if desire[p] > first:
                best, first, second = p, desire[p], first
            elif desire[p] > second:
                second = desire[p]
    if best < 0:
        return best, 0.0
    if must[j]:
        return best, (np.inf if second == -np.inf else first - second)
    return best, first - max(second, 0.0)


@leaf
def _push(heap, size, key, item):
    """Binary max-heap of (key, item) rows; returns the new size."""
    k = size
    while k > 0:
        parent = (k - 1) // 2
        if heap[parent, 0] >= key:
            break
        heap[k, 0], heap[k, 1] = heap[parent, 0], heap[parent, 1]
        k = parent
    heap[k, 0], heap[k, 1] = key, item
    return size + 1


@leaf
def _pop(heap, size):
    """Remove the largest; returns key, item and the new size."""
    key, item = heap[0, 0], heap[0, 1]
    size -= 1
    last_key, last_item = heap[size, 0], heap[size, 1]
    k = 0
    while 2 * k + 1 < size:
        child = 2 * k + 1
        if child + 1 < size and heap[child + 1, 0] > heap[child, 0]:
            child += 1
        if last_key >= heap[child, 0]:
            break
        heap[k, 0], heap[k, 1] = heap[child, 0], heap[child, 1]
        k = child
    heap[k, 0], heap[k, 1] = last_key, last_item
    return key, item, size


@jit
def largest_regret(indptr, server, weight, desire, must, by_server, by_weight, pair_task, room, choice):
    """Again and again assign the task of largest regret to its best pair that still fits.

    `desire`: desirability of every pair; pairs at -inf are never taken. `by_server` [servers + 1] and `by_weight` list the
    pairs of every server by falling weight: as a server fills, the pairs that no longer fit are a growing head of its list, so
    each pair is looked at once, and only tasks that lost one of their pairs are priced again.
    """
    m = choice.size
    current = np.full(m, -1, np.int64)
    regret = np.zeros(m)
    heap = np.empty((m + server.size + 1, 2))
    size = 0
    head = by_server[:-1].copy()
    for j in range(m):
        current[j], regret[j] = _two_best(j, indptr, server, weight, desire, must, room)
        if current[j] >= 0:
            size = _push(heap, size, regret[j], j)
    while size > 0:
        key, item, size = _pop(heap, size)
        j = int(item)
        p = current[j]
        if choice[j] >= 0 or p < 0 or key != regret[j]:
            continue  # an entry that was overtaken
        i = server[p]
        choice[j] = p
        room[i] -= weight[p]
        while head[i] < by_server[i + 1] and weight[by_weight[head[i]]] > room[i]:
            k = pair_task[by_weight[head[i]]]
            head[i] += 1
            if choice[k] < 0:
                before = current[k]
                current[k], now = _two_best(k, indptr, server, weight, desire, must, room)
                if current[k] >= 0 and (now != regret[k] or current[k] != before):
                    regret[k] = now
                    size = _push(heap, size, now, k)
