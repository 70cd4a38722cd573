"""Numba kernels of the assignment rows' Lagrangian: its value, a subgradient descent, and losses of forced decisions.

For multipliers lam, one a task (>= 0 unless the task must be served),
    L(lam) = sum_j lam_j + sum_i K_i,   K_i = the best total of profit - lam over sets of tasks that fit server i,
bounds the profit of every feasible assignment. `state` says of every pair whether it is FREE, OUT or IN; L then bounds all
assignments that agree with it. Integer weights are solved by tables, others by branch and bound (an empty table says which).

Safe in floating point: rooms are inflated by the caller beyond what sums of weights can be wrong by, and every value returned
is raised (every loss lowered) by an error bound, EPS times the number of terms times the sum of their magnitudes.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from edgeworth.core.jit import jit, leaf
from edgeworth.core.kernels import assign
from edgeworth.solvers.allocation.kernels.knapsack import (
    Branching,
    branch,
    fill_table,
    greatest_sum,
    lp_bound,
    previous_row,
    sort_by_ratio,
)

FREE, OUT, IN = -1, 0, 1
EPS = float(np.finfo(np.float64).eps)


class Data(NamedTuple):
    """The problem.

    indptr [m+1], task, server, profit, weight [pairs], must [m]: as in the model. by [pairs]: the pairs by server, those of
    server i are by[ptr[i]:ptr[i+1]]. room, limit [n]: what the knapsacks may take, and the model's limit, which a solution must
    keep. twin [n]: an earlier server like this one in all respects, or -1.
    """

    indptr: NDArray[np.int64]
    ptr: NDArray[np.int64]
    by: NDArray[np.int64]
    task: NDArray[np.int64]
    server: NDArray[np.int64]
    profit: NDArray[np.float64]
    weight: NDArray[np.float64]
    room: NDArray[np.float64]
    limit: NDArray[np.float64]
    must: NDArray[np.bool_]
    twin: NDArray[np.int64]


class Scratch(NamedTuple):
    """Arrays that the kernels reuse.

    items, gain [most pairs of a server]; table [most + 1, width], empty where weights are not integers; back [2, width]; one,
    zero [pairs]: losses when a pair is forced in or out. picked [pairs], used [m], here, direction [m], load [n], found
    [pairs]: a solution. branching: see the knapsack's kernels. effort: steps after which a knapsack's LP bound stands in. work
    [1]: elementary steps done so far. unit: the multipliers are multiples of it, at most MOST of them, so that they can be
    handed on exactly in 32 bits.
    """

    items: NDArray[np.int64]
    gain: NDArray[np.float64]
    table: NDArray[np.float64]
    back: NDArray[np.float64]
    one: NDArray[np.float64]
    zero: NDArray[np.float64]
    picked: NDArray[np.int8]
    used: NDArray[np.int64]
    here: NDArray[np.float64]
    direction: NDArray[np.float64]
    load: NDArray[np.float64]
    found: NDArray[np.int8]
    branching: Branching
    effort: int
    work: NDArray[np.int64]
    unit: float


GOES_ON, PRUNED, SOLVED = 0, 1, 2

DEFLECTION = 0.4  # share of the last direction in the next
FADING = 0.1  # weight of the newest knapsack solution in the running mean
LEVEL = 0.05  # how far below the target a step aims, relative to the gap
PATIENCE = 5  # steps without progress before the step is halved
TINY_THETA = 0.01  # step factor at which the descent ends
MOST = 2.0**31 - 1.0


@leaf
def gather(data, i, lam, state, scratch):
    """Server i's free pairs with a gain into scratch; returns (number, room left, total of the pairs in, magnitude)."""
    room = data.room[i]
    base = 0.0
    size = 0.0
    count = 0
    for e in range(data.ptr[i], data.ptr[i + 1]):
        k = data.by[e]
        if state[k] == OUT:
            continue
        gain = data.profit[k] - lam[data.task[k]]
        if state[k] == IN:
            room -= data.weight[k]
            base += gain
        elif gain > 0.0:
            scratch.items[count] = k
            scratch.gain[count] = gain
            count += 1
        else:
            continue
        size += abs(data.profit[k]) + abs(lam[data.task[k]])
    scratch.work[0] += data.ptr[i + 1] - data.ptr[i]
    return count, room, base, size


