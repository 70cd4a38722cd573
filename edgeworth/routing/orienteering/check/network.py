"""One vehicle type's network as the checker sees it, with margins for all that rounding may do. Shares `model` alone.

Rounding, once for this whole room. u = 2^-53; every operation on floats returns its result times 1 + d, abs(d) <= u.

*Times* are durations since the vehicle's origin (`model.limits`), sums of terms >= 0, so errors are relative: after s stops
the model's own clock, 3 roundings a stop, shows at least the true time (1 - u)^(3 s + 3). A route that lacks the customers
which `skipped` leaves out is later than the one with them by at most 1 + 15 u a customer (see there). The clock of the kernels
shows at most the true time (1 + u)^(3 s + 3). With s <= n, whatever `model.violations` lets pass stays inside windows that are
wider by the factor 1 + (24 n + 32) u. Where all times are whole numbers nothing is rounded and nothing is widened.

*Backwards*, latest starts are differences, so their errors are absolute: at most 2 u T a stop, T the largest limit, and 3 u T a
stop for the forward clock from there on. A completion counts when it starts no earlier than (8 n + 32) u T before the label.
Limits are first cut to what can be reached at all, so that a limit of 1e12 that means none blurs nothing.

*Loads* are sums of terms >= 0, in any order off by a factor within (1 + u)^n; what is subtracted is off by u times the
capacity. Capacities are wider by the factor 1 + (8 n + 32) u, not where demands are whole.

*Values*. The network holds one float for every arc: profit less service cost and multiplier of its head, less the cost of
the arc: 3 roundings, each of a difference that the scale S of the type bounds (what cancels exactly costs nothing); a route of
at most n + 1 arcs, summed from one end or in two parts, is off by (n + 3) u S more, bypassing customers by 4 u S. Hence
``error`` = (2 n + 32) u S bounds all of it, with S the sum over the customers of abs(profit - service cost) + multiplier and
of the dearest arc to each of them and to the end. It is 0 where all terms are multiples of a power of two so large that sums
up to S are exact; multipliers may be moved to such multiples, since any that are >= 0 prove something. The model's costs of
arcs are themselves products and a quotient, off by 6 u times the costs from rational arithmetic, which is added where these
are not exact (factors of 24 bits and speeds that are powers of two). A type of which no route is worth more than -``error``
adds nothing to a bound, and no error either.

*What never pays*. An arc or a customer that costs more than all customers together pay is on no route worth anything: without
its vehicle's route a plan is better, so such arcs and customers are left out and S does not count them. Passing a customer by
may lead along such an arc; then the route with the customer, no better than the one without, has a reduced value below 0, too.

*Comparisons* of labels need no margins: if one label is no later, no heavier and no worse than another, then so is every way
on, since rounded addition is monotone.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from edgeworth.core.checking import Budget
from edgeworth.routing.orienteering.check import kernels
from edgeworth.routing.orienteering.model import OrienteeringProblem

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Words = NDArray[np.uint64]

ROUND = 2.0**-53
MAGNITUDE = 1e100
"""Of the numbers of problems and certificates: no product or sum of them overflows."""

_DOORSTEP = 1e-3  # of the vehicle's time
_SINGLE = 1e38  # numbers up to this are looked at as single floats
_SMALLEST, _LARGEST = 1e-250, 1e250  # of the sums that may be exact


class Network:
    """The vehicles of one type. Nodes: customers 0..n-1, start n, end n + 1.

    travel [N, N]: service at the first node and the way to the second, infinite where that arc cannot be used; cost [N, N];
    opens, closes, demand [N]; capacity; blur: what completions may miss in time; usable [n]: who can be visited at all;
    worth [n]: profit less service cost. `price` sets gain [N, N] and error, of any route's value.
    """

    def __init__(self, problem: OrienteeringProblem, group: NDArray[np.int64], budget: Budget) -> None:
        n, limits, vehicle = problem.customers, problem.limits, int(group[0])
        self.n, self.nodes, self.count, self._budget = n, n + 2, len(group), budget
        places = [*range(n), int(problem.start[vehicle]), int(problem.end[vehicle])]
        self.travel = problem.drive_time(vehicle)[np.ix_(places, places)]
        self.travel[:n] += problem.service_time[:, None]
        np.fill_diagonal(self.travel, np.inf)
        self.travel[:, n] = self.travel[n + 1, :] = np.inf
        self.cost = problem.edge_cost(vehicle)[np.ix_(places, places)]
        whole = bool(limits.whole[vehicle])
        self.opens = np.append(np.maximum(limits.open[vehicle], 0.0), [0.0, 0.0])
        closes = np.append(limits.close[vehicle], [0.0, limits.latest[vehicle]])
        self.closes = np.minimum(closes, self._reach(float(closes[n + 1])))
        if not whole:
            self.closes = np.where(self.closes > 0.0, self.closes * (1.0 + (24 * n + 32) * ROUND), self.closes)
        self.blur = 0.0 if whole else (8 * n + 32) * ROUND * max(float(self.closes.max()), 0.0)
        self._bypass = 0.0 if whole else 8.0 * ROUND
        self.demand = np.append(problem.demand, [0.0, 0.0])
        self.capacity = float(limits.capacity[vehicle])
        if not limits.full[vehicle] and math.isfinite(self.capacity):
            self.capacity *= 1.0 + (8 * n + 32) * ROUND
        self.worth = problem.profit[vehicle] - problem.service_cost
        self._size = np.abs(self.worth)
        self._parts = problem.profit[vehicle], problem.service_cost
        self.gain, self.error = -self.cost, math.inf
        self._exact, self._short = False, _short(problem, vehicle)
        self._raw = self.travel.copy()
        self._arcs()

    def _reach(self, latest: float) -> float:
        """No route that visits a customer once is on its way longer: all waiting is before the last window opens."""
        legs = np.where(self.travel <= latest, self.travel, 0.0)
        driving = float(legs[:, : self.n].max(axis=0, initial=0.0).sum() + 2.0 * legs.max(initial=0.0))
        return (driving + float(self.opens.max())) * (1.0 + 1e-9)

    def _arcs(self) -> None:
        """Only arcs that are in time by the shortest ways from the start and to the end."""
        n = self.n
        self.quickest = self.travel.copy()
        np.fill_diagonal(self.quickest, 0.0)
        for k in range(self.nodes):
            if k % 64 == 0:
                self._budget.check()
            np.minimum(self.quickest, self.quickest[:, k, None] + self.quickest[None, k, :], out=self.quickest)
        early = np.maximum(self.opens, self.quickest[n]) - self.blur
        late = np.minimum(self.closes, self.closes[n + 1] - self.quickest[:, n + 1] + self.blur)
        fits = (early <= late) & (self.demand <= self.capacity)
        most = math.fsum(np.maximum(self.worth[fits[:n]], 0.0).tolist()) * (1.0 + 1e-9)
        fits[:n] &= self.worth >= -most
        self.usable = fits[:n].copy()
        possible = (early[:, None] + self.travel <= late[None, :] + self.blur) & fits[:, None] & fits[None, :]
        possible &= self.cost <= most
        self.travel[~possible] = np.inf
        self.travel[n, n + 1] = np.inf  # a vehicle without customers stays
        there = np.isfinite(self.travel)
        paid = np.where(there, self.cost, 0.0)
        self._dearest = float(paid[:, :n].max(axis=0, initial=0.0).sum() + paid[:, n + 1].max(initial=0.0))
        self._terms = [self._parts[0][self.usable], self._parts[1][self.usable], self.cost[there]]

    def scale(self, prices: Floats) -> float:
        """No route that visits a customer once has larger terms in sum."""
        return (float(self._size[self.usable].sum() + prices[self.usable].sum()) + self._dearest) * (1.0 + 1e-9)

    def exact(self, unit: float) -> bool:
        """Whether all terms are multiples of this power of two, and no arc's cost is itself rounded."""
        return (self._short or not self._dearest) and all(_multiples(values, unit) for values in self._terms)

    def price(self, prices: Floats, exact: bool) -> None:
        """Set the multipliers; exact: no sum of a route's terms is rounded."""
        self._exact = exact
        self.error = 0.0 if exact else (2 * self.n + 32) * ROUND * self.scale(prices) + 6.0 * ROUND * self._dearest
        self.gain = -self.cost
        self.gain[:, : self.n] += (self.worth - prices)[None, :]

    def skipped(self, prices: Floats) -> Flags:
        """Customers without whom every route that visits them once is at least as good at these prices, and no later.

        No later by at most 8 u of the time by way of them, which with 7 roundings of the numbers compared makes 15 u. At least
        as good with a margin of 8 u of all numbers compared, not where sums are exact, or one comparison of two is all.
        """
        out, profit = ~self.usable, self.worth - prices
        dearest = float(self.cost.max())
        blur = 8.0 * ROUND * (self._size + prices) * (prices > 0.0) * (not self._exact)
        for i in np.flatnonzero(self.usable).tolist():
            self._budget.check()
            into, onto = np.flatnonzero(np.isfinite(self.travel[:, i])), np.flatnonzero(np.isfinite(self.travel[i, :]))
            pairs = np.ix_(into, onto)
            through = self.travel[into, i, None] + self.travel[None, i, onto]
            price = self.cost[into, i, None] + self.cost[None, i, onto] - self.cost[pairs]
            apart = into[:, None] != onto[None, :]
            alone = (into[:, None] == self.n) & (onto[None, :] == self.n + 1)  # without its only customer a vehicle stays
            later = (self._raw[pairs] > through * (1.0 + self._bypass)) & apart & ~alone
            if self._dearest and not self._exact:
                price -= 8.0 * ROUND * (self._size[i] + prices[i] + 3.0 * dearest)
            out[i] = not later.any() and not np.any((profit[i] + blur[i] > price) & apart)
        return np.asarray(out)

    def kernel(self, skipped: Flags, near: Flags, *, reverse: bool) -> kernels.Net:
        """What the kernels need; reversed, times are negative and routes begin at the end."""
        n = self.n
        arcs = np.isfinite(self.travel)
        arcs[:n][skipped] = False
        arcs[:, :n][:, skipped] = False
        travel, gain, opens, closes, start, end = self.travel, self.gain, self.opens, self.closes, n, n + 1
        if reverse:
            arcs, travel, gain = arcs.T, travel.T, gain.T
            opens, closes, start, end = -closes, -opens + self.blur, end, start
        tails, heads = np.nonzero(arcs)
        return kernels.Net(
            np.ascontiguousarray(travel),
            np.ascontiguousarray(gain),
            np.ascontiguousarray(opens),
            np.ascontiguousarray(closes),
            self.demand,
            self.capacity,
            _bits(near),
            np.searchsorted(tails, np.arange(self.nodes + 1)).astype(np.int64),
            heads.astype(np.int64),
            start,
            end,
        )

    def doorstep(self) -> Flags:
        """Pairs of customers that a vehicle gets from one to the other and back in next to no time, by whatever way, and
        every customer itself: these are always remembered, so that routes end."""
        n, most = self.n, max(float(self.closes[self.n + 1]), 0.0)
        back = self.quickest[:n, :n] + self.quickest[:n, :n].T
        return np.asarray((back <= _DOORSTEP * most) | np.eye(n, dtype=bool))


