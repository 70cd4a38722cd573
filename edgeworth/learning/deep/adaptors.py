"""Environments of Gymnasium and PettingZoo as vector environments: copies in a loop of Python, the slow path."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any

import numpy as np

from edgeworth.core import validation
from edgeworth.core.arrays import Array, Arrays
from edgeworth.core.policy import EVALUATION
from edgeworth.core.seeds import Seed, generator, put_words, words
from edgeworth.learning.deep.envs import Step, VectorEnv
from edgeworth.learning.deep.spaces import ActionSpec, Spec

_STREAM = 4
"""Of the seeds of episodes."""
_SEEDS = 2**31
"""Seeds of the libraries are below. After a reset by a seed of training episodes have such seeds, else those of evaluation."""


class _Copy(ABC):
    """One environment as arrays of (agents, ...): what the two libraries call differently."""

    agents: int
    masked: bool
    env: Any

    @property
    def names(self) -> tuple[str, ...]:
        """What the entries of an observation are, where the environment has ``observation_names``."""
        return tuple(getattr(self.env, "observation_names", ()))

    @abstractmethod
    def spaces(self) -> tuple[Any, Any]:
        """Of observations and actions."""

    @abstractmethod
    def reset(self, seed: int) -> tuple[Array, Array | None]:
        """Observations and masks."""

    @abstractmethod
    def step(self, actions: list[Any]) -> tuple[Array, Array | None, list[float], bool, bool]:
        """Observations, masks, rewards, terminated, truncated."""


class _Single(_Copy):
    agents = 1

    def __init__(self, env: Any, masked: bool) -> None:
        self.env, self.masked = env, masked

    def spaces(self) -> tuple[Any, Any]:
        return self.env.observation_space, self.env.action_space

    def reset(self, seed: int) -> tuple[Array, Array | None]:
        obs, info = self.env.reset(seed=seed)
        return self._flat(obs), self._mask(info)

    def step(self, actions: list[Any]) -> tuple[Array, Array | None, list[float], bool, bool]:
        obs, reward, terminated, truncated, info = self.env.step(actions[0])
        return self._flat(obs), self._mask(info), [float(reward)], bool(terminated), bool(truncated)

    def _flat(self, obs: Any) -> Array:
        return flat(self.env.observation_space, obs)[None]

    def _mask(self, info: dict[str, Any]) -> Array | None:
        if not self.masked:
            return None
        if "action_mask" not in info:
            validation.reject("masked", "must be False where infos hold no action_mask", sorted(info))
        return np.asarray(info["action_mask"], np.bool_)[None]


class _Several(_Copy):
    def __init__(self, env: Any, masked: bool) -> None:
        self.env, self.masked = env, masked
        self._order = list(env.possible_agents)
        self.agents = len(self._order)
        for get in (env.observation_space, env.action_space):
            for name in self._order[1:]:
                if get(name) != get(self._order[0]):
                    validation.reject("make", f"must make agents that are all alike; {name} has another space", get(name))

    def spaces(self) -> tuple[Any, Any]:
        return self.env.observation_space(self._order[0]), self.env.action_space(self._order[0])

    def reset(self, seed: int) -> tuple[Array, Array | None]:
        obs, infos = self.env.reset(seed=seed)
        return self._flat(obs), self._mask(infos)

    def step(self, actions: list[Any]) -> tuple[Array, Array | None, list[float], bool, bool]:
        obs, rewards, terminated, truncated, infos = self.env.step(dict(zip(self._order, actions, strict=True)))
        ends = {name: bool(terminated[name] or truncated[name]) for name in self._order}
        if len(set(ends.values())) > 1:
            validation.reject("env", "must end for all agents at once", ends)
        cut = any(truncated[name] and not terminated[name] for name in self._order)
        ended = ends[self._order[0]]
        return self._flat(obs), self._mask(infos), [float(rewards[name]) for name in self._order], ended and not cut, cut

    def _flat(self, obs: dict[str, Any]) -> Array:
        return np.stack([flat(self.env.observation_space(name), obs[name]) for name in self._order])

    def _mask(self, infos: dict[str, Any]) -> Array | None:
        if not self.masked:
            return None
        if any("action_mask" not in infos[name] for name in self._order):
            validation.reject("masked", "must be False where infos hold no action_mask", sorted(infos[self._order[0]]))
        return np.stack([np.asarray(infos[name]["action_mask"], np.bool_) for name in self._order])


class LoopEnv:
    """Copies that are stepped one after the other; made by `from_gymnasium` and `from_pettingzoo`.

    Notes
    -----
    Every episode is reset with a seed that is drawn here, so that the present can be written down as that seed and the actions
    since, and found again by playing them.
    """

    def __init__(self, copies: list[_Copy], state: bool) -> None:
        self._all, self.copies = copies, len(copies)
        first = copies[0]
        seen, done = first.spaces()
        self._space = done
        self.spec = Spec(
            agents=first.agents,
            obs=width(seen),
            action=action_of(done, first.masked),
            state=first.agents * width(seen) if state else 0,
            names=first.names,
        )
        spec, count = self.spec, self.copies
        self._obs = np.zeros((count, spec.agents, spec.obs), np.float32)
        self._final = np.zeros_like(self._obs)
        self._mask = np.zeros((count, spec.agents, spec.action.n), np.bool_) if first.masked else None
        self._reward = np.zeros((count, spec.agents))
        self._terminated, self._truncated = np.zeros(count, np.bool_), np.zeros(count, np.bool_)
        self._rng, _ = generator(0, _STREAM)
        self._judged = False
        self._seeds = np.zeros(count, np.int64)
        self._played: list[list[Any]] = [[] for _ in range(count)]
        self._begun = False

    def reset(self, seed: Seed = None) -> Step:
        """Begin a new episode in every copy; with a seed, the first one of that seed."""
        if seed is not None:
            self._rng, record = generator(seed, _STREAM)
            self._judged = isinstance(record, int) and record >= EVALUATION
        for c in range(self.copies):
            self._new(c)
        self._begun = True
        for array in (self._reward, self._terminated, self._truncated):
            array[...] = 0
        self._final[...] = self._obs
        return self._step()

    def step(self, actions: Array) -> Step:
        """One step of every copy; where an episode has ended, the next one begins."""
        if not self._begun:
            validation.reject("step", "must follow reset", "no episode")
        wanted = (self.copies, self.spec.agents, *([self.spec.action.dim] if self.spec.action.dim else []))
        if np.shape(actions) != wanted:
            validation.reject("actions", f"must have shape {wanted}", np.shape(actions))
        for c in range(self.copies):
            action = [self._one(each) for each in actions[c]]
            self._played[c].append(np.array(actions[c]))
            obs, mask, reward, terminated, truncated = self._all[c].step(action)
            self._reward[c], self._terminated[c], self._truncated[c] = reward, terminated, truncated
            if terminated or truncated:
                self._final[c] = obs
                self._new(c)
            else:
                self._put(c, obs, mask)
        return self._step()

    def snapshot(self) -> dict[str, Array]:
        """Seeds of the episodes and what was played in them."""
        if not self._begun:
            validation.reject("snapshot", "must follow reset", "no episode")
        lengths = np.array([len(each) for each in self._played], np.int64)
        played = [action for each in self._played for action in each]
        dtype = np.float64 if self.spec.action.dim else np.int64
        shape = (len(played), self.spec.agents, *([self.spec.action.dim] if self.spec.action.dim else []))
        return {
            "generator": words(self._rng),
            "seeds": self._seeds.copy(),
            "lengths": lengths,
            "played": np.array(played, dtype).reshape(shape),
            "obs": self._obs.copy(),
        }

    def restore(self, arrays: Arrays) -> Step:
        """Play again what a snapshot says; ValueError where that does not lead to what was observed then."""
        for name, shape in (("seeds", (self.copies,)), ("lengths", (self.copies,)), ("obs", self._obs.shape)):
            validation.stored(arrays, name, shape)
        at = 0
        for c in range(self.copies):
            self._seeds[c] = arrays["seeds"][c]
            obs, mask = self._all[c].reset(int(self._seeds[c]))
            self._played[c] = list(arrays["played"][at : at + int(arrays["lengths"][c])])
            at += len(self._played[c])
            for action in self._played[c]:
                obs, mask, *_ = self._all[c].step([self._one(each) for each in action])
            self._put(c, obs, mask)
        if not np.array_equal(self._obs, arrays["obs"]):
            where = int(np.argwhere(self._obs != arrays["obs"])[0, 0])
            validation.reject("env", "must do the same again for the same seed and actions", f"copy {where}, which did not")
        put_words(self._rng, arrays["generator"])
        self._judged = bool(self._seeds[0] >= EVALUATION)
        self._begun = True
        return self._step()

    def _one(self, action: Any) -> Any:
        if self.spec.action.n:
            return int(action)
        space = self._space  # its bounds need not be numbers of float32
        return np.clip(np.asarray(action, space.dtype), space.low, space.high)

    def _new(self, c: int) -> None:
        self._seeds[c] = self._rng.integers(EVALUATION, _SEEDS) if self._judged else self._rng.integers(EVALUATION)
        self._played[c] = []
        self._put(c, *self._all[c].reset(int(self._seeds[c])))

    def _put(self, c: int, obs: Array, mask: Array | None) -> None:
        self._obs[c] = obs
        if self._mask is not None:
            if mask is None or mask.shape != self._mask[c].shape:
                validation.reject("env", f"must give masks of {self.spec.action.n} actions", mask)
            self._mask[c] = mask

    def _step(self) -> Step:
        state = final = None
        if self.spec.state:
            state, final = self._obs.reshape(self.copies, -1), self._final.reshape(self.copies, -1)
        ends = self._terminated, self._truncated
        return Step(self._obs, self._reward, *ends, self._final, mask=self._mask, state=state, final_state=final)


def from_gymnasium(make: Callable[[], Any], copies: int = 1, *, masked: bool = False) -> VectorEnv:
    """Copies of a Gymnasium environment, stepped one after the other.

    Parameters
    ----------
    make : callable
        Makes one environment: a box or numbers are observed, numbers or a vector within finite bounds are actions. Where it has
        ``observation_names``, the policy's `Spec` has them too, by which a family knows what the policy must be shown.
    copies : int
        How many, >= 1.
    masked : bool
        Whether infos hold ``action_mask``, booleans of the open actions.

    Returns
    -------
    VectorEnv
        Of one agent. Numbers are observed as one-hot vectors. It can be resumed where episodes depend on nothing but the seed
        of their reset and the actions.

    Raises
    ------
    ValueError, TypeError
        For other spaces.

    Examples
    --------
    >>> import gymnasium  # extra envs
    >>> env = from_gymnasium(lambda: gymnasium.make("CartPole-v1"), 8)
    >>> env.spec.obs, env.spec.action.n
    (4, 2)
    """
    validation.flag("masked", masked)
    return LoopEnv([_Single(make(), masked) for _ in range(validation.integer("copies", copies, minimum=1))], False)


def from_pettingzoo(make: Callable[[], Any], copies: int = 1, *, masked: bool = False, state: bool = False) -> VectorEnv:
    """Copies of a parallel environment of PettingZoo, stepped one after the other.

    Parameters
    ----------
    make : callable
        Makes one environment, whose agents are all alike and end together; ``observation_names`` as of `from_gymnasium`.
    copies : int
        How many, >= 1.
    masked : bool
        Whether the infos of agents hold ``action_mask``.
    state : bool
        Whether a central critic is to see the observations of all agents, one after the other.

    Returns
    -------
    VectorEnv
        As of `from_gymnasium`.

    Raises
    ------
    ValueError, TypeError
        For agents or spaces of other kinds.

    Examples
    --------
    >>> from edgeworth.solvers import carbon_offloading
    >>> env = from_pettingzoo(lambda: carbon_offloading.parallel_env(preset="caddto", seed=0), 2)  # extra envs
    >>> env.spec.agents, env.spec.action.dim
    (5, 2)
    """
    validation.flag("masked", masked)
    count = validation.integer("copies", copies, minimum=1)
    return LoopEnv([_Several(make(), masked) for _ in range(count)], validation.flag("state", state))


def width(space: Any) -> int:
    """The length of a space's observations as vectors."""
    if hasattr(space, "n") and hasattr(space, "start"):
        return int(space.n)
    if not hasattr(space, "low"):
        validation.reject_type("make", "must make environments that show a Box or Discrete", space)
    return int(np.prod(space.shape))


def flat(space: Any, obs: Any) -> Array:
    """An observation as a vector: of a number, the one-hot vector."""
    if hasattr(space, "n") and hasattr(space, "start"):
        found = np.zeros(int(space.n), np.float32)
        found[int(obs) - int(space.start)] = 1.0
        return found
    return np.asarray(obs, np.float32).ravel()


def action_of(space: Any, masked: bool) -> ActionSpec:
    """The actions of a space."""
    if hasattr(space, "n") and hasattr(space, "start"):
        if int(space.start):
            validation.reject("make", "must make environments whose actions are numbered from 0", space)
        return ActionSpec.discrete(int(space.n), masked=masked)
    if not hasattr(space, "low") or len(space.shape) != 1:
        validation.reject_type("make", "must make environments that take numbers (Discrete) or vectors (Box)", space)
    if space.dtype.kind != "f" or not (np.isfinite(space.low).all() and np.isfinite(space.high).all()):
        validation.reject("make", "must make environments whose vectors of action are real numbers within finite bounds", space)
    return ActionSpec.box(np.asarray(space.low, np.float64).tolist(), np.asarray(space.high, np.float64).tolist())
