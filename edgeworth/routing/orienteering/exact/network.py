"""What label setting needs to know of one type of vehicle: times, costs and windows on its own small network."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from edgeworth.routing.orienteering.kernels import detours, labels
from edgeworth.routing.orienteering.model import OrienteeringProblem
from edgeworth.routing.orienteering.model.limits import elapsed

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Words = NDArray[np.uint64]

_TINY_CYCLE = 1e-3  # of the time until the vehicle must be back: customers this close are always remembered, so routes end
_MORE, _LESS = 1.0 + 2e-9, 1.0 - 1e-8  # on the safe side of what the checker, with margins of its own, takes for such limits
_LATE_CUSTOMERS = 300  # up to so many customers the tables of those out of reach are worth their memory
_LEAST = 1e-200  # numbers below it, or above its inverse, are not brought to a common unit
_TIE = 1e-15  # relative; times that close to each other are the same
_ROUNDING, _A_STOP = 2.0**-40, 2.0**-47
"""Relative, and for every customer where these are many: above what the checker allows for the sums of a route's terms and for
customers passed by, far above what they can lose, far below any tolerance."""


class _Late(NamedTuple):
    at: Floats
    mask: Words


class TypeNetwork:
    """The network of the vehicles `group`, which differ in nothing; every plan that `model.violations` lets pass fits it.

    Nodes: customers 0..n-1, start n, end n + 1; times since the vehicle's origin (`model.limits`). Windows, returns and
    capacity are a little wider than the model's, where these are not whole, and no narrower than the checker's, so the routes
    found must be checked with the model, and bounds hold for all plans; no limit is beyond what routes can reach, so that one
    of 1e12 blurs nothing. Arcs and customers that cost more than all customers together pay are left out: without such a
    route a plan is better. `served[i]`: can some route visit i? `worth` = profit - service_cost; `cost` by arc; `spared`: see
    `kernels.detours`; `close_by` [n, n]: customers that are remembered at each other in any case, since a cycle through both
    takes next to no time.
    """

    def __init__(self, problem: OrienteeringProblem, group: NDArray[np.int64]) -> None:
        k, n = int(group[0]), problem.customers
        self.customers, self.nodes, self.words = n, n + 2, max(1, (n + 63) // 64)
        self.group, self.count = group, len(group)
        place = np.concatenate([np.arange(n), [problem.start[k], problem.end[k]]]).astype(np.int64)
        grid = np.ix_(place, place)
        self.travel = problem.drive_time(k)[grid] + np.append(problem.service_time, [0.0, 0.0])[:, None]
        self.travel[:, n] = self.travel[n + 1, :] = np.inf
        np.fill_diagonal(self.travel, np.inf)
        self.cost = problem.edge_cost(k)[grid]
        self.worth = problem.profit[k] - problem.service_cost
        limits = problem.limits
        self.open = np.append(np.maximum(limits.open[k], 0.0), [0.0, 0.0])
        self.close = np.append(limits.close[k], [0.0, limits.latest[k]])
        rounding = max(_ROUNDING, _A_STOP * (n + 1))
        wider, tie = (0.0, 0.0) if limits.whole[k] else (rounding, _TIE)
        self.close += wider * np.abs(self.close)
        reach = self._reach()
        self.close = np.minimum(self.close, max(float(limits.reach[k]), reach) * (1.0 + wider))
        span = float(self.close.max())
        self.slack = wider * max(span, 0.0)
        self._loads(problem, k, 0.0 if limits.full[k] else rounding)
        quickest = self.travel.copy()
        np.fill_diagonal(quickest, 0.0)
        detours.closure(quickest)
        self.quickest = quickest
        earliest = np.maximum(self.open, quickest[n])
        last = np.minimum(self.close, self.close[n + 1] - quickest[:, n + 1])
        fits = (earliest <= last + self.slack) & (self.demand <= self.capacity)
        most = math.fsum(np.maximum(self.worth[fits[:n]], 0.0).tolist()) * _MORE
        fits[:n] &= self.worth >= -most
        self.served = fits[:n].copy()
        self.arcs = (earliest[:, None] + self.travel <= last[None, :] + self.slack) & fits[:, None] & fits[None, :]
        self.arcs &= self.cost <= most
        self.arcs[n, n + 1] = False
        self._round(problem, k)
        self.spared = np.empty(n)
        detours.detours(self.travel, self.cost, tie, self.spared)
        back = max(min(float(self.close[n + 1]), reach), 0.0) * _LESS  # the checker must find all of them close, too
        self.close_by = quickest[:n, :n] + quickest[:n, :n].T <= _TINY_CYCLE * back
        self._late: dict[bool, _Late] = {}
        self._whole = self.arcs

    def _reach(self) -> float:
        """No route that visits a customer once ends later. Relaxed ones do: where the checker, which derives a limit of its
        own, cut them later, it would find routes of larger values than the certificate states."""
        legs = np.where(self.travel <= self.close[self.customers + 1], self.travel, 0.0)
        driving = float(legs[:, : self.customers].max(axis=0, initial=0.0).sum() + 2.0 * legs.max(initial=0.0))
        return (driving + float(self.open.max())) * _MORE

    def _round(self, problem: OrienteeringProblem, vehicle: int) -> None:
        """terms: no route has larger ones in sum, at prices that nobody would exceed; blur [n], error: more than rounding can
        take from a customer's, respectively a route's, value while `unit` is 0."""
        sizes = 2.0 * np.abs(self.worth)
        dearest = np.where(self.arcs, self.cost, 0.0).max(axis=0, initial=0.0)
        self.terms = float(sizes[self.served].sum() + dearest.sum())
        self.blur = 2.0**-48 * (sizes + 2.0 * dearest[: self.customers] + float(dearest.max(initial=0.0)))
        self.error = 8.0 * 2.0**-53 * (2 * self.customers + 32) * self.terms
        self.unit = 0.0
        speed, factors = math.frexp(float(problem.speed[vehicle]))[0], [problem.distance, problem.travel_time]
        factors += [problem.cost_per_distance[vehicle : vehicle + 1], problem.cost_per_time[vehicle : vehicle + 1]]
        # Products of numbers of 24 bits are exact, and so are quotients by a power of two.
        short = speed == 0.5 and all(_short(x) for x in factors)
        self.short = short or not self.cost[self.arcs].any()
        paid, service = problem.profit[vehicle][self.served], problem.service_cost[self.served]
        self.whole_terms = [paid, service, self.cost[self.arcs]]

    def exact(self, unit: float) -> None:
        """All values are multiples of `unit`, prices are made so: no sum of them is rounded."""
        self.unit, self.error, self.blur = unit, 0.0, np.zeros(self.customers)

    def _loads(self, problem: OrienteeringProblem, vehicle: int, wider: float) -> None:
        """Demands, without those that no set of customers can break the capacity with."""
        self.demand = np.append(problem.demand, [0.0, 0.0])
        self.capacity = float(problem.limits.capacity[vehicle]) * (1.0 + wider)
        if math.fsum(problem.demand.tolist()) <= float(problem.capacity[vehicle]):
            self.demand, self.capacity = np.zeros(self.nodes), math.inf

    def restrict(self, used: Flags) -> None:
        """Only these arcs, bool [N, N], and those that were left: no better plan has others. Bounds then hold for better plans
        alone, and every customer that is worth its way without prices must stay active: what passes it by may be gone. Where
        none is taken away nothing of that applies."""
        left = self.arcs & used
        if not np.array_equal(left, self.arcs):
            self.arcs = left

    def restore(self) -> None:
        """All arcs again."""
        self.arcs = self._whole

    @property
    def restricted(self) -> bool:
        """Whether arcs were taken away."""
        return self.arcs is not self._whole

    def reduced(self, prices: Floats) -> Floats:
        """The value of every arc, float64 [N, N], when every customer costs its price: worth of the head less costs."""
        gain = -self.cost
        gain[:, : self.customers] += (self.worth - prices)[None, :]
        return gain

    def worthwhile(self, prices: Floats) -> Flags:
        """Customers that a route of largest reduced value may need; all others can be passed by without loss."""
        return np.asarray(self.served & (self.worth - prices > self.spared - self.blur))

    def memory(self, near: Flags | None) -> Words:
        """Bits, uint64 [N, W]: what a label that arrives at a node may remember. near bool [n, n]; None: everything."""
        n = self.customers
        known = np.zeros((self.nodes, self.words * 64), dtype=bool)
        known[:n, :n] = True if near is None else near | self.close_by
        known[np.arange(n), np.arange(n)] = True
        packed = np.packbits(known.reshape(self.nodes, self.words, 64), axis=2, bitorder="little")
        return packed.view("<u8").reshape(self.nodes, self.words).astype(np.uint64)

    def network(self, gain: Floats, active: Flags, memory: Words, *, reverse: bool = False) -> labels.Network:
        """A `labels.Network` over the customers `active` [n]; reversed, times are negative and routes begin at the end."""
        n = self.customers
        arcs = self.arcs.copy()
        arcs[:n][~active] = False
        arcs[:, :n][:, ~active] = False
        travel, opens, closes, start, end = self.travel, self.open, self.close, n, n + 1
        if reverse:
            arcs, travel, gain = arcs.T, travel.T, gain.T
            opens, closes, start, end = -closes, -opens + self.slack, end, start
        tails, heads = np.nonzero(arcs)
        ptr = np.searchsorted(tails, np.arange(self.nodes + 1))
        late = self._late_rows(reverse)
        return labels.Network(
            np.ascontiguousarray(travel),
            np.ascontiguousarray(gain),
            np.ascontiguousarray(opens),
            np.ascontiguousarray(closes),
            self.demand,
            self.capacity,
            self.slack,
            memory,
            ptr.astype(np.int64),
            heads.astype(np.int64),
            start,
            end,
            late.at,
            late.mask,
        )

    def _late_rows(self, reverse: bool) -> _Late:
        """When which customers get out of reach of each node, by shortest times, so that no detour brings them back."""
        if reverse not in self._late:
            n, nodes = self.customers, self.nodes
            if n > _LATE_CUSTOMERS:
                self._late[reverse] = _Late(np.empty((nodes, 0)), np.zeros((nodes, 1, self.words), dtype=np.uint64))
                return self._late[reverse]
            limit = self.close[None, :n] - self.quickest[:, :n]
            if reverse:
                limit = -self.open[None, :n] + self.slack - self.quickest[:n, :].T
            order = np.argsort(limit, axis=1, kind="stable")
            mask = np.zeros((nodes, n + 1, self.words), dtype=np.uint64)
            rows = np.arange(nodes)
            for r in range(n):
                mask[:, r + 1] = mask[:, r]
                out = order[:, r]
                mask[rows, r + 1, out >> 6] |= np.uint64(1) << (out & 63).astype(np.uint64)
            at = np.take_along_axis(limit, order, axis=1) + self.slack
            self._late[reverse] = _Late(np.ascontiguousarray(at), mask)
        return self._late[reverse]


def networks(problem: OrienteeringProblem) -> list[TypeNetwork]:
    """One for every type of vehicle; with exact values where all sums of values are multiples of one power of two."""
    bases = [TypeNetwork(problem, group) for group in problem.vehicle_types]
    largest = max((base.terms for base in bases), default=0.0)
    if _LEAST < largest < 1.0 / _LEAST:
        unit = 2.0 ** (math.frexp(largest)[1] - 48)
        scaled = [values / unit for base in bases for values in base.whole_terms]
        exact = all(np.array_equal(x, np.rint(x)) and bool(np.all(np.abs(x) <= 2.0**52)) for x in scaled)
        if exact and all(base.short for base in bases):
            for base in bases:
                base.exact(unit)
    return bases


def _short(values: Floats) -> bool:
    return bool(np.abs(values).max(initial=0.0) < 1e38) and np.array_equal(values.astype(np.float32).astype(np.float64), values)


def value_grid(problem: OrienteeringProblem) -> float:
    """A number that the value of every plan is a multiple of, 0 where none is known."""
    if not problem.integral:
        return 0.0
    whole = (problem.profit - problem.service_cost).ravel()
    if len(whole) and np.abs(whole).max() >= 2.0**50:
        return 0.0
    return float(np.gcd.reduce(whole.astype(np.int64))) if len(whole) else 1.0


def route_value(problem: OrienteeringProblem, vehicle: int, stops: Sequence[int]) -> float | None:
    """The value of that vehicle's route, None where the model would not let it pass."""
    if len(set(stops)) < len(stops):
        return None
    limits, nodes = problem.limits, np.array(stops, dtype=np.int64)
    begins, back = elapsed(problem, limits, vehicle, nodes)
    late = np.any(begins > limits.close[vehicle, nodes]) or (len(nodes) and back > limits.latest[vehicle])
    if late or sum(problem.demand[nodes].tolist()) > limits.capacity[vehicle]:
        return None
    if not len(nodes):
        return 0.0
    tail, head = np.append(problem.start[vehicle], nodes), np.append(nodes, problem.end[vehicle])
    by_distance = problem.cost_per_distance[vehicle] * problem.distance[tail, head]
    by_time = problem.cost_per_time[vehicle] * (problem.travel_time[tail, head] / problem.speed[vehicle])
    paid, cost = problem.profit[vehicle, nodes].tolist(), problem.service_cost[nodes].tolist()
    return math.fsum([*paid, *(-x for x in cost), *(-x for x in (by_distance + by_time).tolist())])
