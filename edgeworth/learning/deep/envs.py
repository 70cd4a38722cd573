"""The protocol of vector environments, and adaptors of what other libraries and packages call environments."""

from __future__ import annotations

from typing import Any, NamedTuple, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from edgeworth.core import validation
from edgeworth.core.arrays import Array, Arrays, Bools, Floats, Ints
from edgeworth.learning.deep.spaces import ActionSpec, Spec


class Step(NamedTuple):
    """What all copies show after a step. The arrays belong to the environment and are valid until the next step.

    Attributes
    ----------
    obs : float32 [copies, agents, obs]
        What agents observe next: where an episode has ended, of the new one.
    reward : float [copies, agents] or [copies, 1]
        Of the step that was taken; one column: all agents share it.
    terminated, truncated : bool [copies]
        Whether the episode has ended by itself (nothing follows), or was cut (it is worth what follows).
    final_obs : float32 [copies, agents, obs]
        What was observed last, where an episode has ended; elsewhere anything.
    mask : bool [copies, agents, n], optional
        Which actions are open next.
    active : bool [copies, agents], optional
        Whose next action matters; others' do not enter the loss of the policy. None: everybody's.
    state, final_state : float32 [copies, state], optional
        What a central critic sees, and saw last.
    decided : int [copies, agents], optional
        By which number ``costs`` tells what the action just taken leads to; -1 where it leads to nothing.
    costs, final_costs : float [copies, numbers], optional
        What decisions of the episode that is under way next have cost, by their numbers, NaN while that is open; and of the
        episode before it, where all are settled.
    """

    obs: NDArray[np.float32]
    reward: NDArray[np.floating[Any]]
    terminated: Bools
    truncated: Bools
    final_obs: NDArray[np.float32]
    mask: Bools | None = None
    active: Bools | None = None
    state: NDArray[np.float32] | None = None
    final_state: NDArray[np.float32] | None = None
    decided: Ints | None = None
    costs: Floats | None = None
    final_costs: Floats | None = None


@runtime_checkable
class VectorEnv(Protocol):
    """Copies of an environment that are stepped together and begin anew by themselves.

    ``reset`` with a seed puts all randomness at the beginning of that seed. ``step`` takes actions of (copies, agents), int64,
    or of (copies, agents, dim), float.
    """

    copies: int
    spec: Spec

    def reset(self, seed: int | None = None) -> Step:
        """Begin all copies anew; with a seed, from the beginning of its randomness."""
        ...

    def step(self, actions: Array) -> Step:
        """What the actions of all copies lead to; copies that ended have begun anew."""
        ...


@runtime_checkable
class Resumable(Protocol):
    """An environment whose present can be written down. Training that is to be resumed needs one.

    ``restore`` of what ``snapshot`` returned makes any environment of the same making go on as the original does, and returns
    what it shows.
    """

    def snapshot(self) -> dict[str, Array]:
        """The present as arrays."""
        ...

    def restore(self, arrays: Arrays) -> Step:
        """Go on from a snapshot."""
        ...


@runtime_checkable
class ArrayEnv(Protocol):
    """Copies of an environment with the calls of Gymnasium and arrays of (copies, agents); `from_arrays` adapts it.

    ``reset`` returns observations and infos; ``step`` takes float actions in [0, 1] of (copies, agents, action_size), or where
    it has ``action_count``, numbers below that of (copies, agents), and returns observations, rewards, terminated, truncated
    (of all copies) and infos. ``infos`` hold ``final_observation``; where states are given, ``state`` and ``final_state``;
    where some numbers are closed at times, ``action_mask``; where not everybody's action matters, ``active``; where it is known
    what single decisions cost, ``decided``, ``costs`` and ``final_costs``, as `Step` has them. It may have ``snapshot`` and
    ``restore`` (which returns what ``reset`` does), and ``training_problems``, the problems it plays where they were given.
    """

    copies: int
    agents: int
    observation_size: int
    observation_names: tuple[str, ...]
    action_size: int

    def reset(self, seed: Any = None) -> tuple[Array, Arrays]:
        """Observations and infos of copies that begin anew."""
        ...

    def step(self, actions: Array) -> tuple[Array, Array, Bools, Bools, Arrays]:
        """Observations, rewards, terminated, truncated and infos after the actions of all copies."""
        ...


