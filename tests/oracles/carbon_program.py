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
    """The optimum of the convex program by Clarabel as a cone program, and the seconds in the solver; needs Clarabel."""
    import clarabel
    from scipy import sparse

    cubic, rate, base, most_local, most_sent, bits, joules, cost = _units(d)
    slots = len(d["arrivals"])
    arrivals, harvest = np.array(d["arrivals"]) / bits, np.array(d["harvest"]) / joules
    names = ("local", "sent", "grid", "waste", "dropped", "held", "charge", "cube", "power")
    columns = {name: k * slots for k, name in enumerate(names)}  # held and charge at the end of a slot
    n, eye, before = len(names) * slots, sparse.identity(slots), sparse.eye(slots, k=-1)

    def rows(**blocks):
        parts = [blocks.get(name, sparse.csc_matrix((slots, slots))) for name in names]
        return sparse.hstack(parts)

    first = np.zeros(slots)
    first[0] = 1.0
    start, full = first * d["initial_buffer"] / bits, first * d["initial_battery"] / joules
    equal = [(rows(held=eye - before, local=eye, sent=eye, dropped=eye), start + arrivals)]
    spent = {"cube": cubic * eye, "power": sparse.diags(base), "grid": -eye}
    stored = eye - before
    most = [  # rows <= numbers
        (rows(local=eye, sent=eye, held=-before), start),
        (rows(held=eye), np.full(slots, d["buffer"] / bits)),
        (rows(dropped=eye), arrivals),
        (rows(charge=stored, **spent), harvest + base + full),
        (rows(waste=-eye, charge=-stored), 1.0 - harvest - full),
        (rows(local=eye), np.full(slots, most_local)),
        (rows(sent=eye), most_sent),
        (rows(charge=eye), np.full(slots, d["battery"] / joules)),
        (-sparse.identity(n), np.zeros(n)),
    ]
    unit, none = np.ones(slots), np.zeros(slots)
    third = _alternate([(rows(cube=-eye), none), (rows(), unit), (rows(local=-eye), none)])  # cube^(1/3) >= local
    exponential = _alternate([(rows(sent=-rate * eye), none), (rows(), unit), (rows(power=-eye), none)])  # exp(..) <= power
    cones = [clarabel.ZeroConeT(slots), clarabel.NonnegativeConeT(sum(len(b) for _, b in most))]
    cones += [clarabel.PowerConeT(1 / 3)] * slots + [clarabel.ExponentialConeT()] * slots
    matrix = sparse.vstack([a for a, _ in [*equal, *most]] + [third[0], exponential[0]]).tocsc()
    numbers = np.concatenate([b for _, b in [*equal, *most]] + [third[1], exponential[1]])
    prices = np.zeros(n)
    for name, price in (
        ("grid", np.array(d["grid"]) * joules), ("held", d["delay"] * bits), ("dropped", np.array(d["drop"]) * bits),
        ("waste", d["waste"] * joules),
    ):  # fmt: skip
        prices[columns[name] : columns[name] + slots] = price / cost
    settings = clarabel.DefaultSettings()
    settings.verbose = False
    found = clarabel.DefaultSolver(sparse.csc_matrix((n, n)), prices, matrix, numbers, cones, settings).solve()
    if str(found.status) not in ("Solved", "AlmostSolved"):
        raise ValueError(f"Clarabel ended as {found.status}")
    return found.obj_val * cost, found.solve_time


def _alternate(parts):
    """Rows of three blocks in turns, as cones of three numbers want them."""
    from scipy import sparse

    slots = len(parts[0][1])
    order = np.arange(3 * slots).reshape(3, slots).T.ravel()
    return sparse.vstack([a for a, _ in parts]).tocsr()[order], np.concatenate([b for _, b in parts])[order]


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
