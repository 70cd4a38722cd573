"""Compiled: what a task costs others, those that its device begins after it."""

from __future__ import annotations

import math

from edgeworth.core.jit import jit, leaf
from edgeworth.solvers.scheduling.model.kernels.state import JOINED

NOT_BEGUN = -1.0


@leaf(counted=False)
def following(device, start, shift, first, until):
    """Of the tasks that have begun and are not counted yet the one that began first, -1 where there is none."""
    found = -1
    for j in range(first, until):
        if device[j] >= 0 and shift[j] == NOT_BEGUN and start[j] >= 0.0 and (found < 0 or start[j] < start[found]):
            found = j
    return found


@leaf(counted=False)
def count(first, until, work, capacity, device, start, ready, running, weight, shift, harm):
    """Count the tasks that have begun.

    shift[j]: by how many seconds the tasks that j's device begins next would begin earlier without j; harm[j]: what those so
    far would have saved. Without j, they move up by as much, but not before they were ready, and nothing behind a gap moves.
    """
    i = following(device, start, shift, first, until)
    while i >= 0:
        k = device[i]
        for j in range(first, until):
            if device[j] == k and shift[j] > 0.0:
                shift[j] = min(shift[j], max(0.0, start[i] - ready[i]))
                harm[j] += weight * shift[j]
        shift[i] = work[i] / capacity[k]
        i = following(device, start, shift, first, until)
    for j in range(first, until):
        if shift[j] > 0.0 and running[device[j]] < 0:
            shift[j] = 0.0


@jit(counted=False)
def charge(tasks, counts, over, work, capacity, device, start, ready, running, weight, costs, first, shift, harm, total):
    """In every copy, put into total[c, j] the cost of j and its harm, once both are known."""
    for c in range(tasks.size):
        until = tasks[c] if over[c] else counts[c, JOINED]
        count(
            first[c], until, work[c], capacity[c], device[c], start[c], ready[c], running[c], weight, shift[c], harm[c]
        )  # fmt: skip
        for j in range(first[c], until):
            if not math.isnan(costs[c, j]) and (over[c] or shift[c, j] <= 0.0):
                total[c, j] = costs[c, j] + harm[c, j]
        while first[c] < until and not math.isnan(total[c, first[c]]):
            first[c] += 1
