"""The consumers' stage where roles are chosen: their equilibrium at a given price."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from edgeworth.core import validation
from edgeworth.games.trading.model import Equilibrium, Floats, TradingGame, equilibrium_of

CHOSEN = "roles: the consumers of this game choose theirs, which 'exact' alone solves"
"""Why the other methods refuse such a game."""


def role_equilibrium(game: TradingGame, price: float, *, tie_break: str = "weak") -> Equilibrium:
    """Solve the consumers' stage of a game whose roles are chosen: demands and mining power in equilibrium at a price.

    Parameters
    ----------
    game : TradingGame
        With ``roles="chosen"``.
    price : float
        In [p_min, p_max].
    tie_break : {"weak", "strong"}
        What consumers ask for whom services cost exactly what they earn, C_b = u_i p: as little as they may, or F_max.

    Returns
    -------
    Equilibrium
        The price, the demands F and the power x that each mines with.

    Raises
    ------
    ValueError, TypeError
        For a game whose roles are given, a price outside its interval, and an unknown name.

    Notes
    -----
    *The cost of mining.* For a fixed x the utility ``F (C_b - u_i p) - C_b x + R_i x / X`` is linear in F on
    [max(x, F_min), F_max]. If C_b > u_i p, F = F_max: mining displaces services and costs C_b a unit. If C_b < u_i p,
    F = max(x, F_min): it displaces services up to F_min, and costs u_i p a unit beyond. So x costs C_b a unit on [0, F_min] and
    c_i = max(C_b, u_i p) >= C_b on [F_min, F_max]: convex and piecewise linear.

    *The equilibrium.* With Y > 0 mined by the others, R_i x / (x + Y) is strictly concave, so x is a best reply where the
    marginal reward R_i (1 - x / X) / X lies between the slopes of the cost left and right of x (and correspondingly at 0 and
    F_max). Given X this is one point: x_i(X) = a = clip(X - C_b X^2 / R_i, 0, F_min) where a < F_min, and clip(X - c_i X^2 /
    R_i, F_min, F_max) elsewhere. Where it is positive, x_i(X) / X falls in X strictly, except for X <= F_max with costs of 0,
    where it is 1. With two or more rewards the sum of these shares is above 1 for small X, at most 1 at X = N F_max, and equal
    to 1 at one X: there is an equilibrium in x, and one only (Szidarovszky and Okuguchi). X = 0 is none: any power would win
    the reward. Nobody mines where there is no reward. Two kinds of game are refused by `TradingGame`: one reward alone, which
    any power wins, the less the better; and one consumer alone whose costs are 0, if the others' shares are 0 before F_max: the
    sum is then 1 from there to F_max. F follows from x and is unique but at C_b = u_i p, where all of [max(x, F_min), F_max] is
    as good.

    X is found by Newton's method, exact on the pieces, inside a bracket; O(N) a step.

    References
    ----------
    Szidarovszky and Okuguchi, Games Econ. Behav. 18 (1997). Cornes and Hartley, Econ. Theory 26 (2005).

    Examples
    --------
    >>> from edgeworth.games import trading
    >>> at = trading.role_equilibrium(trading.generate(preset="interior", roles="chosen"), 15.0)
    >>> at.demands[:2].round(4).tolist(), at.mining[:2].round(4).tolist()
    ([31.9305, 31.9305], [31.9305, 31.9305])
    """
    if not isinstance(game, TradingGame):
        validation.reject_type("game", "must be a TradingGame", game)
    if game.roles != "chosen":
        validation.reject("roles", "must be 'chosen'", game.roles)
    p = validation.real("price", price, minimum=game.min_price, maximum=game.max_price)
    validation.choice("tie_break", tie_break, ("weak", "strong"))
    strong = tie_break == "strong"
    answer = role_stage(game, p, strong)
    return equilibrium_of(game, p, answer.demands, strong=strong, mining=answer.mining)


class Answer(NamedTuple):
    """The consumers' equilibrium: demands and mining power of each, and the power of all."""

    demands: Floats
    mining: Floats
    power: float


def role_stage(game: TradingGame, price: float, strong: bool = False, guess: float = 0.0) -> Answer:
    """`role_equilibrium` at a price known to be sound. guess: of X, 0 for none."""
    contest = game.role_contest
    mining, power = np.zeros(game.consumers), 0.0
    if len(contest.rows):
        miners = Miners(game, price)
        power = miners.power(guess)
        mining[contest.rows] = miners.spread(power)
    pays = price <= contest.threshold if strong else price < contest.threshold
    return Answer(np.where(pays, game.max_demand, np.maximum(mining, game.min_demand)), mining, power)


class Miners:
    """Consumers with a reward at a price: what they mine as replies to the power X of all."""

    def __init__(self, game: TradingGame, price: float) -> None:
        contest = game.role_contest
        self.low, self.high, self.first = game.min_demand, game.max_demand, contest.service
        dear = np.maximum(contest.service, contest.slope * price)
        self.second: Floats = np.where(price > contest.threshold[contest.rows], dear, contest.service)

    def replies(self, power: float) -> tuple[Floats, Floats]:
        """x_i(X), and the cost of one more unit in rewards where x_i is no kink or end, 0 elsewhere."""
        with np.errstate(over="ignore"):
            little, much = power * (1.0 - self.first * power), power * (1.0 - self.second * power)
        below = little < self.low
        x = np.where(below, np.maximum(little, 0.0), np.minimum(np.maximum(much, self.low), self.high))
        inside = np.where(below, (little > 0.0) * self.first, ((much > self.low) & (much < self.high)) * self.second)
        return x, inside

    def power(self, guess: float) -> float:
        """The X at which replies sum to X: Newton's steps inside a bracket, a geometric middle where they leave it or lag."""
        right = self.high * len(self.first)
        if float(self.replies(right)[0].sum()) >= right:
            return right  # all of them mine with all they may have
        left = right
        while float(self.replies(left)[0].sum()) <= left:
            right, left = left, 0.125 * left
        x = guess if left < guess < right else float(np.sqrt(left) * np.sqrt(right))
        for step in range(1, 400):
            replies, inside = self.replies(x)
            if float(replies.sum()) > x:
                left = x
            else:
                right = x
            free = inside > 0.0
            half, slope, bound = 0.5 * (float(free.sum()) - 1.0), float(inside.sum()), float(replies[~free].sum())
            root = float(np.sqrt(half * half + slope * bound))
            new = (half + root) / slope if slope > 0.0 else bound  # C X^2 - (n - 1) X - B = 0
            if abs(new - x) <= 4e-16 * x:
                return new
            if not left < new < right or step % 5 == 0:
                new = float(np.sqrt(left) * np.sqrt(right))
                if not left < new < right:
                    break
            x = new
        return x

    def spread(self, power: float) -> Floats:
        """The replies to X, corrected by less than X can be so that they sum to X: where consumers are many, the sum of what
        rounding does to each counts."""
        x, inside = self.replies(power)
        free = inside * power
        total = float(free.sum())
        if total > 0.0:
            x = np.where(free > 0.0, x + (power - float(x.sum())) * (free / total), x)
        return np.minimum(np.maximum(x, 0.0), self.high)
