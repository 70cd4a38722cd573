"""The model of scheduling: problem, solution, generators, files of tasks."""

from edgeworth.solvers.scheduling.model.presets import PRESETS, generate
from edgeworth.solvers.scheduling.model.problem import Episode
from edgeworth.solvers.scheduling.model.schedule import Schedule
from edgeworth.solvers.scheduling.model.traces import read_csv, to_csv

__all__ = ["PRESETS", "Episode", "Schedule", "generate", "read_csv", "to_csv"]
