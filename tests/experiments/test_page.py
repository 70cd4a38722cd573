"""The page of a comparison: valid, self-contained, complete, and safe whatever the labels are."""

from __future__ import annotations

import base64
import math
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from edgeworth import Comparison, MethodSpec, Stop, compare
from edgeworth.experiments import Section, Study, comparison_page, page
from edgeworth.experiments.drawing import figure, svg
from edgeworth.games import normal_form
from edgeworth.solvers import allocation
from tests.experiments import faults

html5lib = pytest.importorskip("html5lib", reason="the validator html5lib is not installed (extra dev)")

NOTHING = "\N{EN DASH}"
HOSTILE = "<script>alert(1)</script>"


@pytest.fixture(autouse=True)
def _no_figure_survives() -> Iterator[None]:
    yield
    plt.close("all")


@pytest.fixture(scope="module")
def comparison() -> Comparison:
    problems = [allocation.generate(preset="hotspot", servers=5, tasks=30, seed=seed) for seed in range(3)]
    methods = ["greedy", "lp", MethodSpec(HOSTILE, "random"), MethodSpec("a label of many words " * 4, "exact"), faults.raises]
    return compare(problems, methods, seeds=range(2), stop=Stop(seconds=60), trace=True)


SECTION = Section(
    f"A claim {HOSTILE}",
    ["It says x < y & z.", HOSTILE],
    draw=lambda ax: ax.plot([0, 1], [0, 1], label=HOSTILE),
    alt=f'a "line" {HOSTILE}',
    table=pd.DataFrame({f"gain {HOSTILE}": [HOSTILE, "b"], "x": [1.0, math.nan]}),
)


@pytest.fixture(scope="module")
def text(comparison: Comparison) -> str:
    return comparison._page([SECTION])


@pytest.fixture(scope="module")
def tree(text: str) -> Element:
    """Read by the strict parser, which raises at the first error of HTML."""
    return html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parse(text)  # type: ignore[no-any-return]


def _all(tree: Element, tag: str) -> list[Element]:
    return [each for each in tree.iter() if isinstance(each.tag, str) and each.tag.rpartition("}")[2] == tag]


def _words(element: Element) -> str:
    return "".join(element.itertext()).strip()


def _table(tree: Element, name: str) -> pd.DataFrame:
    (box,) = (each for each in _all(tree, "section") if each.get("aria-label") == name)
    head, *body = (list(row) for row in _all(box, "tr"))
    return pd.DataFrame([[cell.get("title") or _words(cell) for cell in row] for row in body], columns=list(map(_words, head)))


def test_nothing_is_asked_for_from_elsewhere(text: str, tree: Element) -> None:
    for word in ("http:", "https:", "src=", "@import", "url(http"):
        assert word not in text.replace("http://www.w3.org/2000/svg", "")
    links = [each.get(name, "") for each in tree.iter() for name in each.attrib if name.endswith("href")]
    assert links
    assert all(link.startswith(("#", "data:")) for link in links)
    places = {each.get("id") for each in tree.iter()}
    assert all(link[1:] in places for link in links if link.startswith("#"))
    ids = [each.get("id") for each in tree.iter() if each.get("id")]
    assert len(ids) == len(set(ids))


def test_data_never_become_markup(text: str, tree: Element) -> None:
    assert len(_all(tree, "script")) == 1
    assert HOSTILE not in text
    assert text.count("&lt;script&gt;alert(1)&lt;/script&gt;") > 6
    assert not [name for each in tree.iter() for name in each.attrib if name.startswith("on")]


def test_tables_and_pictures_can_be_read_by_all(tree: Element) -> None:
    for table in _all(tree, "table"):
        head, *body = _all(table, "tr")
        assert all(cell.tag == "th" and cell.get("scope") == "col" for cell in head)
        for row in body:
            assert [cell.tag for cell in row] == ["th", *["td"] * (len(head) - 1)]
            assert row[0].get("scope") == "row"
    for section in _all(tree, "section"):
        assert section.get("tabindex") == "0"
        assert section.get("aria-label")
    for picture in (each for each in _all(tree, "svg")):
        assert picture.get("role") == "img"
        assert picture.get("aria-label")
    assert len(_all(tree, "h1")) == 1
    assert [_words(each) for each in _all(tree, "h2")] == [
        "Summary", "Gap and time", "Profile and convergence", "The best solution", f"A claim {HOSTILE}", "All runs",
        "What was run",
    ]  # fmt: skip
    drawn = [each.get("class") for each in _all(tree, "svg")]
    assert drawn == ["wide", "narrow"] * 6


