"""What nobody may pass off as proved: tolerances, margins, hostile certificates, branch trees, solvers' words."""

from __future__ import annotations

import time
import warnings
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import edgeworth
from edgeworth import BoundEvidence, Quality, Stop, Termination
from edgeworth.core.highs import Answer
from edgeworth.core.result import Certificate, Result
from edgeworth.core.verdict import Status
from edgeworth.solvers import allocation
from edgeworth.solvers.allocation import AllocationProblem, Assignment, Exact
from edgeworth.solvers.allocation.model import assignment_dual_bound, knapsack_bound
from edgeworth.testing import FAULTS, Fault
from tests.oracles import allocation as oracle
from tests.solvers.allocation.knapsacks import multiple_knapsack

TREE_FAULTS = [fault for fault in FAULTS["allocation"] if fault.plant.__module__.endswith("faults.allocation")]


def _dense(value: Any, weight: Any, capacity: Any, eligible: Any = None, **options: Any) -> AllocationProblem:
    return AllocationProblem.from_matrices(value, weight, capacity, eligible, **options)


def _forged(
    problem: AllocationProblem, solution: Assignment, bound: float, certificate: Certificate, **changes: Any
) -> Result[Assignment]:
    """A result that states an optimum."""
    honest = allocation.solve(problem, method="greedy")
    stated: dict[str, Any] = {
        "solution": solution,
        "value": allocation.value(problem, solution),
        "bound": bound,
        "bound_evidence": BoundEvidence.RECOMPUTED,
        "certificate": certificate,
        "quality": Quality.OPTIMAL,
    }
    return replace(honest, **(stated | changes))


def _drawn(seed: int, kind: str, servers: int = 4, tasks: int = 24, **options: Any) -> AllocationProblem:
    rng = np.random.default_rng(seed)
    shape = (servers, tasks)
    if kind == "integers":
        weight = rng.integers(5, 26, shape).astype(float)
        value = 111.0 - weight + rng.integers(-10, 11, shape)
        capacity = np.floor(weight.sum(axis=1) / servers * 0.8)
    elif kind == "knapsack":
        weight = np.tile(rng.integers(10, 60, tasks).astype(float), (servers, 1))
        value = weight + np.tile(rng.integers(-5, 5, tasks), (servers, 1))
        capacity = np.full(servers, np.floor(weight[0].sum() / servers * 0.7))
    else:
        weight = rng.uniform(0.1, 1.0, shape)
        value = weight * rng.uniform(1.0, 10.0, (1, tasks)) * rng.uniform(0.8, 1.2, shape)
        capacity = weight.sum(axis=1) / servers * 0.6
    return _dense(value, weight, capacity, **options)


def _tiny(rng: np.random.Generator) -> AllocationProblem:
    """For brute force: integers, floats of any magnitude, values that cancel, servers alike, both senses, offsets."""
    n, m = int(rng.integers(1, 4)), int(rng.integers(1, 6))
    shape, kind = (n, m), int(rng.integers(0, 5))
    scale, size = (float(10.0 ** rng.integers(-9, 14)) for _ in range(2))
    value, weight = rng.uniform(-2.0, 10.0, shape) * scale, rng.uniform(0.1, 3.0, shape) * size
    if kind == 0:
        value, weight = rng.integers(-5, 20, shape).astype(float), rng.integers(0, 9, shape).astype(float)
    elif kind == 1:
        value = 1e6 * scale * rng.choice([-1.0, 1.0], shape) + value
    elif kind == 2:
        value, weight = rng.integers(1, 4, shape) * 0.1, rng.choice([0.1, 0.2, 0.3], shape)
    elif kind == 3:
        value, weight = np.tile(value[0], (n, 1)), np.tile(weight[0], (n, 1))
    capacity = weight.sum(axis=1) / n * rng.uniform(0.5, 1.2)
    if kind in (0, 3):
        capacity[:] = capacity[0]
    return _dense(
        value,
        weight,
        np.floor(capacity) if kind == 0 else capacity,
        rng.random(shape) < 0.9,
        must_serve=rng.random(m) < rng.choice([0.0, 0.0, 0.5, 1.0]),
        sense=str(rng.choice(["max", "min"])),
        offset=float(rng.choice([0.0, 0.0, 3.0, -100.0, 1e12])),
    )


