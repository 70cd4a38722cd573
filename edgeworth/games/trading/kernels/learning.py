"""Rounds of the trading game between learners: the provider prices, the consumers answer, everybody is paid and learns."""

import numpy as np

from edgeworth.core.jit import jit, leaf
from edgeworth.learning.kernels.rules import act, learn, value_ahead


@leaf
def bin_of(steps, half, per_step, bins):
    """Which of `bins` equal parts of [-half, top + half] holds the amount; per_step: bins a unit of it."""
    return min(max(int((steps + half) * per_step), 0), bins - 1)


@jit(counted=False)
def rounds(
    prices, demands, margin, weight, beta, reward, cost, scale, bins, half, per_step, tables, state, chosen, against, behind,
    paid, count, rng,
):  # fmt: skip
    """`count` rounds; agent 0 of the `tables` is the provider, agent i + 1 consumer i.

    1. The provider draws a price by its policy (AI-Bazaar paper, algorithm 1).
    2. Every consumer learns from the round before, whose next state is this price.
    3. The consumers draw their demands.
    4. The consumers are paid by (30).
    5. Those who observe it are told the bin of the others' mining power. It is summed without their own, not by taking that
       away: next to a large own power the others' would be lost in rounding.
    6. The provider is paid by (29) and learns; its next state is the bin of the total demand.

    Amounts are binned in grid steps above the least that can be met, by `bins`, `half` and `per_step` [agents]; see `bin_of`.

    state: 0 the provider's state (the bin of the last total demand), 1 the last price, -1 before the first round. A consumer's
    state is the price; it learns from a round when it sees the next price, so `chosen`, `against` and `paid` [consumers] keep
    actions, opponents' bins and rewards until then; `behind` [consumers] is scratch. Rewards are divided by `scale` [agents].
    """
    codes, parameters, memory, base, size = tables.codes, tables.parameters, tables.memory, tables.base, tables.size
    actions, opponents = tables.actions, tables.opponents
    nothing = np.int64(0)
    consumers = beta.size
    observed = False
    for i in range(consumers):
        observed |= opponents[i + 1] > 1
    for _ in range(count):
        here = base[0] + state[0] * size[0]
        k = act(parameters, 0, memory, here, actions[0], rng.random())
        if state[1] >= 0:
            for i in range(consumers):
                later = value_ahead(memory, base[i + 1] + k * size[i + 1])
                at = base[i + 1] + state[1] * size[i + 1]
                learn(
                    codes[i + 1], parameters, i + 1, memory, at, actions[i + 1], opponents[i + 1],
                    chosen[i], against[i], paid[i], later,
                )  # fmt: skip
        total, power, steps = 0.0, 0.0, 0
        for i in range(consumers):
            chosen[i] = act(parameters, i + 1, memory, base[i + 1] + k * size[i + 1], actions[i + 1], rng.random())
            total += demands[chosen[i]]
            power += beta[i] * demands[chosen[i]]
            steps += chosen[i]
        for i in range(consumers):
            f = demands[chosen[i]]
            x = beta[i] * f
            share = x / power if power > 0.0 else 0.0
            paid[i] = (f * (margin[i] - weight[i] * prices[k]) + reward[i] * share) / scale[i + 1]
        if observed:
            rest, before = 0.0, 0.0
            for i in range(consumers - 1, -1, -1):
                behind[i] = rest
                rest += beta[i] * chosen[i]
            for i in range(consumers):
                against[i] = bin_of(before + behind[i], half[i + 1], per_step[i + 1], opponents[i + 1])
                before += beta[i] * chosen[i]
        ahead = bin_of(steps, half[0], per_step[0], bins)
        later = value_ahead(memory, base[0] + ahead * size[0])
        profit = (prices[k] - cost) * total / scale[0]
        seen = ahead if opponents[0] > 1 else nothing
        learn(codes[0], parameters, nothing, memory, here, actions[0], opponents[0], k, seen, profit, later)
        state[0], state[1] = ahead, k
