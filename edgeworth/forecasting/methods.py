"""The forecasting methods, one row each. Their functions are named as text, so that listing them imports nothing heavy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from edgeworth.core import validation
from edgeworth.core.errors import require
from edgeworth.core.lazy import resolve

TAKES = ("season", "exogenous", "pooling", "gaps", "epochs")
"""What a method may take: a season, exogenous features, several series at once, windows with gaps, a budget of epochs."""
_PACKAGES = {"learn": "torch", "forecasting": "statsmodels"}


@dataclass(frozen=True)
class ForecastMethod:
    """One row of the table of forecasting methods.

    Parameters
    ----------
    name : str
        What users type.
    fit, model : str
        ``module:name`` of the function ``f(samples) -> Predictor``, and of the class of what it fits.
    takes : frozenset of str
        Of `TAKES`; everything else is refused.
    randomised : bool
        Whether the fit depends on the seed.
    guarantee, reference : str
        One line each for people.
    extra : str, optional
        Of the distribution, that fitting needs. Forecasting with what was fitted needs none.
    deep : bool
        Whether it is a network.
    """

    name: str
    fit: str
    model: str
    takes: frozenset[str]
    randomised: bool
    guarantee: str
    reference: str
    extra: str | None = None
    deep: bool = False

    def __post_init__(self) -> None:
        for each in self.takes:
            validation.choice("takes", each, TAKES)

    def fitter(self) -> Any:
        """Import the function; `MissingExtraError` where what it needs is not installed."""
        if self.extra is not None:
            require(f"forecasting method {self.name!r}", self.extra, _PACKAGES[self.extra])
        return resolve(self.fit)

    def resolve(self) -> Any:
        """Import the class of fitted methods."""
        return resolve(self.model)


_CLASSICAL = "edgeworth.forecasting.classical"
_NETWORK = {
    "fit": "edgeworth.forecasting.fitting:fit_networks",
    "model": "edgeworth.forecasting.networks.network:Network",
    "randomised": True,
    "guarantee": "none",
    "extra": "learn",
    "deep": True,
}

METHODS: tuple[ForecastMethod, ...] = (
    ForecastMethod(
        name="persistence",
        fit=f"{_CLASSICAL}.naive:fit_persistence",
        model=f"{_CLASSICAL}.naive:Persistence",
        takes=frozenset(),
        randomised=False,
        guarantee="the best forecast of a random walk",
        reference="the last value at every step",
    ),
    ForecastMethod(
        name="seasonal-naive",
        fit=f"{_CLASSICAL}.naive:fit_seasonal_naive",
        model=f"{_CLASSICAL}.naive:SeasonalNaive",
        takes=frozenset({"season"}),
        randomised=False,
        guarantee="exact for a series that repeats itself every season",
        reference="the value of one season, or as many as it takes, before",
    ),
    ForecastMethod(
        name="linear",
        fit=f"{_CLASSICAL}.linear:fit_linear",
        model=f"{_CLASSICAL}.linear:Linear",
        takes=frozenset({"exogenous", "pooling"}),
        randomised=False,
        guarantee="the least penalised squared error of all linear forecasts on the fitting part",
        reference="ridge regression, one for every step ahead; Hoerl and Kennard (1970)",
    ),
    ForecastMethod(
        name="holt-winters",
        fit=f"{_CLASSICAL}.holt_winters:fit_holt_winters",
        model=f"{_CLASSICAL}.holt_winters:HoltWinters",
        takes=frozenset({"season"}),
        randomised=False,
        guarantee="none",
        reference="additive season, damped trend; Winters (1960), Gardner and McKenzie (1985); fitted by statsmodels",
        extra="forecasting",
    ),
    ForecastMethod(
        name="pro-lnn",
        takes=frozenset({"exogenous", "pooling", "gaps", "epochs"}),
        reference="FUSION, liquid cell of appendix B; Hasani et al. (2021)",
        **_NETWORK,  # type: ignore[arg-type]
    ),
    ForecastMethod(
        name="pro-lnn-pooled",
        fit="edgeworth.forecasting.networks.pooled:fit_pooled",
        model="edgeworth.forecasting.networks.pooled:stored_pooled",
        takes=frozenset({"pooling", "gaps"}),
        randomised=False,
        guarantee="none",
        reference="the network that comes with the package, trained on 64 synthetic series: only the scale is the series' own",
        deep=True,
    ),
    ForecastMethod(
        name="lstm",
        takes=frozenset({"exogenous", "pooling", "epochs"}),
        reference="two layers of 64; Hochreiter and Schmidhuber (1997)",
        **_NETWORK,  # type: ignore[arg-type]
    ),
    ForecastMethod(
        name="transformer",
        takes=frozenset({"exogenous", "pooling", "epochs"}),
        reference="two encoder layers of 64, four heads; Vaswani et al. (2017)",
        **_NETWORK,  # type: ignore[arg-type]
    ),
)


def names() -> list[str]:
    """The methods' names, in the order of the table."""
    return [row.name for row in METHODS]


def method(name: object, argument: str = "name") -> ForecastMethod:
    """The row of this name; ValueError or TypeError naming the nearest one."""
    wanted = validation.choice(argument, name, names())
    return next(row for row in METHODS if row.name == wanted)
