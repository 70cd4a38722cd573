"""What is checked of games whose roles are chosen: regrets over both choices, replies, ties, profits at other prices."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from edgeworth.core.checking import Budget, Mismatch
from edgeworth.games.trading.check.reply import ALLOWANCE, DEMAND_TOL
from edgeworth.games.trading.model import Equilibrium, Floats, TradingGame, utilities

_U = 2.0**-53


@dataclass(frozen=True)
class RoleDeviation:
    """Another demand and mining power of one consumer.

    Parameters
    ----------
    consumer : int
        Who deviates.
    demand, mining : float
        To what: F and x.
    gain : float
        What it gains, in units of utility.
    """

    consumer: int
    demand: float
    mining: float
    gain: float

    def replay(self, game: TradingGame, solution: Equilibrium) -> float:
        """The gain of the same deviation from another solution."""
        demands, mining = np.array(solution.demands), np.array(solution.mining)
        before = utilities(game, solution.price, demands, mining)[self.consumer]
        demands[self.consumer], mining[self.consumer] = self.demand, self.mining
        return float(utilities(game, solution.price, demands, mining)[self.consumer] - before)

    def __str__(self) -> str:
        return f"consumer {self.consumer} gains {self.gain:.6g} by demand {self.demand:.17g} and mining {self.mining:.17g}"


def role_regret(game: TradingGame, solution: Equilibrium) -> tuple[float, RoleDeviation | None]:
    """The largest relative regret of a consumer over both its choices, and the deviation that has it.

    A utility is concave on 0 <= x <= F, F_min <= F <= F_max where the others mine Y > 0, and for a fixed x linear in F. So its
    maximum has F = F_max or F = max(x, F_min), and on each of the three segments the x where the derivative is 0 or an end; its
    minimum is at a corner. With Y = 0 the reward is won by any x > 0. The gain of (x', F') over (x, F) is formed as
    (x' - x) (R Y / ((Y + x) (Y + x')) - C_b) + (F' - F) (C_b - u p), without cancellation of the utilities themselves. A gain
    within 32 u of the sizes of these terms is rounding and no gain; the regret is relative to the greatest less the least.
    """
    x, demand = np.asarray(solution.mining), np.asarray(solution.demands)
    service, paid, reward = game.service_profit, game.payment_weight * solution.price, game.effective_reward
    others = np.maximum(math.fsum(x.tolist()) - x, 0.0)
    largest = int(x.argmax())
    others[largest] = math.fsum(np.delete(x, largest).tolist())  # here the difference would cancel
    alone, low, high = others == 0.0, game.min_demand, game.max_demand

    def best(cost: Floats | float, least: float, most: float) -> Floats:
        with np.errstate(divide="ignore", invalid="ignore", over="ignore", under="ignore"):
            inner = np.sqrt(reward * others / cost) - others
        inner = np.where(alone & (reward > 0.0), 1e-12 * high, np.where(np.isfinite(inner), inner, most))
        return np.asarray(np.clip(inner, least, most))

    ends = [(np.full(len(x), a), np.full(len(x), b)) for a, b in ((0.0, low), (low, low), (0.0, high), (high, high))]
    inner = [(best(service, 0.0, high), np.full(len(x), high)), (best(service, 0.0, low), np.full(len(x), low))]
    beyond = best(np.maximum(paid, 0.0), low, high)
    gains = np.zeros((7, len(x)))
    moves = [*ends, *inner, (beyond, beyond)]
    for row, (y, asks) in enumerate(moves):
        step, more = y - x, asks - demand
        with np.errstate(divide="ignore", invalid="ignore", over="ignore", under="ignore"):
            marginal = np.where(alone, 0.0, np.nan_to_num(reward * others / ((others + x) * (others + y))))
        won = np.where(alone, reward * ((y > 0.0).astype(float) - (x > 0.0)), 0.0)
        gain = won + step * (marginal - service) + more * (service - paid)
        size = np.abs(step) * (marginal + service) + np.abs(more) * (service + paid)
        gains[row] = np.where(np.abs(gain) > 32.0 * _U * size, gain, 0.0)
    most, least = np.maximum(gains.max(axis=0), 0.0), np.minimum(gains.min(axis=0), 0.0)
    relative = np.where(most > 0.0, most / np.where(most > 0.0, most - least, 1.0), 0.0)
    i = int(relative.argmax())
    if not relative[i] > 0.0:
        return 0.0, None
    y, asks = moves[int(gains[:, i].argmax())]
    return float(relative[i]), RoleDeviation(i, float(asks[i]), float(y[i]), float(most[i]))


def role_reply(game: TradingGame, solution: Equilibrium) -> tuple[float, RoleDeviation | None]:
    """The largest relative distance of a demand or mining power from the consumer's reply, and that reply.

    Regrets are flat around replies, and the provider earns what is demanded: so demands themselves are judged. In an
    equilibrium, and only there, everybody mines with the reply to the power X of all, its own included; a consumer without a
    reward that counts mines nothing. The demand is F_max below the threshold C_b / u_i, max(x, F_min) above it, and anything
    between at it.
    """
    x, demand = np.asarray(solution.mining), np.asarray(solution.demands)
    edge, power = game.role_contest.threshold, math.fsum(x.tolist())
    wanted, slack, rows = np.zeros(len(x)), np.zeros(len(x)), game.role_contest.rows
    if len(rows):
        wanted[rows] = mined(game, np.array([solution.price]), np.array([power]))[0]
        slack[rows] = ALLOWANCE * power
    mining = np.clip(x, np.maximum(wanted - slack, 0.0), wanted + slack)
    kept = np.maximum(x, game.min_demand)
    least = np.where(solution.price < edge, game.max_demand, kept)
    asks = np.clip(demand, least, np.where(solution.price > edge, kept, game.max_demand))
    distance = np.maximum(_apart(x, mining), _apart(demand, asks))
    i = int(distance.argmax())
    if not distance[i] > 0.0:
        return 0.0, None
    reply = RoleDeviation(i, float(max(asks[i], mining[i])), float(mining[i]), 0.0)
    return float(distance[i]), replace(reply, gain=reply.replay(game, solution))


def role_ties(game: TradingGame, solution: Equilibrium) -> tuple[float, Mismatch | None]:
    """How far an indifferent consumer's demand is from what the tie rule says, relative to its interval's length."""
    width = game.max_demand - game.min_demand
    least = np.maximum(np.asarray(solution.mining), game.min_demand)
    wanted = np.full(len(least), game.max_demand) if solution.tie_break == "strong" else least
    tied = game.role_contest.threshold == solution.price
    apart = np.where(tied, np.abs(solution.demands - wanted), 0.0)
    i = int(apart.argmax())
    if width <= 0.0 or not apart[i] > 0.0:
        return 0.0, None
    return float(apart[i]) / width, Mismatch("ties", float(solution.demands[i]), float(wanted[i]))


def role_profits(game: TradingGame, prices: Floats, budget: Budget | None = None) -> Floats:
    """The leader's profit at each price, the consumers in equilibrium; indifferent ones ask for the least.

    The power at which replies sum to X, by bisection at all prices at once. Below X = min(2 F_max, 1 / (2 c)), c the second
    cheapest cost in rewards, two consumers hold a half of X each or more; all of them hold at most N F_max.
    """
    rows, edge = game.role_contest.rows, game.role_contest.threshold
    mining = np.zeros((len(prices), game.consumers))
    if len(rows):
        dear = np.maximum(game.role_contest.service, np.outer(prices, game.role_contest.slope))
        with np.errstate(divide="ignore"):
            left = np.minimum(2.0 * game.max_demand, 0.5 / np.partition(dear, 1, axis=1)[:, 1])
        right = np.maximum(left, game.max_demand * len(rows))
        for _ in range(80):
            if budget is not None:
                budget.check()
            middle = np.sqrt(left) * np.sqrt(right)
            over = mined(game, prices, middle).sum(axis=1) > middle
            left, right = np.where(over, middle, left), np.where(over, right, middle)
            if np.all(right <= left * (1.0 + 4e-16)):
                break
        mining[:, rows] = mined(game, prices, right)
    kept = np.maximum(mining, game.min_demand)
    demands = np.where(prices[:, None] < edge, game.max_demand, kept)
    return np.asarray((prices - game.unit_cost) * demands.sum(axis=1))


def role_rounding(game: TradingGame, solution: Equilibrium, price: float) -> float:
    """What rounding, and answers within the tolerance of replies, may amount to in the profit at a price."""
    total, power = float(np.sum(solution.demands)), float(np.asarray(solution.mining).sum())
    loose = 2.0 * ALLOWANCE * game.consumers * power + (2.0 * DEMAND_TOL + 128.0 * _U) * total
    return abs(price - game.unit_cost) * loose


def mined(game: TradingGame, prices: Floats, powers: Floats) -> Floats:
    """What consumers whose reward counts mine in reply to the power of all at each price, [prices, consumers].

    The median of what they would mine at a cost of C_b a unit, F_min, and what they would at max(C_b, u p); in [0, F_max].
    """
    contest, x = game.role_contest, powers[:, None]
    with np.errstate(over="ignore"):
        cheap = x * (1.0 - contest.service * x)
        dear = x * (1.0 - np.maximum(contest.service, np.outer(prices, contest.slope)) * x)
    median = np.minimum(cheap, np.maximum(dear, game.min_demand))
    cheap = np.where(prices[:, None] > contest.threshold[contest.rows], median, cheap)
    return np.asarray(np.clip(cheap, 0.0, game.max_demand))


def _apart(one: Floats, other: Floats) -> Floats:
    scale = np.maximum(one, other)
    return np.asarray(np.abs(one - other) / np.where(scale > 0.0, scale, 1.0))
