"""Rounds of AI-Bazaar once more, in plain Python: from prices and demands alone to winners, networks and accounts."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np

from tests.oracles import training as oracle


class Round(NamedTuple):
    winner: int
    loss: float
    time: float
    draw: float
    reached: bool
    parameters: list[float]


def replay(game: Any, played: list[tuple[float, list[float]]], training: Any, word: int, *, first: bool) -> list[Round]:
    """Rounds of (price, demands). first: who comes below the threshold first wins, else the smallest loss after T_train."""
    t = training
    rng = np.random.default_rng(np.random.SeedSequence(word, spawn_key=(0,)))
    labels = [k % t.classes for k in range(t.samples)]
    centres = rng.standard_normal((t.classes, t.features)).tolist()
    noise = rng.standard_normal((t.samples, t.features)).tolist()
    inputs = [[c + z for c, z in zip(centres[y], near, strict=True)] for y, near in zip(labels, noise, strict=True)]
    weights = list[float]()
    for rows, columns, gain in ((t.hidden, t.features, 2.0), (t.classes, t.hidden, 1.0)):
        for row in rng.standard_normal((rows, columns)).tolist():
            weights += [each * math.sqrt(gain / columns) for each in row] + [0.0]
    found = list[Round]()
    for number, (_, demands) in enumerate(played, 1):
        rng = np.random.default_rng(np.random.SeedSequence(word, spawn_key=(number,)))
        _, race, draw = int(rng.integers(2**62)), int(rng.integers(2**62)), float(rng.random())
        power = [float(beta) * demand for beta, demand in zip(game.role_ratio, demands, strict=True)]
        racing = [x for x in power if x > 0.0]
        winner, loss, time, trained = oracle.block(
            weights, inputs, labels, hidden=t.hidden, classes=t.classes, rate=t.rate,
            pace=[t.steps * x * len(racing) / sum(racing) for x in power], span=t.patience if first else 1.0,
            look=t.check if first else None, threshold=t.threshold, seed=race, chain=0, number=0,
        )  # fmt: skip
        chance = math.exp(-game.puzzle_constant * game.propagation_factor * loss * game.block_size)
        reached = winner >= 0 and draw < chance
        weights = trained if reached else weights
        found.append(Round(winner, loss, time, draw, reached, weights))
    return found


def accounts(game: Any, played: list[tuple[float, list[float]]], rounds: list[Round]) -> list[int]:
    """What provider, treasury and consumers have gained, in 1/1000 of money."""
    cash = [0] * (2 + len(game.role_ratio))
    for (price, demands), each in zip(played, rounds, strict=True):
        for i, demand in enumerate(demands):
            amount = round(Fraction(price * demand) * 1_000)
            cash[0] += amount
            cash[2 + i] -= amount
        if each.reached:
            prize = float(game.token_effect[each.winner]) * (game.reward + game.performance_factor * game.block_size)
            amount = round(Fraction(prize) * 1_000)
            cash[1] -= amount
            cash[2 + each.winner] += amount
    return cash
