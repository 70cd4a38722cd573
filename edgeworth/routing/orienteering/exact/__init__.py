"""Exact methods of orienteering."""

from edgeworth.routing.orienteering.exact.column_generation import ColumnGeneration, column_generation
from edgeworth.routing.orienteering.exact.dp import DynamicProgramming, dp
from edgeworth.routing.orienteering.exact.pyomo_model import build_model, milp

__all__ = ["ColumnGeneration", "DynamicProgramming", "build_model", "column_generation", "dp", "milp"]
