"""Comparisons in files, and several of them as one table."""

from __future__ import annotations

import dataclasses
import json
import math
import time
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from edgeworth import Comparison, FileFormatError, MethodSpec, Stop, compare
from edgeworth.core.result import Termination
from edgeworth.experiments import rows, table
from edgeworth.solvers import allocation
from tests.experiments import faults


def problems(*seeds: int) -> list[Any]:
    return [allocation.generate(preset="hotspot", servers=4, tasks=12, seed=seed) for seed in seeds]


def same(one: Comparison, other: Comparison) -> None:
    pd.testing.assert_frame_equal(one.frame, other.frame)
    pd.testing.assert_frame_equal(one.summary(), other.summary())
    assert one.setting == other.setting


@pytest.fixture(scope="module")
def comparison() -> Comparison:
    methods = ["greedy", "lp", "random", faults.raises, faults.lies, "highs"]
    return compare(problems(0, 2**70), methods, seeds=[3, 1], stop=Stop(seconds=20.0))


def test_a_saved_comparison_is_the_same_table(comparison: Comparison, tmp_path: Path) -> None:
    comparison.save(tmp_path / "sweep.jsonl")
    loaded = Comparison.load(tmp_path / "sweep.jsonl")
    same(comparison, loaded)
    assert loaded.results == (None,) * len(comparison.rows)
    assert not loaded.verified
    loaded.save(tmp_path / "again.jsonl")
    assert (tmp_path / "again.jsonl").read_bytes() == (tmp_path / "sweep.jsonl").read_bytes()
    loaded.to_html(tmp_path / "one.html")
    dataclasses.replace(comparison, results=loaded.results).to_html(tmp_path / "two.html")  # no picture of a solution
    assert (tmp_path / "one.html").read_text() == (tmp_path / "two.html").read_text()


def test_the_file_of_a_sweep_is_a_comparison(tmp_path: Path) -> None:
    whole = compare(problems(0, 1), ["greedy", "random"], seeds=range(2), rows=tmp_path / "rows.jsonl")
    same(whole, Comparison.load(tmp_path / "rows.jsonl"))
    text = (tmp_path / "rows.jsonl").read_text()
    (tmp_path / "killed.jsonl").write_text(text[:-20])  # in the midst of a row
    killed = Comparison.load(tmp_path / "killed.jsonl")
    assert len(killed.frame) == 5
    assert killed.setting.interrupted
    pd.testing.assert_frame_equal(killed.frame, whole.frame.iloc[:5], check_dtype=False)


def test_infinite_and_missing_measures_survive(comparison: Comparison, tmp_path: Path) -> None:
    odd = {**comparison.rows[0], "ratio": math.inf, "other": -math.inf, "none": math.nan}
    changed = dataclasses.replace(comparison, rows=(odd, *comparison.rows[1:]))
    changed.save(tmp_path / "odd.jsonl")
    same(changed, Comparison.load(tmp_path / "odd.jsonl"))


