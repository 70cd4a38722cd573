"""Networks as data: layer sizes and a start; one forward pass in NumPy, one in torch. And running normalisers.

A network is a frozen dataclass without weights. Its weights are a list of arrays (or tensors) in the order of `names`, matrices
as (inputs, outputs). Nothing here imports torch: a tensor brings what is needed.
"""

from __future__ import annotations

import json
import math
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from edgeworth.core import validation
from edgeworth.core.arrays import Array, Floats
from edgeworth.core.lazy import resolve
from edgeworth.learning.deep.torching import torch

Weights = Sequence[Any]
"""Arrays or tensors, in the order of a network's ``names``."""
ACTIVATIONS = ("tanh", "relu")
_HIDDEN_GAIN = math.sqrt(2.0)
_ROOM = "edgeworth.learning.deep"
_KINDS = {
    "mlp": f"{_ROOM}.nets:Mlp",
    "scorer": f"{_ROOM}.attention:Scorer",
    "attention": f"{_ROOM}.attention:Attention",
    "pairs": f"{_ROOM}.pairs:PairAttention",
}


def orthogonal(rng: np.random.Generator, inputs: int, outputs: int, gain: float) -> NDArray[np.float32]:
    """A matrix (inputs, outputs) with orthogonal rows or columns of length `gain`: Saxe, McClelland and Ganguli (2014).

    Parameters
    ----------
    rng : numpy.random.Generator
    inputs, outputs : int
    gain : float
    """
    q, r = np.linalg.qr(rng.standard_normal((max(inputs, outputs), min(inputs, outputs))))
    q = q * np.where(np.diagonal(r) < 0.0, -1.0, 1.0)  # uniform over orthogonal matrices, whatever signs LAPACK chooses
    return np.ascontiguousarray(gain * (q if inputs >= outputs else q.T), dtype=np.float32)


