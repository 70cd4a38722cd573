"""Decisions from tables of marginal values, and episodes played by them. No policy, no validation."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from edgeworth.core.arrays import Array
from edgeworth.core.jit import jit, leaf
from edgeworth.solvers.carbon_offloading.kernels.service import (
    HALVINGS,
    bits_at,
    device_of,
    energy_at,
    powers_at,
    ratio_of_bits,
    ratio_of_energy,
    top_ratio,
)
from edgeworth.solvers.carbon_offloading.kernels.value_iteration import below, between, climbing
from edgeworth.solvers.carbon_offloading.model.kernels import advance


@leaf
def _at(x, nodes, values):
    """Return the value at x by linear interpolation; x lies between the first node and the last."""
    return between(x, nodes, values, below(x, nodes))


@leaf
def _left(device, gain, buffer, worth, grid_price, green, bits):
    """Return how many of `bits` to leave where marginal values climb: those after which serving costs what a bit left does."""
    low, high = 0.0, bits - green
    for _ in range(HALVINGS):
        middle = 0.5 * (low + high)
        if middle + bits_at(device, gain, _at(middle, buffer, worth) / grid_price) < bits:
            low = middle
        else:
            high = middle
    return 0.5 * (low + high) if low > 0.0 else 0.0


@leaf
def _best_left(device, gain, buffer, worth, grid_price, free, green, bits):
    """As `_left` where marginal values fall somewhere: the best of all nodes and of the ends, then the best point beside it."""
    least = max(0.0, bits - bits_at(device, gain, top_ratio(device, gain)))
    largest = max(least, bits - green)
    low, high, best, last, kept, price = least, largest, np.inf, least, 0.0, _at(least, buffer, worth)
    found = False  # whether the point before this one is the best so far
    for i in range(-1, buffer.size):  # the least, the nodes between, the largest
        q = least if i < 0 else min(max(buffer[i], least), largest)
        here = _at(q, buffer, worth)
        kept += 0.5 * (here + price) * (q - last)
        if found and q > last:
            high, found = q, False
        cost = grid_price * max(0.0, energy_at(device, gain, ratio_of_bits(device, gain, bits - q)) - free) + kept
        if cost < best:
            best, low, high, found = cost, last, largest, True
        price, last = here, q
    for _ in range(HALVINGS // 2):
        middle = 0.5 * (low + high)
        if _at(middle, buffer, worth) < grid_price * ratio_of_bits(device, gain, bits - middle):
            low = middle
        else:
            high = middle
    return 0.5 * (low + high)


@leaf
def decide(device, most, grid_price, buffer, worth, bits, harvest, gain):
    """Return the local and the offloading power [W] of the best decision for `bits` in the buffer.

    `most` [J] is the energy of full power, `worth` [n] the marginal value of the bits left, at the nodes `buffer` [n].

    1. What the harvest serves costs nothing, and what is left of the harvest is lost: all of it is spent.
    2. Bits beyond are served as long as one costs less than it is worth to be rid of it.
    """
    free = min(harvest, most)
    ratio = ratio_of_energy(device, gain, free)
    green = bits_at(device, gain, ratio)
    if bits <= green:
        return powers_at(device, gain, ratio)
    if grid_price <= 0.0:
        return powers_at(device, gain, top_ratio(device, gain))
    climbs = climbing(worth)
    if climbs == worth.size or bits - green <= buffer[climbs - 1]:
        left = _left(device, gain, buffer, worth, grid_price, green, bits)
    else:
        left = _best_left(device, gain, buffer, worth, grid_price, free, green, bits)
    return powers_at(device, gain, max(ratio, ratio_of_bits(device, gain, bits - left)))


class Plan(NamedTuple):
    """Tables for the U users of an episode of T slots, and where to look.

    ``table`` [N, m, n] float32, the tables of all nodes of a lattice of mean gains and carbon intensities behind each other, by
    the number of slots that follow; ``begin``, ``tables`` int64 [U, S, C]: where those of a node begin, and how many there are
    (0: not needed). ``gain_low`` [U, T], ``carbon_low`` [T] int64: the node below; ``gain_share``, ``carbon_share``: weight of
    the node above. ``unit`` [U, T] [1 / W]: what gains are multiples of; ``gain`` [m], nodes of these multiples; ``buffer``
    [U, n] [bit]; ``price`` [U, T] [1 / J], of grid energy. What belongs to a slot is read in that slot only.
    """

    table: Array
    begin: Array
    tables: Array
    gain_low: Array
    gain_share: Array
    carbon_low: Array
    carbon_share: Array
    unit: Array
    gain: Array
    buffer: Array
    price: Array


@leaf
def _mix(plan, u, t, follow, gain, worth):
    """Put into `worth` [n] the marginal values of the bits left: linear between the nodes around gain, mean gain and carbon."""
    nodes, g, share = plan.gain, 0, 0.0
    if nodes.size > 1:
        multiple = min(max(gain / plan.unit[u, t], nodes[0]), nodes[-1])
        g = below(multiple, nodes)
        share = (multiple - nodes[g]) / (nodes[g + 1] - nodes[g])
    worth[:] = 0.0
    for i in range(2):
        first = plan.gain_share[u, t] if i == 1 else 1.0 - plan.gain_share[u, t]
        for j in range(2):
            weight = first * (plan.carbon_share[t] if j == 1 else 1.0 - plan.carbon_share[t])
            if weight == 0.0:
                continue
            s, c = plan.gain_low[u, t] + i, plan.carbon_low[t] + j
            values = plan.table[plan.begin[u, s, c] + min(follow, plan.tables[u, s, c] - 1)]
            for k in range(worth.size):
                worth[k] += weight * (1.0 - share) * values[g, k]
            if share > 0.0:
                for k in range(worth.size):
                    worth[k] += weight * share * values[g + 1, k]


@jit
def play(episode, plan, schedule_local, schedule_offload, record):
    """Play an episode by the tables: fills in the powers [U, T] of the schedule, and the record."""
    users, slots = episode.arrivals.shape
    ratio, here, there = np.empty(users), np.empty(users), np.empty(users)
    worth = np.empty(plan.buffer.shape[1])
    tau = episode.slot_length
    for u in range(users):
        record.buffer[u, 0], record.battery[u, 0] = episode.initial_buffer[u], episode.initial_battery[u]
    for t in range(slots):
        for u in range(users):
            if plan.price[u, t] > 0.0:
                _mix(plan, u, t, slots - 1 - t, episode.gain[u, t], worth)
            here[u], there[u] = decide(
                device_of(episode, u),
                tau * (episode.local_power_cap[u] + episode.offload_power_cap[u]),
                plan.price[u, t],
                plan.buffer[u],
                worth,
                record.buffer[u, t],
                episode.harvest[u, t],
                episode.gain[u, t],
            )
            schedule_local[u, t], schedule_offload[u, t] = here[u], there[u]
        advance(episode, t, here, there, ratio, record)
