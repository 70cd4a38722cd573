"""The environment of all devices with the interface of PettingZoo (extra envs)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from gymnasium.spaces import Box
from numpy.typing import ArrayLike, NDArray
from pettingzoo import ParallelEnv

from edgeworth.core import validation
from edgeworth.solvers.carbon_offloading.env.engine import Engine
from edgeworth.solvers.carbon_offloading.env.observation import Observe, view_of
from edgeworth.solvers.carbon_offloading.env.sources import Source, playing
from edgeworth.solvers.carbon_offloading.model import PARTS, CarbonOffloading

Seen = dict[str, NDArray[np.float32]]
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

    def __init__(self, source: Source, observe: Observe) -> None:
        pattern = source.pattern
        self.metadata: dict[str, Any] = {"name": "carbon_offloading", "render_modes": [], "is_parallelizable": True}
        self.render_mode = None
        self._source = source
        self._view = view_of(observe, pattern.users, source.batteries)
        self._engine = Engine(pattern, 1)
        self.observation_names = self._view.names
        self.possible_agents = [f"device_{u}" for u in range(pattern.users)]
        self.agents: list[str] = []
        high = self._view.high
        self.observation_spaces = {agent: Box(np.zeros_like(high), high) for agent in self.possible_agents}
        self.action_spaces = {agent: Box(0.0, 1.0, (2,), np.float32) for agent in self.possible_agents}
        whole = np.tile(self._view.complete.high, pattern.users)
        self.state_space = Box(np.zeros_like(whole), whole)

    def observation_space(self, agent: str) -> Box:
        """The space of an agent's observations."""
        return self.observation_spaces[agent]

    def action_space(self, agent: str) -> Box:
        """Box [0, 1]^2."""
        return self.action_spaces[agent]

    @property
    def problem(self) -> CarbonOffloading:
        """The episode that is being played, as a problem; ValueError before the first `reset`."""
        return playing(self._source, self._engine, 0)

    def reset(self, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Seen, Infos]:
        """Begin the next episode; with a seed, the first one of that seed. `options` are not read."""
        if seed is not None:
            self._source.restart(seed)
        self._source.fill(self._engine)
        self.agents = list(self.possible_agents)
        seen = self._room()
        self._engine.look(self._view, seen)
        return self._by_agent(seen), {agent: {} for agent in self.agents}

    def step(self, actions: Mapping[str, ArrayLike]) -> tuple[Seen, dict[str, float], dict[str, bool], dict[str, bool], Infos]:
        """Play one slot. actions: of every agent its powers over the caps, two numbers in [0, 1].

        Returns observations, rewards, terminations (never), truncations and infos, each by agent.
        """
        if not self.agents:
            validation.reject("step", "must follow reset: no episode has begun, or it has ended", "no agents")
        if not isinstance(actions, Mapping):
            validation.reject_type("actions", "must be a mapping from agents to their actions", actions)
        unknown = sorted(set(actions) - set(self.agents), key=str)
        if unknown:
            validation.reject("actions", f"must be of {self.agents[0]} to {self.agents[-1]}", unknown)
        seen = self._room()
        self._engine.play(np.stack([self._action(actions, agent) for agent in self.agents])[None], self._view, seen)
        ended = self._engine.slot >= self._engine.slots
        agents, reward, parts = self.agents, self._engine.reward[0], self._engine.parts[:, 0]
        infos = {agent: {f"cost_{name}": float(parts[k, u]) for k, name in enumerate(PARTS)} for u, agent in enumerate(agents)}
        if ended:
            self.agents = []
        rewards = {agent: float(reward[u]) for u, agent in enumerate(agents)}
        return self._by_agent(seen), rewards, dict.fromkeys(agents, False), dict.fromkeys(agents, ended), infos

    def state(self) -> NDArray[np.float32]:
        """All features of all devices, in the order of their numbers, whatever they observe: float32 in `state_space`."""
        if not self._engine.begun:
            validation.reject("state", "must follow reset: no episode has begun", "no agents")
        complete = self._view.complete
        out = np.empty((1, self._engine.users, len(complete.names)), np.float32)
        self._engine.look(complete, out)
        return out.ravel()

    def render(self) -> None:
        """Nothing is drawn."""

    def close(self) -> None:
        """Nothing is held."""

    def _action(self, actions: Mapping[str, ArrayLike], agent: str) -> NDArray[Any]:
        if agent not in actions:
            validation.reject("actions", f"must hold an action of {agent}", sorted(actions))
        given = np.asarray(actions[agent])
        if given.shape != (2,):
            raise ValueError(f"actions: must be two numbers for {agent}; got shape {given.shape}")
        return given

    def _room(self) -> NDArray[np.float32]:
        return np.empty((1, self._engine.users, len(self.observation_names)), np.float32)

    def _by_agent(self, seen: NDArray[np.float32]) -> Seen:
        return {agent: seen[0, u].copy() for u, agent in enumerate(self.possible_agents)}
