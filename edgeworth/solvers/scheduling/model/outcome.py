"""What became of the tasks and devices of an episode."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from edgeworth.core.arrays import Array, Floats
from edgeworth.solvers.scheduling.model.problem import Episode

STATUS = ("", "done", "abandoned", "late", "skipped", "dead", "expired", "unfinished", "unassigned")
"""By the numbers that kernels give them; the first is of tasks in play, the last of schedules in hindsight."""


@dataclass(frozen=True, eq=False)
class Outcome:
    """What `simulate` returns.

    Attributes
    ----------
    status : ndarray
        Of every task: "done" (a success), "abandoned" (left at its deadline), "late" (ended after it), "skipped" (not begun,
        as it could not end in time), "dead" (lost with a device), "expired" (undecided at its deadline), "unfinished" (when the
        episode ended) or "unassigned" (in hindsight).
    start, end : ndarray
        s, when a device began it (-1: never), and when the task was settled, float64 [tasks].
    decided : ndarray
        s, its epoch (-1: never), float64 [tasks].
    latency : ndarray
        s from its arrival until the result is back, float64 [tasks]; 0 for failures.
    task_energy : ndarray
        E_j, J spent on it, float64 [tasks].
    cost : ndarray
        c_j, float64 [tasks].
    busy, rest : ndarray
        s for which a device executes and is idle, float64 [devices]; dead ones do neither.
    radio : ndarray
        J that its radio took, float64 [devices].
    battery : ndarray
        J left at the end, float64 [devices]; in hindsight, where batteries do not bind, it may be below 0.
    died : ndarray
        s, when the battery fell to its floor (-1: never), float64 [devices].
    masked : ndarray
        Whether the device of the schedule was not open to the task, bool [tasks].
    """

    status: Array
    start: Floats
    end: Floats
    decided: Floats
    latency: Floats
    task_energy: Floats
    cost: Floats
    busy: Floats
    rest: Floats
    radio: Floats
    battery: Floats
    died: Floats
    masked: Array


def costs(problem: Episode, done: Array, latency: Floats, energy: Floats) -> Floats:
    """c_j of tasks that succeeded after so many seconds, or failed, for so many joules."""
    failed = problem.latency_weight * problem.deadline + problem.failure_cost
    found: Floats = np.where(done, problem.latency_weight * latency, failed) + problem.energy_weight * energy
    return found
