"""How a problem may go on otherwise after a slot: what the contract of policies needs to know."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from edgeworth.core.arrays import Array, Floats
from edgeworth.core.problem import Causality
from edgeworth.solvers.carbon_offloading.model import CarbonOffloading, Schedule

_SLOTS = 12
"""At most so many slots are tried: all of a short episode."""


def _futures(problem: CarbonOffloading) -> Iterator[tuple[int, CarbonOffloading]]:
    """Slots, and the problem with another course from there on.

    Powers of slot t are chosen before the arrivals of slot t; its harvest, gain and intensity are known, and of an estimated
    channel the estimate. The law and what normalises the cost, ``carbon_reference`` and ``overflow_scale``, belong to what is
    known in advance, and stay.
    """
    most = problem.slot_length * (problem.local_power_cap + problem.offload_power_cap)
    usual: dict[str, Floats | float] = {
        "arrivals": 0.1 * problem.buffer[:, None],
        "harvest": 0.25 * most[:, None],
        "carbon": problem.carbon_reference,
    }
    for t in np.unique(np.linspace(0, problem.slots - 1, _SLOTS).round().astype(int)).tolist():
        rng = np.random.default_rng(t)
        changed: dict[str, Any] = {}
        for name, first in (("arrivals", t), ("harvest", t + 1), ("gain", t + 1), ("carbon", t + 1)):
            values = np.array(getattr(problem, name))
            other = _otherwise(rng, values, usual.get(name))
            values[..., first:] = other[..., first:]
            changed[name] = values
        for name in ("channel", "estimate"):
            stored: Array | None = getattr(problem, name)
            if stored is not None:
                first = t if name == "channel" and problem.estimate is not None else t + 1
                values = np.array(stored)
                values[first:] += rng.standard_normal(values[first:].shape)
                changed[name] = values
        yield t, replace(problem, **changed)


def _otherwise(rng: np.random.Generator, values: Floats, usual: Floats | float | None) -> Floats:
    """Other numbers everywhere; with a usual size of theirs given also zeros for positive ones, and the reverse."""
    found: Floats = values * rng.uniform(0.2, 5.0, values.shape)
    if usual is not None:
        turned = (rng.random(values.shape) < 0.4) | (values == 0.0)
        found = np.where(turned, np.where(values > 0.0, 0.0, usual * rng.uniform(0.2, 5.0, values.shape)), found)
    return found


def _decided(schedule: Schedule, slot: float) -> tuple[Array, ...]:
    """The powers up to a slot."""
    after = int(slot) + 1
    return schedule.local_power[:, :after], schedule.offload_power[:, :after]


CAUSALITY = Causality(_futures, _decided)
