"""The numerical words of the project: tolerances, the signed gap, when a bound proves an optimum."""

from __future__ import annotations

from typing import Literal

Sense = Literal["max", "min"]

FEASIBILITY_TOL = 1e-9
"""A row ``load <= limit`` holds when ``load <= limit + FEASIBILITY_TOL * |limit|``. One constant for all of the project."""

OPTIMALITY_TOL = 1e-9
"""A value is optimal when its signed relative gap to a valid bound is at most this."""

_WHOLE = 1.0 - 1e-6
"""Two integers closer than this are one; the rest is for what sums of floats may be wrong by."""


def relative_gap(value: float, bound: float, sense: Sense, offset: float = 0.0) -> float:
    """Signed gap between a value and a bound on it, relative to what is at stake in the value.

    Parameters
    ----------
    value, bound : float
        Of one problem, in its own terms.
    sense : {"max", "min"}
        "max": the bound should be above.
    offset : float
        The part of every value that no decision changes. It is at no stake: without it an offset of 1e12 would make
        everything optimal.

    Returns
    -------
    float
        ``(bound - value) / |value - offset|`` for max, its opposite for min; 0 where they are equal, and relative to
        ``|bound - offset|``, that is 1 or -1, where the value without offset is 0. A bound on the wrong side of the value
        shows as a negative gap. There is no absolute floor, so scaling all values changes nothing.

    Examples
    --------
    >>> relative_gap(50.0, 100.0, "max"), relative_gap(50.0, 100.0, "min")
    (1.0, -1.0)
    >>> relative_gap(0.0, 1e-30, "max"), relative_gap(1e12 + 80.0, 1e12 + 100.0, "max", offset=1e12)
    (1.0, 0.25)
    """
    difference = bound - value if sense == "max" else value - bound
    if difference == 0.0:
        return 0.0
    stake = abs(value - offset) or abs(bound - offset)
    return difference / stake


def closes(value: float, bound: float, sense: Sense, integral: bool, offset: float = 0.0) -> bool:
    """Whether the bound proves the value optimal.

    Parameters
    ----------
    value, bound : float
        Of one problem, in its own terms.
    sense : {"max", "min"}
    integral : bool
        Is every feasible value an integer? Then the bound must be less than 1 away, whatever the size of the values: a
        relative tolerance would let a difference of 1 in 1e9 pass.
    offset : float
        As in `relative_gap`.

    Returns
    -------
    bool
        True when the bound is on its side of the value (relative 1e-9) and near enough: less than 1 away where values are
        integers, else within a relative gap of 1e-9. A bound on the wrong side proves nothing: it is an error.
    """
    gap = relative_gap(value, bound, sense, offset)
    if not gap >= -OPTIMALITY_TOL:
        return False
    return abs(bound - value) < _WHOLE if integral else gap <= OPTIMALITY_TOL
