"""The offline stage of one round as plain arrays: what its bound is about, and what the bound's checker reads."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from edgeworth.core.arrays import Bools, Floats, Ints
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
        Seconds that a visit takes at least.
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
