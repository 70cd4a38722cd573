"""Traced numbers: signs, arithmetic, and sweeps that miss nothing."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeworth.core.traced import NotTraceableError, Traced, Tracer, affine, at, boundary_above, boundary_below, sweep

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
    "wrong", [float, int, round, hash, lambda t: t * t, lambda t: 1 / t, lambda t: t**2, lambda t: t % 2, lambda t: t + "x"]
)
def test_what_is_not_affine_is_refused(wrong: Any) -> None:
    with pytest.raises(TypeError):
        wrong(Traced(0, 1, Tracer(2, 0)))
    assert issubclass(NotTraceableError, TypeError)