class _Adapted:
    """An `ArrayEnv` as a `VectorEnv`."""

    def __init__(self, env: Any) -> None:
        self.env = env
        self.copies: int = env.copies
        self.spec = self._spec({})
        self._never = np.zeros(self.copies, np.bool_)

    def _spec(self, infos: Arrays) -> Spec:
        env, count = self.env, getattr(self.env, "action_count", 0)
        numbered = ActionSpec.discrete(count, masked="action_mask" in infos) if count else None
        action = numbered or ActionSpec.box(0.0, 1.0, dim=env.action_size)
        state = infos["state"].shape[1] if "state" in infos else 0
        return Spec(agents=env.agents, obs=env.observation_size, action=action, state=state, names=env.observation_names)

    @property
    def training_problems(self) -> tuple[Any, ...]:
        return tuple(getattr(self.env, "training_problems", ()))

    def reset(self, seed: int | None = None) -> Step:
        return self._begun(*self.env.reset(seed))

    def step(self, actions: Array) -> Step:
        obs, reward, terminated, truncated, infos = self.env.step(actions)
        return self._shown(obs, reward, terminated, truncated, infos["final_observation"], infos, infos.get("final_state"))

    def _begun(self, obs: Array, infos: Arrays) -> Step:
        self.spec = self._spec(infos)
        nothing = np.zeros(obs.shape[:2])
        return self._shown(obs, nothing, self._never, self._never, obs, infos, infos.get("state"))

    def _shown(
        self, obs: Array, reward: Array, terminated: Bools, truncated: Bools, final: Array, infos: Arrays, last: Array | None
    ) -> Step:
        mask, active, state = (infos.get(name) for name in ("action_mask", "active", "state"))
        settled = (infos.get(name) for name in ("decided", "costs", "final_costs"))
        return Step(obs, reward, terminated, truncated, final, mask, active, state, last, *settled)


class _AdaptedResumable(_Adapted):
    def snapshot(self) -> dict[str, Array]:
        found: dict[str, Array] = self.env.snapshot()
        return found

    def restore(self, arrays: Arrays) -> Step:
        return self._begun(*self.env.restore(arrays))


def from_arrays(env: ArrayEnv) -> VectorEnv:
    """A vector environment of one that has the calls of Gymnasium and arrays of (copies, agents).

    Parameters
    ----------
    env : ArrayEnv

    Returns
    -------
    VectorEnv
        Actions are points of [0, 1]^action_size, or numbers where ``env`` has ``action_count``; whether they are masked is
        known from its first `reset` on. It is `Resumable` where ``env`` has ``snapshot`` and ``restore``.

    Raises
    ------
    TypeError
        Where something is missing.
    """
    if not isinstance(env, ArrayEnv):
        validation.reject_type("env", "must have what ArrayEnv lists", env)
    return _AdaptedResumable(env) if isinstance(env, Resumable) else _Adapted(env)


def as_vector_env(env: object) -> VectorEnv:
    """The environment itself where it is a `VectorEnv`, or adapted where it is an `ArrayEnv`.

    Parameters
    ----------
    env : VectorEnv or ArrayEnv

    Raises
    ------
    TypeError
        For anything else, with a hint to the adaptors.
    """
    if hasattr(env, "spec") and hasattr(env, "copies") and isinstance(env, VectorEnv):
        return env
    if not isinstance(env, ArrayEnv):
        validation.reject_type("env", "must be a VectorEnv, or adapted by from_gymnasium or from_pettingzoo", env)
    return from_arrays(env)


def each_reward(step: Step, copies: int, agents: int) -> Array:
    """Rewards [copies, agents] of a step, one column being everybody's.

    Parameters
    ----------
    step : Step
    copies, agents : int

    Raises
    ------
    ValueError
        For rewards of another shape: those of copies could pass for those of agents.
    """
    if np.shape(step.reward) not in ((copies, agents), (copies, 1)):
        validation.reject("env", f"must give rewards of shape {(copies, agents)} or {(copies, 1)}", np.shape(step.reward))
    return np.broadcast_to(step.reward, (copies, agents))


def training_data(env: VectorEnv) -> tuple[frozenset[str], frozenset[int]]:
    """Hashes and seeds of the problems that an environment was given to play; empty where it draws its own episodes."""
    problems = getattr(env, "training_problems", ())
    seeds = {problem.provenance.seed for problem in problems}
    return frozenset(problem.hash for problem in problems), frozenset(seed for seed in seeds if isinstance(seed, int))
