"""The bound of a certificate "role-intervals", rebuilt by code of the checker's own.

What the bound covers
    Every answer of the consumers that `check.roles.role_reply` and `role_ties` pass, at every price: shares x_i / X within
    1e-12 (relative) and 64 u, u = 2^-53, of the replies to X, demands within 1e-12 of F_max or max(x_i, F_min), as prices lie
    beside the thresholds C_b / u_i (which are floats, the same for all). Hence the sum of the replies' shares at X is 1 up to
    theta = 1.01e-12 + 96 u (N + 8), rounding of N terms included, and the total demand is D(X) of `_Interval` up to `wrong`.

How it is rounded
    All terms but those of X - c X^2 are sums of numbers of one sign. What is added for the tolerances is more than 1e-12 of the
    sizes of all terms, some thousand u; sums of N terms in pairs and a dozen operations take less than a hundred u of that.
"""

from __future__ import annotations

import numpy as np

from edgeworth.core import validation
from edgeworth.core.arrays import Arrays
from edgeworth.core.checking import Budget, certificate_array
from edgeworth.games.trading.check.roles import mined
from edgeworth.games.trading.model import Floats, TradingGame

_U = 2.0**-53
_RELATIVE = 1.05e-12
_LARGE = 1e150


def role_bound(game: TradingGame, arrays: Arrays, budget: Budget | None = None) -> float:
    """No price earns the leader more than this, whatever equilibrium of consumers that choose their roles follows.

    arrays: ``price`` p_0 <= ... <= p_K from p_min to p_max; for each interval ``power_left`` and ``power_right``, claimed to
    bound the mining power from above at its left end and from below at its right end. Both claims are checked by one evaluation
    of the sum of shares, which falls in X and in p. Raises ValueError, TypeError or KeyError where the arrays prove nothing,
    `BudgetEnded` where the budget does not suffice.
    """
    if game.roles != "chosen":
        validation.reject("roles", "must be 'chosen'", game.roles)
    price = certificate_array(arrays, "price", np.float64, (None,), minimum=game.min_price, maximum=game.max_price)
    count = len(price) - 1
    if count < 1 or price[0] != game.min_price or price[-1] != game.max_price or np.any(np.diff(price) < 0.0):
        validation.reject("price", "must lead from the lowest price to the highest", price)
    powers = [
        certificate_array(arrays, name, np.float64, (count,), minimum=1.0 / _LARGE, maximum=_LARGE)
        for name in ("power_left", "power_right")
    ]
    if len(game.role_contest.rows):
        _check_powers(game, price, *powers)
    bound = -np.inf
    for a, b, left, right in zip(price[:-1].tolist(), price[1:].tolist(), *(each.tolist() for each in powers), strict=True):
        if budget is not None:
            budget.check()
        bound = max(bound, _interval(game, a, b, left, right))
    if not np.isfinite(bound):
        validation.reject("arrays", "must prove a finite bound", bound)
    return bound


def _theta(game: TradingGame) -> float:
    return _RELATIVE + 96.0 * _U * (len(game.role_contest.rows) + 8)


def _check_powers(game: TradingGame, price: Floats, left: Floats, right: Floats) -> None:
    """N F_max bounds X from above by itself."""
    most, theta = game.max_demand * len(game.role_contest.rows), _theta(game)
    for k in range(len(left)):  # one by one: the table of all intervals and consumers may be large
        if not right[k] <= left[k]:
            validation.reject("power_right", "must be at most power_left", right[k])
        if left[k] < most * (1.0 + _RELATIVE):
            total = float(mined(game, price[k : k + 1], left[k : k + 1]).sum())
            if not total < left[k] * (1.0 - theta):
                validation.reject("power_left", f"must not be below the mining power at {price[k]}", left[k])
        if not float(mined(game, price[k + 1 : k + 2], right[k : k + 1]).sum()) > right[k] * (1.0 + theta):
            validation.reject("power_right", f"must not be above the mining power at {price[k + 1]}", right[k])


