"""Performance, gap and data profiles against plain loops, and what every profile must be."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from edgeworth import Comparison, compare
from edgeworth.core.numeric import Sense, relative_gap
from edgeworth.experiments.cases import gather, signed_gaps
from edgeworth.solvers import allocation
from tests.experiments import made
from tests.oracles import profiles as oracle
from tests.oracles.profiles import PlainRun

SENSES: tuple[Sense, ...] = ("max", "min")
DRAWS: list[tuple[int, Sense]] = [(0, "max"), (1, "min"), (2, "max"), (3, "min")]


def shares_at(frame: pd.DataFrame, method: str, x: float) -> float:
    """The step function of a method at x, as a reader of the table would evaluate it."""
    mine = frame[frame["method"] == method]
    return float(mine["share"][mine.iloc[:, 1] <= x].iloc[-1])


def standing(comparison: Comparison, runs: list[PlainRun]) -> list[PlainRun]:
    """The runs after the comparison has refuted bounds by the values of others."""
    for run, verified in zip(runs, comparison.frame["verified"], strict=True):
        run.verified = bool(verified)
    return runs


@pytest.mark.parametrize(("seed", "sense"), DRAWS)
def test_profiles_are_those_of_plain_loops(seed: int, sense: Sense) -> None:
    runs = made.random_runs(seed, sense)
    comparison = made.comparison(runs, sense)
    runs = standing(comparison, runs)
    goals: tuple[Any, ...] = ("value", "bound", "proof")
    for goal, tau in zip(goals, (0.03 * (seed % 2), 0.06, 0.0), strict=True):
        ratios, seconds = comparison.performance_profile(goal, tau), comparison.data_profile(goal, tau)
        for label in comparison.setting.labels:
            for x in (1.0, 1.3, 2.1, 1e9):
                assert shares_at(ratios, label, x) == pytest.approx(
                    oracle.performance(runs, label, x, sense, goal, tau), abs=1e-12
                )
            for x in (0.0, 0.3, 1.9, 1e9):
                want = oracle.solved_within(runs, label, x, sense, goal, tau)
                assert shares_at(seconds, label, x) == pytest.approx(want, abs=1e-12)
    for reference in goals[:2]:
        frame = comparison.gap_profile(reference)
        for label, x in itertools.product(comparison.setting.labels, (1e-9, 0.013, 0.2, 1e9)):
            assert shares_at(frame, label, x) == pytest.approx(oracle.near(runs, label, x, sense, reference), abs=1e-12)


@pytest.mark.parametrize(("seed", "sense"), DRAWS[:4])
def test_what_every_profile_is(seed: int, sense: Sense) -> None:
    runs = made.random_runs(seed, sense)
    comparison = made.comparison(runs, sense)
    runs = standing(comparison, runs)
    ratios = comparison.performance_profile(tau=0.0)
    for frame in (ratios, comparison.data_profile(), comparison.gap_profile("bound")):
        for _, mine in frame.groupby("method"):
            assert mine.iloc[:, 1].is_monotonic_increasing
            assert mine.iloc[:, 1].is_unique
            assert mine["share"].is_monotonic_increasing
            assert mine["share"].between(0.0, 1.0).all()
        assert frame.groupby("method").last().iloc[:, 0].nunique() == 1  # all end where the last one steps
    # Of every instance that somebody solved somebody is the fastest; the right end is what a method solved at all.
    solved = {
        label: {
            run.instance for run in runs if run.method == label and oracle.is_solved(run, runs, sense, "value", 0.0)
        }
        for label in comparison.setting.labels
    }  # fmt: skip
    firsts = ratios[ratios["ratio"] == 1.0]
    assert firsts["share"].sum() >= len(set().union(*solved.values())) / 7 - 1e-12
    for label in comparison.setting.labels:
        assert shares_at(ratios, label, np.inf) == pytest.approx(len(solved[label]) / 7, abs=1e-12)


@pytest.mark.parametrize("seed", [0, 1])
def test_the_order_of_rows_and_methods_changes_nothing(seed: int) -> None:
    runs = made.random_runs(seed, "max")
    order = np.random.default_rng(seed).permutation(len(runs))
    one, two = made.comparison(runs), made.comparison([runs[k] for k in order])
    for frame in (lambda of: of.performance_profile(), lambda of: of.data_profile(), lambda of: of.gap_profile()):
        tables = [frame(of).sort_values(["method", frame(of).columns[1]], ignore_index=True) for of in (one, two)]
        pd.testing.assert_frame_equal(*tables, rtol=1e-12, check_exact=False)


def test_a_profile_by_hand() -> None:
    # p: a solves in 1 s, b in 3 s. q: a fails; b's two seeds take 4 s, of which one fails: 8 s for one success.
    runs = [
        PlainRun("a", "p", 0, 10.0, None, 1.0),
        PlainRun("a", "q", 0, None, None, 9.0),
        *(PlainRun("b", "p", k, 10.0, None, 3.0) for k in (0, 1)),
        PlainRun("b", "q", 0, 5.0, None, 4.0),
        PlainRun("b", "q", 1, 4.0, None, 4.0),
    ]
    comparison = made.comparison(runs)
    frame = comparison.performance_profile()
    assert frame.to_dict("list") == {
        "method": ["a", "a", "b", "b"],
        "ratio": [1.0, 3.0, 1.0, 3.0],
        "share": [0.5, 0.5, 0.5, 1.0],
    }
    assert frame.attrs["instances"] == 2
    assert comparison.data_profile().to_dict("list") == {
        "method": ["a"] * 3 + ["b"] * 3,
        "seconds": [0.0, 1.0, 4.0, 0.0, 3.0, 4.0],
        "share": [0.0, 0.5, 0.5, 0.0, 0.5, 0.75],
    }


def test_a_trace_says_when_but_not_what() -> None:
    traced = PlainRun("a", "p", 0, 10.0, None, 8.0, trace=[(1.0, None, None), (2.0, 9.0, None), (4.0, 12.0, None)])
    refuted = PlainRun("b", "p", 0, 10.0, None, 8.0, verified=False, trace=[(1.0, 10.0, None)])
    frame = made.comparison([traced, refuted]).data_profile(tau=0.0)
    assert shares_at(frame, "a", 3.9) == 0.0  # 9 is not within 0 of 10
    assert shares_at(frame, "a", 4.0) == 1.0
    assert shares_at(frame, "b", 1e9) == 0.0  # what did not stand the check was never near anything
    assert made.comparison([traced]).gap_profile()["gap"].tolist() == [0.0]  # the 12 of the trace is nobody's best


def test_all_fail_one_method_one_instance() -> None:
    failed = made.comparison([PlainRun(label, "p", 0, None, None, 1.0) for label in "ab"])
    for frame in (failed.performance_profile(), failed.data_profile(), failed.gap_profile(), failed.data_profile("proof")):
        assert (frame["share"] == 0.0).all()
        assert len(frame) == 2
    single = made.comparison([PlainRun("a", "p", 0, 1.0, None, 0.0)])
    assert single.performance_profile().to_dict("list") == {"method": ["a"], "ratio": [1.0], "share": [1.0]}


def test_times_of_nothing_have_a_ratio() -> None:
    runs = [PlainRun("a", "p", 0, 1.0, None, 0.0), PlainRun("b", "p", 0, 1.0, None, 1.0)]
    frame = made.comparison(runs).performance_profile()
    assert shares_at(frame, "b", 0.99e6) == 0.0
    assert shares_at(frame, "b", 1.01e6) == 1.0


def test_bounds_alone_and_runs_never_made_are_no_failures() -> None:
    runs = [PlainRun("greedy", "p", 0, 1.0, None, 1.0), PlainRun("lp", "p", 0, None, 1.0, 1.0)]
    runs += [PlainRun("random", "p", 0, 1.0, None, 1.0), PlainRun("greedy", "q", 0, 1.0, None, 1.0)]
    named = [(label, f"{label}; stop: none") for label in ("greedy", "lp", "random")]
    comparison = made.comparison(runs, methods=named)
    frame = comparison.performance_profile()
    assert frame["method"].unique().tolist() == ["greedy", "random"]
    assert frame.attrs["instances"] == 1
    with pytest.raises(ValueError, match="methods: must hold one that gives values"):
        made.comparison(runs[1:2], methods=named[1:2]).gap_profile()
    with pytest.raises(ValueError, match="rows: must hold an instance on which every method ran; got 2"):
        made.comparison(runs[2:], methods=named).gap_profile()


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (lambda of: of.performance_profile("best"), "goal: must be one of"),
        (lambda of: of.gap_profile("proof"), "reference: must be one of"),
        (lambda of: of.data_profile(tau=-0.1), "tau: must be at least 0"),
        (lambda of: of.data_profile("bound"), "goal: must be 'value' where no method left a bound"),
        (lambda of: of.convergence("value"), r"results: must hold a trace; .*trace=True"),
        (lambda of: of.convergence("bound"), "reference: must be 'value' where"),
    ],
)
def test_misuse_is_named(ask: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        ask(made.comparison([PlainRun("a", "p", 0, 1.0, None, 1.0)]))
    with pytest.raises(TypeError, match="tau: must be a"):
        made.comparison([PlainRun("a", "p", 0, 1.0, None, 1.0)]).data_profile(tau="1")  # type: ignore[arg-type]


@pytest.mark.parametrize("sense", SENSES)
def test_gaps_of_arrays_are_those_of_numbers(sense: Sense) -> None:
    numbers = [(1.0, 2.0, 0.0), (0.0, 0.0, 0.0), (0.0, 3.0, 0.0), (5.0, 6.0, 5.0), (-4.0, 1.0, 2.0)]
    table = np.array(numbers)
    found = signed_gaps(table[:, 0], table[:, 1], table[:, 2], sense)
    assert found.tolist() == [relative_gap(value, bound, sense, offset) for value, bound, offset in numbers]


def test_gaps_are_those_of_the_table_also_after_a_file(tmp_path: Path) -> None:
    problems = [allocation.generate(servers=3, tasks=12, seed=seed) for seed in range(3)]
    comparison = compare(problems, ["highs", "greedy", "lp"])
    cases = gather(comparison.rows, comparison.frame, comparison.results, comparison.setting)
    assert cases.labels == ("highs", "greedy")
    gaps = comparison.frame["gap_to_best_bound"][comparison.frame["method"] != "lp"].to_numpy()
    assert np.array_equal(cases.gaps("bound"), gaps)
    comparison.save(tmp_path / "c.jsonl")
    loaded = Comparison.load(tmp_path / "c.jsonl")
    pd.testing.assert_frame_equal(loaded.performance_profile("proof"), comparison.performance_profile("proof"))
    with pytest.raises(ValueError, match="files of comparisons hold none"):
        loaded.convergence()
