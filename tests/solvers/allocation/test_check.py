"""The checker: planted faults are caught, the evidence is data and can be replayed."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeworth.core.checking import Mismatch
from edgeworth.core.numeric import FEASIBILITY_TOL
from edgeworth.core.result import BoundEvidence, Certificate, Quality, Result, Termination
from edgeworth.core.verdict import EXHAUSTIVE
from edgeworth.core.violation import Violation
from edgeworth.solvers import allocation
from edgeworth.solvers.allocation import AllocationProblem, Assignment, MecSystem
from edgeworth.testing import FAULTS, Fault, allocation_problems, assignments, mec_systems
from tests.oracles import allocation as oracle

ALL = FAULTS["allocation"]


def _fixed() -> AllocationProblem:
    """Every fault has a place here: binding capacities, an ineligible pair, a task that must be served."""
    return AllocationProblem.from_matrices(
        value=[[5.0, 4.0, 3.5], [2.0, 6.25, 1.0]],
        weight=[[2.0, 2.0, 1.0], [1.0, 3.0, 2.0]],
        capacity=[3.0, 3.0],
        eligible=[[True, True, True], [True, True, False]],
        must_serve=[False, True, False],
        offset=0.125,
    )


@cache
def _branching(sense: Any) -> AllocationProblem:
    """A problem whose proof needs a tree."""
    rng = np.random.default_rng(1)
    weight = rng.uniform(0.1, 1.0, (4, 24))
    value = weight * rng.uniform(1.0, 10.0, (1, 24)) * rng.uniform(0.8, 1.2, (4, 24))
    capacity, sign = weight.sum(axis=1) / 4 * 0.5, 1.0 if sense == "max" else -1.0
    return AllocationProblem.from_matrices(sign * value, weight, capacity, must_serve=np.arange(24) % 2 == 0, sense=sense)


@cache
def _proof(sense: Any) -> Result[Assignment]:
    result = allocation.solve(_branching(sense), method="exact", seed=0)
    assert result.certificate is not None
    assert (result.certificate.kind, len(result.certificate.arrays["branched"]) > 2) == ("branch-tree", True)
    return result


def _results(problem: AllocationProblem) -> list[Result[Assignment]]:
    return [allocation.solve(problem, method=name) for name in ("greedy", "highs", "lp")]


@pytest.mark.parametrize("fault", ALL, ids=lambda fault: fault.name)
@pytest.mark.parametrize("sense", ["max", "min"])
def test_every_fault_is_caught_on_a_known_problem(fault: Fault, sense: Any) -> None:
    problem, larger = replace(_fixed(), sense=sense), _branching(sense)
    pairs = [(problem, result) for result in _results(problem)]
    pairs.append((larger, _proof(sense)))
    planted = [(answered, faulty) for answered, result in pairs if (faulty := fault(answered, result)) is not None]
    assert planted, "the fault found no place: this test would prove nothing"
    for answered, faulty in planted:
        report = allocation.verify(answered, faulty)
        assert not report
        assert fault.verdict in report.failures


@given(problem=allocation_problems(min_servers=1, min_tasks=1), method=st.sampled_from(["greedy", "highs", "lp"]))
def test_every_fault_is_caught_wherever_it_has_a_place(problem: AllocationProblem, method: str) -> None:
    result = allocation.solve(problem, method=method)
    assert allocation.verify(problem, result)
    for fault in ALL:
        faulty = fault(problem, result)
        if faulty is not None:
            assert fault.verdict in allocation.verify(problem, faulty).failures, fault.name


@given(problem=allocation_problems(min_servers=1, min_tasks=1), method=st.sampled_from(["greedy", "highs", "lp"]))
def test_witnesses_are_data_and_replay_gives_the_violation_again(problem: AllocationProblem, method: str) -> None:
    result = allocation.solve(problem, method=method)
    for fault in ALL:
        faulty = fault(problem, result)
        if faulty is None:
            continue
        for name, verdict in allocation.verify(problem, faulty).failures.items():
            witness = verdict.witness
            assert verdict.violation > verdict.tolerance or name == "eligibility"
            if isinstance(witness, Violation):
                assert faulty.solution is not None
                assert witness.replay(problem, faulty.solution) == verdict.violation
            else:
                assert isinstance(witness, Mismatch)
                assert name in (witness.what, "answer")
                assert name == "answer" or witness.replay(problem, faulty) == verdict.violation
                assert witness.replay(problem, result) == 0.0  # the sound result shows nothing
                assert witness.what in str(witness)


def test_the_witness_names_the_overloaded_server_and_the_worst_one() -> None:
    problem = AllocationProblem.from_matrices([[1.0] * 5] * 2, [[1.0] * 5] * 2, [1.5, 2.0])
    verdict = allocation.verify(problem, Assignment(np.array([0, 0, 1, 1, 1])))["capacity"]
    assert not verdict
    assert isinstance(verdict.witness, Violation)
    assert (verdict.witness.at("server"), verdict.violation) == (1, 0.5)
    assert verdict.tolerance == FEASIBILITY_TOL
    assert verdict.scope == EXHAUSTIVE


@given(st.data())
def test_the_verdicts_on_an_assignment_agree_with_the_oracle(data: st.DataObject) -> None:
    problem = data.draw(allocation_problems())
    assignment = data.draw(assignments(problem))
    report = allocation.verify(problem, assignment)
    assert bool(report) == oracle.feasible(problem, assignment.server.tolist())
    assert ("deadline" in report) == (problem.system is not None)


@given(system=mec_systems(min_tasks=1))
def test_deadlines_are_recomputed_from_the_raw_fields(system: MecSystem) -> None:
    """A problem whose stored pairs are too slow for its raw fields: only the deadline verdict can tell."""
    sound = AllocationProblem.from_system(system)
    late = replace(sound, system=replace(system, deadline=system.deadline * 0.5))
    table = oracle.pairs(sound)
    for j, i in table:
        server = np.full(sound.tasks, -1)
        server[j] = i
        verdict = allocation.verify(late, Assignment(server))["deadline"]
        assert late.system is not None
        if oracle.margin(late.system, j, i) > 1e-8:
            assert bool(verdict) == oracle.timely(late.system, j, i)
        if not verdict:
            assert (verdict.witness.at("task"), verdict.witness.at("server")) == (j, i)
            assert verdict.witness.replay(late, Assignment(server)) == verdict.violation


def test_scopes_say_what_is_only_a_claim() -> None:
    problem = _fixed()
    claimed = allocation.verify(problem, allocation.solve(problem, method="highs"))["bound"]
    rebuilt = allocation.verify(problem, allocation.solve(problem, method="lp"))["bound"]
    assert claimed.scope.kind == "claimed"
    assert rebuilt.scope == EXHAUSTIVE


def test_a_certificate_of_another_kind_proves_nothing() -> None:
    problem = _fixed()
    result = allocation.solve(problem, method="lp")
    assert result.certificate is not None
    for certificate in (
        Certificate("columns", {"u": result.certificate.arrays["u"]}),
        Certificate(result.certificate.kind, {"v": result.certificate.arrays["u"]}),
        Certificate(result.certificate.kind, {"u": np.append(result.certificate.arrays["u"], 0.0)}),
        Certificate(result.certificate.kind, {"u": np.full(problem.servers, np.nan)}),
    ):
        assert "bound" in allocation.verify(problem, replace(result, certificate=certificate)).failures
    with pytest.raises(TypeError, match="arrays of numbers"):
        Certificate(result.certificate.kind, {"u": np.array(["a"] * problem.servers)})


@given(problem=allocation_problems(), scale=st.floats(0.0, 3.0))
def test_any_multipliers_make_an_honest_bound(problem: AllocationProblem, scale: float) -> None:
    """Nothing but u is needed: a result made by hand from any u >= 0 verifies, and 1e-6 tighter does not."""
    u = np.full(problem.servers, scale)
    bound = allocation.dual_bound(problem, u)
    if not np.isfinite(bound):
        return
    result: Result[Assignment] = replace(
        allocation.solve(problem, method="lp"),
        bound=bound,
        bound_evidence=BoundEvidence.RECOMPUTED,
        certificate=Certificate("capacity-multipliers", {"u": u}),
        quality=Quality.NONE,
    )
    assert allocation.verify(problem, result)
    step = 1e-6 * max(abs(bound - problem.offset), 1e-6)  # of what is at stake: the offset is none of it
    tighter = replace(result, bound=bound - step if problem.sense == "max" else bound + step)
    looser = replace(result, bound=bound + step if problem.sense == "max" else bound - step)
    assert "bound" in allocation.verify(problem, tighter).failures
    assert allocation.verify(problem, looser)


def test_a_bound_on_the_wrong_side_of_the_value_fails_whoever_claims_it() -> None:
    problem = _fixed()
    result = allocation.solve(problem, method="greedy")
    assert result.value is not None
    for evidence in BoundEvidence:
        lying = replace(result, bound=result.value - 1.0, bound_evidence=evidence)
        assert "bound" in allocation.verify(problem, lying).failures


def test_an_optimum_needs_a_bound_that_closes_the_gap() -> None:
    problem = _fixed()
    result = allocation.solve(problem, method="greedy")
    assert result.value is not None
    loose = replace(result, bound=result.value + 1e-6, bound_evidence=BoundEvidence.CLAIMED, quality=Quality.OPTIMAL)
    assert "quality" in allocation.verify(problem, loose).failures
    met = replace(loose, bound=result.value)
    assert "quality" in allocation.verify(problem, met).failures  # a claim closes the gap, and is no proof
    assert allocation.verify(problem, replace(met, quality=Quality.CLAIMED_OPTIMAL))
    assert "quality" in allocation.verify(problem, replace(loose, quality=Quality.CLAIMED_OPTIMAL)).failures


def test_a_result_of_another_sense_is_refused() -> None:
    """`gap` follows the result's own sense: with the wrong one a user reads nonsense."""
    problem = _fixed()
    result = replace(allocation.solve(problem, method="highs"), sense="min")
    with pytest.raises(ValueError, match="must have the problem's sense 'max'; got 'min'"):
        allocation.verify(problem, result)


