"""A row of a problem's method table, and what a method function receives and returns."""

from __future__ import annotations

import importlib.util
import math
import numbers
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, Literal, TypeVar

from edgeworth.core import validation
from edgeworth.core.errors import MissingExtraError
from edgeworth.core.lazy import resolve
from edgeworth.core.result import BoundEvidence, Certificate, Termination, as_enum

S = TypeVar("S")

MethodKind = Literal["optimise", "bound", "equilibrium", "mechanism", "policy"]

FEATURES = ("start", "threads", "trace", "iterations", "stalled", "target", "gap")
"""What a method may support: arguments of ``solve`` and rules of `Stop`. Every method takes ``seconds`` and an observer."""


@dataclass(frozen=True)
class Found(Generic[S]):
    """What a method function returns; the frame adds the value, the quality and the record of the run.

    Parameters
    ----------
    solution : the family's solution, or None
        The best solution found.
    termination : Termination
        Why the method ended.
    bound : float, optional
        A bound on the values of what the family's bounds cover, in the problem's own sense and terms. An infinite one is none.
    evidence : BoundEvidence, optional
        RECOMPUTED where the checker can rebuild the bound, or the infeasibility, from the certificate. A bound without evidence
        is a claim.
    certificate : Certificate, optional
        The arrays that the checker rebuilds the bound from.
    infeasible : bool
        True, with no solution, says that none exists.
    iterations, evaluations, nodes : int
        Counters of the run, >= 0, as the method defines them.
    notes : tuple of str
        What a user must know.
    params : object, optional
        The parameters really used, where the method completes those it is given; they enter the result.

    Raises
    ------
    ValueError, TypeError
        Where a field is not of its kind, such as a bound that is NaN.
    """

    solution: S | None
    termination: Termination
    bound: float | None = None
    evidence: BoundEvidence | None = None
    certificate: Certificate | None = None
    infeasible: bool = False
    iterations: int = 0
    evaluations: int = 0
    nodes: int = 0
    notes: tuple[str, ...] = ()
    params: object = None

    def __post_init__(self) -> None:
        store = object.__setattr__
        store(self, "termination", as_enum("termination", self.termination, Termination))
        if self.bound is not None:  # an infinite bound is no bound; NaN is an error of the method
            bound: object = self.bound
            if isinstance(bound, bool) or not isinstance(bound, numbers.Real) or math.isnan(bound):
                validation.reject_type("bound", "must be a number or None", bound)
            store(self, "bound", float(bound) if math.isfinite(bound) else None)
        if self.evidence is not None:
            store(self, "evidence", as_enum("evidence", self.evidence, BoundEvidence))
        if self.certificate is not None and not isinstance(self.certificate, Certificate):
            validation.reject_type("certificate", "must be a Certificate or None", self.certificate)
        validation.flag("infeasible", self.infeasible)
        for name in ("iterations", "evaluations", "nodes"):
            store(self, name, validation.integer(name, getattr(self, name), minimum=0))
        if not isinstance(self.notes, tuple) or not all(isinstance(note, str) for note in self.notes):
            validation.reject_type("notes", "must be a tuple of texts", self.notes)


@dataclass(frozen=True)
class Method:
    """One row of a method table.

    Parameters
    ----------
    name : str
        What users type.
    kind : {"optimise", "bound", "equilibrium", "mechanism", "policy"}
        The contract that the method must pass.
    function, params : str
        ``module:name`` of the method function ``f(problem, params, run) -> Found`` and of its frozen parameter dataclass (None
        where there is none). They are imported on use, so that listing methods imports nothing heavy.
    exact : bool
        True where the method may claim an optimum.
    randomised : bool
        True where the answer depends on the seed.
    guarantee, reference : str
        One line each for people.
    supports : frozenset of str
        The arguments and stop rules that the method takes, of `FEATURES`.
    requires : (str, str), optional
        The module of an optional dependency, and the extra that installs it.
    kernels : bool
        True where the method runs compiled kernels, which `core.prepare` compiles or loads before its clock starts.
    version : int
        Raised when the method's answers change: studies then run it anew (`edgeworth.experiments.study`).
    """

    name: str
    kind: MethodKind
    function: str
    exact: bool
    randomised: bool
    guarantee: str
    reference: str
    params: str | None = None
    supports: frozenset[str] = frozenset()
    requires: tuple[str, str] | None = None
    kernels: bool = False
    version: int = 1

    def __post_init__(self) -> None:
        for feature in self.supports:
            validation.choice("supports", feature, FEATURES)

    def resolve(self) -> Callable[..., Found[S]]:
        """Import the function; a missing optional dependency raises `MissingExtraError`."""
        if self.requires is not None and importlib.util.find_spec(self.requires[0]) is None:
            raise MissingExtraError(f"method {self.name!r}", self.requires[1])
        function: Callable[..., Found[S]] = resolve(self.function)
        return function

    def params_type(self) -> type[Any] | None:
        """Import the parameter dataclass; None when the method has no parameters."""
        return None if self.params is None else resolve(self.params)
