"""What must not change, or must change in a known way, when a problem is told differently."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeworth import Quality
from edgeworth.solvers import allocation
from edgeworth.solvers.allocation import AllocationProblem, Assignment
from edgeworth.testing import allocation_problems, assignments
from tests.oracles import allocation as oracle

PROBLEMS = allocation_problems(systems=False)


def _renamed(problem: AllocationProblem, tasks: list[int], servers: list[int]) -> AllocationProblem:
    """Task j becomes tasks[j], server i becomes servers[i]."""
    table = oracle.pairs(problem)
    capacity, must = np.zeros(problem.servers), np.zeros(problem.tasks, dtype=bool)
    for i, c in enumerate(problem.capacity):
        capacity[servers[i]] = c
    for j, flag in enumerate(problem.must_serve):
        must[tasks[j]] = flag
    return AllocationProblem.from_pairs(
        task=[tasks[j] for j, _ in table],
        server=[servers[i] for _, i in table],
        value=[v for v, _ in table.values()],
        weight=[w for _, w in table.values()],
        capacity=capacity,
        tasks=problem.tasks,
        must_serve=must,
        sense=problem.sense,
        offset=problem.offset,
    )


def _optimum(problem: AllocationProblem) -> float | None:
    result = allocation.solve(problem, method="highs")
    assert allocation.verify(problem, result)
    assert result.quality in (Quality.CLAIMED_OPTIMAL, Quality.INFEASIBLE, Quality.CLAIMED_INFEASIBLE)
    return result.value


@given(st.data())
def test_renaming_changes_neither_value_nor_optimum_nor_bound(data: st.DataObject) -> None:
    problem = data.draw(PROBLEMS)
    tasks = data.draw(st.permutations(range(problem.tasks)))
    servers = data.draw(st.permutations(range(problem.servers)))
    other = _renamed(problem, tasks, servers)
    assignment = data.draw(assignments(problem))
    moved = np.full(problem.tasks, -1)
    for j, i in enumerate(assignment.server):
        moved[tasks[j]] = servers[i] if i >= 0 else -1
    there = Assignment(moved)
    rules = sorted(v.rule for v in allocation.violations(problem, assignment))
    assert rules == sorted(v.rule for v in allocation.violations(other, there))
    if "eligibility" not in rules:
        assert allocation.value(problem, assignment) == allocation.value(other, there)  # sums are correctly rounded
    before, after = _optimum(problem), _optimum(other)
    assert after == (None if before is None else pytest.approx(before, rel=1e-9, abs=1e-12))
    u = np.arange(1.0, problem.servers + 1.0)
    renamed = np.zeros(problem.servers)
    renamed[list(servers)] = u
    one, two = allocation.dual_bound(problem, u), allocation.dual_bound(other, renamed)
    assert one == pytest.approx(two, rel=1e-12)


@given(problem=PROBLEMS)
def test_constructive_methods_do_not_care_for_the_order_of_servers(problem: AllocationProblem) -> None:
    """With distinct values there are no ties, and the order of the servers is only a name."""
    spread = replace(problem, value=problem.value + 1e-3 * np.sqrt(2.0 + np.arange(problem.pairs)), offset=0.0)
    other = _renamed(spread, list(range(problem.tasks)), list(range(problem.servers))[::-1])
    one, two = (allocation.solve(p, method="greedy") for p in (spread, other))
    assert one.value == two.value


@given(problem=PROBLEMS, power=st.integers(-20, 20))
def test_scaling_values_scales_the_answer(problem: AllocationProblem, power: int) -> None:
    factor = 2.0**power
    other = replace(problem, value=problem.value * factor, offset=problem.offset * factor)
    for method in ("greedy", "regret-greedy", "random"):
        one, two = (allocation.solve(p, method=method, seed=5) for p in (problem, other))
        assert (one.value is None) == (two.value is None)
        if one.value is not None:
            assert two.value == one.value * factor  # powers of two are exact
    before, after = _optimum(problem), _optimum(other)
    assert after == (None if before is None else pytest.approx(before * factor, rel=1e-9))


@given(problem=PROBLEMS, power=st.integers(-12, 12))
def test_scaling_weights_and_capacities_changes_nothing(problem: AllocationProblem, power: int) -> None:
    factor = 2.0**power
    other = replace(problem, weight=problem.weight * factor, capacity=problem.capacity * factor)
    assert [v.rule for v in allocation.violations(problem, _everyone(problem))] == [
        v.rule for v in allocation.violations(other, _everyone(other))
    ]
    before, after = _optimum(problem), _optimum(other)
    assert after == (None if before is None else pytest.approx(before, rel=1e-9, abs=1e-12))


def _everyone(problem: AllocationProblem) -> Assignment:
    first = problem.indptr[:-1]
    there = first < problem.indptr[1:]
    server = np.full(problem.tasks, -1)
    server[there] = problem.server[first[there]]
    return Assignment(server)


@given(problem=PROBLEMS, capacity=st.sampled_from([0.0, 5.0]))
def test_a_server_that_nobody_reaches_changes_nothing(problem: AllocationProblem, capacity: float) -> None:
    other = replace(problem, capacity=np.append(problem.capacity, capacity))
    for method in ("greedy", "regret-greedy", "random"):
        one, two = (allocation.solve(p, method=method, seed=2) for p in (problem, other))
        assert one.value == two.value
    before, after = _optimum(problem), _optimum(other)
    assert after == (None if before is None else pytest.approx(before, rel=1e-9, abs=1e-12))


@given(problem=PROBLEMS)
def test_min_is_max_of_the_negated_values(problem: AllocationProblem) -> None:
    mirrored = replace(problem, value=-problem.value, offset=-problem.offset, sense="min" if problem.sense == "max" else "max")
    for method in ("greedy", "regret-greedy", "random", "lp", "highs"):
        one, two = (allocation.solve(p, method=method, seed=4) for p in (problem, mirrored))
        assert one.quality == two.quality
        for name in ("value", "bound"):
            ours, theirs = getattr(one, name), getattr(two, name)
            assert (ours is None) == (theirs is None)
            assert ours is None or ours == -theirs
        assert one.gap == two.gap


@given(problem=PROBLEMS, shift=st.sampled_from([-8.0, 0.5, 1024.0]))
def test_the_offset_moves_value_and_bound_alike(problem: AllocationProblem, shift: float) -> None:
    other = replace(problem, offset=problem.offset + shift)
    before, after = _optimum(problem), _optimum(other)
    assert after == (None if before is None else pytest.approx(before + shift, rel=1e-9, abs=1e-9))


@given(problem=PROBLEMS)
def test_more_room_never_hurts(problem: AllocationProblem) -> None:
    roomy = replace(problem, capacity=problem.capacity * 2.0)
    before, after = _optimum(problem), _optimum(roomy)
    if before is not None:
        assert after is not None
        sign = 1.0 if problem.sense == "max" else -1.0
        assert sign * after >= sign * before - 1e-9 * max(1.0, abs(before))