def test_tables_hold_every_run_and_its_numbers(comparison: Comparison, tree: Element) -> None:
    runs = _table(tree, "All runs")
    frame = comparison.frame
    assert runs["method"].tolist() == frame["method"].str.strip().tolist()
    for column in ("value", "bound", "seconds (s)"):
        shown = runs[column].replace(NOTHING, "nan").astype(float)
        assert np.array_equal(shown, frame[column.removesuffix(" (s)")], equal_nan=True)
    percents = runs["gap to best bound (%)"].replace(NOTHING, "nan").astype(float) / 100.0
    assert np.allclose(percents, frame["gap_to_best_bound"], rtol=1e-15, atol=0.0, equal_nan=True)
    assert (runs["state"] == "FAILED").tolist() == (~frame["verified"]).tolist()
    assert "the method raised RuntimeError: no & <luck>" in runs["notes"].iloc[-1]
    summary = _table(tree, "Summary, a row a method")
    assert pd.to_numeric(summary["mean seconds (s)"]).tolist() == comparison.summary()["mean_seconds"].tolist()


def test_three_digits_are_shown_and_the_whole_part() -> None:
    cases = {0.123456: "0.123", 12345.678: "12346", 3.0: "3", 1234567.8: "1234568", 1.5e9: "1.5e+09", -0.0: "0", 2e-7: "2e-07"}
    for number, shown in cases.items():
        assert page._number(number, False)[0] == shown
    assert page._number(0.57, True) == ("57", "57")
    assert page._number(0.123456, True) == ("12.3", "12.3456")
    assert page._number(-math.inf, False) == ("-∞", "-∞")
    assert page._number(10**30, False) == ("1e+30", "1" + "0" * 30)


def test_the_best_of_each_column_is_marked() -> None:
    frame = pd.DataFrame({"m": ["a", "b", "c"], "x": [1.0, 3.0, 3.0], "y": [2.0, 2.0, 2.0], "z": [5.0, math.nan, 1.0]})
    among = pd.Series([True, True, False])
    assert page.best_cells(frame, {"x": "max", "y": "max", "z": "min"}, among) == {(1, "x")}
    groups = frame.assign(p=["u", "u", "v"])
    assert page.best_cells(groups, {"x": "min"}, pd.Series(True, index=frame.index), "p") == {(0, "x")}
    shown = page.rows(frame, lambda row: row["m"] == "c", best={(1, "x")})
    assert '<td class="number best">3</td>' in shown
    assert shown.count('class="number best"') == 1
    assert '<tr class="failed"><th scope="row">c</th>' in shown


def test_rounding_makes_none_better_and_none_whole() -> None:
    noise = pd.DataFrame(
        {"m": ["a", "b", "c"], "x": [3e9, 3e9 - 1e-3, 1.0], "gap": [0.0, 1e-15, 0.5], "y": [1e-12, 2e-12, 1.0]}
    )
    assert page.best_cells(noise, {"x": "max", "gap": "min", "y": "min"}, pd.Series(True, index=noise.index)) == {
        (0, "x"), (1, "x"), (0, "gap"), (1, "gap"), (0, "y"),
    }  # fmt: skip
    equal = pd.DataFrame({"x": [0.1 + 0.2, 0.3, math.nan], "gap": [math.inf, math.inf, math.nan]})
    assert page.best_cells(equal, {"x": "min", "gap": "min"}, pd.Series(True, index=equal.index)) == set()
    assert page._number(0.9996, True) == ("99.96", "99.96")
    assert page._number(1.0 - 1e-12, True)[0] == "99.9999999999"
    assert page._number(999.6, False) == ("1000", "999.6")
    assert page._number(1e-14, True)[0] == "1e-12"


def test_a_star_means_better_on_the_same_instances_and_by_what_was_checked(comparison: Comparison) -> None:
    """A method that solved other instances, or a bound that nobody rebuilt, wins nothing."""
    frame, summary = comparison.frame.copy(), comparison.summary().reset_index()

    def stars(frame: pd.DataFrame, column: str) -> list[str]:
        best = comparison_page._best_means(frame, summary, comparison.setting)
        return [summary["method"][row] for row, name in sorted(best) if name == column]

    assert stars(frame, "mean_value")
    assert stars(frame, "mean_bound")
    first, _, last = frame["problem"].unique()
    solvers = [name for name in frame["method"].unique() if name not in ("greedy", "lp")]
    apart = frame.copy()
    apart.loc[apart["method"].eq("greedy") & apart["problem"].eq(first), "value"] = math.nan
    apart.loc[apart["method"].isin(solvers) & apart["problem"].eq(last), "value"] = math.nan
    assert stars(apart, "mean_value") == []
    told = frame.copy()
    told.loc[told["method"].eq("lp"), ["bound", "bound_evidence"]] = 0.5, "claimed"
    assert "lp" not in stars(told, "mean_bound")
    shown = comparison_page._all_runs(told, "max")
    assert 'class="number">0.5<' in shown
    assert 'class="number best">0.5<' not in shown


