"""Kernels of the deep learners."""

import numpy as np

from edgeworth.core.jit import jit


@jit
def generalised_advantages(rewards, values, ahead, ended, cut, gamma, keep):
    """Advantages [K, rows], by one pass from the last step to the first.

    rewards [K, rows]; values [K + 1, rows]; ahead [K, rows]: values of final observations, read where `cut` alone is true;
    ended, cut [K, rows]: termination and truncation; gamma, keep: discount and lambda.
    """
    steps, rows = rewards.shape
    advantages = np.empty((steps, rows))
    carry = np.zeros(rows)
    for t in range(steps - 1, -1, -1):
        for i in range(rows):
            if ended[t, i]:
                following, alive = 0.0, 0.0
            elif cut[t, i]:
                following, alive = ahead[t, i], 0.0
            else:
                following, alive = values[t + 1, i], 1.0
            error = rewards[t, i] + gamma * following - values[t, i]
            carry[i] = error + gamma * keep * alive * carry[i]
            advantages[t, i] = carry[i]
    return advantages
