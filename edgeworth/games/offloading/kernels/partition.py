"""Splitting users among providers for the highest total worth: moves, bounds by slices of the load, enumeration of user sets.

A set of users at provider k is worth the sum over its members of ``prize_p - gamma Lambda / F`` (linear) or ``prize_p - sens
clip(late_p + unit Lambda / F, low, high)``: non-increasing in the load Lambda, the sum of the members' weights.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from edgeworth.core.arrays import Floats, Indices, Ints
from edgeworth.core.jit import jit, leaf
from edgeworth.core.kernels import assign, ranked


class Worth(NamedTuple):
    """ptr: pairs of a user; by_ptr, by_pair: pairs of a provider."""

    linear: bool
    ptr: Ints
    provider: Indices
    user: Indices
    prize: Floats
    late: Floats
    gamma: Floats
    sens: Floats
    unit: Floats
    low: Floats
    high: Floats
    weight: Floats
    rate: Floats
    cap: Ints
    by_ptr: Ints
    by_pair: Ints


class Split(NamedTuple):
    """choice: pair of every user or -1; slope: sum of gammas at a provider; head, after, before: its users as a linked list."""

    choice: Ints
    load: Floats
    slope: Floats
    count: Ints  # type: ignore[assignment]  # hides the method of tuples, which nothing here needs
    head: Ints
    after: Ints
    before: Ints


TIE = 1e-11
"""How much better than the best known set another one must be to be found, as a share of the slices' highest bound."""


class Leaves(NamedTuple):
    """Slices [low, high] of a provider's load, with the multipliers of weight and of number, and the bound they give."""

    low: Floats
    high: Floats
    weight_multiplier: Floats
    count_multiplier: Floats
    value: Floats


@leaf
def member_worth(worth, p, i, delay):
    """Of user i's pair p at Lambda / F = delay."""
    if worth.linear:
        return worth.prize[p] - worth.gamma[i] * delay
    late = min(max(worth.late[p] + worth.unit[i] * delay, worth.low[i]), worth.high[i])
    return worth.prize[p] - worth.sens[i] * late


# --- moves --------------------------------------------------------------------------------------------------------------


@leaf
def place(worth, at, i, p):
    """Put user i, who is nowhere, at pair p (-1: it stays nowhere)."""
    at.choice[i] = p
    if p < 0:
        return
    k = worth.provider[p]
    at.load[k] += worth.weight[i]
    at.slope[k] += worth.gamma[i]
    at.count[k] += 1
    first = at.head[k]
    at.after[i] = first
    at.before[i] = -1
    if first >= 0:
        at.before[first] = i
    at.head[k] = i


@jit
def place_all(worth, at, choice):
    """Put every user at the pair that `choice` names (-1: at none); no user is anywhere yet."""
    for i in range(len(choice)):
        place(worth, at, i, choice[i])


@leaf
def remove(worth, at, i):
    """Take user i away from where it is."""
    p = at.choice[i]
    at.choice[i] = -1
    if p < 0:
        return
    k = worth.provider[p]
    at.load[k] -= worth.weight[i]
    at.slope[k] -= worth.gamma[i]
    at.count[k] -= 1
    if at.count[k] == 0:
        at.load[k] = 0.0
        at.slope[k] = 0.0
    if at.before[i] >= 0:
        at.after[at.before[i]] = at.after[i]
    else:
        at.head[k] = at.after[i]
    if at.after[i] >= 0:
        at.before[at.after[i]] = at.before[i]


@leaf
def _joining(worth, at, i, p):
    """What the total gains when user i, who is nowhere, comes to pair p."""
    k = worth.provider[p]
    new = (at.load[k] + worth.weight[i]) / worth.rate[k]
    gain = member_worth(worth, p, i, new)
    if worth.linear:
        return gain - at.slope[k] * (worth.weight[i] / worth.rate[k])
    old = at.load[k] / worth.rate[k]
    j = at.head[k]
    while j >= 0:
        gain += member_worth(worth, at.choice[j], j, new) - member_worth(worth, at.choice[j], j, old)
        j = at.after[j]
    return gain


