"""The leader's stage: the global optimum over the price, with a certificate."""

from __future__ import annotations

import heapq
import itertools
import time
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from edgeworth.core import validation
from edgeworth.core.method import Found
from edgeworth.core.result import BoundEvidence, Certificate, Termination
from edgeworth.core.run import Run
from edgeworth.games.trading.exact.follower import stage
from edgeworth.games.trading.exact.piece import Piece, piece_of
from edgeworth.games.trading.kernels import bound as kernel
from edgeworth.games.trading.model import Equilibrium, Floats, TradingGame, equilibrium_of

CERTIFICATE = "price-intervals"
SMALL = 1_000
"""Up to so many consumers the default gap is 2e-10, beyond it 5e-7."""

_SLACK = 2e-14  # relative; the powers of the certificate leave the rounding of the follower stage inside
_TICK = 0.02  # seconds


@dataclass(frozen=True)
class Exact:
    """Parameters of `exact`. gap: relative gap at which it ends, >= 0; None: 2e-10 up to 1,000 consumers, 5e-7 beyond."""

    gap: float | None = None

    def __post_init__(self) -> None:
        if self.gap is not None:
            validation.real("gap", self.gap, minimum=0.0)


class _Node(NamedTuple):
    """An interval of prices: its ends, the mining power at each (rounded outward), the range of e, what is known of it."""

    left: float
    right: float
    power_left: float
    power_right: float
    e_low: float
    e_high: float
    piece: Piece


class _Best:
    """The best price so far."""

    def __init__(self) -> None:
        self.profit, self.price, self.strong, self.demands = -np.inf, 0.0, False, np.empty(0)

    def offer(self, game: TradingGame, price: float, strong: bool, demands: Floats) -> None:
        profit = (price - game.unit_cost) * float(demands.sum())
        if profit > self.profit:
            self.profit, self.price, self.strong, self.demands = profit, price, strong, demands


def exact(game: TradingGame, params: Exact, run: Run[Equilibrium]) -> Found[Equilibrium]:
    """The price of greatest profit, the consumers answering with their equilibrium: branch and bound over prices.

    The mining power X(p) never rises with p. On an interval of prices all shares are confined by it (`kernels.bound`), which
    says who is surely interior or at a bound. Where n consumers are surely interior, with sums A_1 = sum g, A_0 = sum w, and
    the others mine B in all, ``p = (A_0 + (n - 1) / X + B / X^2) / A_1`` and the total demand is a quadratic polynomial in X;
    the profit is their product, whose maximum over the interval's powers is found from the roots of a quartic. Consumers of
    whom nothing is sure enter by the range of their x. The interval with the highest bound is split, at a threshold of
    linear consumers inside it where there is one, in the middle otherwise.

    Profit may jump down where linear consumers are indifferent; the optimum is then attained with ties broken for the leader
    (``tie_break`` "strong": all of them ask for F_max, what they do at lower prices).

    Iterations: intervals split; rules ``iterations``, ``gap`` and ``target``. The certificate "price-intervals" holds the
    intervals, the powers at their ends and the ranges of e, from which the checker rebuilds every bound. OPTIMAL when the gap
    closes to 1e-9; beyond 1,000 consumers it ends at 5e-7 unless told otherwise.
    Source: ours; the contest as an aggregative game after Szidarovszky and Okuguchi, Games Econ. Behav. 18 (1997).
    """
    gap = params.gap if params.gap is not None else (2e-10 if game.consumers <= SMALL else 5e-7)
    noise = 4e-16 * game.max_price * game.max_demand * game.consumers  # what rounding leaves of the largest profit there is
    best, order = _Best(), itertools.count()
    power_left = _evaluate(game, best, game.min_price, 0.0)[1]
    power_right = _evaluate(game, best, game.max_price, power_left)[0]
    root = _node(game, game.min_price, game.max_price, power_left, power_right)
    heap: list[tuple[float, int, _Node]] = [(-root.piece.bound, next(order), root)]
    closed: list[_Node] = []
    split, ended, told = 0, run.tick(0, best.profit, root.piece.bound), time.perf_counter()
    while ended is None and heap:
        node = heap[0][2]
        if node.piece.bound - best.profit <= max(gap * max(abs(best.profit), 1e-10), noise):
            break
        heapq.heappop(heap)
        _try_peak(game, best, node)
        middle = _split_point(game, node)
        if middle is None:
            closed.append(node)
            continue
        guess = float(np.sqrt(node.power_left) * np.sqrt(node.power_right))
        before, after = _evaluate(game, best, middle, guess)
        for child in (
            _node(game, node.left, middle, node.power_left, before),
            _node(game, middle, node.right, after, node.power_right),
        ):
            heapq.heappush(heap, (-min(child.piece.bound, node.piece.bound), next(order), child))
        split += 1
        if time.perf_counter() - told > _TICK or run.stop.rules:
            ended, told = run.tick(split, best.profit, _upper(heap, closed)), time.perf_counter()
    leaves = sorted(closed + [entry[2] for entry in heap])
    bound = max(leaf.piece.bound for leaf in leaves)
    run.tick(split, best.profit, bound)
    ending = ended or (Termination.PROVED if bound - best.profit <= 1e-9 * abs(best.profit) else Termination.CONVERGED)
    return Found(
        equilibrium_of(game, best.price, best.demands, strong=best.strong),
        ending,
        bound=bound,
        evidence=BoundEvidence.RECOMPUTED,
        certificate=_certificate(game, leaves),
        iterations=split,
        nodes=len(leaves),
    )


