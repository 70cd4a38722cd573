"""The hindsight problem as arrays: what every pair of device and task takes and costs."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from edgeworth.core.arrays import Floats
from edgeworth.solvers.scheduling.model import Episode

TOLERANCE = 1e-9
"""s by which a success may be late."""


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
    if episode.service == "sharing":
        raise ValueError("service: must be 'serial', hindsight schedules execute one task at a time; got 'sharing'")
    process = episode.work / episode.capacity[:, None]
    away = np.arange(episode.devices)[:, None] != episode.source
    release = episode.arrival + away * episode.transfer
    back = away * episode.return_share * episode.transfer
    latest = episode.arrival + episode.deadline + TOLERANCE - process - back
    fixed = episode.latency_weight * (process + back - episode.arrival) + episode.energy_weight * energy(episode)
    failure = episode.latency_weight * episode.deadline + episode.failure_cost
    return Program(release, process, latest, fixed, failure, episode.latency_weight)


def energy(episode: Episode, idle: bool = False) -> Floats:
    """J that task j takes on device k, radios included, float64 [devices, tasks]. idle: above what k takes when idle."""
    power = episode.active_power - episode.idle_power if idle else episode.active_power
    source, away = episode.source, np.arange(episode.devices)[:, None] != episode.source
    send, receive = episode.send_power, episode.receive_power
    sent = (send[source] + receive[:, None]) * episode.transfer
    returned = (send[:, None] + receive[source]) * (episode.return_share * episode.transfer)
    spent: Floats = power[:, None] * (episode.work / episode.capacity[:, None]) + away * (sent + returned)
    return spent


def energy_floor(episode: Episode) -> float:
    """J that no schedule stays below in which every task succeeds: idle power throughout, and each task where it takes least.

    Parameters
    ----------
    episode : Episode

    Returns
    -------
    float
        sum_i P^i_i (T + L) + sum_j min_k [(P^a_k - P^i_k) p_jk + radios], J.

    Raises
    ------
    ValueError
        Where a device takes less while it executes than while it does not: it would be no bound.

    Notes
    -----
    Every task that succeeds is executed in full within [0, T + L] by one device, which takes P^a - P^i more than when idle
    meanwhile; which device that is, and when, is free here. Batteries, radios that are busy and processors that are taken only
    take choices away. Schedules that lose tasks may take less.

    Examples
    --------
    >>> tasks = {"arrival": [0.0], "source": [0], "work": [4.0], "data": [2.5]}
    >>> episode = Episode([2.0, 4.0], 4000.0, 400.0, [5.0, 5.0], 0.5, **tasks, horizon=5.0, send_power=1.0, receive_power=1.0)
    >>> energy_floor(episode)
    26.5
    """
    if np.any(episode.active_power < episode.idle_power):
        i = int(np.argmax(episode.active_power < episode.idle_power))
        raise ValueError(f"active_power: must be at least idle_power; got {episode.active_power[i]} for device {i}")
    least = energy(episode, idle=True).min(axis=0)
    return float(episode.idle_power.sum() * episode.end + least.sum())
