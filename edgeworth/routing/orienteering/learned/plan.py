"""How a router is trained: its network, its learner, and where its instances come from."""

from __future__ import annotations

from typing import Any

from edgeworth.core import validation
from edgeworth.learning.deep.learned import COPIES, TrainingPlan
from edgeworth.learning.deep.pairs import PairAttention
from edgeworth.learning.deep.reinforce import Reinforce
from edgeworth.routing.orienteering.kernels.insertion import SIZE
from edgeworth.routing.orienteering.learned.insertion import Insertion
from edgeworth.routing.orienteering.model import OrienteeringProblem, generate
from edgeworth.routing.orienteering.sources import SOURCES

STEPS = 600_000
"""Choices that the policy which comes with the package made in training."""


def attention(steps: int) -> Reinforce:
    """REINFORCE with a rollout baseline, on attention between pairs of vehicles and customers; the setting is ours.

    Parameters
    ----------
    steps : int
        Choices of training, over which the learning rate falls to 0.
    """
    net = PairAttention(features=SIZE, rounds=1)
    return Reinforce(net=net, batch=COPIES, trials=250, learning_rate=1e-3, decay_steps=steps)


def environment(method: str, copies: int, **options: Any) -> Insertion:
    """Where a router is trained: instances of one preset.

    Parameters
    ----------
    method : str
    copies : int
        64, the instances of a gradient step.
    **options
        Arguments of `generate`.

    Raises
    ------
    ValueError, TypeError
        As of `generate`; for other copies, and where there is nobody to serve or to drive.
    """
    if validation.integer("copies", copies) != COPIES:
        validation.reject("copies", f"must be {COPIES}, the instances of a gradient step", copies)
    example = generate(**options, seed=0)
    for name, size in (("vehicles", example.vehicles), ("customers", example.customers)):
        validation.integer(name, size, minimum=1)
    origin = example.provenance
    about = {"preset": origin.name, **origin.parameters}
    return Insertion(example.vehicles, example.customers, lambda generator: generate(**options, seed=generator), about)


def like(method: str, problem: OrienteeringProblem) -> Insertion:
    """Where a router is trained for problems that `generate` makes with the arguments of this one.

    Parameters
    ----------
    method : str
    problem : OrienteeringProblem

    Raises
    ------
    ValueError
        For a problem that `generate` did not make: no others of its kind are known.
    """
    origin = problem.provenance
    if origin.source != "preset":
        rule = "must be None for a problem that generate did not make: there is nothing to draw others from"
        validation.reject("steps", rule, f"a problem from {origin.source} {origin.name}".strip())
    return environment(method, COPIES, preset=origin.name, **origin.parameters)


PLAN = TrainingPlan(
    learners={"attention": attention},
    environment=environment,
    options=tuple(each for source in SOURCES if source.reads is None for each in source.options),
    like=like,
)
