"""Kernels that turn the tasks' own choices at prices u into a feasible assignment, and improve it.

For every feasible assignment L(u) - profit = sum over tasks of (their best reduced profit - that of their place) + sum over
servers of u_i x unused capacity. A change pays exactly when it lowers this sum: it trades unused capacity against regret.
"""

import numpy as np

from edgeworth.core.jit import jit, leaf
from edgeworth.core.kernels import assign, ranked

CHANGES = 8  # tasks by which `refill` lets a server differ from what the prices alone would choose


@jit
def sum_loads(pairs, choice, load):
    load[:] = 0.0
    for j in range(choice.size):
        if choice[j] >= 0:
            load[pairs.server[choice[j]]] += pairs.weight[choice[j]]


@jit
def leaving_costs(pairs, u, choice, load, limit, first, last, cost):
    """What it costs per unit of weight to send a task of an overloaded server to its next best place; inf elsewhere."""
    for j in range(first, last):
        cost[j] = np.inf
        a = choice[j]
        if a < 0 or load[pairs.server[a]] <= limit[pairs.server[a]] or pairs.weight[a] <= 0.0:
            continue
        second = -np.inf if pairs.must[j] else 0.0
        for k in range(pairs.indptr[j], pairs.indptr[j + 1]):
            if k != a:
                second = max(second, pairs.profit[k] - u[pairs.server[k]] * pairs.weight[k])
        cost[j] = (pairs.profit[a] - u[pairs.server[a]] * pairs.weight[a] - second) / pairs.weight[a]


@leaf
def other_place(pairs, u, load, limit, j, a):
    """The best pair of task j but `a` that has room, by reduced profit; -1: unserved is better, -2: there is none."""
    best, to = -np.inf, -2
    if not pairs.must[j]:
        best, to = 0.0, -1
    for k in range(pairs.indptr[j], pairs.indptr[j + 1]):
        i = pairs.server[k]
        if k != a and load[i] + pairs.weight[k] <= limit[i]:
            reduced = pairs.profit[k] - u[i] * pairs.weight[k]
            if reduced > best:
                best, to = reduced, k
    return to


@leaf
def move(pairs, choice, load, j, to):
    """Task j goes to its pair `to` (-1: unserved)."""
    if choice[j] >= 0:
        load[pairs.server[choice[j]]] -= pairs.weight[choice[j]]
    choice[j] = to
    if to >= 0:
        load[pairs.server[to]] += pairs.weight[to]


@jit
def unload(pairs, u, choice, load, limit, order, first, last):
    """Tasks in order[first:last] leave servers that are still overloaded, where they have a place to go to."""
    for t in range(first, last):
        j = order[t]
        a = choice[j]
        if load[pairs.server[a]] > limit[pairs.server[a]]:
            to = other_place(pairs, u, load, limit, j, a)
            if to > -2:
                move(pairs, choice, load, j, to)


@leaf
def pair_at(pairs, j, i):
    """The pair of task j at server i, or -1 (bisection: the servers of a task are sorted)."""
    low, high = pairs.indptr[j], pairs.indptr[j + 1]
    while low < high:
        middle = (low + high) // 2
        if pairs.server[middle] < i:
            low = middle + 1
        else:
            high = middle
    return low if low < pairs.indptr[j + 1] and pairs.server[low] == i else -1


@jit
def relieve(pairs, u, choice, load, limit, most):
    """Overloads of tasks that nobody has room for: one task leaves for a server on which another makes room for it.

    That one goes wherever there is room, or to the overloaded server where it is lighter. Each step takes the change of
    least loss in reduced profit per unit of overload; at most `most` changes are looked at. Returns whether
    no overload is left.
    """
    n, m = load.size, choice.size
    head = np.empty(n, np.int64)
    after = np.empty(m, np.int64)
    seen = 0
    while True:
        over = -1
        for i in range(n):
            if load[i] > limit[i]:
                over = i
                break
        if over < 0:
            return True
        head[:] = -1
        for j in range(m):
            if choice[j] >= 0:
                after[j] = head[pairs.server[choice[j]]]
                head[pairs.server[choice[j]]] = j
        excess = load[over] - limit[over]
        least, leaves, goes, makes_room, elsewhere = np.inf, -1, -1, -1, -1
        j = head[over]
        while j >= 0:
            a = choice[j]
            for q in range(pairs.indptr[j], pairs.indptr[j + 1]):
                i = pairs.server[q]
                other = head[i] if i != over else -1
                while other >= 0:
                    b = choice[other]
                    seen += 1
                    if load[i] - pairs.weight[b] + pairs.weight[q] <= limit[i]:
                        swap = pair_at(pairs, other, over)
                        before = load[over]
                        load[over] = np.inf  # nobody goes there but by the swap
                        to = other_place(pairs, u, load, limit, other, b)
                        load[over] = before
                        for choose in range(2):
                            target = to if choose == 0 else swap
                            if target == -2 or (choose == 1 and target < 0):
                                continue
                            relief = pairs.weight[a] - (pairs.weight[swap] if choose == 1 else 0.0)
                            if relief <= 0.0:
                                continue
                            loss = pairs.profit[a] - u[over] * pairs.weight[a] + pairs.profit[b] - u[i] * pairs.weight[b]
                            loss -= pairs.profit[q] - u[i] * pairs.weight[q]
                            if target >= 0:
                                loss -= pairs.profit[target] - u[pairs.server[target]] * pairs.weight[target]
                            loss /= min(relief, excess)
                            if loss < least:
                                least, leaves, goes, makes_room, elsewhere = loss, j, q, other, target
                    other = after[other]
            if seen > most:
                return False
            j = after[j]
        if leaves < 0:
            return False
        move(pairs, choice, load, makes_room, elsewhere)
        move(pairs, choice, load, leaves, goes)


