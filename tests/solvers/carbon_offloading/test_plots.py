"""Figures: what is drawn is what the numbers say."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from edgeworth import compare
from edgeworth.solvers import carbon_offloading as co


@pytest.fixture
def axes() -> Iterator[Any]:
    figure, ax = plt.subplots()
    yield ax
    plt.close(figure)


def _legend(ax: Any) -> list[str]:
    return [text.get_text() for text in ax.get_legend().get_texts()]


def test_a_day_shows_powers_buffer_green_slots_and_intensity(axes: Any) -> None:
    problem = co.generate(preset="day", users=2, slots=24, slot_length=3600.0, seed=0)
    schedule = co.solve(problem, method="lyapunov").require()
    assert co.plot_schedule(problem, schedule, 1, ax=axes) is axes
    names = ["no grid energy", "local power", "offload power", "harvest", "carbon intensity", "buffer"]
    assert _legend(axes) == names
    assert axes.get_xlabel() == "time [h]"
    right = axes.figure.axes[1]
    played = co.simulate(problem, schedule)
    drawn = right.lines[0].get_ydata()
    assert np.allclose(drawn / drawn.max(), played.buffer[1] / played.buffer[1].max())
    green = axes.collections[0].get_paths()
    width = sum(path.get_extents().width for path in green)
    assert width == pytest.approx(int((played.grid[1] <= 0.0).sum()))
    top = axes.collections[2].get_paths()[0].get_extents().y1
    assert top == pytest.approx((schedule.local_power + schedule.offload_power)[1].max())


def test_a_short_episode_is_in_milliseconds_without_intensity(axes: Any) -> None:
    problem = co.generate(users=1, slots=10, seed=0)
    co.plot_schedule(problem, co.solve(problem, method="green-only").require(), ax=axes)
    assert axes.get_xlabel() == "time [ms]"
    assert "carbon intensity" not in _legend(axes)
    assert axes.get_xlim() == pytest.approx((0.0, 10.0))


def test_an_idle_device_can_be_drawn(axes: Any) -> None:
    problem = co.generate(users=1, slots=4, load=0.0, harvest=0.0, seed=0)
    idle = co.Schedule([[0.0] * 4], [[0.0] * 4])
    assert co.plot_schedule(problem, idle, ax=axes) is axes


def test_pareto_draws_hindsight_and_every_policy(axes: Any) -> None:
    problem = co.generate(users=2, slots=40, load=5e6, buffer=2e4, seed=0)
    frontier = co.pareto(problem, shares=(0.2, 0.5, 0.8))
    frame = compare([problem], methods=["lyapunov", "green-only"]).frame
    assert co.plot_pareto(frontier, frame, ax=axes) is axes
    assert _legend(axes) == ["hindsight", "lyapunov", "green-only"]
    x, y = axes.lines[0].get_data()
    assert np.allclose(np.array(x) * 1e3, frontier.served)
    assert y.argmax() == frontier.carbon.to_numpy().argmax()
    assert axes.get_xlabel() == "served [kbit]"


def test_bars_are_as_high_as_the_mean_cost(axes: Any) -> None:
    problems = [co.generate(users=2, slots=20, seed=seed) for seed in range(2)]
    frame = compare(problems, methods=["lyapunov", "threshold"]).frame
    assert co.plot_cost(frame, ax=axes) is axes
    assert _legend(axes) == ["carbon", "delay", "waste", "overflow"]
    heights = np.array([bar.get_height() for bar in axes.patches]).reshape(4, 2).sum(axis=0)
    assert np.allclose(heights, frame.groupby("method", sort=False)["value"].mean())


def test_misuse() -> None:
    problem = co.generate(users=2, slots=4, seed=0)
    schedule = co.solve(problem, method="green-only").require()
    with pytest.raises(ValueError, match="user: must be at most 1; got 2"):
        co.plot_schedule(problem, schedule, 2)
    with pytest.raises(TypeError, match="schedule: must be a Schedule"):
        co.plot_schedule(problem, "r.json")  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="problem: must be a CarbonOffloading"):
        co.plot_schedule(schedule, schedule)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="frontier: must have the columns served, carbon"):
        co.plot_pareto(pd.DataFrame({"served": [1.0]}))
    with pytest.raises(ValueError, match="policies: must have the columns method"):
        co.plot_pareto(pd.DataFrame({"served": [1.0], "carbon": [1.0]}), pd.DataFrame({"served": [1.0]}))
    with pytest.raises(ValueError, match="table: must have the columns method, cost_carbon"):
        co.plot_cost(pd.DataFrame({"method": ["a"]}))
