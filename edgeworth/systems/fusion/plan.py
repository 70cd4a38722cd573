"""Contracts made with everything known, for tasks and users together: what a plan could have reached."""

from __future__ import annotations

import itertools
from typing import NamedTuple

import numpy as np

from edgeworth.core import validation
from edgeworth.core.arrays import Floats, Ints
from edgeworth.games.offloading.model.bounds import Slices
from edgeworth.systems.fusion.auction_stage import Contracts, drive
from edgeworth.systems.fusion.bounds import best_packing, offline_bound, relaxed_game, visit_gains
from edgeworth.systems.fusion.rounds import Round
from edgeworth.systems.fusion.stage import RoundBound, Stage, stage_of
from edgeworth.systems.fusion.world import World

_ORDERS = 5
"""Stops whose orders are all tried; longer tours go by opening windows."""


class _Trip(NamedTuple):
    """A tour as it is driven: stops in order, units at each, when visits begin, its cost and its worth, money."""

    agent: int
    stops: tuple[int, ...]
    units: tuple[int, ...]
    begins: tuple[float, ...]
    cost: float
    worth: float


def best_plan(world: World, drawn: Round, bound: RoundBound) -> Contracts:
    """Contracts by the prices of users and multipliers of servers of a bound: the tours that are worth most together.

    Parameters
    ----------
    world : World
    drawn : Round
    bound : RoundBound
        Of the round.

    Returns
    -------
    Contracts
        Feasible ones, at no payment: a plan, no market. Quantities are chosen with the tours.

    Raises
    ------
    ValueError
        For the bound of UAVs that wait.

    Notes
    -----
    A visit is valued as in the bound, at the users' prices, which overstates it; the tours of the bound's linear program are
    then packed in whole numbers. It is a heuristic: what it reaches is below the bound, and above what any rule that looks at
    overloads alone can be expected to reach.
    """
    if bound.waiting:
        validation.reject("bound", "must be that of contracts", bound)
    stage = stage_of(world, drawn)
    game = relaxed_game(world, drawn, stage)
    gain = visit_gains(stage, Slices(game, bound.certificate), bound.count_multiplier)
    trips = {}
    for k, stops in offline_bound(stage, gain).tours:
        trip = _trip(world, drawn, stage, gain, k, np.flatnonzero(np.frombuffer(stops, dtype=np.bool_)))
        if trip is not None and trip.worth > 0.0:
            trips[k, stops] = trip
    taken: list[_Trip] = []
    if trips:
        answer = best_packing(stage, {key: trip.worth for key, trip in trips.items()}, whole=True)
        if answer.x is not None:
            taken = [trip for trip, x in zip(trips.values(), answer.x, strict=True) if x > 0.5]
    return _contracts(world, taken)


def _trip(world: World, drawn: Round, stage: Stage, gain: Floats, k: int, stops: Ints) -> _Trip | None:
    """The cheapest order of a tour in which it can be driven with the units that are worth most; None where there is none."""
    units, worth = _units(gain[stops] - stage.cost[k] * np.arange(gain.shape[1]), int(world.capacity[k]))
    quantity = np.zeros(world.servers, dtype=np.int64)
    quantity[stops] = units
    by_window = stops[np.argsort(drawn.opens[stops], kind="stable")].tolist()
    best: _Trip | None = None
    for order in itertools.permutations(by_window) if len(stops) <= _ORDERS else [tuple(by_window)]:
        begins, cost, feasible = drive(world, drawn, quantity, k, list(order))
        if feasible and (best is None or cost < best.cost):
            best = _Trip(k, order, tuple(quantity[list(order)].tolist()), tuple(begins), cost, worth - cost)
    return best


def _units(worth: Floats, room: int) -> tuple[list[int], float]:
    """How many units, at least 1, each stop gets of ``room``, and what they are worth; nothing at all is minus infinity."""
    best = np.full((len(worth) + 1, room + 1), -np.inf)
    best[0, 0] = 0.0
    chosen = np.zeros(best.shape, dtype=np.int64)
    for i, row in enumerate(worth):
        for q in range(1, room + 1):
            total = best[i, : room + 1 - q] + row[q]
            more = np.flatnonzero(total > best[i + 1, q:])
            best[i + 1, q + more], chosen[i + 1, q + more] = total[more], q
    at = int(np.argmax(best[-1]))
    value, units = float(best[-1, at]), []
    for i in range(len(worth), 0, -1):
        units.append(int(chosen[i, at]))
        at -= units[-1]
    return units[::-1], value


def _contracts(world: World, trips: list[_Trip]) -> Contracts:
    s, a = world.servers, world.agents
    agent, stop, quantity = np.full(s, -1, dtype=np.int64), np.full(s, -1, dtype=np.int64), np.zeros(s, dtype=np.int64)
    begin, end, cost = np.zeros(s), np.zeros(s), np.zeros(a)
    for trip in trips:
        at = list(trip.stops)
        agent[at], stop[at], quantity[at], begin[at] = trip.agent, np.arange(len(at)), trip.units, trip.begins
        end[at] = begin[at] + world.service * quantity[at]
        cost[trip.agent] = trip.cost
    nothing = np.zeros(s)
    return Contracts(
        quantity=quantity, agent=agent, stop=stop, begin=begin, end=end, payment=nothing, reward=np.zeros(a), tour_cost=cost
    )
