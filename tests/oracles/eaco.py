"""eACO-VRP a second time: plain Python loops over one step of one ant of one vehicle, from the paper's equations (6)-(8)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_MASK = 2**64 - 1
_GOLDEN = 0x9E3779B97F4A7C15


def mixed(z: int) -> int:
    """SplitMix64's finaliser."""
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & _MASK
    return z ^ (z >> 31)


def uniform(seed: int, iteration: int, ant: int, count: int) -> float:
    """Number `count` of the stream of one ant in one iteration."""
    key = mixed((mixed((mixed(seed) + iteration * _GOLDEN) & _MASK) + ant * _GOLDEN) & _MASK)
    return float(mixed((key + count * _GOLDEN) & _MASK) >> 11) / 2.0**53


def alone(case: Mapping[str, Any], k: int, left: list[int]) -> dict[str, Any]:
    """The case of one vehicle and some customers."""
    places = [*left, case["start"][k], case["end"][k]]
    only = {name: [case[name][i] for i in left] for name in ("demand", "open", "close", "service_time", "service_cost")}
    mine = {name: [case[name][k]] for name in ("speed", "capacity", "cost_per_distance", "cost_per_time", "earliest", "latest")}
    ways = {name: [[case[name][a][b] for b in places] for a in places] for name in ("distance", "travel_time")}
    ends = {"start": [len(left)], "end": [len(left) + 1], "kind": [0], "profit": [[case["profit"][k][i] for i in left]]}
    return {**case, **only, **mine, **ways, **ends}


def colonies(case: Mapping[str, Any], seed: int, iterations: int) -> tuple[float, list[list[int]], int]:
    """As `colony`, with a colony of its own for every vehicle: vehicle 0 first, each on what those before it left."""
    left, total, tours, steps = list(range(len(case["demand"]))), 0.0, [], 0
    for k in range(len(case["start"])):
        if not left:
            tours.append([])
            continue
        value, (tour,), taken = colony(alone(case, k, left), seed, iterations, first=k * iterations)
        tours.append([left[i] for i in tour])
        left = [i for i in left if i not in tours[-1]]
        total, steps = total + value, steps + taken
    return total, tours, steps


def colony(case: Mapping[str, Any], seed: int, iterations: int, first: int = 0) -> tuple[float, list[list[int]], int]:
    """Best value, its sequences (empty ones worth 0 at first), and the number of steps; iterations are numbered from `first`.

    case: distance, travel_time, profit [m][n], demand, open, close, service_time, service_cost, start, end, speed, capacity,
    cost_per_distance, cost_per_time, earliest, latest as nested lists; kind [m]; ants, pheromone, utility, wait,
    distance_power, width_power, evaporation, deposit, arrival; floors: increment by kind is taken over all kinds.
    """
    m, n = len(case["start"]), len(case["demand"])
    drive = [[[t / case["speed"][k] for t in row] for row in case["travel_time"]] for k in range(m)]
    cost = [
        [
            [
                case["cost_per_distance"][k] * case["distance"][a][b] + case["cost_per_time"][k] * drive[k][a][b]
                for b in range(len(drive[k]))
            ]
            for a in range(len(drive[k]))
        ]
        for k in range(m)
    ]
    prize = [[case["profit"][k][j] - case["service_cost"][j] for j in range(n)] for k in range(m)]
    gain = [[[prize[k][j] - cost[k][a][j] for j in range(n)] for a in range(len(drive[k]))] for k in range(m)]
    most = max(max(map(max, table)) for table in gain)
    least = 1e-6 * most if most > 0.0 else 1.0
    gain = [[[max(g, least) for g in row] for row in table] for table in gain]
    most = max(most, least)
    far = max(d for row in case["distance"] for d in row[:n])
    near = 1e-6 * far if far > 0.0 else 1.0
    width = [case["close"][j] - case["open"][j] for j in range(n)]
    narrow = 1e-6 * max(width) if max(width) > 0.0 else 1.0
    pheromone = {(case["kind"][k], a, j): 1.0 for k in range(m) for a in range(len(drive[k])) for j in range(n)}

    def limit(x: float) -> float:
        return float(x + 0.5e-9 * max(1.0, abs(x)))

    def weight(k: int, here: int, j: int, wait: float) -> float:
        closer = max(case["distance"][here][j], near)
        wider = max(width[j], narrow)
        found = pheromone[case["kind"][k], here, j] ** case["pheromone"] * (gain[k][here][j] / most) ** case["utility"]
        found *= (closer / max(far, near)) ** -case["distance_power"] * (wider / max(*width, narrow)) ** -case["width_power"]
        return float(found * (1.0 + wait) ** -case["wait"])

    best, tours, steps = 0.0, [[] for _ in range(m)], 0
    for iteration in range(first, first + iterations):
        top, top_tours = -float("inf"), tours
        for ant in range(case["ants"]):
            left, mine, total = set(range(n)), [], 0.0
            count = 0
            for k in range(m):
                here, time, room, tour = case["start"][k], case["earliest"][k], limit(case["capacity"][k]), []
                while True:
                    options = []
                    for j in sorted(left):
                        arrival = time + drive[k][here][j]
                        last = limit(case["close"][j])
                        if case["arrival"] == "start":
                            last = last - case["close"][j] + case["open"][j]
                        begin = max(arrival, case["open"][j])
                        back = begin + case["service_time"][j] + drive[k][j][case["end"][k]]
                        if arrival <= last and case["demand"][j] <= room and back <= limit(case["latest"][k]):
                            options.append((j, weight(k, here, j, begin - arrival)))
                    if not options:
                        break
                    target = uniform(seed, iteration, ant, count) * sum(w for _, w in options)
                    reached = 0.0
                    for j, w in options:  # noqa: B007 - the customer at which the loop ends
                        reached += w
                        if reached > target:
                            break
                    time = max(time + drive[k][here][j], case["open"][j]) + case["service_time"][j]
                    room -= case["demand"][j]
                    total += prize[k][j] - cost[k][here][j]
                    here = j
                    left.discard(j)
                    tour.append(j)
                    count += 1
                if tour:
                    total -= cost[k][here][case["end"][k]]
                mine.append(tour)
            steps += count
            if total > top:
                top, top_tours = total, mine
        if top > best:
            best, tours = top, top_tours
        for edge in pheromone:
            pheromone[edge] *= 1.0 - case["evaporation"]
        for k, tour in enumerate(top_tours):
            here = case["start"][k]
            for j in tour:
                pheromone[case["kind"][k], here, j] += case["deposit"] * gain[k][here][j] / most
                here = j
    return best, tours, steps
