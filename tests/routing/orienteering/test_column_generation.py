"""`column-generation`: optimal against brute force with vehicles of all kinds; its bound by its certificate; its limits."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeworth import Quality, Stop, Termination
from edgeworth.core.result import BoundEvidence
from edgeworth.routing import orienteering
from edgeworth.routing.orienteering import ColumnGeneration, OrienteeringProblem
from edgeworth.testing import orienteering_problems
from tests.oracles import orienteering as oracle
from tests.routing.orienteering.test_dp import random_problem


@given(problem=orienteering_problems(max_customers=5, max_vehicles=3), neighbours=st.integers(0, 3))
def test_optimal_with_vehicles_of_all_kinds(problem: OrienteeringProblem, neighbours: int) -> None:
    best = float(oracle.optimum(problem)[0])
    result = orienteering.solve(problem, method="column-generation", params=ColumnGeneration(neighbours=neighbours))
    assert result.value == pytest.approx(best, rel=1e-9, abs=1e-12)
    assert result.quality is Quality.OPTIMAL
    assert orienteering.verify(problem, result)


@pytest.mark.parametrize("seed", range(4))
def test_identical_vehicles_as_one_type_or_each_for_itself(seed: int) -> None:
    """A hair's difference in profits makes types of their own, and moves the value by no more than that hair."""
    problem = orienteering.generate(preset="random", vehicles=3, customers=12, seed=seed)
    apart = orienteering.OrienteeringProblem.from_matrices(
        problem.distance,
        problem.profit + np.array([[0.0], [1e-7], [2e-7]]),
        problem.open,
        problem.close,
        latest=problem.latest,
        demand=problem.demand,
        service_time=problem.service_time,
        service_cost=problem.service_cost,
        start=problem.start,
        end=problem.end,
        speed=problem.speed,
        capacity=problem.capacity,
        cost_per_distance=problem.cost_per_distance,
        cost_per_time=problem.cost_per_time,
        earliest=problem.earliest,
        travel_time=problem.travel_time,
    )
    values = [orienteering.solve(p, method="column-generation") for p in (problem, apart)]
    assert all(result.quality is Quality.OPTIMAL for result in values)
    assert values[0].value is not None
    assert values[1].value == pytest.approx(values[0].value, abs=1e-5)


@pytest.mark.parametrize(
    ("name", "vehicles", "best"), [("c101", 2, 590), ("r101", 4, 611), ("rc101", 3, 621), ("r105", 4, 778)]
)
def test_public_instances_are_closed(name: str, vehicles: int, best: int, shared_data: Path) -> None:
    """The last one needs the routes of better plans listed: the LP's bound is 785.5."""
    path = shared_data / "toptw" / "instances" / f"{name}.txt"
    problem = orienteering.read_toptw(path, vehicles=vehicles, rounding="trunc1")
    result = orienteering.solve(problem, method="column-generation")
    assert result.quality is Quality.OPTIMAL
    assert result.value == best
    assert orienteering.verify(problem, result)


def test_a_run_that_is_cut_has_a_bound_with_a_certificate() -> None:
    problem = orienteering.generate(preset="random", vehicles=3, customers=60, seed=4)
    cut = orienteering.solve(problem, method="column-generation", stop=Stop(seconds=1e-6))
    assert cut.termination is Termination.TIME
    assert cut.bound_evidence is BoundEvidence.RECOMPUTED
    assert orienteering.verify(problem, cut)


def test_few_routes_or_labels_end_the_run_with_a_note() -> None:
    problem = random_problem(3)
    best = orienteering.solve(problem, method="column-generation")
    assert best.value is not None
    result = orienteering.solve(problem, method="column-generation", params=ColumnGeneration(labels=20))
    assert result.termination is Termination.CONVERGED
    assert result.notes
    assert result.bound is not None
    assert result.bound >= best.value
    assert orienteering.verify(problem, result)


def test_a_start_is_used() -> None:
    problem = random_problem(5)
    best = orienteering.solve(problem, method="column-generation")
    again = orienteering.solve(problem, method="column-generation", start=best.solution, stop=Stop(seconds=1e-6))
    assert again.value == best.value


@pytest.mark.parametrize(("name", "value"), [("neighbours", -1), ("labels", 0), ("routes", 0), ("routes", "many")])
def test_parameters_are_checked(name: str, value: object) -> None:
    with pytest.raises((ValueError, TypeError), match=name):
        ColumnGeneration(**{name: value})  # type: ignore[arg-type]
