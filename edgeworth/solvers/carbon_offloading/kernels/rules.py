"""Compiled: rules that choose the powers of a slot from what is known then, and the episode that they play."""

from __future__ import annotations

import numpy as np

from edgeworth.core.jit import jit, leaf
from edgeworth.solvers.carbon_offloading.kernels.service import (
    bits_at,
    device_of,
    powers_at,
    powers_of_bits,
    powers_of_energy,
)
from edgeworth.solvers.carbon_offloading.model.kernels import advance

RANDOM, LOCAL, OFFLOAD, FULL, GREEN, LYAPUNOV, THRESHOLD, BURN = range(8)
"""The rules of `decide`."""


@leaf
def decide(rule, parameter, first, second, device, held, charge, battery, harvest, gain, joule_cost):
    """The powers (local, offload) of one device in one slot.

    parameter: of the rule; first, second: uniform random numbers; held, charge: bits and joules at hand; joule_cost: what a
    joule from the grid costs now.
    """
    tau, cap_local, cap_offload = device.slot_length, device.local_cap, device.offload_cap
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
        local, sent = powers_of_bits(device, gain, max(held - parameter, 0.0))
        if rule == BURN:
            sent = max(sent, min(cap_offload, must / tau - local))
            local = max(local, min(cap_local, must / tau - sent))
        return local, sent
    whole_local, whole_sent = powers_of_bits(device, gain, held)
    free = must  # joules to spend without looking at their price
    if battery > 0.0:
        free = max(must, min(tau * (whole_local + whole_sent), harvest + charge))
    local, sent = 0.0, 0.0
    if rule == LYAPUNOV:
        worth = held / (parameter * joule_cost) if joule_cost > 0.0 else np.inf
        if bits_at(device, gain, worth) >= held:
            local, sent = whole_local, whole_sent
        else:
            local, sent = powers_at(device, gain, worth)
    if tau * (local + sent) < free:
        return powers_of_energy(device, gain, free)
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
                device_of(episode, u),
                record.buffer[u, t],
                record.battery[u, t],
                episode.battery[u],
                episode.harvest[u, t],
                episode.gain[u, t],
                joule_cost[u, t],
            )
            local[u, t], offload[u, t] = here[u], there[u]
        advance(episode, t, here, there, ratio, record)