@leaf
def knapsack(data, i, count, room, scratch):
    """Upper bound on the knapsack of the gathered items; marks the set found in `picked` and `used`."""
    items, gain, table = scratch.items, scratch.gain, scratch.table
    total = 0.0
    weight = 0.0
    for t in range(count):
        total += gain[t]
        weight += data.weight[items[t]]
    if weight <= room:
        for t in range(count):
            scratch.picked[items[t]] = 1
            scratch.used[data.task[items[t]]] += 1
        return total
    if table.shape[0] > 0:
        c = int(room)
        fill_table(items, count, gain, data.weight, c, table)
        scratch.work[0] += count * (c + 1)
        total = table[count, c]
        for t in range(count, 0, -1):
            if table[t, c] != table[t - 1, c]:
                k = items[t - 1]
                scratch.picked[k] = 1
                scratch.used[data.task[k]] += 1
                c -= int(data.weight[k])
        return total
    sort_by_ratio(items, count, gain, data.weight)
    total, steps = branch(items, count, gain, data.weight, room, count, -1.0, scratch.effort, scratch.branching)
    scratch.work[0] += 3 * steps + 60 * count
    for t in range(count):
        if scratch.branching.take[t]:
            scratch.picked[items[t]] = 1
            scratch.used[data.task[items[t]]] += 1
    return total


@leaf
def lagrangian(data, state, lam, scratch):
    """L(lam) under the states, rounded up. used[j]: how often task j is taken; picked[k]: is pair k?"""
    scratch.used[:] = 0
    scratch.picked[:] = 0
    total = 0.0
    size = 0.0
    longest = 0
    for j in range(lam.size):
        total += lam[j]
        size += abs(lam[j])
    for i in range(data.room.size):
        count, room, base, mine = gather(data, i, lam, state, scratch)
        if room < 0.0:
            return -np.inf
        total += base + knapsack(data, i, count, room, scratch)
        size += mine
        longest = max(longest, count)
        for e in range(data.ptr[i], data.ptr[i + 1]):
            k = data.by[e]
            if state[k] == IN:
                scratch.picked[k] = 1
                scratch.used[data.task[k]] += 1
                longest += 1
    # A sum of N terms is wrong by less than N EPS times their magnitudes; the knapsacks' terms are in `size`.
    return total + EPS * (lam.size + data.room.size + 2 * longest + 16) * size


@leaf
def fits(data, chosen, scratch):
    """Do the loads, summed as the model sums them, keep its limits? One pair a task at most is up to the caller."""
    scratch.load[:] = 0.0
    for k in range(chosen.size):
        if chosen[k] == IN:
            scratch.load[data.server[k]] += data.weight[k]
    over = 0
    for i in range(data.limit.size):
        over += scratch.load[i] > data.limit[i]
    return over == 0


@leaf
def worth_of(data, chosen):
    total = 0.0
    for k in range(chosen.size):
        if chosen[k] == IN:
            total += data.profit[k]
    return total


@jit
def descend(data, state, lam, mean, target, iterations, theta, scratch):
    """Deflected subgradient descent from lam, whose place the best multipliers take; returns (bound, status).

    PRUNED: the bound is below the target. SOLVED: the knapsacks serve every task rightly with a profit of at least the
    target (copied to scratch.found). `mean` is a running average of the knapsacks' solutions, for branching.
    """
    m = lam.size
    must, used, here, direction = data.must, scratch.used, scratch.here, scratch.direction
    assign(here, lam)
    direction[:] = 0.0
    best = np.inf
    stalled = 0
    for _ in range(iterations):
        value = lagrangian(data, state, here, scratch)
        norm = 0.0
        right = True
        for j in range(m):
            slope = 1.0 - used[j]
            if used[j] > 1 or (must[j] and used[j] == 0):
                right = False
            bounded = not must[j] and here[j] <= 0.0
            if bounded and slope > 0.0:
                slope = 0.0
            direction[j] = slope + DEFLECTION * direction[j]
            if bounded and direction[j] > 0.0:
                direction[j] = 0.0
            norm += direction[j] * direction[j]
        for k in range(mean.size):
            mean[k] += FADING * (scratch.picked[k] - mean[k])
        if value < best:
            if value < best - 0.01 * abs(best - target):
                stalled = 0
            best = value
            assign(lam, here)
        else:
            stalled += 1
        if value < target:
            return best, PRUNED
        if right and worth_of(data, scratch.picked) >= target and fits(data, scratch.picked, scratch):
            assign(scratch.found, scratch.picked)
            return best, SOLVED
        if norm == 0.0:
            break
        if stalled >= PATIENCE:
            stalled = 0
            theta *= 0.5
            if theta < TINY_THETA:
                break
            assign(here, lam)
            direction[:] = 0.0
            continue
        step = theta * (value - target + LEVEL * abs(best - target)) / norm
        for j in range(m):
            moved = np.rint((here[j] - step * direction[j]) / scratch.unit)
            moved = min(max(moved, -MOST if must[j] else 0.0), MOST)
            here[j] = moved * scratch.unit
    return best, GOES_ON


