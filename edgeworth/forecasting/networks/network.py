"""A fitted network as plain arrays: it forecasts without torch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from os import PathLike
from types import MappingProxyType

import numpy as np

from edgeworth.core import validation
from edgeworth.core.arrays import Array, Arrays, Bools, Floats
from edgeworth.core.errors import FileFormatError
from edgeworth.forecasting.networks.base import Float32, SeriesNet
from edgeworth.forecasting.networks.lstm import LSTM
from edgeworth.forecasting.networks.pro_lnn import ProLNN
from edgeworth.forecasting.networks.transformer import Transformer
from edgeworth.learning.deep import checkpoint

ARCHITECTURES: Mapping[str, type[SeriesNet]] = MappingProxyType({each.kind: each for each in (ProLNN, LSTM, Transformer)})
"""Name -> architecture."""
_CONTENT = "forecasting network"


@dataclass(frozen=True, eq=False)
class Network:
    """A fitted network.

    Parameters
    ----------
    name : {"pro-lnn", "lstm", "transformer"}
    arrays : mapping of float32 ndarray
        Weights by name, as `SeriesNet.shapes` has them.
    history : int, >= 1
        Steps of a window.
    horizon : int, >= 1
        Steps of a forecast.
    provenance : mapping
        How it was trained, plain JSON data.

    Raises
    ------
    ValueError, TypeError
        For another name, and for arrays of other names, shapes or dtype, or that are not finite.
    """

    name: str
    arrays: Arrays = field(repr=False)
    history: int
    horizon: int
    provenance: Mapping[str, object] = field(default_factory=dict)

    def __post_init__(self) -> None:
        validation.choice("name", self.name, tuple(ARCHITECTURES))
        validation.integer("history", self.history, minimum=1)
        shapes = self._net.shapes()
        if set(self.arrays) != set(shapes):
            validation.reject("arrays", f"must be those of {self.name}", sorted(self.arrays))
        found = {name: validation.array(f"arrays[{name}]", self.arrays[name], np.float32, shapes[name]) for name in shapes}
        object.__setattr__(self, "arrays", MappingProxyType(found))
        object.__setattr__(self, "provenance", MappingProxyType(dict(self.provenance)))

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (self.name, dict(self.arrays), self.history, self.horizon, dict(self.provenance))

    @classmethod
    def from_arrays(cls, name: str, arrays: Arrays, history: int, horizon: int) -> Network:
        """A network of stored arrays.

        Parameters
        ----------
        name : str
        arrays : mapping of ndarray
        history, horizon : int

        Raises
        ------
        ValueError, TypeError
            As of the class.
        """
        return cls(name, arrays, history, horizon)

    def save(self, path: str | PathLike[str]) -> None:
        """Write it to an npz file.

        Parameters
        ----------
        path : str or path
        """
        header = {"name": self.name, "history": self.history, "horizon": self.horizon, "provenance": dict(self.provenance)}
        checkpoint.write(path, _CONTENT, header, self.arrays)

    @classmethod
    def load(cls, path: str | PathLike[str]) -> Network:
        """The network that `save` wrote.

        Parameters
        ----------
        path : str or path

        Raises
        ------
        FileFormatError
            For a file that holds no such network.
        """
        header, arrays = checkpoint.read(path, _CONTENT)
        try:
            return cls(header["name"], arrays, header["history"], header["horizon"], header["provenance"])
        except (KeyError, TypeError, ValueError) as error:
            raise FileFormatError(f"{path}: holds no forecasting network: {error}") from error

    @cached_property
    def _net(self) -> SeriesNet:
        return ARCHITECTURES[self.name](features=self.features, horizon=self.horizon)

    @property
    def features(self) -> int:
        """Numbers at each step of a window: 1 and the exogenous ones."""
        entry = ARCHITECTURES[self.name].entry
        if entry not in self.arrays or np.ndim(self.arrays[entry]) != 2:
            validation.reject("arrays", f"must hold a matrix {entry!r}", sorted(self.arrays))
        return len(self.arrays[entry])

    @property
    def parameters(self) -> int:
        """Numbers that training sets."""
        return sum(each.size for each in self.arrays.values())

    @property
    def nbytes(self) -> int:
        """Bytes of the parameters, 4 each."""
        return sum(each.nbytes for each in self.arrays.values())

    def predict(self, windows: Array, dt: Array | None = None) -> Floats:
        """Forecasts of windows.

        Parameters
        ----------
        windows : float64 [n, history] or [n, history, features]
            In the units of training. NaN, at a step without an observation, is for pro-lnn only: the step is skipped.
        dt : float64 [n, history], > 0, optional
            Time between each step and the one before it, in steps of training; for pro-lnn only. Default 1.

        Returns
        -------
        float64 [n, horizon]

        Raises
        ------
        ValueError, TypeError
            For other shapes, for windows without any observation, and for what only pro-lnn takes.
        """
        x, gaps = observed(self._net, windows, dt)
        if x.shape[1:] != (self.history, self.features):
            validation.reject("windows", f"must have {self.history} steps of {self.features} features", x.shape)
        return self._net.numpy(list(self.arrays.values()), x, gaps).astype(np.float64)


def observed(net: SeriesNet, windows: Array, dt: Array | None) -> tuple[Float32, Float32]:
    """Windows as a network takes them: observations, and the time since the last one.

    Parameters
    ----------
    net : SeriesNet
    windows : float64 [n, history] or [n, history, features]
    dt : float64 [n, history], optional

    Returns
    -------
    x : float32 [n, history, features]
        0 at steps without an observation.
    gaps : float32 [n, history]
        0 there.

    Raises
    ------
    ValueError, TypeError

    Notes
    -----
    A forecast is made at the last step. Where that has no observation, the last one there is is held until then, so that the
    network is told how old it is.
    """
    x = np.asarray(windows)
    if x.dtype.kind not in "fiu" or x.ndim not in (2, 3) or not x.size:
        validation.reject("windows", "must hold real numbers, [n, history] or [n, history, features]", windows)
    with np.errstate(over="ignore"):  # what overflows is refused below
        x = np.array(x, np.float32)
    x = x[:, :, None] if x.ndim == 2 else x
    if dt is not None and not net.takes_gaps:
        validation.reject("dt", f"must be None: {net.kind} takes every step for one of the same length", dt)
    shape = x.shape[:2]
    steps = np.ones(shape) if dt is None else _times(dt, shape)
    missing: Bools = np.isnan(x).any(axis=2)
    if missing.any():
        if not net.takes_gaps:
            validation.reject("windows", f"must be finite: {net.kind} skips no step", windows)
        x, steps = _skipped(x, steps, missing)
    if not np.isfinite(x).all():
        validation.reject("windows", "must be finite or NaN, within float32", windows)
    return x, steps.astype(np.float32)


def _times(dt: Array, shape: tuple[int, int]) -> Floats:
    """Times between steps, so that sums of them are float32."""
    return validation.array("dt", dt, np.float64, shape, minimum=0.0, maximum=1e30, open_minimum=True)


def _skipped(x: Float32, steps: Floats, missing: Bools) -> tuple[Float32, Floats]:
    """Windows without their missing steps, whose time goes to the next observation."""
    rows = np.arange(len(x))
    latest = np.maximum.accumulate(np.where(missing, -1, np.arange(x.shape[1])), axis=1)  # -1: none so far
    if (latest[:, -1] < 0).any():
        validation.reject("windows", "must have an observation each", int(np.argmin(latest[:, -1])))
    x[:, -1] = x[rows, latest[:, -1]]
    seen = ~missing
    seen[:, -1] = True
    time = np.cumsum(steps, axis=1)
    before = np.concatenate([np.full((len(x), 1), -1), latest[:, :-1]], axis=1)
    since = time - np.where(before < 0, 0.0, np.take_along_axis(time, before, axis=1))
    return np.where(seen[:, :, None], x, np.float32(0.0)), np.where(seen, since, 0.0)
