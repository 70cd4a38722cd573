"""The skeleton of every checker: fresh plain objects, a budget, and what is said of a result beyond its solution.

A family says how a solution is judged, and how bounds and infeasibility are rebuilt from certificates (`core.problem.Model`).
Everything else is said here once.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Any, Protocol, TypeVar

import numpy as np
from numpy.typing import ArrayLike

from edgeworth.core import problem as problems
from edgeworth.core import validation
from edgeworth.core.arrays import Array, Arrays
from edgeworth.core.budget import SECONDS, Budget, BudgetEnded
from edgeworth.core.numeric import OPTIMALITY_TOL, closes, relative_gap
from edgeworth.core.problem import Judge, Model, P, Problem, Rebuild, Refute, S, Stored
from edgeworth.core.result import BoundEvidence, Certificate, Quality, Result, Termination
from edgeworth.core.verdict import EXHAUSTIVE, Report, Scope, Status, Verdict

__all__ = [
    "SECONDS",
    "Budget",
    "BudgetEnded",
    "Mismatch",
    "Rebuild",
    "Refute",
    "certificate_array",
    "claims_equilibrium",
    "covered",
    "epsilon_verdict",
    "judge_by_rules",
    "not_checked",
    "rebuilt",
    "require_own",
    "result_verdicts",
    "rule_verdicts",
    "verify_answer",
]

T = TypeVar("T", bound=Stored)


def verify_answer(fam: Model[P, S], problem: P, answer: S | Result[S] | ArrayLike, seconds: float = SECONDS) -> Report:
    """The report on a solution or a result; the public `verify` of every family calls this.

    Parameters
    ----------
    fam : Model
        The problem's family.
    problem : the family's problem
    answer : the family's solution, plain numbers that make one, or a Result
    seconds : float
        The budget, >= 0. What it does not suffice for is NOT_CHECKED.

    Returns
    -------
    Report
        For a solution, the verdicts of the family. For a result also ``value``, ``bound`` and ``quality``, each where the
        result states it. A solution that does not fit the problem (a number out of range, a wrong length) and a result that is
        not made of plain fields have the one verdict ``answer``, a result with another constant part of the values than the
        problem the one verdict ``offset``; they fail.

    Raises
    ------
    TypeError
        For another type of problem or answer.
    ValueError
        For a problem that was changed after it was made, and a result of another family, problem or sense.

    Notes
    -----
    Problem, solution, certificate and result are first rebuilt from their plain arrays by the exact classes of the family, so
    that nothing of the checked objects' own behaviour (a subclass, a cached property, an array made writable) is relied on.
    """
    if not isinstance(problem, fam.problem):
        validation.reject_type("problem", f"must be {_a(fam.problem)}", problem)
    answer = fam.solution_of(problem, answer, "answer")
    if not isinstance(answer, fam.solution | Result):
        validation.reject_type("answer", f"must be {_a(fam.solution)} or a Result", answer)
    budget = Budget(seconds)
    fresh = rebuilt(fam.problem, problem)
    stated_hash, found_hash = problem.hash, fresh.hash
    if stated_hash != found_hash:
        raise ValueError(f"problem: was changed after it was made; its hash was {stated_hash} and is {found_hash}")
    if isinstance(answer, Result):
        require_own(fresh, answer)
        if answer.offset != fresh.offset:
            return Report({"offset": Verdict.of(False, math.inf, 0.0, Mismatch("offset", answer.offset, fresh.offset))})
    verdicts: dict[str, Verdict] = {}
    found, result = None, None
    try:
        if isinstance(answer, Result):
            result = _plain(fam, answer)
            require_own(fresh, result)
            solution, claimed = result.solution, claims_equilibrium(fam, result)
        else:
            solution, claimed = rebuilt(fam.solution, answer), True
        if solution is not None:
            verdicts, found = fam.judge(fresh, solution, claimed, result, budget)
    except BudgetEnded as ended:
        verdicts = {"solution": not_checked(ended)}
    except (ValueError, TypeError, ArithmeticError) as error:
        return Report({"answer": Verdict.of(False, math.inf, 0.0, str(error))})
    if result is None:
        return Report(verdicts)
    return Report(verdicts | result_verdicts(fam, fresh, result, found, verdicts, budget))


def _a(kind: type[Any]) -> str:
    return f"{'an' if kind.__name__[0] in 'AEIOU' else 'a'} {kind.__name__}"


def rebuilt(kind: type[T], thing: T) -> T:
    """A fresh object of exactly this class, from the plain arrays that the class's own `to_payload` reads."""
    return kind.from_payload(kind.to_payload(thing))


