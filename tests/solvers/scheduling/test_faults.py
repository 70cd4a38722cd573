"""The checker believes every method's results on the examples, and no planted fault."""

from __future__ import annotations

import pytest

from edgeworth import Stop
from edgeworth.solvers import scheduling
from edgeworth.testing.faults import FAULTS
from edgeworth.testing.faults.scheduling import FAULTS as OWN

METHODS = ("earliest-finish", "random", "annealing", "lagrangian")


@pytest.mark.parametrize("method", METHODS)
def test_planted_faults_are_found(method: str) -> None:
    placed = set[str]()
    for problem in scheduling.FAMILY.examples():
        result = scheduling.solve(problem, method=method, seed=0, stop=Stop(iterations=50) if method == "lagrangian" else None)
        assert scheduling.verify(problem, result)
        for fault in FAULTS["scheduling"]:
            wrong = fault(problem, result)
            if wrong is None:
                continue
            placed.add(fault.name)
            found = scheduling.verify(problem, wrong).failures
            assert fault.verdict in found, fault.name
            if fault in OWN and wrong.solution is not None and wrong.solution.scope == "simulated":
                assert set(found) == {fault.verdict}, fault.name  # one error is reported once
    simulated = {"shifted start", "decision between epochs", "value without failures", "delay at home"}
    expected = {
        "annealing": {"overlap", "before its release", "past the deadline", "value without failures", "device of nothing"},
        "lagrangian": {"forged prices", "foreign bound", "missing certificate"},
    }.get(method, simulated)
    assert placed >= expected
