"""One device's convex program as kernels take it, and a plan of it as powers; `interior_point` has the mathematics.

Its kernels (`kernels.program`) know a device's curves by bits, in the program's units, and invert them by Newton's method to
the last rounding, which a gap of 1e-10 needs; `kernels.service` has the same curves by prices and in SI units, for policies.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from edgeworth.core.arrays import Floats
from edgeworth.core.result import Certificate
from edgeworth.solvers.carbon_offloading.kernels.commands import command
from edgeworth.solvers.carbon_offloading.kernels.program import User
from edgeworth.solvers.carbon_offloading.model import CarbonOffloading, coefficients
from edgeworth.solvers.carbon_offloading.model.prices import PRICE_LIMIT

_DEAREST = 1e6  # a dropped bit in the program, in its own units: beyond, numbers of a method lose all that is smaller
_NOTHING = 1e-15  # of what the device can serve in a slot: a way that carries less is left out
_INSIDE = 1.0 - 1e-9  # of the buffer, where a full one begins that cannot be served: the method stays off the walls

_AMPLE = 1e3  # times what full power spends in all slots: a charge above never ends

TRUE_DROP = 1e-6  # of the buffer: what a program drops, or leaves free, below is rounding


@dataclass(frozen=True)
class Scale:
    """The units of a device's program: bits, joules and cost."""

    bits: float
    joules: float
    cost: float


def program(problem: CarbonOffloading, u: int, gain: Floats, dropped: Floats) -> tuple[User, Scale]:
    """The convex program of device u in units of its own, for given gains (1/W) and costs of a dropped bit, [slots] each."""
    price, rate = coefficients(problem), problem.bandwidth * problem.slot_length / math.log(2.0)
    cap, most_local = float(problem.offload_power_cap[u]), float(problem.most_local[u])
    most_sent = rate * np.log1p(cap * gain)
    bits = most_local + float(most_sent.max())
    most_sent = np.where(most_sent > _NOTHING * bits, most_sent, 0.0)
    most_local = most_local if most_local > _NOTHING * bits else 0.0
    joules = problem.slot_length * (float(problem.local_power_cap[u]) + cap)
    delay, grid = float(price.held[u]), price.grid[u]
    cost = max(float(grid.max()) * joules, delay * bits) or float(dropped.max()) * bits or 1.0
    buffer, start = float(problem.buffer[u]) / bits, float(problem.initial_buffer[u]) / bits
    charge, battery = _storage(problem, u)
    if most_local + float(most_sent[0]) <= (1.0 - _INSIDE) * problem.buffer[u]:
        start = min(start, buffer * _INSIDE)
    user = User(
        arrivals=problem.arrivals[u] / bits,
        harvest=problem.harvest[u] / joules,
        grid=grid * (joules / cost),
        base=problem.slot_length / gain / joules,
        offload_cap=most_sent / bits,
        green_bits=np.zeros(problem.slots),
        drop=np.minimum(dropped * (bits / cost), _DEAREST + problem.slots),
        cubic=problem.switched_capacitance * problem.cycles_per_bit**3 / problem.slot_length**2 * bits**3 / joules,
        rate=bits / rate,
        local_cap=most_local / bits,
        buffer=buffer,
        start=start,
        battery=battery / joules,
        charge=charge / joules,
        delay=delay * bits / cost,
        spill=float(price.wasted[u]) * joules / cost,
        burn=1.0,
    )
    return user, Scale(bits, joules, cost)


def _storage(problem: CarbonOffloading, u: int) -> tuple[float, float]:
    """Charge and size of the program's battery, J: what can be spent or stored at all, where the device's are far larger."""
    charge, size = float(problem.initial_battery[u]), float(problem.battery[u])
    spent = problem.slots * problem.slot_length * float(problem.local_power_cap[u] + problem.offload_power_cap[u])
    room, most = size - charge, float(problem.harvest[u].sum()) + spent
    if charge > _AMPLE * spent:
        return spent, spent + min(room, most)
    return charge, charge + most if room > most else size


def of_large_battery(problem: CarbonOffloading, u: int, user: User, joule: Floats) -> Floats:
    """Energy prices of the program, for a device whose battery is larger than the program's: it never is full, so its prices
    may never rise, and where its charge is ample too, energy is free. What prices do by rounding would count S times."""
    charge, size = _storage(problem, u)
    if charge < problem.initial_battery[u]:
        return np.zeros_like(joule)
    if size < problem.battery[u]:
        joule = np.maximum(np.minimum.accumulate(np.minimum(joule, user.grid)), 0.0)
    return joule


def powers(
    problem: CarbonOffloading, u: int, gain: Floats, user: User, scale: Scale, point: Floats, path: Floats, charge: Floats
) -> Floats:
    """Two ways to command a plan, W, [2, 2, slots] (see `kernels.commands`): with harvest burnt only where it would be
    wasted and the buffer served down to what is carried; and with all burnt that the plan does not store, and its bits
    served literally.
    They are the same where nothing is stored and nothing dropped, and are then made once."""
    made: list[Floats] = []
    burning = int(problem.weights[2] > 0.0)
    for other in (0, 1):
        local, sent = np.zeros(problem.slots), np.zeros(problem.slots)
        command(user, point, path, charge, burning * (1 + other), bool(other), local, sent)
        cycles = local * (scale.bits * problem.cycles_per_bit / problem.slot_length)
        computing = np.minimum(problem.switched_capacitance * cycles**3, problem.local_power_cap[u])
        sending = np.minimum(np.expm1(sent * user.rate) / gain, problem.offload_power_cap[u])
        made.append(np.array([computing, sending]))
        if not user.battery and np.all(point[:, 2] <= TRUE_DROP * user.buffer):
            break
    return np.array([made[0], made[-1]])


def in_units(scale: Scale, arrival: Floats, service: Floats, joule: Floats) -> Floats:
    """Prices of the program as those of `dual_bound`, [3, slots]."""
    a_bit, a_joule = scale.cost / scale.bits, scale.cost / scale.joules
    return np.clip([arrival * a_bit, service * a_bit, joule * a_joule], -PRICE_LIMIT, PRICE_LIMIT)


def certificate(problem: CarbonOffloading, prices: Floats) -> Certificate:
    """The certificate "prices" of prices [3, users, slots]."""
    names = ("arrival_price", "service_price", "energy_price")[: 3 if np.any(problem.battery > 0.0) else 2]
    return Certificate("prices", dict(zip(names, prices, strict=False)))
