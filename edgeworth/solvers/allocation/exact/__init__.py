"""Exact methods for multi-task allocation: they may claim an optimum."""

from edgeworth.solvers.allocation.exact.branch_and_bound import Exact, exact
from edgeworth.solvers.allocation.exact.branch_and_cut import highs
from edgeworth.solvers.allocation.exact.pyomo_model import build_model, milp
from edgeworth.solvers.allocation.exact.vipr import to_vipr

__all__ = ["Exact", "build_model", "exact", "highs", "milp", "to_vipr"]
