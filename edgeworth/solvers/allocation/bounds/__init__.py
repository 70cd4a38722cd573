"""Relaxations of multi-task allocation: methods whose product is a bound."""

from edgeworth.solvers.allocation.bounds.lagrangian import ASSIGNMENT_MULTIPLIERS, Lagrangian, Priced, lagrangian, price
from edgeworth.solvers.allocation.bounds.linear import CAPACITY_MULTIPLIERS, LP_PAIRS, Relaxation, column_model, lp, relaxation

__all__ = [
    "ASSIGNMENT_MULTIPLIERS",
    "CAPACITY_MULTIPLIERS",
    "LP_PAIRS",
    "Lagrangian",
    "Priced",
    "Relaxation",
    "column_model",
    "lagrangian",
    "lp",
    "price",
    "relaxation",
]
