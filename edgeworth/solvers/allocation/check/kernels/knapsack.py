"""Knapsacks of one server: the best gain, and what it loses by a decision. Tables where they are small, else a search.

The one place with floating point is the LP bound of a knapsack; see `fill`.
"""

from __future__ import annotations

import numpy as np

from edgeworth.solvers.allocation.check.kernels.state import BIG, FREE, STEPS, lean, room_left

# Steps of one knapsack, and of one with a decision forced; beyond, the LP bound does. Many times what `exact` spends: where it
# had the optimum and the checker only the LP bound, fewer pairs would be fixed here and its tree would not close.
SEARCH, FORCED = 2_000_000, 200_000
SERVER = 20_000_000  # steps at one server, beyond which the LP bound does for every decision


@lean
def gather(data, work, items, i):
    """Server i's free pairs with a gain; returns (how many, their needs together)."""
    count, total = 0, 0
    for e in range(data.ptr[i], data.ptr[i + 1]):
        k = data.by[e]
        if work.state[k] == FREE:
            gain = data.profit[k] - work.lam[data.task[k]]
            if gain > 0:
                items.item[count], items.gain[count], items.need[count] = k, gain, data.weight[k]
                total += data.weight[k]
                count += 1
    work.ints[STEPS] += data.ptr[i + 1] - data.ptr[i] + 1
    return count, total


@lean
def knapsack(data, work, items, i):
    """Server i's best total gain, rounded up."""
    count, total = gather(data, work, items, i)
    room = room_left(data, work, i)
    if total <= room:
        best = 0
        for t in range(count):
            best += items.gain[t]
        return best
    if data.tabled[i]:
        rows = items.rows
        rows[0, : room + 1] = 0
        now = 0
        for t in range(count):
            extend(rows[now], rows[1 - now], items.need[t], items.gain[t], room)
            now = 1 - now
        work.ints[STEPS] += count * (room + 1)
        return rows[now, room]
    by_ratio(items, count)
    return search(items, count, room, count, -1, room_for_error(items, count, room), SEARCH, True, work)


@lean
def extend(old, new, need, gain, room):
    """The table's next row: with one more item. By value c: what is best within the room c."""
    for c in range(min(need, room + 1)):
        new[c] = old[c]
    for c in range(need, room + 1):
        new[c] = max(old[c], old[c - need] + gain)


@lean
def losses(data, work, items, i, need):
    """What the bound loses at server i at least when a free pair is put IN (`one`) or OUT (`zero`); beyond `need` just more."""
    count, _ = gather(data, work, items, i)
    room = room_left(data, work, i)
    if not data.tabled[i]:
        by_ratio(items, count)
        losses_by_search(data, work, items, i, count, room, need)
    else:
        losses_by_table(data, work, items, i, count, room)


@lean
def losses_by_table(data, work, items, i, count, room):
    table, rows = items.table, items.rows
    table[0, : room + 1] = 0
    for t in range(count):
        extend(table[t], table[t + 1], items.need[t], items.gain[t], room)
    best = table[count, room]
    c = room
    for t in range(count - 1, -1, -1):
        items.chosen[t] = table[t + 1, c] != table[t, c]
        if items.chosen[t]:
            c -= items.need[t]
    for e in range(data.ptr[i], data.ptr[i + 1]):
        k = data.by[e]
        if work.state[k] == FREE:
            work.zero[k] = 0
            left = room - data.weight[k]
            gain = data.profit[k] - work.lam[data.task[k]]
            work.one[k] = BIG if left < 0 else best - table[count, left] - gain  # overwritten below where there is a gain
    rows[0, : room + 1] = 0
    now = 0
    for t in range(count - 1, -1, -1):
        k, left = items.item[t], room
        if not items.chosen[t]:
            left -= items.need[t]
        top = -BIG
        for c in range(left + 1):
            top = max(top, table[t, c] + rows[now, left - c])
        if items.chosen[t]:
            work.one[k] = 0
            work.zero[k] = best - top
        elif left >= 0:
            work.one[k] = best - top - items.gain[t]
        extend(rows[now], rows[1 - now], items.need[t], items.gain[t], room)
        now = 1 - now
    work.ints[STEPS] += 3 * count * (room + 1)


@lean
def losses_by_search(data, work, items, i, count, room, need):
    error = room_for_error(items, count, room)
    search(items, count, room, count, -1, error, SEARCH, True, work)
    best = work.best[i]  # what the bound counts for this server: losses are from there
    floor = best - need - 1 - error
    until = work.ints[STEPS] + SERVER
    for e in range(data.ptr[i], data.ptr[i + 1]):
        k = data.by[e]
        if work.state[k] == FREE:
            work.one[k] = 0
            work.zero[k] = 0
            gain = data.profit[k] - work.lam[data.task[k]]
            if data.weight[k] > room:
                work.one[k] = BIG
            elif gain <= 0:
                rest = forced(items, count, room - data.weight[k], count, gain, floor, error, until, work)
                work.one[k] = max(best - rest, 0)
    for t in range(count):
        k = items.item[t]
        if items.chosen[t]:
            work.zero[k] = max(best - forced(items, count, room, t, 0, floor, error, until, work), 0)
        elif items.need[t] <= room:
            rest = forced(items, count, room - items.need[t], t, items.gain[t], floor, error, until, work)
            work.one[k] = max(best - rest, 0)


