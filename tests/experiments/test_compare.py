"""The sweep: what is refused, what is run, what the table says."""

from __future__ import annotations

import math
import re
from typing import Any

import joblib
import numpy as np
import pandas as pd
import pytest

from edgeworth import MethodSpec, Stop, compare
from edgeworth.core.family import Family
from edgeworth.core.result import Termination
from edgeworth.core.verdict import Report, Verdict
from edgeworth.experiments.table import COLUMNS
from edgeworth.solvers import allocation
from tests.experiments import faults


def problems(count: int = 3) -> list[Any]:
    return [allocation.generate(preset="hotspot", servers=4, tasks=12, seed=seed) for seed in range(count)]


def tight() -> Any:
    """Two servers with room for one of three tasks each."""
    return allocation.AllocationProblem.from_matrices([[3.0, 2.0, 2.0], [1.0, 2.0, 1.5]], np.ones((2, 3)), [1.0, 1.0])


def tiny(values: list[float], sense: str = "max") -> Any:
    """One server with room for all."""
    return allocation.AllocationProblem.from_matrices([values], [[1.0] * len(values)], [100.0], sense=sense)


# --- refusals: everything is checked before anything runs ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"problems": []}, "problems: must hold at least one"),
        ({"methods": []}, "methods: must hold at least one"),
        ({"seeds": []}, "seeds: must hold at least one"),
        ({"seeds": [1, 2, 1]}, "seeds: must be distinct; got 1 at positions 0 and 2"),
        ({"seeds": [-1]}, "seeds: must be at least 0"),
        (
            {"methods": ["greedy", MethodSpec("greedy", "lp")]},
            "methods: must be distinct; got 'greedy' at positions 1 and 2; MethodSpec(label, method) gives",
        ),
        ({"methods": ["gredy"]}, "did you mean 'greedy'"),
        ({"stop": Stop(iterations=3)}, "iterations: not supported by method 'greedy'"),
        ({"methods": [MethodSpec("a", "lp", stop=Stop(gap=0.1))]}, "gap: not supported by method 'lp'"),
        ({"methods": [MethodSpec("a", "greedy", params=allocation.QLearning())]}, "params: method 'greedy' takes none"),
        ({"threads": 2}, "threads: not supported by method 'greedy'"),
        ({"threads": 0}, "threads: must be at least 1"),
        ({"n_jobs": 0}, "n_jobs: must be at least 1"),
    ],
)
def test_refused_before_anything_runs(arguments: dict[str, Any], message: str) -> None:
    ran = []

    def spy(problem: Any, params: None, run: Any) -> Any:
        ran.append(1)

    call: dict[str, Any] = {"problems": problems(1), "methods": ["greedy"]} | arguments
    methods = [spy, *call.pop("methods")]
    if len(methods) == 1:
        methods = []
    with pytest.raises(ValueError, match=re.escape(message)):
        compare(call.pop("problems"), methods, **call)
    assert not ran


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"problems": 3}, "problems: must be a sequence"),
        ({"problems": ["p"]}, "problems: must hold problems"),
        ({"methods": "greedy"}, "methods: must be a sequence"),
        ({"methods": [3]}, "methods: must hold names"),
        ({"seeds": 3}, "seeds: must be a sequence"),
        ({"seeds": [0.5]}, "seeds: must be an integer"),
        ({"seeds": [True]}, "seeds: must be an integer"),
        ({"stop": 3.0}, "stop: must be a Stop"),
        ({"on_run": 3}, "on_run: must be callable"),
    ],
)
def test_wrong_types_are_refused(arguments: dict[str, Any], message: str) -> None:
    call: dict[str, Any] = {"problems": problems(1), "methods": ["greedy"]} | arguments
    with pytest.raises(TypeError, match=message):
        compare(call.pop("problems"), call.pop("methods"), **call)


def test_a_single_problem_needs_a_list() -> None:
    with pytest.raises(TypeError, match="problems: must be a sequence"):
        compare(problems(1)[0], ["greedy"])


def test_the_same_instance_twice_and_mixed_senses_are_refused() -> None:
    with pytest.raises(ValueError, match="problems: must be distinct"):
        compare([*problems(1), *problems(1)], ["greedy"])
    with pytest.raises(ValueError, match="problems: must all be of one sense"):
        compare([tiny([1.0]), tiny([1.0], "min")], ["greedy"])