# --- tolerances: offsets and integers -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("offset", [1e12, -1e14, 1e15])
@pytest.mark.parametrize("values", [[100.0, 90.0], [0.1, 0.05]])
def test_an_offset_makes_nothing_optimal(offset: float, values: list[float]) -> None:
    problem = _dense([values], [[1.0, 1.0]], [1.0], offset=offset)
    u = np.array(values[:1])
    bound = allocation.dual_bound(problem, u)
    for solution in ([-1, -1], [-1, 0]):
        forged = _forged(problem, Assignment(np.array(solution)), bound, Certificate("capacity-multipliers", {"u": u}))
        assert not allocation.verify(problem, forged)
        near = replace(forged, bound=forged.value)
        assert not allocation.verify(problem, near)


def test_a_large_offset_leaves_integers_provable() -> None:
    problem = _drawn(1, "integers", offset=1e12, sense="min", must_serve=np.ones(24, dtype=bool))
    result = allocation.solve(problem, method="exact", seed=0)
    assert result.quality is Quality.OPTIMAL
    assert allocation.verify(problem, result)


def test_integer_capacities_hold_exactly() -> None:
    """16 units over a capacity of 16e9 are no rounding."""
    problem = _dense([[5.0, 4.0]], [[8e9 + 8.0, 8e9 + 8.0]], [16e9])
    both = Assignment(np.array([0, 0]))
    assert "capacity" in allocation.verify(problem, both).failures
    assert allocation.verify(problem, Assignment(np.array([0, -1])))
    assert _dense([[5.0]], [[16e9 + 1.0]], [16e9]).pairs == 0  # too heavy alone, too
    with pytest.raises(ValueError, match="fit its server alone"):
        replace(_dense([[5.0]], [[16e9]], [16e9]), weight=np.array([16e9 + 1.0]))
    for method in ("exact", "highs", "milp", "greedy", "regret-greedy", "local-search", "lagrangian"):
        stop = Stop(iterations=500) if method == "local-search" else None
        result = allocation.solve(problem, method=method, stop=stop)
        assert result.value == 5.0, method
        assert allocation.verify(problem, result), method


def test_data_that_are_no_integers_keep_their_tolerance() -> None:
    problem = _dense([[1.0, 1.0, 1.0]], [[0.1, 0.2, 0.3]], [0.6])  # the sum is .6000000000000001 in floating point
    assert allocation.verify(problem, Assignment(np.array([0, 0, 0])))
    mixed = _dense([[1.0, 1.0]], [[8e9 + 8.0, 8e9 + 0.5]], [16e9])
    assert allocation.verify(mixed, Assignment(np.array([0, 0])))


# --- margins ------------------------------------------------------------------------------------------------------------------


def test_the_dual_bound_covers_loads_that_floats_lose() -> None:
    """A server full to its limit, and thousands of weights so small that adding them one by one changes nothing."""
    many, tiny = 3000, 1e-17
    weight = np.array([[1.0, *([tiny] * many)]])
    price = 1.0 / tiny
    problem = _dense(np.array([[price, *([1.0] * many)]]), weight, [1.0 - 1e-9])
    full = Assignment(np.zeros(many + 1, dtype=np.int64))
    assert not allocation.violations(problem, full)
    exact = oracle.value(problem, full.server.tolist())
    assert Fraction(allocation.dual_bound(problem, np.array([price]))) >= exact


@pytest.mark.parametrize("seed", range(6))
def test_no_certificate_proves_a_bound_inside_the_optimum(seed: int) -> None:
    """Every kind against brute force in rationals, at magnitudes from 1e-9 to 1e13, with cancellation."""
    rng = np.random.default_rng(seed)
    for _ in range(12):
        problem = _tiny(rng)
        best = oracle.optimum(problem)
        if best is None:
            continue
        sign = 1 if problem.sense == "max" else -1
        size = float(np.abs(problem.value).max(initial=1e-9)) / float(problem.weight.max(initial=1e-9) or 1.0)
        bounds = [allocation.dual_bound(problem, rng.uniform(0.0, 2.0, problem.servers) * size) for _ in range(3)]
        bounds += [
            assignment_dual_bound(problem, rng.uniform(0.0, 1.0, problem.tasks) * np.abs(problem.value).max(initial=0.0))
        ]
        result = allocation.solve(problem, method="exact", seed=0, stop=Stop(seconds=10))
        assert result.bound is not None
        assert allocation.verify(problem, result)
        for bound in (*bounds, result.bound):
            assert sign * Fraction(bound) >= sign * best[0]


