"""What a run found and why it stopped: two different things, kept in two fields."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, fields, is_dataclass, replace
from enum import StrEnum
from os import PathLike
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from edgeworth.core import payload, validation
from edgeworth.core.arrays import Array, Arrays
from edgeworth.core.display import html_table, one_line
from edgeworth.core.errors import FileFormatError, NoSolutionError
from edgeworth.core.numeric import Sense, relative_gap
from edgeworth.core.payload import Payload
from edgeworth.core.prose import paragraph

if TYPE_CHECKING:
    import pandas as pd

S = TypeVar("S")
E = TypeVar("E", bound=StrEnum)


class Quality(StrEnum):
    """What was found.

    OPTIMAL: a bound that the checker can rebuild closes the gap (relative 1e-9, or below 1 where all values are integers).
    CLAIMED_OPTIMAL: the gap is closed by a bound that is only somebody's word. INFEASIBLE: the checker can rebuild the
    evidence that no solution exists. CLAIMED_INFEASIBLE: somebody says so. EQUILIBRIUM: a method of that kind ended by proof or
    convergence; the checker judges it by the largest gain of a deviation. FEASIBLE: a solution without any of that. NONE: no
    solution, and no word on whether there is one.
    """

    OPTIMAL = "optimal"
    CLAIMED_OPTIMAL = "claimed optimal"
    EQUILIBRIUM = "equilibrium"
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
    arrays: Arrays

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

    def __reduce__(self) -> tuple[type[Certificate], tuple[str, dict[str, Array]]]:
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

    def __post_init__(self) -> None:
        for name in ("seconds", "compile_seconds"):
            validation.real(name, getattr(self, name), minimum=0.0)
        for name in ("iterations", "evaluations", "nodes"):
            validation.integer(name, getattr(self, name), minimum=0)


@dataclass(frozen=True)
class Trace:
    """How value and bound moved: arrays of one length; NaN where there was no value or bound yet."""

    seconds: NDArray[np.float64]
    iterations: NDArray[np.int64]
    value: NDArray[np.float64]
    bound: NDArray[np.float64]

    def to_frame(self) -> pd.DataFrame:
        """One row a point; ``attrs["units"]`` says what the columns are measured in."""
        import pandas as pd

        frame = pd.DataFrame({field.name: getattr(self, field.name) for field in fields(self)})
        money = "as the problem's values"
        frame.attrs["units"] = {"seconds": "s", "iterations": "as the method counts", "value": money, "bound": money}
        return frame


@dataclass(frozen=True, eq=False, repr=False)
class Result(Generic[S]):
    """The outcome of one run of one method on one problem.

    Two results are equal when their content is: `edgeworth.load` of a saved one gives an equal one.

    Attributes
    ----------
    kind, problem_hash : str
        Which problem it answers.
    method : str
        The method that was really used.
    solution : the family's solution, or None
    value, bound : float or None
        By the model, in the problem's own sense and terms.
    bound_evidence : BoundEvidence or None
        Who says that the bound, or the infeasibility, holds.
    certificate : Certificate or None
        From which the checker rebuilds it.
    sense : {"max", "min"}
    quality : Quality
        What was found.
    termination : Termination
        Why the run stopped.
    stats : Stats
        Seconds and counters.
    trace : Trace or None
        How value and bound moved, where that was asked for.
    params : parameter object of the method, or None
    seed : int, str or None
        What repeats the run (`edgeworth.core.seeds`).
    version : str
        The library's.
    notes : tuple of str
        What a user must know: an incumbent that was repaired, a bound that was rounded.
    offset : float
        The constant part of every value of the problem, which gaps leave out.

    Raises
    ------
    ValueError, TypeError
        Where a field is not of its kind: value and bound are finite numbers or None, the enumerations are members or their
        exact texts.
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

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Result):
            return NotImplemented
        if self is other:
            return True
        if (self.kind, self.problem_hash, self.value) != (other.kind, other.problem_hash, other.value):
            return False
        mine, theirs = (replace(each, params=None).to_payload() for each in (self, other))
        return (
            _plain_text(mine.fields) == _plain_text(theirs.fields)
            and _plain_text(_plain_params(self.params)) == _plain_text(_plain_params(other.params))
            and mine.arrays.keys() == theirs.arrays.keys()
            and all(_alike(values, theirs.arrays[name]) for name, values in mine.arrays.items())
        )

    def __hash__(self) -> int:
        return hash((self.kind, self.problem_hash, self.method, self.value, self.bound, self.termination))

    def __repr__(self) -> str:
        value, bound = ("none" if number is None else f"{number:.10g}" for number in (self.value, self.bound))
        state = f"{self.quality}, {self.termination} after {self.stats.seconds:.3g} s"
        return one_line(f"<Result of {self.method} for {self.kind}: value {value}, bound {bound}, {state}>")

    def _repr_html_(self) -> str:
        shown = {name: "" if item is None else item for name, item in self._row().items()}
        rows = [(name, f"{item:.10g}" if isinstance(item, float) else str(item)) for name, item in shown.items()]
        return html_table(("", ""), rows, self.summary())

    def summary(self) -> str:
        """What was found, how good it is, why the run stopped, and who vouches for what, in a paragraph.

        Examples
        --------
        >>> from edgeworth.solvers import allocation
        >>> problem = allocation.generate(servers=3, tasks=9, seed=0)
        >>> print(allocation.solve(problem, method="greedy").summary().partition(". ")[0].partition("of value")[0])
        The method greedy found a solution
        """
        return paragraph(self)

    def to_frame(self) -> pd.DataFrame:
        """The result as one row; ``attrs["units"]`` says what the numbers are measured in. Solutions and traces have
        ``to_frame`` of their own.
        """
        import pandas as pd

        frame = pd.DataFrame([self._row()])
        money = "as the problem's values"
        frame.attrs["units"] = {"value": money, "bound": money, "gap": "of the value", "seconds": "s", "compile_seconds": "s"}
        return frame

    def _row(self) -> dict[str, object]:
        names = ("kind", "problem_hash", "method", "seed", "value", "bound", "bound_evidence", "gap", "quality", "termination")
        row = {name: str(item) if isinstance(item := getattr(self, name), StrEnum) else item for name in names}
        return row | asdict(self.stats) | {"notes": "; ".join(self.notes)}

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
        payload.write(path, "result", self.kind, self.to_payload(), self.problem_hash)

    def to_payload(self) -> Payload:
        """Everything as plain fields and arrays."""
        names = ("problem_hash", "method", "value", "bound", "sense", "offset", "seed", "version")
        plain: dict[str, Any] = {name: getattr(self, name) for name in names}
        plain |= {name: None if (item := getattr(self, name)) is None else str(item) for name in _ENUMS}
        plain["stats"] = asdict(self.stats)
        plain["notes"] = list(self.notes)
        plain["params"] = _params_fields(self.params)
        arrays: dict[str, Array] = {}
        if self.solution is not None:
            inner = self.solution.to_payload()  # type: ignore[attr-defined]
            plain["solution"] = inner.fields
            arrays |= {f"solution.{name}": values for name, values in inner.arrays.items()}
        if self.certificate is not None:
            plain["certificate"] = self.certificate.kind
            arrays |= {f"certificate.{name}": values for name, values in self.certificate.arrays.items()}
        if self.trace is not None:
            plain["trace"] = len(self.trace.seconds)
            for name in ("seconds", "iterations", "value", "bound"):
                values = getattr(self.trace, name)
                arrays[f"trace.{name}"] = values
                if values.dtype.kind == "f":  # NaN means "none yet" here, and files hold no NaN
                    arrays[f"trace.{name}"] = np.where(np.isnan(values), 0.0, values)
                    arrays[f"trace.has_{name}"] = ~np.isnan(values)
        return Payload(plain, arrays)

    @classmethod
    def from_payload(
        cls, kind: str, data: Payload, solution: type[Any], params_type: Callable[[str], type[Any] | None]
    ) -> Result[Any]:
        """The result of a family's problem from its data.

        solution: the family's solution type. params_type: method -> its parameter dataclass, None where its parameters stay
        plain fields. Raises ValueError or TypeError for what is no result.
        """
        found = certificate = trace = None
        if "solution" in data.fields:
            found = solution.from_payload(Payload(data.fields["solution"], data.part("solution")))
        if "certificate" in data.fields:
            certificate = Certificate(data.fields["certificate"], data.part("certificate"))
        if "trace" in data.fields:
            parts = data.part("trace")
            if {values.shape for values in parts.values()} != {(data.fields["trace"],)}:
                raise FileFormatError("the trace's arrays differ in length")
            floats = {name: np.where(parts[f"has_{name}"], parts[name], np.nan) for name in ("seconds", "value", "bound")}
            trace = Trace(floats["seconds"], parts["iterations"], floats["value"], floats["bound"])
        for name in ("method", "problem_hash", "version", *(["certificate"] if "certificate" in data.fields else [])):
            if not isinstance(data.field(name), str):
                validation.reject_type(name, "must be text", data.field(name))
        wanted = params_type(data.field("method"))
        params = data.field("params")
        return cls(
            kind=kind,
            problem_hash=data.field("problem_hash"),
            method=data.field("method"),
            solution=found,
            value=data.field("value"),
            bound=data.field("bound"),
            bound_evidence=data.field("bound_evidence"),
            certificate=certificate,
            sense=data.field("sense"),
            quality=data.field("quality"),
            termination=data.field("termination"),
            stats=Stats(**data.field("stats")),
            trace=trace,
            params=params if params is None or wanted is None else wanted(**params),
            seed=data.field("seed"),
            version=data.field("version"),
            notes=tuple(data.field("notes")),
            offset=data.fields.get("offset", 0.0),
        )


_ENUMS = ("bound_evidence", "quality", "termination")


def _plain_text(fields: Any) -> str:
    """Fields as the text that a file would hold; what no file holds by its own text, arrays in full."""

    def written(item: Any) -> Any:
        return item.tolist() if isinstance(item, np.ndarray | np.generic) else repr(item)

    return json.dumps(fields, sort_keys=True, default=written)


def _plain_params(params: Any) -> Any:
    """Parameters as fields where they can be saved; a user's own method may be given anything."""
    return asdict(params) if is_dataclass(params) and not isinstance(params, type) else params


def _alike(one: Array, other: Array) -> bool:
    floats = one.dtype.kind == "f"
    return one.dtype == other.dtype and one.shape == other.shape and np.array_equal(one, other, equal_nan=floats)


def _params_fields(params: object) -> dict[str, object] | None:
    if params is None:
        return None
    if is_dataclass(params) and not isinstance(params, type):
        return asdict(params)
    if not isinstance(params, dict):
        validation.reject_type("params", "must be a dataclass to be saved", params)
    return params
