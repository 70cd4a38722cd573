"""One device on its own, the others by a policy: the environment, and what the device may do in place of the policy."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, cast

import numpy as np
from numpy.typing import NDArray

from edgeworth.core import validation
from edgeworth.core.arrays import Array, Arrays, Bools, Floats, Ints
from edgeworth.core.seeds import Seed
from edgeworth.learning.deep.policy import Policy
from edgeworth.solvers.scheduling.env.observation import CANDIDATE, ENERGY, PLAIN, Observe, view_of
from edgeworth.solvers.scheduling.env.vector import VectorEnv, vector_env
from edgeworth.solvers.scheduling.learned.play import actions_of, view_for
from edgeworth.solvers.scheduling.market.rules import Market
from edgeworth.solvers.scheduling.model import Episode

SEEN: Observe = "candidates"
"""What the device on its own observes, whatever the policy does."""
BONUSES = (-1.0, -0.5, 0.0, 0.5, 1.0, 2.0)
"""Cost units by which `greedy-cost` is made to prefer home."""


class Deviation(NamedTuple):
    """What a device does in place of the policy; choose: from observations [rows, size] and masks [rows, n] to actions."""

    name: str
    choose: Callable[[Array, Bools], Ints] | None
    """None: what the policy does."""


NONE = Deviation("none", None)


def simple_deviations(problem: Episode) -> tuple[Deviation, ...]:
    """Rules without learning: home, the earliest end, and the least cost with a bonus for home.

    Parameters
    ----------
    problem : Episode
        Of whose kind the episodes are: its weights are those of the costs.
    """

    def least(bonus: float) -> Callable[[Array, Bools], Ints]:
        def score(each: Array) -> Array:
            seconds, joules = problem.deadline * _column(each, "end"), ENERGY * _column(each, "energy")
            found: Array = problem.latency_weight * seconds + problem.energy_weight * joules - bonus * _column(each, "own")
            return found

        return _by(score)

    costs = (Deviation(f"greedy-cost with {bonus:+g} for home", least(bonus)) for bonus in BONUSES)
    home = Deviation("home", _by(lambda each: -_column(each, "own")))
    return (home, Deviation("earliest-finish", _by(lambda each: _column(each, "end"))), *costs)


def _by(score: Callable[[Array], Array]) -> Callable[[Array, Bools], Ints]:
    """Choose the open candidate of the least score, oneself where equal."""

    def choose(seen: Array, opened: Bools) -> Ints:
        found: Ints = np.where(opened, score(seen.reshape(*opened.shape, len(CANDIDATE))), np.inf).argmin(axis=1)
        return found

    return choose


def _column(each: Array, name: str) -> Array:
    found: Array = each[..., CANDIDATE.index(name)]
    return found


class DeviationEnv:
    """One device of every copy as the only agent of an environment, in which the others play a policy; an `ArrayEnv`.

    Parameters
    ----------
    env : VectorEnv
        Whose devices observe what the policy does.
    policy : Policy
    device : int

    Attributes
    ----------
    copies, agents : int
        agents is 1.
    observation_names, observation_size, action_size, action_count
        As of `VectorEnv`; the agent observes "candidates".
    usual : int64 [copies, devices]
        What the policy does at the present observations, for the agent too.
    """

    agents = action_size = 1

    def __init__(self, env: VectorEnv, policy: Policy, device: int) -> None:
        self._env, self._policy = env, policy
        self.device = validation.integer("device", device, minimum=0, maximum=env.agents - 1)
        self.copies, self.action_count = env.copies, env.action_count
        self.observation_names = view_of(SEEN, env.agents).names
        self.observation_size = len(self.observation_names)
        self.usual: Ints = np.zeros((env.copies, env.agents), np.int64)
        self._seen: NDArray[np.float32] = np.zeros((env.copies, 1, self.observation_size), np.float32)

    @property
    def training_problems(self) -> tuple[Episode, ...]:
        """The problems that were given; none where episodes are drawn."""
        return self._env.training_problems

    def reset(self, seed: Seed = None) -> tuple[NDArray[np.float32], Arrays]:
        """As of `VectorEnv`.

        Parameters
        ----------
        seed : int, SeedSequence or Generator, optional
        """
        return self._shown(*self._env.reset(seed))

    def step(self, actions: Array) -> tuple[NDArray[np.float32], Floats, Bools, Bools, Arrays]:
        """As of `VectorEnv`, with arrays of one agent.

        Parameters
        ----------
        actions : int [copies, 1]
        """
        given = np.asarray(actions)
        if given.shape != (self.copies, 1) or given.dtype.kind not in "iu":
            validation.reject("actions", f"must be integers of shape {(self.copies, 1)}", given)
        every, last = self.usual.copy(), self._seen
        every[:, self.device] = given[:, 0]
        seen, reward, terminated, truncated, infos = self._env.step(every)
        mine = slice(self.device, self.device + 1)
        obs, found = self._shown(seen, infos)
        return obs, reward[:, mine], terminated, truncated, {**found, "final_observation": last}

    def snapshot(self) -> dict[str, Array]:
        """Where all copies stand."""
        return self._env.snapshot()

    def restore(self, arrays: Arrays) -> tuple[NDArray[np.float32], Arrays]:
        """Go on from a snapshot.

        Parameters
        ----------
        arrays : mapping of arrays
        """
        return self._shown(*self._env.restore(arrays))

    def _shown(self, seen: Array, infos: Arrays) -> tuple[NDArray[np.float32], Arrays]:
        self.usual = actions_of(self._policy, seen, infos["action_mask"], infos["active"])
        mine = slice(self.device, self.device + 1)
        self._seen = self._env.observed(SEEN)[:, mine].copy()
        own = {name: infos[name][:, mine] for name in ("action_mask", "active", "decided")}
        return self._seen, {**own, **{name: infos[name] for name in ("costs", "final_costs")}, "final_observation": self._seen}


def deviation_env(
    policy: Policy, device: int, copies: int, like: Episode, market: Market | None = None, **episodes: Any
) -> DeviationEnv:
    """An environment of one device among others that play a policy.

    Parameters
    ----------
    policy : Policy
    device : int
    copies : int
    like : Episode
        Of whose kind the episodes are.
    market : Market, optional
        Default: none, or that of `solve` for policies that observe one.
    **episodes
        ``problems``, or arguments of `generate`, as of `vector_env`.

    Raises
    ------
    PolicyMismatchError
        For a policy of other observations or actions than devices have.
    """
    observe = cast(Observe, view_for(policy, like).observe)
    chosen = Market() if market is None and observe not in PLAIN else market
    return DeviationEnv(vector_env(copies, observe=observe, market=chosen, **episodes), policy, device)


def own_costs(
    policy: Policy,
    problems: Sequence[Episode],
    device: int,
    deviations: Sequence[Deviation],
    market: Market | None = None,
) -> Floats:
    """The mean cost of a device's own tasks under each of some deviations of it: float64 [deviations, problems], 0 of none.

    Parameters
    ----------
    policy : Policy
        Of the others.
    problems : sequence of Episode
    device : int
    deviations : sequence of Deviation
    market : Market, optional
        As of `deviation_env`.
    """
    size = len(problems)
    env = deviation_env(policy, device, len(deviations) * size, problems[0], market, problems=list(problems))
    seen, infos = env.reset()
    over = False
    while not over:
        actions = env.usual[:, device].copy()
        for number, deviation in enumerate(deviations):
            rows = number * size + np.flatnonzero(infos["active"][number * size : (number + 1) * size, 0])
            if deviation.choose is not None and len(rows):
                actions[rows] = deviation.choose(seen[rows, 0], infos["action_mask"][rows, 0])
        seen, _, ended, _, infos = env.step(actions[:, None])
        over = bool(ended[0])
    costs = infos["final_costs"].reshape(len(deviations), size, -1)
    found = np.zeros(costs.shape[:2])
    for e, problem in enumerate(problems):
        own = np.flatnonzero(problem.source == device)
        if len(own):
            found[:, e] = costs[:, e, own].mean(axis=1)
    return found
