"""Routes without a way home: the exact methods against brute force, the checker, maps, files, names."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings

from edgeworth import load
from edgeworth.routing import orienteering
from edgeworth.routing.orienteering import OrienteeringProblem, without_return
from edgeworth.testing.strategies.orienteering import orienteering_problems
from tests.oracles import open_routes as oracle

Build = OrienteeringProblem.from_coordinates


@pytest.mark.parametrize(("preset", "seed"), [("fusion", 0), ("fusion", 1), ("random", 0)])
def test_exact_methods_agree_with_brute_force(preset: str, seed: int) -> None:
    closed = orienteering.generate(preset=preset, vehicles=2, customers=5, seed=seed)
    problem = orienteering.generate(preset=preset, vehicles=2, customers=5, seed=seed, open_routes=True)
    best = oracle.optimum(closed)
    for method in ("column-generation", "milp"):
        result = orienteering.solve(problem, method=method)
        assert result.value == pytest.approx(best, rel=1e-9)
        assert orienteering.verify(problem, result)
    found = orienteering.solve(problem, method="eaco-ls", seed=0)
    assert found.value <= best + 1e-9
    home = orienteering.solve(closed, method="milp").value
    assert home <= best + 1e-9
    if preset == "fusion":  # where driving costs
        assert home < best - 1e-6


@settings(max_examples=25)
@given(problem=orienteering_problems(max_customers=4))
def test_drawn_problems_and_plans(problem: OrienteeringProblem) -> None:
    opened = without_return(problem)
    best = oracle.optimum(problem)
    exact = orienteering.solve(opened, method="column-generation")
    assert exact.value == pytest.approx(best, rel=1e-7, abs=1e-7)
    assert orienteering.verify(opened, exact)
    for k, stops in enumerate(exact.require().sequences):
        assert oracle.worth(problem, k, tuple(stops.tolist())) is not None


def test_the_checker_accepts_a_late_end_and_nothing_later() -> None:
    """By hand: 10 there, service 2, no way back by 12 or 11."""

    def judged(latest: float, opened: bool) -> tuple[bool, float]:
        problem = Build([[10, 0], [0, 0]], [30.0], depot="last", latest=latest, service_time=2.0, cost_per_distance=1.0,
                        rounding="none")  # fmt: skip
        problem = without_return(problem) if opened else problem
        way = orienteering.plan(problem, [[0]])
        return bool(orienteering.verify(problem, way)), orienteering.value(problem, way)

    assert judged(12.0, True) == (True, 20.0)
    assert judged(11.0, True) == (False, 20.0)
    assert judged(12.0, False) == (False, 10.0)
    assert judged(22.0, False) == (True, 10.0)


def test_windows_and_capacities_bind_as_before() -> None:
    places, more = [[10, 0], [20, 0], [0, 0]], {"depot": "last", "latest": 99.0, "rounding": "none"}
    problem = without_return(Build(places, [5.0, 5.0], [0.0, 0.0], [10.0, 15.0], **more))  # type: ignore[arg-type]
    assert {v.rule for v in orienteering.violations(problem, orienteering.plan(problem, [[0, 1]]))} == {"windows"}
    heavy = without_return(Build(places, [5.0, 5.0], demand=1.0, capacity=1.0, **more))  # type: ignore[arg-type]
    assert {v.rule for v in orienteering.violations(heavy, orienteering.plan(heavy, [[0, 1]]))} == {"capacity"}


def test_scales_of_methods_stay_what_they_were() -> None:
    """The ways from the new location are the longest, so that the largest and smallest entries are those of before."""
    problem = orienteering.generate(preset="fusion", vehicles=3, customers=9, seed=4)
    opened, n = without_return(problem), problem.customers
    assert opened.distance[:, :n].max() == problem.distance[:, :n].max()
    assert (opened.distance[-1, :n] == problem.distance[:, :n].max(axis=0)).all()
    assert not opened.distance[:, -1].any()
    assert opened.travel_time is opened.distance
    assert np.array_equal(opened.limits.work, without_return(opened).limits.work)


def test_files_names_provenance_and_no_vehicles(tmp_path: Any) -> None:
    problem = orienteering.generate(preset="random", vehicles=2, customers=6, seed=3, open_routes=True)
    problem.save(tmp_path / "open.json")
    assert load(tmp_path / "open.json").hash == problem.hash
    assert problem.provenance.parameters["open_routes"] is True
    assert problem.hash == without_return(orienteering.generate(preset="random", vehicles=2, customers=6, seed=3)).hash
    named = Build([[1, 0], [0, 0]], [5.0], depot="last", latest=9.0, rounding="none", location_names=["anywhere", "home"])
    assert without_return(named).location_names == ("anywhere", "home", "anywhere'")
    bare = orienteering.generate(preset="random", vehicles=0, customers=3, seed=0)
    assert without_return(bare) is bare
    with pytest.raises(TypeError, match="problem: must be an OrienteeringProblem"):
        without_return(3)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="open_routes: must be"):
        orienteering.generate(open_routes="yes")  # type: ignore[arg-type]


def test_maps_draw_no_way_home() -> None:
    problem = Build([[1, 0], [2, 0], [0, 0]], [5.0, 5.0], depot="last", latest=9.0, rounding="none")
    drawn = {}
    for name, one in (("closed", problem), ("open", without_return(problem))):
        ax = orienteering.plot_routes(one, orienteering.plan(one, [[0, 1]]))
        drawn[name] = ax.lines[0].get_xdata().tolist()
    assert drawn == {"closed": [0.0, 1.0, 2.0, 0.0], "open": [0.0, 1.0, 2.0]}