def test_tables_keep_what_they_are_given() -> None:
    table = pd.DataFrame({"n": [2**53 + 1, 2], "x": [0.5, 1.5], "yes": pd.array([True, None], dtype="boolean")})
    shown = page.rows(table.assign(z=[1j, 2.0]), lambda row: False)
    assert f'title="{2**53 + 1}"' in shown
    assert shown.count("&ndash;") == 1


def test_files_in_the_page_are_those_of_the_comparison(comparison: Comparison, tree: Element, tmp_path: Path) -> None:
    links = {each.get("download"): each.get("href", "") for each in _all(tree, "a") if each.get("download")}
    comparison.to_csv(tmp_path / "runs.csv")
    comparison.save(tmp_path / "runs.jsonl")
    assert set(links) == {"runs.csv", "runs.jsonl"}
    for name, link in links.items():
        assert base64.b64decode(link.partition(",")[2]) == (tmp_path / str(name)).read_bytes()


def test_an_ordinary_page_is_light_and_repeats_itself(comparison: Comparison, text: str) -> None:
    assert len(text.encode()) < 500_000
    assert SECTION.html() in text
    drawn = comparison_page._gaps(comparison.frame, comparison.summary(), comparison.setting)
    assert drawn in text


def test_a_heavy_picture_becomes_pixels_with_words() -> None:
    rng = np.random.default_rng(0)
    x = rng.uniform(size=(2, 4000))
    drawn = figure(lambda ax: ax.plot(*x, "."), 3.0, "points")
    assert "data:image/png" in drawn
    assert "<text" in drawn
    assert len(drawn) < 400_000


def test_legends_of_narrow_pictures_stand_below() -> None:
    def draw(ax: Any) -> None:
        ax.plot([0, 1], [0, 1], label="#0072b2 " + "one of many words " * 4)
        ax.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0))

    drawn = figure(draw, 3.0, "a line #000000")
    assert drawn.count("#0072b2 one") == 2  # colours of lines are those of the page, words stay
    assert drawn.count("#000000") == 2
    wide, narrow = re.findall(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', drawn)
    assert float(wide[1]) == 3.0 * 72
    assert float(narrow[1]) > 3.0 * 72 + 20
    assert float(narrow[0]) < 300
    assert "<svg" in svg(draw, 3.0)


def test_a_comparison_of_games_marks_regret_and_draws_a_profile() -> None:
    problems = [normal_form.generate(preset="zero-sum", strategies=3, seed=seed) for seed in range(2)]
    text = compare(problems, ["zero-sum", "fictitious-play"], seeds=[0], stop=Stop(seconds=0.2))._page()
    html5lib.HTMLParser(strict=True).parse(text)
    for words in ("mean regret", "The best solution", "Convergence curves need traces", "player 1: 1"):
        assert words in text


def test_problems_of_pictures_are_kept_by_merging_and_by_studies(tmp_path: Path) -> None:
    one, two = ([allocation.generate(servers=2, tasks=4, seed=seed)] for seed in (0, 1))
    merged = compare(one, ["greedy"]).merge(compare(two, ["greedy"]))
    assert [problem.hash for problem in merged.problems] == [one[0].hash, two[0].hash]
    study = Study(tmp_path / "study.db", one, ["greedy"])
    study.run(results=True)
    found = study.comparison()
    assert [title for title, _ in comparison_page._solution(found.frame, found.results, found.problems, "max")] == [
        "The best solution"
    ]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("",), "title"),
        ((1,), "title"),
        (("a", "text"), "paragraphs"),
        (("a", [1]), "paragraphs"),
        (("a", (), lambda ax: ax), "alt"),
        (("a", (), 3, "b"), "draw"),
        (("a", (), None, "", 0.0), "height"),
        (("a", (), None, "", 1.0, [1]), "table"),
    ],
)
def test_a_section_names_what_is_wrong(arguments: tuple[Any, ...], message: str) -> None:
    with pytest.raises((ValueError, TypeError), match=message):
        Section(*arguments)


def test_sections_are_sections(comparison: Comparison, tmp_path: Path) -> None:
    with pytest.raises(TypeError, match="sections"):
        comparison.to_html(tmp_path / "page.html", sections=["a"])  # type: ignore[list-item]
    for twice in ([Section("Summary")], [Section("a"), Section("a")]):
        with pytest.raises(ValueError, match="titles that differ"):
            comparison.to_html(tmp_path / "page.html", sections=twice)
    assert not (tmp_path / "page.html").exists()


def test_a_method_has_one_colour_on_the_page(text: str) -> None:
    """Also in plots that leave out a method before it, as profiles leave out those that only give bounds."""
    exact = [*re.findall(r"stroke: var\(--(c\d)\); stroke-width: 1\.7", text)]
    assert set(exact) == {"c0", "c2", "c3", "c4"}  # greedy, random, exact, raises; lp is the second
