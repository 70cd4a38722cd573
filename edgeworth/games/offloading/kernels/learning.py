"""Rounds of decentralised learning: every user draws an action, is paid its own utility, and learns from that alone."""

from __future__ import annotations

import numpy as np

from edgeworth.core.jit import jit
from edgeworth.games.offloading.kernels.enumeration import pair_utility
from edgeworth.learning.kernels.rules import act, learn, value_ahead


@jit(counted=False)
def rounds(game, tables, low, high, price, cost, order, drawn, choice, load, count, seen, totals, steps, rng):
    """`steps` rounds. Action 0 is local execution, action a > 0 the user's a-th pair; agent i of the `tables` is user i.

    1. The users are put into a random order.
    2. In that order each draws an action by its policy and is assigned to it, or computes locally where the provider is full.
    3. Every user is paid its utility; what its other actions would have paid is added up for the regret.
    4. Every user learns from its own scaled reward.

    Users arrive in random order (``order`` is shuffled on from round to round); who finds a provider full computes locally and
    is paid for that. Rewards are scaled to [0, 1] between low and high of the user and clipped. seen: per pair, the total that
    the user would have earned there (it alone moved; local utility where it is full), less what it earned; totals: welfare of
    the rounds, then the same for local execution, a number a user.
    """
    codes, parameters, memory, base = tables.codes, tables.parameters, tables.memory, tables.base
    actions, opponents = tables.actions, tables.opponents
    unobserved = np.int64(0)
    m = len(actions)
    for _ in range(steps):
        load[:] = 0.0
        count[:] = 0
        for s in range(m - 1, 0, -1):
            t = int(rng.random() * (s + 1))
            order[s], order[t] = order[t], order[s]
        for s in range(m):
            i = order[s]
            drawn[i] = act(parameters, i, memory, base[i], actions[i], rng.random())
            p = game.ptr[i] + drawn[i] - 1 if drawn[i] > 0 else -1
            if p >= 0 and count[game.provider[p]] >= game.cap[game.provider[p]]:
                p = -1
            choice[i] = p
            if p >= 0:
                load[game.provider[p]] += game.weight[i]
                count[game.provider[p]] += 1
        for i in range(m):
            p = choice[i]
            earned = game.local[i] if p < 0 else pair_utility(game, load, i, p, 0.0)
            totals[0] += earned
            if p >= 0:
                totals[0] += price[p] - cost[p]
            totals[1 + i] += game.local[i] - earned
            for q in range(game.ptr[i], game.ptr[i + 1]):
                if q != p:
                    k = game.provider[q]
                    other = game.local[i] if count[k] >= game.cap[k] else pair_utility(game, load, i, q, game.weight[i])
                    seen[q] += other - earned
            scaled = min(max((earned - low[i]) / (high[i] - low[i]), 0.0), 1.0)
            later = value_ahead(memory, base[i])
            learn(codes[i], parameters, i, memory, base[i], actions[i], opponents[i], drawn[i], unobserved, scaled, later)
