"""Dynamics and baselines."""

from edgeworth.games.offloading.heuristic.baselines import all_local, greedy_delay, random_feasible
from edgeworth.games.offloading.heuristic.board import Board, shuffled
from edgeworth.games.offloading.heuristic.dynamics import BestResponse, LogLinear, log_linear, max_gain, pg_brd, round_robin
from edgeworth.games.offloading.heuristic.trajectory import Trajectory, trajectory
from edgeworth.games.offloading.heuristic.welfare import LocalSearch, local_search

__all__ = [
    "BestResponse",
    "Board",
    "LocalSearch",
    "LogLinear",
    "Trajectory",
    "all_local",
    "greedy_delay",
    "local_search",
    "log_linear",
    "max_gain",
    "pg_brd",
    "random_feasible",
    "round_robin",
    "shuffled",
    "trajectory",
]
