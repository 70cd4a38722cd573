"""All devices as one agent with the interface of Gymnasium (extra envs)."""

from __future__ import annotations

from typing import Any

import gymnasium
import numpy as np
from gymnasium.spaces import Box, MultiDiscrete
from numpy.typing import NDArray

from edgeworth.core import validation
from edgeworth.mechanisms.token_market.state import State as Ledger
from edgeworth.solvers.scheduling.env.engine import Engine
from edgeworth.solvers.scheduling.env.observation import MOST, Observe, view_of
from edgeworth.solvers.scheduling.env.sources import Drawn, Given, remembered
from edgeworth.solvers.scheduling.market.rules import Market
from edgeworth.solvers.scheduling.model import Episode


class JointEnv(gymnasium.Env[NDArray[np.float32], NDArray[np.int64]]):
    """All devices of an episode as one agent; made by `gym_env`. `parallel_env` says what they observe, do and get.

    Attributes
    ----------
    observation_names : tuple of str
        What the entries of one device's observation are.
    """

    metadata = {"render_modes": []}  # noqa: RUF012  # as Gymnasium declares it

    def __init__(self, source: Drawn | Given, observe: Observe, exchange: float, market: Market | None) -> None:
        devices = source.pattern.devices
        view = view_of(observe, devices, market is not None)
        self._source = source
        self._engine = Engine(1, view, False, exchange, market)
        self.observation_names = view.names
        self.observation_space = Box(0.0, MOST, (devices * len(view.names),), np.float32)
        self.action_space = MultiDiscrete([devices] * devices)

    @property
    def problem(self) -> Episode:
        """The episode that is being played; ValueError before the first `reset`."""
        if not self._engine.begun:
            validation.reject("problem", "must follow reset: no episode has begun", self)
        return remembered(self._playing, self._source.seed, 0)

    def ledger(self) -> Ledger:
        """The ledger of the episode as it stands, see `VectorEnv.ledger`; ValueError before `reset` and without a market."""
        return self._engine.ledger(0)

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[NDArray[np.float32], dict[str, Any]]:
        """Begin the next episode; with a seed, the first one of that seed. `options` are not read."""
        super().reset(seed=seed)
        if seed is not None:
            self._source.restart(seed)
        (self._playing,) = playing = self._source.draw()
        self._engine.fill(playing)
        return self._engine.seen.reshape(-1).copy(), {"action_mask": self._engine.opened[0].copy()}

    def step(self, action: NDArray[np.int64]) -> tuple[NDArray[np.float32], float, bool, bool, dict[str, Any]]:
        """Hand over tasks at one epoch. action: of every device a number that its mask leaves open.

        Returns observation, reward (the sum over devices), terminated, truncated (never), and info: ``action_mask``, bool
        [devices, devices].
        """
        engine = self._engine
        if engine.over[0]:
            validation.reject("step", "must follow reset: the episode has ended", self)
        engine.play(np.asarray(action)[None])
        ended = bool(engine.over[0])
        info = {"action_mask": engine.opened[0].copy()}
        return engine.seen.reshape(-1).copy(), float(engine.reward[0].sum()), ended, False, info

    def action_masks(self) -> NDArray[np.bool_]:
        """What is open, device by device, as learners with masks ask for it: bool [devices * devices]."""
        found: NDArray[np.bool_] = self._engine.opened[0].ravel().copy()
        return found
