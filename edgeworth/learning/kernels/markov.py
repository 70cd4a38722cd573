"""The loop over a Markov game given as arrays: every player acts, is paid and learns; then the state changes."""

import numpy as np

from edgeworth.core.jit import jit
from edgeworth.learning.kernels.rules import act, joint_of_others, learn, value_ahead


@jit(counted=False)
def play(payoffs, reach, tables, state, chosen, totals, joint, steps, rng):
    """`steps` rounds. payoffs [states, players, joint actions]; reach [states, joint actions, states]: cumulative transition
    probabilities; tables: the players' `Tables`. `state` [1] is the current state; `totals` [players] and `joint` [states,
    joint actions] count on.

    1. Every player draws an action by its policy for the state.
    2. The next state is drawn from the transition probabilities of the joint action.
    3. Every player is paid and learns by its rule.
    """
    codes, parameters, memory, base, size = tables.codes, tables.parameters, tables.memory, tables.base, tables.size
    actions, opponents = tables.actions, tables.opponents
    players = codes.size
    unobserved = np.int64(0)
    for _ in range(steps):
        s = state[0]
        j = 0
        for i in range(players):
            chosen[i] = act(parameters, i, memory, base[i] + s * size[i], actions[i], rng.random())
            j = j * actions[i] + chosen[i]
        joint[s, j] += 1
        ahead = s
        if reach.shape[2] > 1:
            u = rng.random()
            ahead = 0
            while ahead < reach.shape[2] - 1 and u >= reach[s, j, ahead]:
                ahead += 1
        for i in range(players):
            against = joint_of_others(actions, chosen, i) if opponents[i] > 1 else unobserved
            reward = payoffs[s, i, j]
            totals[i] += reward
            later = value_ahead(memory, base[i] + ahead * size[i])
            at = base[i] + s * size[i]
            learn(codes[i], parameters, i, memory, at, actions[i], opponents[i], chosen[i], against, reward, later)
        state[0] = ahead
