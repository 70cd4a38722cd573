"""A branch tree repeated: what its decisions and multipliers imply is derived anew at every node."""

from __future__ import annotations

import numpy as np

from edgeworth.core.jit import jit
from edgeworth.solvers.allocation.check.kernels.knapsack import knapsack, losses
from edgeworth.solvers.allocation.check.kernels.state import (
    BOUND,
    CLOSED,
    DEPTH,
    FIXED,
    FREE,
    IN,
    LEFT,
    NODE,
    OUT,
    PHASE,
    ROW,
    SERVER,
    STEPS,
    lean,
    put,
    room_left,
)

DONE, MORE, OPEN = 0, 1, 2
ENTER, IMPLY, ROUND, EVALUATE, LOSSES, LEAVE = range(6)
SETTLED, CONTRADICTED, UNFINISHED = range(3)


@jit(counted=False)
def replay(data, tree, work, items, effort):
    """Go on for about `effort` steps. DONE: every leaf is closed. OPEN: the leaf of work.ints[NODE] is not. MORE: go on."""
    ints = work.ints
    end = ints[STEPS] + effort
    while ints[STEPS] < end:
        if ints[PHASE] == ENTER:
            ints[STEPS] += data.task.size
            ints[LEFT] = tree.rounds[ints[NODE]]
            ints[PHASE] = IMPLY
        elif ints[PHASE] == IMPLY:
            implied = SETTLED if ints[CLOSED] else propagate(data, work, end)
            if implied == CONTRADICTED:
                ints[CLOSED] = 1
            if implied != UNFINISHED:
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
                if not fix(data, work, ints[BOUND] - tree.target):
                    ints[CLOSED] = 1
                ints[PHASE] = IMPLY
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
def decide(work, pair, value):
    """One side of a branching; where the pair is fixed the other way already, there is nothing on it."""
    if work.state[pair] == FREE:
        put(work, pair, value)
    elif work.state[pair] != value:
        work.ints[CLOSED] = 1


@lean
def propagate(data, work, until):
    """Fix what the decisions leave no choice in. CONTRADICTED: they contradict each other; UNFINISHED: there is more to do.

    Full servers take nothing more. Served tasks are served once. A task that must be served and has one pair left takes it.
    Among servers alike only such solutions are looked at where the first tasks of the servers, in the order of `by`, rise
    from each to the next of its kind, empty servers last: sorting the contents of servers alike makes any solution one.
    """
    state = work.state
    again = True
    while again:
        if work.ints[STEPS] >= until:
            return UNFINISHED
        work.ints[STEPS] += data.task.size
        again = False
        for i in range(data.room.size):
            left = room_left(data, work, i)
            if left < 0:
                return CONTRADICTED
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
                    return CONTRADICTED
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
                return CONTRADICTED
            if served == 1 and free > 0:
                for k in range(data.indptr[j], data.indptr[j + 1]):
                    if state[k] == FREE:
                        put(work, k, OUT)
            elif served == 0 and free == 1 and data.must[j]:
                put(work, last, IN)
                again = True
    return SETTLED


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
    over = 0
    for i in range(data.limit.size):
        over += work.sums[i] > data.limit[i]
    return over > 0


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
