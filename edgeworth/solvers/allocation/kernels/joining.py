"""Numba kernels that put listed sets of servers together.

All servers but two have a list of every set that they may hold: a depth-first search takes one a server so that none overlap.
At a leaf of it two servers and the tasks that nobody took are left; `kernels.last_two` solves these exactly.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from edgeworth.core.jit import jit, leaf
from edgeworth.core.kernels import GOLDEN, mixed
from edgeworth.solvers.allocation.kernels.last_two import (
    BUNDLES,
    DEPTH,
    DONE,
    LEAVES,
    MORE,
    PRICES,
    SEARCHED,
    STEPS,
    cheapest,
    option_of,
    priced,
    share_out,
)
from edgeworth.solvers.allocation.kernels.listing import WORD

FRESH = 256  # searches for prices between two bundles, once there is no place left


class Sets(NamedTuple):
    """The listed sets, server by server, by rising loss within each.

    starts [servers + 1]; mask [sets, words]: their shared tasks; loss, worth [sets]. closing [servers, words]: the tasks that
    no later server can take; price [64 words]: what is lost where they stay unserved. open [servers + 1, words]: the tasks
    that the servers from here on can take.
    """

    starts: NDArray[np.int64]
    mask: NDArray[np.uint64]
    loss: NDArray[np.float64]
    worth: NDArray[np.float64]
    closing: NDArray[np.uint64]
    price: NDArray[np.float64]
    open: NDArray[np.uint64]


class Walk(NamedTuple):
    """Where the search stands, and arrays that it reuses.

    at, lost, worth [servers + 1]; covered [servers + 1, words]. alive [tasks], choice [tasks]: where the tasks of the last
    two go in a solution that was found. prices [some, 2]: those that ruled leaves out. ints [N_INTS].
    regret, profit, first, second [2, most]: of the choices of both halves; before, option [2, most]: the choice that each adds
    an option to. best [tasks, 3]: regrets of the options. level, most [slots], key [slots, words]: states that were searched:
    their depths, what was earned, and which open tasks are taken. total [bundles], gain [bundles, sets], rest, sums
    [bundles, servers + 1]: of some of these prices; see `bundle`.
    """

    at: NDArray[np.int64]
    lost: NDArray[np.float64]
    worth: NDArray[np.float64]
    covered: NDArray[np.uint64]
    alive: NDArray[np.bool_]
    choice: NDArray[np.int64]
    prices: NDArray[np.float64]
    ints: NDArray[np.int64]
    regret: NDArray[np.float64]
    profit: NDArray[np.float64]
    first: NDArray[np.float64]
    second: NDArray[np.float64]
    before: NDArray[np.int64]
    option: NDArray[np.int64]
    best: NDArray[np.float64]
    level: NDArray[np.int64]
    most: NDArray[np.float64]
    key: NDArray[np.uint64]
    total: NDArray[np.float64]
    gain: NDArray[np.float64]
    rest: NDArray[np.float64]
    sums: NDArray[np.float64]


@leaf
def ruled_out(two, walk, earned, target):
    """Do prices that served at earlier leaves bound the leaf below the target? The one that does moves a place ahead."""
    prices = walk.prices
    for q in range(walk.ints[PRICES]):
        total, _, _ = priced(two, walk.alive, prices[q, 0], prices[q, 1])
        walk.ints[STEPS] += walk.alive.size
        if earned + total < target:
            if q > 0:
                for side in range(2):
                    ahead = prices[q - 1, side]
                    prices[q - 1, side] = prices[q, side]
                    prices[q, side] = ahead
            return True
    return False


@leaf
def bundle(sets, two, walk, u, v):
    """At these prices every set has a gain of its own, wherever the search is: what it earns less what its tasks would at the
    last two servers. So a sum over the sets taken, with the greatest of every server to come, bounds what is ahead of a node.
    """
    ints = walk.ints
    slot = ints[BUNDLES]
    if slot == walk.total.size:
        slot = (ints[SEARCHED] // FRESH) % slot
    else:
        ints[BUNDLES] += 1
    total = u * two.room[0] + v * two.room[1]
    cost = np.zeros(sets.price.size)
    for bit in range(cost.size):
        if sets.price[bit] < np.inf:
            cost[bit] = sets.price[bit]
    for j in range(two.bit.size):
        _, most = option_of(two, j, u, v)
        total += most
        if two.bit[j] >= 0:
            cost[two.bit[j]] = 0.0
    for bit in range(cost.size):
        total += cost[bit]
    for j in range(two.bit.size):
        if two.bit[j] >= 0:
            _, cost[two.bit[j]] = option_of(two, j, u, v)
    walk.total[slot] = total
    gain, rest, sums = walk.gain[slot], walk.rest[slot], walk.sums[slot]
    servers = sets.starts.size - 1
    rest[servers] = 0.0
    for d in range(servers - 1, -1, -1):
        most = -np.inf
        for k in range(sets.starts[d], sets.starts[d + 1]):
            gain[k] = sets.worth[k]
            for word in range(sets.mask.shape[1]):
                left = sets.mask[k, word]
                bit = WORD * word
                while left:
                    if left & np.uint64(1):
                        gain[k] -= cost[bit]
                    left >>= np.uint64(1)
                    bit += 1
            most = max(most, gain[k])
        rest[d] = rest[d + 1] + most
        ints[STEPS] += WORD * (sets.starts[d + 1] - sets.starts[d])
    for d in range(ints[DEPTH]):
        sums[d + 1] = sums[d] + gain[walk.at[d] - 1]


@leaf
def beyond_reach(walk, d, k, needed):
    """Do the sums of a bundle, with set k at depth d, stay below what is needed?"""
    for q in range(walk.ints[BUNDLES]):
        walk.sums[q, d + 1] = walk.sums[q, d] + walk.gain[q, k]
        if walk.total[q] + walk.sums[q, d + 1] + walk.rest[q, d + 1] < needed:
            return True
    return False


@leaf
def at_leaf(sets, two, walk, earned, target):
    """What comes of the leaf: DONE (nothing there reaches the target), FOUND, TOO_MANY."""
    ints = walk.ints
    ints[LEAVES] += 1
    covered = walk.covered[ints[DEPTH]]
    for j in range(walk.alive.size):
        bit = two.bit[j]
        walk.alive[j] = bit < 0 or (covered[bit // WORD] >> np.uint64(bit % WORD)) & np.uint64(1) == 0
    if ruled_out(two, walk, earned, target):
        return DONE
    bound, u, v = cheapest(two, walk, target - earned)
    if ints[BUNDLES] < walk.total.size or ints[SEARCHED] % FRESH == 0:
        bundle(sets, two, walk, u, v)
    ints[SEARCHED] += 1
    kept = ints[PRICES]
    if kept < walk.prices.shape[0]:
        ints[PRICES] += 1
    else:
        kept -= 1 + ints[LEAVES] % (kept // 2)
    walk.prices[kept, 0], walk.prices[kept, 1] = u, v
    if earned + bound < target:
        return DONE
    outcome, _ = share_out(two, walk, u, v, bound, target - earned)
    return outcome


@leaf
def unserved(sets, d, covered):
    """What is lost by the tasks whose last chance was the server at depth d."""
    lost = 0.0
    for word in range(covered.size):
        missed = sets.closing[d, word] & ~covered[word]
        bit = 0
        while missed:
            if missed & np.uint64(1):
                lost += sets.price[WORD * word + bit]
            missed >>= np.uint64(1)
            bit += 1
    return lost


@leaf
def searched(sets, walk, d):
    """Was a state of depth d searched that earned as much, with the same of the open tasks taken? Else this one is noted.

    What is ahead depends on those tasks alone, and the earlier one lost no more.
    """
    words = walk.covered.shape[1]
    word = mixed(np.uint64(d))
    for x in range(words):
        word = mixed((word ^ (walk.covered[d, x] & sets.open[d, x])) * GOLDEN)
    slot = np.int64(word & np.uint64(walk.level.size - 1))
    same = walk.level[slot] == d
    for x in range(words):
        if walk.key[slot, x] != walk.covered[d, x] & sets.open[d, x]:
            same = False
    if same and walk.most[slot] >= walk.worth[d]:
        return True
    walk.level[slot], walk.most[slot] = d, walk.worth[d]
    for x in range(words):
        walk.key[slot, x] = walk.covered[d, x] & sets.open[d, x]
    return False


@jit
def join(sets, two, walk, gap, earned, target, effort):
    """Go on for about `effort` steps: DONE (nothing reaches the target), FOUND, MORE, TOO_MANY (a leaf is too hard).

    gap: what the sets may lose in all. earned: the profit of what is decided for good. After FOUND the search may go on, with
    a higher target and a smaller gap.
    """
    ints, at, lost, worth, covered = walk.ints, walk.at, walk.lost, walk.worth, walk.covered
    servers = sets.starts.size - 1
    end = ints[STEPS] + effort
    while ints[STEPS] < end:
        d = ints[DEPTH]
        if d < 0:
            return DONE
        if d == servers:
            outcome = at_leaf(sets, two, walk, earned + worth[d], target)
            ints[DEPTH] -= 1
            if outcome != DONE:
                return outcome
            continue
        k = at[d]
        if k == sets.starts[d + 1] or lost[d] + sets.loss[k] > gap:
            ints[DEPTH] -= 1
            continue
        at[d] += 1
        ints[STEPS] += 4
        overlap = False
        for word in range(covered.shape[1]):
            if sets.mask[k, word] & covered[d, word]:
                overlap = True
                break
        if overlap or beyond_reach(walk, d, k, target - earned):
            continue
        for word in range(covered.shape[1]):
            covered[d + 1, word] = covered[d, word] | sets.mask[k, word]
        lost[d + 1] = lost[d] + sets.loss[k] + unserved(sets, d, covered[d + 1])
        if lost[d + 1] > gap:
            continue
        worth[d + 1] = worth[d] + sets.worth[k]
        if searched(sets, walk, d + 1):
            continue
        ints[DEPTH] += 1
        if d + 1 < servers:
            at[d + 1] = sets.starts[d + 1]
    return MORE
