"""The offline stage: overload by the forecast, the market of the overloaded servers, contracts and tours."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, TypeVar

import numpy as np

from edgeworth.core import validation
from edgeworth.core.arrays import Floats, Ints
from edgeworth.core.result import Result, Termination
from edgeworth.core.stop import Stop
from edgeworth.mechanisms import double_auction
from edgeworth.mechanisms.double_auction import Market, OffAic2, Outcome, Routes
from edgeworth.systems.fusion.records import Record
from edgeworth.systems.fusion.rounds import Round, Stream, stream
from edgeworth.systems.fusion.variants import Variant
from edgeworth.systems.fusion.world import World

BISECTIONS = 10
"""Steps of the search of a critical payment, of which the paper's text lost the number: within .003 of a unit price."""
COLONY = 50
"""Iterations of a colony, of which the text lost the number too: more of them found no better tours on Melbourne's markets."""
FEW_BUYERS = 12
S = TypeVar("S")


@dataclass(frozen=True, eq=False, kw_only=True, repr=False)
class Contracts(Record):
    """Who visits which server, when, for how many tasks, and who pays what.

    Attributes
    ----------
    quantity : int64 [S]
        Tasks that each server wants to buy: its overload by the forecast, at most what the largest fleet can serve.
    agent : int64 [S]
        Whose vehicle visits the server, -1 for nobody's: one agent a server.
    stop : int64 [S]
        Which stop of the vehicle's tour, from 0; -1 where nobody comes.
    begin, end : float64 [S]
        When the visit begins and ends, seconds; 0 where nobody comes.
    payment : float64 [S]
        What each server pays in all, money.
    reward : float64 [A]
        What each agent gets in all, money.
    tour_cost : float64 [A]
        What each vehicle's tour costs, depreciation included, money; 0 where it stays.
    """

    kind: ClassVar[str] = "fusion-contracts"

    quantity: Ints
    agent: Ints
    stop: Ints
    begin: Floats
    end: Floats
    payment: Floats
    reward: Floats
    tour_cost: Floats

    def __post_init__(self) -> None:
        s, a = (None,), (len(self.reward),)
        for name, shape in (("quantity", s), ("agent", s), ("stop", s)):
            least = 0 if name == "quantity" else -1
            object.__setattr__(self, name, validation.array(name, getattr(self, name), np.int64, shape, minimum=least))
        shapes = {"begin": s, "end": s, "payment": s, "reward": (None,), "tour_cost": a}
        for name, length in shapes.items():
            object.__setattr__(self, name, validation.array(name, getattr(self, name), np.float64, length))

    def __repr__(self) -> str:
        return f"<Contracts: {len(self.signed)} visits, {int(self.contracted.sum())} of {int(self.quantity.sum())} tasks>"

    @property
    def signed(self) -> Ints:
        """The servers that have a contract."""
        return np.flatnonzero(self.agent >= 0)

    @property
    def contracted(self) -> Ints:
        """Tasks under contract, int64 [S]: the quantity where somebody comes, else 0."""
        return np.where(self.agent >= 0, self.quantity, 0)

    def tour(self, agent: int) -> list[int]:
        """The servers that an agent visits, in order."""
        mine = np.flatnonzero(self.agent == agent)
        return [int(i) for i in mine[np.argsort(self.stop[mine], kind="stable")]]


def market_of(world: World, drawn: Round, quantity: Ints, *, routed: bool = True) -> tuple[Market, Ints]:
    """The market of the servers that want something, and which servers they are.

    Parameters
    ----------
    world : World
    drawn : Round
    quantity : ndarray
        int64 [S].
    routed : bool
        False: price and volume only.

    Returns
    -------
    market : Market
        Values are bids, unit costs are asks.
    buyers : ndarray
        The server of each buyer, int64.
    """
    buyers = np.flatnonzero(quantity > 0)
    market = Market(
        bid=world.value[buyers],
        ask=world.unit_cost,
        demand=quantity[buyers],
        capacity=world.capacity,
        routes=_routes(world, drawn, quantity, buyers) if routed else None,
        history=(float(world.history[0]), float(world.history[1])),
    )
    return market, buyers


