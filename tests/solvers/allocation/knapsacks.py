"""Small multiple knapsacks for the tests."""

from __future__ import annotations

from typing import Any

import numpy as np

from edgeworth.solvers.allocation import AllocationProblem


def multiple_knapsack(profits: str, knapsacks: int, items: int, seed: int, **more: Any) -> AllocationProblem:
    """Weights 10..1000, profits of a class ("uncorrelated", "weak", "strong", "subset"), capacities about half the weight."""
    rng = np.random.default_rng([seed, knapsacks, items])
    weight = rng.integers(10, 1000, items, endpoint=True)
    profit = {
        "uncorrelated": rng.integers(10, 1000, items, endpoint=True),
        "weak": np.maximum(1, weight + rng.integers(-100, 100, items, endpoint=True)),
        "strong": weight + 100,
        "subset": weight,
    }[profits]
    each = int(weight.sum()) // knapsacks
    room = rng.integers(4 * each // 10, 6 * each // 10, knapsacks, endpoint=True)
    sign = -1 if more.get("sense") == "min" else 1
    return AllocationProblem.from_matrices(
        sign * np.tile(profit, (knapsacks, 1)), np.tile(weight, (knapsacks, 1)), room, **more
    )
