"""Backtests: methods fitted on the first part of a series, judged on the rest by a rolling origin."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from edgeworth.core import validation
from edgeworth.core.arrays import Floats
from edgeworth.forecasting.corruption import Corruption
from edgeworth.forecasting.fitting import check_takes, fit, is_several
from edgeworth.forecasting.forecaster import Forecaster, rank
from edgeworth.forecasting.methods import ForecastMethod, method
from edgeworth.forecasting.metrics import measures
from edgeworth.forecasting.origins import UNITS, Cut, Rest, Units
from edgeworth.forecasting.series import GAPS
from edgeworth.forecasting.table import Backtest, Scores

OnRun = Callable[[int, int, Mapping[str, Any]], object]
INTERVAL = (0.1, 0.9)
"""Levels of the interval whose coverage is measured."""
_TIMED = 100  # forecasts of one window each, whose CPU time is measured


def backtest(
    methods: Iterable[str],
    series: Any,
    *,
    history: int = 48,
    horizon: int = 10,
    seeds: Iterable[int] = range(5),
    corruption: Corruption | None = None,
    train: float = 0.7,
    units: Units = "range",
    season: int | None = None,
    exogenous: ArrayLike | Sequence[ArrayLike] | None = None,
    joint: bool = False,
    gaps: str = "refuse",
    epochs: int | None = None,
    on_run: OnRun | None = None,
) -> Backtest:
    """Fit methods on the first part of a series, and forecast the rest of it from every origin.

    Parameters
    ----------
    methods : iterable of str
        Names of `METHODS`.
    series : array_like or pandas.Series, a list of them, or a mapping from names to them
        As of `fit`. Every series is split on its own.
    history, horizon : int
        As of `fit`.
    seeds : iterable of int
        Of networks' training and of the corruption. A method without chance is fitted once, and corrupted anew for every seed.
    corruption : Corruption, optional
        Of the inputs of a second test; what is forecast stays as it was, and so do exogenous features. All methods are given
        the same corrupted inputs.
    train : float
        Share of a series that is trained on, in (0, 1).
    units : {"range", "deviation", "data"}
        What errors are measured in: the training part's least value is 0 and its greatest 1, as the FUSION paper's numbers
        suggest; its mean is 0 and its standard deviation 1; or as the data are.
    season, epochs : int, optional
        As of `fit`, for the methods that take them.
    exogenous : array_like, or a list of them, optional
        As of `fit`; every method must take it.
    joint : bool
        One model of all series instead of one each; every method must take it.
    gaps : {"refuse", "last", "keep"}
        As of `fit`. Windows whose target has a gap are never judged.
    on_run : callable, optional
        ``f(done, total, row)`` after every row of the table.

    Returns
    -------
    Backtest

    Raises
    ------
    ValueError, TypeError
        As of `fit`.
    KeyboardInterrupt
        After Ctrl-C where no method was finished; later ones return the table of those that were.

    Notes
    -----
    Nothing of the test part enters a fit, a scale or a quantile, and a forecast sees the values before its origin only.

    Examples
    --------
    >>> from edgeworth.forecasting import synthetic
    >>> table = backtest(["persistence", "linear"], synthetic(400, seed=0), seeds=[0], corruption=Corruption())
    >>> [(row["model"], row["parameters"]) for row in table.rows]
    [('persistence', 0), ('linear', 490)]
    """
    rows = _methods(methods)
    if not isinstance(seeds, Iterable):
        validation.reject_type("seeds", "must be numbers, such as range(5)", seeds)
    chances = [validation.integer("seeds", seed, minimum=0) for seed in seeds]
    if not chances or len(set(chances)) < len(chances):
        validation.reject("seeds", "must be different numbers, at least one", chances)
    for name, number in (("history", history), ("horizon", horizon)):
        validation.integer(name, number, minimum=1)
    share = validation.real("train", train, minimum=0.0, maximum=1.0, open_minimum=True)
    validation.choice("units", units, UNITS)
    if corruption is not None and not isinstance(corruption, Corruption):
        validation.reject_type("corruption", "must be a Corruption or None", corruption)
    validation.choice("gaps", gaps, GAPS)
    bare = corruption is not None and corruption.fill == "none"
    if bare and gaps == "last":
        validation.reject("gaps", "must be 'refuse' or 'keep' where the corruption has fill='none'", gaps)
    for row in rows:
        if bare:
            check_takes(row, "gaps", "corruption", "without fill='none': it skips no step", corruption)
        if validation.flag("joint", joint):
            check_takes(row, "pooling", "joint", "False: it has nothing to pool", joint)
    for name, given in (("season", season), ("epochs", epochs)):
        if given is not None and not any(name in row.takes for row in rows):
            validation.reject(name, "must be None: no method takes it", given)
    cut = Cut(history, horizon, share, units, gaps, corruption)
    rests = _rests(cut, series, exogenous)
    options = {"history": history, "horizon": horizon, "gaps": "keep" if bare else gaps}
    about = {**options, "gaps": gaps, "train": share, "units": units, "season": season, "epochs": epochs, "joint": joint}
    about["corruption"] = None if corruption is None else asdict(corruption)
    table = Backtest((), {}, tuple(len(rest.origins) for rest in rests.values()), about)
    done, total = 0, len(rows) * len(chances) * len(rests)
    try:
        for row in rows:
            wanted = options | {name: about[name] for name in ("season", "epochs") if name in row.takes}
            found: list[dict[str, Any]] = []
            clean, corrupt = [], []
            for record, squares in _judged(row, rests, chances, wanted, joint):
                done += 1
                found.append(record)
                clean.append(squares[0])
                corrupt.append(squares[-1])
                if on_run is not None:
                    on_run(done, total, record)
            shape = (len(chances), -1)
            scores = Scores(*(np.concatenate(each).reshape(shape) for each in (clean, corrupt)))
            table = table.with_model(row.name, found, scores)
    except KeyboardInterrupt:
        if not table.rows:
            raise
        return table.as_interrupted()
    return table


def _methods(methods: object) -> list[ForecastMethod]:
    if isinstance(methods, str) or not isinstance(methods, Iterable):
        validation.reject_type("methods", "must be a list of names", methods)
    names = list(methods)
    rows = [method(name, "methods") for name in names]
    if not rows or len(set(names)) < len(names):
        validation.reject("methods", "must be different names, at least one", names)
    for row in rows:
        row.fitter()  # what is not installed is said before anything is fitted
    return rows


def _rests(cut: Cut, series: Any, exogenous: Any) -> dict[str, Rest]:
    """The series by name, cut."""
    if isinstance(series, Mapping):
        if not series or not all(isinstance(name, str) for name in series):
            validation.reject_type("series", "must have names, as text", list(series))
        named = dict(series)
    elif is_several(series):
        named = {f"series {k}": each for k, each in enumerate(series)}
    else:
        named = {"series": series}
        exogenous = None if exogenous is None else [exogenous]
    if exogenous is None:
        tables: Sequence[Any] = [None] * len(named)
    elif isinstance(exogenous, list | tuple) and len(exogenous) == len(named):
        tables = exogenous
    else:
        validation.reject("exogenous", f"must be a list of {len(named)} tables, one a series", exogenous)
    pairs = zip(named.items(), tables, strict=True)
    return {name: Rest.of(cut, name, k, each, table) for k, ((name, each), table) in enumerate(pairs)}


def _judged(
    row: ForecastMethod, rests: Mapping[str, Rest], seeds: list[int], options: dict[str, Any], joint: bool
) -> Iterator[tuple[dict[str, Any], list[Floats]]]:
    """A row of the table, and the squared errors at every origin, clean and corrupted, for every seed and series."""
    kept: dict[str, Forecaster] = {}
    for seed in seeds:
        if row.randomised or not kept:
            kept = _fitted(row, rests, seed, options, joint)
        for number, (name, rest) in enumerate(rests.items()):
            which = number if joint and len(rests) > 1 else None
            record, squares = _row(kept[name], rest, seed, which)
            yield {"model": row.name, "series": name, "seed": seed, **record}, squares


def _fitted(
    row: ForecastMethod, rests: Mapping[str, Rest], seed: int, options: dict[str, Any], joint: bool
) -> dict[str, Forecaster]:
    """The forecaster of every series."""
    past = [rest.training for rest in rests.values()]
    tables = [None if rest.features is None else rest.features[: rest.begin] for rest in rests.values()]
    if joint and len(past) > 1:
        features: Any = None if tables[0] is None else tables
        return dict.fromkeys(rests, fit(row.name, past, seed=seed, exogenous=features, **options))
    pairs = zip(rests, past, tables, strict=True)
    return {name: fit(row.name, known, seed=seed, exogenous=table, **options) for name, known, table in pairs}


def _row(model: Forecaster, rest: Rest, seed: int, which: int | None) -> tuple[dict[str, Any], list[Floats]]:
    """Measures of one forecaster on one series."""
    features = rest.seen_features()

    def scaled(values: Floats) -> Floats:
        return (values - rest.shift) / rest.unit

    def forecasts(windows: Floats) -> Floats:
        return model.forecasts(windows, exogenous=features, series=which)

    windows, truth = rest.windows(), scaled(rest.targets)
    mean = forecasts(windows)
    squares = [((scaled(mean) - truth) ** 2).mean(axis=1)]
    record: dict[str, Any] = measures(truth, scaled(mean))
    record["mse_clean"] = record["rmse"] ** 2
    if rest.cut.corruption is not None:
        corrupted = forecasts(rest.corrupted(rest.cut.corruption, seed))
        squares.append(((scaled(corrupted) - truth) ** 2).mean(axis=1))
        record["mse_corrupt"] = float(squares[1].mean())
        record["difference"] = record["mse_corrupt"] - record["mse_clean"]
        if record["mse_clean"]:
            record["relative"] = record["difference"] / record["mse_clean"]
        else:
            record["relative"] = np.inf if record["difference"] else 0.0
    record["coverage"] = _coverage(model, rest.targets - mean, which or 0)
    record |= {"parameters": model.parameters, "bytes": model.nbytes}
    record["cpu_ms"] = _milliseconds(model, windows[:_TIMED], features, which)
    return record, squares


def _coverage(model: Forecaster, misses: Floats, which: int) -> float:
    """The share of what was observed that lies between the quantiles of `INTERVAL`, its ends included."""
    errors = model.errors_of(which)
    low, high = (errors[rank("levels", level, len(errors))] for level in INTERVAL)
    return float(((misses >= low) & (misses <= high)).mean())


def _milliseconds(model: Forecaster, windows: Floats, features: Floats | None, which: int | None) -> float:
    """CPU milliseconds of a forecast, one window at a time; kernels are compiled by now."""
    seen = [None if features is None else features[k : k + 1] for k in range(len(windows))]
    begin = time.process_time()
    for k in range(len(windows)):
        model.forecasts(windows[k : k + 1], exogenous=seen[k], series=which)
    return 1e3 * (time.process_time() - begin) / len(windows)
