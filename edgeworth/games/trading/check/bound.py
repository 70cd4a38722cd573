"""The bound of a certificate "price-intervals", rebuilt by code of the checker's own and rounded outward throughout.

What the bound covers
    Every profile that the checker passes as an equilibrium of the consumers (`check.reply`), at every price of the interval,
    however ties are broken. With u = 2^-53, c_i = g_i p - w_i, g_i = u_i / (beta_i R_i), w_i = (1 - beta_i) C_b / (beta_i R_i)
    and X the mining power, a consumer of the contest passes with a share ``x_i / X`` in

        [(1 - t) clip(1 - k - (c_i + k m_i) X), (1 + t) clip(1 + k - (c_i - k m_i) X)],   m_i = g_i p + w_i,

    clip between beta_i F_min / X and beta_i F_max / X, t = 1e-12 and k = 64 u the constants of `check.reply`, and only at F_max
    where c_i < -k m_i or nothing is paid (u_i = 0, so c_i <= 0 exactly). Both ends fall in X and in p, which all claims of a
    certificate are tested with. `check.reply` computes these ends itself with errors of at most 10 u (1 + m_i X): g and w have
    2 roundings each, the cost 4, the share 3. A linear consumer passes at F_min or F_max (relative t), by the sign of its cost,
    where that exceeds 16 u of its terms, and with any demand where not: prices within 64 u of its threshold, those of strong
    ties among them. Prices and demands lie in their intervals exactly. Zones that this module uses are wider: `DRIFT` 1.01e-12
    for t, `SLACK` 96 u for k (64 for the check, 10 for its rounding, 22 for the rounding of the same few operations here), 96 u
    for thresholds.

How it is rounded
    Sums over consumers are compensated: 2 u of the sum + (n u)^2 of the sizes; that they stay on their side of 1 is asked for
    with 64 u + (n u)^2 to spare. On an interval [a, b] with powers in [X_b, X_a], let q = p X <= Q = b X_a. Over the n surely
    interior consumers with sums G, W, V, G', W' of g, w, 1 / beta, g / beta, w / beta and S, S' of the highest shares s and
    s / beta, the rest mining B in all,

        n - G q + W X + theta + B / X = 1,   |theta| <= k (n + G Q + W X_a) + t S,
        p = (W + (n - 1 + theta) / X + B / X^2) / G,
        D = K_1 X + K_2 X^2 + sum_rest (1 / beta - mu) x + X r + (mu G - G') q X,

    where S and S', which are linear in (q, X), are at most what they are at the ends (a X_a, X_a) and (b X_b, X_b) of the
    chord, moved by the least that q lies above it,

    for every mu, K_1 = V - mu (n - 1), K_2 = W' - mu W, |r| <= k (V + |mu| n + Q (G' + |mu| G) + X_a (W' + |mu| W)) +
    t (S' + |mu| S). All numbers that enter are sums of non-negative terms of at most 12 roundings, so relatively right to 16 u;
    polynomials of them take at most 12 more operations: 32 u of the sizes of all terms are added, by taking 128 u for k in r
    (k is 96 u; the last term of D is less than 16 u G' Q X_a), and 32 u of the sizes of the constant terms. The same of p - C:
    32 u (W / G + C), and factors 1 + 32 u. Sums of parts of the consumers (`_Part`) take a rounding for each halving of N down
    to 256, 12 for a million: with the terms' 4 and the sums' 3 at most 19 u, and 31 u with the polynomials.
    The profit is the product of p - C and D, or at most (b - C) times the greatest (where that is a loss: least) D; maxima are
    rigorous (`kernels.peaks.product_peak`). The result is raised by 16 u for the last products and for the value's own three
    roundings.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from edgeworth.core import validation
from edgeworth.core.arrays import Arrays
from edgeworth.core.checking import Budget, certificate_array
from edgeworth.games.trading.check.reply import competing, thresholds
from edgeworth.games.trading.check.stage import FEW
from edgeworth.games.trading.model import Floats, TradingGame

_U = 2.0**-53
SLACK = 96.0 * _U
"""What shares may be wrong by, relative to 1 + (g p + w) X."""
DRIFT = 1.01e-12
"""What demands may be wrong by, relative."""
_ZONE = 96.0 * _U  # relative width around a consumer's threshold in which rounding may decide
_ROUNDING = 32.0 * _U  # relative margin of products of a few factors
_TINY = 1e-280  # costs below have lost their relative precision
_LARGE = 1e150  # of what a certificate claims: products stay finite
_CLAIMS = ("power_left", "power_right", "e_low", "e_high")


def interval_bound(game: TradingGame, arrays: Arrays, budget: Budget | None = None) -> float:
    """No price earns the leader more than this, whatever equilibrium of the consumers follows.

    arrays: ``price`` p_0 <= ... <= p_K from p_min to p_max; for each interval [a, b] of them ``power_left`` and
    ``power_right``, claimed to bound the mining power from above at a and higher prices and from below at b and lower ones;
    ``e_low`` <= 0 <= ``e_high``, claimed to bound how far q = p X leaves the chord between the ends, in units of money.

    All claims are checked, each by one evaluation of the sum of shares, which falls in X, in p and in e. Then the shares'
    ranges, and from them the total demand as a function of X, follow; the module's docstring derives the rounding. Raises
    ValueError, TypeError or KeyError where the arrays prove nothing, `BudgetEnded` where the budget does not suffice.
    """
    price = certificate_array(arrays, "price", np.float64, (None,), minimum=game.min_price, maximum=game.max_price)
    count = len(price) - 1
    if count < 1 or price[0] != game.min_price or price[-1] != game.max_price or np.any(np.diff(price) < 0.0):
        validation.reject("price", "must lead from the lowest price to the highest", price)
    columns = [
        certificate_array(arrays, name, np.float64, (count,), minimum=low, maximum=high).tolist()
        for name, low, high in zip(_CLAIMS, (1 / _LARGE, 1 / _LARGE, -_LARGE, 0.0), (_LARGE, _LARGE, 0.0, _LARGE), strict=True)
    ]
    checker, bounds = _Intervals(game), []
    claims = list(zip(price[:-1].tolist(), price[1:].tolist(), *columns, strict=True))

    def halve(part: _Part, first: int, last: int) -> None:
        if last - first > 1:
            part = checker.settled(part, claims[first:last])
            middle = (first + last) // 2
            halve(part, first, middle)
            halve(part, middle, last)
            return
        if budget is not None:
            budget.check()
        bounds.append(checker.bound(part, *claims[first]))

    halve(checker.whole, 0, count)
    for each in bounds:
        if not np.isfinite(each):  # NaN too, which `max` would pass over
            validation.reject("arrays", "must prove a finite bound", each)
    return max(bounds)


class _Part(NamedTuple):
    """Competing consumers on some neighbouring intervals: g, w and beta of those whose place is not known on all of them.

    `free`: of those surely interior on all of them, number and sums of g, w, 1 / beta, g / beta, w / beta. What those surely at
    a bound on all of them `mined` and `asked` for, which holds relatively to `DRIFT` both ways.
    """

    open: tuple[Floats, Floats, Floats]
    free: tuple[float, ...] = (0.0,) * 6
    mined: float = 0.0
    asked: float = 0.0


class _Share(NamedTuple):
    """Shares at a price and a power, each at its highest (`upper`) or lowest within the allowance."""

    price: float
    power: float
    upper: bool

    def of(self, part: _Part, low: float, high: float) -> float:
        """The sum of the shares of those whose place is not known."""
        from edgeworth.games.trading.check import kernels

        return float(kernels.share_sum(*part.open, low, high, *self, SLACK))

    def settled(self, part: _Part) -> float:
        """The sum of the shares of the others, for a price and a power in the part's box."""
        n, g, w, *_ = part.free
        q = self.price * self.power
        side = 1.0 if self.upper else -1.0
        inner = n - g * q + w * self.power + side * (SLACK + _ROUNDING) * (n + g * q + w * self.power)
        return inner + part.mined / self.power * (1.0 + side * _ROUNDING)