# --- branch trees -------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def trees() -> list[tuple[AllocationProblem, Result[Assignment]]]:
    """Proofs that go beyond the root."""
    must = np.ones(24, dtype=bool)
    problems = [
        _drawn(1, "integers", sense="min", must_serve=must),
        _drawn(2, "floats"),
        _drawn(3, "floats", offset=5.0, must_serve=must & (np.arange(24) % 3 == 0)),
        multiple_knapsack("strong", 4, 10, 1),
        _drawn(5, "integers"),
    ]
    solved = [(problem, allocation.solve(problem, method="exact", seed=0)) for problem in problems]
    kinds = [result.certificate.kind for _, result in solved if result.certificate is not None]
    assert kinds.count("branch-tree") >= 3, kinds
    return [(problem, result) for problem, result in solved if result.certificate.kind == "branch-tree"]  # type: ignore[union-attr]


def test_trees_are_replayed_also_from_files(trees: list[tuple[AllocationProblem, Result[Assignment]]], tmp_path: Path) -> None:
    for number, (problem, result) in enumerate(trees):
        assert (result.quality, result.bound_evidence) == (Quality.OPTIMAL, BoundEvidence.RECOMPUTED)
        assert allocation.verify(problem, result)
        for ending in ("json", "npz"):
            path = tmp_path / f"{number}.{ending}"
            result.save(path)
            assert allocation.verify(problem, edgeworth.load(path))


@pytest.mark.parametrize("fault", TREE_FAULTS, ids=lambda fault: fault.name)
def test_faults_of_trees_are_caught(fault: Fault, trees: list[tuple[AllocationProblem, Result[Assignment]]]) -> None:
    planted = 0
    for problem, result in trees:
        faulty = fault(problem, result)
        if faulty is not None:
            planted += 1
            assert fault.verdict in allocation.verify(problem, faulty).failures
    assert planted or fault.name in ("foreign bound", "negative multipliers", "ineligible pair", "unserved task")


def _mutated(rng: np.random.Generator, certificate: Certificate) -> Certificate:
    arrays = {name: np.array(values) for name, values in certificate.arrays.items()}
    for _ in range(int(rng.integers(1, 4))):
        name = str(rng.choice(list(arrays)))
        values, change = arrays[name], int(rng.integers(0, 6))
        if not values.size:
            continue
        at = int(rng.integers(values.size))
        if change == 0:
            arrays[name] = values[: int(rng.integers(0, len(values)))]
        elif change == 1:
            values.flat[at] = values.flat[int(rng.integers(values.size))]
        elif change == 2 and values.dtype.kind == "i":
            values.flat[at] = int(rng.choice([-1, 0, 1, 2**31 - 1, -(2**31)]))
        elif change == 3 and values.dtype.kind == "f":
            values *= float(rng.choice([0.0, -1.0, 1e-9, 0.5, 0.999, 1.0 + 1e-9, 2.0, 1e60]))
        elif change == 4:
            arrays[name] = values[rng.permutation(len(values))]
        elif name == "branched":
            arrays["branched"] = np.append(values[: max(at, 1)], -1).astype(np.int32)
            arrays["rounds"] = (
                np.resize(arrays["rounds"], len(arrays["branched"])) if arrays["rounds"].size else arrays["rounds"]
            )
    return Certificate(certificate.kind, arrays)


@pytest.mark.parametrize("seed", range(3))
def test_no_mutation_makes_a_false_optimum(seed: int) -> None:
    """Small problems with their optimum by brute force; certificates changed at random; worse solutions called optimal."""
    rng = np.random.default_rng(100 + seed)
    for _ in range(12):
        problem = _tiny(rng)
        best = oracle.optimum(problem)
        result = allocation.solve(problem, method="exact", seed=0, stop=Stop(seconds=10))
        if best is None or result.certificate is None or result.solution is None:
            continue
        start = allocation.solve(problem, method="greedy").solution or result.solution
        for _ in range(8):
            certificate = _mutated(rng, result.certificate)
            worth = allocation.value(problem, start)
            forged = _forged(problem, start, worth, certificate)
            short = abs(float(best[0] - Fraction(worth)))
            if allocation.verify(problem, forged):
                assert short < 0.5 if problem.integral else short <= 1.1e-9 * abs(worth - problem.offset)
            gone: dict[str, Any] = {"solution": None, "value": None, "bound": None, "bound_evidence": None}
            assert not allocation.verify(problem, replace(forged, quality=Quality.INFEASIBLE, **gone))


