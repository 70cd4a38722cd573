"""The three forecasting networks once more, in plain Python numbers, window by window and unit by unit."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

Vector = list[float]
Weights = Mapping[str, Any]  # name -> nested lists


def affine(x: Vector, weight: list[Vector], bias: Vector) -> Vector:
    return [bias[j] + math.fsum(x[i] * weight[i][j] for i in range(len(x))) for j in range(len(bias))]


def norm(x: Vector, gain: Vector, bias: Vector) -> Vector:
    mean = math.fsum(x) / len(x)
    variance = math.fsum((v - mean) ** 2 for v in x) / len(x)
    return [(v - mean) / math.sqrt(variance + 1e-5) * g + b for v, g, b in zip(x, gain, bias, strict=True)]


def sigmoid(x: float) -> float:
    return 1.0 / (1.0 + math.exp(-x))


def head(w: Weights, state: Vector) -> Vector:
    hidden = [max(v, 0.0) for v in affine(state, w["head.0.weight"], w["head.0.bias"])]
    return affine(hidden, w["head.1.weight"], w["head.1.bias"])


def liquid_step(w: Weights, x: Vector, h: Vector, dt: float) -> Vector:
    def gate(which: str) -> Vector:
        one = affine(x, w[f"{which}.input.weight"], w[f"{which}.input.bias"])
        return [a + b for a, b in zip(one, affine(h, w[f"{which}.state.weight"], w[f"{which}.state.bias"]), strict=True)]

    tau = [min(max(max(v, 0.0) + math.log1p(math.exp(-abs(v))), 0.1), 1000.0) for v in gate("tau")]
    phi = [math.tanh(v) for v in norm(gate("drive"), w["norm.gain"], w["norm.bias"])]
    kept = [math.exp(-dt / t) for t in tau]
    return [k * a + (1.0 - k) * p for k, a, p in zip(kept, h, phi, strict=True)]


def pro_lnn(w: Weights, window: list[Vector], dt: Vector) -> Vector:
    """A step with NaN is skipped; what follows it is told how much time has passed, and at the end the last value is held."""
    h = [0.0] * 64
    passed, last = 0.0, window[0]
    for k, x in enumerate(window):
        passed += dt[k]
        here = not any(math.isnan(v) for v in x)
        last = x if here else last
        if here or k == len(window) - 1:
            h = liquid_step(w, last, h, passed)
            passed = 0.0
    return head(w, h)


def lstm(w: Weights, window: list[Vector]) -> Vector:
    below = window
    for layer in ("lower", "upper"):
        h, c, above = [0.0] * 64, [0.0] * 64, []
        for x in below:
            one = affine(x, w[f"{layer}.input.weight"], w[f"{layer}.input.bias"])
            two = affine(h, w[f"{layer}.state.weight"], w[f"{layer}.state.bias"])
            i, f, g, o = ([a + b for a, b in zip(one, two, strict=True)][64 * k : 64 * (k + 1)] for k in range(4))
            c = [sigmoid(f[j]) * c[j] + sigmoid(i[j]) * math.tanh(g[j]) for j in range(64)]
            h = [sigmoid(o[j]) * math.tanh(c[j]) for j in range(64)]
            above.append(h)
        below = above
    return head(w, below[-1])


def transformer(w: Weights, window: list[Vector]) -> Vector:
    tokens = []
    for place, x in enumerate(window):
        token = affine(x, w["embed.weight"], w["embed.bias"])
        for j in range(0, 64, 2):
            angle = place / 10000.0 ** (j / 64)
            token[j] += math.sin(angle)
            token[j + 1] += math.cos(angle)
        tokens.append(token)
    for layer in ("0", "1"):
        triples = [affine(token, w[f"{layer}.query.weight"], w[f"{layer}.query.bias"]) for token in tokens]
        above = []
        for token, triple in zip(tokens, triples, strict=True):
            mixed: Vector = []
            for first in range(0, 64, 16):
                part = range(first, first + 16)
                score = [math.fsum(triple[j] * other[64 + j] for j in part) / 4.0 for other in triples]
                share = [math.exp(s - max(score)) for s in score]
                mixed += [
                    math.fsum(s * other[128 + j] for s, other in zip(share, triples, strict=True)) / sum(share) for j in part
                ]
            mixed = affine(mixed, w[f"{layer}.mix.weight"], w[f"{layer}.mix.bias"])
            token = norm([a + b for a, b in zip(token, mixed, strict=True)], w[f"{layer}.one.gain"], w[f"{layer}.one.bias"])
            up = [max(v, 0.0) for v in affine(token, w[f"{layer}.up.weight"], w[f"{layer}.up.bias"])]
            down = affine(up, w[f"{layer}.down.weight"], w[f"{layer}.down.bias"])
            above.append(
                norm([a + b for a, b in zip(token, down, strict=True)], w[f"{layer}.two.gain"], w[f"{layer}.two.bias"])
            )
        tokens = above
    return head(w, tokens[-1])
