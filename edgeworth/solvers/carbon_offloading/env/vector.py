"""Many copies of an environment, stepped by compiled loops."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from edgeworth.core import validation
from edgeworth.core.arrays import Array, Arrays, Bools, Floats
from edgeworth.core.seeds import Seed
from edgeworth.solvers.carbon_offloading.env.engine import Engine
from edgeworth.solvers.carbon_offloading.env.observation import Observe, view_of
from edgeworth.solvers.carbon_offloading.env.scenario import Scenario, by_scenario, scenario_of
from edgeworth.solvers.carbon_offloading.env.sources import Given, Source, playing, source_of
from edgeworth.solvers.carbon_offloading.model import PARTS, CarbonOffloading

_COSTS = tuple(f"cost_{name}" for name in PARTS)


class VectorEnv:
    """Copies of an environment that are stepped together and begin anew by themselves; made by `vector_env`.

    Attributes
    ----------
    copies, users, agents, slots : int
        Sizes, agents being users; every episode lasts ``slots``.
    observation_names : tuple of str
        What the entries of an observation are.
    observation_high : ndarray
        The largest value of every entry, float32; the least is 0.
    observation_size, action_size, state_size : int
        Lengths of one device's observation and action (2), and of one copy's state.

    Notes
    -----
    A copy by `copy.deepcopy` or `pickle` goes on as the original does.
    """

    action_size = 2

    def __init__(self, source: Source, copies: int, observe: Observe, state: bool) -> None:
        pattern = source.pattern
        self._source = source
        self._view = view_of(observe, pattern.users, source.batteries)
        self._engine = Engine(pattern, copies)
        self.copies, self.users, self.slots = copies, pattern.users, pattern.slots
        self.observation_names, self.observation_high = self._view.names, self._view.high
        self.observation_size = len(self.observation_names)
        width = len(self._view.complete.names)
        self.state_size = width * self.users
        shape = (copies, self.users, self.observation_size)
        self._seen, self._last = np.zeros(shape, np.float32), np.zeros(shape, np.float32)
        self._terminated, self._truncated = np.zeros(copies, np.bool_), np.zeros(copies, np.bool_)
        self._whole = np.zeros((2, copies, self.users, width) if state else (0, 0, 0, 0), np.float32)

    def __repr__(self) -> str:
        return f"VectorEnv({self.copies} copies, {self.users} users, {self.slots} slots)"

    def reset(self, seed: Seed = None) -> tuple[NDArray[np.float32], Arrays]:
        """Begin a new episode in every copy.

        Parameters
        ----------
        seed : int, SeedSequence or Generator, optional
            Puts all random streams at the beginning of that seed; None goes on with the present ones.

        Returns
        -------
        observations : float32 [copies, users, observation_size]
        infos : dict of arrays
            As of `step`.
        """
        if seed is not None:
            self._source.restart(seed)
        self._truncated[...] = False
        self._begin()
        return self._seen, self._infos()

    def step(self, actions: Array) -> tuple[NDArray[np.float32], Floats, Bools, Bools, Arrays]:
        """Play one slot in every copy; where it was the last one, a new episode begins at once.

        Parameters
        ----------
        actions : array_like [copies, users, 2]
            Local and offload power over their caps, in [0, 1].

        Returns
        -------
        observations : float32 [copies, users, observation_size]
            What devices observe next; after the last slot, of the new episode.
        rewards : float64 [copies, users]
            Minus the cost of the slot.
        terminated : bool [copies]
            Never true.
        truncated : bool [copies]
            Whether the episode reached its last slot: bootstrap with the value of ``infos["final_observation"]``.
        infos : dict of arrays
            ``cost_carbon``, ``cost_delay``, ``cost_waste``, ``cost_overflow``, float64 [copies, users]; ``final_observation``,
            float32 [copies, users, observation_size], what was observed at the end of the last episode that was truncated;
            where asked for, ``state`` and ``final_state``, float32 [copies, state_size].

        Raises
        ------
        ValueError
            For actions of another shape, outside [0, 1] or NaN, and before the first `reset`.

        Notes
        -----
        The arrays belong to the environment and are valid until the next call.
        """
        engine = self._engine
        ended = engine.slot == self.slots - 1
        engine.play(actions, self._view, self._last if ended else self._seen)
        if self._whole.size:
            engine.look(self._view.complete, self._whole[int(ended)])
        self._truncated[...] = ended
        if ended:
            self._begin()
        return self._seen, engine.reward, self._terminated, self._truncated, self._infos()

    @property
    def agents(self) -> int:
        """The users, as learners call them."""
        return self.users

    @property
    def training_problems(self) -> tuple[CarbonOffloading, ...]:
        """The problems that were given; none where episodes are drawn."""
        return self._source.problems if isinstance(self._source, Given) else ()

    def snapshot(self) -> dict[str, Array]:
        """Where all copies stand, as arrays from which `restore` goes on.

        Returns
        -------
        dict of arrays

        Raises
        ------
        ValueError
            Before the first `reset`.
        """
        if not self._engine.begun:
            validation.reject("snapshot", "must follow reset: no episode has begun", self)
        last = {"final": self._last.copy(), "final_state": self._whole[1:].copy()}
        return {**self._source.snapshot(), **self._engine.snapshot(), **last}

    def restore(self, arrays: Arrays) -> tuple[NDArray[np.float32], Arrays]:
        """Go on from a snapshot of an environment that was made by the same arguments, bit for bit.

        Parameters
        ----------
        arrays : mapping of arrays

        Returns
        -------
        observations, infos
            As of `reset`.

        Raises
        ------
        ValueError
            For a snapshot of an environment of other sizes.
        """
        self._source.restore(arrays)
        self._source.fill(self._engine)
        self._engine.restore(arrays)
        self._last[...] = validation.stored(arrays, "final", self._last.shape)
        self._whole[1:] = validation.stored(arrays, "final_state", self._whole[1:].shape)
        self._show()
        return self._seen, self._infos()

    def problem(self, copy: int) -> CarbonOffloading:
        """The episode that a copy is playing, as a problem: what a policy is to be compared with the optimum on.

        Parameters
        ----------
        copy : int
        """
        index = validation.integer("copy", copy, minimum=0, maximum=self.copies - 1)
        return playing(self._source, self._engine, index)

    def _begin(self) -> None:
        self._source.fill(self._engine)
        self._show()

    def _show(self) -> None:
        engine = self._engine
        engine.look(self._view, self._seen)
        if self._whole.size:
            engine.look(self._view.complete, self._whole[0])

    def _infos(self) -> Arrays:
        found: dict[str, Array] = dict(zip(_COSTS, self._engine.parts, strict=True))
        found["final_observation"] = self._last
        if self._whole.size:
            found["state"], found["final_state"] = self._whole.reshape(2, self.copies, self.state_size)
        return found


@by_scenario
def vector_env(
    copies: int,
    *,
    preset: str | None = None,
    scenario: Scenario | None = None,
    problems: Sequence[CarbonOffloading] | None = None,
    seed: Seed = None,
    observe: Observe = "paper",
    gains: Literal["matrix", "gamma"] = "gamma",
    state: bool = False,
) -> VectorEnv:
    """Many copies of the environment at once, as arrays of (copies, users): no Python runs per device.

    Parameters
    ----------
    copies : int
        How many episodes are played at once, >= 1.
    preset : str, optional
        The name of a preset, default "caddto".
    scenario : Scenario, optional
        In place of a preset: the arguments of `generate`.
    problems : sequence of CarbonOffloading, optional
        In place of both: episodes to play. Copy c plays problem c, then c + copies, and so on, from the first one again after
        the last one. They have the same numbers of users and slots and the same physical constants.
    seed : int, SeedSequence or Generator, optional
        Of the episodes. None: fresh.
    observe : {"paper", "csi", "carbon", "state"}
        What a device observes, as for `parallel_env`.
    gains : {"gamma", "matrix"}
        "gamma": episodes are drawn by compiled loops, without channel matrices. "matrix": by `generate`, one by one; so are
        those of the preset "day" and of receivers with which users interfere (these need "matrix").
    state : bool
        Whether ``infos`` hold the features of all users of a copy, for a critic of central training.

    Returns
    -------
    VectorEnv
        `VectorEnv.reset` and `VectorEnv.step` say what they return. It needs no extra.

    Raises
    ------
    ValueError, TypeError
        For arguments out of range or that exclude each other.

    Notes
    -----
    Every user of every copy has a random stream of its own: number n of a stream is a function of the seed, the copy, the user
    and n. So copies do not change each other, and the first ones are the same however many there are.

    With "gamma" gains a user's gain is scale times a Gamma(k, 1) process, k = antennas - users + 1: the squared length of k
    Gauss-Markov scalars, whose law from slot to slot is drawn exactly and without the scalars themselves: given G, next is
    (rho sqrt(G) + sqrt((1 - rho^2) / 2) x)^2 + (1 - rho^2) Gamma(k - 1/2, 1) for a standard normal x. The gain of a true
    zero-forcing receiver has the same law in each slot; from slot to slot it differs, and users' gains depend on each other.
    Such episodes go on by one slot for the last observation.

    Whole episodes are drawn at once: they take 24 bytes a slot, user and copy.

    References
    ----------
    Steele, Lea and Flood (2014), SplitMix64; Marsaglia and Tsang (2000), gamma numbers; Hörmann (1993), Poisson numbers.

    Examples
    --------
    >>> import numpy as np
    >>> env = vector_env(64, preset="caddto", seed=0)
    >>> observations, infos = env.reset()
    >>> observations, rewards, terminated, truncated, infos = env.step(np.full((64, 5, 2), 0.5))
    >>> observations.shape, rewards.shape, bool(truncated.any())
    ((64, 5, 3), (64, 5), False)
    """
    copies = validation.integer("copies", copies, minimum=1)
    validation.choice("gains", gains, ("gamma", "matrix"))
    validation.flag("state", state)
    source: Source
    if problems is not None:
        for name, other in (("preset", preset), ("scenario", scenario)):
            if other is not None:
                validation.reject(name, "must be None where problems are given", other)
        source = Given(problems, copies, seed)
    else:
        source = source_of(scenario_of(preset, scenario), gains, seed, copies)
    return VectorEnv(source, copies, observe, state)
