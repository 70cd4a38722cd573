"""The map and the timetable of a plan."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import matplotlib as mpl
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

mpl.use("Agg")

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.colors import to_hex

from edgeworth.routing import orienteering
from edgeworth.routing.orienteering import OrienteeringProblem, plan
from edgeworth.testing import orienteering_problems, route_sequences


@pytest.fixture(autouse=True)
def _no_figure_survives() -> Iterator[None]:
    yield
    plt.close("all")


def _town(**changed: Any) -> OrienteeringProblem:
    given: dict[str, Any] = {
        "open": [15.0, 0.0, 0.0, 0.0], "close": [20.0, 90.0, 90.0, 90.0], "depot": "last", "latest": 100.0, "vehicles": 2,
        "rounding": "none", "service_time": 2.0,
    }  # fmt: skip
    places = [[10.0, 0.0], [20.0, 0.0], [0.0, 30.0], [5.0, 5.0], [0.0, 0.0]]
    return OrienteeringProblem.from_coordinates(places, [1.0, 2.0, 4.0, 0.0], **(given | changed))


def _draw(ax: Axes) -> None:
    ax.figure.canvas.draw()


def _labels(ax: Axes) -> list[str]:
    legend = ax.get_legend()
    return [] if legend is None else [text.get_text() for text in legend.get_texts()]


def _drawn(ax: Axes, label: str) -> Any:
    (found,) = (artist for artist in (*ax.collections, *ax.lines) if artist.get_label() == label)
    return found


# --- the map ------------------------------------------------------------------------------------------------------------


def test_the_map_has_everybody_and_every_way() -> None:
    problem = _town()
    ax = orienteering.plot_routes(problem, plan(problem, [[0, 1], [2]]))
    _draw(ax)
    assert _labels(ax) == ["not visited (1)", "vehicle 0 (2 stops)", "vehicle 1 (1 stop)", "depot"]
    first = _drawn(ax, "vehicle 0 (2 stops)")
    assert first.get_xydata().tolist() == [[0.0, 0.0], [10.0, 0.0], [20.0, 0.0], [0.0, 0.0]]
    assert _drawn(ax, "vehicle 1 (1 stop)").get_xydata().tolist() == [[0.0, 0.0], [0.0, 30.0], [0.0, 0.0]]
    assert first.get_color() != _drawn(ax, "vehicle 1 (1 stop)").get_color()
    assert _drawn(ax, "not visited (1)").get_offsets().tolist() == [[5.0, 5.0]]
    assert _drawn(ax, "depot").get_offsets().tolist() == [[0.0, 0.0]]
    assert ax.get_title("left") == "3 of 4 customers visited, value 7"
    assert ax.get_aspect() == 1.0


def test_profits_are_areas() -> None:
    problem = _town()
    ax = orienteering.plot_routes(problem, plan(problem, [[0, 1], [2]]))
    areas = [area for dots in ax.collections if not dots.get_label().startswith(("not", "depot")) for area in dots.get_sizes()]
    smallest = _drawn(ax, "not visited (1)").get_sizes()[0]  # it pays nothing
    one, two, four = (area - smallest for area in areas)
    assert (two, four) == (pytest.approx(2.0 * one), pytest.approx(4.0 * one))


def test_losses_and_problems_where_nobody_pays_can_be_drawn() -> None:
    problem = _town()
    for profit in (np.zeros((2, 4)), np.full((2, 4), -3.0)):
        ax = orienteering.plot_routes(replace(problem, profit=profit), plan(problem, [[0, 1], [2]]))
        _draw(ax)
        assert all(np.isfinite(dots.get_sizes()).all() and (dots.get_sizes() > 0).all() for dots in ax.collections)


def test_the_call_of_the_documentation() -> None:
    problem = orienteering.generate(vehicles=5, customers=16, preset="fusion", seed=0)
    result = orienteering.solve(problem, method="greedy")
    _, (left, right) = plt.subplots(1, 2)
    assert orienteering.plot_routes(problem, result.solution, ax=left) is left
    assert orienteering.plot_schedule(problem, result.solution, ax=right) is right
    assert len(plt.get_fignums()) == 1


def test_more_vehicles_than_colours_differ_by_their_dashes() -> None:
    problem = orienteering.generate(preset="random", vehicles=9, customers=60, seed=0)
    ax = orienteering.plot_routes(problem, plan(problem, [[k] for k in range(9)]))
    styles = {(line.get_color(), line.get_linestyle()) for line in ax.lines if line.get_label().startswith("vehicle")}
    assert len(styles) == 9


def test_what_breaks_a_constraint_is_ringed() -> None:
    problem = _town(close=[20.0, 5.0, 90.0, 90.0], open=0.0)
    ax = orienteering.plot_routes(problem, plan(problem, [[1], [2]]))
    assert _drawn(ax, "breaks a constraint").get_offsets().tolist() == [[20.0, 0.0]]
    assert ax.get_title("left").endswith("not feasible")
    twice = orienteering.plot_routes(problem, plan(problem, [[2, 2], []]))
    assert twice.get_title("left") == "1 of 4 customers visited, not feasible"  # it has no value
    tired = orienteering.plot_routes(replace(problem, latest=np.full(2, 40.0)), plan(problem, [[0], [0, 2]]))
    assert "breaks a constraint" in _labels(tired)


def test_a_map_needs_coordinates_and_says_so() -> None:
    problem = OrienteeringProblem.from_matrices([[0.0, 1.0], [1.0, 0.0]], [1.0], depot="last", latest=9.0)
    with pytest.raises(ValueError, match="problem: must have coordinates to be drawn on a map"):
        orienteering.plot_routes(problem, plan(problem, [[0]]))
    assert not plt.get_fignums()
    ax = orienteering.plot_schedule(problem, plan(problem, [[0]]))  # the timetable needs none
    assert len(ax.get_yticklabels()) == 2


# --- the timetable ------------------------------------------------------------------------------------------------------


def _bars(ax: Axes, row: int) -> list[tuple[float, float, str]]:
    """Left, right and colour of the bars of a row."""
    mine = [bar for bar in ax.patches if abs(bar.get_y() + bar.get_height() / 2 - row) < 1e-9]
    return [(bar.get_x(), bar.get_x() + bar.get_width(), to_hex(bar.get_facecolor())) for bar in mine]


def test_the_timetable_by_hand() -> None:
    problem = _town()
    ax = orienteering.plot_schedule(problem, plan(problem, [[0, 1], [2]]))
    _draw(ax)
    assert [tick.get_text() for tick in ax.get_yticklabels()] == [
        "vehicle 0:  customer 0", "customer 1", "return", "vehicle 1:  customer 2", "return"
    ]  # fmt: skip
    window, waiting, service = _bars(ax, 0)
    assert (window[:2], waiting[:2], service[:2]) == ((15.0, 20.0), (10.0, 15.0), (15.0, 17.0))
    window, service = _bars(ax, 1)  # it arrives at 27 and need not wait
    assert (window[:2], service[:2]) == ((0.0, 90.0), (27.0, 29.0))
    assert _bars(ax, 2) == []
    ways = [line.get_xdata() for line in ax.lines if list(line.get_ydata()) == [2, 2]]
    assert [list(way) for way in ways] == [[29.0, 49.0]]
    assert _labels(ax) == ["window", "driving", "waiting", "service", "latest return"]
    assert ax.get_xlabel() == "time (unit of the problem)"


def test_windows_are_cut_at_the_edges_of_the_day() -> None:
    problem = _town(open=-500.0, close=5_000.0)
    ax = orienteering.plot_schedule(problem, plan(problem, [[0], []]))
    assert _bars(ax, 0)[0][:2] == (0.0, 100.0)
    low, high = ax.get_xlim()
    assert low > -10.0
    assert high < 110.0


def test_what_is_late_is_red() -> None:
    problem = _town(close=[20.0, 5.0, 90.0, 90.0], open=0.0, latest=[100.0, 61.0])
    ax = orienteering.plot_schedule(problem, plan(problem, [[0, 1], [2]]))
    colours = [to_hex(tick.get_color()) for tick in ax.get_yticklabels()]
    red = [k for k, colour in enumerate(colours) if colour == "#b00020"]
    assert red == [1, 4]  # customer 1, and the return of vehicle 1
    assert ax.get_title("left").endswith("not feasible")


def test_names_label_the_rows() -> None:
    problem = _town(location_names=["inn", "mill", "farm", "well", "home"])
    ax = orienteering.plot_schedule(problem, plan(problem, [[1], []]))
    assert [tick.get_text() for tick in ax.get_yticklabels()] == ["vehicle 0:  customer mill", "return to home"]


@given(data=st.data())
@settings(max_examples=6)
def test_whatever_can_be_planned_can_be_drawn(data: st.DataObject) -> None:
    """Nobody, nothing, everything in one point, plans that break every rule."""
    problem = data.draw(orienteering_problems())
    solution = plan(problem, data.draw(route_sequences(problem)))
    _draw(orienteering.plot_schedule(problem, solution))
    if problem.coordinates is not None:
        _draw(orienteering.plot_routes(problem, solution))
    plt.close("all")


def test_other_things_are_refused() -> None:
    problem = _town()
    solution = plan(problem, [[0], []])
    for draw in (orienteering.plot_routes, orienteering.plot_schedule):
        with pytest.raises(TypeError, match="plan: must be a RoutePlan"):
            draw(problem, orienteering.solve(problem, method="greedy"))
        with pytest.raises(TypeError, match="problem: must be an OrienteeringProblem"):
            draw(solution, solution)
        with pytest.raises(ValueError, match="solution: must hold a route for each of 3 vehicles; got 2"):
            draw(_town(vehicles=3), solution)
    assert not plt.get_fignums()
