"""Distances of the demands from best responses. A regret is flat around those: 1e-9 of it leaves 3e-5 of a demand.

The provider earns what is demanded, so demands themselves are judged, and the bound on the provider's profit covers what is
passed here (`check.bound`).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edgeworth.games.trading.model import Equilibrium, Floats, TradingGame

DEMAND_TOL = 1e-12
"""How far a demand may lie from the reply to the others' demands, relative to the larger of the two."""
ALLOWANCE = 64.0 * 2.0**-53
"""What rounding may do to a consumer's share of the power X, relative to 1 + (g p + w) X: see `demand_deviations`."""
_INDIFFERENT = 16.0 * 2.0**-53  # relative margin in which a linear consumer counts as indifferent
_TINY = 1e-280  # costs below have lost their relative precision


@dataclass(frozen=True)
class DemandDeviation:
    """A consumer whose demand is no best response to the others'.

    Parameters
    ----------
    consumer : int
        Its index.
    demand : float
        What it asks for.
    reply : float
        The nearest demand that is a best response.
    distance : float
        Between the two, relative to the larger.
    """

    consumer: int
    demand: float
    reply: float
    distance: float

    def replay(self, game: TradingGame, solution: Equilibrium) -> float:
        """The distance of the same consumer's demand from its best response in another solution."""
        return float(demand_deviations(game, solution)[0][self.consumer])

    def __str__(self) -> str:
        return f"consumer {self.consumer} asks for {self.demand:.17g}; its best response is {self.reply:.17g}"


def largest_demand_deviation(game: TradingGame, solution: Equilibrium) -> tuple[float, DemandDeviation | None]:
    """The largest distance of a demand from the consumer's best response, with the consumer; (0, None) where there is none."""
    distance, reply = demand_deviations(game, solution)
    i = int(distance.argmax())
    if not distance[i] > 0.0:
        return 0.0, None
    return float(distance[i]), DemandDeviation(i, float(solution.demands[i]), float(reply[i]), float(distance[i]))


def competing(game: TradingGame) -> NDArray[np.bool_]:
    """The consumers that compete with somebody, bool [N].

    Where one consumer alone mines, its share is 1 in any case and its utility linear.
    A linear consumer mines nothing at any price where F_min = 0 and its threshold lies below all prices.
    """
    stays = (game.min_demand > 0.0) | game.rewarded | (game.threshold * (1.0 + 96.0 * 2.0**-53) >= game.min_price)
    miners = (game.role_ratio * game.max_demand > 0.0) & stays
    return np.asarray(game.rewarded & (miners.sum() > 1))


def thresholds(game: TradingGame) -> Floats:
    """The threshold prices. One with a reward who neither pays nor earns anything asks for the most, as in a contest."""
    return np.where(game.rewarded & (game.threshold == -np.inf), np.inf, game.threshold)


def demand_deviations(game: TradingGame, solution: Equilibrium) -> tuple[Floats, Floats]:
    """Relative distance of every demand from its best responses, an interval that floats do not resolve; the nearest of them.

    A competing consumer replies to the power X of all, its own included, with the share clip(1 - c X), c = g p - w; in an
    equilibrium, and only there, that is the share it has. With u = 2^-53 a solver that sums shares to 1 in floats leaves X
    right to some 30 u, and a share has errors of 7 u (g p + w) X + 2 u by its own operations and as many here:
    `ALLOWANCE` (1 + (g p + w) X) = 64 u (...) is more than these together. Where c is negative by more than that, or nothing is
    paid, the reply is F_max. A linear consumer replies with F_max where its cost u p - (1 - beta) C_b is below 0 by more than
    16 u of its terms (or both terms are below 1e-280), with F_min where it is above, with any demand in between; so does one
    that competes with nobody (`competing`).
    """
    demands = np.asarray(solution.demands)
    mines = competing(game)
    low, high = game.min_demand, game.max_demand
    least, most = np.full(len(demands), low), np.full(len(demands), high)
    term, margin = game.payment_weight * solution.price, game.service_margin
    near = _INDIFFERENT * (term + margin)
    vague = (term < _TINY) & (margin < _TINY) & (game.payment_weight > 0.0)
    least[~mines & ~vague & (margin - term > near)] = high
    most[~mines & ~vague & (term - margin > near)] = low
    least[~mines & (thresholds(game) == np.inf)] = high
    if mines.any():
        beta = game.role_ratio[mines]
        stake = beta * game.effective_reward[mines]
        power = math.fsum((game.role_ratio * demands).tolist())
        x_low, x_high = np.full(len(beta), high) * beta, np.full(len(beta), high) * beta
        if power > 0.0:
            from edgeworth.games.trading.check import kernels  # numba is loaded where something is checked

            contest = (game.payment_weight[mines] / stake, game.service_margin[mines] / stake, beta, low, high)
            kernels.reply_range(*contest, solution.price, power, ALLOWANCE, x_low, x_high)
        least[mines], most[mines] = np.clip(x_low / beta, low, high), np.clip(x_high / beta, low, high)
    nearest = np.clip(demands, least, most)
    apart = np.abs(demands - nearest)
    scale = np.maximum(np.abs(demands), nearest)
    return np.where(apart > 0.0, apart / np.where(scale > 0.0, scale, 1.0), 0.0), nearest
