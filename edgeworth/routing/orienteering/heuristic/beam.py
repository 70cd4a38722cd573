"""Filling runs of stops anew by a beam: its arrays."""

from __future__ import annotations

import numpy as np

from edgeworth.routing.orienteering.kernels import beam as kernel
from edgeworth.routing.orienteering.kernels.plans import Instance
from edgeworth.routing.orienteering.model import OrienteeringProblem

_VISITS = 256
"""Most stops that a run is filled with."""
STEPS = 500_000
"""About so many steps of labels are tried for a run of stops, 10 ms."""


def beam_of(problem: OrienteeringProblem, instance: Instance, width: int, ahead: int) -> kernel.Beam:
    """Room for `width` labels at every customer, each of which goes on to the `ahead` customers that can be served soonest."""
    n = problem.customers
    travel = problem.travel_time[:n, :n]
    ready = (instance.opens + instance.service)[:, None] + travel
    idle = np.maximum(instance.opens - (instance.closes + instance.service)[:, None] - travel, 0.0)
    apart = np.where(ready > instance.closes, np.inf, travel + 0.5 * idle)
    np.fill_diagonal(apart, np.inf)
    return kernel.Beam(
        ahead=np.argsort(apart, axis=1, kind="stable")[:, : min(ahead, max(n - 1, 0))].copy(),
        who=np.zeros(n, dtype=np.int64),
        open=np.zeros(n, dtype=np.bool_),
        size=np.zeros((2, n), dtype=np.int64),
        time=np.zeros((2, n, width)),
        value=np.zeros((2, n, width)),
        load=np.zeros((2, n, width)),
        mask=np.zeros((2, n, width, (n + 63) // 64), dtype=np.uint64),
        parent=np.zeros((min(n, _VISITS), n, width), dtype=np.int32),
        top=np.zeros(n),
        depth=np.zeros(n, dtype=np.int64),
        end=np.zeros(n, dtype=np.int64),
        ints=np.zeros(kernel.N_INTS, dtype=np.int64),
        reals=np.zeros(kernel.N_REALS),
    )
