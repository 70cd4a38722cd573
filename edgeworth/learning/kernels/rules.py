"""The update rules, one leaf each, and `learn`, which chooses by the learner's code. See `edgeworth.learning.learners`."""

import math

from edgeworth.core.jit import jit, leaf
from edgeworth.learning.kernels.rows import project
from edgeworth.learning.kernels.zero_sum import matrix_game

Q_LEARNING, WOLF_PHC, PGA_APP, GIGA_WOLF, MINIMAX_Q, EXP3 = range(6)


@jit
def learn(code, parameters, agent, memory, at, n, o, action, opponent, reward, ahead):
    """Update the row at `at` after `action` (the opponents played `opponent`), its reward and the value of the next row.

    Columns of `parameters`, a row an agent: explore, explore_decay, rate, rate_decay, discount, step, lose, step_decay,
    prediction (`edgeworth.learning.learners` fills them). The average policy takes in the policy just played, before it moves.
    """
    done = memory[at]
    memory[at] = done + 1.0
    policy, average = at + 2, at + 2 + n
    for a in range(n):
        memory[average + a] += (memory[policy + a] - memory[average + a]) / (done + 1.0)
    memory[average + n + action] += 1.0
    if code == EXP3:  # its columns after discount: mixing, low, high
        exp3(memory, at, n, action, reward, parameters[agent, 5], parameters[agent, 6], parameters[agent, 7])
        return
    rate = parameters[agent, 2] / (1.0 + parameters[agent, 3] * done)
    goal = reward + parameters[agent, 4] * ahead
    if code == MINIMAX_Q:
        minimax_q(memory, at, n, o, action, opponent, rate, goal)
        return
    quality = at + 2 + 5 * n
    memory[quality + action] += rate * (goal - memory[quality + action])
    best = 0
    for a in range(1, n):
        if memory[quality + a] > memory[quality + best]:
            best = a
    memory[at + 1] = memory[quality + best]
    step = parameters[agent, 5] / (1.0 + parameters[agent, 7] * done)
    if code == Q_LEARNING:
        for a in range(n):
            memory[policy + a] = 0.0
        memory[policy + best] = 1.0
    elif code == WOLF_PHC:
        lose = parameters[agent, 6] / (1.0 + parameters[agent, 7] * done)
        wolf_phc(memory, at, n, best, step, lose)
    elif code == PGA_APP:
        pga_app(memory, at, n, step, parameters[agent, 8])
    else:
        giga_wolf(memory, at, n, step)


@leaf
def wolf_phc(memory, at, n, best, win, lose):
    """Move probability to the best action: `win` in all where the policy earns more than its average, else `lose`."""
    policy, average, quality = at + 2, at + 2 + n, at + 2 + 5 * n
    mine = mean = 0.0
    for a in range(n):
        mine += memory[policy + a] * memory[quality + a]
        mean += memory[average + a] * memory[quality + a]
    share = (win if mine > mean else lose) / max(n - 1, 1)
    rest = 0.0
    for a in range(n):
        if a != best:
            memory[policy + a] = max(memory[policy + a] - share, 0.0)
            rest += memory[policy + a]
    memory[policy + best] = max(1.0 - rest, 0.0)  # not by adding up what was moved: rounding errors would pile up


@leaf
def pga_app(memory, at, n, step, prediction):
    """Policy gradient with approximate policy prediction, then projection."""
    policy, quality = at + 2, at + 2 + 5 * n
    mean = 0.0
    for a in range(n):
        mean += memory[policy + a] * memory[quality + a]
    likely, rest, others = -1, 0.0, 0.0
    for a in range(n):
        if memory[policy + a] > 0.5:
            likely = a
    if likely >= 0:  # Q - mean and 1 - p cancel where p is near 1: there the slope is Q less the mean over the others
        for a in range(n):
            if a != likely:
                rest += memory[policy + a]
                others += memory[policy + a] * memory[quality + a]
    for a in range(n):
        p = memory[policy + a]
        if a != likely:
            slope = (memory[quality + a] - mean) / (1.0 - p)
        elif rest > 0.0:
            slope = memory[quality + a] - others / rest
        else:
            slope = 0.0  # p = 1
        memory[policy + a] = p + step * (slope - prediction * abs(slope) * p)
    project(memory, policy, n)


@leaf
def giga_wolf(memory, at, n, step):
    """A gradient step, and a slow policy's third of one towards which the result moves as far as the slow policy did."""
    policy, slow, fresh, quality = at + 2, at + 2 + 3 * n, at + 2 + 4 * n, at + 2 + 5 * n
    for a in range(n):
        memory[policy + a] += step * memory[quality + a]
        memory[fresh + a] = memory[slow + a] + step * memory[quality + a] / 3.0
    project(memory, policy, n)
    project(memory, fresh, n)
    moved = apart = 0.0
    for a in range(n):
        moved += (memory[fresh + a] - memory[slow + a]) ** 2
        apart += (memory[fresh + a] - memory[policy + a]) ** 2
    part = 1.0
    if moved < apart:
        part = math.sqrt(moved / apart)
    for a in range(n):
        memory[policy + a] += part * (memory[fresh + a] - memory[policy + a])
        memory[slow + a] = memory[fresh + a]


@leaf
def minimax_q(memory, at, n, o, action, opponent, rate, goal):
    """Q of the joint action, then policy and value of the matrix game that the row has become."""
    quality = at + 2 + 5 * n
    k = quality + action * o + opponent
    memory[k] += rate * (goal - memory[k])
    memory[at + 1] = matrix_game(memory, quality, n, o, at + 2)


@leaf
def exp3(memory, at, n, action, reward, mixing, low, high):
    """Weights grow by the reward, scaled to [0, 1] and divided by the probability with which it was seen."""
    policy, weights = at + 2, at + 2 + 5 * n
    scaled = (reward - low) / (high - low)
    memory[weights + action] += mixing * scaled / (memory[policy + action] * n)
    top = memory[weights]
    for a in range(1, n):
        top = max(top, memory[weights + a])
    total = 0.0
    for a in range(n):
        memory[weights + a] -= top  # the largest is 0: no overflow, however long the run
        total += math.exp(memory[weights + a])
    for a in range(n):
        memory[policy + a] = (1.0 - mixing) * math.exp(memory[weights + a]) / total + mixing / n
