"""The checker of scheduling. It shares `model` with what solves and nothing else.

A simulated schedule is played anew from its decisions; a schedule in hindsight is held against the episode's formulas. A
certificate of kind "prices" holds ``u`` [tasks], in [0, w_l L + beta], and ``grid`` [1], s, a power of two. `model.prices`
rebuilds the bound from them alone.
"""

from __future__ import annotations

import numpy as np

from edgeworth.core.arrays import Arrays
from edgeworth.core.checking import Budget, Rebuild, certificate_array, judge_by_rules
from edgeworth.core.problem import Refute
from edgeworth.solvers.scheduling.model import RULES, TOLERANCE, Episode, value, violations
from edgeworth.solvers.scheduling.model.prices import dual_bound, failure_cost

__all__: list[str] = []

judge = judge_by_rules(violations, value, lambda problem: dict.fromkeys(RULES, TOLERANCE))
"""A verdict for every rule of `violations`."""


def _prices(problem: Episode, arrays: Arrays, budget: Budget) -> float:
    grid = certificate_array(arrays, "grid", np.float64, (1,))
    u = certificate_array(arrays, "u", np.float64, (problem.tasks,), minimum=0.0, maximum=failure_cost(problem))
    return dual_bound(problem, u, float(grid[0]), budget)


REBUILD: dict[str, Rebuild] = {"prices": _prices}
INFEASIBILITY: dict[str, Refute] = {}
"""Empty: to execute one's own tasks is always feasible."""
