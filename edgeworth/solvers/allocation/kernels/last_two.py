"""Numba kernels that solve what is left for two servers exactly.

Prices of the two rooms bound what these can earn. Where the bound does not rule a leaf out, all choices of little regret at
these prices are listed for two halves of the tasks, and the halves are put together by meeting in the middle.

`walk` is the search's (`joining.Walk`): its arrays are used again at every leaf.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from edgeworth.core.jit import leaf
from edgeworth.core.kernels import ranked

EPS = float(np.finfo(np.float64).eps)
MORE, DONE, FOUND, TOO_MANY = 0, 1, 2, 3
DEPTH, STEPS, PRICES, LEAVES, SEARCHED, BUNDLES, N_INTS = range(7)
CUTS = 24  # of a box of prices
ENOUGH, NEAR, EDGE = 4, 1e-3, 0.02  # prices that make a box; by what share of the dearest it is wider; its edge, as a share
FIRST, SECOND, NONE = 0, 1, 2  # where a task goes


class Two(NamedTuple):
    """The last two servers: profit, weight [2, tasks], -inf and 0 where there is no pair; bit [tasks]: of the shared task, or
    -1; must [tasks]; room [2]; dearest: a price at which nothing is bought."""

    profit: NDArray[np.float64]
    weight: NDArray[np.float64]
    bit: NDArray[np.int64]
    must: NDArray[np.bool_]
    room: NDArray[np.float64]
    dearest: float


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
