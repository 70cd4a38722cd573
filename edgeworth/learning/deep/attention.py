"""Networks of several alike things: a scorer of candidates, and masked dense attention between nodes.

Both are equivariant: where candidates or nodes change places, so do the outputs. Neither knows how many there are.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from edgeworth.core import validation
from edgeworth.core.arrays import Array
from edgeworth.learning.deep.nets import ACTIVATIONS, Mlp, Net, Weights, check_sizes, orthogonal
from edgeworth.learning.deep.torching import torch


def _candidates(columns: int, own: int, features: int) -> int:
    count, rest = divmod(columns - own, features)
    if count < 1 or rest:
        validation.reject("x", f"must have {own} columns and {features} for every candidate", columns)
    return count


@dataclass(frozen=True, kw_only=True)
class Scorer(Net):
    """One perceptron, applied to each candidate: what is common to all, and the candidate's features -> its logit.

    Parameters
    ----------
    own : int
        Columns of an input that all candidates share; they come first.
    features : int
        Columns of each candidate.
    hidden, activation, gain
        As of `Mlp`.

    Notes
    -----
    Inputs are [rows, own + n features], outputs [rows, n], for any n.
    """

    kind: ClassVar[str] = "scorer"
    features: int
    own: int = 0
    hidden: tuple[int, ...] = (64, 64)
    activation: str = "tanh"
    gain: float = 0.01

    def __post_init__(self) -> None:
        check_sizes(self, features=1, own=0)
        self._inner()

    def _inner(self) -> Mlp:
        inputs = self.own + self.features
        return Mlp(inputs=inputs, outputs=1, hidden=self.hidden, activation=self.activation, gain=self.gain)

    def shapes(self) -> dict[str, tuple[int, ...]]:
        return self._inner().shapes()

    def start(self, rng: np.random.Generator) -> list[Array]:
        return self._inner().start(rng)

    def numpy(self, weights: Weights, x: Array) -> Array:
        rows, count = len(x), _candidates(x.shape[1], self.own, self.features)
        each = x[:, self.own :].reshape(rows, count, self.features)
        shared = np.broadcast_to(x[:, None, : self.own], (rows, count, self.own))
        joined = np.concatenate([shared, each], axis=2).reshape(rows * count, self.own + self.features)
        return self._inner().numpy(weights, joined).reshape(rows, count)

    def torch(self, weights: Weights, x: Any) -> Any:
        rows, count = len(x), _candidates(x.shape[1], self.own, self.features)
        each = x[:, self.own :].reshape(rows, count, self.features)
        shared = x[:, None, : self.own].expand(rows, count, self.own)
        joined = torch().cat([shared, each], 2).reshape(rows * count, self.own + self.features)
        return self._inner().torch(weights, joined).reshape(rows, count)


@dataclass(frozen=True, kw_only=True)
class Attention(Net):
    """Rounds of masked multi-head attention between the nodes of a small graph, then a logit of every node.

    Parameters
    ----------
    features : int
        Columns of each node. Node 0 is one's own.
    edges : bool
        Whether a matrix of edge features follows the nodes: entry (i, j) is added, times a learnt number of every head, to the
        score with which i looks at j; an infinite entry closes the edge.
    width : int
        Of what is known of a node.
    heads, rounds : int
        ``heads`` divides ``width``.
    hidden, activation, gain
        Of the perceptron that makes logits of (own node, node), as of `Mlp`.

    Notes
    -----
    Inputs are [rows, n features] or [rows, n features + n^2], outputs [rows, n], for any n. A round is
    h_i <- act(h_i + W_o concat_k sum_j softmax_j(q_i . k_j / sqrt(d) + u_k e_ij) v_j + b), dense over all j. A node looks at
    itself always.

    References
    ----------
    Vaswani et al. (2017), Attention is all you need; edge terms as in Graphormer, Ying et al. (2021).
    """

    kind: ClassVar[str] = "attention"
    features: int
    edges: bool = False
    width: int = 64
    heads: int = 4
    rounds: int = 2
    hidden: tuple[int, ...] = (64,)
    activation: str = "tanh"
    gain: float = 0.01

    def __post_init__(self) -> None:
        check_sizes(self, features=1, width=1, heads=1)
        validation.integer("rounds", self.rounds, minimum=1, maximum=100)
        validation.flag("edges", self.edges)
        validation.choice("activation", self.activation, ACTIVATIONS)
        if self.width % self.heads:
            validation.reject("heads", f"must divide the width, {self.width}", self.heads)
        self._last()

    def _last(self) -> Mlp:
        inputs = 2 * self.width
        return Mlp(inputs=inputs, outputs=1, hidden=self.hidden, activation=self.activation, gain=self.gain)

    def shapes(self) -> dict[str, tuple[int, ...]]:
        found: dict[str, tuple[int, ...]] = {"in.weight": (self.features, self.width), "in.bias": (self.width,)}
        for r in range(self.rounds):
            found |= {
                f"{r}.qkv": (self.width, 3 * self.width),
                f"{r}.out": (self.width, self.width),
                f"{r}.bias": (self.width,),
            }
            if self.edges:
                found[f"{r}.edge"] = (self.heads,)
        return found | {f"last.{name}": shape for name, shape in self._last().shapes().items()}

    def start(self, rng: np.random.Generator) -> list[Array]:
        found: list[Array] = []
        for name, shape in self.shapes().items():
            if name.startswith("last."):
                break
            if len(shape) == 2:
                found.append(orthogonal(rng, shape[0], shape[1], 1.0))
            else:
                found.append(np.full(shape, -1.0 if name.endswith("edge") else 0.0, np.float32))
        return found + self._last().start(rng)

    def _count(self, columns: int) -> int:
        if not self.edges:
            return _candidates(columns, 0, self.features)
        count = round((math.sqrt(self.features**2 + 4 * columns) - self.features) / 2)
        if count < 1 or count * (self.features + count) != columns:
            validation.reject("x", f"must have n ({self.features} + n) columns", columns)
        return count

    def numpy(self, weights: Weights, x: Array) -> Array:
        rows, n, d = len(x), self._count(x.shape[1]), self.width // self.heads
        act = np.tanh if self.activation == "tanh" else lambda y: np.maximum(y, 0.0)
        edge = _scores_numpy(x[:, n * self.features :].reshape(rows, 1, n, n)) if self.edges else None
        h = x[:, : n * self.features].reshape(rows, n, self.features) @ weights[0] + weights[1]
        h, at, each = act(h), 2, 4 if self.edges else 3
        for _ in range(self.rounds):
            q, k, v = np.moveaxis((h @ weights[at]).reshape(rows, n, 3, self.heads, d), (2, 3), (0, 2))
            scores = q @ np.swapaxes(k, -1, -2) / math.sqrt(d)
            if edge is not None:
                scores = np.where(edge[1], scores + weights[at + 3][:, None, None] * edge[0], -np.inf)
            scores = np.exp(scores - scores.max(axis=-1, keepdims=True))
            scores /= scores.sum(axis=-1, keepdims=True)
            mixed = np.swapaxes(scores @ v, 1, 2).reshape(rows, n, self.width)
            h = act(h + mixed @ weights[at + 1] + weights[at + 2])
            at += each
        joined = np.concatenate([np.broadcast_to(h[:, :1], h.shape), h], axis=2).reshape(rows * n, 2 * self.width)
        return self._last().numpy(weights[at:], joined).reshape(rows, n)

    def torch(self, weights: Weights, x: Any) -> Any:
        t = torch()
        rows, n, d = len(x), self._count(x.shape[1]), self.width // self.heads
        act = t.tanh if self.activation == "tanh" else t.relu
        edge = is_open = None
        if self.edges:
            given = x[:, n * self.features :].reshape(rows, 1, n, n)
            is_open = t.isfinite(given) | t.eye(n, dtype=t.bool)
            edge = t.where(t.isfinite(given), given, 0.0)
        h = x[:, : n * self.features].reshape(rows, n, self.features) @ weights[0] + weights[1]
        h, at, each = act(h), 2, 4 if self.edges else 3
        for _ in range(self.rounds):
            q, k, v = (h @ weights[at]).reshape(rows, n, 3, self.heads, d).permute(2, 0, 3, 1, 4)
            scores = q @ k.transpose(-1, -2) / math.sqrt(d)
            if edge is not None:
                scores = t.where(is_open, scores + weights[at + 3][:, None, None] * edge, -math.inf)
            mixed = (t.softmax(scores, -1) @ v).transpose(1, 2).reshape(rows, n, self.width)
            h = act(h + mixed @ weights[at + 1] + weights[at + 2])
            at += each
        joined = t.cat([h[:, :1].expand(h.shape), h], 2).reshape(rows * n, 2 * self.width)
        return self._last().torch(weights[at:], joined).reshape(rows, n)


def _scores_numpy(given: Array) -> tuple[Array, Array]:
    """Edge features with 0 where the edge is closed, and which are open: the finite ones, and every node to itself."""
    finite = np.isfinite(given)
    return np.where(finite, given, 0.0), finite | np.eye(given.shape[-1], dtype=np.bool_)
