"""How an episode may go on otherwise after an epoch: what the contract of policies needs to know."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from edgeworth.core.arrays import Array
from edgeworth.core.problem import Causality
from edgeworth.solvers.scheduling.model import Episode, Schedule
from edgeworth.solvers.scheduling.model.schedule import NEVER

_EPOCHS = 6
"""At most so many epochs are tried: all of a short episode."""


def _times(problem: Episode) -> list[float]:
    """Some times of epochs."""
    if problem.epoch > 0.0:
        times = problem.epoch * np.arange(min(int(problem.end / problem.epoch) + 1, 10_000))
    else:
        times = np.unique(problem.arrival)
    chosen = np.linspace(0, len(times) - 1, min(_EPOCHS, len(times))).round().astype(int)
    return [float(times[place]) for place in chosen]


def _futures(problem: Episode) -> Iterator[tuple[float, Episode]]:
    """Times of epochs, and the episode with more, fewer and other tasks after them."""
    for t in _times(problem):
        known = int(np.searchsorted(problem.arrival, t, side="right"))
        rng = np.random.default_rng(known)
        count = int(rng.integers(0, 2 * (problem.tasks - known) + 3)) if t < problem.horizon else 0
        later = np.sort(t + (problem.horizon - t) * (1.0 - rng.random(count)))  # after t itself
        later = np.minimum(later[later > t], problem.horizon)
        count = len(later)
        new = {
            "arrival": later,
            "source": rng.integers(0, problem.devices, count),
            "work": rng.uniform(0.5, 20.0, count),
            "data": rng.uniform(0.0, 5.0, count),
            "chain_latency": rng.uniform(0.0, 2.0, (count, 3)),
        }
        order = np.lexsort((new["source"], later))
        changed: dict[str, Array] = {}
        for name, values in new.items():
            changed[name] = np.concatenate([getattr(problem, name)[:known], values[order]])
        yield t, replace(problem, **changed)


def _decided(schedule: Schedule, slot: float) -> tuple[Array, ...]:
    """Which tasks were decided by that time, and how."""
    decided = np.zeros(0) if schedule.decided is None else schedule.decided
    tasks = np.flatnonzero((decided != NEVER) & (decided <= slot))
    delay = np.zeros(len(decided)) if schedule.delay is None else schedule.delay
    return tasks, schedule.device[tasks], decided[tasks], delay[tasks]


CAUSALITY = Causality(_futures, _decided)
