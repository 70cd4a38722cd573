"""Learners with their tables, packed into arrays that kernels of any domain can drive."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from edgeworth.core import validation
from edgeworth.learning.learners import COLUMNS, Learner, MinimaxQ

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


class Population:
    """Learners i = 0..N-1, the i-th with ``states[i]`` states and ``actions[i]`` actions.

    opponents: how many joint actions of its opponents the i-th tells apart; only minimax-Q looks at them, all others must
    have 1 (the default for everybody).

    A kernel of your own drives them through the leaves of `edgeworth.learning.kernels`:

        at = base[i] + state * size[i]
        a = act(parameters, i, memory, at, actions[i], rng.random())
        ...                                                           # the domain pays a reward and moves to another state
        later = value_ahead(memory, base[i] + next_state * size[i])   # before anybody learns, where they share rows
        learn(codes[i], parameters, i, memory, at, actions[i], opponents[i], a, against, reward, later)

    with the attributes ``codes``, ``base``, ``size``, ``actions``, ``opponents`` int64 [N], ``parameters`` float64 [N, columns]
    and ``memory`` float64, the only one that changes. A chunk of work is a call of that kernel; between chunks everything
    that is needed to go on is in ``memory``, the generator and the domain's own state.

    Policies start uniform, qualities and counts at 0. Raises ValueError or TypeError naming the argument for anything out of
    range.

    >>> from edgeworth.learning import WolfPhc
    >>> population = Population([WolfPhc(), WolfPhc()], states=[1, 3], actions=[2, 4])
    >>> population.policy(1).shape
    (3, 4)
    """

    def __init__(
        self,
        learners: Sequence[Learner],
        *,
        states: Sequence[int],
        actions: Sequence[int],
        opponents: Sequence[int] | None = None,
    ) -> None:
        self.learners = tuple(learners)
        count = len(self.learners)
        for i, learner in enumerate(self.learners):
            if not isinstance(learner, Learner) or not hasattr(type(learner), "code"):
                validation.reject_type("learners", f"must hold learners (entry {i})", learner)
        self.states: Ints = validation.array("states", states, np.int64, (count,), minimum=1)
        self.actions: Ints = validation.array("actions", actions, np.int64, (count,), minimum=1)
        given = [1] * count if opponents is None else opponents
        self.opponents: Ints = validation.array("opponents", given, np.int64, (count,), minimum=1)
        for i, learner in enumerate(self.learners):
            if self.opponents[i] > 1 and not isinstance(learner, MinimaxQ):
                rule = f"must be 1 for {type(learner).__name__} (entry {i}): it does not look at its opponents' actions"
                validation.reject("opponents", rule, int(self.opponents[i]))
        self.codes: Ints = np.array([type(learner).code for learner in self.learners], dtype=np.int64)
        self.parameters: Floats = np.zeros((count, COLUMNS))
        for i, learner in enumerate(self.learners):
            columns = learner.columns()
            self.parameters[i, : len(columns)] = columns
        self.size: Ints = 2 + 5 * self.actions + self.actions * self.opponents
        ends = np.cumsum(self.size * self.states)
        self.base: Ints = ends - self.size * self.states
        self.memory: Floats = np.zeros(int(ends[-1]) if count else 0)
        for i in range(count):
            rows, n = self._rows(i), int(self.actions[i])
            rows[:, 2 : 2 + 2 * n] = 1.0 / n
            rows[:, 2 + 3 * n : 2 + 4 * n] = 1.0 / n

    def __len__(self) -> int:
        return len(self.learners)

    def policy(self, agent: int) -> Floats:
        """The policy by which it plays but for exploring, a copy, float64 [states, actions]."""
        return self._part(agent, 0)

    def average_policy(self, agent: int) -> Floats:
        """The mean of the policies it has played, over the visits of each state, float64 [states, actions]; uniform where there
        were none."""
        return self._part(agent, 1)

    def plays(self, agent: int) -> Floats:
        """How often it has played each action, explored ones included, float64 [states, actions]."""
        return self._part(agent, 2)

    def visits(self, agent: int) -> Floats:
        """How often it has learnt in each state, float64 [states]."""
        return self._rows(agent)[:, 0].copy()

    def quality(self, agent: int) -> Floats:
        """Q, float64 [states, actions] (EXP3: logarithms of the weights); minimax-Q: [states, actions, opponents' actions]."""
        rows, n = self._rows(agent), int(self.actions[agent])
        table = rows[:, 2 + 5 * n :].copy()
        if isinstance(self.learners[agent], MinimaxQ):
            return table.reshape(len(rows), n, int(self.opponents[agent]))
        return table

    def _part(self, agent: int, k: int) -> Floats:
        rows, n = self._rows(agent), int(self.actions[agent])
        return rows[:, 2 + k * n : 2 + (k + 1) * n].copy()

    def _rows(self, agent: int) -> Floats:
        i = validation.integer("agent", agent, minimum=0, maximum=len(self) - 1)
        start, rows = int(self.base[i]), int(self.states[i])
        return self.memory[start : start + rows * int(self.size[i])].reshape(rows, int(self.size[i]))
