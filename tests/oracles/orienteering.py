"""Orienteering once more, in plain Python. Reads the fields of a problem, uses none of its code.

A plan is a list of lists: the customers of every vehicle in order.
"""

from __future__ import annotations

import itertools
import math
from fractions import Fraction
from typing import Any

TOLERANCE = 1e-9


def sizes(problem: Any) -> tuple[int, int]:
    """Vehicles and customers."""
    return len(problem.speed), len(problem.demand)


class Clock:
    """A vehicle's limits as fractions: durations since it has to leave, with the tolerance that counts as none."""

    def __init__(self, problem: Any, k: int) -> None:
        m, n = sizes(problem)
        places = range(len(problem.travel_time))
        speed, home, back = Fraction(float(problem.speed[k])), int(problem.start[k]), int(problem.end[k])
        self.drive = [[Fraction(float(problem.travel_time[a][b])) / speed for b in places] for a in places]
        self.service = [Fraction(float(x)) for x in problem.service_time]
        self.demand = [Fraction(float(x)) for x in problem.demand]
        opens, closes = [Fraction(float(x)) for x in problem.open], [Fraction(float(x)) for x in problem.close]
        earliest, latest = Fraction(float(problem.earliest[k])), Fraction(float(problem.latest[k]))
        origin = _origin(problem, k)
        self.home, self.back, self.open = home, back, [x - origin for x in opens]
        same = [j for j in range(m) if problem.speed[j] == problem.speed[k]]
        room = max(Fraction(float(problem.latest[j])) - _origin(problem, j) for j in same)
        legs = [[x if x <= room else Fraction(0) for x in row] for row in self.drive]
        longest = max((x for row in legs for x in row), default=Fraction(0))
        self.work = sum((max(legs[a][i] for a in places) for i in range(n)), Fraction(0)) + longest + sum(self.service)
        numbers = [*opens, *closes, *self.service, earliest, latest, origin, *(x for row in legs for x in row)]
        whole = all(x.denominator == 1 for x in numbers)

        def widened(limit: Fraction, most: Fraction, exact: bool) -> Fraction:
            return limit if exact else limit + Fraction(TOLERANCE) * min(max(limit, Fraction(0)), most)

        self.close = [widened(x - origin, self.work, whole) for x in closes]
        self.latest = widened(latest - origin, self.work, whole)
        self.capacity: Fraction | None = None
        if math.isfinite(float(problem.capacity[k])):
            capacity = Fraction(float(problem.capacity[k]))
            exact = all(x.denominator == 1 for x in [capacity, *self.demand])
            self.capacity = widened(capacity, sum(self.demand, Fraction(0)), exact)

    def pairs(self, stops: list[int]) -> list[tuple[Fraction, Fraction]]:
        """Every number of the route with its limit."""
        now, place, found = Fraction(0), self.home, []
        for i in stops:
            now = max(now + self.drive[place][i], self.open[i])
            found.append((now, self.close[i]))
            now, place = now + self.service[i], i
        if stops:
            found.append((now + self.drive[place][self.back], self.latest))
            if self.capacity is not None:
                found.append((sum((self.demand[i] for i in stops), Fraction(0)), self.capacity))
        return found

    def fits(self, stops: list[int]) -> bool:
        return all(number <= limit for number, limit in self.pairs(stops))


def _origin(problem: Any, k: int) -> Fraction:
    """A departure that is early enough: a power of two, at least twice the longest first way, before the first opening."""
    home, speed, earliest = int(problem.start[k]), Fraction(float(problem.speed[k])), Fraction(float(problem.earliest[k]))
    _, n = sizes(problem)
    ways = [Fraction(float(problem.travel_time[home][i])) / speed for i in range(n)]
    ways = [way for way, close in zip(ways, problem.close, strict=True) if way <= Fraction(float(close)) - earliest]
    if not ways:
        return earliest
    power = Fraction(0)
    if max(ways) > 0:
        power = Fraction(2) ** -1100
        while power < 2 * max(ways):
            power *= 2
    return max(earliest, min(Fraction(float(x)) for x in problem.open) - power)


