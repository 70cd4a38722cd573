"""Two servers that are left with the tasks no other takes: a bound by prices of their capacities.

Prices are floats, and any will do: everything that follows from them is made of integers. By `below` the integer cost c of a
pair is at most price times weight, by `above` the rent R of a server is at least price times room: the costs of a set that
fits add up to at most R. A choice x, of a server or of none for every task, then has the profit
sum (p - c)(x) + sum c(x) <= R_A + R_B + sum_j best_j - sum_j regret_j(x), where best_j is the largest p - c among the options
of task j (0 for none, where it may stay unserved), and a regret is what an option has less. The costs of a server's pairs and
its rent are at most about 2^58 (`Joined.most`), profits together less than 2^60, so that no sum leaves int64.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from edgeworth.core.arrays import Bools, Floats, Ints
from edgeworth.solvers.allocation.check.kernels.state import BIG, lean

_STEPS = 20_000_000  # about the most that new prices may cost
_SECTION = (5.0**0.5 - 1.0) / 2.0  # golden


class Joined(NamedTuple):
    """The two servers, A and B. bit [tasks]: the bit of each task with a pair at one of them, -1 where no other server has it;
    must [tasks]; has, profit, weight [2, tasks]: the pairs; room [2]; most [2]: the largest prices. open [tasks]: whether the
    task is left to the two at the leaf.
    """

    bit: Ints
    must: Bools
    profit: Ints
    weight: Ints
    has: Bools
    room: Ints
    most: Floats
    open: Bools


class Prices(NamedTuple):
    """Prices found at earlier leaves. price [kept, 2]; rent [kept]: R_A + R_B; best [kept, tasks]; rank [kept]: the order in
    which they are tried. ints [N_PRICES]. KNOWN: how many there are; NEED: what the two must earn at the leaf that is open;
    EASY: where a bound exceeds that by no more, all choices are looked at sooner than other prices are found.
    """

    price: Floats
    rent: Ints
    best: Ints
    rank: Ints
    ints: Ints


KNOWN, NEED, EASY, N_PRICES = range(4)


@lean
def below(price, weight):
    """An integer at most price * weight: three roundings are a factor of (1 + 2^-53)^3 at most."""
    return np.int64(price * np.float64(weight) * (1.0 - 2.0**-50))


@lean
def above(price, room):
    """An integer at least price * room."""
    return np.int64(price * np.float64(room) * (1.0 + 2.0**-50)) + 1


@lean
def reduced(joined, price_a, price_b, t, option):
    """Of an option (0 for A, 1 for B, 2 for none) its profit less its cost; -BIG where there is no such option."""
    if option == 2:
        return -BIG if joined.must[t] else 0
    if not joined.has[option, t]:
        return -BIG
    return joined.profit[option, t] - below(price_a if option == 0 else price_b, joined.weight[option, t])


@lean
def close_leaf(joined, prices, covered, need):
    """Whether some prices show that the two servers earn less than `need` with the tasks not covered, and the steps it took.

    Else the leaf's tasks are left in `open`, and the prices of its bound in front.
    """
    tasks = joined.bit.size
    for t in range(tasks):
        bit = joined.bit[t]
        joined.open[t] = bit < 0 or (covered[bit >> 6] >> np.uint64(bit & 63)) & np.uint64(1) == np.uint64(0)
    prices.ints[NEED] = need
    steps = tasks + 1
    nearest, at = BIG, -1
    for r in range(prices.ints[KNOWN]):
        steps += tasks
        bound = priced(joined, prices, prices.rank[r])
        if bound < need:
            to_front(prices, r)
            return True, steps
        if bound < nearest:
            nearest, at = bound, r
    if at >= 0 and nearest - need <= prices.ints[EASY]:
        to_front(prices, at)
        return False, steps
    r = prices.ints[KNOWN]
    if r == prices.rank.size:
        r -= 1
    else:
        prices.rank[r] = r
        prices.ints[KNOWN] += 1
    q = prices.rank[r]
    steps += find_prices(joined, prices.price[q])
    price_a, price_b = prices.price[q, 0], prices.price[q, 1]
    prices.rent[q] = above(price_a, joined.room[0]) + above(price_b, joined.room[1])
    for t in range(tasks):
        top = -BIG
        for option in range(3):
            top = max(top, reduced(joined, price_a, price_b, t, option))
        prices.best[q, t] = top
    to_front(prices, r)
    return priced(joined, prices, q) < need, steps + 4 * tasks


@lean
def priced(joined, prices, q):
    """The bound of the leaf by prices q."""
    total = prices.rent[q]
    for t in range(joined.bit.size):
        if joined.open[t]:
            total += prices.best[q, t]
    return total


@lean
def to_front(prices, r):
    q = prices.rank[r]
    for s in range(r, 0, -1):
        prices.rank[s] = prices.rank[s - 1]
    prices.rank[0] = q


@lean
def find_prices(joined, price):
    """Prices at which the leaf's bound is about least: golden section at A, bisection at B; returns the steps it took.

    Both are searches on convex functions. The more tasks, the rougher they are.
    """
    rounds = np.int64(min(40.0, max(4.0, (_STEPS / (joined.bit.size + 1.0)) ** 0.5)))
    low, high = 0.0, joined.most[0]
    left, right = high - _SECTION * high, _SECTION * high
    at_left, best_b = best_at(joined, left, rounds)
    price[0], price[1], best = left, best_b, at_left
    at_right, best_b = best_at(joined, right, rounds)
    if at_right < best:
        price[0], price[1], best = right, best_b, at_right
    for _ in range(rounds):
        if at_left <= at_right:
            high, right, at_right = right, left, at_left
            left = high - _SECTION * (high - low)
            at_left, best_b = best_at(joined, left, rounds)
            now, value = left, at_left
        else:
            low, left, at_left = left, right, at_right
            right = low + _SECTION * (high - low)
            at_right, best_b = best_at(joined, right, rounds)
            now, value = right, at_right
        if value < best:
            price[0], price[1], best = now, best_b, value
    return (rounds + 2) * (rounds + 2) * 2 * (joined.bit.size + 1)


@lean
def best_at(joined, price_a, rounds):
    """The least bound at that price of A, about, and its price of B."""
    low, high = 0.0, joined.most[1]
    best, left = bound_at(joined, price_a, 0.0)
    if left >= 0.0:
        return best, 0.0
    best_b = 0.0
    for _ in range(rounds):
        middle = 0.5 * (low + high)
        value, left = bound_at(joined, price_a, middle)
        if value < best:
            best, best_b = value, middle
        if left >= 0.0:
            high = middle
        else:
            low = middle
    return best, best_b


@lean
def bound_at(joined, price_a, price_b):
    """The leaf's bound as floats see it, and the room left at B: its slope there."""
    total = price_a * joined.room[0] + price_b * joined.room[1]
    left = np.float64(joined.room[1])
    for t in range(joined.bit.size):
        if joined.open[t]:
            top = -np.inf if joined.must[t] else 0.0
            if joined.has[0, t]:
                top = max(top, joined.profit[0, t] - price_a * joined.weight[0, t])
            if joined.has[1, t]:
                other = joined.profit[1, t] - price_b * joined.weight[1, t]
                if other > top:
                    top = other
                    left -= joined.weight[1, t]
            total += top
    return total, left
