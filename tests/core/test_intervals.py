"""Intervals of evidence, by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from edgeworth.core.intervals import crossed, interval


def test_intervals_by_hand() -> None:
    assert interval(np.array([1.0, 2.0, 3.0])) == pytest.approx((2.0, -0.4841, 4.4841), abs=1e-4)
    assert interval(np.array([1.5])) == (1.5, 1.5, 1.5)


def test_an_interval_over_seeds_and_episodes_by_hand() -> None:
    """Means of rows 1 and 3, of columns 1, 2 and 3: variances 2 / 2 and 1 / 3, one degree of freedom."""
    table = np.array([[0.0, 1.0, 2.0], [2.0, 3.0, 4.0]])
    half = 12.7062 * math.sqrt(2.0 / 2.0 + 1.0 / 3.0)
    assert crossed(table) == pytest.approx((2.0, 2.0 - half, 2.0 + half), abs=1e-3)
    assert crossed(table[:1]) == pytest.approx((1.0, 1.0 - 2.4841, 1.0 + 2.4841), abs=1e-4)
