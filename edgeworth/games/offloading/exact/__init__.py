"""Exact methods: enumeration, the welfare optimum, the potential's maximiser, a Pyomo model."""

from edgeworth.games.offloading.exact.enumeration import count_equilibria, enumerate_equilibria, pure_equilibria
from edgeworth.games.offloading.exact.optimum import column_generation, maximise_potential
from edgeworth.games.offloading.exact.pyomo_model import build_model, pyomo_milp

__all__ = [
    "build_model",
    "column_generation",
    "count_equilibria",
    "enumerate_equilibria",
    "maximise_potential",
    "pure_equilibria",
    "pyomo_milp",
]
