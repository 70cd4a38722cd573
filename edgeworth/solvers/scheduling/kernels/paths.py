"""Longest paths over the slots of one device: what the Lagrangian relaxation of the hindsight problem asks for."""

from __future__ import annotations

import numpy as np

from edgeworth.core.jit import jit, leaf


@leaf
def longest(gain, first, last, slots, release, weight, grid, count):
    """The most that tasks which may repeat collect on one device; adds to `count` how often the best path takes each.

    gain [tasks]: u_j less the cost of a start at time 0. first, last, slots int64 [tasks]: where it may begin, what it takes;
    last < first: nowhere. A start in slot t loses weight * max(t grid, release). What takes no slot is taken once.
    """
    tasks = gain.size
    total, horizon = 0.0, 0
    limit = np.full(tasks, -1, np.int64)
    for j in range(tasks):
        best = gain[j] - weight * release[j]
        if last[j] < first[j] or best <= 0.0:
            continue
        if slots[j] == 0:
            total += best
            count[j] += 1
            continue
        limit[j] = last[j]
        if weight > 0.0:  # later slots lose: a path is no longer with them
            positive = gain[j] / (weight * grid)
            if positive < limit[j]:
                limit[j] = max(first[j], np.int64(positive))
        horizon = max(horizon, limit[j] + slots[j] + 1)
    # tasks in lists by their last slot
    begin, link = np.full(horizon + 1, -1, np.int64), np.empty(tasks, np.int64)
    for j in range(tasks):
        if limit[j] >= 0:
            link[j] = begin[limit[j]]
            begin[limit[j]] = j
    ahead, choice = np.zeros(horizon + 1), np.full(horizon + 1, -1, np.int64)
    open_task, open_first, open_slots = np.empty(tasks, np.int64), np.empty(tasks, np.int64), np.empty(tasks, np.int64)
    open_gain = np.empty(tasks)
    opened = 0
    for t in range(horizon - 1, -1, -1):
        j = begin[t]
        while j >= 0:
            open_task[opened], open_first[opened], open_slots[opened], open_gain[opened] = j, first[j], slots[j], gain[j]
            opened += 1
            j = link[j]
        best, taken = ahead[t + 1], -1
        lost = weight * (t * grid)
        k = 0
        while k < opened:
            value = open_gain[k] + ahead[t + open_slots[k]]
            if open_first[k] == t:
                j = open_task[k]
                value -= weight * release[j]
                if value > best:
                    best, taken = value, j
                opened -= 1
                open_task[k], open_first[k] = open_task[opened], open_first[opened]
                open_slots[k], open_gain[k] = open_slots[opened], open_gain[opened]
                continue
            value -= lost
            if value > best:
                best, taken = value, open_task[k]
            k += 1
        ahead[t], choice[t] = best, taken
    t = 0
    while t < horizon:
        if choice[t] < 0:
            t += 1
        else:
            count[choice[t]] += 1
            t += slots[choice[t]]
    return total + ahead[0]


@jit
def relaxation(p, u, first, last, slots, grid, count):
    """Sum over devices of what `longest` collects at prices u; arrays by device and task, `count` by task."""
    count[:] = 0
    total = 0.0
    for k in range(p.fixed.shape[0]):
        total += longest(u - p.fixed[k], first[k], last[k], slots[k], p.release[k], p.weight, grid, count)
    return total
