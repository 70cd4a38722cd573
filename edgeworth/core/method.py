"""A row of a problem's method table, and what a method function receives and returns."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Generic, Literal, TypeVar

from edgeworth.core import validation
from edgeworth.core.errors import MissingExtraError
from edgeworth.core.result import BoundEvidence, Certificate, Termination

S = TypeVar("S")

MethodKind = Literal["optimise", "bound", "equilibrium", "mechanism", "policy"]

FEATURES = ("start", "threads", "trace", "iterations", "stalled", "target", "gap")
"""What a method may support: arguments of ``solve`` and rules of `Stop`. Every method takes ``seconds`` and an observer."""


@dataclass(frozen=True)
class Found(Generic[S]):
    """What a method function returns; the frame adds the value, the quality and the record of the run.

    solution None with `infeasible` True claims that no solution exists. `bound` is in the problem's own sense and terms.
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


@dataclass(frozen=True)
class Method:
    """One row.

    name: what users type. kind: the contract it must pass. function, params: ``module:name`` strings, resolved on use, so
    that listing methods imports nothing heavy; the function is called ``f(problem, params, run) -> Found``. exact: may claim
    an optimum. randomised: depends on the seed. supports: see `FEATURES`. requires: a pair (importable module, extra) for
    optional dependencies. guarantee, reference: one line each for people.
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

    def __post_init__(self) -> None:
        for feature in self.supports:
            validation.choice("supports", feature, FEATURES)

    def resolve(self) -> Callable[..., Found[Any]]:
        """Import the function; a missing optional dependency raises `MissingExtraError`."""
        if self.requires is not None and importlib.util.find_spec(self.requires[0]) is None:
            raise MissingExtraError(f"method {self.name!r}", self.requires[1])
        function: Callable[..., Found[Any]] = _resolve(self.function)
        return function

    def params_type(self) -> type[Any] | None:
        """Import the parameter dataclass; None when the method has no parameters."""
        return None if self.params is None else _resolve(self.params)


def _resolve(path: str) -> Any:
    module, _, name = path.partition(":")
    return getattr(import_module(module), name)
