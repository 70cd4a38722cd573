"""Searches for the leader's price without a proof; the consumers' stage is solved exactly at every price tried."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass

import numpy as np

from edgeworth.core import validation
from edgeworth.core.method import Found
from edgeworth.core.result import Termination
from edgeworth.core.run import Run
from edgeworth.games.trading.exact.follower import stage
from edgeworth.games.trading.exact.roles import CHOSEN
from edgeworth.games.trading.model import Equilibrium, TradingGame, equilibrium_of

_CELLS = 200_000  # consumers x prices between two looks at the clock: some milliseconds

Search = Generator[float, float, None]
"""Yields prices and is sent the profit at each."""


@dataclass(frozen=True)
class Grid:
    """Parameters of `grid_search`.

    Parameters
    ----------
    points : int, >= 1
        Number of prices; with 1 only the lowest price is tried.
    """

    points: int = 1001

    def __post_init__(self) -> None:
        validation.integer("points", self.points, minimum=1)


@dataclass(frozen=True)
class GoldenSection:
    """Parameters of `golden_section_search`.

    Parameters
    ----------
    tolerance : float, in (0, 1]
        The search ends when the interval is this share of the price range.
    """

    tolerance: float = 1e-9

    def __post_init__(self) -> None:
        validation.real("tolerance", self.tolerance, minimum=0.0, maximum=1.0, open_minimum=True)


def grid_search(game: TradingGame, params: Grid, run: Run[Equilibrium]) -> Found[Equilibrium]:
    """The best of evenly spaced prices, the consumers answering each with their equilibrium.

    Parameters
    ----------
    game : TradingGame
        The game.
    params : Grid
        Number of prices.
    run : Run
        Clock and stop rules of the run.

    Returns
    -------
    Found
        The best price tried, with the consumers' equilibrium. ``iterations`` and ``evaluations`` count prices.

    Notes
    -----
    The prices are ``p_min + k (p_max - p_min) / (points - 1)``, k = 0, ..., points - 1; the first of equal profits is kept. No
    guarantee between the points.

    References
    ----------
    Evenly spaced prices; our own baseline.
    """

    points = np.linspace(game.min_price, game.max_price, params.points)

    def prices() -> Search:
        for k in range(params.points):
            yield float(points[k])

    return _search(game, prices(), run)


def golden_section_search(game: TradingGame, params: GoldenSection, run: Run[Equilibrium]) -> Found[Equilibrium]:
    """Golden-section search over the price, the consumers answering each price with their equilibrium.

    Parameters
    ----------
    game : TradingGame
        The game.
    params : GoldenSection
        Length of the interval at which the search ends.
    run : Run
        Clock and stop rules of the run.

    Returns
    -------
    Found
        The best price tried, with the consumers' equilibrium. ``iterations`` and ``evaluations`` count prices.

    Notes
    -----
    Of two inner prices that divide the interval in the golden ratio, the side of the worse one is discarded. The result is the
    optimum where the profit rises to one maximum and falls after it. The paper's Theorem 5 says that it does, which is false:
    on the preset ``two-peaks`` the search ends at a local maximum. No guarantee.

    References
    ----------
    Kiefer, Sequential minimax search for a maximum, Proc. AMS 4 (1953).
    """

    def prices() -> Search:
        ratio = 0.5 * (5.0**0.5 - 1.0)
        low, high = game.min_price, game.max_price
        left, right = high - ratio * (high - low), low + ratio * (high - low)
        at_left, at_right = (yield left), (yield right)
        while high - low > params.tolerance * (game.max_price - game.min_price) and low < left < right < high:
            if at_left >= at_right:
                high, right, at_right = right, left, at_left
                left = high - ratio * (high - low)
                at_left = yield left
            else:
                low, left, at_left = left, right, at_right
                right = low + ratio * (high - low)
                at_right = yield right

    return _search(game, prices(), run)


def _search(game: TradingGame, prices: Search, run: Run[Equilibrium]) -> Found[Equilibrium]:
    """Play the prices that the search asks for; the first best one is the answer."""
    if game.roles == "chosen":
        return Found(None, Termination.REFUSED, notes=(CHOSEN,))
    best, where, asks, power = -np.inf, game.min_price, None, 0.0
    every = max(1, _CELLS // game.consumers)
    if run.stop.stalled is not None or run.stop.target is not None or run.stop.iterations is not None:
        every = 1
    done, ending = 0, run.tick(0)
    price = next(prices, None)
    while ending is None and price is not None:
        demands, power, _ = stage(game, price, False, power)
        profit = (price - game.unit_cost) * float(demands.sum())
        if profit > best:
            best, where, asks = profit, price, demands
        done += 1
        try:
            price = prices.send(profit)
        except StopIteration:
            price = None
        if price is None or done % every == 0:
            ending = run.tick(done, best)
    if asks is None:
        return Found(None, ending or Termination.CONVERGED, notes=("no price was tried",))
    finished = price is None and ending in (None, Termination.ITERATIONS, Termination.STALLED)
    reason = Termination.CONVERGED if finished or ending is None else ending
    return Found(equilibrium_of(game, where, asks), reason, iterations=done, evaluations=done)
