"""An upper bound on the welfare of a round that no contracts, tours and profiles of users exceed.

The proof, of which `round_bound` computes the numbers and `bound_check.rebuilt` recomputes them:

1. *Settlement.* A visit of agent k to server i under a contract of q units earns ``v_i used_i - a_k q`` less the way there,
   with ``used_i <= min(q, D_i)``, D_i the server's actual overload: what is used was contracted, and is overload.
2. *Users.* Whoever is at a visit's UAVs is in coverage of the place, and the window of its home server meets the visit, hence
   the time between the opening of the place's window and the end of the longest visit that begins in it. No UAV is faster
   than the fastest of the agents that reach the place in a tour of that stop alone; no other is in any tour, since no detour
   is shorter than the direct way. Faster providers without cost worsen no user's utility before payments. So the online stage
   is worth at most what the same profile is worth in the *relaxed game*: the servers, and at every place as many such UAVs as
   hover there, ``ceil(q / m)`` of m users each, the last one of the rest.
3. *Prices of users.* With pi >= 0 for "a user is at one provider at most", the relaxed game is worth at most
   ``sum_j (local_j + pi_j) + sum_i B_i + sum over UAVs of B'_i(users it takes)``, where B bounds what a set of users at one
   provider is worth, prices paid (`offloading.slice_bound`). UAVs at one place are alike, so the last sum is a function of q.
4. *Multipliers of servers.* What is left is a problem of tours: agent k stops at servers T for units q_i >= 1, in all at most
   what its UAVs serve, each server has one agent at most, and a stop is worth ``v_i min(q_i, D_i) - a_k q_i + B'_i``. With
   lambda >= 0 for "one agent at most" it falls apart by agents (`offline_bound`).

Contracts, tours, windows and users are all in one relaxation: a UAV earns its online gain where it is sent only, within its
agent's fleet. The number holds for every variant with contracts. Without contracts (`pur-online`), UAVs wait at their depots
and nothing is sold: the Lagrangian bound of that game itself holds (`waiting`).
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from edgeworth.core.arrays import Array, Bools, Floats
from edgeworth.core.highs import Answer, ColumnModel, minimise
from edgeworth.core.jit import read_only
from edgeworth.core.observer import Observer
from edgeworth.core.run import Run
from edgeworth.core.stop import Stop
from edgeworth.games import offloading
from edgeworth.games.offloading import OffloadingGame
from edgeworth.games.offloading.bounds import Lagrangian
from edgeworth.games.offloading.model.bounds import Slices
from edgeworth.systems.fusion.auction_stage import finished
from edgeworth.systems.fusion.kernels.tours import best_set, farthest
from edgeworth.systems.fusion.online_stage import Fleet, online_game, waiting_fleet
from edgeworth.systems.fusion.rounds import Round
from edgeworth.systems.fusion.stage import RoundBound, Stage, stage_of
from edgeworth.systems.fusion.world import World

FEW = 10
"""Stops of which all sets are looked at."""
_CLAIM = 1e-9  # by which the claimed number is above the computed one, as a share of it: room for the checker's rounding
_CLOSED = 1e-7


STEPS, ROUNDS = 40, 2
"""Of the Lagrangian relaxation of the relaxed game: steps of its prices, descents of its local search."""
_COPIES = 2  # UAVs at every place while prices are looked for: with one they come out too low for where several go


def round_bound(world: World, drawn: Round, *, waiting: bool = False, steps: int = STEPS) -> RoundBound:
    """Bound the welfare of a round, whatever is contracted, driven and chosen in it.

    Parameters
    ----------
    world : World
    drawn : Round
    waiting : bool
        Bound instead the welfare of the users' choices where nothing is contracted and all UAVs wait at their depots
        (`pur-online`), at the cost of their energy.
    steps : int
        Of the users' prices, >= 0: more lower the bound.

    Returns
    -------
    RoundBound
        The same for the same arguments.

    Raises
    ------
    KeyboardInterrupt
        After Ctrl-C.
    """
    stage = stage_of(world, drawn)
    game = online_game(world, drawn, waiting_fleet(world)) if waiting else relaxed_game(world, drawn, stage, _COPIES)
    params = Lagrangian(steps=steps, rounds=ROUNDS)
    found = finished(offloading.solve(game, method="lagrangian", seed=0, params=params))
    if found.certificate is None or found.bound is None:
        raise RuntimeError(f"the users' game of round {drawn.number} has no bound: {found.termination}")
    arrays = found.certificate.arrays
    if waiting:
        nothing = np.zeros(0)
        return RoundBound(waiting=True, value=found.bound, online=found.bound, multiplier=nothing, **arrays)
    ends = arrays["ptr"][: 2 * world.servers + 1]  # of the servers and the first UAV at every place: the others are like it
    arrays = {name: each if name == "price" else each[: ends[-1]] for name, each in arrays.items()} | {"ptr": ends}
    slices = Slices(relaxed_game(world, drawn, stage), arrays)
    parts = [*game.local_utility.tolist(), *slices.price.tolist()]
    parts += [max(0.0, *(float(block.bound.max()) for block in slices.blocks(i))) for i in range(world.servers)]
    online = math.fsum(parts)
    offline = offline_bound(stage, visit_gains(stage, slices, arrays["count_multiplier"]))
    value = online + offline.value
    return RoundBound(waiting=False, value=value + _CLAIM * abs(value), online=online, multiplier=offline.multiplier, **arrays)


def relaxed_game(world: World, drawn: Round, stage: Stage, copies: int = 1) -> OffloadingGame:
    """The servers, and UAVs at every place as fast as the fastest of the agents that reach it.

    Parameters
    ----------
    world : World
    drawn : Round
    stage : Stage
        Of the round.
    copies : int
        UAVs at every place, those that no fleet has without room.

    Returns
    -------
    OffloadingGame
        Providers 0..S-1 are the servers, S..2S-1 a UAV at each place, 2S..3S-1 a second one, and so on. They are there
        from the opening of the window on until the longest visit that begins as it closes has ended; they serve nobody where
        nobody can send them.
    """
    reach = stage.reaches()
    fastest = np.where(reach, world.uav_rate[:, None], 0.0).max(axis=0, initial=0.0)
    largest = np.where(reach, world.uavs[:, None], 0).max(axis=0, initial=0)
    place = np.tile(np.arange(world.servers), copies)
    nth = np.repeat(np.arange(copies), world.servers)
    fleet = Fleet(
        place=place,
        rate=np.where(largest > 0, fastest, 1e9)[place],
        cap=np.where(nth < largest[place], world.users_a_uav, 0),
        power=np.zeros(len(place)),
        begin=drawn.opens[place],
        end=stage.leaving()[place],
    )
    return online_game(world, drawn, fleet)


def visit_gains(stage: Stage, slices: Slices, count_multiplier: Floats) -> Floats:
    """What a visit of q = 0, 1, ... units is worth at most, tasks and users of the UAVs together.

    Parameters
    ----------
    stage : Stage
    slices : Slices
        Of the relaxed game.
    count_multiplier : float64 [slices]
        Of its certificate.

    Returns
    -------
    ndarray
        float64 [S, units + 1].

    Notes
    -----
    ``max over n <= q of v_i min(n, D_i) + U(n)`` with U(n) what n users at ceil(q / m) UAVs are worth, prices paid: in every
    slice of one UAV's load the worth of the n users that are worth most there.
    """
    servers, most = len(stage.value), stage.per_uav
    alone = served(stage)
    gain = np.zeros(alone.shape)
    for i in range(servers):
        k = servers + i
        begin, end = slices.ptr[k : k + 2]
        nu = count_multiplier[begin:end]
        uav = np.full(most + 1, -np.inf)
        uav[0] = 0.0
        done = 0
        for block in slices.blocks(k):
            count = nu[done : done + len(block.bound), None]
            done += len(block.bound)
            item = -np.sort(-(block.item + count), axis=1)[:, :most]
            fixed = block.fixed - count[:, 0] * slices.game.cap[k] + block.margin
            if item.shape[1]:
                each = (np.cumsum(item, axis=1) + fixed[:, None]).max(axis=0)
                uav[1 : 1 + len(each)] = np.maximum(uav[1 : 1 + len(each)], each)
        users = uav[:1]
        for q in range(1, alone.shape[1]):
            if q % most == 1 or most == 1:
                users = _both(users, uav)
            n = np.arange(min(q, len(users) - 1) + 1)
            gain[i, q] = float((alone[i, n] + users[n]).max())
    return gain * (1.0 + _CLAIM)


def _both(one: Floats, other: Floats) -> Floats:
    """What n users are worth that two share: the greatest sum, for every n."""
    found = np.full(len(one) + len(other) - 1, -np.inf)
    for n, worth in enumerate(other.tolist()):
        found[n : n + len(one)] = np.maximum(found[n : n + len(one)], one + worth)
    return found


class OfflineBound(NamedTuple):
    """What the offline stage is worth at most, and what was found on the way.

    Attributes
    ----------
    value : float
        Money.
    multiplier : float64 [S]
        lambda >= 0, of the servers: what proves it.
    tours : dict
        The tours looked at: (agent, bool [S] of its stops as bytes) -> what it is worth, money.
    """

    value: float
    multiplier: Floats
    tours: dict[tuple[int, bytes], float]


def served(stage: Stage) -> Floats:
    """What q = 0, 1, ... units at a server are worth where nothing else counts: ``v_i min(q, D_i)``, float64 [S, units + 1].

    Parameters
    ----------
    stage : Stage
    """
    q = np.arange(int(stage.fleet.max(initial=0)) * stage.per_uav + 1)
    return np.asarray(stage.value[:, None] * np.minimum(q, stage.overload[:, None]))


def _worths(stage: Stage, gain: Floats) -> Floats:
    """The gain of q = 0, 1, ... units less their cost to agent k, the way there apart, float64 [K, S, units + 1].

    Minus infinity for q = 0 and beyond the agent's fleet: a visit has a unit.
    """
    q = np.arange(gain.shape[1])
    worth = gain[None] - (stage.cost[:, None] * q)[:, None]
    worth[:, :, 0] = -np.inf
    worth[np.broadcast_to(q > (stage.fleet * stage.per_uav)[:, None, None], worth.shape)] = -np.inf
    return np.asarray(worth)


def offline_bound(stage: Stage, gain: Floats | None = None, *, rounds: int = 60) -> OfflineBound:
    """Bound the offline stage by column generation over tours with HiGHS.

    Parameters
    ----------
    stage : Stage
    gain : float64 [S, units + 1], optional
        What a visit of q = 0, 1, ... units to a server is worth at most, its cost and the way there apart; default: `served`.
    rounds : int
        Solutions of the linear program, at most.

    Returns
    -------
    OfflineBound

    Notes
    -----
    "A server has one agent" is relaxed with multipliers lambda_i >= 0, which leaves one problem for every agent k,

        bound = sum_i lambda_i + sum_k max(0, max over tours T, units q of
                sum_{i in T} (gain_i(q_i) - a_k q_i - lambda_i) - tour_k(T)).

    It holds for all multipliers. The linear program over the tours found so far gives new ones, its columns being true tours;
    the least bound on the way is kept. An agent's problem is solved over all sets of the `FEW` stops that promise most; the
    others add what they promise without their way. Where that is less, tours are relaxed to the way to their farthest stop.
    """
    agents = _Agents(stage, _worths(stage, served(stage) if gain is None else gain))
    price = np.zeros(len(stage.value))
    columns: dict[tuple[int, bytes], float] = {}
    kept = OfflineBound(math.inf, price, columns)
    for _ in range(rounds):
        total, fresh = agents.look(price)
        if total < kept.value:
            kept = OfflineBound(total, price, columns)
        new = {key: column for key, column in fresh.items() if key not in columns}
        columns |= new
        if not new:
            break
        value, price = _prices(stage, columns)
        if kept.value - value <= _CLOSED * max(1.0, abs(value)):
            break
    return kept._replace(value=kept.value + _CLAIM * (1.0 + abs(kept.value)))


class _Agents:
    """Every agent's problem at given multipliers."""

    def __init__(self, stage: Stage, worth: Floats) -> None:
        self.stage, self.worth = stage, worth
        self.promise = np.where(stage.reaches(), worth.max(axis=2, initial=-np.inf), -np.inf)
        self.closing, self.returning = stage.closing(), stage.returning()

    def look(self, price: Floats) -> tuple[float, dict[tuple[int, bytes], float]]:
        """The bound, and each agent's best tour: (agent, its stops) -> worth before prices."""
        total, found = math.fsum(price.tolist()), {}
        for k in range(len(self.stage.cost)):
            promise = self.promise[k] - price
            stops = np.flatnonzero(promise > 0.0)
            if not len(stops):
                continue
            order = stops[np.argsort(-promise[stops], kind="stable")]
            first, rest = order[:FEW], order[FEW:]
            most, member = self._sets(k, first, price)
            most += math.fsum(promise[rest].tolist())
            if len(rest):
                near = stops[np.argsort(self.stage.out[k, stops], kind="stable")]
                far, chosen = farthest(*read_only(_Far(self._profit(k, near, price), self.stage.out[k, near])), *self._road(k))
                if far < most:
                    most, member = far, np.zeros(len(price), dtype=np.bool_)
                    member[near[chosen]] = True
            total += most
            if member.any():
                found[k, member.tobytes()] = self._true(k, np.flatnonzero(member))
        return total, {key: value for key, value in found.items() if value > 0.0}

    def _profit(self, k: int, stops: Array, price: Floats) -> Floats:
        units = int(self.stage.fleet[k]) * self.stage.per_uav
        return np.asarray(self.worth[k, stops, : units + 1] - price[stops, None])

    def _road(self, k: int) -> tuple[float, float]:
        return float(self.stage.rate[k]), float(self.stage.fixed[k])

    def _sets(self, k: int, stops: Array, price: Floats) -> tuple[float, Bools]:
        stage = self.stage
        sets = _Sets(
            self._profit(k, stops, price),
            stage.drive[k][np.ix_(stops, stops)],
            stage.out[k, stops],
            stage.opens[stops],
            self.closing[stops],
        )
        most, mask = best_set(*read_only(sets), float(self.returning[k]), float(stage.service), *self._road(k))
        member = np.zeros(len(price), dtype=np.bool_)
        member[stops[(mask >> np.arange(len(stops))) & 1 == 1]] = True
        return most, member

    def _true(self, k: int, stops: Array) -> float:
        """What a tour to these stops, or to some of them, is worth before prices."""
        return self._sets(k, stops[:FEW], np.zeros(len(self.stage.value)))[0]


