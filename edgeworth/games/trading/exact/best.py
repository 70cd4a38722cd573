"""The incumbent of the search for the leader's price."""

from __future__ import annotations

import numpy as np

from edgeworth.games.trading.model import Floats, TradingGame


class Best:
    """The best price so far, and the least profit seen: what is at stake for the leader."""

    def __init__(self) -> None:
        self.profit, self.price, self.strong, self.demands = -np.inf, 0.0, False, np.empty(0)
        self.least = np.inf

    @property
    def stake(self) -> float:
        """The gap is relative to this: the least of |profit| and what prices seen so far make of a difference."""
        spread = self.profit - self.least
        return min(abs(self.profit), spread) if spread > 0.0 else abs(self.profit)

    def offer(self, game: TradingGame, price: float, strong: bool, demands: Floats) -> None:
        """An answer of the consumers to a price; `strong`: how ties were broken in it."""
        profit = (price - game.unit_cost) * float(demands.sum())
        self.least = min(self.least, profit)
        if profit > self.profit:
            self.profit, self.price, self.strong, self.demands = profit, price, strong, demands
