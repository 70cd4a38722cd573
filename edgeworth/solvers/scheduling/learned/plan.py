"""How policies are trained for scheduling: learners, environments, and those of a problem's own kind."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, get_args

from edgeworth.core import validation
from edgeworth.core.source import Option
from edgeworth.learning.deep.attention import Attention, Scorer
from edgeworth.learning.deep.learned import TrainingPlan
from edgeworth.learning.deep.ppo import PPO
from edgeworth.solvers.scheduling.env.observation import CANDIDATE, NODE, Observe
from edgeworth.solvers.scheduling.env.vector import VectorEnv, vector_env
from edgeworth.solvers.scheduling.market.rules import Market
from edgeworth.solvers.scheduling.model import Episode
from edgeworth.solvers.scheduling.model.problem import CHOICES, NUMBERS
from edgeworth.solvers.scheduling.sources import SOURCES

RATES = (0.05, 0.1, 0.15, 0.2, 0.25)
"""Loads of the mixture that is trained in by default: those of the paper's sweep, one copy after the other."""
TOKENS = ("off", "backed", "literal")
STEPS = 4_000_000
"""Agent-steps that the policies which come with the package were trained for."""
HORIZON = 90.0
"""Seconds of an episode that is trained in by default."""
OBSERVE: dict[str, Observe] = {"mappo": "own", "gnn-marl": "graph", "best": "market", "scorer": "candidates"}
EXCHANGE_RATE = 24_000.0
"""J that a power token counts in what "best" pays, as Table II prints it."""
_DEVICES = 640


def _ppo(steps: int, **changes: Any) -> PPO:
    """The setting that all share; it is ours."""
    given: dict[str, Any] = {
        "credit": "task", "minibatch": 512, "learning_rate": 1e-3, "decay_steps": steps, "normalise_rewards": True, **changes,
    }  # fmt: skip
    return PPO(**given)


def mappo(steps: int) -> PPO:
    """Proximal policy optimisation with one policy for all devices, told apart by their numbers, and a critic that sees all.

    Parameters
    ----------
    steps : int
        Agent-steps of training, over which the learning rate falls to 0.
    """
    return _ppo(steps, critic="state", agent_id=True)


def gnn_marl(steps: int) -> PPO:
    """The same with attention between devices as the policy's network.

    Parameters
    ----------
    steps : int
        As of `mappo`.
    """
    return _ppo(steps, critic="state", actor=Attention(features=len(NODE), edges=True, width=32, hidden=(32,)))


def best(steps: int) -> PPO:
    """The setting of `mappo`, which the market gives more to see and to pay.

    Parameters
    ----------
    steps : int
        As of `mappo`.
    """
    return mappo(steps)


def scorer(steps: int) -> PPO:
    """The same with a network that scores one candidate after the other, and a critic that sees what the policy does; ours.

    Parameters
    ----------
    steps : int
        As of `mappo`.
    """
    return _ppo(steps, actor=Scorer(features=len(CANDIDATE), activation="relu"))


def environment(
    method: str,
    copies: int,
    *,
    rate: float | Sequence[float] = RATES,
    horizon: float = HORIZON,
    observe: Observe | None = None,
    tokens: str | None = None,
    exchange_rate: float | None = None,
    **settings: Any,
) -> VectorEnv:
    """Where a policy is trained.

    Parameters
    ----------
    method : str
        It decides what devices observe, and "best" what they pay.
    copies : int
    rate : float or sequence of float
        Several: copy c plays the one at place c, from the first one again after the last one.
    horizon : float
    observe : str, optional
        In place of what the method observes.
    tokens : {"off", "backed", "literal"}, optional
        The economy of the token market. Default: backed for "best", off for others.
    exchange_rate : float, optional
        J that a power token counts in the costs. Default: 24,000 for "best", 0 for others.
    **settings
        Further arguments of `generate`.

    Notes
    -----
    A decision is credited with its task's cost and, where tasks do not share a processor, with an estimate of what the task
    costs others (`vector_env`, "costs").
    All copies have the same number of devices, as arrays have: loads are mixed, sizes are not. Networks that take any number
    are played on others as they are.
    """
    costs: Literal["own", "marginal"] = "own" if settings.get("service") == "sharing" else "marginal"
    economy = validation.choice("tokens", tokens or ("backed" if method == "best" else "off"), TOKENS)
    return vector_env(
        copies,
        observe=observe or OBSERVE[method],
        costs=costs,
        state=method != "scorer",
        rate=rate,
        horizon=horizon,
        market={"off": None, "backed": Market(), "literal": Market("literal")}[economy],
        exchange_rate=(EXCHANGE_RATE if method == "best" else 0.0) if exchange_rate is None else exchange_rate,
        **settings,
    )


def like(method: str, problem: Episode) -> VectorEnv:
    """Where a policy is trained for problems that `generate` makes with the arguments of this one.

    Parameters
    ----------
    method : str
    problem : Episode

    Returns
    -------
    VectorEnv
        Of as many devices as 64 copies of ten, or of one copy.

    Raises
    ------
    ValueError
        As of `arguments`.
    """
    return environment(method, max(1, _DEVICES // problem.devices), **arguments(problem))


def arguments(problem: Episode) -> dict[str, Any]:
    """The arguments of `generate` that a problem was generated with.

    Parameters
    ----------
    problem : Episode

    Raises
    ------
    ValueError
        For a problem that `generate` did not make, or made of a trace: no other episodes of its kind are known.
    """
    origin = problem.provenance
    if origin.source != "preset" or "trace" in origin.parameters:
        rule = "must be None for a problem that generate did not make, or made of a trace: there is nothing to draw others from"
        validation.reject("steps", rule, f"a problem from {origin.source} {origin.name}".strip())
    rules = {name: getattr(problem, name) for name in (*NUMBERS, *CHOICES)}
    given = {name: tuple(each) if isinstance(each, list) else each for name, each in origin.parameters.items()}  # from a file
    return {"preset": origin.name, **rules, **given}


_OWN = (
    Option("observe", "text", "what a device observes (default: by the method)", choices=get_args(Observe)),
    Option("tokens", "text", "economy of the token market, or off (default: backed for best)", choices=TOKENS),
    Option("exchange_rate", "float", "J that a power token counts in costs (default: 24000 for best, 0 for others)"),
    Option("rate", "float", "tasks a second and device (default: .05, .1, .15, .2 and .25 in turn)"),
    Option("horizon", "float", f"seconds in which tasks arrive (default: {HORIZON:g})"),
)

PLAN = TrainingPlan(
    learners={"mappo": mappo, "gnn-marl": gnn_marl, "best": best, "scorer": scorer},
    environment=environment,
    options=(
        *_OWN,
        *(
            each
            for source in SOURCES
            if source.reads is None
            for each in source.options
            if each.name not in ("trace", "fetch", "rate", "horizon")
        ),
    ),
    like=like,
)
