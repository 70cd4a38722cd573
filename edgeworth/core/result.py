"""What a run found and why it stopped: two different things, kept in two fields."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from os import PathLike
from types import MappingProxyType
from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from edgeworth.core import validation
from edgeworth.core.errors import NoSolutionError
from edgeworth.core.numeric import Sense, relative_gap

S = TypeVar("S")
E = TypeVar("E", bound=StrEnum)


class Quality(StrEnum):
    """What was found.

    OPTIMAL: a bound that the checker can rebuild closes the gap (relative 1e-9, or below 1 where all values are integers).
    CLAIMED_OPTIMAL: the gap is closed by a bound that is only somebody's word. INFEASIBLE: the checker can rebuild the
    evidence that no solution exists. CLAIMED_INFEASIBLE: somebody says so. FEASIBLE: a solution without such a bound. NONE:
    no solution, and no word on whether there is one.
    """

    OPTIMAL = "optimal"
    CLAIMED_OPTIMAL = "claimed optimal"
    FEASIBLE = "feasible"
    INFEASIBLE = "infeasible"
    CLAIMED_INFEASIBLE = "claimed infeasible"
    NONE = "none"


class Termination(StrEnum):
    """Why the run stopped.

    INTERRUPTED is Ctrl-C: the incumbent is kept, but a sweep knows that its user wants out. REFUSED: the method does not
    apply to this problem, as its note says; that proves nothing about the problem.
    """

    PROVED = "proved"
    CONVERGED = "converged"
    TIME = "time"
    ITERATIONS = "iterations"
    STALLED = "stalled"
    TARGET = "target"
    OBSERVER = "observer"
    INTERRUPTED = "interrupted"
    REFUSED = "refused"
    ERROR = "error"


class BoundEvidence(StrEnum):
    """Who says that the bound, or the infeasibility, holds: the checker, who rebuilds it from the certificate, or a method."""

    RECOMPUTED = "recomputed"
    CLAIMED = "claimed"


def as_enum(argument: str, value: object, kind: type[E]) -> E:
    """A member of an enumeration of texts, also from its exact text; anything else is refused."""
    if isinstance(value, kind):
        return value
    if type(value) is not str:
        validation.reject_type(argument, f"must be a {kind.__name__}", value)
    return kind(validation.choice(argument, value, [member.value for member in kind]))


def finite_or_none(argument: str, value: object) -> float | None:
    """None, or a finite real number as a plain float."""
    return None if value is None else validation.real(argument, value)


@dataclass(frozen=True)
class Certificate:
    """Data from which a checker rebuilds a bound: its kind (the problem's `check` lists them) and named arrays of numbers."""

    kind: str
    arrays: Mapping[str, NDArray[Any]]

    def __post_init__(self) -> None:
        if type(self.kind) is not str:
            validation.reject_type("kind", "must be a text", self.kind)
        frozen = {}
        for name, values in self.arrays.items():
            copy = np.array(values)
            if type(name) is not str or copy.dtype.kind not in "fiub":
                validation.reject_type("arrays", f"must map names to arrays of numbers, not {copy.dtype} at {name!r}", values)
            copy.setflags(write=False)
            frozen[name] = copy
        object.__setattr__(self, "arrays", MappingProxyType(frozen))

    def __reduce__(self) -> tuple[type[Certificate], tuple[str, dict[str, NDArray[Any]]]]:
        return type(self), (self.kind, dict(self.arrays))


@dataclass(frozen=True)
class Stats:
    """Counters of a run: wall-clock seconds, iterations and evaluations (as the method defines them), search-tree nodes.

    compile_seconds: what compiling or loading kernels took; `seconds` and every stop rule leave it out.
    """

    seconds: float = 0.0
    iterations: int = 0
    evaluations: int = 0
    nodes: int = 0
    compile_seconds: float = 0.0


@dataclass(frozen=True)
class Trace:
    """How value and bound moved: arrays of one length; NaN where there was no value or bound yet."""

    seconds: NDArray[np.float64]
    iterations: NDArray[np.int64]
    value: NDArray[np.float64]
    bound: NDArray[np.float64]


@dataclass(frozen=True)
class Result(Generic[S]):
    """The outcome of one run of one method on one problem.

    kind, problem_hash: which problem it answers. method: the one really used. params: its parameter object. seed: what
    repeats the run (`edgeworth.core.seeds`). version: the library's. notes: what a user must know (an incumbent that was
    repaired, a bound that was rounded). offset: the constant part of every value of the problem, which gaps leave out.

    Raises ValueError or TypeError where a field is not of its kind: value and bound are finite numbers or None, the
    enumerations are members or their exact texts.
    """

    kind: str
    problem_hash: str
    method: str
    solution: S | None
    value: float | None
    bound: float | None
    bound_evidence: BoundEvidence | None
    certificate: Certificate | None
    sense: Sense
    quality: Quality
    termination: Termination
    stats: Stats
    trace: Trace | None = None
    params: Any = None
    seed: int | str | None = None
    version: str = ""
    notes: tuple[str, ...] = field(default=())
    offset: float = 0.0

    def __post_init__(self) -> None:
        store = object.__setattr__
        for name in ("value", "bound"):
            store(self, name, finite_or_none(name, getattr(self, name)))
        store(self, "offset", validation.real("offset", self.offset))
        store(self, "quality", as_enum("quality", self.quality, Quality))
        store(self, "termination", as_enum("termination", self.termination, Termination))
        if self.bound_evidence is not None:
            store(self, "bound_evidence", as_enum("bound_evidence", self.bound_evidence, BoundEvidence))
        validation.choice("sense", self.sense, ("max", "min"))
        if self.certificate is not None and not isinstance(self.certificate, Certificate):
            validation.reject_type("certificate", "must be a Certificate or None", self.certificate)

    @property
    def gap(self) -> float | None:
        """Signed relative gap between value and bound; negative means a bound on the wrong side. None without both."""
        if self.value is None or self.bound is None:
            return None
        return relative_gap(self.value, self.bound, self.sense, self.offset)

    def require(self) -> S:
        """The solution; raises `NoSolutionError`, saying why, when there is none."""
        if self.solution is None:
            why = "; ".join(self.notes) or "no note"
            raise NoSolutionError(
                f"{self.method} found no solution: quality {self.quality}, stopped by {self.termination} ({why})"
            )
        return self.solution

    def save(self, path: str | PathLike[str]) -> None:
        """Write to ``path`` (.json or .npz); `edgeworth.load` reads it back."""
        from edgeworth.core.io import save_result

        save_result(self, path)
