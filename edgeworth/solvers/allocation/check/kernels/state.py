"""What the checker's loops work on. Everything is integers, so that sums, bounds and losses have no rounding errors.

`check.tree` says how profits, multipliers and weights become integers, and that no sum of them overflows.
"""

from __future__ import annotations

from functools import partial
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from edgeworth.core.arrays import Bools, Floats, Ints
from edgeworth.core.jit import leaf

lean = partial(leaf, counted=False)  # nothing here allocates

FREE, OUT, IN = -1, 0, 1
BIG = 1 << 61  # a loss that nothing can bear


class Data(NamedTuple):
    """indptr, task, server: the pairs by task; ptr, by: by server, in the order of the certificate. profit, weight [pairs],
    room [n]. load [pairs], limit [n]: what the model adds and compares. must [m]. twin [n]: an earlier server alike, or -1.
    tabled [n]: whether the server's knapsack is solved by a table.
    """

    indptr: Ints
    task: Ints
    server: Ints
    ptr: Ints
    by: Ints
    profit: Ints
    weight: Ints
    room: Ints
    load: Floats
    limit: Floats
    must: Bools
    twin: Ints
    tabled: Bools


class Tree(NamedTuple):
    """branched, rounds [nodes], rows [rows, m]; step: the integer of a multiplier is rint(step times its row's entry)."""

    branched: NDArray[np.int32]
    rounds: NDArray[np.int32]
    rows: NDArray[np.int32]
    step: float
    target: int


class Work(NamedTuple):
    """state [pairs], trail [pairs]: the pairs that are not FREE, in the order of their fixing. pair, mark, side, dead [depth]:
    of the open branchings. lam [m]; best [n]; one, zero [pairs]; sums [n]. ints [N_INTS].
    """

    state: NDArray[np.int8]
    trail: Ints
    pair: Ints
    mark: Ints
    side: Ints
    dead: Ints
    lam: Ints
    best: Ints
    one: Ints
    zero: Ints
    sums: Floats
    ints: Ints


NODE, ROW, DEPTH, PHASE, SERVER, CLOSED, LEFT, FIXED, BOUND, STEPS, N_INTS = range(11)


class Items(NamedTuple):
    """Of one knapsack: item, gain, need, ratio [most]; gains, needs [most + 1]: sums of all before; least [most + 1]: the
    smallest need from here on. taken, chosen [most]. table [most + 1, width], rows [2, width].
    """

    item: Ints
    gain: Ints
    need: Ints
    ratio: Floats
    gains: Ints
    needs: Ints
    least: Ints
    taken: Ints
    chosen: Bools
    table: Ints
    rows: Ints


@lean
def put(work, k, value):
    """Fix a FREE pair."""
    work.state[k] = value
    work.trail[work.ints[FIXED]] = k
    work.ints[FIXED] += 1


@lean
def room_left(data, work, i):
    left = data.room[i]
    for e in range(data.ptr[i], data.ptr[i + 1]):
        if work.state[data.by[e]] == IN:
            left -= data.weight[data.by[e]]
    return left
