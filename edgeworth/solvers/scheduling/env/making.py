"""Environments with the interfaces of PettingZoo and Gymnasium."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from edgeworth.core import validation
from edgeworth.core.errors import require
from edgeworth.core.seeds import Seed
from edgeworth.solvers.scheduling.env.observation import Observe
from edgeworth.solvers.scheduling.env.sources import source_of
from edgeworth.solvers.scheduling.market.rules import Market, market_of
from edgeworth.solvers.scheduling.model import Episode

if TYPE_CHECKING:
    from edgeworth.solvers.scheduling.env.parallel import DevicesEnv
    from edgeworth.solvers.scheduling.env.single import JointEnv


def parallel_env(
    problem: Episode | None = None,
    *,
    preset: str | None = None,
    seed: Seed = None,
    observe: Observe = "own",
    reward: Literal["local", "team"] = "local",
    exchange_rate: float = 0.0,
    market: Market | None = None,
    **settings: Any,
) -> DevicesEnv:
    """All devices as agents of a PettingZoo ``ParallelEnv``.

    Parameters
    ----------
    problem : Episode, optional
        The episode to play, again and again.
    preset : str, optional
        In place of a problem: the preset that every `reset` draws a new episode of. Default "table-2".
    seed : int, SeedSequence or Generator, optional
        Of the episodes; ``reset(seed=...)`` begins anew with another one. None: fresh.
    observe : {"own", "peers", "candidates", "graph", "market", "priced", "reputed"}
        See the notes; the last two with a market only.
    reward : {"local", "team"}
        Whether a device gets the costs of its own tasks, or the mean of all.
    exchange_rate : float
        J, >= 0, that a power token counts in the reward of a task which another device executes; the paper has 24,000.
    market : Market, optional
        The token market that tasks are paid in. None: nothing is paid.
    **settings
        Further arguments of `generate`.

    Returns
    -------
    DevicesEnv
        Agents ``device_0``, ``device_1``, ...; ``state()`` holds all devices.

    Raises
    ------
    MissingExtraError
        Where PettingZoo or Gymnasium (extra "envs") is not installed.
    ValueError, TypeError
        For arguments out of range or that exclude each other; from ``step`` for actions that are missing or not open.

    Notes
    -----
    At every epoch a device decides on the task that has waited longest there: action 0 keeps it, action k hands it to the k-th
    other device in the order of numbers. ``action_mask`` says what is open (see the field ``mask`` of `Episode`); a device
    without a task, or a dead one, has action 0 only; one with a task has it unless the mask closes the source and leaves
    another device open. All choose at once: a choice that no longer fits when its turn comes, by deadline, then number, is
    kept at its source. Without a market, `assigned` of the devices chosen is the schedule that was played, also where choices
    were lost.

    The reward is minus the costs c_j of a device's own tasks that were settled since the last epoch, so that it comes seconds
    after the decision; the rewards of an episode add up to minus its value times its number of tasks. All agents live to the
    end of the episode, where all are terminated: nothing is in play any more, so nothing follows.

    Observations are float32 in [0, 4]: "own" are the features of the device and its task; "peers" adds what it knows of every
    other device; "candidates" are, for each device that the task could go to, the features of that choice, with which the same
    network can score any number of them; "graph" are what it knows of all devices, itself first, and the seconds of transfer
    between each two; "market" adds to "own" what the device has in the market and what others ask there; "priced" is that
    once, and then what "candidates" has, each with its price; "reputed" adds the record that the ledger keeps of each.
    `edgeworth.solvers.scheduling.env.observation` lists them with their scales. Nothing of the future is in them, and of others
    only what is ``gossip`` seconds old; what the chain holds is known at once.

    With a market, devices pay for what they choose: the mask closes who cannot be paid, and a device that in the literal
    economy has no CTK for its own execution has action 0 only, with which the task waits. A choice that cannot be paid for any
    more when its turn comes is kept at its source, or waits. ``decided`` is -1 where a task waits.

    References
    ----------
    Terry et al. (2021), PettingZoo; BEST, section IV-A. Scales, and the features of peers and candidates, are ours.

    Examples
    --------
    >>> env = parallel_env(preset="table-2", devices=5, rate=0.25, seed=0)  # extra envs
    >>> observations, infos = env.reset()
    >>> sorted(observations["device_0"]), observations["device_0"]["action_mask"].shape
    (['action_mask', 'observation'], (5,))
    """
    require("parallel_env", "envs", "pettingzoo", "gymnasium")
    from edgeworth.solvers.scheduling.env.parallel import DevicesEnv

    validation.choice("reward", reward, ("local", "team"))
    given = settings if preset is None else {"preset": preset, **settings}
    source = source_of(None if problem is None else [problem], given, seed, 1)
    return DevicesEnv(source, observe, _joules(exchange_rate), reward == "team", market_of(market))


def gym_env(
    problem: Episode | None = None,
    *,
    preset: str | None = None,
    seed: Seed = None,
    observe: Observe = "own",
    exchange_rate: float = 0.0,
    market: Market | None = None,
    **settings: Any,
) -> JointEnv:
    """All devices as one agent of a Gymnasium ``Env``.

    Parameters
    ----------
    problem, preset, seed, observe, exchange_rate, market
        As of `parallel_env`.
    **settings
        Further arguments of `generate`.

    Returns
    -------
    JointEnv
        An observation is that of all devices, one after the other, an action the vector of theirs, the reward their sum;
        ``action_masks()`` is what learners with masks ask for.

    Raises
    ------
    MissingExtraError
        Where Gymnasium (extra "envs") is not installed.
    ValueError, TypeError
        As of `parallel_env`.

    Notes
    -----
    With the same seed it plays the episodes of `parallel_env`.

    Examples
    --------
    >>> env = gym_env(devices=3, horizon=30.0, seed=0)  # extra envs
    >>> observation, info = env.reset()
    >>> observation.shape, env.action_space.shape, info["action_mask"].shape
    ((30,), (3,), (3, 3))
    """
    require("gym_env", "envs", "gymnasium")
    from edgeworth.solvers.scheduling.env.single import JointEnv

    given = settings if preset is None else {"preset": preset, **settings}
    source = source_of(None if problem is None else [problem], given, seed, 1)
    return JointEnv(source, observe, _joules(exchange_rate), market_of(market))


def _joules(exchange_rate: float) -> float:
    return validation.real("exchange_rate", exchange_rate, minimum=0.0, maximum=1e9)
