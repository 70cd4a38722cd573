"""Kernels of the dynamics of finite games: what strategies earn, rounds of fictitious play, steps of replicator dynamics.

payoffs [players, outcomes], the last player's strategy fastest; sizes [players]: strategies; starts [players]: where a player's
strategies begin in the flat vectors.
"""

import numpy as np

from edgeworth.core.jit import jit, leaf


@leaf
def _earned(payoffs, sizes, starts, mixed, chosen, earned):
    """What every strategy earns against the others' mixtures."""
    players = sizes.size
    earned[:] = 0.0
    chosen[:] = 0
    for s in range(payoffs.shape[1]):
        for i in range(players):
            weight = 1.0
            for j in range(players):
                if j != i:
                    weight *= mixed[starts[j] + chosen[j]]
            earned[starts[i] + chosen[i]] += weight * payoffs[i, s]
        k = players - 1
        while k >= 0:
            chosen[k] += 1
            if chosen[k] < sizes[k]:
                break
            chosen[k] = 0
            k -= 1


@jit
def fictitious(payoffs, sizes, starts, mixed, done, rounds):
    """`rounds` rounds after `done`: all play best responses, the first of them on ties; `mixed`, the mean of play, follows."""
    earned = np.zeros(mixed.size)
    chosen = np.zeros(sizes.size, dtype=np.int64)
    for t in range(done, done + rounds):
        _earned(payoffs, sizes, starts, mixed, chosen, earned)
        for i in range(sizes.size):
            best = starts[i]
            for a in range(starts[i], starts[i] + sizes[i]):
                if earned[a] > earned[best]:
                    best = a
            for a in range(starts[i], starts[i] + sizes[i]):
                # what was believed at first counts as one round
                mixed[a] += ((1.0 if a == best else 0.0) - mixed[a]) / (t + 2.0)


@jit
def replicator(payoffs, sizes, starts, mixed, mean, step, done, rounds):
    """`rounds` steps after `done`: probabilities grow as exp(step u), u what they earn; `mean` is that over time."""
    earned = np.zeros(mixed.size)
    chosen = np.zeros(sizes.size, dtype=np.int64)
    for t in range(done, done + rounds):
        for a in range(mixed.size):
            mean[a] += (mixed[a] - mean[a]) / (t + 1.0)
        _earned(payoffs, sizes, starts, mixed, chosen, earned)
        for i in range(sizes.size):
            top = earned[starts[i]]
            for a in range(starts[i], starts[i] + sizes[i]):
                top = max(top, earned[a])
            total = 0.0
            for a in range(starts[i], starts[i] + sizes[i]):
                mixed[a] *= np.exp(step * (earned[a] - top))
                total += mixed[a]
            for a in range(starts[i], starts[i] + sizes[i]):
                mixed[a] /= total
