"""Two servers whose bound by prices does not close a leaf: all choices of small regret, put together by meeting in the middle.

`prices` says what prices, costs and regrets are. What a choice earns is within the bound less its regret.
"""

from __future__ import annotations

from typing import NamedTuple

from edgeworth.core.arrays import Ints
from edgeworth.core.jit import jit
from edgeworth.solvers.allocation.check.kernels.prices import NEED, priced, reduced
from edgeworth.solvers.allocation.check.kernels.replay import DONE, MORE, OPEN
from edgeworth.solvers.allocation.check.kernels.state import BIG, lean

FULL = 3


class Choices(NamedTuple):
    """Choices for two halves of an open leaf's tasks, as differences to the best options.

    load [3, 2, most], profit, regret [3, most]: of every choice in three lists, by rising load at A: two are the halves. task,
    key [tasks]: the tasks in doubt, by rising least regret. order, other [most]: for sorting. load_b [most]: the loads at B of
    the second half in order; profit_b [most + 1]: a Fenwick tree of the largest profits up to each of them.

    ints [N_CHOICES]. PHASE. ROOM_A, ROOM_B, LEAST, SLACK: what the best options leave: room, profit needed, regret allowed.
    TASKS: in doubt, NEXT: of them in the lists already. FIRST, SECOND: the halves' lists, SPARE: the third; SIZE_FIRST,
    SIZE_SECOND: choices in the halves. WIDTH: of sorted runs. FROM, TO: next choice of the first half and of the second.
    """

    load: Ints
    profit: Ints
    regret: Ints
    task: Ints
    key: Ints
    order: Ints
    other: Ints
    load_b: Ints
    profit_b: Ints
    ints: Ints


(PHASE, ROOM_A, ROOM_B, LEAST, SLACK, TASKS, NEXT, FIRST, SECOND, SPARE) = range(10)
SIZE_FIRST, SIZE_SECOND, WIDTH, FROM, TO, N_CHOICES = range(10, 16)
GROW, SORT, SWEEP = range(3)


@jit(counted=False)
def begin(joined, prices, choices):
    """Begin with the leaf that `leaf` left open: what the best options leave, and the tasks with another small regret."""
    q = prices.rank[0]
    price_a, price_b = prices.price[q, 0], prices.price[q, 1]
    ints = choices.ints
    room_a, room_b, least = joined.room[0], joined.room[1], prices.ints[NEED]
    slack = priced(joined, prices, q) - least
    count = 0
    for t in range(joined.bit.size):
        if joined.open[t]:
            best = best_option(joined, prices, q, t)
            if best < 2:
                least -= joined.profit[best, t]
                room_a -= joined.weight[0, t] if best == 0 else 0
                room_b -= joined.weight[1, t] if best == 1 else 0
            nearest = BIG
            for option in range(3):
                if option != best:
                    regret = prices.best[q, t] - reduced(joined, price_a, price_b, t, option)
                    nearest = min(nearest, regret)
            if nearest <= slack:
                choices.task[count], choices.key[count] = t, nearest
                count += 1
    rising(choices.key, choices.task, count)
    ints[PHASE], ints[ROOM_A], ints[ROOM_B], ints[LEAST], ints[SLACK] = GROW, room_a, room_b, least, slack
    ints[TASKS], ints[NEXT], ints[FIRST], ints[SECOND], ints[SPARE] = count, 0, 0, 1, 2
    ints[SIZE_FIRST], ints[SIZE_SECOND] = 1, 1
    for half in range(2):
        choices.load[half, :, 0] = 0
        choices.profit[half, 0], choices.regret[half, 0] = 0, 0


@lean
def best_option(joined, prices, q, t):
    for option in range(2, -1, -1):
        if reduced(joined, prices.price[q, 0], prices.price[q, 1], t, option) == prices.best[q, t]:
            return option
    return 2


@lean
def rising(key, task, count):
    """Sort a few tasks by their keys: Shell's method."""
    step = count // 2
    while step > 0:
        for t in range(step, count):
            one, its = key[t], task[t]
            s = t
            while s >= step and key[s - step] > one:
                key[s], task[s] = key[s - step], task[s - step]
                s -= step
            key[s], task[s] = one, its
        step //= 2


@jit(counted=False)
def meet(joined, prices, choices, effort):
    """Go on with the choices of the leaf. OPEN: one of them earns what is needed; FULL: a list has no place for all."""
    ints = choices.ints
    spent = 0
    while spent <= effort:
        if ints[PHASE] == GROW:
            if ints[NEXT] == ints[TASKS]:
                begin_sort(choices)
                continue
            half = 0 if ints[SIZE_FIRST] <= ints[SIZE_SECOND] else 1
            spent += 12 * ints[SIZE_FIRST + half] + 20
            if not grow(joined, prices, choices, choices.task[ints[NEXT]], half):
                return FULL
            ints[NEXT] += 1
        elif ints[PHASE] == SORT:
            count = ints[SIZE_SECOND]
            if ints[WIDTH] >= count:
                begin_sweep(choices)
                spent += 2 * count
                continue
            merge(choices.load[ints[SECOND], 1], choices.order, choices.other, ints[WIDTH], count)
            for x in range(count):
                choices.order[x] = choices.other[x]
            ints[WIDTH] *= 2
            spent += 8 * count
        elif ints[FROM] < 0:
            return DONE
        else:
            steps, found = sweep(choices)
            spent += steps
            if found:
                return OPEN
    return MORE


