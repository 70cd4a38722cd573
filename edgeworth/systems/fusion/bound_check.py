"""The checker of a round's bound: the number again from its certificate alone, rounded outward.

It shares the records of world, round and stage and the model of the offloading game with the solver, and nothing else. Money of
the offline stage is counted in whole multiples of 2^-40, worth rounded up and costs rounded down, so that sums and maxima are
exact. The proof is in `edgeworth.systems.fusion.bounds`.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from edgeworth.core import validation
from edgeworth.core.arrays import Floats, Ints
from edgeworth.core.verdict import Verdict
from edgeworth.games.offloading import OffloadingGame
from edgeworth.games.offloading.model.bounds import Slices, slice_bound
from edgeworth.systems.fusion.kernels.tours_check import NOTHING, best_tour
from edgeworth.systems.fusion.online_stage import online_game, waiting_fleet
from edgeworth.systems.fusion.rounds import Round
from edgeworth.systems.fusion.stage import RoundBound, Stage, stage_of
from edgeworth.systems.fusion.world import World

_BITS = 40  # whole numbers count 2^-40 of money
_MOST = 2.0**17  # money; more would leave the range of 64 bits. Worse worths and dearer costs count as so much: a valid bound
_FEW = 10
_SHORTER = 1.0 - 1e-12  # more than the rounding of a distance, a quotient and a product

Tick = Callable[[], None]


def verdict(world: World, drawn: Round, bound: RoundBound, tick: Tick | None = None) -> Verdict:
    """Whether a bound's certificate proves its value.

    Parameters
    ----------
    world : World
    drawn : Round
    bound : RoundBound
    tick : callable, optional
        Called between steps of some 50 ms; what it raises ends the check.

    Returns
    -------
    Verdict
        Fails where the value is below what the certificate proves, by so much money, and where it proves nothing.
    """
    try:
        proved = rebuilt(world, drawn, bound, tick)
    except (KeyError, ValueError, TypeError) as error:
        return Verdict.of(False, math.inf, 0.0, str(error))
    below = max(proved - bound.value, 0.0)
    return Verdict.of(below == 0.0 and math.isfinite(bound.value), below, 0.0, None if below == 0.0 else (bound.value, proved))


def rebuilt(world: World, drawn: Round, bound: RoundBound, tick: Tick | None = None) -> float:
    """The welfare that no contracts, tours and profiles of a round exceed, by the prices, slices and multipliers of a bound.

    Parameters
    ----------
    world : World
    drawn : Round
    bound : RoundBound
        Whose ``value`` is not looked at.
    tick : callable, optional
        Called between steps of some 50 ms.

    Returns
    -------
    float

    Raises
    ------
    ValueError, TypeError
        For a certificate that proves nothing.
    """
    if bound.waiting:
        return slice_bound(online_game(world, drawn, waiting_fleet(world)), bound.certificate, tick)
    stage = stage_of(world, drawn)
    game = _relaxed(world, drawn, stage)
    slices = Slices(game, bound.certificate)
    parts = [*game.local_utility.tolist(), *slices.price.tolist()]
    for i in range(world.servers):
        most = 0.0
        for block in slices.blocks(i):
            if tick is not None:
                tick()
            most = max(most, float(block.bound.max()))
        parts.append(most)
    gain = []
    for i in range(world.servers):
        if tick is not None:
            tick()
        gain.append(_visit(stage, i, _uav(slices, world.servers + i, np.asarray(bound.count_multiplier), stage.per_uav)))
    price = _multipliers(stage, bound.multiplier)
    agents = math.nextafter(math.ldexp(float(_offline(stage, gain, price, tick)), -_BITS), math.inf)
    return math.nextafter(math.fsum([*parts, agents]), math.inf)


def rebuilt_offline(stage: Stage, gain: Floats, multiplier: Floats, tick: Tick | None = None) -> float:
    """The bound of the offline stage alone that multipliers prove.

    Parameters
    ----------
    stage : Stage
    gain : float64 [S, units + 1]
        What a visit of 0, 1, ... units to a server is worth at most, its cost and the way there apart.
    multiplier : float64 [S]
        lambda >= 0; any such numbers give a valid bound.
    tick : callable, optional
        Called between agents; what it raises ends the work.

    Returns
    -------
    float

    Raises
    ------
    ValueError, TypeError
        For multipliers that are none, and for money beyond 2^17.
    """
    units = int(stage.fleet.max(initial=0)) * stage.per_uav
    table = validation.array("gain", gain, np.float64, (len(stage.value), units + 1), minimum=-_MOST, maximum=_MOST)
    whole = [[_up(x) for x in row] for row in table.tolist()]
    total = _offline(stage, whole, _multipliers(stage, multiplier), tick)
    return math.nextafter(math.ldexp(float(total), -_BITS), math.inf)


def _multipliers(stage: Stage, multiplier: Floats) -> list[int]:
    given = validation.array("multiplier", multiplier, np.float64, (len(stage.value),), minimum=0.0, maximum=2**10 * _MOST)
    return [int(x) for x in np.ldexp(given, _BITS)]


def _relaxed(world: World, drawn: Round, stage: Stage) -> OffloadingGame:
    """The relaxed game, from the physics once more: users 0..U-1, servers 0..S-1, then a UAV at every place."""
    s, u = world.servers, world.users
    reach = stage.reaches()
    fastest = [float(world.uav_rate[reach[:, i]].max(initial=0.0)) for i in range(s)]
    metres = np.hypot(*(drawn.position[:, None, :] - world.place[None, :, :]).transpose(2, 0, 1))
    user, place = np.nonzero(metres <= world.coverage)
    sends = [max((int(n) for n in world.capacity[reach[:, i]]), default=0) for i in range(s)]
    ends = stage.closing() + world.service * np.array(sends)
    home = drawn.home[user]
    flown = (drawn.opens[place] <= drawn.closes[home]) & (ends[place] >= drawn.opens[home]) & (np.array(sends)[place] > 0)
    tau = np.where(world.human, 0.0, world.deadline)
    alone = world.workload / world.frequency
    saved = world.energy_coefficient * world.workload * world.frequency**2
    worth = np.where(world.human, world.latency_value * alone, world.reward)
    sides = []
    for i, k, more in ((user, place, 0.0), (user[flown], place[flown], world.uav_gain)):
        upload = world.data[i] / (world.bandwidth * np.log2(1.0 + 10.0 ** ((drawn.snr[i, k] + more) / 10.0)))
        sides.append((worth[i] + world.energy_value[i] * (saved[i] - world.transmit_power[i] * upload), upload))
    return OffloadingGame.from_pairs(
        user=np.concatenate([user, user[flown]]),
        provider=np.concatenate([place, place[flown] + s]),
        gain=np.concatenate([gain for gain, _ in sides]),
        rate=np.concatenate([world.rate, [rate or 1e9 for rate in fastest]]),
        users=u,
        transfer=np.concatenate([upload for _, upload in sides]),
        weight=world.weight,
        workload=world.workload,
        sensitivity=np.where(world.human, world.latency_value, world.reward / np.where(world.human, 1.0, world.deadline)),
        deadline=tau,
        human=world.human,
        cap=np.concatenate([world.cap, [world.users_a_uav if rate else 0 for rate in fastest]]),
        cost_rate=np.concatenate([world.energy_price * world.power, np.zeros(s)]),
    )


def _uav(slices: Slices, k: int, nu: Floats, most: int) -> list[int]:
    """What exactly n users at UAV k are worth at most, prices paid, n = 0, 1, ...: in each slice the n that are worth most."""
    found = [0]
    row = int(slices.ptr[k])
    for block in slices.blocks(k):
        for j in range(len(block.bound)):
            count = float(nu[row])
            row += 1
            item = sorted((x + count for x in block.item[j].tolist() if x > -math.inf), reverse=True)[:most]
            fixed = float(block.fixed[j]) - count * int(slices.game.cap[k])
            size = (
                math.fsum(map(abs, item)) + abs(float(block.fixed[j])) + 2.0 * count * max(len(item), int(slices.game.cap[k]))
            )
            off = float(block.margin[j]) + 2.0**-48 * size
            for n in range(1, len(item) + 1):
                worth = _up(math.fsum([*item[:n], fixed, off]))
                if n == len(found):
                    found.append(worth)
                found[n] = max(found[n], worth)
    return found


def _visit(stage: Stage, i: int, uav: list[int]) -> list[int]:
    """What a visit of q units to server i is worth at most: its tasks used and the users of its UAVs."""
    value, overload = _up(float(stage.value[i])), int(stage.overload[i])
    gain, together = [0], [0]
    for q in range(1, int(stage.fleet.max(initial=0)) * stage.per_uav + 1):
        if (q - 1) % stage.per_uav == 0:
            longer: dict[int, int] = {}
            for n, one in enumerate(together):
                for more, other in enumerate(uav):
                    longer[n + more] = max(longer.get(n + more, one + other), one + other)
            together = [longer[n] for n in range(len(longer))]
        gain.append(max(value * min(n, overload) + worth for n, worth in enumerate(together[: q + 1])))
    return gain


def _offline(stage: Stage, gain: list[list[int]], price: list[int], tick: Tick | None) -> int:
    """All multipliers and what every agent makes at most of them."""
    reach = stage.reaches()
    total = sum(price)
    for k in range(len(stage.cost)):
        if tick is not None:
            tick()
        cost, units = _down(float(stage.cost[k])), int(stage.fleet[k]) * stage.per_uav
        worth: dict[int, list[int]] = {}
        for i in np.flatnonzero(reach[k]).tolist():
            row = [gain[i][q] - cost * q - price[i] for q in range(1, units + 1)]
            if max(row) > 0:
                worth[i] = row
        if worth:
            total += _agent(stage, k, worth)
    return total


def _agent(stage: Stage, k: int, worth: dict[int, list[int]]) -> int:
    """No tour of agent k is worth more, prices paid: over all sets of few stops, the others as if they were on the way."""
    order = sorted(worth, key=lambda i: (-max(worth[i]), i))
    if sum(max(row) for row in worth.values()) >= 2**62:
        validation.reject("gain", "must add up to less than 2^22 of money for an agent", stage.value)
    worth = {i: [max(each, NOTHING) for each in row] for i, row in worth.items()}
    first, rest = order[:_FEW], order[_FEW:]
    rate, fixed = float(stage.rate[k]), _down(float(stage.fixed[k]))

    def cost(seconds: Floats) -> Ints:
        money = np.minimum(rate * seconds * _SHORTER, _MOST)  # a cheaper road is a valid one
        return np.floor(np.ldexp(money, _BITS)).astype(np.int64)

    at = np.array(first)
    out, drive = stage.out[k, at], stage.drive[k][np.ix_(at, at)]
    table = np.array([[NOTHING, *worth[i]] for i in first])
    closes, latest = stage.closing()[at], float(stage.returning()[k])
    most = int(best_tour(table, cost(drive), drive, cost(out), out, fixed, stage.opens[at], closes, latest, stage.service))
    most += sum(max(worth[i]) for i in rest)
    return min(most, _far(stage, k, worth, cost, fixed)) if rest else most


def _far(stage: Stage, k: int, worth: dict[int, list[int]], cost: Callable[[Floats], Ints], fixed: int) -> int:
    """The same where a tour is only as long as the way to its farthest stop and back."""
    near = sorted(worth, key=lambda i: float(stage.out[k, i]))
    trip = cost(2.0 * stage.out[k, near])
    units = len(worth[near[0]])
    best = np.full(units + 1, NOTHING)
    best[0] = most = 0
    for i, way in zip(near, trip.tolist(), strict=True):
        before = best.copy()
        for q, gain in enumerate(worth[i], 1):
            best[q:] = np.maximum(best[q:], before[: units + 1 - q] + gain)
        most = max(most, int(best.max()) - way - fixed)
    return most


def _up(money: float) -> int:
    return math.ceil(math.ldexp(max(validation.real("money", money, maximum=_MOST), -_MOST), _BITS))


def _down(money: float) -> int:
    return math.floor(math.ldexp(min(validation.real("money", money, minimum=0.0), _MOST), _BITS))
