"""Rebuilding the bound of column generation from its certificate, for the checker. Shares `model` with the solvers, no more."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgeworth.core import validation
from edgeworth.core.numeric import FEASIBILITY_TOL
from edgeworth.routing.orienteering.check import kernels
from edgeworth.routing.orienteering.model import OrienteeringProblem

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

_LABELS = 20_000_000
_TINY_CYCLE = 1e-3
_EPS = float(np.finfo(np.float64).eps)


def recomputed_bound(problem: OrienteeringProblem, arrays: Mapping[str, NDArray[Any]]) -> float:
    """The bound that a certificate "ng-routes" proves on the value of every plan that `model.violations` lets pass.

        L = sum_i pi_i + sum_k max(0, max { value of r - sum of pi_i over its visits : r an ng-route of vehicle k }).

    An ng-route forgets that it visited i once it passes through a customer j that does not count i among its neighbours, and
    may then visit i again; without that it is a route like any other. Any pi >= 0 and any sets give a valid L. Two steps keep
    the maximum and make it sharper: customers at each other's doorstep (there and back in at most a thousandth of the
    vehicle's time) are always neighbours, and customers are left out whose reduced profit is no more than what passing them
    by saves, where that never takes longer. L is rounded up, and then down to a multiple of the greatest common divisor of
    the profits where all values are such multiples.

    arrays: ``multipliers`` float64 [n], pi >= 0; ``largest`` float64 [vehicle types], what the maxima are said to be: a
    floor (where a route reaches more, that counts); ``indptr`` int64 [n + 1] and ``members`` int64: the neighbours of j are
    ``members[indptr[j]:indptr[j + 1]]``.
    Raises KeyError for missing arrays, ValueError or TypeError for malformed ones, and where 20 million labels do not settle
    the maximum.
    """
    n = problem.customers
    pi = validation.array("multipliers", arrays["multipliers"], np.float64, (n,), minimum=0.0)
    floors = validation.array("largest", arrays["largest"], np.float64, (len(problem.vehicle_types),), minimum=0.0)
    near = _neighbours(n, arrays["indptr"], arrays["members"])
    terms = pi.tolist()
    for group, floor in zip(problem.vehicle_types, floors.tolist(), strict=True):
        terms += [_largest(problem, int(group[0]), pi, near, floor)] * len(group)
    total = math.fsum(terms)
    bound = total + 4.0 * _EPS * (n + 8) * total
    return _on_grid(problem, bound)


def _neighbours(n: int, indptr: NDArray[Any], members: NDArray[Any]) -> Flags:
    ends = validation.array("indptr", indptr, np.int64, (n + 1,), minimum=0)
    inside = validation.array("members", members, np.int64, (None,), minimum=0, maximum=max(n - 1, 0))
    if ends[0] != 0 or np.any(np.diff(ends) < 0) or ends[-1] != len(inside):
        validation.reject("indptr", f"must rise from 0 to {len(inside)}", ends)
    near = np.zeros((n, n), dtype=bool)
    near[np.repeat(np.arange(n), np.diff(ends)), inside] = True
    return near


def _largest(problem: OrienteeringProblem, vehicle: int, pi: Floats, near: Flags, floor: float) -> float:
    """The largest reduced value of an ng-route of that vehicle, at least `floor`."""
    n, limits = problem.customers, problem.limits
    places = [*range(n), int(problem.start[vehicle]), int(problem.end[vehicle])]
    travel = problem.drive_time(vehicle)[np.ix_(places, places)]
    cost = problem.edge_cost(vehicle)[np.ix_(places, places)]
    travel[:n] += problem.service_time[:, None]
    for a, b in [(i, i) for i in range(n + 2)] + [(b, n) for b in range(n + 2)] + [(n + 1, b) for b in range(n + 2)]:
        travel[a, b] = np.inf
    begin = float(problem.earliest[vehicle])
    opens = np.array([*problem.open, begin, begin])
    closes = np.array([*limits.close, begin, limits.latest[vehicle]])
    closes = closes + FEASIBILITY_TOL * np.maximum(1.0, np.abs(closes))  # rounding cannot hide a route
    capacity = float(limits.capacity[vehicle])
    capacity += FEASIBILITY_TOL * max(1.0, capacity)
    profit = problem.profit[vehicle] - problem.service_cost - pi
    span = max(1.0, float(np.abs(opens).max()), float(np.abs(closes).max()))
    skipped = _skipped(travel, cost, profit, 1e-12 * span)
    always = _doorstep(travel, n, float(problem.latest[vehicle]) - begin) | np.eye(n, dtype=bool)
    travel[n, n + 1] = np.inf  # a vehicle without customers stays
    travel[:n][skipped] = np.inf
    travel[:, :n][:, skipped] = np.inf
    gain = -cost
    gain[:, :n] += profit[None, :]
    demand = np.array([*problem.demand, 0.0, 0.0])
    nothing = np.zeros(0, dtype=np.int64)
    # First backwards with as little memory as can be: times run from 0 down to minus the begin. Then forward with those bounds.
    ways = kernels.spread(
        np.ascontiguousarray(travel.T), np.ascontiguousarray(gain.T), -closes, -opens + 1e-12 * span, demand, capacity,
        _bits(always), n + 1, n, nothing, nothing, np.zeros(0), np.zeros(0), False, -math.inf, _LABELS,
    )  # fmt: skip
    enough, found = ways[5], floor
    if enough:
        found, enough = kernels.spread(
            travel, gain, opens, closes, demand, capacity,
            _bits(near | always), n, n + 1, ways[0], ways[1], ways[2] - 2e-12 * span, ways[3], True, floor, _LABELS,
        )[4:]  # fmt: skip
    if not enough:
        raise ValueError(f"members: must settle the maximum within {_LABELS} labels; vehicle {vehicle} needs more")
    return float(found)


def _bits(near: Flags) -> NDArray[np.uint64]:
    """Rows of flags as bits, uint64 [n + 2, words]; depots remember nothing."""
    n = len(near)
    words = max(1, (n + 63) // 64)
    padded = np.zeros((n + 2, words * 64), dtype=bool)
    padded[:n, :n] = near
    powers = np.uint64(1) << np.arange(64, dtype=np.uint64)
    return np.asarray((padded.reshape(n + 2, words, 64) * powers).sum(axis=2, dtype=np.uint64))


def _skipped(travel: Floats, cost: Floats, profit: Floats, slack: float) -> Flags:
    """Customers without whom every route that visits them once is at least as good and no later."""
    out = np.zeros(len(profit), dtype=bool)
    for i in range(len(profit)):
        through, price = travel[:, i, None] + travel[None, i, :], cost[:, i, None] + cost[None, i, :]
        passes = np.isfinite(through)
        np.fill_diagonal(passes, False)
        out[i] = not np.any(passes & (travel > through + slack)) and not np.any(passes & (profit[i] > price - cost))
    return out


def _doorstep(travel: Floats, n: int, span: float) -> Flags:
    """Pairs of customers that a vehicle gets from one to the other and back in next to no time, by whatever way."""
    quickest = travel.copy()
    np.fill_diagonal(quickest, 0.0)
    for k in range(len(quickest)):
        np.minimum(quickest, quickest[:, k, None] + quickest[None, k, :], out=quickest)
    return np.asarray(quickest[:n, :n] + quickest[:n, :n].T <= _TINY_CYCLE * span)


def _on_grid(problem: OrienteeringProblem, bound: float) -> float:
    if not problem.integral or not math.isfinite(bound):
        return bound
    whole = (problem.profit - problem.service_cost).ravel()
    grid = math.gcd(*(int(x) for x in whole)) if len(whole) else 1
    if grid == 0:
        return 0.0
    return float(math.floor(bound / grid) * grid)
