"""Traced numbers: signs, arithmetic, and sweeps that miss nothing."""

from __future__ import annotations

import copy
import functools
import math
import numbers as numbers_abc
import pickle
import statistics
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeworth.core.traced import (
    NotTraceableError,
    Traced,
    TracedFloat,
    Tracer,
    affine,
    at,
    boundary_above,
    boundary_below,
    sweep,
)

numbers = st.fractions(-5, 5, max_denominator=6)


@given(a=numbers, b=numbers, c=numbers, point=numbers)
def test_arithmetic_is_that_of_affine_functions(a: Fraction, b: Fraction, c: Fraction, point: Fraction) -> None:
    t = Traced(0, 1, Tracer(point, 0))
    x = a + b * t - c
    assert at(x, point) == a + b * point - c
    assert at(3 * x / 2, point) == 3 * (a + b * point - c) / 2
    assert at(c - x, point) == c - (a + b * point - c)
    assert (x < c) == (at(x, point) < c)
    assert (x == c) == (at(x, point) == c)
    assert at(abs(x), point) == abs(at(x, point))
    assert max(x, c) in (x, c)


@given(cuts=st.lists(st.integers(0, 9), max_size=6), start=st.integers(0, 9))
def test_a_sweep_finds_every_step(cuts: list[int], start: int) -> None:
    def rank(t: Any) -> int:
        return sum(1 for cut in cuts if t > cut) * 100 + sum(1 for cut in cuts if t >= cut)

    places = list(sweep(rank, start))
    assert places[0].lower == start
    assert places[-1].upper is None
    for one, two in pairwise(places):
        assert one.upper == two.lower
        assert one.is_point != two.is_point
    for place in places:
        assert place.answer == rank(place.inside())
        if place.upper is not None and not place.is_point:
            for share in (Fraction(1, 1000), Fraction(999, 1000)):
                assert rank(place.lower + share * (place.upper - place.lower)) == place.answer


def test_boundaries_from_both_sides() -> None:
    assert boundary_below(lambda t: t > 3, 10, 0) == 3
    assert boundary_below(lambda t: t >= 3, 10, 0) == 3
    assert boundary_below(lambda t: t > 3, 10, 5) == 5
    assert boundary_below(lambda t: t < 2 or t > 3, 10, 0) == 3
    assert boundary_above(lambda t: t < 3, 0) == 3
    assert boundary_above(lambda t: t <= 3, 0) == 3
    assert boundary_above(lambda t: t >= 0, 0) is None


def test_numpy_scalars_and_sorting_work() -> None:
    t = Traced(0, 1, Tracer(2, 0))
    assert np.float64(1.5) < t
    assert t < np.int64(3)
    assert [x if not isinstance(x, Traced) else "t" for x in sorted([3.0, t, 1.0])] == [1.0, "t", 3.0]
    assert affine(np.float64(0.5) + t) == (Fraction(1, 2), 1)


