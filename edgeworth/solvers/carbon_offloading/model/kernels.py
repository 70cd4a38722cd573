"""Compiled: energy of bits, one slot of one device, and a whole episode. Everything that plays an episode calls `slot`."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from edgeworth.core.arrays import Array, Floats
from edgeworth.core.jit import jit, leaf

ZF, ZF_ESTIMATED, MMSE = 0, 1, 2
"""What a receiver's signal-to-interference-and-noise ratios are made of: the gain alone, `cross`, or `gram`."""


class Episode(NamedTuple):
    """A problem as kernels read it: arrays of (users, slots) or (users,), numbers in SI units.

    cross: [slots, users, users], what a watt of user v adds at the output of user u's filter, in units of the noise there;
    gram: complex, the same shape, H^H H of the whitened channel. Each is empty where the receiver does not need it.
    """

    arrivals: Floats
    harvest: Floats
    gain: Floats
    carbon: Floats
    local_power_cap: Floats
    offload_power_cap: Floats
    buffer: Floats
    initial_buffer: Floats
    battery: Floats
    initial_battery: Floats
    cross: Floats
    gram: Array
    slot_length: float
    bandwidth: float
    switched_capacitance: float
    cycles_per_bit: float
    receiver: int
    throttled: int


class Record(NamedTuple):
    """What `simulate` fills in: buffer and battery (users, slots + 1), the others (users, slots)."""

    buffer: Floats
    battery: Floats
    served: Floats
    local: Floats
    dropped: Floats
    energy: Floats
    grid: Floats
    waste: Floats
    sinr: Floats


@leaf
def local_bits(power, slot_length, switched_capacitance, cycles_per_bit):
    """Bits that the device computes in a slot at that power."""
    return slot_length / cycles_per_bit * (power / switched_capacitance) ** (1.0 / 3.0)


@leaf
def local_power(bits, slot_length, switched_capacitance, cycles_per_bit):
    """The power that computes so many bits in a slot."""
    frequency = bits * cycles_per_bit / slot_length
    return switched_capacitance * frequency * frequency * frequency


@leaf
def offload_bits(sinr, slot_length, bandwidth):
    """Bits that the uplink carries in a slot."""
    return bandwidth * slot_length * math.log1p(sinr) / math.log(2.0)


@leaf
def offload_power(bits, gain, slot_length, bandwidth):
    """The power that sends so many bits in a slot."""
    return math.expm1(bits / (bandwidth * slot_length) * math.log(2.0)) / gain


@leaf
def cheapest_split(bits, most_local, most_offload, gain, slot_length, bandwidth, switched_capacitance, cycles_per_bit):
    """Bits to compute locally so that `bits` in all take least energy; the rest is sent. At most the sum of the two limits.

    The marginal energies of both ways rise, so bisection on their difference finds the one split where they are equal.
    """
    low, high = max(0.0, bits - most_offload), min(bits, most_local)
    if not low < high or gain <= 0.0:
        return high
    cubic = 3.0 * switched_capacitance * cycles_per_bit**3 / (slot_length * slot_length)
    sent = math.log(2.0) / (bandwidth * gain)
    rate = math.log(2.0) / (bandwidth * slot_length)
    for _ in range(60):
        middle = 0.5 * (low + high)
        if cubic * middle * middle > sent * math.exp((bits - middle) * rate):
            high = middle
        else:
            low = middle
    return 0.5 * (low + high)


