"""Faults of trading results."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from edgeworth.core.arrays import Array
from edgeworth.core.checking import claims_equilibrium
from edgeworth.core.result import Certificate, Quality, Result, Termination
from edgeworth.games.trading import FAMILY, follower_equilibrium, role_equilibrium
from edgeworth.games.trading.model import Equilibrium, Floats, TradingGame, equilibrium_of, value
from edgeworth.testing.faults.base import SHIFT, Fault, fitting_quality


def _with_solution(game: TradingGame, result: Result[Equilibrium], solution: Equilibrium) -> Result[Equilibrium]:
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


def _answered(game: TradingGame, solution: Equilibrium, price: float, demands: Floats) -> Equilibrium:
    """The solution with another price or other demands; where roles are chosen, nobody mines with more than it asks for."""
    mining = None if solution.mining is None else np.minimum(solution.mining, demands)
    return equilibrium_of(game, price, demands, strong=solution.tie_break == "strong", mining=mining)


def _competes(game: TradingGame) -> bool:
    if game.roles == "chosen":
        return len(game.role_contest.rows) > 0
    return bool(game.rewarded.any() and (game.role_ratio * game.max_demand > 0.0).sum() >= 2)


def excessive_demand(game: TradingGame, result: Result[Equilibrium]) -> Result[Equilibrium] | None:
    """One consumer asks for more than it may."""
    if result.solution is None:
        return None
    demands = np.array(result.solution.demands)
    demands[0] = game.max_demand * (1.0 + SHIFT) + SHIFT
    return _with_solution(game, result, _answered(game, result.solution, result.solution.price, demands))


def excessive_price(game: TradingGame, result: Result[Equilibrium]) -> Result[Equilibrium] | None:
    """The price is higher than it may be."""
    if result.solution is None:
        return None
    price = game.max_price * (1.0 + SHIFT) + SHIFT
    return _with_solution(game, result, _answered(game, result.solution, price, result.solution.demands))


def poor_reply(game: TradingGame, result: Result[Equilibrium]) -> Result[Equilibrium] | None:
    """One consumer's demand is not its best reply."""
    if result.solution is None or not claims_equilibrium(FAMILY, result):
        return None
    price, demands = result.solution.price, result.solution.demands
    for i in range(game.consumers):
        for other in (game.min_demand, game.max_demand):
            wrong = np.array(demands)
            wrong[i] = other
            changed = _answered(game, result.solution, price, wrong)
            before, after = result.solution.profits[i], changed.profits[i]
            if before - after > 1e-3 * max(abs(before), abs(after)):
                return _with_solution(game, result, changed)
    return None


def poor_price(game: TradingGame, result: Result[Equilibrium]) -> Result[Equilibrium] | None:
    """The consumers are in equilibrium at a price that earns less than another one."""
    if result.solution is None or not claims_equilibrium(FAMILY, result):
        return None
    best = value(game, result.solution)
    for price in (game.min_price, game.max_price):
        if game.roles == "chosen":
            wrong = role_equilibrium(game, price)
        else:
            wrong = equilibrium_of(game, price, follower_equilibrium(game, price))
        if best - value(game, wrong) > 1e-3 * max(abs(best), abs(value(game, wrong))):
            return _with_solution(game, result, wrong)
    return None


def poor_price_behind_a_gap(game: TradingGame, result: Result[Equilibrium]) -> Result[Equilibrium] | None:
    """The same, said to be proved, with a bound that is true and so far away that it would excuse any price."""
    poor = poor_price(game, result)
    if poor is None or result.bound is None:
        return None
    return replace(
        poor,
        bound=result.bound,
        bound_evidence=result.bound_evidence,
        certificate=result.certificate,
        termination=Termination.PROVED,
    )


def deviating_demand(game: TradingGame, result: Result[Equilibrium]) -> Result[Equilibrium] | None:
    """An interior demand is off by 1e-6 of itself: hardly a regret, and yet no reply."""
    if result.solution is None or not claims_equilibrium(FAMILY, result):
        return None
    price, demands = result.solution.price, np.array(result.solution.demands)
    inside = (demands > game.min_demand * (1.0 + 2.0 * SHIFT)) & (demands < game.max_demand * (1.0 - 2.0 * SHIFT))
    if game.roles == "chosen":  # one that is indifferent may ask for anything
        inside &= game.role_contest.threshold != price
    if not inside.any():
        return None
    demands[int(inside.argmax())] *= 1.0 + SHIFT
    return _with_solution(game, result, _answered(game, result.solution, price, demands))


def deviating_mining(game: TradingGame, result: Result[Equilibrium]) -> Result[Equilibrium] | None:
    """Where roles are chosen: one mines with 1e-6 less than its reply, and asks for the same."""
    solution = result.solution
    if solution is None or solution.mining is None or not solution.mining.any() or not claims_equilibrium(FAMILY, result):
        return None
    mining = np.array(solution.mining)
    mining[int(mining.argmax())] *= 1.0 - SHIFT
    strong = solution.tie_break == "strong"
    return _with_solution(game, result, equilibrium_of(game, solution.price, solution.demands, strong=strong, mining=mining))


