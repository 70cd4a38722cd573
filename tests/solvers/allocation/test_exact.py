"""The exact methods and the LP bound: proofs, starts, threads, certificates, and what a solver's word is worth."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from importlib import import_module
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edgeworth import BoundEvidence, Quality, Stop, Termination
from edgeworth.core.highs import Answer
from edgeworth.core.observer import Observer, Progress
from edgeworth.core.result import Certificate
from edgeworth.solvers import allocation
from edgeworth.solvers.allocation import AllocationProblem, Assignment, Exact
from edgeworth.solvers.allocation.exact.numbers import surrogate_bound
from edgeworth.solvers.allocation.model import assignment_dual_bound
from edgeworth.solvers.allocation.model.duals import knapsack_bound
from edgeworth.testing import allocation_problems
from tests.oracles import allocation as oracle

_ROOM = import_module(allocation.FAMILY.method("highs").resolve().__module__)
"""The module that calls the solver, wherever it lives."""


def _tight() -> AllocationProblem:
    return AllocationProblem.from_matrices(
        value=[[6.0, 5.5, 4.0, 3.0], [5.0, 6.0, 3.0, 3.5]],
        weight=[[3.0, 2.5, 2.0, 1.0], [2.0, 3.5, 2.0, 1.5]],
        capacity=[4.0, 4.0],
    )


@given(problem=allocation_problems(max_tasks=4))
def test_the_lp_bound_is_as_tight_as_its_relaxation(problem: AllocationProblem) -> None:
    """Strong duality: L(u) at the solved multipliers is the LP's optimum, at least as good as any other u we try."""
    result = allocation.solve(problem, method="lp")
    if result.bound is None:
        return
    assert result.certificate is not None
    sign = 1.0 if problem.sense == "max" else -1.0
    u = result.certificate.arrays["u"]
    for factor in (0.0, 0.5, 0.9, 1.1, 2.0):
        other = allocation.dual_bound(problem, u * factor)
        assert sign * result.bound <= sign * other + 1e-7 * max(1.0, abs(other))


@given(problem=allocation_problems(max_tasks=4))
@settings(max_examples=40)
def test_one_thread_or_two_the_optimum_is_the_same(problem: AllocationProblem) -> None:
    one, two = (allocation.solve(problem, method="highs", threads=threads) for threads in (1, 2))
    assert one.quality == two.quality
    assert one.value == (None if two.value is None else pytest.approx(two.value, rel=1e-9, abs=1e-12))


def test_evidence_is_what_it_says() -> None:
    problem = _tight()
    assert allocation.solve(problem, method="highs").bound_evidence is BoundEvidence.CLAIMED
    relaxed = allocation.solve(problem, method="lp")
    assert relaxed.bound_evidence is BoundEvidence.RECOMPUTED
    assert relaxed.solution is None
    assert relaxed.quality is Quality.NONE


def test_infeasible_problems_are_a_status() -> None:
    problem = AllocationProblem.from_matrices(np.ones((1, 2)), np.ones((1, 2)), [1.0], must_serve=[True, True])
    for method in ("highs", "lp"):
        result = allocation.solve(problem, method=method)
        assert result.quality is Quality.INFEASIBLE
        assert result.solution is None
        assert result.bound is None
        assert result.termination is Termination.PROVED
        assert allocation.verify(problem, result)


def test_a_fractional_relaxation_may_hide_that_nothing_is_feasible() -> None:
    problem = AllocationProblem.from_matrices(np.ones((2, 3)), np.full((2, 3), 2.0), [3.0, 3.0], must_serve=[True, True, True])
    assert allocation.solve(problem, method="highs").quality is Quality.CLAIMED_INFEASIBLE
    assert allocation.solve(problem, method="exact", seed=0).quality is Quality.INFEASIBLE  # its tree shows it
    relaxed = allocation.solve(problem, method="lp")
    assert relaxed.quality is Quality.NONE
    assert relaxed.bound is not None


def _answering(**given: Any) -> Any:
    usual: dict[str, Any] = {
        "x": None, "row_dual": None, "bound": -np.inf, "termination": Termination.PROVED, "infeasible": False,
        "nodes": 1, "iterations": 1, "status": "scripted",
    }  # fmt: skip
    return lambda *args, **kwargs: Answer(**(usual | given))


