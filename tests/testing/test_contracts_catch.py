"""The contract checks, tested: every clause catches a method that breaks it. A sound method of a third party passes."""

from __future__ import annotations

import pickle
import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest
from hypothesis import Phase, find, given, settings
from hypothesis import strategies as st

from edgeworth import BoundEvidence, Stop, Termination
from edgeworth.core.method import Found, Method
from edgeworth.core.result import Certificate
from edgeworth.core.run import Run
from edgeworth.solvers import allocation
from edgeworth.solvers.allocation import AllocationProblem, Assignment
from edgeworth.testing import (
    FAULTS,
    ContractError,
    allocation_problems,
    assignments,
    check_method_contract,
    mec_systems,
    multipliers,
)
from edgeworth.testing.contracts import constructible, same_answer

FAMILY = allocation.FAMILY
PROBLEM = AllocationProblem.from_matrices([[3.0, 2.0], [1.0, 4.0]], np.ones((2, 2)), [1.0, 1.0])
DIAGONAL = Assignment(np.array([0, 1]))


def sound(problem: AllocationProblem, params: Any, run: Run[Assignment]) -> Found[Assignment]:
    """Leaves everything out, in ten steps."""
    done, ending = 0, run.tick(0, problem.offset)
    while ending is None and done < 10:
        done += 1
        ending = run.tick(done, problem.offset)
    return Found(Assignment(np.full(problem.tasks, -1)), ending or Termination.CONVERGED, iterations=done)


def test_a_sound_method_of_a_third_party_passes() -> None:
    check_method_contract(FAMILY, sound, PROBLEM)


def _row(function: Callable[..., Any], **changed: Any) -> Method:
    given: dict[str, Any] = {
        "name": function.__name__, "kind": "optimise", "function": f"{__name__}:{function.__name__}", "exact": False,
        "randomised": False, "guarantee": "none", "reference": "here", "supports": frozenset({"iterations", "target"}),
    }  # fmt: skip
    return Method(**(given | changed))


def test_a_sound_row_of_a_third_party_passes() -> None:
    check_method_contract(FAMILY, _row(sound), PROBLEM)
    check_method_contract(FAMILY, _row(sound), PROBLEM, stop=Stop(iterations=2))
    assert len(FAMILY.methods) == len(allocation.METHODS)  # the family itself is left alone


def overloads(problem: AllocationProblem, params: Any, run: Any) -> Found[Assignment]:
    return Found(Assignment(np.zeros(problem.tasks, dtype=np.int64)), Termination.CONVERGED)


def bounds_too_low(problem: AllocationProblem, params: Any, run: Any) -> Found[Assignment]:
    return Found(DIAGONAL, Termination.PROVED, bound=6.5, evidence=BoundEvidence.CLAIMED)


def pretends_to_recompute(problem: AllocationProblem, params: Any, run: Any) -> Found[Assignment]:
    certificate = Certificate("capacity-multipliers", {"u": np.array([5.0, 5.0])})
    return Found(DIAGONAL, Termination.PROVED, bound=7.0, evidence=BoundEvidence.RECOMPUTED, certificate=certificate)


def has_no_certificate(problem: AllocationProblem, params: Any, run: Any) -> Found[Assignment]:
    return Found(None, Termination.PROVED, bound=8.0, evidence=BoundEvidence.RECOMPUTED)


def uses_the_global_generator(problem: AllocationProblem, params: Any, run: Any) -> Found[Assignment]:
    np.random.random()  # noqa: NPY002
    return Found(DIAGONAL, Termination.CONVERGED)


def uses_the_random_module(problem: AllocationProblem, params: Any, run: Any) -> Found[Assignment]:
    random.random()
    return Found(DIAGONAL, Termination.CONVERGED)


_calls = iter(range(10**6))


def forgets_its_seed(problem: AllocationProblem, params: Any, run: Any) -> Found[Assignment]:
    chosen = [0, 1] if next(_calls) % 2 else [1, 0]
    return Found(Assignment(np.array(chosen)), Termination.CONVERGED)


def hides_its_randomness(problem: AllocationProblem, params: Any, run: Any) -> Found[Assignment]:
    chosen = [0, 1] if run.rng.random() < 0.6 else [1, 0]
    return Found(Assignment(np.array(chosen)), Termination.CONVERGED)


def writes_into_the_problem(problem: AllocationProblem, params: Any, run: Any) -> Found[Assignment]:
    problem.value.setflags(write=True)
    problem.value[0] += 0.0
    return Found(DIAGONAL, Termination.CONVERGED)


def does_not_hear_the_observer(problem: AllocationProblem, params: Any, run: Any) -> Found[Assignment]:
    for k in range(3):
        run.tick(k)
    return Found(DIAGONAL, Termination.STALLED)


def counts_past_the_rule(problem: AllocationProblem, params: Any, run: Any) -> Found[Assignment]:
    if run.stop.iterations is not None:
        return Found(DIAGONAL, Termination.ITERATIONS, iterations=run.stop.iterations + 1)
    return Found(DIAGONAL, Termination.CONVERGED)


def stops_for_no_reason(problem: AllocationProblem, params: Any, run: Any) -> Found[Assignment]:
    return Found(DIAGONAL, Termination.TARGET)


def ends_in_an_error(problem: AllocationProblem, params: Any, run: Any) -> Found[Assignment]:
    return Found(DIAGONAL, Termination.ERROR)


def forgets_its_start(problem: AllocationProblem, params: Any, run: Any) -> Found[Assignment]:
    return Found(Assignment(np.array([-1, -1])), Termination.CONVERGED)