def excessive_mining(game: TradingGame, result: Result[Equilibrium]) -> Result[Equilibrium] | None:
    """Where roles are chosen: one mines with more than it asks for."""
    solution = result.solution
    if solution is None or solution.mining is None:
        return None
    mining = np.array(solution.mining)
    mining[0] = solution.demands[0] * (1.0 + SHIFT) + SHIFT
    return _with_solution(game, result, equilibrium_of(game, solution.price, solution.demands, mining=mining))


def broken_tie(game: TradingGame, result: Result[Equilibrium]) -> Result[Equilibrium] | None:
    """A consumer that is indifferent at the price does not answer as the record says."""
    if result.solution is None or not claims_equilibrium(FAMILY, result) or result.solution.tie_break == "none":
        return None
    price, demands = result.solution.price, np.array(result.solution.demands)
    strong = result.solution.tie_break == "strong"
    chosen = game.roles == "chosen"
    tied = game.role_contest.threshold == price if chosen else ~game.rewarded & (game.threshold == price)
    other = game.min_demand if strong else game.max_demand
    i = int((tied & (demands != other)).argmax())
    demands[i] = max(other, result.solution.mining[i]) if result.solution.mining is not None else other
    if demands[i] == result.solution.demands[i]:
        return None
    return _with_solution(game, result, _answered(game, result.solution, price, demands))


def misstated_profits(game: TradingGame, result: Result[Equilibrium]) -> Result[Equilibrium] | None:
    """One consumer's profit is off by 1e-6 of what it is made of."""
    if result.solution is None:
        return None
    price, demands = result.solution.price, result.solution.demands
    terms = demands * (game.service_profit + game.payment_weight * price) + game.effective_reward
    profits = np.array(result.solution.profits)
    profits[0] += SHIFT * max(float(terms[0]), SHIFT)
    return replace(result, solution=replace(result.solution, profits=profits))


def misstated_regime(game: TradingGame, result: Result[Equilibrium]) -> Result[Equilibrium] | None:
    """The regime is another one."""
    if result.solution is None:
        return None
    regime = "at_min" if result.solution.regime != "at_min" else "interior"
    return replace(result, solution=replace(result.solution, regime=regime))


def _with_certificate(result: Result[Equilibrium], **changed: Array) -> Result[Equilibrium] | None:
    if result.certificate is None or "power_left" not in result.certificate.arrays:
        return None
    return replace(result, certificate=Certificate(result.certificate.kind, {**result.certificate.arrays, **changed}))


def forgotten_prices(game: TradingGame, result: Result[Equilibrium]) -> Result[Equilibrium] | None:
    """The certificate leaves the highest prices out."""
    if result.certificate is None or game.min_price == game.max_price:
        return None
    price = np.array(result.certificate.arrays.get("price", np.zeros(1)))
    price[-1] = 0.5 * (price[-2] + price[-1]) if len(price) > 1 else 0.0
    return _with_certificate(result, price=price)


def understated_power(game: TradingGame, result: Result[Equilibrium]) -> Result[Equilibrium] | None:
    """The certificate says of the last interval that less is mined than is."""
    if result.certificate is None or not _competes(game):
        return None  # without a contest the powers say nothing
    changed = {}
    for name in ("power_left", "power_right"):
        powers = np.array(result.certificate.arrays.get(name, np.ones(1)))
        powers[-1] *= 0.5
        changed[name] = powers
    return _with_certificate(result, **changed)


def unbounded_claims(game: TradingGame, result: Result[Equilibrium]) -> Result[Equilibrium] | None:
    """The certificate is one interval whose claims are as wide as floats go."""
    if result.certificate is None or not _competes(game):
        return None
    arrays = {"power_left": 1e308, "power_right": 1e-200, "e_low": -1e308, "e_high": 1e308}
    price = np.array([game.min_price, game.max_price])
    return _with_certificate(result, price=price, **{name: np.array([claim]) for name, claim in arrays.items()})


def foreign_bound(game: TradingGame, result: Result[Equilibrium]) -> Result[Equilibrium] | None:
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
    Fault("poor price behind a gap", "leader", poor_price_behind_a_gap),
    Fault("deviating demand", "reply", deviating_demand),
    Fault("deviating mining", "reply", deviating_mining),
    Fault("excessive mining", "feasible", excessive_mining),
    Fault("broken tie", "ties", broken_tie),
    Fault("misstated profits", "record", misstated_profits),
    Fault("misstated regime", "record", misstated_regime),
    Fault("forgotten prices", "bound", forgotten_prices),
    Fault("understated power", "bound", understated_power),
    Fault("unbounded claims", "bound", unbounded_claims),
    Fault("foreign bound", "bound", foreign_bound),
)
"""Faults of this family; those of every family are in `edgeworth.testing.faults.base`."""
