"""Exponential smoothing with a damped trend and an additive season (Holt-Winters)."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from edgeworth.core import validation
from edgeworth.core.arrays import Array, Floats
from edgeworth.forecasting.classical.base import Classical, season_of
from edgeworth.forecasting.samples import Samples


@dataclass(frozen=True, eq=False)
class HoltWinters(Classical):
    """Level, damped trend and season, filtered over the window.

    Notes
    -----
    With the smoothing parameters (alpha, beta, gamma, phi), all in [0, 1], which the training part gives, a step is ::

        level'  = alpha (x - season) + (1 - alpha) (level + phi trend)
        trend'  = beta (level' - level) + (1 - beta) phi trend
        season' = gamma (x - level - phi trend) + (1 - gamma) season

    which is statsmodels' recursion. The states at the start of a window come from the window: level and trend from the means of
    its first two seasons, the season from what its first season is above the level. So a forecast depends on its window only.
    """

    free: ClassVar[frozenset[str]] = frozenset({"season"})

    def shapes(self) -> dict[str, tuple[int | None, ...]]:
        return {"season": (1,), "smoothing": (4,)}

    def check(self) -> None:
        season_of(self.arrays, 2, self.history)
        smoothing = self.arrays["smoothing"]
        if not ((smoothing >= 0.0) & (smoothing <= 1.0)).all():
            validation.reject("arrays[smoothing]", "must be in [0, 1]", smoothing.tolist())

    def predict(self, windows: Floats, dt: Array | None = None) -> Floats:
        season = season_of(self.arrays, 2, self.history)
        x = windows[:, :, 0]
        mean = x[:, :season].mean(axis=1)
        trend = (x[:, season : 2 * season].mean(axis=1) - mean) / season
        level = mean - trend * (season + 1) / 2.0  # just before the window
        ramp = level[:, None] + trend[:, None] * np.arange(1, season + 1)
        return smoothed(x, level, trend, x[:, :season] - ramp, self.arrays["smoothing"], self.horizon)


def smoothed(x: Floats, level: Floats, trend: Floats, seasons: Floats, smoothing: Floats, horizon: int) -> Floats:
    """Forecasts [n, horizon] after windows [n, steps], from states [n] and seasons [n, season] before them."""
    alpha, beta, gamma, phi = smoothing
    seasons, season = np.array(seasons), seasons.shape[1]
    for step in range(x.shape[1]):
        before, ahead, now = seasons[:, step % season].copy(), level + phi * trend, x[:, step]
        level, was = alpha * (now - before) + (1.0 - alpha) * ahead, level
        trend = beta * (level - was) + (1.0 - beta) * phi * trend
        seasons[:, step % season] = gamma * (now - ahead) + (1.0 - gamma) * before
    steps = np.arange(horizon)
    damped = np.cumsum(phi ** (steps + 1.0))
    return np.asarray(level[:, None] + trend[:, None] * damped + seasons[:, (x.shape[1] + steps) % season])


def fit_holt_winters(samples: Samples) -> HoltWinters:
    """The smoothing parameters of least squared one-step errors on the training part, by statsmodels."""
    from statsmodels.tsa.holtwinters import ExponentialSmoothing

    name, history, horizon, season = samples.name, samples.history, samples.horizon, samples.season
    if season < 2:
        validation.reject("season", "must be at least 2 for holt-winters", season)
    arrays = {"season": np.array([float(season)]), "smoothing": np.zeros(4)}
    HoltWinters(name, arrays, history, horizon)  # refuses a season that is too long before anything is fitted
    series = samples.series[0]
    model = ExponentialSmoothing(
        series,
        trend="add",
        damped_trend=True,
        seasonal="add",
        seasonal_periods=season,
        initialization_method="estimated",
        bounds={"smoothing_level": (0.0, 1.0), "smoothing_trend": (0.0, 1.0), "damping_trend": (0.8, 0.995)},
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # whether it converged stands in the provenance
        fitted = model.fit()
    names = ("smoothing_level", "smoothing_trend", "smoothing_seasonal", "damping_trend")
    smoothing = np.clip(np.nan_to_num([float(fitted.params[name]) for name in names]), 0.0, 1.0)
    told = {"converged": bool(fitted.mle_retvals.success)}
    return HoltWinters(name, arrays | {"smoothing": smoothing}, history, horizon, told)