def _routes(world: World, drawn: Round, quantity: Ints, buyers: Ints) -> Routes:
    """Places and times of some servers and all agents."""
    places = np.concatenate([buyers, world.depot])
    return Routes(
        place=world.place[buyers],
        depot=world.place[world.depot],
        opens=drawn.opens[buyers],
        closes=drawn.closes[buyers],
        service_time=np.asarray(world.service * quantity[buyers], dtype=np.float64),
        speed=world.speed,
        latest=world.latest,
        travel_cost=world.travel_cost,
        depreciation=world.depreciation,
        distance=None if world.distance is None else world.distance[np.ix_(places, places)],
    )


def contracts_of(world: World, drawn: Round, quantity: Ints, variant: Variant, seed: int) -> Contracts:
    """Make the contracts of a round.

    Parameters
    ----------
    world : World
    drawn : Round
    quantity : ndarray
        What each server wants, int64 [S].
    variant : Variant
        Its rule and chooser.
    seed : int
        Of the run.

    Returns
    -------
    Contracts

    Notes
    -----
    ``random``: the agents, in random order, each go through the servers that are left in random order and take each that their
    vehicle can still append to its tour within windows, return and capacity; a task costs the midpoint of its value and its
    unit cost. Without routes in the market (``knapsack``), each vehicle visits its buyers in the order in which their windows
    open, as far as windows and return allow; what it cannot reach is void, and nobody pays for it.
    """
    market, buyers = market_of(world, drawn, quantity)
    if variant.rule == "none" or not len(buyers):
        return _signed(world, drawn, quantity, buyers, market, [[] for _ in range(world.agents)], None)
    if variant.rule == "random":
        return _at_random(world, drawn, quantity, market, buyers, stream(seed, drawn.number, Stream.RULE))
    if variant.rule == "optimum":
        outcome = finished(double_auction.solve(market, method="optimum", stop=OPTIMUM)).require()
    elif variant.rule in ("off-aic2", "pay-as-report"):
        plain = market_of(world, drawn, quantity, routed=False)[0]
        outcome = double_auction.run(variant.rule, market if variant.driven else plain, params=off_aic2(variant, len(buyers)))
        if not variant.driven:
            return _as_far(world, drawn, quantity, buyers, market, outcome)
    else:
        outcome = double_auction.run(variant.rule, market)
    return _signed(world, drawn, quantity, buyers, market, [outcome.served_by(k) for k in range(world.agents)], outcome)


OPTIMUM = Stop(seconds=60.0)
"""After which the greatest welfare of a market is as good as found."""


def finished(result: Result[S]) -> Result[S]:
    """A stage's result, unless Ctrl-C has ended it: what it has then is no answer of the round.

    Parameters
    ----------
    result : Result

    Returns
    -------
    Result
        The same.

    Raises
    ------
    KeyboardInterrupt
        After Ctrl-C.
    """
    if result.termination is Termination.INTERRUPTED:
        raise KeyboardInterrupt
    return result


def off_aic2(variant: Variant, buyers: int) -> OffAic2:
    """The reading of Off-AIC2 that a variant uses: the paper's text, with its own chooser.

    Parameters
    ----------
    variant : Variant
    buyers : int
        Of the market; exact tours come from a list of all sets of few buyers, else from dynamic programming.

    Returns
    -------
    OffAic2
    """
    exact = "route-exact" if buyers <= FEW_BUYERS else "route-dp"
    chooser = exact if variant.chooser == "exact" else variant.chooser
    return OffAic2(chooser=chooser, upper="ask", pricing="bisection", iterations=BISECTIONS, colony=COLONY)


def _signed(
    world: World, drawn: Round, quantity: Ints, buyers: Ints, market: Market, tours: list[list[int]], outcome: Outcome | None
) -> Contracts:
    """The contracts of tours among the market's buyers, at the outcome's payments."""
    s, a = world.servers, world.agents
    agent, stop = np.full(s, -1, dtype=np.int64), np.full(s, -1, dtype=np.int64)
    begin, end, payment = np.zeros(s), np.zeros(s), np.zeros(s)
    reward, cost = np.zeros(a), np.zeros(a)
    for k, tour in enumerate(tours):
        servers = buyers[tour]
        agent[servers], stop[servers] = k, np.arange(len(tour))
        starts, cost[k], _ = drive(world, drawn, quantity, k, servers.tolist())
        begin[servers], end[servers] = starts, np.array(starts) + world.service * quantity[servers]
    if outcome is not None:
        payment[buyers], reward = np.array(outcome.payment, dtype=float), np.array(outcome.reward, dtype=float)
    return Contracts(
        quantity=quantity, agent=agent, stop=stop, begin=begin, end=end, payment=payment, reward=reward, tour_cost=cost
    )


