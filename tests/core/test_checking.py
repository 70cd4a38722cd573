"""The skeleton of the checkers: fresh objects, a budget, claims apart from proofs, gaps without what is at no stake."""

from __future__ import annotations

import dataclasses
import signal
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import edgeworth
from edgeworth import BoundEvidence, Quality, Result, Termination
from edgeworth.core import checking
from edgeworth.core.checking import Budget, BudgetEnded, certificate_array, verify_answer
from edgeworth.core.method import Found
from edgeworth.core.numeric import closes, relative_gap
from edgeworth.core.problem import Model
from edgeworth.core.result import Certificate
from edgeworth.core.verdict import Report, Scope, Status, Verdict
from edgeworth.games import normal_form, offloading, trading
from edgeworth.solvers import allocation, scheduling
from edgeworth.solvers.allocation import AllocationProblem, Assignment

PROBLEM = AllocationProblem.from_matrices([[3.0, 2.0]], [[1.0, 1.0]], [1.0])
PROVED = allocation.solve(PROBLEM, method="lp")


def answer(**changes: Any) -> Result[Assignment]:
    """The optimum with its recomputed bound, changed."""
    best: Result[Assignment] = replace(
        PROVED, solution=Assignment([0, -1]), value=3.0, quality=Quality.OPTIMAL, method="greedy"
    )
    return replace(best, **changes)


def test_the_honest_answer_stands() -> None:
    report = allocation.verify(PROBLEM, answer())
    assert report
    assert not report.claims
    assert report["quality"].status is Status.HOLDS


@pytest.mark.parametrize(
    ("fam", "problem", "numbers"),
    [
        (allocation.FAMILY, PROBLEM, [0, -1]),
        (offloading.FAMILY, offloading.generate(preset="random", users=3, providers=2, seed=0), [0, -1, 1]),
        (normal_form.FAMILY, normal_form.generate(preset="matching-pennies", seed=0), [[0.5, 0.5], [0.25, 0.75]]),
        (normal_form.FAMILY, normal_form.generate(preset="matching-pennies", seed=0), [0, 1]),
        (normal_form.FAMILY, normal_form.NormalFormGame(np.arange(12.0).reshape(2, 2, 3)), [[0.5, 0.5], [0.0, 0.0, 1.0]]),
    ],
)
def test_numbers_that_make_a_solution_are_one(fam: Any, problem: Any, numbers: Any) -> None:
    assert fam.from_array is not None
    report = fam.verify(problem, numbers)
    assert str(report) == str(fam.verify(problem, fam.from_array(problem, numbers)))
    assert "answer" not in report


def test_a_file_in_place_of_a_trained_policy_says_how_it_is_read() -> None:
    episode = scheduling.generate(devices=2, horizon=5.0, seed=0)
    for file in ("mine.npz", Path("folder/mine.bin")):
        said = (
            rf"^method: must be a method's name, or a trained policy, which edgeworth\.learning\.deep\.load_policy\('{file}'\)"
        )
        with pytest.raises(ValueError, match=said):
            scheduling.solve(episode, method=file)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"name, and allocation plays no trained policies; .*, greedy, .*; got 'mine\.npz'"):
        allocation.solve(PROBLEM, method="mine.npz")


# --- fresh objects ----------------------------------------------------------------------------------------------------------


class Lying(Assignment):
    """States one assignment when its value is asked for and another one when its load is."""

    asked = 0

    def __getattribute__(self, name: str) -> Any:
        if name == "server":
            Lying.asked += 1
            return np.array([0, -1]) if Lying.asked % 2 else np.array([0, 0])
        return super().__getattribute__(name)


def test_a_solution_that_changes_from_look_to_look_is_looked_at_once() -> None:
    liar = Lying([0, -1])
    for _ in range(4):
        report = allocation.verify(PROBLEM, answer(solution=liar))
        frozen = Lying.asked
        assert ("capacity" in report.failures) == (frozen % 2 == 0)
        assert bool(report) == (frozen % 2 == 1)


class Boasting(Result[Any]):
    @property
    def gap(self) -> float | None:
        return 0.0


