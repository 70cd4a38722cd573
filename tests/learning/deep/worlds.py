"""Tiny vector environments whose answers are known, in NumPy."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgeworth.core.seeds import put_words, words
from edgeworth.learning.deep.envs import Step
from edgeworth.learning.deep.spaces import ActionSpec, Spec

Array = NDArray[Any]


class World:
    """Copies of an environment: a subclass says how an episode begins, what a step earns and what follows.

    `phase` [copies] counts the steps of an episode, `inner` [copies, agents, obs] is what it is like.
    """

    agents, obs, action, state = 1, 1, ActionSpec.discrete(1), 0
    horizon, cut = 1, False  # after how many steps an episode ends, and whether it was only cut there

    def __init__(self, copies: int = 16) -> None:
        self.copies = copies
        self.spec = Spec(agents=self.agents, obs=self.obs, action=self.action, state=self.state)
        self.rng = np.random.default_rng(0)
        self.inner = np.zeros((copies, self.agents, self.obs))
        self.phase = np.zeros(copies, np.int64)

    def fresh(self, count: int) -> Array:
        """What new episodes are like."""
        return np.zeros((count, self.agents, self.obs))

    def earn(self, actions: Array) -> Array:
        """Rewards."""
        raise NotImplementedError

    def move(self, actions: Array) -> None:
        """Change `inner`."""

    def over(self) -> Array:
        """Which episodes have ended by themselves before the horizon."""
        return np.zeros(self.copies, np.bool_)

    def open(self) -> Array | None:
        """Which actions are open."""
        return None

    def reset(self, seed: int | None = None) -> Step:
        if seed is not None:
            self.rng = np.random.default_rng([seed, 77])
        self.inner, self.phase = self.fresh(self.copies), np.zeros(self.copies, np.int64)
        never = np.zeros(self.copies, np.bool_)
        return self._step(np.zeros((self.copies, self.agents)), never, never, self.inner)

    def step(self, actions: Array) -> Step:
        reward = self.earn(actions)
        self.move(actions)
        self.phase += 1
        last, early = self.phase >= self.horizon, self.over()
        ended = early | (last & (not self.cut))
        truncated = last & ~ended
        final = self.inner.copy()
        anew = ended | truncated
        self.inner[anew] = self.fresh(int(anew.sum()))
        self.phase[anew] = 0
        return self._step(reward, ended, truncated, final)

    def _step(self, reward: Array, ended: Array, truncated: Array, final: Array) -> Step:
        seen, last = self.inner.astype(np.float32), final.astype(np.float32)
        state = (seen.reshape(self.copies, -1), last.reshape(self.copies, -1)) if self.state else (None, None)
        return Step(seen, reward, ended, truncated, last, mask=self.open(), state=state[0], final_state=state[1])

    def snapshot(self) -> dict[str, Array]:
        return {"rng": words(self.rng), "inner": self.inner.copy(), "phase": self.phase.copy()}

    def restore(self, arrays: Mapping[str, Array]) -> Step:
        put_words(self.rng, arrays["rng"])
        self.inner, self.phase = arrays["inner"].copy(), arrays["phase"].copy()
        never = np.zeros(self.copies, np.bool_)
        return self._step(np.zeros((self.copies, self.agents)), never, never, self.inner)


def signs(rng: np.random.Generator, count: int) -> Array:
    return np.where(rng.random((count, 1, 1)) < 0.5, -1.0, 1.0)


class ConstantReward(World):
    def earn(self, actions: Array) -> Array:
        return np.ones((self.copies, 1))


class RewardIsObservation(World):
    def fresh(self, count: int) -> Array:
        return signs(self.rng, count)

    def earn(self, actions: Array) -> Array:
        return self.inner[:, :, 0].copy()


class TwoSteps(World):
    """0, then 1 is observed; the second step earns 1."""

    horizon = 2

    def earn(self, actions: Array) -> Array:
        return (self.phase == 1).astype(np.float64)[:, None]

    def move(self, actions: Array) -> None:
        self.inner[:] = 1.0


class RewardByAction(World):
    action = ActionSpec.discrete(2)

    def earn(self, actions: Array) -> Array:
        return np.where(actions == 1, 1.0, -1.0)


class RewardByBoth(World):
    action = ActionSpec.discrete(2)

    def fresh(self, count: int) -> Array:
        return signs(self.rng, count)

    def earn(self, actions: Array) -> Array:
        return np.where((actions == 1) == (self.inner[:, :, 0] > 0.0), 1.0, -1.0)


class Indifferent(World):
    """Whatever is done earns 1."""

    action = ActionSpec.discrete(4)

    def fresh(self, count: int) -> Array:
        return np.ones((count, 1, 1))

    def earn(self, actions: Array) -> Array:
        return np.ones((self.copies, 1))


class Identity(World):
    """One of four is shown: doing it earns 1."""

    obs, action, horizon, cut = 4, ActionSpec.discrete(4), 20, True

    def fresh(self, count: int) -> Array:
        return np.eye(4)[self.rng.integers(0, 4, count)][:, None]

    def earn(self, actions: Array) -> Array:
        return (self.inner[:, 0].argmax(1) == actions[:, 0]).astype(np.float64)[:, None]

    def move(self, actions: Array) -> None:
        self.inner = self.fresh(self.copies)


class BoxIdentity(World):
    """A point of [-1, 1] is shown: the reward is 1 less the distance to it."""

    action, horizon, cut = ActionSpec.box(-1.0, 1.0), 20, True

    def fresh(self, count: int) -> Array:
        return self.rng.uniform(-1.0, 1.0, (count, 1, 1))

    def earn(self, actions: Array) -> Array:
        return 1.0 - np.abs(actions[:, :, 0] - self.inner[:, :, 0])

    def move(self, actions: Array) -> None:
        self.inner = self.fresh(self.copies)


class MaskedIdentity(World):
    """Action a earns a / 3, but 3, the best, is closed in every other step."""

    action, horizon, cut = ActionSpec.discrete(4, masked=True), 20, True

    def __init__(self, copies: int = 16) -> None:
        super().__init__(copies)
        self.violations = self.closed_steps = self.second = 0

    def open(self) -> Array:
        mask = np.ones((self.copies, 1, 4), np.bool_)
        mask[:, 0, 3] = self.phase % 2 == 0
        return mask

    def earn(self, actions: Array) -> Array:
        closed = self.phase % 2 == 1
        self.closed_steps += int(closed.sum())
        self.violations += int((closed & (actions[:, 0] == 3)).sum())
        self.second += int((closed & (actions[:, 0] == 2)).sum())
        return actions / 3.0


class Regulator(World):
    """x' = .9 x + u + noise at a cost of x^2 + .1 u^2."""

    action, horizon, cut = ActionSpec.box(-4.0, 4.0), 50, True
    noise = 0.1

    def fresh(self, count: int) -> Array:
        return self.rng.normal(0.0, 0.5, (count, 1, 1))

    def earn(self, actions: Array) -> Array:
        return -(self.inner[:, :, 0] ** 2 + 0.1 * actions[:, :, 0] ** 2)

    def move(self, actions: Array) -> None:
        self.inner = 0.9 * self.inner + actions + self.rng.normal(0.0, self.noise, self.inner.shape)


