"""Traced numbers: run plain Python on ``a + b t`` and learn for which t the run would have gone the same way.

Every comparison of a traced number asks for the sign of some ``a + b t``, whose only root is ``-a / b``. A run at t is
therefore valid, comparison by comparison, until the nearest root that it met; there the next run begins. `sweep` cuts a whole
range of t into points and open pieces this way, and nothing between them is left unexamined. All arithmetic is exact.
"""

from __future__ import annotations

import numbers
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Generic, TypeVar

import numpy as np

T = TypeVar("T")
Exact = int | Fraction


class NotTraceableError(TypeError):
    """A traced number was asked for something that is not affine in t, or for a float: the code cannot be traced."""


def exact(value: Any) -> Exact:
    """A number as an exact rational: floats are dyadic fractions, so nothing is lost. Raises NotTraceableError for others."""
    if isinstance(value, Fraction):
        return value
    if isinstance(value, numbers.Integral | np.bool_ | bool):
        return int(value)
    if isinstance(value, float | np.floating) and np.isfinite(value):
        return Fraction(float(value))
    raise NotTraceableError(f"traced numbers meet finite real numbers only; got {value!r}")


class Tracer:
    """Where t stands: at ``point`` (side 0), or just right (+1) or left (-1) of it, and the nearest root on that side."""

    __slots__ = ("nearest", "point", "side")

    def __init__(self, point: Exact, side: int) -> None:
        self.point, self.side = point, side
        self.nearest: Exact | None = None

    def sign(self, a: Exact, b: Exact) -> int:
        """The sign of a + b t, here; its root is remembered."""
        if b == 0:
            return (a > 0) - (a < 0)
        here = a + b * self.point
        if self.side == 0:
            return (here > 0) - (here < 0)
        if here == 0:
            return self.side if b > 0 else -self.side
        root = Fraction(-a) / b
        if self.side > 0:
            if root > self.point and (self.nearest is None or root < self.nearest):
                self.nearest = root
        elif root < self.point and (self.nearest is None or root > self.nearest):
            self.nearest = root
        return 1 if here > 0 else -1


class Traced(numbers.Number):
    """The number ``a + b t``. Adds, subtracts, is multiplied and divided by constants, and compares; nothing else."""

    __slots__ = ("a", "b", "tracer")
    __array_ufunc__ = None  # NumPy scalars leave arithmetic and comparisons to us
    __hash__ = None  # type: ignore[assignment]  # equality depends on t

    def __init__(self, a: Exact, b: Exact, tracer: Tracer) -> None:
        self.a, self.b, self.tracer = a, b, tracer

    def __repr__(self) -> str:
        return f"Traced({self.a} + {self.b} t)"

    def _other(self, other: Any) -> tuple[Exact, Exact]:
        return (other.a, other.b) if isinstance(other, Traced) else (exact(other), 0)

    def __add__(self, other: Any) -> Traced:
        a, b = self._other(other)
        return Traced(self.a + a, self.b + b, self.tracer)

    __radd__ = __add__

    def __sub__(self, other: Any) -> Traced:
        a, b = self._other(other)
        return Traced(self.a - a, self.b - b, self.tracer)

    def __rsub__(self, other: Any) -> Traced:
        a, b = self._other(other)
        return Traced(a - self.a, b - self.b, self.tracer)

    def __neg__(self) -> Traced:
        return Traced(-self.a, -self.b, self.tracer)

    def __pos__(self) -> Traced:
        return self

    def __abs__(self) -> Traced:
        return -self if self < 0 else self

    def __mul__(self, other: Any) -> Traced:
        a, b = self._other(other)
        if self.b != 0 and b != 0:
            raise NotTraceableError("a product of two reports is not affine in one of them")
        return Traced(self.a * a, self.a * b + self.b * a, self.tracer)

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> Traced:
        a, b = self._other(other)
        if b != 0:
            raise NotTraceableError("a division by a report is not affine in it")
        return Traced(Fraction(self.a) / a, Fraction(self.b) / a, self.tracer)

    def __rtruediv__(self, other: Any) -> Traced:
        if self.b != 0:
            raise NotTraceableError("a division by a report is not affine in it")
        a, b = self._other(other)
        return Traced(Fraction(a) / self.a, Fraction(b) / self.a, self.tracer)

    def _sign(self, other: Any) -> int:
        a, b = self._other(other)
        return self.tracer.sign(self.a - a, self.b - b)

    def __lt__(self, other: Any) -> bool:
        return self._sign(other) < 0

    def __le__(self, other: Any) -> bool:
        return self._sign(other) <= 0

    def __gt__(self, other: Any) -> bool:
        return self._sign(other) > 0

    def __ge__(self, other: Any) -> bool:
        return self._sign(other) >= 0

    def __eq__(self, other: object) -> bool:
        return isinstance(other, numbers.Number | np.number) and self._sign(other) == 0

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __bool__(self) -> bool:
        return self.tracer.sign(self.a, self.b) != 0

    def _refuse(self, *_: Any) -> Any:
        raise NotTraceableError("a float or an integer was asked of a traced number: the code cannot be traced")

    __float__ = __int__ = __index__ = __round__ = __floor__ = __ceil__ = __complex__ = __pow__ = __rpow__ = _refuse
    __mod__ = __rmod__ = __floordiv__ = __rfloordiv__ = _refuse


