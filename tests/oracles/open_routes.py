"""Routes that end at their last customer, by brute force and plain loops over a problem whose vehicles would come home."""

from __future__ import annotations

import itertools
from typing import Any


def worth(problem: Any, k: int, stops: tuple[int, ...]) -> float | None:
    """What vehicle k earns by these stops if it stays at the last one; None where that breaks a limit."""
    here, clock, load, total = int(problem.start[k]), float(problem.earliest[k]), 0.0, 0.0
    for i in stops:
        drive = float(problem.travel_time[here][i]) / float(problem.speed[k])
        begin = max(clock + drive, float(problem.open[i]))
        load += float(problem.demand[i])
        if begin > float(problem.close[i]) + 1e-9 or load > float(problem.capacity[k]) + 1e-9:
            return None
        clock = begin + float(problem.service_time[i])
        total += float(problem.profit[k][i]) - float(problem.service_cost[i])
        total -= (
            float(problem.cost_per_distance[k]) * float(problem.distance[here][i]) + float(problem.cost_per_time[k]) * drive
        )
        here = i
    return total if clock <= float(problem.latest[k]) + 1e-9 or not stops else None


def optimum(problem: Any) -> float:
    """The most that all vehicles together can earn."""
    m, n = len(problem.speed), len(problem.demand)
    best = {frozenset[int](): 0.0}
    for k in range(m):
        mine: dict[frozenset[int], float] = {}
        for size in range(n + 1):
            for stops in itertools.permutations(range(n), size):
                found = worth(problem, k, stops)
                if found is not None:
                    mine[frozenset(stops)] = max(found, mine.get(frozenset(stops), found))
        joined: dict[frozenset[int], float] = {}
        for served, total in best.items():
            for more, found in mine.items():
                if not served & more:
                    both = served | more
                    joined[both] = max(total + found, joined.get(both, total + found))
        best = joined
    return max(best.values())
