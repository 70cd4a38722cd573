"""The model of scheduling: problem, solution, simulation, value, constraints, measures, generators, files of tasks."""

from edgeworth.solvers.scheduling.model.floor import energy_floor
from edgeworth.solvers.scheduling.model.functions import (
    RULES as RULES,
    TOLERANCE as TOLERANCE,
    assigned,
    fitted as fitted,
    measures,
    simulate,
    value,
    violations,
)
from edgeworth.solvers.scheduling.model.outcome import Outcome
from edgeworth.solvers.scheduling.model.presets import PRESETS, generate
from edgeworth.solvers.scheduling.model.problem import Episode
from edgeworth.solvers.scheduling.model.schedule import Schedule
from edgeworth.solvers.scheduling.model.traces import read_csv, to_csv

__all__ = [
    "PRESETS",
    "Episode",
    "Outcome",
    "Schedule",
    "assigned",
    "energy_floor",
    "generate",
    "measures",
    "read_csv",
    "simulate",
    "to_csv",
    "value",
    "violations",
]
