"""Heuristics of multi-task allocation: methods without a proof."""

from edgeworth.solvers.allocation.heuristic.annealing import LocalSearch, local_search
from edgeworth.solvers.allocation.heuristic.constructive import (
    RegretGreedy,
    greedy,
    missing,
    random_feasible,
    regret_choice,
    regret_greedy,
    repaired,
)

__all__ = [
    "LocalSearch",
    "RegretGreedy",
    "greedy",
    "local_search",
    "missing",
    "random_feasible",
    "regret_choice",
    "regret_greedy",
    "repaired",
]
