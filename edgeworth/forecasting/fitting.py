"""Fitting a method to one series, or to several at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from edgeworth._version import __version__
from edgeworth.core import validation
from edgeworth.core.arrays import Floats
from edgeworth.forecasting.forecaster import Forecaster
from edgeworth.forecasting.methods import ForecastMethod, method
from edgeworth.forecasting.samples import FEWEST, Parts, Samples, calibrating, check_fits, paired
from edgeworth.forecasting.series import GAPS, LARGEST, Series, filled, read_series, scale_of

SEASON = 24


def fit(
    name: str,
    series: Any,
    *,
    history: int = 48,
    horizon: int = 10,
    seed: int = 0,
    season: int | None = None,
    exogenous: ArrayLike | Sequence[ArrayLike] | None = None,
    gaps: str = "refuse",
    epochs: int | None = None,
) -> Forecaster:
    """Fit a method to a series, all of which is training data.

    Parameters
    ----------
    name : str
        Of a row of `METHODS`.
    series : array_like or pandas.Series [steps], or a list of them
        Real numbers at equal steps, see `read_series`. A list is for one model of all its series, which linear and the networks
        take: their windows are pooled, each scaled by its own training data.
    history : int, >= 1
        Values that a forecast sees.
    horizon : int, >= 1
        Steps that are forecast.
    seed : int, >= 0
        Of networks; the other methods do not depend on it.
    season : int, >= 1, optional
        Steps of a season, of seasonal-naive and holt-winters, at most the history; default 24.
    exogenous : array_like [steps, features], optional
        Known at the same steps as the series, such as the demand of neighbours; for linear and the networks. Of several
        series, a list.
    gaps : {"refuse", "last", "keep"}
        What becomes of missing values, in the series and later in windows; "keep" is for pro-lnn, which is told how much time
        has passed. Nothing is fitted to windows whose target has a gap that is kept; what "last" puts into a gap is fitted to.
        Quantiles are calibrated on what was observed only.
    epochs : int, >= 1, optional
        Most passes of a network's training; default 100.

    Returns
    -------
    Forecaster

    Raises
    ------
    ValueError, TypeError
        For a series that is too short (`fewest_steps`) or no such thing, for arguments out of range, and for what the method
        does not take.
    MissingExtraError
        Where the method needs an extra that is not installed.

    Notes
    -----
    The last 15% of a series calibrate the quantiles; neither the fit nor the scaling sees them. The last 15% of the rest are
    held out of gradients: they decide when a network's training ends, and how much linear penalises. A part without spread is
    scaled by 1.

    Examples
    --------
    >>> from edgeworth.forecasting import synthetic
    >>> demand = synthetic(400, seed=0)
    >>> model = fit("linear", demand, history=48, horizon=10)
    >>> model.forecast(demand[-48:]).mean.shape, model.parameters
    ((10,), 490)
    >>> both = fit("linear", [demand, synthetic(300, seed=1)], history=48, horizon=10)
    >>> both.forecast(demand[-48:], series=0).quantiles.shape
    (5, 10)
    """
    row = method(name)
    validation.integer("history", history, minimum=1)
    validation.integer("horizon", horizon, minimum=1)
    validation.integer("seed", seed, minimum=0)
    several = is_several(series)
    if several:
        check_takes(row, "pooling", "series", "one series: there is nothing to pool", len(series))
    validation.choice("gaps", gaps, GAPS)
    labels = [f"series[{k}]" for k in range(len(series))] if several else ["series"]
    named = list(zip(series if several else [series], labels, strict=True))
    raw = [read_series(each, gaps="refuse" if gaps == "refuse" else "keep", argument=label) for each, label in named]
    given = [Series(filled(each.values, gaps, label), each.step) for each, label in zip(raw, labels, strict=True)]
    if gaps == "keep":
        check_takes(row, "gaps", "gaps", "'refuse' or 'last': it skips no step", gaps)
    if season is not None:
        check_takes(row, "season", "season", "None: it knows no season", season)
    if epochs is not None:
        check_takes(row, "epochs", "epochs", "None: it is no network", epochs)
        validation.integer("epochs", epochs, minimum=1)
    steps = {each.step for each in given} - {None}
    if len(steps) > 1:
        validation.reject("series", "must have the same step everywhere", sorted(steps))  # type: ignore[type-var]
    tables = _with_exogenous(row, given, exogenous, several)
    wanted = validation.integer("season", SEASON if season is None else season, minimum=1, maximum=2**53)
    scaled, scales = [], []
    for k, table in enumerate(tables):
        check_fits(labels[k], table[:, 0], history, horizon)
        scale = np.array([scale_of(column) for column in table[: Parts.of(len(table)).held].T])
        scales.append(scale)
        scaled.append((table - scale[:, 0]) / scale[:, 1])
    samples = _samples(row.name, scaled, (history, horizon, wanted), seed, epochs)
    model = row.fitter()(samples)
    errors = []
    for k, table in enumerate(scaled):
        observed = (raw[k].values - scales[k][0, 0]) / scales[k][0, 1]
        windows, targets = calibrating(table, observed, history, horizon)
        fewest = int((~np.isnan(targets)).sum(axis=0).min())
        if fewest < FEWEST:
            rule = f"must have {FEWEST} observations in its last 15% for every step ahead"
            validation.reject(labels[k], rule, fewest)
        errors.append(_errors(targets - model.predict(windows), fewest))
    counts = np.array([len(each) for each in errors])
    about = {"steps": [len(table) for table in tables], "seed": seed, "season": wanted, "edgeworth": __version__}
    step = next(iter(steps), None)
    return Forecaster(row.name, history, horizon, model, np.stack(scales), np.concatenate(errors), counts, gaps, step, about)


def _errors(found: Floats, fewest: int) -> Floats:
    """For every step ahead as many errors, the latest, without those of gaps; ascending."""
    return np.sort(np.stack([column[~np.isnan(column)][-fewest:] for column in found.T], axis=1), axis=0)


def check_takes(row: ForecastMethod, what: str, argument: str, rule: str, value: object) -> None:
    """Refuse what a method does not take."""
    if what not in row.takes:
        validation.reject(argument, f"must be {rule} ({row.name})", value)


def is_several(series: Any) -> bool:
    """Whether this is a list of series, not a list of numbers."""
    if not isinstance(series, list | tuple):
        return False
    if not series:
        validation.reject("series", "must hold values", series)
    return (
        isinstance(series[0], list | tuple)
        or np.ndim(series[0]) > 0
        or (hasattr(series[0], "index") and not isinstance(series[0], str))
    )


def _with_exogenous(row: ForecastMethod, given: list[Series], exogenous: Any, several: bool) -> list[Floats]:
    """Tables [steps, features], the series in front."""
    if exogenous is None:
        return [each.values[:, None] for each in given]
    check_takes(row, "exogenous", "exogenous", "None: it takes no features", exogenous)
    if several and (not isinstance(exogenous, list | tuple) or len(exogenous) != len(given)):
        validation.reject("exogenous", f"must be a list of {len(given)} tables, one a series", exogenous)
    tables = exogenous if several else [exogenous]
    found = []
    for each, table in zip(given, tables, strict=True):
        shape = (len(each.values), None)
        features = validation.array("exogenous", table, np.float64, shape, minimum=-LARGEST, maximum=LARGEST)
        found.append(np.concatenate([each.values[:, None], features], axis=1))
    if len({each.shape[1] for each in found}) > 1:
        validation.reject("exogenous", "must have as many features for every series", [each.shape for each in found])
    return found


def _samples(name: str, scaled: list[Floats], sizes: tuple[int, int, int], seed: int, epochs: int | None) -> Samples:
    """Windows of all series; those whose forecasts end in the held part are held out."""
    history, horizon, season = sizes
    fitted, held = [], []
    for table in scaled:
        parts = Parts.of(len(table))
        fitted.append(paired(table, np.arange(history, parts.fit - horizon + 1), history, horizon))
        held.append(paired(table, np.arange(parts.fit, parts.held - horizon + 1), history, horizon))
    windows, targets = (np.concatenate(each) for each in zip(*fitted, strict=True))
    held_windows, held_targets = (np.concatenate(each) for each in zip(*held, strict=True))
    if not len(windows) or not len(held_windows):
        validation.reject("series", "must have enough steps without gaps", f"{len(windows)} windows")
    series = tuple(table[: Parts.of(len(table)).held, 0] for table in scaled)
    data = (windows, targets, held_windows, held_targets, series)
    return Samples(name, history, horizon, season, seed, epochs, *data)


def fit_networks(samples: Samples) -> Any:
    """A network, by `networks.fit_network`."""
    from edgeworth.forecasting.networks.train import fit_network

    held = samples.held_windows, samples.held_targets
    return fit_network(samples.name, samples.windows, samples.targets, *held, seed=samples.seed, epochs=samples.epochs)
