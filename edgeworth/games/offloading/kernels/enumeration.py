"""All profiles of a tiny game, and profiles that come back in a run."""

from __future__ import annotations

import numpy as np

from edgeworth.core.jit import jit, leaf
from edgeworth.core.kernels import GOLDEN, assign, mixed
from edgeworth.games.offloading.kernels.dynamics import ROUNDOFF, rounding


@leaf
def _mark(i, p):
    """A number that stands for user i at pair p: splitmix64 of both."""
    return mixed(np.uint64(i) * GOLDEN + np.uint64(p + 2) * np.uint64(0xD1B54A32D192ED03))


@jit
def profile_marks(origin, user, choice, marks):
    """A mark of the profile before every move and, last, after all; equal profiles have equal marks. Uses up ``origin``."""
    total = np.uint64(0)
    for i in range(len(origin)):
        total ^= _mark(i, origin[i])
    marks[0] = total
    for s in range(len(user)):
        total ^= _mark(user[s], origin[user[s]]) ^ _mark(user[s], choice[s])
        origin[user[s]] = choice[s]
        marks[s + 1] = total


@jit
def equilibria(game, choice, digits, load, count, found, threshold, budget):
    """Go on through all profiles, first user fastest; `budget` of them at most. found: the equilibria's choices, row by row.

    digits: the odometer (0 local, then pairs), all -1 before the first call. Returns (profiles looked at, equilibria found,
    whether the end was reached). ``found`` may have no rows: then equilibria are only counted.
    """
    m, n = len(game.weight), len(game.rate)
    looked, seen = 0, 0
    while looked < budget:
        if (m > 0 and digits[0] == -1) or (m == 0 and count[n] == 0):
            for i in range(m):
                digits[i] = 0
            count[n] = 1
        else:
            i = 0
            while i < m and digits[i] == game.ptr[i + 1] - game.ptr[i]:
                digits[i] = 0
                i += 1
            if i == m:
                return looked, seen, True
            digits[i] += 1
        looked += 1
        load[:] = 0.0
        count[:n] = 0
        inside = True
        for i in range(m):
            choice[i] = game.ptr[i] + digits[i] - 1 if digits[i] > 0 else -1
            if choice[i] >= 0:
                k = game.provider[choice[i]]
                load[k] += game.weight[i]
                count[k] += 1
                inside = inside and count[k] <= game.cap[k]
        if inside and _rests(game, choice, load, count, threshold):
            if seen < len(found):
                assign(found[seen], choice)
            seen += 1
            if seen == len(found):
                return looked, seen, False
    return looked, seen, False


@leaf
def _rests(game, choice, load, count, threshold):
    """Does nobody gain more than threshold x its spread, and more than rounding, by a move of its own?"""
    for i in range(len(choice)):
        old = choice[i]
        now = game.local[i] if old < 0 else pair_utility(game, load, i, old, 0.0)
        best, target = game.local[i], -1
        least = min(now, game.local[i])
        for p in range(game.ptr[i], game.ptr[i + 1]):
            k = game.provider[p]
            if p != old and count[k] < game.cap[k]:
                utility = pair_utility(game, load, i, p, game.weight[i])
                least = min(least, utility)
                if utility > best:
                    best, target = utility, p
        if best > now:
            sure = 2.0 * ROUNDOFF * abs(game.local[i])
            if old >= 0:
                sure += rounding(game, i, old, load[game.provider[old]], count[game.provider[old]])
            if target >= 0:
                k = game.provider[target]
                sure += rounding(game, i, target, load[k] + game.weight[i], count[k] + 1)
            if best - now > threshold * (best - least) + sure:
                return False
    return True


@leaf
def pair_utility(game, load, i, p, extra):
    """Of user i at pair p, where `extra` of its weight is not yet in the load."""
    delay = (load[game.provider[p]] + extra) * game.inverse[game.provider[p]]
    if game.linear:
        return game.worth[p] - game.gamma[i] * delay
    late = min(max(game.late[p] + game.unit[i] * delay, game.low[i]), game.high[i])
    return game.worth[p] - game.sens[i] * late
