"""The environment of all devices with the interface of PettingZoo (extra envs)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from gymnasium.spaces import Box, Dict, Discrete
from numpy.typing import NDArray
from pettingzoo import ParallelEnv

from edgeworth.core import validation
from edgeworth.mechanisms.token_market.state import State as Ledger
from edgeworth.solvers.scheduling.env.engine import Engine
from edgeworth.solvers.scheduling.env.observation import MOST, STATE, Observe, view_of
from edgeworth.solvers.scheduling.env.sources import Drawn, Given, remembered
from edgeworth.solvers.scheduling.market.rules import Market
from edgeworth.solvers.scheduling.model import Episode

Seen = dict[str, dict[str, NDArray[Any]]]
Infos = dict[str, dict[str, Any]]


class DevicesEnv(ParallelEnv):  # type: ignore[misc]
    """All devices of an episode as agents; made by `parallel_env`, which says what they observe, do and get.

    Attributes
    ----------
    possible_agents, agents : list of str
        All devices, and those whose episode has not ended: all or none.
    observation_names : tuple of str
        What the entries of an observation are.
    """

    def __init__(self, source: Drawn | Given, observe: Observe, exchange: float, team: bool, market: Market | None) -> None:
        devices = source.pattern.devices
        view = view_of(observe, devices, market is not None)
        self.metadata: dict[str, Any] = {"name": "scheduling", "render_modes": [], "is_parallelizable": True}
        self.render_mode = None
        self._source, self._team = source, team
        self._engine = Engine(1, view, True, exchange, market)
        self.observation_names = view.names
        self.possible_agents = [f"device_{i}" for i in range(devices)]
        self.agents: list[str] = []
        seen = Box(0.0, MOST, (len(view.names),), np.float32)
        spaces: dict[str, Any] = {"observation": seen, "action_mask": Box(0, 1, (devices,), np.int8)}
        self.observation_spaces = {agent: Dict(spaces) for agent in self.possible_agents}
        self.action_spaces = {agent: Discrete(devices) for agent in self.possible_agents}
        self.state_space = Box(0.0, MOST, (devices * len(STATE),), np.float32)

    def observation_space(self, agent: str) -> Dict:
        """The space of an agent's observations: of ``observation`` and ``action_mask``."""
        return self.observation_spaces[agent]

    def action_space(self, agent: str) -> Discrete:
        """As many actions as devices."""
        return self.action_spaces[agent]

    @property
    def problem(self) -> Episode:
        """The episode that is being played; ValueError before the first `reset`."""
        if not self._engine.begun:
            validation.reject("problem", "must follow reset: no episode has begun", "no agents")
        return remembered(self._playing, self._source.seed, 0)

    def ledger(self) -> Ledger:
        """The ledger of the episode as it stands, see `VectorEnv.ledger`; ValueError before `reset` and without a market."""
        return self._engine.ledger(0)

    def reset(self, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Seen, Infos]:
        """Begin the next episode; with a seed, the first one of that seed. `options` are not read."""
        if seed is not None:
            self._source.restart(seed)
        (self._playing,) = playing = self._source.draw()
        self._engine.fill(playing)
        self.agents = list(self.possible_agents)
        return self._by_agent(), {agent: {} for agent in self.agents}

    def step(self, actions: Mapping[str, Any]) -> tuple[Seen, dict[str, float], dict[str, bool], dict[str, bool], Infos]:
        """Hand over tasks at one epoch. actions: of every agent a number that its mask leaves open.

        Returns observations, rewards, terminations, truncations (never) and infos, each by agent; an info holds ``decided``,
        the number of the task that the agent has just handed over (-1: none).
        """
        if not self.agents:
            validation.reject("step", "must follow reset: no episode has begun, or it has ended", "no agents")
        if not isinstance(actions, Mapping):
            validation.reject_type("actions", "must be a mapping from agents to their actions", actions)
        unknown = sorted(set(actions) - set(self.agents), key=str)
        if unknown:
            validation.reject("actions", f"must be of {self.agents[0]} to {self.agents[-1]}", unknown)
        engine, agents = self._engine, self.agents
        engine.play(np.array([[self._action(actions, agent) for agent in agents]], np.int64))
        ended = bool(engine.over[0])
        reward = engine.reward[0]
        if self._team:
            reward = np.full_like(reward, reward.mean())
        if ended:
            self.agents = []
        infos = {agent: {"decided": int(engine.decided[0, i])} for i, agent in enumerate(agents)}
        rewards = {agent: float(reward[i]) for i, agent in enumerate(agents)}
        return self._by_agent(), rewards, dict.fromkeys(agents, ended), dict.fromkeys(agents, False), infos

    def state(self) -> NDArray[np.float32]:
        """What a central critic sees: capacity, backlog, battery, power and pending tasks of all devices, in `state_space`."""
        if not self._engine.begun:
            validation.reject("state", "must follow reset: no episode has begun", "no agents")
        found: NDArray[np.float32] = self._engine.whole[0].copy()
        return found

    def render(self) -> None:
        """Nothing is drawn."""

    def close(self) -> None:
        """Nothing is held."""

    def _action(self, actions: Mapping[str, Any], agent: str) -> int:
        if agent not in actions:
            validation.reject("actions", f"must hold an action of {agent}", sorted(actions))
        return validation.integer("actions", actions[agent])

    def _by_agent(self) -> Seen:
        seen, opened = self._engine.seen[0], self._engine.opened[0].astype(np.int8)
        return {
            agent: {"observation": seen[i].copy(), "action_mask": opened[i]} for i, agent in enumerate(self.possible_agents)
        }
