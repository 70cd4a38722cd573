"""What a method is fitted on: windows of the training part, what followed them, and windows held out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from edgeworth.core import validation
from edgeworth.core.arrays import Array, Arrays, Bools, Floats, Ints
from edgeworth.forecasting.series import windows_of

CALIBRATION = 0.15
"""Share of a series, its end, whose errors calibrate the quantiles; fitting never sees it."""
HELD = 0.15
"""Share of what remains, its end, by which methods choose when training ends, or how much they penalise."""
FEWEST = 9
"""Windows of the calibration part: so many errors reach the levels .1 and .9."""


class Predictor(Protocol):
    """A fitted method, in scaled units."""

    @property
    def arrays(self) -> Arrays: ...
    @property
    def provenance(self) -> Mapping[str, object]: ...
    @property
    def history(self) -> int: ...
    @property
    def horizon(self) -> int: ...
    @property
    def features(self) -> int: ...
    @property
    def parameters(self) -> int: ...
    @property
    def nbytes(self) -> int: ...
    def predict(self, windows: Floats, dt: Array | None = None) -> Floats:
        """Forecasts [n, horizon] of windows [n, history, features]."""


@dataclass(frozen=True, eq=False)
class Samples:
    """Scaled windows for fitting.

    Parameters
    ----------
    name : str
        Of the method.
    history, horizon, season, seed : int
    epochs : int, optional
        Of networks.
    windows, held_windows : float64 [n, history, features]
    targets, held_targets : float64 [n, horizon]
    series : tuple of float64 [steps]
        The part that both were made of.
    """

    name: str
    history: int
    horizon: int
    season: int
    seed: int
    epochs: int | None
    windows: Floats
    targets: Floats
    held_windows: Floats
    held_targets: Floats
    series: tuple[Floats, ...]


@dataclass(frozen=True)
class Parts:
    """Where a series of ``steps`` is cut: fitted until ``fit``, held out until ``held``, calibrated on to its end."""

    fit: int
    held: int
    steps: int

    @classmethod
    def of(cls, steps: int) -> Parts:
        """The cuts of a series of this length."""
        held = steps - int(CALIBRATION * steps)
        return cls(held - int(HELD * held), held, steps)

    def suffice(self, history: int, horizon: int) -> bool:
        """Whether every part has windows."""
        enough = self.steps - self.held >= horizon + FEWEST - 1 and self.held - self.fit >= horizon
        return enough and self.fit >= history + horizon


def fewest_steps(history: int, horizon: int) -> int:
    """The length from which a series can be fitted.

    Parameters
    ----------
    history, horizon : int

    Examples
    --------
    >>> fewest_steps(48, 10)
    120
    """
    most = history + horizon
    while not Parts.of(most).suffice(history, horizon):
        most *= 2
    fewest = history + horizon
    while fewest < most:  # no part shrinks where the series grows
        middle = (fewest + most) // 2
        if Parts.of(middle).suffice(history, horizon):
            most = middle
        else:
            fewest = middle + 1
    return most


def paired(values: Floats, origins: Ints, history: int, horizon: int) -> tuple[Floats, Floats]:
    """Windows [n, history, features] that end before their origins, and the series [n, horizon] from these on.

    values: float64 [steps, features], the series itself in front. Origins whose targets have a gap, or whose window has no
    observation, are left out.
    """
    windows = windows_of(values, history)[origins - history]
    targets = windows_of(values[:, 0], horizon)[origins]
    missing: Bools = np.asarray(np.isnan(windows).any(axis=2))
    whole = ~np.isnan(targets).any(axis=1) & ~missing.all(axis=1)
    return windows[whole], targets[whole]


def calibrating(values: Floats, observed: Floats, history: int, horizon: int) -> tuple[Floats, Floats]:
    """Windows [n, history, features] of the calibration part, and what was observed [n, horizon] after them: NaN at gaps.

    values: float64 [steps, features], with gaps as the rule has them; observed: float64 [steps]. Windows without any
    observation are left out.
    """
    parts = Parts.of(len(values))
    origins = np.arange(parts.held, parts.steps - horizon + 1)
    windows = windows_of(values, history)[origins - history]
    some = ~np.asarray(np.isnan(windows).any(axis=2)).all(axis=1)
    return windows[some], windows_of(observed, horizon)[origins[some]]


def check_fits(argument: str, values: Floats, history: int, horizon: int) -> None:
    """Refuse a series [steps] that is too short to be fitted, or holds nothing to fit to."""
    steps = len(values)
    parts = Parts.of(steps)
    if parts.suffice(history, horizon):
        if np.isnan(values[: parts.held]).all():
            validation.reject(argument, f"must have values in its first {parts.held} steps", "gaps")
    else:
        fewest = fewest_steps(history, horizon)
        validation.reject(argument, f"must have {fewest} values for a history of {history} and a horizon of {horizon}", steps)
