"""Small ReLU networks in plain Python, so that they may run on traced numbers, and how they are trained without gradients."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from edgeworth.core import validation
from edgeworth.core.arrays import Array, Floats
from edgeworth.core.traced import Number

Matrix = tuple[tuple[float, ...], ...]

GRAIN = 2.0**-10
"""Weights are whole multiples of it: exact arithmetic on them stays short."""


@dataclass(frozen=True, repr=False)
class ReluNetwork:
    """A network of ReLU layers with a linear last layer: ``y = W_L max(0, ... W_1 x + b_1 ...) + b_L``.

    Parameters
    ----------
    weights : tuple of matrices
        One W_l a layer, [outputs][inputs], as tuples of floats; the outputs of a layer are the inputs of the next one.
    biases : tuple of tuple of float
        One b_l a layer, [outputs].

    Raises
    ------
    ValueError, TypeError
        For layers that do not fit, and for numbers that are not finite.

    Notes
    -----
    It adds, scales and compares, nothing else: on a traced number a + b t every output is again one, and the run is valid as
    far as no ReLU changes sides. The network is a piecewise linear function of each input, and an audit can list its pieces.

    Examples
    --------
    >>> ReluNetwork(weights=(((1.0, -1.0),), ((2.0,),)), biases=((0.0,), (1.0,)))([3.0, 1.0])
    [5.0]
    """

    weights: tuple[Matrix, ...]
    biases: tuple[tuple[float, ...], ...]

    def __post_init__(self) -> None:
        weights = [validation.array("weights", each, np.float64, (None, None)) for each in self.weights]
        biases = [validation.array("biases", each, np.float64, (None,)) for each in self.biases]
        if not weights or len(weights) != len(biases):
            validation.reject("biases", f"must be one a layer, of {len(weights)} (at least 1)", len(biases))
        for matrix, bias in zip(weights, biases, strict=True):
            if not matrix.size:
                validation.reject("weights", "must have at least one input and one output in every layer", matrix.shape)
            if matrix.shape[0] != len(bias):
                validation.reject("biases", f"must have {matrix.shape[0]} entries in a layer of as many outputs", len(bias))
        for one, two in pairwise(weights):
            if two.shape[1] != one.shape[0]:
                validation.reject("weights", f"must take the {one.shape[0]} outputs of the layer before", two.shape)
        object.__setattr__(self, "weights", tuple(tuple(map(tuple, each.tolist())) for each in weights))
        object.__setattr__(self, "biases", tuple(tuple(each.tolist()) for each in biases))

    @classmethod
    def of(cls, sizes: Sequence[int], theta: Floats) -> ReluNetwork:
        """The network of these layer sizes, inputs first, whose weights and biases are `theta`, layer by layer."""
        validation.array("theta", theta, np.float64, (parameters(sizes),))
        weights, biases, at = [], [], 0
        for inputs, outputs in pairwise(sizes):
            weights.append(theta[at : at + inputs * outputs].reshape(outputs, inputs))
            at += inputs * outputs
            biases.append(theta[at : at + outputs])
            at += outputs
        made: Any = (weights, biases)
        return cls(*made)

    @classmethod
    def stored(cls, arrays: dict[str, Array]) -> ReluNetwork:
        """The inverse of `arrays`."""
        layers = sum(name.startswith("weights_") for name in arrays)
        made: Any = [[arrays[f"{name}_{layer}"] for layer in range(layers)] for name in ("weights", "biases")]
        return cls(*made)

    @property
    def arrays(self) -> dict[str, Array]:
        """Weights and biases as arrays by name, for files."""
        found = {f"weights_{layer}": np.array(each) for layer, each in enumerate(self.weights)}
        return found | {f"biases_{layer}": np.array(each) for layer, each in enumerate(self.biases)}

    @property
    def sizes(self) -> tuple[int, ...]:
        """Inputs, and the outputs of every layer."""
        return (len(self.weights[0][0]), *(len(bias) for bias in self.biases))

    def __repr__(self) -> str:
        return f"ReluNetwork({'-'.join(map(str, self.sizes))})"

    def batch(self, rows: Floats) -> Floats:
        """The outputs for many rows of inputs at once, float64 [rows, outputs]; in NumPy, for floats only."""
        values = rows
        for layer, (matrix, bias) in enumerate(zip(self.weights, self.biases, strict=True)):
            values = values @ np.array(matrix).T + np.array(bias)
            if layer < len(self.weights) - 1:
                values = np.maximum(values, 0.0)
        return values

    def __call__(self, inputs: Sequence[Number]) -> list[Number]:
        """The outputs, as floats or as traced numbers."""
        values: list[Any] = list(inputs)
        if len(values) != self.sizes[0]:
            validation.reject("inputs", f"must be {self.sizes[0]} numbers", len(values))
        last = len(self.weights) - 1
        for layer, (matrix, bias) in enumerate(zip(self.weights, self.biases, strict=True)):
            sums = []
            for row, constant in zip(matrix, bias, strict=True):
                total: Any = constant
                for weight, value in zip(row, values, strict=True):
                    if weight != 0.0:
                        total = total + weight * value
                sums.append(total)
            values = sums if layer == last else [total if total > 0.0 else 0.0 for total in sums]
        return values


def parameters(sizes: Sequence[int]) -> int:
    """How many weights and biases a network of these layer sizes has."""
    return sum((inputs + 1) * outputs for inputs, outputs in pairwise(sizes))


def drawn(sizes: Sequence[int], rng: np.random.Generator, last: float = 1.0) -> Floats:
    """Weights and biases to begin with: normal with variance 2 / inputs, times `last` in the last layer; biases 0."""
    parts: list[Floats] = []
    for layer, (inputs, outputs) in enumerate(pairwise(sizes)):
        scale = np.sqrt(2.0 / inputs) * (last if layer == len(sizes) - 2 else 1.0)
        parts += [rng.normal(0.0, scale, inputs * outputs), np.zeros(outputs)]
    return np.concatenate(parts)


def grained(theta: Floats) -> Floats:
    """Rounded to whole multiples of `GRAIN`."""
    return np.asarray(np.round(theta / GRAIN) * GRAIN)


def evolved(
    score: Callable[[Floats, int], float],
    start: Floats,
    *,
    generations: int,
    pairs: int,
    spread: float,
    step: float,
    rng: np.random.Generator,
    every: int = 20,
) -> Floats:
    """Raise a score by an evolution strategy: antithetic Gaussian differences as the gradient, Adam's steps along it.

    Parameters
    ----------
    score : callable
        ``score(theta, generation)``, to be raised. In one generation, from 1, all are compared on the same part of the data;
        generation 0 stands for all of it.
    start : ndarray
        The first parameters.
    generations, pairs : int
        Number of steps, and of pairs ``theta +- spread eps`` that a step looks at.
    spread, step : float
        Deviation of the differences, and Adam's learning rate.
    rng : Generator
        Of the differences.
    every : int
        After so many steps, and after the last one, the parameters are judged on all of the data.

    Returns
    -------
    ndarray
        The best of those that were judged on all of the data, the first ones among them.

    References
    ----------
    Salimans, Ho, Chen, Sidor and Sutskever, arXiv:1703.03864 (2017); Kingma and Ba, ICLR (2015).
    """
    theta, mean, square = start.copy(), np.zeros(len(start)), np.zeros(len(start))
    best, found = score(start, 0), start
    for generation in range(1, generations + 1):
        eps = rng.normal(size=(pairs, len(start)))
        rises = [score(theta + spread * e, generation) - score(theta - spread * e, generation) for e in eps]
        slope = np.array(rises) @ eps / (2.0 * pairs * spread)
        mean += 0.1 * (slope - mean)
        square += 0.01 * (slope * slope - square)
        theta += step * (mean / (1.0 - 0.9**generation)) / (np.sqrt(square / (1.0 - 0.99**generation)) + 1e-8)
        if generation % every == 0 or generation == generations:
            reached = score(theta, 0)
            if reached > best:
                best, found = reached, theta.copy()
    return found
