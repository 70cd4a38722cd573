"""The checker's own loops: a branch tree is repeated in 64-bit integers. No solver uses them.

Profits, multipliers and weights come as integers (`check.tree` says how, and that no sum of them overflows), so that sums,
bounds and losses have no rounding errors. The one place with floating point is the LP bound of a knapsack; see `fill`.
"""

from __future__ import annotations

from collections import namedtuple
from functools import partial

import numpy as np

from edgeworth.core.jit import jit

lean = partial(jit, counted=False)  # nothing here allocates

FREE, OUT, IN = -1, 0, 1
DONE, MORE, OPEN = 0, 1, 2
BIG = 1 << 61  # a loss that nothing can bear

# indptr, task, server: the pairs by task; ptr, by: by server, in the order of the certificate. profit, weight int64[pairs],
# room int64[n]. load float64[pairs], limit float64[n]: what the model adds and compares. must bool[m]. twin int64[n]: an
# earlier server alike, or -1. tabled bool[n]: is the server's knapsack solved by a table?
Data = namedtuple("Data", "indptr task server ptr by profit weight room load limit must twin tabled")

# branched, rounds int32[nodes], rows int32[rows, m]; step: the integer value of a multiplier is rint(step times its row's entry).
Tree = namedtuple("Tree", "branched rounds rows step target")

# state int8[pairs], trail int64[pairs]: the pairs that are not FREE, in the order of their fixing. pair, mark, side, dead
# int64[depth]: of the open branchings. lam int64[m]; best int64[n]; one, zero int64[pairs]; sums float64[n]. ints: see below.
Work = namedtuple("Work", "state trail pair mark side dead lam best one zero sums ints")

# item, gain, need int64[most], ratio float64[most]: of one knapsack; gains, needs int64[most + 1]: sums of all before. taken int64,
# chosen bool [most]. table int64[most + 1, width], rows int64[2, width].
Items = namedtuple("Items", "item gain need ratio gains needs taken chosen table rows")

NODE, ROW, DEPTH, PHASE, SERVER, CLOSED, LEFT, FIXED, BOUND, STEPS, N_INTS = range(11)
ENTER, ROUND, EVALUATE, LOSSES, LEAVE = range(5)

SEARCH, FORCED = 2_000_000, 100_000  # steps of one knapsack, and of one with a decision forced; beyond, the LP bound does


@lean
def replay(data, tree, work, items, effort):
    """Go on for about `effort` steps. DONE: every leaf is closed. OPEN: the leaf of work.ints[NODE] is not. MORE: go on."""
    ints = work.ints
    end = ints[STEPS] + effort
    while ints[STEPS] < end:
        if ints[PHASE] == ENTER:
            ints[STEPS] += data.task.size
            ints[LEFT] = tree.rounds[ints[NODE]]
            if not ints[CLOSED] and not propagate(data, work):
                ints[CLOSED] = 1
            ints[PHASE] = ROUND
        elif ints[PHASE] == ROUND:
            if ints[CLOSED] or ints[LEFT] == 0:
                ints[ROW] += ints[LEFT]
                ints[PHASE] = LEAVE
                continue
            for j in range(work.lam.size):
                work.lam[j] = np.int64(np.rint(tree.rows[ints[ROW], j] * tree.step))
            ints[ROW] += 1
            ints[LEFT] -= 1
            ints[BOUND] = decided(data, work)
            ints[SERVER] = 0
            ints[PHASE] = EVALUATE
        elif ints[PHASE] == EVALUATE:
            i = ints[SERVER]
            if i < data.room.size:
                work.best[i] = knapsack(data, work, items, i)
                ints[BOUND] += work.best[i]
                ints[SERVER] += 1
            elif ints[BOUND] < tree.target:
                ints[CLOSED] = 1
                ints[PHASE] = ROUND
            else:
                ints[SERVER] = 0
                ints[PHASE] = LOSSES
        elif ints[PHASE] == LOSSES:
            if ints[SERVER] < data.room.size:
                losses(data, work, items, ints[SERVER], ints[BOUND] - tree.target)
                ints[SERVER] += 1
            else:
                ints[STEPS] += data.task.size
                if not fix(data, work, ints[BOUND] - tree.target) or not propagate(data, work):
                    ints[CLOSED] = 1
                ints[PHASE] = ROUND
        else:
            pair = np.int64(tree.branched[ints[NODE]])
            if pair < 0:
                if not ints[CLOSED] and not settled(data, work, tree.target):
                    return OPEN
                if not next_branch(work):
                    return DONE
            else:
                d = ints[DEPTH]
                work.pair[d], work.mark[d], work.side[d], work.dead[d] = pair, ints[FIXED], IN, ints[CLOSED]
                ints[DEPTH] = d + 1
                decide(work, pair, IN)
            ints[NODE] += 1
            ints[PHASE] = ENTER
    return MORE


