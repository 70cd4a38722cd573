"""Exact methods of orienteering."""

from edgeworth.routing.orienteering.exact.pyomo_model import build_model, milp

__all__ = ["build_model", "milp"]