def test_method_spec_checks_itself() -> None:
    with pytest.raises(ValueError, match="label: must not be empty"):
        MethodSpec(" ", "greedy")
    with pytest.raises(TypeError, match="method: must be"):
        MethodSpec("a", 3)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="stop: must be"):
        MethodSpec("a", "greedy", stop=1.0)  # type: ignore[arg-type]


# --- the table ----------------------------------------------------------------------------------------------------------------


def test_rows_seeds_and_columns() -> None:
    comparison = compare(problems(2), ["greedy", "random", "lp"], seeds=[5, 3])
    frame = comparison.frame
    assert tuple(frame.columns[: len(COLUMNS)]) == COLUMNS
    assert list(frame.columns[len(COLUMNS) :]) == list(allocation.measures(problems(1)[0], comparison.results[0].require()))
    assert frame["method"].tolist() == ["greedy", "random", "random", "lp"] * 2
    assert [None if pd.isna(seed) else seed for seed in frame["method_seed"]] == [None, 5, 3, None] * 2
    assert frame["instance_seed"].tolist() == [0] * 4 + [1] * 4
    assert frame["problem"].tolist() == ["hotspot seed 0"] * 4 + ["hotspot seed 1"] * 4
    assert comparison.verified
    assert all(frame["verified"])


def test_a_row_is_what_solve_returns_for_its_seed() -> None:
    problem = problems(1)[0]
    frame = compare([problem], ["random"], seeds=range(4)).frame
    for row in frame.itertuples():
        assert row.value == allocation.solve(problem, method="random", seed=int(row.method_seed)).value


def test_gaps_to_the_best_bound_of_any_method() -> None:
    frame = compare(problems(1), ["greedy", "lp", "highs"], stop=Stop(seconds=20)).frame.set_index("method")
    tightest = frame["bound"].min()
    assert tightest == frame.loc["highs", "bound"]
    value = frame.loc["greedy", "value"]
    assert frame.loc["greedy", "gap_to_best_bound"] == pytest.approx((tightest - value) / value)
    assert math.isnan(frame.loc["lp", "gap_to_best_bound"])
    assert math.isnan(frame.loc["lp", "value"])
    assert frame.loc["lp", "bound_evidence"] == "recomputed"


def test_the_best_bound_of_a_minimisation_is_the_largest() -> None:
    problem = allocation.AllocationProblem.from_matrices(
        [[3.0, 5.0], [4.0, 4.5]], [[2.0, 2.0], [2.0, 2.0]], [3.0, 3.0], must_serve=[True, True], sense="min"
    )
    frame = compare([problem], ["greedy", "lp", "highs"]).frame.set_index("method")
    assert frame.loc["highs", "gap_to_best_bound"] == pytest.approx(0.0, abs=1e-9)
    assert (frame["gap_to_best_bound"].dropna() >= -1e-9).all()


def test_labels_of_files_collections_and_arrays() -> None:
    anonymous = tiny([1.0, 2.0])
    assert compare([anonymous], ["greedy"]).frame["problem"][0] == f"allocation {anonymous.hash[:8]}"
    sizes = [allocation.generate(preset="hotspot", servers=4, tasks=tasks, seed=0) for tasks in (5, 6)]
    labels = compare(sizes, ["greedy"]).frame["problem"].tolist()
    assert labels == [f"hotspot seed 0 {problem.hash[:8]}" for problem in sizes]


def test_specs_override_stop_and_params() -> None:
    specs = [
        MethodSpec("short", "q-learning", allocation.QLearning(episodes=3)),
        MethodSpec("cut", "q-learning", stop=Stop(iterations=7)),
    ]
    comparison = compare(problems(1), specs, stop=Stop(seconds=60))
    short, cut = comparison.results
    assert short is not None
    assert cut is not None
    assert short.stats.iterations == 3
    assert (cut.stats.iterations, cut.termination) == (7, Termination.ITERATIONS)
    assert comparison.setting.methods[1][1] == "q-learning; stop: iterations 7"


def test_auto_and_empty_problems() -> None:
    comparison = compare([tiny([])], ["auto", "greedy"])
    assert comparison.verified
    assert comparison.frame["value"].tolist() == [0.0, 0.0]
    chosen = comparison.results[0]
    assert chosen is not None
    assert comparison.frame["notes"][0].startswith(f"auto: {chosen.method}")
    assert "nan" not in repr(comparison.summary()["mean_value"]).lower()


