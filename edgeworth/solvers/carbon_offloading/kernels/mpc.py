"""Receding-horizon decisions: the deterministic problem of the next slots, solved by its prices. No policy, no validation."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from edgeworth.core.arrays import Array
from edgeworth.core.jit import jit, leaf
from edgeworth.solvers.carbon_offloading.kernels.service import (
    HALVINGS,
    bits_at,
    device_of,
    powers_at,
    ratio_of_bits,
    ratio_of_energy,
    top_ratio,
)
from edgeworth.solvers.carbon_offloading.model.kernels import advance


class Outlook(NamedTuple):
    """What is expected of U users and T slots: ``arrival``, ``harvest`` [U, T], means [bit, J]; ``gain`` [U], mean [1 / W];
    ``memory`` [U], what a slot leaves of the gain's distance from its mean; ``price`` [U, T] [1 / J], of grid energy, and
    ``dropped`` [U, T] [1 / bit], each read in its own slot only; ``held`` [U] [1 / bit and slot]."""

    arrival: Array
    harvest: Array
    gain: Array
    memory: Array
    price: Array
    dropped: Array
    held: Array


@leaf
def _buffer_at(device, worth, gain, green, arrival, size, grid_price, held, dropped, final):
    """Return the most bits in the buffer of which the last is worth no more than `worth` > 0.

    Backwards over the slots of `gain` [h]: a bit left for the next slot waits (`held`), so that it is worth `held` less there;
    a buffer that is full after arrivals costs `dropped` a bit. What slot k serves at a price is its closed form, at least
    `green` [h], which its harvest serves for nothing. After the last slot a bit is worth `final`. Marginal values rise with the
    bits, so that bits of equal worth add up.
    """
    bits = size if worth - held * gain.size > final else 0.0
    for k in range(gain.size - 1, -1, -1):
        here = worth - held * k
        if here <= 0.0:
            bits = 0.0
            continue
        left = size if here >= dropped else max(0.0, bits - arrival[k])
        served = max(green[k], bits_at(device, gain[k], here / grid_price))
        bits = min(size, left + served)
    return bits


@leaf
def _worth(device, bits, gain, green, arrival, size, grid_price, held, dropped, final):
    """Return what the last of `bits` in the buffer is worth: bisection on `_buffer_at`."""
    high = max(dropped, held * gain.size + final)
    for k in range(gain.size):
        high = max(high, grid_price * top_ratio(device, gain[k]) + held * k)
    low = 0.0
    for _ in range(HALVINGS):
        middle = 0.5 * (low + high)
        if _buffer_at(device, middle, gain, green, arrival, size, grid_price, held, dropped, final) < bits:
            low = middle
        else:
            high = middle
    return high


@leaf
def _final(device, outlook, u, t, most):
    """Return what a bit is worth, in joules, after a plan that ends before slot t: the marginal energy of serving what arrives
    at the mean gain, 0 where the mean harvest suffices for it."""
    ratio = ratio_of_bits(device, outlook.gain[u], outlook.arrival[u, t])
    energy = min(outlook.harvest[u, t], most)
    return ratio if ratio > ratio_of_energy(device, outlook.gain[u], energy) else 0.0


@jit
def play(horizon, outlook, episode, begin, end, local, offload, record):
    """Play slots begin to end - 1, each by the best plan for it and the next horizon - 1; fills in the powers [U, T] too.

    1. Expectations of the horizon: means of arrivals and harvest, the gain on its way back to its mean; prices stay.
    2. What the harvest at hand serves costs nothing; harvest that would be lost is spent.
    3. Bits beyond are served up to where the next one costs more than it is worth to be rid of it.
    """
    users, slots = local.shape
    ratios, here, there = np.empty(users), np.empty(users), np.empty(users)
    gain, green, arrival = np.empty(horizon), np.empty(horizon), np.empty(horizon)
    tau = episode.slot_length
    if begin == 0:
        for u in range(users):
            record.buffer[u, 0], record.battery[u, 0] = episode.initial_buffer[u], episode.initial_battery[u]
    for t in range(begin, end):
        h = min(horizon, slots - t)
        for u in range(users):
            device = device_of(episode, u)
            most = tau * (episode.local_power_cap[u] + episode.offload_power_cap[u])
            bits, charge, harvest = record.buffer[u, t], record.battery[u, t], episode.harvest[u, t]
            apart = episode.gain[u, t] - outlook.gain[u]
            for k in range(h):  # 1
                gain[k] = max(outlook.gain[u] + apart, 1e-300)
                apart *= outlook.memory[u]
                arrival[k] = outlook.arrival[u, t + k]
            gain[0] = episode.gain[u, t]
            free = min(harvest + charge, most)  # 2
            must = min(max(harvest - (episode.battery[u] - charge), 0.0), most)
            green_ratio = ratio_of_energy(device, gain[0], free)
            least = ratio_of_energy(device, gain[0], must)
            green[0] = bits_at(device, gain[0], green_ratio)
            whole = ratio_of_bits(device, gain[0], bits)
            if bits <= green[0] or outlook.price[u, t] <= 0.0:
                ratio = max(least, whole)
            else:  # 3
                for k in range(1, h):
                    energy = min(outlook.harvest[u, t + k], most)
                    green[k] = bits_at(device, gain[k], ratio_of_energy(device, gain[k], energy))
                worth = _worth(
                    device,
                    bits,
                    gain[:h],
                    green[:h],
                    arrival[:h],
                    episode.buffer[u],
                    outlook.price[u, t],
                    outlook.held[u],
                    outlook.dropped[u, t],
                    _final(device, outlook, u, t + h, most) * outlook.price[u, t] if t + h < slots else 0.0,
                )
                ratio = max(green_ratio, min(whole, worth / outlook.price[u, t]))
            here[u], there[u] = powers_at(device, gain[0], ratio)
            local[u, t], offload[u, t] = here[u], there[u]
        advance(episode, t, here, there, ratios, record)
