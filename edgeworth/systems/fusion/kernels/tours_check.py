"""The best tour of one agent once more, in whole numbers, for the checker of bounds: shares nothing with `tours`."""

from __future__ import annotations

import numpy as np

from edgeworth.core.jit import jit

NOTHING = -(2**60)
"""Stands for minus infinity among worths. Worths below it count as such: a tour without that stop is worth more."""
NEVER = 2**61
"""Stands for infinity among costs: above the sum of a tour's legs, of 2^57 at most each. Worths add up to less than 2^62."""


@jit
def best_tour(worth, cost, seconds, to_cost, to_seconds, fixed, opens, closes, latest, service):
    """The greatest worth less cost over all sets of stops, at least 0; int64.

    worth[i, q]: of q >= 1 units at stop i; cost[i, j], seconds[i, j]: from stop to stop; to_cost[i], to_seconds[i]: from the
    depot to a stop, and back.
    """
    stops, units = worth.shape
    sets = 1 << stops
    filled = np.full((sets, units), NOTHING)
    filled[0, 0] = 0
    for mask in range(sets):
        top = 0
        while mask >> top:
            top += 1
        for i in range(top, stops):  # every set is built by adding stops in rising order
            wider = mask | 1 << i
            for q in range(1, units):
                if worth[i, q] > NOTHING:
                    for load in range(units - q):
                        if filled[mask, load] > NOTHING:
                            filled[wider, load + q] = max(filled[wider, load + q], filled[mask, load] + worth[i, q])
    start = np.full((sets, stops), np.inf)
    paid = np.full((sets, stops), NEVER)
    for i in range(stops):
        if max(to_seconds[i], opens[i]) <= closes[i]:
            start[1 << i, i] = max(to_seconds[i], opens[i])
            paid[1 << i, i] = to_cost[i]
    best = 0
    for mask in range(1, sets):
        cheapest = NEVER
        for i in range(stops):
            if start[mask, i] == np.inf:
                continue
            leave = start[mask, i] + service
            if leave + to_seconds[i] <= latest:
                cheapest = min(cheapest, paid[mask, i] + to_cost[i] + fixed)
            for j in range(stops):
                at = max(leave + seconds[i, j], opens[j])
                if not mask >> j & 1 and at <= closes[j]:
                    wider = mask | 1 << j
                    start[wider, j] = min(start[wider, j], at)
                    paid[wider, j] = min(paid[wider, j], paid[mask, i] + cost[i, j])
        if cheapest < NEVER:
            for load in range(units):
                if filled[mask, load] > NOTHING:
                    best = max(best, filled[mask, load] - cheapest)
    return best
