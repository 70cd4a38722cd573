"""Series of equal steps: how they are read, what becomes of gaps, windows of them, and a non-stationary series of our own."""

from __future__ import annotations

import math
import sys
from dataclasses import dataclass
from typing import Any

import numpy as np

from edgeworth.core import validation
from edgeworth.core.arrays import Array, Floats

LARGEST = 1e100
"""Values of a series are at most this large, so that their squares are numbers."""
GAPS = ("refuse", "last", "keep")
"""What becomes of missing values: they are refused; the last value before takes their place; they stay."""
_CONSTANT = 1e-12  # a spread below this share of the largest value is rounding
_MOST_MISSING = 10  # times as many steps as values: a longer series is a wrong index


@dataclass(frozen=True, eq=False)
class Series:
    """A series at equal steps.

    Parameters
    ----------
    values : float64 [steps]
        Finite, or NaN where gaps are kept.
    step : float, optional
        Seconds between two values, where an index said so.
    """

    values: Floats
    step: float | None = None


def read_series(series: Any, *, gaps: str = "refuse", argument: str = "series") -> Series:
    """A series as arrays.

    Parameters
    ----------
    series : array_like, or pandas.Series with a DatetimeIndex or PeriodIndex, or a slice of one without an index
        Real numbers, at most `LARGEST` in absolute value; NaN, and steps that the index leaves out, are gaps. An index of times
        must rise, and its steps must be whole multiples of the smallest; positions must be consecutive.
    gaps : {"refuse", "last", "keep"}
        What becomes of gaps: "last" puts the last value before into them, so that nothing of the future enters; a series that
        begins with a gap is refused then.
    argument : str
        Named in errors.

    Returns
    -------
    Series

    Raises
    ------
    ValueError, TypeError
        For anything else: text, booleans, tables, infinities, no values at all.

    Examples
    --------
    >>> read_series([1.0, float("nan"), 3.0], gaps="last").values.tolist()
    [1.0, 1.0, 3.0]
    """
    validation.choice("gaps", gaps, GAPS)
    values, places, step = series, None, None
    pandas = sys.modules.get("pandas")  # who has a Series has imported it
    if pandas is not None and isinstance(series, pandas.Series):
        if isinstance(series.index, pandas.DatetimeIndex | pandas.PeriodIndex):
            places, step = _places(series.index, argument)
        elif not _consecutive(series.index):
            rule = "must have an index of times, or of consecutive positions: other labels say nothing of the order"
            validation.reject_type(argument, rule, series.index.tolist()[:3])
        values = series.to_numpy()
        if values.dtype.kind == "O":  # nullable columns: what is missing is a gap
            found = series.dtype
            numeric = getattr(found, "numpy_dtype", None)
            if not isinstance(numeric, np.dtype) or numeric.kind not in "iuf":
                validation.reject_type(argument, f"must hold real numbers, not dtype {found}", series)
            values = series.to_numpy(np.float64, na_value=np.nan)
    found = _real(argument, values)
    if places is not None:
        whole = np.full(int(places[-1]) + 1, np.nan)
        whole[places] = found
        found = whole
    found = filled(found, gaps, argument)
    found.setflags(write=False)
    return Series(found, step)


def _real(argument: str, values: Any) -> Floats:
    """A fresh vector of numbers that are not too large; NaN may be among them."""
    validation.refuse_labels_and_masks(argument, values)
    try:
        raw = np.asarray(values)
    except (ValueError, TypeError) as error:
        raise ValueError(f"{argument}: must be one row of numbers; got {validation.shown(values)}") from error
    if raw.dtype.kind not in "iuf":
        validation.reject_type(argument, f"must hold real numbers, not dtype {raw.dtype}", values)
    if raw.ndim != 1:
        validation.reject(argument, "must have one dimension; several series are a list of them", raw)
    with np.errstate(invalid="ignore", over="ignore"):
        found = raw.astype(np.float64)
        wrong = np.flatnonzero(np.abs(found) > LARGEST)
    if wrong.size:
        rule = f"must be finite, at most {LARGEST:g} in absolute value"
        validation.reject(argument, f"{rule} (index {wrong[0]})", float(found[wrong[0]]))
    if not found.size or np.isnan(found).all():
        validation.reject(argument, "must hold values", values)
    return found


def _consecutive(index: Any) -> bool:
    """Whether an index holds positions one after the other, as a slice of a series without an index does."""
    return getattr(index.dtype, "kind", "O") in "iu" and validation.is_positions(index - index[:1].min())


def _places(index: Any, argument: str) -> tuple[Array, float]:
    """The step at which each value stands, and the length of a step in seconds."""
    stamps = index.to_timestamp() if hasattr(index, "to_timestamp") else index
    if stamps.hasnans:
        validation.reject(argument, "must have no missing times in its index", validation.shown(stamps))
    if len(stamps) < 2:
        validation.reject(argument, "must have at least two times in its index", len(stamps))
    if stamps.tz is not None:
        stamps = stamps.tz_convert("UTC").tz_localize(None)
    times = stamps.to_numpy().astype("datetime64[ns]").astype(np.int64)
    widths = np.diff(times)
    if (widths <= 0).any():
        validation.reject(argument, "must have times that rise", str(stamps[int(np.argmax(widths <= 0)) + 1]))
    step = int(widths.min())
    irregular = widths % step != 0
    if irregular.any():
        at = int(np.argmax(irregular))
        rule = f"must have times in whole steps of {step / 1e9:g} s, its smallest step"
        validation.reject(argument, rule, f"{widths[at] / 1e9:g} s after {stamps[at]}")
    places = (times - times[0]) // step
    if places[-1] >= _MOST_MISSING * len(times):
        rule = f"must have a value at one of {_MOST_MISSING} steps of {step / 1e9:g} s, its smallest step"
        validation.reject(argument, rule, f"{len(times)} values in {places[-1] + 1} steps")
    return places, step / 1e9


