"""Utilities, value, constraints and measures of computing-power trading. Solvers and checker share nothing else."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from edgeworth.core import validation
from edgeworth.core.arrays import Bools
from edgeworth.core.violation import Violation, Violations
from edgeworth.games.trading.model.problem import Equilibrium, Floats, TradingGame


def utilities(game: TradingGame, price: float, demands: ArrayLike) -> Floats:
    """The utility of every consumer.

    Parameters
    ----------
    game : TradingGame
        The game.
    price : float
        The unit price p, in money a unit of power.
    demands : array_like
        F, float64 [N], in units of power.

    Returns
    -------
    ndarray
        U_i = F_i ((1 - beta_i) C_b - u_i p) + R_i x_i / X, float64 [N], in money; the share x_i / X is 0 where X = 0.

    Raises
    ------
    ValueError
        For demands of another length.
    """
    p = validation.real("price", price)
    f = validation.array("demands", demands, np.float64, (game.consumers,))
    return profile_utilities(game, p, f)


def profile_utilities(game: TradingGame, price: float, demands: Floats) -> Floats:
    """`utilities` of arguments that are known to be sound.

    Parameters
    ----------
    game : TradingGame
        The game.
    price : float
        The unit price p.
    demands : ndarray
        F, float64 [N].

    Returns
    -------
    ndarray
        float64 [N], in money.
    """
    x = game.role_ratio * demands
    total = float(x.sum())
    with np.errstate(under="ignore", over="ignore", invalid="ignore"):
        share = x / total if total > 0.0 else np.zeros(len(x))
        return np.asarray(demands * (game.service_margin - game.payment_weight * price) + game.effective_reward * share)


def value(game: TradingGame, solution: Equilibrium) -> float:
    """The leader's profit (p - C) sum_i F_i; the sum is correctly rounded.

    Parameters
    ----------
    game : TradingGame
        The game.
    solution : Equilibrium
        Price and demands.

    Returns
    -------
    float
        The profit, in money.

    Raises
    ------
    ValueError
        For demands of another length.
    """
    _own(game, solution)
    return (solution.price - game.unit_cost) * math.fsum(solution.demands.tolist())


def violations(game: TradingGame, solution: Equilibrium) -> tuple[Violation, ...]:
    """Every price or demand outside its interval.

    Parameters
    ----------
    game : TradingGame
    solution : Equilibrium

    Returns
    -------
    tuple of Violation
        Empty for a feasible solution. Rules: ``price`` (no place) and ``demand`` (of a consumer); the amount is relative to
        the end of the interval.

    Raises
    ------
    ValueError
        For demands of another length.

    Notes
    -----
    Intervals hold exactly: their ends are given numbers that any method can clip to, and a margin of 1e-9 of the price would be
    more than that of the profit p - C.
    """
    _own(game, solution)
    broken = Violations(game, violations)
    amount = _outside(np.array([solution.price]), game.min_price, game.max_price)[0]
    if amount > 0.0:
        where = f"[{game.min_price}, {game.max_price}]"
        broken.add("price", float(amount), f"the price {solution.price} lies outside {where}")
    amounts = _outside(solution.demands, game.min_demand, game.max_demand)
    for i in np.flatnonzero(amounts > 0.0).tolist():
        where = f"[{game.min_demand}, {game.max_demand}]"
        text = f"the demand {solution.demands[i]} of {broken.named('consumer', i)} lies outside {where}"
        broken.add("demand", float(amounts[i]), text, consumer=i)
    return tuple(broken.found)


def measures(game: TradingGame, solution: Equilibrium) -> dict[str, float]:
    """Named numbers of a solution, for tables.

    Parameters
    ----------
    game : TradingGame
        The game.
    solution : Equilibrium
        Price and demands.

    Returns
    -------
    dict of str to float
        price; total_demand: sum F; mean_demand; mining_power: X; consumer_profit: mean of the consumers' profits; welfare: the
        leader's profit and all consumers' together; at_max, at_min, interior: shares of the consumers by where their demand
        lies.
    """
    at_max, at_min = _at_bounds(game, solution.demands)
    total = math.fsum(solution.demands.tolist())
    profits = math.fsum(solution.profits.tolist())
    n = game.consumers
    return {
        "price": solution.price,
        "total_demand": total,
        "mean_demand": total / n,
        "mining_power": float((game.role_ratio * solution.demands).sum()),
        "consumer_profit": profits / n,
        "welfare": value(game, solution) + profits,
        "at_max": float(at_max.sum()) / n,
        "at_min": float((at_min & ~at_max).sum()) / n,
        "interior": float((~at_min & ~at_max).sum()) / n,
    }


def equilibrium_of(game: TradingGame, price: float, demands: Floats, *, strong: bool = False) -> Equilibrium:
    """Price and demands as a solution, with profits, regime and how ties were broken.

    Parameters
    ----------
    game : TradingGame
        The game.
    price : float
        The unit price.
    demands : ndarray
        F, float64 [N].
    strong : bool
        Whether consumers that are indifferent at this price ask for the most rather than the least.

    Returns
    -------
    Equilibrium
    """
    tied = bool(np.any(~game.rewarded & (game.threshold == price))) and game.min_demand < game.max_demand
    tie_break = ("strong" if strong else "weak") if tied else "none"
    return Equilibrium(price, demands, profile_utilities(game, price, demands), regime_of(game, demands), tie_break)


def regime_of(game: TradingGame, demands: Floats) -> str:
    """One of "interior", "at_max", "at_min", "mixed"; where F_min = F_max, at_max.

    Parameters
    ----------
    game : TradingGame
        The game.
    demands : ndarray
        F, float64 [N].

    Returns
    -------
    str
    """
    at_max, at_min = _at_bounds(game, demands)
    if at_max.all():
        return "at_max"
    if at_min.all():
        return "at_min"
    return "mixed" if (at_max | at_min).any() else "interior"


def _at_bounds(game: TradingGame, demands: Floats) -> tuple[Bools, Bools]:
    return demands >= game.max_demand, demands <= game.min_demand


def _outside(values: Floats, low: float, high: float) -> Floats:
    with np.errstate(over="ignore"):
        below = (low - values) / max(abs(low), 1e-300) if low else np.where(values < 0.0, np.inf, 0.0)
        above = (values - high) / max(abs(high), 1e-300) if high else np.where(values > 0.0, np.inf, 0.0)
    return np.asarray(np.maximum(np.maximum(below, above), 0.0))


def _own(game: TradingGame, solution: Equilibrium) -> None:
    if len(solution.demands) != game.consumers:
        rule = f"must hold one demand for each of {game.consumers} consumers"
        raise ValueError(f"demands: {rule}; got {len(solution.demands)}")
