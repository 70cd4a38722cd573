"""What a planted fault is, and the faults that results of every family can have."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from edgeworth.core.arrays import Array
from edgeworth.core.numeric import closes
from edgeworth.core.problem import Problem, S
from edgeworth.core.result import BoundEvidence, Certificate, Quality, Result

Plant = Callable[[Any, Result[Any]], Result[Any] | None]

SHIFT = 1e-6
"""The relative error planted in values and bounds: small, and a thousand times the tolerance of the checkers."""


@dataclass(frozen=True)
class Fault:
    """A change of a result after which a verdict must fail.

    Attributes
    ----------
    name : str
        Of the fault.
    verdict : str
        Which verdict of the report must fail.
    plant : callable
        ``plant(problem, result)``: the result with the fault, or None where it cannot be planted in this one.
    """

    name: str
    verdict: str
    plant: Plant

    def __call__(self, problem: Problem, result: Result[S]) -> Result[S] | None:
        return self.plant(problem, result)


def shifted_value(problem: Problem, result: Result[S]) -> Result[S] | None:
    """The value is off by 1e-6, relative, and the quality is no more than FEASIBLE."""
    if result.value is None:
        return None
    wrong = result.value + _step(result, result.value)
    return replace(result, value=wrong, bound=None, bound_evidence=None, certificate=None, quality=Quality.FEASIBLE)


def shifted_bound(problem: Problem, result: Result[S]) -> Result[S] | None:
    """The bound is tighter by 1e-6, relative: past what its certificate proves, or past a value that it met."""
    if result.bound is None:
        return None
    met = result.gap is not None and result.gap <= SHIFT / 10
    if result.bound_evidence is not BoundEvidence.RECOMPUTED and not met:
        return None  # a looser claim cannot be refuted
    step = _step(result, result.bound)
    tight = result.bound - step if result.sense == "max" else result.bound + step
    return replace(result, bound=tight, quality=fitting_quality(problem, result, tight))


def _step(result: Result[S], number: float) -> float:
    """The relative shift of what is at stake in a number, and enough to change it in floating point."""
    return max(SHIFT * (abs(number - result.offset) or SHIFT), 4.0 * math.ulp(number))


def missing_certificate(problem: Problem, result: Result[S]) -> Result[S] | None:
    """The bound is said to be recomputed and there is nothing to recompute it from."""
    if result.bound_evidence is not BoundEvidence.RECOMPUTED:
        return None
    return replace(result, certificate=None)


def unproved_optimum(problem: Problem, result: Result[S]) -> Result[S] | None:
    """OPTIMAL is claimed without a bound that closes the gap."""
    if result.value is None:
        return None
    return replace(result, quality=Quality.OPTIMAL, bound=None, bound_evidence=None, certificate=None)


def lost_solution(problem: Problem, result: Result[S]) -> Result[S] | None:
    """FEASIBLE is claimed and there is no solution."""
    return replace(
        result, solution=None, value=None, bound=None, bound_evidence=None, certificate=None, quality=Quality.FEASIBLE
    )


def word_for_proof(problem: Problem, result: Result[S]) -> Result[S] | None:
    """OPTIMAL rests on a bound that equals the value and is nobody's but the method's."""
    if result.value is None:
        return None
    claimed = BoundEvidence.CLAIMED
    return replace(result, quality=Quality.OPTIMAL, bound=result.value, bound_evidence=claimed, certificate=None)


def word_for_infeasibility(problem: Problem, result: Result[S]) -> Result[S] | None:
    """INFEASIBLE is stated, and there is no evidence of it."""
    return replace(
        result, solution=None, value=None, bound=None, bound_evidence=None, certificate=None, quality=Quality.INFEASIBLE
    )


def foreign_offset(problem: Problem, result: Result[S]) -> Result[S] | None:
    """The result states a constant part of the values that the problem does not have, which makes every gap small."""
    return replace(result, offset=result.offset + 1e12)


def _altered(change: Callable[[Array], Array]) -> Plant:
    """The same bound from a certificate with all its arrays changed."""

    def plant(problem: Problem, result: Result[S]) -> Result[S] | None:
        if result.bound_evidence is not BoundEvidence.RECOMPUTED or result.certificate is None:
            return None
        arrays = {name: change(np.array(values)) for name, values in result.certificate.arrays.items()}
        if all(np.array_equal(values, result.certificate.arrays[name]) for name, values in arrays.items()):
            return None  # nothing to change: no arrays, or empty ones
        return replace(result, certificate=Certificate(result.certificate.kind, arrays))

    return plant


def fitting_quality(problem: Problem, result: Result[S], bound: float) -> Quality:
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
    Fault("word for proof", "quality", word_for_proof),
    Fault("word for infeasibility", "quality", word_for_infeasibility),
    Fault("foreign offset", "offset", foreign_offset),
    Fault("emptied certificate", "bound", _altered(lambda values: values.reshape(-1)[:0])),
    Fault("number for array", "bound", _altered(lambda values: np.array(1.0))),
)
"""Faults of results of any family."""
