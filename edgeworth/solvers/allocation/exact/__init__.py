"""Exact methods for multi-task allocation: they may claim an optimum."""

from edgeworth.solvers.allocation.exact.params import Exact
from edgeworth.solvers.allocation.exact.pyomo_model import build_model, pyomo_milp
from edgeworth.solvers.allocation.exact.vipr import to_vipr

__all__ = ["Exact", "build_model", "pyomo_milp", "to_vipr"]
