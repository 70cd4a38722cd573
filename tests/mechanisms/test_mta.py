"""The MTA paper's claim of incentive compatibility, sampled."""

from __future__ import annotations

import pytest

from edgeworth.mechanisms.auditing import Sampled, audit
from edgeworth.solvers import allocation


@pytest.mark.parametrize("method", ["greedy", "exact"])
def test_servers_gain_by_overstating_the_cycles_that_they_need(method: str) -> None:
    """They are paid by the cycle that they report (MTA paper, section III-C)."""
    problem = allocation.generate(servers=3, tasks=8, preset="hotspot", seed=0)
    found = audit(method, problem, scope=Sampled(6, 0), dimensions=("theta",))
    assert not found.truthful
    witness = found.truthful.witness
    assert witness.replay(method) == pytest.approx(witness.gain)
    assert witness.report > witness.truth
    assert found.truthful_any_type is None
    for dimension in ("alpha", "mu", "f"):
        audit(method, problem, scope=Sampled(2, 0), dimensions=(dimension,))


def test_an_exhaustive_audit_is_refused() -> None:
    problem = allocation.generate(servers=2, tasks=3, seed=0)
    with pytest.raises(ValueError, match="use Sampled"):
        audit("greedy", problem)
    with pytest.raises(ValueError, match="MecSystem"):
        audit("greedy", allocation.AllocationProblem.from_matrices([[1.0]], [[1.0]], [1.0]), scope=Sampled(1))
