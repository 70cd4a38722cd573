"""The Lagrangian method: its bound, its prices beside the LP's, its repair, and the ways in which a run may end."""

from __future__ import annotations

import logging
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings

from edgeworth import BoundEvidence, Observer, Quality, Stop, Termination
from edgeworth.core.observer import Progress
from edgeworth.core.run import Run
from edgeworth.solvers import allocation
from edgeworth.solvers.allocation import AllocationProblem, Lagrangian
from edgeworth.solvers.allocation.bounds import execution, lagrangian_duals, minimiser, repair
from edgeworth.solvers.allocation.kernels import lagrangian as dual_kernels
from edgeworth.solvers.allocation.kernels import repair as repair_kernels
from edgeworth.solvers.allocation.model import knapsack_bound
from edgeworth.testing import allocation_problems
from edgeworth.testing.contracts import same_answer
from tests.oracles import allocation as oracle

LARGE = {"preset": "large", "servers": 20, "tasks": 30_000}


def _solve(problem: AllocationProblem, seed: int = 0, **given: Any) -> Any:
    result = allocation.solve(problem, method="lagrangian", seed=seed, **given)
    assert allocation.verify(problem, result)
    return result


@pytest.fixture(scope="module")
def large() -> AllocationProblem:
    """Large enough for samples, blocks and truncated lists."""
    return allocation.generate(**LARGE, seed=1)


def _relative_to_lp(problem: AllocationProblem, result: Any) -> float:
    known = allocation.solve(problem, method="lp").bound
    assert known is not None
    sign = 1.0 if problem.sense == "max" else -1.0
    return sign * (result.bound - known) / abs(known)


@given(problem=allocation_problems(max_tasks=4))
def test_weak_duality_against_brute_force(problem: AllocationProblem) -> None:
    best = oracle.optimum(problem)
    result = _solve(problem)
    if best is None:
        assert result.solution is None
        return
    sign = 1.0 if problem.sense == "max" else -1.0
    slack = 1e-9 * max(abs(float(best[0])), 1e-10)
    assert sign * result.bound >= sign * float(best[0]) - slack
    assert result.bound_evidence is BoundEvidence.RECOMPUTED
    if result.value is not None:
        assert sign * result.value <= sign * float(best[0]) + slack


@given(problem=allocation_problems(must_serve=False))
@settings(max_examples=40)
def test_where_nothing_must_be_served_there_is_always_a_solution(problem: AllocationProblem) -> None:
    assert _solve(problem).solution is not None


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(
    "given",
    [
        {"preset": "hotspot", "servers": 10, "tasks": 120},
        {"preset": "melbourne-like", "servers": 30, "tasks": 900},
        {"preset": "large", "servers": 8, "tasks": 600},
    ],
    ids=lambda given: str(given["preset"]),
)
def test_the_bound_is_nearly_that_of_the_lp(given: dict[str, Any], seed: int) -> None:
    problem = allocation.generate(**given, seed=seed)
    result = _solve(problem)
    assert _relative_to_lp(problem, result) <= 1e-5
    if result.certificate.kind == "capacity-multipliers":  # these cannot beat the LP, multipliers of the tasks can
        assert _relative_to_lp(problem, result) >= -1e-9
    assert allocation.verify(problem, result)
    assert 0.0 <= result.gap < 0.02
    assert result.termination in (Termination.CONVERGED, Termination.PROVED)


def test_where_tasks_have_one_good_server_the_multipliers_of_the_tasks_beat_the_lp() -> None:
    problem = allocation.generate(preset="melbourne-like", servers=20, tasks=400, seed=0)
    result = _solve(problem)
    assert result.certificate.kind == "assignment-multipliers"
    assert _relative_to_lp(problem, result) < -1e-4
    assert allocation.verify(problem, result)


def test_a_finer_tolerance_gives_a_better_bound() -> None:
    problem = allocation.generate(preset="large", servers=10, tasks=2_000, seed=0)
    known = allocation.solve(problem, method="lp").bound
    rough, fine = (
        lagrangian_duals(
            problem,
            Lagrangian(tolerance=tolerance),
            Run(sense="max", stop=Stop(), rng=np.random.default_rng(0), observer=Observer()),
        )[1]
        for tolerance in (1e-2, 1e-8)
    )
    assert known * (1 - 1e-9) <= fine < rough
    assert fine <= known * (1 + 1e-8)


