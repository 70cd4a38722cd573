"""Heuristics of multi-task allocation: methods without a proof."""

from edgeworth.solvers.allocation.heuristic.annealing import LocalSearch, simulated_annealing
from edgeworth.solvers.allocation.heuristic.constructive import (
    RegretGreedy,
    greedy_assignment,
    missing,
    random_feasible,
    regret_choice,
    regret_greedy,
    repaired,
)

__all__ = [
    "LocalSearch",
    "RegretGreedy",
    "greedy_assignment",
    "missing",
    "random_feasible",
    "regret_choice",
    "regret_greedy",
    "repaired",
    "simulated_annealing",
]
