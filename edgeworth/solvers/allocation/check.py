"""The checker of multi-task allocation. It shares `model` with the solvers and nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from edgeworth.core import validation
from edgeworth.core.numeric import FEASIBILITY_TOL, OPTIMALITY_TOL, closes, relative_gap
from edgeworth.core.result import BoundEvidence, Quality, Result
from edgeworth.core.verdict import Report, Verdict
from edgeworth.solvers.allocation.model import (
    AllocationProblem,
    Assignment,
    Violation,
    assignment_dual_bound,
    dual_bound,
    value,
    violations,
)

_CERTIFICATES = {"capacity-multipliers": ("u", dual_bound), "assignment-multipliers": ("lambda", assignment_dual_bound)}
"""Kind of certificate -> the array that it must hold and the function that rebuilds the bound from it."""


@dataclass(frozen=True)
class Mismatch:
    """A number that the result states and the checker finds otherwise."""

    what: str
    stated: float | str | None
    found: float | str | None

    def __str__(self) -> str:
        return f"{self.what} is stated as {self.stated!r}, the check finds {self.found!r}"

    def replay(self, problem: AllocationProblem, result: Result[Assignment]) -> float:
        """Check again: the violation of the same verdict now, 0 when it holds."""
        verdict = verify(problem, result).get(self.what)
        return 0.0 if verdict is None or verdict.holds else verdict.violation


def verify(problem: AllocationProblem, answer: Assignment | Result[Assignment]) -> Report:
    """Check a solution or a result against the problem. Truthy when every verdict holds.

    For an assignment: ``eligibility`` (at most one server a task is a matter of type), ``capacity`` (load <= c_i within 1e-9
    relative), ``deadline`` (recomputed from the raw fields; absent without them) and ``must_serve``; witness: a
    `model.Violation`. For a result also ``value`` (recomputed, relative 1e-9), ``bound`` (on the right side of the value;
    where its evidence is "recomputed", rebuilt from the multipliers alone as L(u) or L(lambda), rounded outward; otherwise the
    scope says that it is a claim), and ``quality`` (OPTIMAL only where the bound closes the gap); witness: a `Mismatch`.
    A result without a solution is checked for its bound and its quality. All checks are exhaustive.

    Raises TypeError for other types, ValueError for a result of another problem or sense, and for an assignment of
    another length.
    """
    if not isinstance(problem, AllocationProblem):
        validation.reject_type("problem", "must be an AllocationProblem", problem)
    if isinstance(answer, Assignment):
        return Report(_feasibility(problem, answer))
    if not isinstance(answer, Result):
        validation.reject_type("answer", "must be an Assignment or a Result", answer)
    if answer.problem_hash != problem.hash:
        validation.reject("answer", f"must be a result of this problem ({problem.hash})", answer.problem_hash)
    if answer.sense != problem.sense:
        validation.reject("answer", f"must have the problem's sense {problem.sense!r}", answer.sense)
    verdicts: dict[str, Verdict] = {}
    if answer.solution is not None:
        verdicts |= _feasibility(problem, answer.solution)
    if answer.solution is not None or answer.value is not None:
        verdicts["value"] = _value(problem, answer, feasible=bool(verdicts.get("eligibility")))
    if answer.bound is not None:
        verdicts["bound"] = _bound(problem, answer)
    verdicts["quality"] = _quality(problem, answer)
    return Report(verdicts)


def _feasibility(problem: AllocationProblem, assignment: Assignment) -> dict[str, Verdict]:
    found = violations(problem, assignment)
    rules = ["eligibility", "capacity", "must_serve"] + ["deadline"] * (problem.system is not None)
    verdicts = {}
    for rule in rules:
        broken = [violation for violation in found if violation.rule == rule]
        worst: Violation | None = max(broken, key=lambda violation: violation.amount, default=None)
        tolerance = FEASIBILITY_TOL if rule in ("capacity", "deadline") else 0.0
        verdicts[rule] = Verdict(worst is None, 0.0 if worst is None else worst.amount, tolerance, worst)
    return verdicts


def _compared(what: str, stated: float | None, found: float | None, broken: float, scope: str = "exhaustive") -> Verdict:
    holds = broken <= OPTIMALITY_TOL
    witness = None if holds else Mismatch(what, stated, found)
    return Verdict(holds, max(broken, 0.0), OPTIMALITY_TOL, witness, scope)


def _value(problem: AllocationProblem, result: Result[Assignment], feasible: bool) -> Verdict:
    if not feasible or result.solution is None or result.value is None:
        return _compared("value", result.value, None, float("inf"))
    found = value(problem, result.solution)
    return _compared("value", result.value, found, abs(result.value - found) / max(abs(found), 1e-10))


def _bound(problem: AllocationProblem, result: Result[Assignment]) -> Verdict:
    stated = result.bound
    if stated is None:
        return _compared("bound", None, None, float("inf"))
    wrong_side = 0.0
    if result.solution is not None and result.value is not None:
        wrong_side = -relative_gap(result.value, stated, problem.sense)
    if result.bound_evidence is not BoundEvidence.RECOMPUTED:
        return _compared("bound", stated, result.value, wrong_side, f"the side only: the bound is {result.bound_evidence}")
    certificate = result.certificate
    name, rebuild = _CERTIFICATES.get("" if certificate is None else certificate.kind, ("", dual_bound))
    if certificate is None or name not in certificate.arrays:
        return _compared("bound", stated, None, float("inf"))
    try:
        found = rebuild(problem, certificate.arrays[name])
    except (ValueError, TypeError):  # negative, non-finite or misshapen multipliers prove nothing
        return _compared("bound", stated, None, float("inf"))
    # Too tight by: how far the stated bound lies inside the one that the multipliers prove.
    too_tight = relative_gap(stated, found, problem.sense)
    return _compared("bound", stated, found, max(too_tight, wrong_side))


def _quality(problem: AllocationProblem, result: Result[Assignment]) -> Verdict:
    stated: Any = result.quality
    if result.solution is None or result.value is None:
        fits = stated in (Quality.NONE, Quality.INFEASIBLE)
        scope = "claimed: that nothing is feasible" if stated is Quality.INFEASIBLE else "exhaustive"
        return Verdict(fits, 0.0 if fits else 1.0, 0.0, None if fits else Mismatch("quality", stated, Quality.NONE), scope)
    closed = result.bound is not None and closes(result.value, result.bound, problem.sense, problem.integral)
    found = Quality.OPTIMAL if closed else Quality.FEASIBLE
    fits = stated in (found, Quality.FEASIBLE)
    rests = stated is Quality.OPTIMAL and result.bound_evidence is not BoundEvidence.RECOMPUTED
    scope = f"given the bound, which is {result.bound_evidence}" if rests else "exhaustive"
    return Verdict(fits, 0.0 if fits else 1.0, 0.0, None if fits else Mismatch("quality", stated, found), scope)
