"""The hindsight problem as arrays: what every pair of device and task takes and costs."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from edgeworth.core.arrays import Floats
from edgeworth.solvers.scheduling.model import TOLERANCE, Episode
from edgeworth.solvers.scheduling.model.floor import task_energy

_LATE = 0.99 * TOLERANCE
"""s by which a success may be late, less what rounding may add to its end."""
SERIAL = "service: must be 'serial', hindsight schedules execute one task at a time"


class Program(NamedTuple):
    """Pairs of device k and task j, float64 [devices, tasks].

    release: s, r_jk, when it may begin. process: s, p_jk. latest: s, when it must have begun. fixed: cost of a success but for
    w_l times its start. failure: cost of one that fails. weight: w_l.
    """

    release: Floats
    process: Floats
    latest: Floats
    fixed: Floats
    failure: float
    weight: float


def program(episode: Episode) -> Program:
    """The arrays of an episode.

    Raises
    ------
    ValueError
        Where processors are shared: the problem is one of tasks that are executed one at a time.
    """
    if episode.service != "serial":
        raise ValueError(f"{SERIAL}; got {episode.service!r}")
    process = episode.work / episode.capacity[:, None]
    away = np.arange(episode.devices)[:, None] != episode.source
    release = episode.arrival + away * episode.transfer
    back = away * episode.return_share * episode.transfer
    latest = episode.arrival + episode.deadline + _LATE - process - back
    fixed = episode.latency_weight * (process + back - episode.arrival) + episode.energy_weight * task_energy(episode)
    failure = episode.latency_weight * episode.deadline + episode.failure_cost
    return Program(release, process, latest, fixed, failure, episode.latency_weight)
