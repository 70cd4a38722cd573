"""Exact methods of orienteering."""

from edgeworth.routing.orienteering.exact.column_generation import ColumnGeneration
from edgeworth.routing.orienteering.exact.dp import DynamicProgramming, dynamic_programming
from edgeworth.routing.orienteering.exact.pyomo_model import build_model, pyomo_milp

__all__ = ["ColumnGeneration", "DynamicProgramming", "build_model", "dynamic_programming", "pyomo_milp"]
