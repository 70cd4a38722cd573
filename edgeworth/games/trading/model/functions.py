"""Utilities, value, constraints and measures of computing-power trading. Solvers and checker share nothing else."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from edgeworth.core import validation
from edgeworth.core.arrays import Bools
from edgeworth.core.violation import Violation, Violations
from edgeworth.games.trading.model.problem import Floats, TradingGame
from edgeworth.games.trading.model.solution import Equilibrium


def utilities(game: TradingGame, price: float, demands: ArrayLike, mining: ArrayLike | None = None) -> Floats:
    """The utility of every consumer.

    Parameters
    ----------
    game : TradingGame
        The game.
    price : float
        The unit price p, in money a unit of power.
    demands : array_like
        F, float64 [N], in units of power.
    mining : array_like, optional
        x, float64 [N], where roles are chosen, and there only.

    Returns
    -------
    ndarray
        U_i = F_i ((1 - beta_i) C_b - u_i p) + R_i x_i / X, float64 [N], in money; the share x_i / X is 0 where X = 0. Where
        roles are chosen U_i = (F_i - x_i) C_b - u_i p F_i + R_i x_i / X.

    Raises
    ------
    ValueError
        For arrays of another length, and for mining that is missing or given besides.
    """
    p = validation.real("price", price)
    f = validation.array("demands", demands, np.float64, (game.consumers,))
    x = None if mining is None else validation.array("mining", mining, np.float64, (game.consumers,))
    _require_roles(game, x)
    return profile_utilities(game, p, f, x)


def profile_utilities(game: TradingGame, price: float, demands: Floats, mining: Floats | None = None) -> Floats:
    """`utilities` of arguments that are known to be sound.

    Parameters
    ----------
    game : TradingGame
        The game.
    price : float
        The unit price p.
    demands : ndarray
        F, float64 [N].
    mining : ndarray, optional
        x, float64 [N], where roles are chosen.

    Returns
    -------
    ndarray
        float64 [N], in money.
    """
    x = game.role_ratio * demands if mining is None else mining
    total = float(x.sum())
    with np.errstate(under="ignore", over="ignore", invalid="ignore"):
        share = x / total if total > 0.0 else np.zeros(len(x))
        if mining is not None:
            earned = (demands - mining) * game.service_profit - demands * (game.payment_weight * price)
            return np.asarray(earned + game.effective_reward * share)
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
        Empty for a feasible solution. Rules: ``price`` (no place), ``demand`` and, where roles are chosen, ``mining`` (of a
        consumer: outside [0, F_i]); the amount is relative to the end of the interval.

    Raises
    ------
    ValueError
        For demands of another length, and for mining that is missing or given besides.

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
    if solution.mining is not None:
        x, f = solution.mining, solution.demands
        excess = np.where(x < 0.0, np.inf, np.maximum(x - f, 0.0) / np.where(f > 0.0, f, 1e-300))
        for i in np.flatnonzero(excess > 0.0).tolist():
            text = f"{broken.named('consumer', i)} mines with {x[i]}, outside [0, {f[i]}]"
            broken.add("mining", float(excess[i]), text, consumer=i)
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
        "mining_power": float(mining_of(game, solution).sum()),
        "consumer_profit": profits / n,
        "welfare": value(game, solution) + profits,
        "at_max": float(at_max.sum()) / n,
        "at_min": float((at_min & ~at_max).sum()) / n,
        "interior": float((~at_min & ~at_max).sum()) / n,
    }


def mining_of(game: TradingGame, solution: Equilibrium) -> Floats:
    """The power x that each consumer mines with.

    Parameters
    ----------
    game : TradingGame
    solution : Equilibrium

    Returns
    -------
    ndarray
        float64 [N]: what it chose, or beta_i F_i where roles are given.

    Raises
    ------
    ValueError
        For demands of another length, and for mining that is missing or given besides.
    """
    _own(game, solution)
    return np.asarray(game.role_ratio * solution.demands if solution.mining is None else solution.mining)


def equilibrium_of(
    game: TradingGame, price: float, demands: Floats, *, strong: bool = False, mining: Floats | None = None
) -> Equilibrium:
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
    mining : ndarray, optional
        x, float64 [N], where roles are chosen, and there only.

    Returns
    -------
    Equilibrium

    Raises
    ------
    ValueError
        For mining that is missing or given besides.
    """
    _require_roles(game, mining)
    linear = game.threshold[~game.rewarded] if mining is None else game.role_contest.threshold
    tied = bool(np.any(linear == price)) and game.min_demand < game.max_demand
    tie_break = ("strong" if strong else "weak") if tied else "none"
    profits = profile_utilities(game, price, demands, mining)
    return Equilibrium(price, demands, profits, regime_of(game, demands), tie_break, mining)


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
    _require_roles(game, solution.mining)


def _require_roles(game: TradingGame, mining: Floats | None) -> None:
    if (mining is None) != (game.roles == "given"):
        rule = "None where roles are given" if game.roles == "given" else "given where roles are chosen"
        validation.reject("mining", f"must be {rule}", mining)