def _hostile() -> Iterator[tuple[str, dict[str, Any]]]:
    """Arrays on a sound tree of two servers and two tasks, with one of them replaced."""
    leaf = np.array([-1], dtype=np.int32)
    sound: dict[str, Any] = {
        "target": np.array([6.5]),
        "unit": np.array([0.5]),
        "branched": leaf,
        "rounds": np.array([1], dtype=np.int32),
        "multipliers": np.array([[6, 4]], dtype=np.int32),
        "order": np.array([0, 1], dtype=np.int32),
    }
    yield "sound", sound
    for name in sound:
        yield f"no {name}", {key: value for key, value in sound.items() if key != name}
        yield f"empty {name}", sound | {name: sound[name][:0]}
        yield f"deep {name}", sound | {name: sound[name][None, None]}
        yield f"scalar {name}", sound | {name: np.float64(1.0)}
        yield f"booleans in {name}", sound | {name: np.ones(sound[name].shape, dtype=bool)}
        yield f"NaN in {name}", sound | {name: np.full(sound[name].shape, np.nan)}
        yield f"huge {name}", sound | {name: np.full(sound[name].shape, 1e308)}
        yield f"huge integers in {name}", sound | {name: np.full(sound[name].shape, 2**62)}
        yield f"negative {name}", sound | {name: -sound[name] - 1}
        yield f"long {name}", sound | {name: np.repeat(sound[name], 3, axis=0)}
    for unit in (0.0, 5e-324, 1e150, -1.0):
        yield f"unit {unit}", sound | {"unit": np.array([unit])}
        yield f"unit {unit}, no rows", sound | {
            "unit": np.array([unit]), "multipliers": np.zeros((1, 2), dtype=np.int32)
        }  # fmt: skip
    for target in (0.0, -1.0, 5e-324, -1e150, 1e150, 5.0):
        yield f"target {target}", sound | {"target": np.array([target])}
    yield "all rounds at once", sound | {"rounds": np.array([2**31 - 1], dtype=np.int32)}
    yield "a comb", sound | {
        "branched": np.array([0] * 999 + [-1] * 1000, dtype=np.int32), "rounds": np.zeros(1999, dtype=np.int32),
        "multipliers": np.zeros((0, 2), dtype=np.int32),
    }  # fmt: skip
    yield "two trees", sound | {"branched": np.array([-1, -1], dtype=np.int32), "rounds": np.array([1, 0], dtype=np.int32)}
    yield "an open tree", sound | {"branched": np.array([0, -1], dtype=np.int32), "rounds": np.array([1, 0], dtype=np.int32)}


@pytest.mark.parametrize(("name", "arrays"), list(_hostile()), ids=lambda item: item if isinstance(item, str) else "")
def test_a_hostile_tree_is_a_failed_verdict(name: str, arrays: dict[str, Any]) -> None:
    problem = _dense([[3.0, 2.0], [1.0, 2.5]], [[1.0, 1.0], [1.0, 1.0]], [1.0, 1.0])  # best: 5.5
    solution = Assignment(np.array([0, -1]))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        forged = _forged(problem, solution, 3.0, Certificate("branch-tree", arrays))
        assert not allocation.verify(problem, forged)
        best = replace(forged, solution=Assignment(np.array([0, 1])), value=5.5, bound=6.5, quality=Quality.FEASIBLE)
        assert bool(allocation.verify(problem, best)) is (name in _HARMLESS)


# The bound of 6.5 follows from these as well: without any multipliers, too, nothing is worth so much.
_HARMLESS = {"sound", "unit 0.0", "unit 0.0, no rows", "unit 5e-324", "unit 5e-324, no rows", "unit 1e+150, no rows"}


