"""The model of carbon-aware offloading: problem, solution, simulation, value, constraints, measures, generators, prices."""

from edgeworth.solvers.carbon_offloading.model.energy import (
    Curves as Curves,
    curves as curves,
    energy as energy,
    green_ratio as green_ratio,
    least_energy as least_energy,
    response as response,
)
from edgeworth.solvers.carbon_offloading.model.functions import (
    RULES as RULES,
    Coefficients as Coefficients,
    coefficients as coefficients,
    fitted as fitted,
    measures,
    simulate,
    trajectory as trajectory,
    value,
    violations,
)
from edgeworth.solvers.carbon_offloading.model.law import Law
from edgeworth.solvers.carbon_offloading.model.presets import PRESETS, generate
from edgeworth.solvers.carbon_offloading.model.problem import (
    PARTS as PARTS,
    CarbonOffloading,
    dominant_scale as dominant_scale,
)
from edgeworth.solvers.carbon_offloading.model.schedule import Schedule, Trajectory

__all__ = [
    "PRESETS",
    "CarbonOffloading",
    "Law",
    "Schedule",
    "Trajectory",
    "generate",
    "measures",
    "simulate",
    "value",
    "violations",
]
