"""Ridge regression of every step ahead on the window."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from edgeworth.core import validation
from edgeworth.core.arrays import Array, Floats
from edgeworth.forecasting.classical.base import Classical
from edgeworth.forecasting.samples import Samples

PENALTIES = tuple(10.0**power for power in range(-4, 4))
"""Penalties a window, of which the held part chooses."""


@dataclass(frozen=True, eq=False)
class Linear(Classical):
    """An affine function of the window's values and of its exogenous features, one for every step ahead.

    Notes
    -----
    The step h ahead is ``intercept[h] + sum_t weights[t, :, h] . window[t]``; weights minimise the mean squared error plus
    ``penalty |weights|^2``.
    """

    def shapes(self) -> dict[str, tuple[int | None, ...]]:
        return {"weights": (self.history, None, self.horizon), "intercept": (self.horizon,)}

    def check(self) -> None:
        if not self.features:
            validation.reject("arrays[weights]", "must have a feature", self.arrays["weights"])

    @property
    def features(self) -> int:
        return int(self.arrays["weights"].shape[1])

    def predict(self, windows: Floats, dt: Array | None = None) -> Floats:
        flat = windows.reshape(len(windows), -1)
        return np.asarray(flat @ self.arrays["weights"].reshape(flat.shape[1], -1) + self.arrays["intercept"])


def fit_linear(samples: Samples) -> Linear:
    """The penalty has the least squared error on the windows held out; then all windows are fitted with it."""
    x, y = samples.windows.reshape(len(samples.windows), -1), samples.targets
    held_x, held_y = samples.held_windows.reshape(len(samples.held_windows), -1), samples.held_targets
    errors = []
    for weights, intercept in _ridges(x, y, PENALTIES):
        errors.append(float(((held_x @ weights + intercept - held_y) ** 2).mean()))
    penalty = PENALTIES[int(np.argmin(errors))]
    weights, intercept = _ridges(np.concatenate([x, held_x]), np.concatenate([y, held_y]), (penalty,))[0]
    shape = (samples.history, samples.windows.shape[2], samples.horizon)
    arrays = {"weights": weights.reshape(shape), "intercept": intercept}
    return Linear(samples.name, arrays, samples.history, samples.horizon, {"penalty": penalty})


def _ridges(x: Floats, y: Floats, penalties: tuple[float, ...]) -> list[tuple[Floats, Floats]]:
    """Weights and intercept at every penalty, from one singular value decomposition."""
    middle, level = x.mean(axis=0), y.mean(axis=0)
    left, values, right = np.linalg.svd(x - middle, full_matrices=False)
    along = left.T @ (y - level)
    found = []
    for penalty in penalties:
        weights = right.T @ ((values / (values**2 + penalty * len(x)))[:, None] * along)
        found.append((weights, level - middle @ weights))
    return found
