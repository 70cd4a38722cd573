"""Numba kernels that put listed sets of servers together, and solve what is left for the last two servers exactly.

All servers but two have a list of every set that they may hold: a depth-first search takes one a server so that none overlap.
At a leaf of it two servers and the tasks that nobody took are left. Prices of the two rooms bound what these can earn; where
the bound does not rule the leaf out, the regrets of all choices at these prices are listed for two halves of the tasks, and
the halves are put together by meeting in the middle.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from edgeworth.core.jit import jit, leaf
from edgeworth.core.kernels import GOLDEN, mixed, ranked

WORD = 64  # bits of a word
EPS = float(np.finfo(np.float64).eps)
MORE, DONE, FOUND, TOO_MANY = 0, 1, 2, 3
DEPTH, STEPS, PRICES, LEAVES, SEARCHED, BUNDLES, N_INTS = range(7)
CUTS = 24  # of a box of prices
ENOUGH, NEAR, EDGE = 4, 1e-3, 0.02  # prices that make a box; by what share of the dearest it is wider; its edge, as a share
FRESH = 256  # searches for prices between two bundles, once there is no place left
FIRST, SECOND, NONE = 0, 1, 2  # where a task goes


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


class Two(NamedTuple):
    """The last two servers: profit, weight [2, tasks], -inf and 0 where there is no pair; bit [tasks]: of the shared task, or
    -1; must [tasks]; room [2]; dearest: a price at which nothing is bought."""

    profit: NDArray[np.float64]
    weight: NDArray[np.float64]
    bit: NDArray[np.int64]
    must: NDArray[np.bool_]
    room: NDArray[np.float64]
    dearest: float


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
def option_of(two, j, u, v):
    """Where task j earns most at the prices, and what it earns there."""
    at, most = NONE, 0.0
    if two.must[j]:
        most = -np.inf
    a = two.profit[0, j] - u * two.weight[0, j]
    b = two.profit[1, j] - v * two.weight[1, j]
    if a > most:
        at, most = FIRST, a
    if b > most:
        at, most = SECOND, b
    return at, most


@leaf
def priced(two, alive, u, v):
    """The bound at the prices, and what of both rooms stays free: its slopes."""
    free, other = two.room[0], two.room[1]
    total = u * free + v * other
    for j in range(alive.size):
        if alive[j]:
            at, most = option_of(two, j, u, v)
            total += most
            if at == FIRST:
                free -= two.weight[0, j]
            elif at == SECOND:
                other -= two.weight[1, j]
    return total, free, other


@leaf
def cheapest(two, walk, enough):
    """A bound near the least, and its prices; ends at once below `enough`.

    The bound is convex in the prices, and its slope at the centroid of a polygon says on which side of it the least lies: what
    is cut off is at least 4/9 of the area (Grunbaum). The first polygon is a box around the prices of earlier leaves; where
    the best prices come to lie at its edge, it is as large as prices may be.
    """
    dearest, prices, kept = two.dearest, walk.prices, walk.ints[PRICES]
    box = np.array([0.0, dearest, 0.0, dearest])
    if kept >= ENOUGH:
        for side in range(2):
            low, high = prices[0, side], prices[0, side]
            for q in range(1, kept):
                low, high = min(low, prices[q, side]), max(high, prices[q, side])
            wider = (high - low) + NEAR * dearest
            box[2 * side] = max(low - wider, 0.0)
            box[2 * side + 1] = min(high + wider, dearest)
        least, first, second = cut_down(two, walk, box, CUTS, enough)
        inside = True
        for side in range(2):
            price = first if side == 0 else second
            edge = EDGE * (box[2 * side + 1] - box[2 * side])
            inside &= box[2 * side] <= 0.0 or price - box[2 * side] > edge
            inside &= box[2 * side + 1] >= dearest or box[2 * side + 1] - price > edge
        if inside or least < enough:
            return least, first, second
        box = np.array([0.0, dearest, 0.0, dearest])
    return cut_down(two, walk, box, 2 * CUTS, enough)


@leaf
def cut_down(two, walk, box, cuts, enough):
    """Cuts through the centroid of what is left of a box of prices; the least bound that was met, and its prices."""
    x, y, clipped_x, clipped_y = np.empty(2 * CUTS + 8), np.empty(2 * CUTS + 8), np.empty(2 * CUTS + 8), np.empty(2 * CUTS + 8)
    x[0], y[0], x[1], y[1] = box[0], box[2], box[1], box[2]
    x[2], y[2], x[3], y[3] = box[1], box[3], box[0], box[3]
    corners = 4
    least, first, second = np.inf, 0.0, 0.0
    for _ in range(cuts):
        area, u, v = 0.0, 0.0, 0.0  # seen from the first corner, so that small polygons do not cancel
        for k in range(1, corners - 1):
            cross = (x[k] - x[0]) * (y[k + 1] - y[0]) - (x[k + 1] - x[0]) * (y[k] - y[0])
            area += cross
            u += cross * (x[k] + x[k + 1] - 2.0 * x[0])
            v += cross * (y[k] + y[k + 1] - 2.0 * y[0])
        if not area > 0.0:
            break
        u = max(x[0] + u / (3.0 * area), 0.0)
        v = max(y[0] + v / (3.0 * area), 0.0)
        total, free, other = priced(two, walk.alive, u, v)
        walk.ints[STEPS] += walk.alive.size
        if total < least:
            least, first, second = total, u, v
            if total < enough:
                break
        left = 0
        for k in range(corners):
            after = k + 1 if k + 1 < corners else 0
            here = free * (x[k] - u) + other * (y[k] - v)
            there = free * (x[after] - u) + other * (y[after] - v)
            if here <= 0.0:
                clipped_x[left], clipped_y[left] = x[k], y[k]
                left += 1
            if (here < 0.0 < there) or (there < 0.0 < here):
                share = here / (here - there)
                clipped_x[left], clipped_y[left] = x[k] + share * (x[after] - x[k]), y[k] + share * (y[after] - y[k])
                left += 1
        for k in range(left):
            x[k], y[k] = clipped_x[k], clipped_y[k]
        corners = left
    return least, first, second


@leaf
def choices(two, walk, half, tasks, u, v, gap):
    """List all choices of these tasks whose regrets at the prices add up to `gap` at most; how many, -1: too many.

    A choice is given by what it changes of the best options: regret, profit, and what it takes of both rooms.
    """
    regret, profit, first, second = walk.regret[half], walk.profit[half], walk.first[half], walk.second[half]
    before, option = walk.before[half], walk.option[half]
    regret[0], profit[0], first[0], second[0], before[0] = 0.0, 0.0, 0.0, 0.0, -1
    count = 1
    for j in tasks:
        base, _ = option_of(two, j, u, v)
        known = count
        for to in range(3):
            loss = walk.best[j, to]
            if to == base or not loss <= gap:
                continue
            gained, a, b = 0.0, 0.0, 0.0
            if to != NONE:
                gained = two.profit[to, j]
            if base != NONE:
                gained -= two.profit[base, j]
            if to == FIRST:
                a = two.weight[0, j]
            elif base == FIRST:
                a = -two.weight[0, j]
            if to == SECOND:
                b = two.weight[1, j]
            elif base == SECOND:
                b = -two.weight[1, j]
            for k in range(known):
                if regret[k] + loss <= gap:
                    if count == regret.size:
                        return -1
                    regret[count] = regret[k] + loss
                    profit[count] = profit[k] + gained
                    first[count] = first[k] + a
                    second[count] = second[k] + b
                    before[count] = k
                    option[count] = 3 * j + to
                    count += 1
        walk.ints[STEPS] += 3 + 2 * (count - known)
    return count


@leaf
def met(walk, many, more, a, b):
    """The choices, one a half, of the most profit together that take at most a and b of the rooms: profit and both, or -1.

    Those of the second half come in by rising need of the first room, and a Fenwick tree over the second room's needs knows
    the best of all that came in.
    """
    outer = ranked(-walk.first[0, :many])
    inner = ranked(walk.first[1, :more])
    by_second = ranked(walk.second[1, :more])
    place = np.empty(more, np.int64)
    for k in range(more):
        place[by_second[k]] = k
    best = np.full(more + 1, -1, np.int64)
    profit = walk.profit
    top, one, other = -np.inf, -1, -1
    came = 0
    for x in outer:
        while came < more and walk.first[1, inner[came]] + walk.first[0, x] <= a:
            y = inner[came]
            k = place[y] + 1
            while k <= more:
                if best[k] < 0 or profit[1, y] > profit[1, best[k]]:
                    best[k] = y
                k += k & -k
            came += 1
        low, high = 0, more
        while low < high:
            middle = (low + high) // 2
            if walk.second[1, by_second[middle]] + walk.second[0, x] <= b:
                low = middle + 1
            else:
                high = middle
        while low > 0:
            y = best[low]
            if y >= 0 and profit[0, x] + profit[1, y] > top:
                top, one, other = profit[0, x] + profit[1, y], x, y
            low -= low & -low
    walk.ints[STEPS] += 20 * (many + more)
    return top, one, other


@leaf
def share_out(two, walk, u, v, bound, needed):
    """The best of the last two servers, where it is `needed` at least: FOUND with walk.choice, DONE, or TOO_MANY choices.

    A choice of total regret r earns at most `bound` less r: what earns enough has regrets up to the difference.
    """
    m = walk.alive.size
    gap = (bound - needed) + 8.0 * EPS * (abs(bound) + abs(needed))
    a, b = two.room[0], two.room[1]
    base, size = 0.0, a + b
    doubtful = np.empty(m, np.int64)
    nearest = np.empty(m)
    count = 0
    for j in range(m):
        walk.choice[j] = NONE
        if not walk.alive[j]:
            continue
        at, most = option_of(two, j, u, v)
        walk.choice[j] = at
        walk.best[j, FIRST] = most - (two.profit[0, j] - u * two.weight[0, j])
        walk.best[j, SECOND] = most - (two.profit[1, j] - v * two.weight[1, j])
        walk.best[j, NONE] = np.inf if two.must[j] else most
        if at != NONE:
            base += two.profit[at, j]
            size += two.weight[at, j]
            if at == FIRST:
                a -= two.weight[0, j]
            else:
                b -= two.weight[1, j]
        near = np.inf
        for to in range(3):
            if to != at:
                near = min(near, walk.best[j, to])
        if near <= gap:
            doubtful[count] = j
            nearest[count] = near
            count += 1
    order = ranked(nearest[:count])
    many = choices(two, walk, 0, doubtful[order[0::2]], u, v, gap)
    more = -1 if many < 0 else choices(two, walk, 1, doubtful[order[1::2]], u, v, gap)
    if more < 0:
        return TOO_MANY, 0.0
    slack = 4.0 * EPS * (m + 8) * size  # rooms are wider than what the model allows: no set is lost by rounding
    top, one, other = met(walk, many, more, a + slack, b + slack)
    if one < 0 or not base + top >= needed:
        return DONE, 0.0
    for half in range(2):
        k = one if half == 0 else other
        while walk.before[half, k] >= 0:
            chosen = walk.option[half, k]
            walk.choice[chosen // 3] = chosen % 3
            k = walk.before[half, k]
    return FOUND, base + top


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
