"""Deep deterministic policy gradient and, by three switches, TD3: parameters. `ddpg_trainer` trains."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import Any, ClassVar, Literal

from edgeworth.core import validation
from edgeworth.learning.deep.heads import Deterministic
from edgeworth.learning.deep.nets import ACTIVATIONS, Mlp, Net, net_of
from edgeworth.learning.deep.spaces import Spec


@dataclass(frozen=True, kw_only=True)
class DDPG:
    """Parameters of deep deterministic policy gradient, for vectors as actions; one policy for all agents.

    Parameters
    ----------
    buffer : int
        Transitions of agents that are kept; the oldest are overwritten.
    warm_up : int
        Agent-steps of uniformly random actions at the beginning, before anything is learnt.
    every : int
        Steps of every copy between two bouts of learning.
    gradient_steps : int
        Gradient steps of a bout.
    minibatch : int
        Transitions of one gradient step, drawn uniformly.
    actor_rate, critic_rate : float
        Learning rates.
    discount : float
        gamma.
    tau : float
        Share by which the target networks follow in every update of theirs.
    noise : {"gaussian", "ou"}
        Exploration: white, or an Ornstein-Uhlenbeck process of every agent of every copy.
    scale : float
        Standard deviation of what is added to an action in a step, on the scale where the box is [-1, 1].
    pull : float
        theta of the Ornstein-Uhlenbeck process, in (0, 1].
    twin : bool
        First switch of TD3: two critics, and the smaller of their targets.
    delay : int
        Second: gradient steps of the critics for each of the actor and the targets.
    smoothing : float
        Third: standard deviation of the noise on the target's action, on the scale of [-1, 1], clipped at `smoothing_clip`.
    smoothing_clip : float
    max_gradient : float, optional
        Longest gradient; a longer one is scaled down.
    hidden, activation
        Of both networks, as of `Mlp`.
    actor : Net, optional
        In place of a perceptron: from an observation to one number for each dimension of the action.
    agent_id : bool
        Whether a one-hot vector of the agent's number follows its observation.
    normalise_observations : bool
        In units of mean and deviation of what was met so far.
    report : int
        Steps of every copy between two rows of figures.

    Raises
    ------
    ValueError, TypeError
        For numbers out of range; at use, for environments with numbered actions.

    Notes
    -----
    The critic's loss is the mean squared error of Q(s, a) against r + gamma Q'(s', mu'(s')), without the second term where the
    episode terminated; truncation cuts nothing. The actor climbs the mean of Q(s, mu(s)). Observations are stored as they come
    and normalised when they are drawn.

    The defaults are not what ``edgeworth train`` uses: in carbon-aware offloading the actor's rate is 3e-4, the discount .95,
    and a bout has 8 gradient steps, on normalised observations.

    References
    ----------
    Lillicrap et al., Continuous control with deep reinforcement learning, ICLR 2016, algorithm 1; Fujimoto, van Hoof and Meger,
    Addressing function approximation error in actor-critic methods, ICML 2018, algorithm 1.

    Examples
    --------
    >>> DDPG(minibatch=128).name
    'ddpg'
    """

    name: ClassVar[str] = "ddpg"
    room: ClassVar[str] = "edgeworth.learning.deep.ddpg_trainer:DDPGTrainer"
    buffer: int = 100_000
    warm_up: int = 1_000
    every: int = 1
    gradient_steps: int = 1
    minibatch: int = 256
    actor_rate: float = 1e-3
    critic_rate: float = 1e-3
    discount: float = 0.99
    tau: float = 0.005
    noise: Literal["gaussian", "ou"] = "gaussian"
    scale: float = 0.1
    pull: float = 0.15
    twin: bool = False
    delay: int = 1
    smoothing: float = 0.0
    smoothing_clip: float = 0.5
    max_gradient: float | None = None
    hidden: tuple[int, ...] = (64, 64)
    activation: str = "relu"
    actor: Net | None = None
    agent_id: bool = False
    normalise_observations: bool = False
    report: int = 64

    def __post_init__(self) -> None:
        for name in ("buffer", "every", "gradient_steps", "minibatch", "delay", "report"):
            validation.integer(name, getattr(self, name), minimum=1)
        validation.integer("warm_up", self.warm_up, minimum=1)
        for name in ("actor_rate", "critic_rate"):
            validation.real(name, getattr(self, name), minimum=0.0, open_minimum=True)
        validation.real("discount", self.discount, minimum=0.0, maximum=1.0)
        for name in ("tau", "pull"):
            validation.real(name, getattr(self, name), minimum=0.0, maximum=1.0, open_minimum=True)
        for name in ("scale", "smoothing", "smoothing_clip"):
            validation.real(name, getattr(self, name), minimum=0.0)
        if self.max_gradient is not None:
            validation.real("max_gradient", self.max_gradient, minimum=0.0, open_minimum=True)
        validation.choice("noise", self.noise, ("gaussian", "ou"))
        validation.choice("activation", self.activation, ACTIVATIONS)
        for name in ("twin", "agent_id", "normalise_observations"):
            validation.flag(name, getattr(self, name))
        object.__setattr__(self, "hidden", tuple(self.hidden))

    def head_for(self, spec: Spec) -> Deterministic:
        """The head of the policy in an environment.

        Parameters
        ----------
        spec : Spec
        """
        if not spec.action.dim:
            validation.reject("env", f"must have vectors as actions for {self.name}", f"{spec.action.n} numbered actions")
        return Deterministic(spec.action.dim)

    def nets_for(self, spec: Spec) -> dict[str, Net]:
        """The networks in an environment by name: the actor, and one critic or two.

        Parameters
        ----------
        spec : Spec
        """
        inputs, dim = spec.obs + (spec.agents if self.agent_id else 0), self.head_for(spec).dim
        actor = self.actor or Mlp(inputs=inputs, outputs=dim, hidden=self.hidden, activation=self.activation)
        critic = Mlp(inputs=inputs + dim, outputs=1, hidden=self.hidden, activation=self.activation, gain=1.0)
        return {"actor": actor, "critic": critic, **({"twin": critic} if self.twin else {})}

    def to_fields(self) -> dict[str, Any]:
        """As plain JSON data."""
        found = asdict(self)
        found["actor"] = None if self.actor is None else self.actor.to_fields()
        return {name: list(value) if isinstance(value, tuple) else value for name, value in found.items()}

    @classmethod
    def from_fields(cls, content: dict[str, Any]) -> DDPG:
        """The inverse of `to_fields`.

        Parameters
        ----------
        content : dict
        """
        given = {each.name: content[each.name] for each in fields(cls)}
        return cls(**{**given, "actor": None if given["actor"] is None else net_of(given["actor"])})


@dataclass(frozen=True, kw_only=True)
class TD3(DDPG):
    """`DDPG` with the three switches of TD3 as its authors set them; every parameter is that of `DDPG`.

    Parameters
    ----------
    twin, delay, smoothing
        See `DDPG`.

    References
    ----------
    Fujimoto, van Hoof and Meger, Addressing function approximation error in actor-critic methods, ICML 2018, algorithm 1.

    Examples
    --------
    >>> TD3().twin, TD3().delay
    (True, 2)
    """

    name: ClassVar[str] = "td3"
    twin: bool = True
    delay: int = 2
    smoothing: float = 0.2
