"""The paper's closed forms: the consumers' equilibrium (18) and the leader's profit (26), where they hold.

Let c_i(p) = a_i / R_i with a_i = u_i p - (1 - beta) C_b, A = sum u_j / R_j, D = sum (1 - beta) C_b / R_j, so that
sum c_j = A p - D. Where one role ratio beta > 0 is common to all, all c_i are positive and no consumer is at a bound,

    S = (N - 1) / (A p - D) = sum F_j,     F_i = S - S^2 c_i                                           (18)
    profit(p) = (p - C) S = (N - 1) (p - C) / (A p - D),                                               (26)
    profit'(p) = (N - 1) (A C - D) / (A p - D)^2.

The derivative has one sign: where (18) holds at every price of [p_min, p_max], the best price is an end of that interval.
That needs equal role ratios: with unequal ones all demands may be interior around a best price at which the derivative is 0
(`edgeworth.games.trading.evidence.interior_maximum`). The paper's own derivative (27) replaces sum a_j / R_j by
sum a_j / sum R_j. Its condition (14), 2 (N - 1) c_i < sum c_j for every i, says N < 2 where sum c_j > 0 and N > 2 where
sum c_j < 0 (sum it over i): where costs are positive it cannot hold, and where it holds with negative costs, as for identical
consumers with N >= 3, the total of (18) is negative. So neither is used; what (14) is there for, positive demands, is checked
directly.

>>> from edgeworth.games import trading
>>> result = trading.solve(trading.generate(preset="interior"), method="closed-form")
>>> result.solution.price, round(result.value, 3), result.quality.value
(20.0, 4380.709, 'optimal')
>>> trading.solve(trading.generate(preset="kink"), method="closed-form").notes[0].split(";")[0]
'at the price 10 consumer 0 would ask for 120.891, more than F_max = 100'
"""

from __future__ import annotations

import math

import numpy as np

from edgeworth.core.method import Found
from edgeworth.core.numeric import closes
from edgeworth.core.result import BoundEvidence, Termination
from edgeworth.core.run import Run
from edgeworth.games.trading.exact.intervals import Interval, bounding_contest, certificate, interval, widened
from edgeworth.games.trading.exact.roles import CHOSEN
from edgeworth.games.trading.model import Equilibrium, Floats, TradingGame, equilibrium_of, value

_HALVINGS = 200
"""Intervals that the certificate may be split into. Nearly always one is enough: demand is linear in the mining power."""
_GAP = 2e-10
"""Relative distance of the bound from the profit at which it is tight enough; OPTIMAL needs 1e-9."""


def closed_form_equilibrium(game: TradingGame, params: None, run: Run[Equilibrium]) -> Found[Equilibrium]:
    """Solve by the paper's closed forms: the best price by equation (26), the demands at it by equation (18).

    Parameters
    ----------
    game : TradingGame
    params : None
        The method has none.
    run : Run
        The run's clock and observer.

    Returns
    -------
    Found
        The price, p_min or p_max, and the demands at it; a bound with a certificate "price-intervals", from which the checker
        proves that no price earns more. Where the formulas do not hold, no solution: the run ends as REFUSED with a note that
        names the condition, the price and the consumer. That says nothing about the game, which ``exact`` solves.

    Notes
    -----
    Conditions, checked at every price of [p_min, p_max] and not only at its ends: at least two consumers; one role ratio
    beta > 0; all effective rewards positive; u_i p - (1 - beta) C_b > 0; F_min <= F_i <= F_max and F_i > 0. In the total
    demand S, F_i = (1 - gamma_i) S - alpha_i S^2 is a quadratic polynomial (gamma_i = (N - 1) u_i / (R_i A), alpha_i =
    u_i D / (R_i A) - (1 - beta) C_b / R_i), so that its extremes over the prices are at the ends or at its vertex.
    The certificate is there because the conditions are checked in floats. Iterations: the certificate's intervals.

    References
    ----------
    AI-Bazaar paper, Theorem 4, equations (18) and (26).
    """
    ending = run.tick(0)
    if ending is not None:
        return Found(None, ending)
    if game.roles == "chosen":
        return Found(None, Termination.REFUSED, notes=(CHOSEN,))
    broken = broken_condition(game, game.min_price, game.max_price)
    if broken is not None:
        return Found(None, Termination.REFUSED, notes=(f"{broken}; equations (18) and (26) do not apply, use 'exact'",))
    ends = [equilibrium_of(game, price, interior_demands(game, price)) for price in (game.min_price, game.max_price)]
    best = max(ends, key=lambda solution: value(game, solution))
    profit = value(game, best)
    contest = bounding_contest(game)
    powers = [
        widened(game, contest, end.price, float(game.role_ratio @ end.demands), upper)
        for end, upper in zip(ends, (True, False), strict=True)
    ]
    pending = [interval(game, contest, game.min_price, game.max_price, *powers)]
    done: list[Interval] = []
    while pending:
        part = pending.pop()
        ending = run.tick(len(done), profit)
        middle = 0.5 * (part.left + part.right)
        tight = part.piece.bound - profit <= _GAP * abs(profit)
        if tight or ending is not None or len(done) + len(pending) >= _HALVINGS or not part.left < middle < part.right:
            done.append(part)
            continue
        power = float(game.role_ratio @ interior_demands(game, middle))
        below, above = (widened(game, contest, middle, power, upper) for upper in (False, True))
        pending.append(interval(game, contest, part.left, middle, part.power_left, below))
        pending.append(interval(game, contest, middle, part.right, above, part.power_right))
    bound = max(part.piece.bound for part in done)
    proved = closes(profit, bound, game.sense, game.integral, game.offset)
    return Found(
        best,
        Termination.PROVED if proved else ending or Termination.CONVERGED,
        bound=bound,
        evidence=BoundEvidence.RECOMPUTED,
        certificate=certificate(sorted(done)),
        iterations=len(done),
    )


