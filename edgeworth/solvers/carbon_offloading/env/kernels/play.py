"""One slot of all copies at once, and what devices observe."""

from __future__ import annotations

import math
from typing import NamedTuple

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


class Devices(NamedTuple):
    """What stays during an episode: arrays of (copies, users), `per_carbon` and `per_event` (copies,), and numbers.

    most_energy: E_0, J; scale: ln(1 + P_o gain_ref), infinite where P_o = 0; per_*: cost of a gram, a bit held, a joule
    wasted, a bit dropped and a dropping slot; carbon_unit: 1 / c_ref.
    """

    local_power_cap: Floats
    offload_power_cap: Floats
    buffer: Floats
    battery: Floats
    most_energy: Floats
    scale: Floats
    per_gram: Floats
    per_held: Floats
    per_wasted: Floats
    per_dropped: Floats
    per_event: Floats
    carbon_unit: Floats
    slot_length: float
    bandwidth: float
    switched_capacitance: float
    cycles_per_bit: float
    throttled: int


class State(NamedTuple):
    """Arrays of (copies, users): bits held, joules stored, and the signal-to-interference-and-noise ratio of the last slot."""

    held: Floats
    charge: Floats
    sinr: Floats


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
def advance(t, episodes, devices, state, actions, given, reward, parts):
    """Slot t of every copy.

    actions: (copies, users, 2), powers over caps; given: (copies, users), the ratios where users interfere, else no entry.
    Writes state, reward (copies, users) and the parts of the cost (4, copies, users).
    """
    for c in range(actions.shape[0]):
        carbon = episodes.carbon[t, c]
        for u in range(actions.shape[1]):
            local = actions[c, u, 0] * devices.local_power_cap[c, u]
            sent = actions[c, u, 1] * devices.offload_power_cap[c, u]
            ratio = given[c, u] if given.size else sent * episodes.gain[t, c, u]
            held, charge, _, _, dropped, _, grid, waste = slot(
                state.held[c, u],
                state.charge[c, u],
                episodes.arrivals[t, c, u],
                episodes.harvest[t, c, u],
                local,
                sent,
                ratio,
                devices.buffer[c, u],
                devices.battery[c, u],
                devices.slot_length,
                devices.bandwidth,
                devices.switched_capacitance,
                devices.cycles_per_bit,
                devices.throttled,
            )
            state.held[c, u], state.charge[c, u], state.sinr[c, u] = held, charge, ratio
            emitted = devices.per_gram[c, u] * (carbon * grid)
            delay = devices.per_held[c, u] * held
            wasted = devices.per_wasted[c, u] * waste
            lost = devices.per_dropped[c, u] * dropped
            if dropped > 0.0:
                lost += devices.per_event[c]
            parts[0, c, u], parts[1, c, u], parts[2, c, u], parts[3, c, u] = emitted, delay, wasted, lost
            reward[c, u] = -(emitted + delay + wasted + lost)


@leaf(counted=False)
def look(t, episodes, devices, state, wide, charged, out):
    """What every device observes at the beginning of slot t, put into out (copies, users, features), float32.

    wide: how many of buffer, harvest, last ratio, gain and carbon; charged: whether the battery's charge follows.
    """
    for c in range(out.shape[0]):
        for u in range(out.shape[1]):
            scale = devices.scale[c, u]
            out[c, u, 0] = state.held[c, u] / devices.buffer[c, u]
            out[c, u, 1] = bounded(episodes.harvest[t, c, u] / devices.most_energy[c, u], 1.0)
            out[c, u, 2] = bounded(math.log1p(state.sinr[c, u]) / scale, MOST)
            if wide > 3:
                seen = devices.offload_power_cap[c, u] * episodes.gain[t, c, u]
                out[c, u, 3] = bounded(math.log1p(seen) / scale, MOST)
            if wide > 4:
                out[c, u, 4] = bounded(episodes.carbon[t, c] * devices.carbon_unit[c], MOST)
            if charged:
                size = devices.battery[c, u]
                out[c, u, wide] = state.charge[c, u] / size if size > 0.0 else 0.0


@jit
def observe(t, episodes, devices, state, wide, charged, out):
    """`look`, for Python."""
    look(t, episodes, devices, state, wide, charged, out)


@jit
def play(t, episodes, devices, state, actions, given, reward, parts, wide, charged, out):
    """`advance` where all actions are right, then `look` at the next slot where `out` has entries; returns `wrong`."""
    bad = wrong(actions)
    if bad < 0:
        advance(t, episodes, devices, state, actions, given, reward, parts)
        if out.size:
            look(t + 1, episodes, devices, state, wide, charged, out)
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
