"""What the checker's loops work on. Everything is integers, so that sums, bounds and losses have no rounding errors.

`check.tree` says how profits, multipliers and weights become integers, and that no sum of them overflows.
"""

from __future__ import annotations

from collections import namedtuple
from functools import partial

from edgeworth.core.jit import leaf

lean = partial(leaf, counted=False)  # nothing here allocates

FREE, OUT, IN = -1, 0, 1
BIG = 1 << 61  # a loss that nothing can bear

# indptr, task, server: the pairs by task; ptr, by: by server, in the order of the certificate. profit, weight int64[pairs],
# room int64[n]. load float64[pairs], limit float64[n]: what the model adds and compares. must bool[m]. twin int64[n]: an
# earlier server alike, or -1. tabled bool[n]: is the server's knapsack solved by a table?
Data = namedtuple("Data", "indptr task server ptr by profit weight room load limit must twin tabled")

# branched, rounds int32[nodes], rows int32[rows, m]; step: the integer of a multiplier is rint(step times its row's entry).
Tree = namedtuple("Tree", "branched rounds rows step target")

# state int8[pairs], trail int64[pairs]: the pairs that are not FREE, in the order of their fixing. pair, mark, side, dead
# int64[depth]: of the open branchings. lam int64[m]; best int64[n]; one, zero int64[pairs]; sums float64[n]. ints: see below.
Work = namedtuple("Work", "state trail pair mark side dead lam best one zero sums ints")

NODE, ROW, DEPTH, PHASE, SERVER, CLOSED, LEFT, FIXED, BOUND, STEPS, N_INTS = range(11)

# Of one knapsack: item, gain, need int64[most], ratio float64[most]; gains, needs int64[most + 1]: sums of all before. taken
# int64, chosen bool [most]. table int64[most + 1, width], rows int64[2, width].
Items = namedtuple("Items", "item gain need ratio gains needs taken chosen table rows")


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
