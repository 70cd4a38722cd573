"""The table rows of the learners: layout, choice of an action, update of Q, projection onto the simplex.

One row is what one learner keeps for one state, in one flat memory. With n actions of its own and o joint actions of its
opponents (o = 1 for all but minimax-Q), a row that begins at `at` holds

    at + VISITS                    number of visits of the state
    at + VALUE                     value of the state as the learner estimates it
    block(at, n, POLICY)           policy, n
    block(at, n, AVERAGE)          average of the policies played so far, n
    block(at, n, COUNTS)           number of times each action was played, n
    block(at, n, QUALITY)          Q(s, a, b), n x o with b fastest; EXP3: logarithms of the weights
    own_block(at, n, o, k)         the k-th block of the learner's own, n each

The functions are plain loops; `edgeworth.learning.kernels.rules` makes them callable from compiled code. They take one memory
and offsets, never views or tuples of arrays: a tuple of ten arrays makes a step ten times slower.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from edgeworth.learning.learners.base import Learner, ValueLearner

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

EXPLORE, EXPLORE_DECAY = Learner.column("explore"), Learner.column("explore_decay")
RATE, RATE_DECAY, DISCOUNT = (ValueLearner.column(name) for name in ("rate", "rate_decay", "discount"))

VISITS, VALUE = range(2)
HEAD = 2
"""Numbers of a row before its blocks."""
POLICY, AVERAGE, COUNTS, QUALITY = range(4)


class Tables(NamedTuple):
    """Learners and their rows as the arrays that a kernel drives; see `edgeworth.learning.Population`."""

    codes: Ints
    parameters: Floats
    memory: Floats
    base: Ints
    size: Ints
    actions: Ints
    opponents: Ints


def length(n: int, o: int, own: int) -> int:
    """Return the number of entries of a row with `own` blocks of the learner's own."""
    return HEAD + (QUALITY + own) * n + n * o


def block(at: int, n: int, which: int) -> int:
    """Return where a block begins that every learner has."""
    return at + HEAD + which * n


def own_block(at: int, n: int, o: int, which: int) -> int:
    """Return where a block of the learner's own begins."""
    return at + HEAD + (QUALITY + which) * n + n * o


def decayed(parameters: Floats, agent: int, column: int, decay: int, visits: float) -> float:
    """Return a parameter after so many visits of the state: x / (1 + decay visits)."""
    return float(parameters[agent, column] / (1.0 + parameters[agent, decay] * visits))


def act(parameters: Floats, agent: int, memory: Floats, at: int, n: int, u: float) -> int:
    """Return the action for one uniform number u: with probability explore a uniform one, else one drawn from the policy."""
    explore = decayed(parameters, agent, EXPLORE, EXPLORE_DECAY, memory[at + VISITS])
    if u < explore:
        return min(int(u / explore * n), n - 1)
    u = (u - explore) / (1.0 - explore)
    policy = block(at, n, POLICY)
    reached = 0.0
    last = 0
    for a in range(n):
        p = memory[policy + a]
        if p > 0.0:
            reached += p
            last = a
            if u < reached:
                return a
    return last  # rounding left the sum below u


def value_ahead(memory: Floats, at: int) -> float:
    """Return the value of a row for an update that leads there."""
    return float(memory[at + VALUE])


def joint_of_others(actions: Ints, chosen: Ints, agent: int) -> int:
    """Return the joint action of all agents but one, the last one's action varying fastest."""
    joint = 0
    for k in range(actions.size):
        if k != agent:
            joint = joint * actions[k] + chosen[k]
    return int(joint)


def best_action(memory: Floats, at: int, n: int) -> int:
    """Return the action of the largest Q, the first one on ties."""
    quality = block(at, n, QUALITY)
    best = 0
    for a in range(1, n):
        if memory[quality + a] > memory[quality + best]:
            best = a
    return best


def update_quality(
    parameters: Floats, agent: int, memory: Floats, at: int, n: int, action: int, reward: float, ahead: float
) -> int:
    """Move Q of the action towards reward + discount ahead, set the value of the row; return the action of the largest Q."""
    rate = decayed(parameters, agent, RATE, RATE_DECAY, memory[at + VISITS])
    goal = reward + parameters[agent, DISCOUNT] * ahead
    k = block(at, n, QUALITY) + action
    memory[k] += rate * (goal - memory[k])
    best = best_action(memory, at, n)
    memory[at + VALUE] = memory[block(at, n, QUALITY) + best]
    return best


def project(memory: Floats, at: int, n: int) -> None:
    """Replace memory[at : at + n] by the nearest point of the simplex (Michelot, J. Optimization Theory Appl. 50, 1986)."""
    count = n
    total = 0.0
    for a in range(n):
        total += memory[at + a]
    shift = (total - 1.0) / n
    while True:  # the shift rises, the set of positive entries shrinks: at most n rounds
        kept = 0
        total = 0.0
        for a in range(n):
            if memory[at + a] > shift:
                kept += 1
                total += memory[at + a]
        if kept >= count or kept == 0:  # above count: only the shift's rounding moved
            break
        count = kept
        shift = (total - 1.0) / count
    for a in range(n):
        memory[at + a] = max(memory[at + a] - shift, 0.0)
