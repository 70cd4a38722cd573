"""One agent's utility as a function of its report, over all reports: by derived breakpoints, or by tracing."""

from __future__ import annotations

import math
import time
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Generic

import numpy as np
from numpy.typing import ArrayLike, NDArray

from edgeworth.core.audit_model import TOLERANCE, Agent, AuditModel, Dealings, Mechanism, P, S, TracedRule
from edgeworth.core.traced import Exact, Interval, NotTraceableError, Traced, affine, cause, exact, run, sweep
from edgeworth.mechanisms.auditing.determinism import Execution, executed, is_library, looks_around

MOST_PIECES = 20_000
"""Of one agent; beyond them an audit is ``partial``."""

SPOT_CHECKS = 24
"""So many reports of every agent, drawn anew, must give what the pieces say; a quarter of them for the rules here."""

ROUNDING = 4e-15
"""A rule may add a report to something and take it away again: so much of the report is rounding in its money, a unit."""

_NORMAL = float(np.finfo(np.float64).smallest_normal)
Values = Callable[[float], tuple[float, float]]


@dataclass(frozen=True)
class Piece:
    """A point (lower == upper) or an open interval of reports, and what the agent has of it.

    Attributes
    ----------
    lower, upper
        The ends; the last interval has none above (infinite).
    far
        The upper end, or a report that stands in for it where there is none.
    units
        What the agent trades there.
    supremum, report
        The supremum of its utility, and a report that comes close to it.
    inner
        A report in the middle.
    net
        Money received less costs borne: its limits at ``lower`` and at ``far``.
    slope
        By how much that moves with the report; it is affine all the way.
    exact
        True for exact arithmetic, False for floats.
    """

    lower: float
    upper: float
    far: float
    units: float
    supremum: float
    report: float
    inner: float
    net: tuple[float, float]
    slope: float = 0.0
    exact: bool = False

    def net_at(self, report: float) -> float:
        """Money received less costs borne at a report of the piece, from the end that is nearer."""
        if report - self.lower <= self.far - report:
            return self.net[0] + self.slope * (report - self.lower)
        return self.net[1] + self.slope * (report - self.far)


class IncompleteError(RuntimeError):
    """Raised where a derived breakpoint is missing: a rule and its derivation disagree.

    A fault of the library, or of a `RuleSpec`, never of a market.
    """


@dataclass
class Subject(Generic[P, S]):
    """One agent of one market under one mechanism, in one dimension of its report.

    Attributes
    ----------
    model : AuditModel
        What the auditor knows of the family.
    mechanism : callable or rule
        What is audited.
    market : the family's problem
        Its reports are the truth.
    agent, dimension
        Whose report varies, and in which dimension.
    noise : float
        The rule's own rounding of money; see `AuditModel.rounding`.
    """

    model: AuditModel[P, S]
    mechanism: Mechanism[P, S]
    market: P
    agent: Agent
    dimension: str
    noise: float = 0.0  # the rule's own rounding of money, see `AuditModel.rounding`

    def __post_init__(self) -> None:
        self.values: Values = self.model.values(self.market, self.mechanism, self.agent, self.dimension)
        self.truth = self.model.truth(self.market, self.agent, self.dimension)
        rng = np.random.default_rng(0)
        drawn = [self.draw_report(rng) for _ in range(9 if not self.truth else 0)]
        self.usual = self.truth or float(np.median([report for report in drawn if report > 0.0] or [1.0]))
        self.library = isinstance(self.mechanism, str) or is_library(getattr(self.mechanism, "__module__", None))

    def draw_report(self, rng: np.random.Generator) -> float:
        """A random report to try."""
        return self.model.draw_report(self.market, self.agent, self.dimension, rng)

    def breakpoints(self) -> NDArray[np.float64] | None:
        """The derived breakpoints; None where the mechanism has none."""
        return self.model.breakpoints(self.market, self.mechanism, self.agent, self.dimension)

    def worth(self, units: float) -> float:
        """What units are worth by the truth."""
        return float(self.model.worth(self.market, self.agent, units))

    def stake(self, units: float, utility: float) -> float:
        """See `AuditModel.stake`."""
        return self.model.stake(self.market, self.agent, units, utility)

    def point(self, report: float) -> list[Piece]:
        """A single report, by the mechanism itself; none where it refuses a tie."""
        units, utility = self.values(report)
        if units != units:
            return []
        net = utility - self.worth(units)
        return [Piece(report, report, report, units, utility, report, report, (net, net))]

    def beyond(self, last: float) -> float:
        """A report that stands for all above the last breakpoint."""
        return 2.0 * last + self.usual

    def agrees(self, report: float, units: float, utility: float) -> bool:
        """True where the mechanism itself gives these units and this utility, but for rounding, at a report."""
        really, got = self.values(report)
        if really != really:
            return True  # a tie refused: there is no outcome to differ
        scale = max(self.stake(units, utility), self.stake(really, got))
        rounding = 25.0 * (self.noise + ROUNDING * report * max(units, 1.0))
        return really == units and abs(got - utility) <= TOLERANCE * scale + rounding