def test_a_value_without_a_solution_is_caught() -> None:
    problem = _fixed()
    result = replace(allocation.solve(problem, method="lp"), value=1.0)
    assert not allocation.verify(problem, result)


def test_a_solution_without_a_value_is_caught() -> None:
    problem = _fixed()
    result = replace(allocation.solve(problem, method="greedy"), value=None, quality=Quality.NONE)
    assert not allocation.verify(problem, result)


@pytest.mark.parametrize("number", [float("nan"), float("inf"), -float("inf")])
def test_values_and_bounds_that_are_no_numbers_are_caught(number: float) -> None:
    problem = _fixed()
    result = allocation.solve(problem, method="highs")
    for name in ("value", "bound"):
        with pytest.raises(ValueError, match=f"{name}: must be finite"):
            replace(result, **{name: number})
        forged = replace(result)
        object.__setattr__(forged, name, number)
        assert "answer" in allocation.verify(problem, forged).failures


def test_results_of_other_problems_are_refused() -> None:
    problem = _fixed()
    other = replace(problem, offset=1.0)
    with pytest.raises(ValueError, match="must be a result of this problem"):
        allocation.verify(other, allocation.solve(problem, method="greedy"))


def test_assignments_that_do_not_fit_fail() -> None:
    reasons = {(0,): "must name a server for each of 3 tasks; got 1", (0, 1, 2): "servers must be below 2; got 2"}
    for server, reason in reasons.items():
        report = allocation.verify(_fixed(), Assignment(server))
        assert list(report) == ["answer"]
        assert reason in str(report.failures["answer"])


@pytest.mark.parametrize("answer", [None, "010", 3, {"server": [0]}])
def test_answers_of_other_types_are_refused(answer: Any) -> None:
    with pytest.raises(TypeError, match="answer: must be an Assignment or a Result"):
        allocation.verify(_fixed(), answer)


def test_problems_of_other_types_are_refused() -> None:
    with pytest.raises(TypeError, match="problem: must be an AllocationProblem"):
        allocation.verify("problem", Assignment(np.array([0])))  # type: ignore[arg-type]


def test_a_method_that_lies_is_corrected_by_the_frame() -> None:
    """`solve` never takes a method's word: an infeasible solution is refused and said, the value is the model's."""
    from edgeworth.core.method import Found

    problem = _fixed()

    def liar(problem: Any, params: Any, run: Any) -> Any:
        return Found(Assignment(np.array([0, 0, 0])), Termination.PROVED, bound=0.0, evidence=BoundEvidence.CLAIMED)

    result = allocation.solve(problem, method=liar)
    assert result.solution is None
    assert result.value is None
    assert (result.quality, result.termination) == (Quality.NONE, Termination.ERROR)
    assert any("server 0" in note for note in result.notes)
    with pytest.raises(Exception, match="server 0"):
        result.require()