def test_on_run_is_told_everything_in_order() -> None:
    told: list[tuple[int, int, str]] = []
    compare(problems(2), ["greedy", "lp"], on_run=lambda done, total, row: told.append((done, total, row["method"])))
    assert told == [(1, 4, "greedy"), (2, 4, "lp"), (3, 4, "greedy"), (4, 4, "lp")]


# --- faults -------------------------------------------------------------------------------------------------------------------


def test_planted_faults_are_shown_as_failed() -> None:
    comparison = compare([tight()], [faults.overloads, faults.raises, faults.lies, "highs"])
    frame = comparison.frame.set_index("method")
    assert not comparison.verified
    assert frame["verified"].tolist() == [False, False, False, True]
    assert "breaks a constraint" in frame.loc["overloads", "notes"]
    assert frame.loc["raises", "notes"] == "the method raised RuntimeError: no & <luck>"
    assert comparison.results[1] is None
    assert frame.loc[["overloads", "raises"], "value"].isna().all()
    assert frame.loc["lies", "quality"] == "claimed optimal"  # only the comparison can know better
    assert "contradicted by highs's verified value" in frame.loc["lies", "notes"]
    assert frame.loc["highs", "gap_to_best_bound"] == pytest.approx(0.0, abs=1e-9)
    summary = comparison.summary()
    assert summary.attrs["reference"] == "highs"
    assert summary["share_verified"].tolist() == [0.0, 0.0, 0.0, 1.0]
    assert summary.loc["lies", "share_optimal"] == 0.0
    assert math.isnan(summary.loc["lies", "mean_value"])


def test_a_checker_that_refutes_or_raises_is_a_failed_row(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuting(family: Any, problem: Any, result: Any) -> Report:
        return Report({"value": Verdict.of(False, 1.0, witness="w")})

    monkeypatch.setattr(Family, "verify", refuting)
    row = compare(problems(1), ["greedy"]).frame.iloc[0]
    assert (bool(row["verified"]), row["notes"]) == (False, "refuted: value: w")
    assert row["value"] > 0.0
    assert math.isnan(row["gap_to_best_bound"])

    def broken(family: Any, problem: Any, result: Any) -> Any:
        raise KeyError("x")

    monkeypatch.setattr(Family, "verify", broken)
    row = compare(problems(1), ["greedy"]).frame.iloc[0]
    assert (bool(row["verified"]), row["notes"]) == (False, "the check raised KeyError: 'x'")


def test_interruption_keeps_what_was_finished() -> None:
    comparison = compare(problems(2), ["greedy", faults.wants_out, "lp"])
    assert comparison.setting.interrupted
    assert comparison.frame["method"].tolist() == ["greedy", "wants_out"]
    assert comparison.frame["termination"].tolist() == ["converged", "interrupted"]
    assert comparison.summary()["instances"].tolist() == [1, 1, 0]
    comparison = compare(problems(2), ["greedy", faults.second_control_c])
    assert comparison.setting.interrupted
    assert comparison.frame["method"].tolist() == ["greedy"]
    with pytest.raises(KeyboardInterrupt):
        compare(problems(2), [faults.second_control_c])


def test_interruption_in_a_worker_ends_the_sweep() -> None:
    comparison = compare(problems(4), ["greedy", faults.wants_out], n_jobs=2)
    assert comparison.setting.interrupted
    assert "wants_out" in set(comparison.frame["method"])
    assert len(comparison.frame) <= comparison.setting.runs == 8


# --- parallel -----------------------------------------------------------------------------------------------------------------

_CLOCK = ["seconds"]


@pytest.mark.parametrize("backend", [None, "threading"])
def test_two_jobs_give_the_same_table(backend: str | None) -> None:
    methods = ["random", faults.raises, "greedy", "q-learning", "lp", faults.overloads]
    instances = [*problems(3), tight()]
    serial = compare(instances, methods, seeds=range(2))
    if backend is None:
        parallel = compare(instances, methods, seeds=range(2), n_jobs=2)
    else:
        with joblib.parallel_config(backend=backend):
            parallel = compare(instances, methods, seeds=range(2), n_jobs=2)
    pd.testing.assert_frame_equal(serial.frame.drop(columns=_CLOCK), parallel.frame.drop(columns=_CLOCK))
    for one, other in zip(serial.results, parallel.results, strict=True):
        assert (one is None) == (other is None)
        if one is not None and other is not None and one.solution is not None:
            assert np.array_equal(one.solution.server, other.require().server)
