"""The model against its naive second implementation."""

from __future__ import annotations

import math
import pickle
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from edgeworth.solvers import allocation
from edgeworth.solvers.allocation import AllocationProblem, Assignment, MecSystem
from edgeworth.solvers.allocation.model import functions
from edgeworth.testing import allocation_problems, assignments, mec_systems, multipliers
from tests.oracles import allocation as oracle

PROBLEMS = allocation_problems()


@given(st.data())
def test_value_loads_and_feasibility_agree_with_the_oracle(data: st.DataObject) -> None:
    problem = data.draw(PROBLEMS)
    assignment = data.draw(assignments(problem))
    servers = assignment.server.tolist()
    assert functions.loads(problem, assignment).tolist() == oracle.loads(problem, servers)
    assert (not allocation.violations(problem, assignment)) == oracle.feasible(problem, servers)
    try:
        exact = oracle.value(problem, servers)
    except KeyError:
        with pytest.raises(ValueError, match="must be eligible"):
            allocation.value(problem, assignment)
        return
    assert allocation.value(problem, assignment) == float(exact)  # fsum is correctly rounded, and so is float(Fraction)


@given(st.data())
def test_violations_name_what_the_oracle_finds(data: st.DataObject) -> None:
    problem = data.draw(PROBLEMS)
    assignment = data.draw(assignments(problem))
    servers = assignment.server.tolist()
    table = oracle.pairs(problem)
    found = allocation.violations(problem, assignment)
    at_pair = {(v.at("task"), v.at("server")) for v in found if v.rule == "eligibility"}
    assert at_pair == {(j, i) for j, i in enumerate(servers) if i >= 0 and (j, i) not in table}
    over = {v.at("server") for v in found if v.rule == "capacity"}
    load = oracle.loads(problem, servers)
    assert over == {i for i, c in enumerate(problem.capacity.tolist()) if load[i] > c * (1 + 1e-9)}
    lost = {v.at("task") for v in found if v.rule == "must_serve"}
    assert lost == {j for j, i in enumerate(servers) if i < 0 and problem.must_serve[j]}
    for violation in found:
        assert violation.replay(problem, assignment) == violation.amount > 0
        assert str(violation) == violation.text


def test_a_replayed_violation_is_gone_once_it_is_repaired() -> None:
    problem = AllocationProblem.from_matrices([[1.0, 1.0]], [[1.0, 1.0]], [1.5])
    (violation,) = allocation.violations(problem, Assignment(np.array([0, 0])))
    assert violation.amount == pytest.approx((2.0 - 1.5) / 1.5)
    assert violation.replay(problem, Assignment(np.array([0, -1]))) == 0.0


def test_the_tolerance_is_one_in_a_billion_of_the_capacity() -> None:
    problem = AllocationProblem.from_matrices([[1.0, 1.0]], [[0.5, 0.5]], [1.0])
    both = Assignment(np.array([0, 0]))
    assert not allocation.violations(replace(problem, capacity=np.array([1.0 - 5e-10])), both)
    assert allocation.violations(replace(problem, capacity=np.array([1.0 - 2e-9])), both)


@given(system=mec_systems())
def test_eligibility_and_values_from_raw_fields(system: MecSystem) -> None:
    problem = AllocationProblem.from_system(system)
    table = oracle.pairs(problem)
    for j in range(system.tasks):
        for i in range(system.servers):
            if oracle.margin(system, j, i) > 1e-8:  # at the edge the last bit decides
                assert ((j, i) in table) == oracle.eligible(system, j, i)
            if (j, i) in table:
                assert table[j, i][0] == pytest.approx(oracle.pair_value(system, j, i), rel=1e-12, abs=1e-12)


@given(st.data())
def test_server_utilities_agree_with_the_oracle_and_sum_to_the_welfare(data: st.DataObject) -> None:
    system = data.draw(mec_systems())
    problem = AllocationProblem.from_system(system)
    assignment = data.draw(assignments(problem))
    assume(not np.any(functions.positions(problem, assignment) == -2))
    utilities = allocation.server_utilities(problem, assignment)
    assert utilities.tolist() == pytest.approx(oracle.utilities(system, assignment.server.tolist()), rel=1e-12, abs=1e-9)
    assert utilities.sum() == pytest.approx(allocation.value(problem, assignment), rel=1e-12, abs=1e-9)