def filled(values: Floats, gaps: str, argument: str) -> Floats:
    """Values [..., steps] with gaps as the rule has them."""
    missing = np.isnan(values)
    if gaps == "keep" or not missing.any():
        return values
    if gaps == "refuse":
        where = tuple(int(place) for place in np.argwhere(missing)[0])
        rule = "must have no gaps; gaps='last' puts the last value before into them"
        validation.reject(argument, f"{rule} (index {', '.join(map(str, where))})", math.nan)
    latest = np.maximum.accumulate(np.where(missing, -1, np.arange(values.shape[-1])), axis=-1)
    if (latest < 0).any():
        validation.reject(argument, "must begin with a value: there is none before the gap", math.nan)
    return np.take_along_axis(values, latest, axis=-1)


def scale_of(values: Floats) -> tuple[float, float]:
    """Mean and standard deviation of what is there; 1 for the deviation of values that are all the same."""
    return float(np.nanmean(values)), spread_or_one(float(np.nanstd(values)), values)


def spread_or_one(spread: float, values: Floats) -> float:
    """The spread of values; 1 where it is rounding, because they are all the same."""
    return 1.0 if spread <= _CONSTANT * float(np.nanmax(np.abs(values))) else spread


def windows_of(values: Array, length: int) -> Array:
    """All windows [n, length, ...] of consecutive steps of values [steps, ...], as a view."""
    view = np.lib.stride_tricks.sliding_window_view(values, length, axis=0)
    return np.moveaxis(view, -1, 1)


def synthetic(
    length: int = 2000,
    *,
    seed: int,
    level: float = 10.0,
    trend: float = 0.002,
    day: int = 24,
    daily: float = 2.0,
    week: int = 168,
    weekly: float = 1.0,
    regime: float = 1.5,
    stay: float = 200.0,
    burst_rate: float = 0.01,
    burst_height: float = 3.0,
    noise: float = 0.4,
) -> Floats:
    """A non-stationary series: trend, two seasons, regimes, bursts and noise.

    Parameters
    ----------
    length : int, >= 1
    seed : int
    level, trend : float
        The first value, and the rise a step.
    day, week : int, >= 2
        Steps of the two seasons.
    daily, weekly : float, >= 0
        Their amplitudes.
    regime : float, >= 0
        Standard deviation of the level of a regime, drawn anew at every switch.
    stay : float, >= 1
        Mean steps between two switches, which come at random.
    burst_rate : float
        Share of steps at which a burst begins, in [0, 1].
    burst_height : float, >= 0
        Mean height; a burst lasts 1 to 3 steps.
    noise : float, >= 0
        Standard deviation of independent normal noise.

    Returns
    -------
    float64 [length]

    Raises
    ------
    ValueError, TypeError
        For arguments out of range.

    Notes
    -----
    The FUSION paper tests on a "synthetic non-stationary" series that it does not describe; this one is ours. The first regime
    has the level 0, and the daily season is half as high again in every second regime.

    Examples
    --------
    >>> synthetic(5, seed=0, noise=0.0, burst_rate=0.0).round(3).tolist()
    [10.0, 10.557, 11.079, 11.532, 11.889]
    """
    validation.integer("length", length, minimum=1)
    for name, steps in (("day", day), ("week", week)):
        validation.integer(name, steps, minimum=2)
    for name, number in (("level", level), ("trend", trend)):
        validation.real(name, number)
    amounts = {"daily": daily, "weekly": weekly, "regime": regime, "burst_height": burst_height, "noise": noise}
    for name, number in amounts.items():
        validation.real(name, number, minimum=0.0)
    validation.real("stay", stay, minimum=1.0)
    validation.real("burst_rate", burst_rate, minimum=0.0, maximum=1.0)
    rng = np.random.default_rng(validation.integer("seed", seed, minimum=0))
    at = np.arange(length)
    switched = np.concatenate([[0], np.cumsum(rng.random(length - 1) < 1.0 / stay)])
    shifts = rng.normal(0.0, regime, length)
    shifts[0] = 0.0
    swing = daily * np.where(switched % 2 == 0, 1.0, 1.5)
    series = level + trend * at + shifts[switched]
    series += swing * np.sin(2.0 * math.pi * at / day) + weekly * np.sin(2.0 * math.pi * at / week)
    begins, lasts = rng.random(length) < burst_rate, rng.integers(1, 4, length)
    heights = burst_height * rng.exponential(1.0, length)
    for late in range(3):  # steps after the beginning
        going = np.flatnonzero(begins & (lasts > late) & (at + late < length))
        series[going + late] += heights[going]
    return np.asarray(series + rng.normal(0.0, noise, length))