def _plain(fam: Model[P, S], answer: Result[S]) -> Result[S]:
    """The result made anew of its fields, each of its exact class."""
    content = {each.name: getattr(answer, each.name) for each in fields(Result)}
    for name in ("kind", "problem_hash", "method", "sense"):  # a text of a subclass may compare as it likes
        if not isinstance(content[name], str):
            validation.reject_type(name, "must be a text", content[name])
        content[name] = str.__str__(content[name])
    solution, certificate = content["solution"], content["certificate"]
    if solution is not None:
        if not isinstance(solution, fam.solution):
            validation.reject_type("solution", f"must be {_a(fam.solution)}", solution)
        content["solution"] = rebuilt(fam.solution, solution)
    if isinstance(certificate, Certificate):
        content["certificate"] = Certificate(certificate.kind, dict(certificate.arrays))
    return Result(**content)


def certificate_array(
    arrays: Arrays,
    name: str,
    dtype: type[np.generic],
    shape: tuple[int | None, ...],
    *,
    minimum: float | None = None,
    maximum: float | None = None,
) -> Array:
    """An array of a certificate, checked for kind, shape, finiteness and range before anything is computed with it.

    Raises KeyError where it is missing, TypeError or ValueError where it is of another kind.
    """
    return validation.array(name, arrays[name], dtype, shape, minimum=minimum, maximum=maximum)


def not_checked(why: BudgetEnded) -> Verdict:
    """The verdict on what the budget did not suffice for."""
    return Verdict(Status.NOT_CHECKED, witness=str(why))


@dataclass(frozen=True)
class Mismatch:
    """A number that the result states and the checker finds otherwise."""

    what: str
    stated: float | str | None
    found: float | str | None

    def __str__(self) -> str:
        return f"{self.what} is stated as {self.stated}, the check finds {self.found}"

    def replay(self, problem: Any, result: Result[S]) -> float:
        """Check again: the violation of the same verdict now, 0 when it holds."""
        verdict = verify_answer(problems.model(result.kind), problem, result).get(self.what)
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
        rule: Verdict.of(rule not in worst, worst[rule].amount if rule in worst else 0.0, tolerance, worst.get(rule))
        for rule, tolerance in tolerances.items()
    }


def judge_by_rules(
    violations: Callable[[P, S], Iterable[Broken]],
    value: Callable[[P, S], float],
    tolerances: Callable[[P], Mapping[str, float]],
) -> Judge[P, S]:
    """The judge of a family in which a solution is sound where no rule is broken by more than its tolerance."""

    def judge(
        problem: P, solution: S, claimed: bool, result: Result[S] | None, budget: Budget
    ) -> tuple[dict[str, Verdict], float | None]:
        return rule_verdicts(violations(problem, solution), tolerances(problem)), value(problem, solution)

    return judge


def require_own(problem: Problem, answer: Result[S]) -> None:
    """Refuse a result of another family, problem or sense."""
    if answer.kind != problem.kind:
        validation.reject("answer", f"must be a result of the family {problem.kind!r}", answer.kind)
    if answer.problem_hash != problem.hash:
        validation.reject("answer", f"must be a result of this problem ({problem.hash})", answer.problem_hash)
    if answer.sense != problem.sense:
        validation.reject("answer", f"must have the problem's sense {problem.sense!r}", answer.sense)


