"""The offloading game once more, in plain Python. Reads the fields of a game, uses none of its code."""

from __future__ import annotations

import itertools
import math
from fractions import Fraction
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
    """The largest gain of a unilateral move, relative to the spread of what the user's places earn."""
    worst = 0.0
    for i in range(len(actions)):
        now = utility(game, actions, i)
        others = [utility(game, [*actions[:i], k, *actions[i + 1 :]], i) for k in moves(game, actions, i)]
        if others and max(others) > now:
            worst = max(worst, (max(others) - now) / (max(others) - min([now, *others])))
    return worst


def profiles(game: Any) -> list[list[int]]:
    options = [[-1, *reach(game, i)] for i in range(len(game.weight))]
    return [list(actions) for actions in itertools.product(*options) if feasible(game, list(actions))]


def optimum(game: Any) -> tuple[float, list[int]]:
    """The highest welfare and a profile that has it. Tiny games only."""
    return max(((welfare(game, actions), actions) for actions in profiles(game)), key=lambda found: found[0])


def equilibria(game: Any, tolerance: float) -> list[list[int]]:
    return [actions for actions in profiles(game) if epsilon(game, actions) <= tolerance]


# --- nothing rounded -----------------------------------------------------------------------------------------------------


def exact_utility(game: Any, actions: list[int], i: int, prices: bool = True) -> Fraction:
    k = actions[i]
    if k < 0:
        return Fraction(float(game.local_utility[i]))
    p = pair(game, i, k)
    assert p is not None
    mass = sum(Fraction(float(game.weight[j])) for j, place in enumerate(actions) if place == k)
    wait = Fraction(float(game.workload[i])) / Fraction(float(game.weight[i])) * mass / Fraction(float(game.rate[k]))
    late = Fraction(float(game.transfer[p])) + wait - Fraction(float(game.deadline[i]))
    if not bool(game.human[i]) and game.regime != "linearised":
        late = max(late, Fraction(0))
        if game.regime == "floored":
            late = min(late, Fraction(float(game.deadline[i])))
    worth = Fraction(float(game.gain[p])) - Fraction(float(game.sensitivity[i])) * late
    return worth - Fraction(float(game.price[p])) if prices else worth


def exact_welfare(game: Any, actions: list[int]) -> Fraction:
    total = sum((exact_utility(game, actions, i, prices=False) for i in range(len(actions))), Fraction(0))
    for i, k in enumerate(actions):
        if k >= 0:
            total -= Fraction(float(game.cost_rate[k])) * Fraction(float(game.workload[i])) / Fraction(float(game.rate[k]))
    return total


def exact_epsilon(game: Any, actions: list[int]) -> Fraction:
    """`epsilon`, exactly."""
    worst = Fraction(0)
    for i in range(len(actions)):
        now = exact_utility(game, actions, i)
        others = [exact_utility(game, [*actions[:i], k, *actions[i + 1 :]], i) for k in moves(game, actions, i)]
        if others and max(others) > now:
            worst = max(worst, (max(others) - now) / (max(others) - min([now, *others])))
    return worst


def exact_potential(game: Any, actions: list[int], which: str) -> Fraction:
    """Equation (21) or Psi; users who do not mind delays are left out of Psi altogether."""
    total = Fraction(0)
    for k in range(len(game.rate)):
        rate = Fraction(float(game.rate[k]))
        here = [i for i, place in enumerate(actions) if place == k]
        minding = [i for i in here if float(game.sensitivity[i]) != 0.0 and float(game.workload[i]) != 0.0]
        mass = sum((Fraction(float(game.weight[i])) for i in here), Fraction(0))
        if which == "paper":
            total -= mass**2 / (2 * rate)
            total -= sum(
                (Fraction(float(game.cost_rate[k])) * Fraction(float(game.workload[i])) / rate for i in here), Fraction(0)
            )
        else:
            for i in here:
                for j in here:
                    if i <= j and (i in minding or j in minding):
                        total -= Fraction(float(game.weight[i])) * Fraction(float(game.weight[j])) / rate
    for i, k in enumerate(actions):
        worth = Fraction(float(game.local_utility[i]))
        s, c, w = (Fraction(float(column[i])) for column in (game.sensitivity, game.workload, game.weight))
        p = pair(game, i, k) if k >= 0 else None
        if p is not None:
            worth = Fraction(float(game.gain[p])) - s * (Fraction(float(game.transfer[p])) - Fraction(float(game.deadline[i])))
            worth -= Fraction(float(game.price[p])) if which == "weighted" else 0
        if which == "paper":
            total += worth
        elif s * c != 0:
            total += w * w / (s * c) * worth
    return total


def exact_optimum(game: Any) -> Fraction:
    """The highest welfare, exactly. Tiny games only."""
    return max(exact_welfare(game, actions) for actions in profiles(game))


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
