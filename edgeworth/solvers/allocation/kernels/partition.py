"""Numba kernels that share out the tasks of some servers anew as a set partitioning problem.

Multipliers lam of the tasks and K_i, the best gain (profit - lam) of a set of tasks that fits server i, bound what the servers
can earn by ``D = sum lam + sum K_i``. A sharing out earns D less what its sets lose, ``K_i - gain``, and less lam of every task
that stays unserved. To earn a target, the losses may add up to ``D - target`` at most: few sets lose so little, and all of them
can be listed, from the knapsacks' tables. A depth-first search then puts one set a server together so that none overlap.

Sets are masks of two words, so that at most TASKS tasks take part. Weights and rooms are integers.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from edgeworth.core.jit import jit, leaf
from edgeworth.solvers.allocation.kernels.knapsack import next_row

TASKS = 128  # bits of two words
WORD = 64
SERVERS = 24  # most servers of a neighbourhood
FOUND, DONE, TOO_MANY = 0, 1, 2
ON_GRID = 0.999  # of a grid step is asked for: the rest is for rounding errors
DEFLECTION = 0.4  # share of the last direction in the next
PATIENCE = 3  # steps without a better bound before the step is shortened
SHORTER = 0.6  # by this factor
LOOK, WORTH = 10, 0.1  # so many steps must close this share of the gap to the target, else there will be no more
AIM = 0.05  # steps of the grid below the target that the descent aims at


class Data(NamedTuple):
    """The problem as matrices: profit, weight [tasks, servers] (not eligible: a weight beyond the room), room [servers], must
    [tasks]; values are multiples of grid."""

    profit: NDArray[np.float64]
    weight: NDArray[np.int64]
    room: NDArray[np.int64]
    must: NDArray[np.bool_]
    grid: float


class Scratch(NamedTuple):
    """Arrays that the kernels reuse.

    table [TASKS + 1, largest room + 1]: a knapsack's. loss, low, high [most]: listed sets, what they lose and their masks.
    listed [SERVERS + 1, most]: for every depth of the search, the sets that are left. gain [SERVERS, TASKS]: of the tasks at
    each server. items [TASKS], taken [TASKS]. work [1]: elementary steps done so far.
    """

    table: NDArray[np.float64]
    loss: NDArray[np.float64]
    low: NDArray[np.uint64]
    high: NDArray[np.uint64]
    listed: NDArray[np.int32]
    gain: NDArray[np.float64]
    items: NDArray[np.int64]
    taken: NDArray[np.int64]
    work: NDArray[np.int64]


class Part(NamedTuple):
    """The servers and tasks that take part; held: of every task, the place in `servers` that holds it, or -1."""

    servers: NDArray[np.int64]
    tasks: NDArray[np.int64]
    held: NDArray[np.int64]


@leaf
def bit(mask, t):
    return (mask >> np.uint64(t)) & np.uint64(1)


@leaf
def has(low, high, t):
    """Whether a set contains the part's task t."""
    return (bit(low, t) if t < WORD else bit(high, t - WORD)) == np.uint64(1)


@leaf
def with_task(low, high, t):
    if t < WORD:
        return low | (np.uint64(1) << np.uint64(t)), high
    return low, high | (np.uint64(1) << np.uint64(t - WORD))


@leaf
def fill(data, part, a, lam, table, gain, items, work):
    """The table of server a's knapsack over its tasks with a gain, which are in `items`; returns their number."""
    i = part.servers[a]
    room = data.room[i]
    count = 0
    table[0, : room + 1] = 0.0
    for t in range(part.tasks.size):
        j = part.tasks[t]
        gain[t] = data.profit[j, i] - lam[t]
        if gain[t] > 0.0 and data.weight[j, i] <= room:
            next_row(data.weight[j, i], gain[t], room, table[count], table[count + 1])
            items[count] = t
            count += 1
    work[0] += count * (room + 1) // 4 + part.tasks.size
    return count


@jit
def greatest_gains(data, lam, greatest):
    """K_i of every server at the multipliers of all tasks, into `greatest`."""
    m, n = data.profit.shape
    table = np.empty((2, data.room.max() + 1))
    for i in range(n):
        room = data.room[i]
        now = 0
        table[0, : room + 1] = 0.0
        for j in range(m):
            gain = data.profit[j, i] - lam[j]
            if gain > 0.0 and data.weight[j, i] <= room:
                next_row(data.weight[j, i], gain, room, table[now], table[1 - now])
                now = 1 - now
        greatest[i] = table[now, room]


