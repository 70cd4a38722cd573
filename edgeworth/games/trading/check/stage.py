"""The checker's own solver of the consumers' stage, at many prices: the fewer consumers are open, the nearer prices are."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from edgeworth.core.checking import Budget
from edgeworth.games.trading.check.reply import competing, thresholds
from edgeworth.games.trading.model import Floats, TradingGame

FEW = 256
"""So many open consumers are not worth a pass that looks for those who are not."""
_FIRST = 1e-290
"""The least power."""


@dataclass(frozen=True)
class Stage:
    """The consumers' stage between two prices: who is open, and sums over those whose place is known there.

    contest: g, w and beta of competing consumers who may or may not be at a bound, inverse: their 1 / beta; lines: threshold
    and beta of linear ones who may ask for either. Of the others: those at no bound have their number and the sums of g, w,
    1 / beta, g / beta and w / beta in `free`, those at one mine `mined` and ask for `asked`. All this holds where q = p X and X
    lie in the `box` (q_least, q_most, x_least, x_most, p_least, p_most, allowance), shares being clip(1 - g q + w X): `holds`
    says so of what was found.

    Sums are compensated, so that the total demand of the free, X sum(1 / beta) - X^2 (p sum(g / beta) - sum(w / beta)), is off
    by a few u of the sizes 1 + (g p + w) X of their shares, as it would be one by one: see `check.regret.leader_regret`.
    """

    contest: tuple[Floats, Floats, Floats]
    inverse: Floats
    lines: tuple[Floats, Floats]
    low: float
    high: float
    box: tuple[float, float, float, float, float, float, float]
    free: tuple[float, ...] = (0.0,) * 6
    mined: float = 0.0
    asked: float = 0.0

    @classmethod
    def of(cls, game: TradingGame) -> Stage:
        """The stage at any price.

        One that mines alone is linear: its share is 1 at any power, and where costs are small against the reward, rounding
        would let the sum of shares be 1 at many.
        """
        mines = competing(game)
        straight = ~mines
        beta = game.role_ratio[mines]
        stake = beta * game.effective_reward[mines]
        contest = (game.payment_weight[mines] / stake, game.service_margin[mines] / stake, beta)
        lines = (thresholds(game)[straight], game.role_ratio[straight])
        most = game.max_demand * float(game.role_ratio.sum()) if len(beta) else 0.0
        return cls(contest, 1.0 / beta, lines, game.min_demand, game.max_demand, (0.0, math.inf, 0.0, most, 0.0, math.inf, 0.0))

    def at(self, price: float, left: float, right: float, start: float) -> tuple[float, float]:
        """Total demand, indifferent consumers asking for the least, and mining power, which is in (left, right]."""
        from edgeworth.games.trading.check.kernels import stage as kernels

        asks, mined = kernels.line_demand(*self.lines, self.low, self.high, price)
        count, g, w, inverse, g_inverse, w_inverse = self.free
        asks += self.asked
        if right == 0.0:  # nobody competes
            return asks, 0.0
        power = self._power(price, mined + self.mined, count, g * price - w, left, right, start)
        asks += kernels.demand_at(*self.contest, self.inverse, self.low, self.high, price, power)
        return asks + power * (inverse - power * (g_inverse * price - w_inverse)), power

    def holds(self, price: float, power: float) -> bool:
        """The place of no consumer was taken for known and is not."""
        q_least, q_most, x_least, x_most, p_least, p_most, _ = self.box
        inside = q_least <= price * power <= q_most and x_least <= power <= x_most
        return inside and p_least <= price <= p_most

    def _power(self, price: float, mined: float, count: float, more: float, left: float, right: float, power: float) -> float:
        """The power X at which shares sum to 1.

        With A mined at bounds and n others whose costs are C in all, the shares sum to A / X + n - C X. They fall in X, so
        every X tried is a side of the bracket. The next one is where this sum is 1 (Newton's method on the set of consumers at
        bounds), where that is near; else a point in the bracket (`_inside`).
        """
        from edgeworth.games.trading.check.kernels import stage as kernels

        over = under = math.nan
        for _ in range(300):
            held, cost, free = kernels.replies(*self.contest, self.low, self.high, price, power)
            held, cost, free = held + mined, cost + more, free + count
            excess = held / power + (free - 1.0) - cost * power
            if excess > 0.0:
                former, left, over = (left, over), power, excess
            else:
                former, right, under = (right, under), power, excess
            after = held
            if free >= 1.0:  # the root of C X^2 - (n - 1) X - A above 0, without cancellation
                root = math.sqrt((free - 1.0) ** 2 + 4.0 * held * cost) if cost > 0.0 else 0.0
                after = (free - 1.0 + root) / (2.0 * cost) if cost > 0.0 else math.inf
            if abs(after - power) <= 4e-16 * power or right < _FIRST:
                return float(after)
            if left == 0.0:
                after = 0.125 * right
            elif not left < after < right or 8.0 * abs(after - power) > right - left:
                ends = ((left, over), (right, under))
                part = _inside(*(ends if excess > 0.0 else ends[::-1]), former)
                after = left * math.exp(math.log(right / left) * (part if excess > 0.0 else 1.0 - part))
            if not left < after < right:
                after = 0.5 * (left + right)
                if not left < after < right:
                    return after
            power = after
        return power

    def between(self, low: float, high: float, x_most: float, x_least: float) -> Stage:
        """The same stage for the prices in [low, high], at which powers fall from x_most to x_least."""
        from edgeworth.games.trading.check.kernels import stage as kernels

        many = len(self.contest[0])
        if many + len(self.lines[0]) <= FEW:
            return self
        ends = (low * x_most, high * x_least)
        aside = abs(ends[1] - ends[0]) + 1e-12 * max(ends)  # where q usually is; `holds` looks
        q_least, q_most = max(min(ends) - aside, self.box[0]), min(max(ends) + aside, self.box[1])
        x_least, x_most = max(x_least * (1.0 - 1e-12), self.box[2]), min(x_most * (1.0 + 1e-12), self.box[3])
        box = (q_least, q_most, x_least, x_most, low, high, 0.0)  # within that of those whose place is known already
        edge, role = self.lines
        either = (low < edge) & (edge <= high)
        most = (many + len(edge)) // 2 - int(either.sum())
        count = kernels.count_open(*self.contest, self.low, self.high, box, most)
        if count > most:
            return self
        opened = np.empty((3, count))
        sums = kernels.settle(*self.contest, self.low, self.high, box, opened)
        much = edge > high
        little = ~(much | either)
        sums[6] += self.high * math.fsum(role[much].tolist()) + self.low * math.fsum(role[little].tolist())
        sums[7] += self.high * int(much.sum()) + self.low * int(little.sum())
        g, w, beta = opened
        return replace(
            self,
            contest=(g, w, beta),
            inverse=1.0 / beta,
            lines=(edge[either], role[either]),
            box=box,
            free=tuple(mine + new for mine, new in zip(self.free, sums[:6].tolist(), strict=True)),
            mined=self.mined + float(sums[6]),
            asked=self.asked + float(sums[7]),
        )


class Solved:
    """What is known of a stage at some prices; every further price is solved between its neighbours among them."""

    def __init__(self, game: TradingGame) -> None:
        self.whole = Stage.of(game)
        self._near = self.whole
        self.known: dict[float, tuple[float, float]] = {}

    def demands(self, prices: Floats, budget: Budget | None = None) -> Floats:
        """Total demands at prices that rise: first at both ends, then between, where fewer consumers are open."""
        at = prices.tolist()

        def fill(part: Stage, price: float, left: float, right: float, start: float) -> None:
            if price in self.known:
                return
            if budget is not None:
                budget.check()
            found = part.at(price, left, right, start)
            if not part.holds(price, found[1]):
                found = self.whole.at(price, left, right, start)
            self.known[price] = found

        def halve(part: Stage, i: int, j: int) -> None:
            if j - i < 2:
                return
            x_most, x_least = self.known[at[i]][1], self.known[at[j]][1]
            known = part.holds(at[i], x_most) and part.holds(at[j], x_least)
            part = (part if known else self.whole).between(at[i], at[j], x_most, x_least)
            middle = (i + j) // 2
            left, right = x_least * (1.0 - 1e-12), x_most * (1.0 + 1e-12)
            start = right
            if left > 0.0 and at[i] > 0.0 and at[i] < at[j]:
                run = math.log(at[middle] / at[i]) / math.log(at[j] / at[i])
                start = x_most * math.exp(run * math.log(x_least / x_most))
            fill(part, at[middle], left, right, start)
            halve(part, i, middle)
            halve(part, middle, j)

        most = self.whole.box[3]
        for price in (at[0], at[-1]):
            fill(self.whole, price, 0.0, most, most)  # ends are mostly known
        x_most, x_least = self.known[at[0]][1], self.known[at[-1]][1]
        near = self._near.holds(at[0], x_most) and self._near.holds(at[-1], x_least)
        self._near = (self._near if near else self.whole).between(at[0], at[-1], x_most, x_least)
        halve(self._near, 0, len(at) - 1)
        return np.array([self.known[price][0] for price in at])


def _inside(newest: tuple[float, float], other: tuple[float, float], former: tuple[float, float]) -> float:
    """Where between the newest point and the other side of a bracket the root of a falling function is looked for next.

    Points are (X, value), values NaN where unknown; the answer is a share of the way in logarithms. With the point that the
    newest one replaced, inverse quadratic interpolation where the three allow it, else the middle (Chandrupatla, Advances in
    Engineering Software 28, 1997); without it the secant's point.
    """
    here, there, before = newest[1], other[1], former[1]
    if math.isnan(here) or math.isnan(there):
        return 0.5
    if math.isnan(before) or former[0] <= 0.0:
        return min(max(here / (here - there), 0.05), 0.95)
    one, two, three = math.log(newest[0]), math.log(other[0]), math.log(former[0])
    if one in (two, three) or here == before:
        return 0.5
    place, level = (one - two) / (three - two), (here - there) / (before - there)
    if not (level * level < place and (1.0 - level) * (1.0 - level) < 1.0 - place):
        return 0.5
    part = here / (there - here) * before / (there - before)
    part += (three - one) / (two - one) * here / (before - here) * there / (before - there)
    return min(max(part, 1e-3), 0.999)
