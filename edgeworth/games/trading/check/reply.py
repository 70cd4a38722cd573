"""Is every consumer where its reply puts it? A regret is flat around a best reply: 1e-9 of it leaves 3e-5 of a demand.

The provider earns what is demanded, so demands themselves are judged, and the bound on the provider's profit covers what is
passed here (`check.bound`).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edgeworth.games.trading.model import Equilibrium, Floats, TradingGame

STRAY_TOL = 1e-12
"""How far a demand may lie from the reply to the others' demands, relative to the larger of the two."""
ALLOWANCE = 64.0 * 2.0**-53
"""What rounding may do to a consumer's share of the power X, relative to 1 + (g p + w) X: see `strays`."""
_INDIFFERENT = 16.0 * 2.0**-53
_TINY = 1e-280


@dataclass(frozen=True)
class Stray:
    """A consumer whose demand is not its reply: whose, the demand, the nearest one that is, how far apart, relative."""

    consumer: int
    demand: float
    reply: float
    distance: float

    def replay(self, game: TradingGame, solution: Equilibrium) -> float:
        """Look at the same consumer again: how far its demand is from its reply now."""
        return float(strays(game, solution)[0][self.consumer])

    def __str__(self) -> str:
        return f"consumer {self.consumer} asks for {self.demand:.17g}; its reply is {self.reply:.17g}"


def worst_stray(game: TradingGame, solution: Equilibrium) -> tuple[float, Stray | None]:
    """The largest distance of a demand from the consumer's reply, and that consumer; (0, None) where all reply."""
    distance, reply = strays(game, solution)
    i = int(distance.argmax())
    if not distance[i] > 0.0:
        return 0.0, None
    return float(distance[i]), Stray(i, float(solution.demands[i]), float(reply[i]), float(distance[i]))


def competing(game: TradingGame) -> NDArray[np.bool_]:
    """Who competes with somebody. Where one consumer alone mines its share is 1 in any case, and its utility is linear.

    A linear consumer mines nothing at any price where F_min = 0 and its threshold lies below all prices.
    """
    stays = (game.min_demand > 0.0) | game.rewarded | (game.threshold * (1.0 + 96.0 * 2.0**-53) >= game.min_price)
    miners = (game.role_ratio * game.max_demand > 0.0) & stays
    return np.asarray(game.rewarded & (miners.sum() > 1))


def thresholds(game: TradingGame) -> Floats:
    """The threshold prices. One with a reward who neither pays nor earns anything asks for the most, as in a contest."""
    return np.where(game.rewarded & (game.threshold == -np.inf), np.inf, game.threshold)


def strays(game: TradingGame, solution: Equilibrium) -> tuple[Floats, Floats]:
    """How far every demand is from the replies that cannot be told apart, relative; and the nearest of those replies.

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
