"""Local search on plans, as far as it goes."""

from __future__ import annotations

import numpy as np

from edgeworth.routing.orienteering.kernels import improve
from edgeworth.routing.orienteering.kernels.plans import Instance, Plan
from edgeworth.routing.orienteering.kernels.search import N_INTS, SearchState

GAIN = 1e-9
"""What a move must gain, relative to what is summed up."""


def search_state(m: int, n: int) -> SearchState:
    """The state of a search over the plans of m vehicles and n customers."""
    return SearchState(
        known=np.full((2, m, n), -1, dtype=np.int64),
        spot=np.zeros((2, m, n), dtype=np.int64),
        gain=np.zeros((2, m, n)),
        added=np.zeros((2, m, n)),
        absent=np.zeros(n, dtype=np.int64),
        slot=np.full(n, -1, dtype=np.int64),
        queue=np.zeros(n, dtype=np.int64),
        key=np.zeros(n),
        mark=np.zeros(n, dtype=np.int64),
        pool=np.zeros(n, dtype=np.int64),
        touched=np.zeros(m, dtype=np.int64),
        value=np.zeros(m),
        driven=np.zeros(m),
        ints=np.zeros(N_INTS, dtype=np.int64),
    )


def descend(instance: Instance, plan: Plan, state: SearchState, travel_penalty: float, unit: float) -> int:
    """One round of all moves on a plan; returns how many were made. `unit` is one of money, such as the mean profit.

    A move that gained by rounding alone could be taken back and made again for ever: hence what it must gain. The moves are
    kernels of their own, called from here: one that held them all would take a minute to compile.
    """
    least = GAIN * (unit + improve.magnitude(instance, plan, travel_penalty))
    given = (instance, plan, state, travel_penalty, least)
    made = improve.bring_in(*given) + improve.cross(*given) + improve.or_opt(*given) + improve.two_opt_star(*given)
    return int(made)
