"""Computing-power trading with chosen roles once more, in plain Python. Reads the fields of a game, uses none of its code."""

from __future__ import annotations

import math
from typing import Any

from tests.oracles.trading import narrow, profit, rewards


def utility(game: Any, price: float, demands: list[float], mining: list[float], i: int) -> float:
    power = math.fsum(mining)
    share = mining[i] / power if power > 0.0 else 0.0
    served = (demands[i] - mining[i]) * game.service_profit
    return float(served - float(game.payment_weight[i]) * price * demands[i] + rewards(game)[i] * share)


def marginal_cost(game: Any, price: float, i: int, x: float) -> float:
    """Of one more unit of mining power, the demand adapted to it."""
    paid = float(game.payment_weight[i]) * price
    displaces_services = game.service_profit > paid or x < game.min_demand
    return float(game.service_profit if displaces_services else paid)


def reply(game: Any, price: float, power: float, i: int, reward: float) -> float:
    """The x at which the marginal reward is the marginal cost where all mine `power`, by bisection."""
    if reward == 0.0:
        return 0.0
    before, beyond = marginal_cost(game, price, i, 0.0), marginal_cost(game, price, i, math.inf)
    left, right = 0.0, game.max_demand
    for _ in range(56):
        x = 0.5 * (left + right)
        if reward * (1.0 - x / power) / power > (before if x < game.min_demand else beyond):
            left = x
        else:
            right = x
    return 0.5 * (left + right)


def follower(game: Any, price: float, strong: bool = False) -> tuple[list[float], list[float]]:
    """Demands and mining power in equilibrium, by bisection on the power of all."""
    n, reward = len(game.payment_weight), rewards(game)
    mining = [0.0] * n
    if any(each > 0.0 for each in reward) and game.max_demand > 0.0:
        left, right = 1e-9 * game.max_demand, game.max_demand * n
        while right > left * (1.0 + 1e-15):
            power = math.sqrt(left * right)
            if not left < power < right:
                break
            mining = [reply(game, price, power, i, reward[i]) for i in range(n)]
            if math.fsum(mining) > power:
                left = power
            else:
                right = power
    demands = []
    for i in range(n):
        paid = float(game.payment_weight[i]) * price
        tied = abs(paid - game.service_profit) <= 1e-14 * paid
        most = strong if tied else game.service_profit > paid
        demands.append(game.max_demand if most else max(mining[i], game.min_demand))
    return demands, mining


def regret(game: Any, price: float, demands: list[float], mining: list[float], i: int, points: int = 61) -> float:
    """What consumer i gains at most by a pair of demand and mining power of a grid."""
    here = utility(game, price, demands, mining, i)
    best = here
    for k in range(points):
        demand = game.min_demand + (game.max_demand - game.min_demand) * k / (points - 1)
        for j in range(points):
            others, theirs = list(demands), list(mining)
            others[i], theirs[i] = demand, demand * j / (points - 1)
            best = max(best, utility(game, price, others, theirs, i))
    return best - here


_found: dict[str, tuple[float, float]] = {}


def optimum(game: Any) -> tuple[float, float]:
    """The leader's best profit and its price: an even grid, prices where somebody is indifferent (both answers), and a
    narrowing search around its local maxima. Small games only."""
    if game.hash not in _found:
        _found[game.hash] = _optimum(game)
    return _found[game.hash]


def _optimum(game: Any) -> tuple[float, float]:
    def at(price: float, strong: bool = True) -> float:
        return profit(game, price, follower(game, price, strong)[0])

    low, high = game.min_price, game.max_price
    points = {low + (high - low) * k / 16 for k in range(17)} | {low, high, min(max(game.unit_cost, low), high)}
    for weight in game.payment_weight.tolist():
        if weight > 0.0 and low <= game.service_profit / weight <= high:
            points.add(game.service_profit / weight)
    grid = sorted(min(max(p, low), high) for p in points)
    values = [max(at(p), at(p, False)) for p in grid]
    best = max(zip(values, grid, strict=True))
    for k in range(len(grid)):
        beside = values[max(k - 1, 0) : k + 2]
        if values[k] >= max(beside) and values[k] >= best[0] - 0.01 * abs(best[0]):
            best = max(best, narrow(at, grid[max(k - 1, 0)], grid[min(k + 1, len(grid) - 1)]))
    return best