def result_verdicts(
    fam: Model[P, S],
    problem: Problem,
    result: Result[S],
    found: float | None,
    judged: Mapping[str, Verdict],
    budget: Budget,
) -> dict[str, Verdict]:
    """The verdicts ``value``, ``bound`` and ``quality``, each where the result states it; witness: a `Mismatch`.

    found: the value of the result's solution by the model, None where it has none (no solution, or one that cannot be valued).
    judged: the verdicts on the solution itself.

    value: equal to `found`, relative 1e-9 of the value without the problem's offset. bound: on the right side of the value
    and, where its evidence is "recomputed", not tighter than what its certificate proves; otherwise the scope says that it
    is a claim. quality: OPTIMAL only where the bound that the certificate proves closes the gap (and, where bounds hold for
    equilibria only, the verdict ``epsilon`` does not fail), INFEASIBLE only where the certificate proves that, EQUILIBRIUM
    only where the verdict ``epsilon`` holds; what rests on a claim is said to be claimed.
    """
    verdicts: dict[str, Verdict] = {}
    if result.solution is not None or result.value is not None:
        verdicts["value"] = _value(problem, result, found)
    proved = None
    if result.bound is not None:
        verdicts["bound"], proved = _bound(fam, problem, result, result.bound, budget)
    verdicts["quality"] = _quality(fam, problem, result, found, proved, verdicts.get("bound"), judged.get("epsilon"), budget)
    return verdicts


def _compared(what: str, stated: float | None, found: float | None, broken: float, scope: Scope = EXHAUSTIVE) -> Verdict:
    holds = broken <= OPTIMALITY_TOL
    witness = None if holds else Mismatch(what, stated, found)
    return Verdict.of(holds, max(broken, 0.0), OPTIMALITY_TOL, witness, scope)


def _value(problem: Problem, result: Result[S], found: float | None) -> Verdict:
    if found is None or result.value is None:
        return _compared("value", result.value, None, math.inf)
    return _compared("value", result.value, found, abs(relative_gap(found, result.value, problem.sense, problem.offset)))


def _bound(
    fam: Model[P, S], problem: Problem, result: Result[S], stated: float, budget: Budget
) -> tuple[Verdict, float | None]:
    """The verdict, and the bound that the certificate proves (None: it proves none, or was not rebuilt)."""
    wrong_side = 0.0
    if result.solution is not None and result.value is not None:
        wrong_side = -relative_gap(result.value, stated, problem.sense, problem.offset)
    if result.bound_evidence is not BoundEvidence.RECOMPUTED:
        claimed = Scope("claimed", note="by the method; only the side was checked")
        return _compared("bound", stated, result.value, wrong_side, claimed), None
    certificate = result.certificate
    if certificate is None or certificate.kind not in fam.rebuild:
        return _compared("bound", stated, None, math.inf), None
    try:
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            found = float(fam.rebuild[certificate.kind](problem, certificate.arrays, budget))
    except BudgetEnded as ended:
        return not_checked(ended), None
    except (ValueError, TypeError, KeyError, ArithmeticError):
        # arrays that are missing, negative, not finite or misshapen prove nothing, nor do numbers that over- or underflow
        return _compared("bound", stated, None, math.inf), None
    if not math.isfinite(found):
        return _compared("bound", stated, found, math.inf), None
    # Too tight by: how far the stated bound lies inside the one that the certificate proves.
    too_tight = relative_gap(stated, found, problem.sense, problem.offset)
    return _compared("bound", stated, found, max(too_tight, wrong_side)), found


