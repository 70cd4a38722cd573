"""Two layers of long short-term memory."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from edgeworth.core.arrays import Array
from edgeworth.forecasting.networks.base import WIDTH, Float32, SeriesNet
from edgeworth.learning.deep.torching import torch

_LAYERS = ("lower", "upper")


@dataclass(frozen=True, kw_only=True)
class LSTM(SeriesNet):
    """Two LSTM layers of 64, gates and biases as torch has them: 52,842 parameters at one feature and a horizon of 10.

    Parameters
    ----------
    features, horizon : int
        As of `SeriesNet`.

    Notes
    -----
    The columns of a matrix are the gates i, f, g, o, and each gate has two biases, of which only the sum matters.

    References
    ----------
    Hochreiter and Schmidhuber, Long short-term memory, Neural Computation 9 (1997).

    Examples
    --------
    >>> import math
    >>> sum(math.prod(shape) for shape in LSTM().shapes().values())
    52842
    """

    kind: ClassVar[str] = "lstm"
    entry: ClassVar[str] = "lower.input.weight"

    def body(self) -> dict[str, tuple[int, ...]]:
        found: dict[str, tuple[int, ...]] = {}
        for layer, inputs in zip(_LAYERS, (self.features, WIDTH), strict=True):
            found |= {f"{layer}.input.weight": (inputs, 4 * WIDTH), f"{layer}.state.weight": (WIDTH, 4 * WIDTH)}
            found |= {f"{layer}.input.bias": (4 * WIDTH,), f"{layer}.state.bias": (4 * WIDTH,)}
        return found

    def states(self, weights: Mapping[str, Array], x: Float32, gaps: Float32) -> Array:
        from edgeworth.core.jit import read_only
        from edgeworth.forecasting.networks import kernels

        state = np.empty((len(x), WIDTH), np.float32)
        given = []
        for layer in _LAYERS:
            bias = weights[f"{layer}.input.bias"] + weights[f"{layer}.state.bias"]
            given += [weights[f"{layer}.input.weight"], bias, weights[f"{layer}.state.weight"]]
        kernels.lstm(read_only(kernels.Layers(x, *given)), state)
        return state

    def torch_states(self, weights: Mapping[str, Any], x: Any, gaps: Any) -> Any:
        flat = []
        for layer in _LAYERS:
            flat += [weights[f"{layer}.{name}.weight"].t().contiguous() for name in ("input", "state")]
            flat += [weights[f"{layer}.{name}.bias"] for name in ("input", "state")]
        zero = x.new_zeros(2, len(x), WIDTH)
        return torch().lstm(x, (zero, zero), flat, True, 2, 0.0, False, False, True)[0][:, -1]
