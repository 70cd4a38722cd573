"""The leader's stage: the global optimum over the price, with a certificate."""

from __future__ import annotations

import heapq
import itertools
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from edgeworth.core import validation
from edgeworth.core.method import Found
from edgeworth.core.result import BoundEvidence, Certificate, Termination
from edgeworth.core.run import Run
from edgeworth.games.trading.exact.best import Best
from edgeworth.games.trading.exact.follower import stage
from edgeworth.games.trading.exact.intervals import Interval, bounding_contest, certificate, interval, widened
from edgeworth.games.trading.exact.piece import ZONE
from edgeworth.games.trading.exact.role_intervals import Chosen
from edgeworth.games.trading.model import Equilibrium, TradingGame, equilibrium_of

SMALL = 1_000
"""Up to so many consumers the default gap is 2e-10, beyond it 5e-7."""

_NARROW, _NARROWEST = 1e-10, 4e-13  # relative widths of intervals
_STUCK, _PATIENCE = 1e-7, 10
_CLOSED = 9e-10  # relative gap
_TICK = 0.02  # seconds


@dataclass(frozen=True)
class Exact:
    """Parameters of `price_branch_and_bound`.

    Parameters
    ----------
    gap : float, >= 0, or None
        Relative gap at which the search ends; None: 2e-10 up to 1,000 consumers, 5e-7 beyond.
    """

    gap: float | None = None

    def __post_init__(self) -> None:
        if self.gap is not None:
            validation.real("gap", self.gap, minimum=0.0)


class Stage(Protocol):
    """The consumers as the search over prices sees them."""

    def evaluate(self, best: Best, price: float, guess: float) -> float:
        """The mining power at a price (`guess`: of it, 0 for none); both answers of indifferent consumers are offered."""

    def widened(self, price: float, power: float, upper: bool) -> float:
        """The power, raised (`upper`) or lowered until the sum of shares says so beyond rounding."""

    def interval(self, left: float, right: float, x_left: float, x_right: float) -> Interval:
        """An interval of prices, with powers as `widened` gives them."""

    def split_point(self, best: Best, node: Interval) -> float | None:
        """Where to split an interval; None where no number is inside."""

    def certificate(self, leaves: Sequence[Interval]) -> Certificate:
        """Of intervals in the order of prices, which leave no price out."""

    def solution(self, best: Best) -> Equilibrium:
        """The incumbent as a solution."""


