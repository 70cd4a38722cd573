"""The environment of one device with the interface of Gymnasium (extra envs)."""

from __future__ import annotations

from typing import Any

import gymnasium
import numpy as np
from gymnasium.spaces import Box
from numpy.typing import ArrayLike, NDArray

from edgeworth.solvers.carbon_offloading.env.engine import Engine
from edgeworth.solvers.carbon_offloading.env.observation import Observe, view_of
from edgeworth.solvers.carbon_offloading.env.sources import Source, playing
from edgeworth.solvers.carbon_offloading.model import PARTS, CarbonOffloading


class DeviceEnv(gymnasium.Env[NDArray[np.float32], NDArray[np.float32]]):
    """One device of an episode; made by `gym_env`. `parallel_env` says what it observes, does and gets.

    Attributes
    ----------
    observation_names : tuple of str
        What the entries of an observation are.
    """

    metadata = {"render_modes": []}  # noqa: RUF012  # as Gymnasium declares it

    def __init__(self, source: Source, observe: Observe) -> None:
        self._source = source
        self._view = view_of(observe, 1, source.batteries)
        self._engine = Engine(source.pattern, 1)
        self.observation_names = self._view.names
        high = self._view.high
        self.observation_space = Box(np.zeros_like(high), high)
        self.action_space = Box(0.0, 1.0, (2,), np.float32)

    @property
    def problem(self) -> CarbonOffloading:
        """The episode that is being played, as a problem of one user."""
        return playing(self._source, self._engine, 0)

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[NDArray[np.float32], dict[str, Any]]:
        """Begin the next episode; with a seed, the first one of that seed. `options` are not read."""
        super().reset(seed=seed)
        if seed is not None:
            self._source.restart(seed)
        self._source.fill(self._engine)
        seen = self._room()
        self._engine.look(self._view, seen)
        return seen[0, 0], {}

    def step(self, action: ArrayLike) -> tuple[NDArray[np.float32], float, bool, bool, dict[str, Any]]:
        """Play one slot. action: local and offload power over their caps, in [0, 1].

        Returns observation, reward, terminated (never), truncated and info, the four parts of the cost.
        """
        given = np.asarray(action)
        if given.shape != (2,):
            raise ValueError(f"action: must be two numbers; got shape {given.shape}")
        seen = self._room()
        self._engine.play(given[None, None], self._view, seen)
        parts = {f"cost_{name}": float(self._engine.parts[k, 0, 0]) for k, name in enumerate(PARTS)}
        ended = self._engine.slot >= self._engine.slots
        return seen[0, 0], float(self._engine.reward[0, 0]), False, ended, parts

    def _room(self) -> NDArray[np.float32]:
        return np.empty((1, 1, len(self.observation_names)), np.float32)