@jit
def descend(worth, at, order, begin, end, tolerance):
    """Users order[begin:end] move where the total gains most, if by more than the tolerance. Returns how many moved."""
    moved = 0
    for spot in range(begin, end):
        i = order[spot]
        old = at.choice[i]
        remove(worth, at, i)
        now = _joining(worth, at, i, old) if old >= 0 else 0.0
        best, target = max(now + tolerance, 0.0), old
        if old >= 0 and now + tolerance < 0.0:
            target = -1
        for p in range(worth.ptr[i], worth.ptr[i + 1]):
            k = worth.provider[p]
            if p != old and at.count[k] < worth.cap[k]:
                gain = _joining(worth, at, i, p)
                if gain > best:
                    best, target = gain, p
        moved += target != old
        place(worth, at, i, target)
    return moved


# --- bounds -------------------------------------------------------------------------------------------------------------


@leaf
def _slice_item(worth, k, p, low, high, price):
    """The most that a member can be worth in a set whose load is in the slice; -inf where it is too heavy for the slice."""
    i = worth.user[p]
    if worth.weight[i] > high:
        return -np.inf
    return member_worth(worth, p, i, max(low, worth.weight[i]) / worth.rate[k]) - price[i]


@leaf
def _dual_value(worth, k, item, weight_multiplier, count_multiplier, low, high):
    """(dual value, weight and number of the members it takes) at the multipliers."""
    first = worth.by_ptr[k]
    total = max(weight_multiplier * low, weight_multiplier * high) + count_multiplier * worth.cap[k]
    mass, number = 0.0, 0
    for a in range(first, worth.by_ptr[k + 1]):
        w = worth.weight[worth.user[worth.by_pair[a]]]
        rest = item[a - first] - weight_multiplier * w - count_multiplier
        if rest > 0.0:
            total += rest
            mass += w
            number += 1
    return total, mass, number


@leaf
def _best_weight_multiplier(worth, k, item, steepest, count_multiplier, low, high):
    """The multiplier of the weight that gives the least dual value for this count_multiplier, by bisection."""
    value, mass, number = _dual_value(worth, k, item, 0.0, count_multiplier, low, high)
    if low <= mass <= high:
        return 0.0, value, number
    inner, outer = 0.0, steepest if mass > high else -steepest
    weight_multiplier, least, taken = 0.0, value, number
    for _ in range(40):
        middle = 0.5 * (inner + outer)
        value, mass, number = _dual_value(worth, k, item, middle, count_multiplier, low, high)
        if value < least:
            weight_multiplier, least, taken = middle, value, number
        if (mass > high) if outer > 0.0 else (mass < low):
            inner = middle
        else:
            outer = middle
    return weight_multiplier, least, taken


@leaf
def _bound_slice(worth, k, price, low, high, item, leaves, spot):
    """Fill leaf `spot` with the slice [low, high] and the best multipliers found; any multipliers give a valid bound."""
    first, last = worth.by_ptr[k], worth.by_ptr[k + 1]
    steepest, dearest = 0.0, 0.0
    for a in range(first, last):
        p = worth.by_pair[a]
        item[a - first] = _slice_item(worth, k, p, low, high, price)
        if item[a - first] > -np.inf:
            steepest = max(steepest, abs(item[a - first]) / worth.weight[worth.user[p]])
            dearest = max(dearest, item[a - first])
    weight_multiplier, value, number = _best_weight_multiplier(worth, k, item, 2.0 * steepest, 0.0, low, high)
    count_multiplier = 0.0
    if number > worth.cap[k]:
        cheap, dear = 0.0, dearest
        for _ in range(25):
            middle = 0.5 * (cheap + dear)
            t, v, c = _best_weight_multiplier(worth, k, item, 2.0 * steepest, middle, low, high)
            if v < value:
                weight_multiplier, value, count_multiplier = t, v, middle
            if c > worth.cap[k]:
                cheap = middle
            else:
                dear = middle
    leaves.low[spot], leaves.high[spot] = low, high
    leaves.weight_multiplier[spot], leaves.count_multiplier[spot], leaves.value[spot] = (
        weight_multiplier,
        count_multiplier,
        value,
    )


