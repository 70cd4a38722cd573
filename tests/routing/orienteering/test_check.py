"""The checker: planted faults are caught, the evidence is data and can be replayed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeworth.core.checking import Mismatch
from edgeworth.core.numeric import FEASIBILITY_TOL
from edgeworth.core.result import BoundEvidence, Quality, Result, Termination
from edgeworth.core.verdict import EXHAUSTIVE
from edgeworth.core.violation import Violation
from edgeworth.routing import orienteering
from edgeworth.routing.orienteering import OrienteeringProblem, RoutePlan, plan
from edgeworth.testing import FAULTS, Fault, orienteering_problems, route_sequences
from tests.oracles import orienteering as oracle

ALL = FAULTS["orienteering"]


def _fixed() -> OrienteeringProblem:
    """Every fault has a place here: a window that closes early, a return and a capacity that bind, two vehicles."""
    return OrienteeringProblem.from_coordinates(
        [[10.0, 0.0], [20.0, 0.0], [30.0, 0.0], [0.0, 10.0], [0.0, 0.0]],
        [5.0, 3.25, 4.0, 6.0],
        open=[0.0, 0.0, 0.0, 0.0],
        close=[15.0, 100.0, 100.0, 100.0],
        rounding="none",
        depot="last",
        latest=[65.0, 25.0],
        demand=[1.0, 2.0, 2.0, 1.0],
        capacity=[3.0, 2.0],
        cost_per_distance=0.0625,
    )


METHODS = ("greedy", "milp", "column-generation")


def _results(problem: OrienteeringProblem) -> list[Result[RoutePlan]]:
    return [orienteering.solve(problem, method=name) for name in METHODS]


@pytest.mark.parametrize("fault", ALL, ids=lambda fault: fault.name)
def test_every_fault_is_caught_on_a_known_problem(fault: Fault) -> None:
    problem = _fixed()
    planted = [faulty for result in _results(problem) if (faulty := fault(problem, result)) is not None]
    assert planted, "the fault found no place: this test would prove nothing"
    for faulty in planted:
        report = orienteering.verify(problem, faulty)
        assert not report
        assert fault.verdict in report.failures


DRAWN = orienteering_problems(min_customers=1, min_vehicles=1)


@given(problem=DRAWN, method=st.sampled_from(METHODS))
def test_every_fault_is_caught_wherever_it_has_a_place(problem: OrienteeringProblem, method: str) -> None:
    result = orienteering.solve(problem, method=method)
    assert orienteering.verify(problem, result)
    for fault in ALL:
        faulty = fault(problem, result)
        if faulty is not None:
            assert fault.verdict in orienteering.verify(problem, faulty).failures, fault.name


@given(problem=DRAWN, method=st.sampled_from(METHODS))
def test_witnesses_are_data_and_replay_gives_the_violation_again(problem: OrienteeringProblem, method: str) -> None:
    result = orienteering.solve(problem, method=method)
    for fault in ALL:
        faulty = fault(problem, result)
        if faulty is None:
            continue
        for name, verdict in orienteering.verify(problem, faulty).failures.items():
            witness = verdict.witness
            assert verdict.violation > verdict.tolerance
            if isinstance(witness, Violation):
                assert faulty.solution is not None
                assert witness.rule == name
                assert witness.replay(problem, faulty.solution) == verdict.violation
                assert result.solution is not None
                assert witness.replay(problem, result.solution) == 0.0  # the sound plan shows nothing
            else:
                assert isinstance(witness, Mismatch)
                assert witness.what == name
                assert witness.replay(problem, faulty) == verdict.violation
                assert witness.replay(problem, result) == 0.0
                assert name in str(witness)


def test_the_witness_names_the_place_and_the_worst_one() -> None:
    problem = replace(_fixed(), close=np.array([5.0, 4.0, 100.0, 100.0]))
    verdict = orienteering.verify(problem, plan(problem, [[0, 1], []]))["windows"]
    assert not verdict
    assert isinstance(verdict.witness, Violation)
    assert (verdict.witness.at("vehicle"), verdict.witness.at("customer"), verdict.violation) == (0, 1, (20.0 - 4.0) / 4.0)
    assert verdict.tolerance == FEASIBILITY_TOL
    assert verdict.scope == EXHAUSTIVE


def test_a_customer_who_comes_too_late_twice_replays_the_worse_time() -> None:
    """Visited at 10 and again at 30, both after the window closed: the witness is the second visit, and so is its replay."""
    problem = replace(_fixed(), close=np.array([5.0, 100.0, 100.0, 100.0]))
    twice = plan(problem, [[0, 1, 0], []])
    verdict = orienteering.verify(problem, twice)["windows"]
    assert verdict.violation == (30.0 - 5.0) / 5.0
    assert verdict.witness.replay(problem, twice) == verdict.violation


@given(st.data())
def test_the_verdicts_on_a_plan_agree_with_the_oracle(data: st.DataObject) -> None:
    problem = data.draw(orienteering_problems())
    sequences = data.draw(route_sequences(problem))
    report = orienteering.verify(problem, plan(problem, sequences))
    assert bool(report) == oracle.feasible(problem, sequences)
    visited = [i for stops in sequences for i in stops]
    assert bool(report["visits"]) == (len(set(visited)) == len(visited))
    assert report["schedule"]
    for verdict in report.failures.values():
        assert verdict.witness.replay(problem, plan(problem, sequences)) == verdict.violation


def test_scopes_say_what_is_only_a_claim() -> None:
    problem = _fixed()
    assert orienteering.verify(problem, orienteering.solve(problem, method="milp"))["bound"].scope.kind == "claimed"


def test_a_certificate_of_another_kind_proves_nothing() -> None:
    from edgeworth.core.result import Certificate

    problem = _fixed()
    result = orienteering.solve(problem, method="milp")
    for certificate in (Certificate("columns", {"u": np.zeros(4)}), Certificate("ng-routes", {}), None):
        lying = replace(result, bound_evidence=BoundEvidence.RECOMPUTED, certificate=certificate)
        assert "bound" in orienteering.verify(problem, lying).failures


def test_a_bound_on_the_wrong_side_of_the_value_fails_whoever_claims_it() -> None:
    problem = _fixed()
    result = orienteering.solve(problem, method="greedy")
    assert result.value is not None
    for evidence in BoundEvidence:
        lying = replace(result, bound=result.value - 1.0, bound_evidence=evidence)
        assert "bound" in orienteering.verify(problem, lying).failures


def test_an_optimum_needs_a_bound_that_closes_the_gap() -> None:
    problem = _fixed()
    result = orienteering.solve(problem, method="greedy")
    assert result.value is not None
    loose = replace(result, bound=result.value + 1e-6, bound_evidence=BoundEvidence.CLAIMED, quality=Quality.OPTIMAL)
    assert "quality" in orienteering.verify(problem, loose).failures
    met = replace(loose, bound=result.value)
    assert "quality" in orienteering.verify(problem, met).failures  # a claim closes the gap, and is no proof
    assert orienteering.verify(problem, replace(met, quality=Quality.CLAIMED_OPTIMAL))
    assert "quality" in orienteering.verify(problem, replace(loose, quality=Quality.CLAIMED_OPTIMAL)).failures


def test_whole_profits_close_a_gap_below_one() -> None:
    problem = OrienteeringProblem.from_coordinates([[3, 4], [0, 0]], [7.0], depot="last", latest=10.0, rounding="none")
    result = replace(orienteering.solve(problem, method="milp"), bound=7.9)
    assert orienteering.verify(problem, result)
    assert "quality" in orienteering.verify(problem, replace(result, bound=8.1)).failures


def test_a_plan_that_visits_a_customer_twice_has_no_value_and_is_caught() -> None:
    problem = _fixed()
    result = replace(orienteering.solve(problem, method="greedy"), solution=plan(problem, [[0, 0], []]))
    report = orienteering.verify(problem, result)
    assert not report
    assert "visits" in report.failures


@pytest.mark.parametrize("number", [float("nan"), float("inf"), -float("inf")])
def test_values_and_bounds_that_are_no_numbers_are_caught(number: float) -> None:
    problem = _fixed()
    result = orienteering.solve(problem, method="milp")
    for name in ("value", "bound"):
        with pytest.raises(ValueError, match=f"{name}: must be finite"):
            replace(result, **{name: number})
        forged = replace(result)
        object.__setattr__(forged, name, number)
        assert "answer" in orienteering.verify(problem, forged).failures


def test_results_of_other_problems_are_refused() -> None:
    problem = _fixed()
    other = replace(problem, latest=np.array([60.0, 25.0]))
    with pytest.raises(ValueError, match="must be a result of this problem"):
        orienteering.verify(other, orienteering.solve(problem, method="greedy"))
    short = orienteering.verify(problem, RoutePlan(plan(problem, [[0], []]).routes[:1]))
    assert "solution: must hold a route for each of 2 vehicles; got 1" in str(short.failures["answer"])
    larger = replace(_fixed())
    beyond = RoutePlan((replace(plan(larger, [[3], []]).routes[0], stops=np.array([4])), plan(larger, [[], []]).routes[1]))
    assert "solution: customers must be below 4; got 4" in str(orienteering.verify(problem, beyond).failures["answer"])


@pytest.mark.parametrize("answer", [None, "01", 3, {"routes": []}])
def test_answers_of_other_types_are_refused(answer: Any) -> None:
    with pytest.raises(TypeError, match="answer: must be a RoutePlan or a Result"):
        orienteering.verify(_fixed(), answer)


def test_problems_of_other_types_are_refused() -> None:
    with pytest.raises(TypeError, match="problem: must be an OrienteeringProblem"):
        orienteering.verify("problem", plan(_fixed(), [[], []]))  # type: ignore[arg-type]


def test_a_method_that_lies_is_corrected_by_the_frame() -> None:
    """`solve` never takes a method's word: a plan that is too late is refused and said."""
    from edgeworth.core.method import Found

    problem = _fixed()

    def liar(problem: Any, params: Any, run: Any) -> Any:
        return Found(plan(problem, [[], [2]]), Termination.PROVED, bound=99.0, evidence=BoundEvidence.CLAIMED)

    result = orienteering.solve(problem, method=liar)
    assert result.solution is None
    assert (result.quality, result.termination) == (Quality.NONE, Termination.ERROR)
    assert any("vehicle 1 returns at 60.0, the latest is 25.0" in note for note in result.notes)
