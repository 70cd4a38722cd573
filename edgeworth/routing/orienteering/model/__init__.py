"""The orienteering model: problem, solution with its schedule, value, constraints, measures, generators, readers."""

from edgeworth.routing.orienteering.model.functions import (
    RULES as RULES,
    edges as edges,
    measures,
    value,
    violations,
)
from edgeworth.routing.orienteering.model.geometry import ROUNDINGS as ROUNDINGS, Rounding as Rounding, euclidean
from edgeworth.routing.orienteering.model.limits import Limits as Limits
from edgeworth.routing.orienteering.model.presets import PRESETS, generate
from edgeworth.routing.orienteering.model.problem import OrienteeringProblem
from edgeworth.routing.orienteering.model.readers import read_solomon, read_toptw
from edgeworth.routing.orienteering.model.returning import without_return
from edgeworth.routing.orienteering.model.routes import Route, RoutePlan, plan, visits

__all__ = [
    "PRESETS",
    "OrienteeringProblem",
    "Route",
    "RoutePlan",
    "euclidean",
    "generate",
    "measures",
    "plan",
    "read_solomon",
    "read_toptw",
    "value",
    "violations",
    "visits",
    "without_return",
]
