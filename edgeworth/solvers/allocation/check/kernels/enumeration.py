"""Sets of pairs of one server that lose little, and the search over such sets, one for each server but two.

`check.enumeration` says what the search proves. All of it is in the integers of `state`; the two servers left at
its leaves are the business of `prices` and `joining`.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from edgeworth.core.arrays import Ints
from edgeworth.core.jit import jit
from edgeworth.solvers.allocation.check.kernels.joining import FULL
from edgeworth.solvers.allocation.check.kernels.knapsack import by_ratio, fill, gather, knapsack
from edgeworth.solvers.allocation.check.kernels.prices import close_leaf
from edgeworth.solvers.allocation.check.kernels.replay import DONE, MORE, OPEN, decided
from edgeworth.solvers.allocation.check.kernels.state import BOUND, FREE, SERVER, STEPS, lean, room_left


class Sets(NamedTuple):
    """Sets of one server's pairs that differ in their shared tasks. masks [most, words]: the bits of their shared tasks; loss,
    worth [most]: the least loss of such a set and its profit. slots [a power of two >= 2 most]: a hash table of them, -1 empty.
    """

    masks: NDArray[np.uint64]
    loss: Ints
    worth: Ints
    slots: Ints


class Listing(NamedTuple):
    """Where the search for one server's sets is. bit [tasks]: a shared task's bit, or -1. taken [most + 1]: of every item
    passed; ints [N_LISTING]. COUNT: sets known; GAINING, ITEMS: items with a gain, and all; POSITION: items passed; VALUE,
    WORTH, ROOM: of those taken: gains, profits, room left; LEAST: the value below which a set loses too much.
    """

    bit: Ints
    taken: NDArray[np.int8]
    ints: Ints


COUNT, GAINING, ITEMS, POSITION, VALUE, WORTH, ROOM, LEAST, BEST, N_LISTING = range(10)


class Levels(NamedTuple):
    """The servers of the search. The sets of level d are start[d] to start[d + 1], by rising loss; masks [sets, words], loss,
    worth [sets]. rest [levels + 1]: the least loss of all levels from there on. The shared tasks that no server serves after
    level d are last[ptr[d]] to last[ptr[d + 1]], by their bits, and cost what is lost where one of them is not served.
    """

    start: Ints
    masks: NDArray[np.uint64]
    loss: Ints
    worth: Ints
    rest: Ints
    ptr: Ints
    last: Ints
    cost: Ints


class Path(NamedTuple):
    """The sets chosen so far. following [levels + 1]: the next set of each level; covered [levels + 1, words], lost, earned
    [levels + 1]: tasks, losses and profits of all before. ints [N_PATH]. DEPTH: levels decided, -1: the search is over. GAP:
    what may be lost. NEEDED: the profit that the two servers and the levels must reach, later that of the leaf's two servers.
    """

    following: Ints
    covered: NDArray[np.uint64]
    lost: Ints
    earned: Ints
    ints: Ints


DEPTH, GAP, NEEDED, N_PATH = range(4)


@jit(counted=False)
def evaluate(data, work, items, effort):
    """Go on with L(lam) over the pairs left, from server ints[SERVER] on, into ints[BOUND]. MORE: it is not finished."""
    ints = work.ints
    end = ints[STEPS] + effort
    if ints[SERVER] == 0:
        ints[BOUND] = decided(data, work)
    while ints[SERVER] < data.room.size:
        if ints[STEPS] >= end:
            return MORE
        work.best[ints[SERVER]] = knapsack(data, work, items, ints[SERVER])
        ints[BOUND] += work.best[ints[SERVER]]
        ints[SERVER] += 1
    return DONE


@jit(counted=False)
def arrange(data, work, items, i, gap, listing):
    """Begin with server i: its free pairs with a gain by falling gain per weight, and those that lose no more than `gap`."""
    count, _ = gather(data, work, items, i)
    by_ratio(items, count)
    room = room_left(data, work, i)
    total = count
    for e in range(data.ptr[i], data.ptr[i + 1]):
        k = data.by[e]
        if work.state[k] == FREE:
            gain = data.profit[k] - work.lam[data.task[k]]
            if gain <= 0 and gain >= -gap and data.weight[k] <= room:
                items.item[total], items.gain[total], items.need[total] = k, gain, data.weight[k]
                total += 1
    ints = listing.ints
    ints[COUNT], ints[GAINING], ints[ITEMS], ints[POSITION] = 0, count, total, 0
    ints[VALUE], ints[WORTH], ints[ROOM], ints[BEST], ints[LEAST] = 0, 0, room, work.best[i], work.best[i] - gap


@jit(counted=False)
def list_sets(data, items, listing, sets, effort):
    """Go on with the search for the sets whose value is at least LEAST. FULL: there is no place for one more.

    Depth first: an item is taken where it fits, then left out. A branch ends where its value and the LP bound of the items to
    come (`fill`, which is rounded up) are below LEAST; items without a gain add nothing to that bound.
    """
    ints, taken = listing.ints, listing.taken
    spent = 0
    while ints[POSITION] >= 0:
        if spent > effort:
            return MORE
        t = ints[POSITION]
        spent += 8
        bound = ints[VALUE]
        if t < ints[GAINING]:
            bound += fill(items, ints[GAINING], t, ints[ROOM], ints[GAINING])
        if bound >= ints[LEAST] and t < ints[ITEMS]:
            taken[t] = items.need[t] <= ints[ROOM]
            if taken[t]:
                put_in(data, items, ints, t, 1)
            ints[POSITION] = t + 1
            continue
        if bound >= ints[LEAST]:
            if ints[COUNT] == sets.loss.size:
                return FULL
            note(data, items, listing, sets)
            spent += ints[ITEMS] + sets.masks.shape[1]
        t -= 1
        while t >= 0 and not taken[t]:
            t -= 1
            spent += 1
        if t >= 0:
            put_in(data, items, ints, t, -1)
            taken[t] = 0
            t += 1
        ints[POSITION] = t
    return DONE


@lean
def put_in(data, items, ints, t, sign):
    """Take an item (sign 1) or take it back (-1)."""
    ints[VALUE] += sign * items.gain[t]
    ints[WORTH] += sign * data.profit[items.item[t]]
    ints[ROOM] -= sign * items.need[t]


@lean
def note(data, items, listing, sets):
    """Note the set of the items taken: of those with the same shared tasks only the one of least loss is of use."""
    ints = listing.ints
    row = ints[COUNT]
    sets.masks[row] = np.uint64(0)
    for t in range(ints[ITEMS]):
        bit = listing.bit[data.task[items.item[t]]]
        if listing.taken[t] and bit >= 0:
            sets.masks[row, bit >> 6] |= np.uint64(1) << np.uint64(bit & 63)
    sets.loss[row], sets.worth[row] = ints[BEST] - ints[VALUE], ints[WORTH]
    at = slot(sets, row)
    known = sets.slots[at]
    if known < 0:
        sets.slots[at] = row
        ints[COUNT] += 1
    elif sets.loss[row] < sets.loss[known]:
        sets.loss[known], sets.worth[known] = sets.loss[row], sets.worth[row]


@lean
def slot(sets, row):
    """Where in the hash table the set of that row is, or belongs."""
    mixed = np.uint64(0)
    for x in range(sets.masks.shape[1]):
        mixed = (mixed ^ sets.masks[row, x]) * np.uint64(0x9E3779B97F4A7C15)
        mixed ^= mixed >> np.uint64(29)
    at = np.int64(mixed & np.uint64(sets.slots.size - 1))
    while sets.slots[at] >= 0:
        same = True
        for x in range(sets.masks.shape[1]):
            same &= sets.masks[sets.slots[at], x] == sets.masks[row, x]
        if same:
            break
        at = (at + 1) & (sets.slots.size - 1)
    return at


@jit(counted=False)
def index_sets(sets, count):
    """Make the hash table of the first `count` sets, all different."""
    sets.slots[:] = -1
    for row in range(count):
        sets.slots[slot(sets, row)] = row


@jit(counted=False)
def search(levels, path, joined, prices, effort):
    """Go on with the search over the levels' sets. OPEN: the bound does not close a leaf, which stands in `joined`.

    A set is compatible where it takes no task that is taken. A branch ends where all its losses exceed GAP: those of its sets,
    of tasks that no one serves any more, and the least ones of the levels to come.
    """
    ints = path.ints
    top = levels.start.size - 1
    spent = 0
    while ints[DEPTH] >= 0:
        if spent > effort:
            return MORE
        d = ints[DEPTH]
        if d == top:
            ints[DEPTH] = d - 1
            closed, steps = close_leaf(joined, prices, path.covered[d], ints[NEEDED] - path.earned[d])
            spent += steps
            if not closed:
                return OPEN
            continue
        s = path.following[d]
        if s == levels.start[d + 1] or path.lost[d] + levels.loss[s] + levels.rest[d + 1] > ints[GAP]:
            ints[DEPTH] = d - 1
            spent += 1
            continue
        path.following[d] = s + 1
        spent += 2 * levels.masks.shape[1] + levels.ptr[d + 1] - levels.ptr[d]
        if compatible(levels, path, d, s):
            path.earned[d + 1] = path.earned[d] + levels.worth[s]
            path.following[d + 1] = levels.start[d + 1]
            ints[DEPTH] = d + 1
    return DONE


@lean
def compatible(levels, path, d, s):
    """Whether set s is possible at level d; then the next level's `covered` and `lost` are filled in."""
    for x in range(levels.masks.shape[1]):
        if levels.masks[s, x] & path.covered[d, x] != np.uint64(0):
            return False
    for x in range(levels.masks.shape[1]):
        path.covered[d + 1, x] = levels.masks[s, x] | path.covered[d, x]
    lost = path.lost[d] + levels.loss[s]
    allowed = path.ints[GAP] - levels.rest[d + 1]
    for e in range(levels.ptr[d], levels.ptr[d + 1]):
        bit = levels.last[e]
        if path.covered[d + 1, bit >> 6] >> np.uint64(bit & 63) & np.uint64(1) == np.uint64(0):
            lost += levels.cost[e]
            if lost > allowed:  # looked at after each: BIG is a cost
                return False
    path.lost[d + 1] = lost
    return lost <= allowed
