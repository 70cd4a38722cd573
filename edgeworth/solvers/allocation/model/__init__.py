"""The multi-task allocation model: problem, solution, value, constraints, measures, generators, readers."""

from edgeworth.solvers.allocation.model.duals import (
    assignment_dual_bound as assignment_dual_bound,
    assignment_dual_profit as assignment_dual_profit,
    knapsack_bound as knapsack_bound,
)
from edgeworth.solvers.allocation.model.functions import (
    assignment_of as assignment_of,
    choice_loads as choice_loads,
    loads as loads,
    measures,
    positions as positions,
    punctual as punctual,
    server_utilities,
    value,
    violations,
)
from edgeworth.solvers.allocation.model.prices import (
    MULTIPLIER_LIMIT as MULTIPLIER_LIMIT,
    dual_bound,
    dual_profit as dual_profit,
    least_profit as least_profit,
    objective_bound as objective_bound,
    raised_sum as raised_sum,
    rounded_profit as rounded_profit,
)
from edgeworth.solvers.allocation.model.presets import PRESETS, generate
from edgeworth.solvers.allocation.model.assignment import Assignment
from edgeworth.solvers.allocation.model.problem import AllocationProblem
from edgeworth.solvers.allocation.model.readers import read_gap, read_multiple_knapsack, read_npz
from edgeworth.solvers.allocation.model.rewards import RewardTable, reward_table
from edgeworth.solvers.allocation.model.system import MecSystem

__all__ = [
    "PRESETS",
    "AllocationProblem",
    "Assignment",
    "MecSystem",
    "RewardTable",
    "dual_bound",
    "generate",
    "measures",
    "read_gap",
    "read_multiple_knapsack",
    "read_npz",
    "reward_table",
    "server_utilities",
    "value",
    "violations",
]
