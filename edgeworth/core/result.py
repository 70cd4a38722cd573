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

from edgeworth.core.errors import NoSolutionError
from edgeworth.core.numeric import Sense, relative_gap

S = TypeVar("S")


class Quality(StrEnum):
    """What was found. OPTIMAL only when a bound closes the gap (relative 1e-9, or below 1 where all values are integers)."""

    OPTIMAL = "optimal"
    FEASIBLE = "feasible"
    INFEASIBLE = "infeasible"
    NONE = "none"


class Termination(StrEnum):
    """Why the run stopped. INTERRUPTED is Ctrl-C: the incumbent is kept, but a sweep knows that its user wants out."""

    PROVED = "proved"
    CONVERGED = "converged"
    TIME = "time"
    ITERATIONS = "iterations"
    STALLED = "stalled"
    TARGET = "target"
    OBSERVER = "observer"
    INTERRUPTED = "interrupted"
    ERROR = "error"


class BoundEvidence(StrEnum):
    """Who says that the bound holds.

    recomputed: the checker rebuilds it from the certificate; two-solvers: two independent solvers agree; claimed: one
    solver's word.
    """

    RECOMPUTED = "recomputed"
    TWO_SOLVERS = "two-solvers"
    CLAIMED = "claimed"


@dataclass(frozen=True)
class Certificate:
    """Data from which a checker rebuilds a bound: its kind (the problem's `check` lists them) and named arrays."""

    kind: str
    arrays: Mapping[str, NDArray[Any]]

    def __post_init__(self) -> None:
        frozen = {}
        for name, values in self.arrays.items():
            copy = np.array(values)
            copy.setflags(write=False)
            frozen[name] = copy
        object.__setattr__(self, "arrays", MappingProxyType(frozen))

    def __reduce__(self) -> tuple[type[Certificate], tuple[str, dict[str, NDArray[Any]]]]:
        return type(self), (self.kind, dict(self.arrays))


@dataclass(frozen=True)
class Stats:
    """Counters of a run: wall-clock seconds, iterations and evaluations (as the method defines them), search-tree nodes."""

    seconds: float = 0.0
    iterations: int = 0
    evaluations: int = 0
    nodes: int = 0


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
    repaired, a bound that was rounded).
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

    @property
    def gap(self) -> float | None:
        """Signed relative gap between value and bound; negative means a bound on the wrong side. None without both."""
        if self.value is None or self.bound is None:
            return None
        return relative_gap(self.value, self.bound, self.sense)

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
