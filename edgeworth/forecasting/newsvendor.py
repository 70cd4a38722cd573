"""How much to contract under an uncertain demand: the newsvendor's quantile."""

from __future__ import annotations

import numpy as np

from edgeworth.core import validation
from edgeworth.core.arrays import Floats
from edgeworth.forecasting.forecaster import Forecast


def newsvendor_level(shortfall_price: float, stranded_price: float) -> float:
    """The level of the quantile that is worth contracting.

    Parameters
    ----------
    shortfall_price : float, >= 0
        What a unit of demand that was not contracted costs.
    stranded_price : float, >= 0
        What a contracted unit without demand costs.

    Returns
    -------
    float
        shortfall / (shortfall + stranded), in [0, 1].

    Raises
    ------
    ValueError, TypeError
        For prices that are negative, or both 0.

    Notes
    -----
    Of all quantities, the quantile at this level has the least expected cost
    ``shortfall E max(D - q, 0) + stranded E max(q - D, 0)`` (Arrow, Harris and Marschak, 1951).

    Examples
    --------
    >>> newsvendor_level(3.0, 1.0)
    0.75
    """
    short = validation.real("shortfall_price", shortfall_price, minimum=0.0)
    stranded = validation.real("stranded_price", stranded_price, minimum=0.0)
    if short + stranded <= 0.0:
        validation.reject("shortfall_price", "must not be 0 where stranded_price is", shortfall_price)
    return 1.0 / (1.0 + stranded / short) if short else 0.0  # the sum of two large prices is infinite


def contract_quantity(forecast: Forecast, level: float | None = None) -> Floats:
    """What to contract at each step: the forecast's quantile, rounded up to whole units and at least 0.

    Parameters
    ----------
    forecast : Forecast
        Of demand.
    level : float, optional
        Of the quantile, in (0, 1); default: the mean, the point forecast.

    Returns
    -------
    float64 [horizon]

    Raises
    ------
    ValueError, TypeError
        For a level that the forecast does not reach, see `Forecast.quantile`.

    Examples
    --------
    >>> from edgeworth import forecasting
    >>> model = forecasting.fit("persistence", forecasting.synthetic(300, seed=0), horizon=2)
    >>> forecast = model.forecast([4.2] * 48)
    >>> contract_quantity(forecast).tolist()
    [5.0, 5.0]
    >>> bool((contract_quantity(forecast, 0.9) >= contract_quantity(forecast, 0.5)).all())
    True
    """
    if not isinstance(forecast, Forecast):
        validation.reject_type("forecast", "must be a Forecast", forecast)
    wanted = forecast.mean if level is None else forecast.quantile(level)
    return np.asarray(np.maximum(np.ceil(wanted), 0.0))
