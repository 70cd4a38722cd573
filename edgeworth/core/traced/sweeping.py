"""Runs on traced numbers, and whole ranges of t cut into points and intervals on which a run does not change."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Generic, TypeVar

from edgeworth.core.traced.number import RUNNING, Exact, NotTraceableError, Number, Traced, Tracer, exact

T = TypeVar("T")


@dataclass(frozen=True)
class Interval(Generic[T]):
    """A point (lower == upper) or an open interval (lower, upper) of t on which a function's run does not change.

    Attributes
    ----------
    lower, upper
        Its ends; upper None: it does not end.
    answer
        What the function returned there, traced numbers inside.
    """

    lower: Exact
    upper: Exact | None
    answer: T

    @property
    def is_point(self) -> bool:
        """True for a single value of t."""
        return self.upper is not None and self.lower == self.upper

    def inside(self) -> Exact:
        """Some t of it: the point, the middle of the interval, or one beyond where it has no end."""
        if self.upper is None:
            return self.lower + 1
        return (self.lower + self.upper) / Fraction(2)


def affine(value: Number) -> tuple[Exact, Exact]:
    """(a, b) of a traced number a + b t, or (value, 0) of a constant."""
    return (value.a, value.b) if isinstance(value, Traced) else (exact(value), 0)


def at(value: Number, t: Exact) -> Exact:
    """A traced number, or a constant, at t."""
    a, b = affine(value)
    return a + b * t


def run(function: Callable[[Traced], T], point: Exact, side: int) -> tuple[T, Tracer]:
    """One run at a point or beside it. Raises NotTraceableError where it was refused anything, whatever it made of that."""
    tracer = Tracer(point, side)
    RUNNING.tracers.append(tracer)
    try:
        answer = function(Traced(0, 1, tracer, 1))
    except Exception as error:
        if tracer.refused is not None:
            raise NotTraceableError(tracer.refused) from error
        raise
    finally:
        RUNNING.tracers.remove(tracer)
        tracer.close()
    if tracer.refused is not None:
        raise NotTraceableError(tracer.refused)
    return answer, tracer


def cause(error: BaseException) -> str:
    """Why a run could not be traced, in words of the code that was run: what NumPy says where a function of its own has no
    form for objects speaks of casting, which is not what was asked for.
    """
    text = " ".join(str(error).split())
    if isinstance(error, NotTraceableError):
        return text
    if isinstance(error, TypeError) and (text.startswith("ufunc '") or "from dtype('O')" in text):
        name = f"NumPy's {text.split(chr(39))[1]}" if text.startswith("ufunc '") else "a function of NumPy"
        return (
            f"{name} takes floats only, and met a report that is traced; compare, add and scale reports in plain Python, or by "
            f"functions of NumPy that do no more, such as where, sort, maximum and sum: {text}"
        )
    return f"{type(error).__name__} where a report is traced: {text}"


def sweep(
    function: Callable[[Traced], T], low: float | Fraction, high: float | Fraction | None = None
) -> Iterator[Interval[T]]:
    """All intervals of ``function`` from `low` upwards to `high` (None: without end): point, interval, point, ... in order.

    The function must depend on its argument alone. Raises NotTraceableError where it leaves the affine world. Costs two runs
    for every breakpoint.
    """
    point, end = exact(low), None if high is None else exact(high)
    while True:
        yield Interval(point, point, run(function, point, 0)[0])
        if end is not None and point >= end:
            return
        answer, tracer = run(function, point, 1)
        upper = tracer.nearest
        if end is not None and (upper is None or upper > end):
            upper = end
        yield Interval(point, upper, answer)
        if upper is None:
            return
        point = upper


def boundary_below(wins: Callable[[Traced], bool], start: Number, low: Number) -> Exact:
    """The lower end of the interval of winning t that ends at `start` (where it wins), not below `low`.

    Exact; walks downwards from root to root, and stops at the first t that loses.
    """
    point, end = exact(start), exact(low)
    while point > end:
        won, tracer = run(wins, point, -1)
        if not won:
            return point
        nearest = tracer.nearest
        if nearest is None or nearest <= end:
            return end
        point = nearest
        if not run(wins, point, 0)[0]:
            return point
    return end


def boundary_above(
    wins: Callable[[Traced], bool], start: float | Fraction, high: float | Fraction | None = None
) -> Exact | None:
    """The upper end of the interval of winning t that begins at `start` (where it wins); None: it has none below `high`."""
    for interval in sweep(wins, start, high):
        if not interval.answer:
            return interval.lower
    return None