def _quality(
    fam: Model[P, S],
    problem: Problem,
    result: Result[S],
    found: float | None,
    proved: float | None,
    bound: Verdict | None,
    epsilon: Verdict | None,
    budget: Budget,
) -> Verdict:
    stated = result.quality

    def judged(fits: bool, best: Quality, scope: Scope = EXHAUSTIVE) -> Verdict:
        return Verdict.of(fits, 0.0 if fits else 1.0, 0.0, None if fits else Mismatch("quality", stated, best), scope)

    if result.solution is None:
        if stated is Quality.CLAIMED_INFEASIBLE:
            return judged(True, stated, Scope("claimed", note="by the method: that nothing is feasible"))
        if stated is not Quality.INFEASIBLE:
            return judged(stated is Quality.NONE, Quality.NONE)
        return _infeasible(fam, problem, result, budget, judged)
    if stated is Quality.FEASIBLE or found is None:
        return judged(stated is Quality.FEASIBLE, Quality.NONE if found is None else Quality.FEASIBLE)
    if stated is Quality.EQUILIBRIUM:
        if epsilon is not None and epsilon.status is Status.NOT_CHECKED:
            return epsilon
        return judged(epsilon is not None and epsilon.holds, Quality.FEASIBLE)
    if fam.covers == "equilibria" and epsilon is not None and epsilon.status is Status.FAILS:
        return judged(False, Quality.FEASIBLE)  # its bounds say nothing about this profile
    if stated is Quality.OPTIMAL:
        if bound is not None and bound.status is Status.NOT_CHECKED:
            return bound
        closed = proved is not None and closes(found, proved, problem.sense, problem.integral, problem.offset)
        return judged(closed and bool(bound), Quality.FEASIBLE)
    if stated is Quality.CLAIMED_OPTIMAL:
        closed = result.bound is not None and closes(found, result.bound, problem.sense, problem.integral, problem.offset)
        return judged(closed, Quality.FEASIBLE, Scope("claimed", note="by the method: that its bound holds"))
    return judged(False, Quality.FEASIBLE)


def _infeasible(
    fam: Model[P, S],
    problem: Problem,
    result: Result[S],
    budget: Budget,
    judged: Callable[[bool, Quality], Verdict],
) -> Verdict:
    certificate = result.certificate
    if certificate is None or certificate.kind not in fam.infeasibility:
        return judged(False, Quality.NONE)
    try:
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            fam.infeasibility[certificate.kind](problem, certificate.arrays, budget)
    except BudgetEnded as ended:
        return not_checked(ended)
    except (ValueError, TypeError, KeyError, ArithmeticError):
        return judged(False, Quality.NONE)
    return judged(True, Quality.INFEASIBLE)


def claims_equilibrium(fam: Model[P, S], result: Result[S]) -> bool:
    """Whether the result states that its profile is an equilibrium.

    Its quality says so, or its method is of that kind and was neither cut nor gave up, or it says that it is the best of a
    family whose bounds hold for equilibria only.
    """
    if result.quality is Quality.EQUILIBRIUM:
        return True
    if fam.covers == "equilibria" and result.quality in (Quality.OPTIMAL, Quality.CLAIMED_OPTIMAL):
        return True
    kinds = {row.name: row.kind for row in fam.methods}
    return kinds.get(result.method) == "equilibrium" and result.termination in (Termination.PROVED, Termination.CONVERGED)


def covered(fam: Model[P, S], report: Report) -> bool:
    """Whether the family's bounds hold for the solution that the report is on.

    Where they hold for equilibria only, they say nothing about a profile from which somebody gains by deviating.
    """
    verdict = report.get("epsilon")
    leaves = verdict is not None and verdict.status is Status.MEASURED and verdict.violation > OPTIMALITY_TOL
    return fam.covers == "all" or not leaves


def epsilon_verdict(
    epsilon: float, witness: object, tolerance: float, *, claimed: bool = True, scope: Scope = EXHAUSTIVE
) -> Verdict:
    """The verdict on the largest gain of a unilateral deviation, with that deviation as witness.

    claimed: whether the profile is said to be an equilibrium. Where it is not (a learner's play, a run cut short) there is
    nothing to hold it against: the verdict is a measurement of how far the profile is from one, and of who gains.
    """
    if not claimed:
        return Verdict(Status.MEASURED, max(epsilon, 0.0), None, witness, scope)
    holds = epsilon <= tolerance
    return Verdict.of(holds, max(epsilon, 0.0), tolerance, None if holds else witness, scope)
