"""Corrupted observations have the rates that were asked for, and nothing of the future."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from edgeworth.forecasting import Corruption

CLEAN = np.linspace(0.2, 0.8, 4000)
QUIET: dict[str, Any] = {"missing": 0.0, "noise": 0.0, "burst_rate": 0.0}


def only(**options: Any) -> Corruption:
    return Corruption(**{**QUIET, **options})


def test_missing_values_by_each_fill() -> None:
    none = only(missing=0.3, fill="none").corrupt(CLEAN, seed=1)
    gone = np.isnan(none)
    assert 0.27 < gone.mean() < 0.33
    assert not gone[0]
    assert np.array_equal(none[~gone], CLEAN[~gone])
    zero = only(missing=0.3, fill="zero").corrupt(CLEAN, seed=1)
    assert np.array_equal(zero, np.where(gone, 0.0, CLEAN))
    last = only(missing=0.3).corrupt(CLEAN, seed=1)
    held = CLEAN[0]
    for k in range(len(CLEAN)):
        held = held if gone[k] else CLEAN[k]
        assert last[k] == held


def test_noise_and_bursts_have_their_sizes() -> None:
    noise = only(noise=0.05).corrupt(CLEAN, seed=2) - CLEAN
    assert abs(noise.mean()) < 0.004
    assert noise.std() == pytest.approx(0.05, rel=0.05)
    bursts = only(burst_rate=0.04, burst_height=0.5).corrupt(CLEAN, seed=3) - CLEAN
    steps = np.abs(bursts) > 1e-9
    assert steps.mean() == pytest.approx(0.077, rel=0.2)  # 2 steps each on average, a few of them over others
    single = np.abs(bursts[steps])
    assert np.median(single) == pytest.approx(0.5)
    assert (bursts > 0.1).any()
    assert (bursts < -0.1).any()
    every = only(burst_rate=1.0, burst_height=0.1, burst_length=(1, 1)).corrupt(CLEAN, seed=3) - CLEAN
    assert np.abs(every) == pytest.approx(np.full(4000, 0.1))


@pytest.mark.parametrize("fill", ["last", "zero", "none"])
def test_nothing_of_the_future_and_the_same_by_seed(fill: Any) -> None:
    corruption = Corruption(fill=fill)
    whole = corruption.corrupt(CLEAN, seed=4)
    assert np.array_equal(whole[:500], corruption.corrupt(CLEAN[:500], seed=4), equal_nan=True)
    other = CLEAN.copy()
    other[500:] = 9.0
    assert np.array_equal(whole[:500], corruption.corrupt(other, seed=4)[:500], equal_nan=True)
    assert not np.array_equal(whole, corruption.corrupt(CLEAN, seed=5), equal_nan=True)
    assert CLEAN[0] == 0.2  # the input stays
    assert only().corrupt(CLEAN, seed=0).tolist() == CLEAN.tolist()
    for few in (0, 1, 2):
        assert len(corruption.corrupt(CLEAN[:few], seed=0)) == few


@pytest.mark.parametrize("fill", ["last", "zero", "none"])
def test_of_what_was_never_observed_nothing_is_made(fill: Any) -> None:
    """A gap stays one, and is not what is held when the next observation goes missing."""
    holes = CLEAN + 5.0
    holes[::3] = np.nan
    found = only(missing=0.5, fill=fill).corrupt(holes, seed=0)
    assert np.isnan(found[::3]).all()
    assert set(found[~np.isnan(found)]) <= {0.0, *holes[~np.isnan(holes)]}
    plain = only(missing=0.5, fill=fill).corrupt(CLEAN, seed=0)
    kept = plain == CLEAN
    kept[::3] = False
    assert np.array_equal(found[kept], holes[kept])


@pytest.mark.parametrize("seed", [-1, True, "a", None, (0, 0.5)])
def test_seeds_that_are_none(seed: Any) -> None:
    with pytest.raises((ValueError, TypeError), match="seed: must be"):
        Corruption().corrupt(CLEAN, seed=seed)


@pytest.mark.parametrize(
    ("options", "rule"),
    [
        ({"burst_length": (1, 10**30)}, "burst_length: must be at most"),
        ({"missing": 1.0}, "missing: must be below 1"),
        ({"missing": -0.1}, "missing: must be at least 0"),
        ({"noise": -1.0}, "noise: must be at least 0"),
        ({"noise": float("nan")}, "noise: must be finite"),
        ({"burst_rate": 1.5}, "burst_rate: must be at most 1"),
        ({"burst_height": "1"}, "burst_height: must be a real number"),
        ({"burst_length": (0, 3)}, "burst_length: must be at least 1"),
        ({"burst_length": (3, 1)}, "burst_length: must be at least 3"),
        ({"burst_length": 2}, "burst_length: must be a pair"),
        ({"fill": "mean"}, "fill: must be one of last, zero, none"),
    ],
)
def test_what_is_refused(options: dict[str, Any], rule: str) -> None:
    with pytest.raises((ValueError, TypeError), match=rule):
        Corruption(**options)
