"""What the frame knows of a trained policy: its name, what it was trained on, and how a family plays it on a problem."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection
from typing import TYPE_CHECKING, Any, Protocol

from edgeworth.core import validation
from edgeworth.core.lazy import resolve
from edgeworth.core.method import Method

if TYPE_CHECKING:
    from edgeworth.core.problem import Model

EVALUATION = 900_000
"""Seeds from this one on are for evaluation: training refuses them."""


class PolicyMismatchError(ValueError):
    """A trained policy observes or does something else than the agents of the problem it is to be played on."""


class TrainedPolicy(ABC):
    """The base of what ``solve`` and ``compare`` take as a method of kind "policy" that was trained.

    Attributes
    ----------
    name : str
        What tables call it.
    training_seeds : frozenset of int
        Seeds that its training drew from: problems of these seeds are refused.
    training_problems : frozenset of str
        Hashes of the problems it was trained on, where it was trained on given ones: they are refused, too.
    """

    name: str
    training_seeds: frozenset[int]
    training_problems: frozenset[str]

    @property
    @abstractmethod
    def digest(self) -> str:
        """What tells two policies of one name apart."""

    @property
    def __name__(self) -> str:
        return self.name

    def __call__(self, *args: Any) -> Any:
        """A policy is played by its problem's family; see `edgeworth.core.family.Family`."""
        raise TypeError(f"{self.name}: a policy is no function; give it as method= to solve or compare, or call its act")


class Trained(Protocol):
    """What was trained, and on what: as `TrainedPolicy` says."""

    @property
    def name(self) -> str: ...
    @property
    def training_seeds(self) -> Collection[int]: ...
    @property
    def training_problems(self) -> Collection[str]: ...


def training_seed(seed: object) -> int:
    """A seed that training may draw from: an integer below `EVALUATION`."""
    number = validation.integer("seed", seed, minimum=0)
    if number >= EVALUATION:
        validation.reject("seed", f"must be below {EVALUATION}: seeds from there on are for evaluation", number)
    return number


def refuse_trained_on(policy: Trained, problem: Any) -> None:
    """Refuse to judge a policy on what it was trained on: ValueError where the problem, or its seed, is among that.

    Parameters
    ----------
    policy : TrainedPolicy, or a mechanism that was trained
    problem : Problem
    """
    if policy.training_problems and problem.hash in policy.training_problems:  # a traced market has no hash
        validation.reject("method", "must not have been trained on the problem it is judged on", policy.name)
    seed = problem.provenance.seed
    if seed in policy.training_seeds:
        rule = f"must not have been trained on the seed of the problem it is judged on, {seed}"
        validation.reject("method", rule, policy.name)


def policy_row(fam: Model[Any, Any], policy: TrainedPolicy, problem: Any) -> tuple[Method, Callable[..., Any]]:
    """The method row of a trained policy and its function ``f(problem, params, run)``.

    Raises ValueError where the family plays no policies, and for problems that the policy was trained on.
    """
    if fam.play is None:
        validation.reject("method", f"must not be a trained policy: {fam.kind} says no way to play one", policy.name)
    refuse_trained_on(policy, problem)
    taken = any(each.name == policy.name for each in fam.methods)  # its results must not pass for the method's
    row = Method(
        name=f"{policy.name} (own)" if taken else policy.name,
        kind="policy",
        function="",
        exact=False,
        randomised=False,
        guarantee="none: a trained policy",
        reference="",
    )
    play = resolve(fam.play)

    def played(problem: Any, params: None, run: Any) -> Any:
        return play(policy, problem, run)

    return row, played
