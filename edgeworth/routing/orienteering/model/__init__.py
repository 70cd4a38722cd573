"""The orienteering model: problem, solution with its schedule, value, constraints, measures, generators, readers."""

from edgeworth.routing.orienteering.model.functions import RULES, edges, measures, value, violations
from edgeworth.routing.orienteering.model.geometry import ROUNDINGS, Rounding, euclidean
from edgeworth.routing.orienteering.model.limits import Limits
from edgeworth.routing.orienteering.model.presets import PRESETS, generate
from edgeworth.routing.orienteering.model.problem import OrienteeringProblem
from edgeworth.routing.orienteering.model.readers import read_solomon, read_toptw
from edgeworth.routing.orienteering.model.routes import Route, RoutePlan, plan, visits

__all__ = [
    "PRESETS",
    "ROUNDINGS",
    "RULES",
    "Limits",
    "OrienteeringProblem",
    "Rounding",
    "Route",
    "RoutePlan",
    "edges",
    "euclidean",
    "generate",
    "measures",
    "plan",
    "read_solomon",
    "read_toptw",
    "value",
    "violations",
    "visits",
]
