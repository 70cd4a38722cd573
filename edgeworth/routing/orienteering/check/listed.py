"""Rebuilding the bound of a proof beyond the root: routes of better plans, listed anew, and a tree that rules them out."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from edgeworth.core import validation
from edgeworth.core.arrays import Arrays
from edgeworth.core.checking import Budget, certificate_array
from edgeworth.routing.orienteering.check.bound import multipliers_and_sets, on_grid, upwards
from edgeworth.routing.orienteering.check.labelling import completions, flags, routes_above
from edgeworth.routing.orienteering.check.network import MAGNITUDE, ROUND, Flags, Floats, Network, networks
from edgeworth.routing.orienteering.model import OrienteeringProblem

Ints = NDArray[np.int64]


class Routes(NamedTuple):
    """visits bool [routes, n + K]: the customers of each route, and its vehicle type; worth [routes]: no smaller than its value
    and that of any other order of the same customers. counts [K]: vehicles of every type; error: of a plan's routes in sum."""

    visits: Flags
    worth: Floats
    counts: Ints


def listed_bound(problem: OrienteeringProblem, arrays: Arrays, budget: Budget) -> float:
    """The bound that a certificate "listed-routes" proves on the value of every plan that `model.violations` lets pass.

    With multipliers pi and sets of neighbours as in "ng-routes", and a target t: a plan worth more than t holds only routes
    whose reduced value is above

        t - sum_i pi_i - sum_k largest_k + the largest of its own vehicle,

    and these are few. They are listed here by label setting of the checker's own; of routes over the same customers the best
    one stands for all. A tree then shows what plans made of these routes are worth at most. At a node with the pair (i, j),
    i a customer, j a customer or n + a vehicle type, the first branch holds the plans in which one route has both i and j (so
    no other route has one of them), the second the plans in which none has both; i = j: is i visited? Every leaf has
    multipliers lambda, >= 0 but for customers that its branch says are visited, and the plans of a leaf are worth at most

        sum_i lambda_i + sum_k max(0, max { value of r - sum of lambda_i over its visits : r listed, allowed at the leaf }).

    The bound is the largest of t and these. The labels' largest values are a by-product; a certificate that states less is
    refused.

    Rounding, on top of what `check.network` derives: the best plan without the customers that are never worth a detour is
    worth no less than the best plan, but for the routes' errors; these are taken off the threshold twice and added to every
    listed value once; a leaf's sums of up to n + 2 terms are off by (n + 4) u of their absolute sum for each vehicle.

    arrays: those of "ng-routes"; ``target`` float64 [1]; ``branches`` int64 [nodes, 2], in preorder, (-1, -1) at leaves;
    ``leaves`` float64 [leaves, n] in the same order. Raises as `recomputed_bound` does.
    """
    n, kinds = problem.customers, len(problem.vehicle_types)
    pi, floors, near = multipliers_and_sets(problem, arrays)
    target = float(certificate_array(arrays, "target", np.float64, (1,), minimum=-MAGNITUDE, maximum=MAGNITUDE)[0])
    branches = certificate_array(arrays, "branches", np.int64, (None, 2), minimum=-1, maximum=n + kinds - 1)
    leaves = certificate_array(arrays, "leaves", np.float64, (None, n), minimum=-MAGNITUDE, maximum=MAGNITUDE)
    found, pi = networks(problem, pi, budget)
    tops = [floor + 2.0 * each.error for each, floor in zip(found, floors.tolist(), strict=True)]
    total = upwards([*pi.tolist(), *(each.count * (top + each.error) for each, top in zip(found, tops, strict=True))])
    parts = []
    for kind, (network, floor, top) in enumerate(zip(found, floors.tolist(), tops, strict=True)):
        least = target - total + top - 2.0 * network.error - 8.0 * ROUND * (abs(target) + total)
        parts.append(_above(network, kind, kinds, pi, near, floor, least, budget))
    counts = np.array([each.count for each in found], dtype=np.int64)
    visits = np.concatenate([part.visits for part in parts]) if parts else np.zeros((0, n), dtype=bool)
    worth = np.concatenate([part.worth for part in parts]) if parts else np.zeros(0)
    tree = _Tree(Routes(visits, worth, counts), n, budget)
    return on_grid(problem, max(target, tree.bound(branches, leaves)))