class Chain(World):
    """Four states, two actions, as arrays: transitions [action, state, next], rewards [state, action]."""

    obs, action, horizon, cut = 4, ActionSpec.discrete(2), 40, True
    transitions = np.array(
        [
            [[0.9, 0.1, 0.0, 0.0], [0.6, 0.4, 0.0, 0.0], [0.0, 0.6, 0.4, 0.0], [0.0, 0.0, 0.5, 0.5]],
            [[0.1, 0.9, 0.0, 0.0], [0.0, 0.2, 0.8, 0.0], [0.0, 0.0, 0.3, 0.7], [0.8, 0.0, 0.0, 0.2]],
        ]
    )
    rewards = np.array([[0.0, 0.1], [0.4, 0.0], [0.2, 0.0], [1.0, 0.5]])

    def fresh(self, count: int) -> Array:
        return np.eye(4)[self.rng.integers(0, 4, count)][:, None]

    def earn(self, actions: Array) -> Array:
        return self.rewards[self.inner[:, 0].argmax(1), actions[:, 0]][:, None]

    def move(self, actions: Array) -> None:
        law = self.transitions[actions[:, 0], self.inner[:, 0].argmax(1)]
        following = (law.cumsum(1) < self.rng.random((self.copies, 1))).sum(1)
        self.inner = np.eye(4)[np.minimum(following, 3)][:, None]


class Coordination(World):
    """Two agents, three actions, one payoff for both."""

    agents, action = 2, ActionSpec.discrete(3)
    payoff = np.array([[1.0, 0.0, 0.0], [0.0, 0.6, 0.0], [0.0, 0.0, 0.3]])

    def earn(self, actions: Array) -> Array:
        return self.payoff[actions[:, 0], actions[:, 1]][:, None]


class Different(World):
    """Two agents that look alike earn 1 where they do different things."""

    agents, action = 2, ActionSpec.discrete(2)

    def earn(self, actions: Array) -> Array:
        return (actions[:, 0] != actions[:, 1]).astype(np.float64)[:, None]


class PrivateBits(World):
    """Each of two agents sees a bit of its own; both earn 1 where a xor b is the product of the bits, else 0.

    By enumeration of the sixteen joint rules the best one earns .75.
    """

    agents, action, state = 2, ActionSpec.discrete(2), 2

    def fresh(self, count: int) -> Array:
        return self.rng.integers(0, 2, (count, 2, 1)).astype(np.float64)

    def earn(self, actions: Array) -> Array:
        both = self.inner[:, 0, 0] * self.inner[:, 1, 0]
        return ((actions[:, 0] ^ actions[:, 1]) == both).astype(np.float64)[:, None]