def _upper(heap: list[tuple[float, int, _Node]], closed: list[_Node]) -> float:
    return max([-heap[0][0]] * bool(heap) + [leaf.piece.bound for leaf in closed])


def _evaluate(game: TradingGame, best: _Best, price: float, guess: float) -> tuple[float, float]:
    """The mining power just below a price and just above it; both answers of indifferent consumers are offered."""
    demands, power, _ = stage(game, price, True, guess)
    best.offer(game, price, True, demands)
    after = power
    if len(game.contest.linear) and np.any(game.contest.linear_threshold == price):
        demands, after, _ = stage(game, price, False, guess)
        best.offer(game, price, False, demands)
    return power, after


def _node(game: TradingGame, left: float, right: float, power_left: float, power_right: float) -> _Node:
    """The interval, with powers as `_evaluate` gives them; bounds are for powers widened by the slack."""
    contest = game.contest
    if not len(contest.rows):
        return _Node(left, right, 1.0, 1.0, 0.0, 0.0, piece_of(game, left, right, 1.0, 1.0, np.zeros(15)))
    x_left, x_right = power_left * (1.0 + _SLACK), power_right * (1.0 - _SLACK)
    edge, role = contest.linear_threshold, contest.linear_beta
    held_low = float(role[edge >= right].sum()) * game.max_demand + float(role[edge < right].sum()) * game.min_demand
    held_high = float(role[edge > left].sum()) * game.max_demand + float(role[edge <= left].sum()) * game.min_demand
    shape = (contest.slope, contest.offset, contest.beta, game.min_demand, game.max_demand, left, x_left, right, x_right)
    e_low, e_high = kernel.deviation(*shape, held_low, held_high)
    out = np.empty(15)
    kernel.sums(*shape, e_low, e_high, out)
    return _Node(left, right, power_left, power_right, e_low, e_high, piece_of(game, left, right, x_left, x_right, out))


def _try_peak(game: TradingGame, best: _Best, node: _Node) -> None:
    """Evaluate the price at which the node's bound is attained, where it lies inside."""
    price = node.piece.peak
    if price is not None and node.left < price < node.right:
        _evaluate(game, best, price, float(np.sqrt(node.power_left) * np.sqrt(node.power_right)))


def _split_point(game: TradingGame, node: _Node) -> float | None:
    """The unit cost, else the middle one of the thresholds inside, else the middle; None where there is no number inside."""
    if node.left < game.unit_cost < node.right:
        return game.unit_cost
    edge = game.contest.linear_threshold
    inside = np.unique(edge[(edge > node.left) & (edge < node.right)])
    middle = float(inside[len(inside) // 2]) if len(inside) else 0.5 * (node.left + node.right)
    return middle if node.left < middle < node.right else None


def _certificate(game: TradingGame, leaves: list[_Node]) -> Certificate:
    price = np.array([leaves[0].left, *(leaf.right for leaf in leaves)])
    slack = _SLACK if len(game.contest.rows) else 0.0
    return Certificate(
        CERTIFICATE,
        {
            "price": price,
            "power_left": np.array([leaf.power_left * (1.0 + slack) for leaf in leaves]),
            "power_right": np.array([leaf.power_right * (1.0 - slack) for leaf in leaves]),
            "e_low": np.array([leaf.e_low for leaf in leaves]),
            "e_high": np.array([leaf.e_high for leaf in leaves]),
        },
    )
