"""The model of scheduling: problem, solution, generators."""

from edgeworth.solvers.scheduling.model.presets import PRESETS, generate
from edgeworth.solvers.scheduling.model.problem import Episode
from edgeworth.solvers.scheduling.model.schedule import Schedule

__all__ = ["PRESETS", "Episode", "Schedule", "generate"]