def test_an_incumbent_that_breaks_a_constraint_is_repaired_and_said(monkeypatch: pytest.MonkeyPatch) -> None:
    problem = _tight()
    everything_at_0 = np.array([1.0, 0.0] * 4)
    monkeypatch.setattr(_ROOM, "minimise", _answering(x=everything_at_0, bound=-99.0))
    result = allocation.solve(problem, method="highs")
    assert allocation.verify(problem, result)
    assert result.quality is Quality.FEASIBLE
    assert "broke a constraint and was repaired" in result.notes[0]
    assert result.solution is not None


def test_a_bound_on_the_wrong_side_is_never_an_optimum(monkeypatch: pytest.MonkeyPatch) -> None:
    problem = _tight()
    best = oracle.optimum(problem)
    assert best is not None
    x = np.zeros(problem.pairs)
    for j, i in enumerate(best[1]):
        if i >= 0:
            x[2 * j + i] = 1.0
    monkeypatch.setattr(_ROOM, "minimise", _answering(x=x, bound=-float(best[0]) + 1.0))
    result = allocation.solve(problem, method="highs")
    assert result.value == float(best[0])
    assert result.quality is Quality.FEASIBLE
    assert result.gap is not None
    assert result.gap < 0
    assert "bound" in allocation.verify(problem, result).failures


def test_a_false_infeasible_is_contradicted_by_a_known_solution(monkeypatch: pytest.MonkeyPatch) -> None:
    problem = _tight()
    monkeypatch.setattr(_ROOM, "minimise", _answering(infeasible=True))
    result = allocation.solve(problem, method="highs")
    assert result.quality is Quality.FEASIBLE
    assert result.termination is Termination.ERROR
    assert "claims infeasibility" in result.notes[0]


def test_an_optimum_with_nothing_inside_is_not_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    problem = AllocationProblem.from_matrices(np.ones((2, 3)), np.full((2, 3), 2.0), [3.0, 3.0], must_serve=[True, True, True])
    monkeypatch.setattr(_ROOM, "minimise", _answering(bound=-3.0))
    result = allocation.solve(problem, method="highs")
    assert result.solution is None
    assert result.quality is Quality.NONE


def test_a_start_is_the_least_one_gets() -> None:
    problem = allocation.generate(preset="hotspot", servers=20, tasks=200, seed=0)
    start = allocation.solve(problem, method="regret-greedy")
    result = allocation.solve(problem, method="highs", start=start.solution, stop=Stop(seconds=0.0))
    assert result.value is not None
    assert start.value is not None
    assert result.value >= start.value
    assert result.termination is Termination.TIME


def test_integral_problems_close_below_one() -> None:
    """The LP bound of an integral problem is rounded to the next integer inside, which may prove a heuristic's value."""
    problem = AllocationProblem.from_matrices([[3.0, 3.0]], [[2.0, 2.0]], [3.0])
    relaxed = allocation.solve(problem, method="lp")
    assert relaxed.bound == 3.0  # 4.5 and a hair, rounded to a multiple of 3
    result = allocation.solve(problem, method="highs")
    assert (result.value, result.bound, result.quality) == (3.0, 3.0, Quality.CLAIMED_OPTIMAL)
    assert isinstance(result.solution, Assignment)


# --- the library's own branch and bound -------------------------------------------------------------------------------------


def _drawn(seed: int, servers: int, tasks: int, kind: str, **options: Any) -> AllocationProblem:
    rng = np.random.default_rng(seed)
    shape = (servers, tasks)
    if kind == "integers":  # costs against weights, as in the GAP literature's class d
        weight = rng.integers(5, 26, shape).astype(float)
        value = 111.0 - weight + rng.integers(-10, 11, shape)
    elif kind == "knapsack":  # one item, one profit and one weight
        weight = np.tile(rng.integers(10, 60, tasks).astype(float), (servers, 1))
        value = np.tile(rng.integers(10, 60, tasks).astype(float), (servers, 1))
    else:
        weight = rng.uniform(0.1, 1.0, shape)
        value = weight * rng.uniform(1.0, 10.0, (1, tasks)) * rng.uniform(0.8, 1.2, shape)
    capacity = np.floor(weight.sum(axis=1) / servers * 0.8) if kind != "floats" else weight.sum(axis=1) / servers * 0.6
    return AllocationProblem.from_matrices(value, weight, capacity, **options)


def _same(one: float | None, other: float | None) -> bool:
    return one == (None if other is None else pytest.approx(other, rel=2e-9, abs=1e-12))


