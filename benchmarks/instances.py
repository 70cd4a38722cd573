"""Instances by a text: a file of the shared data, or `preset:servers:tasks:seed`. Imports neither HiGHS nor numba."""

from __future__ import annotations

import numpy as np
from harness import DATA
from knapsack_instances import multiple_knapsack

from edgeworth.solvers import allocation

BEST_KNOWN = DATA / "gap" / "best_known.csv"


def load(spec: str) -> allocation.AllocationProblem:
    """`mta_...` (npz), `gap:NAME:SENSE`, `gapd:...`, `mkp:...`, `melbourne:TASKS:SEED`, `PRESET:SERVERS:TASKS:SEED`."""
    if ":" not in spec:
        return allocation.read_npz(DATA / "allocation" / f"{spec}.npz")
    parts = spec.split(":")
    if parts[0] == "mkp":
        return multiple_knapsack(parts[1], parts[2], int(parts[3]), int(parts[4]), int(parts[5]))
    if parts[0] == "gap":
        return allocation.read_gap(DATA / "gap" / "instances" / parts[1], sense="max" if parts[2] == "max" else "min")
    if parts[0] == "gapd":
        return drawn(parts[1], *map(int, parts[2:]))
    if parts[0] == "melbourne":
        sites, users = DATA / "eua" / "site-optus-melbCBD.csv", DATA / "eua" / "users-melbcbd-generated.csv"
        return allocation.generate(preset="melbourne", sites=sites, users=users, tasks=int(parts[1]), seed=int(parts[2]))
    return allocation.generate(preset=parts[0], servers=int(parts[1]), tasks=int(parts[2]), seed=int(parts[3]))


def drawn(kind: str, agents: int, jobs: int, seed: int) -> allocation.AllocationProblem:
    """A generalised assignment instance of type d (Chu and Beasley 1997) or e (Laguna et al. 1995), costs to be minimised.

    d: a in [1, 100], c = 111 - a + e, e in [-10, 10]. e: a = 1 - 10 ln u, u in (0, 1], c = 1000 / a - 10 v, v in [0, 1]. All
    are integers, capacities .8 times the mean load.
    """
    rng = np.random.default_rng((seed, agents, jobs, ord(kind)))
    if kind == "d":
        weight = rng.integers(1, 101, (agents, jobs))
        cost = 111 - weight + rng.integers(-10, 11, (agents, jobs))
    elif kind == "e":
        weight = np.rint(1.0 - 10.0 * np.log(1.0 - rng.random((agents, jobs)))).astype(np.int64)
        cost = np.rint(1000.0 / weight - 10.0 * rng.random((agents, jobs))).astype(np.int64)
    else:
        raise ValueError(f"type: must be d or e; got {kind!r}")
    room = np.floor(0.8 * weight.sum(axis=1) / agents)
    return allocation.AllocationProblem.from_matrices(cost, weight, room, must_serve=np.ones(jobs, dtype=bool), sense="min")
