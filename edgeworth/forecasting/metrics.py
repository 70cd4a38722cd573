"""Errors of forecasts."""

from __future__ import annotations

import numpy as np

from edgeworth.core.arrays import Floats


def measures(truth: Floats, forecast: Floats) -> dict[str, float]:
    """Root mean square error, mean absolute error and symmetric mean absolute percentage error, over all entries.

    The last is the mean of ``|y - f| / ((|y| + |f|) / 2)``, from 0 to 2, and 0 where both are 0.
    """
    miss = np.abs(truth - forecast)
    size = (np.abs(truth) + np.abs(forecast)) / 2.0
    share = np.divide(miss, size, out=np.zeros_like(miss), where=size > 0.0)
    return {"rmse": float(np.sqrt((miss**2).mean())), "mae": float(miss.mean()), "smape": float(share.mean())}
