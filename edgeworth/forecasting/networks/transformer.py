"""A transformer encoder of two layers, read at the last step."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, ClassVar

import numpy as np

from edgeworth.core.arrays import Array
from edgeworth.forecasting.networks.base import WIDTH, Float32, SeriesNet
from edgeworth.learning.deep.torching import torch

HEADS, FORWARD, LAYERS = 4, 128, 2
_EPSILON = 1e-5
_BLOCK = 32  # windows at a time: their attention then stays in the cache


@cache
def positions(steps: int) -> Float32:
    """The sinusoidal table [steps, WIDTH]: sines in the even columns, cosines in the odd ones.

    Parameters
    ----------
    steps : int
    """
    angle = np.arange(steps)[:, None] * np.exp(-math.log(1e4) * np.arange(0, WIDTH, 2) / WIDTH)
    table = np.empty((steps, WIDTH), np.float32)
    table[:, 0::2], table[:, 1::2] = np.sin(angle), np.cos(angle)
    table.flags.writeable = False
    return table


@dataclass(frozen=True, kw_only=True)
class Transformer(SeriesNet):
    """Two encoder layers of 64 with four heads: 69,482 parameters at one feature and a horizon of 10.

    Parameters
    ----------
    features, horizon : int
        As of `SeriesNet`.

    Notes
    -----
    As torch's encoder layer by default (ReLU, normalisation after each sum), without dropout. The state is the last token of
    the upper layer, so the upper layer computes no other. Positions are a table that is not trained and not counted.

    References
    ----------
    Vaswani et al., Attention is all you need, NeurIPS 2017.

    Examples
    --------
    >>> import math
    >>> sum(math.prod(shape) for shape in Transformer().shapes().values())
    69482
    """

    kind: ClassVar[str] = "transformer"
    entry: ClassVar[str] = "embed.weight"

    def body(self) -> dict[str, tuple[int, ...]]:
        found: dict[str, tuple[int, ...]] = {"embed.weight": (self.features, WIDTH), "embed.bias": (WIDTH,)}
        sizes = {"query": (WIDTH, 3 * WIDTH), "mix": (WIDTH, WIDTH), "up": (WIDTH, FORWARD), "down": (FORWARD, WIDTH)}
        for layer in range(LAYERS):
            for name, shape in sizes.items():
                found |= {f"{layer}.{name}.weight": shape, f"{layer}.{name}.bias": shape[1:]}
            for norm in ("one", "two"):
                found |= {f"{layer}.{norm}.gain": (WIDTH,), f"{layer}.{norm}.bias": (WIDTH,)}
        return found

    def states(self, weights: Mapping[str, Array], x: Float32, gaps: Float32) -> Array:
        state = np.empty((len(x), WIDTH), np.float32)
        for at in range(0, len(x), _BLOCK):
            token = _affine(weights, "embed", x[at : at + _BLOCK]) + positions(x.shape[1])
            for layer in range(LAYERS):
                token = self._layer(weights, str(layer), token, last=layer == LAYERS - 1)
            state[at : at + _BLOCK] = token[:, 0]
        return state

    def _layer(self, weights: Mapping[str, Array], layer: str, token: Array, last: bool) -> Array:
        n, steps = token.shape[:2]
        shape = (n, steps, 3, HEADS, WIDTH // HEADS)
        query, key, value = _affine(weights, f"{layer}.query", token).reshape(shape).transpose(2, 0, 3, 1, 4)
        if last:
            query, token = query[:, :, -1:], token[:, -1:]
        score = query @ key.transpose(0, 1, 3, 2)
        score *= np.float32(1.0 / math.sqrt(WIDTH // HEADS))
        score -= score.max(axis=-1, keepdims=True)
        np.exp(score, out=score)
        score /= score.sum(axis=-1, keepdims=True)
        mixed = (score @ value).transpose(0, 2, 1, 3).reshape(token.shape)
        token = _norm(weights, f"{layer}.one", token + _affine(weights, f"{layer}.mix", mixed))
        up = _affine(weights, f"{layer}.up", token)
        return _norm(weights, f"{layer}.two", token + _affine(weights, f"{layer}.down", np.maximum(up, 0.0, out=up)))

    def torch_states(self, weights: Mapping[str, Any], x: Any, gaps: Any) -> Any:
        t = torch()
        F = t.nn.functional

        def affine(name: str, given: Any) -> Any:
            return given @ weights[f"{name}.weight"] + weights[f"{name}.bias"]

        def norm(name: str, given: Any) -> Any:
            return F.layer_norm(given, (WIDTH,), weights[f"{name}.gain"], weights[f"{name}.bias"], _EPSILON)

        n, steps = x.shape[:2]
        token = affine("embed", x) + t.tensor(positions(steps))
        for layer in range(LAYERS):
            shape = (n, steps, 3, HEADS, WIDTH // HEADS)
            query, key, value = affine(f"{layer}.query", token).view(shape).permute(2, 0, 3, 1, 4)
            if layer == LAYERS - 1:
                query, token = query[:, :, -1:], token[:, -1:]
            mixed = F.scaled_dot_product_attention(query, key, value).transpose(1, 2).reshape(token.shape)
            token = norm(f"{layer}.one", token + affine(f"{layer}.mix", mixed))
            token = norm(f"{layer}.two", token + affine(f"{layer}.down", t.relu(affine(f"{layer}.up", token))))
        return token[:, 0]


def _affine(weights: Mapping[str, Array], name: str, given: Array) -> Array:
    flat = given.reshape(-1, given.shape[-1]) @ weights[f"{name}.weight"]
    flat += weights[f"{name}.bias"]
    return flat.reshape(*given.shape[:-1], -1)


def _norm(weights: Mapping[str, Array], name: str, given: Array) -> Array:
    given -= given.mean(axis=-1, keepdims=True)
    given /= np.sqrt(np.square(given).mean(axis=-1, keepdims=True) + np.float32(_EPSILON))
    given *= weights[f"{name}.gain"]
    given += weights[f"{name}.bias"]
    return given