@dataclass(frozen=True)
class Place(Generic[T]):
    """A point (lower == upper) or the open piece (lower, upper) of t on which a function's run does not change; upper None: no
    end. answer: what it returned there, traced numbers inside."""

    lower: Exact
    upper: Exact | None
    answer: T

    @property
    def is_point(self) -> bool:
        """A single value of t?"""
        return self.upper is not None and self.lower == self.upper

    def inside(self) -> Exact:
        """Some t of the place: the point, the middle of the piece, or one beyond where it has no end."""
        if self.upper is None:
            return self.lower + 1
        return (self.lower + self.upper) / Fraction(2)


def affine(value: Any) -> tuple[Exact, Exact]:
    """(a, b) of a traced number a + b t, or (value, 0) of a constant."""
    return (value.a, value.b) if isinstance(value, Traced) else (exact(value), 0)


def at(value: Any, t: Exact) -> Exact:
    """A traced number, or a constant, at t."""
    a, b = affine(value)
    return a + b * t


def sweep(function: Callable[[Traced], T], low: Any, high: Any = None) -> Iterator[Place[T]]:
    """All places of ``function`` from `low` upwards to `high` (None: without end): point, piece, point, ... in order.

    The function must depend on its argument alone. Raises NotTraceableError where it leaves the affine world.
    """
    point, end = exact(low), None if high is None else exact(high)
    while True:
        tracer = Tracer(point, 0)
        yield Place(point, point, function(Traced(0, 1, tracer)))
        if end is not None and point >= end:
            return
        tracer = Tracer(point, 1)
        answer = function(Traced(0, 1, tracer))
        upper = tracer.nearest
        if end is not None and (upper is None or upper > end):
            upper = end
        yield Place(point, upper, answer)
        if upper is None:
            return
        point = upper


def boundary_below(wins: Callable[[Any], bool], start: Any, low: Any) -> Exact:
    """The lower end of the stretch of winning t that ends at `start` (where it wins), not below `low`.

    Exact; walks downwards from root to root, and stops at the first t that loses.
    """
    point, end = exact(start), exact(low)
    while point > end:
        tracer = Tracer(point, -1)
        if not wins(Traced(0, 1, tracer)):
            return point
        if tracer.nearest is None or tracer.nearest <= end:
            return end
        point = tracer.nearest
        if not wins(Traced(0, 1, Tracer(point, 0))):
            return point
    return end


def boundary_above(wins: Callable[[Any], bool], start: Any, high: Any = None) -> Exact | None:
    """The upper end of the stretch of winning t that begins at `start` (where it wins); None: it does not end before `high`."""
    for place in sweep(wins, start, high):
        if not place.answer:
            return place.lower
    return None