@dataclass(frozen=True, kw_only=True)
class Net(ABC):
    """The base of networks: named weights, and their passage to and from plain data."""

    kind: ClassVar[str] = ""

    @abstractmethod
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Name -> shape of every weight, in order."""

    @abstractmethod
    def start(self, rng: np.random.Generator) -> list[Array]:
        """Weights to begin with, float32.

        Parameters
        ----------
        rng : numpy.random.Generator
        """

    @abstractmethod
    def numpy(self, weights: Weights, x: Array) -> Array:
        """Outputs of inputs [rows, inputs], in NumPy.

        Parameters
        ----------
        weights : sequence of ndarray
        x : ndarray [rows, inputs]
        """

    @abstractmethod
    def torch(self, weights: Weights, x: Any) -> Any:
        """The same in torch.

        Parameters
        ----------
        weights : sequence of Tensor
        x : Tensor [rows, inputs]
        """

    def to_fields(self) -> dict[str, Any]:
        """As plain JSON data."""
        plain: dict[str, Any] = json.loads(json.dumps({"kind": self.kind, **asdict(self)}))
        return plain


def check_sizes(net: Net, **least: int) -> None:
    """Refuse sizes of a network that are no integers, or below their least."""
    for name, minimum in least.items():
        validation.integer(name, getattr(net, name), minimum=minimum)


@dataclass(frozen=True, kw_only=True)
class Mlp(Net):
    """A multilayer perceptron; without hidden layers it is linear.

    Parameters
    ----------
    inputs, outputs : int
    hidden : tuple of int
        Widths of the hidden layers.
    activation : {"tanh", "relu"}
    gain : float
        Of the last layer's orthogonal start; hidden layers have sqrt(2). Biases start at 0.

    Examples
    --------
    >>> import numpy as np
    >>> net = Mlp(inputs=3, hidden=(8,), outputs=2)
    >>> net.numpy(net.start(np.random.default_rng(0)), np.zeros((5, 3), np.float32)).shape
    (5, 2)
    """

    kind: ClassVar[str] = "mlp"
    inputs: int
    outputs: int
    hidden: tuple[int, ...] = (64, 64)
    activation: str = "tanh"
    gain: float = 0.01

    def __post_init__(self) -> None:
        check_sizes(self, inputs=1, outputs=1)
        for width in self.hidden:
            validation.integer("hidden", width, minimum=1)
        validation.choice("activation", self.activation, ACTIVATIONS)

    def shapes(self) -> dict[str, tuple[int, ...]]:
        sizes = (self.inputs, *self.hidden, self.outputs)
        found: dict[str, tuple[int, ...]] = {}
        for k, (one, other) in enumerate(pairwise(sizes)):
            found |= {f"{k}.weight": (one, other), f"{k}.bias": (other,)}
        return found

    def start(self, rng: np.random.Generator) -> list[Array]:
        shapes = list(self.shapes().values())
        found: list[Array] = []
        for k, shape in enumerate(shapes):
            last = k >= len(shapes) - 2
            gain = self.gain if last else _HIDDEN_GAIN
            found.append(orthogonal(rng, shape[0], shape[1], gain) if len(shape) == 2 else np.zeros(shape, np.float32))
        return found

    def numpy(self, weights: Weights, x: Array) -> Array:
        for k in range(0, len(weights), 2):
            x = x @ weights[k]
            x += weights[k + 1]
            if k < len(weights) - 2:
                x = np.tanh(x, out=x) if self.activation == "tanh" else np.maximum(x, 0.0, out=x)
        return x

    def torch(self, weights: Weights, x: Any) -> Any:
        act = torch().tanh if self.activation == "tanh" else torch().relu
        addmm = torch().addmm
        for k in range(0, len(weights), 2):
            x = addmm(weights[k + 1], x, weights[k])
            if k < len(weights) - 2:
                x = act(x)
        return x


def check_outputs(argument: str, net: Net, weights: Weights, inputs: int, outputs: int) -> None:
    """Refuse a network that does not make so many numbers of so many."""
    try:
        made = net.numpy(weights, np.zeros((1, inputs), np.float32)).shape[1]
    except ValueError as error:
        raise ValueError(f"{argument}: must make {outputs} numbers of {inputs}; got {net}") from error
    if made != outputs:
        validation.reject(argument, f"must make {outputs} numbers of {inputs}", net)


def net_of(fields: Mapping[str, Any]) -> Net:
    """The network that `Net.to_fields` described.

    Parameters
    ----------
    fields : mapping

    Raises
    ------
    ValueError
        For an unknown kind.
    """
    content = dict(fields)
    kind = validation.choice("kind", content.pop("kind", None), list(_KINDS))
    made = resolve(_KINDS[kind])
    found: Net = made(**{name: tuple(value) if isinstance(value, list) else value for name, value in content.items()})
    return found


class Normaliser:
    """Mean and variance of a stream of vectors, in float64, and vectors in their units.

    Parameters
    ----------
    size : int
        Length of a vector.
    most : float
        Entries are cut off there, in standard deviations.

    Notes
    -----
    Batches are merged by the formula of Chan, Golub and LeVeque (1979), whose single-vector case is Welford's: no sum of
    squares is ever formed.

    Before the first batch it is the identity, up to the cut: training meets the observations of its first rollout as they are,
    and those of the next in units of what was met by then.
    """

    def __init__(self, size: int, most: float = 10.0) -> None:
        self.count, self.most = 0.0, most
        self.mean: Floats = np.zeros(size)
        self.squares: Floats = np.zeros(size)

    @property
    def variance(self) -> Floats:
        """Of all vectors so far; 1 before the second one."""
        return self.squares / self.count if self.count > 1.0 else np.ones_like(self.mean)

    def check(self, size: int) -> None:
        """Refuse what no stream of vectors of this size leads to.

        Parameters
        ----------
        size : int

        Raises
        ------
        ValueError
        """
        if self.mean.shape != (size,) or self.squares.shape != (size,):
            validation.reject("normaliser", f"must be of vectors of length {size}", (self.mean.shape, self.squares.shape))
        finite = np.isfinite([self.count, self.most]).all() and np.isfinite(self.mean).all() and np.isfinite(self.squares).all()
        if not finite or self.count < 0.0 or self.most <= 0.0 or (self.squares < 0.0).any():
            validation.reject("normaliser", "must be finite, its squares and its count not below 0", self.arrays())

    def update(self, batch: Array) -> None:
        """Take vectors in.

        Parameters
        ----------
        batch : ndarray [..., size]
        """
        rows = np.asarray(batch, np.float64).reshape(-1, self.mean.size)
        if not len(rows):
            return
        mean = rows.mean(axis=0)
        squares = ((rows - mean) ** 2).sum(axis=0)
        count = self.count + len(rows)
        shift = mean - self.mean
        self.squares = self.squares + squares + shift**2 * (self.count * len(rows) / count)
        self.mean = self.mean + shift * (len(rows) / count)
        self.count = count

    def take(self, other: Normaliser) -> None:
        """Become what another one is.

        Parameters
        ----------
        other : Normaliser
        """
        self.count, self.mean, self.squares = other.count, other.mean.copy(), other.squares.copy()

    def apply(self, batch: Array) -> NDArray[np.float32]:
        """Vectors minus the mean, over the standard deviation, float32.

        Parameters
        ----------
        batch : ndarray [..., size]
        """
        scaled = (np.asarray(batch, np.float64) - self.mean) / np.sqrt(self.variance + 1e-8)
        return np.clip(scaled, -self.most, self.most).astype(np.float32)

    def arrays(self) -> dict[str, Array]:
        """What it holds, as arrays."""
        return {"count": np.array([self.count, self.most]), "mean": self.mean.copy(), "squares": self.squares.copy()}

    @classmethod
    def of(cls, arrays: Mapping[str, Array]) -> Normaliser:
        """The inverse of `arrays`.

        Parameters
        ----------
        arrays : mapping
        """
        found = cls(arrays["mean"].size, float(arrays["count"][1]))
        found.count = float(arrays["count"][0])
        found.mean, found.squares = arrays["mean"].astype(np.float64), arrays["squares"].astype(np.float64)
        return found