@jit
def bound_provider(worth, k, price, leaves, enough):
    """Cover the loads of provider k by slices, always halving the one with the highest bound. Returns (slices, bound).

    Ends when ``leaves`` is full or the highest bound is at most ``enough``. The bound is on the worth of any set less the
    prices of its members.
    """
    first, last = worth.by_ptr[k], worth.by_ptr[k + 1]
    item = np.empty(last - first)
    top = 0.0
    for a in range(first, last):
        top += worth.weight[worth.user[worth.by_pair[a]]]
    top *= 1.0 + 1e-9
    _bound_slice(worth, k, price, 0.0, top, item, leaves, 0)
    count = 1
    while count < len(leaves.low):
        worst = np.argmax(leaves.value[:count])
        if leaves.value[worst] <= enough:
            break
        low, high = leaves.low[worst], leaves.high[worst]
        middle = 0.5 * (low + high)
        if high - low <= 1e-12 * top:
            break
        _bound_slice(worth, k, price, low, middle, item, leaves, worst)
        _bound_slice(worth, k, price, middle, high, item, leaves, count)
        count += 1
    return count, leaves.value[:count].max()


@jit
def bound_all(worth, price, leaves, begin, end, taken, bounds):
    """`bound_provider` for providers begin..end-1; taken[i] counts the providers whose tightest slice takes user i."""
    for k in range(begin, end):
        count, bounds[k] = bound_provider(worth, k, price, leaves, 0.0)
        if bounds[k] <= 0.0:
            continue
        worst = np.argmax(leaves.value[:count])
        low, high = leaves.low[worst], leaves.high[worst]
        for a in range(worth.by_ptr[k], worth.by_ptr[k + 1]):
            p = worth.by_pair[a]
            i = worth.user[p]
            rest = (
                _slice_item(worth, k, p, low, high, price)
                - leaves.weight_multiplier[worst] * worth.weight[i]
                - leaves.count_multiplier[worst]
            )
            taken[i] += rest > 0.0


# --- enumeration --------------------------------------------------------------------------------------------------------


@jit
def set_worth(worth, k, members, number):
    """The worth of the first `number` pairs of ``members`` together at provider k."""
    load = 0.0
    for s in range(number):
        load += worth.weight[worth.user[members[s]]]
    total = 0.0
    for s in range(number):
        total += member_worth(worth, members[s], worth.user[members[s]], load / worth.rate[k])
    return total


