"""Local search: what its docstring promises, on instances large enough that it has to work."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edgeworth import BoundEvidence, Quality, Stop, Termination
from edgeworth.solvers import allocation
from edgeworth.solvers.allocation import AllocationProblem, LocalSearch
from edgeworth.solvers.allocation.heuristic import annealing
from edgeworth.testing.contracts import same_answer


@pytest.fixture(scope="module")
def hotspot() -> AllocationProblem:
    return allocation.generate(preset="hotspot", servers=10, tasks=120, seed=4)


def _search(problem: AllocationProblem, seed: int = 0, **given: Any) -> Any:
    result = allocation.solve(problem, method="local-search", seed=seed, **({"stop": Stop(iterations=60_000)} | given))
    assert allocation.verify(problem, result)
    return result


def test_it_beats_the_constructive_methods_and_stays_below_its_bound(hotspot: AllocationProblem) -> None:
    result = _search(hotspot, stop=Stop(iterations=300_000))
    for method in ("greedy", "regret-greedy"):
        value = allocation.solve(hotspot, method=method).value
        assert value is not None
        assert value < result.value
    assert result.bound_evidence is BoundEvidence.RECOMPUTED
    assert 0.0 <= result.gap < 0.005
    assert result.termination in (Termination.ITERATIONS, Termination.PROVED)


def test_the_answer_does_not_depend_on_the_size_of_chunks(hotspot: AllocationProblem, monkeypatch: pytest.MonkeyPatch) -> None:
    usual = _search(hotspot)
    for chunk in (777, 10**9):
        monkeypatch.setattr(annealing, "_CHUNK", chunk)
        assert same_answer(usual, _search(hotspot)), chunk


def test_seeds_matter_and_more_work_never_hurts(hotspot: AllocationProblem) -> None:
    values = [_search(hotspot, seed).value for seed in range(4)]
    assert len(set(values)) > 1
    short, long = (_search(hotspot, stop=Stop(iterations=count)).value for count in (2_000, 60_000))
    assert long >= short


def test_a_start_is_kept(hotspot: AllocationProblem) -> None:
    good = _search(hotspot, stop=Stop(iterations=300_000))
    again = _search(hotspot, seed=9, start=good.solution, stop=Stop(iterations=0))
    assert again.value == good.value
    assert again.termination is Termination.ITERATIONS


def test_no_rule_means_a_few_cycles() -> None:
    problem = allocation.generate(preset="hotspot", servers=4, tasks=20, seed=1)
    one, two = (_search(problem, stop=None) for _ in range(2))
    assert one.termination in (Termination.CONVERGED, Termination.PROVED)
    assert same_answer(one, two)
    short = _search(problem, stop=None, params=LocalSearch(cycles=1, levels=5))
    assert short.stats.iterations < one.stats.iterations or short.termination is Termination.PROVED


@pytest.mark.parametrize("rule", [{"target": 1.0}, {"gap": 0.5}, {"stalled": 1}])
def test_rules_end_it(hotspot: AllocationProblem, rule: dict[str, Any]) -> None:
    result = _search(hotspot, stop=Stop(seconds=60, **rule))
    wanted = Termination.STALLED if "stalled" in rule else Termination.TARGET
    assert result.termination is wanted


def test_a_trace_never_gets_worse(hotspot: AllocationProblem) -> None:
    result = _search(hotspot, trace=True, stop=Stop(iterations=300_000))
    seen = result.trace.value[~np.isnan(result.trace.value)]
    assert len(seen)
    assert np.all(np.diff(seen) >= 0)
    assert seen[-1] == pytest.approx(result.value, rel=1e-12)


def test_infeasible_relaxations_are_said() -> None:
    problem = AllocationProblem.from_matrices(np.ones((1, 3)), np.ones((1, 3)), [2.0], must_serve=[True] * 3)
    result = _search(problem)
    assert result.quality is Quality.INFEASIBLE
    assert result.solution is None


def test_minimisation_with_all_tasks_served_reaches_a_public_optimum(shared_data: Path) -> None:
    problem = allocation.read_gap(shared_data / "gap" / "instances" / "a05100", sense="min")
    result = _search(problem, stop=Stop(iterations=500_000))
    assert result.value == 1698.0
    mirrored = replace(problem, value=-problem.value, sense="max")
    assert _search(mirrored, stop=Stop(iterations=500_000)).value == -1698.0


@pytest.mark.parametrize(
    ("given", "error", "fragment"),
    [
        ({"initial_temperature": 0.0}, ValueError, "initial_temperature: must be above 0.0; got 0.0"),
        ({"levels": 1}, ValueError, "levels: must be at least 2; got 1"),
        ({"levels": 3.0}, TypeError, "levels: must be an integer; got 3.0"),
        ({"cycles": 0}, ValueError, "cycles: must be at least 1; got 0"),
        ({"chain_length": 9}, ValueError, "chain_length: must be at most 8; got 9"),
        ({"window": float("inf")}, ValueError, "window: must be finite; got inf"),
        ({"windows": 1.0}, TypeError, "windows"),
    ],
)
def test_wrong_parameters_say_what_is_wrong(given: dict[str, Any], error: type[Exception], fragment: str) -> None:
    with pytest.raises(error) as caught:
        LocalSearch(**given)
    assert fragment in str(caught.value)


def test_many_tasks_are_ruined_and_recreated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(annealing, "_MANY", 500)
    monkeypatch.setattr(annealing, "LP_PAIRS", 0)
    problem = allocation.generate(preset="large", servers=10, tasks=1000, seed=1)
    repaired = allocation.solve(problem, method="lagrangian", seed=0)
    runs = [allocation.solve(problem, method="local-search", params=LocalSearch(cycles=2), seed=0) for _ in range(2)]
    assert same_answer(*runs)
    assert "ruin and recreate" in runs[0].notes[-1]
    assert runs[0].stats.iterations > 0
    assert repaired.value is not None
    assert runs[0].value is not None
    assert runs[0].bound is not None
    assert repaired.value < runs[0].value <= runs[0].bound
    assert allocation.verify(problem, runs[0])
    few = allocation.solve(problem, method="local-search", stop=Stop(iterations=3), seed=0)
    assert few.termination is Termination.ITERATIONS
    assert few.stats.iterations == 3


def test_prices_that_leave_no_regret_do_not_end_the_search(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(annealing, "_MANY", 500)
    monkeypatch.setattr(annealing, "LP_PAIRS", 0)
    problem = allocation.generate(servers=6, tasks=2000, seed=0)
    repaired = allocation.solve(problem, method="lagrangian", seed=0)
    proved = allocation.solve(problem, method="local-search", seed=0)
    monkeypatch.setattr("edgeworth.solvers.allocation.bounds.lagrangian._CERTIFYING", float("inf"))  # the gap stays open
    result = allocation.solve(problem, method="local-search", stop=Stop(iterations=100), seed=0)
    assert proved.termination is Termination.PROVED
    assert result.termination is Termination.ITERATIONS
    assert result.stats.iterations == 100
    for found in (proved, result):
        assert allocation.verify(problem, found)
        assert repaired.value is not None
        assert found.value is not None
        assert repaired.value <= found.value