@given(problem=allocation_problems())
@settings(max_examples=100)
def test_branch_and_bound_finds_the_optimum_of_tiny_problems(problem: AllocationProblem) -> None:
    result = allocation.solve(problem, method="exact", seed=0)
    best = oracle.optimum(problem)
    assert allocation.verify(problem, result)
    if best is not None and 0 < abs(best[0] - Fraction(problem.offset)) < 1e10 * np.spacing(abs(problem.offset)):
        return  # the offset hides what is at stake: found, but not proved
    assert result.termination is Termination.PROVED
    if best is None:
        assert result.quality is Quality.INFEASIBLE
        assert result.bound is None
    else:
        assert _same(result.value, float(best[0]))


@given(problem=allocation_problems(max_tasks=5), anneal=st.booleans(), threads=st.integers(1, 2))
@settings(max_examples=40)
def test_with_or_without_annealing_by_turns_or_in_a_thread(problem: AllocationProblem, anneal: bool, threads: int) -> None:
    result = allocation.solve(problem, method="exact", seed=0, params=Exact(anneal=anneal), threads=threads)
    assert _same(result.value, allocation.solve(problem, method="highs").value)
    assert allocation.verify(problem, result)


@pytest.mark.parametrize("kind", ["integers", "knapsack", "floats"])
@pytest.mark.parametrize("seed", [1, 2])
def test_branch_and_bound_agrees_with_branch_and_cut(kind: str, seed: int) -> None:
    servers, tasks = (3, 15) if kind == "knapsack" else (5, 40)  # symmetric servers take branch and cut very long
    served = np.arange(tasks) % 3 == 0 if seed == 2 else None
    sense = "min" if kind == "integers" else "max"
    must = np.ones(tasks, dtype=bool) if kind == "integers" else served
    problem = _drawn(seed, servers, tasks, kind, must_serve=must, sense=sense, offset=2.0)
    ours, theirs = (allocation.solve(problem, method=method, seed=0, stop=Stop(seconds=60)) for method in ("exact", "highs"))
    assert (ours.quality, theirs.quality) == (Quality.OPTIMAL, Quality.CLAIMED_OPTIMAL)
    assert _same(ours.value, theirs.value)
    assert allocation.verify(problem, ours)


@pytest.mark.parametrize("scale", [1e-9, 1.0, 1e9])
def test_scales_do_not_matter(scale: float) -> None:
    plain = _drawn(3, 4, 24, "floats")
    problem = replace(plain, value=plain.value * scale, weight=plain.weight * scale, capacity=plain.capacity * scale)
    result = allocation.solve(problem, method="exact", seed=0)
    assert result.quality is Quality.OPTIMAL
    assert _same(result.value, scale * float(allocation.solve(plain, method="highs").value or 0.0))


def test_one_thread_repeats_itself() -> None:
    problem = _drawn(4, 5, 40, "integers", sense="min", must_serve=np.ones(40, dtype=bool))
    for stop in (None, Stop(iterations=7)):
        one, two = (allocation.solve(problem, method="exact", seed=5, stop=stop) for _ in range(2))
        assert (one.value, one.bound, one.stats.nodes) == (two.value, two.bound, two.stats.nodes)
        assert one.termination is (Termination.PROVED if stop is None else Termination.ITERATIONS)
        assert one.solution is not None
        assert two.solution is not None
        assert np.array_equal(one.solution.server, two.solution.server)
    assert one.stats.nodes == 7


def test_the_rules_and_the_observer_are_obeyed() -> None:
    problem = allocation.generate(preset="hotspot", servers=20, tasks=200, hot=2, seed=0)
    start = allocation.solve(problem, method="regret-greedy").solution
    first = allocation.solve(problem, method="exact", seed=0, start=start, stop=Stop(seconds=0.0))
    assert first.termination is Termination.TIME
    assert first.value is not None
    assert start is not None
    assert first.value >= allocation.value(problem, start)
    assert allocation.solve(problem, method="exact", seed=0, stop=Stop(gap=0.01)).termination is Termination.TARGET

    class Asking(Observer):
        def on_progress(self, progress: Progress) -> bool:
            return progress.value is not None

    for threads in (1, 2):
        result = allocation.solve(problem, method="exact", seed=0, threads=threads, observer=Asking(), trace=True)
        assert result.termination is Termination.OBSERVER
        assert result.trace is not None
        assert allocation.verify(problem, result)


