"""Compiled: rules that choose the powers of a slot from what is known then, and the episode that they play."""

from __future__ import annotations

import math

import numpy as np

from edgeworth.core.jit import jit, leaf
from edgeworth.solvers.carbon_offloading.model.kernels import (
    advance,
    cheapest_split,
    local_bits,
    local_power,
    offload_bits,
    offload_power,
)

RANDOM, LOCAL, OFFLOAD, FULL, GREEN, LYAPUNOV, THRESHOLD, BURN = range(8)
"""The rules of `decide`."""


@leaf
def priced(ratio, gain, cap_local, cap_offload, slot_length, bandwidth, switched_capacitance, cycles_per_bit):
    """The powers at which a bit more takes `ratio` joules on both ways, cut to the caps.

    Local: 3 kappa^(1/3) L p^(2/3) = ratio; sent: (1/gain + p) ln 2 / W = ratio.
    """
    local = math.sqrt((ratio / (3.0 * cycles_per_bit)) ** 3 / switched_capacitance)
    sent = ratio * bandwidth / math.log(2.0) - 1.0 / gain
    return min(local, cap_local), min(max(sent, 0.0), cap_offload)


@leaf
def serving(bits, gain, cap_local, cap_offload, slot_length, bandwidth, switched_capacitance, cycles_per_bit):
    """The powers that serve so many bits with least energy, or full power where they are too many."""
    most_local = local_bits(cap_local, slot_length, switched_capacitance, cycles_per_bit)
    most_sent = offload_bits(cap_offload * gain, slot_length, bandwidth)
    if bits >= most_local + most_sent:
        return cap_local, cap_offload
    part = cheapest_split(bits, most_local, most_sent, gain, slot_length, bandwidth, switched_capacitance, cycles_per_bit)
    local = local_power(part, slot_length, switched_capacitance, cycles_per_bit)
    return min(local, cap_local), min(offload_power(bits - part, gain, slot_length, bandwidth), cap_offload)


@leaf
def spending(joules, gain, cap_local, cap_offload, slot_length, bandwidth, switched_capacitance, cycles_per_bit):
    """The powers that serve most bits with no more than so many joules, spending all of them where the caps allow it.

    Both powers rise with the joules that a bit more takes: bisection, which keeps the side that spends no more.
    """
    if joules >= slot_length * (cap_local + cap_offload):
        return cap_local, cap_offload
    low = 0.0
    high = max(
        3.0 * cycles_per_bit * (switched_capacitance * cap_local * cap_local) ** (1.0 / 3.0),
        (1.0 / gain + cap_offload) * math.log(2.0) / bandwidth,
    )
    local, sent = 0.0, 0.0
    for _ in range(60):
        middle = 0.5 * (low + high)
        one, two = priced(middle, gain, cap_local, cap_offload, slot_length, bandwidth, switched_capacitance, cycles_per_bit)
        if slot_length * (one + two) <= joules:
            low, local, sent = middle, one, two
        else:
            high = middle
    return local, sent


@leaf
def decide(
    rule,
    parameter,
    first,
    second,
    held,
    charge,
    harvest,
    gain,
    joule_cost,
    cap_local,
    cap_offload,
    battery,
    slot_length,
    bandwidth,
    switched_capacitance,
    cycles_per_bit,
):
    """The powers (local, offload) of one device in one slot.

    parameter: of the rule; first, second: uniform random numbers; held, charge: bits and joules at hand; joule_cost: what a
    joule from the grid costs now.
    """
    if rule == RANDOM:
        return first * cap_local, second * cap_offload
    if rule == LOCAL:
        return cap_local, 0.0
    if rule == OFFLOAD:
        return 0.0, cap_offload
    if rule == FULL:
        return cap_local, cap_offload
    must = max(harvest - (battery - charge), 0.0)  # joules that are lost unless they are spent now
    if rule in (THRESHOLD, BURN):
        bits = max(held - parameter, 0.0)
        local, sent = serving(bits, gain, cap_local, cap_offload, slot_length, bandwidth, switched_capacitance, cycles_per_bit)
        if rule == BURN:
            sent = max(sent, min(cap_offload, must / slot_length - local))
            local = max(local, min(cap_local, must / slot_length - sent))
        return local, sent
    free = must  # joules to spend without looking at their price
    if battery > 0.0:
        local, sent = serving(held, gain, cap_local, cap_offload, slot_length, bandwidth, switched_capacitance, cycles_per_bit)
        free = max(must, min(slot_length * (local + sent), harvest + charge))
    local, sent = 0.0, 0.0
    if rule == LYAPUNOV:
        most = local_bits(cap_local, slot_length, switched_capacitance, cycles_per_bit)
        most += offload_bits(cap_offload * gain, slot_length, bandwidth)
        bits = most
        if joule_cost > 0.0:
            local, sent = priced(
                held / (parameter * joule_cost),
                gain,
                cap_local,
                cap_offload,
                slot_length,
                bandwidth,
                switched_capacitance,
                cycles_per_bit,
            )
            bits = local_bits(local, slot_length, switched_capacitance, cycles_per_bit)
            bits += offload_bits(sent * gain, slot_length, bandwidth)
        if bits >= held or joule_cost <= 0.0:
            local, sent = serving(
                held, gain, cap_local, cap_offload, slot_length, bandwidth, switched_capacitance, cycles_per_bit
            )
    if slot_length * (local + sent) < free:
        return spending(free, gain, cap_local, cap_offload, slot_length, bandwidth, switched_capacitance, cycles_per_bit)
    return local, sent


@jit
def play(rule, parameter, draws, joule_cost, episode, begin, end, local, offload, record):
    """Slots begin..end-1 of an episode by one rule, which sees of each slot what `decide` takes; fills in the powers too.

    parameter: [users]; draws: [slots, users, 2], empty where nothing is drawn; joule_cost: [users, slots].
    """
    users = parameter.size
    ratio, here, there = np.empty(users), np.empty(users), np.empty(users)
    if begin == 0:
        for u in range(users):
            record.buffer[u, 0], record.battery[u, 0] = episode.initial_buffer[u], episode.initial_battery[u]
    for t in range(begin, end):
        for u in range(users):
            first, second = 0.0, 0.0
            if draws.size:
                first, second = draws[t, u, 0], draws[t, u, 1]
            here[u], there[u] = decide(
                rule,
                parameter[u],
                first,
                second,
                record.buffer[u, t],
                record.battery[u, t],
                episode.harvest[u, t],
                episode.gain[u, t],
                joule_cost[u, t],
                episode.local_power_cap[u],
                episode.offload_power_cap[u],
                episode.battery[u],
                episode.slot_length,
                episode.bandwidth,
                episode.switched_capacitance,
                episode.cycles_per_bit,
            )
            local[u, t], offload[u, t] = here[u], there[u]
        advance(episode, t, here, there, ratio, record)
