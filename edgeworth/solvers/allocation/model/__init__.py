"""The multi-task allocation model: problem, solution, value, constraints, measures, generators, readers."""

from edgeworth.solvers.allocation.model.duals import assignment_dual_bound
from edgeworth.solvers.allocation.model.functions import (
    Violation,
    assignment_of,
    choice_loads,
    dual_bound,
    loads,
    measures,
    positions,
    server_utilities,
    value,
    violations,
)
from edgeworth.solvers.allocation.model.presets import PRESETS, generate
from edgeworth.solvers.allocation.model.problem import AllocationProblem, Assignment
from edgeworth.solvers.allocation.model.readers import read_gap, read_multiple_knapsack, read_npz
from edgeworth.solvers.allocation.model.system import MecSystem

__all__ = [
    "PRESETS",
    "AllocationProblem",
    "Assignment",
    "MecSystem",
    "Violation",
    "assignment_dual_bound",
    "assignment_of",
    "choice_loads",
    "dual_bound",
    "generate",
    "loads",
    "measures",
    "positions",
    "read_gap",
    "read_multiple_knapsack",
    "read_npz",
    "server_utilities",
    "value",
    "violations",
]
