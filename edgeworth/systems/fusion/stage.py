"""What solver and checker of a round's bound share: the offline stage as plain arrays, and the bound with its certificate."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, NamedTuple

import numpy as np

from edgeworth.core.arrays import Array, Bools, Floats, Ints
from edgeworth.systems.fusion.records import Record
from edgeworth.systems.fusion.rounds import Round
from edgeworth.systems.fusion.world import World

SLACK = 1e-6
"""Seconds, and share of a limit, by which the bound lets a vehicle be late: more than any check of tours forgives."""


class Stage(NamedTuple):
    """S servers that may be served, K agents that may serve them.

    Attributes
    ----------
    value : float64 [S]
        Money >= 0 for a unit of overload that is served.
    overload : int64 [S]
        Units of actual overload, >= 0.
    cost : float64 [K]
        Money >= 0 that a contracted unit costs, used or not.
    fleet : int64 [K]
        UAVs of an agent, >= 0.
    per_uav : int
        Units that a UAV serves, >= 1.
    out : float64 [K, S]
        Seconds from the depot to a server, and back.
    drive : float64 [K, S, S]
        Seconds between servers; with ``out`` symmetric, and no detour is shorter than the direct way.
    opens, closes : float64 [S]
        Seconds between which a visit begins.
    latest : float64 [K]
        Seconds at which a vehicle is back at the latest.
    service : float
        Seconds that a unit takes; a visit takes those of one at least.
    rate, fixed : float64 [K]
        Money >= 0 for a second on the road, and for a vehicle that leaves.
    """

    value: Floats
    overload: Ints
    cost: Floats
    fleet: Ints
    per_uav: int
    out: Floats
    drive: Floats
    opens: Floats
    closes: Floats
    latest: Floats
    service: float
    rate: Floats
    fixed: Floats

    def closing(self) -> Floats:
        """``closes`` with slack."""
        return np.asarray(self.closes + SLACK * (1.0 + np.abs(self.closes)))

    def returning(self) -> Floats:
        """``latest`` with slack."""
        return np.asarray(self.latest + SLACK * (1.0 + np.abs(self.latest)))

    def reaches(self) -> Bools:
        """Which agent can serve which server in a tour of that stop alone, bool [K, S]: no other is in any tour."""
        begin = np.maximum(self.out, self.opens)
        back = begin + self.service + self.out
        return np.asarray((begin <= self.closing()) & (back <= self.returning()[:, None]) & (self.fleet > 0)[:, None])

    def leaving(self) -> Floats:
        """When the last visit to each server ends at the latest, seconds, float64 [S]; below its opening where nobody comes."""
        units = np.where(self.reaches(), self.fleet[:, None] * self.per_uav, -np.inf).max(axis=0, initial=-np.inf)
        return np.asarray(np.where(units > 0, self.closing() + self.service * np.maximum(units, 0.0), -np.inf))


@dataclass(frozen=True, eq=False, kw_only=True)
class RoundBound(Record):
    """A bound on the welfare of a round, with what proves it.

    Attributes
    ----------
    waiting : bool
        Whether it is about UAVs that wait at their depots, without contracts, and about nothing else; else about all contracts.
    value : float
        Money; no contracts, tours and profiles of the round are worth more.
    online : float
        The part of users and servers; the rest is that of agents: tasks, tours and the users of UAVs.
    multiplier : float64 [S]
        lambda >= 0, of the servers; none where UAVs wait.
    price : float64 [U]
        pi >= 0, of the users.
    ptr, low, high, weight_multiplier, count_multiplier
        The slices of loads of the relaxed game, or of that of the UAVs that wait, as `offloading.slice_bound` reads them.
    """

    kind: ClassVar[str] = "fusion-bound"

    waiting: bool
    value: float
    online: float
    multiplier: Floats
    price: Floats
    ptr: Ints
    low: Floats
    high: Floats
    weight_multiplier: Floats
    count_multiplier: Floats

    @property
    def certificate(self) -> dict[str, Array]:
        """Prices and slices by name."""
        return {name: getattr(self, name) for name in CERTIFICATE}


CERTIFICATE = ("price", "ptr", "low", "high", "weight_multiplier", "count_multiplier")


def stage_of(world: World, drawn: Round) -> Stage:
    """The offline stage of a round.

    Parameters
    ----------
    world : World
    drawn : Round

    Returns
    -------
    Stage
        A visit lasts for one task at least. Roads are taken in their shorter direction and cut where a detour is shorter, so
        that no tour takes less.
    """
    metres = np.minimum(world.metres, world.metres.T)
    for via in range(world.servers):
        metres = np.minimum(metres, metres[:, via, None] + metres[None, via, :])
    seconds = metres[None] / world.speed[:, None, None]
    return Stage(
        value=world.value,
        overload=drawn.overload(world),
        cost=world.unit_cost,
        fleet=world.uavs,
        per_uav=world.users_a_uav,
        out=seconds[np.arange(world.agents), world.depot],
        drive=seconds,
        opens=drawn.opens,
        closes=drawn.closes,
        latest=world.latest,
        service=world.service,
        rate=world.travel_cost,
        fixed=world.depreciation,
    )