@leaf
def slot(
    held,
    charge,
    arrival,
    harvest,
    power_local,
    power_offload,
    sinr,
    buffer,
    battery,
    slot_length,
    bandwidth,
    switched_capacitance,
    cycles_per_bit,
    throttled,
):
    """One slot of one device.

    held, charge: bits in the buffer and joules in the battery at its beginning; buffer, battery: what they hold at most.
    Returns (bits held after it, charge after it, bits served, of these computed locally, bits dropped, energy, grid energy,
    wasted harvest).
    """
    local = local_bits(power_local, slot_length, switched_capacitance, cycles_per_bit)
    sent = offload_bits(sinr, slot_length, bandwidth)
    served = min(held, local + sent)
    energy = slot_length * (power_local + power_offload)
    if throttled and served < local + sent:
        gain = sinr / power_offload if power_offload > 0.0 else 0.0
        part = cheapest_split(served, local, sent, gain, slot_length, bandwidth, switched_capacitance, cycles_per_bit)
        least = local_power(part, slot_length, switched_capacitance, cycles_per_bit)
        if gain > 0.0:
            least += offload_power(max(served - part, 0.0), gain, slot_length, bandwidth)
        energy = min(energy, slot_length * least)
    direct = min(energy, harvest)
    drawn = min(energy - direct, charge)
    grid = 0.0 if energy <= harvest + charge else energy - direct - drawn  # no rounding error counts as carbon
    stored = max(min(harvest - direct, battery - (charge - drawn)), 0.0)
    left = held - served + arrival
    after = min(left, buffer)
    return (
        after,
        charge - drawn + stored,
        served,
        min(local, served),
        left - after,
        energy,
        grid,
        harvest - direct - stored,
    )


@leaf
def ratios(episode, t, power, out):
    """The signal-to-interference-and-noise ratio of every user in slot t at these powers of the uplink, put into `out`.

    With minimum mean square error: 1 / [(I + P^(1/2) H^H H P^(1/2))^-1]_uu - 1, the inverse by a Cholesky factor L: its
    diagonal holds the squared lengths of the columns of L^-1. No diagonal of L is below 1, except by rounding.
    """
    users = power.size
    if episode.receiver == ZF:
        for u in range(users):
            out[u] = power[u] * episode.gain[u, t]
        return
    if episode.receiver == ZF_ESTIMATED:
        for u in range(users):
            noise = 1.0
            for v in range(users):
                if v != u:
                    noise += power[v] * episode.cross[t, u, v]
            out[u] = power[u] * episode.cross[t, u, u] / noise
        return
    factor = np.zeros((users, users), np.complex128)
    for u in range(users):
        for v in range(u + 1):
            total = math.sqrt(power[u] * power[v]) * episode.gram[t, u, v]
            if u == v:
                total += 1.0
            for k in range(v):
                total -= factor[u, k] * factor[v, k].conjugate()
            if u == v:
                factor[u, u] = math.sqrt(max(total.real, 1.0))
            else:
                factor[u, v] = total / factor[v, v].real
    column = np.zeros(users, np.complex128)
    for u in range(users):
        length = 0.0
        for v in range(u, users):
            total = complex(1.0 if v == u else 0.0, 0.0)
            for k in range(u, v):
                total -= factor[v, k] * column[k]
            column[v] = total / factor[v, v].real
            length += column[v].real ** 2 + column[v].imag ** 2
        out[u] = max(1.0 / length - 1.0, 0.0) if power[u] > 0.0 else 0.0


@leaf
def advance(episode, t, local, offload, ratio, record):
    """Slot t of all users at these powers: fills in column t of the record, and t + 1 of buffer and battery.

    ratio: room for as many numbers as there are users.
    """
    ratios(episode, t, offload, ratio)
    for u in range(local.size):
        record.sinr[u, t] = ratio[u]
        (
            record.buffer[u, t + 1],
            record.battery[u, t + 1],
            record.served[u, t],
            record.local[u, t],
            record.dropped[u, t],
            record.energy[u, t],
            record.grid[u, t],
            record.waste[u, t],
        ) = slot(
            record.buffer[u, t],
            record.battery[u, t],
            episode.arrivals[u, t],
            episode.harvest[u, t],
            local[u],
            offload[u],
            ratio[u],
            episode.buffer[u],
            episode.battery[u],
            episode.slot_length,
            episode.bandwidth,
            episode.switched_capacitance,
            episode.cycles_per_bit,
            episode.throttled,
        )


@jit
def run(episode, local, offload, record):
    """A whole episode at given powers (users, slots)."""
    users, slots = local.shape
    ratio, here, there = np.empty(users), np.empty(users), np.empty(users)
    for u in range(users):
        record.buffer[u, 0], record.battery[u, 0] = episode.initial_buffer[u], episode.initial_battery[u]
    for t in range(slots):
        for u in range(users):
            here[u], there[u] = local[u, t], offload[u, t]
        advance(episode, t, here, there, ratio, record)
