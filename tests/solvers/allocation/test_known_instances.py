"""Instances with known answers: small ones of our own (tests/data), and the public benchmarks where they are at hand."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

import edgeworth
from edgeworth import Quality, Stop
from edgeworth.solvers import allocation
from edgeworth.solvers.allocation import AllocationProblem, Assignment
from tests.oracles import allocation as oracle

OURS = Path(__file__).resolve().parents[2] / "data"
OPTIMA = list(csv.DictReader((OURS / "optima.csv").read_text().splitlines()))


def _ours(row: dict[str, str]) -> AllocationProblem:
    problem = edgeworth.load(OURS / f"{row['instance']}.json")
    assert isinstance(problem, AllocationProblem)
    return problem


ours = pytest.mark.parametrize("row", OPTIMA, ids=lambda row: row["instance"])


@ours
def test_the_table_says_what_brute_force_finds(row: dict[str, str]) -> None:
    best = oracle.optimum(_ours(row))
    if row["optimum"] == "infeasible":
        assert best is None
        return
    assert best is not None
    assert float(best[0]) == float(row["optimum"])
    assert _ours(row).sense == row["sense"]


@ours
def test_the_stored_assignment_has_the_stored_value(row: dict[str, str]) -> None:
    if row["optimum"] == "infeasible":
        assert not row["servers"]
        return
    assignment = Assignment(np.array([int(word) for word in row["servers"].split()]))
    problem = _ours(row)
    assert allocation.verify(problem, assignment)
    assert allocation.value(problem, assignment) == float(row["optimum"])


@ours
@pytest.mark.parametrize("method", [row.name for row in allocation.METHODS if row.exact])
def test_exact_methods_prove_them(row: dict[str, str], method: str) -> None:
    problem = _ours(row)
    result = allocation.solve(problem, method=method)
    assert allocation.verify(problem, result)
    ours = method == "exact"  # others have a solver's word
    if row["optimum"] == "infeasible":
        assert result.quality in (Quality.INFEASIBLE, *([] if ours else [Quality.CLAIMED_INFEASIBLE]))
    else:
        assert result.quality is (Quality.OPTIMAL if ours else Quality.CLAIMED_OPTIMAL)
        assert result.value == pytest.approx(float(row["optimum"]), rel=1e-9)


def test_they_are_not_trivial() -> None:
    """An instance that every heuristic solves tells nothing about heuristics."""
    missed = 0
    for row in OPTIMA:
        if row["optimum"] != "infeasible":
            value = allocation.solve(_ours(row), method="greedy").value
            missed += value is None or abs(value - float(row["optimum"])) > 1e-6
    assert missed >= 3


# --- text formats -------------------------------------------------------------------------------------------------------


def test_a_gap_file_by_hand(tmp_path: Path) -> None:
    path = tmp_path / "tiny"
    path.write_text("2 3\n 1 2 3\n 4 5 6\n 1 1 2\n 2 2 9\n 2 5\n")
    problem = allocation.read_gap(path, sense="min")
    assert oracle.pairs(problem) == {
        (0, 0): (1.0, 1.0), (0, 1): (4.0, 2.0), (1, 0): (2.0, 1.0), (1, 1): (5.0, 2.0), (2, 0): (3.0, 2.0)
    }  # fmt: skip
    assert problem.must_serve.tolist() == [True] * 3
    assert problem.sense == "min"
    assert problem.integral
    assert problem.provenance.name == "tiny"
    assert problem.provenance.parameters["too_heavy"] == 1
    assert allocation.solve(problem).value == 3.0 + 4.0 + 5.0  # task 2 fits server 0 only and fills it
    assert allocation.read_gap(path, sense="max").sense == "max"


def test_a_gap_collection_by_hand(tmp_path: Path) -> None:
    path = tmp_path / "collection"
    path.write_text("2  1 1 3 1 5  1 2 4 7 1 1 6")
    first, second = (allocation.read_gap(path, sense="min", index=k) for k in (0, 1))
    assert (first.tasks, first.value.tolist(), first.capacity.tolist()) == (1, [3.0], [5.0])
    assert (second.tasks, second.value.tolist(), second.capacity.tolist()) == (2, [4.0, 7.0], [6.0])
    assert second.provenance.parameters["index"] == 1
    assert first.hash != second.hash


def test_a_multiple_knapsack_by_hand(tmp_path: Path) -> None:
    path = tmp_path / "mkp"
    path.write_text("2 3\n4\n2\n 3 10\n 2 7\n 1 4\n")
    problem = allocation.read_multiple_knapsack(path)
    assert problem.capacity.tolist() == [4.0, 2.0]
    assert oracle.pairs(problem) == {
        (0, 0): (10.0, 3.0), (1, 0): (7.0, 2.0), (1, 1): (7.0, 2.0), (2, 0): (4.0, 1.0), (2, 1): (4.0, 1.0)
    }  # fmt: skip
    assert not problem.must_serve.any()
    assert allocation.solve(problem).value == 21.0


def test_an_npz_instance_by_hand(tmp_path: Path) -> None:
    path = tmp_path / "i.npz"
    eligible = np.array([[True, False], [True, True]])
    np.savez(path, value=np.arange(4.0).reshape(2, 2), weight=np.ones((2, 2)), capacity=np.ones(2), eligible=eligible)
    problem = allocation.read_npz(path)
    assert set(oracle.pairs(problem)) == {(0, 0), (0, 1), (1, 1)}
    np.savez(path, value=np.arange(4.0).reshape(2, 2), weight=np.ones((2, 2)), capacity=np.ones(2))
    assert allocation.read_npz(path).pairs == 4


# --- public data --------------------------------------------------------------------------------------------------------

QUICK = [f"gap{k}-0" for k in range(1, 13)] + ["a05100", "a10100", "a20100", "b10100", "c05100"]
SLOW = ["a05200", "a10200", "a20200", "b05100", "c10100", *(f"gap{k}-1" for k in range(1, 13))]


def _check_gap(shared_data: Path, instance: str) -> None:
    rows = list(csv.DictReader((shared_data / "gap" / "best_known.csv").read_text().splitlines()))
    known = [row for row in rows if row["instance"] == instance]
    assert known
    for row in known:
        sense = "max" if row["sense"] == "max" else "min"
        problem = allocation.read_gap(shared_data / "gap" / "instances" / instance, sense=sense)  # type: ignore[arg-type]
        assert (problem.servers, problem.tasks) == (int(row["agents"]), int(row["jobs"]))
        result = allocation.solve(problem, method="highs", stop=Stop(seconds=60))
        assert allocation.verify(problem, result)
        assert result.quality is Quality.CLAIMED_OPTIMAL
        assert result.value == float(row["best_known"])
        relaxed = allocation.solve(problem, method="lp")
        assert allocation.verify(problem, relaxed)
        assert relaxed.bound is not None
        assert relaxed.bound >= result.value if sense == "max" else relaxed.bound <= result.value
        for method in ("greedy", "regret-greedy"):
            value = allocation.solve(problem, method=method).value
            assert value is None or (value <= result.value if sense == "max" else value >= result.value)


@pytest.mark.parametrize("instance", QUICK)
def test_gap_reaches_the_known_optimum(shared_data: Path, instance: str) -> None:
    _check_gap(shared_data, instance)


@pytest.mark.slow
@pytest.mark.parametrize("instance", SLOW)
def test_more_of_gap_reaches_the_known_optimum(shared_data: Path, instance: str) -> None:
    _check_gap(shared_data, instance)


def _mta(shared_data: Path) -> list[dict[str, str]]:
    return list(csv.DictReader((shared_data / "allocation" / "best_known.csv").read_text().splitlines()))


def test_the_public_allocation_instances_stay_inside_their_bounds(shared_data: Path) -> None:
    """No heuristic beats the published bound, and the recomputed LP bound is not below the best known value."""
    rows = _mta(shared_data)
    assert len(rows) == 6
    for row in rows:
        problem = allocation.read_npz(shared_data / "allocation" / f"{row['instance']}.npz")
        assert (problem.servers, problem.tasks) == (int(row["servers"]), int(row["tasks"]))
        rounding = 0.5e-4 + 1e-9  # the table has four decimals
        for method in ("greedy", "regret-greedy", "random"):
            result = allocation.solve(problem, method=method, seed=0)
            assert allocation.verify(problem, result)
            assert result.value is not None
            assert result.value <= float(row["best_bound"]) + rounding
            if method == "regret-greedy":
                assert result.value >= 0.9 * float(row["best_value"])
        relaxed = allocation.solve(problem, method="lp")
        assert allocation.verify(problem, relaxed)
        assert relaxed.bound is not None
        assert float(row["best_value"]) - rounding <= relaxed.bound <= 1.05 * float(row["best_bound"])


def test_a_public_allocation_instance_is_solved(shared_data: Path) -> None:
    row = next(row for row in _mta(shared_data) if row["instance"] == "mta_20x50_hot2")
    problem = allocation.read_npz(shared_data / "allocation" / "mta_20x50_hot2.npz")
    result = allocation.solve(problem, method="highs", stop=Stop(seconds=60))
    assert result.quality is Quality.CLAIMED_OPTIMAL
    assert result.value == pytest.approx(float(row["best_value"]), abs=0.5e-4 + 1e-9)


@pytest.mark.slow
def test_more_public_allocation_instances_are_solved(shared_data: Path) -> None:
    for row in _mta(shared_data):
        if row["instance"] in ("mta_5x200", "mta_20x600"):
            problem = allocation.read_npz(shared_data / "allocation" / f"{row['instance']}.npz")
            result = allocation.solve(problem, method="highs", stop=Stop(seconds=100, gap=1e-6))
            assert result.value == pytest.approx(float(row["best_value"]), rel=1e-5)
