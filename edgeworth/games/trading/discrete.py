"""The trading game over finitely many prices and demands, as a game in normal form."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from edgeworth.core import validation
from edgeworth.core.provenance import Provenance
from edgeworth.games.normal_form.model import NormalFormGame
from edgeworth.games.trading.model import TradingGame

MOST_ENTRIES = 20_000_000
"""Payoffs that `finite_game` is willing to store: 160 MB."""


def finite_game(game: TradingGame, prices: ArrayLike, demands: ArrayLike) -> NormalFormGame:
    """Restrict price and demands to finitely many, and let provider and consumers choose at once.

    Parameters
    ----------
    game : TradingGame
    prices, demands : array_like
        float64, at least one each, strictly increasing, inside [p_min, p_max] and [F_min, F_max].

    Returns
    -------
    NormalFormGame
        Player 0, "provider", chooses a price; player i + 1, "consumer i", a demand of consumer i. Payoffs are the profit
        (p - C) sum F and the consumers' utilities; the objective is the provider's payoff, as in the trading game.

    Raises
    ------
    ValueError
        For points outside, and for more than 20,000,000 payoffs, (N + 1) P D^N.

    Notes
    -----
    The leader's commitment of the original game is the method ``stackelberg`` of `edgeworth.games.normal_form` for N = 1, and
    the best over prices of the consumers' equilibria in general.

    Examples
    --------
    >>> from edgeworth.games import normal_form, trading
    >>> finite = trading.finite_game(trading.generate(preset="interior", consumers=2), [10.0, 20.0], [10.0, 30.0, 50.0])
    >>> finite.players, finite.shape, finite.objective
    (('provider', 'consumer 0', 'consumer 1'), (2, 3, 3), 'provider')
    """
    p = _points("prices", prices, game.min_price, game.max_price)
    f = _points("demands", demands, game.min_demand, game.max_demand)
    n = game.consumers
    entries = (n + 1) * len(p) * float(len(f)) ** n
    if entries > MOST_ENTRIES:
        validation.reject("demands", f"would need more than {MOST_ENTRIES} payoffs for {n} consumers", f"{entries:.3g} payoffs")
    price = p.reshape((-1,) + (1,) * n)
    asks = [f.reshape((1,) * (i + 1) + (-1,) + (1,) * (n - 1 - i)) for i in range(n)]
    shape = (len(p),) + (len(f),) * n
    power, total = np.zeros(shape), np.zeros(shape)
    for i in range(n):
        power += game.role_ratio[i] * asks[i]
        total += asks[i]
    payoffs = np.empty((n + 1, *shape))
    payoffs[0] = (price - game.unit_cost) * total
    safe = np.where(power > 0.0, power, 1.0)
    for i in range(n):
        share = np.where(power > 0.0, game.role_ratio[i] * asks[i] / safe, 0.0)
        payoffs[i + 1] = asks[i] * (game.service_margin[i] - game.payment_weight[i] * price) + game.effective_reward[i] * share
    names = tuple(f"{x:.17g}" for x in f)
    return NormalFormGame(
        payoffs,
        players=("provider", *(f"consumer {i}" for i in range(n))),
        strategies=(tuple(f"{x:.17g}" for x in p), *(names for _ in range(n))),
        title="computing-power trading",
        objective="provider",
        provenance=Provenance("arrays", "trading", {"trading": game.hash}),
    )


def _points(name: str, given: ArrayLike, low: float, high: float) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    points: np.ndarray[tuple[int], np.dtype[np.float64]] = validation.array(
        name, given, np.float64, (None,), minimum=low, maximum=high
    )
    if not len(points) or np.any(np.diff(points) <= 0.0):
        validation.reject(name, "must be at least one number, strictly increasing", points)
    return points
