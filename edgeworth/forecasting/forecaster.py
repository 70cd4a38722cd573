"""Fitted forecasters, and their forecasts with quantiles."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from os import PathLike
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from edgeworth.core import validation
from edgeworth.core.arrays import Array, Floats, Ints
from edgeworth.core.errors import FileFormatError
from edgeworth.forecasting.methods import method
from edgeworth.forecasting.samples import Predictor
from edgeworth.forecasting.series import GAPS, LARGEST, filled, read_series
from edgeworth.learning.deep import checkpoint

if TYPE_CHECKING:
    from matplotlib.axes import Axes

LEVELS = (0.1, 0.25, 0.5, 0.75, 0.9)
_CONTENT = "forecaster"
_MODEL = "model"


@dataclass(frozen=True, eq=False)
class Forecast:
    """A forecast of the next steps.

    Parameters
    ----------
    mean : float64 [horizon]
        The point forecast.
    errors : float64 [n, horizon]
        Ascending along the first axis: what was observed minus what was forecast, of the windows that calibrate.
    levels : tuple of float
        Whose quantiles `quantiles` holds, each in (0, 1).

    Notes
    -----
    Quantiles are conformal (Papadopoulos, Proedrou, Vovk and Gammerman, 2002): at level p >= 1/2 the mean plus the
    ``ceil((n + 1) p)``-th smallest error, below 1/2 the ``floor((n + 1) p)``-th. Were the next error exchangeable with those of
    the calibration, an interval between the levels p and 1 - p would hold the truth with probability 1 - 2 p at least, whatever
    the method. Errors of a series are not exchangeable when it changes, and those of neighbouring windows are alike: a backtest
    shows the share that really holds.
    """

    mean: Floats
    errors: Floats = field(repr=False)
    levels: tuple[float, ...] = LEVELS

    @cached_property
    def quantiles(self) -> Floats:
        """Quantiles [levels, horizon]."""
        found = np.array([self.quantile(level) for level in self.levels]).reshape(len(self.levels), len(self.mean))
        found.setflags(write=False)
        return found

    def quantile(self, level: float) -> Floats:
        """The quantile at a level.

        Parameters
        ----------
        level : float
            In (0, 1), and so that the calibration has an error there: between 1 / (n + 1) and n / (n + 1).

        Returns
        -------
        float64 [horizon]

        Raises
        ------
        ValueError, TypeError
            For another level.
        """
        return np.asarray(self.mean + self.errors[rank("level", level, len(self.errors))])

    def plot(self, history: ArrayLike = (), ax: Axes | None = None) -> Axes:
        """Draw it after its window.

        Parameters
        ----------
        history : array_like
        ax : matplotlib Axes, optional
        """
        from edgeworth.forecasting.plots import fan

        return fan(np.asarray(history, np.float64), self.mean, self.levels, self.quantiles, ax)


def rank(argument: str, level: float, errors: int) -> int:
    """The place, from 0, of the conformal quantile among so many sorted errors."""
    wanted = validation.real(argument, level, minimum=0.0, open_minimum=True)
    exact = round((errors + 1) * wanted, 9)  # 9.000000000000002 is 9
    place = int(np.ceil(exact) if wanted >= 0.5 else np.floor(exact))
    if not 1 <= place <= errors:
        rule = f"must be between 1 / {errors + 1} and {errors} / {errors + 1}, which is what {errors} errors tell"
        validation.reject(argument, rule, level)
    return place - 1


@dataclass(frozen=True, eq=False, repr=False)
class Forecaster:
    """A method that was fitted to one series, or to several at once.

    Parameters
    ----------
    name : str
        Of the method.
    history, horizon : int
        Steps of a window, and of a forecast.
    model : Predictor
        What was fitted, in scaled units.
    scales : float64 [series, features, 2]
        Mean and standard deviation of what each series, and its exogenous features, were fitted on.
    errors : float64 [n, horizon]
        Scaled errors of the calibration, those of the first series first, ascending for each series.
    counts : int64 [series]
        How many there are of each.
    gaps : {"refuse", "last", "keep"}
        What becomes of missing values, see `read_series`.
    step : float, optional
        Seconds between two values, where the index of the series said so. Windows whose index has another step are refused.
    provenance : mapping
        How it was fitted, plain JSON data.

    Raises
    ------
    ValueError, TypeError
        Where the parts do not fit each other.
    """

    name: str
    history: int
    horizon: int
    model: Predictor = field(repr=False)
    scales: Floats
    errors: Floats
    counts: Ints
    gaps: str = "refuse"
    step: float | None = None
    provenance: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        row = method(self.name)
        for name in ("history", "horizon"):
            found = validation.integer(name, getattr(self, name), minimum=1)
            if found != getattr(self.model, name):
                validation.reject(name, f"must be that of the model, {getattr(self.model, name)}", found)
        if validation.choice("gaps", self.gaps, GAPS) == "keep" and "gaps" not in row.takes:
            validation.reject("gaps", f"must be 'refuse' or 'last': it skips no step ({row.name})", self.gaps)
        if self.step is not None:
            validation.real("step", self.step, minimum=0.0, open_minimum=True)
        counts = validation.array("counts", self.counts, np.int64, (None,), minimum=1)
        scales = validation.array("scales", self.scales, np.float64, (len(counts), self.model.features, 2))
        if not (scales[..., 1] > 0.0).all() or not len(counts):
            validation.reject("scales", "must have deviations above 0", scales)
        errors = validation.array("errors", self.errors, np.float64, (int(counts.sum()), self.horizon))
        if any((np.diff(part, axis=0) < 0.0).any() for part in np.split(errors, np.cumsum(counts)[:-1])):
            validation.reject("errors", "must ascend along the first axis, for each series", errors)
        for name, values in (("counts", counts), ("scales", scales), ("errors", errors)):
            object.__setattr__(self, name, values)
        object.__setattr__(self, "provenance", MappingProxyType(dict(self.provenance)))

    def __reduce__(self) -> tuple[Any, ...]:
        parts = (self.scales, self.errors, self.counts, self.gaps, self.step, dict(self.provenance))
        return type(self), (self.name, self.history, self.horizon, self.model, *parts)

    def __repr__(self) -> str:
        return f"Forecaster({self.name!r}, history={self.history}, horizon={self.horizon}, {self.parameters} parameters)"

    @property
    def parameters(self) -> int:
        """How many numbers were fitted."""
        return self.model.parameters

    @property
    def nbytes(self) -> int:
        """Bytes of them."""
        return self.model.nbytes

    def forecast(
        self,
        history: Any,
        levels: tuple[float, ...] = LEVELS,
        dt: ArrayLike | None = None,
        *,
        exogenous: ArrayLike | None = None,
        series: int | None = None,
    ) -> Forecast:
        """Forecast what follows a window.

        Parameters
        ----------
        history : array_like or pandas.Series [history]
            The latest values, the newest last. Missing ones are treated as those of the series were.
        levels : tuple of float
            Whose quantiles the forecast holds, see `Forecast.quantile`.
        dt : array_like [history], > 0, optional
            Steps between each value and the one before it; for pro-lnn only.
        exogenous : array_like [history, features], optional
            Of the same steps; where the forecaster was fitted with such features, and only there.
        series : int, optional
            Which of the series the window belongs to, where the forecaster was fitted to several.

        Returns
        -------
        Forecast

        Raises
        ------
        ValueError, TypeError
            For windows of another length or of another step, and for what a series is refused for.
        """
        window = read_series(history, gaps=self.gaps, argument="history")
        if len(window.values) != self.history:
            validation.reject("history", f"must have {self.history} values", len(window.values))
        if None not in (window.step, self.step) and window.step != self.step:
            validation.reject("history", f"must have steps of {self.step:g} s, as the series had", window.step)
        features = None if exogenous is None else np.asarray(exogenous)[None]
        gaps = None if dt is None else np.asarray(dt)[None]
        mean = self.forecasts(window.values[None], gaps, exogenous=features, series=series)[0]
        errors = self.errors_of(int(self._which(series, 1)[0]))
        if np.ndim(levels) != 1:
            validation.reject_type("levels", "must be a tuple of numbers", levels)
        for level in levels:
            rank("levels", level, len(errors))
        for values in (mean, errors):
            values.setflags(write=False)
        return Forecast(mean, errors, tuple(levels))

    def forecasts(
        self,
        windows: Array,
        dt: Array | None = None,
        *,
        exogenous: Array | None = None,
        series: int | Ints | None = None,
    ) -> Floats:
        """Point forecasts of many windows at once.

        Parameters
        ----------
        windows : array_like [n, history]
        dt : array_like [n, history], > 0, optional
            As of `forecast`.
        exogenous : array_like [n, history, features], optional
        series : int, or integers [n], optional
            Which of the series each window belongs to.

        Returns
        -------
        float64 [n, horizon]

        Raises
        ------
        ValueError, TypeError
            As of `forecast`.
        """
        given = _finite("windows", windows, 2)
        if given.shape[1] != self.history:
            validation.reject("windows", f"must be [n, {self.history}]", given.shape)
        if not len(given):
            return np.zeros((0, self.horizon))
        scales = self.scales[self._which(series, len(given))]
        whole = filled(given, self.gaps, "windows")[:, :, None]
        if self.scales.shape[1] > 1:
            if exogenous is None:
                validation.reject("exogenous", "must be given: the forecaster was fitted with such features", None)
            wanted = (*given.shape, self.scales.shape[1] - 1)
            features = validation.array("exogenous", exogenous, np.float64, wanted, minimum=-LARGEST, maximum=LARGEST)
            whole = np.concatenate([whole, features], axis=2)
        elif exogenous is not None:
            validation.reject("exogenous", "must be None: the forecaster was fitted without such features", exogenous)
        if dt is not None and "gaps" not in method(self.name).takes:
            validation.reject("dt", f"must be None: {self.name} takes every step for one of the same length", dt)
        scaled = (whole - scales[:, None, :, 0]) / scales[:, None, :, 1]
        found = self.model.predict(scaled, None if dt is None else np.asarray(dt))
        return np.asarray(found * scales[:, :1, 1] + scales[:, :1, 0])

    def errors_of(self, series: int = 0) -> Floats:
        """The errors [n, horizon] of the calibration of one series, ascending along the first axis.

        Parameters
        ----------
        series : int
        """
        number = int(self._which(series, 1)[0])
        first = int(self.counts[:number].sum())
        return np.asarray(self.errors[first : first + int(self.counts[number])] * self.scales[number, 0, 1])

    def _which(self, series: int | Ints | None, windows: int) -> Ints:
        """The series of every window."""
        most = len(self.counts) - 1
        if series is None:
            if most:
                validation.reject("series", f"must be given: the forecaster was fitted to {most + 1} series", None)
            return np.zeros(windows, np.int64)
        if np.ndim(series) == 0:
            return np.full(windows, validation.integer("series", series, minimum=0, maximum=most))
        return validation.array("series", series, np.int64, (windows,), minimum=0, maximum=most)

    def save(self, path: str | PathLike[str]) -> None:
        """Write it to a file that `load_forecaster` reads.

        Parameters
        ----------
        path : str or path
            Its ending is free; ``.npz`` is customary.
        """
        names = ("name", "history", "horizon", "gaps", "step")
        header = {name: getattr(self, name) for name in names}
        header |= {"provenance": dict(self.provenance), "fitted": dict(self.model.provenance)}
        arrays = {"scales": self.scales, "errors": self.errors, "counts": self.counts}
        checkpoint.write(path, _CONTENT, header, arrays | checkpoint.prefixed(_MODEL, self.model.arrays))


def _finite(argument: str, values: Any, axes: int) -> Floats:
    """A fresh array of real numbers that are not too large; NaN may be among them."""
    validation.refuse_labels_and_masks(argument, values)
    raw = np.asarray(values)
    if raw.dtype.kind not in "iuf" or raw.ndim != axes:
        validation.reject_type(argument, f"must hold real numbers along {axes} axes", values)
    found = raw.astype(np.float64)
    if (np.abs(found) > LARGEST).any():
        validation.reject(argument, f"must be finite, at most {LARGEST:g} in absolute value", values)
    return found


def load_forecaster(path: str | PathLike[str], *, limit: int | None = None) -> Forecaster:
    """Read a forecaster that `Forecaster.save` wrote. Neither torch nor statsmodels is needed.

    Parameters
    ----------
    path : str or path
    limit : int, optional
        Most bytes of all arrays together; default `edgeworth.core.files.ARRAY_LIMIT`.

    Returns
    -------
    Forecaster

    Raises
    ------
    FileFormatError
        Naming the file and the rule: no forecaster, truncated, altered, of a later schema, or with parts that do not fit.
    FileNotFoundError
        Where there is no file.
    """
    header, arrays = checkpoint.read(path, _CONTENT, limit=limit)
    try:
        name, history, horizon = (header[key] for key in ("name", "history", "horizon"))
        for key, value in (("history", history), ("horizon", horizon)):
            validation.integer(key, value, minimum=1)
        model = method(name).resolve()(name, checkpoint.part(arrays, _MODEL), history, horizon, header["fitted"])
        scales, errors, counts = (arrays[key] for key in ("scales", "errors", "counts"))
        about = header["gaps"], header["step"], header["provenance"]
        return Forecaster(name, history, horizon, model, scales, errors, counts, *about)
    except (KeyError, IndexError, TypeError, ValueError) as error:
        raise FileFormatError(f"{os.fspath(path)}: not a forecaster that can be used: {error}") from error
