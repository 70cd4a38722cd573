"""Numba kernels on a network's matrices: shortest times, and what a detour through a customer costs."""

import numpy as np

from edgeworth.core.jit import jit


@jit
def closure(travel):
    """All-pairs shortest times, in place (Floyd and Warshall)."""
    size = travel.shape[0]
    for k in range(size):
        for i in range(size):
            via = travel[i, k]
            if via < np.inf:
                for j in range(size):
                    if via + travel[k, j] < travel[i, j]:
                        travel[i, j] = via + travel[k, j]


@jit
def detours(travel, cost, slack, spared):
    """spared[i]: what going through customer i costs more than passing it by, at least; -inf where it can save time.

    The minimum over all a, b of cost[a, i] + cost[i, b] - cost[a, b]; infinity where nothing goes through i. travel counts
    the service at its first node, so a long service makes up for a triangle inequality that is violated. Times within
    `slack` of each other, relative, count as equal.
    """
    size = travel.shape[0]
    for i in range(spared.size):
        least = np.inf
        for a in range(size):
            if a == i or not travel[a, i] < np.inf:
                continue
            for b in range(size):
                if b in (i, a) or not travel[i, b] < np.inf:
                    continue
                if travel[a, b] > (travel[a, i] + travel[i, b]) * (1.0 + slack):
                    least = -np.inf
                    break
                least = min(least, cost[a, i] + cost[i, b] - cost[a, b])
            if least == -np.inf:
                break
        spared[i] = least
