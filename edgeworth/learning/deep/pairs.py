"""A network of pairs: rounds of attention along the rows and the columns of a table, then a logit of every entry."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from edgeworth.core import validation
from edgeworth.core.arrays import Array
from edgeworth.learning.deep.nets import Net, Weights, check_sizes, orthogonal
from edgeworth.learning.deep.torching import torch

_NONE = -1e9  # score of an entry that is not open
_LEAST = 1e-9  # so that a line without any open entry is worth 0


@dataclass(frozen=True, kw_only=True)
class PairAttention(Net):
    """Scores the pairs of a row and a column, say of a vehicle and a customer, by their features and what they compete with.

    Parameters
    ----------
    features : int
        Columns of each pair, of which the first says by 1 or 0 whether the pair is open.
    width : int
        Of what is known of a pair.
    heads : int
        Of each of the two attentions; it divides ``width``.
    rounds : int

    Notes
    -----
    Inputs are [cases, 1 + m n features]: the number of rows m, then the pairs, row after row. Outputs are [cases, m n], for any
    m and n; where rows or columns change places, so do the outputs.

    A round is h_ij <- relu(h_ij + h_ij W + r_i R + c_j C + b). r_i is the mean of h_ij V over the open pairs of row i, weighted
    by the softmax of the scores h_ij s; c_j that of column j, with weights and scores of its own; both 0 for a line without any
    open pair. Attention whose queries are learnt vectors is linear in the number of pairs.

    References
    ----------
    Lee et al., Set transformer, ICML 2019, for pooling by attention; Hartford et al., Deep models of interactions across sets,
    ICML 2018, for tables.
    """

    kind: ClassVar[str] = "pairs"
    features: int
    width: int = 32
    heads: int = 4
    rounds: int = 2
    gain: float = 0.01

    def __post_init__(self) -> None:
        check_sizes(self, features=1, width=1, heads=1)
        validation.integer("rounds", self.rounds, minimum=1, maximum=100)
        if self.width % self.heads:
            validation.reject("heads", f"must divide the width, {self.width}", self.heads)

    def shapes(self) -> dict[str, tuple[int, ...]]:
        d = self.width
        found: dict[str, tuple[int, ...]] = {"in.weight": (self.features, d), "in.bias": (d,)}
        for r in range(self.rounds):
            found |= {f"{r}.pair": (d, d), f"{r}.bias": (d,), f"{r}.scores": (d, 2 * self.heads)}
            found |= {f"{r}.values": (d, 2 * d), f"{r}.row": (d, d), f"{r}.column": (d, d)}
        return found | {"out.weight": (d, 1)}

    def start(self, rng: np.random.Generator) -> list[Array]:
        found: list[Array] = []
        for name, shape in self.shapes().items():
            gain = {"in.weight": 2.0**0.5, "out.weight": self.gain}.get(name, 0.5)
            found.append(orthogonal(rng, shape[0], shape[1], gain) if len(shape) == 2 else np.zeros(shape, np.float32))
        return found

    def _table(self, x: Any) -> Any:
        """Pairs [cases, m, n, features] of inputs."""
        columns, rows = x.shape[1] - 1, int(x[0, 0]) if len(x) else 1
        if rows < 1 or columns < 1 or columns % (rows * self.features) or bool((x[:, 0] != rows).any()):
            rule = f"must tell the same number of rows, and {self.features} columns for every pair"
            validation.reject("x", rule, tuple(x.shape))
        return x[:, 1:].reshape(len(x), rows, columns // (rows * self.features), self.features)

    def numpy(self, weights: Weights, x: Array) -> Array:
        table, at = self._table(x), 2
        is_open = table[..., :1]
        cases, m, n, _ = table.shape
        h = np.maximum(table @ weights[0] + weights[1], 0.0)
        for _ in range(self.rounds):
            pair, bias, score, value, row, column = weights[at : at + 6]
            scores = np.where(is_open > 0.0, h @ score, np.float32(_NONE))
            values = (h @ value).reshape(cases, m, n, 2, self.heads, self.width // self.heads)
            fresh = h @ pair
            fresh += h
            fresh += bias
            for axis, (weight, k) in enumerate(((row, 0), (column, 1))):
                part = scores[..., k * self.heads : (k + 1) * self.heads]
                over = 2 - axis  # a row is pooled over its columns
                part = np.exp(part - part.max(axis=over, keepdims=True)) * is_open
                part = part / (part.sum(axis=over, keepdims=True) + np.float32(_LEAST))
                pooled = (part[..., None] * values[..., k, :, :]).sum(axis=over, keepdims=True)
                fresh += pooled.reshape(*pooled.shape[:3], self.width) @ weight
            h = np.maximum(fresh, 0.0, out=fresh)
            at += 6
        return np.asarray((h @ weights[at]).reshape(cases, m * n))

    def torch(self, weights: Weights, x: Any) -> Any:
        t, table, at = torch(), self._table(x), 2
        is_open = table[..., :1]
        cases, m, n, _ = table.shape
        h = t.relu(table @ weights[0] + weights[1])
        for _ in range(self.rounds):
            pair, bias, score, value, row, column = weights[at : at + 6]
            scores = t.where(is_open > 0.0, h @ score, _NONE)
            values = (h @ value).reshape(cases, m, n, 2, self.heads, self.width // self.heads)
            fresh = h + h @ pair + bias
            for axis, (weight, k) in enumerate(((row, 0), (column, 1))):
                over = 2 - axis
                part = scores[..., k * self.heads : (k + 1) * self.heads]
                part = (part - part.amax(over, True)).exp() * is_open
                part = part / (part.sum(over, True) + _LEAST)
                pooled = (part[..., None] * values[..., k, :, :]).sum(over, True)
                fresh = fresh + pooled.reshape(*pooled.shape[:3], self.width) @ weight
            h = t.relu(fresh)
            at += 6
        return (h @ weights[at]).reshape(cases, m * n)
