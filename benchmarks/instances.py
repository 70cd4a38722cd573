"""Instances by a text: a file of the shared data, or `preset:servers:tasks:seed`. Imports neither HiGHS nor numba."""

from __future__ import annotations

from harness import DATA
from knapsack_instances import multiple_knapsack

from edgeworth.solvers import allocation

BEST_KNOWN = DATA / "gap" / "best_known.csv"


def load(spec: str) -> allocation.AllocationProblem:
    """`mta_...` (npz), `gap:NAME:SENSE`, `melbourne:TASKS:SEED`, `mkp:...`, or `PRESET:SERVERS:TASKS:SEED`."""
    if ":" not in spec:
        return allocation.read_npz(DATA / "allocation" / f"{spec}.npz")
    parts = spec.split(":")
    if parts[0] == "mkp":
        return multiple_knapsack(parts[1], parts[2], int(parts[3]), int(parts[4]), int(parts[5]))
    if parts[0] == "gap":
        return allocation.read_gap(DATA / "gap" / "instances" / parts[1], sense="max" if parts[2] == "max" else "min")
    if parts[0] == "melbourne":
        sites, users = DATA / "eua" / "site-optus-melbCBD.csv", DATA / "eua" / "users-melbcbd-generated.csv"
        return allocation.generate(preset="melbourne", sites=sites, users=users, tasks=int(parts[1]), seed=int(parts[2]))
    return allocation.generate(preset=parts[0], servers=int(parts[1]), tasks=int(parts[2]), seed=int(parts[3]))