@lean
def next_branch(work):
    """Back to the last branching whose second side is to come, and into that; False: there is none."""
    ints = work.ints
    while ints[DEPTH] > 0:
        d = ints[DEPTH] - 1
        while ints[FIXED] > work.mark[d]:
            ints[FIXED] -= 1
            work.state[work.trail[ints[FIXED]]] = FREE
        if work.side[d] == IN:
            work.side[d] = OUT
            ints[CLOSED] = work.dead[d]
            decide(work, work.pair[d], OUT)
            return True
        ints[DEPTH] = d
    return False


@lean
def put(work, k, value):
    """Fix a FREE pair."""
    work.state[k] = value
    work.trail[work.ints[FIXED]] = k
    work.ints[FIXED] += 1


@lean
def decide(work, pair, value):
    """One side of a branching; where the pair is fixed the other way already, there is nothing on it."""
    if work.state[pair] == FREE:
        put(work, pair, value)
    elif work.state[pair] != value:
        work.ints[CLOSED] = 1


@lean
def propagate(data, work):
    """Fix what the decisions leave no choice in; False: they contradict each other.

    Full servers take nothing more. Served tasks are served once. A task that must be served and has one pair left takes it.
    Among servers alike only such solutions are looked at where the first tasks of the servers, in the order of `by`, rise
    from each to the next of its kind, empty servers last: sorting the contents of servers alike makes any solution one.
    """
    state = work.state
    again = True
    while again:
        again = False
        for i in range(data.room.size):
            left = room_left(data, work, i)
            if left < 0:
                return False
            for e in range(data.ptr[i], data.ptr[i + 1]):
                if state[data.by[e]] == FREE and data.weight[data.by[e]] > left:
                    put(work, data.by[e], OUT)
        for i in range(data.room.size):
            if data.twin[i] < 0:
                continue
            back = data.ptr[data.twin[i]] - data.ptr[i]
            for e in range(data.ptr[i], data.ptr[i + 1]):
                # No task up to here is sure to be at the earlier server before this one; this one cannot be the first.
                if state[data.by[e]] == IN:
                    return False
                if state[data.by[e]] == FREE:
                    put(work, data.by[e], OUT)
                if state[data.by[e + back]] != OUT:
                    break
        for j in range(data.must.size):
            served, free, last = 0, 0, -1
            for k in range(data.indptr[j], data.indptr[j + 1]):
                if state[k] == IN:
                    served += 1
                elif state[k] == FREE:
                    free += 1
                    last = k
            if served > 1 or (data.must[j] and served + free == 0):
                return False
            if served == 1 and free > 0:
                for k in range(data.indptr[j], data.indptr[j + 1]):
                    if state[k] == FREE:
                        put(work, k, OUT)
            elif served == 0 and free == 1 and data.must[j]:
                put(work, last, IN)
                again = True
    return True


@lean
def room_left(data, work, i):
    left = data.room[i]
    for e in range(data.ptr[i], data.ptr[i + 1]):
        if work.state[data.by[e]] == IN:
            left -= data.weight[data.by[e]]
    return left


