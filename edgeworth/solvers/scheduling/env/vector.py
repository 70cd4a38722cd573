"""Many copies of an environment, stepped by compiled loops."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from edgeworth.core import validation
from edgeworth.core.arrays import Array, Arrays, Bools, Floats
from edgeworth.core.seeds import Seed
from edgeworth.mechanisms.token_market.state import State as Ledger
from edgeworth.solvers.scheduling.env.engine import Engine
from edgeworth.solvers.scheduling.env.observation import Observe, view_of
from edgeworth.solvers.scheduling.env.sources import Drawn, Given, remembered, source_of
from edgeworth.solvers.scheduling.market.rules import Market, market_of
from edgeworth.solvers.scheduling.model import Episode


class VectorEnv:
    """Copies of an environment that are stepped together and begin anew by themselves; made by `vector_env`.

    Attributes
    ----------
    copies, agents : int
        Sizes, agents being devices.
    observation_names : tuple of str
        What the entries of an observation are.
    observation_size, action_size, action_count, state_size : int
        Lengths of one device's observation and action (1), the number of its actions, and the length of one copy's state.

    Notes
    -----
    A copy by `copy.deepcopy` or `pickle` goes on as the original does.
    """

    action_size = 1

    def __init__(
        self,
        source: Drawn | Given,
        copies: int,
        observe: Observe,
        state: bool,
        exchange: float,
        team: bool,
        market: Market | None,
        marginal: bool,
    ) -> None:
        if source.pattern.epoch == 0.0:
            validation.reject("epoch", "must be above 0 where copies are stepped together", 0.0)
        view = view_of(observe, source.pattern.devices, market is not None)
        self._source, self._team, self._market = source, team, market is not None
        if marginal and source.pattern.service != "serial":
            validation.reject("costs", "must be 'own' where tasks share a processor", "marginal")
        self._engine = Engine(copies, view, state, exchange, market, marginal)
        self._paid = np.array([exchange, team, marginal])  # what rewards and costs are made of
        self.copies, self.agents = copies, view.devices
        self.observation_names, self.observation_size = view.names, len(view.names)
        self.action_count, self.state_size = view.devices, self._engine.whole.shape[1]
        self._last, self._last_whole = np.zeros_like(self._engine.seen), np.zeros_like(self._engine.whole)
        self._last_costs: Floats = np.zeros((copies, 0))
        self._never, self._ended = np.zeros(copies, np.bool_), np.zeros(copies, np.bool_)

    def __repr__(self) -> str:
        return f"VectorEnv({self.copies} copies, {self.agents} devices)"

    def reset(self, seed: Seed = None) -> tuple[NDArray[np.float32], Arrays]:
        """Begin a new episode in every copy.

        Parameters
        ----------
        seed : int, SeedSequence or Generator, optional
            Puts all random streams at the beginning of that seed; None goes on with the present ones.

        Returns
        -------
        observations : float32 [copies, agents, observation_size]
        infos : dict of arrays
            As of `step`.
        """
        if seed is not None:
            self._source.restart(seed)
        self._begin()
        return self._engine.seen, self._infos()

    def step(self, actions: Array) -> tuple[NDArray[np.float32], Floats, Bools, Bools, Arrays]:
        """Hand over tasks at one epoch in every copy; where it was the last one, a new episode begins at once.

        Parameters
        ----------
        actions : int [copies, agents]
            0: oneself, k: the k-th other device. Only what the mask leaves open.

        Returns
        -------
        observations : float32 [copies, agents, observation_size]
            What devices observe next; after the last epoch, in the new episode.
        rewards : float64 [copies, agents]
            Minus the costs of a device's own tasks that were settled since; the mean over devices where a team is rewarded.
        terminated : bool [copies]
            Whether the episode ended. Nothing is in play then, so nothing follows.
        truncated : bool [copies]
            Never true.
        infos : dict of arrays
            ``action_mask``, bool [copies, agents, agents], what is open next; ``active``, bool [copies, agents], who has a task
            to decide; ``final_observation``, what was observed last in the episode that ended; ``decided``, int64 [copies,
            agents], the number of the task that was just handed over (-1: none, or it waits for tokens); ``costs``, float64
            [copies, tasks], of the tasks of the present episode, NaN while they are in play, and ``final_costs``, of the one
            before: what a learner credits a decision with; where asked for, ``state`` and ``final_state``, float32 [copies,
            state_size].

        Raises
        ------
        ValueError, TypeError
            For actions of another shape or type, or that are not open, and before the first `reset`.

        Notes
        -----
        The arrays belong to the environment and are valid until the next call.
        """
        engine = self._engine
        engine.play(actions)
        reward = engine.reward.copy()
        self._ended[...] = engine.over
        decided = engine.decided.copy()
        if engine.over[0]:  # epochs are the same for all copies
            self._last[...], self._last_whole[...], self._last_costs = engine.seen, engine.whole, engine.told
            self._begin()
        if self._team:
            reward[...] = reward.mean(axis=1, keepdims=True)
        return engine.seen, reward, self._ended, self._never, {**self._infos(), "decided": decided}

    @property
    def training_problems(self) -> tuple[Episode, ...]:
        """The problems that were given; none where episodes are drawn."""
        return self._source.problems if isinstance(self._source, Given) else ()

    def problem(self, copy: int) -> Episode:
        """The episode that a copy is playing, with the environment's seed.

        Parameters
        ----------
        copy : int

        Raises
        ------
        ValueError
            Before the first `reset`.
        """
        index = validation.integer("copy", copy, minimum=0, maximum=self.copies - 1)
        if not self._engine.begun:
            validation.reject("problem", "must follow reset: no episode has begun", copy)
        return remembered(self._playing[index], self._source.seed, index)

    def observed(self, observe: Observe) -> NDArray[np.float32]:
        """What devices would observe at this epoch if the environment showed another view: float32 [copies, agents, ...].

        Parameters
        ----------
        observe : str
            As of `vector_env`.

        Raises
        ------
        ValueError
            Before the first `reset`, and for a view of a market where there is none.
        """
        if not self._engine.begun:
            validation.reject("observed", "must follow reset: no episode has begun", observe)
        return self._engine.observed(view_of(observe, self.agents, self._market))

    def ledger(self, copy: int) -> Ledger:
        """The ledger of a copy as it stands, its accounts 1, 2, ... those of devices 0, 1, ...; changes of it are its own.

        Parameters
        ----------
        copy : int

        Raises
        ------
        ValueError
            Before the first `reset`, and where there is no market.
        """
        index = validation.integer("copy", copy, minimum=0, maximum=self.copies - 1)
        return self._engine.ledger(index)

    def snapshot(self) -> dict[str, Array]:
        """Where all copies stand, as arrays from which `restore` goes on.

        Raises
        ------
        ValueError
            Before the first `reset`.
        """
        if not self._engine.begun:
            validation.reject("snapshot", "must follow reset: no episode has begun", self)
        last: dict[str, Array] = {
            "last": self._last.copy(),
            "last_whole": self._last_whole.copy(),
            "last_costs": self._last_costs.copy(),
            "paid": self._paid.copy(),
        }
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
            For a snapshot of an environment of other sizes, scenarios, rewards or costs.
        """
        if not np.array_equal(validation.stored(arrays, "paid", self._paid.shape), self._paid):
            rule = "must be a snapshot of an environment with the same exchange_rate, reward and costs"
            validation.reject("arrays", rule, "another of them")
        self._source.restore(arrays)
        self._begin()
        self._engine.restore(arrays)
        self._last[...] = validation.stored(arrays, "last", self._last.shape)
        self._last_whole[...] = validation.stored(arrays, "last_whole", self._last_whole.shape)
        last = np.shape(arrays.get("last_costs", self._last_costs))  # nothing else here tells how many tasks there were before
        self._last_costs = validation.stored(arrays, "last_costs", (self.copies, *last[1:])).copy()
        return self._engine.seen, self._infos()

    def _begin(self) -> None:
        self._playing = self._source.draw()
        self._engine.fill(self._playing)

    def _infos(self) -> Arrays:
        engine = self._engine
        found: dict[str, Array] = {
            "action_mask": engine.opened,
            "active": engine.active,
            "final_observation": self._last,
            "decided": engine.decided,
            "costs": engine.told,
            "final_costs": self._last_costs,
        }
        if engine.whole.size:
            found["state"], found["final_state"] = engine.whole, self._last_whole
        return found


