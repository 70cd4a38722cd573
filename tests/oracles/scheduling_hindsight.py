"""Naive second implementation of the hindsight problem H: brute force, and the time-indexed bound from its multipliers.

Readings, where the specification leaves a choice open:

1. A failure costs w_l L^max + beta_fail, without energy; any task may be let fail.
2. With `return_share` > 0 an offloaded task's way back adds to its latency, counts against its deadline and costs energy, but
   holds no processor.
3. Deadlines have the tolerance of success, 1e-9: s + p + return <= a + L^max + 1e-9.
4. Slots are numbered from time 0. A task may begin in the slots floor(r / d) to floor((a + L^max + 1e-9 - p - return) / d).
5. A task shorter than the grid (p < d) takes no slot. As a task is on a device at most once, it counts there at most once:
   its best gain over its slots if that is positive (not once a slot, which would be weaker).
6. Multipliers above the failure's cost F are paid for: min(0, F - u_j) is part of the bound.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import Any


def release(e: Any, j: int, k: int) -> float:
    return float(e.arrival[j]) if k == e.source[j] else float(e.arrival[j]) + 8.0 * float(e.data[j]) / e.link_rate


def back(e: Any, j: int, k: int) -> float:
    return 0.0 if k == e.source[j] else e.return_share * 8.0 * float(e.data[j]) / e.link_rate


def process(e: Any, j: int, k: int) -> float:
    return float(e.work[j]) / float(e.capacity[k])


def joules(e: Any, j: int, k: int) -> float:
    """Energy of task j done by device k."""
    spent = float(e.active_power[k]) * process(e, j, k)
    if k != e.source[j]:
        i, tau, way_back = int(e.source[j]), 8.0 * float(e.data[j]) / e.link_rate, back(e, j, k)
        send, receive = e.send_power, e.receive_power
        if hasattr(send, "__len__"):
            spent += float(send[i]) * tau + float(send[k]) * way_back
        else:
            spent += send * (tau + way_back)
        if hasattr(receive, "__len__"):
            spent += float(receive[k]) * tau + float(receive[i]) * way_back
        else:
            spent += receive * (tau + way_back)
    return spent


def failure(e: Any) -> float:
    return float(e.latency_weight * e.deadline + e.failure_cost)


def cost(e: Any, j: int, k: int, start: float) -> float:
    """Cost of a success of j on k begun at `start`; infinite if that is too late."""
    done = start + process(e, j, k) + back(e, j, k)
    if done > float(e.arrival[j]) + e.deadline + 1e-9:
        return math.inf
    return float(e.latency_weight * (done - float(e.arrival[j])) + e.energy_weight * joules(e, j, k))


def in_order(e: Any, k: int, order: Sequence[int]) -> float:
    """Cost of doing the tasks on k in this order, each as early as possible.

    That is optimal for the order: by induction no feasible schedule of this order starts any task earlier, every cost rises
    with its task's start, every deadline is kept by the earliest start if by any, and energy does not depend on starts. A task
    that would be late makes the order infinite: to let it fail is another choice, where it is not on k at all.
    """
    free, total = 0.0, 0.0
    for j in order:
        start = max(free, release(e, j, k))
        total += cost(e, j, k, start)
        if math.isinf(total):
            break
        free = start + process(e, j, k)
    return total


def optimum(e: Any) -> tuple[float, list[int]]:
    """Least mean cost over all assignments (device or failure) and all orders of each device, and one best assignment."""
    n, count = len(e.arrival), len(e.capacity)
    if n == 0:
        return 0.0, []
    best: list[dict[frozenset[int], float]] = []
    for k in range(count):
        groups = (frozenset(g) for size in range(n + 1) for g in itertools.combinations(range(n), size))
        best.append({g: min(in_order(e, k, order) for order in itertools.permutations(sorted(g))) for g in groups})
    value, choice = math.inf, [-1] * n
    for assignment in itertools.product(range(-1, count), repeat=n):
        total = failure(e) * assignment.count(-1)
        for k in range(count):
            total += best[k][frozenset(j for j in range(n) if assignment[j] == k)]
        if total < value:
            value, choice = total, list(assignment)
    return value / n, choice


def gains(e: Any, u: Sequence[float], k: int, grid: float) -> dict[int, dict[int, float]]:
    """u_j minus the cost of beginning in each allowed slot, by task and slot."""
    found: dict[int, dict[int, float]] = {}
    for j in range(len(e.arrival)):
        first, arrival, p = release(e, j, k), float(e.arrival[j]), process(e, j, k)
        last = arrival + e.deadline + 1e-9 - p - back(e, j, k)
        found[j] = {}
        for slot in range(math.floor(first / grid), math.floor(last / grid) + 1 if last >= first else 0):
            latency = max(slot * grid, first) + p + back(e, j, k) - arrival
            found[j][slot] = float(u[j]) - e.latency_weight * latency - e.energy_weight * joules(e, j, k)
    return found


def longest(e: Any, u: Sequence[float], k: int, grid: float) -> float:
    """Most that a path over the slots of device k collects; tasks may repeat, except those that take no slot."""
    table = gains(e, u, k, grid)
    slots = {j: math.floor(process(e, j, k) / grid) for j in table}
    free = sum(max([0.0, *table[j].values()]) for j in table if slots[j] == 0)
    ahead: dict[int, float] = {}
    for slot in range(max((s for row in table.values() for s in row), default=-1), -1, -1):
        ahead[slot] = ahead.get(slot + 1, 0.0)
        for j, row in table.items():
            if slots[j] > 0 and slot in row:
                ahead[slot] = max(ahead[slot], row[slot] + ahead.get(slot + slots[j], 0.0))
    return free + ahead.get(0, 0.0)


def lagrangian(e: Any, u: Sequence[float], grid: float) -> float:
    """The lower bound on the mean cost that multipliers u prove: (sum u + sum min(0, F - u) - sum of longest paths) / n."""
    n = len(e.arrival)
    if n == 0:
        return 0.0
    total = sum(float(x) + min(0.0, failure(e) - float(x)) for x in u)
    return (total - sum(longest(e, u, k, grid) for k in range(len(e.capacity)))) / n