@lean
def decided(data, work):
    """The bound's part outside the knapsacks: profits of pairs that are IN, multipliers of tasks still open."""
    total = 0
    for j in range(data.must.size):
        free = False
        served = -1
        for k in range(data.indptr[j], data.indptr[j + 1]):
            if work.state[k] == IN:
                served = k
            elif work.state[k] == FREE:
                free = True
        if served >= 0:
            total += data.profit[served]
        elif free:
            total += work.lam[j]
    return total


@lean
def settled(data, work, target):
    """A leaf without a choice: is its one assignment not worth the target, or does the model find a server overloaded?"""
    work.sums[:] = 0.0
    total = 0
    for k in range(data.task.size):
        if work.state[k] == FREE:
            return False
        if work.state[k] == IN:
            total += data.profit[k]
            work.sums[data.server[k]] += data.load[k]
    if total < target:
        return True
    for i in range(data.limit.size):
        if work.sums[i] > data.limit[i]:
            return True
    return False


@lean
def fix(data, work, need):
    """Fix every pair whose other value would lose more than `need`; False: every value of some task would.

    A task at one server is not at its others: losses at different servers add up. An open task left unserved loses lam too.
    """
    state, one, zero = work.state, work.one, work.zero
    for j in range(data.must.size):
        served = False
        all_out = 0
        for k in range(data.indptr[j], data.indptr[j + 1]):
            if state[k] == IN:
                served = True
            elif state[k] == FREE:
                all_out += zero[k]
        if served:
            continue
        free, last, had = 0, -1, False
        for k in range(data.indptr[j], data.indptr[j + 1]):
            if state[k] == FREE:
                had = True
                if one[k] + (all_out - zero[k]) > need:
                    put(work, k, OUT)
                else:
                    free += 1
                    last = k
        if had and (data.must[j] or all_out + work.lam[j] > need):
            if free == 0:
                return False
            if free == 1:
                put(work, last, IN)
    return True


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
    for e in range(data.ptr[i], data.ptr[i + 1]):
        k = data.by[e]
        if work.state[k] == FREE:
            work.one[k] = 0
            work.zero[k] = 0
            gain = data.profit[k] - work.lam[data.task[k]]
            if data.weight[k] > room:
                work.one[k] = BIG
            elif gain <= 0:
                rest = forced(items, count, room - data.weight[k], count, gain, floor, error, work)
                work.one[k] = max(best - rest, 0)
    for t in range(count):
        k = items.item[t]
        if items.chosen[t]:
            work.zero[k] = max(best - forced(items, count, room, t, 0, floor, error, work), 0)
        elif items.need[t] <= room:
            rest = forced(items, count, room - items.need[t], t, items.gain[t], floor, error, work)
            work.one[k] = max(best - rest, 0)


@lean
def forced(items, count, room, skip, base, floor, error, work):
    """A bound on `base` and the items without `skip` within `room`; where it would be below `floor` + `error`, only that."""
    bound = base + fill(items, count, 0, room, skip)
    work.ints[STEPS] += 20
    if bound <= floor + error:
        return bound
    return base + search(items, count, room, skip, max(floor - base, -1), error, FORCED, False, work)


@lean
def by_ratio(items, count):
    """Sort by falling gain per need, as floats see it, and add up."""
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
    factor of 1 + 3 e at most (e = 2^-53): it is exact for gains g' with g (1 - 4 e) <= g' <= g (1 + 4 e), so the LP's optimum is at most
    1 + 9 e times the fill. The last item's part is computed with at most 5 roundings. Adding 2^-48 of the total covers both.
    Where all fit, there is nothing to round.
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
    gain, need, taken = items.gain, items.need, items.taken
    best, total, free = floor, 0, room
    depth, t, steps = 0, 0, 0
    if kept:
        items.chosen[:count] = False
    while True:
        dead = False
        while t < count:
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
