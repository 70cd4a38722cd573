"""Exact methods: enumeration, the welfare optimum, the potential's maximiser, a Pyomo model."""

from edgeworth.games.offloading.exact.enumeration import count_equilibria, equilibria, pure_equilibria
from edgeworth.games.offloading.exact.optimum import exact, potential_maximiser
from edgeworth.games.offloading.exact.pyomo_model import build_model, milp

__all__ = ["build_model", "count_equilibria", "equilibria", "exact", "milp", "potential_maximiser", "pure_equilibria"]
