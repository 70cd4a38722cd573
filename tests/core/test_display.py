"""Text from outside does nothing where it is shown: terminals, tables, figures, pages, spreadsheets."""

from __future__ import annotations

import csv
import io
import warnings
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeworth import Comparison, MethodSpec, compare
from edgeworth.cli import output
from edgeworth.cli.output import figure
from edgeworth.core import display
from edgeworth.experiments import plots
from edgeworth.solvers import allocation

HOSTILE = (
    "$\\frac{x", "_hidden", "=1+1", "@SUM(A1)", "-2+3", "\x1b[31mred\x07", "<script>", "\u202eesrever",
    "a\nb", "日本", "\uffff\ufdd0\U0001fffe",
)  # fmt: skip


@pytest.fixture(scope="module")
def comparison() -> Comparison:
    problems = [allocation.generate(servers=2, tasks=5, seed=seed) for seed in range(2)]
    return compare(problems, [MethodSpec(label, "greedy") for label in HOSTILE])


@given(text=st.text(st.characters(codec=None)))
def test_nothing_acts_and_nothing_is_lost_in_silence(text: str) -> None:
    for shown in (display.one_line(text), display.figure_text(text), display.cell(text)):
        shown.encode("utf-8")
        assert not any(letter < " " or "\x7f" <= letter <= "\x9f" or letter in "\u2028\u2029\u202e\ufeff" for letter in shown)
    assert display.lines(text).count("\n") == text.count("\n")
    if text.isascii() and text.isprintable():
        assert display.one_line(text) == text


def test_a_page_and_its_figures_survive_every_label(comparison: Comparison, tmp_path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        comparison.to_html(tmp_path / "page.html")
        for ending in ("svg", "png", "pdf"):
            figure(comparison.plot, str(tmp_path / f"plot.{ending}"))
    text = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert text.count("<script>") == 1  # the page's own
    for shown in ("$\\frac{x", "\\x1b[31mred\\x07", "&lt;script&gt;", "a\\nb", "日本", "_hidden"):
        assert text.count(shown) >= 3, shown  # tables, and labels of both figures


def test_half_of_a_surrogate_pair_is_refused_in_a_label_and_in_a_file_of_labels(comparison: Comparison) -> None:
    with pytest.raises(ValueError, match="label: must have no half of a surrogate pair"):
        MethodSpec("half \ud800", "greedy")
    fields: Any = comparison.setting.to_fields()
    fields["methods"] = [["half \udfff", what] for _, what in fields["methods"]]
    with pytest.raises(ValueError, match="setting: must have no half of a surrogate pair"):
        type(comparison.setting).from_fields(fields)


def test_labels_of_axes_are_texts_and_none_is_hidden(comparison: Comparison) -> None:
    import matplotlib.pyplot as plt

    ax = plots.effort(comparison.frame, comparison.setting.labels, "max")
    legend: Any = ax.get_legend()
    shown = [text.get_text() for text in legend.get_texts()]
    assert len(shown) == len(HOSTILE)
    assert shown[0] == r"\$\frac{x"  # as matplotlib writes a dollar
    plt.close("all")


def test_a_csv_file_has_no_formulas_and_the_same_numbers(comparison: Comparison, tmp_path: Path) -> None:
    path = tmp_path / "runs.csv"
    comparison.to_csv(path)
    rows = list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8"))))
    methods = [row["method"] for row in rows[: len(HOSTILE)]]
    assert methods[2:6] == ["'=1+1", "'@SUM(A1)", "'-2+3", "\\x1b[31mred\\x07"]
    assert [float(row["value"]) for row in rows] == comparison.frame["value"].tolist()
    assert all(not cell.lstrip().startswith(("=", "+", "@", "\t")) for row in rows for cell in row.values())


def test_tables_of_the_command_line_stay_aligned() -> None:
    text = output.aligned(["name", "value"], [["\x1b[31mred", "1"], ["plain", "22"]], left=("name",))
    assert text.splitlines()[2:] == ["\\x1b[31mred      1", "plain           22"]
    assert output.pairs({"note": "two\nlines"}) == "note  two\\nlines"


def test_hostile_names_act_in_no_report_and_no_summary(caplog: pytest.LogCaptureFixture) -> None:
    name = "\x1b[31mred\n\x00\u202e"
    problem = allocation.AllocationProblem.from_matrices(
        [[1.0]], [[1.0]], [0.5], server_names=(name,), task_names=(f"{name}task",)
    )
    answer = allocation.Assignment([0])

    def own(problem: Any) -> allocation.Assignment:
        return answer

    own.__name__ = name
    result = allocation.solve(problem, method=own)
    texts = [str(allocation.verify(problem, answer)).replace("\n", ""), result.summary(), caplog.text.rstrip("\n")]
    for text in texts:
        assert display.one_line(text) == text
        assert "red" in text
