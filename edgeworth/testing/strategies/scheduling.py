"""Strategies for scheduling."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from edgeworth.solvers.scheduling.model import Episode
from edgeworth.testing.strategies.base import require_hypothesis

if TYPE_CHECKING:
    from hypothesis.strategies import DrawFn, SearchStrategy


def episodes(*, max_devices: int = 3, max_tasks: int = 7, service: str | None = "serial") -> SearchStrategy[Episode]:
    """Small episodes, degenerate ones among them.

    No tasks, tasks at one moment, tasks that no device finishes in time, tasks without data, batteries that are empty or run
    empty, free energy, decisions at arrivals only, and all channels, orders, masks and rules for late work.

    Parameters
    ----------
    max_devices, max_tasks : int
        The largest sizes.
    service : {"serial", "sharing"}, optional
        None: either.

    Returns
    -------
    hypothesis.strategies.SearchStrategy

    Raises
    ------
    MissingExtraError
        Where Hypothesis is not installed.
    """
    require_hypothesis()
    from hypothesis import strategies as st

    def build(draw: DrawFn) -> Episode:
        devices, tasks = draw(st.integers(1, max_devices)), draw(st.integers(0, max_tasks))

        def table(values: list[float], count: int) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
            return np.array(draw(st.lists(st.sampled_from(values), min_size=count, max_size=count)), dtype=np.float64)

        arrival = table([0.0, 0.5, 0.7, 2.0, 3.1, 8.0], tasks)
        source = np.array(draw(st.lists(st.integers(0, devices - 1), min_size=tasks, max_size=tasks)), dtype=np.int64)
        ranked = np.lexsort((source, arrival))
        battery = table([0.0, 12.0, 60.0, 4500.0], devices)
        return Episode(
            capacity=table([1.0, 2.0, 2.5], devices),
            battery=battery,
            battery_floor=battery * table([0.0, 0.1, 1.0], devices),
            active_power=table([0.0, 5.0, 7.5], devices),
            idle_power=table([0.0, 0.6], devices),
            arrival=arrival[ranked],
            source=source[ranked],
            work=table([0.25, 3.0, 5.5, 8.0, 40.0], tasks),
            data=table([0.0, 2.0, 3.0], tasks),
            chain_latency=table([0.0, 1.0, 1.7], 3 * tasks).reshape(tasks, 3),
            horizon=draw(st.sampled_from([8.0, 12.0])),
            deadline=draw(st.sampled_from([6.0, 15.0])),
            epoch=draw(st.sampled_from([0.0, 0.5, 0.8])),
            latency_weight=draw(st.sampled_from([0.0, 0.5])),
            energy_weight=draw(st.sampled_from([0.0, 0.5])),
            failure_cost=draw(st.sampled_from([0.0, 100.0])),
            return_share=draw(st.sampled_from([0.0, 0.5])),
            gossip=draw(st.sampled_from([0.0, 1.0])),
            channel=draw(st.sampled_from(["radio", "link", "shared"])),
            order=draw(st.sampled_from(["fifo", "edf"])),
            late=draw(st.sampled_from(["abandon", "skip", "finish"])),
            service=draw(st.sampled_from(["serial", "sharing"])) if service is None else service,
            mask=draw(st.sampled_from(["literal", "slack", "off"])),
        )

    return st.composite(build)()
