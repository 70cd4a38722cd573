"""The checker of carbon-aware offloading. It shares `model` with what solves and nothing else.

A certificate of kind "prices" holds ``arrival_price``, ``service_price`` and, where a device has a battery, ``energy_price``,
each of (users, slots). The bound is rebuilt from them alone by `model.prices.dual_bound`, whatever numbers they are.
"""

from __future__ import annotations

import numpy as np

from edgeworth.core.arrays import Arrays
from edgeworth.core.checking import Budget, Rebuild, certificate_array, judge_by_rules
from edgeworth.core.numeric import FEASIBILITY_TOL
from edgeworth.core.problem import Refute
from edgeworth.solvers.carbon_offloading.model import RULES, CarbonOffloading, value, violations
from edgeworth.solvers.carbon_offloading.model.prices import PRICE_LIMIT, dual_bound

__all__: list[str] = []

judge = judge_by_rules(violations, value, lambda problem: dict.fromkeys(RULES, FEASIBILITY_TOL))
"""Verdicts ``local-power`` and ``offload-power``: no power above its cap by more than 1e-9 of it."""


def _prices(problem: CarbonOffloading, arrays: Arrays, budget: Budget) -> float:
    budget.check()
    names = ["arrival_price", "service_price"]
    if np.any(problem.battery > 0.0):
        names.append("energy_price")
    shape, most = problem.arrivals.shape, PRICE_LIMIT
    given = [certificate_array(arrays, name, np.float64, shape, minimum=-most, maximum=most) for name in names]
    return dual_bound(problem, *given)


REBUILD: dict[str, Rebuild] = {"prices": _prices}
INFEASIBILITY: dict[str, Refute] = {}
"""Empty: to spend nothing is always feasible."""
