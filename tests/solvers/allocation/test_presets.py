"""Generators: the distributions they promise, and that a seed is all they depend on."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import edgeworth
from edgeworth.solvers import allocation
from tests.oracles import allocation as oracle

SMALL: dict[str, dict[str, Any]] = {
    "metaverse": {},
    "metaverse-code": {"servers": 7, "tasks": 24},
    "hotspot": {"servers": 6, "tasks": 30, "hot": 3},
    "large": {"servers": 30, "tasks": 200},
    "melbourne-like": {"servers": 20, "tasks": 60},
}


@pytest.mark.parametrize("preset", SMALL)
def test_a_seed_is_all_that_matters(preset: str) -> None:
    one, two, other = (allocation.generate(preset=preset, seed=seed, **SMALL[preset]) for seed in (0, 0, 1))
    assert one.hash == two.hash != other.hash
    given, twin = (allocation.generate(preset=preset, seed=np.random.default_rng(0), **SMALL[preset]) for _ in range(2))
    assert given.hash == twin.hash
    assert one.provenance.source == "preset"
    assert one.provenance.name == preset
    assert one.provenance.seed == 0
    assert given.provenance.seed == "generator"


@pytest.mark.parametrize("preset", SMALL)
def test_a_fresh_seed_is_recorded_and_repeats_the_problem(preset: str) -> None:
    one = allocation.generate(preset=preset, **SMALL[preset])
    assert isinstance(one.provenance.seed, int)
    assert allocation.generate(preset=preset, seed=one.provenance.seed, **SMALL[preset]).hash == one.hash


@pytest.mark.parametrize("preset", ["metaverse", "hotspot", "melbourne-like"])
def test_table_one(preset: str) -> None:
    system = allocation.generate(preset=preset, seed=3, **SMALL[preset]).system
    assert system is not None
    ranges = {
        "unit_price": (1, 10), "data_size": (10, 20), "deadline": (1, 100), "frequency": (1, 10), "bandwidth": (5, 10),
        "transmit_power": (5, 10), "gain": (5, 10), "capacity": (2, 4), "cycles_per_unit": (0.01, 0.01),
        "energy_coefficient": (0.01, 0.01),
    }  # fmt: skip
    for name, (low, high) in ranges.items():
        values = getattr(system, name)
        assert low <= values.min() <= values.max() <= high, name
        if high > low and len(values) >= 30:
            assert np.ptp(values) > 0.5 * (high - low), name
    assert (system.noise, system.fee_share) == (0.01, 0.1)


def test_the_values_of_the_authors_code() -> None:
    """Integers whose ends are both met, capacities in cycles, natural logarithm, sources by an equal split."""
    systems = [allocation.generate(preset="metaverse-code", seed=seed).system for seed in range(40)]
    ranges = {
        "unit_price": (1, 10), "data_size": (10, 20), "deadline": (1, 100), "frequency": (1, 10), "cycles_per_unit": (1, 10),
        "bandwidth": (5, 10), "transmit_power": (5, 10), "gain": (5, 10),
    }  # fmt: skip
    for name, (low, high) in ranges.items():
        values = np.concatenate([getattr(system, name) for system in systems])
        assert (values.min(), values.max()) == (low, high), name
        assert np.all(values == np.rint(values)), name
        assert np.mean(values) == pytest.approx((low + high) / 2, rel=0.06), name
    capacity = np.concatenate([system.capacity for system in systems if system is not None])
    assert 200 <= capacity.min() < 205
    assert 395 < capacity.max() <= 400
    assert np.all(capacity == np.rint(capacity))
    for system in systems:
        assert system is not None
        assert (system.servers, system.tasks) == (20, 50)
        assert (system.noise, system.fee_share, system.rate_unit) == (0.001, 0.01, "nat")
        assert set(system.energy_coefficient.tolist()) == {1e-5}
        assert np.bincount(system.source, minlength=20).tolist() == [3] * 10 + [2] * 10  # numpy's split of 50 by 20
    assert not np.all(np.diff(systems[0].source) >= 0)  # shuffled
    problem = allocation.generate(preset="metaverse-code", servers=30, tasks=4, seed=0)
    assert problem.whole.all()
    assert problem.provenance.parameters["values"] == "integers"
    assert problem.system is not None
    assert sorted(problem.system.source.tolist()) == [0, 1, 2, 3]


def test_nats_are_bits_by_ln_2(tmp_path: Path) -> None:
    problem = allocation.generate(preset="metaverse-code", servers=4, tasks=9, seed=0)
    system = problem.system
    assert system is not None
    bits = replace(system, rate_unit="bit")
    assert system.rates() == pytest.approx(bits.rates() * np.log(2.0), rel=1e-15)
    other = allocation.AllocationProblem.from_system(bits)
    assert other.hash != problem.hash
    for name, made in (("nat", problem), ("bit", other)):
        made.save(tmp_path / f"{name}.npz")
        copy = edgeworth.load(tmp_path / f"{name}.npz")
        assert (copy.hash, copy.system.rate_unit) == (made.hash, name)
    assert "rate_unit" not in bits.to_payload().fields  # problems of before keep their hashes


def test_sizes_and_sources() -> None:
    default = allocation.generate(seed=0)
    assert (default.servers, default.tasks) == (20, 50)
    hot = allocation.generate(preset="hotspot", servers=10, tasks=200, hot=4, seed=0).system
    usual = allocation.generate(preset="hotspot", servers=10, tasks=200, seed=0).system
    assert hot is not None
    assert usual is not None
    assert set(hot.source.tolist()) == {0, 1, 2, 3}
    assert set(usual.source.tolist()) == {0, 1}


def test_large_tasks_reach_ten_servers_and_capacity_holds_sixty_percent() -> None:
    problem = allocation.generate(preset="large", servers=50, tasks=2000, seed=1)
    assert np.all(np.diff(problem.indptr) == 10)
    assert 0.1 <= problem.weight.min() <= problem.weight.max() <= 0.2
    assert problem.value.min() >= 0.1
    mean = np.add.reduceat(problem.weight, problem.indptr[:-1]) / 10
    assert problem.capacity.sum() == pytest.approx(0.6 * mean.sum())
    reached = np.bincount(problem.server, minlength=50)
    assert reached.min() > 300  # 400 each, 5 standard deviations of 18
    assert np.all(np.diff(allocation.generate(preset="large", servers=4, tasks=90, seed=1).indptr) == 4)


def test_cities_keep_their_coverage() -> None:
    problem = allocation.generate(preset="melbourne-like", seed=0)
    assert (problem.servers, problem.tasks) == (125, 816)
    assert problem.provenance.parameters["uncovered_users"] == 0
    assert problem.system is not None
    table = oracle.pairs(problem)
    for j in range(0, problem.tasks, 50):
        for i in range(problem.servers):
            if (j, i) in table:
                assert oracle.eligible(problem.system, j, i)
    reach = np.diff(problem.indptr)
    assert 3.0 < reach.mean() < 12.0  # 7.6 sites cover a user on average; deadlines take some away


def _melbourne(shared_data: Path, **given: Any) -> allocation.AllocationProblem:
    eua = shared_data / "eua"
    return allocation.generate(
        preset="melbourne", sites=eua / "site-optus-melbCBD.csv", users=eua / "users-melbcbd-generated.csv", **given
    )


def test_melbourne_is_determined_by_its_seed(shared_data: Path) -> None:
    one, two, other = (_melbourne(shared_data, seed=seed) for seed in (0, 0, 1))
    assert one.hash == two.hash != other.hash
    assert (one.servers, one.tasks) == (125, 816)
    assert one.provenance.parameters["uncovered_users"] == 0
    assert _melbourne(shared_data, seed=0, tasks=100).tasks == 100
    more = _melbourne(shared_data, seed=0, tasks=2000)
    assert more.tasks == 2000
    assert more.system is not None
    assert allocation.verify(more, allocation.solve(more, method="greedy"))
