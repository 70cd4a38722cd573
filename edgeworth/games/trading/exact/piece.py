"""The leader's best profit over one interval of prices, from sums over the consumers alone."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from edgeworth.games.trading.model import Floats, TradingGame

_ROUNDING = 4e-15  # relative to the size of the terms of a sum


class Piece(NamedTuple):
    """bound: no price of the interval earns more. peak: the price inside at which the bound is attained, if it is one."""

    bound: float
    peak: float | None


def piece_of(game: TradingGame, left: float, right: float, x_left: float, x_right: float, sums: Floats) -> Piece:
    """The bound over prices [left, right] and powers [x_right, x_left]; `sums`: see `kernels.bound.sums`.

    Total demand: D(X) = K_0 + K_1 X + K_2 X^2 with K_1 = sum 1/b - mu (n - 1), K_2 = sum w/b - mu sum w and K_0 =
    sum (1/b - mu) x over the consumers that are not surely interior, a range; mu = sum g/b / sum g makes the price cancel.
    (Without surely interior consumers the same formula says D = mu X + sum (1/b - mu) x, for every mu.)
    """
    n, g, w, v, _, wv, x_sum, f_sum, _, _, x_least, x_most, d_least, d_most, mu = sums.tolist()
    d_least, d_most = f_sum - mu * x_sum + d_least, f_sum - mu * x_sum + d_most
    size = abs(f_sum) + abs(mu * x_sum) + abs(d_least) + abs(d_most)
    contest = game.contest
    low, high = game.min_demand, game.max_demand
    for edge, b in _grouped(contest.linear_threshold, contest.linear_beta, left, right):
        # linear consumers: demand F, x = b F; their part of K_0 is (1 - mu b) F
        part = len(b) - mu * float(b.sum())
        if edge == "open":
            weights = 1.0 - mu * b
            up, down = float(weights[weights >= 0.0].sum()), float(weights[weights < 0.0].sum())
            d_least += up * low + down * high
            d_most += up * high + down * low
            x_least, x_most = x_least + float(b.sum()) * low, x_most + float(b.sum()) * high
            amount = high
        else:
            amount = high if edge == "max" else low
            d_least, d_most = d_least + part * amount, d_most + part * amount
            x_sum += float(b.sum()) * amount
        size += (len(b) + abs(mu) * float(b.sum())) * amount
    k1, k2 = v - mu * (n - 1.0), wv - mu * w
    rounding = _ROUNDING * (size + (v + abs(mu) * (n + 1.0)) * x_left + (wv + abs(mu) * w) * x_left * x_left)
    above, below = (d_most + rounding, k1, k2), (d_least - rounding, k1, k2)
    demand_high = max(_peaks((0.0, 0.0, *above), x_right, x_left)[0], 0.0)
    demand_low = max(-_peaks((0.0, 0.0, *(-k for k in below)), x_right, x_left)[0], 0.0)
    cost = game.unit_cost
    bound = (right - cost) * (demand_high if right >= cost else demand_low)
    peak = None
    if n > 0.0 and g > 0.0 and (left >= cost or right <= cost):
        # p(X) with the most that the others can mine; its product with the demand, both of one sign
        q = ((w / g) - cost, (n - 1.0) / g, (x_sum + x_most) / g)
        k = above if left >= cost else below
        terms = tuple(np.convolve(q[::-1], k).tolist())  # q in falling powers of 1 / X, k in rising ones of X
        sharp, where = _product_peak(q, k, terms, x_right, x_left)
        valid = left >= cost or _price(q, x_right) <= 0.0
        if valid and sharp < bound:
            bound = sharp
            peak = min(max(_price(q, where) + cost, left), right) if x_right < where < x_left else None
    return Piece(bound, peak)


def _grouped(threshold: Floats, beta: Floats, left: float, right: float) -> list[tuple[str, Floats]]:
    if not len(threshold):
        return []
    at_max, at_min = threshold >= right, threshold <= left
    at_min &= ~at_max | (left < right)
    at_max &= ~at_min
    return [("max", beta[at_max]), ("min", beta[at_min]), ("open", beta[~at_max & ~at_min])]


def _price(q: tuple[float, float, float], x: float) -> float:
    return q[0] + (q[1] + q[2] / x) / x


def _peaks(terms: tuple[float, ...], low: float, high: float) -> tuple[float, float]:
    """The maximum of c_-2 / X^2 + c_-1 / X + c_0 + c_1 X + c_2 X^2 over [low, high] and where it is."""
    best = (-np.inf, low)
    for x in _candidates(terms, low, high):
        value = terms[2] + x * (terms[3] + x * terms[4]) + (terms[1] + terms[0] / x) / x
        best = max(best, (value, x))
    return best


def _product_peak(
    q: tuple[float, float, float], k: tuple[float, float, float], terms: tuple[float, ...], low: float, high: float
) -> tuple[float, float]:
    """The same for a product, evaluated as one: its terms cancel where its factors do not."""
    best = (-np.inf, low)
    for x in _candidates(terms, low, high):
        best = max(best, (_price(q, x) * (k[0] + x * (k[1] + x * k[2])), x))
    return best


def _candidates(terms: tuple[float, ...], low: float, high: float) -> list[float]:
    """The ends and the stationary points between them: 2 c_2 y^4 + c_1 y^3 - c_-1 y - 2 c_-2 = 0, in y = X / low."""
    found = [low, high]
    polynomial = np.array([2.0 * terms[4] * low**2, terms[3] * low, 0.0, -terms[1] / low, -2.0 * terms[0] / low**2])
    size = np.abs(polynomial).max()
    if high > low and size > 0.0 and np.isfinite(size):
        polynomial = polynomial / size
        polynomial[np.abs(polynomial) < 1e-300] = 0.0
        found += [x for x in (np.roots(polynomial).real * low).tolist() if low < x < high]
    return found
