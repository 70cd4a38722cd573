"""How policies are trained for carbon-aware offloading: learners, environments, and those of a problem's own kind."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from edgeworth.core import validation
from edgeworth.core.source import Option
from edgeworth.learning.deep.ddpg import DDPG, TD3
from edgeworth.learning.deep.learned import TrainingPlan
from edgeworth.learning.deep.ppo import PPO
from edgeworth.solvers.carbon_offloading.env.observation import WIDTHS, Observe
from edgeworth.solvers.carbon_offloading.env.scenario import Scenario
from edgeworth.solvers.carbon_offloading.env.vector import VectorEnv, vector_env
from edgeworth.solvers.carbon_offloading.model import CarbonOffloading
from edgeworth.solvers.carbon_offloading.sources import SOURCES

OBSERVE: Observe = "csi"
"""What the policies that come with the package observe."""
_DEVICES = 320


def ppo(steps: int) -> PPO:
    """Proximal policy optimisation with parameter sharing; the setting is ours.

    Parameters
    ----------
    steps : int
        Agent-steps of training, over which the learning rate falls to 0.
    """
    return PPO(
        head="gaussian", learning_rate=1e-3, decay_steps=steps, discount=0.94, trace=0.9, epochs=10, minibatch=1024,
        normalise_observations=True, normalise_rewards=True,
    )  # fmt: skip


def mappo(steps: int) -> PPO:
    """The same with a critic that sees all devices.

    Parameters
    ----------
    steps : int
        As of `ppo`.
    """
    return replace(ppo(steps), critic="state")


def ddpg(steps: int) -> DDPG:
    """Deep deterministic policy gradient.

    Parameters
    ----------
    steps : int
        Agent-steps of training.
    """
    return DDPG(gradient_steps=8, normalise_observations=True, discount=0.95, actor_rate=3e-4)


def td3(steps: int) -> TD3:
    """TD3.

    Parameters
    ----------
    steps : int
        Agent-steps of training.
    """
    return TD3(
        gradient_steps=8,
        normalise_observations=True,
        discount=0.95,
        actor_rate=3e-4,
        delay=1,
        smoothing=0.05,
        smoothing_clip=0.1,
    )


def environment(method: str, copies: int, *, observe: Observe = OBSERVE, **scenario: Any) -> VectorEnv:
    """Where a policy is trained: episodes of one scenario.

    Parameters
    ----------
    method : str
        "mappo" is shown the state.
    copies : int
    observe : {"paper", "csi", "carbon", "state"}
        What a device observes.
    **scenario
        Arguments of `Scenario`.
    """
    drawn = Scenario(**scenario)
    coupled = drawn.receiver != "zf" or drawn.csi_error > 0.0  # only matrices say how users interfere
    return vector_env(copies, scenario=drawn, observe=observe, gains="matrix" if coupled else "gamma", state=method == "mappo")


def like(method: str, problem: CarbonOffloading) -> VectorEnv:
    """Where a policy is trained for problems that `generate` makes with the arguments of this one.

    Parameters
    ----------
    method : str
    problem : CarbonOffloading

    Returns
    -------
    VectorEnv
        Of as many devices as 64 copies of five, or of one copy: an update of training then takes as long, about .2 s.

    Raises
    ------
    ValueError
        As of `arguments`.
    """
    return environment(method, max(1, _DEVICES // problem.users), **arguments(problem))


def arguments(problem: CarbonOffloading) -> dict[str, Any]:
    """The arguments of `Scenario` that a problem was generated with, but for those at their defaults.

    Parameters
    ----------
    problem : CarbonOffloading

    Raises
    ------
    ValueError
        For a problem that `generate` did not make, or made of traces: no other episodes of its kind are known.
    """
    origin = problem.provenance
    given: dict[str, Any] = {name: value for name, value in origin.parameters.items() if name != "gains"}
    traces = [given.pop(name) for name in ("solar", "intensity") if isinstance(given.get(name), str)]
    if origin.source != "preset" or any(trace != "synthetic" for trace in traces):
        rule = "must be None for a problem that generate did not make, or made of traces: there is nothing to draw others from"
        validation.reject("steps", rule, f"a problem from {origin.source} {origin.name}".strip())
    return {"preset": origin.name, **given}


PLAN = TrainingPlan(
    learners={"ppo": ppo, "mappo": mappo, "ddpg": ddpg, "td3": td3},
    environment=environment,
    options=(
        Option("observe", "text", f"what a device observes (default: {OBSERVE})", choices=tuple(WIDTHS)),
        *(each for source in SOURCES if source.reads is None for each in source.options if each.name != "gains"),
    ),
    like=like,
)
