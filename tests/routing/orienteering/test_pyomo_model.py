"""The Pyomo model says what the arrays say, also to another solver through a file."""

from __future__ import annotations

import math
from pathlib import Path

import highspy
import pytest
from hypothesis import given, settings

from edgeworth import Quality, Stop, Termination
from edgeworth.routing import orienteering
from edgeworth.routing.orienteering import OrienteeringProblem
from edgeworth.routing.orienteering.exact import build_model
from edgeworth.testing import orienteering_problems
from tests.oracles import orienteering as oracle

LINE = [[10, 0], [20, 0], [30, 0], [0, 0]]
CASES = {
    "windows": OrienteeringProblem.from_coordinates(
        LINE, [5, 3, 4], open=[40, 0, 0], close=[50, 90, 35], depot="last", latest=70.0, rounding="none"
    ),
    "two vehicles with costs and capacities": OrienteeringProblem.from_coordinates(
        LINE,
        [[5, 3, 4], [6, 1, 9]],
        demand=[1, 1, 2],
        capacity=[2, 1],
        depot="last",
        latest=90.0,
        cost_per_distance=0.0625,
        rounding="none",
    ),
}
OPTIMA = {"windows": 12.0, "two vehicles with costs and capacities": 5.0 + 3.0 - 2.5}


@pytest.mark.parametrize("name", CASES)
def test_the_optima_here_are_those_of_brute_force(name: str) -> None:
    assert float(oracle.optimum(CASES[name])[0]) == OPTIMA[name]


def test_components_have_their_names_and_indices() -> None:
    problem = CASES["two vehicles with costs and capacities"]
    model = build_model(problem)
    assert set(model.VEHICLES) == {0, 1}
    assert set(model.CUSTOMERS) == {0, 1, 2}
    assert model.drive[0, 3, 0].is_binary()  # from the start, node n
    assert model.driving[0, 0, 4] == 10.0  # to the end, node n + 1
    assert model.cost[0, 3, 1] == 1.25
    assert (1, 3, 2) not in model.ARCS  # heavier than vehicle 1 carries
    assert (model.begin[0].lb, model.begin[0].ub) == (0.0, 90.0)
    assert (model.position[0].lb, model.position[0].ub) == (1, 3)
    assert set(model.within_capacity) == {0, 1}
    assert set(model.visited) == {0, 1, 2}
    assert model.total.sense.name == "maximize"


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("ending", ["lp", "mps"])
def test_a_written_model_keeps_its_optimum(name: str, ending: str, tmp_path: Path) -> None:
    path = tmp_path / f"model.{ending}"
    build_model(CASES[name]).write(str(path), io_options={"symbolic_solver_labels": True})
    solver = highspy.Highs()
    solver.setOptionValue("output_flag", False)
    solver.readModel(str(path))
    solver.run()
    assert solver.getObjectiveSense()[1] == highspy.ObjSense.kMaximize
    assert solver.getInfo().objective_function_value == pytest.approx(OPTIMA[name], abs=1e-9)


@pytest.mark.parametrize("name", CASES)
def test_milp_finds_the_optimum(name: str) -> None:
    result = orienteering.solve(CASES[name], method="milp")
    assert result.value == OPTIMA[name]
    assert result.quality is Quality.CLAIMED_OPTIMAL
    assert orienteering.verify(CASES[name], result)


@given(problem=orienteering_problems(min_customers=2, max_customers=4, min_vehicles=1))
@settings(max_examples=25)
def test_the_relaxation_is_a_bound(problem: OrienteeringProblem) -> None:
    """Every feasible plan, the best one too, is a point of the linear relaxation."""
    import pyomo.environ as pyo
    from pyomo.contrib.solver.common.factory import SolverFactory

    model = build_model(problem)
    if not len(model.ARCS):
        return
    pyo.TransformationFactory("core.relax_integer_vars").apply_to(model)
    found = SolverFactory("highs").solve(model, load_solutions=False).incumbent_objective
    assert found is not None
    assert found >= float(oracle.optimum(problem)[0]) - 1e-6


def test_a_run_without_time_returns_the_plan_in_which_nobody_moves() -> None:
    problem = orienteering.generate(preset="random", vehicles=2, customers=12, seed=0)
    result = orienteering.solve(problem, method="milp", stop=Stop(seconds=0))
    assert (result.value, result.termination) == (0.0, Termination.TIME)
    assert result.quality is Quality.FEASIBLE


def test_cycles_that_take_no_time_are_not_routes() -> None:
    """Two customers in one point, far away: times alone would let them pay each other a visit without a vehicle."""
    problem = OrienteeringProblem.from_coordinates(
        [[90, 0], [90, 0], [1, 0], [0, 0]], [9, 9, 1], depot="last", latest=3.0, rounding="none"
    )
    result = orienteering.solve(problem, method="milp")
    assert result.value == 1.0
    far = OrienteeringProblem.from_coordinates(
        [[9, 0], [9, 0], [1, 0], [0, 0]], [9, 9, 1], depot="last", latest=3.0, rounding="none"
    )
    assert orienteering.solve(far, method="milp").value == 1.0


def test_the_bound_of_whole_profits_is_whole() -> None:
    problem = orienteering.generate(preset="random", vehicles=1, customers=8, seed=1)
    result = orienteering.solve(problem, method="milp")
    assert result.bound is not None
    assert result.bound == math.floor(result.bound) == result.value