@given(st.data())
def test_the_fee_moves_money_but_not_welfare(data: st.DataObject) -> None:
    system = data.draw(mec_systems())
    assignment = data.draw(assignments(AllocationProblem.from_system(system)))
    free, dear = (AllocationProblem.from_system(replace(system, fee_share=share)) for share in (0.0, 0.5))
    assert oracle.pairs(free) == oracle.pairs(dear)
    assume(not np.any(functions.positions(free, assignment) == -2))
    assert allocation.value(free, assignment) == allocation.value(dear, assignment)


@given(st.data())
def test_the_dual_bound_is_the_exact_lagrangian_rounded_outward(data: st.DataObject) -> None:
    problem = data.draw(allocation_problems(integral=False))
    u = data.draw(multipliers(problem))
    bound = allocation.dual_bound(problem, u)
    exact = oracle.lagrangian(problem, u)
    if exact is None:
        assert bound == (-math.inf if problem.sense == "max" else math.inf)
        return
    assume(not problem.integral)
    value, scale = oracle.rounded(problem, exact[0]), exact[1]
    outward = Fraction(bound) - value if problem.sense == "max" else value - Fraction(bound)
    assert outward >= 0
    step = oracle.grid(problem) or 0  # a hair above a multiple of the grid the bound stays at the next one
    assert outward <= Fraction(1, 10**12) * scale or outward == step


@given(st.data())
def test_integral_dual_bounds_are_the_next_value_inside(data: st.DataObject) -> None:
    problem = data.draw(allocation_problems(integral=True))
    u = data.draw(multipliers(problem))
    bound, exact = allocation.dual_bound(problem, u), oracle.lagrangian(problem, u)
    if exact is None:
        return
    value, scale = exact
    assert bound == int(bound)
    slack = Fraction(1, 10**12) * scale
    if problem.sense == "max":
        assert oracle.rounded(problem, value) <= bound <= oracle.rounded(problem, value + slack)
    else:
        assert oracle.rounded(problem, value - slack) <= bound <= oracle.rounded(problem, value)


@given(st.data())
@settings(max_examples=100)
def test_weak_duality_against_brute_force(data: st.DataObject) -> None:
    problem = data.draw(allocation_problems(max_tasks=4))
    u = data.draw(multipliers(problem))
    best = oracle.optimum(problem)
    if best is None:
        return
    bound = Fraction(allocation.dual_bound(problem, u)) if math.isfinite(allocation.dual_bound(problem, u)) else None
    assert bound is not None
    assert bound >= best[0] if problem.sense == "max" else bound <= best[0]


def test_tiny_products_do_not_break_the_outward_rounding() -> None:
    """u w below the smallest normal number loses its relative precision; the bound must stay on its side."""
    problem = AllocationProblem.from_matrices([[3e-310, 1e-310]], [[1e-160, 3e-160]], [1.0])
    u = np.array([1e-160])
    exact = oracle.lagrangian(problem, u)
    assert exact is not None
    assert Fraction(allocation.dual_bound(problem, u)) >= exact[0]


@pytest.mark.parametrize("u", [[-1.0], [math.nan], [math.inf], [0.0, 0.0], [], [[0.0]]])
def test_multipliers_that_prove_nothing_are_refused(u: list[float]) -> None:
    problem = AllocationProblem.from_matrices([[1.0]], [[1.0]], [1.0])
    with pytest.raises(ValueError, match="multipliers"):
        allocation.dual_bound(problem, u)


@given(problem=PROBLEMS)
def test_arrays_are_copied_and_read_only(problem: AllocationProblem) -> None:
    for name in ("indptr", "server", "value", "weight", "capacity", "must_serve", "task", "limit", "profit"):
        assert not getattr(problem, name).flags.writeable, name
    mine = problem.value.copy()
    twin = replace(problem, value=mine)
    digest = twin.hash
    mine += 1.0
    assert twin.value.tolist() == problem.value.tolist()
    assert twin.hash == digest == problem.hash


