"""Convergence curves against plain loops, and the figures of a comparison as files."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest

mpl.use("Agg")

import matplotlib.pyplot as plt

from edgeworth import Comparison, compare
from edgeworth.core.numeric import Sense
from edgeworth.experiments import figures, line_plots
from edgeworth.solvers import allocation
from tests.experiments import made
from tests.experiments.test_profiles import DRAWS, standing
from tests.oracles import profiles as oracle
from tests.oracles.profiles import PlainRun


@pytest.fixture(autouse=True)
def _no_figure_survives() -> Iterator[None]:
    yield
    plt.close("all")


@pytest.fixture(scope="module")
def comparison() -> Comparison:
    return made.comparison(made.random_runs(3, "max", methods=5))


@pytest.mark.parametrize(("seed", "sense"), DRAWS)
def test_curves_are_those_of_plain_loops(seed: int, sense: Sense) -> None:
    runs = made.random_runs(seed, sense)
    found = made.comparison(runs, sense)
    runs = standing(found, runs)
    for reference in ("value", "bound"):
        frame = found.convergence(reference, points=9)  # type: ignore[arg-type]
        assert len(frame) == 9 * len(found.setting.labels)
        for _, row in frame.iterrows():
            t = row["seconds"]
            for which, name, count in (("value", "gap", "share"), ("bound", "bound_gap", "bound_share")):
                gaps = oracle.gaps_at(runs, row["method"], t, sense, reference, which)
                want = [oracle.quartile(gaps, share) for share in (0.5, 0.25, 0.75)]
                assert [row[name], row[f"{name}_low"], row[f"{name}_high"]] == pytest.approx(want, rel=1e-9, abs=1e-12)
                assert row[count] == sum(gap < float("inf") for gap in gaps) / len(gaps)


def test_the_last_point_of_a_curve_is_what_was_verified(comparison: Comparison) -> None:
    frame = comparison.convergence("value")
    last = frame.groupby("method").last()
    profile = comparison.gap_profile("value")
    for label, row in last.iterrows():
        mine = profile[profile["method"] == label]
        assert (row["share"] == 1.0) == (mine["share"].iloc[-1] == 1.0)
    assert frame.groupby("method")["share"].apply(lambda of: of.is_monotonic_increasing).all()
    for name in ("gap", "gap_low", "gap_high"):
        assert (frame.groupby("method")[name].diff().dropna() <= 1e-12).all()


def test_a_method_without_a_trace_arrives_when_it_ends() -> None:
    traced = PlainRun("a", "p", 0, 10.0, 10.0, 4.0, trace=[(1.0, 5.0, 20.0), (2.0, 8.0, 10.0)])
    frame = made.comparison([traced, PlainRun("b", "p", 0, 8.0, None, 2.0)]).convergence(points=3)
    assert frame["seconds"].tolist() == pytest.approx([1.0, 2.0, 4.0] * 2)
    assert frame["gap"].tolist() == pytest.approx([1.0, 0.25, 0.0, float("inf"), 0.25, 0.25])
    assert frame["bound_gap"].tolist() == pytest.approx([1.0, 0.0, 0.0] + [float("inf")] * 3)
    with pytest.raises(ValueError, match="points: must be at least 2"):
        made.comparison([traced]).convergence(points=1)


def test_a_sweep_keeps_traces_where_they_are_asked_for() -> None:
    problems = [allocation.generate(servers=3, tasks=12, seed=seed) for seed in range(2)]
    found = compare(problems, ["highs", "greedy", "lp"], trace=True)
    assert found.verified
    traced = [result is not None and result.trace is not None for result in found.results]
    supported = {row.name: "trace" in row.supports for row in allocation.METHODS}
    assert traced == [supported[row["method"]] for row in found.rows]
    assert any(traced)
    assert found.convergence()["share"].iloc[-1] == 1.0
    with pytest.raises(ValueError, match="results: must hold a trace"):
        compare(problems, ["greedy"]).convergence("value")
    with pytest.raises(TypeError, match="trace: must be"):
        compare(problems, ["greedy"], trace=1)  # type: ignore[arg-type]


def test_lines_can_be_told_apart_without_colour(comparison: Comparison) -> None:
    frame = comparison.performance_profile()
    ax = line_plots.profile(frame)
    lines = [line for line in ax.get_lines() if line.get_label() in comparison.setting.labels]
    assert len({(line.get_linestyle(), line.get_marker()) for line in lines}) == len(lines) == 5
    looks = {(line_plots._DASHES[k % 4], line_plots._MARKERS[k % 9]) for k in range(36)}
    assert len(looks) == 36
    for line in lines:
        mine = frame[frame["method"] == line.get_label()]
        assert np.array_equal(line.get_xdata(), mine["ratio"])
        assert np.array_equal(line.get_ydata(), mine["share"])
        assert line.get_drawstyle() == "steps-post"
    assert "12" not in ax.get_title(loc="left")
    assert line_plots.profile(comparison.data_profile()).get_xlabel() == "wall-clock time (s)"
    assert line_plots.profile(comparison.gap_profile()).get_xlabel() == "gap to the best value (%)"
    with pytest.raises(ValueError, match="frame: must have one of the columns ratio, gap, seconds"):
        line_plots.profile(pd.DataFrame({"method": []}))


def test_plots_read_their_own_csv(comparison: Comparison, tmp_path: Path) -> None:
    for draw, frame in (
        (line_plots.profile, comparison.gap_profile()),
        (line_plots.curves, comparison.convergence()),
        (line_plots.critical_differences, comparison.ranking()),
    ):
        frame.to_csv(tmp_path / "x.csv", index=frame.index.name is not None)
        read = pd.read_csv(tmp_path / "x.csv", index_col=frame.index.name)
        one, two = draw(frame), draw(read)
        for line, again in zip(one.get_lines(), two.get_lines(), strict=True):
            np.testing.assert_allclose(again.get_ydata(), line.get_ydata())


def test_plots_of_nothing_solved() -> None:
    for failed in (True, False):
        value = None if failed else 1.0
        runs = [PlainRun(label, f"p{k}", 0, value, 2.0, 0.0, trace=[]) for label in "abc" for k in range(6)]
        runs[0] = dataclasses.replace(runs[0], trace=[(0.0, value, 3.0)])
        found = made.comparison(runs)
        for frame in (found.performance_profile(), found.data_profile(), found.gap_profile()):
            line_plots.profile(frame)
        line_plots.curves(found.convergence()).figure.canvas.draw()
        line_plots.critical_differences(found.ranking())


def test_bars_join_what_the_test_does_not_tell_apart() -> None:
    runs = [
        PlainRun(name, f"p{k}", 0, value, None, 1.0) for k in range(30) for name, value in zip("abcd", _order(k), strict=True)
    ]
    frame = made.comparison(runs).ranking()
    assert frame["group"].tolist() == ["a", "a", "b", "b"]
    ax = line_plots.critical_differences(frame)
    bars = [line for line in ax.get_lines() if line.get_linewidth() > 3.0]
    assert len(bars) == 2
    texts = [text.get_text() for text in ax.texts]
    assert {"a  1.50", "b  1.50", "3.50  c", "3.50  d"} <= set(texts)


def _order(k: int) -> tuple[float, float, float, float]:
    return (4.0, 3.0, 2.0, 1.0) if k % 2 else (3.0, 4.0, 1.0, 2.0)


def test_every_figure_is_written_with_its_numbers(comparison: Comparison, tmp_path: Path) -> None:
    before = dict(mpl.rcParams)
    assert comparison.figures(tmp_path / "paper", tau=0.05) == {}
    assert dict(mpl.rcParams) == before
    assert plt.get_fignums() == []
    names = {path.name for path in (tmp_path / "paper").iterdir()}
    drawn = (
        "gaps", "effort", "performance_profile", "data_profile", "gap_profile", "critical_differences", "convergence",
    )  # fmt: skip
    assert names == {"pairwise.csv", *(f"{name}.{end}" for name, end in itertools.product(drawn, ("svg", "pdf", "csv")))}
    for name in drawn:
        assert ElementTree.parse(tmp_path / "paper" / f"{name}.svg").getroot().tag.endswith("svg")
        assert (tmp_path / "paper" / f"{name}.pdf").read_bytes().startswith(b"%PDF")
    for name, frame in (
        ("performance_profile", comparison.performance_profile(tau=0.05)),
        ("data_profile", comparison.data_profile(tau=0.05)),
        ("gap_profile", comparison.gap_profile("bound")),
        ("critical_differences", comparison.ranking().reset_index()),
        ("pairwise", comparison.pairwise()),
        ("convergence", comparison.convergence()),
    ):
        read = pd.read_csv(tmp_path / "paper" / f"{name}.csv")
        pd.testing.assert_frame_equal(read, frame, check_dtype=False)
    assert len(pd.read_csv(tmp_path / "paper" / "gaps.csv")) == len(comparison.rows)


def test_what_cannot_be_drawn_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(figures, "FORMATS", ())
    small = made.comparison([PlainRun(label, "p", 0, 1.0, None, 1.0) for label in ("=1+1", "b")])
    found = small.figures(tmp_path)
    assert list(found) == ["critical_differences", "pairwise", "convergence"]
    assert "at least 3" in found["critical_differences"]
    assert not (tmp_path / "convergence.csv").exists()
    assert "'=1+1" in (tmp_path / "data_profile.csv").read_text(encoding="utf-8")
    monkeypatch.setattr(figures, "FORMATS", ("svg",))
    for name in ("one", "two"):
        figures._draw(line_plots.profile, small.data_profile(), (6.4, 3.8), tmp_path / name)
    assert (tmp_path / "one.svg").read_bytes() == (tmp_path / "two.svg").read_bytes()
    with pytest.raises(FileNotFoundError):
        small.figures(tmp_path / "no" / "folder")
    with pytest.raises(ValueError, match="tau: must be at least 0"):
        small.figures(tmp_path, tau=-1.0)