def test_evidence_is_recomputed_where_a_certificate_reaches_the_bound() -> None:
    problem = _drawn(6, 5, 40, "floats")
    unrecorded = Exact(certificate_bytes=0)
    root = allocation.solve(problem, method="exact", seed=0, stop=Stop(iterations=1), params=unrecorded)
    assert root.certificate is not None
    assert root.certificate.kind == "assignment-multipliers"
    claimed = allocation.solve(problem, method="exact", seed=0, params=unrecorded)
    assert (claimed.bound_evidence, claimed.quality) == (BoundEvidence.CLAIMED, Quality.CLAIMED_OPTIMAL)
    assert any("is claimed" in note for note in claimed.notes)
    proved = allocation.solve(problem, method="exact", seed=0)
    assert (proved.bound_evidence, proved.quality) == (BoundEvidence.RECOMPUTED, Quality.OPTIMAL)
    assert proved.certificate is not None
    assert proved.certificate.kind == "branch-tree"
    assert proved.value == claimed.value
    assert root.bound is not None
    assert proved.bound is not None
    stated = assignment_dual_bound(problem, root.certificate.arrays["lambda"])
    assert proved.bound <= root.bound <= stated
    honest = replace(root, bound=stated, bound_evidence=BoundEvidence.RECOMPUTED)
    assert allocation.verify(problem, honest)


def test_root_multipliers_are_not_rebuilt_where_a_tree_bounds_below_them(monkeypatch: pytest.MonkeyPatch) -> None:
    """That takes an eighth of a second for 100,000 pairs, after the time rule has ended the run."""
    problem = _drawn(6, 5, 40, "floats")
    rebuilt: list[float] = []

    def counting(*arguments: Any) -> float:
        rebuilt.append(assignment_dual_bound(*arguments))
        return rebuilt[-1]

    monkeypatch.setattr("edgeworth.solvers.allocation.exact.evidence.assignment_dual_bound", counting)
    proved = allocation.solve(problem, method="exact", seed=0)
    assert proved.certificate is not None
    assert (proved.certificate.kind, rebuilt) == ("branch-tree", [])
    root = allocation.solve(problem, method="exact", seed=0, stop=Stop(iterations=1), params=Exact(certificate_bytes=0))
    assert root.certificate is not None
    assert (root.certificate.kind, len(rebuilt)) == ("assignment-multipliers", 1)


def test_planted_faults_in_assignment_multipliers_are_caught() -> None:
    problem = _drawn(6, 5, 40, "floats")
    stop, unrecorded = Stop(iterations=1), Exact(certificate_bytes=0)
    root = allocation.solve(problem, method="exact", seed=0, stop=stop, params=unrecorded)
    assert root.certificate is not None
    lam = root.certificate.arrays["lambda"]
    stated = assignment_dual_bound(problem, lam)
    good = replace(root, bound=stated, bound_evidence=BoundEvidence.RECOMPUTED)
    faults: list[dict[str, Any]] = [
        {"bound": stated * (1.0 - 1e-6)},
        {"certificate": Certificate("assignment-multipliers", {"lambda": lam * 1.01})},
        {"certificate": Certificate("assignment-multipliers", {"lambda": lam - lam.max()})},
        {"certificate": Certificate("assignment-multipliers", {"u": lam})},
        {"certificate": Certificate("capacity-multipliers", {"lambda": lam})},
        {"certificate": Certificate("assignment-multipliers", {"lambda": lam[1:]})},
    ]
    for fault in faults:
        assert "bound" in allocation.verify(problem, replace(good, **fault)).failures


@given(problem=allocation_problems(max_tasks=4), data=st.data())
def test_assignment_multipliers_bound_every_assignment(problem: AllocationProblem, data: st.DataObject) -> None:
    """Weak duality against brute force, and the exact dual function within the margin for rounding."""
    number = st.one_of(st.just(0.0), st.floats(0.0, 1e3, allow_subnormal=False))
    lam = np.array(data.draw(st.lists(number, min_size=problem.tasks, max_size=problem.tasks)), dtype=np.float64)
    lam[problem.must_serve] -= data.draw(st.sampled_from([0.0, 7.0]))
    bound = assignment_dual_bound(problem, lam)
    sign = 1 if problem.sense == "max" else -1
    exact = oracle.assignment_lagrangian(problem, lam)
    best = oracle.optimum(problem)
    if exact is None:
        assert bound == -sign * np.inf
        return
    inside = oracle.rounded(problem, exact[0])
    assert sign * bound >= sign * inside
    step = oracle.grid(problem) or 0  # a hair above a multiple of the grid the bound stays at the next one
    assert abs(Fraction(bound) - inside) <= max(Fraction(1, 10**12) * exact[1], step)
    if best is not None:
        assert sign * bound >= sign * best[0]


