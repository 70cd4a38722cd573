"""One trading round as it comes: who is where, when servers can be visited, how good the links are, what places cost.

All of it is drawn once for a seed and the number of a round, before anything is decided, so that all variants see the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from functools import cached_property
from typing import ClassVar

import numpy as np

from edgeworth.core import validation
from edgeworth.core.arrays import Floats, Ints
from edgeworth.systems.fusion.records import Record
from edgeworth.systems.fusion.world import World

OPENS, WIDTH, SNR, PRICE = (0.0, 3_000.0), (400.0, 1_200.0), (15.0, 25.0), (0.1, 0.5)
"""Ranges of windows (seconds), links (decibels) and prices (money); uniform, ours."""


class Stream(IntEnum):
    """What a seed of a round is for; each has random numbers of its own."""

    ROUND = 0
    RULE = 1
    ONLINE = 2
    NOISE = 3


def stream(seed: int, number: int, purpose: Stream) -> np.random.Generator:
    """The random numbers of a round for one purpose.

    Parameters
    ----------
    seed : int
        Of the run, >= 0.
    number : int
        Of the round, >= 0.
    purpose : Stream

    Returns
    -------
    Generator
    """
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(3, number, int(purpose))))


@dataclass(frozen=True, eq=False, kw_only=True, repr=False)
class Round(Record):
    """What a trading round is like, whatever is decided in it.

    Attributes
    ----------
    number : int
        From 0.
    home : int64 [U]
        The server in whose coverage each user is.
    position : float64 [U, 2]
        Where, metres.
    opens, closes : float64 [S]
        The window in which a visit to each server must begin, seconds.
    snr : float64 [U, S]
        Decibels between a user and a place; a UAV that hovers there has some more (`World.uav_gain`).
    price : float64 [U, S, 2]
        What a user pays at a place: at its server, at a UAV there.
    """

    kind: ClassVar[str] = "fusion-round"

    number: int
    home: Ints
    position: Floats
    opens: Floats
    closes: Floats
    snr: Floats
    price: Floats

    def __repr__(self) -> str:
        return f"<Round {self.number}: {len(self.home)} users, {len(self.opens)} servers>"

    @cached_property
    def actual(self) -> Ints:
        """Users whose home each server is, int64 [S]."""
        return np.asarray(np.bincount(self.home, minlength=len(self.opens)), dtype=np.int64)

    def overload(self, world: World) -> Ints:
        """D_i, users beyond a server's own capacity, int64 [S]."""
        return np.asarray(np.maximum(self.actual - world.own, 0))


def draw(world: World, seed: int, number: int) -> Round:
    """Draw a round.

    Parameters
    ----------
    world : World
    seed : int
        Of the run, >= 0.
    number : int
        Of the round, from 0; below `World.rounds`.

    Returns
    -------
    Round
        The same for the same arguments.

    Raises
    ------
    ValueError, TypeError
        For a number out of range.

    Notes
    -----
    A user's home is drawn with the probabilities of the actual intensities; it is uniform in its home's coverage, or at one of
    the spots there. Windows open U[0, 3000] s and last U[400, 1200] s; links have 15-25 dB, prices are .1-.5.
    """
    validation.integer("seed", seed, minimum=0)
    validation.integer("number", number, minimum=0, maximum=world.rounds - 1)
    rng = stream(seed, number, Stream.ROUND)
    share = world.intensity[:, world.first + number]
    home = rng.choice(world.servers, world.users, p=share / share.sum()) if world.users else np.zeros(0, dtype=np.int64)
    radius, angle = world.coverage * np.sqrt(rng.random(world.users)), 2.0 * np.pi * rng.random(world.users)
    position = world.place[home] + radius[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    pick = rng.random(world.users)
    if world.spots is not None:
        _put_on_spots(world, world.spots, home, pick, position)
    opens = rng.uniform(*OPENS, world.servers)
    made = Round(
        number=number,
        home=home,
        position=position,
        opens=opens,
        closes=opens + rng.uniform(*WIDTH, world.servers),
        snr=rng.uniform(*SNR, (world.users, world.servers)),
        price=rng.uniform(*PRICE, (world.users, world.servers, 2)),
    )
    for values in made.to_payload().arrays.values():
        values.setflags(write=False)
    return made


def _put_on_spots(world: World, spots: Floats, home: Ints, pick: Floats, position: Floats) -> None:
    """Move users to a random spot of their home's coverage, where it has one."""
    for i in np.unique(home).tolist():
        near = np.flatnonzero(np.hypot(*(spots - world.place[i]).T) <= world.coverage)
        mine = np.flatnonzero(home == i)
        if len(near):
            position[mine] = spots[near[(pick[mine] * len(near)).astype(np.int64)]]
