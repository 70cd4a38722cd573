"""What the frame knows of a problem family: its types, its methods, its model's functions, and how its answers are judged."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from functools import cached_property
from importlib import import_module
from os import PathLike
from typing import Any, Generic, Literal, Protocol, Self, TypeVar, runtime_checkable

import numpy as np

from edgeworth import _families
from edgeworth.core import validation
from edgeworth.core.arrays import Array, Arrays
from edgeworth.core.budget import Budget
from edgeworth.core.faces import ShownProblem
from edgeworth.core.method import Method
from edgeworth.core.numeric import Sense
from edgeworth.core.payload import Payload, fingerprint, write
from edgeworth.core.provenance import Provenance
from edgeworth.core.result import Result
from edgeworth.core.verdict import Verdict


class Stored(Protocol):
    """What can be made of plain fields and arrays, and read as them."""

    def to_payload(self) -> Payload: ...
    @classmethod
    def from_payload(cls, payload: Payload) -> Self: ...


@runtime_checkable
class Problem(Stored, Protocol):
    """What the frame asks of a problem dataclass.

    hash: canonical, of its content. sense: "max" or "min". integral: are all values of solutions whole numbers? offset: the
    constant part of all values, which relative gaps leave out. provenance: where it comes from.
    """

    @property
    def kind(self) -> str: ...
    @property
    def hash(self) -> str: ...
    @property
    def sense(self) -> Sense: ...
    @property
    def integral(self) -> bool: ...
    @property
    def offset(self) -> float: ...
    @property
    def provenance(self) -> Provenance: ...


class ProblemData(ShownProblem):
    """What the problem dataclasses of all families have alike: how they are shown, pickled, hashed and written."""

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), tuple(getattr(self, item.name) for item in fields(self))  # type: ignore[arg-type]

    @cached_property
    def hash(self: Problem) -> str:
        """A canonical hash of everything but the provenance."""
        payload = self.to_payload()
        content = {name: item for name, item in payload.fields.items() if name != "provenance"}
        return fingerprint(self.kind, content, payload.arrays)

    def save(self: Problem, path: str | PathLike[str]) -> None:
        """Write to ``path`` (.json or .npz); `edgeworth.load` reads it back."""
        write(path, "problem", self.kind, self.to_payload(), self.hash)


P = TypeVar("P", bound=Problem)
S = TypeVar("S", bound=Stored)

Judge = Callable[[P, S, bool, Result[S] | None, Budget], tuple[dict[str, Verdict], float | None]]
"""``judge(problem, solution, claimed, result, budget)``: the verdicts on a solution, and its value by the model (None where it
cannot be valued). claimed: it is said to be an equilibrium (a bare solution always is). result: where it comes from, if any,
for certificates of a family's own; never for tolerances."""

Rebuild = Callable[[Any, Arrays, Budget], float]
"""Rebuilds a bound from a problem and a certificate's arrays.

Raises ValueError, TypeError or KeyError where they prove nothing, `BudgetEnded` where the budget does not suffice."""

Refute = Callable[[Any, Arrays, Budget], None]
"""Rebuilds the evidence that a problem has no solution; raises as `Rebuild` does where the arrays prove nothing."""

Coverage = Literal["all", "equilibria"]


@dataclass(frozen=True)
class Causality(Generic[P, S]):
    """How a family's policies can be held to the past and the present.

    Parameters
    ----------
    futures : callable
        ``futures(problem)`` yields pairs of a slot (where time is continuous: a time) and the problem with another course after
        what is known when the decision is made.
    decided : callable
        ``decided(solution, slot)``: the arrays of all decisions up to that slot.
    """

    futures: Callable[[P], Iterable[tuple[float, P]]]
    decided: Callable[[S, float], Sequence[Array]]


