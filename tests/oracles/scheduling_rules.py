"""Rules of the scheduling family in plain Python, for `tests.oracles.scheduling.play`."""

from __future__ import annotations

from collections.abc import Sequence
from types import SimpleNamespace

from tests.oracles.scheduling import Policy


def local(time: float, device: int, task: int, view: SimpleNamespace) -> int:
    return device


def earliest_finish(time: float, device: int, task: int, view: SimpleNamespace) -> int:
    return min(view.open, key=lambda k: (view.finish(k), k))


def greedy_cost(time: float, device: int, task: int, view: SimpleNamespace) -> int:
    return min(view.open, key=lambda k: (view.cost(k), k))


def threshold(theta: float) -> Policy:
    def choose(time: float, device: int, task: int, view: SimpleNamespace) -> int:
        peers = [k for k in view.open if k != device]
        if view.backlog[device] <= theta or not peers:
            return device
        return min(peers, key=lambda k: (view.finish(k), k))

    return choose


def random(draws: Sequence[float]) -> Policy:
    """Uniform over the open devices: `draws[j]` in [0, 1) belongs to task j."""
    return lambda time, device, task, view: view.open[int(draws[task] * len(view.open))]


def replay(devices: Sequence[int], delays: Sequence[float] | None = None) -> Policy:
    """Decisions made elsewhere, one a task; a task that was never decided must not be asked for."""
    return lambda time, device, task, view: (int(devices[task]), 0.0 if delays is None else float(delays[task]))
