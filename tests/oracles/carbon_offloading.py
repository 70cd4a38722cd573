"""Naive second implementation of carbon-aware offloading: one slot of one device after the other."""

from __future__ import annotations

import math
from typing import Any

import numpy as np


def sinr(problem: Any, t: int, power: list[float]) -> list[float]:
    """Signal-to-interference-and-noise ratios, from the definition of each receiver."""
    users = range(len(power))
    if problem.channel is None:
        return [power[u] * problem.gain[u, t] for u in users]
    true = problem.channel[t, ..., 0] + 1j * problem.channel[t, ..., 1]
    if problem.receiver == "mmse":
        found = []
        for u in users:
            others = np.eye(true.shape[0], dtype=complex)
            for v in users:
                if v != u:
                    others = others + power[v] * np.outer(true[:, v], true[:, v].conj())
            found.append(power[u] * float((true[:, u].conj() @ np.linalg.inv(others) @ true[:, u]).real))
        return found
    guess = problem.estimate[t, ..., 0] + 1j * problem.estimate[t, ..., 1]
    rows = np.linalg.pinv(guess)
    found = []
    for u in users:
        heard = [abs(rows[u] @ true[:, v]) ** 2 * power[v] for v in users]
        noise = float((abs(rows[u]) ** 2).sum())
        found.append(heard[u] / (noise + sum(heard) - heard[u]))
    return found


def _least(problem: Any, bits: float, local: float, offload: float, ratio: float, power: float) -> float:
    """Joules of the cheapest split of `bits` within the bits of the two commanded powers, by ternary search."""
    tau, width = problem.slot_length, problem.bandwidth

    def joules(here: float) -> Any:
        spent = problem.switched_capacitance * (here * problem.cycles_per_bit / tau) ** 3 * tau
        sent = bits - here
        if sent > 0.0 and power > 0.0:
            spent += tau * (2.0 ** (sent / (width * tau)) - 1.0) * power / ratio
        return spent

    low, high = max(0.0, bits - offload), min(bits, local)
    for _ in range(200):
        one, two = low + (high - low) / 3.0, high - (high - low) / 3.0
        if joules(one) < joules(two):
            high = two
        else:
            low = one
    return float(joules(0.5 * (low + high)))


def play(problem: Any, local: Any, offload: Any) -> dict[str, Any]:
    """Totals and arrays of an episode at given powers [users][slots]."""
    users, slots = problem.arrivals.shape
    tau = problem.slot_length
    held = [float(b) for b in problem.initial_buffer]
    charge = [float(s) for s in problem.initial_battery]
    found: dict[str, Any] = {name: np.zeros((users, slots)) for name in ("buffer", "battery", "served", "dropped", "grid")}
    found |= {name: np.zeros((users, slots)) for name in ("energy", "waste", "local")}
    parts = [0.0, 0.0, 0.0, 0.0]
    for t in range(slots):
        ratios = sinr(problem, t, [float(offload[u][t]) for u in range(users)])
        for u in range(users):
            p, q = float(local[u][t]), float(offload[u][t])
            computed = tau / problem.cycles_per_bit * (p / problem.switched_capacitance) ** (1 / 3)
            sent = problem.bandwidth * tau * math.log2(1.0 + ratios[u])
            served = min(held[u], computed + sent)
            energy = tau * (p + q)
            if problem.energy == "throttled" and served < computed + sent:
                energy = min(energy, _least(problem, served, computed, sent, ratios[u], q))
            harvest = float(problem.harvest[u, t])
            green = min(energy, harvest + charge[u])
            grid = energy - green
            if energy >= harvest:
                charge[u] -= green - harvest
                waste = 0.0
            else:
                room = problem.battery[u] - charge[u]
                waste = max(0.0, harvest - energy - room)
                charge[u] = min(problem.battery[u], charge[u] + harvest - energy)
            left = held[u] - served + problem.arrivals[u, t]
            dropped = max(0.0, left - problem.buffer[u])
            held[u] = left - dropped
            most = tau * (problem.local_power_cap[u] + problem.offload_power_cap[u])
            scale = problem.overflow_scale[u]
            w = problem.weights
            parts[0] += w[0] * problem.carbon[t] * grid / (problem.carbon_reference * most)
            parts[1] += w[1] * held[u] / problem.buffer[u]
            parts[2] += w[2] * waste / most
            parts[3] += w[3] * ((1.0 if dropped > 0 else 0.0) if problem.overflow == "event" else dropped / scale)
            row = {"buffer": held[u], "battery": charge[u], "served": served, "dropped": dropped, "grid": grid}
            row |= {"energy": energy, "waste": waste, "local": min(computed, served)}
            for name, number in row.items():
                found[name][u, t] = number
    found["parts"], found["cost"] = parts, sum(parts)
    return found


def theta(price: float, worth: float, cubic: float, unit: float, rate: float, most_local: float, most_sent: float) -> float:
    """min over a fine grid of each way of price (e(l) + e(o)) - worth (l + o): an upper bound on the minimum, nearly it."""
    best_local = min(price * cubic * x**3 - worth * x for x in np.linspace(0.0, most_local, 4001))
    sent = np.linspace(0.0, most_sent, 4001)
    best_sent = min(price * unit * (2.0 ** (o / rate) - 1.0) - worth * o for o in sent)
    return float(best_local + best_sent)
