"""The numerical words of the project: tolerances, the signed gap, when a bound proves an optimum."""

from __future__ import annotations

from typing import Literal

Sense = Literal["max", "min"]

FEASIBILITY_TOL = 1e-9
"""A row ``load <= limit`` holds when ``load <= limit + FEASIBILITY_TOL * |limit|``. One constant for all of the project."""

OPTIMALITY_TOL = 1e-9
"""A value is optimal when its signed relative gap to a valid bound is at most this."""


def relative_gap(value: float, bound: float, sense: Sense) -> float:
    """Signed gap: ``(bound - value) / max(|value|, 1e-10)`` for max, ``(value - bound) / ...`` for min.

    A bound on the wrong side of the value shows as a negative gap.

    >>> relative_gap(99.0, 100.0, "max") > 0, relative_gap(99.0, 100.0, "min") < 0
    (True, True)
    """
    difference = bound - value if sense == "max" else value - bound
    return difference / max(abs(value), 1e-10)


def closes(value: float, bound: float, sense: Sense, integral: bool) -> bool:
    """Does the bound prove the value optimal?

    True when ``-OPTIMALITY_TOL <= gap <= OPTIMALITY_TOL``; where every feasible value is an integer (`integral`), when the
    bound is less than 1 away on the right side. A bound on the wrong side proves nothing: it is an error.
    """
    gap = relative_gap(value, bound, sense)
    if gap < -OPTIMALITY_TOL:
        return False
    return gap <= OPTIMALITY_TOL or (integral and abs(bound - value) < 1.0 - 1e-6)