def price_branch_and_bound(game: TradingGame, params: Exact, run: Run[Equilibrium]) -> Found[Equilibrium]:
    """Branch and bound over the price for the leader's global optimum, the consumers answering with their equilibrium.

    Parameters
    ----------
    game : TradingGame
        The game.
    params : Exact
        Relative gap at which the search ends.
    run : Run
        Clock and stop rules of the run.

    Returns
    -------
    Found
        The price of greatest profit with the consumers' demands, and a bound on the profit of every price, recomputed from the
        certificate "price-intervals" (the intervals, the mining power at their ends and the ranges of e). OPTIMAL where the gap
        closes to 1e-9. ``iterations`` counts intervals split.

    Notes
    -----
    The mining power X(p) never rises with p. On an interval of prices all shares are confined by it, which tells who is surely
    interior or at a bound.

    1. Bound. Where n consumers are surely interior, with sums A_1 = sum g and A_0 = sum w, and the others mine B in all,

           p = (A_0 + (n - 1) / X + B / X^2) / A_1,

       and the total demand is a quadratic polynomial in X. The profit is the product, whose maximum over the powers of the
       interval is found from the roots of a quartic. Consumers whose regime is not certain enter by the range of their demand.
    2. Branching. The interval of the highest bound is split: at a threshold of consumers with linear utility inside it where
       there is one, in the middle otherwise.
    3. Ties. The profit may jump down where consumers are indifferent; the optimum is then attained with ties broken for the
       leader (``tie_break`` "strong": all of them ask for F_max, what they do at lower prices). A narrow interval of its own
       holds such a price and those that rounding cannot tell from it.

    A bound covers what floats and a checker's tolerance may do to shares and demands, about 1e-11 of the profit. The gap that
    ends the search is relative to |profit| or, where that is less, to how much the profits seen differ; beyond 1,000 consumers
    it is 5e-7 by default.

    Where roles are chosen the consumers' stage, the bound and its certificate "role-intervals" are those of
    `exact.roles` and `exact.role_intervals`; the search is the same.

    References
    ----------
    Szidarovszky and Okuguchi, On the existence and uniqueness of pure Nash equilibrium in rent-seeking games, Games and
    Economic Behavior 18 (1997), for the contest as an aggregative game. The bound is our own.
    """
    gap = params.gap if params.gap is not None else (2e-10 if game.consumers <= SMALL else 5e-7)
    noise = 4e-16 * game.max_price * game.max_demand * game.consumers  # what rounding leaves of the largest profit there is
    best, order = Best(), itertools.count()
    consumers: Stage = Chosen(game) if game.roles == "chosen" else _Given(game)
    low, high = game.min_price, game.max_price
    power_left = consumers.evaluate(best, low, 0.0)
    power_right = consumers.evaluate(best, high, power_left)
    root = consumers.interval(low, high, consumers.widened(low, power_left, True), consumers.widened(high, power_right, False))
    heap: list[tuple[float, int, Interval]] = [(-root.piece.bound, next(order), root)]
    closed: list[Interval] = []
    split, ended, reported = 0, run.tick(0, best.profit, root.piece.bound), time.perf_counter()
    while ended is None and heap:
        node = heap[0][2]
        excess, width = node.piece.bound - best.profit, node.right - node.left
        if excess <= max(gap * best.stake, noise, node.piece.noise):
            break
        if width <= _NARROW * node.right and excess <= _CLOSED * best.stake:
            break  # what is left is mostly allowances for rounding, which no splitting takes off
        heapq.heappop(heap)
        if width <= _NARROWEST * node.right or (width <= _STUCK * node.right and node.stuck >= _PATIENCE):
            closed.append(node)
            continue
        guess = float(np.sqrt(node.power_left) * np.sqrt(node.power_right))
        if node.piece.peak is not None and node.left < node.piece.peak < node.right:  # where the bound is attained
            consumers.evaluate(best, node.piece.peak, guess)
        middle = consumers.split_point(best, node)
        if middle is None:
            closed.append(node)
            continue
        power = consumers.evaluate(best, middle, guess)
        below, above = (consumers.widened(middle, power, upper) for upper in (False, True))
        for child in (
            consumers.interval(node.left, middle, node.power_left, below),
            consumers.interval(middle, node.right, above, node.power_right),
        ):
            stuck = node.stuck + 1 if child.piece.bound - best.profit > 0.9 * excess else 0
            heapq.heappush(heap, (-min(child.piece.bound, node.piece.bound), next(order), child._replace(stuck=stuck)))
        split += 1
        if time.perf_counter() - reported > _TICK or run.stop.rules:
            ended, reported = run.tick(split, best.profit, _upper(heap, closed)), time.perf_counter()
    leaves = sorted(closed + [entry[2] for entry in heap])
    bound = max(leaf.piece.bound for leaf in leaves)
    run.tick(split, best.profit, bound)
    ending = ended or (Termination.PROVED if bound - best.profit <= 1e-9 * abs(best.profit) else Termination.CONVERGED)
    return Found(
        consumers.solution(best),
        ending,
        bound=bound,
        evidence=BoundEvidence.RECOMPUTED,
        certificate=consumers.certificate(leaves),
        iterations=split,
        nodes=len(leaves),
    )


def _upper(heap: list[tuple[float, int, Interval]], closed: list[Interval]) -> float:
    return max([-heap[0][0]] * bool(heap) + [leaf.piece.bound for leaf in closed])


class _Given:
    """The consumers of a game whose roles are given."""

    def __init__(self, game: TradingGame) -> None:
        self.game, self.contest = game, bounding_contest(game)

    def evaluate(self, best: Best, price: float, guess: float) -> float:
        game = self.game
        demands, power, _ = stage(game, price, True, guess)
        best.offer(game, price, True, demands)
        if len(game.contest.linear) and np.any(game.contest.linear_threshold == price):
            best.offer(game, price, False, stage(game, price, False, guess)[0])
        return power

    def widened(self, price: float, power: float, upper: bool) -> float:
        return widened(self.game, self.contest, price, power, upper)

    def interval(self, left: float, right: float, x_left: float, x_right: float) -> Interval:
        return interval(self.game, self.contest, left, right, x_left, x_right)

    def split_point(self, best: Best, node: Interval) -> float | None:
        """The unit cost, else the middle one of the prices beside thresholds, else the middle.

        The threshold itself is evaluated on the way.
        """
        game, edge = self.game, self.contest.linear_threshold
        if node.left < game.unit_cost < node.right:
            return game.unit_cost
        beside = np.unique(np.outer(edge[np.isfinite(edge)], (1.0 - 1.25 * ZONE, 1.0 + 1.25 * ZONE)))
        inside = beside[(beside > node.left) & (beside < node.right)]
        if not len(inside):
            middle = 0.5 * (node.left + node.right)
            return middle if node.left < middle < node.right else None
        middle = float(inside[len(inside) // 2])
        near = float(edge[np.abs(edge - middle).argmin()])
        if game.min_price < near < game.max_price:
            self.evaluate(best, near, float(np.sqrt(node.power_left) * np.sqrt(node.power_right)))
        return middle

    def certificate(self, leaves: Sequence[Interval]) -> Certificate:
        return certificate(leaves)

    def solution(self, best: Best) -> Equilibrium:
        return equilibrium_of(self.game, best.price, best.demands, strong=best.strong)