def test_a_failed_write_leaves_the_old_file(comparison: Comparison, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "sweep.jsonl"
    comparison.save(path)
    before = path.read_bytes()
    monkeypatch.setattr(rows, "line", lambda row: "\ud800")
    with pytest.raises(ValueError, match="surrogates"):
        comparison.save(path)
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda lines: [], "line 1: is not a line of JSON"),
        (lambda lines: ["[1]"], "line 1: is not a JSON object"),
        (lambda lines: ['{"format": "other"}'], "line 1: does not hold a comparison"),
        (lambda lines: [lines[0].replace('"schema": 1', '"schema": 2'), *lines[1:]], "line 1: schema 2 is later than 1"),
        (lambda lines: [lines[0].replace('"schema": 1', '"schema": true'), *lines[1:]], "line 1: has no valid schema"),
        (lambda lines: [lines[0].replace('"sense": "max"', '"sense": "up"'), *lines[1:]], "line 1: has no valid setting"),
        (lambda lines: [lines[0].replace('"kind": "allocation"', '"kind": 3'), *lines[1:]], "line 1: has no valid setting"),
        (lambda lines: [lines[0].replace('"runs"', '"run"'), *lines[1:]], "line 1: has no valid setting"),
        (lambda lines: lines[:-1], "is truncated: 18 rows were saved, 17 are here"),
        (
            lambda lines: [lines[0], lines[1].replace('"verified": true', '"verified": 1'), *lines[2:]],
            "line 2: verified is not",
        ),
        (lambda lines: [lines[0], lines[1].replace('"verified"', '"v"'), *lines[2:]], "line 2: has no verified"),
        (
            lambda lines: [lines[0], lines[1].replace('"method": "greedy"', '"method": "x"'), *lines[2:]],
            "line 2: the method 'x'",
        ),
        (
            lambda lines: [lines[0], lines[1].replace('"seconds": ', '"seconds": 1e999, "s": '), *lines[2:]],
            "line 2: seconds is not of its type: inf",
        ),
        (lambda lines: [*lines[:-1], lines[1]], "line 19: is the run of line 2 again"),
        (
            lambda lines: [lines[0], lines[1].replace('"value": ', f'"value": {10**400}, "v": '), *lines[2:]],
            "line 2: value is not of its type: 1000",
        ),
        (
            lambda lines: [lines[0], lines[1].replace('"value": ', '"value": "inf", "v": '), *lines[2:]],
            "line 2: value is not of its type: 'inf'",
        ),
        (lambda lines: [lines[0].replace('"runs": 18', '"runs": -1'), *lines[1:]], "line 1: has no valid setting: runs"),
        (lambda lines: [lines[0], "[" * 100_000, *lines[2:]], "line 2: is not a line of JSON"),
    ],
)
def test_damaged_files_are_refused_by_name(comparison: Comparison, tmp_path: Path, change: Any, message: str) -> None:
    path = tmp_path / "sweep.jsonl"
    comparison.save(path)
    lines = path.read_text().splitlines()
    path.write_text("".join(f"{line}\n" for line in change(lines)))
    with pytest.raises(FileFormatError, match=f"sweep.jsonl: .*({message})"):
        Comparison.load(path)
    with pytest.raises(FileNotFoundError):
        Comparison.load(tmp_path / "absent.jsonl")


# --- merging ------------------------------------------------------------------------------------------------------------------


def test_parts_of_a_sweep_merge_to_the_whole() -> None:
    methods, instances = ["greedy", "highs", "random"], problems(0, 1, 2)
    whole = compare(instances, methods, seeds=range(2)).frame.drop(columns="seconds")
    parts = compare(instances[:1], methods, seeds=range(2)).merge(compare(instances[1:], methods, seeds=range(2)))
    pd.testing.assert_frame_equal(parts.frame.drop(columns="seconds"), whole)
    assert (parts.setting.runs, parts.setting.problems) == (12, ("hotspot seed 0", "hotspot seed 1", "hotspot seed 2"))
    assert len(parts.results) == 12
    by_method = compare(instances, methods[:2]).merge(compare(instances, methods[2:], seeds=range(2)))
    pd.testing.assert_frame_equal(by_method.frame.drop(columns="seconds"), whole)
    by_seed = compare(instances, methods, seeds=[0]).merge(compare(instances, ["random"], seeds=[1]))
    pd.testing.assert_frame_equal(by_seed.frame.drop(columns="seconds"), whole)


def test_merging_looks_across_all_rows() -> None:
    (one,) = problems(0)
    lies = compare([one], [faults.lies])
    assert lies.verified
    both = lies.merge(compare([one], ["highs"]))
    assert both.frame["verified"].tolist() == [False, True]
    assert "contradicted by highs" in both.frame["notes"].iloc[0]
    assert both.merge(compare([one], ["lp"])).frame["gap_to_best_bound"].iloc[1] == pytest.approx(0.0, abs=1.0)


def test_problems_of_one_label_are_told_apart() -> None:
    small, large = (allocation.generate(preset="hotspot", servers=4, tasks=tasks, seed=0) for tasks in (5, 6))
    both = compare([small], ["greedy"]).merge(compare([large], ["greedy"]))
    assert both.frame["problem"].tolist() == [f"hotspot seed 0 {problem.hash[:8]}" for problem in (small, large)]
    assert both.setting.problems == tuple(both.frame["problem"])


