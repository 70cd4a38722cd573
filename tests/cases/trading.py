"""Trading games for the contract suite."""

from __future__ import annotations

from typing import Any

import numpy as np

from edgeworth.games.trading import TradingGame, generate
from edgeworth.learning import LEARNERS
from edgeworth.testing import trading_games
from tests.oracles import role_choice
from tests.oracles import trading as oracle

__all__ = ["CASES", "STRATEGY", "UNBOUNDED", "game", "optimum"]

UNBOUNDED = tuple(LEARNERS)


def game(n: int = 2, **changed: Any) -> TradingGame:
    """A small game with interior demands; role_ratio, payment_weight, effective_reward as numbers or arrays."""
    given: dict[str, Any] = {
        "role_ratio": 0.1, "payment_weight": 0.5, "effective_reward": 500.0, "service_profit": 2.0, "unit_cost": 5.0,
        "min_demand": 1.0, "max_demand": 100.0, "min_price": 10.0, "max_price": 20.0,
    }  # fmt: skip
    given |= changed
    arrays = [np.broadcast_to(np.asarray(given.pop(name), dtype=float), (n,)) for name in list(given)[:3]]
    return TradingGame.from_effective_reward(*arrays, **given)


def optimum(problem: TradingGame) -> tuple[float, float]:
    """The leader's best profit and its price, by plain code."""
    return (role_choice if problem.roles == "chosen" else oracle).optimum(problem)


def _cases() -> dict[str, TradingGame]:
    return {
        "ai-bazaar": generate(preset="ai-bazaar"),
        "interior": generate(preset="interior"),
        "kink": generate(preset="kink"),
        "two-peaks": generate(preset="two-peaks"),
        "one consumer": game(1),
        "one consumer, service pays": game(1, service_profit=220.0, min_demand=0.0),
        "no reward": game(effective_reward=0.0),
        "no reward, ties": game(3, effective_reward=0.0, service_profit=8.0, payment_weight=[0.5, 0.6, 0.4]),
        "a tie at the lowest price": game(
            1,
            role_ratio=0.5,
            payment_weight=1.0,
            effective_reward=0.0,
            service_profit=10.0,
            unit_cost=1.0,
            min_demand=0.1,
            min_price=5.0,
            max_price=10.0,
        ),
        "a tie at the highest price": game(
            2,
            role_ratio=[0.5, 0.2],
            payment_weight=[1.0, 0.5],
            effective_reward=[0.0, 300.0],
            service_profit=20.0,
            min_demand=0.0,
            min_price=5.0,
            max_price=10.0,
        ),
        "nobody pays": game(3, role_ratio=1.0, payment_weight=0.0, effective_reward=[500.0, 900.0, 0.0], min_demand=0.0),
        "tiny money, huge demands": game(
            3,
            role_ratio=[0.1, 0.2, 0.3],
            effective_reward=4.0,
            service_profit=2e-9,
            unit_cost=5e-9,
            min_demand=1e9,
            max_demand=1e11,
            min_price=1e-8,
            max_price=2e-8,
        ),
        "nobody mines": game(role_ratio=0.0, service_profit=7.0),
        "one does not mine": game(3, role_ratio=[0.0, 0.1, 0.2], service_profit=7.0, min_demand=0.0),
        "one has no reward": game(3, effective_reward=[0.0, 500.0, 900.0], service_profit=8.0),
        "one price": game(min_price=12.0, max_price=12.0),
        "one demand": game(min_demand=7.0, max_demand=7.0),
        "no demand": game(min_demand=0.0, max_demand=0.0),
        "always a loss": game(unit_cost=30.0),
        "always a loss, at a tie": game(3, effective_reward=0.0, service_profit=8.0, unit_cost=30.0),
        "cost inside the range": game(unit_cost=15.0),
        "free power": game(payment_weight=0.0),
        "underflowing rewards": game(effective_reward=1e-310),
        "roles chosen": generate(preset="interior", consumers=4, roles="chosen"),
        "roles chosen, services pay some": game(
            4,
            payment_weight=[0.5, 0.6, 0.7, 0.8],
            service_profit=8.0,
            effective_reward=[900.0, 500.0, 0.0, 700.0],
            roles="chosen",
        ),
        "roles chosen, a loss at a tie": game(3, service_profit=10.0, unit_cost=30.0, roles="chosen"),
        "roles chosen, nobody has a reward": game(3, service_profit=5.0, effective_reward=0.0, roles="chosen"),
        "random": generate(preset="random", consumers=6, seed=1),
        "random, linear consumers": generate(preset="random", consumers=12, seed=0),
    }


CASES = _cases()
STRATEGY = trading_games()
