"""The offloading game once more, in plain Python. Reads the fields of a game, uses none of its code."""

from __future__ import annotations

import itertools
import math
from typing import Any


def pair(game: Any, i: int, k: int) -> int | None:
    for p in range(int(game.indptr[i]), int(game.indptr[i + 1])):
        if int(game.provider[p]) == k:
            return p
    return None


def reach(game: Any, i: int) -> list[int]:
    return [int(game.provider[p]) for p in range(int(game.indptr[i]), int(game.indptr[i + 1]))]


def load(game: Any, actions: list[int], k: int) -> float:
    return math.fsum(float(game.weight[j]) for j, place in enumerate(actions) if place == k)


def delay(game: Any, actions: list[int], i: int) -> float:
    k = actions[i]
    if k < 0:
        return float(game.local_delay[i])
    p = pair(game, i, k)
    assert p is not None
    share = float(game.weight[i]) / load(game, actions, k)  # of the provider's rate, by weighted processor sharing
    return float(game.transfer[p]) + float(game.workload[i]) / (share * float(game.rate[k]))


def utility(game: Any, actions: list[int], i: int, prices: bool = True) -> float:
    k = actions[i]
    if k < 0:
        return float(game.local_utility[i])
    p = pair(game, i, k)
    assert p is not None
    t, s = delay(game, actions, i), float(game.sensitivity[i])
    worth = float(game.gain[p]) - (float(game.price[p]) if prices else 0.0)
    if bool(game.human[i]):
        return worth - s * t
    late = t - float(game.deadline[i])
    if game.regime == "soft-deadline":
        late = max(late, 0.0)
    elif game.regime == "floored":
        late = min(max(late, 0.0), float(game.deadline[i]))
    return worth - s * late


def cost(game: Any, actions: list[int]) -> float:
    total = 0.0
    for k in range(len(game.rate)):
        work = math.fsum(float(game.workload[j]) for j, place in enumerate(actions) if place == k)
        total += float(game.cost_rate[k]) * work / float(game.rate[k])
    return total


def welfare(game: Any, actions: list[int]) -> float:
    return math.fsum(utility(game, actions, i, prices=False) for i in range(len(actions))) - cost(game, actions)


def feasible(game: Any, actions: list[int]) -> bool:
    for i, k in enumerate(actions):
        if k >= 0 and pair(game, i, k) is None:
            return False
    return all(sum(place == k for place in actions) <= int(game.cap[k]) for k in range(len(game.rate)))


def base(game: Any, i: int, k: int) -> float:
    """The linearised non-congestion term, payments left out."""
    if k < 0:
        return float(game.local_utility[i])
    p = pair(game, i, k)
    assert p is not None
    return float(game.gain[p]) - float(game.sensitivity[i]) * (float(game.transfer[p]) - float(game.deadline[i]))


def paper_potential(game: Any, actions: list[int]) -> float:
    total = math.fsum(base(game, i, k) for i, k in enumerate(actions))
    congestion = math.fsum(load(game, actions, k) ** 2 / (2.0 * float(game.rate[k])) for k in range(len(game.rate)))
    return total - congestion - cost(game, actions)


def weighted_potential(game: Any, actions: list[int]) -> float:
    total = 0.0
    for i, k in enumerate(actions):
        w = float(game.weight[i])
        gamma = float(game.sensitivity[i]) * float(game.workload[i]) / w
        if gamma > 0.0:
            p = pair(game, i, k) if k >= 0 else None
            total += w / gamma * (base(game, i, k) - (float(game.price[p]) if p is not None else 0.0))
    for k in range(len(game.rate)):
        own = math.fsum(float(game.weight[j]) ** 2 for j, place in enumerate(actions) if place == k)
        total -= (load(game, actions, k) ** 2 + own) / (2.0 * float(game.rate[k]))
    return total


def moves(game: Any, actions: list[int], i: int) -> list[int]:
    """The other places that user i may go to."""
    found = []
    for k in [-1, *reach(game, i)]:
        moved = [*actions[:i], k, *actions[i + 1 :]]
        if k != actions[i] and feasible(game, moved):
            found.append(k)
    return found


def epsilon(game: Any, actions: list[int]) -> float:
    """The largest gain of a unilateral move, relative to the largest |utility| over the user's places."""
    worst = 0.0
    for i in range(len(actions)):
        now = utility(game, actions, i)
        others = [utility(game, [*actions[:i], k, *actions[i + 1 :]], i) for k in moves(game, actions, i)]
        scale = max(abs(u) for u in [now, *others])
        if others and scale > 0.0:
            worst = max(worst, (max(others) - now) / scale)
    return worst


def profiles(game: Any) -> list[list[int]]:
    options = [[-1, *reach(game, i)] for i in range(len(game.weight))]
    return [list(actions) for actions in itertools.product(*options) if feasible(game, list(actions))]


def optimum(game: Any) -> tuple[float, list[int]]:
    """The highest welfare and a profile that has it. Tiny games only."""
    return max(((welfare(game, actions), actions) for actions in profiles(game)), key=lambda found: found[0])


def equilibria(game: Any, tolerance: float) -> list[list[int]]:
    return [actions for actions in profiles(game) if epsilon(game, actions) <= tolerance]


# --- from physical quantities -------------------------------------------------------------------------------------------


def physical_utility(system: Any, actions: list[int], i: int, regime: str, local: str) -> float:
    """Utility of user i straight from the raw fields of an `EdgeSystem`."""
    work, f = float(system.workload[i]), float(system.frequency[i])
    local_seconds = work / f
    k = actions[i]
    if k < 0:
        timely = not bool(system.human[i]) and local_seconds <= float(system.deadline[i])
        return float(system.reward[i]) if local == "reward" and timely else 0.0
    (link,) = [p for p in range(len(system.user)) if int(system.user[p]) == i and int(system.provider[p]) == k]
    upload = float(system.data[i]) / (float(system.bandwidth[k]) * math.log2(1.0 + float(system.snr[link])))
    total = math.fsum(float(system.weight[j]) for j, place in enumerate(actions) if place == k)
    seconds = upload + work * total / (float(system.weight[i]) * float(system.rate[k]))
    joules = float(system.energy_coefficient[i]) * work * f**2 - float(system.power[i]) * upload
    saved = float(system.energy_value[i]) * joules - float(system.price[link])
    if bool(system.human[i]):
        return float(system.latency_value[i]) * (local_seconds - seconds) + saved
    tau = float(system.deadline[i])
    worth = 1.0 - (seconds - tau) / tau if regime == "linearised" else 1.0 - max(0.0, seconds - tau) / tau
    return float(system.reward[i]) * (max(0.0, worth) if regime == "floored" else worth) + saved
