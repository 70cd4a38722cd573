"""The checker's own loops. No solver uses them."""

from __future__ import annotations

import numpy as np

from edgeworth.core.jit import jit

MAGNITUDE = 1e-6
"""Utilities that cancel to less than this share of their terms count with that share: beyond, differences are rounding."""


@jit
def locate(ptr, provider, chosen, choice):
    """The pair of every user: -1 local, -2 out of reach."""
    for i in range(len(chosen)):
        choice[i] = -1
        if chosen[i] >= 0:
            choice[i] = -2
            for p in range(ptr[i], ptr[i + 1]):
                if provider[p] == chosen[i]:
                    choice[i] = p
                    break


@jit
def worst_deviation(
    ptr, provider, gain, price, transfer, sens, deadline, unit, low, high, weight, local, rate, cap, choice, found
):
    """The largest relative gain of a unilateral deviation to an action that is free; found: user, pair, as integers.

    Returns (relative gain, absolute gain). The scale of a user is its largest |utility| over the actions it may take.
    """
    n, m = len(rate), len(weight)
    load, count = np.zeros(n), np.zeros(n, dtype=np.int64)
    for i in range(m):
        if choice[i] >= 0:
            load[provider[choice[i]]] += weight[i]
            count[provider[choice[i]]] += 1
    most, gained = 0.0, 0.0
    found[0], found[1] = -1, -1
    for i in range(m):
        here = choice[i]
        tau, s, c, w, floor, ceiling = deadline[i], sens[i], unit[i], weight[i], low[i], high[i]
        now, best, target = local[i], local[i], -1
        scale, terms = abs(local[i]), abs(local[i])
        for p in range(ptr[i], ptr[i + 1]):
            k = provider[p]
            if p != here and count[k] >= cap[k]:
                continue
            mass = load[k] if p == here else load[k] + w
            late = transfer[p] + c * (mass / rate[k]) - tau
            utility = gain[p] - price[p] - s * min(max(late, floor), ceiling)
            scale = max(scale, abs(utility))
            terms = max(terms, abs(gain[p]), abs(price[p]), abs(s * (transfer[p] - tau)))
            if p == here:
                now = utility
            if utility > best:
                best, target = utility, p
        scale = max(scale, MAGNITUDE * terms)
        if scale > 0.0 and best - now > most * scale:
            most, gained = (best - now) / scale, best - now
            found[0], found[1] = i, target
    return most, gained