@lean
def forced(items, count, room, skip, base, floor, error, until, work):
    """A bound on `base` and the items without `skip` within `room`; where it would be below `floor` + `error`, only that."""
    bound = base + fill(items, count, 0, room, skip)
    work.ints[STEPS] += 20
    if bound <= floor + error or work.ints[STEPS] >= until:
        return bound
    return base + search(items, count, room, skip, max(floor - base, -1), error, FORCED, False, work)


@lean
def by_ratio(items, count):
    """Sort by falling gain per need, as floats see it, and add up; note the smallest needs."""
    for t in range(count):
        need = np.float64(items.need[t])
        items.ratio[t] = np.float64(items.gain[t]) / need if need > 0.0 else np.inf
    for first in range(count // 2 - 1, -1, -1):
        sift(items, first, count)
    for end in range(count - 1, 0, -1):
        swap(items, 0, end)
        sift(items, 0, end)
    items.gains[0], items.needs[0] = 0, 0
    for t in range(count):
        items.gains[t + 1] = items.gains[t] + items.gain[t]
        items.needs[t + 1] = items.needs[t] + items.need[t]
    items.least[count] = BIG
    for t in range(count - 1, -1, -1):
        items.least[t] = min(items.least[t + 1], items.need[t])


@lean
def sift(items, at, end):
    """Let an item sink in the heap of the items before `end`, whose least ratio is on top."""
    while 2 * at + 1 < end:
        child = 2 * at + 1
        if child + 1 < end and items.ratio[child + 1] < items.ratio[child]:
            child += 1
        if items.ratio[at] <= items.ratio[child]:
            break
        swap(items, at, child)
        at = child


@lean
def swap(items, a, b):
    items.ratio[a], items.ratio[b] = items.ratio[b], items.ratio[a]
    items.item[a], items.item[b] = items.item[b], items.item[a]
    items.gain[a], items.gain[b] = items.gain[b], items.gain[a]
    items.need[a], items.need[b] = items.need[b], items.need[a]


@lean
def fill(items, count, t, room, skip):
    """The LP bound of the items from t on, without `skip`, within `room`, rounded up.

    Filling by falling gain per need is the LP's optimum (Dantzig). The order is that of floats f(gain) / f(need), wrong by a
    factor of 1 + 3 e at most (e = 2^-53): it is the right order for gains g' with g (1 - 4 e) <= g' <= g (1 + 4 e), so the LP's
    optimum is at most 1 + 9 e times the fill. The last item's part is computed with at most 5 roundings, covered by 2^-50 of it
    and 1; 2^-48 of the total and 1 cover the rest. Where all fit, there is nothing to round.
    """
    ahead = room + items.needs[t]
    q = reach(items.needs, t, count, ahead)
    total = items.gains[q] - items.gains[t]
    if t <= skip <= q and skip < count:
        ahead += items.need[skip]
        q = reach(items.needs, q, count, ahead)
        total = items.gains[q] - items.gains[t] - items.gain[skip]
    if q >= count:
        return total
    part = np.float64(items.gain[q]) * (np.float64(ahead - items.needs[q]) / np.float64(items.need[q]))
    total += min(np.int64(part) + 1 + (np.int64(part) >> 50), items.gain[q])
    return total + (total >> 48) + 1


@lean
def reach(needs, low, count, most):
    """The last position whose sum before it is at most `most`; it is for `low`."""
    high = count
    while low < high:
        middle = (low + high + 1) // 2
        if needs[middle] <= most:
            low = middle
        else:
            high = middle - 1
    return low


@lean
def room_for_error(items, count, room):
    """What bounds may exceed the best known set by and still not be looked into: the rounding of `fill`, or ties never end."""
    return (fill(items, count, 0, room, count) >> 47) + 4


@lean
def search(items, count, room, skip, floor, error, effort, kept, work):
    """A bound on the items without `skip` within `room`: their optimum, or `floor` where that is larger, and `error`.

    Depth first, the greedy fill first, then without the last item taken. kept: leave the best set in `chosen`.
    """
    gain, need, least, taken = items.gain, items.need, items.least, items.taken
    best, total, free = floor, 0, room
    depth, t, steps = 0, 0, 0
    if kept:
        items.chosen[:count] = False
    while True:
        dead = False
        while t < count and least[t] <= free:  # else nothing fits any more
            if total + fill(items, count, t, free, skip) <= best + error:
                dead = True
                break
            while t < count and (t == skip or need[t] <= free):
                if t != skip:
                    taken[depth] = t
                    depth += 1
                    total += gain[t]
                    free -= need[t]
                t += 1
                steps += 1
            t += 1
            steps += 8
        if not dead and total > best:
            best = total
            if kept:
                items.chosen[:count] = False
                for d in range(depth):
                    items.chosen[taken[d]] = True
        steps += 1
        if steps > effort:
            work.ints[STEPS] += steps
            return max(best + error, fill(items, count, 0, room, skip))
        if depth == 0:
            work.ints[STEPS] += steps
            return best + error
        depth -= 1
        t = taken[depth]
        total -= gain[t]
        free += need[t]
        t += 1
