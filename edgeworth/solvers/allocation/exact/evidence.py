"""What a proof shows: the cheapest certificate of its bound, or of infeasibility."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from edgeworth.core.numeric import OPTIMALITY_TOL, closes
from edgeworth.core.result import BoundEvidence, Certificate
from edgeworth.solvers.allocation.bounds import ASSIGNMENT_MULTIPLIERS, CAPACITY_MULTIPLIERS, SURROGATE
from edgeworth.solvers.allocation.exact.proof import Proof
from edgeworth.solvers.allocation.model import (
    AllocationProblem,
    assignment_dual_bound,
    assignment_dual_profit,
    dual_bound,
    dual_profit,
    least_profit,
    objective_bound,
    rounded_profit,
)
from edgeworth.solvers.allocation.model.system import Floats

_CERTIFIED_PAIRS = 100_000  # up to here L(lambda) is rebuilt within a second without compiled code


def certifies_root(problem: AllocationProblem) -> bool:
    """Whether L(lambda) of the root's multipliers may be a certificate."""
    return problem.pairs <= _CERTIFIED_PAIRS


def closed(problem: AllocationProblem, value: float | None, bound: float | None) -> bool:
    """Whether the bound proves the value optimal."""
    if bound is None or value is None:
        return False
    return closes(value, bound, problem.sense, problem.integral, problem.offset)


def cheapest(
    problem: AllocationProblem, proof: Proof, u: Floats, u_bound: float, value: float | None
) -> tuple[float, BoundEvidence, Certificate]:
    """The bound to report, and what the checker can rebuild of it: the cheapest certificate that reaches it."""
    bound, nearest = objective_bound(problem, proof.bound), None
    for certificate, proved in _certificates(problem, proof, u, u_bound):
        near = abs(proved - bound) <= OPTIMALITY_TOL * abs(bound - problem.offset)
        if near and (not closed(problem, value, bound) or closed(problem, value, proved)):
            return proved, BoundEvidence.RECOMPUTED, certificate
        if nearest is None or (proved < nearest[1]) == (problem.sense == "max"):
            nearest = certificate, proved
    return bound, BoundEvidence.CLAIMED, nearest[0]  # type: ignore[index]  # there is always one


def _certificates(problem: AllocationProblem, proof: Proof, u: Floats, u_bound: float) -> Iterator[tuple[Certificate, float]]:
    """With the bounds that they prove, in the problem's own terms."""
    yield Certificate(CAPACITY_MULTIPLIERS, {"u": u}), u_bound
    rest = np.zeros(problem.servers)
    yield Certificate(CAPACITY_MULTIPLIERS, {"u": rest}), dual_bound(problem, rest)
    yield Certificate(SURROGATE, {}), objective_bound(problem, rounded_profit(problem, proof.surrogate))
    root = certifies_root(problem) and proof.root_bound < proof.first_bound
    last = root and not proof.from_root  # what lies above the bound anyway is not worth its time
    if root and not last:
        yield Certificate(ASSIGNMENT_MULTIPLIERS, {"lambda": proof.lam}), assignment_dual_bound(problem, proof.lam)
    kept = proof.certified()
    if kept is not None:
        yield kept[1], objective_bound(problem, kept[0])
    if last:
        yield Certificate(ASSIGNMENT_MULTIPLIERS, {"lambda": proof.lam}), assignment_dual_bound(problem, proof.lam)


def refutation(problem: AllocationProblem, proof: Proof, u: Floats) -> tuple[BoundEvidence, Certificate | None]:
    """What shows that nothing is feasible: a bound below every profit."""
    least = least_profit(problem)
    if dual_profit(problem, u) < least:
        return BoundEvidence.RECOMPUTED, Certificate(CAPACITY_MULTIPLIERS, {"u": u})
    if certifies_root(problem) and assignment_dual_profit(problem, proof.lam) < least:
        return BoundEvidence.RECOMPUTED, Certificate(ASSIGNMENT_MULTIPLIERS, {"lambda": proof.lam})
    kept = proof.certified()
    if kept is not None and kept[1].arrays["target"][0] <= least:
        return BoundEvidence.RECOMPUTED, kept[1]
    return BoundEvidence.CLAIMED, None
