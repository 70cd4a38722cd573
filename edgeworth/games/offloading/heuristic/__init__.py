"""Dynamics and baselines."""

from edgeworth.games.offloading.heuristic.baselines import RandomFeasible, all_local, greedy_delay, random_feasible
from edgeworth.games.offloading.heuristic.current import CurrentProfile, shuffled
from edgeworth.games.offloading.heuristic.dynamics import (
    BestResponse,
    LogLinear,
    asynchronous_best_response,
    largest_gain_best_response,
    log_linear_learning,
    round_robin_best_response,
)
from edgeworth.games.offloading.heuristic.trajectory import Trajectory, trajectory
from edgeworth.games.offloading.heuristic.welfare import LocalSearch, iterated_local_search

__all__ = [
    "BestResponse",
    "CurrentProfile",
    "LocalSearch",
    "LogLinear",
    "RandomFeasible",
    "Trajectory",
    "all_local",
    "asynchronous_best_response",
    "greedy_delay",
    "iterated_local_search",
    "largest_gain_best_response",
    "log_linear_learning",
    "random_feasible",
    "round_robin_best_response",
    "shuffled",
    "trajectory",
]