@pytest.mark.parametrize(
    ("kind", "arrays"),
    [
        ("capacity-multipliers", {"u": np.array([1e308, 1e308])}),
        ("capacity-multipliers", {"u": np.array([1e150, 1e150])}),
        ("assignment-multipliers", {"lambda": np.array([1.7e308, 1.7e308])}),
        ("assignment-multipliers", {"lambda": np.array([1e150, -1e150])}),
        ("surrogate-knapsack", {}),
        ("surrogate-knapsack", {"x": np.ones(3)}),
        ("nothing", {}),
    ],
)
def test_hostile_multipliers_are_a_failed_verdict(kind: str, arrays: dict[str, Any]) -> None:
    problem = _dense([[3.0, 2.0], [1.0, 1.0]], [[1.0, 1.0], [1.0, 1.0]], [1.0, 1.0])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        forged = _forged(problem, Assignment(np.array([0, -1])), 3.0, Certificate(kind, arrays))
        report = allocation.verify(problem, forged)
    assert {"bound", "quality"} <= set(report.failures)


def test_numbers_whose_sums_overflow_are_refused() -> None:
    for name in ("value", "weight", "capacity"):
        data: dict[str, Any] = {"value": [[1.0]], "weight": [[1.0]], "capacity": [1.0]} | {name: np.full((1, 1), 1e200)}
        data["capacity"] = np.ravel(data["capacity"])
        with pytest.raises(ValueError, match=f"{name}: must be at most 1e\\+100"):
            AllocationProblem.from_matrices(**data)


def test_servers_alike_are_not_alike_where_deadlines_differ() -> None:
    """The order among servers alike is not used where the raw fields forbid at one what the arrays allow at both."""
    system = allocation.MecSystem(
        unit_price=[3.0, 2.0], data_size=[10.0, 10.0], deadline=[100.0, 100.0], source=[0, 0],
        cycles_per_unit=[0.1, 0.1], frequency=[1.0, 1.0], energy_coefficient=[0.0, 0.0], capacity=[1.0, 1.0],
        bandwidth=[5.0, 5.0], transmit_power=[1e-9, 1e-9], gain=[5.0, 5.0], noise=1e-6, fee_share=0.1,
    )  # fmt: skip
    sound = AllocationProblem.from_system(system)
    late = replace(sound, system=replace(system, deadline=[100.0, 0.0]))
    result = allocation.solve(sound, method="exact", seed=0)
    assert allocation.verify(sound, result)
    forged = replace(result, problem_hash=late.hash)
    assert "deadline" in allocation.verify(late, forged).failures


def test_a_record_too_large_is_dropped_and_said(trees: list[tuple[AllocationProblem, Result[Assignment]]]) -> None:
    problem, recorded = max(trees, key=lambda pair: pair[1].certificate.arrays["multipliers"].size)  # type: ignore[union-attr]
    result = allocation.solve(problem, method="exact", seed=0, params=Exact(certificate_bytes=600))
    assert (result.quality, result.value) == (Quality.CLAIMED_OPTIMAL, recorded.value)
    assert any("record is too large" in note for note in result.notes)
    assert allocation.verify(problem, result)