def _above(
    network: Network, kind: int, kinds: int, pi: Floats, near: Flags, floor: float, least: float, budget: Budget
) -> Routes:
    """The routes of that type above the threshold."""
    skipped = network.skipped(np.zeros(network.n))
    behind = completions(network, skipped, near, min(least, floor) - network.error, budget)
    if behind.best > floor + network.error:
        validation.reject("largest", f"must be at least what a route of vehicle type {kind} reaches, {behind.best}", floor)
    memory, reduced = routes_above(network, skipped, behind, least - network.error, budget)
    visits = np.zeros((len(reduced), network.n + kinds), dtype=bool)
    visits[:, : network.n] = flags(memory, network.n)
    visits[:, network.n + kind] = True
    paid = visits[:, : network.n] @ pi
    worth = reduced + paid + network.error
    worth += (network.n + 4) * ROUND * (np.abs(reduced) + paid) * (network.error > 0.0)
    pays = worth > 0.0  # plans are as good without the others
    return Routes(visits[pays], worth[pays], np.zeros(0, dtype=np.int64))


class _Tree:
    """The branches, walked in preorder; `gone`: at which depth a route was excluded, `needed`: a customer demanded (0: not)."""

    def __init__(self, routes: Routes, n: int, budget: Budget) -> None:
        self.routes, self.n, self.budget = routes, n, budget
        self.gone = np.zeros(len(routes.worth), dtype=np.int64)
        self.needed = np.zeros(n, dtype=np.int64)
        rows, self.stops = np.nonzero(routes.visits[:, :n])
        self.begins = np.searchsorted(rows, np.arange(len(routes.worth)))
        self.kind = routes.visits[:, n:].argmax(axis=1) if len(routes.worth) else np.zeros(0, dtype=np.int64)

    def bound(self, branches: Ints, leaves: Floats) -> float:
        """The largest bound of a leaf."""
        waiting: list[tuple[int, int, int]] = []
        best, depth, leaf = -math.inf, 0, 0
        for place, (i, j) in enumerate(branches.tolist()):
            self.budget.check()
            if i >= 0:
                if not (i < self.n and j >= 0):
                    validation.reject("branches", "must hold pairs of a customer and a customer or vehicle type", (i, j))
                waiting.append((depth, i, j))
                depth += 1
                self._together(i, j, depth)
                continue
            if leaf >= len(leaves):
                validation.reject("leaves", "must hold multipliers for every leaf of branches", leaves)
            best = max(best, self._leaf(leaves[leaf]))
            leaf += 1
            if not waiting:
                if place + 1 < len(branches) or leaf < len(leaves):
                    validation.reject("branches", "must be one tree with as many leaves as there are", branches)
                return best
            above, i, j = waiting.pop()
            depth = above + 1
            self.gone[self.gone > above] = 0
            self.needed[self.needed > above] = 0
            self._exclude(self.routes.visits[:, i] & self.routes.visits[:, j], depth)
        raise ValueError(f"branches: must be a whole tree; got {len(branches)} nodes")

    def _exclude(self, rows: Flags, depth: int) -> None:
        self.gone[rows & (self.gone == 0)] = depth

    def _together(self, i: int, j: int, depth: int) -> None:
        """One route has both."""
        one, other = self.routes.visits[:, i], self.routes.visits[:, j]
        self._exclude(one ^ other if j < self.n else one & ~other, depth)
        for k in (i, j):
            if k < self.n and not self.needed[k]:
                self.needed[k] = depth

    def _leaf(self, prices: Floats) -> float:
        """What plans of the routes still there are worth at most."""
        if np.any(prices[self.needed == 0] < 0.0):
            validation.reject("leaves", "must be >= 0 but for customers that the branch says are visited", prices)
        counts = self.routes.counts
        best = np.zeros(len(counts))
        if len(self.begins):
            sums = np.append(prices[self.stops], 0.0)
            paid = np.add.reduceat(sums, self.begins) * (self._lengths() > 0)
            reduced = np.where(self.gone == 0, self.routes.worth - paid, -np.inf)
            np.maximum.at(best, self.kind, reduced)
        size = float(np.abs(prices).sum())
        largest = float(np.abs(self.routes.worth).max(initial=0.0)) + size
        margin = (self.n + 4) * ROUND * (float(counts.sum()) * largest + size)
        return upwards([*prices.tolist(), *(counts * best).tolist(), margin])

    def _lengths(self) -> Ints:
        return np.asarray(np.diff(np.append(self.begins, len(self.stops))))
