"""The bound of a certificate "price-intervals", rebuilt by code of the checker's own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.polynomial import Polynomial
from numpy.typing import NDArray

from edgeworth.core import validation
from edgeworth.games.trading.model import Floats, TradingGame

_NAMES = ("power_left", "power_right", "e_low", "e_high")


def interval_bound(game: TradingGame, arrays: Mapping[str, NDArray[Any]]) -> float:
    """No price earns the leader more than this.

    arrays: ``price`` p_0 <= ... <= p_K from p_min to p_max; for each interval [a, b] of them ``power_left`` and
    ``power_right``, claimed to bound the mining power from above just after a and from below just before b; ``e_low`` and
    ``e_high``, claimed to bound how far q = p X leaves the chord between the ends, in units of money.

    All claims are checked, each by one evaluation of the sum of shares, which falls in X, in p and in e. Then the shares'
    ranges, and from them the total demand as a function of X, follow. Raises ValueError where a claim fails.
    """
    price = validation.array("price", arrays["price"], np.float64, (None,))
    count = len(price) - 1
    given = [validation.array(name, arrays[name], np.float64, (count,)) for name in _NAMES]
    if count < 1 or price[0] != game.min_price or price[-1] != game.max_price or np.any(np.diff(price) < 0.0):
        validation.reject("price", "must lead from the lowest price to the highest", price)
    columns = zip(price[:-1].tolist(), price[1:].tolist(), *(values.tolist() for values in given), strict=True)
    return max(_Interval(game, *column).bound() for column in columns)


class _Interval:
    """One interval [a, b] with its claims."""

    def __init__(
        self, game: TradingGame, a: float, b: float, power_left: float, power_right: float, e_low: float, e_high: float
    ) -> None:
        self.game, self.a, self.b = game, a, b
        self.x_most, self.x_least, self.e_low, self.e_high = power_left, power_right, e_low, e_high
        mines = game.rewarded
        self.beta = game.role_ratio[mines]
        stake = self.beta * game.effective_reward[mines]
        self.g, self.w = game.payment_weight[mines] / stake, game.service_margin[mines] / stake
        self.low, self.high = game.min_demand, game.max_demand
        self.linear_beta, self.edge = game.role_ratio[~mines], game.threshold[~mines]
        self.tolerance = 4e-16 * (len(self.beta) + 64)

    def bound(self) -> float:
        if len(self.beta):
            self._check_powers()
            self._check_e()
        return self._bound()

    def _shares(self, share: Floats, power: float) -> Floats:
        return np.clip(share, self.low * self.beta / power, self.high * self.beta / power)

    def _linear(self, asks_for_most: Any) -> float:
        return float((self.linear_beta * np.where(asks_for_most, self.high, self.low)).sum())

    def _check_powers(self) -> None:
        if not self.x_most >= self.x_least > 0.0:
            validation.reject("power_right", "must be positive and at most power_left", self.x_least)
        at_left = self._shares(1.0 - (self.g * self.a - self.w) * self.x_most, self.x_most).sum()
        if at_left + self._linear(self.edge > self.a) / self.x_most > 1.0 + self.tolerance:
            validation.reject("power_left", f"must not be below the mining power at {self.a}", self.x_most)
        at_right = self._shares(1.0 - (self.g * self.b - self.w) * self.x_least, self.x_least).sum()
        if at_right + self._linear(self.edge >= self.b) / self.x_least < 1.0 - self.tolerance:
            validation.reject("power_right", f"must not be above the mining power at {self.b}", self.x_least)

    def _chord(self) -> tuple[Floats, Floats]:
        ends = (
            1.0 - (self.g * self.a - self.w) * self.x_most,
            1.0 - (self.g * self.b - self.w) * self.x_least,
        )
        return np.minimum(*ends), np.maximum(*ends)

    def _check_e(self) -> None:
        """Either what p in [a, b] says by itself, or: all shares at their highest (lowest) sum to no more (less) than 1."""
        lower, upper = self._chord()
        if not self.e_high >= (self.b - self.a) * self.x_most * (1.0 - 1e-12):
            total = self._shares(upper - self.g * self.e_high, self.x_least).sum()
            if total + self._linear(self.edge > self.a) / self.x_least > 1.0 + self.tolerance:
                validation.reject("e_high", "must be out of reach of all equilibria", self.e_high)
        if not -self.e_low >= (self.b - self.a) * self.x_least * (1.0 - 1e-12):
            total = self._shares(lower - self.g * self.e_low, self.x_most).sum()
            if total + self._linear(self.edge >= self.b) / self.x_most < 1.0 - self.tolerance:
                validation.reject("e_low", "must be out of reach of all equilibria", self.e_low)

    def _bound(self) -> float:
        beta, g, w = self.beta, self.g, self.w
        lower, upper = self._chord()
        lower, upper = lower - g * self.e_high, upper - g * self.e_low
        least, most = self.low * beta, self.high * beta
        down, top = upper <= least / self.x_most, lower >= most / self.x_least
        top &= ~down
        sure = (lower >= least / self.x_least) & (upper <= most / self.x_most) & ~down & ~top
        x_low = np.clip(lower * np.where(lower >= 0.0, self.x_least, self.x_most), least, most)
        x_high = np.clip(upper * np.where(upper >= 0.0, self.x_most, self.x_least), least, most)
        x_low, x_high = np.where(down, least, np.where(top, most, x_low)), np.where(down, least, np.where(top, most, x_high))
        rest = ~sure
        n, inverse = int(sure.sum()), 1.0 / beta
        sums = [float(part[sure].sum()) for part in (g, w, inverse, g * inverse, w * inverse)]
        g_sum, w_sum, v_sum, gv_sum, wv_sum = sums
        unsure = rest & ~down & ~top
        mu = gv_sum / g_sum if g_sum > 0.0 else 0.0
        if n == 0 and unsure.any():
            mu = float(inverse[unsure].mean())
        # the part of the total demand that does not depend on X: of the consumers at bounds, of the unsure, of the linear
        weight = inverse[rest] - mu
        ends = (weight * x_low[rest], weight * x_high[rest])
        constant_low, constant_high = float(np.minimum(*ends).sum()), float(np.maximum(*ends).sum())
        mined = float(x_high[rest].sum())
        line_low = np.where(self.edge >= self.b, self.high, self.low)
        line_high = np.where(self.edge > self.a, self.high, self.low)
        if self.a == self.b:
            line_low = np.where(self.edge > self.a, self.high, self.low)
            line_high = np.where(self.edge >= self.a, self.high, self.low)
        weight = 1.0 - mu * self.linear_beta
        ends = (weight * line_low, weight * line_high)
        constant_low, constant_high = (
            constant_low + float(np.minimum(*ends).sum()),
            constant_high + float(np.maximum(*ends).sum()),
        )
        mined += float((self.linear_beta * line_high).sum())
        k1, k2 = v_sum - mu * (n - 1), wv_sum - mu * w_sum
        if not len(beta):
            k1 = 0.0
        demand_high = Polynomial([constant_high, k1, k2])
        demand_low = Polynomial([constant_low, k1, k2])
        cost = self.game.unit_cost
        top_demand = max(self._maximum(demand_high, 0), 0.0)
        least_demand = max(-self._maximum(-demand_low, 0), 0.0)
        bound = (self.b - cost) * (top_demand if self.b >= cost else least_demand)
        if n > 0 and g_sum > 0.0:
            # X^2 (p - C) as a polynomial in X, with the most that the others can mine
            margin = Polynomial([mined / g_sum, (n - 1) / g_sum, w_sum / g_sum - cost])
            if self.a >= cost:
                bound = min(bound, self._maximum(margin * demand_high, 2))
            elif self.b <= cost and margin(self.x_least) <= 0.0:
                bound = min(bound, self._maximum(margin * demand_low, 2))
        return float(bound)

    def _maximum(self, numerator: Any, power: int) -> float:
        """The largest value of numerator(X) / X^power over the interval's powers."""
        low, high = self.x_least, self.x_most
        points = [low, high]
        if high > low:
            y = Polynomial([0.0, low])  # X = low y, so that coefficients have one size
            scaled = numerator(y)
            slope = scaled.deriv() * Polynomial([0.0, 1.0]) - power * scaled
            size = np.abs(slope.coef).max()
            if size > 0.0 and np.isfinite(size):
                trimmed = Polynomial(slope.coef / size).trim(1e-300)
                points += [x for x in (np.real(trimmed.roots()) * low).tolist() if low < x < high]
        return max(float(numerator(x)) / x**power for x in points)