@given(problem=PROBLEMS)
def test_pickled_problems_are_the_same_and_still_read_only(problem: AllocationProblem) -> None:
    copy = pickle.loads(pickle.dumps(problem))
    assert copy.hash == problem.hash
    assert copy.provenance == problem.provenance
    assert not copy.value.flags.writeable


def test_the_hash_sees_every_field_but_the_provenance() -> None:
    problem = AllocationProblem.from_matrices([[1.0, 2.0]], [[1.0, 1.0]], [3.0])
    changed = [
        replace(problem, value=np.array([1.0, 2.5])),
        replace(problem, weight=np.array([1.0, 0.5])),
        replace(problem, capacity=np.array([3.5])),
        replace(problem, must_serve=np.array([True, False])),
        replace(problem, sense="min"),
        replace(problem, offset=1.0),
        AllocationProblem.from_matrices([[1.0, 2.0]], [[1.0, 1.0]], [3.0], [[True, False]]),
    ]
    hashes = {problem.hash, *(other.hash for other in changed)}
    assert len(hashes) == 1 + len(changed)
    assert replace(problem, provenance=allocation.generate(servers=1, tasks=1, seed=0).provenance).hash == problem.hash


def test_the_hash_is_the_same_on_every_machine() -> None:
    problem = AllocationProblem.from_matrices([[1.0, 2.0], [0.5, 3.0]], [[1.0, 1.0], [2.0, 1.0]], [1.0, 2.0])
    assert problem.hash == "91141b461c668ea03627320a14a7fb70"


def test_pairs_may_come_in_any_order_and_heavy_ones_are_counted() -> None:
    problem = AllocationProblem.from_pairs(
        task=[1, 0, 1], server=[1, 0, 0], value=[3.0, 1.0, 2.0], weight=[1.0, 9.0, 1.0], capacity=[2.0, 2.0], tasks=3
    )
    assert oracle.pairs(problem) == {(1, 0): (2.0, 1.0), (1, 1): (3.0, 1.0)}
    assert problem.indptr.tolist() == [0, 0, 2, 2]
    assert problem.provenance.parameters["too_heavy"] == 1


@pytest.mark.parametrize("must", [None, [], np.zeros(0, dtype=bool)])
@pytest.mark.parametrize("n", [0, 2])
def test_problems_without_tasks(n: int, must: list[bool] | None) -> None:
    empty = np.zeros((n, 0))
    problem = AllocationProblem.from_matrices(empty, empty, np.ones(n), must_serve=must, offset=2.5)
    assert (problem.servers, problem.tasks, problem.pairs) == (n, 0, 0)
    nothing = Assignment(np.zeros(0, dtype=np.int64))
    assert allocation.value(problem, nothing) == 2.5
    assert not allocation.violations(problem, nothing)
    assert allocation.dual_bound(problem, np.ones(n)) == pytest.approx(2.5 + n)


def test_measures_of_a_known_assignment() -> None:
    problem = AllocationProblem.from_matrices([[1.0, 1.0, 1.0]] * 2, [[1.0, 1.0, 1.0]] * 2, [2.0, 4.0])
    measured = allocation.measures(problem, Assignment(np.array([0, 0, -1])))
    assert measured == {"served": 2.0, "served_share": 2 / 3, "utilisation": 2 / 6, "peak_utilisation": 1.0}


@given(st.data())
def test_measures_with_raw_fields(data: st.DataObject) -> None:
    system = data.draw(mec_systems(min_tasks=1))
    problem = AllocationProblem.from_system(system)
    table = oracle.pairs(problem)
    servers = [next((i for i in range(system.servers) if (j, i) in table), -1) for j in range(system.tasks)]
    measured = allocation.measures(problem, Assignment(np.array(servers)))
    served = [(j, i) for j, i in enumerate(servers) if i >= 0]
    if not served:
        assert math.isnan(measured["latency"])
        assert math.isnan(measured["sent_share"])
        return
    assert measured["latency"] == pytest.approx(sum(oracle.latency(system, j, i) for j, i in served) / len(served))
    assert measured["sent_share"] == sum(i != system.source[j] for j, i in served) / len(served)