@leaf
def losses(data, i, lam, state, gap, scratch):
    """one[k], zero[k] of server i's free pairs: what L(lam) loses at least at server i when pair k is forced in or out.

    Losses may be cut where they exceed `gap`. False: the pairs that are in do not fit.
    """
    count, room, _, size = gather(data, i, lam, state, scratch)
    if room < 0.0:
        return False
    if scratch.table.shape[0] > 0:
        losses_by_tables(data, i, lam, state, count, int(room), scratch)
    else:
        losses_by_branching(data, i, lam, state, count, room, gap, scratch)
    slack = 2.0 * EPS * (count + 16) * size
    for e in range(data.ptr[i], data.ptr[i + 1]):
        k = data.by[e]
        if state[k] == FREE:
            margin = slack + 4.0 * EPS * (abs(data.profit[k]) + abs(lam[data.task[k]]))
            scratch.one[k] = max(0.0, scratch.one[k] - margin)
            scratch.zero[k] = max(0.0, scratch.zero[k] - margin)
    return True


@leaf
def losses_by_tables(data, i, lam, state, count, room, scratch):
    """Exact losses: forward tables of the items before against backward ones of those after."""
    items, gain, table, back, one, zero = (
        scratch.items, scratch.gain, scratch.table, scratch.back, scratch.one, scratch.zero,
    )  # fmt: skip
    fill_table(items, count, gain, data.weight, room, table)
    scratch.work[0] += 4 * count * (room + 1)
    full = table[count]
    best = full[room]
    for e in range(data.ptr[i], data.ptr[i + 1]):
        k = data.by[e]
        if state[k] != FREE:
            continue
        w = int(data.weight[k])
        g = data.profit[k] - lam[data.task[k]]
        one[k] = np.inf if w > room else best - (full[room - w] + g)
        zero[k] = 0.0  # both are overwritten below for items with a gain that fit
    back[0, : room + 1] = 0.0
    now = 0
    for t in range(count - 1, -1, -1):
        k = items[t]
        w = int(data.weight[k])
        before, after = table[t, : room + 1], back[now, : room + 1]  # after[c]: best gain of those after within room - c
        zero[k] = best - greatest_sum(before, after)
        if w <= room:
            one[k] = best - (greatest_sum(before, after[w:]) + gain[t])
        previous_row(w, gain[t], room, after, back[1 - now])
        now = 1 - now


@leaf
def losses_by_branching(data, i, lam, state, count, room, gap, scratch):
    """As by tables, with losses exact up to `gap`. Many small searches: the LP bound does for the hard ones."""
    items, gain, weight, one, zero = scratch.items, scratch.gain, data.weight, scratch.one, scratch.zero
    sort_by_ratio(items, count, gain, weight)
    best, spent = branch(items, count, gain, weight, room, count, -1.0, scratch.effort, scratch.branching)
    taken = scratch.branching.take[:count].copy()
    floor = best - gap
    effort = scratch.effort // 20
    for e in range(data.ptr[i], data.ptr[i + 1]):
        k = data.by[e]
        if state[k] != FREE:
            continue
        g = data.profit[k] - lam[data.task[k]]
        one[k] = 0.0
        zero[k] = 0.0
        if weight[k] > room:
            one[k] = np.inf
        elif g <= 0.0:
            one[k] = best - forced(items, count, gain, weight, room - weight[k], count, g, floor, effort, scratch)
    for t in range(count):
        k = items[t]
        if taken[t]:
            zero[k] = best - forced(items, count, gain, weight, room, t, 0.0, floor, effort, scratch)
        elif weight[k] <= room:
            one[k] = best - forced(items, count, gain, weight, room - weight[k], t, gain[t], floor, effort, scratch)
    scratch.work[0] += 3 * spent + 60 * count


@leaf
def forced(items, count, gain, weight, room, skip, base, floor, effort, scratch):
    """Upper bound on `base` plus the best of the sorted items without `skip` within `room`, sharp only above `floor`."""
    bound = base + lp_bound(items, count, gain, weight, room, skip)
    scratch.work[0] += count
    if bound > floor:
        bound, steps = branch(items, count, gain, weight, room, skip, max(floor - base, -1.0), effort, scratch.branching)
        bound += base
        scratch.work[0] += 3 * steps
    return bound
