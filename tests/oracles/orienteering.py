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


def within(number: float, limit: float) -> bool:
    return number <= limit + TOLERANCE * max(1.0, abs(limit))


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
    if not stops:
        return True
    rows, back = schedule(problem, k, stops)
    in_time = all(within(row[1], float(problem.close[i])) for i, row in zip(stops, rows, strict=True))
    return in_time and within(back, float(problem.latest[k])) and within(rows[-1][3], float(problem.capacity[k]))


def feasible(problem: Any, sequences: list[list[int]]) -> bool:
    visited = [i for stops in sequences for i in stops]
    alone = len(set(visited)) == len(visited)
    return alone and all(route_feasible(problem, k, stops) for k, stops in enumerate(sequences))


def margin(problem: Any, sequences: list[list[int]]) -> float:
    """How far the plan's times and loads are from the edge of feasibility, relative: near 0 rounding decides."""
    edges = [math.inf]
    for k, stops in enumerate(sequences):
        if stops:
            rows, back = schedule(problem, k, stops)
            pairs = [(row[1], float(problem.close[i])) for i, row in zip(stops, rows, strict=True)]
            pairs += [(back, float(problem.latest[k])), (rows[-1][3], float(problem.capacity[k]))]
            edges += [abs(a - b) / max(1.0, abs(b)) for a, b in pairs if math.isfinite(b)]
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
    table: dict[frozenset[int], tuple[Fraction, list[int]]] = {}
    for length in range(n + 1):
        for stops in itertools.permutations(range(n), length):
            if route_feasible(problem, k, list(stops)):
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
