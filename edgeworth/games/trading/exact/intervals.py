"""Intervals of prices: what is known of the mining power on them, the bound on the leader's profit, and the certificate."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from edgeworth.core.result import Certificate
from edgeworth.games.trading.exact.piece import BLUR, DRIFT, ZONE, Piece, piece_of
from edgeworth.games.trading.kernels import bound as kernel
from edgeworth.games.trading.kernels import follower
from edgeworth.games.trading.model import Contest, TradingGame

CERTIFICATE = "price-intervals"
_COLUMNS = ("power_left", "power_right", "e_low", "e_high")
_WIDEST = 1e30  # powers of the certificate are widened by as little as a check of them needs, at most by this factor


class Interval(NamedTuple):
    """An interval of prices: its ends, the mining power at each (widened), the range of e, what is known of it, and
    for how many splits in a row that has hardly changed."""

    left: float
    right: float
    power_left: float
    power_right: float
    e_low: float
    e_high: float
    piece: Piece
    stuck: int = 0


def bounding_contest(game: TradingGame) -> Contest:
    """The contest as bounds see it: a consumer that competes with nobody (its share is 1 anyway) is a linear one.

    Linear consumers mine nothing where F_min = 0 and they leave below all prices.
    """
    contest = game.contest
    stays = (contest.linear_threshold * (1.0 + ZONE) >= game.min_price) | (game.min_demand > 0.0)
    mines = (contest.linear_beta > 0.0) & stays
    if len(contest.rows) != 1 or mines.any():
        return contest
    nobody = np.empty(0)
    everybody = np.arange(game.consumers)
    threshold = np.where(game.rewarded & (game.payment_weight == 0.0), np.inf, game.threshold)
    return Contest(everybody[:0], nobody, nobody, nobody, everybody, threshold, game.role_ratio)


def widened(game: TradingGame, contest: Contest, price: float, power: float, upper: bool) -> float:
    """The mining power at a price, raised (`upper`) or lowered until the sum of shares says so beyond rounding."""
    if not len(contest.rows):
        return 1.0
    edge, role = contest.linear_threshold, contest.linear_beta
    much = ~(edge * (1.0 + ZONE) < price) if upper else edge * (1.0 - ZONE) > price
    held = float(np.where(much, game.max_demand, game.min_demand) @ role)
    if np.any(np.abs(edge - price) <= ZONE * np.abs(edge)):  # indifferent, or nearly: all of them answer one way here
        parts = (contest.slope, contest.offset, contest.beta, game.min_demand, game.max_demand, held, price, power)
        power = follower.equilibrium(*parts, np.empty(len(contest.rows)), np.empty(len(contest.rows)))[0]
    shape = (contest.slope, contest.offset, contest.beta, game.min_demand, game.max_demand, price)
    spare = 4e-16 * (len(contest.rows) + 64)
    most = (held + game.max_demand * float(contest.beta.sum())) * (1.0 + 1e-6)

    def widened(factor: float) -> float:
        return min(power * factor, most) if upper else power / factor

    def enough(x: float) -> bool:
        sign = 1.0 if upper else -1.0
        total = (1.0 + sign * DRIFT) * kernel.reach(*shape, x, upper, BLUR) + held / x
        return bool(sign * (total - 1.0) < -spare) or x == most

    near, far = 1.0, 1.0 + 2.0 * DRIFT
    while far < _WIDEST and not enough(widened(far)):
        near, far = far, 1.0 + 2.0 * (far - 1.0)
    for _ in range(12 if far > 1.0 + 1e-9 else 0):  # rarely: where one consumer holds nearly everything
        middle = float(np.sqrt(near * far))
        near, far = (near, middle) if enough(widened(middle)) else (middle, far)
    return widened(far)


def interval(game: TradingGame, contest: Contest, left: float, right: float, x_left: float, x_right: float) -> Interval:
    """The interval, with powers as `widened` gives them."""
    out = np.zeros(14)
    if not len(contest.rows):
        piece = piece_of(game, contest, left, right, 1.0, 1.0, out)
        return Interval(left, right, 1.0, 1.0, 0.0, 0.0, piece)
    edge, role = contest.linear_threshold, contest.linear_beta
    held_low = float(np.where(edge * (1.0 - ZONE) > right, game.max_demand, game.min_demand) @ role)
    held_high = float(np.where(edge * (1.0 + ZONE) < left, game.min_demand, game.max_demand) @ role)
    shape = (contest.slope, contest.offset, contest.beta, game.min_demand, game.max_demand, left, x_left, right, x_right)
    e_low, e_high = kernel.deviation(*shape, held_low, held_high, BLUR, DRIFT)
    kernel.sums(*shape, e_low, e_high, BLUR, DRIFT, out)
    piece = piece_of(game, contest, left, right, x_left, x_right, out)
    return Interval(left, right, x_left, x_right, e_low, e_high, piece)


def certificate(leaves: Sequence[Interval]) -> Certificate:
    """The certificate "price-intervals" of intervals in the order of prices, which leave no price out."""
    price = np.array([leaves[0].left, *(leaf.right for leaf in leaves)])
    columns = {name: np.array([getattr(leaf, name) for leaf in leaves]) for name in _COLUMNS}
    return Certificate(CERTIFICATE, {"price": price, **columns})