def test_assignment_multipliers_must_fit_the_problem() -> None:
    problem = _tight()
    for wrong in ([1.0], [0.0, 0.0, 0.0, np.nan], [0.0, 0.0, 0.0, -1.0]):
        with pytest.raises(ValueError, match="multipliers"):
            assignment_dual_bound(problem, wrong)


def test_too_many_states_leave_an_upper_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    weight = rng.uniform(0.1, 1.0, 40)
    gain, room = weight * rng.uniform(0.99, 1.01, 40), float(weight.sum()) / 2.0
    sharp = knapsack_bound(gain, weight, room)
    monkeypatch.setattr("edgeworth.solvers.allocation.model.duals._STATES", 10)
    assert sharp <= knapsack_bound(gain, weight, room) <= sharp * 1.05


@pytest.mark.parametrize("states", [0, 1_000])
@pytest.mark.parametrize(
    ("gain", "weight", "room", "best"),
    [
        ([5.0, 4.0, 3.0, 9.0], [23.0, 26.0, 30.0, 3e19], 50.0, 9.0),
        ([1.0, 2.0, 3.0], [1e25, 2e25, 2e25], 0.0, 0.0),
        ([1e9, 1.0, 3.0, 2.0], [1e25, 15.0, 17.0, 19.0], 1e25, 1e9),
        ([2.0, 3.0, 4.0], [0.0, 2.0**53, 2.0**53], 2.0**53, 6.0),
        ([2.0, 3.0, 4.0], [2.0, 3.0, 4.0], 6.5, 6.0),
    ],
)
def test_a_table_is_never_larger_than_it_may_be(
    monkeypatch: pytest.MonkeyPatch, gain: list[float], weight: list[float], room: float, best: float, states: int
) -> None:
    monkeypatch.setattr("edgeworth.solvers.allocation.model.duals._STATES", states)
    bound = knapsack_bound(np.array(gain), np.array(weight), room)
    assert best <= bound <= best + max(gain) * 1.01
    if room < 1e6:
        assert bound == pytest.approx(best, rel=1e-9, abs=1e-9)


def test_multiple_knapsacks_are_recognised() -> None:
    problem = _drawn(7, 5, 40, "knapsack")
    best = allocation.solve(problem, method="exact", seed=0)
    assert best.value is not None
    assert best.value <= surrogate_bound(problem) < best.value + 60.0
    assert surrogate_bound(_drawn(7, 5, 40, "integers")) == np.inf


@pytest.mark.parametrize(
    ("values", "grid"), [([6.0, -4.0], 2.0), ([0.75, 2.5], 0.25), ([0.1, 1.0], 0.0), ([0.0, 0.0], 1.0), ([1e20, 1.0], 0.0)]
)
def test_the_grid_of_values(values: list[float], grid: float) -> None:
    assert AllocationProblem.from_matrices([values], [[1.0, 1.0]], [2.0]).grid == grid


def test_large_problems_go_without_a_tree() -> None:
    problem = _drawn(8, 5, 40, "floats")
    result = allocation.solve(problem, method="exact", seed=0, params=Exact(tree_pairs=100), stop=Stop(seconds=5))
    assert "no tree" in result.notes[0]
    assert result.bound_evidence is BoundEvidence.RECOMPUTED
    assert allocation.verify(problem, result)


def test_a_full_stack_ends_unproved(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("edgeworth.solvers.allocation.exact.arrays._STACK", (2, 2))
    problem = _drawn(9, 5, 40, "integers", sense="min", must_serve=np.ones(40, dtype=bool))
    result = allocation.solve(problem, method="exact", seed=0, params=Exact(core=False))
    assert result.termination is Termination.CONVERGED
    assert "open nodes" in result.notes[0]
    assert allocation.verify(problem, result)


def test_where_there_is_no_time_for_a_tree_the_lagrangian_answers() -> None:
    problem = allocation.generate(servers=10, tasks=10_000, seed=0)
    result = allocation.solve(problem, method="exact", stop=Stop(seconds=0.3), seed=0)  # 4 microseconds a pair are .4 s
    assert any(note.startswith(f"too little time for {problem.pairs} pairs") for note in result.notes)
    assert result.bound is not None
    assert allocation.verify(problem, result)