@jit
def descend(data, part, lam, target, steps, until, scratch):
    """Deflected subgradient steps on D, none beyond `until` elementary steps; lam becomes the best multipliers met. Returns
    their bound."""
    m, n = part.tasks.size, part.servers.size
    now = lam.copy()
    direction = np.zeros(m)
    best, theta, stale, before = np.inf, 1.0, 0, np.inf
    for step in range(steps):
        if scratch.work[0] > until:
            return best
        if step > 0 and step % LOOK == 0:
            if before - best < WORTH * (best - target):
                return best
            before = best
        bound = now.sum()
        scratch.taken[:m] = 0
        for a in range(n):
            i = part.servers[a]
            count = fill(data, part, a, now, scratch.table, scratch.gain[a], scratch.items, scratch.work)
            room = data.room[i]
            bound += scratch.table[count, room]
            for t in range(count - 1, -1, -1):
                if scratch.table[t + 1, room] != scratch.table[t, room]:
                    scratch.taken[scratch.items[t]] += 1
                    room -= data.weight[part.tasks[scratch.items[t]], i]
        if bound < best:
            best, stale = bound, 0
            lam[:] = now
            if best < target:
                return best
        else:
            stale += 1
            if stale == PATIENCE:
                theta, stale = theta * SHORTER, 0
        norm = 0.0
        for t in range(m):
            direction[t] = (1.0 - DEFLECTION) * (1.0 - scratch.taken[t]) + DEFLECTION * direction[t]
            if now[t] <= 0.0 and direction[t] > 0.0 and not data.must[part.tasks[t]]:
                direction[t] = 0.0
            norm += direction[t] ** 2
        if norm == 0.0:
            return best
        length = theta * (bound - target + AIM * data.grid) / norm
        for t in range(m):
            now[t] -= length * direction[t]
            if not data.must[part.tasks[t]]:
                now[t] = max(now[t], 0.0)
    return best


@jit
def list_sets(data, part, a, lam, budget, begin, end, scratch):
    """List the sets of server a that lose at most `budget` from `begin` on; returns where they end, -1: beyond `end`.

    A depth-first search over the tasks without a gain, then over those with one, from the last row of the table to the first:
    the table tells what can still be gained, so that no branch is in vain.
    """
    table, items, gain = scratch.table, scratch.items, scratch.gain[a]
    i = part.servers[a]
    room = data.room[i]
    count = fill(data, part, a, lam, table, gain, items, scratch.work)
    many = count
    for t in range(part.tasks.size):
        if -budget <= gain[t] <= 0.0 and data.weight[part.tasks[t], i] <= room:
            items[many] = t
            many += 1
    best = table[count, room]
    least = best - budget
    taken = scratch.taken
    at, top, t, value = begin, 0, many, 0.0
    while True:
        while t > 0:
            j = part.tasks[items[t - 1]]
            row = min(t - 1, count)
            w = data.weight[j, i]
            scratch.work[0] += 1
            if w <= room and value + gain[items[t - 1]] + table[row, room - w] >= least:
                t -= 1
                taken[top] = t
                top += 1
                room -= w
                value += gain[items[t]]
            elif value + table[row, room] >= least:
                t -= 1
            else:
                break
        if t == 0:
            if at == end:
                return -1
            low, high = np.uint64(0), np.uint64(0)
            for k in range(top):
                low, high = with_task(low, high, items[taken[k]])
            scratch.loss[at], scratch.low[at], scratch.high[at] = best - value, low, high
            at += 1
        again = False
        while top > 0 and not again:
            top -= 1
            t = taken[top]
            room += data.weight[part.tasks[items[t]], i]
            value -= gain[items[t]]
            again = value + table[min(t, count), room] >= least
        if not again:
            break
    order = np.argsort(scratch.loss[begin:at], kind="mergesort")
    scratch.loss[begin:at] = scratch.loss[begin:at][order]
    scratch.low[begin:at] = scratch.low[begin:at][order]
    scratch.high[begin:at] = scratch.high[begin:at][order]
    return at


