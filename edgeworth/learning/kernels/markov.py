"""The loop over a Markov game given as arrays: everybody acts, is paid, learns; the state moves on."""

from edgeworth.core.jit import jit
from edgeworth.learning.kernels.rows import act, value_ahead
from edgeworth.learning.kernels.rules import learn


@jit
def play(payoffs, reach, codes, parameters, memory, base, size, actions, opponents, state, chosen, totals, joint, steps, rng):
    """`steps` rounds. payoffs [states, players, joint actions]; reach [states, joint actions, states]: cumulative transition
    probabilities. `state` [1] is where it stands; `totals` [players] and `joint` [states, joint actions] count on.
    """
    players = codes.size
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
            against = 0
            if opponents[i] > 1:
                for k in range(players):
                    if k != i:
                        against = against * actions[k] + chosen[k]
            reward = payoffs[s, i, j]
            totals[i] += reward
            later = value_ahead(memory, base[i] + ahead * size[i])
            at = base[i] + s * size[i]
            learn(codes[i], parameters, i, memory, at, actions[i], opponents[i], chosen[i], against, reward, later)
        state[0] = ahead