def test_public_instances_with_all_tasks_served(shared_data: Path) -> None:
    for name, gap in (("a05100", 0.002), ("c05100", 0.03), ("d05100", 0.03), ("e05100", 0.05)):
        problem = allocation.read_gap(shared_data / "gap" / "instances" / name, sense="min")
        result = _solve(problem)
        assert _relative_to_lp(problem, result) <= 1e-4, name
        assert result.gap is not None, name
        assert result.gap <= gap, name


def test_the_answer_does_not_depend_on_threads_or_on_how_work_is_grouped(
    large: AllocationProblem, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = _solve(large)
    for threads in (2, 3):
        assert same_answer(one, _solve(large, threads=threads))
    monkeypatch.setattr(execution, "_GROUP", 1)
    assert same_answer(one, _solve(large))


def test_seeds_repeat(large: AllocationProblem) -> None:
    one, again, other = (_solve(large, seed) for seed in (3, 3, 4))
    assert same_answer(one, again)
    assert not same_answer(one, other)  # the samples differ
    assert other.bound == pytest.approx(one.bound, rel=1e-5)
    assert one.gap < 5e-4


@pytest.mark.parametrize("scale", [1e-9, 1.0, 1e9])
def test_units_do_not_matter(scale: float) -> None:
    problem = allocation.generate(preset="hotspot", servers=6, tasks=60, seed=5)
    plain = replace(problem, system=None)
    known = _solve(plain)
    values = _solve(replace(plain, value=plain.value * scale))
    assert values.bound == pytest.approx(known.bound * scale, rel=1e-5)
    weights = _solve(replace(plain, weight=plain.weight * scale, capacity=plain.capacity * scale))
    assert weights.bound == pytest.approx(known.bound, rel=1e-5)
    assert weights.gap <= 0.02


def test_capacity_that_never_binds_is_proved_at_once() -> None:
    problem = allocation.generate(preset="metaverse", seed=0)
    result = _solve(problem)
    assert result.quality is Quality.OPTIMAL
    assert result.termination is Termination.PROVED
    assert result.stats.iterations == 0
    assert not result.certificate.arrays["u"].any()


def test_equal_integers_are_proved_by_rounding() -> None:
    problem = AllocationProblem.from_matrices(np.full((3, 50), 7.0), np.full((3, 50), 2.0), [8.0, 4.0, 2.0])
    result = _solve(problem)
    assert result.value == 49.0
    assert result.quality is Quality.OPTIMAL
    assert result.termination is Termination.PROVED


def test_losses_and_unused_servers() -> None:
    value = np.array([[-1.0, -2.0, 3.0], [0.0, -1.0, 2.0]])
    result = _solve(AllocationProblem.from_matrices(value, np.ones((2, 3)), [1.0, 0.0]))
    assert result.value == 3.0
    assert result.quality is Quality.OPTIMAL


def test_tasks_without_pairs() -> None:
    eligible = np.array([[True, False, False, True], [False, False, False, True]])
    problem = AllocationProblem.from_matrices(np.ones((2, 4)), np.ones((2, 4)), [1.0, 1.0], eligible)
    assert _solve(problem).value == 2.0
    doomed = replace(problem, must_serve=np.array([False, True, False, False]))
    result = _solve(doomed)
    assert result.quality is Quality.INFEASIBLE
    assert result.bound is None
    assert "task 1 must be served" in result.notes[0]


def test_too_little_room_for_what_must_be_served_leaves_a_bound() -> None:
    problem = AllocationProblem.from_matrices(np.ones((2, 5)), np.ones((2, 5)), [2.0, 2.0], must_serve=[True] * 5)
    result = _solve(problem)
    assert result.solution is None
    assert result.bound is not None
    assert "no feasible assignment" in result.notes[0]


def test_chains_make_room_for_what_must_be_served() -> None:
    """Both tasks of server 0 fit there only one by one, and only the second may move: to where a third makes room."""
    value = np.array([[9.0, 9.0, 0.0], [0.0, 5.0, 6.0], [0.0, 0.0, 1.0]])
    eligible = np.array([[True, True, False], [False, True, True], [False, False, True]])
    problem = AllocationProblem.from_matrices(value, np.ones((3, 3)), [1.0, 1.0, 1.0], eligible, must_serve=[True] * 3)
    pairs = execution.Execution(problem, None, None).pairs  # type: ignore[arg-type]
    choice = np.array([0, 1, 3])
    load = np.array([2.0, 1.0, 0.0])
    assert repair_kernels.relieve(pairs, np.zeros(3), choice, load, problem.limit.copy(), 1000)
    assert problem.server[choice].tolist() == [0, 1, 2]
    assert load.tolist() == [1.0, 1.0, 1.0]


def test_a_refill_finds_the_best_set_of_one_server() -> None:
    rng = np.random.default_rng(2)
    for _ in range(40):
        m = 9
        value, weight = rng.uniform(1.0, 2.0, (1, m)), rng.uniform(1.0, 2.0, (1, m))
        problem = AllocationProblem.from_matrices(value, weight, [float(weight.sum() * 0.5)])
        ratio = np.sort(value / weight)[0, m // 2]
        pairs = execution.Execution(problem, None, None).pairs  # type: ignore[arg-type]
        choice, load = np.full(m, -1), np.zeros(1)
        repair_kernels.refill(
            pairs, np.array([ratio]), problem.task, choice, load, problem.limit.copy(), np.arange(m), 0, 0.0, 10_000
        )
        best = oracle.optimum(problem)
        assert best is not None
        assert problem.profit[choice[choice >= 0]].sum() == pytest.approx(float(best[0]), rel=1e-12)


def test_the_smoothed_function_has_the_gradient_and_the_limit_that_it_should() -> None:
    problem = allocation.generate(preset="hotspot", servers=4, tasks=30, seed=1)
    pairs = execution.Execution(problem, None, None).pairs  # type: ignore[arg-type]
    n, m = problem.servers, problem.tasks

    def at(u: Any, temperature: float) -> tuple[float, float, Any]:
        share, hesitates = np.zeros(problem.pairs), np.zeros(m, dtype=np.bool_)
        load, diagonal, sums = np.zeros(n), np.zeros(n), np.zeros(dual_kernels.N_SUMS)
        tasks = np.arange(m)
        dual_kernels.smooth(pairs, u, temperature, tasks, 0, m, share, hesitates, load, diagonal, sums)
        return sums[dual_kernels.SMOOTH], sums[dual_kernels.PLAIN], load

    u = np.full(n, 2.0)
    for temperature in (1e-1, 1e-2, 1e-3):
        smooth, plain, load = at(u, temperature)
        assert 0.0 <= smooth - plain <= temperature * m * np.log(n + 1)
        for i in range(n):
            step = np.zeros(n)
            step[i] = 1e-3 * temperature
            slope = (at(u + step, temperature)[0] - at(u - step, temperature)[0]) / (2 * step[i])
            assert -slope == pytest.approx(load[i], rel=1e-3, abs=1e-3)


def test_time_is_obeyed_and_a_bound_is_there(large: AllocationProblem) -> None:
    _solve(large)  # kernels are compiled
    for seconds in (0.0, 0.05):
        began = time.perf_counter()
        result = _solve(large, stop=Stop(seconds=seconds))
        assert time.perf_counter() - began < seconds + 2.0
        assert result.termination is Termination.TIME
        assert result.bound is not None


class _Stopper(Observer):
    def __init__(self, after: int) -> None:
        self.left = after

    def on_progress(self, progress: Progress) -> bool:
        self.left -= 1
        return self.left < 0


@pytest.mark.parametrize("after", [0, 5, 40])
def test_an_observer_ends_it(large: AllocationProblem, after: int) -> None:
    result = _solve(large, observer=_Stopper(after))
    assert result.termination is Termination.OBSERVER
    assert result.bound is not None


def test_gap_and_target_end_it_and_a_trace_is_kept(large: AllocationProblem) -> None:
    full = _solve(large, trace=True)
    assert np.all(np.diff(full.trace.value[~np.isnan(full.trace.value)]) >= 0)
    assert np.all(np.diff(full.trace.bound) <= 0)
    for stop in (Stop(gap=0.01), Stop(target=0.99 * full.value)):
        result = _solve(large, stop=stop)
        assert result.termination is Termination.TARGET
        assert result.stats.iterations < full.stats.iterations


def test_a_start_is_kept(large: AllocationProblem) -> None:
    good = _solve(large)
    again = _solve(large, start=good.solution, params=Lagrangian(rounds=0))
    assert again.value >= good.value
    cut = _solve(large, start=good.solution, stop=Stop(seconds=0.0))
    assert cut.value == good.value


def test_local_search_takes_its_prices_beyond_the_lp(large: AllocationProblem) -> None:
    assert large.pairs > 200_000
    alone = _solve(large)
    result = allocation.solve(large, method="local-search", seed=0, stop=Stop(iterations=100_000))
    assert allocation.verify(large, result)
    assert result.value >= alone.value
    assert result.bound == pytest.approx(alone.bound, rel=1e-5)
    assert result.termination is Termination.ITERATIONS


def test_windows_and_blocks_only_matter_beyond_a_size(monkeypatch: pytest.MonkeyPatch) -> None:
    problem = allocation.generate(preset="hotspot", servers=10, tasks=300, seed=2)
    usual = _solve(problem)
    monkeypatch.setattr(repair, "_SMALL", 0)
    monkeypatch.setattr(execution, "_BLOCK", 100)
    cut = _solve(problem)
    assert cut.bound == pytest.approx(usual.bound, rel=1e-5)
    assert cut.value == pytest.approx(usual.value, rel=0.01)


def test_nothing_is_printed(capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        _solve(allocation.generate(preset="hotspot", servers=4, tasks=20, seed=0))
    assert capfd.readouterr() == ("", "")
    assert not caplog.records


@pytest.mark.parametrize(
    ("given", "error", "fragment"),
    [
        ({"tolerance": 0.0}, ValueError, "tolerance: must be above 0.0; got 0.0"),
        ({"tolerance": 2.0}, ValueError, "tolerance: must be at most 1.0; got 2.0"),
        ({"cooling": 1.0}, ValueError, "cooling: must be above 1.0; got 1.0"),
        ({"cooling": float("nan")}, ValueError, "cooling: must be finite; got nan"),
        ({"rounds": -1}, ValueError, "rounds: must be at least 0; got -1"),
        ({"rounds": 2.0}, TypeError, "rounds: must be an integer; got 2.0"),
        ({"levels": 3}, TypeError, "levels"),
    ],
)
def test_wrong_parameters_say_what_is_wrong(given: dict[str, Any], error: type[Exception], fragment: str) -> None:
    with pytest.raises(error) as caught:
        Lagrangian(**given)
    assert fragment in str(caught.value)


def test_a_core_of_the_tasks_gives_the_prices_of_all_of_them(monkeypatch: pytest.MonkeyPatch) -> None:
    problem = allocation.generate(servers=2, tasks=5000, seed=0)

    def bound() -> float:
        run = Run(sense="max", stop=Stop(), rng=np.random.default_rng(0), observer=Observer())
        return lagrangian_duals(problem, Lagrangian(), run).bound

    found = [bound()]
    for core in ((0.0, 1), (3.0, 20)):
        monkeypatch.setattr(minimiser, "_CORE", core)
        found.append(bound())
    monkeypatch.setattr(minimiser, "_CORE_SHARE", 0.0)
    assert found == pytest.approx([bound()] * 3, rel=3e-6)


def test_knapsacks_of_few_alike_tasks_are_bounded_exactly(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    weight = rng.uniform(0.1, 0.2, 4000)
    gain = weight * rng.uniform(1.0, 10.0, 4000)
    sharp, cut = (knapsack_bound(gain, weight, 3.0, effort=effort) for effort in (200_000, 0))
    monkeypatch.setattr("edgeworth.solvers.allocation.model.duals._STATES", 10**9)
    assert knapsack_bound(gain, weight, 3.0) == sharp < cut
