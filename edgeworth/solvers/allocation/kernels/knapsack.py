"""Numba kernels of the 0/1 knapsack: forward tables over integer weights, depth-first branch and bound for others.

All take the items of one knapsack as `items[:count]` (indices into `weight`) and their gains > 0 as `gain[:count]`, in
arrays that the caller reuses. Every value returned is a sum of at most `count` gains, or an LP bound made of as many terms:
wrong by at most (count + 8) eps times the sum of the gains' terms, a margin that callers add.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from edgeworth.core.jit import leaf
from edgeworth.core.kernels import assign, ranked


class Branching(NamedTuple):
    """Scratch of the branch and bound.

    take, now [most + 1]: the best set and the present one. least [most + 2]: least weight of the items from t on. worth, left
    [most + 1]: gain and room before item t was taken; going back restores them instead of subtracting, so that rounding errors
    cannot build up over the search.
    """

    take: NDArray[np.int8]
    now: NDArray[np.int8]
    least: NDArray[np.float64]
    worth: NDArray[np.float64]
    left: NDArray[np.float64]


@leaf
def fill_table(items, count, gain, weight, room, table):
    """table[t, c] = best gain of the first t items within the integer room c. Zero weights are allowed."""
    table[0, : room + 1] = 0.0
    for t in range(count):
        next_row(int(weight[items[t]]), gain[t], room, table[t], table[t + 1])


@leaf
def next_row(w, g, room, old, new):
    """One more item of weight w and gain g."""
    for c in range(min(w, room + 1)):
        new[c] = old[c]
    for c in range(w, room + 1):
        new[c] = max(old[c], old[c - w] + g)


@leaf
def sort_by_ratio(items, count, gain, weight):
    """Sort the items by gain per weight, falling."""
    ratio = np.empty(count)
    for t in range(count):
        ratio[t] = -gain[t] / max(weight[items[t]], 1e-300)
    order = ranked(ratio)
    old_items = items[:count].copy()
    old_gain = gain[:count].copy()
    for t in range(count):
        items[t] = old_items[order[t]]
        gain[t] = old_gain[order[t]]


@leaf
def lp_bound(items, count, gain, weight, room, skip):
    """LP bound of the sorted items without item `skip`, `count` for none (Dantzig)."""
    total = 0.0
    for t in range(count):
        if t == skip:
            continue
        w = weight[items[t]]
        if w > room:
            return total + gain[t] * room / w
        total += gain[t]
        room -= w
    return total


@leaf
def branch(items, count, gain, weight, room, skip, floor, effort, scratch):
    """(upper bound on the best gain, steps) of the sorted items within `room` without item `skip` (`count`: none).

    The bound is exact where it exceeds `floor`, and `floor` where nothing does; the set that attains it is left in
    scratch.take[:count]. Depth first: the greedy completion first, then the last item taken is dropped. Completions are
    bounded by the LP. After `effort` steps the LP bound of the whole stands in, with the best set found.
    """
    take, now, least, worth, left = scratch
    least[count] = np.inf
    for t in range(count - 1, -1, -1):
        least[t] = least[t + 1] if t == skip else min(least[t + 1], weight[items[t]])
    now[:count] = 0
    take[:count] = 0
    best = floor
    total = 0.0
    free = room
    t = 0
    steps = 0
    while True:
        alive = True
        while t < count and free >= least[t]:
            bound = total
            rest = free
            q = t
            while q < count:
                if q != skip:
                    w = weight[items[q]]
                    if w > rest:
                        bound += gain[q] * rest / w
                        break
                    rest -= w
                    bound += gain[q]
                q += 1
            steps += q - t + 3
            if bound <= best:
                alive = False
                break
            while t < q:  # the items before the one that breaks fit whole
                if t != skip:
                    now[t] = 1
                    worth[t] = total
                    left[t] = free
                    total += gain[t]
                    free -= weight[items[t]]
                t += 1
            if t < count:  # the breaking item stays out
                now[t] = 0
                t += 1
        if alive and total > best:
            best = total
            assign(take[:t], now[:t])
            take[t:count] = 0
        steps += 1
        if steps > effort:
            return max(best, lp_bound(items, count, gain, weight, room, skip)), steps
        t -= 1
        while t >= 0 and now[t] == 0:
            t -= 1
        if t < 0:
            return best, steps
        now[t] = 0
        total = worth[t]
        free = left[t]
        t += 1