def derived(subject: Subject[P, S], points: ArrayLike) -> Iterator[Piece]:
    """Run the rule itself at every derived breakpoint and at two reports inside every open piece.

    Money is affine inside a piece, so two reports give both one-sided limits. They lie near the lower end, where the digits
    are; wide pieces are tried at their upper end too, and the last one far out.
    """
    at = subject.values
    cuts = np.unique(np.concatenate([[0.0], np.asarray(points, dtype=np.float64)])).tolist()
    ends = [*cuts[1:], subject.beyond(cuts[-1])]
    for index, (low, high) in enumerate(zip(cuts, ends, strict=True)):
        yield from subject.point(low)
        last, width = index == len(cuts) - 1, high - low
        near = min(width, 2.0 * (low if low >= _NORMAL else subject.usual))  # floats below have no thirds
        one, two = low + near / 3.0, low + 2.0 * near / 3.0
        if not low < one < two < high or width <= 1e-13 * high:
            continue  # neighbouring floats, or two derived points that are one but for rounding
        (units, first), (again, second) = at(one), at(two)
        if units != again:
            raise IncompleteError(
                f"{subject.agent} trades {units} at {one!r} and {again} at {two!r} with no breakpoint between them"
            )
        tried = [1e3 * high, 1e6 * high] if last else [low + 0.9 * width] if near < width else []
        slope = (second - first) / (two - one)
        if tried:  # over a long way a slope has more digits, and rounding is none
            rise = at(tried[-1])[1] - second
            noise = TOLERANCE * subject.stake(units, second) + ROUNDING * tried[-1] * max(units, 1.0) + subject.noise
            slope = rise / (tried[-1] - two) if abs(rise) > noise else 0.0
        lower = 2.0 * first - second
        upper = 2.0 * second - first if near == width else second + slope * (high - two)
        flat = abs(slope) * width <= 1e-12 * subject.stake(units, first)
        best, where = max((lower, low + 1e-6 * near), (upper, high - 1e-6 * width))
        worth = subject.worth(units)
        middle = (low + high) / 2.0
        if last:
            best, where = _unbounded(subject, units, upper, slope, high) or (best, where)
        ending, net = math.inf if last else high, (lower - worth, upper - worth)
        piece = Piece(low, ending, high, units, best, middle if flat else where, middle, net, slope)
        for report in tried:
            if not subject.agrees(report, units, worth + piece.net_at(report)):
                raise IncompleteError(f"{subject.agent} has something else at {report!r} with no breakpoint before it")
        yield piece


def _unbounded(subject: Subject[P, S], units: float, utility: float, slope: float, far: float) -> tuple[float, float] | None:
    """Supremum and a report that shows it where utility rises without end beyond `far`; None where it does not."""
    if slope <= 0.0:
        return None
    wanted = 2.0 * (abs(utility) + subject.stake(units, utility) + 1e-300) / slope
    return math.inf, min(far + wanted, 1e300)