def test_results_of_a_subclass_are_made_anew() -> None:
    content = {field.name: getattr(answer(), field.name) for field in dataclasses.fields(Result)}
    boast = Boasting(**{**content, "solution": Assignment([-1, 0]), "value": 2.0})
    assert "quality" in allocation.verify(PROBLEM, boast).failures


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("value", "3"),
        ("value", float("nan")),
        ("bound", float("inf")),
        ("quality", "best"),
        ("solution", np.array([0, -1])),
        ("certificate", {"u": np.zeros(1)}),
        ("sense", "max "),
    ],
)
def test_fields_that_are_not_plain_fail_and_raise_nothing(name: str, content: Any) -> None:
    forged = answer()
    object.__setattr__(forged, name, content)
    if name == "sense":
        with pytest.raises(ValueError, match="must have the problem's sense"):
            allocation.verify(PROBLEM, forged)
    else:
        assert "answer" in allocation.verify(PROBLEM, forged).failures


class Alias(str):
    """A text that equals nothing."""

    __hash__ = str.__hash__

    def __eq__(self, other: object) -> bool:
        return False

    def __ne__(self, other: object) -> bool:
        return False


def test_texts_are_what_they_hold_and_not_what_they_compare_as() -> None:
    game, forged = _no_equilibrium()
    aliased = replace(forged, method=Alias("pg-brd"), kind=Alias("offloading"))
    assert "epsilon" in offloading.verify(game, aliased).failures
    assert set(offloading.verify(game, replace(forged, kind=Alias("trading"))).failures) == {"answer"}
    assert set(offloading.verify(game, replace(forged, problem_hash=Alias("0"))).failures) == {"answer"}
    assert allocation.verify(PROBLEM, answer(sense=np.str_("max"), method=np.str_("greedy")))


def _no_equilibrium() -> tuple[offloading.OffloadingGame, Result[offloading.Profile]]:
    game = offloading.OffloadingGame.from_matrices(gain=np.array([[5.0, 1.0]]), rate=np.ones(2))
    worse = offloading.Profile(np.array([1]))
    honest = offloading.solve(game, method="pg-brd", seed=0)
    return game, replace(honest, solution=worse, value=offloading.value(game, worse), quality=Quality.FEASIBLE)


def test_a_result_that_names_another_family_is_refused() -> None:
    """There the method's name may claim less: an offloading profile "of allocation" was no equilibrium to be judged."""
    game, forged = _no_equilibrium()
    assert "epsilon" in offloading.verify(game, forged).failures
    for kind in ("allocation", "trading", "no family"):
        with pytest.raises(ValueError, match="must be a result of the family 'offloading'"):
            offloading.verify(game, replace(forged, kind=kind))


def test_a_problem_written_into_is_refused() -> None:
    problem = AllocationProblem.from_matrices([[3.0, 2.0]], [[1.0, 1.0]], [1.0])
    result = allocation.solve(problem, method="greedy")
    problem.value.setflags(write=True)
    problem.value[:] = 5.0
    problem.value.setflags(write=False)
    with pytest.raises(ValueError, match="problem: was changed after it was made"):
        allocation.verify(problem, result)


def test_defaults_of_ones_own_function_are_left_to_it() -> None:
    seen: list[object] = []

    def weighted(problem: Any, weight: float = 2.0, power: float = 3.0) -> list[int]:
        seen.append((weight, power))
        return [-1] * problem.tasks

    def told(problem: Any, params: object = None, run: object = None) -> list[int]:
        seen.append((params, run is not None))
        return [-1] * problem.tasks

    allocation.solve(PROBLEM, method=weighted)
    allocation.solve(PROBLEM, method=told, params=5)
    assert seen == [(2.0, 3.0), (5, True)]


def test_what_a_function_of_the_problem_alone_cannot_obey_is_refused() -> None:
    def nobody(problem: Any) -> list[int]:
        return [-1] * problem.tasks

    with pytest.raises(ValueError, match="params: must be None, as 'nobody' takes the problem alone; got 3"):
        allocation.solve(PROBLEM, method=nobody, params=3)
    with pytest.raises(ValueError, match="start: not supported by method 'nobody'"):
        allocation.solve(PROBLEM, method=nobody, start=allocation.Assignment([-1] * PROBLEM.tasks))


