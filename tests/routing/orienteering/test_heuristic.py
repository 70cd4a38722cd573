"""Greedy, eaco and eaco-ls alike: feasible, never above the exact optimum, and defined where nothing can be done."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given

from edgeworth import Stop
from edgeworth.core.result import Result
from edgeworth.routing import orienteering
from edgeworth.routing.orienteering import OrienteeringProblem, RoutePlan
from edgeworth.testing.strategies.orienteering import orienteering_problems
from tests.oracles import orienteering as oracle

METHODS = ("greedy", "eaco", "eaco-ls")
Build = OrienteeringProblem.from_coordinates


def solved(problem: OrienteeringProblem, method: str, iterations: int = 3, **more: Any) -> Result[RoutePlan]:
    if method == "greedy":
        return orienteering.solve(problem, method=method)
    return orienteering.solve(problem, method=method, stop=Stop(iterations=iterations), seed=0, **more)


def sequences(result: Result[RoutePlan]) -> list[list[int]]:
    return [stops.tolist() for stops in result.require().sequences]


@given(problem=orienteering_problems())
def test_feasible_worth_at_least_nothing_and_never_above_the_optimum(problem: OrienteeringProblem) -> None:
    best = float(oracle.optimum(problem)[0])
    for method in METHODS:
        result = solved(problem, method)
        plan = sequences(result)
        assert oracle.feasible(problem, plan)
        assert result.value == pytest.approx(float(oracle.value(problem, plan)), abs=1e-9)
        assert -1e-9 <= result.value <= best + 1e-9
        assert bool(orienteering.verify(problem, result))


def test_eaco_ls_finds_most_optima_of_tiny_problems() -> None:
    """Vehicles that differ in depot, speed, capacity, cost and profit; the optimum is that of brute force."""
    hits = 0
    for seed in range(20):
        problem = orienteering.generate(preset="fusion", vehicles=2, customers=5, seed=seed)
        best = float(oracle.optimum(problem)[0])
        result = solved(problem, "eaco-ls", iterations=10)
        hits += result.value >= best - 1e-9
    assert hits >= 18


@pytest.mark.parametrize("method", METHODS)
def test_no_customers_no_vehicles(method: str) -> None:
    for n, m in ((0, 2), (3, 0), (0, 0)):
        problem = orienteering.generate(preset="random", customers=n, vehicles=m, seed=0)
        assert sequences(solved(problem, method)) == [[]] * m


@pytest.mark.parametrize("method", METHODS)
def test_windows_that_nobody_reaches(method: str) -> None:
    problem = Build([[9, 0], [3, 0], [0, 0]], [5.0, 4.0], [0, 0], [8, 8], depot="last", latest=30, rounding="none")
    assert sequences(solved(problem, method)) == [[1]]


@pytest.mark.parametrize("method", METHODS)
def test_zero_capacity_serves_only_those_without_demand(method: str) -> None:
    problem = Build([[1, 0], [2, 0], [0, 0]], [5.0, 4.0], demand=[1, 0], capacity=0.0, depot="last", latest=30, rounding="none")
    assert sequences(solved(problem, method)) == [[1]]


@pytest.mark.parametrize("method", METHODS)
def test_duplicate_points(method: str) -> None:
    """All customers at the depot: no distance, no time, yet all can be served."""
    problem = Build([[0, 0]] * 5, [1.0, 2.0, 3.0, 4.0], depot="last", latest=0.0, rounding="none")
    assert sorted(sequences(solved(problem, method))[0]) == [0, 1, 2, 3]


@pytest.mark.parametrize("method", METHODS)
def test_a_vehicle_that_cannot_return_stays(method: str) -> None:
    """The first vehicle's end is too far for any tour."""
    problem = Build([[1, 0], [0, 0], [99, 0]], [5.0], start=[1, 1], end=[2, 1], latest=50, rounding="none")
    assert sequences(solved(problem, method)) == [[], [0]]


@pytest.mark.parametrize("method", METHODS)
def test_profits_by_vehicle_and_negative_ones(method: str) -> None:
    profit = [[1.0, 9.0, -5.0], [8.0, 1.0, -5.0]]
    problem = Build([[1, 0], [0, 1], [1, 1], [0, 0]], profit, capacity=1, demand=1, depot="last", latest=9, rounding="none")
    assert sequences(solved(problem, method, iterations=30)) == [[1], [0]]


@pytest.mark.parametrize("method", ["eaco", "eaco-ls"])
def test_a_tour_that_pays_only_as_a_whole(method: str) -> None:
    """Each customer alone costs more than it pays, all three together do not: greedy insertion stays at home."""
    problem = Build(
        [[10, 0], [10, 1], [10, 2], [0, 0]], [9.0] * 3, cost_per_distance=1.0, depot="last", latest=99, rounding="none"
    )
    assert solved(problem, "greedy").value == 0.0
    result = solved(problem, method, iterations=20)
    assert result.value == pytest.approx(float(oracle.optimum(problem)[0]), abs=1e-9)
    assert result.value > 0.0


def test_speed_decides_who_goes() -> None:
    problem = Build([[10, 0], [0, 0]], [5.0], vehicles=2, speed=[1.0, 2.0], depot="last", latest=10.0, rounding="none")
    for method in METHODS:
        assert sequences(solved(problem, method)) == [[], [0]]


def test_distances_that_are_neither_symmetric_nor_triangular() -> None:
    """From 0 straight home takes too long; by way of 1 it does not."""
    far = np.array([[0.0, 1.0, 50.0], [50.0, 0.0, 1.0], [1.0, 50.0, 0.0]])
    problem = OrienteeringProblem.from_matrices(far, [5.0, 5.0], depot="last", latest=5.0)
    assert float(oracle.optimum(problem)[0]) == 10.0
    for method in METHODS:  # none of them can see it: no single customer can be added to nothing
        assert solved(problem, method).value == 0.0


def test_a_start_is_never_lost() -> None:
    problem = orienteering.generate(preset="random", vehicles=2, customers=30, seed=3)
    good = solved(problem, "eaco-ls", iterations=20).require()
    for method in ("eaco", "eaco-ls"):
        again = solved(problem, method, iterations=1, start=good)
        assert again.value >= orienteering.value(problem, good)
        nothing = solved(problem, method, iterations=0, start=good)
        assert sequences(nothing) == [stops.tolist() for stops in good.sequences]