@jit
def near_pairs(pairs, u, best, window, first, last, pointer, item, counting):
    """Pairs of tasks first:last with a regret within their server's window: counted in pointer[i + 1], or listed at
    item[pointer[i]], which moves on."""
    for j in range(first, last):
        for k in range(pairs.indptr[j], pairs.indptr[j + 1]):
            i = pairs.server[k]
            if best[j] - (pairs.profit[k] - u[i] * pairs.weight[k]) <= window[i]:
                if counting:
                    pointer[i + 1] += 1
                else:
                    item[pointer[i]] = k
                    pointer[i] += 1


@jit
def fill(pairs, u, best, task, choice, load, limit, item, i):
    """Sort the near pairs of server i by rising regret, and give what room it has to unserved tasks in this order."""
    regret = np.empty(item.size)
    for e in range(item.size):
        regret[e] = best[task[item[e]]] - (pairs.profit[item[e]] - u[i] * pairs.weight[item[e]])
    assign(item, item[ranked(regret)])
    for e in range(item.size):
        k = item[e]
        if choice[task[k]] < 0 and pairs.profit[k] > 0.0 and load[i] + pairs.weight[k] <= limit[i]:
            move(pairs, choice, load, task[k], k)


@jit
def exchange(pairs, u, task, choice, load, limit, item, i, spare, repeats):
    """The best exchange at server i, again and again: one task comes in, and perhaps one goes to its best other place.

    A task that comes from another server frees room there, which counts as `spare` times its price. Returns the number of
    exchanges.
    """
    inside = np.empty(item.size, np.int64)
    place = np.empty(item.size + 1, np.int64)
    weight = np.empty(item.size + 1)
    loss = np.empty(item.size + 1)
    coming = np.empty(item.size, np.int64)
    worth = np.empty(item.size)
    for done in range(repeats):
        slack = limit[i] - load[i]
        rent = u[i] * slack
        outs, ins = 0, 0
        most = -np.inf  # the best that somebody brings, above the price of the room that it takes
        for e in range(item.size):
            k = item[e]
            a = choice[task[k]]
            if a == k:
                inside[outs] = k
                outs += 1
                continue
            value = pairs.profit[k]
            if a >= 0:
                value -= pairs.profit[a] - spare * u[pairs.server[a]] * pairs.weight[a]
            if value > 0.0:
                coming[ins] = k
                worth[ins] = value
                ins += 1
                most = max(most, value - u[i] * pairs.weight[k])
        kept = 1
        place[0], weight[0], loss[0] = -2, 0.0, 0.0  # nobody goes
        for e in range(outs):
            k = inside[e]
            j = task[k]
            # Going unserved or elsewhere; a loss beyond what any exchange can gain is not worth a look.
            to = other_place(pairs, u, load, limit, j, k)
            if to == -2:
                continue
            lost = pairs.profit[k] - (pairs.profit[to] if to >= 0 else 0.0)
            if most + rent - (lost - u[i] * pairs.weight[k]) > 0.0:
                inside[kept - 1] = k
                place[kept], weight[kept], loss[kept] = to, pairs.weight[k], lost
                kept += 1
        order = ranked(weight[:kept])
        best_from = np.empty(kept, np.int64)  # of the outs at least as heavy: the one of least loss
        best_from[kept - 1] = order[kept - 1]
        for t in range(kept - 2, -1, -1):
            best_from[t] = order[t] if loss[order[t]] <= loss[best_from[t + 1]] else best_from[t + 1]
        gain, k_in, out = 0.0, -1, 0
        for e in range(ins):
            need = pairs.weight[coming[e]] - slack
            low, high = 0, kept
            while low < high:
                middle = (low + high) // 2
                if weight[order[middle]] < need:
                    low = middle + 1
                else:
                    high = middle
            if low < kept and worth[e] - loss[best_from[low]] > gain:
                gain, k_in, out = worth[e] - loss[best_from[low]], coming[e], best_from[low]
        if k_in < 0 or gain <= 1e-12 * abs(pairs.profit[k_in]):
            return done
        if out > 0:
            move(pairs, choice, load, task[inside[out - 1]], place[out])
        move(pairs, choice, load, task[k_in], k_in)
    return repeats


