"""Energy that work takes, wherever it is done."""

from __future__ import annotations

import numpy as np

from edgeworth.core.arrays import Floats
from edgeworth.solvers.scheduling.model.problem import Episode


def task_energy(episode: Episode, *, above_idle: bool = False) -> Floats:
    """J that task j takes on device k, radios included, float64 [devices, tasks]; above_idle: more than k takes when idle."""
    power = episode.active_power - episode.idle_power if above_idle else episode.active_power
    source, away = episode.source, np.arange(episode.devices)[:, None] != episode.source
    send, receive = episode.send_power, episode.receive_power
    sent = (send[source] + receive[:, None]) * episode.transfer
    returned = (send[:, None] + receive[source]) * (episode.return_share * episode.transfer)
    spent: Floats = power[:, None] * (episode.work / episode.capacity[:, None]) + away * (sent + returned)
    return spent


def energy_floor(episode: Episode) -> float:
    """J that no schedule stays below in which every task succeeds and no device dies.

    Parameters
    ----------
    episode : Episode

    Returns
    -------
    float
        sum_i P^i_i (T + L) + sum_j min_k [(P^a_k - P^i_k) p_jk + radios], J.

    Notes
    -----
    Every task that succeeds is executed in full within [0, T + L] by one device, which takes P^a - P^i more than when idle
    meanwhile; which device that is, and when, is free here. Radios that are busy and processors that are taken only take
    choices away. Schedules that lose tasks may take less, and so may those in which a device dies, as it is no longer idle.

    Examples
    --------
    >>> tasks = {"arrival": [0.0], "source": [0], "work": [4.0], "data": [2.5]}
    >>> episode = Episode([2.0, 4.0], 4000.0, 400.0, [5.0, 5.0], 0.5, **tasks, horizon=5.0, send_power=1.0, receive_power=1.0)
    >>> energy_floor(episode)
    26.5
    """
    least = task_energy(episode, above_idle=True).min(axis=0)
    return float(episode.idle_power.sum() * episode.end + least.sum())
