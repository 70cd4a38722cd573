"""Environments with the interfaces of PettingZoo and Gymnasium."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from edgeworth.core import validation
from edgeworth.core.errors import require
from edgeworth.core.seeds import Seed
from edgeworth.solvers.carbon_offloading.env.observation import Observe
from edgeworth.solvers.carbon_offloading.env.scenario import Scenario, by_scenario, scenario_of
from edgeworth.solvers.carbon_offloading.env.sources import Generated, Given, Source, alone
from edgeworth.solvers.carbon_offloading.model import CarbonOffloading

if TYPE_CHECKING:
    from edgeworth.solvers.carbon_offloading.env.parallel import DevicesEnv
    from edgeworth.solvers.carbon_offloading.env.single import DeviceEnv


@by_scenario
def parallel_env(
    problem: CarbonOffloading | None = None,
    *,
    preset: str | None = None,
    scenario: Scenario | None = None,
    seed: Seed = None,
    observe: Observe = "paper",
    gains: Literal["matrix", "gamma"] = "matrix",
) -> DevicesEnv:
    """All devices as agents of a PettingZoo ``ParallelEnv``.

    Parameters
    ----------
    problem : CarbonOffloading, optional
        The episode to play, again and again.
    preset : str, optional
        In place of a problem: the preset that every `reset` draws a new episode of. Default "caddto".
    scenario : Scenario, optional
        In place of a preset: the arguments of `generate`.
    seed : int, SeedSequence or Generator, optional
        Of the episodes; ``reset(seed=...)`` begins anew with another one. None: fresh.
    observe : {"paper", "csi", "carbon", "state"}
        See the notes.
    gains : {"matrix", "gamma"}
        As of `generate`.

    Returns
    -------
    DevicesEnv
        Agents ``device_0``, ``device_1``, ...; ``state()`` holds all features of all devices, whatever they observe.

    Raises
    ------
    MissingExtraError
        Where PettingZoo or Gymnasium (extra "envs") is not installed.
    ValueError, TypeError
        For arguments out of range or that exclude each other; from ``step`` for actions that are missing, NaN or outside
        [0, 1].

    Notes
    -----
    An action is a point of Box [0, 1]^2: local and offload power over their caps. The reward is minus the device's cost of the
    slot, its info the four parts of the cost. An episode is truncated after its last slot and never terminates: a learner
    bootstraps with the value of the last observation.

    Observations are float32 vectors, >= 0, of these features, each choice adding to the one before:

    - "paper": ``buffer`` b_t / B; ``harvest`` E_t / E_0, at most 1; ``last_sinr`` log(1 + SINR_{t-1}) /
      log(1 + P_o gain_ref), 0 in the first slot;
    - "csi": ``gain`` log(1 + P_o gain_t) / log(1 + P_o gain_ref), the channel that the device knows;
    - "carbon": ``carbon`` c_t / c_ref, which changes in the preset "day" only;
    - "state": the features of all devices, one's own first and then those of the next numbers in cyclic order.

    gain_ref is 1e3 / W, a device at 10 m in the presets (ours); E_0 = tau (P_l + P_o). The last three are cut off at 4. Where
    any device has a battery, ``battery`` s_t / S follows, except for "paper". After the last slot of a problem harvest, gain
    and carbon intensity are those of that slot.

    References
    ----------
    Terry et al. (2021), PettingZoo; the observation "paper" and the two powers are those of Chen and Wang (2020).

    Examples
    --------
    >>> env = parallel_env(preset="caddto", seed=0)  # extra envs
    >>> observations, infos = env.reset()
    >>> sorted(observations)
    ['device_0', 'device_1', 'device_2', 'device_3', 'device_4']
    """
    require("parallel_env", "envs", "pettingzoo", "gymnasium")
    from edgeworth.solvers.carbon_offloading.env.parallel import DevicesEnv

    return DevicesEnv(_source(problem, preset, scenario, seed, gains, None), observe)


@by_scenario
def gym_env(
    problem: CarbonOffloading | None = None,
    *,
    preset: str | None = None,
    scenario: Scenario | None = None,
    user: int = 0,
    seed: Seed = None,
    observe: Observe = "paper",
    gains: Literal["matrix", "gamma"] = "matrix",
) -> DeviceEnv:
    """One device as a Gymnasium ``Env``.

    Parameters
    ----------
    problem, preset, scenario, seed, observe, gains
        As of `parallel_env`; "state" holds the features of this device.
    user : int
        Which device of every episode.

    Returns
    -------
    DeviceEnv

    Raises
    ------
    MissingExtraError
        Where Gymnasium (extra "envs") is not installed.
    ValueError, TypeError
        As of `parallel_env`, and where devices interfere, so that none can be looked at alone.

    Notes
    -----
    With zero forcing on a known channel nothing that other devices do changes this one's buffer, battery, gain or cost: it is
    the same Markov decision process alone. With the same seed it plays the episodes of `parallel_env`.

    Examples
    --------
    >>> env = gym_env(preset="caddto", seed=0)  # extra envs
    >>> observation, info = env.reset()
    >>> observation.shape, env.action_space.shape
    ((3,), (2,))
    """
    require("gym_env", "envs", "gymnasium")
    from edgeworth.solvers.carbon_offloading.env.single import DeviceEnv

    return DeviceEnv(_source(problem, preset, scenario, seed, gains, validation.integer("user", user, minimum=0)), observe)


def _source(
    problem: CarbonOffloading | None,
    preset: str | None,
    scenario: Scenario | None,
    seed: Seed,
    gains: Literal["matrix", "gamma"],
    user: int | None,
) -> Source:
    """The episodes of an environment of one copy, of all users or one."""
    validation.choice("gains", gains, ("matrix", "gamma"))
    if problem is None:
        return Generated(scenario_of(preset, scenario), gains, seed, 1, user)
    for name, other in (("preset", preset), ("scenario", scenario)):
        if other is not None:
            validation.reject(name, "must be None where a problem is given", other)
    if not isinstance(problem, CarbonOffloading):
        validation.reject_type("problem", "must be a CarbonOffloading problem or None", problem)
    return Given([problem if user is None else alone(problem, user)], 1, seed)
