"""What can be said when all tasks are known in advance: a bound, and schedules that are near it."""

from edgeworth.solvers.scheduling.hindsight.annealing import Annealing
from edgeworth.solvers.scheduling.hindsight.lagrangian import Lagrangian
from edgeworth.solvers.scheduling.hindsight.milp import Milp
from edgeworth.solvers.scheduling.hindsight.pyomo_model import build_model

__all__ = ["Annealing", "Lagrangian", "Milp", "build_model"]