@jit
def put_together(data, part, lam, ptr, budget, once, until, scratch, result):
    """One set a server, none overlapping, that lose at most `budget`: the best, or the first one found where `once`.

    The sets of the place a in `part.servers` are ptr[a]:ptr[a+1], by rising loss. At every node the server with the fewest sets
    left is next. Dropped are sets that overlap with those taken, and that lose too much beside the least losses of the other
    servers; a node is dropped where a server has no set left, or a task that must be served is in none. What is held now does
    not count. Returns FOUND (the sets are in `result`), DONE or, beyond `until` elementary steps, TOO_MANY.
    """
    loss, low, high, listed = scratch.loss, scratch.low, scratch.high, scratch.listed
    n, m = part.servers.size, part.tasks.size
    zero = np.uint64(0)
    must_low, must_high = zero, zero
    here_low, here_high = np.zeros(n, np.uint64), np.zeros(n, np.uint64)
    for t in range(m):
        if data.must[part.tasks[t]]:
            must_low, must_high = with_task(must_low, must_high, t)
        if part.held[t] >= 0:
            a = part.held[t]
            here_low[a], here_high[a] = with_task(here_low[a], here_high[a], t)
    count = np.zeros((n + 1, n), np.int64)
    least = np.zeros(n)
    closed = np.zeros(n, np.bool_)
    server, place, chosen = np.zeros(n, np.int64), np.zeros(n, np.int64), np.zeros(n, np.int64)
    spent, rest = np.zeros(n), np.zeros(n)
    used_low, used_high = np.zeros(n, np.uint64), np.zeros(n, np.uint64)
    for a in range(n):
        count[0, a] = ptr[a + 1] - ptr[a]
        for e in range(ptr[a], ptr[a + 1]):
            listed[0, e] = e
    server[0] = np.argmin(count[0])
    closed[server[0]] = True
    found = False
    depth = 0
    while depth >= 0:
        a = server[depth]
        if place[depth] == count[depth, a]:
            closed[a] = False
            depth -= 1
            continue
        one = listed[depth, ptr[a] + place[depth]]
        place[depth] += 1
        lost = spent[depth] + loss[one]
        if lost + rest[depth] > budget:
            place[depth] = count[depth, a]
            continue
        chosen[depth] = one
        now_low, now_high = used_low[depth] | low[one], used_high[depth] | high[one]
        if depth == n - 1:
            if must_low & ~now_low != zero or must_high & ~now_high != zero:
                continue
            for t in range(m):
                if not has(now_low, now_high, t):
                    lost += lam[t]
            same = True
            for d in range(n):
                same = same and low[chosen[d]] == here_low[server[d]] and high[chosen[d]] == here_high[server[d]]
            if same or lost > budget:
                continue
            found = True
            for d in range(n):
                result[server[d]] = chosen[d]
            if once:
                break
            budget = lost - ON_GRID * data.grid
            continue
        if scratch.work[0] > until:
            break
        union_low, union_high, total, good = now_low, now_high, 0.0, True
        for b in range(n):
            if closed[b]:
                continue
            left = 0
            for e in range(ptr[b], ptr[b] + count[depth, b]):
                other = listed[depth, e]
                if low[other] & now_low == zero and high[other] & now_high == zero:
                    if left == 0:
                        least[b] = loss[other]
                    elif lost + total + loss[other] > budget:
                        break
                    listed[depth + 1, ptr[b] + left] = other
                    left += 1
                    union_low |= low[other]
                    union_high |= high[other]
            scratch.work[0] += count[depth, b] + 4
            count[depth + 1, b] = left
            if left == 0:
                good = False
                break
            total += least[b]
            if lost + total > budget:
                good = False
                break
        if not good or must_low & ~union_low != zero or must_high & ~union_high != zero:
            continue
        following = -1
        for b in range(n):
            if closed[b]:
                continue
            left = count[depth + 1, b]
            while left > 0 and lost + (total - least[b]) + loss[listed[depth + 1, ptr[b] + left - 1]] > budget:
                left -= 1
            count[depth + 1, b] = left
            if following < 0 or left < count[depth + 1, following]:
                following = b
        depth += 1
        server[depth], closed[following], place[depth] = following, True, 0
        spent[depth], rest[depth] = lost, total - least[following]
        used_low[depth], used_high[depth] = now_low, now_high
    if found:
        return FOUND
    return DONE if depth < 0 else TOO_MANY


@jit
def share_out(data, servers, choice, lam, loss, steps, effort, scratch):
    """Share out anew what the servers hold, and what is unserved.

    Looks for the best sharing out that earns more than the present one or, where `loss` > 0, for one that earns at most so much
    less and is another one.

    1. The tasks of the servers, and those unserved.
    2. The multipliers lam, of all tasks, are moved to a better bound of this part, by so many steps.
    3. The sets that lose little enough are listed (`list_sets`).
    4. They are put together (`put_together`).

    Returns FOUND (`choice`, the server of every task or -1, is changed), DONE: there is none, TOO_MANY: tasks, sets, or
    elementary steps, beyond `effort`.
    """
    until = scratch.work[0] + effort
    place = np.full(data.room.size + 1, -1, np.int64)
    for a in range(servers.size):
        place[servers[a]] = a
    members = np.empty(TASKS, np.int64)
    m = 0
    earned = 0.0
    for j in range(choice.size):
        if choice[j] < 0 or place[choice[j]] >= 0:
            if m == TASKS:
                return TOO_MANY
            members[m] = j
            m += 1
            if choice[j] >= 0:
                earned += data.profit[j, choice[j]]
    tasks = members[:m].copy()
    part = Part(servers, tasks, place[choice[tasks]])
    target = earned - loss + (ON_GRID - 1.0 if loss > 0.0 else ON_GRID) * data.grid
    local = lam[tasks]
    bound = descend(data, part, local, target, steps, until, scratch)
    if bound < target:
        return DONE
    if scratch.work[0] > until:
        return TOO_MANY
    ptr = np.zeros(servers.size + 1, np.int64)
    for a in range(servers.size):
        end = list_sets(data, part, a, local, bound - target, ptr[a], scratch.loss.size, scratch)
        if end < 0 or scratch.work[0] > until:
            return TOO_MANY
        ptr[a + 1] = end
    result = np.zeros(servers.size, np.int64)
    outcome = put_together(data, part, local, ptr, bound - target, loss > 0.0, until, scratch, result)
    if outcome == FOUND:
        for t in range(m):
            choice[tasks[t]] = -1
            for a in range(servers.size):
                if has(scratch.low[result[a]], scratch.high[result[a]], t):
                    choice[tasks[t]] = servers[a]
    return outcome
