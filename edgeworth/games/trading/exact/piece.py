"""The leader's best profit over one interval of prices, from sums over the consumers alone."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from edgeworth.games.trading.model import Contest, Floats, TradingGame

BLUR = 100.0 * 2.0**-53
"""Relative to 1 + (g p + w) X: what floats may do to a share. A checker allows less, so that it finds no larger bound."""
DRIFT = 1.05e-12
"""Relative: what floats, and a checker's tolerance, may do to a demand."""
ZONE = 128.0 * 2.0**-53
"""Relative: prices this near a linear consumer's threshold cannot be distinguished from it."""
_ROUNDING = 5e-15  # relative to the size of the terms of a sum
_MANY = 200  # consumers; of more, those at a bound may be known to a checker by sums alone, of what they ask for and mine


class Piece(NamedTuple):
    """bound: no price of the interval earns more. noise: the part of it that allows for rounding, which no splitting takes
    off. peak: the price inside at which the bound is attained, if it is one."""

    bound: float
    noise: float
    peak: float | None


def piece_of(
    game: TradingGame, contest: Contest, left: float, right: float, x_left: float, x_right: float, sums: Floats
) -> Piece:
    """The bound over prices [left, right] and powers [x_right, x_left]; `sums`: see `kernels.bound.sums`.

    Total demand: D(X) = K_0 + K_1 X + K_2 X^2 with K_1 = sum 1/b - mu (n - 1), K_2 = sum w/b - mu sum w and K_0 =
    sum (1/b - mu) x over the consumers that are not surely interior, a range; mu = sum g/b / sum g makes the price cancel.
    (Without surely interior consumers the same formula says D = mu X + sum (1/b - mu) x, for every mu.) Shares that are off by
    `BLUR` and `DRIFT` move both the sum of the shares, which the formula sets to 1, and the demands.
    """
    n, g, w, v, gv, wv, s, sv, d_least, d_most, mined, least_size, most_size, mu = sums.tolist()
    turn = abs(mu)
    apart = 0.0  # two sums that drift each by themselves: their sizes count where their difference cancels
    if len(contest.rows) > _MANY:
        apart, mined = DRIFT * max(least_size, most_size), mined * (1.0 + DRIFT)
    low, high = game.min_demand, game.max_demand
    ranges = {"max": (max(high * (1.0 - DRIFT), low), high), "min": (low, min(low * (1.0 + DRIFT), high)), "open": (low, high)}
    for edge, b in _grouped(contest.linear_threshold, contest.linear_beta, left, right):
        # linear consumers: demand F, x = b F; their part of K_0 is (1 - mu b) F
        weights, (least, most) = 1.0 - mu * b, ranges[edge]
        up, down, sizes = weights >= 0.0, weights < 0.0, 1.0 + turn * b
        d_least += float(weights[up].sum()) * least + float(weights[down].sum()) * most
        d_most += float(weights[up].sum()) * most + float(weights[down].sum()) * least
        mined += float(b.sum()) * most
        least_size += float(sizes[up].sum()) * least + float(sizes[down].sum()) * most
        most_size += float(sizes[up].sum()) * most + float(sizes[down].sum()) * least
    k1 = v - mu * (n - 1.0) if len(contest.rows) else 0.0
    k2 = wv - mu * w
    top = right * x_left
    wrong = (BLUR + _ROUNDING) * (v + turn * n + top * (gv + turn * g) + x_left * (wv + turn * w)) + DRIFT * (sv + turn * s)
    rounding = x_left * wrong + apart
    above, below = (d_most + rounding + _ROUNDING * most_size, k1, k2), (d_least - rounding - _ROUNDING * least_size, k1, k2)
    demand_high = max(_peaks((0.0, 0.0, *above), x_right, x_left)[0], 0.0)
    demand_low = max(-_peaks((0.0, 0.0, *(-k for k in below)), x_right, x_left)[0], 0.0)
    cost = game.unit_cost
    bound = (right - cost) * (demand_high if right >= cost else demand_low)
    noise = 2.0 * rounding * max(abs(left - cost), abs(right - cost)) + 4.0 * DRIFT * abs(bound)
    peak = None
    if n > 0.0 and g > 0.0 and (left >= cost or right <= cost):
        # p(X) with the most that the others can mine; its product with the demand, both of one sign
        theta = (BLUR + _ROUNDING) * (n + g * top + w * x_left) + DRIFT * s
        q = (w / g - cost + _ROUNDING * (w / g + cost), (n - 1.0 + theta) / g, mined / g)
        k = above if left >= cost else below
        terms = tuple(np.convolve(q[::-1], k).tolist())  # q in falling powers of 1 / X, k in rising ones of X
        sharp, where = product_peak(q, k, terms, x_right, x_left)
        noise += 2.0 * theta / (g * x_right) * demand_high
        sharp += 1e-13 * abs(sharp)
        valid = left >= cost or price_at(q, x_right) <= 0.0
        if valid and sharp < bound:
            bound = sharp
            peak = min(max(price_at(q, where) + cost, left), right) if x_right < where < x_left else None
    return Piece(bound, noise, peak)


def _grouped(threshold: Floats, beta: Floats, left: float, right: float) -> list[tuple[str, Floats]]:
    if not len(threshold):
        return []
    at_max, at_min = threshold * (1.0 - ZONE) > right, threshold * (1.0 + ZONE) < left
    return [("max", beta[at_max]), ("min", beta[at_min]), ("open", beta[~at_max & ~at_min])]


def price_at(q: tuple[float, float, float], x: float) -> float:
    return q[0] + (q[1] + q[2] / x) / x


def _peaks(terms: tuple[float, ...], low: float, high: float) -> tuple[float, float]:
    """The maximum of c_-2 / X^2 + c_-1 / X + c_0 + c_1 X + c_2 X^2 over [low, high] and where it is."""
    best = (-np.inf, low)
    for x in _candidates(terms, low, high):
        value = terms[2] + x * (terms[3] + x * terms[4]) + (terms[1] + terms[0] / x) / x
        best = max(best, (value, x))
    return best


def product_peak(
    q: tuple[float, float, float], k: tuple[float, float, float], terms: tuple[float, ...], low: float, high: float
) -> tuple[float, float]:
    """The same for a product, evaluated as one: its terms cancel where its factors do not."""
    best = (-np.inf, low)
    for x in _candidates(terms, low, high):
        best = max(best, (price_at(q, x) * (k[0] + x * (k[1] + x * k[2])), x))
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
