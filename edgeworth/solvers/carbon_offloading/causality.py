"""How a problem may go on otherwise after a slot: what the contract of policies needs to know."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from edgeworth.core.arrays import Array
from edgeworth.core.problem import Causality
from edgeworth.solvers.carbon_offloading.model import CarbonOffloading, Schedule


def _futures(problem: CarbonOffloading) -> Iterator[tuple[int, CarbonOffloading]]:
    """Slots, and the problem with another course from there on.

    Powers of slot t are chosen before the arrivals of slot t; its harvest, gain and intensity are known.
    """
    for t in sorted({0, problem.slots // 2, max(problem.slots - 2, 0)}):
        rng = np.random.default_rng(t)
        changed: dict[str, Any] = {}
        for name, first in (("arrivals", t), ("harvest", t + 1), ("gain", t + 1), ("carbon", t + 1)):
            values = np.array(getattr(problem, name))
            values[..., first:] *= rng.uniform(0.2, 5.0, values[..., first:].shape)
            changed[name] = values
        for name in ("channel", "estimate"):
            stored: Array | None = getattr(problem, name)
            if stored is not None:
                values = np.array(stored)
                values[t + 1 :] += rng.standard_normal(values[t + 1 :].shape)
                changed[name] = values
        yield t, replace(problem, **changed)


def _decided(schedule: Schedule, slot: int) -> tuple[Array, ...]:
    """The powers up to a slot."""
    return schedule.local_power[:, : slot + 1], schedule.offload_power[:, : slot + 1]


CAUSALITY = Causality(_futures, _decided)
