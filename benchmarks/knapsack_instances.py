"""Multiple knapsacks by published seed: the classes of Martello and Toth (1990, section 6.5) with capacities half the weight.

Weights are uniform in 10..1000. Profits: "uncorrelated" uniform in 10..1000; "weak" the weight plus uniform -100..100, at
least 1; "strong" the weight plus 100; "subset" the weight. Capacities sum to half of all weight: "similar" ones are uniform
within 40% to 60% of the weight a knapsack (the last takes the rest), "varied" ones are the parts into which uniform cuts
divide the sum.
"""

from __future__ import annotations

import numpy as np

from edgeworth.solvers import allocation

CLASSES = ("uncorrelated", "weak", "strong", "subset")
KINDS = ("similar", "varied")
SIZES: dict[int, tuple[int, ...]] = {2: (20, 60, 150), 3: (20, 50, 100), 4: (10, 30, 60), 6: (10, 30, 60), 10: (10, 30, 60)}
"""Items a knapsack, and the numbers of knapsacks; of the three the middle one has varied capacities."""


def multiple_knapsack(profits: str, capacities: str, knapsacks: int, items: int, seed: int) -> allocation.AllocationProblem:
    """The instance of a class, a kind of capacities, two sizes and a seed."""
    rng = np.random.default_rng([CLASSES.index(profits), KINDS.index(capacities), knapsacks, items, seed])
    weight = rng.integers(10, 1000, items, endpoint=True)
    profit = {
        "uncorrelated": rng.integers(10, 1000, items, endpoint=True),
        "weak": np.maximum(1, weight + rng.integers(-100, 100, items, endpoint=True)),
        "strong": weight + 100,
        "subset": weight,
    }[profits]
    total = int(weight.sum())
    if capacities == "similar":
        room = rng.integers(4 * total // (10 * knapsacks), 6 * total // (10 * knapsacks), knapsacks, endpoint=True)
        room[-1] = max(total // 2 - int(room[:-1].sum()), 0)
    else:
        cuts = np.sort(rng.integers(0, total // 2, knapsacks - 1, endpoint=True))
        room = np.diff(np.concatenate([[0], cuts, [total // 2]]))
    return allocation.AllocationProblem.from_matrices(np.tile(profit, (knapsacks, 1)), np.tile(weight, (knapsacks, 1)), room)


def names(seed: int) -> list[str]:
    """The sixty instances of a seed, as `instances.load` reads them; every prefix mixes classes and sizes."""
    found = [
        f"mkp:{profits}:{KINDS[place % 2]}:{knapsacks}:{knapsacks * ratio}:{seed}"
        for place in range(3)
        for ratio in SIZES
        for knapsacks in SIZES[ratio][place : place + 1]
        for profits in CLASSES
    ]
    return [found[(7 * k) % len(found)] for k in range(len(found))]
