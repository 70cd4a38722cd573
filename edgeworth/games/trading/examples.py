"""Tiny problems that between them reach what the family's methods and its checker can meet."""

from __future__ import annotations

from edgeworth.games.trading.model import TradingGame, generate


def tiny_problems() -> tuple[TradingGame, ...]:
    """Problems that every method of the family deals with in milliseconds; see `core.family.Family.examples`."""
    return (
        generate(preset="interior"),
        generate(preset="kink"),
        generate(preset="two-peaks"),
        generate(preset="random", consumers=4, seed=0),
        _with_linear_consumers(),
    )


def _with_linear_consumers() -> TradingGame:
    """Two consumers without a reward, one of which leaves at a price inside the interval, beside two that compete."""
    return TradingGame.from_effective_reward(
        [0.5, 0.3, 0.2, 0.1],
        [1.0, 0.5, 0.5, 0.5],
        [0.0, 0.0, 300.0, 500.0],
        service_profit=14.0,
        unit_cost=2.0,
        min_demand=1.0,
        max_demand=100.0,
        min_price=5.0,
        max_price=10.0,
    )
