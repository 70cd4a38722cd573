"""Kernels of the model: regrets of small games, where the calls of NumPy would take longer than the arithmetic.

payoffs [players * outcomes], player by player, the last player's strategy fastest; sizes [players]: numbers of strategies;
profile [strategies of all players]: their probabilities, player by player.
"""

import numpy as np

from edgeworth.core.jit import jit, leaf

_ROOM = 0.5e-9
_LONGEST = 1_000_000


@leaf
def _sound(sizes, profile):
    """Whether all vectors are seen at once to be mixed strategies, by half of the tolerance of `violations`.

    The other half is room for this sum's rounding, less than 2^-53 times the number of its terms. False says nothing.
    """
    k = 0
    for n in sizes:
        if n > _LONGEST:
            return False
        total = 0.0
        for _ in range(n):
            if not profile[k] >= -_ROOM / _LONGEST:
                return False
            total += profile[k]
            k += 1
        if not abs(total - 1.0) <= _ROOM:
            return False
    return True


@leaf
def averaged(source, begin, outer, inner, profile, start, count, target):
    """target[o, s] = sum over b of profile[start + b] source[o, b, s]; the target may be the source that begins at 0."""
    if inner == 1:
        for o in range(outer):
            target[o] = _product(source, begin + o * count, profile, start, count)
        return
    for o in range(outer):
        to = target[o * inner : (o + 1) * inner]  # a slice: indices that count from 0 need no check for negative ones
        base = begin + o * count * inner
        for b in range(count):
            row = source[base : base + inner]
            p = profile[start + b]
            if b == 0:
                for s in range(inner):
                    to[s] = p * row[s]
            else:
                for s in range(inner):
                    to[s] += p * row[s]
            base += inner


@leaf
def _product(source, begin, profile, start, count):
    """The inner product of two stretches, in four sums, since one would wait for every addition."""
    weights, terms = profile[start : start + count], source[begin : begin + count]
    first, second, third, fourth = 0.0, 0.0, 0.0, 0.0
    whole = count // 4
    for k in range(whole):
        b = 4 * k
        first += weights[b] * terms[b]
        second += weights[b + 1] * terms[b + 1]
        third += weights[b + 2] * terms[b + 2]
        fourth += weights[b + 3] * terms[b + 3]
    for b in range(4 * whole, count):
        first += weights[b] * terms[b]
    return (first + second) + (third + fourth)


@leaf
def _gains(payoffs, sizes, profile, gains):
    """The regret of every player: the means of its payoffs over the others' strategies, one axis after another."""
    players = sizes.size
    outcomes = payoffs.size // players
    work = np.empty(outcomes)
    own = 0  # where the player's probabilities begin
    for i in range(players):
        outer, inner, start, moved = 1, outcomes, 0, False
        for j in range(players):
            inner //= sizes[j]
            if j == i:
                outer = sizes[j]
            elif moved:
                averaged(work, 0, outer, inner, profile, start, sizes[j], work)
            else:
                averaged(payoffs, i * outcomes, outer, inner, profile, start, sizes[j], work)
                moved = True
            start += sizes[j]
        if not moved:
            work[:] = payoffs
        best, mean = work[0], 0.0
        for a in range(sizes[i]):
            best = max(best, work[a])
            mean += profile[own + a] * work[a]
        gains[i] = max(best - mean, 0.0)
        own += sizes[i]


@jit
def largest_regret(payoffs, sizes, profile, known):
    """The largest regret; -1 where neither it is known that the profile is feasible nor seen at once."""
    if not known and not _sound(sizes, profile):
        return -1.0
    gains = np.empty(sizes.size)
    _gains(payoffs, sizes, profile, gains)
    largest = 0.0
    for gain in gains:
        largest = max(largest, gain)
    return largest


@jit
def all_regrets(payoffs, sizes, profile):
    """The regrets of all players at a feasible profile."""
    gains = np.empty(sizes.size)
    _gains(payoffs, sizes, profile, gains)
    return gains
