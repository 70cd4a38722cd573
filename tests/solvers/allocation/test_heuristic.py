"""Constructive methods on instances whose course is known by hand, and their guarantee."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeworth.solvers import allocation
from edgeworth.solvers.allocation import AllocationProblem
from edgeworth.testing import allocation_problems
from tests.oracles import allocation as oracle

CONSTRUCTIVE = ("random", "greedy", "regret-greedy")


def _servers(problem: AllocationProblem, method: str, **given: object) -> list[int]:
    result = allocation.solve(problem, method=method, **given)  # type: ignore[arg-type]
    assert result.solution is not None
    return result.solution.server.tolist()  # type: ignore[no-any-return]


def test_greedy_takes_tasks_in_order_and_the_best_server_with_room() -> None:
    problem = AllocationProblem.from_matrices(
        value=[[3.0, 5.0, 4.0, -1.0], [2.0, 1.0, 4.0, -2.0]], weight=np.ones((2, 4)), capacity=[1.0, 3.0]
    )
    assert _servers(problem, "greedy") == [0, 1, 1, -1]  # not at a loss


def test_greedy_breaks_ties_by_the_lowest_server() -> None:
    problem = AllocationProblem.from_matrices(np.ones((3, 4)), np.ones((3, 4)), [2.0, 1.0, 1.0])
    assert _servers(problem, "greedy") == [0, 0, 1, 2]


@given(problem=allocation_problems())
def test_greedy_against_a_naive_greedy(problem: AllocationProblem) -> None:
    table = oracle.pairs(problem)
    sign = 1.0 if problem.sense == "max" else -1.0
    room = [float(c) * (1.0 + 1e-9) for c in problem.capacity]
    servers = []
    for j in range(problem.tasks):
        fitting = [i for i in range(problem.servers) if (j, i) in table and table[j, i][1] <= room[i]]
        best = max(fitting, key=lambda i, j=j: (sign * table[j, i][0], -i), default=-1)
        if best >= 0 and not problem.must_serve[j] and sign * table[j, best][0] <= 0.0:
            best = -1
        if best >= 0:
            room[best] -= table[j, best][1]
        servers.append(best)
    result = allocation.solve(problem, method="greedy")
    if any(i < 0 and problem.must_serve[j] for j, i in enumerate(servers)):
        assert result.solution is None
        assert "found no room" in result.notes[0]
    else:
        assert result.solution is not None
        assert result.solution.server.tolist() == servers


def test_regret_serves_first_who_would_lose_most() -> None:
    """Greedy gives server 0 to task 0, which has a good second choice; task 1 has none."""
    problem = AllocationProblem.from_matrices([[5.0, 4.0], [4.5, 0.5]], np.ones((2, 2)), [1.0, 1.0])
    assert _servers(problem, "greedy") == [0, 1]
    for desirability in ("profit", "density", "best"):
        assert _servers(problem, "regret-greedy", params=allocation.RegretGreedy(desirability)) == [1, 0]


@given(problem=allocation_problems(max_tasks=4), desirability=st.sampled_from(["profit", "density", "share"]))
def test_the_best_of_all_desirabilities_is_the_best(problem: AllocationProblem, desirability: str) -> None:
    best = allocation.solve(problem, method="regret-greedy")
    one = allocation.solve(problem, method="regret-greedy", params=allocation.RegretGreedy(desirability))
    if one.value is not None:
        assert best.value is not None
        assert best.value >= one.value if problem.sense == "max" else best.value <= one.value


@given(problem=allocation_problems())
def test_regret_leaves_no_profitable_task_with_room_outside(problem: AllocationProblem) -> None:
    result = allocation.solve(problem, method="regret-greedy")
    if result.solution is None:
        return
    servers = result.solution.server.tolist()
    table, load = oracle.pairs(problem), oracle.loads(problem, servers)
    sign = 1.0 if problem.sense == "max" else -1.0
    for (j, i), (worth, weight) in table.items():
        if servers[j] < 0 and sign * worth > 0.0:
            assert load[i] + weight > float(problem.capacity[i])


def test_random_is_uniform_over_servers_with_room() -> None:
    problem = AllocationProblem.from_matrices(np.ones((4, 1)), np.ones((4, 1)), [1.0, 1.0, 0.5, 1.0])
    counts = np.bincount([_servers(problem, "random", seed=seed)[0] for seed in range(600)], minlength=4)
    assert counts[2] == 0
    assert counts.sum() == 600
    assert np.all(np.abs(counts[[0, 1, 3]] - 200) < 60)  # 5 standard deviations


@given(problem=allocation_problems(max_tasks=4, must_serve=False), seed=st.integers(0, 50))
def test_random_leaves_a_task_out_only_for_lack_of_room(problem: AllocationProblem, seed: int) -> None:
    servers = _servers(problem, "random", seed=seed)
    load, table = [0.0] * problem.servers, oracle.pairs(problem)
    for j, i in enumerate(servers):
        fitting = [k for k in range(problem.servers) if (j, k) in table and load[k] + table[j, k][1] <= problem.limit[k]]
        assert (i in fitting) if i >= 0 else not fitting
        if i >= 0:
            load[i] += table[j, i][1]


@pytest.mark.parametrize("method", CONSTRUCTIVE)
def test_without_optional_losses_constructive_values_are_never_worse_than_nothing(method: str) -> None:
    for seed in range(5):
        problem = allocation.generate(preset="large", servers=12, tasks=80, seed=seed)
        result = allocation.solve(problem, method=method, seed=seed)
        assert result.value is not None
        assert result.value > 0.0
        assert allocation.verify(problem, result)


def test_the_paper_needs_no_optimisation_on_table_one() -> None:
    """MODELS section 9.4: capacity never binds on Table I and sending costs what a task earns, so greedy is optimal."""
    for seed in range(5):
        problem = allocation.generate(seed=seed)
        greedy, exact = (allocation.solve(problem, method=name) for name in ("greedy", "highs"))
        assert exact.quality == "claimed optimal"
        assert greedy.value == pytest.approx(exact.value, rel=1e-9)
        assert greedy.solution is not None
        measured = allocation.measures(problem, greedy.solution)
        assert measured["sent_share"] == 0.0
        assert measured["peak_utilisation"] < 1.0


def test_it_does_where_tasks_outnumber_capacity() -> None:
    losses = []
    for seed in range(3):
        problem = allocation.generate(servers=4, tasks=120, seed=seed)
        greedy = allocation.solve(problem, method="greedy").value
        bound = allocation.solve(problem, method="lp").bound
        assert greedy is not None
        assert bound is not None
        losses.append(1.0 - greedy / bound)
    assert min(losses) > 0.03
