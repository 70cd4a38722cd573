"""The Pyomo model says what the arrays say, also to another solver through a file."""

from pathlib import Path

import highspy
import numpy as np
import pytest

from edgeworth import Quality
from edgeworth.solvers import allocation
from edgeworth.solvers.allocation.exact import build_model

CASES = {
    "max with offset": allocation.AllocationProblem.from_matrices(
        [[6.0, 5.0, 4.0], [6.0, 1.0, 4.0]], [[2.0, 2.0, 1.0], [2.0, 1.0, 1.0]], [3.0, 2.0], offset=2.5
    ),
    "min, all must be served": allocation.AllocationProblem.from_matrices(
        [[3, 2, 9], [4, 7, 1]], [[1, 1, 1], [1, 1, 1]], [2, 2], must_serve=[True] * 3, sense="min", offset=-1.0
    ),
}
OPTIMA = {"max with offset": 17.5, "min, all must be served": 5.0}


def test_components_have_their_names_and_indices() -> None:
    problem = CASES["min, all must be served"]
    model = build_model(problem)
    assert len(model.PAIRS) == problem.pairs
    assert set(model.served) == {0, 1, 2}
    assert set(model.within_capacity) == {0, 1}
    assert model.assign[1, 0].is_binary()
    assert [model.value[pair] for pair in model.PAIRS] == problem.value.tolist()
    assert model.total.sense.name == "minimize"


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("ending", ["lp", "mps"])
def test_a_written_model_keeps_sense_offset_and_optimum(name: str, ending: str, tmp_path: Path) -> None:
    path = tmp_path / f"model.{ending}"
    build_model(CASES[name]).write(str(path), io_options={"symbolic_solver_labels": True})
    solver = highspy.Highs()
    solver.setOptionValue("output_flag", False)
    solver.readModel(str(path))
    solver.run()
    wanted = highspy.ObjSense.kMaximize if CASES[name].sense == "max" else highspy.ObjSense.kMinimize
    assert solver.getObjectiveSense()[1] == wanted
    assert solver.getInfo().objective_function_value == pytest.approx(OPTIMA[name], abs=1e-9)


@pytest.mark.parametrize("name", CASES)
def test_milp_finds_the_optimum(name: str) -> None:
    result = allocation.solve(CASES[name], method="milp")
    assert result.value == OPTIMA[name]
    assert result.quality is Quality.CLAIMED_OPTIMAL
    assert allocation.verify(CASES[name], result)


def test_a_task_that_cannot_be_served_makes_the_model_infeasible() -> None:
    problem = allocation.AllocationProblem.from_matrices([[1.0, 1.0]], [[1.0, 5.0]], [1.0], must_serve=np.array([False, True]))
    result = allocation.solve(problem, method="milp")
    assert result.quality is Quality.INFEASIBLE