def networks(problem: OrienteeringProblem, multipliers: Floats, budget: Budget) -> tuple[list[Network], Floats]:
    """A priced network for every type of vehicle, and the multipliers, moved to exact multiples where that makes sums exact."""
    for name in ("travel_time", "distance", "open", "close", "service_time", "profit", "service_cost", "earliest", "latest"):
        if np.abs(getattr(problem, name)).max(initial=0.0) > MAGNITUDE:
            raise ValueError(f"problem: bounds are rebuilt for numbers up to {MAGNITUDE}; {name} has larger ones")
    found = [Network(problem, group, budget) for group in problem.vehicle_types]
    largest = max((each.scale(multipliers) for each in found), default=0.0)
    unit = 2.0 ** (math.frexp(2.0 * largest)[1] - 51) if _SMALLEST < largest < _LARGEST else 0.0
    exact = unit > 0.0 and all(each.exact(unit) for each in found)
    prices = np.asarray(np.rint(multipliers / unit) * unit) if exact else multipliers
    for each in found:
        each.price(prices, exact)
    return found, prices


def _bits(near: Flags) -> Words:
    """Rows of flags as bits, uint64 [n + 2, words]; depots remember nothing."""
    n = len(near)
    words = max(1, (n + 63) // 64)
    padded = np.zeros((n + 2, words * 64), dtype=bool)
    padded[:n, :n] = near
    powers = np.uint64(1) << np.arange(64, dtype=np.uint64)
    return np.asarray((padded.reshape(n + 2, words, 64) * powers).sum(axis=2, dtype=np.uint64))


def _short(problem: OrienteeringProblem, vehicle: int) -> bool:
    """Whether the products and the quotient that arcs' costs are made of are exact."""
    one = slice(vehicle, vehicle + 1)
    factors = (problem.distance, problem.travel_time, problem.cost_per_distance[one], problem.cost_per_time[one])
    if math.frexp(float(problem.speed[vehicle]))[0] != 0.5 or any(np.abs(x).max(initial=0.0) > _SINGLE for x in factors):
        return False
    return all(np.array_equal(x.astype(np.float32).astype(np.float64), x) for x in factors)


def _multiples(values: Floats, unit: float) -> bool:
    """Of a power of two, and none more than 2^52 of it, so that differences are exact."""
    scaled = values / unit  # exact: unit is a power of two
    return bool(np.all(scaled == np.rint(scaled)) and np.all(np.abs(scaled) <= 2.0**52))
