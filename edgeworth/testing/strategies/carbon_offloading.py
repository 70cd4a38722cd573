"""Strategies for carbon-aware offloading."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from edgeworth.solvers.carbon_offloading.model import CarbonOffloading, Schedule
from edgeworth.testing.strategies.base import require_hypothesis

if TYPE_CHECKING:
    from hypothesis.strategies import DrawFn, SearchStrategy


def carbon_problems(
    *,
    max_users: int = 3,
    max_slots: int = 6,
    coupled: bool | None = None,
    battery: bool | None = None,
    plain: bool = False,
) -> SearchStrategy[CarbonOffloading]:
    """Small episodes, degenerate ones among them.

    No arrivals, bursts beyond the buffer, no harvest, more harvest than can be spent, free and dear grids, one way of serving
    only, dead and excellent channels, weights of 0, full and empty starts.

    Parameters
    ----------
    max_users, max_slots : int
        The largest sizes.
    coupled : bool, optional
        Whether users interfere: never (False), always (True), or sometimes (None).
    battery : bool, optional
        Whether devices have batteries, likewise.
    plain : bool
        Only commanded energy and overflow by the bit.

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

    def build(draw: DrawFn) -> CarbonOffloading:
        users, slots = draw(st.integers(1, max_users)), draw(st.integers(1, max_slots))

        def table(values: list[float], *shape: int) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
            count = int(np.prod(shape))
            return np.array(draw(st.lists(st.sampled_from(values), min_size=count, max_size=count))).reshape(shape)

        buffer = table([2e3, 1e4, 1e5], users)
        stores = draw(st.booleans()) if battery is None else battery
        capacity = table([1e-4, 1e-3, 5e-3], users) if stores else np.zeros(users)
        offload = table([0.0, 0.5, 2.0], users)
        local = np.where(offload > 0.0, table([0.0, 0.3, 2.0], users), 1.0)
        receiver, channel, estimate = "zf", None, None
        if draw(st.booleans()) if coupled is None else coupled:
            rng = np.random.default_rng(draw(st.integers(0, 2**16)))
            channel = 2.0 * rng.standard_normal((slots, users + draw(st.integers(0, 2)), users, 2))
            receiver = draw(st.sampled_from(["zf", "mmse"]))
            if receiver == "zf":
                estimate = channel + draw(st.sampled_from([0.0, 0.5])) * rng.standard_normal(channel.shape)
        return CarbonOffloading(
            arrivals=table([0.0, 100.0, 3000.0, 5000.0, 2e4], users, slots),
            harvest=table([0.0, 2e-4, 1e-3, 1e-2], users, slots),
            gain=table([1e-3, 1.0, 10.0, 1e3], users, slots),
            carbon=table([0.0, 5e-5, 2e-4], slots),
            local_power_cap=local,
            offload_power_cap=offload,
            buffer=buffer,
            initial_buffer=buffer * table([0.0, 0.5, 1.0], users),
            battery=capacity,
            initial_battery=capacity * table([0.0, 1.0], users),
            weights=table([0.0, 0.25, 1.0], 4),
            overflow_scale=draw(st.sampled_from([None, 3000.0])),
            overflow="per-bit" if plain else draw(st.sampled_from(["per-bit", "event"])),
            energy="commanded" if plain else draw(st.sampled_from(["commanded", "throttled"])),
            receiver=receiver,
            channel=channel,
            estimate=estimate,
        )

    return st.composite(build)()


def schedules(problem: CarbonOffloading) -> SearchStrategy[Schedule]:
    """Feasible schedules of a problem: every power is 0, the cap, or between.

    Parameters
    ----------
    problem : CarbonOffloading

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

    def build(draw: DrawFn) -> Schedule:
        count = 2 * problem.users * problem.slots
        share = st.sampled_from([0.0, 0.01, 0.1, 0.5, 1.0])
        shares = np.array(draw(st.lists(share, min_size=count, max_size=count))).reshape(2, problem.users, problem.slots)
        return Schedule(shares[0] * problem.local_power_cap[:, None], shares[1] * problem.offload_power_cap[:, None])

    return st.composite(build)()