def test_different_settings_are_refused() -> None:
    here = compare(problems(0), ["random"])
    with pytest.raises(TypeError, match="other: must be a Comparison"):
        here.merge(here.frame)  # type: ignore[arg-type]
    with pytest.raises(
        ValueError, match="other: must hold no run of this comparison; both hold hotspot seed 0, random, seed 0"
    ):
        here.merge(here)
    limited = compare(problems(1), [MethodSpec("random", "random", stop=Stop(seconds=9.0))])
    with pytest.raises(
        ValueError, match="'random' stands for 'random; stop: none' here and for 'random; stop: seconds 9' there"
    ):
        here.merge(limited)
    for name, value, message in (
        ("threads", 2, "threads differs: 1 here, 2 there"),
        ("sense", "min", "sense differs: max here, min there"),
        ("kind", "trading", "kind differs: allocation here, trading there"),
        ("versions", {**here.setting.versions, "numpy": "0.1"}, "versions differs: numpy .* here, 0.1 there"),
    ):
        other = dataclasses.replace(here, setting=dataclasses.replace(here.setting, **{name: value}))
        with pytest.raises(ValueError, match=f"other: must be of the same setting; {message}"):
            here.merge(other)


def test_the_table_of_many_instances_takes_time_in_proportion(comparison: Comparison) -> None:
    rows_of_one = [row for row in comparison.rows if row["problem_hash"] == comparison.rows[0]["problem_hash"]]
    many = tuple({**row, "problem_hash": f"{k:032x}", "problem": f"p{k}"} for k in range(3000) for row in rows_of_one)
    began = time.perf_counter()
    found = table.frame(many, "max")
    assert time.perf_counter() - began < 10.0  # 27 million comparisons of texts where every instance looks at all rows
    assert found["verified"].sum() == 3000 * sum(comparison.frame["verified"][: len(rows_of_one)])


# --- limits -------------------------------------------------------------------------------------------------------------------


def test_a_run_beyond_its_limit_is_flagged() -> None:
    outcome = table.Outcome(None, True, (), {}, 1.4)
    (problem,) = problems(0)
    flags = [table.row(problem, "p", "m", None, limit, outcome)["overran"] for limit in (None, 1.0, 1.1, 2.0)]
    assert flags == [False, True, False, False]


def test_overruns_show_in_table_summary_and_page(tmp_path: Path) -> None:
    comparison = compare(problems(0), [faults.takes_its_time, "greedy"], stop=Stop(seconds=0.01))
    assert comparison.frame["overran"].tolist() == [True, False]
    assert comparison.frame["time_limit"].tolist() == [0.01, 0.01]
    assert comparison.verified
    assert comparison.summary()["share_overran"].tolist() == [1.0, 0.0]
    comparison.to_html(tmp_path / "page.html")
    text = (tmp_path / "page.html").read_text()
    assert "1 of 2 runs overran their time limit" in text
    assert "<td>verified, OVERRAN</td>" in text


def test_a_loop_over_sweeps_ends_at_the_second_control_c() -> None:
    first = compare(problems(0), ["greedy", faults.presses_control_c])
    assert first.setting.interrupted
    assert first.results[1] is not None
    assert first.results[1].termination is Termination.INTERRUPTED
    with pytest.raises(KeyboardInterrupt):
        compare(problems(0), ["greedy", faults.presses_control_c])


def test_rows_are_plain_json(comparison: Comparison, tmp_path: Path) -> None:
    comparison.save(tmp_path / "sweep.jsonl")
    lines = [json.loads(line) for line in (tmp_path / "sweep.jsonl").read_text().splitlines()]
    assert (lines[0]["format"], lines[0]["content"], lines[0]["schema"]) == ("edgeworth", "comparison", 1)
    assert set(table.KINDS) <= set(lines[1])


def test_a_parquet_file_holds_every_name(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    odd = [dataclasses.replace(p, provenance=dataclasses.replace(p.provenance, name="a\udcff")) for p in problems(0, 2**70)]
    table = compare(odd, ["greedy"])
    table.to_html(tmp_path / "page.html")
    table.to_parquet(tmp_path / "rows.parquet")
    read = pd.read_parquet(tmp_path / "rows.parquet")
    assert read["problem"].tolist() == ["a\\udcff seed 0", f"a\\udcff seed {2**70}"]
    assert read["value"].tolist() == table.frame["value"].tolist()