def _interval(game: TradingGame, a: float, b: float, x_most: float, x_least: float) -> float:
    """No price inside earns more, nor does one answer of indifferent consumers at either end, the other being the neighbour's.

    A consumer with its threshold at b or beyond asks for F_max, one with it at a or below for max(x, F_min), and one with it
    between, or at the lowest or highest price of all, for either. Besides mining, D - X is done: F_max - x, or F_min - x where
    that is positive. x is the reply to X at C_b a unit, z(X), as far as it displaces services; beyond, X - g p X^2.
    """
    contest, low, high, cost = game.role_contest, game.min_demand, game.max_demand, game.unit_cost
    most = (contest.threshold > b) | ((contest.threshold == b) & (b < game.max_price))
    least = ~most & ((contest.threshold < a) | ((contest.threshold == a) & (a > game.min_price)))
    top = high * float((~least).sum()) + low * float(least.sum())
    bottom = high * float(most.sum()) + low * float((~most).sum())
    if not len(contest.rows):
        return _crude(game, a, b, (top, top), (bottom, bottom))
    most, least = most[contest.rows], least[contest.rows]
    z_low, z_high = _extremes(contest.service, contest.service, x_least, x_most)
    y_low, y_high = _extremes(
        np.maximum(contest.service, contest.slope * b), np.maximum(contest.service, contest.slope * a), x_least, x_most
    )
    room: Floats = np.where(least, low, high)
    smooth = (most | least) & (z_low > 0.0) & (z_high < room)  # z(X) = X - C_b X^2 / R_i on all of the interval
    price_taker = least & (low < y_low) & (y_high < high)  # x = X - g p X^2 on all of it
    x_low: Floats = np.clip(np.where(most, z_low, np.minimum(z_low, np.maximum(y_low, low))), 0.0, high)
    x_high: Floats = np.clip(np.where(least, np.minimum(z_high, np.maximum(y_high, low)), z_high), 0.0, high)
    top -= float(np.minimum(x_low, room)[~smooth].sum())
    bottom -= float(np.minimum(x_high, np.where(most, high, low))[~smooth].sum())
    held = float(x_high[~smooth & ~price_taker].sum())
    count, square = float(smooth.sum()), float(contest.service[smooth].sum())
    wrong = _RELATIVE * (top + x_most) + 96.0 * _U * (game.consumers + 8) * x_most
    up, down = np.array([top + wrong, 1.0 - count, square]), np.array([bottom - wrong, 1.0 - count, square])

    def demand(k: Floats, x: float) -> float:
        return float(k[0] + x * (k[1] + x * k[2]))

    upper = (demand(up, x_least), demand(up, x_most))  # convex: at most the greater of the two
    turn = min(max((count - 1.0) / (2.0 * square), x_least), x_most) if square > 0.0 else x_least
    lower = (min(demand(down, x_least), demand(down, turn)), demand(down, x_most))
    bound = _crude(game, a, b, upper, lower)
    takers, g = float(price_taker.sum()), float(contest.slope[price_taker].sum())
    losing = b <= cost
    if not (g > 0.0 and (losing or a >= cost)):
        return bound
    # p - C = m_0 + m_1 / X + m_2 / X^2, in which what adds to p is taken at its most
    theta = _theta(game)
    m = np.array([-square / g * (1.0 - 32.0 * _U) - cost * (1.0 - 32.0 * _U), (takers + count - 1.0 + theta) / g, held / g])
    m[1:] *= 1.0 + 32.0 * _U
    if m[1] < 0.0 or (losing and m[0] + (m[1] + m[2] / x_least) / x_least > 0.0):
        return bound
    from edgeworth.games.trading.check.kernels import peaks  # numba is loaded where something is checked

    sharp = float(peaks.product_peak(m, down if losing else up, x_least, x_most, losing))
    return min(bound, sharp + 64.0 * _U * abs(sharp)) if sharp == sharp else bound


def _crude(game: TradingGame, a: float, b: float, upper: tuple[float, float], lower: tuple[float, float]) -> float:
    """The highest price with the most demand; where that is a loss, with the least."""
    profit = b - game.unit_cost
    demand = max(*upper, 0.0) if profit >= 0.0 else max(min(lower), 0.0)
    bound = profit * demand
    return bound + 2.0 * _RELATIVE * abs(bound)


def _extremes(dear: Floats, cheap: Floats, least: float, most: float) -> tuple[Floats, Floats]:
    """Bounds on X - c X^2, X in [least, most], cheap <= c <= dear: concave in X, so the least is at an end."""
    with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
        low = np.minimum(least * (1.0 - dear * least), most * (1.0 - dear * most))
        inside = (cheap * least < 0.5) & (cheap * most > 0.5)
        high = np.maximum(least * (1.0 - cheap * least), most * (1.0 - cheap * most))
        high = np.where(inside, 0.25 / np.where(inside, cheap, 1.0), high)
    margin = 8.0 * _U * most
    return low - margin, high + margin
