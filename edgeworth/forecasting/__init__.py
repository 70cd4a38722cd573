"""Forecasts of demand: liquid, recurrent and attention networks beside what nothing should be reported without.

>>> from edgeworth import forecasting
>>> demand = forecasting.synthetic(400, seed=0)
>>> model = forecasting.fit("seasonal-naive", demand, history=48, horizon=10)
>>> forecast = model.forecast(demand[-48:])
>>> forecast.mean.shape, forecast.quantile(0.9).shape
((10,), (10,))
"""

from typing import TYPE_CHECKING

from edgeworth.core.lazy import later

if TYPE_CHECKING:
    from edgeworth.forecasting.backtesting import backtest as backtest
    from edgeworth.forecasting.corruption import Corruption as Corruption
    from edgeworth.forecasting.files import read_table as read_table
    from edgeworth.forecasting.fitting import fit as fit
    from edgeworth.forecasting.forecaster import Forecast as Forecast
    from edgeworth.forecasting.forecaster import Forecaster as Forecaster
    from edgeworth.forecasting.forecaster import load_forecaster as load_forecaster
    from edgeworth.forecasting.methods import METHODS as METHODS
    from edgeworth.forecasting.methods import ForecastMethod as ForecastMethod
    from edgeworth.forecasting.newsvendor import contract_quantity as contract_quantity
    from edgeworth.forecasting.newsvendor import newsvendor_level as newsvendor_level
    from edgeworth.forecasting.samples import fewest_steps as fewest_steps
    from edgeworth.forecasting.series import read_series as read_series
    from edgeworth.forecasting.series import synthetic as synthetic
    from edgeworth.forecasting.table import Backtest as Backtest

_ROOMS = {
    "METHODS": "methods",
    "Backtest": "table",
    "Corruption": "corruption",
    "Forecast": "forecaster",
    "ForecastMethod": "methods",
    "Forecaster": "forecaster",
    "backtest": "backtesting",
    "contract_quantity": "newsvendor",
    "fewest_steps": "samples",
    "fit": "fitting",
    "load_forecaster": "forecaster",
    "newsvendor_level": "newsvendor",
    "read_series": "series",
    "read_table": "files",
    "synthetic": "series",
}

__all__ = sorted(_ROOMS, key=lambda name: (not name.isupper(), not name[0].isupper(), name))
__getattr__ = later(__name__, _ROOMS)


def __dir__() -> list[str]:
    return __all__.copy()
