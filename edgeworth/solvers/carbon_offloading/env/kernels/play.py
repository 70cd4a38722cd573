"""One slot of all copies at once, and what devices observe."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from edgeworth.core.arrays import Floats
from edgeworth.core.jit import jit, leaf
from edgeworth.solvers.carbon_offloading.model.kernels import ratios, slot

MOST = 4.0
"""Observations on logarithmic scales, and the carbon intensity, are cut off here."""


class Episodes(NamedTuple):
    """The episode of every copy: arrivals (slots, copies, users); harvest, gain (slots + 1, copies, users); carbon (slots + 1,
    copies). What follows the last slot is only observed."""

    arrivals: Floats
    harvest: Floats
    gain: Floats
    carbon: Floats


class Constants(NamedTuple):
    """What all devices share."""

    slot_length: float
    bandwidth: float
    switched_capacitance: float
    cycles_per_bit: float
    throttled: int


DEVICE = np.dtype(
    [
        (name, np.float64)
        for name in (
            *("local_power_cap", "offload_power_cap", "buffer", "battery"),
            *("per_gram", "per_held", "per_wasted", "per_dropped", "per_event"),
            *("buffer_unit", "energy_unit", "rate_unit", "carbon_unit", "battery_unit"),
        )
    ]
)
"""A device during an episode. per_*: cost of a gram, a bit held, a joule wasted, a bit dropped and a slot that drops; *_unit:
what observations are multiplied by, 1 / B, 1 / E_0, 1 / ln(1 + P_o gain_ref), 1 / c_ref and 1 / S (0 where there is none)."""

STATE = np.dtype([(name, np.float64) for name in ("held", "charge", "sinr")])
"""Bits held, joules stored, and the signal-to-interference-and-noise ratio of the last slot."""


@leaf(counted=False)
def bounded(number, most):
    """The number, at most `most`."""
    return number if number < most else most


@leaf(counted=False)
def wrong(actions):
    """The flat index of the first entry outside [0, 1] or NaN, -1 where there is none."""
    for c in range(actions.shape[0]):
        for u in range(actions.shape[1]):
            for k in range(2):
                if not 0.0 <= actions[c, u, k] <= 1.0:
                    return (c * actions.shape[1] + u) * 2 + k
    return -1


@jit
def interfere(episode, t, power, out):
    """Slot t of one copy whose users interfere: everybody's ratio at these powers of the uplink."""
    ratios(episode, t, power, out)


@leaf(counted=False)
def advance(t, constants, episodes, devices, states, actions, given, reward, parts):
    """Slot t of every copy.

    actions: (copies, users, 2), powers over caps; given: (copies, users), the ratios where users interfere, else no entry.
    Writes states, reward (copies, users) and the parts of the cost (4, copies, users).
    """
    for c in range(actions.shape[0]):
        carbon = episodes.carbon[t, c]
        for u in range(actions.shape[1]):
            device, state = devices[c, u], states[c, u]
            local = actions[c, u, 0] * device.local_power_cap
            sent = actions[c, u, 1] * device.offload_power_cap
            ratio = given[c, u] if given.size else sent * episodes.gain[t, c, u]
            held, charge, _, _, dropped, _, grid, waste = slot(
                state.held,
                state.charge,
                episodes.arrivals[t, c, u],
                episodes.harvest[t, c, u],
                local,
                sent,
                ratio,
                device.buffer,
                device.battery,
                constants.slot_length,
                constants.bandwidth,
                constants.switched_capacitance,
                constants.cycles_per_bit,
                constants.throttled,
            )
            state.held = held
            state.charge = charge
            state.sinr = ratio
            emitted = device.per_gram * (carbon * grid)
            delay = device.per_held * held
            wasted = device.per_wasted * waste
            lost = device.per_dropped * dropped
            if dropped > 0.0:
                lost += device.per_event
            parts[0, c, u], parts[1, c, u], parts[2, c, u], parts[3, c, u] = emitted, delay, wasted, lost
            reward[c, u] = -(emitted + delay + wasted + lost)


@leaf(counted=False)
def look(t, episodes, devices, states, wide, charged, out):
    """What every device observes at the beginning of slot t, put into out (copies, users, features), float32.

    wide: how many of buffer, harvest, last ratio, gain and carbon; charged: whether the battery's charge follows.
    """
    for c in range(out.shape[0]):
        for u in range(out.shape[1]):
            device, state = devices[c, u], states[c, u]
            out[c, u, 0] = state.held * device.buffer_unit
            out[c, u, 1] = bounded(episodes.harvest[t, c, u] * device.energy_unit, 1.0)
            out[c, u, 2] = bounded(math.log(1.0 + state.sinr) * device.rate_unit, MOST)
            if wide > 3:
                seen = device.offload_power_cap * episodes.gain[t, c, u]
                out[c, u, 3] = bounded(math.log(1.0 + seen) * device.rate_unit, MOST)
            if wide > 4:
                out[c, u, 4] = bounded(episodes.carbon[t, c] * device.carbon_unit, MOST)
            if charged:
                out[c, u, wide] = bounded(state.charge * device.battery_unit, 1.0)


@jit
def observe(t, episodes, devices, states, wide, charged, out):
    """`look`, for Python."""
    look(t, episodes, devices, states, wide, charged, out)


@jit
def play(t, constants, episodes, devices, states, actions, given, reward, parts, wide, charged, out):
    """`advance` where all actions are right, then `look` at the next slot where `out` has entries; returns `wrong`."""
    bad = wrong(actions)
    if bad < 0:
        advance(t, constants, episodes, devices, states, actions, given, reward, parts)
        if out.size:
            look(t + 1, episodes, devices, states, wide, charged, out)
    return bad


@jit
def gather(features, out):
    """To every device the features of all users of its copy, its own first, then the next users' in cyclic order."""
    copies, users, width = features.shape
    for c in range(copies):
        for u in range(users):
            for v in range(users):
                for k in range(width):
                    out[c, u, v * width + k] = features[c, (u + v) % users, k]