@pytest.mark.parametrize("certificate", [None, Certificate("of mine", {})])
def test_evidence_that_ones_own_function_does_not_have_is_a_claim(certificate: Certificate | None) -> None:
    found = [
        Found(Assignment([0, -1]), Termination.PROVED, 3.0, BoundEvidence.RECOMPUTED, certificate),
        Found(None, Termination.PROVED, None, BoundEvidence.RECOMPUTED, certificate, infeasible=True),
    ]
    results = [allocation.solve(PROBLEM, method=lambda problem, each=each: each) for each in found]
    assert [result.quality for result in results] == [Quality.CLAIMED_OPTIMAL, Quality.CLAIMED_INFEASIBLE]
    assert all("no certificate" in result.notes[0] for result in results)


def test_a_function_of_the_library_is_its_method() -> None:
    by_name, by_function = (allocation.solve(PROBLEM, method=each, seed=0) for each in ("exact", allocation.branch_and_bound))
    assert (by_function.method, by_function.params) == ("exact", by_name.params)
    assert (by_function.quality, by_function.require().server.tolist()) == (Quality.OPTIMAL, by_name.require().server.tolist())


def test_no_profile_out_of_equilibrium_is_optimal_where_bounds_cover_equilibria() -> None:
    game = trading.generate(preset="kink")
    best = trading.solve(game, method="exact")
    even = best.value / (15.0 - game.unit_cost) / game.consumers
    sold = trading.model.equilibrium_of(game, 15.0, np.full(game.consumers, even))
    report = trading.verify(game, replace(best, solution=sold, value=trading.value(game, sold)))
    assert {"epsilon", "quality"} <= set(report.failures)
    assert report["value"]
    assert report["bound"]


def test_control_c_leaves_a_function_of_the_problem_alone() -> None:
    reached: list[int] = []

    def presses(problem: Any) -> list[int]:
        signal.raise_signal(signal.SIGINT)
        reached.append(1)
        return [-1] * problem.tasks

    result = allocation.solve(PROBLEM, method=presses)
    assert (result.termination, result.solution, reached) == (Termination.INTERRUPTED, None, [])


def test_a_function_of_the_name_of_a_method_claims_nothing_for_it(tmp_path: Path) -> None:
    game = trading.generate(preset="kink")

    def exact(problem: Any, params: object, run: object) -> Any:
        return trading.model.equilibrium_of(problem, 15.0, np.full(problem.consumers, 50.0))

    result = trading.solve(game, method=exact, params={"tries": 3})
    assert (result.method, result.quality) == ("exact (own)", Quality.FEASIBLE)
    report = trading.verify(game, result)
    assert report  # a profile out of equilibrium that nobody called one
    assert report["epsilon"].status is Status.MEASURED
    result.save(tmp_path / "own.json")
    assert edgeworth.load(tmp_path / "own.json") == result


def test_results_with_any_parameters_can_be_compared() -> None:
    def nobody(problem: Any, params: object, run: object) -> list[int]:
        return [-1] * problem.tasks

    thing, long = object(), np.arange(3000)
    result = allocation.solve(PROBLEM, method=nobody, params=thing)
    assert result == replace(result)
    assert result != replace(result, params=object())
    changed = long.copy()
    changed[1500] = 0
    assert replace(result, params={"a": long}) == replace(result, params={"a": long.copy()})
    assert replace(result, params={"a": long}) != replace(result, params={"a": changed})


def test_a_callable_that_writes_into_its_problem_is_refused() -> None:
    problem = AllocationProblem.from_matrices([[3.0, 2.0]], [[1.0, 1.0]], [1.0])

    def writes(problem: Any, params: None, run: Any) -> Found[Any]:
        problem.value.setflags(write=True)
        problem.value[:] = 5.0
        return Found(Assignment([0, -1]), Termination.CONVERGED)

    with pytest.raises(ValueError, match="'writes' wrote into it"):
        allocation.solve(problem, method=writes)


def test_a_solution_of_a_subclass_is_refused_by_solve() -> None:
    with pytest.raises(TypeError, match="must be of type Assignment"):
        allocation.solve(PROBLEM, method=lambda problem, params, run: Found(Lying([0, -1]), Termination.CONVERGED))


# --- claims -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("evidence", [None, "claimed", BoundEvidence.CLAIMED])
def test_a_bare_word_is_a_claimed_optimum(evidence: Any) -> None:
    def boasts(problem: Any, params: None, run: Any) -> Found[Any]:
        return Found(Assignment([-1, 0]), Termination.PROVED, bound=2.0, evidence=evidence)

    result = allocation.solve(PROBLEM, method=boasts)
    assert result.quality is Quality.CLAIMED_OPTIMAL
    assert result.bound_evidence is BoundEvidence.CLAIMED
    report = allocation.verify(PROBLEM, result)
    assert set(report.claims) == {"bound", "quality"}
    assert "quality" in allocation.verify(PROBLEM, replace(result, quality=Quality.OPTIMAL)).failures


