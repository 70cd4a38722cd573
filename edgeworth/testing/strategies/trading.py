"""Strategies for trading games and their profiles."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from edgeworth.games.trading.model import Equilibrium, TradingGame, equilibrium_of
from edgeworth.testing.strategies.base import require_hypothesis

if TYPE_CHECKING:
    from hypothesis.strategies import DrawFn, SearchStrategy


def trading_games(*, min_consumers: int = 1, max_consumers: int = 3) -> SearchStrategy[TradingGame]:
    """Small games, degenerate ones among them.

    Consumers that do not mine or have no reward, equal and negative costs, ties inside the price range and at its ends, one
    price, one demand, F_min = 0, a unit cost above all prices.

    Parameters
    ----------
    min_consumers, max_consumers : int
        The range of numbers of consumers.

    Returns
    -------
    hypothesis.strategies.SearchStrategy

    Raises
    ------
    MissingExtraError
        Where Hypothesis is not installed.
    """
    require_hypothesis()
    from hypothesis import strategies as st

    @st.composite
    def build(draw: DrawFn) -> TradingGame:
        n = draw(st.integers(min_consumers, max_consumers))

        def per(entry: SearchStrategy[float]) -> list[float]:
            equal = draw(st.booleans())
            return [draw(entry)] * n if equal else draw(st.lists(entry, min_size=n, max_size=n))

        def number(low: float, high: float) -> SearchStrategy[float]:
            return st.floats(low, high, allow_subnormal=False, width=32)

        low = draw(st.one_of(st.sampled_from([0.0, 1.0, 10.0]), number(0.5, 20.0)))
        price = (low, low + draw(st.one_of(st.sampled_from([0.0, 10.0]), number(0.5, 20.0))))
        least = draw(st.one_of(st.sampled_from([0.0, 0.0, 10.0]), number(0.125, 5.0)))
        most = least + draw(st.one_of(st.sampled_from([0.0, 90.0]), number(0.5, 200.0)))
        given: dict[str, Any] = {
            "role_ratio": per(st.one_of(st.sampled_from([0.0, 0.1, 0.2, 0.5, 1.0]), number(0.0625, 1.0))),
            "payment_weight": per(st.one_of(st.sampled_from([0.0, 0.5, 0.5]), number(0.125, 1.0))),
            "token_effect": per(st.one_of(st.sampled_from([0.0, 1.0, 1.0]), number(0.125, 4.0))),
            "evaluation_metric": per(st.sampled_from([0.0, 0.8])),
            "reward": draw(st.one_of(st.sampled_from([0.0, 2000.0]), number(0.5, 20000.0))),
            "service_profit": draw(st.one_of(st.sampled_from([0.0, 2.0, 10.0, *price]), number(0.0, 20.0))),
            "unit_cost": draw(st.one_of(st.sampled_from([0.0, 5.0, 40.0]), number(0.0, 15.0))),
            "min_price": price[0],
            "max_price": price[1],
            "performance_factor": draw(st.sampled_from([0.0, 2.5])),
            "block_size": draw(st.sampled_from([0.0, 500.0])),
            "puzzle_constant": 0.05,
            "propagation_factor": 0.01,
        }
        try:
            return TradingGame(**given, min_demand=least, max_demand=most)
        except ValueError:  # the one thing that can be wrong: a lone miner without a least demand
            return TradingGame(**given, min_demand=least + 1.0, max_demand=most + 1.0)

    return build()


def trading_profiles(game: TradingGame) -> SearchStrategy[Equilibrium]:
    """Any price and demands inside their intervals: an equilibrium or not.

    Parameters
    ----------
    game : TradingGame
        The game.

    Returns
    -------
    hypothesis.strategies.SearchStrategy
    """
    require_hypothesis()
    from hypothesis import strategies as st

    part = st.one_of(st.sampled_from([0.0, 1.0]), st.floats(0.0, 1.0, allow_subnormal=False))

    def place(parts: list[float]) -> Equilibrium:
        demands = game.min_demand + (game.max_demand - game.min_demand) * np.array(parts[1:])
        price = min(game.min_price + (game.max_price - game.min_price) * parts[0], game.max_price)
        return equilibrium_of(game, price, np.minimum(demands, game.max_demand))

    listed = st.lists(part, min_size=game.consumers + 1, max_size=game.consumers + 1)
    return listed.map(place)
