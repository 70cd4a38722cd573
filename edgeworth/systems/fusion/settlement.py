"""Settlement: what was contracted, what was used, what was short, and what it is all worth."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from edgeworth.core.arrays import Floats, Ints
from edgeworth.games.offloading import OffloadingGame, Profile, paper_potential, value
from edgeworth.games.offloading import measures as game_measures
from edgeworth.games.offloading.model.efficiency import INTERACTION_SECONDS, PROVIDER_WATTS, USER_WATTS
from edgeworth.systems.fusion.auction_stage import Contracts
from edgeworth.systems.fusion.online_stage import Fleet
from edgeworth.systems.fusion.rounds import Round
from edgeworth.systems.fusion.world import World


class Settlement(NamedTuple):
    """Tasks by server.

    Attributes
    ----------
    served : int64 [S]
        Users at the UAVs that hover at the server under its contract.
    used : int64 [S]
        Of those, the ones that stand for its overload: ``min(served, D)``.
    stranded : int64 [S]
        Contracted, not used.
    shortfall : int64 [S]
        Overload that no contract served, D - used.
    """

    served: Ints
    used: Ints
    stranded: Ints
    shortfall: Ints


def settled(world: World, drawn: Round, contracts: Contracts, fleet: Fleet, profile: Profile) -> Settlement:
    """Count the tasks of a round.

    Parameters
    ----------
    world : World
    drawn : Round
    contracts : Contracts
    fleet : Fleet
        The UAVs of the round.
    profile : Profile
        Where users are.

    Returns
    -------
    Settlement
    """
    overload = drawn.overload(world)
    place = fleet.place[profile.provider[profile.provider >= world.servers] - world.servers]
    at_place = np.bincount(place, minlength=world.servers)
    served = np.where(contracts.agent >= 0, at_place, 0)
    used = np.minimum(served, overload)
    return Settlement(served, used, contracts.contracted - used, overload - used)


def measured(
    world: World,
    drawn: Round,
    contracts: Contracts,
    fleet: Fleet,
    game: OffloadingGame,
    profile: Profile,
    visits: int,
    forecast: Floats,
) -> dict[str, float]:
    """The measures of a round.

    Parameters
    ----------
    world : World
    drawn : Round
    contracts : Contracts
    fleet : Fleet
    game : OffloadingGame
        Of the online stage.
    profile : Profile
    visits : int
        Visits of users in the online stage.
    forecast : ndarray
        Users of each server as they were forecast, float64 [S].

    Returns
    -------
    dict of str to float
        In money: ``welfare`` = ``offline`` + ``online``, where ``offline`` is the value of the tasks used less the unit costs
        of the tasks contracted and the tours, and ``online`` the users' utilities before payments less the providers' costs;
        ``welfare_contracted`` and ``offline_contracted``, the paper's accounting, in which a contracted task is worth its value
        whether used or not; ``tour_cost``, ``payments``, ``rewards``, ``surplus`` of the auctioneer; ``stranded_cost``, the
        unit costs of tasks contracted in vain; ``shortfall_value``, the value of the overload not served. ``potential`` is the
        paper's (21), which is no welfare. Tasks: ``overload``, ``contracted``, ``used``, ``stranded``, ``shortfall``. Counts:
        ``contracts``; ``messages``, visits of users and messages of the offline stage (a bid, an ask, two a contract), with
        their delay ``doi`` (8 ms each, seconds) and energy ``ecoi`` (joules). ``forecast_error``: root mean square over servers
        of forecast less actual users. And those of `edgeworth.games.offloading.measures` but ``payments``, which are
        ``prices`` here, where they are defined.
    """
    tasks = settled(world, drawn, contracts, fleet, profile)
    signed = contracts.signed
    cost, value_of = world.unit_cost[contracts.agent[signed]], world.value
    contracted = contracts.contracted[signed]
    expense = [-x for x in (cost * contracted).tolist()] + [-x for x in contracts.tour_cost.tolist()]
    offline = math.fsum([*(value_of * tasks.used).tolist(), *expense])
    in_print = math.fsum([*(value_of[signed] * contracted).tolist(), *expense])
    online = value(game, profile)
    offers = int(np.count_nonzero(contracts.quantity > 0))
    messages = visits + (offers + world.agents + 2 * len(signed) if offers else 0)
    own = game_measures(game, profile)
    own["prices"] = own.pop("payments")
    payments, rewards = math.fsum(contracts.payment.tolist()), math.fsum(contracts.reward.tolist())
    found = {
        "welfare": offline + online,
        "welfare_contracted": in_print + online,
        "offline": offline,
        "offline_contracted": in_print,
        "online": online,
        "potential": paper_potential(game, profile),
        "tour_cost": math.fsum(contracts.tour_cost.tolist()),
        "payments": payments,
        "rewards": rewards,
        "surplus": payments - rewards,
        "stranded_cost": math.fsum((cost * tasks.stranded[signed]).tolist()),
        "shortfall_value": math.fsum((value_of * tasks.shortfall).tolist()),
        "overload": float(drawn.overload(world).sum()),
        "contracted": float(contracted.sum()),
        "used": float(tasks.used.sum()),
        "stranded": float(tasks.stranded.sum()),
        "shortfall": float(tasks.shortfall.sum()),
        "contracts": float(len(signed)),
        "messages": float(messages),
        "doi": messages * INTERACTION_SECONDS,
        "ecoi": messages * INTERACTION_SECONDS * (USER_WATTS + PROVIDER_WATTS),
        "forecast_error": float(np.sqrt(np.mean((forecast - drawn.actual) ** 2))),
    }
    return {**found, **{name: each for name, each in own.items() if math.isfinite(each)}}
