"""Numba kernels of the branch and bound over the assignment rows' Lagrangian.

A node is a state of every pair (FREE, OUT, IN), multipliers and a running mean of knapsack solutions; open nodes lie on a stack
of fixed depth, so memory is bounded. `search` asks for a solution of profit >= target: a node is dropped when its bound is
below, and pairs are fixed when forcing them the other way would lose more than the bound has to spare. It works in small
steps and keeps all state in arrays, so that it can be left and entered again at any step. It can keep a log of its nodes in the
order of their entering, from which a checker can repeat the search.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from edgeworth.core.jit import jit, leaf
from edgeworth.core.kernels import assign
from edgeworth.solvers.allocation.kernels.dual import (
    EPS,
    FREE,
    IN,
    OUT,
    PRUNED,
    SOLVED,
    descend,
    fits,
    losses,
    worth_of,
)


class Stack(NamedTuple):
    """The open nodes, and the log of all.

    state, mean [depth, pairs], lam [depth, m]: of each open node. ints [N_INTS], reals [N_REALS]. The log, kept where
    ints[LOGS] is 1: branched [most nodes], the pair a node branches on or -1; rounds [most nodes], how many rows of `rows` are
    the node's; rows [most rows, m], the multipliers its pairs were fixed with, in units.
    """

    state: NDArray[np.int8]
    lam: NDArray[np.float64]
    mean: NDArray[np.float32]
    ints: NDArray[np.int64]
    reals: NDArray[np.float64]
    branched: NDArray[np.int32]
    rounds: NDArray[np.int32]
    rows: NDArray[np.int32]


DEPTH, NODES, PHASE, TURN, SERVER, LOGS, ROWS, N_INTS = range(8)
BOUND, N_REALS = range(2)
ENTER, DESCEND, LOSSES = 0, 1, 2
RUNNING, DONE, FOUND, TOO_DEEP, LOG_FULL = 0, 1, 2, 3, 4

TURNS = 20  # most rounds of descent and fixing in a node
SHARE = 20  # a further round is worth it when at least 1 in SHARE of the free pairs was fixed
THETA = 0.5  # first step factor of a node's descent


@leaf
def propagate(data, state):
    """Close what the decisions rule out; False where they rule out everything.

    Served tasks close their other pairs, full servers the pairs that do not fit, and tasks that must be served and have
    one pair left take it. Among servers alike only solutions are kept whose first tasks (in the order of `by`) rise
    with the server: every solution has a permutation of that kind.
    """
    again = True
    while again:
        again = False
        for i in range(data.room.size):
            room = data.room[i]
            for e in range(data.ptr[i], data.ptr[i + 1]):
                if state[data.by[e]] == IN:
                    room -= data.weight[data.by[e]]
            if room < 0.0:
                return False
            for e in range(data.ptr[i], data.ptr[i + 1]):
                if state[data.by[e]] == FREE and data.weight[data.by[e]] > room:
                    state[data.by[e]] = OUT
        for i in range(data.room.size):
            if data.twin[i] < 0:
                continue
            shift = data.ptr[data.twin[i]] - data.ptr[i]
            for e in range(data.ptr[i], data.ptr[i + 1]):
                k = data.by[e]
                if state[k] == IN:
                    return False
                state[k] = OUT
                if state[data.by[e + shift]] != OUT:
                    break  # the earlier server's first task may be this one
        for j in range(data.must.size):
            taken = 0
            free = 0
            last = -1
            for k in range(data.indptr[j], data.indptr[j + 1]):
                if state[k] == IN:
                    taken += 1
                elif state[k] == FREE:
                    free += 1
                    last = k
            if taken > 1 or (taken + free == 0 and data.must[j]):
                return False
            if taken == 1 and free > 0:
                for k in range(data.indptr[j], data.indptr[j + 1]):
                    if state[k] == FREE:
                        state[k] = OUT
            elif taken == 0 and free == 1 and data.must[j]:
                state[last] = IN
                again = True
    return True


@leaf
def fix_pairs(data, state, lam, bound, target, scratch):
    """Fix every pair whose other value makes the bound fall below the target; returns the number fixed, -1: nothing is left.

    If task j goes to server i, server i loses one[k] at least, and the task's other pairs are out, so that each of them
    loses zero[k'] at its own server as well: losses at different servers add up. Staying unserved loses lam_j too.
    """
    changed = 0
    need = (bound - target) + 4.0 * EPS * (abs(bound) + abs(target))
    for j in range(data.must.size):
        begin, end = data.indptr[j], data.indptr[j + 1]
        served = False
        outs = 0.0
        for k in range(begin, end):
            if state[k] == IN:
                served = True
            elif state[k] == FREE:
                outs += scratch.zero[k]
        if served:
            continue
        slack = EPS * (end - begin + 8) * (outs + abs(lam[j]))
        free = 0
        last = -1
        for k in range(begin, end):
            if state[k] == FREE:
                if scratch.one[k] + (outs - scratch.zero[k]) - slack > need:
                    state[k] = OUT
                    changed += 1
                else:
                    free += 1
                    last = k
        must = data.must[j] or outs + lam[j] - slack > need
        if must and free == 0:
            return -1
        if must and free == 1:
            state[last] = IN
            changed += 1
    return changed


@jit
def taking_losses(data, lam, state, gap, loss, scratch):
    """What L(lam) loses at least when a pair is taken: at its server, and at those where the task's other pairs are out.

    Exact up to `gap` or more. All pairs of `state` are FREE.
    """
    for i in range(data.room.size):
        losses(data, i, lam, state, gap, scratch)
    for j in range(data.must.size):
        begin, end = data.indptr[j], data.indptr[j + 1]
        outs = 0.0
        for k in range(begin, end):
            outs += scratch.zero[k]
        slack = EPS * (end - begin + 8) * outs
        for k in range(begin, end):
            loss[k] = max(0.0, scratch.one[k] + (outs - scratch.zero[k]) - slack)


@leaf
def branching_pair(data, state, mean):
    """The favourite free pair of the task that hesitates most between its servers; -1: none is free."""
    pair = -1
    worst = -np.inf
    for j in range(data.must.size):
        top = -1.0
        at = -1
        total = 0.0
        free = 0
        for k in range(data.indptr[j], data.indptr[j + 1]):
            if state[k] == FREE:
                free += 1
                total += mean[k]
                if mean[k] > top:
                    top, at = mean[k], k
        # Most doubtful: the favourite is taken half of the time, the task about once, and there are many others.
        score = 1.0 - abs(top - 0.5) - 0.3 * abs(total - 1.0) + 1e-3 * free
        if free > 0 and score > worst:
            worst, pair = score, at
    return pair


@leaf
def branch_on(data, stack, target, scratch):
    """Replace the node on top by its two children, the pair taken first; a node without a choice is settled."""
    ints = stack.ints
    top = ints[DEPTH] - 1
    state = stack.state[top]
    pair = branching_pair(data, state, stack.mean[top])
    if pair < 0:
        ints[DEPTH] = top
        if worth_of(data, state) >= target and fits(data, state, scratch):
            for k in range(state.size):
                scratch.found[k] = 1 if state[k] == IN else 0
            return FOUND
        return RUNNING
    if top + 1 == stack.state.shape[0]:
        return TOO_DEEP
    stack.state[top + 1] = state
    assign(stack.lam[top + 1], stack.lam[top])
    assign(stack.mean[top + 1], stack.mean[top])
    state[pair] = OUT
    stack.state[top + 1, pair] = IN
    if ints[LOGS]:
        stack.branched[ints[NODES] - 1] = pair
    ints[DEPTH] = top + 2
    return RUNNING


@jit
def search(data, stack, target, iterations, effort, nodes, scratch):
    """Steps until `effort` elementary steps of work or `nodes` more nodes are done; returns what came of it.

    RUNNING, DONE (no solution of profit >= target is left), FOUND (one is in scratch.found; the search may go on with
    a higher target), TOO_DEEP (the stack is full), LOG_FULL (the log is; it may go on when that is longer, or not kept).
    """
    ints, reals = stack.ints, stack.reals
    end = scratch.work[0] + effort
    last = ints[NODES] + nodes
    while scratch.work[0] < end:
        if ints[DEPTH] == 0:
            return DONE
        top = ints[DEPTH] - 1
        state, lam, mean = stack.state[top], stack.lam[top], stack.mean[top]
        if ints[PHASE] == ENTER:
            if ints[NODES] == last:
                return RUNNING
            if ints[LOGS]:
                if ints[NODES] == stack.branched.size:
                    return LOG_FULL
                stack.branched[ints[NODES]] = -1
                stack.rounds[ints[NODES]] = 0
            ints[NODES] += 1
            ints[TURN] = 0
            if propagate(data, state):
                ints[PHASE] = DESCEND
            else:
                ints[DEPTH] = top
            scratch.work[0] += 4 * state.size
        elif ints[PHASE] == DESCEND:
            if ints[LOGS] and ints[ROWS] == stack.rows.shape[0]:
                return LOG_FULL
            rounds = 2 * iterations if ints[NODES] == 1 else iterations
            reals[BOUND], status = descend(data, state, lam, mean, target, rounds, THETA, scratch)
            if status == SOLVED:
                return FOUND  # the node stays: it may hold better ones
            if ints[LOGS]:
                for j in range(lam.size):
                    stack.rows[ints[ROWS], j] = np.int32(np.rint(lam[j] / scratch.unit))
                ints[ROWS] += 1
                stack.rounds[ints[NODES] - 1] += 1
            ints[PHASE] = LOSSES
            ints[SERVER] = 0
            if status == PRUNED:
                ints[DEPTH] = top
                ints[PHASE] = ENTER
        elif ints[SERVER] < data.room.size:
            gap = (reals[BOUND] - target) * (1.0 + 1e-9) + 8.0 * EPS * abs(reals[BOUND])
            if not losses(data, ints[SERVER], lam, state, gap, scratch):
                ints[DEPTH] = top
                ints[PHASE] = ENTER
            ints[SERVER] += 1
        else:
            fixed = fix_pairs(data, state, lam, reals[BOUND], target, scratch)
            ints[PHASE] = ENTER
            if fixed < 0 or not propagate(data, state):
                ints[DEPTH] = top
                continue
            free = 0
            for k in range(state.size):
                if state[k] == FREE:
                    free += 1
            ints[TURN] += 1
            if free > 0 and fixed > 0 and fixed * SHARE >= free and ints[TURN] < TURNS:
                ints[PHASE] = DESCEND
                continue
            outcome = branch_on(data, stack, target, scratch)
            if outcome != RUNNING:
                return outcome
    return RUNNING


@jit
def enter(data, state):
    """`propagate` at a node: False where its decisions contradict each other."""
    return propagate(data, state)


@jit
def tighten(data, state, lam, bound, target, first, effort, scratch):
    """Fix what lam with L(lam) = bound excludes from solutions of profit >= target; (next server, number fixed).

    Losses of servers from `first` on come first, until `effort` steps are done; pairs are fixed after the last server's. The
    number is -1 where nothing is left.
    """
    gap = (bound - target) * (1.0 + 1e-9) + 8.0 * EPS * abs(bound)
    end = scratch.work[0] + effort
    for i in range(first, data.room.size):
        if scratch.work[0] >= end:
            return i, 0
        if not losses(data, i, lam, state, gap, scratch):
            return data.room.size, -1
    fixed = fix_pairs(data, state, lam, bound, target, scratch)
    if fixed < 0 or not propagate(data, state):
        fixed = -1
    return data.room.size, fixed
