"""At which reports one agent of a rule trades: at a report, or at all of them, by derived breakpoints or by tracing."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from edgeworth.core.arrays import Floats
from edgeworth.core.traced import Interval, NotTraceableError, Number, Traced, cause, sweep
from edgeworth.mechanisms.double_auction.model import Agent, Market, NotApplicableError, TieError, quantity
from edgeworth.mechanisms.double_auction.rules import run
from edgeworth.mechanisms.double_auction.spec import Prepared
from edgeworth.mechanisms.double_auction.traced_market import TracedMarket

MOST_PIECES = 20_000
"""The most points and intervals of reports that the method ``exact`` looks at."""

Units: TypeAlias = Callable[[float], float]
"""A report to the units traded; NaN where a tie is refused and met."""


class ReportInterval(NamedTuple):
    """Reports on which the units do not change: a point, or an open interval with a report inside of it."""

    lower: float
    upper: float
    inside: float
    units: float


def units_of(known: Prepared[Any] | None, mechanism: Any, market: Market, agent: Agent) -> Units:
    """Of the cheapest view of the rule: its trades alone, its view of one agent, or all of it."""
    alone = None if known is None else known.units(market, agent)
    own = None if known is None or alone is not None else known.one_agent(market, agent)

    def whole(report: float) -> float:
        reported = market.reported(agent, report)
        outcome = run(mechanism, reported) if known is None else known.run(reported)
        return quantity(reported, outcome, agent)

    def at(report: float) -> float:
        try:
            if alone is not None:
                return alone(report)
            return whole(report) if own is None else own(report).units
        except TieError:
            return math.nan

    return at


def _traced(known: Prepared[Any] | None, mechanism: Any, market: Market, agent: Agent) -> Callable[[Traced], int | None]:
    """The same on traced numbers; None where a tie is refused and met."""
    alone: Callable[[Number], int] | None = None if known is None else known.units(market, agent)

    def at(report: Traced) -> int | None:
        try:
            if alone is not None:
                return alone(report)
            reported = TracedMarket.of(market, agent, report)
            return quantity(market, run(mechanism, reported) if known is None else known.run(reported), agent)
        except TieError:
            return None

    return at


def report_intervals(
    known: Prepared[Any] | None, mechanism: Any, market: Market, agent: Agent, units: Units, reports: list[float]
) -> list[ReportInterval]:
    """All reports >= 0 in order: by derived breakpoints, else by tracing, which these reports are held against."""
    points = None if known is None else known.breakpoints(market, agent)
    if points is not None:
        return list(_derived(points, units))
    units(float((market.bid if agent[0] == "buyer" else market.ask)[agent[1]]))  # what goes wrong on floats is said as it is
    found: list[ReportInterval] = []
    try:
        for number, interval in enumerate(sweep(_traced(known, mechanism, market, agent), 0)):
            if number >= MOST_PIECES:
                raise NotTraceableError(f"it has more than {MOST_PIECES} points and intervals of reports")
            found += _as_played(interval, units)
        lowers = [piece.lower for piece in found]
        for report in reports if known is None else ():
            piece = found[max(bisect_right(lowers, report) - 1, 0)]
            if piece.lower < report < piece.upper:
                _require_same(report, units(report), piece)
    except NotApplicableError:
        raise
    except (NotTraceableError, Exception) as error:
        raise ValueError(
            f"method: 'exact' needs a rule with derived breakpoints or plain Python that can be traced; this one is a black "
            f"box ({cause(error)}); use 'bisection'; got {known.spec.name if known else mechanism!r}"
        ) from error
    return found


def _derived(points: Floats, units: Units) -> Iterator[ReportInterval]:
    cuts = np.unique(np.concatenate([[0.0], points])).tolist()
    for low, high in zip(cuts, [*cuts[1:], math.inf], strict=True):
        yield ReportInterval(low, low, low, units(low))
        inside = (low + high) / 2.0 if high < math.inf else 2.0 * low + 1.0
        if low < inside < high:
            yield ReportInterval(low, high, inside, units(inside))


def _as_played(interval: Interval[int | None], units: Units) -> Iterator[ReportInterval]:
    """An interval of a traced run, held against the rule on a float; nothing where there is no float in it."""
    lower, upper = float(interval.lower), math.inf if interval.upper is None else float(interval.upper)
    inside = 2.0 * lower + 1.0 if interval.upper is None else float(interval.inside())
    if interval.is_point and inside != interval.lower:
        return
    if not interval.is_point and not lower < inside < upper:
        return
    really, traced = units(inside), math.nan if interval.answer is None else float(interval.answer)
    if not interval.is_point:  # at a point rounding may decide, and what the rule does is so
        _require_same(inside, really, ReportInterval(lower, upper, inside, traced))
    yield ReportInterval(lower, upper, inside, really)


def _require_same(report: float, really: float, piece: ReportInterval) -> None:
    """The rule trades at a report as it does all over the interval; rounding may decide beside its ends."""
    near = min(report - piece.lower, piece.upper - report) <= 1e-12 * report
    if (really > 0) != (piece.units > 0) and not near and really == really:
        text = f"on floats it does something else: at {report!r} it trades {really:g} units, not {piece.units:g}"
        raise NotTraceableError(text)
