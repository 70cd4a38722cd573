"""Regrets from the utility functions alone, and the leader's best price by a search of the checker's own."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from edgeworth.core.checking import Budget
from edgeworth.games.trading.check.reply import ALLOWANCE, DEMAND_TOL, competing
from edgeworth.games.trading.check.roles import role_profits, role_rounding
from edgeworth.games.trading.check.stage import Solved
from edgeworth.games.trading.model import Equilibrium, Floats, TradingGame, utilities

_EPS = float(np.finfo(np.float64).eps)
_CELLS = 1_000_000  # prices x consumers of the first grid
_STRETCH = 16_384  # consumers whose numbers stay in a processor's cache


@dataclass(frozen=True)
class Deviation:
    """A unilateral deviation that gains.

    Parameters
    ----------
    consumer : int or None
        Who deviates; None is the leader.
    action : float
        The demand, or the leader's price, to which it deviates.
    gain : float
        What it gains, in units of utility (of the leader: with the consumers' equilibrium at the other price).
    """

    consumer: int | None
    action: float
    gain: float

    def replay(self, game: TradingGame, solution: Equilibrium) -> float:
        """The gain of the same deviation from another solution."""
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

    A regret is relative to the spread of what the consumer attains by its demands, the others' fixed: the best of them less the
    worst. A utility is concave in the own demand, so its minimum is at F_min or F_max, and its maximum there or where its
    derivative is 0. The gain of F' over F is formed as (F' - F) (R beta Y / ((Y + x) (Y + x')) - a), Y what the others mine,
    a = u p - (1 - beta) C_b, without cancellation of the utilities themselves: the cost has an error of 2 u (u = 2^-53) of its
    terms, the marginal reward 10 u of itself (Y 2 u: it is summed anew where it would cancel, and correctly rounded), the
    product 3 u. A gain within 32 u |F' - F| (u p + (1 - beta) C_b + |a| + marginal reward) is rounding and no gain.
    """
    beta, demand = game.role_ratio, np.asarray(solution.demands)
    x = beta * demand
    others = np.maximum(math.fsum(x.tolist()) - x, 0.0)
    largest = int(x.argmax())
    others[largest] = math.fsum(np.delete(x, largest).tolist())  # here the difference would cancel
    columns = (beta, game.effective_reward, game.payment_weight, game.service_margin, demand, x, others)
    most, found = 0.0, None
    for start in range(0, len(x), _STRETCH):
        relative, gain, action = _best_gains(game, solution.price, *(each[start : start + _STRETCH] for each in columns))
        i = int(relative.argmax())
        if not relative[i] <= most:  # NaN too
            most, found = float(relative[i]), Deviation(start + i, float(action[i]), float(gain[i]))
        if math.isnan(most):
            break
    return most, found


def _best_gains(
    game: TradingGame,
    price: float,
    beta: Floats,
    reward: Floats,
    weight: Floats,
    margin: Floats,
    demand: Floats,
    x: Floats,
    others: Floats,
) -> tuple[Floats, Floats, Floats]:
    """The relative regrets of some consumers, what they gain by their best deviations, and these."""
    price_term = weight * price
    cost = price_term - margin
    prize = reward * beta
    with np.errstate(divide="ignore", invalid="ignore", over="ignore", under="ignore"):
        inner = (np.sqrt(prize * others / cost) - others) / beta
        inner = np.where(np.isfinite(inner), inner, game.max_demand)
    alone = others == 0.0  # any positive demand takes the whole reward, the less the better
    inner = np.where(alone & (cost > 0.0), 1e-12 * game.max_demand, inner)
    best_gain, best_action = np.zeros(len(x)), demand.copy()
    worst_gain = np.zeros(len(x))
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
        gain = np.where(np.abs(gain) > 16.0 * _EPS * np.abs(step) * terms, gain, 0.0)
        better = gain > best_gain
        best_gain, best_action = np.where(better, gain, best_gain), np.where(better, action, best_action)
        worst_gain = np.minimum(worst_gain, gain)
    with np.errstate(divide="ignore", invalid="ignore"):
        relative = np.where(best_gain > 0.0, best_gain / (best_gain - worst_gain), 0.0)
    return relative, best_gain, best_action


def leader_regret(
    game: TradingGame, solution: Equilibrium, budget: Budget | None = None
) -> tuple[float, Deviation | None, int]:
    """The leader's relative regret against the best price that a search finds, its deviation, and how many prices were tried.

    An even grid with both ends, the unit cost and the price itself; then, around the three best of its local maxima, finer
    grids, until they are 1e-8 of the range wide, or a few floats. The regret is relative to the spread of the profits seen,
    greatest less least. A gain within what `rounding` says of the two profits is none: total demands are computed to
    64 u (1 + (g p + w) X) of each consumer's share here as in `check.reply`, whose tolerance of 1e-12 the demands judged have
    as well.
    """
    own = (solution.price - game.unit_cost) * math.fsum(solution.demands.tolist())
    size = int(np.clip(_CELLS // (4 * game.consumers), 17, 257))
    low, high = game.min_price, game.max_price
    grid = np.unique(np.concatenate([np.linspace(low, high, size), [np.clip(game.unit_cost, low, high), solution.price]]))
    grid = np.clip(grid, low, high)
    solved = None if game.roles == "chosen" else Solved(game)

    def profits(prices: Floats) -> Floats:
        if solved is None:
            return role_profits(game, prices, budget)
        return np.asarray((prices - game.unit_cost) * solved.demands(prices, budget))

    profit = profits(grid)
    tried, best, where = len(grid), float(profit.max()), float(grid[profit.argmax()])
    spread = max(best, own) - min(float(profit.min()), own)
    padded = np.concatenate([[-np.inf], profit, [-np.inf]])
    peaks = np.flatnonzero((padded[1:-1] >= padded[:-2]) & (padded[1:-1] >= padded[2:]))
    kept, points = (3, 17) if game.consumers <= 10_000 else (1, 7)
    least = max(1e-8 * (high - low), 4.0 * _EPS * high)  # prices nearer to each other may be one float
    for k in peaks[np.argsort(-profit[peaks], kind="stable")][:kept]:
        left, right = grid[max(k - 1, 0)], grid[min(k + 1, len(grid) - 1)]
        while right - left > least:
            inner = np.linspace(left, right, points)
            found = profits(inner)
            tried += points
            j = int(found.argmax())
            if found[j] > best:
                best, where = float(found[j]), float(inner[j])
            left, right = inner[max(j - 1, 0)], inner[min(j + 1, points - 1)]
    gain = best - own
    spread = max(spread, gain)
    if gain <= rounding(game, solution) + rounding(game, solution, where):
        return 0.0, None, tried
    return gain / spread, Deviation(None, where, gain), tried


def price_value(game: TradingGame, solution: Equilibrium) -> float:
    """The leader's profit at the solution's price where the consumers answer with their equilibrium, whatever they ask for in
    the solution; consumers that are indifferent ask for the least. By the checker's own solver of the consumers' stage."""
    return float(profits_at(game, np.array([solution.price]))[0])


def rounding(game: TradingGame, solution: Equilibrium, price: float | None = None) -> float:
    """What rounding, and demands within the tolerance of their replies, may amount to in the profit at a price."""
    p = solution.price if price is None else price
    if game.roles == "chosen":
        return role_rounding(game, solution, p)
    demands = np.asarray(solution.demands)
    mines = competing(game)
    power = float((game.role_ratio * demands).sum())
    stake = (game.role_ratio * game.effective_reward)[mines]
    size = (game.payment_weight[mines] * p + game.service_margin[mines]) / stake
    with np.errstate(over="ignore"):
        loose = ALLOWANCE * (1.0 + size * power) * (power / game.role_ratio[mines])
    loose = np.minimum(loose, game.max_demand - game.min_demand)
    total = float(demands.sum())
    return abs(p - game.unit_cost) * (2.0 * float(loose.sum()) + DEMAND_TOL * total + 64.0 * _EPS * total)


def profits_at(game: TradingGame, prices: Floats, budget: Budget | None = None) -> Floats:
    """The leader's profit at each price, the consumers in equilibrium; indifferent ones ask for the least."""
    if game.roles == "chosen":
        return role_profits(game, prices, budget)
    order = np.argsort(prices, kind="stable")
    demands = np.empty(len(prices))
    demands[order] = Solved(game).demands(prices[order], budget)
    return np.asarray((prices - game.unit_cost) * demands)