def traced(subject: Subject[P, S]) -> Iterator[Piece]:
    """Trace the mechanism, and play it on floats at every point and twice in every piece.

    A point is what the mechanism makes of that float; a piece is exact but for the final conversion to floats, and refused
    where the mechanism itself does otherwise. Points that are no floats cannot be reported.
    """
    own = subject.model.traced(subject.market, subject.mechanism, subject.agent, subject.dimension)
    watched = not subject.library
    if watched and (name := looks_around(subject.mechanism)) is not None:
        raise NotTraceableError(f"its code looks at who calls it ({name})")
    way = Execution(frozenset(), 0)
    known: set[int] = set()

    def function(t: Traced) -> Dealings | None:
        nonlocal way
        if not watched:
            return own(t)
        answer, way = executed(lambda: own(t))
        return answer

    for index, interval in enumerate(sweep(function, 0)):
        inside = _inside(interval, subject)
        if watched and inside is not None:
            _same_execution(subject, own, interval, inside, way, known)
        if inside is None:
            continue
        if interval.is_point or interval.answer is None:
            yield from subject.point(inside)
            continue
        found = _piece(subject, interval, interval.answer, index, inside)
        yield from found
        if watched:
            yield from _edges(subject, found)


def _edges(subject: Subject[P, S], found: Sequence[Piece]) -> Iterator[Piece]:
    """The floats next to the ends of a piece, where they do something else than the piece: points of their own.

    Where a rule compares sums, rounding widens a point to a window of floats, which begins beside it.
    """
    for piece in found:
        after, before = math.nextafter(piece.lower, math.inf), math.nextafter(piece.upper, 0.0)
        for report in [after] if math.isinf(piece.upper) else sorted({after, before}):
            if piece.lower < report < piece.upper and not _says(subject, piece, report):
                yield from subject.point(report)


def _same_execution(
    subject: Subject[P, S], own: TracedRule, interval: Interval[Dealings | None], report: float, way: Execution, known: set[int]
) -> None:
    """A rule must take on a float the way that it takes on a traced number: refused where it tells them apart.

    At a point, and in a piece as narrow as rounding, only the exceptions that it goes on from are compared. Where the ways
    differ both are executed once more, one after the other: the first of two runs may fill a cache. known: the ways that floats
    were seen to go; a question that tells the two apart lies on the way itself, so that one float for each is enough.
    """
    narrow = interval.is_point or (interval.upper is not None and interval.upper - interval.lower <= interval.upper / 10**12)
    if not way.met and (narrow or way.digest in known):
        return
    _, really = executed(lambda: subject.values(report))
    if way.met - really.met:
        raise NotTraceableError(f"it goes on after {', '.join(sorted(way.met - really.met))}, which no float raises")
    if narrow:
        return
    if way.digest == really.digest:
        known.add(way.digest)
        return
    (_, again), _ = run(lambda t: executed(lambda: own(t)), exact(report), 0)
    _, really = executed(lambda: subject.values(report))
    if again.digest == really.digest:
        known.add(again.digest)
    else:
        raise NotTraceableError("on floats its code goes another way than on traced numbers: it tells them apart")


def _inside(interval: Interval[Dealings | None], subject: Subject[P, S]) -> float | None:
    """A float in the interval: the point itself or the middle; None where there is none."""
    if interval.is_point:
        report = float(interval.lower)
        return report if report == interval.lower else None
    high = exact(subject.beyond(float(interval.lower))) if interval.upper is None else interval.upper
    middle = float((interval.lower + high) / Fraction(2))
    return middle if interval.lower < middle < high else None


