"""What a device can collect at given prices: the loop of `model.prices.dual_bound`."""

from __future__ import annotations

from edgeworth.core.jit import jit


@jit(counted=False)
def advance(reach, begin, end, opened, active, entry, order, worth, first, last, slots, release, weight, grid):
    """Fill reach[t], the most collected when the device is free in slot t, for t in [begin, end), from earlier slots.

    order: tasks by rising first slot, of which `entry` have been opened; `active` holds the `opened` that may still begin.
    worth: the price of a task less what it costs but for its start. Returns entry and opened.
    """
    tasks = order.size
    for t in range(begin, end):
        if t > 0:
            reach[t] = max(reach[t], reach[t - 1])
        while entry < tasks and first[order[entry]] <= t:
            active[opened] = order[entry]
            entry += 1
            opened += 1
        kept = 0
        for place in range(opened):
            j = active[place]
            gain = worth[j] - weight * max(t * grid, release[j])
            if gain > 0.0 and t <= last[j]:  # else never again: gains fall
                reach[t + slots[j]] = max(reach[t + slots[j]], reach[t] + gain)
                active[kept] = j
                kept += 1
        opened = kept
    return entry, opened
