"""Plots of a comparison, and that its page and they change nothing else."""

from __future__ import annotations

import dataclasses
import math
import pickle
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest

mpl.use("Agg")

import matplotlib.pyplot as plt

from edgeworth import Comparison, MethodSpec, Stop, compare
from edgeworth.experiments import comparison_page, plots
from edgeworth.solvers import allocation
from tests.experiments import faults
from tests.experiments.test_compare import tight


@pytest.fixture(autouse=True)
def _no_figure_survives() -> Iterator[None]:
    yield
    plt.close("all")


@pytest.fixture(scope="module")
def comparison() -> Comparison:
    problems = [allocation.generate(preset="hotspot", servers=5, tasks=30, seed=seed) for seed in range(3)]
    methods = ["greedy", "lp", MethodSpec("<b>r & r</b>", "random"), faults.raises]
    return compare(problems, methods, seeds=range(2), stop=Stop(seconds=60))


def _drawn(ax: Any, marker: str) -> int:
    return sum(len(line.get_xdata()) for line in ax.get_lines() if line.get_marker() == marker)


def test_every_run_is_a_point(comparison: Comparison) -> None:
    ax = comparison.plot()
    assert _drawn(ax, "o") == 3 + 6
    assert _drawn(ax, "^") == 3
    assert [tick.get_text().splitlines()[0] for tick in ax.get_yticklabels()] == ["greedy", "lp", "<b>r & r</b>", "raises"]
    assert "6 of 6 runs failed" in ax.get_yticklabels()[3].get_text()
    assert ax.get_xlabel() == "gap to the best bound (%)"
    low, high = ax.get_xlim()
    for line in ax.get_lines():
        assert all(low <= x <= high for x in line.get_xdata() if not math.isnan(x))


def test_plot_draws_on_the_given_axes(comparison: Comparison) -> None:
    _, (left, right) = plt.subplots(1, 2)
    assert comparison.plot(left) is left
    frame, setting = comparison.frame, comparison.setting
    assert plots.effort(frame, setting.labels, setting.sense, right) is right
    assert right.get_xscale() == "log"


def test_distances_are_percent_of_the_gap_to_the_best_bound(comparison: Comparison) -> None:
    x, _ = plots.distances(comparison.frame, "max")
    valued = comparison.frame["value"].notna().to_numpy()
    assert np.allclose(x[valued], 100.0 * comparison.frame["gap_to_best_bound"][valued])
    row = comparison.frame[comparison.frame["method"] == "lp"].iloc[0]
    best = comparison.frame[comparison.frame["problem_hash"] == row["problem_hash"]]["value"].max()
    assert x[1] == pytest.approx(100.0 * (row["bound"] - best) / best)


@pytest.mark.parametrize("methods", [["lp"], ["greedy", "random"], [faults.raises], ["highs", "lp"], ["greedy"]])
def test_plots_without_values_bounds_or_anything(methods: list[Any], tmp_path: Path) -> None:
    found = compare([tight()], methods)
    ax = found.plot()
    ax.figure.savefig(tmp_path / "plot.png")
    found.to_html(tmp_path / "page.html")
    if methods == ["greedy", "random"]:
        assert "no method gave a bound" in ax.get_xlabel()


def test_wide_gaps_get_a_logarithmic_axis() -> None:
    def frame(*gaps: float) -> pd.DataFrame:
        table = {"method": "a", "problem_hash": [str(k) for k in range(len(gaps))], "value": 1.0, "bound": math.nan}
        return pd.DataFrame(table | {"gap_to_best_bound": gaps, "seconds": 1.0, "verified": True})

    assert plots.gaps(frame(0.1, 0.2), ["a"], "max").get_xscale() == "linear"
    assert plots.gaps(frame(1e-5, 0.2), ["a"], "max").get_xscale() == "log"
    assert plots.gaps(frame(0.0, 1e-5, 0.2), ["a"], "max").get_xscale() == "symlog"


def test_page_says_when_it_was_interrupted(comparison: Comparison, tmp_path: Path) -> None:
    setting = dataclasses.replace(comparison.setting, interrupted=True, runs=99)
    dataclasses.replace(comparison, setting=setting).to_html(tmp_path / "page.html")
    assert "interrupted after 18 of 99 runs" in (tmp_path / "page.html").read_text(encoding="utf-8")


def test_nothing_global_changes(comparison: Comparison, tmp_path: Path) -> None:
    before = dict(mpl.rcParams)
    comparison.to_html(tmp_path / "page.html")
    assert dict(mpl.rcParams) == before
    assert plt.get_fignums() == []


def test_a_comparison_survives_pickling_and_says_what_it_is(comparison: Comparison) -> None:
    copy = pickle.loads(pickle.dumps(comparison))
    pd.testing.assert_frame_equal(copy.frame, comparison.frame)
    assert copy.setting == comparison.setting
    assert repr(copy) == "<Comparison of allocation: 3 problems x 4 methods, 18 of 18 runs, 6 not verified>"


@pytest.mark.parametrize("seconds", [0.0, 1e-320, 1e-6, 1e-5, 1.0, 1e300])
def test_a_single_run_of_any_length_can_be_drawn(seconds: float) -> None:
    """Without compilation in it a run may take next to no time."""
    comparison = compare([allocation.generate(servers=3, tasks=6, seed=0)], ["greedy"])
    frame = comparison.frame.assign(seconds=seconds)
    text = comparison_page.text(frame, comparison.summary(), comparison.setting, lambda: comparison._cases, csv="", lines="")
    assert text.count("<svg") >= 2