def test_a_bound_of_a_run_cut_short_is_recomputed(trees: list[tuple[AllocationProblem, Result[Assignment]]]) -> None:
    for problem, whole in trees:
        stop = Stop(iterations=max(1, whole.stats.nodes // 2))
        cut = allocation.solve(problem, method="exact", seed=0, stop=stop, params=Exact(core=False))
        assert cut.bound_evidence is BoundEvidence.RECOMPUTED
        assert allocation.verify(problem, cut)


# --- infeasibility ------------------------------------------------------------------------------------------------------------


def _infeasible() -> dict[str, AllocationProblem]:
    ones = np.ones((2, 3))
    return {
        "stranded": _dense(ones, ones, [9.0, 9.0], np.array([[True, True, False]] * 2), must_serve=[True] * 3),
        "too little room": _dense(ones, ones, [1.0, 1.0], must_serve=[True] * 3),
        "fractions fit": _dense(ones, 2.0 * ones, [3.0, 3.0], must_serve=[True] * 3),
        "costs": _dense([[5.0, -7.0, 0.5]] * 2, 2.0 * ones, [3.0, 3.5], must_serve=[True] * 3, sense="min", offset=4.0),
        "large costs": _dense(1e9 * ones, 2e-3 * ones, [3e-3, 3e-3], must_serve=[True] * 3, sense="min"),
    }


@pytest.mark.parametrize("name", _infeasible())
def test_infeasibility_is_shown(name: str) -> None:
    problem = _infeasible()[name]
    result = allocation.solve(problem, method="exact", seed=0)
    assert result.quality is Quality.INFEASIBLE
    assert allocation.verify(problem, result)
    by_lp = name in ("stranded", "too little room")
    for method in ("highs", "milp", "lp"):
        other = allocation.solve(problem, method=method)
        claimed = Quality.NONE if method == "lp" else Quality.CLAIMED_INFEASIBLE
        assert other.quality is (Quality.INFEASIBLE if by_lp else claimed), method
        assert allocation.verify(problem, other)


def test_evidence_of_another_problem_shows_nothing() -> None:
    feasible = _dense(np.ones((2, 3)), 2.0 * np.ones((2, 3)), [4.0, 3.0], must_serve=[True] * 3)
    for name, problem in _infeasible().items():
        result = allocation.solve(problem, method="exact", seed=0)
        forged = replace(result, problem_hash=feasible.hash, sense=feasible.sense, offset=feasible.offset)
        assert "quality" in allocation.verify(feasible, forged).failures, name


@pytest.mark.parametrize(("worth", "load"), [(1e12, 1e-300), (1e100, 1e-300), (1e-300, 1e99), (1e-290, 1e40)])
def test_densities_beyond_the_range_of_floats_bound_knapsacks(worth: float, load: float) -> None:
    """Gains per weight that overflow or vanish have no order, and filling by no order bounds nothing."""
    for seed in range(40):
        rng = np.random.default_rng(seed)
        gain, weight = rng.uniform(1.0, 9.0, 7) * worth, rng.uniform(1.0, 4.0, 7) * load
        sets = (np.arange(128)[:, None] >> np.arange(7)[None, :] & 1).astype(float)
        best = float((sets @ gain)[sets @ weight <= 9.0 * load].max())
        found = knapsack_bound(gain, weight, 9.0 * load)
        assert best * (1.0 - 1e-12) <= found <= best * (1.0 + 1e-9)


# --- budgets ------------------------------------------------------------------------------------------------------------------


def test_what_the_budget_does_not_suffice_for_is_not_checked(trees: list[tuple[AllocationProblem, Result[Assignment]]]) -> None:
    problem, result = trees[0]
    lam = np.zeros(problem.tasks)
    bound = assignment_dual_bound(problem, lam)
    loose = replace(
        result, bound=bound, certificate=Certificate("assignment-multipliers", {"lambda": lam}), quality=Quality.FEASIBLE
    )
    for answer in (result, loose):
        assert allocation.verify(problem, answer)
        report = allocation.verify(problem, answer, seconds=0.0)
        assert not report
        assert report["bound"].status is Status.NOT_CHECKED
        assert "bound" not in report.failures


@pytest.mark.parametrize(("tasks", "status"), [(300, Status.HOLDS), (20_000, Status.NOT_CHECKED)])
def test_a_chain_of_implications_obeys_the_budget(tasks: int, status: Status) -> None:
    """Each task that must be served fills the server that the next one would fit: one implication a pass over all pairs."""
    last = np.repeat(np.arange(tasks), 2)[1:]
    server = np.maximum(last - np.tile([0, 1], tasks)[:-1], 0)
    server[1::2], server[2::2] = last[1::2] - 1, last[2::2]
    ones = np.ones(len(last))
    problem = AllocationProblem.from_pairs(
        tasks - 1 - last, tasks - 1 - server, ones, ones, np.ones(tasks), tasks=tasks, must_serve=np.ones(tasks, dtype=bool)
    )
    arrays: dict[str, Any] = {"target": np.array([tasks + 1.0]), "unit": np.ones(1), "branched": np.array([-1], dtype=np.int32)}
    arrays |= {"rounds": np.zeros(1, dtype=np.int32), "multipliers": np.zeros((0, tasks), dtype=np.int32)}
    arrays["order"] = np.arange(tasks, dtype=np.int32)
    solution = Assignment(np.arange(tasks))
    forged = _forged(problem, solution, float(tasks), Certificate("branch-tree", arrays))
    began = time.perf_counter()
    assert allocation.verify(problem, forged, seconds=0.5)["bound"].status is status
    assert time.perf_counter() - began < 5.0


def test_one_large_server_obeys_the_budget() -> None:
    rng = np.random.default_rng(0)
    tasks = 20_000
    weight = rng.uniform(1.0, 2.0, tasks)
    value = weight + rng.uniform(0.0, 1e-3, tasks)
    problem = _dense(value[None], weight[None], [weight.sum() / 2.0])
    arrays = {"target": np.array([value.sum() * 0.5]), "unit": np.array([1e-9]), "branched": np.array([-1], dtype=np.int32)}
    arrays |= {"rounds": np.array([3], dtype=np.int32), "multipliers": np.zeros((3, tasks), dtype=np.int32)}
    arrays["order"] = np.arange(tasks, dtype=np.int32)
    nobody = Assignment(np.full(tasks, -1))
    forged = _forged(problem, nobody, float(value.sum()), Certificate("branch-tree", arrays))
    began = time.perf_counter()
    assert not allocation.verify(problem, forged, seconds=0.5)
    assert time.perf_counter() - began < 5.0


# --- solvers in between -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["highs", "milp"])
def test_a_solver_whose_incumbent_is_infeasible_has_proved_nothing(method: str, monkeypatch: pytest.MonkeyPatch) -> None:
    problem = _dense([[6.0, 5.5, 4.0]], [[3.0, 2.5, 2.0]], [4.0])
    wrong = Answer(
        x=np.ones(problem.pairs), row_dual=None, bound=-6.0, termination=Termination.PROVED, infeasible=False,
        nodes=1, iterations=1, status="scripted",
    )  # fmt: skip
    where = "edgeworth.core.pyomo" if method == "milp" else allocation.FAMILY.method(method).resolve().__module__
    monkeypatch.setattr(import_module(where), "minimise", lambda *args, **kwargs: wrong)
    result = allocation.solve(problem, method=method)
    assert result.termination is Termination.CONVERGED
    assert (result.bound, result.quality) == (None, Quality.FEASIBLE)
    assert "was repaired" in result.notes[0]
    assert allocation.verify(problem, result)


@pytest.mark.parametrize("scale", [1e-13, 1e-10, 1.0, 1e12])
def test_magnitudes_do_not_matter_to_solvers(scale: float) -> None:
    rng = np.random.default_rng(3)
    value, weight = rng.uniform(1.0, 3.0, (3, 9)), rng.uniform(1.0, 3.0, (3, 9))
    plain, problem = _dense(value, weight, [4.0] * 3), _dense(value * scale, weight, [4.0] * 3)
    best = allocation.solve(plain, method="exact", seed=0).value
    assert best is not None
    for method in ("exact", "highs", "milp"):
        result = allocation.solve(problem, method=method, seed=0)
        assert result.value == pytest.approx(best * scale, rel=1e-9)
        assert allocation.verify(problem, result)


def test_two_trees_by_turns_do_not_mix() -> None:
    """Steps of proof and dive take turns amid the losses of a node; when both wrote to one array, nodes were closed wrongly."""
    problem = edgeworth.load(Path(__file__).parents[2] / "data" / "symmetric_6x39.json")
    result = allocation.solve(problem, method="exact", seed=0, stop=Stop(iterations=900))
    assert result.certificate is not None
    assert result.certificate.kind == "branch-tree"
    assert allocation.verify(problem, result)


@pytest.mark.parametrize("power", [-307, -300, -296, -290])
def test_values_next_to_the_end_of_the_floats_are_no_false_proofs(power: int) -> None:
    """Where the grid of a tree's multipliers would be denormal there is no tree to show, and the optimum is a claim."""
    for seed in range(8):
        rng = np.random.default_rng(seed)
        value, weight = rng.integers(1, 9, (3, 7)) * 10.0**power, rng.uniform(0.2, 1.0, (3, 7))
        problem = _dense(value, weight, rng.uniform(0.8, 2.0, 3).tolist())
        result = allocation.solve(problem, method="exact", seed=0)
        assert result.quality in (Quality.OPTIMAL, Quality.CLAIMED_OPTIMAL)
        assert allocation.verify(problem, result)
