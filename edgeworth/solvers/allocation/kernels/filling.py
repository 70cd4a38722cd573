"""Numba kernels for multiple knapsacks: one table of all items prices every knapsack, and a search refills a few at a time.

An item has one profit and one (integer) weight wherever it is put. With assignment multipliers lam the gains profit - lam are
then the same in every knapsack, so that one forward table over integer rooms solves all knapsacks of the Lagrangian

    L(lam) = sum_j lam_j + sum_i K(c_i),   K(c) = max { sum_j (p_j - lam_j) x_j : sum_j w_j x_j <= c, x binary }

at once. The large neighbourhood search empties a few knapsacks and fills them again one after the other, each with the best
set by gains that are disturbed a little, the last one by its profits.
"""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from edgeworth.core.jit import jit, leaf
from edgeworth.core.kernels import assign


class Items(NamedTuple):
    """profit [m], weight [m] (an item that fits nowhere: more than every capacity), room [n]: capacities."""

    profit: NDArray[np.float64]
    weight: NDArray[np.int64]
    room: NDArray[np.int64]


class Descent(NamedTuple):
    """A subgradient descent that can be left and entered again.

    best, here, direction [m]: multipliers, those tried next, and where they move. table [m + 1, most room + 1]. picked [m]: how
    often each item is taken. reals [N_REALS]. unit: multipliers are multiples of it, at most MOST units.
    """

    best: NDArray[np.float64]
    here: NDArray[np.float64]
    direction: NDArray[np.float64]
    table: NDArray[np.float64]
    picked: NDArray[np.int64]
    reals: NDArray[np.float64]
    unit: float


BOUND, THETA, STALLED, N_REALS = range(4)

DEFLECTION = 0.4  # share of the last direction in the next
PATIENCE = 10  # steps without progress before the step is shortened
SHORTER = 0.6
TINY_THETA = 0.002  # step factor at which the descent ends
MOST = 2.0**31 - 1.0


@leaf
def fill(gain, weight, items, count, room, table):
    """table[t, c] = best gain of the first t of the items within room c."""
    table[0, : room + 1] = 0.0
    for t in range(count):
        j = items[t]
        w, g = weight[j], gain[j]
        old, new = table[t], table[t + 1]
        if g <= 0.0 or w > room:
            for c in range(room + 1):
                new[c] = old[c]
            continue
        for c in range(w):
            new[c] = old[c]
        for c in range(room + 1 - w):
            new[c + w] = max(old[c + w], old[c] + g)


@leaf
def priced(items, lam, gain, order, table):
    """L(lam), with the table of all items left behind; `order` is 0, 1, 2, ..."""
    total, size = 0.0, 0.0
    for j in range(lam.size):
        gain[j] = items.profit[j] - lam[j]
        total += lam[j]
        size += abs(items.profit[j]) + 2.0 * abs(lam[j])
    most = items.room.max()
    fill(gain, items.weight, order, lam.size, most, table)
    for i in range(items.room.size):
        total += table[lam.size, items.room[i]]
    # A sum of N terms is wrong by less than N eps times their magnitudes, and an item may be in every knapsack.
    return total + 2.3e-16 * (3 * lam.size + items.room.size + 16) * size * items.room.size


@jit
def price(items, lam, table):
    """L(lam), rounded up, and what every knapsack gains, K(c_i) [n]; `table` is left for `set_of`."""
    gain, order = np.empty(lam.size), np.arange(lam.size)
    bound = priced(items, lam, gain, order, table)
    ideal = np.empty(items.room.size)
    for i in range(items.room.size):
        ideal[i] = table[lam.size, items.room[i]]
    return bound, ideal


@jit
def set_of(items, room, table, chosen):
    """The items of the best set within the room, into `chosen`; returns how many."""
    count = 0
    c = room
    for t in range(items.weight.size, 0, -1):
        if table[t, c] != table[t - 1, c]:
            chosen[count] = t - 1
            count += 1
            c -= items.weight[t - 1]
    return count


