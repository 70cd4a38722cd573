"""`dp`: optimal against brute force, whatever the matrices; bounds when it is cut; known optima."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeworth import Quality, Stop, Termination
from edgeworth.core.observer import Observer
from edgeworth.core.result import BoundEvidence
from edgeworth.core.run import Run
from edgeworth.routing import orienteering
from edgeworth.routing.orienteering import DynamicProgramming, OrienteeringProblem
from edgeworth.routing.orienteering.exact import root
from edgeworth.testing import orienteering_problems
from tests.oracles import orienteering as oracle


@given(problem=orienteering_problems(max_customers=5, max_vehicles=1), neighbours=st.integers(0, 3))
def test_optimal_whatever_the_matrices_are(problem: OrienteeringProblem, neighbours: int) -> None:
    best = float(oracle.optimum(problem)[0])
    result = orienteering.solve(problem, method="dp", params=DynamicProgramming(neighbours=neighbours))
    assert result.value == pytest.approx(best, rel=1e-9, abs=1e-12)
    assert result.quality is Quality.OPTIMAL
    assert result.termination is Termination.PROVED
    assert orienteering.verify(problem, result)


def random_problem(seed: int, customers: int = 25, integral: bool = False) -> OrienteeringProblem:
    """Long routes, costs, a capacity, distances of any kind: neither symmetric nor triangular."""
    rng = np.random.default_rng(seed)
    distance = rng.uniform(1.0, 20.0, (customers + 1, customers + 1)).round(2)
    np.fill_diagonal(distance, 0.0)
    opens = rng.uniform(0.0, 60.0, customers).round(1)
    return OrienteeringProblem.from_matrices(
        distance,
        rng.integers(-2, 30, customers).astype(np.float64),
        opens,
        opens + rng.uniform(5.0, 40.0, customers).round(1),
        depot="last",
        latest=70.0,
        demand=rng.integers(0, 5, customers).astype(np.float64),
        capacity=18.0,
        service_time=1.0,
        cost_per_distance=0.0 if integral else 0.37,
    )


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("integral", [True, False])
def test_both_exact_methods_agree(seed: int, integral: bool) -> None:
    problem = random_problem(seed, integral=integral)
    results = [orienteering.solve(problem, method=method) for method in ("dp", "column-generation")]
    for result in results:
        assert result.quality is Quality.OPTIMAL
        assert orienteering.verify(problem, result)
    assert results[0].value == pytest.approx(results[1].value, rel=1e-9)


def test_it_agrees_with_the_milp() -> None:
    problem = random_problem(0, customers=7)
    milp = orienteering.solve(problem, method="milp")
    assert milp.quality is Quality.CLAIMED_OPTIMAL
    assert orienteering.solve(problem, method="dp").value == pytest.approx(milp.value, rel=1e-9)


def test_several_vehicles_are_left_to_column_generation() -> None:
    problem = orienteering.generate(preset="random", vehicles=2, customers=6, seed=0)
    result = orienteering.solve(problem, method="dp")
    assert result.quality is Quality.OPTIMAL
    assert any("column-generation" in note for note in result.notes)
    assert result.value == orienteering.solve(problem, method="column-generation").value


def test_cut_by_the_clock_it_still_has_a_bound() -> None:
    problem = random_problem(1, customers=60)
    best = orienteering.solve(problem, method="dp")
    cut = orienteering.solve(problem, method="dp", stop=Stop(seconds=1e-6))
    assert cut.termination is Termination.TIME
    assert cut.bound is not None
    assert best.value is not None
    assert cut.bound >= best.value >= (cut.value or 0.0)
    assert cut.bound_evidence is BoundEvidence.RECOMPUTED
    assert orienteering.verify(problem, cut)


@pytest.mark.parametrize("method", ["dp", "column-generation"])
def test_a_bound_that_takes_more_labels_than_the_checker_affords_is_a_claim(
    method: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    problem, stop = random_problem(1), Stop(gap=0.3)
    rebuilt = orienteering.solve(problem, method=method, stop=stop)
    assert rebuilt.bound_evidence is BoundEvidence.RECOMPUTED
    assert root.Root(problem, _run(), 8, 10**6).bound > (rebuilt.bound or 0.0)
    monkeypatch.setattr(root, "_AFFORDED", 0)
    claimed = orienteering.solve(problem, method=method, stop=stop)
    assert claimed.bound_evidence is BoundEvidence.CLAIMED
    assert claimed.bound == rebuilt.bound
    assert orienteering.verify(problem, claimed)


def _run() -> Run[orienteering.RoutePlan]:
    return Run(sense="max", stop=Stop(), rng=np.random.default_rng(0), observer=Observer())


def test_too_few_labels_end_the_run_with_a_note() -> None:
    problem = random_problem(2)
    result = orienteering.solve(problem, method="dp", params=DynamicProgramming(labels=20))
    assert result.termination is Termination.CONVERGED
    assert result.notes
    assert orienteering.verify(problem, result)
    best = orienteering.solve(problem, method="dp")
    assert result.bound is not None
    assert best.value is not None
    assert result.bound >= best.value


@pytest.mark.parametrize(("name", "value"), [("neighbours", -1), ("labels", 0), ("labels", 1.5), ("patience", -1)])
def test_parameters_are_checked(name: str, value: object) -> None:
    with pytest.raises((ValueError, TypeError), match=name):
        DynamicProgramming(**{name: value})  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["c101", "r101", "r105", "rc101", "c102"])
def test_known_optima(name: str, shared_data: Path) -> None:
    folder = shared_data / "toptw"
    with (folder / "best_known.csv").open(newline="") as file:
        known = {(row["instance"], row["m"]): row for row in csv.DictReader(file)}
    problem = orienteering.read_toptw(folder / "instances" / f"{name}.txt", vehicles=1, rounding="trunc1")
    result = orienteering.solve(problem, method="dp")
    assert result.quality is Quality.OPTIMAL
    assert result.value == float(known[name, "1"]["proven_optimal"])
    assert orienteering.verify(problem, result)
