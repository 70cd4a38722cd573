"""`learn`: the one compiled function through which every learner of the registry learns.

Which rule runs is decided by a code at run time, so one compilation serves every learner and every mixture of them.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from types import ModuleType

from numba.extending import register_jitable

from edgeworth.core.jit import jit
from edgeworth.learning.kernels import rows, zero_sum
from edgeworth.learning.kernels.rows import AVERAGE, COUNTS, POLICY, VISITS, act, block, joint_of_others, value_ahead
from edgeworth.learning.registry import LEARNERS, module_of

__all__ = ["act", "joint_of_others", "learn", "value_ahead"]


def _compilable(module: ModuleType) -> None:
    """Make the plain functions of a module callable from compiled code."""
    for function in vars(module).values():
        if inspect.isfunction(function) and function.__module__ == module.__name__:
            register_jitable(function)


def _chosen(updates: Sequence[Callable[..., None]], code: int = 0) -> Callable[..., None]:
    """One function that passes its arguments on to the update of a code."""
    update = updates[code]
    if code + 1 == len(updates):

        def last(which, parameters, agent, memory, at, n, o, action, opponent, reward, ahead):
            update(parameters, agent, memory, at, n, o, action, opponent, reward, ahead)

        return register_jitable(last)
    others = _chosen(updates, code + 1)

    def choose(which, parameters, agent, memory, at, n, o, action, opponent, reward, ahead):
        if which == code:
            update(parameters, agent, memory, at, n, o, action, opponent, reward, ahead)
        else:
            others(which, parameters, agent, memory, at, n, o, action, opponent, reward, ahead)

    return register_jitable(choose)


for _module in (rows, zero_sum, *(module_of(learner) for learner in LEARNERS.values())):
    _compilable(_module)
_update = _chosen([module_of(learner).update for learner in LEARNERS.values()])


@jit(counted=False)
def learn(code, parameters, agent, memory, at, n, o, action, opponent, reward, ahead):
    """Update the row at `at` after `action` (the opponents played `opponent`), its reward and the value of the next row.

    1. The average policy takes in the policy just played, before the policy moves.
    2. The action is counted.
    3. The rule of the learner changes its policy; it still reads the number of visits before this one.
    4. The visit is counted.

    Callers pass integers of type int64, never a literal, for which numba would compile the whole of it once more.
    """
    visits = memory[at + VISITS]
    policy, average = block(at, n, POLICY), block(at, n, AVERAGE)
    for a in range(n):
        memory[average + a] += (memory[policy + a] - memory[average + a]) / (visits + 1.0)
    memory[block(at, n, COUNTS) + action] += 1.0
    _update(code, parameters, agent, memory, at, n, o, action, opponent, reward, ahead)
    memory[at + VISITS] = visits + 1.0
