"""The multi-task allocation model: problem, solution, value, constraints, measures, generators, readers."""

from edgeworth.solvers.allocation.model.duals import assignment_dual_bound, assignment_dual_profit, knapsack_bound
from edgeworth.solvers.allocation.model.functions import (
    MULTIPLIER_LIMIT,
    assignment_of,
    choice_loads,
    dual_bound,
    dual_profit,
    least_profit,
    loads,
    measures,
    objective_bound,
    positions,
    punctual,
    raised_sum,
    rounded_profit,
    server_utilities,
    value,
    violations,
)
from edgeworth.solvers.allocation.model.presets import PRESETS, generate
from edgeworth.solvers.allocation.model.problem import AllocationProblem, Assignment
from edgeworth.solvers.allocation.model.readers import read_gap, read_multiple_knapsack, read_npz
from edgeworth.solvers.allocation.model.system import MecSystem

__all__ = [
    "MULTIPLIER_LIMIT",
    "PRESETS",
    "AllocationProblem",
    "Assignment",
    "MecSystem",
    "assignment_dual_bound",
    "assignment_dual_profit",
    "assignment_of",
    "choice_loads",
    "dual_bound",
    "dual_profit",
    "generate",
    "knapsack_bound",
    "least_profit",
    "loads",
    "measures",
    "objective_bound",
    "positions",
    "punctual",
    "raised_sum",
    "read_gap",
    "read_multiple_knapsack",
    "read_npz",
    "rounded_profit",
    "server_utilities",
    "value",
    "violations",
]
