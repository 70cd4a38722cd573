"""The online stage: users choose among local execution, servers, and the UAVs that are there while they are."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from edgeworth.core.arrays import Bools, Floats, Ints
from edgeworth.core.provenance import Provenance
from edgeworth.core.result import Result
from edgeworth.core.stop import Stop
from edgeworth.games import offloading
from edgeworth.games.offloading import EdgeSystem, OffloadingGame, Profile, RandomFeasible, game_of_system
from edgeworth.games.offloading.model.system import decibels
from edgeworth.systems.fusion.auction_stage import Contracts, finished
from edgeworth.systems.fusion.rounds import Round, Stream, stream
from edgeworth.systems.fusion.variants import Variant
from edgeworth.systems.fusion.world import World

OPTIMUM = Stop(seconds=30.0)
"""After which the greatest welfare of an online stage is as good as found."""


class Fleet(NamedTuple):
    """UAVs where they hover.

    Attributes
    ----------
    place : int64 [n]
        The server at whose place each hovers.
    rate : float64 [n]
        Cycles a second.
    cap : int64 [n]
        Users it serves at most.
    power : float64 [n]
        Watts that count online; 0 where the unit cost of the contract stands for computing.
    begin, end : float64 [n]
        When it comes and leaves, seconds; infinite where it is there all the time.
    """

    place: Ints
    rate: Floats
    cap: Ints
    power: Floats
    begin: Floats
    end: Floats


def contracted_fleet(world: World, contracts: Contracts) -> Fleet:
    """The UAVs of all visits: ``ceil(q / users_a_uav)`` at each server under contract, the last one with the rest as its cap.

    Parameters
    ----------
    world : World
    contracts : Contracts

    Returns
    -------
    Fleet
        By server.
    """
    servers, most = contracts.signed, world.users_a_uav
    count = -(-contracts.quantity[servers] // most)
    place = np.repeat(servers, count)
    nth = np.arange(len(place)) - np.repeat(np.cumsum(count) - count, count)
    return Fleet(
        place=place,
        rate=world.uav_rate[contracts.agent[place]],
        cap=np.minimum(contracts.quantity[place] - nth * most, most),
        power=np.zeros(len(place)),
        begin=contracts.begin[place],
        end=contracts.end[place],
    )


def waiting_fleet(world: World) -> Fleet:
    """All UAVs at their depots, all the time, at the cost of their energy: what there is without contracts.

    Parameters
    ----------
    world : World

    Returns
    -------
    Fleet
    """
    agent = np.repeat(np.arange(world.agents), world.uavs)
    n = len(agent)
    return Fleet(
        place=world.depot[agent],
        rate=world.uav_rate[agent],
        cap=np.full(n, world.users_a_uav),
        power=np.full(n, world.uav_power),
        begin=np.full(n, -np.inf),
        end=np.full(n, np.inf),
    )


def fleet_of(world: World, contracts: Contracts, variant: Variant) -> Fleet:
    """The UAVs that users can choose under a variant.

    Parameters
    ----------
    world : World
    contracts : Contracts
    variant : Variant

    Returns
    -------
    Fleet
    """
    return waiting_fleet(world) if variant.rule == "none" else contracted_fleet(world, contracts)


def covered(world: World, drawn: Round) -> Bools:
    """Whether a user is within coverage of a place, bool [U, S].

    Parameters
    ----------
    world : World
    drawn : Round

    Returns
    -------
    ndarray
    """
    away = drawn.position[:, None, :] - world.place[None, :, :]
    return np.asarray(np.hypot(away[..., 0], away[..., 1]) <= world.coverage)


def online_game(world: World, drawn: Round, fleet: Fleet) -> OffloadingGame:
    """The game of a round's users over all servers and a fleet.

    Parameters
    ----------
    world : World
    drawn : Round
    fleet : Fleet

    Returns
    -------
    OffloadingGame
        Providers 0..S-1 are the servers, the others the UAVs in their order. A user reaches a UAV in coverage if its stay
        meets the window of the user's home server.
    """
    near = covered(world, drawn)
    opens, closes = drawn.opens[drawn.home], drawn.closes[drawn.home]
    meets = (fleet.begin[None, :] <= closes[:, None]) & (fleet.end[None, :] >= opens[:, None])
    user, provider = np.nonzero(np.concatenate([near, near[:, fleet.place] & meets], axis=1))
    place = np.concatenate([np.arange(world.servers), fleet.place])
    uav = np.arange(len(place)) >= world.servers
    site, flying = place[provider], uav[provider]
    system = EdgeSystem(
        human=world.human,
        workload=world.workload,
        data=world.data,
        weight=world.weight,
        power=world.transmit_power,
        frequency=world.frequency,
        energy_coefficient=world.energy_coefficient,
        latency_value=world.latency_value,
        energy_value=world.energy_value,
        reward=world.reward,
        deadline=world.deadline,
        rate=np.concatenate([world.rate, fleet.rate]),
        cap=np.concatenate([world.cap, fleet.cap]),
        provider_power=np.concatenate([world.power, fleet.power]),
        bandwidth=np.full(len(place), world.bandwidth),
        uav=uav,
        user=user,
        provider=provider,
        snr=decibels(drawn.snr[user, site] + world.uav_gain * flying),
        price=drawn.price[user, site, flying.astype(np.int64)],
        energy_price=world.energy_price,
    )
    return game_of_system(system, provenance=Provenance("preset", f"fusion {world.preset}", {"round": drawn.number}))


def play(game: OffloadingGame, number: int, variant: Variant, seed: int) -> Result[Profile]:
    """Let users choose.

    Parameters
    ----------
    game : OffloadingGame
    number : int
        Of the round.
    variant : Variant
        Its online method.
    seed : int
        Of the run.

    Returns
    -------
    Result

    Raises
    ------
    KeyboardInterrupt
        After Ctrl-C.
    """
    own = int(stream(seed, number, Stream.ONLINE).integers(2**62))
    params = RandomFeasible(deadlines=True) if variant.online == "random-feasible" else None
    stop = OPTIMUM if variant.online == "exact" else None
    return finished(offloading.solve(game, method=variant.online, seed=own, params=params, stop=stop))


def visits_of(world: World, variant: Variant, result: Result[Profile]) -> int:
    """Visits of users in the online stage: each visits in every pass of the dynamics, once where there are none.

    Parameters
    ----------
    world : World
    variant : Variant
    result : Result
        Of `play`.

    Returns
    -------
    int
    """
    return world.users * (result.stats.iterations if variant.online == "pg-brd" else 1)
