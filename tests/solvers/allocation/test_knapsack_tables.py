"""Tables of knapsacks against plain enumeration: rows by room, rows by room spent, and what an item's loss is made of."""

import itertools

import numpy as np
import pytest

from edgeworth.solvers.allocation.kernels import knapsack


def best(items, room):
    """The best gain of items (weight, gain) within the room, by plain loops over all sets."""
    sets = itertools.chain.from_iterable(itertools.combinations(items, many) for many in range(len(items) + 1))
    return max(sum(gain for _, gain in each) for each in sets if sum(weight for weight, _ in each) <= room)


@pytest.mark.parametrize("room", [0, 1, 7, 13, 30])
def test_rows_hold_the_best_of_every_room(room):
    rng = np.random.default_rng(room)
    items = [(int(weight), float(gain)) for weight, gain in zip(rng.integers(0, 12, 5), rng.integers(1, 9, 5), strict=True)]
    up, down = np.zeros(room + 1), np.zeros(room + 1)
    for number, (weight, gain) in enumerate(items):
        higher, lower = np.full(room + 1, np.nan), np.full(room + 1, np.nan)
        knapsack.next_row.py_func(weight, gain, room, up, higher)
        knapsack.previous_row.py_func(weight, gain, room, down, lower)
        up, down = higher, lower
        wanted = [best(items[: number + 1], each) for each in range(room + 1)]
        assert up.tolist() == wanted
        assert down.tolist() == wanted[::-1]


@pytest.mark.parametrize("sizes", [(1, 1), (3, 5), (8, 8), (9, 8), (40, 37)])
def test_the_greatest_sum_of_two_vectors(sizes):
    rng = np.random.default_rng(sizes)
    before, after = rng.normal(size=sizes[0]), rng.normal(size=sizes[1])
    wanted = max(one + other for one, other in zip(before.tolist(), after.tolist(), strict=False))
    assert knapsack.greatest_sum.py_func(before, after) == wanted
