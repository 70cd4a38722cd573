"""The checker of a round's bound: the number again from its certificate alone, rounded outward.

It shares the records of world and round and the model of the offloading game with the solver, and nothing else.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from edgeworth.core import validation
from edgeworth.core.arrays import Floats, Ints
from edgeworth.systems.fusion.kernels_bound_check import NOTHING, best_tour
from edgeworth.systems.fusion.stage import Stage

_BITS = 40  # whole numbers count 2^-40 of money
_MOST = 2.0**17  # money; more would leave the range of 64 bits
_FEW = 10
_SHORTER = 1.0 - 1e-12  # more than the rounding of a distance, a quotient and a product


def rebuilt_offline(stage: Stage, bonus: Floats, multiplier: Floats, tick: Callable[[], None] | None = None) -> float:
    """The bound of the offline stage that multipliers prove.

    Parameters
    ----------
    stage : Stage
    bonus : float64 [S, per_uav + 1]
        What the online stage gains at most from a UAV that takes 0, 1, ... users at a server.
    multiplier : float64 [S]
        lambda >= 0; any such numbers give a valid bound.
    tick : callable, optional
        Called between agents; what it raises ends the work.

    Returns
    -------
    float

    Raises
    ------
    ValueError, TypeError
        For multipliers that are none, and for money beyond 2^17.

    Notes
    -----
    All money is counted in whole multiples of 2^-40: worth rounded up, costs rounded down, so that sums and maxima are exact.
    """
    s, m = len(stage.value), stage.per_uav
    priced = validation.array("multiplier", multiplier, np.float64, (s,), minimum=0.0, maximum=_MOST)
    gained = validation.array("bonus", bonus, np.float64, (s, m + 1), minimum=0.0, maximum=_MOST)
    price = [int(x) for x in np.ldexp(priced, _BITS)]
    value = [_up(x) for x in stage.value.tolist()]
    flown = [[_up(x) for x in row] for row in gained.tolist()]
    reach = stage.reaches()
    total = sum(price)
    for k in range(len(stage.cost)):
        if tick is not None:
            tick()
        cost, units = _down(float(stage.cost[k])), int(stage.fleet[k]) * m
        worth: dict[int, list[int]] = {}
        for i in np.flatnonzero(reach[k]).tolist():
            used = [min(q, int(stage.overload[i])) for q in range(1, units + 1)]
            row = [
                value[i] * used[q - 1] - cost * q + (q // m) * flown[i][m] + flown[i][q % m] - price[i]
                for q in range(1, units + 1)
            ]
            if max(row) > 0:
                worth[i] = row
        if worth:
            total += _agent(stage, k, worth)
    return math.nextafter(math.ldexp(float(total), -_BITS), math.inf)


def _agent(stage: Stage, k: int, worth: dict[int, list[int]]) -> int:
    """No tour of agent k is worth more, prices paid."""
    order = sorted(worth, key=lambda i: (-max(worth[i]), i))
    first, rest = order[:_FEW], order[_FEW:]
    rate, fixed = float(stage.rate[k]), _down(float(stage.fixed[k]))

    def cost(seconds: Floats) -> Ints:
        money = np.minimum(rate * seconds * _SHORTER, _MOST)  # a cheaper road is a valid one
        return np.floor(np.ldexp(money, _BITS)).astype(np.int64)

    at = np.array(first)
    out, drive = stage.out[k, at], stage.drive[k][np.ix_(at, at)]
    table = np.array([[NOTHING, *worth[i]] for i in first])
    closes, latest = stage.closing()[at], float(stage.returning()[k])
    most = int(best_tour(table, cost(drive), drive, cost(out), out, fixed, stage.opens[at], closes, latest, stage.service))
    most += sum(max(worth[i]) for i in rest)
    return min(most, _far(stage, k, worth, cost, fixed)) if rest else most


def _far(stage: Stage, k: int, worth: dict[int, list[int]], cost: Callable[[Floats], Ints], fixed: int) -> int:
    """The same where a tour is only as long as the way to its farthest stop and back."""
    near = sorted(worth, key=lambda i: float(stage.out[k, i]))
    trip = cost(2.0 * stage.out[k, near])
    units = len(worth[near[0]])
    best = np.full(units + 1, NOTHING)
    best[0] = most = 0
    for i, way in zip(near, trip.tolist(), strict=True):
        before = best.copy()
        for q, gain in enumerate(worth[i], 1):
            best[q:] = np.maximum(best[q:], before[: units + 1 - q] + gain)
        most = max(most, int(best.max()) - way - fixed)
    return most


def _up(money: float) -> int:
    return math.ceil(math.ldexp(validation.real("money", money, minimum=0.0, maximum=_MOST), _BITS))


def _down(money: float) -> int:
    return math.floor(math.ldexp(validation.real("money", money, minimum=0.0, maximum=_MOST), _BITS))
