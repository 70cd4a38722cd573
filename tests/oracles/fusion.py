"""A round of FUSION once more, in plain Python: from fields of world, round and contracts to money, by none of their code."""

from __future__ import annotations

import math
from typing import Any


def fleet(world: Any, contracts: Any, waiting: bool) -> list[tuple[int, int, float, float, float]]:
    """UAVs as (place, users at most, rate, comes, leaves)."""
    found: list[tuple[int, int, float, float, float]] = []
    if waiting:
        for k in range(len(world.depot)):
            one = (int(world.depot[k]), int(world.users_a_uav), float(world.uav_rate[k]), -math.inf, math.inf)
            found += [one] * int(world.uavs[k])
        return found
    for i in range(len(world.place)):
        k, left = int(contracts.agent[i]), int(contracts.quantity[i])
        while k >= 0 and left > 0:
            cap = min(left, int(world.users_a_uav))
            found.append((i, cap, float(world.uav_rate[k]), float(contracts.begin[i]), float(contracts.end[i])))
            left -= cap
    return found


def reaches(world: Any, drawn: Any, uavs: list[tuple[int, int, float, float, float]], u: int, p: int) -> bool:
    """Whether a user can be at a provider."""
    servers = len(world.place)
    place = p if p < servers else uavs[p - servers][0]
    if math.dist(drawn.position[u], world.place[place]) > world.coverage:
        return False
    if p < servers:
        return True
    home = int(drawn.home[u])
    _, _, _, comes, leaves = uavs[p - servers]
    return comes <= drawn.closes[home] and leaves >= drawn.opens[home]


def money(world: Any, drawn: Any, contracts: Any, provider: Any, waiting: bool = False) -> dict[str, float]:
    """Offline, online and tasks, from first principles."""
    servers, users = len(world.place), len(world.human)
    uavs = fleet(world, contracts, waiting)
    rates = [float(rate) for rate in world.rate] + [uav[2] for uav in uavs]
    load = [0.0] * len(rates)
    work = [0.0] * len(rates)
    for u in range(users):
        p = int(provider[u])
        if p >= 0:
            load[p] += float(world.weight[u])
            work[p] += float(world.workload[u])
    online = 0.0
    at = [0] * servers
    for u in range(users):
        p = int(provider[u])
        if p < 0:
            continue
        assert reaches(world, drawn, uavs, u, p)
        place = p if p < servers else uavs[p - servers][0]
        decibels = float(drawn.snr[u, place]) + (float(world.uav_gain) if p >= servers else 0.0)
        bits = float(world.bandwidth) * math.log2(1.0 + 10.0 ** (decibels / 10.0))
        upload = float(world.data[u]) / bits
        delay = upload + float(world.workload[u]) / float(world.weight[u]) * load[p] / rates[p]
        own = float(world.workload[u]) / float(world.frequency[u])
        energy = float(world.energy_coefficient[u]) * float(world.workload[u]) * float(world.frequency[u]) ** 2
        saved = float(world.energy_value[u]) * (energy - float(world.transmit_power[u]) * upload)
        if world.human[u]:
            online += float(world.latency_value[u]) * (own - delay) + saved
        else:
            online += float(world.reward[u]) * (1.0 - (delay - float(world.deadline[u])) / float(world.deadline[u])) + saved
        if p >= servers and not waiting:
            at[place] += 1
    for p in range(len(rates)):
        watts = float(world.power[p]) if p < servers else float(world.uav_power) if waiting else 0.0
        online -= float(world.energy_price) * watts * work[p] / rates[p]
    offline = in_print = used_in_all = 0.0
    for i in range(servers):
        overload = max(sum(1 for home in drawn.home if home == i) - int(world.own[i]), 0)
        k = int(contracts.agent[i])
        if k >= 0:
            used = min(at[i], overload)
            used_in_all += used
            offline += float(world.value[i]) * used - float(world.unit_cost[k]) * int(contracts.quantity[i])
            in_print += (float(world.value[i]) - float(world.unit_cost[k])) * int(contracts.quantity[i])
    for k in range(len(world.depot)):
        mine = sorted((int(contracts.stop[i]), i) for i in range(servers) if contracts.agent[i] == k)
        if mine:
            driven, here = 0.0, int(world.depot[k])
            for i in [i for _, i in mine] + [int(world.depot[k])]:
                driven += leg(world, here, i) / float(world.speed[k])
                here = i
            cost = float(world.travel_cost[k]) * driven + float(world.depreciation[k])
            offline -= cost
            in_print -= cost
    return {
        "offline": offline,
        "offline_contracted": in_print,
        "online": online,
        "welfare": offline + online,
        "used": used_in_all,
    }


def leg(world: Any, a: int, b: int) -> float:
    """Metres between two places."""
    return float(world.distance[a, b]) if world.distance is not None else math.dist(world.place[a], world.place[b])


def feasible(world: Any, drawn: Any, contracts: Any) -> bool:
    """Whether all tours keep windows, return and capacity, and no user's server has two agents."""
    for k in range(len(world.depot)):
        mine = sorted((int(contracts.stop[i]), i) for i in range(len(world.place)) if contracts.agent[i] == k)
        if [stop for stop, _ in mine] != list(range(len(mine))):
            return False
        clock, here, load = 0.0, int(world.depot[k]), 0
        for _, i in mine:
            clock = max(clock + leg(world, here, i) / float(world.speed[k]), float(drawn.opens[i]))
            if clock > float(drawn.closes[i]) + 1e-6 or abs(clock - float(contracts.begin[i])) > 1e-6:
                return False
            clock += float(world.service) * int(contracts.quantity[i])
            if abs(clock - float(contracts.end[i])) > 1e-6:
                return False
            here, load = i, load + int(contracts.quantity[i])
        if load > int(world.uavs[k]) * int(world.users_a_uav):
            return False
        if mine and clock + leg(world, here, int(world.depot[k])) / float(world.speed[k]) > float(world.latest[k]) + 1e-6:
            return False
    return True