class _Chord(NamedTuple):
    """Shares at the chord + e, each at its highest (`upper`, at the least power) or lowest (at the most)."""

    a: float
    x_most: float
    b: float
    x_least: float
    upper: bool
    e: float

    def of(self, part: _Part, low: float, high: float) -> float:
        """The sum of the shares of those whose place is not known."""
        from edgeworth.games.trading.check import kernels

        return float(kernels.chord_sum(*part.open, low, high, *self, SLACK))

    def settled(self, part: _Part) -> float:
        """The sum of the shares of the others, where the chord + e lies in the part's box: at an end, since it is linear."""
        n, g, w, *_ = part.free
        side = 1.0 if self.upper else -1.0
        ends = (n - (g * self.a - w) * self.x_most, n - (g * self.b - w) * self.x_least)
        size = n + (g * self.b + w) * self.x_most + g * abs(self.e)
        inner = (max(ends) if self.upper else min(ends)) - g * self.e + side * (SLACK + _ROUNDING) * size
        return inner + part.mined / (self.x_least if self.upper else self.x_most) * (1.0 + side * _ROUNDING)


class _Intervals:
    """A game as its intervals see it; `bound` checks the claims on one and bounds the profit over it."""

    def __init__(self, game: TradingGame) -> None:
        self.cost, self.low, self.high = game.unit_cost, game.min_demand, game.max_demand
        mines = competing(game)
        self.beta: Floats = game.role_ratio[mines]
        stake = self.beta * game.effective_reward[mines]
        self.contest = (game.payment_weight[mines] / stake, game.service_margin[mines] / stake, self.beta, self.low, self.high)
        straight = ~mines
        margin, weight = game.service_margin[straight], game.payment_weight[straight]
        self.line_beta: Floats = game.role_ratio[straight]
        edge = thresholds(game)[straight]
        vague = (margin < _TINY) & (weight * game.max_price < _TINY) & (weight > 0.0)
        # above low_from a consumer surely asks for the least, below high_until for the most
        self.low_from = np.where(vague, np.inf, edge * (1.0 + _ZONE))
        self.high_until = np.where(vague, -np.inf, edge * (1.0 - _ZONE))
        self.lines = (self.low_from, self.high_until, self.line_beta, self.low, self.high)
        n = len(self.beta)
        self.spare = 64.0 * _U + (n * _U) ** 2 * 4.0
        self.whole = _Part(self.contest[:3])
        with np.errstate(over="ignore"):
            self.most = float(game.role_ratio.sum()) * self.high * (1.0 + 1e-9)

    def settled(self, part: _Part, claims: list[tuple[float, ...]]) -> _Part:
        """The part on some of its intervals, where more consumers have a known place.

        A share on one of them is 1 - g q + w X with q within the chord + e and X between the powers claimed, and its allowance
        is at most `SLACK` (1 + (g b + w) X) for the greatest b and X. A place known of all these holds on every interval.
        """
        from edgeworth.games.trading.check.kernels import stage as kernels

        many = len(part.open[0])
        if many <= FEW:
            return part
        a, b, x_most, x_least, e_low, e_high = (np.array(column) for column in zip(*claims, strict=True))
        x_most = np.minimum(x_most, self.most)
        with np.errstate(over="ignore"):
            ends = np.array([a * x_most, b * x_least])
            above, below = (
                np.minimum(e_high, (b - a) * x_most * (1.0 + 2e-12)),
                np.minimum(-e_low, (b - a) * x_least * (1.0 + 2e-12)),
            )
            q_least, q_most = (ends.min(axis=0) - below * (1.0 + SLACK)).min(), (ends.max(axis=0) + above * (1.0 + SLACK)).max()
        margin = _ROUNDING * abs(q_most)
        sides = (q_least - margin, q_most + margin, x_least.min(), x_most.max(), a.min(), b.max(), SLACK)
        box = tuple(float(side) for side in sides)
        count = kernels.count_open(*part.open, self.low, self.high, box, many // 2)
        if count > many // 2:
            return part
        opened = np.empty((3, count))
        sums = kernels.settle(*part.open, self.low, self.high, box, opened).tolist()
        g, w, beta = opened
        free = tuple(mine + new for mine, new in zip(part.free, sums[:6], strict=True))
        return _Part((g, w, beta), free, part.mined + sums[6], part.asked + sums[7])

    def bound(self, part: _Part, a: float, b: float, x_most: float, x_least: float, e_low: float, e_high: float) -> float:
        """No price of [a, b] earns more; ValueError where one of the claims on it does not hold."""
        if not len(self.beta):
            return self._bounded(part, a, 1.0, b, 1.0, 0.0, 0.0)
        x_most = min(x_most, self.most)
        if not x_most >= x_least:
            validation.reject("power_right", "must be at most power_left and the most that all can mine", x_least)
        above, below = self._mined(a, True), self._mined(b, False)  # by linear consumers, at the most and at the least
        if x_most < self.most and not self._proved(part, _Share(a, x_most, True), above / x_most):
            validation.reject("power_left", f"must not be below the mining power at {a}", x_most)
        if not self._proved(part, _Share(b, x_least, False), below / x_least):
            if len(self.beta) == 1 and self.low == 0.0 and below == 0.0:
                return self._crude(a, b)  # it may mine alone, and then as little as it likes
            validation.reject("power_right", f"must not be above the mining power at {b}", x_least)
        ends = (a, x_most, b, x_least)
        # what p in [a, b] says by itself, or: all shares at their highest (lowest) sum to less (more) than 1
        e_high, e_low = min(e_high, (b - a) * x_most * (1.0 + 1e-12)), max(e_low, -(b - a) * x_least * (1.0 + 1e-12))
        reached = e_high < (b - a) * x_most * (1.0 + _ROUNDING)
        if reached and not self._proved(part, _Chord(*ends, True, e_high), above / x_least):
            validation.reject("e_high", "must be out of reach of all equilibria", e_high)
        reached = -e_low < (b - a) * x_least * (1.0 + _ROUNDING)
        if reached and not self._proved(part, _Chord(*ends, False, e_low), below / x_most):
            validation.reject("e_low", "must be out of reach of all equilibria", e_low)
        return self._bounded(part, *ends, e_low, e_high)

    def _proved(self, part: _Part, claim: _Share | _Chord, mined: float) -> bool:
        """All shares at their highest (`claim.upper`) sum to less than 1, or at their lowest to more; mined: linear consumers'.

        First with the sums over those whose place is known, which have an allowance of their own for rounding, then, where that
        does not suffice, one by one.
        """
        drift, spare = (1.0 + DRIFT, -self.spare) if claim.upper else (1.0 - DRIFT, self.spare)
        for each in (part, self.whole) if part is not self.whole else (part,):
            total = drift * (claim.of(each, self.low, self.high) + claim.settled(each)) + mined
            if total < 1.0 + spare if claim.upper else total > 1.0 + spare:
                return True
        return False

    def _crude(self, a: float, b: float) -> float:
        """Every competing consumer may ask for anything."""
        from edgeworth.games.trading.check import kernels

        line = np.zeros(5)
        kernels.line_sums(*self.lines, a, b, 0.0, DRIFT, line)
        demand = line[1] + len(self.beta) * self.high if b >= self.cost else line[0] + len(self.beta) * self.low
        bound = (b - self.cost) * float(demand)
        return bound + _ROUNDING * abs(bound)

    def _mined(self, price: float, upper: bool) -> float:
        from edgeworth.games.trading.check import kernels

        return float(kernels.line_mined(*self.lines, price, upper)) if len(self.line_beta) else 0.0

    def _bounded(self, part: _Part, a: float, x_most: float, b: float, x_least: float, e_low: float, e_high: float) -> float:
        from edgeworth.games.trading.check import kernels
        from edgeworth.games.trading.check.kernels import peaks

        out, line = np.zeros(12), np.zeros(5)
        if len(self.beta):
            kernels.gather(
                *part.open, self.low, self.high, a, x_most, b, x_least, e_low, e_high, SLACK, DRIFT, np.array(part.free), out
            )  # fmt: skip
            mu = float(out[11])
            more, less = 1.0 + DRIFT, 1.0 - DRIFT
            out[6] += part.asked * less - mu * part.mined * more
            out[7] += part.asked * more - mu * part.mined * less
            out[8] += part.mined * more
            out[9:11] += (part.asked + mu * part.mined) * more
        n, g, w, v, gv, wv, down, up, mined, down_size, up_size, mu = out.tolist()
        # the highest shares of the surely interior, and these / beta: with their allowance and the rounding of the sums
        top, apart = b * x_most, e_low * (1.0 + SLACK)
        s = max(n - (g * a - w) * x_most, n - (g * b - w) * x_least) - g * apart
        s = max(s + (SLACK + _ROUNDING) * (n + g * top + w * x_most), 0.0)
        sv = max(v - (gv * a - wv) * x_most, v - (gv * b - wv) * x_least) - gv * apart
        sv = max(sv + (SLACK + _ROUNDING) * (v + gv * top + wv * x_most), 0.0)
        kernels.line_sums(*self.lines, a, b, mu, DRIFT, line)
        down, up, mined = down + line[0], up + line[1], mined + line[2]
        down_size, up_size = down_size + line[3], up_size + line[4]
        turn = abs(mu)
        wrong = (SLACK + _ROUNDING) * (v + turn * n + top * (gv + turn * g) + x_most * (wv + turn * w)) + DRIFT * (
            sv + turn * s
        )
        k1 = v - mu * (n - 1.0) if len(self.beta) else 0.0
        k2 = wv - mu * w
        most, least = up + x_most * wrong + _ROUNDING * up_size, down - x_most * wrong - _ROUNDING * down_size
        shape = (x_least, x_most)
        above = max(peaks.quadratic_peak(most, k1, k2, *shape), 0.0)
        below = max(-peaks.quadratic_peak(-least, -k1, -k2, *shape), 0.0)
        cost = self.cost
        bound = (b - cost) * (above if b >= cost else below)
        if n > 0.0 and g > 0.0 and (a >= cost or b <= cost):
            theta = SLACK * (n + g * top + w * x_most) + DRIFT * s
            lift = 1.0 + _ROUNDING
            p = np.array(
                [
                    w / g - cost + _ROUNDING * (w / g + cost),
                    ((n - 1.0) + theta) / g * lift,
                    mined / g * lift,
                ]
            )
            losing = not a >= cost
            if not losing or p[0] + (p[1] + p[2] / x_least) / x_least <= 0.0:
                d = np.array([least if losing else most, k1, k2])
                sharp = float(peaks.product_peak(p, d, *shape, losing))
                bound = min(bound, sharp) if sharp == sharp else bound
        return float(bound + 16.0 * _U * abs(bound))
