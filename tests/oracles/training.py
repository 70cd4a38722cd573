"""Proof of learning once more, in plain Python: gradients by central differences, every miner trained to the end."""

from __future__ import annotations

import math

_MASK = 2**64 - 1
_GOLDEN = 0x9E3779B97F4A7C15


def _mixed(z: int) -> int:
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & _MASK
    return z ^ (z >> 31)


def _stream(seed: int, first: int, second: int) -> int:
    return _mixed((_mixed((_mixed(seed) + first * _GOLDEN) & _MASK) + second * _GOLDEN) & _MASK)


def entropy(weights: list[float], point: list[float], label: int, hidden: int, classes: int) -> float:
    """Minus the logarithm of the probability that the network gives to the label."""
    rest = iter(weights)
    middle = [max(0.0, sum(next(rest) * each for each in [*point, 1.0])) for _ in range(hidden)]
    scores = [sum(next(rest) * each for each in [*middle, 1.0]) for _ in range(classes)]
    return math.log(sum(math.exp(score) for score in scores)) - scores[label]


def loss(weights: list[float], inputs: list[list[float]], labels: list[int], hidden: int, classes: int) -> float:
    return sum(entropy(weights, x, y, hidden, classes) for x, y in zip(inputs, labels, strict=True)) / len(labels)


def block(
    weights: list[float],
    inputs: list[list[float]],
    labels: list[int],
    *,
    hidden: int,
    classes: int,
    rate: float,
    pace: list[float],
    span: float,
    look: int | None,
    threshold: float,
    seed: int,
    chain: int,
    number: int,
) -> tuple[int, float, float, list[float]]:
    """Winner, loss, time and parameters of one block. look: steps between two looks; None: only at the end."""
    began = loss(weights, inputs, labels, hidden, classes)
    best: tuple[float, float, int, list[float]] | None = None
    for i, speed in enumerate(pace):
        if speed <= 0.0:
            continue
        own, word = list(weights), _stream(_stream(seed, chain, number), i, 1)
        steps = int(speed * span)
        for step in range(1, steps + 1):
            row = int((_mixed(word) >> 11) * 2.0**-53 * len(labels))
            word = (word + _GOLDEN) & _MASK
            slopes = []
            for k in range(len(own)):
                up, down = list(own), list(own)
                up[k] += 1e-5
                down[k] -= 1e-5
                rise = entropy(up, inputs[row], labels[row], hidden, classes)
                slopes.append((rise - entropy(down, inputs[row], labels[row], hidden, classes)) / 2e-5)
            own = [weight - rate * slope for weight, slope in zip(own, slopes, strict=True)]
            if look is not None and step % look == 0:
                found = loss(own, inputs, labels, hidden, classes)
                if found <= threshold * began:
                    best = min(best or (math.inf, 0.0, 0, []), (step / speed, found, i, own))
                    break
        if look is None:
            found = loss(own, inputs, labels, hidden, classes)
            best = min(best or (math.inf, 0.0, 0, []), (span, found, i, own))
    return (-1, began, math.inf, weights) if best is None else (best[2], best[1], best[0], best[3])