@jit
def swap(pairs, task, choice, load, limit, item, i):
    """Tasks of server i and of others change places where both fit and the sum gains. Returns the number of swaps."""
    swaps = 0
    for e in range(item.size):
        k = item[e]
        a = choice[task[k]]
        if a < 0 or a == k:
            continue
        there = pairs.server[a]
        best, one, two = 1e-12 * abs(pairs.profit[k]), -1, -1
        for f in range(item.size):
            b = item[f]
            if choice[task[b]] != b or load[i] - pairs.weight[b] + pairs.weight[k] > limit[i]:
                continue
            q = pair_at(pairs, task[b], there)
            if q < 0 or load[there] - pairs.weight[a] + pairs.weight[q] > limit[there]:
                continue
            gain = pairs.profit[k] - pairs.profit[a] + pairs.profit[q] - pairs.profit[b]
            if gain > best:
                best, one, two = gain, b, q
        if one >= 0:
            move(pairs, choice, load, task[one], two)
            move(pairs, choice, load, task[k], k)
            swaps += 1
    return swaps


@jit
def refill(pairs, u, task, choice, load, limit, item, i, spare, most):
    """A better set of tasks for server i, by a search over few changes to what the prices alone would choose.

    At price u_i the set of all tasks of positive reduced profit r = worth - u_i w would be best, if it just fitted. Another
    set costs |r| for every task in which it differs, plus u_i x unused capacity. Sets of 1, 2, .. tasks to change are tried by
    rising |r|, and given up as soon as they cost more than the best set known; at most `most` for each size.
    `spare`: as for `exchange`. Tasks that must be served stay. Returns whether the server's tasks have changed.

    1. List the tasks that may change with their r; sum up what the present set costs (`best`) and how much capacity the set
       of positive r would leave unused (`slack`, negative where it does not fit).
    2. Sort the tasks by |r|, the cost of changing one, with the change of the unused capacity.
    3. Take the set of positive r itself where it fits and costs less.
    4. For sizes 1 to CHANGES, enumerate the sets of that size depth first in the order of 2: drop a partial set that cannot
       cost less than the best one, since its next members cost at least as much each; keep a full one that fits and costs
       less. End a size after `most` sets.
    5. Apply the best set: first all tasks that leave, then all that come.
    """
    k_of = np.empty(item.size, np.int64)
    reduced = np.empty(item.size)
    slack = limit[i] - load[i]
    best = u[i] * slack
    count = 0
    for e in range(item.size):
        k = item[e]
        j = task[k]
        a = choice[j]
        worth = pairs.profit[k]
        if a == k:
            if pairs.must[j]:
                continue
        elif a >= 0:
            worth -= pairs.profit[a] - spare * u[pairs.server[a]] * pairs.weight[a]
        r = worth - u[i] * pairs.weight[k]
        k_of[count] = k
        reduced[count] = r
        count += 1
        if a == k and r <= 0.0:  # the prices alone would leave it out, or in: the present set differs
            slack += pairs.weight[k]
            best -= r
        elif a != k and r > 0.0:
            slack -= pairs.weight[k]
            best += r
    order = ranked(np.abs(reduced[:count]))
    cost = np.abs(reduced[order])
    change = np.empty(count)  # of the unused capacity
    for t in range(count):
        w = pairs.weight[k_of[order[t]]]
        change[t] = w if reduced[order[t]] > 0.0 else -w
    threshold = best * (1.0 - 1e-9)
    chosen = np.empty(CHANGES, np.int64)
    kept = np.empty(CHANGES, np.int64)
    kept_size = -1
    if slack >= 0.0 and u[i] * slack < threshold:
        best, kept_size = u[i] * slack, 0
        threshold = best
    for size in range(1, CHANGES + 1):
        seen = 0
        depth, spent, room = 0, 0.0, slack
        t = 0
        while seen < most:
            # The rest of a set costs at least as much as its next task, once for each place left.
            if t < count and spent + (size - depth) * cost[t] < threshold:
                seen += 1
                if depth == size - 1:
                    left = room + change[t]
                    total = spent + cost[t] + u[i] * left
                    if left >= 0.0 and total < threshold:
                        chosen[depth] = t
                        best, threshold, kept_size = total, total, size
                        assign(kept, chosen)
                    t += 1
                else:
                    chosen[depth] = t
                    spent += cost[t]
                    room += change[t]
                    depth += 1
                    t += 1
            elif depth == 0:
                break
            else:
                depth -= 1
                t = chosen[depth]
                spent -= cost[t]
                room -= change[t]
                t += 1
    if kept_size < 0:
        return False
    wanted = np.empty(count, np.bool_)
    for t in range(count):
        wanted[t] = reduced[order[t]] > 0.0
    for c in range(kept_size):
        wanted[kept[c]] = not wanted[kept[c]]
    for t in range(count):
        k = k_of[order[t]]
        if choice[task[k]] == k and not wanted[t]:
            move(pairs, choice, load, task[k], -1)
    for t in range(count):
        k = k_of[order[t]]
        if choice[task[k]] != k and wanted[t]:
            move(pairs, choice, load, task[k], k)
    return True