BROKEN: list[tuple[Callable[..., Any], dict[str, Any], str]] = [
    (overloads, {}, "answer"),
    (bounds_too_low, {}, "answer"),
    (pretends_to_recompute, {}, "answer"),
    (has_no_certificate, {"kind": "bound"}, "answer"),
    (sound, {"kind": "bound"}, "answer"),
    (ends_in_an_error, {}, "answer"),
    (uses_the_global_generator, {}, "global state"),
    (uses_the_random_module, {}, "global state"),
    (forgets_its_seed, {"randomised": True}, "repeatable"),
    (hides_its_randomness, {}, "repeatable"),
    (does_not_hear_the_observer, {"supports": frozenset()}, "time"),
    (counts_past_the_rule, {}, "iterations"),
    (stops_for_no_reason, {"supports": frozenset()}, "time"),
    (forgets_its_start, {"supports": frozenset({"start"})}, "start"),
    (writes_into_the_problem, {}, "input"),
]


@pytest.mark.parametrize(("function", "changed", "clause"), BROKEN, ids=[f"{row[0].__name__}-{row[2]}" for row in BROKEN])
def test_every_clause_catches_who_breaks_it(function: Callable[..., Any], changed: dict[str, Any], clause: str) -> None:
    fresh = replace(PROBLEM)
    with pytest.raises(ContractError, match=f"clause '{clause}'") as caught:
        check_method_contract(FAMILY, _row(function, **changed), fresh, seed=3)
    assert caught.value.method == function.__name__
    assert caught.value.clause == clause
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)


def test_a_refusal_that_does_not_happen_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    from edgeworth.core import solving

    monkeypatch.setattr(solving, "check_call", lambda *args, **kwargs: None)
    with pytest.raises(ContractError, match="clause 'refusals'"):
        check_method_contract(FAMILY, FAMILY.method("greedy"), PROBLEM)


@dataclass
class Loose:
    """Parameters that can be changed after they were checked."""

    speed: float = 1.0


def test_parameters_must_be_frozen() -> None:
    with pytest.raises(ContractError, match="not a frozen dataclass"):
        constructible(_row(sound, params=f"{__name__}:Loose"))
    assert constructible(_row(sound)) is None


def test_same_answer_sees_every_difference() -> None:
    one = allocation.solve(PROBLEM, method="lp")
    assert one.certificate is not None
    assert one.bound is not None
    assert same_answer(one, replace(one, stats=replace(one.stats, seconds=9.0)))
    for other in (
        replace(one, bound=float(np.nextafter(one.bound, 99.0))),
        replace(one, termination=Termination.TIME),
        replace(one, certificate=Certificate(one.certificate.kind, {"u": one.certificate.arrays["u"] + 1e-15})),
        replace(one, solution=DIAGONAL),
    ):
        assert not same_answer(one, other)


# --- the strategies draw what they promise ------------------------------------------------------------------------------

PROMISED: dict[str, Callable[[AllocationProblem], bool]] = {
    "no servers": lambda p: p.servers == 0,
    "no tasks": lambda p: p.tasks == 0,
    "no pairs": lambda p: p.servers > 1 and p.tasks > 1 and p.pairs == 0,
    "zero weight": lambda p: bool((p.weight == 0.0).any()),
    "zero capacity": lambda p: bool((p.capacity == 0.0).any()),
    "must serve": lambda p: bool(p.must_serve.any()),
    "must serve in vain": lambda p: bool((p.must_serve & (np.diff(p.indptr) == 0)).any()),
    "losses": lambda p: bool((p.value < 0.0).any()),
    "minimisation": lambda p: p.sense == "min" and p.pairs > 0,
    "offset": lambda p: p.offset != 0.0,
    "integers": lambda p: p.integral and p.pairs > 2,
    "fractions": lambda p: not p.integral,
    "raw fields": lambda p: p.system is not None and p.pairs > 0,
    "binding capacity": lambda p: p.pairs > 2 and bool(np.bincount(p.server, p.weight, p.servers).max() > p.capacity.max()),
    "large values": lambda p: bool((np.abs(p.value) > 1e5).any()),
    "small values": lambda p: p.pairs > 0 and bool((np.abs(p.value) < 1e-4).all() and (p.value != 0.0).any()),
}


@pytest.mark.parametrize("name", PROMISED)
def test_allocation_problems_include(name: str) -> None:
    first = settings(max_examples=3000, database=None, phases=[Phase.generate])  # not the smallest one
    found = find(allocation_problems(), PROMISED[name], settings=first)
    assert PROMISED[name](found)


@given(data=st.data())
def test_strategies_keep_to_their_limits(data: st.DataObject) -> None:
    problem = data.draw(allocation_problems(min_servers=1, max_servers=2, min_tasks=2, max_tasks=3, must_serve=False))
    assert 1 <= problem.servers <= 2
    assert 2 <= problem.tasks <= 3
    assert not problem.must_serve.any()
    assert data.draw(allocation_problems(integral=True)).integral
    assert data.draw(assignments(problem)).server.shape == (problem.tasks,)
    u = data.draw(multipliers(problem))
    assert u.shape == (problem.servers,)
    assert (u >= 0).all()
    assert data.draw(mec_systems(min_servers=2, min_tasks=1)).servers >= 2


def test_faults_have_names_and_leave_the_original_alone() -> None:
    result = allocation.solve(PROBLEM, method="highs")
    digest = PROBLEM.hash
    names = [fault.name for fault in FAULTS["allocation"]]
    assert len(set(names)) == len(names) >= 8
    for fault in FAULTS["allocation"]:
        faulty = fault(PROBLEM, result)
        assert faulty is None or faulty is not result
    assert allocation.verify(PROBLEM, result)
    assert PROBLEM.hash == digest
