"""REINFORCE with a rollout baseline, for policies that construct a solution step by step: interface and parameters.

`ReinforceTrainer` trains.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from edgeworth.core import validation
from edgeworth.core.arrays import Array, Arrays, Bools
from edgeworth.learning.deep.heads import Categorical
from edgeworth.learning.deep.nets import Net
from edgeworth.learning.deep.spaces import Spec

if TYPE_CHECKING:
    from edgeworth.learning.deep.policy import Policy


class Partial(NamedTuple):
    """Where the constructions of a batch stand. The arrays belong to the `Construction` and are valid until the next step.

    Attributes
    ----------
    obs : float32 [instances, obs]
        What the policy sees of each.
    mask : bool [instances, n]
        Which candidates are open; at least one in every row, also where the construction is complete.
    complete : bool [instances]
        Where nothing is to be chosen any more: further actions there are ignored.
    """

    obs: NDArray[np.float32]
    mask: Bools
    complete: Bools


@runtime_checkable
class Construction(Protocol):
    """Instances of a problem whose solutions are built by choosing candidates one after the other, many side by side.

    ``spec`` has one agent and masked numbered actions. ``instances`` draws a number of instances as arrays, which nothing but
    the generator decides. ``begin`` stands before the first choice of each, ``extend`` makes one choice in each, ``cost`` is
    asked when all are complete. The length of a construction must be bounded. It may have ``about``, plain data that tell its
    instances from those of others of the same spec: training is not resumed on others.
    """

    spec: Spec

    def instances(self, generator: np.random.Generator, count: int) -> dict[str, Array]: ...
    def begin(self, instances: Mapping[str, Array]) -> Partial: ...
    def extend(self, actions: Array) -> Partial: ...
    def cost(self) -> Array: ...


@dataclass(frozen=True, kw_only=True)
class Reinforce:
    """Parameters of REINFORCE for constructive policies.

    Parameters
    ----------
    net : Net
        From what is seen of a construction to one logit for each candidate: a `Scorer`, an `Attention`, a `PairAttention` or an
        `Mlp`.
    batch : int
        Instances of one gradient step.
    baseline : {"rollout", "batch"}
        What the cost of a construction is compared with: the cost that the best policy so far has on the same instance,
        choosing greedily; or the mean of the batch.
    challenge : int
        Gradient steps between two challenges, in which the present policy may become the baseline's.
    trials : int
        Instances of a challenge, of which a fresh set is drawn whenever a challenge was won.
    significance : float
        The challenge is won where a one-sided paired t-test says so at this level.
    learning_rate : float
    decay_steps : int
        Choices within which the learning rate falls to 0 linearly; 0: it stays.
    entropy : float
        Weight of the mean entropy of the choices.
    max_gradient : float
        Longest gradient.
    normalise_advantages : bool
        Whether differences from the baseline are divided by their standard deviation in the batch.

    Raises
    ------
    ValueError, TypeError
        For numbers out of range; at use, for constructions with other than masked numbered actions.

    Notes
    -----
    The gradient is that of the mean of (cost(w) - b(instance)) log p(w), w a construction that was drawn choice by choice from
    the policy p. The baseline b does not depend on w, so that it leaves the gradient unbiased; greedy choices of a good policy
    tell hard instances from easy ones, which the mean of a batch does not.

    References
    ----------
    Williams, Machine Learning 8 (1992); Kool, van Hoof and Welling, Attention, learn to solve routing problems!, ICLR 2019,
    algorithm 1.

    Examples
    --------
    >>> from edgeworth.learning.deep import Scorer
    >>> Reinforce(net=Scorer(features=2)).baseline
    'rollout'
    """

    name: ClassVar[str] = "reinforce"
    room: ClassVar[str] = "edgeworth.learning.deep.reinforce_trainer:ReinforceTrainer"
    net: Net
    batch: int = 128
    baseline: str = "rollout"
    challenge: int = 50
    trials: int = 500
    significance: float = 0.05
    learning_rate: float = 1e-3
    decay_steps: int = 0
    entropy: float = 0.0
    max_gradient: float = 1.0
    normalise_advantages: bool = True

    def __post_init__(self) -> None:
        if not isinstance(self.net, Net):
            validation.reject_type("net", "must be a Net, such as Scorer", self.net)
        validation.integer("batch", self.batch, minimum=2)
        validation.integer("challenge", self.challenge, minimum=1)
        validation.integer("trials", self.trials, minimum=2)
        validation.integer("decay_steps", self.decay_steps, minimum=0)
        validation.choice("baseline", self.baseline, ("rollout", "batch"))
        validation.real("significance", self.significance, minimum=0.0, maximum=0.5, open_minimum=True)
        validation.real("entropy", self.entropy, minimum=0.0)
        for name in ("learning_rate", "max_gradient"):
            validation.real(name, getattr(self, name), minimum=0.0, open_minimum=True)
        validation.flag("normalise_advantages", self.normalise_advantages)

    def to_fields(self) -> dict[str, Any]:
        """As plain JSON data."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__} | {"net": self.net.to_fields()}


def construction_loss(logits: Any, action: Any, mask: Any, advantage: Any, constructions: int) -> Any:
    """What REINFORCE goes down: the sum over choices of advantage times log-probability, over the number of constructions.

    Parameters
    ----------
    logits : Tensor [choices, n]
        Of the policy, at all choices of all constructions.
    action : Tensor [choices]
        What was chosen.
    mask : Tensor [choices, n]
    advantage : Tensor [choices]
        Cost of the construction that the choice belongs to, less its baseline.
    constructions : int

    Returns
    -------
    Tensor

    Notes
    -----
    Over the policy's own draws the mean of its gradient is that of the mean cost, whatever baseline does not look at the draw.
    """
    logs = Categorical(logits.shape[-1]).log_prob(logits, action, mask)
    return (advantage * logs).sum() / constructions


def construct(policy: Policy, problem: Construction, instances: Arrays, generator: np.random.Generator | None = None) -> Array:
    """Costs of what a policy constructs, in NumPy.

    Parameters
    ----------
    policy : Policy
    problem : Construction
        It ends at the complete constructions, which it can then tell of.
    instances : mapping of ndarray
        Of ``problem.instances``.
    generator : numpy.random.Generator, optional
        With one, choices are drawn from the policy; without, the most probable one is made.

    Returns
    -------
    float64 array [instances]
    """
    partial = problem.begin(instances)
    while not partial.complete.all():
        partial = problem.extend(policy.act(partial.obs, partial.mask, generator is None, generator))
    return np.array(problem.cost(), np.float64)