def drive(world: World, drawn: Round, quantity: Ints, agent: int, servers: list[int]) -> tuple[list[float], float, bool]:
    """When a tour's visits begin, what the tour costs, and whether it keeps windows and return.

    Parameters
    ----------
    world : World
    drawn : Round
    quantity : ndarray
        int64 [S].
    agent : int
    servers : list of int
        In the order of the visits.

    Returns
    -------
    begins : list of float
        Seconds.
    cost : float
        Money, depreciation included; 0 for no visit.
    feasible : bool
        Late by no more than the tolerance of `Routes.slack`.
    """
    if not servers:
        return [], 0.0, True
    routes = _routes(world, drawn, quantity, np.array(servers))
    cost, broken = routes.tour(agent, range(len(servers)))
    clock, here, begins = 0.0, int(world.depot[agent]), []
    for i in servers:
        clock = max(clock + float(world.metres[here, i]) / float(world.speed[agent]), float(drawn.opens[i]))
        begins.append(clock)
        clock, here = clock + world.service * int(quantity[i]), i
    return begins, cost, broken is None


def _appended(world: World, drawn: Round, quantity: Ints, agent: int, order: list[int]) -> list[int]:
    """The servers of an order that a vehicle can take one after the other, those left out that it cannot append."""
    tour: list[int] = []
    load = 0
    for i in order:
        fits = load + int(quantity[i]) <= int(world.capacity[agent])
        if fits and drive(world, drawn, quantity, agent, [*tour, i])[2]:
            tour.append(i)
            load += int(quantity[i])
    return tour


def _at_random(world: World, drawn: Round, quantity: Ints, market: Market, buyers: Ints, rng: np.random.Generator) -> Contracts:
    left = buyers.tolist()
    tours: list[list[int]] = [[] for _ in range(world.agents)]
    payment, reward = np.zeros(len(buyers)), np.zeros(world.agents)
    for k in rng.permutation(world.agents).tolist():
        order = [left[j] for j in rng.permutation(len(left)).tolist()]
        for i in _appended(world, drawn, quantity, k, order):
            left.remove(i)
            j = int(np.searchsorted(buyers, i))
            tours[k].append(j)
            payment[j] = float(quantity[i]) * 0.5 * (float(world.value[i]) + float(world.unit_cost[k]))
            reward[k] += payment[j]
    seller, stop = np.full(len(buyers), -1), np.full(len(buyers), -1)
    for k, tour in enumerate(tours):
        seller[tour], stop[tour] = k, np.arange(len(tour))
    return _signed(world, drawn, quantity, buyers, market, tours, Outcome(seller, payment, reward, stop))


def _as_far(world: World, drawn: Round, quantity: Ints, buyers: Ints, market: Market, outcome: Outcome) -> Contracts:
    """Contracts of a market without routes: driven in the order of opening as far as windows allow, the rest void."""
    tours, payment = [], np.array(outcome.payment, dtype=float)
    reward = np.array(outcome.reward, dtype=float)
    for k in range(world.agents):
        mine = buyers[outcome.served_by(k)]
        order = mine[np.argsort(drawn.opens[mine], kind="stable")].tolist()
        done = _appended(world, drawn, quantity, k, order)
        tours.append(np.searchsorted(buyers, done).tolist())
        sold = int(quantity[mine].sum())
        reward[k] *= int(quantity[done].sum()) / sold if sold else 0.0
    kept = np.zeros(len(buyers), dtype=bool)
    kept[[j for tour in tours for j in tour]] = True
    seller, stop = np.full(len(buyers), -1), np.full(len(buyers), -1)
    for k, tour in enumerate(tours):
        seller[tour], stop[tour] = k, np.arange(len(tour))
    return _signed(world, drawn, quantity, buyers, market, tours, Outcome(seller, np.where(kept, payment, 0.0), reward, stop))
