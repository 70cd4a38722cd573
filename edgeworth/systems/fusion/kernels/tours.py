"""The best tour of one agent at given prices, with partial service: exact over few stops, relaxed over many.

``profit[c, q]`` is what q units at stop c are worth, prices paid; minus infinity for q = 0: a stop without a unit is none.
"""

from __future__ import annotations

import numpy as np

from edgeworth.core.jit import jit


@jit
def best_set(profit, drive, out, opens, closes, latest, service, rate, fixed):
    """The set of stops that is worth most, as a bit mask, and its worth; (0, 0) where no tour is worth anything.

    A stop may begin up to ``closes``, the vehicle be back up to ``latest``; both have their slack inside. For a set and its
    last stop the earliest beginning and the least driving are kept apart, which is exact for what is feasible and never dearer
    than the cheapest feasible tour.
    """
    stops, units = profit.shape
    sets = 1 << stops
    worth = np.full((sets, units), -np.inf)
    begin, driven = np.full((sets, stops), np.inf), np.full((sets, stops), np.inf)
    worth[0, 0] = 0.0
    most, best = 0.0, 0
    for mask in range(1, sets):
        first = 0
        while not mask >> first & 1:
            first += 1
        rest = mask & (mask - 1)
        for load in range(units):
            if worth[rest, load] > -np.inf:
                for q in range(1, units - load):
                    worth[mask, load + q] = max(worth[mask, load + q], worth[rest, load] + profit[first, q])
        road = np.inf
        for j in range(stops):
            if not mask >> j & 1:
                continue
            before = mask ^ (1 << j)
            if before == 0:
                begin[mask, j] = max(out[j], opens[j])
                driven[mask, j] = out[j]
            else:
                for i in range(stops):
                    if before >> i & 1 and begin[before, i] < np.inf:
                        at = max(begin[before, i] + service + drive[i, j], opens[j])
                        if at <= closes[j]:
                            begin[mask, j] = min(begin[mask, j], at)
                            driven[mask, j] = min(driven[mask, j], driven[before, i] + drive[i, j])
            if begin[mask, j] > closes[j]:
                begin[mask, j] = driven[mask, j] = np.inf
            elif begin[mask, j] + service + out[j] <= latest:
                road = min(road, driven[mask, j] + out[j])
        if road < np.inf:
            value = worth[mask].max() - rate * road - fixed
            if value > most:
                most, best = value, mask
    return most, best


@jit
def farthest(profit, out, rate, fixed):
    """No set of stops is worth more: a tour is at least as long as the way to its farthest stop and back.

    Stops come by rising ``out``. Returns the worth and the members of the set that has it, bool [stops].
    """
    stops, units = profit.shape
    worth = np.full((stops + 1, units), -np.inf)
    worth[0, 0] = 0.0
    most, last, at = 0.0, 0, 0
    for c in range(stops):
        for load in range(units):
            worth[c + 1, load] = max(worth[c + 1, load], worth[c, load])
            if worth[c, load] > -np.inf:
                for q in range(1, units - load):
                    worth[c + 1, load + q] = max(worth[c + 1, load + q], worth[c, load] + profit[c, q])
        for load in range(units):
            value = worth[c + 1, load] - 2.0 * rate * out[c] - fixed
            if value > most:
                most, last, at = value, c + 1, load
    member = np.zeros(stops, dtype=np.bool_)
    while last > 0:
        if worth[last, at] != worth[last - 1, at]:
            for q in range(1, at + 1):
                if worth[last - 1, at - q] + profit[last - 1, q] == worth[last, at]:
                    member[last - 1] = True
                    at -= q
                    break
        last -= 1
    return most, member
