"""The types of scheduling: what they refuse, and that files and pickles give the same back."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytest

from edgeworth.solvers.scheduling.examples import tiny_problems
from edgeworth.solvers.scheduling.model import Episode, Schedule

_EPISODE: dict[str, Any] = {
    "capacity": [2.0, 3.0],
    "battery": [4000.0, 4500.0],
    "battery_floor": 400.0,
    "active_power": [5.0, 6.0],
    "idle_power": [0.5, 0.6],
    "arrival": [0.0, 1.0],
    "source": [0, 1],
    "work": [4.0, 6.0],
    "data": [2.0, 2.5],
}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("capacity", []),
        ("capacity", [2.0, 0.0]),
        ("battery", [4000.0]),
        ("battery", [np.nan, 4500.0]),
        ("battery_floor", [400.0, 4501.0]),
        ("send_power", -1.0),
        ("arrival", [1.0, 0.0]),
        ("arrival", [0.0, 601.0]),
        ("source", [0, 2]),
        ("source", [-1, 0]),
        ("work", [4.0, 0.0]),
        ("data", [2.0, -1.0]),
        ("chain_latency", [[0.0, 0.0]]),
        ("deadline", 0.0),
        ("link_rate", 0.0),
        ("epoch", -0.5),
        ("return_share", np.inf),
        ("channel", "wire"),
        ("order", "lifo"),
        ("late", "drop"),
        ("service", "split"),
        ("mask", "on"),
    ],
)
def test_an_episode_refuses(name: str, value: object) -> None:
    with pytest.raises(ValueError, match=f"^{name}"):
        Episode(**_EPISODE | {name: value})


def test_the_sign_of_failure_that_the_paper_prints_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^failure_cost: .*rewards failure; got -100"):
        Episode(**_EPISODE | {"failure_cost": -100.0})


def test_equal_times_ascend_by_source() -> None:
    with pytest.raises(ValueError, match=r"^arrival: .*task 1"):
        Episode(**_EPISODE | {"arrival": [1.0, 1.0], "source": [1, 0]})


def test_derived_numbers() -> None:
    episode = Episode(**_EPISODE)
    assert episode.transfer.tolist() == [0.8, 1.0]
    assert (episode.devices, episode.tasks, episode.end) == (2, 2, 615.0)
    assert episode.send_power.tolist() == [1.28, 1.28]
    assert not episode.chain_latency.any()


@pytest.mark.parametrize("index", range(7))
def test_files_and_pickles_give_the_same_episode(index: int) -> None:
    episode = tiny_problems()[index]
    for copy in (Episode.from_payload(episode.to_payload()), pickle.loads(pickle.dumps(episode))):
        assert copy.hash == episode.hash
        assert copy.provenance == episode.provenance


def test_examples_reach_every_choice() -> None:
    episodes = tiny_problems()
    for name, options in {
        "channel": {"radio", "link", "shared"},
        "order": {"fifo", "edf"},
        "late": {"abandon", "skip", "finish"},
        "mask": {"literal", "slack", "off"},
    }.items():
        assert {getattr(e, name) for e in episodes} == options
    assert {0, 1} <= {e.tasks and e.devices for e in episodes}
    assert any(e.epoch == 0.0 for e in episodes)
    assert any(e.return_share > 0.0 and e.tasks for e in episodes)
    assert any((np.diff(e.arrival) == 0.0).any() for e in episodes)
    assert any((e.work / e.capacity.max() > e.deadline).any() for e in episodes)
    first = [(e, e.source == 0) for e in episodes if e.battery[0] > e.battery_floor[0]]  # one that dies at its own work
    joules = [e.active_power[0] * e.work[own].sum() / e.capacity[0] - (e.battery - e.battery_floor)[0] for e, own in first]
    assert max(joules) > 0.0


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("device", ([-2], [0.0], "hindsight")),
        ("start", ([0], [-0.5], "hindsight")),
        ("start", ([0], [0.0, 1.0], "hindsight")),
        ("scope", ([0], [0.0], "replayed")),
        ("decided", ([0], [0.0], "simulated")),
        ("decided", ([0], [0.0], "hindsight", [0.0])),
        ("delay", ([0], [0.0], "hindsight", None, [0.0])),
        ("delay", ([0], [0.0], "simulated", [0.0], [-1.0])),
    ],
)
def test_a_schedule_refuses(name: str, arguments: tuple[Any, ...]) -> None:
    with pytest.raises(ValueError, match=f"^{name}"):
        Schedule(*arguments)


@pytest.mark.parametrize("schedule", [Schedule([0, -1], [0.5, -1.0], "hindsight"), Schedule([1], [2.0], "simulated", [1.0])])
def test_files_and_pickles_give_the_same_schedule(schedule: Schedule) -> None:
    for copy in (Schedule.from_payload(schedule.to_payload()), pickle.loads(pickle.dumps(schedule))):
        assert copy.scope == schedule.scope
        for name in ("device", "start", "decided", "delay"):
            assert np.array_equal(getattr(copy, name), getattr(schedule, name))
