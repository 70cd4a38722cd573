"""What the three networks share: their width, the head, the start, and how arrays of windows pass through them."""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from edgeworth.core.arrays import Array
from edgeworth.learning.deep.nets import Net, Weights, check_sizes
from edgeworth.learning.deep.torching import torch

WIDTH = 64
"""Numbers in a state, and in a token."""
HEAD = 32
"""Width of the head's hidden layer."""
CHUNK = 512
"""Windows between two looks at Ctrl-C: some 50 ms."""

Float32 = NDArray[np.float32]


@dataclass(frozen=True, kw_only=True)
class SeriesNet(Net):
    """A network that makes a state of a window, and, by two layers, a forecast of the state.

    Parameters
    ----------
    features : int, >= 1
        Numbers at each step of a window: the series itself, then exogenous ones.
    horizon : int, >= 1
        Steps that are forecast.
    """

    entry: ClassVar[str]  # the name of a weight [features, ...]
    takes_gaps: ClassVar[bool] = False  # whether the time between two observations matters to it
    features: int = 1
    horizon: int = 10

    def __post_init__(self) -> None:
        check_sizes(self, features=1, horizon=1)

    @abstractmethod
    def body(self) -> dict[str, tuple[int, ...]]:
        """Name -> shape of the weights below the head."""

    @abstractmethod
    def states(self, weights: Mapping[str, Array], x: Float32, gaps: Float32) -> Array:
        """The state [n, WIDTH] at the end of every window, in NumPy and numba."""

    @abstractmethod
    def torch_states(self, weights: Mapping[str, Any], x: Any, gaps: Any) -> Any:
        """The same in torch."""

    def shapes(self) -> dict[str, tuple[int, ...]]:
        head = {"head.0.weight": (WIDTH, HEAD), "head.0.bias": (HEAD,)}
        return self.body() | head | {"head.1.weight": (HEAD, self.horizon), "head.1.bias": (self.horizon,)}

    def start(self, rng: np.random.Generator) -> list[Array]:
        """Matrices uniform within 1 / sqrt(inputs), gains 1, biases 0."""
        found: list[Array] = []
        for name, shape in self.shapes().items():
            if len(shape) == 2:
                most = 1.0 / math.sqrt(shape[0])
                found.append(rng.uniform(-most, most, shape).astype(np.float32))
            else:
                found.append(np.full(shape, name.endswith("gain"), np.float32))
        return found

    def numpy(self, weights: Weights, x: Array, gaps: Array | None = None) -> Array:
        """Forecasts [n, horizon] of windows.

        Parameters
        ----------
        weights : sequence of ndarray
        x : float32 [n, history, features]
        gaps : float32 [n, history], optional
            Time since the last observation; 0 at a step without one. Default 1.
        """
        named = dict(zip(self.shapes(), weights, strict=True))
        gaps = np.ones(x.shape[:2], np.float32) if gaps is None else gaps
        found = np.empty((len(x), self.horizon), np.float32)
        for at in range(0, len(x), CHUNK):
            part = slice(at, at + CHUNK)
            hidden = self.states(named, x[part], gaps[part]) @ named["head.0.weight"] + named["head.0.bias"]
            found[part] = np.maximum(hidden, 0.0, out=hidden) @ named["head.1.weight"] + named["head.1.bias"]
        return found

    def torch(self, weights: Weights, x: Any, gaps: Any = None) -> Any:
        """The same in torch.

        Parameters
        ----------
        weights : sequence of Tensor
        x : Tensor [n, history, features]
        gaps : Tensor [n, history], optional
        """
        t = torch()
        named = dict(zip(self.shapes(), weights, strict=True))
        state = self.torch_states(named, x, t.ones(x.shape[:2]) if gaps is None else gaps)
        hidden = t.relu(t.addmm(named["head.0.bias"], state, named["head.0.weight"]))
        return t.addmm(named["head.1.bias"], hidden, named["head.1.weight"])