def interior_demands(game: TradingGame, price: float) -> Floats:
    """Equation (18) at a price, float64 [N], whether its conditions hold or not."""
    cost = _costs(game, price)
    total = (game.consumers - 1) / math.fsum(cost.tolist())
    return np.asarray(total - total * total * cost)


def _costs(game: TradingGame, price: float) -> Floats:
    """a_i / R_i at a price."""
    return np.asarray((game.payment_weight * price - game.service_margin) / game.effective_reward)


def broken_condition(game: TradingGame, low: float, high: float) -> str | None:
    """The first condition of equation (18) that some price of [low, high] breaks, in words; None where all hold."""
    beta, reward, n = game.role_ratio, game.effective_reward, game.consumers
    if np.ptp(beta) != 0.0 or beta[0] == 0.0:
        return f"role ratios must be equal and positive, they run from {beta.min():g} to {beta.max():g}"
    if not game.rewarded.all():
        return f"consumer {int(np.argmin(game.rewarded))} has no effective reward"
    if n < 2:
        return "one consumer alone has no interior demand"
    gain = game.service_margin - game.payment_weight * low
    if not (_costs(game, low) > 0.0).all():  # costs rise with the price
        i = int(np.argmax(gain))
        return f"a unit of demand must cost something, consumer {i} gains {gain[i]:g} by it at the price {low:g}"
    weight = game.payment_weight / reward
    least, most = ((n - 1.0) / math.fsum(_costs(game, price).tolist()) for price in (high, low))
    with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
        scale, fixed = float(weight.sum()), float((game.service_margin / reward).sum())
        linear = 1.0 - (n - 1.0) * weight / scale
        curved = weight * fixed / scale - game.service_margin / reward
        vertex = np.where(curved != 0.0, 0.5 * linear / curved, least)
        inside = (vertex > least) & (vertex < most)
        price = (fixed + (n - 1.0) / vertex) / scale
        turning = vertex * (linear - curved * vertex)
    at_low, at_high = interior_demands(game, low), interior_demands(game, high)
    between = (np.where(inside, price, high), np.where(inside, turning, at_high))
    for where, demands in ((np.full(n, low), at_low), (np.full(n, high), at_high), between):
        i, k = int(demands.argmin()), int(demands.argmax())
        if demands[i] <= 0.0:
            rule = "(N - 1) a_i / R_i must be below the sum of a_j / R_j"
            return f"at the price {where[i]:g} consumer {i} would ask for {demands[i]:g}: {rule}"
        if demands[i] < game.min_demand:
            return f"at the price {where[i]:g} consumer {i} would ask for {demands[i]:g}, less than F_min = {game.min_demand:g}"
        if demands[k] > game.max_demand:
            return f"at the price {where[k]:g} consumer {k} would ask for {demands[k]:g}, more than F_max = {game.max_demand:g}"
    return None