class _Sets(NamedTuple):
    profit: Floats
    drive: Floats
    out: Floats
    opens: Floats
    closes: Floats


class _Far(NamedTuple):
    profit: Floats
    out: Floats


def best_packing(stage: Stage, columns: dict[tuple[int, bytes], float], *, whole: bool) -> Answer:
    """The tours that are worth most together, an agent and a server in one at most, by HiGHS.

    Parameters
    ----------
    stage : Stage
    columns : dict
        (agent, bool [S] of its stops as bytes) -> worth; at least one.
    whole : bool
        Tours are taken or not; False: also in part, with dual prices.

    Returns
    -------
    Answer
        As of a minimum: the bound is that of minus the worth. Rows are servers, then agents.
    """
    n, m = len(stage.value), len(stage.cost)
    rows = [np.append(np.flatnonzero(np.frombuffer(stops, dtype=np.bool_)), n + k) for k, stops in columns]
    every = np.concatenate(rows)
    model = ColumnModel(
        cost=-np.array(list(columns.values())),
        upper=np.full(len(rows), 1.0 if whole else np.inf),
        row_lower=np.full(n + m, -np.inf),
        row_upper=np.ones(n + m),
        starts=np.concatenate([[0], np.cumsum([len(row) for row in rows])]),
        rows=every,
        entries=np.ones(len(every)),
        integer=whole,
    )
    return minimise(model, Run(sense="max", stop=Stop(), rng=np.random.default_rng(0), observer=Observer(), inner=True))


def _prices(stage: Stage, columns: dict[tuple[int, bytes], float]) -> tuple[float, Floats]:
    """The linear program over the tours known: its value, and the multipliers of the servers."""
    answer = best_packing(stage, columns, whole=False)
    if answer.row_dual is None:
        raise RuntimeError(f"HiGHS ended the linear program of tours with {answer.status}")
    return -answer.bound, np.maximum(-answer.row_dual[: len(stage.value)], 0.0)