@pytest.mark.parametrize(
    "wrong",
    [
        *(float, int, round, hash, str, "{:.2f}".format, complex, divmod, math.floor, math.sqrt, math.isclose, pickle.dumps),
        *(lambda t: t * t, lambda t: 1 / t, lambda t: t**2, lambda t: 2**t, lambda t: t % 2, lambda t: 7 // t, lambda t: t / 0),
        *(lambda t: t.is_integer(), lambda t: hasattr(t, "hex"), lambda t: t in {1.0}, lambda t: math.fsum([t, 1.0])),
        *(lambda t: np.float64(t), lambda t: np.asarray([t], dtype=float), lambda t: np.full(2, t).astype(float)),
        *(lambda t: np.sqrt(np.full(2, t)), lambda t: np.round(np.full(2, t)), lambda t: np.zeros(1).__setitem__(0, t)),
        *(lambda t: statistics.mean([t, 1.0]), lambda t: Fraction(t), lambda t: t < Decimal(3)),
    ],
)
def test_what_is_not_affine_is_refused(wrong: Any) -> None:
    """By an exception that no ``except Exception`` stops, and for good."""
    if wrong in (divmod, math.isclose):
        wrong = functools.partial(wrong, 2.5)
    tracer = Tracer(2, 0)
    with pytest.raises(NotTraceableError):
        wrong(TracedFloat(0, 1, tracer, 1))
    assert tracer.refused
    assert not issubclass(NotTraceableError, Exception)


@pytest.mark.parametrize("handler", ["bare", "finally", "translated"])
def test_a_refusal_that_is_swallowed_comes_back(handler: str) -> None:
    def code(t: Any) -> float:
        if handler == "bare":
            try:
                return float(t)
            except:  # noqa: E722
                return 1.0
        if handler == "finally":
            try:
                float(t)
            finally:
                return 1.0  # noqa: B012
        try:
            return float(t)
        except BaseException as error:
            raise ValueError("cannot") from error

    with pytest.raises(NotTraceableError, match="leave out float"):
        list(sweep(code, 0))
    with pytest.raises(NotTraceableError):
        boundary_below(code, 5, 0)


def test_it_passes_for_a_float_where_that_can_be_traced() -> None:
    t = TracedFloat(0, 1, Tracer(2, 1), 1)
    assert isinstance(t, float)
    assert isinstance(t, np.floating)
    assert isinstance(t, numbers_abc.Real)
    assert t < float("inf")
    assert t > -np.inf
    assert not t < math.nan
    assert t != math.nan
    assert t != "x"
    assert t is not None
    assert t + math.inf == math.inf
    assert math.inf - t == math.inf
    assert t * -math.inf == -math.inf
    assert t / math.inf == 0.0
    assert copy.deepcopy([t])[0] is t
    assert copy.copy(t) is t
    assert (t - t) + 1 == 1
    assert float(t - t) == 0.0  # it has cancelled out: a constant
    with pytest.raises(TypeError):
        t < "x"  # noqa: B015


def reports(t: Any) -> Any:
    values = np.empty(4, dtype=object)
    values[:] = [np.float64(3.0), t, np.float64(1.0), np.float64(7.5)]
    return values


@pytest.mark.parametrize(
    "line",
    [
        *(np.sort, np.argsort, np.argmax, np.argmin, np.max, np.min, np.cumsum, np.sum, np.mean, np.median, np.diff, np.unique),
        *(np.count_nonzero, np.abs, np.sign, np.ptp, np.nanmax, sorted, max, min, sum),
        *(lambda r: np.argsort(-r, kind="stable"), lambda r: np.lexsort((np.arange(4), -r)), lambda r: np.partition(r, 2)[2]),
        *(
            lambda r: np.maximum(r, 2.5),
            lambda r: np.minimum(r, r[1]),
            lambda r: np.where(r > 2.5, r, 0.0),
            lambda r: r[r >= 3],
        ),
        *(lambda r: np.clip(r, 1.5, 3.0), lambda r: r @ np.arange(4.0), lambda r: np.maximum.accumulate(r), lambda r: r.max()),
        *(lambda r: np.searchsorted(np.sort(r), 2.0), lambda r: np.flatnonzero(r <= r.mean()), lambda r: r.max(initial=0.0)),
        *(
            lambda r: r[1] < np.array([1.0, 2.5]),
            lambda r: np.array([1.0, 3.0]) * r[1],
            lambda r: r.sum() - r,
            lambda r: r < np.inf,
        ),
        *(lambda r: np.concatenate([r, [2.0]]), lambda r: np.delete(r, 0), lambda r: r == 3.0, lambda r: np.any(r > 7)),
    ],
)
def test_plain_numpy_is_traced_as_on_floats(line: Any) -> None:
    """Every place of the sweep gives at every t what the same line makes of an array of floats."""
    places = list(sweep(lambda t: line(reports(TracedFloat(0, 1, t.tracer, 1))), 0))
    assert places[-1].upper is None
    for place in places:
        t = place.inside()
        expected = line(reports(np.float64(t)).astype(float))
        got = np.array([float(at(value, t)) for value in np.ravel(np.asarray(place.answer, dtype=object))])
        assert got == pytest.approx(np.ravel(np.asarray(expected, dtype=float)), abs=1e-12)
