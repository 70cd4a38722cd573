"""Naive second implementations of the hindsight optimum of one device. They import nothing of the family.

A device is a dict of plain numbers in SI units: arrivals, harvest, gain, grid (cost of a joule), drop (cost of a bit) as lists;
delay, waste (costs of a bit held and of a joule wasted), buffer, initial_buffer, battery, initial_battery, local_power_cap,
offload_power_cap, slot_length, bandwidth, switched_capacitance, cycles_per_bit.
"""

from __future__ import annotations

import itertools
import math

import numpy as np


def device(problem, u):
    """A device of a problem, by the formulas of its documentation."""
    carbon, delay, waste, overflow = problem.weights
    names = ("buffer", "initial_buffer", "battery", "initial_battery", "local_power_cap", "offload_power_cap")
    found = {name: float(getattr(problem, name)[u]) for name in names}
    found |= {name: getattr(problem, name) for name in ("slot_length", "bandwidth", "switched_capacitance", "cycles_per_bit")}
    most = problem.slot_length * (found["local_power_cap"] + found["offload_power_cap"])
    return found | {
        "arrivals": problem.arrivals[u].tolist(),
        "harvest": problem.harvest[u].tolist(),
        "gain": problem.gain[u].tolist(),
        "grid": [carbon * c / (problem.carbon_reference * most) for c in problem.carbon],
        "drop": [overflow / problem.overflow_scale[u]] * problem.slots,
        "delay": delay / found["buffer"],
        "waste": waste / most,
    }


def play(d, powers):
    """The cost of commanded powers [(local, offload), ...], slot by slot."""
    held, charge, total = d["initial_buffer"], d["initial_battery"], 0.0
    for t, (local, offload) in enumerate(powers):
        bits = d["slot_length"] / d["cycles_per_bit"] * (local / d["switched_capacitance"]) ** (1 / 3)
        bits += d["bandwidth"] * d["slot_length"] * math.log2(1 + offload * d["gain"][t])
        spent = d["slot_length"] * (local + offload)
        direct = min(spent, d["harvest"][t])
        drawn = min(spent - direct, charge)
        stored = min(d["harvest"][t] - direct, d["battery"] - charge + drawn)
        charge += stored - drawn
        left = held - min(held, bits) + d["arrivals"][t]
        held = min(left, d["buffer"])
        total += d["grid"][t] * (spent - direct - drawn) + d["delay"] * held
        total += d["waste"] * (d["harvest"][t] - direct - stored) + d["drop"][t] * (left - held)
    return total


def search(d, levels=4, sweeps=40):
    """The best powers of a grid over all slots, then refined one slot at a time by steps that are halved."""
    caps = (d["local_power_cap"], d["offload_power_cap"])
    shares = [(k / (levels - 1)) ** 3 for k in range(levels)]
    slot = [(caps[0] * a, caps[1] * b) for a, b in itertools.product(shares, shares)]
    powers = [list(each) for each in min(itertools.product(slot, repeat=len(d["arrivals"])), key=lambda each: play(d, each))]
    best, step = play(d, powers), 0.25
    for _ in range(sweeps):
        moved = False
        moves = [(t, k) for t in range(len(powers)) for k in (0, 1)]
        pairs = [(one, None) for one in moves] + list(itertools.permutations(moves, 2))
        for (one, two), sign in itertools.product(pairs, (1, -1)):
            trial = [each[:] for each in powers]
            t, k = one
            trial[t][k] = min(caps[k], max(0.0, trial[t][k] + sign * step * caps[k]))
            if two is not None:
                t, k = two
                trial[t][k] = min(caps[k], max(0.0, trial[t][k] - sign * step * caps[k]))
            value = play(d, trial)
            if value < best:
                best, powers, moved = value, trial, True
        step *= 1.0 if moved else 0.5
    return best


