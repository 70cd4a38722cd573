"""Faults of trading results."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from edgeworth.core.checking import claims_equilibrium
from edgeworth.core.result import Certificate, Quality, Result
from edgeworth.games.trading import follower_equilibrium
from edgeworth.games.trading.model import Equilibrium, TradingGame, equilibrium_of, utilities, value
from edgeworth.testing.faults.base import SHIFT, Fault, fitting_quality


def _with_solution(game: TradingGame, result: Result[Any], solution: Equilibrium) -> Result[Any]:
    """The result with another solution and nothing else that could be wrong."""
    return replace(
        result,
        solution=solution,
        value=value(game, solution),
        bound=None,
        bound_evidence=None,
        certificate=None,
        quality=Quality.FEASIBLE,
    )


def excessive_demand(game: TradingGame, result: Result[Any]) -> Result[Any] | None:
    """One consumer asks for more than it may."""
    if result.solution is None:
        return None
    demands = np.array(result.solution.demands)
    demands[0] = game.max_demand * (1.0 + SHIFT) + SHIFT
    return _with_solution(game, result, equilibrium_of(game, result.solution.price, demands))


def excessive_price(game: TradingGame, result: Result[Any]) -> Result[Any] | None:
    """The price is higher than it may be."""
    if result.solution is None:
        return None
    price = game.max_price * (1.0 + SHIFT) + SHIFT
    return _with_solution(game, result, equilibrium_of(game, price, result.solution.demands))


def poor_reply(game: TradingGame, result: Result[Any]) -> Result[Any] | None:
    """One consumer's demand is not its best reply."""
    if result.solution is None or not claims_equilibrium(result):
        return None
    price, demands = result.solution.price, result.solution.demands
    for i in range(game.consumers):
        for other in (game.min_demand, game.max_demand):
            wrong = np.array(demands)
            wrong[i] = other
            before, after = (utilities(game, price, both)[i] for both in (demands, wrong))
            if before - after > 1e-3 * max(abs(before), abs(after)):
                strong = result.solution.tie_break == "strong"
                return _with_solution(game, result, equilibrium_of(game, price, wrong, strong=strong))
    return None


def poor_price(game: TradingGame, result: Result[Any]) -> Result[Any] | None:
    """The consumers are in equilibrium at a price that earns less than another one."""
    if result.solution is None or not claims_equilibrium(result):
        return None
    best = value(game, result.solution)
    for price in (game.min_price, game.max_price):
        wrong = equilibrium_of(game, price, follower_equilibrium(game, price))
        if best - value(game, wrong) > 1e-3 * max(abs(best), abs(value(game, wrong))):
            return _with_solution(game, result, wrong)
    return None


def misstated_profits(game: TradingGame, result: Result[Any]) -> Result[Any] | None:
    """One consumer's profit is off by 1e-6 of the largest."""
    if result.solution is None:
        return None
    profits = np.array(result.solution.profits)
    profits[0] += SHIFT * max(float(np.abs(profits).max()), SHIFT)
    return replace(result, solution=replace(result.solution, profits=profits))


def misstated_regime(game: TradingGame, result: Result[Any]) -> Result[Any] | None:
    """The regime is another one."""
    if result.solution is None:
        return None
    regime = "at_min" if result.solution.regime != "at_min" else "interior"
    return replace(result, solution=replace(result.solution, regime=regime))


def _with_certificate(result: Result[Any], **changed: Any) -> Result[Any] | None:
    if result.certificate is None or "e_high" not in result.certificate.arrays:
        return None
    return replace(result, certificate=Certificate(result.certificate.kind, {**result.certificate.arrays, **changed}))


def forgotten_prices(game: TradingGame, result: Result[Any]) -> Result[Any] | None:
    """The certificate leaves the highest prices out."""
    if result.certificate is None or game.min_price == game.max_price:
        return None
    price = np.array(result.certificate.arrays.get("price", np.zeros(1)))
    price[-1] = 0.5 * (price[-2] + price[-1]) if len(price) > 1 else 0.0
    return _with_certificate(result, price=price)


def understated_power(game: TradingGame, result: Result[Any]) -> Result[Any] | None:
    """The certificate says of the last interval that less is mined than is."""
    if result.certificate is None or not game.rewarded.any():
        return None
    changed = {}
    for name in ("power_left", "power_right"):
        powers = np.array(result.certificate.arrays.get(name, np.ones(1)))
        powers[-1] *= 0.5
        changed[name] = powers
    return _with_certificate(result, **changed)


def foreign_bound(game: TradingGame, result: Result[Any]) -> Result[Any] | None:
    """The bound is that of a game in which every unit costs the provider 1% of the highest price more."""
    if result.solution is None or result.bound is None:
        return None
    less = 0.01 * game.max_price * float(result.solution.demands.sum())
    if less <= SHIFT * max(abs(result.bound), 1e-6):
        return None
    wrong = result.bound - less
    return replace(result, bound=wrong, quality=fitting_quality(game, result, wrong))


FAULTS: tuple[Fault, ...] = (
    Fault("excessive demand", "feasible", excessive_demand),
    Fault("excessive price", "feasible", excessive_price),
    Fault("poor reply", "epsilon", poor_reply),
    Fault("poor price", "leader", poor_price),
    Fault("misstated profits", "record", misstated_profits),
    Fault("misstated regime", "record", misstated_regime),
    Fault("forgotten prices", "bound", forgotten_prices),
    Fault("understated power", "bound", understated_power),
    Fault("foreign bound", "bound", foreign_bound),
)
"""Faults of this family; those of every family are in `edgeworth.testing.faults.base`."""
