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
    """One more item of weight w and gain g.

    Slices that begin where the item begins, instead of ``old[c - w]``: an index that might be negative keeps the compiler from
    working on several entries at a time.
    """
    first = min(w, room + 1)
    for c in range(first):
        new[c] = old[c]
    without, result = old[first : room + 1], new[first : room + 1]
    for c in range(room + 1 - first):
        out = without[c]
        into = old[c] + g
        result[c] = into if into > out else out


@leaf
def previous_row(w, g, room, old, new):
    """As `next_row` for tables that are indexed by the room that is spent: new[c] = best gain within room - c."""
    first = min(w, room + 1)
    rest = room + 1 - first
    for c in range(rest, room + 1):
        new[c] = old[c]
    spent = old[first : room + 1]
    for c in range(rest):
        out = old[c]
        into = spent[c] + g
        new[c] = into if into > out else out


@leaf
def greatest_sum(before, after):
    """The greatest before[c] + after[c] over the entries of the shorter vector; eight chains, that none waits for itself."""
    many = min(before.size, after.size)
    a = b = c = d = e = f = g = h = -np.inf
    t = 0
    while t + 8 <= many:
        a = max(a, before[t] + after[t])
        b = max(b, before[t + 1] + after[t + 1])
        c = max(c, before[t + 2] + after[t + 2])
        d = max(d, before[t + 3] + after[t + 3])
        e = max(e, before[t + 4] + after[t + 4])
        f = max(f, before[t + 5] + after[t + 5])
        g = max(g, before[t + 6] + after[t + 6])
        h = max(h, before[t + 7] + after[t + 7])
        t += 8
    while t < many:
        a = max(a, before[t] + after[t])
        t += 1
    return max(max(max(a, b), max(c, d)), max(max(e, f), max(g, h)))


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
