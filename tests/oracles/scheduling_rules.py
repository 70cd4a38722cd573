"""Rules of the scheduling family in plain Python, for `tests.oracles.scheduling.play`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import Any

from tests.oracles.scheduling import Policy

Award = Callable[[int, list[float], list[float]], int]


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


def auction(episode: Any, share: float, prices: tuple[float, float], award: Award) -> Policy:
    """`award` gets the task, prices and utilisations of its bidders, and says which of them wins (-1: none)."""
    span = episode.deadline - episode.margin

    def choose(time: float, device: int, task: int, view: SimpleNamespace) -> tuple[int, float]:
        if share > 0.0 and view.finish(device) - episode.arrival[task] <= share * episode.deadline:
            return device, 0.0
        work, bidders = float(episode.work[task]), list(view.bids)
        busy = [min(1.0, max(0.0, view.bids[k]) / span) if span > 0.0 else 1.0 for k in bidders]
        tokens = [episode.active_power[k] * work / (3600.0 * episode.capacity[k]) for k in bidders]
        asked = [prices[0] * work * (1.0 + u) + prices[1] * ptk for u, ptk in zip(busy, tokens, strict=True)]
        winner = award(task, asked, busy)
        if winner < 0:
            return device, 0.0
        return bidders[winner], float(episode.chain_latency[task, 0] + episode.chain_latency[task, 1])

    return choose


def replay(devices: Sequence[int], delays: Sequence[float] | None = None, decided: Sequence[float] | None = None) -> Policy:
    """Decisions made elsewhere, one a task, no earlier than they were made (-1: never)."""

    def choose(time: float, device: int, task: int, view: SimpleNamespace) -> tuple[int, float] | None:
        if decided is not None and (decided[task] < 0.0 or time < decided[task] - 1e-9):
            return None
        return int(devices[task]), 0.0 if delays is None else float(delays[task])

    return choose
