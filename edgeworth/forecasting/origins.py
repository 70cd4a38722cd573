"""A series cut into a training part and the windows before every origin of the rest, as they are and corrupted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from edgeworth.core import validation
from edgeworth.core.arrays import Floats, Ints
from edgeworth.forecasting.corruption import Corruption
from edgeworth.forecasting.samples import check_fits
from edgeworth.forecasting.series import LARGEST, filled, read_series, scale_of, spread_or_one, windows_of

Units = Literal["range", "deviation", "data"]
UNITS: tuple[Units, ...] = ("range", "deviation", "data")


@dataclass(frozen=True)
class Cut:
    """How series are cut; the arguments of `backtest`."""

    history: int
    horizon: int
    train: float
    units: Units
    gaps: str
    corruption: Corruption | None


@dataclass(frozen=True, eq=False)
class Rest:
    """One series after its cut.

    Parameters
    ----------
    cut : Cut
    number : int
        Of the series, by which its corruption differs from that of others.
    values : float64 [steps]
        With gaps as the rule has them.
    begin : int
        The first step after the training part.
    origins : int64 [n]
        The first steps of the forecasts that are judged.
    targets : float64 [n, horizon]
    training : float64 [begin]
        As it was given.
    features : float64 [steps, features], optional
    shift, unit : float
        Errors are measured on ``(value - shift) / unit``.
    """

    cut: Cut
    number: int
    values: Floats
    begin: int
    origins: Ints
    targets: Floats
    training: Floats
    features: Floats | None
    shift: float
    unit: float

    @classmethod
    def of(cls, cut: Cut, name: str, number: int, series: Any, exogenous: Any) -> Rest:
        """Read and cut a series; the arguments are checked here."""
        raw = read_series(series, gaps="refuse" if cut.gaps == "refuse" else "keep", argument=name).values
        values = filled(raw, cut.gaps, name)
        begin = int(cut.train * len(values))
        check_fits(f"{name}, its training part", values[:begin], cut.history, cut.horizon)
        if len(values) - begin < cut.horizon:
            validation.reject(name, f"must have {cut.horizon} values after its training part", len(values) - begin)
        features = None
        if exogenous is not None:
            shape = (len(values), None)
            features = validation.array("exogenous", exogenous, np.float64, shape, minimum=-LARGEST, maximum=LARGEST)
        origins = np.arange(begin, len(values) - cut.horizon + 1)
        targets = windows_of(raw, cut.horizon)[origins]
        seen = ~np.isnan(windows_of(values, cut.history)[origins - cut.history]).all(axis=1)
        judged = seen & ~np.isnan(targets).any(axis=1)
        if not judged.any():
            validation.reject(name, "must have steps without gaps after its training part", cut.gaps)
        least, span = _range(values[:begin])
        mean, deviation = scale_of(values[:begin])
        shift, unit = {"range": (least, span), "deviation": (mean, deviation), "data": (0.0, 1.0)}[cut.units]
        known = raw[:begin]
        return cls(cut, number, values, begin, origins[judged], targets[judged], known, features, shift, unit)

    def windows(self, values: Floats | None = None) -> Floats:
        """The windows [n, history, ...] before the origins; of the series itself by default."""
        of = self.values if values is None else values
        return np.array(windows_of(of, self.cut.history)[self.origins - self.cut.history])

    def corrupted(self, corruption: Corruption, seed: int) -> Floats:
        """The windows after everything from the first window on has been corrupted; what is missing stays so."""
        first = self.begin - self.cut.history
        part = self.values[first:]
        least, span = _range(self.values[: self.begin])
        changed = corruption.corrupt((part - least) / span, seed=(seed, self.number)) * span + least
        windows = self.windows(np.concatenate([self.values[:first], changed]))
        if np.isnan(windows).all(axis=1).any():
            rule = f"must leave an observation in every window of {self.cut.history}: take fewer missing, or a longer history"
            validation.reject("corruption", rule, corruption)
        return windows

    def seen_features(self) -> Floats | None:
        """The features of the windows."""
        return None if self.features is None else self.windows(self.features)


def _range(values: Floats) -> tuple[float, float]:
    """The least value, and how far the greatest is above it; 1 for values that are all the same."""
    least = float(np.nanmin(values))
    return least, spread_or_one(float(np.nanmax(values)) - least, values)