def schedule(problem: Any, k: int, stops: list[int]) -> tuple[list[tuple[float, float, float, float]], float]:
    """Arrival, start, leave and load at every stop, and the time of return; a vehicle that stays is back when it starts."""
    rows = []
    place, now, load = int(problem.start[k]), float(problem.earliest[k]), 0.0
    for i in stops:
        arrival = now + float(problem.travel_time[place][i]) / float(problem.speed[k])
        start = arrival if arrival > float(problem.open[i]) else float(problem.open[i])
        now = start + float(problem.service_time[i])
        load = load + float(problem.demand[i])
        rows.append((arrival, start, now, load))
        place = i
    if stops:
        now = now + float(problem.travel_time[place][int(problem.end[k])]) / float(problem.speed[k])
    return rows, now


def route_feasible(problem: Any, k: int, stops: list[int]) -> bool:
    return Clock(problem, k).fits(stops)


def feasible(problem: Any, sequences: list[list[int]]) -> bool:
    visited = [i for stops in sequences for i in stops]
    alone = len(set(visited)) == len(visited)
    return alone and all(route_feasible(problem, k, stops) for k, stops in enumerate(sequences))


def margin(problem: Any, sequences: list[list[int]]) -> float:
    """How far the plan's times and loads are from the edge of feasibility, relative: near 0 rounding decides."""
    edges = [math.inf]
    for k, stops in enumerate(sequences):
        edges += [float(abs(a - b) / max(1, abs(b))) for a, b in Clock(problem, k).pairs(stops)]
    return min(edges)


def edge_cost(problem: Any, k: int, a: int, b: int) -> Fraction:
    far = Fraction(float(problem.cost_per_distance[k])) * Fraction(float(problem.distance[a][b]))
    hours = Fraction(float(problem.travel_time[a][b])) / Fraction(float(problem.speed[k]))
    return far + Fraction(float(problem.cost_per_time[k])) * hours


def route_value(problem: Any, k: int, stops: list[int]) -> Fraction:
    """Exact."""
    total = Fraction(0)
    if not stops:
        return total
    place = int(problem.start[k])
    for i in stops:
        total += (
            Fraction(float(problem.profit[k][i])) - Fraction(float(problem.service_cost[i])) - edge_cost(problem, k, place, i)
        )
        place = i
    return total - edge_cost(problem, k, place, int(problem.end[k]))


def value(problem: Any, sequences: list[list[int]]) -> Fraction:
    return sum((route_value(problem, k, stops) for k, stops in enumerate(sequences)), Fraction(0))


def best_routes(problem: Any, k: int) -> dict[frozenset[int], tuple[Fraction, list[int]]]:
    """For every set of customers that vehicle k can serve: the best value and an order that has it. All orders are tried."""
    _, n = sizes(problem)
    clock = Clock(problem, k)
    table: dict[frozenset[int], tuple[Fraction, list[int]]] = {}
    for length in range(n + 1):
        for stops in itertools.permutations(range(n), length):
            if clock.fits(list(stops)):
                worth, group = route_value(problem, k, list(stops)), frozenset(stops)
                if group not in table or worth > table[group][0]:
                    table[group] = worth, list(stops)
    return table


def optimum(problem: Any) -> tuple[Fraction, list[list[int]]]:
    """Best value over all plans and one that has it: all orders of all sets, all ways to share them. Tiny problems only."""
    m, _ = sizes(problem)
    found: dict[frozenset[int], tuple[Fraction, list[list[int]]]] = {frozenset(): (Fraction(0), [])}
    for k in range(m):
        after: dict[frozenset[int], tuple[Fraction, list[list[int]]]] = {}
        for group, (worth, stops) in best_routes(problem, k).items():
            for others, (before, plans) in found.items():
                if not group & others:
                    union, total = group | others, before + worth
                    if union not in after or total > after[union][0]:
                        after[union] = total, [*plans, stops]
        found = after
    return max(found.values(), key=lambda pair: pair[0])
