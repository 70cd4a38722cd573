"""Regrets from the utility functions alone, and the leader's best price by a search of the checker's own."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from edgeworth.games.trading.model import Equilibrium, Floats, TradingGame, utilities

_EPS = float(np.finfo(np.float64).eps)
_CELLS = 1_000_000  # prices x consumers at a time


@dataclass(frozen=True)
class Deviation:
    """Who gains what by which other action: consumer None is the leader, its action a price; gain in units of utility."""

    consumer: int | None
    action: float
    gain: float

    def replay(self, game: TradingGame, solution: Equilibrium) -> float:
        """Play it again: the gain now (for the leader, with the consumers' equilibrium at the other price)."""
        if self.consumer is None:
            before = (solution.price - game.unit_cost) * float(solution.demands.sum())
            return float(profits_at(game, np.array([self.action]))[0]) - before
        demands = np.array(solution.demands)
        before = utilities(game, solution.price, demands)[self.consumer]
        demands[self.consumer] = self.action
        return float(utilities(game, solution.price, demands)[self.consumer] - before)

    def __str__(self) -> str:
        who = "the leader" if self.consumer is None else f"consumer {self.consumer}"
        return f"{who} gains {self.gain:.6g} by {self.action:.17g}"


def follower_regret(game: TradingGame, solution: Equilibrium) -> tuple[float, Deviation | None]:
    """The largest relative regret of a consumer and the deviation that has it; (0, None) where nobody gains.

    A utility is concave in the own demand, so its maximum is at F_min, at F_max or where its derivative is 0. The gain of F'
    over F is formed as (F' - F) (R beta Y / ((Y + x) (Y + x')) - a), Y what the others mine, a = u p - (1 - beta) C_b;
    what rounding of these terms alone can amount to is no gain.
    """
    beta, reward, demand = game.role_ratio, game.effective_reward, np.asarray(solution.demands)
    price_term, margin = game.payment_weight * solution.price, game.service_margin
    cost = price_term - margin
    x = beta * demand
    others = x.sum() - x
    largest = int(x.argmax())
    others[largest] = np.delete(x, largest).sum()  # here the difference would cancel
    others = np.maximum(others, 0.0)
    prize = reward * beta
    with np.errstate(divide="ignore", invalid="ignore", over="ignore", under="ignore"):
        inner = (np.sqrt(prize * others / cost) - others) / beta
        inner = np.where(np.isfinite(inner), inner, game.max_demand)
    alone = others == 0.0  # any positive demand takes the whole reward, the less the better
    inner = np.where(alone & (cost > 0.0), 1e-12 * game.max_demand, inner)
    best_gain, best_action = np.zeros(len(x)), demand.copy()
    scale = np.abs(profile(demand, x, others, cost, reward))
    for action in (np.full(len(x), game.min_demand), np.full(len(x), game.max_demand), inner):
        action = np.clip(action, game.min_demand, game.max_demand)
        y = beta * action
        with np.errstate(divide="ignore", invalid="ignore", over="ignore", under="ignore"):
            marginal = prize * others / ((others + x) * (others + y))
        step = action - demand
        gain = step * (np.where(np.isfinite(marginal), marginal, 0.0) - cost)
        jump = reward * ((y > 0.0).astype(float) - (x > 0.0))  # the share is 1 or 0 where the others mine nothing
        gain = np.where(alone, jump - step * cost, gain)
        terms = price_term + margin + np.abs(cost) + np.where(alone, 0.0, np.nan_to_num(marginal))
        gain = np.where(gain > 16.0 * _EPS * np.abs(step) * terms, gain, 0.0)
        better = gain > best_gain
        best_gain, best_action = np.where(better, gain, best_gain), np.where(better, action, best_action)
        scale = np.maximum(scale, np.abs(profile(action, y, others, cost, reward)))
    relative = np.where(best_gain > 0.0, best_gain / np.maximum(scale, 1e-300), 0.0)
    i = int(relative.argmax())
    if relative[i] <= 0.0:
        return 0.0, None
    return float(relative[i]), Deviation(i, float(best_action[i]), float(best_gain[i]))


def profile(demand: Floats, x: Floats, others: Floats, cost: Floats, reward: Floats) -> Floats:
    """The utilities of demands against what the others mine."""
    with np.errstate(divide="ignore", invalid="ignore", under="ignore", over="ignore"):
        share = x / (x + others)
    return np.asarray(reward * np.where(x > 0.0, share, 0.0) - cost * demand)


def leader_regret(game: TradingGame, solution: Equilibrium) -> tuple[float, Deviation | None, int]:
    """The leader's relative regret against the best price that a search finds, its deviation, and how many prices were tried.

    An even grid with both ends and the unit cost; then, around the three best of its local maxima, finer grids, until they
    are 1e-8 of the range wide.
    """
    own = (solution.price - game.unit_cost) * float(solution.demands.sum())
    size = int(np.clip(_CELLS // (4 * game.consumers), 17, 257))
    low, high = game.min_price, game.max_price
    grid = np.unique(np.concatenate([np.linspace(low, high, size), [np.clip(game.unit_cost, low, high), solution.price]]))
    grid = np.clip(grid, low, high)
    profit = profits_at(game, grid)
    tried, best, where = len(grid), float(profit.max()), float(grid[profit.argmax()])
    scale = max(float(np.abs(profit).max()), abs(own))
    padded = np.concatenate([[-np.inf], profit, [-np.inf]])
    peaks = np.flatnonzero((padded[1:-1] >= padded[:-2]) & (padded[1:-1] >= padded[2:]))
    few, fine = (3, 17) if game.consumers <= 10_000 else (1, 7)
    for k in peaks[np.argsort(-profit[peaks], kind="stable")][:few]:
        left, right = grid[max(k - 1, 0)], grid[min(k + 1, len(grid) - 1)]
        while right - left > 1e-8 * max(high - low, 1e-300):
            inner = np.linspace(left, right, fine)
            found = profits_at(game, inner)
            tried += fine
            j = int(found.argmax())
            if found[j] > best:
                best, where = float(found[j]), float(inner[j])
            left, right = inner[max(j - 1, 0)], inner[min(j + 1, fine - 1)]
    gain = best - own
    if gain <= 0.0 or scale == 0.0:
        return 0.0, None, tried
    return gain / scale, Deviation(None, where, gain), tried


def profits_at(game: TradingGame, prices: Floats) -> Floats:
    """The leader's profit at each price, the consumers in equilibrium; indifferent ones ask for the least."""
    step = max(1, _CELLS // game.consumers)
    parts = [_demand_sums(game, prices[begin : begin + step]) for begin in range(0, len(prices), step)]
    return np.asarray((prices - game.unit_cost) * np.concatenate(parts))


def _demand_sums(game: TradingGame, prices: Floats) -> Floats:
    """Total demand at each price: bisection for the power X at which the best replies to X add up to X."""
    low, high = game.min_demand, game.max_demand
    beta, reward = game.role_ratio, game.effective_reward
    cost = game.payment_weight * prices[:, None] - game.service_margin
    mines = game.rewarded
    straight = np.where(cost < 0.0, high, low)  # consumers who do not compete: the sign of the cost decides
    fixed = (straight * beta)[:, ~mines].sum(axis=1)
    total = straight[:, ~mines].sum(axis=1)
    if not mines.any():
        return np.asarray(total)
    b = beta[mines]
    ratio = cost[:, mines] / (b * reward[mines])  # kappa / R
    least, most = low * b, high * b

    def replies(power: Floats) -> Floats:
        share = np.where(ratio > 0.0, 1.0 - ratio * power[:, None], np.inf)
        return np.asarray(np.clip(share, least / power[:, None], most / power[:, None]))

    right = np.log(fixed + most.sum())
    start = fixed + least.sum()
    with np.errstate(divide="ignore"):
        left = np.where(start > 0.0, np.log(np.maximum(start, 1e-300)), right - 1.0)
    while True:  # as little power as it takes for the shares to outweigh 1
        power = np.exp(left)
        short = (start <= 0.0) & (replies(power).sum(axis=1) + fixed / power < 1.0) & (left > -690.0)
        if not short.any():
            break
        left = np.where(short, left - 10.0, left)
    for _ in range(70):
        middle = 0.5 * (left + right)
        power = np.exp(middle)
        above = replies(power).sum(axis=1) + fixed / power > 1.0
        left, right = np.where(above, middle, left), np.where(above, right, middle)
        if np.all(right - left <= 2e-16 * np.maximum(np.abs(right), 1.0)):
            break
    power = np.exp(0.5 * (left + right))
    x = replies(power) * power[:, None]
    return np.asarray(total + (x / b).sum(axis=1))
