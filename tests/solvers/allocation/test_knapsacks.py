"""Multiple knapsacks with few items each: what `exact` makes of the structure, against brute force and the checker."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edgeworth import BoundEvidence, Quality, Stop
from edgeworth.core.result import Certificate, Result
from edgeworth.solvers import allocation
from edgeworth.solvers.allocation import AllocationProblem, Assignment, Exact
from edgeworth.solvers.allocation.exact.filling import knapsack_items
from edgeworth.solvers.allocation.exact.patterns import Master, PatternBound
from edgeworth.solvers.allocation.model import assignment_dual_bound
from tests.oracles import allocation as oracle
from tests.solvers.allocation.knapsacks import multiple_knapsack

CLASSES = ("uncorrelated", "weak", "strong", "subset")


@st.composite
def small(draw: st.DrawFn) -> AllocationProblem:
    """Two or three knapsacks and few items, with equal capacities, items too heavy and items worth nothing among them."""
    n, m = draw(st.integers(2, 3)), draw(st.integers(1, 6))
    numbers = st.integers(0, 12)
    weight = draw(st.lists(numbers, min_size=m, max_size=m))
    profit = draw(st.lists(st.integers(-2, 12), min_size=m, max_size=m))
    room = draw(st.lists(st.integers(0, 14), min_size=n, max_size=n))
    sense = draw(st.sampled_from(["max", "min"]))
    return AllocationProblem.from_matrices(np.tile(profit, (n, 1)), np.tile(weight, (n, 1)), room, sense=sense)


@given(problem=small(), threads=st.sampled_from([1, 2]))
@settings(max_examples=25)
def test_the_optimum_is_that_of_brute_force(problem: AllocationProblem, threads: int) -> None:
    best = oracle.optimum(problem)
    result = allocation.solve(problem, method="exact", seed=0, threads=threads)
    assert best is not None
    assert result.value == float(best[0])
    assert result.quality is Quality.OPTIMAL
    assert result.bound_evidence is BoundEvidence.RECOMPUTED
    assert allocation.verify(problem, result)


@pytest.mark.parametrize("profits", CLASSES)
def test_what_highs_proves_too(profits: str) -> None:
    problem = multiple_knapsack(profits, 3, 9, 1)
    result = allocation.solve(problem, method="exact", seed=0)
    assert result.quality is Quality.OPTIMAL
    assert result.value == allocation.solve(problem, method="highs").value
    assert allocation.verify(problem, result)


def test_the_structure_is_noticed_only_where_it_is() -> None:
    problem = multiple_knapsack("weak", 4, 10, 0)
    items = knapsack_items(problem)
    assert items is not None
    assert items.room.tolist() == problem.capacity.tolist()
    value, weight = (np.tile(row, (4, 1)) for row in (items.profit, items.weight))
    other = value.copy()
    other[2, 1] += 1.0
    must = np.arange(10) == 4
    for changed in (
        AllocationProblem.from_matrices(other, weight, problem.capacity),
        AllocationProblem.from_matrices(value, weight, problem.capacity, must_serve=must),
        AllocationProblem.from_matrices(value, weight, problem.capacity + 0.5),
        AllocationProblem.from_matrices(value, weight, problem.capacity * 1e7),
        AllocationProblem.from_matrices(value[:1], weight[:1], problem.capacity[:1]),
        AllocationProblem.from_matrices(np.tile(value, 20), np.tile(weight, 20), problem.capacity),
        AllocationProblem.from_pairs(
            problem.task[1:], problem.server[1:], problem.value[1:], problem.weight[1:], problem.capacity, tasks=10
        ),
    ):
        assert knapsack_items(changed) is None


@pytest.mark.parametrize("profits", CLASSES)
def test_the_bound_by_sets_lies_between_optimum_and_lp(profits: str) -> None:
    problem = multiple_knapsack(profits, 4, 10, 2)
    items = knapsack_items(problem)
    assert items is not None
    bound = PatternBound(items, np.zeros(10), 2.0**-20)
    nobody = np.full(10, -1)
    for _ in range(1000):
        if bound.over:
            break
        bound.advance(0.0, nobody, np.inf)
    assert bound.solved
    optimum = allocation.solve(problem, method="highs").value
    linear = allocation.solve(problem, method="lp").bound
    assert optimum is not None
    assert linear is not None
    assert optimum <= bound.bound * (1.0 + 1e-9)
    assert np.floor(bound.bound) <= linear
    assert assignment_dual_bound(problem, bound.lam) == np.floor(bound.bound + 1e-6)


@pytest.fixture(scope="module")
def branched() -> tuple[AllocationProblem, Result[Assignment]]:
    problem = multiple_knapsack("strong", 4, 10, 1)
    result = allocation.solve(problem, method="exact", seed=0)
    assert result.certificate is not None
    assert result.certificate.kind == "branch-tree"
    assert len(result.certificate.arrays["branched"]) > 1
    return problem, result


def test_the_tree_over_sets_is_repeated_by_the_checker(branched: tuple[AllocationProblem, Result[Assignment]]) -> None:
    problem, result = branched
    assert result.quality is Quality.OPTIMAL
    assert allocation.verify(problem, result)


@pytest.mark.parametrize("fault", ["target", "multipliers", "leaf"])
def test_a_tree_that_proves_less_is_caught(fault: str, branched: tuple[AllocationProblem, Result[Assignment]]) -> None:
    problem, result = branched
    assert result.certificate is not None
    assert result.value is not None
    arrays = {name: np.array(array) for name, array in result.certificate.arrays.items()}
    if fault == "target":
        arrays["target"] = np.array([result.value])
    elif fault == "multipliers":
        arrays["multipliers"] = np.zeros_like(arrays["multipliers"])
    else:
        arrays["branched"], arrays["rounds"] = arrays["branched"][-1:], arrays["rounds"][:1]
        arrays["multipliers"] = arrays["multipliers"][: int(arrays["rounds"][0])]
    forged = replace(result, certificate=Certificate("branch-tree", arrays))
    assert not allocation.verify(problem, forged)


def test_same_seed_same_answer() -> None:
    problem = multiple_knapsack("uncorrelated", 5, 15, 3)
    stop = Stop(iterations=5)
    one, two = (allocation.solve(problem, method="exact", seed=7, stop=stop) for _ in range(2))
    assert one.solution is not None
    assert two.solution is not None
    assert one.solution.server.tolist() == two.solution.server.tolist()
    assert (one.bound, one.stats.nodes) == (two.bound, two.stats.nodes)


def test_a_start_is_never_lost() -> None:
    problem = multiple_knapsack("subset", 6, 30, 4)
    first = allocation.solve(problem, method="regret-greedy")
    again = allocation.solve(problem, method="exact", start=first.solution, stop=Stop(iterations=0), seed=0)
    assert first.value is not None
    assert again.value is not None
    assert again.value >= first.value


def test_a_record_too_large_is_dropped(branched: tuple[AllocationProblem, Result[Assignment]]) -> None:
    problem, whole = branched
    result = allocation.solve(problem, method="exact", seed=0, params=Exact(certificate_bytes=20))
    assert result.value == whole.value
    assert result.quality is Quality.CLAIMED_OPTIMAL
    assert allocation.verify(problem, result)


def test_an_item_of_no_weight_and_great_profit_warns_of_nothing() -> None:
    profit, weight = [[2e9, 1e9, 1e9]] * 2, [[0, 3, 4]] * 2
    result = allocation.solve(AllocationProblem.from_matrices(profit, weight, [3, 2]), method="exact", seed=0)
    assert (result.value, result.quality) == (3e9, Quality.OPTIMAL)


def test_an_lp_that_highs_refuses_is_not_waited_for() -> None:
    items = knapsack_items(multiple_knapsack("weak", 4, 10, 0))
    assert items is not None
    master = Master(items.profit, np.ones(4, dtype=np.int64))
    master.add(0, np.array([0]), float(items.profit[0]), needed=True)
    master.restrict(np.zeros(1, dtype=bool), np.ones(4, dtype=bool))
    assert not master.solve(np.inf)
    assert master.failed


def test_a_tree_that_begins_with_few_sets_proves_as_much(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("edgeworth.solvers.allocation.exact.set_tree._SETS", 0)
    varied = multiple_knapsack("strong", 4, 10, 1)
    problem = AllocationProblem.from_pairs(
        varied.task, varied.server, varied.value, varied.weight, np.full(4, varied.capacity.max()), tasks=10
    )
    result = allocation.solve(problem, method="exact", seed=0)
    assert result.value == allocation.solve(problem, method="highs").value
    assert result.quality is Quality.OPTIMAL
    assert allocation.verify(problem, result)
