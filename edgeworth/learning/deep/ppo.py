"""Proximal policy optimisation: its parameters, and its loss. `ppo_trainer` trains."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields
from typing import Any, ClassVar, Literal, NamedTuple

from edgeworth.core import validation
from edgeworth.learning.deep.heads import HEADS, Categorical, Head
from edgeworth.learning.deep.nets import ACTIVATIONS, Mlp, Net, net_of
from edgeworth.learning.deep.spaces import Spec
from edgeworth.learning.deep.torching import torch


@dataclass(frozen=True, kw_only=True)
class PPO:
    """Parameters of proximal policy optimisation with one policy for all agents; with ``critic="state"`` it is MAPPO.

    Parameters
    ----------
    rollout : int
        Steps of every copy between two updates.
    epochs : int
        Passes over what was gathered.
    minibatch : int
        Agent-steps of one gradient step; the last one of an epoch has what is left.
    learning_rate : float
    decay_steps : int
        Agent-steps within which the learning rate falls to 0 linearly; 0: it stays.
    credit : {"time", "task"}
        What a decision is credited with: the rewards from its step on, or what it was itself found to cost, later, by an
        environment that tells (see `Step`).
    discount, trace : float
        gamma and lambda of generalised advantage estimation, for ``credit="time"``.
    clip : float
        How far the ratio of probabilities may count, on both sides of 1.
    entropy, value : float
        Weights of entropy and of the critic's squared error in the loss.
    max_gradient : float
        Longest gradient.
    target_kl : float, optional
        An epoch that ends with a larger estimate of the divergence is the last one of its update.
    head : {"categorical", "beta", "squashed-gaussian", "gaussian"}, optional
        Default: "categorical" for numbered actions, "gaussian" for vectors. Beta distributions narrow slowly, as the deviation
        falls by the square root of the network's outputs, and so are worse where the best action is exact.
    hidden, activation
        Of both networks, as of `Mlp`.
    actor, critic_net : Net, optional
        In place of a perceptron: from an observation to the head's parameters, and from what the critic sees to one number.
    critic : {"obs", "state"}
        What the critic sees: the agent's observation, or the state of the whole copy.
    agent_id : bool
        Whether a one-hot vector of the agent's number follows its observation, so that agents may do different things.
    normalise_observations, normalise_rewards : bool
        In units of what was met so far: observations by mean and deviation, rewards by the deviation of the discounted return,
        or of what single decisions brought.
    normalise_advantages : bool
        Within every minibatch.

    Raises
    ------
    ValueError, TypeError
        For numbers out of range; at use, for heads and networks that do not fit the environment.

    Notes
    -----
    The loss is the mean of -min(r A, clip(r, 1 - c, 1 + c) A) - entropy H + value (V - target)^2 over a minibatch, r the ratio
    of the probabilities of an action now and when it was taken. Where actions are numbered, agents that are not ``active`` take
    their first open one, and their steps enter the critic's term only. Truncated episodes are worth V of the last observation,
    terminated ones nothing more.

    The defaults are not what ``edgeworth train`` uses, whose settings are each family's own: PPO for carbon-aware offloading
    has a learning rate of 1e-3 that falls to 0 over the steps, a discount of .94, a trace of .9, 10 epochs, minibatches of
    1,024, and observations and rewards normalised.

    With ``credit="task"`` only decisions are learnt from, those of agents that are active: R is minus the cost of the decision,
    A = R - V(o), the target R; nothing is discounted, and rewards enter the learning curve only. A decision enters the update
    that follows its settlement, with the observation, mask, action and probability of when it was taken. What it does to others
    counts as far as the environment's costs hold it. Minibatches are then of equal sizes, of at most ``minibatch``.

    References
    ----------
    Schulman et al. (2017), Proximal policy optimization algorithms, equation 7; Yu et al. (2022), The surprising effectiveness
    of PPO in cooperative multi-agent games.

    Examples
    --------
    >>> PPO(minibatch=256).name
    'ppo'
    """

    name: ClassVar[str] = "ppo"
    room: ClassVar[str] = "edgeworth.learning.deep.ppo_trainer:PPOTrainer"
    rollout: int = 64
    epochs: int = 4
    minibatch: int = 2048
    learning_rate: float = 3e-4
    decay_steps: int = 0
    credit: Literal["time", "task"] = "time"
    discount: float = 0.99
    trace: float = 0.95
    clip: float = 0.2
    entropy: float = 0.0
    value: float = 0.5
    max_gradient: float = 0.5
    target_kl: float | None = None
    head: str | None = None
    hidden: tuple[int, ...] = (64, 64)
    activation: str = "tanh"
    actor: Net | None = None
    critic_net: Net | None = None
    critic: Literal["obs", "state"] = "obs"
    agent_id: bool = False
    normalise_observations: bool = False
    normalise_rewards: bool = False
    normalise_advantages: bool = True

    def __post_init__(self) -> None:
        for name in ("rollout", "epochs", "minibatch"):
            validation.integer(name, getattr(self, name), minimum=1)
        validation.integer("decay_steps", self.decay_steps, minimum=0)
        for name in ("learning_rate", "clip", "max_gradient"):
            validation.real(name, getattr(self, name), minimum=0.0, open_minimum=True)
        for name in ("discount", "trace"):
            validation.real(name, getattr(self, name), minimum=0.0, maximum=1.0)
        for name in ("entropy", "value"):
            validation.real(name, getattr(self, name), minimum=0.0)
        if self.target_kl is not None:
            validation.real("target_kl", self.target_kl, minimum=0.0, open_minimum=True)
        if self.head is not None:
            validation.choice("head", self.head, list(HEADS))
        validation.choice("activation", self.activation, ACTIVATIONS)
        validation.choice("critic", self.critic, ("obs", "state"))
        validation.choice("credit", self.credit, ("time", "task"))
        for name in ("agent_id", "normalise_observations", "normalise_rewards", "normalise_advantages"):
            validation.flag(name, getattr(self, name))
        object.__setattr__(self, "hidden", tuple(self.hidden))

    def head_for(self, spec: Spec) -> Head:
        """The distribution of actions in an environment.

        Parameters
        ----------
        spec : Spec
        """
        action = spec.action
        kind = self.head or ("categorical" if action.n else "gaussian")
        if (kind == Categorical.kind) != (action.n > 0):
            validation.reject("head", f"must fit {'numbered actions' if action.n else 'vectors'}", kind)
        made: Any = HEADS[kind]
        head: Head = made(action.n or action.dim)
        return head

    def actor_for(self, spec: Spec) -> Net:
        """The network of the policy in an environment.

        Parameters
        ----------
        spec : Spec
        """
        if self.actor is not None:
            return self.actor
        inputs = spec.obs + (spec.agents if self.agent_id else 0)
        outputs = self.head_for(spec).size
        return Mlp(inputs=inputs, outputs=outputs, hidden=self.hidden, activation=self.activation)

    def critic_for(self, inputs: int) -> Net:
        """The network that estimates values.

        Parameters
        ----------
        inputs : int
            Length of what the critic sees.
        """
        if self.critic_net is not None:
            return self.critic_net
        return Mlp(inputs=inputs, outputs=1, hidden=self.hidden, activation=self.activation, gain=1.0)

    def to_fields(self) -> dict[str, Any]:
        """As plain JSON data."""
        found = asdict(self)
        for name in ("actor", "critic_net"):
            net = getattr(self, name)
            found[name] = None if net is None else net.to_fields()
        plain: dict[str, Any] = json.loads(json.dumps(found))
        return plain

    @classmethod
    def from_fields(cls, content: dict[str, Any]) -> PPO:
        """The inverse of `to_fields`.

        Parameters
        ----------
        content : dict
        """
        given = {each.name: content[each.name] for each in fields(cls)}
        given |= {name: None if given[name] is None else net_of(given[name]) for name in ("actor", "critic_net")}
        return cls(**given)


class Batch(NamedTuple):
    """Agent-steps of a minibatch: tensors with one row each. seen and target of all, the rest of those that are active."""

    obs: Any
    seen: Any
    action: Any
    log_prob: Any
    advantage: Any
    target: Any
    mask: Any = None


def policy_loss(params: PPO, head: Head, parameters: Any, batch: Batch) -> tuple[Any, Any]:
    """The policy's part of the loss of `PPO`, entropy included, and the logarithms of the ratios.

    Parameters
    ----------
    params : PPO
    head : Head
    parameters : Tensor [rows, head.size]
        Of the distributions now.
    batch : Batch

    Returns
    -------
    loss : Tensor
    log_ratio : Tensor [rows]
    """
    t = torch()
    advantage = batch.advantage
    if params.normalise_advantages and len(advantage) > 1:
        advantage = standardised(advantage)
    log_ratio = head.log_prob(parameters, batch.action, batch.mask) - batch.log_prob
    ratio = log_ratio.exp()
    gain = t.minimum(advantage * ratio, advantage * ratio.clamp(1.0 - params.clip, 1.0 + params.clip))
    if params.entropy > 0.0:
        gain = gain + params.entropy * head.entropy(parameters, batch.mask)
    return -mean_of(gain), log_ratio


def value_loss(values: Any, target: Any) -> Any:
    """Mean squared error of the critic.

    Parameters
    ----------
    values, target : Tensor [rows]
    """
    return (values - target).square().mean()


def mean_of(numbers: Any) -> Any:
    """The mean, of none 0."""
    return numbers.mean() if len(numbers) else numbers.sum()


def standardised(numbers: Any) -> Any:
    """Numbers less their mean, over their standard deviation."""
    std, mean = torch().std_mean(numbers)
    return (numbers - mean) / (std + 1e-8)
