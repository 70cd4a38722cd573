"""The model of scheduling: problem and solution."""

from edgeworth.solvers.scheduling.model.problem import Episode
from edgeworth.solvers.scheduling.model.schedule import Schedule

__all__ = ["Episode", "Schedule"]
