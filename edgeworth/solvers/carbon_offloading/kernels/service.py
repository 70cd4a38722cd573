"""The closed forms of one device in one slot: energy of served bits, bits at a price, bits of an energy budget."""

from __future__ import annotations

import math
from typing import NamedTuple

from edgeworth.core.jit import leaf
from edgeworth.solvers.carbon_offloading.model.kernels import cheapest_split, local_bits, offload_power

LN2 = math.log(2.0)
HALVINGS = 60  # bisection narrows a bracket to 2^-60 of itself, below the rounding of its ends


class Device(NamedTuple):
    """What one device can do; all float.

    ``slot_length`` tau [s]; ``band`` W tau [bit per doubling of 1 + SINR]; ``cubic`` kappa L^3 / tau^2 [J / bit^3], so that l
    bits computed locally in a slot cost ``cubic`` l^3; ``local_bits`` [bit], the most that the local power cap computes in a
    slot; ``local_cap``, ``offload_cap`` [W].
    """

    slot_length: float
    band: float
    cubic: float
    local_bits: float
    local_cap: float
    offload_cap: float


@leaf
def device_of(episode, u):
    """Return what user u of an episode (`model.kernels.Episode`) can do."""
    tau, kappa, cycles = episode.slot_length, episode.switched_capacitance, episode.cycles_per_bit
    return Device(
        tau,
        episode.bandwidth * tau,
        kappa * cycles**3 / (tau * tau),
        local_bits(episode.local_power_cap[u], tau, kappa, cycles),
        episode.local_power_cap[u],
        episode.offload_power_cap[u],
    )


@leaf
def local_at(device, ratio):
    """Return the bits computed locally where a bit is worth `ratio` joules: 3 cubic l^2 = ratio, within the cap."""
    if ratio <= 0.0:
        return 0.0
    return min(device.local_bits, math.sqrt(ratio / (3.0 * device.cubic)))


@leaf
def power_at(device, gain, ratio):
    """Return the power of the uplink where a bit more takes `ratio` joules, (1 / gain + p) tau ln 2 / band, within the cap."""
    if gain <= 0.0:
        return 0.0
    return min(device.offload_cap, max(0.0, ratio * device.band / (device.slot_length * LN2) - 1.0 / gain))


@leaf
def offloaded(device, gain, power):
    """Return the bits that a power offloads in a slot."""
    return device.band * math.log1p(power * gain) / LN2


@leaf
def bits_at(device, gain, ratio):
    """Return the bits served where a bit is worth `ratio` joules, x(ratio): non-decreasing."""
    return local_at(device, ratio) + offloaded(device, gain, power_at(device, gain, ratio))


@leaf
def powers_at(device, gain, ratio):
    """Return the local and the offloading power [W] where a bit is worth `ratio` joules."""
    bits = local_at(device, ratio)
    return min(device.cubic * bits * bits * bits / device.slot_length, device.local_cap), power_at(device, gain, ratio)


@leaf
def energy_at(device, gain, ratio):
    """Return the least energy [J] of the bits that are served where a bit is worth `ratio` joules."""
    local, sent = powers_at(device, gain, ratio)
    return device.slot_length * (local + sent)  # rounded as the model does


@leaf
def top_ratio(device, gain):
    """Return the worth of a bit [J] from which on both caps bind."""
    top = 3.0 * device.cubic * device.local_bits * device.local_bits
    if gain > 0.0 and device.band > 0.0:
        top = max(top, (device.offload_cap + 1.0 / gain) * device.slot_length * LN2 / device.band)
    return top


@leaf
def ratio_of_energy(device, gain, energy):
    """Return the worth of a bit at which the least energy of the bits served is `energy`, or at which both caps bind."""
    low, high = 0.0, top_ratio(device, gain)
    if energy_at(device, gain, high) <= energy:
        return high
    for _ in range(HALVINGS):
        middle = 0.5 * (low + high)
        if energy_at(device, gain, middle) <= energy:
            low = middle
        else:
            high = middle
    return low


@leaf
def ratio_of_bits(device, gain, bits):
    """Return the least worth of a bit at which at least `bits` are served, or at which both caps bind."""
    low, high = 0.0, top_ratio(device, gain)
    if bits_at(device, gain, high) <= bits:
        return high
    for _ in range(HALVINGS):
        middle = 0.5 * (low + high)
        if bits_at(device, gain, middle) < bits:
            low = middle
        else:
            high = middle
    return high


@leaf
def powers_of_bits(device, gain, bits):
    """Return the powers [W] that serve `bits` and no more with least energy, or full power where they are too many."""
    tau, most = device.slot_length, offloaded(device, gain, device.offload_cap)
    if bits >= device.local_bits + most:
        return device.local_cap, device.offload_cap
    capacitance = device.cubic * tau * tau  # of a processor that takes one cycle a bit, and the same energy
    part = cheapest_split(bits, device.local_bits, most, gain, tau, device.band / tau, capacitance, 1.0)
    local = min(device.cubic * part * part * part / tau, device.local_cap)
    return local, min(offload_power(bits - part, gain, tau, device.band / tau), device.offload_cap)


@leaf
def powers_of_energy(device, gain, energy):
    """Return the powers [W] that serve most bits with `energy`, all of it where the caps allow that."""
    if energy >= device.slot_length * (device.local_cap + device.offload_cap):
        return device.local_cap, device.offload_cap
    return powers_at(device, gain, ratio_of_energy(device, gain, energy))
