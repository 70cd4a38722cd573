"""Forecasts that repeat the past."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from edgeworth.core.arrays import Array, Floats
from edgeworth.forecasting.classical.base import Classical, season_of
from edgeworth.forecasting.samples import Samples


@dataclass(frozen=True, eq=False)
class Persistence(Classical):
    """The last value at every step ahead."""

    def shapes(self) -> dict[str, tuple[int | None, ...]]:
        return {}

    def predict(self, windows: Floats, dt: Array | None = None) -> Floats:
        return np.repeat(windows[:, -1, :1], self.horizon, axis=1)


@dataclass(frozen=True, eq=False)
class SeasonalNaive(Classical):
    """At every step ahead the value of the latest step of the window that is whole seasons before it."""

    free: ClassVar[frozenset[str]] = frozenset({"season"})

    def shapes(self) -> dict[str, tuple[int | None, ...]]:
        return {"season": (1,)}

    def check(self) -> None:
        season_of(self.arrays, 1, self.history)

    def predict(self, windows: Floats, dt: Array | None = None) -> Floats:
        season = season_of(self.arrays, 1, self.history)
        return np.array(windows[:, self.history - season + np.arange(self.horizon) % season, 0])


def fit_persistence(samples: Samples) -> Persistence:
    """Nothing is fitted."""
    return Persistence(samples.name, {}, samples.history, samples.horizon)


def fit_seasonal_naive(samples: Samples) -> SeasonalNaive:
    """Nothing is fitted."""
    return SeasonalNaive(samples.name, {"season": np.array([float(samples.season)])}, samples.history, samples.horizon)
