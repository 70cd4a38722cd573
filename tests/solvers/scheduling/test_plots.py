"""Figures: what is drawn is what the numbers say."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from edgeworth.solvers import scheduling
from edgeworth.solvers.scheduling import plots


@pytest.fixture
def axes() -> Iterator[Any]:
    figure, ax = plt.subplots()
    yield ax
    plt.close(figure)


def _played(method: str = "earliest-finish", **settings: Any) -> tuple[Any, Any, Any]:
    episode = scheduling.generate(devices=3, horizon=40.0, seed=4, **settings)
    schedule = scheduling.solve(episode, method=method, seed=0).require()
    return episode, schedule, scheduling.simulate(episode, schedule)


def test_bars_are_what_devices_execute(axes: Any) -> None:
    episode, schedule, played = _played()
    assert scheduling.plot_gantt(episode, schedule, ax=axes) is axes
    drawn = sorted((round(bar.get_y() + 0.35), bar.get_x(), bar.get_width()) for bar in axes.patches)
    begun = np.flatnonzero(played.start >= 0.0)
    expected = sorted((int(schedule.device[j]), played.start[j], played.end[j] - played.start[j]) for j in begun)
    assert np.allclose(drawn, expected)
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["own tasks", "tasks of others"]  # nothing fails
    by_device = pd.DataFrame(drawn).groupby(0)[2].sum()
    assert np.allclose(by_device, played.busy[by_device.index])


def test_an_episode_without_tasks_is_an_empty_picture(axes: Any) -> None:
    nothing = scheduling.generate(devices=2, rate=0.0, horizon=5.0, seed=0)
    scheduling.plot_gantt(nothing, scheduling.solve(nothing, method="local").require(), ax=axes)
    assert len(axes.patches) == 0


def test_failures_and_deaths_are_marked(axes: Any) -> None:
    episode, _, _ = _played("local", work=25.0)
    drained = replace(episode, battery=np.full(3, 60.0), battery_floor=np.full(3, 6.0))
    schedule = scheduling.solve(drained, method="local").require()
    played = scheduling.simulate(drained, schedule)
    assert np.all(played.died >= 0.0)
    scheduling.plot_gantt(drained, schedule, ax=axes)
    assert np.allclose(axes.lines[0].get_xdata(), played.died)
    labels = [text.get_text() for text in axes.get_legend().get_texts()]
    assert {"failures", "battery at its floor"} <= set(labels)


def test_batteries_and_backlogs_end_where_the_simulation_does() -> None:
    for settings in ({}, {"return_share": 0.5, "rate": 0.5}, {"work": 25.0}):
        episode, schedule, played = _played(**settings)
        times = np.linspace(0.0, episode.end, 50)
        held = plots.battery_course(episode, schedule, times)
        assert np.allclose(held[:, 0], episode.battery)
        assert np.allclose(held[:, -1], played.battery)
        assert np.all(np.diff(held, axis=1) <= 1e-9)
        waiting = plots.backlog_course(episode, schedule, times)
        assert np.all(waiting >= 0.0)
        assert np.allclose(waiting[:, -1], 0.0)


def test_a_course_by_hand() -> None:
    """One device of 2 GFLOP/s takes 8 GFLOP at 1 s (decided at 1.0): 4 s of work, of which 2.5 are left at 2.5 s."""
    owned = {"capacity": [2.0], "battery": [100.0], "battery_floor": [0.0], "active_power": [6.0], "idle_power": [1.0]}
    episode = scheduling.Episode.from_trace([1.0], [8.0], [2.0], [0], **owned)
    schedule = scheduling.solve(episode, method="local").require()
    times = np.array([0.5, 1.0, 2.5, 5.0, 6.0])
    assert plots.backlog_course(episode, schedule, times).tolist() == [[0.0, 4.0, 2.5, 0.0, 0.0]]
    assert plots.battery_course(episode, schedule, times)[0] == pytest.approx([99.5, 99.0, 90.0, 75.0, 74.0])


def test_courses_are_drawn_and_hindsight_has_no_backlog(axes: Any) -> None:
    episode, schedule, _ = _played()
    assert scheduling.plot_courses(episode, schedule, ax=axes) is axes
    assert axes.get_ylabel() == "backlog [s]"
    planned = scheduling.Schedule(schedule.device, schedule.start, "hindsight")
    with pytest.raises(ValueError, match="schedule: must be of scope 'simulated'; got 'hindsight'"):
        scheduling.plot_courses(episode, planned, ax=axes)
    with pytest.raises(TypeError, match="schedule: must be a Schedule"):
        scheduling.plot_gantt(episode, None)


def test_costs_stand_on_the_bound(axes: Any) -> None:
    table = pd.DataFrame({"method": ["local", "local", "bound", "bound"], "cost": [11.0, 12.0, 10.0, 10.0]})
    scheduling.plot_costs(table, ax=axes)
    assert [bar.get_height() for bar in axes.patches] == [11.5]
    assert [text.get_text() for text in axes.texts] == ["+15.0%"]
    with pytest.raises(ValueError, match="table: must have rows of the method 'bound'"):
        scheduling.plot_costs(table[table.method == "local"], ax=axes)


def test_a_sweep_is_drawn_by_means(axes: Any) -> None:
    table = pd.DataFrame({
        "rate": [0.1, 0.1, 0.2, 0.2, 0.1, 0.2], "method": ["local"] * 4 + ["bound"] * 2,
        "energy": [1e3, 3e3, 4e3, 4e3, 500.0, 600.0], "success": [1.0, 0.9, 0.8, 0.8, np.nan, np.nan],
    })  # fmt: skip
    scheduling.plot_sweep(table, "energy", ax=axes)
    assert axes.lines[0].get_ydata().tolist() == [2.0, 4.0]
    assert axes.lines[1].get_ydata().tolist() == [0.5, 0.6]
    axes.clear()
    scheduling.plot_sweep(table, "success", ax=axes)
    assert len(axes.lines) == 1  # no bound of success in this table
    with pytest.raises(ValueError, match="measure: must be one of"):
        scheduling.plot_sweep(table, "profit", ax=axes)
    with pytest.raises(ValueError, match="table: must have one of the columns devices, rate, work"):
        scheduling.plot_sweep(table.drop(columns="rate"), ax=axes)
