"""Tiny problems that between them reach what the family's methods and its checker can meet."""

from __future__ import annotations

from typing import Any

from edgeworth.solvers.scheduling.model import Episode

_TWO: dict[str, Any] = {
    "capacity": [2.0, 4.0],
    "battery": [1000.0, 1000.0],
    "battery_floor": [100.0, 100.0],
    "active_power": [4.0, 8.0],
    "idle_power": [1.0, 0.5],
    "link_rate": 8.0,  # 1 MB takes 1 s
    "horizon": 10.0,
}


def _of(tasks: list[tuple[float, int, float, float]], **changes: Any) -> Episode:
    """Tasks (arrival, source, work, data) on two devices, if nothing else is said."""
    arrival, source, work, data = (list(values) for values in zip(*tasks, strict=True))
    return Episode(**(_TWO | {"arrival": arrival, "source": source, "work": work, "data": data} | changes))


def tiny_problems() -> tuple[Episode, ...]:
    """Problems that every method of the family deals with in milliseconds; see `core.family.Family.examples`."""
    usual = [(0.2, 0, 4.0, 1.0), (0.4, 0, 6.0, 0.5), (0.6, 0, 8.0, 1.0), (1.0, 1, 4.0, 2.0), (3.3, 0, 8.0, 1.0)]
    rush = [(0.25 * k, k % 2, 8.0 + k, 0.5) for k in range(12)]  # more than can be done in time
    same = [(1.0, i, 4.0, 1.0) for i in (0, 0, 1, 1)]
    equal = {"capacity": [2.0, 2.0], "active_power": [4.0, 4.0], "idle_power": [1.0, 1.0]}
    alone = {"capacity": [2.0], "battery": [500.0], "battery_floor": 0.0, "active_power": [5.0], "idle_power": [0.0]}
    ten: dict[str, Any] = {
        "capacity": [2.0 + 0.1 * k for k in range(10)],
        "battery": [1000.0] * 10,
        "battery_floor": 100.0,
        "active_power": [8.0 - 0.2 * k for k in range(10)],
        "idle_power": [0.5] * 10,
    }
    nothing: dict[str, Any] = {"arrival": [], "source": [], "work": [], "data": []}
    return (
        _of(usual),
        _of(rush, channel="shared", order="edf", mask="slack", deadline=8.0),
        _of(rush, channel="link", late="skip", mask="off", return_share=0.5, gossip=1.0),
        _of(rush, late="finish", epoch=0.0, gossip=0.5, deadline=6.0),
        _of(rush, service="sharing", deadline=10.0, battery=[200.0, 130.0]),
        _of(same, **equal),
        _of(usual, battery=[40.0, 28.0], battery_floor=[4.0, 10.0], epoch=0.8),  # both die while tasks run
        _of([(0.5, 0, 4.0, 0.0), (0.5, 1, 4.0, 0.0)], battery=[0.0, 50.0], battery_floor=0.0),  # dead from the start
        _of([(0.0, 0, 2.0, 1.0), (0.0, 0, 2.0, 1.0), (2.0, 0, 2.0, 1.0)], **alone),
        _of([(0.0, 0, 8.0, 2.0), (1.0, 0, 3.0, 0.0), (1.0, 1, 5.0, 2.5), (2.0, 1, 70.0, 3.0)]),  # one fits into no deadline
        Episode(**(_TWO | nothing)),
        _of([(0.2, 0, 8.0, 1.0), (0.3, 0, 6.0, 0.5), (0.9, 0, 8.0, 2.0)], **ten),  # as many as some learned policies take
    )
