"""What a planted fault is, and the faults that results of every family can have."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from edgeworth.core.numeric import closes
from edgeworth.core.result import BoundEvidence, Quality, Result

Plant = Callable[[Any, Result[Any]], Result[Any] | None]

SHIFT = 1e-6
"""The relative error planted in values and bounds: small, and a thousand times the tolerance of the checkers."""


@dataclass(frozen=True)
class Fault:
    """name: of the fault; verdict: which verdict of the report must fail; plant: see the module's docstring."""

    name: str
    verdict: str
    plant: Plant

    def __call__(self, problem: Any, result: Result[Any]) -> Result[Any] | None:
        return self.plant(problem, result)


def shifted_value(problem: Any, result: Result[Any]) -> Result[Any] | None:
    """The value is off by 1e-6, relative, and the quality is no more than FEASIBLE."""
    if result.value is None:
        return None
    wrong = result.value + SHIFT * (abs(result.value - result.offset) or SHIFT)
    return replace(result, value=wrong, bound=None, bound_evidence=None, certificate=None, quality=Quality.FEASIBLE)


def shifted_bound(problem: Any, result: Result[Any]) -> Result[Any] | None:
    """The bound is tighter by 1e-6, relative: past what its certificate proves, or past a value that it met."""
    if result.bound is None:
        return None
    met = result.gap is not None and result.gap <= SHIFT / 10
    if result.bound_evidence is not BoundEvidence.RECOMPUTED and not met:
        return None  # a looser claim cannot be refuted
    step = SHIFT * (abs(result.bound - result.offset) or SHIFT)
    tight = result.bound - step if result.sense == "max" else result.bound + step
    return replace(result, bound=tight, quality=fitting_quality(problem, result, tight))


def missing_certificate(problem: Any, result: Result[Any]) -> Result[Any] | None:
    """The bound is said to be recomputed and there is nothing to recompute it from."""
    if result.bound_evidence is not BoundEvidence.RECOMPUTED:
        return None
    return replace(result, certificate=None)


def unproved_optimum(problem: Any, result: Result[Any]) -> Result[Any] | None:
    """OPTIMAL is claimed without a bound that closes the gap."""
    if result.value is None:
        return None
    return replace(result, quality=Quality.OPTIMAL, bound=None, bound_evidence=None, certificate=None)


def lost_solution(problem: Any, result: Result[Any]) -> Result[Any] | None:
    """FEASIBLE is claimed and there is no solution."""
    return replace(
        result, solution=None, value=None, bound=None, bound_evidence=None, certificate=None, quality=Quality.FEASIBLE
    )


def fitting_quality(problem: Any, result: Result[Any], bound: float) -> Quality:
    """The quality that goes with a bound, so that it is not a second fault."""
    if result.value is None:
        return result.quality
    if not closes(result.value, bound, result.sense, problem.integral, problem.offset):
        return Quality.FEASIBLE
    return Quality.OPTIMAL if result.bound_evidence is BoundEvidence.RECOMPUTED else Quality.CLAIMED_OPTIMAL


COMMON: tuple[Fault, ...] = (
    Fault("shifted value", "value", shifted_value),
    Fault("shifted bound", "bound", shifted_bound),
    Fault("missing certificate", "bound", missing_certificate),
    Fault("unproved optimum", "quality", unproved_optimum),
    Fault("lost solution", "quality", lost_solution),
)
"""Faults of results of any family."""