@dataclass(frozen=True, kw_only=True)
class Model(Generic[P, S]):
    """A problem family as solving and checking see it.

    Parameters
    ----------
    kind : str
        Its name in `_families.FAMILIES`.
    problem, solution : types
        Its frozen problem dataclass, and what its methods return.
    methods : tuple of Method
        Its method table.
    value : callable
        ``value(problem, solution) -> float``.
    violations : callable
        ``violations(problem, solution)``: the broken constraints, empty where the solution is feasible.
    measures : callable
        ``measures(problem, solution)``: named numbers for tables.
    auto : callable
        ``auto(problem)``: the name of the method that "auto" stands for.
    judge : callable
        See `Judge`; of the family's check room.
    rebuild, infeasibility : mappings
        Certificate kind -> `Rebuild`, and -> `Refute`.
    examples : callable
        ``examples()``: tiny problems that between them reach what the family's methods and its checker can meet: every kind of
        constraint, ties, one and several of everything. They are solved in milliseconds; compiling kernels, contract tests
        and tables of documentation use them.
    covers : {"all", "equilibria"}
        What a bound of this family bounds: the value of every feasible solution, or of equilibria only (a profile that is
        none may be worth more).
    reply_value : callable, optional
        ``reply_value(problem, solution)``, of a family with a leader: the value of the leader's choice where the followers
        reply to it with their equilibrium, by code of the check room. A bound that covers equilibria only can be held against
        it even where the solution's followers are in none.
    from_array : callable, optional
        ``from_array(problem, array)``: a solution from plain numbers, as a user's own method may return them, and as `verify`
        takes them.
    causality : Causality, optional
        Of a family with methods of kind "policy", whose decisions may not depend on what comes later.
    play : str, optional
        ``module:name`` of ``play(policy, problem, run) -> Found``, which runs a `core.policy.TrainedPolicy` on a problem: what
        its agents would observe is shown to it, slot by slot, and what they do is the solution. It raises
        `core.policy.PolicyMismatchError` for a policy that was made for other observations or actions. Without it the family
        takes no trained policies as methods.
    warm : callable, optional
        ``warm(problem, solution)`` runs the kernels of the model that no method and no check of the examples reach, for
        `edgeworth compile`.
    """

    kind: str
    problem: type[P]
    solution: type[S]
    methods: tuple[Method, ...]
    value: Callable[[P, S], float]
    violations: Callable[[P, S], Sequence[object]]
    measures: Callable[[P, S], dict[str, float]]
    auto: Callable[[P], str]
    judge: Judge[P, S]
    examples: Callable[[], tuple[P, ...]]
    rebuild: Mapping[str, Rebuild] = field(default_factory=dict)
    infeasibility: Mapping[str, Refute] = field(default_factory=dict)
    covers: Coverage = "all"
    reply_value: Callable[[P, S], float] | None = None
    from_array: Callable[[P, Any], S] | None = None
    causality: Causality[P, S] | None = None
    play: str | None = None
    warm: Callable[[P, S], object] | None = None

    def method(self, name: str | PathLike[str]) -> Method:
        """The row of that name; a ValueError names all and the nearest, or says how a policy's file is read."""
        names = [row.name for row in self.methods]
        if name not in names and (isinstance(name, PathLike) or (isinstance(name, str) and name.lower().endswith(".npz"))):
            reads = f"or a trained policy, which edgeworth.learning.deep.load_policy({str(name)!r}) reads"
            none = f"and {self.kind} plays no trained policies; its methods are {', '.join(names)}"
            validation.reject("method", f"must be a method's name, {none if self.play is None else reads}", name)
        validation.choice("method", name, names)
        return next(row for row in self.methods if row.name == name)

    def solution_of(self, problem: P, given: Any, argument: str) -> Any:
        """What is given; where it is an array or a sequence of plain numbers, the solution that these make.

        Raises ValueError or TypeError, naming the argument, where they make none.
        """
        if self.from_array is None or not isinstance(given, np.ndarray | list | tuple):
            return given
        if isinstance(given, np.ndarray) and given.ndim == 0:
            validation.reject(
                argument, f"must hold the numbers of a {self.solution.__name__}, not one without a dimension", given
            )
        try:
            return self.from_array(problem, given)
        except (ValueError, TypeError) as error:
            kind = TypeError if isinstance(error, TypeError) else ValueError
            raise kind(f"{argument}: makes no {self.solution.__name__}: {error}") from error


def model(kind: str) -> Model[Any, Any]:
    """The family of that kind, imported on use."""
    validation.choice("kind", kind, list(_families.FAMILIES))
    found: Model[Any, Any] = import_module(_families.FAMILIES[kind]).FAMILY
    return found
