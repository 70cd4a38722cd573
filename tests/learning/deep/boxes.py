"""Small environments with vectors as actions, whose best policies are known; copies of one state each, in NumPy."""

from __future__ import annotations

import numpy as np
from scipy.linalg import solve_discrete_are

from edgeworth.core.arrays import Array, Arrays
from edgeworth.core.seeds import put_words, words
from edgeworth.learning.deep.envs import Step
from edgeworth.learning.deep.spaces import ActionSpec, Spec


class Identity:
    """The action should be what is observed, a number in [0, 1]: reward 1 - |action - observation|, one step an episode."""

    def __init__(self, copies: int) -> None:
        self.copies = copies
        self.spec = Spec(agents=1, obs=1, action=ActionSpec.box(0.0, 1.0, dim=1))
        self._rng = np.random.default_rng(0)
        self._obs = np.zeros((copies, 1, 1), np.float32)

    def reset(self, seed: int | None = None) -> Step:
        self._rng = np.random.default_rng(seed)
        return self._shown(np.zeros((self.copies, 1)), self._obs, True)

    def _shown(self, reward: Array, final: Array, begun: bool = False) -> Step:
        self._obs = self._rng.random((self.copies, 1, 1), np.float32)
        over = np.full(self.copies, not begun)
        return Step(self._obs, reward, over, np.zeros(self.copies, bool), final)

    def step(self, actions: Array) -> Step:
        return self._shown(1.0 - np.abs(actions - self._obs)[..., 0], self._obs)


class Worth:
    """Every step earns 1, and every episode ends with it: by itself (worth 1) or cut (worth 1 / (1 - discount))."""

    def __init__(self, copies: int, *, cut: bool) -> None:
        self.copies, self.cut = copies, cut
        self.spec = Spec(agents=1, obs=1, action=ActionSpec.box(0.0, 1.0, dim=1))

    def reset(self, seed: int | None = None) -> Step:
        return self._shown(False)

    def _shown(self, over: bool) -> Step:
        obs = np.ones((self.copies, 1, 1), np.float32)
        ended, cut = np.full(self.copies, over and not self.cut), np.full(self.copies, over and self.cut)
        return Step(obs, np.ones((self.copies, 1)), ended, cut, obs)

    def step(self, actions: Array) -> Step:
        return self._shown(True)


class Lqr:
    """x' = .9 x + u + .3 z in cost x^2 + .1 u^2, two agents with a plant each, u in [-1, 1], cut after 32 steps."""

    A, B, Q, R, NOISE, LENGTH, DISCOUNT = 0.9, 1.0, 1.0, 0.1, 0.3, 32, 0.9

    def __init__(self, copies: int) -> None:
        self.copies = copies
        self.spec = Spec(agents=2, obs=1, action=ActionSpec.box(-1.0, 1.0, dim=1))
        self._rng = np.random.default_rng(0)
        self._state, self._time = np.zeros((copies, 2)), 0

    @classmethod
    def gain(cls) -> float:
        """K of the best policy u = -K x, by the Riccati equation of the discounted problem."""
        root = cls.DISCOUNT**0.5
        p = solve_discrete_are([[root * cls.A]], [[root * cls.B]], [[cls.Q]], [[cls.R]]).item()
        return float(cls.DISCOUNT * cls.A * cls.B * p / (cls.R + cls.DISCOUNT * cls.B**2 * p))

    def reset(self, seed: int | None = None) -> Step:
        self._rng = np.random.default_rng(seed)
        self._begin()
        return self._shown(np.zeros((self.copies, 2)), False, self._state)

    def _begin(self) -> None:
        self._state, self._time = self._rng.uniform(-1.0, 1.0, (self.copies, 2)), 0

    def _shown(self, reward: Array, cut: bool, final: Array) -> Step:
        obs, last = (each[..., None].astype(np.float32) for each in (self._state, final))
        never = np.zeros(self.copies, bool)
        return Step(obs, reward, never, np.full(self.copies, cut), last)

    def step(self, actions: Array) -> Step:
        x, u = self._state, actions[..., 0].astype(np.float64)
        reward = -(self.Q * x**2 + self.R * u**2)
        final = self._state = self.A * x + self.B * u + self.NOISE * self._rng.standard_normal(x.shape)
        self._time += 1
        cut = self._time == self.LENGTH
        if cut:
            self._begin()
        return self._shown(reward, cut, final)

    def snapshot(self) -> dict[str, Array]:
        return {"state": self._state.copy(), "time": np.array([self._time]), "rng": words(self._rng)}

    def restore(self, arrays: Arrays) -> Step:
        self._state, self._time = arrays["state"].copy(), int(arrays["time"][0])
        put_words(self._rng, arrays["rng"])
        return self._shown(np.zeros((self.copies, 2)), False, self._state)