@jit
def enumerate_sets(worth, k, price, leaves, count, floor, best_only, out_ptr, out_pair, out_worth, budget):
    """All non-empty user sets of provider k whose worth less prices is above the floor; exact.

    For every load slice [low, high], by falling bound, while the bound exceeds the floor:

    1. Items. ``item[a]`` is the most that user a adds in the slice, less its price, mu w and nu (the slice's weight and count
       multipliers). Their positive parts and ``max(mu low, mu high) + nu cap_k`` bound every set: the spare amount at the root.
    2. Order. Users are decided by falling |item|, the firmest decisions first; ``suffix`` is the weight still to come.
    3. Depth first. On every user first the decision that item's sign prefers, then the other one, which costs |item| of the
       spare amount. A branch is left where the spare amount falls to the floor, the load exceeds ``high``, the cap is reached,
       or ``low`` is out of reach.
    4. Leaf. The set's worth is computed exactly; above the floor it is written to out_ptr, out_pair, out_worth (as in CSR).

    A set at the edge of two slices may come twice. best_only: only the best set is kept, and the floor rises with it; sets
    better by less than `TIE` of the slices' highest bound may be missed. Returns (sets, nodes); sets = -1 where there was no
    room left, -2 where the node budget ran out.

    References: Martello and Toth, Knapsack Problems (1990), chapter 2, for depth-first search by items; slices are our own.
    """
    first = worth.by_ptr[k]
    size = worth.by_ptr[k + 1] - first
    item, weight, suffix = np.empty(size), np.empty(size), np.zeros(size + 1)
    members, state = np.empty(size, dtype=np.int64), np.zeros(size + 1, dtype=np.int64)
    spare, load, number = np.empty(size + 1), np.zeros(size + 1), np.zeros(size + 1, dtype=np.int64)
    edge = 1e-12 * leaves.high[:count].max()
    tie = TIE * abs(leaves.value[:count].max()) if best_only else 0.0
    sets, nodes = 0, 0
    out_ptr[0] = 0
    for spot in ranked(-leaves.value[:count]):
        if leaves.value[spot] <= floor + tie:
            break
        low, high = leaves.low[spot], leaves.high[spot]
        mu, nu = leaves.weight_multiplier[spot], leaves.count_multiplier[spot]
        spare[0] = max(mu * low, mu * high) + nu * worth.cap[k]
        for a in range(size):
            p = worth.by_pair[first + a]
            item[a] = _slice_item(worth, k, p, low, high, price) - nu - mu * worth.weight[worth.user[p]]
            spare[0] += max(item[a], 0.0)
        spare[0] += 1e-12 * abs(spare[0])
        rank = ranked(-np.abs(item))
        for a in range(size - 1, -1, -1):
            weight[a] = worth.weight[worth.user[worth.by_pair[first + rank[a]]]]
            suffix[a] = suffix[a + 1] + (weight[a] if item[rank[a]] > -np.inf else 0.0)
        depth = 0
        state[0] = 0  # how many of the two decisions on this member were tried
        while depth >= 0:
            nodes += 1
            if nodes > budget:
                return -2, nodes
            if depth == size:
                if number[size] > 0 and low - edge <= load[size] < high + edge:
                    total, paid = set_worth(worth, k, members, number[size]), 0.0
                    for s in range(number[size]):
                        paid += price[worth.user[members[s]]]
                    if total - paid > floor:
                        if best_only:
                            sets, floor = 0, total - paid
                        start = out_ptr[sets]
                        if sets + 1 >= len(out_ptr) or start + number[size] > len(out_pair):
                            return -1, nodes
                        assign(out_pair[start : start + number[size]], members[: number[size]])
                        out_worth[sets] = total
                        sets += 1
                        out_ptr[sets] = start + number[size]
                depth -= 1
                continue
            value, step = item[rank[depth]], state[depth]
            if step == 2 or (step == 1 and value == -np.inf):
                depth -= 1
                continue
            state[depth] += 1
            inside = (value > 0.0) == (step == 0)
            left = spare[depth] - (abs(value) if step == 1 else 0.0)
            mass, taken = load[depth], number[depth]
            if inside:
                members[taken] = worth.by_pair[first + rank[depth]]
                mass += weight[depth]
                taken += 1
            if left > floor + tie and mass <= high + edge and taken <= worth.cap[k] and mass + suffix[depth + 1] >= low - edge:
                depth += 1
                spare[depth], load[depth], number[depth], state[depth] = left, mass, taken, 0
    return sets, nodes


@jit
def marginals(worth, at, out):
    """What every user adds to the total at its best place with room, at least 0; the others stay where they are."""
    for i in range(len(worth.weight)):
        old = at.choice[i]
        remove(worth, at, i)
        out[i] = 0.0
        for p in range(worth.ptr[i], worth.ptr[i + 1]):
            k = worth.provider[p]
            if at.count[k] < worth.cap[k]:
                out[i] = max(out[i], _joining(worth, at, i, p))
        place(worth, at, i, old)


@jit
def total_worth(worth, at):
    """The worth of all users where they are."""
    total = 0.0
    for i in range(len(at.choice)):
        p = at.choice[i]
        if p >= 0:
            k = worth.provider[p]
            total += member_worth(worth, p, i, at.load[k] / worth.rate[k])
    return total
