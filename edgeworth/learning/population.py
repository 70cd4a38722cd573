"""Learners with their tables, packed into arrays that kernels of any domain can drive."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from edgeworth.core import validation
from edgeworth.learning.kernels.rows import (
    AVERAGE,
    COUNTS,
    POLICY,
    QUALITY,
    VALUE,
    VISITS,
    Floats,
    Ints,
    Tables,
    block,
    length,
    own_block,
)
from edgeworth.learning.learners.base import Learner
from edgeworth.learning.registry import CODES, is_registered


class Population:
    """Learners i = 0..N-1, each with a table of rows, one row a state.

    Parameters
    ----------
    learners : sequence of Learner
        The learners; the same one may stand for several agents.
    states, actions : sequence of int
        Number of states and of own actions of each learner, at least 1.
    opponents : sequence of int, optional
        Number of joint actions of its opponents that each learner distinguishes. Must be 1, the default, for learners that do
        not observe their opponents.

    Attributes
    ----------
    parameters : float64 array [N, columns]
        A row for each learner; `Learner.column` names the columns.
    memory : float64 array
        All rows, and after them the scratch space of the rules; the only array that changes. Policies start uniform, counts at
        0, Q and values at `Learner.first_value`. `edgeworth.learning.kernels.rows` describes a row.
    codes, base, size, states, actions, opponents : int64 array [N]
        Code of the rule, offset of the first row, length of a row, and the numbers given.

    Raises
    ------
    ValueError, TypeError
        If an argument is out of range or of the wrong type.

    Notes
    -----
    A kernel of another domain takes `tables` and drives the learners by three functions of `edgeworth.learning.kernels.rules`::

        at = base[i] + state * size[i]
        a = act(parameters, i, memory, at, actions[i], rng.random())
        ...                                                           # the domain pays a reward and moves to another state
        later = value_ahead(memory, base[i] + next_state * size[i])   # before anybody learns, where they share rows
        learn(codes[i], parameters, i, memory, at, actions[i], opponents[i], a, against, reward, later)

    Between two calls of that kernel everything needed to go on is in ``memory``, the random generator and the state of the
    domain. The kernel is compiled once, whatever learners it drives.

    Examples
    --------
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
            if not is_registered(learner):
                validation.reject_type("learners", f"must hold learners (entry {i})", learner)
        self.states: Ints = validation.array("states", states, np.int64, (count,), minimum=1)
        self.actions: Ints = validation.array("actions", actions, np.int64, (count,), minimum=1)
        given = [1] * count if opponents is None else opponents
        self.opponents: Ints = validation.array("opponents", given, np.int64, (count,), minimum=1)
        for i, learner in enumerate(self.learners):
            if self.opponents[i] > 1 and not learner.observes_opponents:
                rule = f"must be 1 for {type(learner).__name__} (entry {i}): it does not look at its opponents' actions"
                validation.reject("opponents", rule, int(self.opponents[i]))
        self.codes: Ints = np.array([CODES[learner.name] for learner in self.learners], dtype=np.int64)
        rows = [learner.row() for learner in self.learners]
        self.parameters: Floats = np.zeros((count, max(map(len, rows), default=0)))
        for i, row in enumerate(rows):
            self.parameters[i, : len(row)] = row
        of_each = list(zip(self.learners, self.actions.tolist(), self.opponents.tolist(), strict=True))
        self.size: Ints = np.array([length(n, o, learner.own_blocks) for learner, n, o in of_each], dtype=np.int64)
        ends = np.cumsum(self.size * self.states)
        self.base: Ints = ends - self.size * self.states
        scratch = max((learner.scratch(n, o) for learner, n, o in of_each), default=0)
        self.memory: Floats = np.zeros((int(ends[-1]) if count else 0) + scratch)
        for i, (learner, n, o) in enumerate(of_each):
            rows_of = self._rows(i)
            rows_of[:, VALUE] = learner.first_value
            rows_of[:, block(0, n, QUALITY) : own_block(0, n, o, 0)] = learner.first_value
            rows_of[:, block(0, n, POLICY) : block(0, n, COUNTS)] = 1.0 / n  # policy and average
            rows_of[:, own_block(0, n, o, 0) :] = 1.0 / n

    def __len__(self) -> int:
        return len(self.learners)

    @property
    def tables(self) -> Tables:
        """The arrays as one argument of a kernel, not copied."""
        return Tables(self.codes, self.parameters, self.memory, self.base, self.size, self.actions, self.opponents)

    def policy(self, agent: int) -> Floats:
        """Return a copy of the policy by which an agent plays when it does not explore, float64 [states, actions]."""
        return self._block(agent, POLICY)

    def average_policy(self, agent: int) -> Floats:
        """Return the mean of the policies that an agent has played over the visits of each state, float64 [states, actions].

        It is uniform in states that were never visited.
        """
        return self._block(agent, AVERAGE)

    def plays(self, agent: int) -> Floats:
        """Return how often an agent has played each action, explored ones included, float64 [states, actions]."""
        return self._block(agent, COUNTS)

    def visits(self, agent: int) -> Floats:
        """Return how often an agent has learnt in each state, float64 [states]."""
        return self._rows(agent)[:, VISITS].copy()

    def quality(self, agent: int) -> Floats:
        """Return Q of an agent, float64 [states, actions], or [states, actions, opponents' actions] where it observes those.

        For EXP3 it holds the logarithms of the weights.
        """
        rows, n, o = self._rows(agent), int(self.actions[agent]), int(self.opponents[agent])
        table = rows[:, block(0, n, QUALITY) : own_block(0, n, o, 0)].copy()
        if self.learners[agent].observes_opponents:
            return table.reshape(len(rows), n, o)
        return table

    def _block(self, agent: int, which: int) -> Floats:
        rows, n = self._rows(agent), int(self.actions[agent])
        return rows[:, block(0, n, which) : block(0, n, which + 1)].copy()

    def _rows(self, agent: int) -> Floats:
        i = validation.integer("agent", agent, minimum=0, maximum=len(self) - 1)
        start, rows = int(self.base[i]), int(self.states[i])
        return self.memory[start : start + rows * int(self.size[i])].reshape(rows, int(self.size[i]))
