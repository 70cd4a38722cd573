"""Exact methods for multi-task allocation: they may claim an optimum."""

from edgeworth.solvers.allocation.exact.branch_and_cut import highs
from edgeworth.solvers.allocation.exact.pyomo_model import build_model, milp

__all__ = ["build_model", "highs", "milp"]