def _units(d):
    """The numbers of the convex program in units near 1: (cubic, rate, bases, caps, bits, joules, cost)."""
    tau, gain = d["slot_length"], np.array(d["gain"])
    most_local = tau / d["cycles_per_bit"] * (d["local_power_cap"] / d["switched_capacitance"]) ** (1 / 3)
    most_sent = d["bandwidth"] * tau * np.log2(1 + d["offload_power_cap"] * gain)
    bits = max(most_local, most_sent.max())
    joules = tau * (d["local_power_cap"] + d["offload_power_cap"])
    cost = max(max(d["grid"]) * joules, d["delay"] * bits)
    cubic = d["switched_capacitance"] * d["cycles_per_bit"] ** 3 / tau**2 * bits**3 / joules
    rate = bits * math.log(2) / (d["bandwidth"] * tau)
    return cubic, rate, tau / gain / joules, most_local / bits, most_sent / bits, bits, joules, cost


def clarabel(d):
    """The optimum of the convex program by Clarabel (through CVXPY), and the seconds in the solver; needs both."""
    import cvxpy as cp

    cubic, rate, base, most_local, most_sent, bits, joules, cost = _units(d)
    slots = len(d["arrivals"])
    arrivals, harvest = np.array(d["arrivals"]) / bits, np.array(d["harvest"]) / joules
    local, sent, grid, waste, dropped = (cp.Variable(slots, nonneg=True) for _ in range(5))
    held, charge = cp.Variable(slots + 1, nonneg=True), cp.Variable(slots + 1, nonneg=True)
    flow = charge[:-1] - charge[1:]
    rules = [
        held[0] == d["initial_buffer"] / bits,
        charge[0] == d["initial_battery"] / joules,
        local + sent <= held[:-1],
        held[1:] == held[:-1] - local - sent + arrivals - dropped,
        held[1:] <= d["buffer"] / bits,
        dropped <= arrivals,
        cubic * cp.power(local, 3) + cp.multiply(base, cp.exp(rate * sent) - 1) <= harvest + grid + flow,
        waste >= harvest + flow - 1,
        local <= most_local,
        sent <= most_sent,
        charge[1:] <= d["battery"] / joules,
    ]
    priced = np.array(d["grid"]) * (joules / cost) @ grid + d["delay"] * bits / cost * cp.sum(held[1:])
    priced += np.array(d["drop"]) * (bits / cost) @ dropped + d["waste"] * joules / cost * cp.sum(waste)
    problem = cp.Problem(cp.Minimize(priced), rules)
    problem.solve(solver=cp.CLARABEL)
    return problem.value * cost, problem.solver_stats.solve_time


def slsqp(d):
    """The optimum of the convex program by SciPy's SLSQP, for a few slots, from several starts."""
    from scipy.optimize import minimize

    cubic, rate, base, most_local, most_sent, bits, joules, cost = _units(d)
    slots = len(d["arrivals"])
    arrivals, harvest = np.array(d["arrivals"]) / bits, np.array(d["harvest"]) / joules
    grid, delay = np.array(d["grid"]) * joules / cost, d["delay"] * bits / cost
    drop, waste = np.array(d["drop"]) * bits / cost, d["waste"] * joules / cost
    limits = [(0, most_local)] * slots + [(0, most) for most in most_sent] + [(0, a) for a in arrivals]
    limits += [(0, None)] * (2 * slots) + [(0, d["battery"] / joules)] * slots

    def parts(x):
        return x.reshape(6, slots)

    def path(x):
        local, sent, dropped = parts(x)[:3]
        return d["initial_buffer"] / bits + np.concatenate([[0.0], np.cumsum(arrivals - dropped - local - sent)])

    def objective(x):
        _, _, dropped, bought, wasted, _ = parts(x)
        return grid @ bought + delay * path(x)[1:].sum() + drop @ dropped + waste * wasted.sum()

    def rules(x):
        local, sent, _, bought, wasted, charge = parts(x)
        held, flow = path(x), -np.diff(np.concatenate([[d["initial_battery"] / joules], charge]))
        spent = cubic * local**3 + base * np.expm1(rate * sent)
        return np.concatenate(
            [
                held[:-1] - local - sent,
                d["buffer"] / bits - held[1:],
                harvest + bought + flow - spent,
                wasted - harvest - flow + 1,
            ]
        )

    best = math.inf
    for share in (0.1, 0.5):
        start = np.array([share * (high if high is not None else 1.0) for _, high in limits])
        found = minimize(
            objective, start, bounds=limits, constraints={"type": "ineq", "fun": rules}, options={"ftol": 1e-13, "maxiter": 500}
        )
        if rules(found.x).min() > -1e-8:
            best = min(best, found.fun)
    return best * cost