@jit
def descend(items, state, target, effort):
    """Steps of about `effort` table entries in all; True when the descent is over (or L is below the target)."""
    m, n = items.profit.size, items.room.size
    best, here, direction, table, picked, reals, unit = state
    gain, order = np.empty(m), np.arange(m)
    for _ in range(max(1, effort // (m * (items.room.max() + 1 + n)))):
        bound = priced(items, here, gain, order, table)
        picked[:] = 0
        for i in range(n):
            c = items.room[i]
            for t in range(m, 0, -1):
                if table[t, c] != table[t - 1, c]:
                    picked[t - 1] += 1
                    c -= items.weight[t - 1]
        norm = 0.0
        for j in range(m):
            slope = 1.0 - picked[j]
            if here[j] <= 0.0 and slope > 0.0:
                slope = 0.0
            direction[j] = slope + DEFLECTION * direction[j]
            if here[j] <= 0.0 and direction[j] > 0.0:
                direction[j] = 0.0
            norm += direction[j] * direction[j]
        if bound < reals[BOUND]:
            small = bound > reals[BOUND] - 0.002 * abs(reals[BOUND] - target)
            reals[STALLED] = reals[STALLED] + 1.0 if small else 0.0
            reals[BOUND] = bound
            assign(best, here)
        else:
            reals[STALLED] += 1.0
        if bound < target or norm == 0.0:
            return True
        if reals[STALLED] >= PATIENCE:
            reals[STALLED] = 0.0
            reals[THETA] *= SHORTER
            assign(here, best)
            direction[:] = 0.0
            if reals[THETA] < TINY_THETA:
                return True
            continue
        step = reals[THETA] * (bound - target) / norm
        for j in range(m):
            here[j] = min(max(np.rint((here[j] - step * direction[j]) / unit), 0.0), MOST) * unit
    return False


class Refilling(NamedTuple):
    """The large neighbourhood search.

    where, best [m]: the knapsack of every item now and in the incumbent, -1: none. order [m]: items by falling reduced profit,
    in which those outside enter a pool. table [m + 1, most room + 1], float32. ints [N_INTS], reals [N_SEARCH]. density: what
    a unit of room earns. most: knapsacks that a trial empties.
    """

    where: NDArray[np.int64]
    best: NDArray[np.int64]
    order: NDArray[np.int64]
    table: NDArray[np.float32]
    ints: NDArray[np.int64]
    reals: NDArray[np.float64]
    density: float
    most: int


TRIALS, IMPROVED, N_INTS = range(3)
VALUE, BEST_VALUE, N_SEARCH = range(3)

OUTSIDE = 12  # most items from outside in a pool
LEVEL = 200  # trials at one temperature
LEVELS = 8  # temperatures of a cycle, each 10^(1/2) below the one before
HOTTEST = 2.0  # first temperature, in what a unit of room earns


@leaf
def picked_knapsacks(loss, mark, chosen, rng):
    """Mark some knapsacks, two at least, in random order in `chosen`; the first is the one of four that loses most."""
    n = loss.size
    count = min(n, 2 + int(rng.random() * (chosen.size - 1)))
    first = int(rng.random() * n)
    for _ in range(3):
        other = int(rng.random() * n)
        if loss[other] > loss[first]:
            first = other
    chosen[0] = first
    mark[first] = True
    for r in range(1, count):
        i = int(rng.random() * n)
        while mark[i]:
            i = int(rng.random() * n)
        chosen[r] = i
        mark[i] = True
    shuffle(chosen, count, rng)
    return count


@leaf
def shuffle(values, count, rng):
    for r in range(count - 1, 0, -1):
        q = int(rng.random() * (r + 1))
        values[r], values[q] = values[q], values[r]


@jit
def refill(items, lam, ideal, state, effort, rng):
    """Trials of about `effort` table entries in all; `ideal` [n] is what the knapsacks gain at lam."""
    profit, weight, room = items
    where, best, order, table, ints, reals, density, most = state
    m, n = profit.size, room.size
    loss = ideal.copy()
    for j in range(m):
        if where[j] >= 0:
            loss[where[j]] -= profit[j] - lam[j]
    chosen, mark = np.empty(most, np.int64), np.zeros(n, np.bool_)
    pool, gain, new = np.empty(m, np.int64), np.empty(m, np.float32), np.empty(m, np.int64)
    everything = np.empty(m, np.int64)
    work = 0
    while work < effort:
        temperature = density * HOTTEST * 10.0 ** (-0.5 * ((ints[TRIALS] // LEVEL) % LEVELS))
        ints[TRIALS] += 1
        count = picked_knapsacks(loss, mark, chosen, rng)
        largest = 0
        for r in range(count):
            largest = max(largest, room[chosen[r]])
        size, outside = 0, 0
        before = 0.0
        skipped = 0.7 * rng.random()
        for t in range(m):
            j = order[t]
            if where[j] >= 0:
                if mark[where[j]]:
                    pool[size] = j
                    size += 1
                    before += profit[j]
            elif outside < OUTSIDE and weight[j] <= largest and rng.random() >= skipped:
                pool[size] = j
                size += 1
                outside += 1
        shuffle(pool, size, rng)
        noise = density * 10.0 ** (4.0 * rng.random() - 2.5)
        for t in range(size):
            j = pool[t]
            everything[t] = j
            new[j] = -1
            gain[j] = np.float32(profit[j] - lam[j] + noise * rng.random())
        left = size
        after = 0.0
        for r in range(count):
            if r == count - 1:
                for t in range(left):
                    gain[pool[t]] = np.float32(profit[pool[t]])
            c = room[chosen[r]]
            fill(gain, weight, pool, left, c, table)
            work += left * (c + 1)
            for t in range(left, 0, -1):
                if table[t, c] != table[t - 1, c]:
                    j = pool[t - 1]
                    new[j] = chosen[r]
                    c -= weight[j]
                    after += profit[j]
            kept = 0
            for t in range(left):
                if new[pool[t]] < 0:
                    pool[kept] = pool[t]
                    kept += 1
            left = kept
        work += 8 * m + 500
        change = after - before
        accepted = change >= 0.0 or change > temperature * math.log(rng.random() + 1e-300)
        for r in range(count):
            mark[chosen[r]] = False
            if accepted:
                loss[chosen[r]] = ideal[chosen[r]]
        if not accepted:
            continue
        for t in range(size):
            j = everything[t]
            where[j] = new[j]
            if new[j] >= 0:
                loss[new[j]] -= profit[j] - lam[j]
        reals[VALUE] += change
        if reals[VALUE] > reals[BEST_VALUE]:
            reals[BEST_VALUE] = reals[VALUE]
            assign(best, where)
            ints[IMPROVED] += 1