def vector_env(
    copies: int,
    *,
    preset: str | None = None,
    problems: Sequence[Episode] | None = None,
    seed: Seed = None,
    observe: Observe = "own",
    reward: Literal["local", "team"] = "local",
    exchange_rate: float = 0.0,
    market: Market | None = None,
    costs: Literal["own", "marginal"] = "own",
    state: bool = False,
    **settings: Any,
) -> VectorEnv:
    """Many copies of the environment at once, as arrays of (copies, agents): no Python runs per device.

    Parameters
    ----------
    copies : int
        How many episodes are played at once, >= 1.
    preset : str, optional
        As of `generate`, which draws the episodes; default "table-2".
    problems : sequence of Episode, optional
        In place of it: episodes to play. Copy c plays problem c, then c + copies, and so on, from the first one again after
        the last one. They have the same number of devices, the same horizon and the same rules.
    seed : int, SeedSequence or Generator, optional
        Of the episodes. None: fresh.
    observe : {"own", "peers", "candidates", "graph", "market", "priced", "reputed"}
        What a device observes, as for `parallel_env`.
    reward : {"local", "team"}
        Whether a device gets the costs of its own tasks, or the mean of all.
    exchange_rate : float
        J, >= 0, that a power token counts in the reward of a task which another device executes; the paper has 24,000.
    market : Market, optional
        As for `parallel_env`.
    costs : {"own", "marginal"}
        What ``infos`` tell of a task's costs: its own, or also what it costs others: w_l times the seconds by which the tasks
        that its device begins after it would have begun earlier without it, in the order in which they began. Rewards do not
        depend on it.
    state : bool
        Whether ``infos`` hold the state of all devices of a copy, for a critic of central training.
    **settings
        Further arguments of `generate`; ``epoch`` must be above 0. Of ``rate`` also several, which episodes have in turn.

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
    Copy c draws its episodes from a stream of its own, so that copies do not change each other.

    Marginal costs are what all tasks save without this one, the other decisions being the same, where tasks succeed either way,
    wait for nothing but their device, and begin in the same order without it. Elsewhere they are an estimate, as a rule too
    low: deadlines that others miss by it and batteries that it drains are not counted, nor is who waits for a radio or a
    medium; a task that fails in any case counts with its delay; and with ``order="edf"`` the order that was played is kept.

    Examples
    --------
    >>> import numpy as np
    >>> env = vector_env(8, devices=4, horizon=30.0, seed=0)
    >>> observations, infos = env.reset()
    >>> observations, rewards, terminated, truncated, infos = env.step(np.zeros((8, 4), np.int64))
    >>> observations.shape, infos["action_mask"].shape, bool(terminated.any())
    ((8, 4, 10), (8, 4, 4), False)
    """
    copies = validation.integer("copies", copies, minimum=1)
    validation.flag("state", state)
    validation.choice("reward", reward, ("local", "team"))
    validation.choice("costs", costs, ("own", "marginal"))
    exchange = validation.real("exchange_rate", exchange_rate, minimum=0.0, maximum=1e9)
    given = settings if preset is None else {"preset": preset, **settings}
    source = source_of(problems, given, seed, copies)
    return VectorEnv(source, copies, observe, state, exchange, reward == "team", market_of(market), costs == "marginal")