def test_evidence_in_words_is_the_same_evidence() -> None:
    found: Found[Any] = Found(Assignment([-1, 0]), Termination.PROVED, bound=2.0, evidence="recomputed")  # type: ignore[arg-type]
    assert found.evidence is BoundEvidence.RECOMPUTED
    result = allocation.solve(PROBLEM, method=lambda problem, params, run: found)
    assert (result.quality, result.bound_evidence) == (Quality.CLAIMED_OPTIMAL, BoundEvidence.CLAIMED)
    named = replace(result, quality="optimal", bound_evidence="recomputed")  # type: ignore[arg-type]
    assert {"bound", "quality"} <= set(allocation.verify(PROBLEM, named).failures)
    for wrong in ("two-solvers", "Recomputed", True, 1):
        with pytest.raises((ValueError, TypeError), match="evidence: must be"):
            Found(None, Termination.TIME, evidence=wrong)  # type: ignore[arg-type]


def test_infeasibility_is_claimed_or_proved() -> None:
    def gives_up(problem: Any, params: None, run: Any) -> Found[Any]:
        return Found(None, Termination.PROVED, infeasible=True)

    result = allocation.solve(PROBLEM, method=gives_up)
    assert result.quality is Quality.CLAIMED_INFEASIBLE
    report = allocation.verify(PROBLEM, result)
    assert report
    assert report["quality"].scope.kind == "claimed"
    assert "quality" in allocation.verify(PROBLEM, replace(result, quality=Quality.INFEASIBLE)).failures


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"bound": float("nan")}, "bound"),
        ({"bound": "big"}, "bound"),
        ({"termination": "done"}, "termination"),
        ({"certificate": {}}, "certificate"),
        ({"infeasible": 1}, "infeasible"),
        ({"iterations": -1}, "iterations"),
        ({"nodes": 1.5}, "nodes"),
        ({"notes": "text"}, "notes"),
    ],
)
def test_what_a_method_returns_is_validated(changes: dict[str, Any], error: str) -> None:
    with pytest.raises((ValueError, TypeError), match=f"{error}: must"):
        Found(**({"solution": None, "termination": Termination.TIME} | changes))


def test_an_infinite_bound_is_none() -> None:
    assert Found(None, Termination.TIME, bound=float("inf")).bound is None


def test_certificates_hold_numbers_only() -> None:
    for wrong in (np.array(["a"]), np.array([object()]), np.array([1j])):
        with pytest.raises(TypeError, match="arrays of numbers"):
            Certificate("kind", {"u": wrong})


# --- budget -----------------------------------------------------------------------------------------------------------------


def family_with(rebuild: Any) -> Model[AllocationProblem, Assignment]:
    def judge(problem: Any, solution: Any, claimed: bool, result: Any, budget: Budget) -> Any:
        return {}, allocation.value(problem, solution)

    return replace(allocation.FAMILY, judge=judge, rebuild={"capacity-multipliers": rebuild})


def test_a_bound_beyond_the_budget_is_not_checked_and_not_refuted() -> None:
    def slow(problem: Any, arrays: Any, budget: Budget) -> float:
        while True:
            budget.check()

    report = verify_answer(family_with(slow), PROBLEM, answer(), seconds=0.01)
    assert not report
    assert not report.failures
    assert set(report.unchecked) == {"bound", "quality"}
    assert "NOT CHECKED" in str(report)
    assert report["bound"].tolerance is None


@pytest.mark.parametrize("found", [float("nan"), float("inf"), -float("inf")])
def test_a_bound_that_is_no_number_proves_nothing(found: float) -> None:
    report = verify_answer(family_with(lambda problem, arrays, budget: found), PROBLEM, answer())
    assert {"bound", "quality"} <= set(report.failures)


def test_a_judge_beyond_the_budget() -> None:
    def judge(problem: Any, solution: Any, claimed: bool, result: Any, budget: Budget) -> Any:
        raise BudgetEnded("too long")

    slow = replace(allocation.FAMILY, judge=judge)
    report = verify_answer(slow, PROBLEM, answer())
    assert set(report.unchecked) == {"solution"}
    assert "value" in report.failures  # nothing was valued


