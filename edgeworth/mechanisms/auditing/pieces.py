"""One agent's utility as a function of its report, over all reports: by derived breakpoints, or by tracing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from edgeworth.core.traced import NotTraceableError, affine, exact, sweep
from edgeworth.mechanisms.auditing.setting import Agent, Setting

MOST_PIECES = 20_000
"""Of one agent; beyond them an audit is ``partial``."""


@dataclass(frozen=True)
class Stretch:
    """A point (lower == upper) or an open piece of reports, and what the agent has of it.

    units there; the supremum of its utility, a report that comes close to that, and one in the middle; ``net``: money
    received less costs borne, its limits at the lower and the upper end (affine between them).
    """

    lower: float
    upper: float
    units: float
    supremum: float
    report: float
    inner: float
    net: tuple[float, float]


class IncompleteError(RuntimeError):
    """A derived breakpoint is missing: a rule and its derivation disagree. A fault of the library, never of a market."""


def derived(setting: Setting, mechanism: Any, market: Any, agent: Agent, dimension: str, points: Any) -> Iterator[Stretch]:
    """Run the rule itself at every derived breakpoint and at two reports inside every open piece.

    Money is affine inside a piece, so two reports give both one-sided limits.
    """

    at = setting.own_values(mechanism, market, agent, dimension)

    def net(units: float, utility: float) -> float:
        return utility - float(setting.own_gain(market, agent, dimension, int(units)))

    cuts = np.unique(np.concatenate([[0.0], np.asarray(points, dtype=np.float64)])).tolist()
    ends = [*cuts[1:], max(2.0 * cuts[-1], cuts[-1] + 3.0)]
    for low, high in zip(cuts, ends, strict=True):
        units, utility = at(low)
        if units == units:  # NaN: the mechanism refuses the tie here, and there is nothing to examine
            yield Stretch(low, low, units, utility, low, low, (net(units, utility),) * 2)
        one, two = low + (high - low) / 3.0, low + 2.0 * (high - low) / 3.0
        if not low < one < two < high or high - low <= 1e-13 * max(1.0, high):
            continue  # neighbouring floats, or two derived points that are one but for rounding
        (units, first), (again, second) = at(one), at(two)
        if units != again:
            raise IncompleteError(f"{agent} trades {units} at {one!r} and {again} at {two!r} with no breakpoint between them")
        slope = (second - first) / (two - one)
        best, where = max((2.0 * first - second, low + 1e-6 * (high - low)), (2.0 * second - first, high - 1e-6 * (high - low)))
        flat = abs(slope) * (high - low) <= 1e-12 * max(1.0, abs(first))
        middle = (low + high) / 2.0
        limits = (net(units, 2.0 * first - second), net(units, 2.0 * second - first))
        yield Stretch(low, high, units, best, middle if flat else where, middle, limits)


def traced(setting: Setting, mechanism: Any, market: Any, agent: Agent, dimension: str) -> Iterator[Stretch]:
    """Trace the mechanism; exact but for the final conversion to floats. Points that are no floats cannot be reported."""
    own = setting.own_function(mechanism, market, agent, dimension)

    def utility(answer: tuple[Any, Any, Any], t: Any) -> Any:
        units, money, cost = answer
        a, b = affine(money)
        return exact(setting.own_gain(market, agent, dimension, units)) + a + b * t - exact(cost)

    def net(answer: tuple[Any, Any, Any], there: Any) -> float:
        return float(there - exact(setting.own_gain(market, agent, dimension, answer[0])))

    for place in sweep(own, 0):
        low = place.lower
        if place.is_point:
            report = float(low)
            if Fraction(report) == low:
                here = utility(place.answer, low)
                yield Stretch(
                    report, report, float(place.answer[0]), float(here), report, report, (net(place.answer, here),) * 2
                )
            continue
        high = place.upper if place.upper is not None else 2 * low + 3
        middle = float((low + high) / Fraction(2))
        if not low < Fraction(middle) < high:
            continue
        slope = affine(place.answer[1])[1]
        ends = utility(place.answer, low), utility(place.answer, high)
        close = (low if slope < 0 else high) + (high - low) * Fraction(1 if slope < 0 else -1, 10**6)
        report = middle if slope == 0 or not low < Fraction(float(close)) < high else float(close)
        limits = (net(place.answer, ends[0]), net(place.answer, ends[1]))
        yield Stretch(float(low), float(high), float(place.answer[0]), float(max(ends)), report, middle, limits)


def stretches(setting: Setting, mechanism: Any, market: Any, agent: Agent, dimension: str) -> Iterator[Stretch]:
    """All stretches of reports of one agent in one dimension, in order.

    Raises ValueError, pointing to sampling, where neither derivation nor tracing reaches the mechanism.
    """
    points = setting.own_breakpoints(mechanism, market, agent, dimension)
    if points is not None:
        yield from derived(setting, mechanism, market, agent, dimension, points)
        return
    try:
        yield from traced(setting, mechanism, market, agent, dimension)
    except (NotTraceableError, TypeError, AttributeError) as error:
        raise ValueError(
            f"scope: 'exhaustive' needs a rule with derived breakpoints or plain Python that can be traced; this mechanism "
            f"is a black box ({error}); use Sampled(n, seed); got {mechanism!r}"
        ) from error
