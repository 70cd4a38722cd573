"""The consumers' stage: their equilibrium at a given price, by three methods."""

from __future__ import annotations

import logging
from dataclasses import dataclass

import numpy as np

from edgeworth.core import validation
from edgeworth.games.trading.exact.closed_form import broken_condition, interior_demands
from edgeworth.games.trading.kernels import follower as kernel
from edgeworth.games.trading.model import Floats, TradingGame

logger = logging.getLogger(__name__)

FOLLOWER_METHODS = ("exact", "closed-form", "best-response")


@dataclass(frozen=True)
class BestResponse:
    """Parameters of the method "best-response" of `follower_equilibrium`.

    Parameters
    ----------
    damping : float, in (0, 1], or None
        How far demands move towards the best responses; None: 2 / (N + 1), half of where they begin to overshoot when all
        demands are interior.
    rounds : int, >= 1
        Most rounds.
    tolerance : float, >= 0
        It ends when no x_i moves by more than this share of the largest.
    """

    damping: float | None = None
    rounds: int = 100_000
    tolerance: float = 1e-10

    def __post_init__(self) -> None:
        if self.damping is not None:
            validation.real("damping", self.damping, minimum=0.0, maximum=1.0, open_minimum=True)
        validation.integer("rounds", self.rounds, minimum=1)
        validation.real("tolerance", self.tolerance, minimum=0.0)


def follower_equilibrium(
    game: TradingGame,
    price: float,
    *,
    method: str = "exact",
    tie_break: str = "weak",
    params: BestResponse | None = None,
) -> Floats:
    """Solve the consumers' stage: their equilibrium demands at a price.

    Parameters
    ----------
    game : TradingGame
    price : float
        In [p_min, p_max].
    method : {"exact", "closed-form", "best-response"}
        See the notes.
    tie_break : {"weak", "strong"}
        What consumers ask for that are indifferent at exactly this price: F_min or F_max.
    params : BestResponse, optional
        For the method "best-response" only.

    Returns
    -------
    float64 [N]
        The demands.

    Raises
    ------
    ValueError, TypeError
        For a price outside its interval, for unknown names, and where the conditions of "closed-form" fail, naming the
        condition.

    Notes
    -----
    ``exact``: the equilibrium, for every parameter; it is unique where nobody is indifferent, and elsewhere the one in which
    ties are broken as asked for. At the mining power X a consumer holds the share
    ``s_i(X) = clip(1 - kappa_i X / R_i, beta_i F_min / X, beta_i F_max / X)``; shares fall in X, so their sum is 1 at one X,
    found by Newton's method on the pieces inside a bracket, O(N) a step. Consumers with kappa_i <= 0 are at F_max; linear ones
    are decided by their threshold price. Demands are right to rounding: relative regrets of 1e-15 and below.
    ``closed-form``: equation (18) of the paper, where all beta are equal and positive, all a_i = u_i p - (1 - beta) C_b and R_i
    positive, and no demand is at or beyond a bound (`exact.closed_form`).
    ``best-response``: all consumers move towards their best responses, again and again; for comparison. It need not converge:
    what the last round left is returned, and a logged warning says so.

    References
    ----------
    Szidarovszky and Okuguchi, Games Econ. Behav. 18 (1997). Cornes and Hartley, Econ. Theory 26 (2005).

    Examples
    --------
    >>> from edgeworth.games import trading
    >>> game = trading.generate(preset="interior")
    >>> trading.follower_equilibrium(game, 15.0)[:2].round(6).tolist()
    [42.013815, 42.013815]
    """
    if not isinstance(game, TradingGame):
        validation.reject_type("game", "must be a TradingGame", game)
    p = validation.real("price", price, minimum=game.min_price, maximum=game.max_price)
    validation.choice("method", method, FOLLOWER_METHODS)
    validation.choice("tie_break", tie_break, ("weak", "strong"))
    if params is not None and (method != "best-response" or not isinstance(params, BestResponse)):
        validation.reject("params", "must be a BestResponse, for method 'best-response' only", params)
    if method == "exact":
        return stage(game, p, tie_break == "strong")[0]
    if method == "closed-form":
        return _closed_form(game, p)
    return _best_response(game, p, tie_break == "strong", params or BestResponse())


def stage(game: TradingGame, price: float, strong: bool = False, guess: float = 0.0) -> tuple[Floats, float, int]:
    """Demands, mining power X and passes over the consumers at a price known to be sound. guess: of X, 0 for none."""
    contest = game.contest
    if not len(contest.linear):
        demand, cost = np.empty(game.consumers), np.empty(game.consumers)
        power, passes = kernel.equilibrium(
            contest.slope, contest.offset, contest.beta, game.min_demand, game.max_demand, 0.0, price, guess, cost, demand
        )  # fmt: skip
        return demand, power, passes
    demand = np.empty(game.consumers)
    demand[contest.linear] = held = linear_demands(game, price, strong)
    power, passes = float(held @ contest.linear_beta), 1
    if len(contest.rows):
        mine, cost = np.empty(len(contest.rows)), np.empty(len(contest.rows))
        power, passes = kernel.equilibrium(
            contest.slope, contest.offset, contest.beta, game.min_demand, game.max_demand, power, price, guess, cost, mine
        )  # fmt: skip
        demand[contest.rows] = mine
    return demand, power, passes


def linear_demands(game: TradingGame, price: float, strong: bool) -> Floats:
    """What the linear consumers ask for: F_max below their threshold price, F_min above, at it as ties are broken."""
    edge = game.contest.linear_threshold
    asks = price <= edge if strong else price < edge
    return np.where(asks, game.max_demand, game.min_demand)


def _closed_form(game: TradingGame, price: float) -> Floats:
    broken = broken_condition(game, price, price)
    if broken is not None:
        raise ValueError(f"method: 'closed-form' does not apply: {broken}; use 'exact'")
    return interior_demands(game, price)


def _best_response(game: TradingGame, price: float, strong: bool, params: BestResponse) -> Floats:
    contest = game.contest
    demand = np.empty(game.consumers)
    demand[contest.linear] = linear_demands(game, price, strong)
    fixed = float(demand[contest.linear] @ contest.linear_beta)
    cost = contest.slope * price - contest.offset
    low, high = game.min_demand * contest.beta, game.max_demand * contest.beta
    damping = params.damping if params.damping is not None else min(1.0, 2.0 / (len(cost) + 1.0))
    x = 0.5 * (low + high)
    positive = np.where(cost > 0.0, cost, 1.0)
    for _ in range(params.rounds):
        others = fixed + x.sum() - x
        reply = np.where(cost > 0.0, np.clip(np.sqrt(others / positive) - others, low, high), high)
        move = reply - x
        x = x + damping * move
        if not len(x) or np.abs(move).max() <= params.tolerance * max(float(np.abs(x).max()), 1e-300):
            break
    else:
        apart = float(np.abs(move).max())
        logger.warning("best-response has not converged in %d rounds: replies still differ by %g", params.rounds, apart)
    demand[contest.rows] = x / contest.beta
    return demand
