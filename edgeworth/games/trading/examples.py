"""Tiny problems that between them reach what the family's methods and its checker can meet."""

from __future__ import annotations

import numpy as np

from edgeworth.games.trading.check.regret import profits_at
from edgeworth.games.trading.check.stage import FEW
from edgeworth.games.trading.model import Equilibrium, TradingGame, generate


def tiny_problems() -> tuple[TradingGame, ...]:
    """Problems that every method of the family deals with in milliseconds; see `core.family.Family.examples`."""
    return (
        generate(preset="interior"),
        generate(preset="kink"),
        generate(preset="two-peaks"),
        generate(preset="random", consumers=4, seed=0),
        TradingGame.from_effective_reward(  # one consumer without a reward: its demand jumps at the highest price
            [0.5, 0.2],
            [1.0, 0.5],
            [0.0, 300.0],
            service_profit=20.0,
            unit_cost=5.0,
            min_demand=0.0,
            max_demand=100.0,
            min_price=5.0,
            max_price=10.0,
        ),
        generate(preset="kink", consumers=3, roles="chosen"),
    )


def warm_kernels(game: TradingGame, solution: Equilibrium) -> None:
    """Run the kernels that the checker keeps for more consumers than an example has; see `core.problem.Model`."""
    large = generate(preset="interior", consumers=FEW + 1)
    profits_at(large, np.linspace(0.999 * large.max_price, large.max_price, 3))  # where all demands stay interior