@lean
def grow(joined, prices, choices, t, half):
    """Every choice of a half with every option of one more task; False: there are too many.

    The list stays in order by load at A: the choices with each option are in order, and three such lists are merged.
    """
    ints = choices.ints
    old, new, count = ints[FIRST + half], ints[SPARE], ints[SIZE_FIRST + half]
    q = prices.rank[0]
    best = best_option(joined, prices, q, t)
    one, two = (best + 1) % 3, (best + 2) % 3
    regret_one = prices.best[q, t] - reduced(joined, prices.price[q, 0], prices.price[q, 1], t, one)
    regret_two = prices.best[q, t] - reduced(joined, prices.price[q, 0], prices.price[q, 1], t, two)
    a_one, b_one, p_one = change(joined, t, best, one)
    a_two, b_two, p_two = change(joined, t, best, two)
    load, regret, profit = choices.load, choices.regret, choices.profit
    i, j, k, size = 0, 0, 0, 0
    allowed_one, allowed_two = ints[SLACK] - regret_one, ints[SLACK] - regret_two
    while True:
        while j < count and regret[old, j] > allowed_one:
            j += 1
        while k < count and regret[old, k] > allowed_two:
            k += 1
        at_zero = load[old, 0, i] if i < count else BIG
        at_one = load[old, 0, j] + a_one if j < count else BIG
        at_two = load[old, 0, k] + a_two if k < count else BIG
        if at_zero == BIG and at_one == BIG and at_two == BIG:
            break
        if size == profit.shape[1]:
            return False
        if at_zero <= at_one and at_zero <= at_two:
            load[new, 0, size], load[new, 1, size] = at_zero, load[old, 1, i]
            profit[new, size], regret[new, size] = profit[old, i], regret[old, i]
            i += 1
        elif at_one <= at_two:
            load[new, 0, size], load[new, 1, size] = at_one, load[old, 1, j] + b_one
            profit[new, size], regret[new, size] = profit[old, j] + p_one, regret[old, j] + regret_one
            j += 1
        else:
            load[new, 0, size], load[new, 1, size] = at_two, load[old, 1, k] + b_two
            profit[new, size], regret[new, size] = profit[old, k] + p_two, regret[old, k] + regret_two
            k += 1
        size += 1
    ints[FIRST + half], ints[SPARE], ints[SIZE_FIRST + half] = new, old, size
    return True


@lean
def change(joined, t, best, option):
    """What an option has more than the best one: load at A, load at B, profit."""
    a, b, p = 0, 0, 0
    if option < 2:
        p += joined.profit[option, t]
    if best < 2:
        p -= joined.profit[best, t]
    if option == 0:
        a += joined.weight[0, t]
    elif option == 1:
        b += joined.weight[1, t]
    if best == 0:
        a -= joined.weight[0, t]
    elif best == 1:
        b -= joined.weight[1, t]
    return a, b, p


@lean
def begin_sort(choices):
    ints = choices.ints
    for x in range(ints[SIZE_SECOND]):
        choices.order[x] = x
    ints[WIDTH] = 1
    ints[PHASE] = SORT


@lean
def merge(key, old, new, width, count):
    """Merge runs of `width` indices, each sorted by key, two by two."""
    for start in range(0, count, 2 * width):
        middle, end = min(start + width, count), min(start + 2 * width, count)
        i, j = start, middle
        for x in range(start, end):
            if j >= end or (i < middle and key[old[i]] <= key[old[j]]):
                new[x] = old[i]
                i += 1
            else:
                new[x] = old[j]
                j += 1


@jit(counted=False)
def merge_runs(key, old, new, width):
    """`merge` of all keys."""
    merge(key, old, new, width, key.size)


@lean
def begin_sweep(choices):
    """The second half's loads at B in order, the position of each in it (`other`), and an empty tree."""
    ints = choices.ints
    for x in range(ints[SIZE_SECOND]):
        choices.load_b[x] = choices.load[ints[SECOND], 1, choices.order[x]]
        choices.other[choices.order[x]] = x
        choices.profit_b[x + 1] = -BIG
    ints[FROM], ints[TO] = ints[SIZE_FIRST] - 1, 0
    ints[PHASE] = SWEEP


@lean
def sweep(choices):
    """One choice of the first half, by falling load at A, with all of the second that fit; whether one earns enough."""
    ints, tree = choices.ints, choices.profit_b
    one, two, count = ints[FIRST], ints[SECOND], ints[SIZE_SECOND]
    x = ints[FROM]
    ints[FROM] = x - 1
    room_a, room_b = ints[ROOM_A] - choices.load[one, 0, x], ints[ROOM_B] - choices.load[one, 1, x]
    steps = 60
    while ints[TO] < count and choices.load[two, 0, ints[TO]] <= room_a:
        y = ints[TO]
        at = choices.other[y] + 1
        while at <= count:
            tree[at] = max(tree[at], choices.profit[two, y])
            at += at & -at
        ints[TO] = y + 1
        steps += 60
    low, high = 0, count
    while low < high:
        middle = (low + high) // 2
        if choices.load_b[middle] <= room_b:
            low = middle + 1
        else:
            high = middle
    least = ints[LEAST] - choices.profit[one, x]
    while low > 0:
        if tree[low] >= least:
            return steps, True
        low -= low & -low
    return steps, False