def test_arrays_of_a_certificate_are_checked_first() -> None:
    arrays = {"u": np.array([1.0, 2.0])}
    assert not certificate_array(arrays, "u", np.float64, (2,)).flags.writeable
    for changes in ({"shape": (3,)}, {"minimum": 1.5}, {"maximum": 1.5}, {"dtype": np.int64}):
        given: dict[str, Any] = {"dtype": np.float64, "shape": (2,)} | changes
        with pytest.raises((ValueError, TypeError)):
            certificate_array(arrays, "u", **given)
    with pytest.raises(KeyError):
        certificate_array(arrays, "v", np.float64, (2,))


# --- numbers ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("scale", [1e-300, 1e-13, 1.0, 1e13, 1e300])
def test_scaling_all_values_changes_no_gap(scale: float) -> None:
    assert relative_gap(3.0 * scale, 4.0 * scale, "max") == pytest.approx(1 / 3)
    assert closes(3.0 * scale, 3.0 * scale, "max", False)
    assert not closes(3.0 * scale, 3.1 * scale, "max", False)
    assert not closes(0.0, scale, "max", False)


def test_an_offset_is_at_no_stake() -> None:
    assert not closes(1e12, 1e12 + 100.0, "max", True, offset=1e12)
    assert not closes(1e12, 1e12 + 0.5, "max", False, offset=1e12)
    assert closes(1e12, 1e12 + 100.0, "max", False)  # without the offset 1e-10 of the value
    problem = AllocationProblem.from_matrices([[100.0, 90.0]], [[1.0, 1.0]], [1.0], offset=1e12)
    bound = allocation.dual_bound(problem, [100.0])
    nobody = replace(
        allocation.solve(problem, method="greedy"),
        solution=Assignment([-1, -1]),
        value=1e12,
        bound=bound,
        bound_evidence=BoundEvidence.RECOMPUTED,
        certificate=Certificate("capacity-multipliers", {"u": np.array([100.0])}),
        quality=Quality.OPTIMAL,
    )
    wrong = allocation.verify(problem, nobody).failures["quality"].witness
    assert str(wrong) == "quality is stated as optimal, the check finds feasible"


def test_integers_are_judged_in_integers() -> None:
    assert not closes(1e12, 1e12 + 1.0, "max", True)  # 1e-12 of the value, and another integer
    assert closes(1e12, 1e12 + 0.9, "max", True)
    assert closes(5.0, 4.5, "min", True)
    assert not closes(5.0, 5.5, "min", True)


# --- words ------------------------------------------------------------------------------------------------------------------


def test_a_report_says_what_was_judged_and_how_far() -> None:
    report = Report(
        {
            "a": Verdict.of(True, 1e-12, 1e-9),
            "b": Verdict.of(False, 2.0, 1e-9, "b's witness", Scope("partial", 3)),
            "c": Verdict(Status.MEASURED, 0.25, 1.0, "who gains"),
        }
    )
    assert str(report).splitlines() == [
        "a: holds, 1e-12 within 1e-09 (exhaustive)",
        "b: FAILS by 2 (tolerance 1e-09): b's witness (partial: 3 pieces)",
        "c: measured, 0.25: who gains (exhaustive)",
    ]
    assert str(report["b"]) == "FAILS by 2 (tolerance 1e-09): b's witness (partial: 3 pieces)"
    assert report["c"].tolerance is None
    assert not report["c"].holds
    assert bool(report["c"])


@pytest.mark.parametrize("wrong", [{"kind": "all"}, {"kind": "sampled"}, {"kind": "exhaustive", "count": 3}, {"count": -1}])
def test_scopes_that_say_nothing_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"(kind|count): must"):
        Scope(**wrong)


def test_the_default_budget_is_a_minute() -> None:
    assert checking.SECONDS == 60.0


def test_an_array_without_a_dimension_makes_no_solution() -> None:
    """Of a family that would ask it for its length as well; the message names the argument, the rule and the value."""
    from edgeworth.games import normal_form

    game = normal_form.NormalFormGame([[[1.0, 0.0], [0.0, 1.0]], [[0.0, 1.0], [1.0, 0.0]]])
    with pytest.raises(ValueError, match=r"answer: must hold the numbers of a Profile, .*; got an array of shape"):
        normal_form.verify(game, np.array(0))
