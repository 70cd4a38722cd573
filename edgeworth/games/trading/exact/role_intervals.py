"""Intervals of prices where roles are chosen: the bound on the leader's profit over one, and its certificate."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from edgeworth.core.result import Certificate
from edgeworth.games.trading.exact.best import Best
from edgeworth.games.trading.exact.intervals import Interval
from edgeworth.games.trading.exact.piece import Piece, price_at, product_peak
from edgeworth.games.trading.exact.roles import Miners, role_stage
from edgeworth.games.trading.model import Equilibrium, Floats, TradingGame, equilibrium_of

CERTIFICATE = "role-intervals"
_SHARES, _DEMANDS = 96.0 * 2.0**-53, 1.1e-12
"""What floats, and a checker's tolerance, may do to a share of X, and, relative, to a demand."""
_BESIDE = 1e-13  # of the highest price: the width of an interval at a threshold that is the lowest price
_WIDEST = 1e30


class Chosen:
    """The consumers of a game whose roles are chosen, as `exact.leader` searches over prices.

    Between thresholds C_b / u_i a consumer for whom services pay asks for F_max and mines z_i(X) = clip(X - C_b X^2 / R_i, 0,
    F_max), the others do services with F_min - z_i(X), z_i clipped at F_min, so that the total demand

        D(X) = X + sum_pays (F_max - z_i(X)) + sum_others (F_min - z_i(X))

    is a function of the mining power X alone. Where n of the others are surely interior above F_min, with sum G of u_i / R_i,
    and j consumers mine X - C_b X^2 / R_i elsewhere, with sum K of C_b / R_i, and the rest M,

        p = ((n + j - 1) / X - K + M / X^2) / G,   D = k_0 + (1 - j) X + K X^2,

    and the maximum of (p - C) D over the powers of the interval is found from the roots of a quartic. What is not certain of a
    consumer enters M and k_0 by its range.
    """

    def __init__(self, game: TradingGame) -> None:
        self.game, self.contest = game, game.role_contest
        self.competes = len(self.contest.rows) > 0
        self.most = game.max_demand * len(self.contest.rows) * (1.0 + 2.0 * _DEMANDS)
        self.theta = _DEMANDS + _SHARES * (len(self.contest.rows) + 8)

    def evaluate(self, best: Best, price: float, guess: float) -> float:
        answer = role_stage(self.game, price, True, guess)
        best.offer(self.game, price, True, answer.demands)
        if np.any(self.contest.threshold == price):  # the less may be lost, the better
            best.offer(self.game, price, False, role_stage(self.game, price, False, guess).demands)
        return answer.power

    def widened(self, price: float, power: float, upper: bool) -> float:
        if not self.competes:
            return 1.0
        miners, width = Miners(self.game, price), 2.0 * _DEMANDS
        while width < _WIDEST:
            x = min(power * (1.0 + width), self.most) if upper else power / (1.0 + width)
            total = float(miners.replies(x)[0].sum()) / x
            if (total < 1.0 - 1.1 * self.theta or x == self.most) if upper else total > 1.0 + 1.1 * self.theta:
                return x
            width *= 2.0
        return self.most if upper else power / _WIDEST

    def split_point(self, best: Best, node: Interval) -> float | None:
        """The unit cost, else the middle one of the thresholds, else the middle.

        Where the lowest or the highest price is a threshold, what consumers may ask for at it gets an interval of its own.
        """
        game, edge = self.game, self.contest.threshold
        if node.left < game.unit_cost < node.right:
            return game.unit_cost
        inside = np.unique(edge[(edge > node.left) & (edge < node.right)])
        middle = float(inside[len(inside) // 2]) if len(inside) else 0.5 * (node.left + node.right)
        for end, beside in (
            (game.min_price, game.min_price + _BESIDE * game.max_price),
            (game.max_price, game.max_price * (1.0 - _BESIDE)),
        ):
            if end in (node.left, node.right) and np.any(edge == end) and node.left < beside < node.right:
                return beside
        return middle if node.left < middle < node.right else None

    def interval(self, left: float, right: float, x_left: float, x_right: float) -> Interval:
        return Interval(left, right, x_left, x_right, 0.0, 0.0, self._piece(left, right, x_left, x_right))

    def certificate(self, leaves: Sequence[Interval]) -> Certificate:
        columns = {name: np.array([getattr(leaf, name) for leaf in leaves]) for name in ("power_left", "power_right")}
        return Certificate(CERTIFICATE, {"price": np.array([leaves[0].left, *(leaf.right for leaf in leaves)]), **columns})

    def solution(self, best: Best) -> Equilibrium:
        answer = role_stage(self.game, best.price, best.strong)
        return equilibrium_of(self.game, best.price, answer.demands, strong=best.strong, mining=answer.mining)

    def _piece(self, left: float, right: float, x_left: float, x_right: float) -> Piece:
        game, contest, low, high = self.game, self.contest, self.game.min_demand, self.game.max_demand
        pays = (contest.threshold > right) | ((contest.threshold >= right) & (right < game.max_price))
        loses = (contest.threshold < left) | ((contest.threshold <= left) & (left > game.min_price))
        k_least = high * float(pays.sum()) + low * float((~pays).sum())
        k_most = k_least + (high - low) * float((~pays & ~loses).sum())
        linear, square, n, g, mined = 0.0, 0.0, 0.0, 0.0, 0.0
        if self.competes:
            linear = 1.0
            pays, loses = pays[contest.rows], loses[contest.rows]
            z_low, z_high = _range(contest.service, contest.service, x_right, x_left)
            dear, cheap = (np.maximum(contest.service, contest.slope * price) for price in (right, left))
            y_low, y_high = _range(dear, cheap, x_right, x_left)
            cap = np.where(loses, low, high)
            sure = (pays | loses) & (z_low > 0.0) & (z_high < cap)
            inner = loses & (y_low > low) & (y_high < high)
            linear, square = 1.0 - float(sure.sum()), float(contest.service[sure].sum())
            n, g = float(inner.sum()), float(contest.slope[inner].sum())
            rest = ~sure
            # the least and the most that is mined in place of services, then in all
            x_low = np.maximum(np.where(z_low < low, z_low, np.maximum(y_low, low)), 0.0)
            in_place = np.minimum(np.where(pays | loses, z_low, x_low), cap)
            k_most -= float(np.maximum(in_place, 0.0)[rest].sum())
            k_least -= float(np.clip(z_high, 0.0, np.where(pays, high, low))[rest].sum())
            above = np.where(loses, np.where(y_high > low, y_high, np.minimum(z_high, low)), z_high)
            mined = float(np.clip(above, 0.0, high)[rest & ~inner].sum())
        return self._bounded(left, right, x_left, x_right, (k_least, k_most, linear, square), (n, g, mined))

    def _bounded(
        self, left: float, right: float, x_left: float, x_right: float, demand: tuple[float, ...], shape: tuple[float, ...]
    ) -> Piece:
        game, (k_least, k_most, linear, square), (n, g, mined) = self.game, demand, shape
        wrong = _DEMANDS * k_most + (_DEMANDS + _SHARES * (game.consumers + 8)) * x_left * self.competes
        above, below = (k_most + wrong, linear, square), (k_least - wrong, linear, square)

        def at(k: tuple[float, float, float], x: float) -> float:
            return k[0] + x * (k[1] + x * k[2])

        # D is convex in X: the most at an end, the least at the vertex or an end
        most = max(at(above, x_left), at(above, x_right))
        vertex = min(max(-0.5 * linear / square if square > 0.0 else x_left, x_right), x_left)
        least = max(min(at(below, x) for x in (x_left, x_right, vertex)), 0.0)
        cost = game.unit_cost
        bound = (right - cost) * (most if right >= cost else least)
        noise = 2.0 * wrong * max(abs(left - cost), abs(right - cost)) + 4.0 * _DEMANDS * abs(bound)
        peak = None
        if n > 0.0 and g > 0.0 and (left >= cost or right <= cost):
            q = (-square / g - cost, (n - linear + self.theta) / g, mined / g)  # n + j - 1 = n - linear
            k = above if left >= cost else below
            terms = tuple(np.convolve(q[::-1], k).tolist())
            sharp, where = product_peak(q, k, terms, x_right, x_left)
            sharp += 1e-12 * abs(sharp)
            noise += 2.0 * self.theta / (g * x_right) * most
            if (left >= cost or price_at(q, x_right) <= 0.0) and sharp < bound:
                bound = sharp
                peak = min(max(price_at(q, where) + cost, left), right) if x_right < where < x_left else None
        return Piece(bound, noise, peak)


def _range(dear: Floats, cheap: Floats, least: float, most: float) -> tuple[Floats, Floats]:
    """The least and the most of X - c X^2 over X in [least, most] and costs c in [cheap, dear]."""
    with np.errstate(over="ignore", divide="ignore"):
        low = np.minimum(least * (1.0 - dear * least), most * (1.0 - dear * most))
        vertex = np.minimum(np.maximum(0.5 / cheap, least), most)
        return low, vertex * (1.0 - cheap * vertex)
