"""Relaxations of multi-task allocation: methods whose product is a bound."""

from edgeworth.solvers.allocation.bounds.dual_solution import DualSolution
from edgeworth.solvers.allocation.bounds.kinds import (
    ASSIGNMENT_MULTIPLIERS,
    BRANCH_TREE,
    CAPACITY_MULTIPLIERS,
    SET_ENUMERATION,
    SURROGATE,
)
from edgeworth.solvers.allocation.bounds.lagrangian import (
    Lagrangian,
    certified,
    lagrangian_duals,
    lagrangian_relaxation,
)
from edgeworth.solvers.allocation.bounds.linear import LP_PAIRS, column_model, linear_duals, lp_relaxation
from edgeworth.solvers.allocation.bounds.refutation import refuted, stranded, without_pairs
from edgeworth.solvers.allocation.bounds.execution import end_seconds, working_limit

__all__ = [
    "ASSIGNMENT_MULTIPLIERS",
    "BRANCH_TREE",
    "CAPACITY_MULTIPLIERS",
    "LP_PAIRS",
    "SET_ENUMERATION",
    "SURROGATE",
    "DualSolution",
    "Lagrangian",
    "certified",
    "column_model",
    "end_seconds",
    "lagrangian_duals",
    "lagrangian_relaxation",
    "linear_duals",
    "lp_relaxation",
    "refuted",
    "stranded",
    "without_pairs",
    "working_limit",
]
