"""What every checker says of a result beyond its solution: is the value right, the bound valid, the quality fitting?"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from numpy.typing import NDArray

from edgeworth.core import solving, validation
from edgeworth.core.numeric import OPTIMALITY_TOL, closes, relative_gap
from edgeworth.core.result import BoundEvidence, Quality, Result, Termination
from edgeworth.core.verdict import Report, Verdict

Rebuild = Callable[[Any, Mapping[str, NDArray[Any]]], float]
"""Rebuilds a bound from a problem and a certificate's arrays; ValueError, TypeError or KeyError where they prove nothing."""


@dataclass(frozen=True)
class Mismatch:
    """A number that the result states and the checker finds otherwise."""

    what: str
    stated: float | str | None
    found: float | str | None

    def __str__(self) -> str:
        return f"{self.what} is stated as {self.stated!r}, the check finds {self.found!r}"

    def replay(self, problem: Any, result: Result[Any]) -> float:
        """Check again: the violation of the same verdict now, 0 when it holds."""
        verdict = solving.family(result.kind).verify(problem, result).get(self.what)
        return 0.0 if verdict is None or verdict.holds else verdict.violation


class Broken(Protocol):
    """A broken constraint as `violations` of a model lists it."""

    @property
    def rule(self) -> str: ...
    @property
    def amount(self) -> float: ...


def rule_verdicts(found: Iterable[Broken], tolerances: Mapping[str, float]) -> dict[str, Verdict]:
    """A verdict on every rule, with its tolerance; witness: what breaks it most. A rule holds when nothing listed breaks it."""
    worst: dict[str, Broken] = {}
    for broken in found:
        if broken.rule not in worst or broken.amount > worst[broken.rule].amount:
            worst[broken.rule] = broken
    return {
        rule: Verdict(rule not in worst, worst[rule].amount if rule in worst else 0.0, tolerance, worst.get(rule))
        for rule, tolerance in tolerances.items()
    }


def require_own(problem: solving.Problem, answer: Result[Any]) -> None:
    """Refuse a result of another problem or sense."""
    if answer.problem_hash != problem.hash:
        validation.reject("answer", f"must be a result of this problem ({problem.hash})", answer.problem_hash)
    if answer.sense != problem.sense:
        validation.reject("answer", f"must have the problem's sense {problem.sense!r}", answer.sense)


def result_verdicts(
    problem: solving.Problem, result: Result[Any], found: float | None, rebuild: Mapping[str, Rebuild]
) -> dict[str, Verdict]:
    """The verdicts ``value``, ``bound`` and ``quality``, each where the result states it; witness: a `Mismatch`.

    found: the value of the result's solution by the model, None where it has none (no solution, or one that cannot be valued).
    rebuild: kind of certificate -> what rebuilds the bound from it.

    value: equal to `found`, relative 1e-9. bound: on the right side of the value and, where its evidence is "recomputed", not
    tighter than what its certificate proves; otherwise the scope says that it is a claim. quality: OPTIMAL only where the
    bound closes the gap.
    """
    verdicts = {}
    if result.solution is not None or result.value is not None:
        verdicts["value"] = _value(result, found)
    if result.bound is not None:
        verdicts["bound"] = _bound(problem, result, result.bound, rebuild)
    verdicts["quality"] = _quality(problem, result)
    return verdicts


def _compared(what: str, stated: float | None, found: float | None, broken: float, scope: str = "exhaustive") -> Verdict:
    holds = broken <= OPTIMALITY_TOL
    witness = None if holds else Mismatch(what, stated, found)
    return Verdict(holds, max(broken, 0.0), OPTIMALITY_TOL, witness, scope)


def _value(result: Result[Any], found: float | None) -> Verdict:
    if found is None or result.value is None:
        return _compared("value", result.value, None, float("inf"))
    return _compared("value", result.value, found, abs(result.value - found) / max(abs(found), 1e-10))


def _bound(problem: solving.Problem, result: Result[Any], stated: float, rebuild: Mapping[str, Rebuild]) -> Verdict:
    wrong_side = 0.0
    if result.solution is not None and result.value is not None:
        wrong_side = -relative_gap(result.value, stated, problem.sense)
    if result.bound_evidence is not BoundEvidence.RECOMPUTED:
        return _compared("bound", stated, result.value, wrong_side, f"the side only: the bound is {result.bound_evidence}")
    certificate = result.certificate
    if certificate is None or certificate.kind not in rebuild:
        return _compared("bound", stated, None, float("inf"))
    try:
        found = rebuild[certificate.kind](problem, certificate.arrays)
    except (ValueError, TypeError, KeyError):  # arrays that are missing, negative, not finite or misshapen prove nothing
        return _compared("bound", stated, None, float("inf"))
    # Too tight by: how far the stated bound lies inside the one that the certificate proves.
    too_tight = relative_gap(stated, found, problem.sense)
    return _compared("bound", stated, found, max(too_tight, wrong_side))


def _quality(problem: solving.Problem, result: Result[Any]) -> Verdict:
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


def claims_equilibrium(result: Result[Any]) -> bool:
    """Does the result say that its profile is an equilibrium? Its method is of that kind, and was neither cut nor gave up."""
    kinds = {row.name: row.kind for row in solving.family(result.kind).methods}
    return kinds.get(result.method) == "equilibrium" and result.termination in (Termination.PROVED, Termination.CONVERGED)


def leaves_equilibrium(report: Report) -> bool:
    """Does the profile leave an equilibrium that it does not claim? Its value then says nothing about bounds on equilibria."""
    verdict = report.get("epsilon")
    return verdict is not None and verdict.tolerance == float("inf") and verdict.violation > OPTIMALITY_TOL


def epsilon_verdict(
    epsilon: float, witness: Any, tolerance: float, *, claimed: bool = True, scope: str = "exhaustive"
) -> Verdict:
    """The verdict on the largest gain of a unilateral deviation, with that deviation as witness.

    claimed: is the profile said to be an equilibrium? Where it is not (a learner's play, a run cut short) no tolerance is
    broken: the verdict holds, with an infinite tolerance, and still says how far the profile is from one and who gains.
    """
    if claimed:
        return Verdict(epsilon <= tolerance, max(epsilon, 0.0), tolerance, None if epsilon <= tolerance else witness, scope)
    return Verdict(True, max(epsilon, 0.0), float("inf"), witness, f"{scope}; no equilibrium is claimed")
