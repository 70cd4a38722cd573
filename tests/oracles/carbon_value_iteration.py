"""Naive second implementation of what planning policies compute: dynamic programming over a grid of buffers, by plain loops."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass
class Device:
    """One device and its costs, in SI units: grid energy a joule, a bit held a slot, a bit dropped, an event of dropping."""

    tau: float
    bandwidth: float
    kappa: float
    cycles: float
    local_cap: float
    offload_cap: float
    buffer: float
    grid: float
    held: float
    wasted: float
    dropped: float
    event: float = 0.0


def least_energy(device: Device, bits: float, gain: float) -> float:
    """Joules of the cheapest split, by ternary search over the local bits; inf beyond full power."""
    most_local = device.tau / device.cycles * (device.local_cap / device.kappa) ** (1 / 3)
    most_sent = device.bandwidth * device.tau * math.log2(1 + device.offload_cap * gain)
    if bits > most_local + most_sent + 1e-9:
        return math.inf

    def joules(local: float) -> float:
        sent = bits - local
        power = device.kappa * (local * device.cycles / device.tau) ** 3
        return device.tau * (power + (2 ** (sent / (device.bandwidth * device.tau)) - 1) / gain)

    low, high = max(0.0, bits - most_sent), min(bits, most_local)
    for _ in range(50):
        one, two = low + (high - low) / 3, high - (high - low) / 3
        low, high = (low, two) if joules(one) < joules(two) else (one, high)
    return joules(0.5 * (low + high))


def _at(values: Sequence[float], step: float, x: float) -> float:
    i = min(int(x / step), len(values) - 2)
    return values[i] + (values[i + 1] - values[i]) * (x / step - i)


def value_iteration(
    device: Device,
    gains: Sequence[float],
    transition: Sequence[Sequence[float]],
    harvests: Sequence[tuple[float, float]],
    arrivals: Sequence[tuple[float, float]],
    slots: int,
    nodes: int,
) -> tuple[list[list[float]], list[list[float]]]:
    """Expected cost of the first slot and all later ones: before the harvest is seen, and of the bits left after its decision.

    Each by gain and by buffer, at `nodes` even points; decisions leave one of these. harvests, arrivals: (amount, chance).
    """
    step = device.buffer / (nodes - 1)
    most = device.tau * (device.local_cap + device.offload_cap)
    energy = [[least_energy(device, k * step, gain) for k in range(nodes)] for gain in gains]
    value = [[0.0] * nodes for _ in gains]
    left: list[list[float]] = []
    for _ in range(slots):
        ahead = [[sum(p * value[h][i] for h, p in enumerate(row)) for i in range(nodes)] for row in transition]
        left = [[0.0] * nodes for _ in gains]
        for g in range(len(gains)):
            for i in range(nodes):
                for amount, chance in arrivals:
                    reached = i * step + amount
                    kept = min(reached, device.buffer)
                    lost = reached - kept
                    cost = device.held * kept + device.dropped * lost + (device.event if lost > 0 else 0.0)
                    left[g][i] += chance * (cost + _at(ahead[g], step, kept))
        value = [[0.0] * nodes for _ in gains]
        for g in range(len(gains)):
            for i in range(nodes):
                for amount, chance in harvests:
                    free = min(amount, most)
                    best = min(device.grid * max(0.0, energy[g][i - j] - free) + left[g][j] for j in range(i + 1))
                    value[g][i] += chance * (best + device.wasted * (amount - free))
    return value, left


def plan_value(
    device: Device,
    bits: float,
    first: float,
    gains: Sequence[float],
    harvests: Sequence[float],
    arrivals: Sequence[float],
    nodes: int,
) -> float:
    """The least cost of a deterministic plan that serves `first` of `bits` in its first slot; inf where that is impossible."""
    step = device.buffer / (nodes - 1)
    later = [0.0] * nodes
    for k in range(len(gains) - 1, -1, -1):
        after = [0.0] * nodes
        for i in range(nodes):  # bits left in slot k
            reached = i * step + arrivals[k]
            kept = min(reached, device.buffer)
            after[i] = device.held * kept + device.dropped * (reached - kept) + _at(later, step, kept)
        if k == 0:
            spent = device.grid * max(0.0, least_energy(device, first, gains[0]) - harvests[0])
            return spent + _at(after, step, bits - first)
        energy = [least_energy(device, i * step, gains[k]) for i in range(nodes)]
        costs = [device.grid * max(0.0, joules - harvests[k]) for joules in energy]
        later = [min(costs[i - j] + after[j] for j in range(i + 1)) for i in range(nodes)]
    raise AssertionError
