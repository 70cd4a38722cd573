"""Generators: the distributions they promise, and that a seed is all they depend on."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from edgeworth.routing import orienteering

SMALL: dict[str, dict[str, Any]] = {"fusion": {"vehicles": 3, "customers": 20}, "random": {"vehicles": 2, "customers": 30}}


@pytest.mark.parametrize("preset", orienteering.PRESETS)
def test_a_seed_is_all_that_matters(preset: str) -> None:
    one, two, other = (orienteering.generate(preset=preset, seed=seed, **SMALL[preset]) for seed in (0, 0, 1))
    assert one.hash == two.hash != other.hash
    given, twin = (orienteering.generate(preset=preset, seed=np.random.default_rng(0), **SMALL[preset]) for _ in range(2))
    assert given.hash == twin.hash
    assert one.provenance.source == "preset"
    assert one.provenance.name == preset
    assert one.provenance.seed == 0
    assert dict(one.provenance.parameters) == SMALL[preset]
    assert given.provenance.seed == "generator"


@pytest.mark.parametrize("preset", orienteering.PRESETS)
def test_a_fresh_seed_is_recorded_and_repeats_the_problem(preset: str) -> None:
    one = orienteering.generate(preset=preset, **SMALL[preset])
    assert isinstance(one.provenance.seed, int)
    assert orienteering.generate(preset=preset, seed=one.provenance.seed, **SMALL[preset]).hash == one.hash


@pytest.mark.parametrize("preset", orienteering.PRESETS)
@pytest.mark.parametrize(("vehicles", "customers"), [(0, 0), (0, 4), (3, 0), (1, 1)])
def test_small_sizes(preset: str, vehicles: int, customers: int) -> None:
    problem = orienteering.generate(preset=preset, vehicles=vehicles, customers=customers, seed=5)
    assert (problem.vehicles, problem.customers) == (vehicles, customers)
    assert orienteering.verify(problem, orienteering.solve(problem, method="greedy"))


def test_default_sizes() -> None:
    fusion, random = (orienteering.generate(preset=preset, seed=0) for preset in ("fusion", "random"))
    assert (fusion.vehicles, fusion.customers) == (5, 16)
    assert (random.vehicles, random.customers) == (2, 100)
    assert orienteering.generate(seed=0).hash == fusion.hash


def _spans(values: np.ndarray[Any, Any], low: float, high: float) -> None:
    assert low <= values.min() <= values.max() <= high
    assert np.ptp(values) > 0.9 * (high - low)


def test_fusion_keeps_the_table_of_defaults() -> None:
    problem = orienteering.generate(preset="fusion", vehicles=200, customers=500, seed=3)
    assert problem.coordinates is not None
    _spans(problem.coordinates, 0.0, 1_000.0)
    _spans(problem.open, 0.0, 3_000.0)
    _spans(problem.close - problem.open, 400.0, 1_200.0)
    assert set(problem.demand.tolist()) == set(range(4, 13))
    assert problem.service_time.tolist() == (20.0 * problem.demand).tolist()
    assert set(problem.capacity.tolist()) == {10.0, 15.0, 20.0}
    assert set(problem.speed.tolist()) == {10.0}
    assert set(problem.latest.tolist()) == {3_600.0}
    assert problem.cost_per_time == pytest.approx(np.full(200, 50.0 * 0.002))  # moving power times price of energy
    assert not problem.cost_per_distance.any()
    assert not problem.service_cost.any()
    assert problem.start.tolist() == problem.end.tolist() == list(range(500, 700))  # a depot of its own each
    rate = problem.profit / problem.demand  # payment less unit cost, a task
    _spans(rate.max(axis=0) + 0.3, 1.0, 3.0 + 1e-2)
    unit_cost = -(rate - rate[:1]).mean(axis=1)
    assert np.ptp(unit_cost) <= 0.9 + 1e-9
    assert np.allclose(rate, rate[0] - unit_cost[:, None])  # the difference of two vehicles is the same everywhere
    exact = np.hypot(*(problem.coordinates[0] - problem.coordinates[1]))
    assert problem.distance[0, 1] == pytest.approx(exact, rel=1e-15)


def test_random_is_like_the_public_random_instances() -> None:
    problem = orienteering.generate(preset="random", vehicles=3, customers=2000, seed=3)
    assert problem.coordinates is not None
    assert problem.coordinates[-1].tolist() == [50.0, 50.0]
    _spans(problem.coordinates[:-1], 0.0, 100.0)
    assert set(problem.profit[0].tolist()) == set(range(1, 51))
    assert (problem.profit == problem.profit[:1]).all()
    _spans(problem.close - problem.open, 10.0, 60.0)
    assert problem.open.min() >= 0.0
    assert problem.close.max() <= 230.0
    assert problem.integral
    assert np.allclose(problem.distance * 10, np.rint(problem.distance * 10), atol=1e-9)
    assert problem.capacity.tolist() == [np.inf] * 3


def test_the_instances_leave_something_to_decide() -> None:
    """Not everybody can be served, and somebody can."""
    for preset, shares in (("fusion", (0.2, 0.95)), ("random", (0.05, 0.6))):
        for seed in range(3):
            problem = orienteering.generate(preset=preset, seed=seed)
            result = orienteering.solve(problem, method="greedy")
            share = orienteering.measures(problem, result.require())["served_share"]
            assert shares[0] <= share <= shares[1], (preset, seed)
