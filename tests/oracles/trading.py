"""Computing-power trading once more, in plain Python. Reads the fields of a game, uses none of its code."""

from __future__ import annotations

import math
from typing import Any


def rewards(game: Any) -> list[float]:
    """R_i = m_i (R + lambda B) exp(-eps tau delta_i B)."""
    prize = game.reward + game.performance_factor * game.block_size
    return [
        float(m) * prize * math.exp(-game.puzzle_constant * game.propagation_factor * float(d) * game.block_size)
        for m, d in zip(game.token_effect, game.evaluation_metric, strict=True)
    ]


def utility(game: Any, price: float, demands: list[float], i: int) -> float:
    power = sum(float(game.role_ratio[j]) * demands[j] for j in range(len(demands)))
    own = float(game.role_ratio[i])
    share = own * demands[i] / power if power > 0.0 else 0.0
    unit = (1.0 - own) * game.service_profit - float(game.payment_weight[i]) * price
    return demands[i] * unit + rewards(game)[i] * share


def profit(game: Any, price: float, demands: list[float]) -> float:
    return (price - game.unit_cost) * math.fsum(demands)


def follower(game: Any, price: float, strong: bool = False) -> list[float]:
    """The demands in equilibrium, by bisection on the mining power."""
    low, high, reward = game.min_demand, game.max_demand, rewards(game)
    demands: list[float | None] = []
    rivals = []
    fixed = 0.0
    for i, (own, weight) in enumerate(zip(game.role_ratio.tolist(), game.payment_weight.tolist(), strict=True)):
        margin = (1.0 - own) * game.service_profit
        cost = weight * price - margin
        if own * reward[i] > 0.0 and high > 0.0 and cost > 0.0:
            rivals.append((i, cost / (own * reward[i]), own))
            demands.append(None)
            continue
        if own * reward[i] > 0.0:
            most = True
        else:
            tied = (weight > 0.0 and price == margin / weight) or (weight == 0.0 and margin == 0.0)
            most = (strong and weight > 0.0) if tied else cost < 0.0
        demands.append(high if most else low)
        fixed += own * (high if most else low)
    if rivals:
        power = _power(rivals, low, high, fixed)
        for i, c, own in rivals:
            demands[i] = min(max((power - c * power * power) / own, low), high)
    return [float(d) for d in demands if d is not None]


def _power(rivals: list[tuple[int, float, float]], low: float, high: float, fixed: float) -> float:
    def over(power: float) -> bool:
        total = fixed / power
        for _, c, own in rivals:
            total += min(max(1.0 - c * power, low * own / power), high * own / power)
        return total > 1.0

    right = fixed + high * sum(own for _, _, own in rivals)
    left = right
    while not over(left) and left > 1e-290:
        right = left
        left *= 0.5
    for _ in range(200):
        middle = 0.5 * (left + right)
        if not left < middle < right:
            break
        if over(middle):
            left = middle
        else:
            right = middle
    return right


_found: dict[str, tuple[float, float]] = {}


def optimum(game: Any) -> tuple[float, float]:
    """The leader's best profit and its price: an even grid, the prices where somebody is indifferent (both answers), and a
    narrowing search around every local maximum of the grid. Small games only.
    """
    if game.hash not in _found:
        _found[game.hash] = _optimum(game)
    return _found[game.hash]


def _optimum(game: Any) -> tuple[float, float]:
    def at(price: float, strong: bool = True) -> float:
        return profit(game, price, follower(game, price, strong))

    low, high = game.min_price, game.max_price
    points = {low + (high - low) * k / 60 for k in range(61)} | {low, high, min(max(game.unit_cost, low), high)}
    for own, weight in zip(game.role_ratio.tolist(), game.payment_weight.tolist(), strict=True):
        if weight > 0.0:
            edge = (1.0 - own) * game.service_profit / weight
            points |= {edge} if low <= edge <= high else set()
    grid = sorted(min(max(p, low), high) for p in points)
    values = [max(at(p), at(p, False)) for p in grid]
    best = max(zip(values, grid, strict=True))
    for k in range(len(grid)):
        beside = values[max(k - 1, 0) : k + 2]
        if values[k] >= max(beside):
            best = max(best, narrow(at, grid[max(k - 1, 0)], grid[min(k + 1, len(grid) - 1)]))
    return best


def narrow(at: Any, left: float, right: float) -> tuple[float, float]:
    best = (-math.inf, left)
    while right - left > 1e-13 * max(right, 1e-300):
        points = [left + (right - left) * k / 8 for k in range(9)]
        values = [at(p) for p in points]
        k = max(range(9), key=values.__getitem__)
        best = max(best, (values[k], points[k]))
        new = points[max(k - 1, 0)], points[min(k + 1, 8)]
        if new == (left, right):
            break
        left, right = new
    return best


def regret(game: Any, price: float, demands: list[float], i: int, points: int = 2001) -> float:
    """What consumer i gains at most by a demand of an even grid over its interval."""
    here = utility(game, price, demands, i)
    best = here
    for k in range(points):
        other = list(demands)
        other[i] = game.min_demand + (game.max_demand - game.min_demand) * k / (points - 1)
        best = max(best, utility(game, price, other, i))
    return best - here
