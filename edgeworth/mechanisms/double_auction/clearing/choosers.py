"""The choosers: an exact knapsack for plain markets, exact tours from a table, and tours by a method of
`routing.orienteering`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from edgeworth.core import validation
from edgeworth.core.arrays import Floats, Ints
from edgeworth.core.traced import Exact, Rational, exact
from edgeworth.mechanisms.double_auction.model import ExactMarket, NotApplicableError
from edgeworth.mechanisms.double_auction.model.chooser import OBJECTIVES, Chooser

if TYPE_CHECKING:
    from edgeworth.routing.orienteering import OrienteeringProblem
    from edgeworth.routing.orienteering.heuristic.colony import VehicleColony

_MARGIN = 1e-9  # relative, for rounding
_COLONIES = 2_000  # kept at a time, of some 20 kB each
MOST_STEPS = 20_000_000
"""Of one dynamic program over units."""

CHOOSERS = ("auto", "eaco", "knapsack", "route-exact", "route-dp", "route-eaco")


class Knapsack:
    """Exact 0-1 knapsack by dynamic programming over the units of capacity; plain markets."""

    exact = True

    def __init__(self, market: ExactMarket, objective: str) -> None:
        self.market, self.objective = market, objective

    def choose(self, seller: int, candidates: Sequence[int], worth: Sequence[Rational], ask: Rational) -> tuple[int, ...]:
        """O(candidates x units) comparisons; `NotApplicableError` beyond `MOST_STEPS` of them."""
        demand = self.market.demand
        room = min(self.market.capacity[seller], sum(demand[i] for i in candidates))
        if (room + 1) * len(candidates) > MOST_STEPS:
            raise NotApplicableError(
                f"market: has too many units for chooser 'knapsack', more than {MOST_STEPS} steps; got {room}"
            )
        values: list[Rational] = [0] * (room + 1)
        sets: list[tuple[int, ...]] = [()] * (room + 1)
        for i in candidates:
            gain = _gain(self.objective, worth[i], demand[i], ask)
            for load in range(room, demand[i] - 1, -1):
                candidate = values[load - demand[i]] + gain
                if candidate > values[load]:
                    values[load], sets[load] = candidate, (*sets[load - demand[i]], i)
        return tuple(sorted(sets[room]))


class RouteTable:
    """Exact tours: the best of all sets of buyers that the vehicle can serve (`Routes.table`)."""

    exact = True

    def __init__(self, market: ExactMarket, objective: str, scale: int) -> None:
        if market.routes is None:
            validation.reject("chooser", "'route-exact' needs a routed market", "a plain market")
        self.market, self.objective = market, objective
        demand = np.array(market.demand, dtype=np.int64)
        self.tables: list[list[tuple[int, tuple[int, ...], int, Exact]]] = []
        for k, room in enumerate(market.capacity):
            table = market.routes.table(k, demand, room)
            rows = [
                (mask, tour.stops, sum(market.demand[i] for i in tour.stops), _whole(exact(tour.cost) * scale))
                for mask, tour in table.items()
            ]
            self.tables.append(rows)

    def choose(self, seller: int, candidates: Sequence[int], worth: Sequence[Rational], ask: Rational) -> tuple[int, ...]:
        """One pass over the table."""
        allowed = sum(1 << i for i in candidates)
        best: Rational = 0
        chosen: tuple[int, ...] = ()
        for mask, stops, units, cost in self.tables[seller]:
            if mask & ~allowed:
                continue
            if self.objective == "quantity":
                total: Rational = units
            else:
                total = sum((worth[i] for i in stops), 0) - cost
                if self.objective == "surplus":
                    total = total - ask * units
            if total > best:
                best, chosen = total, stops
        return chosen


class RouteMethod:
    """Tours by a method of `edgeworth.routing.orienteering`, one vehicle at a time; a black box to the auditor.

    ``bid-value`` and ``surplus`` set the profits; ``quantity`` makes the demand the profit and driving free. Depreciation is
    charged on the whole tour afterwards: a tour that does not earn it is dropped.
    """

    exact = False

    def __init__(self, market: ExactMarket, objective: str, scale: int, method: str, seed: int, iterations: int) -> None:
        if market.routes is None:
            validation.reject("chooser", f"'route-{method}' needs a routed market", "a plain market")
        self.market, self.objective, self.scale, self.method, self.seed = market, objective, scale, method, seed
        self._known: dict[tuple[int, tuple[int, ...], bytes], tuple[int, ...]] = {}  # a bisection asks the same again and again
        self.iterations = iterations
        self._colonies: dict[tuple[int, tuple[int, ...]], VehicleColony] = {}

    def choose(self, seller: int, candidates: Sequence[int], worth: Sequence[Rational], ask: Rational) -> tuple[int, ...]:
        """One run of the method for every question, which has one answer: the seed is the same at every call."""
        if not candidates:
            return ()
        market, scale = self.market, self.scale
        mine = list(candidates)
        profit = np.array([float(_gain(self.objective, worth[i], market.demand[i], ask) / _unit(self, scale)) for i in mine])
        key = (seller, tuple(mine), profit.tobytes())
        if key not in self._known:
            self._known[key] = self._drive(seller, mine, profit)
        return self._known[key]

    def _drive(self, seller: int, mine: list[int], profit: Floats) -> tuple[int, ...]:
        routes = self.market.routes
        if routes is None or self._hopeless(seller, mine, profit):
            return ()
        tour = self._colony(seller, mine).tour(profit) if self.method == "eaco" else self._solved(seller, mine, profit)
        stops = tuple(mine[j] for j in tour.tolist())
        earned = sum(float(profit[j]) for j in tour.tolist())
        if self.objective != "quantity" and earned <= routes.tour(seller, stops)[0]:
            return ()
        return stops

    def _hopeless(self, seller: int, mine: list[int], profit: Floats) -> bool:
        """Whether no tour earns what it costs, so that no search is needed.

        Who goes as far as buyer f drives at least there and back, and meets nobody farther away; the units on board, filled
        with those who pay most for one, are worth at least what it earns. On straight lines, where a detour is never shorter.
        """
        routes, market = self.market.routes, self.market
        if routes is None or routes.distance is not None or self.objective == "quantity":
            return False
        away = np.hypot(*(routes.place[mine] - routes.depot[seller]).T)
        cost = routes.depreciation[seller] + 2.0 * away / routes.speed[seller] * routes.travel_cost[seller]
        units = np.array([market.demand[i] for i in mine], dtype=np.float64)
        order = np.argsort(-profit / units)
        near = away[order][None, :] <= away[:, None]
        load = np.cumsum(units[order] * near, axis=1)
        room = float(market.capacity[seller])
        taken = np.clip(room - (load - units[order]), 0.0, units[order]) * near
        earned = (np.maximum(profit[order] / units[order], 0.0) * taken).sum(axis=1)
        return bool((earned * (1.0 + _MARGIN) < cost * (1.0 - _MARGIN)).all())

    def _solved(self, seller: int, mine: list[int], profit: Floats) -> Ints:
        from edgeworth.routing import orienteering

        problem = self._problem(seller, mine, profit)
        plan = orienteering.solve(problem, method=self.method, seed=self.seed).require()
        return np.asarray(plan.sequences[0], dtype=np.int64)

    def _colony(self, seller: int, mine: list[int]) -> VehicleColony:
        """The colony of a seller and its candidates, kept: a bisection asks the same with other profits."""
        from edgeworth.routing.orienteering.heuristic.colony import VehicleColony

        key = (seller, tuple(mine))
        if key not in self._colonies:
            if len(self._colonies) >= _COLONIES:
                self._colonies.clear()
            problem = self._problem(seller, mine, np.zeros(len(mine)))
            self._colonies[key] = VehicleColony(problem, self.seed, self.iterations)
        return self._colonies[key]

    def _problem(self, seller: int, mine: list[int], profit: Floats) -> OrienteeringProblem:
        from edgeworth.routing import orienteering

        routes, market = self.market.routes, self.market
        if routes is None:
            validation.reject("market", "must be routed", market)
        return orienteering.OrienteeringProblem.from_matrices(
            routes.metres([seller], mine),
            profit,
            routes.opens[mine],
            routes.closes[mine],
            latest=float(routes.latest[seller]),
            vehicles=1,
            demand=np.array([market.demand[i] for i in mine], dtype=np.float64),
            service_time=routes.service_time[mine],
            depot="last",
            speed=float(routes.speed[seller]),
            capacity=float(market.capacity[seller]),
            cost_per_time=0.0 if self.objective == "quantity" else float(routes.travel_cost[seller]),
        )


def _unit(chooser: RouteMethod, scale: int) -> int:
    return 1 if chooser.objective == "quantity" else scale


def _gain(objective: str, worth: Rational, units: int, ask: Rational) -> Rational:
    if objective == "quantity":
        return units
    return worth - ask * units if objective == "surplus" else worth


def _whole(value: Exact) -> Exact:
    """An integer where it is one: integers are many times faster than fractions."""
    return int(value) if value.denominator == 1 else value


def chooser_of(name: str, objective: str, market: ExactMarket, scale: int = 1, seed: int = 0, iterations: int = 200) -> Chooser:
    """The chooser of a name.

    Parameters
    ----------
    name : str
        A chooser, or "auto": exact tours in routed markets, the knapsack in plain ones; or "eaco": the colony in routed
        markets, the knapsack in plain ones.
    objective : str
        What a seller maximises.
    market : ExactMarket
        The market.
    scale : int
        By which money is multiplied to be whole.
    seed : int
        Of a chooser that draws.
    iterations : int
        Of an ant colony at every call.

    Returns
    -------
    Chooser
    """
    validation.choice("chooser", name, CHOOSERS)
    validation.choice("objective", objective, OBJECTIVES)
    if name in ("auto", "eaco"):
        routed = "route-exact" if name == "auto" else "route-eaco"
        name = "knapsack" if market.routes is None else routed
    if name == "knapsack":
        if market.routes is not None:
            validation.reject("chooser", "'knapsack' does not know tours: it needs a plain market", "a routed market")
        return Knapsack(market, objective)
    if name == "route-exact":
        return RouteTable(market, objective, scale)
    return RouteMethod(market, objective, scale, name.removeprefix("route-"), seed, iterations)