def _piece(
    subject: Subject[P, S], interval: Interval[Dealings | None], answer: Dealings, index: int, middle: float
) -> list[Piece]:
    units, money, cost = answer
    a, b = affine(money)
    fixed = a - exact(cost)
    worth = exact(subject.model.worth(subject.market, subject.agent, units))
    low = interval.lower
    high = exact(subject.beyond(float(low))) if interval.upper is None else interval.upper

    def utility(t: float | Fraction) -> float:
        return float(worth + fixed + b * exact(t))

    # Two reports a piece, elsewhere in every piece, away from the ends by more than rounding moves them.
    turn = index * 0.618033988749895 % 1.0
    narrow = high - low <= high / 10**12
    reports = [middle]
    if not (narrow or subject.library):
        reports = [_between(low, high, 0.1 + 0.35 * turn), _between(low, high, 0.9 - 0.35 * turn)]
    if interval.upper is None:
        reports += [1e3 * reports[-1], 1e6 * reports[-1]]
    for report in reports:
        if not subject.agrees(report, float(units), utility(report)):
            if narrow:  # as narrow as rounding: what happens there is what the mechanism does there
                return subject.point(middle)
            really = subject.values(report)
            raise NotTraceableError(
                f"on floats it does something else: {subject.agent} reporting {report!r} trades {really[0]:g} with utility "
                f"{really[1]:.9g}, by its traced run {float(units):g} with {utility(report):.9g}; it tells them apart by type, "
                f"or rounds"
            )
    ends = (utility(low), utility(high))
    close = float((low if b < 0 else high) + (high - low) * Fraction(1 if b < 0 else -1, 10**6))
    best, where = max(ends), middle if b == 0 or not low < close < high else close
    if interval.upper is None:
        best, where = _unbounded(subject, float(units), ends[1], float(b), float(high)) or (best, where)
    upper = math.inf if interval.upper is None else float(high)
    net = (float(fixed + b * low), float(fixed + b * high))
    return [Piece(float(low), upper, float(high), float(units), best, where, middle, net, float(b), True)]


def _between(low: Exact, high: Exact, share: float) -> float:
    return float(low + (high - low) * Fraction(share))


def pieces_of(subject: Subject[P, S]) -> Iterator[Piece]:
    """All pieces of reports of one agent in one dimension, in order.

    Raises ValueError, pointing to sampling, where neither derivation nor tracing reaches the mechanism.
    """
    points = subject.breakpoints()
    if points is not None:
        yield from derived(subject, points)
        return
    try:
        yield from traced(subject)
    except (NotTraceableError, Exception) as error:
        raise not_traced(subject.mechanism, cause(error)) from error


def not_traced(mechanism: object, reason: str) -> ValueError:
    """What a mechanism gets that an exhaustive audit cannot reach."""
    return ValueError(
        f"scope: 'exhaustive' needs a rule with derived breakpoints or plain Python that can be traced; this mechanism "
        f"is a black box ({reason}); use Sampled(n, seed), or --sampled N; got {mechanism!r}"
    )


def spot_check(subject: Subject[P, S], found: Sequence[Piece], ends: float = math.inf) -> tuple[list[Piece], bool]:
    """Draw reports and compare what the mechanism does with what the pieces say. Raises ValueError or IncompleteError.

    Next to an end, where rounding decides which side a report is on, either side may be right, and what is neither (a tie that
    rounding moved) is returned as a point of its own. Says besides whether all were tried before `ends` (`time.perf_counter`).
    """
    if not found:
        return [], True
    points: list[Piece] = []
    rng = np.random.default_rng(0)
    lowers = [piece.lower for piece in found]
    for _ in range(SPOT_CHECKS // 4 if subject.library else SPOT_CHECKS):
        if time.perf_counter() > ends:
            return points, False
        report = subject.draw_report(rng)
        at = bisect_right(lowers, report) - 1
        near = found[max(at - 2, 0) : at + 3]
        inside = [p for p in near if (p.lower < report < p.upper) or p.lower == report == p.upper]
        close = [p for p in near if min(abs(report - p.lower), abs(report - p.upper)) <= 1e-12 * report]
        if report > found[-1].upper or not inside:
            continue  # a sweep that was cut, or a report between two neighbouring floats
        if any(_says(subject, piece, report) for piece in (*inside, *close)):
            continue
        if close:
            points += subject.point(report)
            continue
        text = f"{subject.agent} reporting {report!r} has {subject.values(report)}, not what was derived for that piece"
        if subject.breakpoints() is not None:
            raise IncompleteError(text)
        raise not_traced(subject.mechanism, text)
    return points, True


def _says(subject: Subject[P, S], piece: Piece, report: float) -> bool:
    return subject.agrees(report, piece.units, subject.worth(piece.units) + piece.net_at(report))
